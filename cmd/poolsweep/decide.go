package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/analyze"
	"poolsweep/analyze/decide"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

func newDecide(con *console) *cobra.Command {
	var d decideFlags
	cmd := &cobra.Command{
		Use:   "decide [flags] [CASE [VERB ...]]",
		Short: "Decide what becomes of a case",
		Long: `Decide what becomes of a case, as a line of the file decisions.txt in a watched folder
does. Without arguments all decisions are listed, with a case alone what was ever
decided about it.

  CASE dup OTHER                    it is the case OTHER under a second name
  CASE fixed-in MODULE VERSION      that version mends it: a machine with an earlier one
                                    is no regression, one with that or a later one is
  CASE snooze until DATE            left out of mails until a day: 2026-12-15
  CASE snooze until [MODULE] VERSION  ... until a machine runs that version
  CASE snooze until worse           ... until it is worse than now
  CASE owner TEAM                   who has it
  CASE ticket URL                   where it is tracked
  CASE not-a-bug because REASON     nothing is to be done: never mailed as new
  CASE clear VERB                   takes back what was decided under VERB

A case is named by its id or the beginning of its id. The decision is laid into the
state folder; a watcher that runs takes it up within 20 seconds, another when it starts.

Exit codes:
  0  done
  1  failed, or there is no such case
  2  the command line is wrong, as a line of decisions.txt would be`,
		Example: `  poolsweep decide --config poolsweep.yaml
  poolsweep decide PS-1A2B3C4D owner storage filters --config poolsweep.yaml
  poolsweep decide 1a2b fixed-in AcmeVault 4.3.0.2 --state /var/lib/poolsweep
  poolsweep decide 1a2b not-a-bug because "the cache is meant to be that large" --state state
  poolsweep decide 1a2b clear not-a-bug --state state`,
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, con, args) },
	}
	f := cmd.Flags()
	f.StringVar(&d.config, "config", "", "take the state folder from `FILE` (YAML)")
	f.StringVar(&d.state, "state", "", "the watcher's state folder `DIR`")
	f.StringVar(&d.by, "by", "", "note that `NAME` decided (default: who runs this)")
	return cmd
}

// decideFlags are the flags of the command.
type decideFlags struct{ config, state, by string }

func (d *decideFlags) run(cmd *cobra.Command, con *console, args []string) error {
	cfg, err := readConfig(d.config)
	if err != nil {
		return err
	}
	if cfg.keepIn(d.state); !cfg.kept() {
		return usageError(cmd, errNoHistory)
	}
	db, err := openBeside(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	ids, err := caseIDs(cmd.Context(), db)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		if args[0], err = pick(args[0], ids); err != nil {
			return err
		}
	}
	if len(args) > 1 {
		return d.decide(cmd, con, db, cfg, args, ids)
	}
	return listDecisions(cmd.Context(), con.out, db, cfg.State, args)
}

// caseIDs returns the ids of all cases that were ever seen.
func caseIDs(ctx context.Context, db *store.Store) ([]string, error) {
	names, err := db.CaseNames(ctx)
	var ids []string
	for id := range names {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, err
}

// decide lays one decision into the state folder.
func (d *decideFlags) decide(cmd *cobra.Command, con *console, db *store.Store, cfg *config, args, ids []string) error {
	if len(args) == 3 && strings.EqualFold(args[1], analyze.Dup.String()) {
		other, err := pick(args[2], ids)
		if err != nil {
			return err
		}
		args[2] = other
	}
	decision, fault := decide.Parse(strings.Join(strings.Fields(strings.Join(args, " ")), " "), ingest.Source{})
	if fault != nil {
		why, err := onTerminal(fault.Why)
		if err != nil {
			return err
		}
		return usageError(cmd, fmt.Errorf("%q: %s", fault.Text, why))
	}
	by := d.by
	if by == "" {
		if u, err := user.Current(); err == nil {
			by = u.Username
		}
	}
	now := time.Now().UTC()
	text := fmt.Sprintf("# %s\n%s\n", plain(strings.TrimSpace(by+now.Format(" 2006-01-02 15:04 UTC"))), decision)
	if err := layTyped(cmd.Context(), db, cfg.State, text, now); err != nil {
		return err
	}
	fmt.Fprintf(con.out, "%s\nA watcher that runs takes it up within %s, another when it starts.\n", decision, 2*checkEvery)
	return nil
}

// onTerminal words a reason for the terminal, where all is English.
func onTerminal(why analyze.Reason) (string, error) {
	w, err := words(defaultLang)
	if err != nil {
		return "", err
	}
	return w.Sentence(string(why.Rule), why.Facts)
}

// layTyped writes a decision of the command line to a file that no other has the name
// of, whole or not at all. On a database server it is stored under that name.
func layTyped(ctx context.Context, db *store.Store, state, text string, now time.Time) error {
	name := fmt.Sprintf("%s-%d.txt", now.Format("20060102T150405.000000000"), os.Getpid())
	if db.Served() {
		return storeTyped(ctx, db, typedLines(name, text), now)
	}
	return writeAll(ctx, []page{{filepath.Join(state, typedFolder, name), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}}})
}

// listDecisions prints what is decided, or all that was ever decided about one case,
// and what no watcher took up yet.
func listDecisions(ctx context.Context, w io.Writer, db *store.Store, state string, only []string) error {
	lines, err := db.DecisionHistory(ctx)
	if err != nil {
		return err
	}
	var typed []store.DecisionLine
	if state != "" {
		if typed, err = typedDecisions(state); err != nil {
			return err
		}
	}
	n := 0
	for _, l := range lines {
		typed = slices.DeleteFunc(typed, func(t store.DecisionLine) bool { return t.File == l.File && t.Line == l.Line })
		about := len(only) == 0 && l.Ended.IsZero() || len(only) > 0 && strings.Contains(l.Text, only[0])
		if about {
			printDecision(w, l, l.From.Format(time.DateOnly))
			n++
		}
	}
	for _, l := range typed {
		if len(only) == 0 || strings.Contains(l.Text, only[0]) {
			printDecision(w, l, "waits")
			n++
		}
	}
	if n == 0 {
		fmt.Fprintln(w, "Nothing is decided.")
	}
	return nil
}

// printDecision prints a line: since when, what, and who or where.
func printDecision(w io.Writer, l store.DecisionLine, since string) {
	fmt.Fprintf(w, "%-10s  %s", since, plain(l.Text))
	if _, fault := decide.Parse(l.Text, placeOf(l)); fault != nil {
		fmt.Fprint(w, "  (not understood)")
	}
	if !l.Ended.IsZero() {
		fmt.Fprintf(w, "  (ended %s)", l.Ended.Format(time.DateOnly))
	}
	fmt.Fprintf(w, "\n            %s\n", plain(strings.TrimSpace(placeOf(l).String()+"  "+l.Note)))
}
