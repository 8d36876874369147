package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest/store"
)

func newWeekly(con *console) *cobra.Command {
	var w weeklyFlags
	cmd := &cobra.Command{
		Use:   "weekly [flags]",
		Short: "Make and send the weekly mail by hand",
		Long: `Make the weekly mail of a group, or of each group that has a weekday, from the history
that the watcher keeps: mail.eml for a mail program, mail.html and mail.txt, and the
workbook and write-ups that go along. Without groups in the configuration it is one
mail of all machines.

With --dry-run that is all: the files lie in the folder of --out, nothing is sent, and
the history stays as it is. Without, what the mail tells is settled for good, its files
go to the folder mail below the key out, and the mail to each recipient into the
outbox, from which this command sends it, beside a watcher that runs or without one.
Each recipient gets one mail a week, however often this is run and whoever makes it.
Without a mail server in the configuration there are the files alone.

The week is the last one whose mail is due; --week names another. The watcher makes
the mails of groups by itself (docs/mail.md).

Exit codes:
  0  done: the mail is made, and sent where there is a server
  1  failed, or not sent yet: it stays in the outbox, and the watcher goes on trying
  2  the command line or the configuration is wrong`,
		Example: `  poolsweep weekly --config poolsweep.yaml --dry-run
  poolsweep weekly --config poolsweep.yaml --group building-3 --week 2026-W47 --dry-run --out try
  poolsweep weekly --config poolsweep.yaml --group building-3
  poolsweep weekly --state /var/lib/poolsweep --dry-run`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return w.run(cmd, con) },
	}
	w.settings.flags(cmd)
	w.looks.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&w.state, "state", "", "the watcher's state folder `DIR`")
	f.StringVarP(&w.out, "out", "o", "", "write into folder `DIR` instead (--dry-run: poolsweep-weekly)")
	f.StringVar(&w.group, "group", "", "of the group `NAME` alone")
	f.StringVar(&w.week, "week", "", "of a calendar `WEEK`: 2026-W47")
	f.BoolVar(&w.dry, "dry-run", false, "send nothing, and settle nothing")
	return cmd
}

// weeklyFlags go before the same keys of the configuration file.
type weeklyFlags struct {
	settings
	looks
	state, out, group, week string
	dry                     bool
	now                     time.Time // zero: by the clock
}

func (w *weeklyFlags) run(cmd *cobra.Command, con *console) error {
	cfg, err := w.settings.merge()
	if err != nil {
		return err
	}
	if err := w.looks.over(cfg); err != nil {
		return usageError(cmd, err)
	}
	cfg.keepIn(w.state)
	folder, err := w.folder(cfg)
	if err != nil {
		return usageError(cmd, err)
	}
	groups, err := w.groups(cfg)
	if err != nil {
		return usageError(cmd, err)
	}
	h, err := openHistory(cmd, con, cfg)
	if err != nil {
		return err
	}
	defer h.db.Close()
	if !w.now.IsZero() {
		h.now = w.now
	}
	log := slog.New(slog.DiscardHandler)
	for _, g := range groups {
		d, err := h.desk(g, folder, log)
		if err == nil {
			err = w.make(cmd.Context(), con.out, d)
		}
		if err != nil {
			return err
		}
	}
	if w.dry || cfg.Mail.Server == "" {
		return nil
	}
	return w.send(cmd.Context(), con.out, h, log)
}

// folder is where the mails are written.
func (w *weeklyFlags) folder(cfg *config) (string, error) {
	switch {
	case w.out != "":
		return w.out, nil
	case w.dry:
		return "poolsweep-weekly", nil
	case cfg.Out != "":
		return cfg.mailFolder(), nil
	}
	return "", errors.New("no folder for the mail: give --out, or the key out in the configuration")
}

