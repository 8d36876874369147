package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"poolsweep/ingest/store"
)

func newReanalyze(con *console) *cobra.Command {
	var h historyFlags
	cmd := &cobra.Command{
		Use:   "reanalyze [flags]",
		Short: "Judge the whole history again by today's rules",
		Long: `Judge all machines in the history again, as after an update of poolsweep, of the tag
maps or of the known issues, and bring the reports of what changed. No log is read
again: the history holds all that stood in them.

While a watcher runs on the history, or on the database that keeps it, it is asked to
do so itself: within seconds it judges by its own rules, so restart it first when
poolsweep was updated.

Exit codes:
  0  done, or the running watcher is asked to
  1  failed
  2  the command line is wrong`,
		Example: `  poolsweep reanalyze --config poolsweep.yaml
  poolsweep reanalyze --state /var/lib/poolsweep --out /srv/reports`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd, con)
			if errors.Is(err, store.ErrInUse) {
				return askToReanalyze(con, h.state)
			}
			if err != nil {
				return err
			}
			defer s.store.Close()
			if s.store.Served() {
				return askOverServer(cmd.Context(), con, s.store)
			}
			return s.reanalyze(cmd.Context(), con.out)
		},
	}
	h.flags(cmd)
	return cmd
}

// historyFlags are for commands that change the history while no watcher runs.
type historyFlags struct {
	settings
	out, state string
}

func (h *historyFlags) flags(cmd *cobra.Command) {
	h.settings.flags(cmd)
	cmd.Flags().StringVarP(&h.out, "out", "o", "", "the watcher's folder for reports `DIR`")
	cmd.Flags().StringVar(&h.state, "state", "", "the watcher's state folder `DIR`")
}

// open returns a service that watches nothing, on a history that exists.
func (h *historyFlags) open(cmd *cobra.Command, con *console) (*service, error) {
	cfg, err := h.settings.merge()
	if err != nil {
		return nil, err
	}
	if h.out != "" {
		cfg.Out = h.out
	}
	cfg.keepIn(h.state)
	h.state = cfg.State
	if !cfg.kept() || cfg.Out == "" {
		return nil, usageError(cmd, errors.New("no state folder or no folder for reports: give --state and --out, or --config"))
	}
	know, words, err := cfg.means(con)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(cfg.State, store.File)); cfg.State != "" && err != nil {
		return nil, &failure{exitFailed, fmt.Errorf("open state: %w", err), "give the --state of a watcher that has run"}
	}
	db, err := openStore(cmd.Context(), cfg)
	if err != nil {
		return nil, err
	}
	log, err := (&logFlags{form: "text", level: "warn"}).logger(con.err)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	return &service{cfg: cfg, know: know, words: words, store: db, log: log,
		now: time.Now, mono: func() time.Duration { return time.Since(began) }}, nil
}

// requestFile lies in the state folder while somebody asks the watcher to judge all
// machines again.
const requestFile = "reanalyze.request"

// askToReanalyze leaves a request for the watcher that runs.
func askToReanalyze(con *console, state string) error {
	if err := request(state); err != nil {
		return fmt.Errorf("ask the watcher: %w", err)
	}
	fmt.Fprintf(con.out, "A watcher runs on this history. It will judge all machines again within %s;\n"+
		"'poolsweep status' shows the cases, its log what changed.\n", 2*checkEvery)
	return nil
}

func request(state string) error { return os.WriteFile(filepath.Join(state, requestFile), nil, 0o600) }

// askOverServer asks who works on a database server, now or when it starts.
func askOverServer(ctx context.Context, con *console, db *store.Store) error {
	if err := db.Reanalyse(ctx); err != nil {
		return err
	}
	fmt.Fprintf(con.out, "All machines will be judged again: within %s if a watcher runs on this history, "+
		"else when one starts.\n"+
		"'poolsweep status' shows the cases, its log what changed.\n", 2*checkEvery)
	return nil
}

