package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest/store"
	"poolsweep/report/tracker"
)

func newAttach(con *console) *cobra.Command {
	var f attachFlags
	cmd := &cobra.Command{
		Use:   "attach [flags] CASE...",
		Short: "Add cases to their tickets in a bug tracker",
		Long: `Add the newest revision of cases to the tickets that people named for them with
'CASE ticket URL' (docs/decisions.md): a comment with the text of 'poolsweep ticket',
and the write-up as a PDF where the tracker takes files. The tracker has to stand under
trackers in the configuration, and its key attach must not be off, as it is by default
(docs/trackers.md). The watcher does the same by itself; this is for now and for a look.

A revision is added once: a second run finds its comment and adds nothing. With
--dry-run nothing is sent and no token is read: what would be sent is printed.

A case is named by its id or the beginning of it. The history may be in use by a
watcher.

Exit codes:
  0  done: the comments are there
  1  failed: some comment is not there, or a case has no ticket
  2  the command line or the configuration is wrong`,
		Example: `  poolsweep attach PS-1A2B3C4D --config poolsweep.yaml --dry-run
  poolsweep attach 1a2b 77f0 --config poolsweep.yaml`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, con, args) },
	}
	f.settings.flags(cmd)
	cmd.Flags().StringVar(&f.state, "state", "", "the watcher's state folder `DIR`")
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "the reports lie in folder `DIR`")
	cmd.Flags().BoolVarP(&f.dryRun, "dry-run", "n", false, "print what would be sent, and send nothing")
	return cmd
}

type attachFlags struct {
	settings
	state, out string
	dryRun     bool
}

func (f *attachFlags) run(cmd *cobra.Command, con *console, names []string) error {
	cfg, err := f.settings.merge()
	if err != nil {
		return err
	}
	if err := guarded(f.config); err != nil {
		return err
	}
	cfg.keepIn(f.state)
	if f.out != "" {
		cfg.Out = f.out
	}
	h, err := openHistory(cmd, con, cfg)
	if err != nil {
		return err
	}
	defer h.db.Close()
	ids, err := h.ids(names)
	if err != nil {
		return err
	}
	a := &attacher{cfg: cfg, know: h.know, words: h.words, store: h.db, times: defaultAttachTimes(), now: time.Now,
		log: slog.New(slog.NewTextHandler(con.err, nil)), held: map[string]time.Time{}, quotes: make(chan struct{}, 1)}
	all, err := a.deliveries(cmd.Context())
	if err != nil {
		return err
	}
	failed := 0
	for _, id := range ids {
		d, err := choose(all, id)
		if err == nil && f.dryRun {
			err = a.show(cmd, con.out, d)
		} else if err == nil {
			err = a.tell(cmd, con.out, d)
		}
		if err != nil {
			con.note("%s: %v", id, err)
			con.hint(err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("not added: %d of %d", failed, len(ids))
	}
	return nil
}

// hint prints what to do about an error that does not end the command.
func (c *console) hint(err error) {
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		fmt.Fprintf(c.err, "hint: %s\n", f.hint)
	}
}

// choose returns the delivery of a case, or why there is none.
func choose(all []delivery, id string) (*delivery, error) {
	i := slices.IndexFunc(all, func(d delivery) bool { return d.Case == id })
	if i < 0 {
		return nil, &failure{exitFailed, errors.New("it has no ticket"),
			fmt.Sprintf("write '%s ticket URL' into the decisions; docs/decisions.md says where", id)}
	}
	d := &all[i]
	switch {
	case d.to == nil:
		return nil, &failure{exitFailed, fmt.Errorf("%s belongs to no tracker of the configuration", plain(d.Ticket)),
			"add the tracker under trackers; docs/trackers.md shows the keys"}
	case d.to.Attach == attachOff:
		return nil, &failure{exitFailed, fmt.Errorf("attach is off for %s", d.to.URL),
			"set attach to comment or comment+pdf; docs/trackers.md tells what is sent"}
	case !d.ready:
		return nil, &failure{exitFailed, errors.New("its newest revision is not written yet"),
			"let the watcher run, and try again"}
	}
	return d, nil
}

// show prints what would be sent.
func (a *attacher) show(cmd *cobra.Command, w io.Writer, d *delivery) error {
	t := tracker.Tracker{Kind: tracker.Kind(d.to.Kind), URL: d.to.at()}
	issue, err := t.Issue(d.Ticket)
	if err != nil {
		return err
	}
	m, err := a.compose(cmd.Context(), d)
	if err != nil {
		return err
	}
	text, err := m.text(t.Kind, d.mark, "")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s revision %d to %s %s\n", d.Case, d.Revision, t.Kind, issue.Page)
	if m.pdf != nil {
		fmt.Fprintf(w, "file: %s, %d bytes\n", m.remark.File, len(m.pdf))
	}
	_, err = fmt.Fprintf(w, "comment, %d bytes:\n\n%s\n\n", len(text), text)
	return err
}

// tell brings a delivery into its ticket and prints where it is.
func (a *attacher) tell(cmd *cobra.Command, w io.Writer, d *delivery) error {
	mine, err := a.bring(cmd.Context(), d)
	if err != nil {
		return err
	}
	if mine {
		file := ""
		if d.File != "" {
			file = ", with " + d.File
		}
		_, err = fmt.Fprintf(w, "%s revision %d: %s%s\n", d.Case, d.Revision, plain(d.Comment), file)
		return err
	}
	rows, err := a.store.Attachments(cmd.Context())
	for _, r := range rows {
		if r.State == store.Attached && r.Signature == d.Signature && r.Revision == d.Revision && r.Ticket == d.Ticket {
			_, err = fmt.Fprintf(w, "%s revision %d is there: %s\n", d.Case, d.Revision, plain(r.Comment))
			return err
		}
	}
	return errors.Join(err, &failure{exitFailed, errors.New("somebody else is adding it"), "try again in 10 minutes"})
}