// groups are those whose mails are made.
func (w *weeklyFlags) groups(cfg *config) ([]*groupConfig, error) {
	if w.group != "" {
		g, err := cfg.group(w.group)
		return []*groupConfig{g}, err
	}
	if len(cfg.Groups) == 0 {
		all := &groupConfig{Default: true}
		all.fill()
		return []*groupConfig{all}, nil
	}
	var out []*groupConfig
	for i := range cfg.Groups {
		if cfg.Groups[i].Weekday != "" {
			out = append(out, &cfg.Groups[i])
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no group has a weekday: name one with --group")
	}
	return out, nil
}

// make makes the mail of one group.
func (w *weeklyFlags) make(ctx context.Context, out io.Writer, d *desk) error {
	sl := d.schedule.latest(d.now)
	if w.week != "" {
		var err error
		if sl, err = d.schedule.week(w.week); err != nil {
			return &failure{exitUsage, err, ""}
		}
	}
	if w.dry {
		return w.try(ctx, out, d, sl)
	}
	if sl.to.After(d.now) {
		return &failure{exitFailed, fmt.Errorf("%s is not over", sl.key), "--dry-run shows what it has so far"}
	}
	p, err := d.db.Period(ctx, d.series(weeklySeries), sl.key)
	if err != nil {
		return err
	}
	switch {
	case p == nil, p.State == store.Skipped:
		_, err = d.close(ctx, sl)
	case p.State == store.Frozen:
		err = d.bring(ctx, sl.key)
	default:
		fmt.Fprintf(out, "%s was made before: it is %s. Nothing is sent twice; --dry-run makes the files again.\n",
			d.called(sl.key), p.State)
		return nil
	}
	if err == nil {
		fmt.Fprintf(out, "%s: %s\n", d.called(sl.key), filepath.ToSlash(d.mailFolder(sl.key)))
	}
	return err
}

// called is the name of a group's mail.
func (d *desk) called(key string) string {
	if d.group.Name == "" {
		return "The mail of " + key
	}
	return fmt.Sprintf("The mail of %s for %s", key, plain(d.group.Name))
}

// try makes the files of a week's mail and nothing else.
func (w *weeklyFlags) try(ctx context.Context, out io.Writer, d *desk, sl slot) error {
	p := d.period(sl, store.Frozen)
	wk, err := d.judgeWeek(ctx, &p)
	if err != nil {
		return err
	}
	l, err := d.weekLetter(wk)
	if err != nil {
		return err
	}
	key := store.MailKey{Series: p.Series, Key: p.Key}
	if err := d.write(ctx, l, store.MessageID("dry-run.poolsweep", key)); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, not sent: %s\n  %s\n", d.called(sl.key), filepath.ToSlash(l.folder), plain(l.Subject))
	return nil
}

// sendWithin is how long the command waits for the server.
const sendWithin = 15 * time.Minute

// send sends what is in the outbox, and tells what is left.
func (w *weeklyFlags) send(ctx context.Context, out io.Writer, h *history, log *slog.Logger) error {
	sender, err := h.cfg.Mail.sender(h.db, log)
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(ctx, sendWithin)
	defer end()
	if err := sender.pass(ctx); err != nil {
		return err
	}
	mails, err := h.db.Outbox(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	left := 0
	for _, m := range mails {
		switch {
		case m.State == store.MailSent && !m.ChangedAt.Before(h.now.Truncate(time.Millisecond)):
			fmt.Fprintf(out, "Sent to %s: %s\n", plain(m.Recipient), plain(m.Answer))
		case m.State == store.MailPending, m.State == store.MailDotted:
			left++
			fmt.Fprintf(out, "Not sent to %s: %s\n", plain(m.Recipient), cmp.Or(plain(m.Error), string(m.State)))
		}
	}
	if left > 0 {
		return &failure{exitFailed, fmt.Errorf("%d mails stay in the outbox", left), "'poolsweep status' tells more; a watcher that runs goes on trying, and so does this command"}
	}
	return nil
}