// takeNews has what other processes did to a history on a database server judged: what
// they read, decided, purged or asked for.
func (s *service) takeNews(ctx context.Context) error {
	news, err := s.store.Unjudged(ctx)
	if news {
		s.fresh, s.stale = true, true
	}
	return err
}

// takeRequest has all machines judged again when somebody asked for it.
func (s *service) takeRequest(ctx context.Context) error {
	err := os.Remove(filepath.Join(s.cfg.State, requestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.log.Warn("request to judge again not taken", "err", err)
		return nil
	}
	s.log.Info("all machines are judged again, as asked")
	s.fresh, s.stale = true, true
	s.book = s.mono() // the workbook shows it at once
	return s.store.Reanalyse(ctx)
}

// opinion is what the history says about machines and cases, to be compared.
type opinion struct {
	machines []store.Machine
	cases    []store.Case
}

func (s *service) opinion(ctx context.Context) (o opinion, err error) {
	if o.machines, err = s.store.Machines(ctx); err != nil {
		return o, err
	}
	o.cases, err = s.store.Cases(ctx)
	return o, err
}

// reanalyze judges all machines again and tells what changed.
func (s *service) reanalyze(ctx context.Context, out io.Writer) error {
	before, err := s.opinion(ctx)
	if err != nil {
		return err
	}
	began := s.now()
	if err := s.store.Reanalyse(ctx); err != nil {
		return err
	}
	if err := s.judge(ctx, true); err != nil {
		return err
	}
	after, err := s.opinion(ctx)
	if err != nil {
		return err
	}
	tellChanges(out, before, after, began.Truncate(time.Millisecond))
	return s.dueReports(ctx)
}

// tellChanges prints how two opinions differ; a case that was not seen since then is
// in the logs no more, by the rules of today.
func tellChanges(out io.Writer, before, after opinion, since time.Time) {
	t := newTable("machine or case", "before", "now")
	for i, m := range after.machines {
		old := before.machines[i] // judging adds no machine
		if was, is := verdictText(old.Verdict, old.Confidence), verdictText(m.Verdict, m.Confidence); was != is {
			t.AppendRow(table.Row{plain(m.Name), was, is})
		}
	}
	for _, c := range after.cases {
		was := "-"
		for _, old := range before.cases {
			if old.ID == c.ID {
				was = fmt.Sprintf("rev %d: %s, %s", old.Revision, verdictText(old.Verdict, old.Confidence), plain(strings.Join(old.Machines, ", ")))
			}
		}
		is := fmt.Sprintf("rev %d: %s, %s", c.Revision, verdictText(c.Verdict, c.Confidence), plain(strings.Join(c.Machines, ", ")))
		if c.LastSeen.Before(since) {
			is = "not found any more"
		}
		if was != is {
			t.AppendRow(table.Row{c.ID, was, is})
		}
	}
	if t.Length() > 0 {
		fmt.Fprintf(out, "%s\n\n", t.Render())
	}
	fmt.Fprintf(out, "%d machines judged again, %d cases; %d changes\n", len(after.machines), len(after.cases), t.Length())
}

func verdictText(verdict string, confidence float64) string {
	if verdict == "" {
		return "-"
	}
	return fmt.Sprintf("%s %.2f", verdict, confidence)
}

// dueReports fails when a report could not be written.
func (s *service) dueReports(ctx context.Context) error {
	outputs, err := s.store.Outputs(ctx)
	if err != nil {
		return err
	}
	due := slices.DeleteFunc(outputs, func(o store.Output) bool { return !o.Due() || o.Reason == "" })
	if len(due) == 0 {
		return nil
	}
	return &failure{exitFailed, fmt.Errorf("%d reports could not be written or removed, such as %s: %s", len(due), due[0].Path, due[0].Reason),
		"mend what is wrong with the folder; the watcher tries again when it runs"}
}
