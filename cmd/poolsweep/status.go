package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

func newStatus(con *console) *cobra.Command {
	var flags statusFlags
	cmd := &cobra.Command{
		Use:   "status [flags]",
		Short: "Show what became of every drop",
		Long: `Show what the watcher knows: the folders, every drop with its state and the reason
for each wait and refusal, the cases and the reports that are due. It may run
beside the watcher.

A drop waits, is analysed, incomplete (analysed, though its end never came),
duplicate, superseded (a longer one begins with its bytes), refused or gone.

A path whose bytes are no UTF-8 is shown with U+FFFD in their place; with --json the
key path_escaped then holds it exactly: each such byte, and each backslash, as \xNN.

With --check nothing is printed but what is wrong, for monitoring.
` + exitHelp + `
  4  with --check: something needs a person`,
		Example: `  poolsweep status --state /var/lib/poolsweep
  poolsweep status --config poolsweep.yaml --all
  poolsweep status --state state --json | jq '.drops[] | select(.state=="refused")'
  poolsweep status --state state --check || mail -s poolsweep admin`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd, con) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.config, "config", "", "take the state folder from `FILE` (YAML)")
	f.StringVar(&flags.state, "state", "", "the watcher's state folder `DIR`")
	f.BoolVar(&flags.json, "json", false, "print one JSON object")
	f.BoolVar(&flags.all, "all", false, "list all drops, not only those that wait or were refused")
	f.BoolVar(&flags.check, "check", false, "print what is wrong, and exit with 4 if anything is")
	return cmd
}

type statusFlags struct {
	config, state    string
	json, all, check bool
}

func (f *statusFlags) run(cmd *cobra.Command, con *console) error {
	cfg, err := readConfig(f.config)
	if err != nil {
		return err
	}
	if cfg.keepIn(f.state); !cfg.kept() {
		return usageError(cmd, errNoHistory)
	}
	st, err := readStatus(cmd.Context(), cfg, f.all || f.json)
	if err != nil {
		return err
	}
	switch {
	case f.check:
		return st.check(con.out, time.Now())
	case f.json:
		enc := json.NewEncoder(con.out)
		enc.SetIndent("", " ")
		return enc.Encode(st)
	}
	st.print(con.out, f.all)
	return nil
}

// status is what the watcher knows, as --json prints it.
type status struct {
	Schema      string             `json:"schema"` // "poolsweep-status/1"
	Counts      map[string]int     `json:"counts"` // drops by state
	Shares      []statusShare      `json:"shares"`
	Drops       []statusDrop       `json:"drops"`
	Cases       []statusCase       `json:"cases"`
	Outputs     []statusOutput     `json:"outputs"`
	Mails       []statusMail       `json:"mails"`
	Attachments []statusAttachment `json:"attachments"`
	Periods     []statusPeriod     `json:"periods"` // weeks and notices that mails are made of
	Health      []statusHealth     `json:"health"`  // of the clock, the upkeep, the configuration and the making of mails
	Faults      []statusFault      `json:"faults"`  // lines of decisions that do nothing
	Nodes       []statusNode       `json:"nodes,omitempty"`
	Queue       *statusQueue       `json:"queue,omitempty"`
}

type statusShare struct {
	Path    string        `json:"path"`
	Kind    string        `json:"kind"`
	Reason  ingest.Reason `json:"reason"`
	Files   int           `json:"files"`
	Ignored int           `json:"ignored"`
	Scanned time.Time     `json:"scanned"`
}

type statusDrop struct {
	Path    string        `json:"path"`
	Escaped string        `json:"path_escaped,omitempty"` // with \xNN, where JSON cannot show Path
	Machine string        `json:"machine"`
	State   store.State   `json:"state"`
	Reason  ingest.Reason `json:"reason"`
	SHA256  string        `json:"sha256"`
	Bytes   int64         `json:"bytes"`
	Since   time.Time     `json:"since"`
}

type statusCase struct {
	ID         string    `json:"id"`
	Verdict    string    `json:"verdict"`
	Confidence float64   `json:"confidence"`
	Title      string    `json:"title"`
	Machines   []string  `json:"machines"`
	Revision   int       `json:"revision"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
	Decided    []string  `json:"decided"` // lines of decisions in force
	Team       string    `json:"team"`
	Ticket     string    `json:"ticket"` // URL
}

type statusFault struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

type statusOutput struct {
	Path   string    `json:"path"`
	Due    bool      `json:"due"`
	Reason string    `json:"reason"`
	SHA256 string    `json:"sha256"`
	Since  time.Time `json:"since"`
}

type statusHealth struct {
	Part   string        `json:"part"`
	Reason ingest.Reason `json:"reason"`
	Detail string        `json:"detail"`
	At     time.Time     `json:"at"`
}

// readStatus reads a history beside the watcher: all drops, or only those with a
// reason, which are few.
func readStatus(ctx context.Context, cfg *config, all bool) (*status, error) {
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	st := &status{Schema: "poolsweep-status/1", Counts: map[string]int{}}
	counts, err := db.Counts(ctx)
	if err != nil {
		return nil, err
	}
	for state, n := range counts {
		st.Counts[string(state)] = n
	}
	return st, errors.Join(st.addShares(ctx, db), st.addDrops(ctx, db, all), st.addCases(ctx, db),
		st.addOutputs(ctx, db), st.addMails(ctx, db), st.addPeriods(ctx, db),
		st.addAttachments(ctx, db), st.addHealth(ctx, db), st.addNodes(ctx, db))
}

func (st *status) addShares(ctx context.Context, db *store.Store) error {
	shares, err := db.Shares(ctx)
	for _, sh := range shares {
		st.Shares = append(st.Shares, statusShare{sh.Path, sh.Kind, sh.Reason, sh.Files, sh.Ignored, sh.ScannedAt})
	}
	return err
}

func (st *status) addDrops(ctx context.Context, db *store.Store, all bool) error {
	add := func(d store.Drop) error {
		drop := statusDrop{Path: filepath.ToSlash(dropPath(d.Share, d.Name)), Machine: d.Machine, State: d.State,
			Reason: d.Reason, SHA256: d.SHA256, Bytes: d.Bytes, Since: d.ChangedAt}
		if !utf8.ValidString(drop.Path) {
			drop.Escaped = store.Escape(drop.Path)
		}
		st.Drops = append(st.Drops, drop)
		return nil
	}
	if all {
		return db.Drops(ctx, "", add)
	}
	return db.Doubted(ctx, add)
}

func (st *status) addCases(ctx context.Context, db *store.Store) error {
	cases, err := db.Cases(ctx)
	if err != nil {
		return err
	}
	decided, faults, err := decidedCases(ctx, db, cases, time.Time{})
	if err != nil {
		return err
	}
	for _, c := range cases {
		d := decided[c.ID]
		sc := statusCase{ID: c.ID, Verdict: c.Verdict, Confidence: c.Confidence, Title: c.Title, Machines: c.Machines,
			Revision: c.Revision, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen, Team: d.Team, Ticket: d.Ticket}
		for i := range d.InForce {
			sc.Decided = append(sc.Decided, d.InForce[i].String())
		}
		st.Cases = append(st.Cases, sc)
	}
	for _, f := range faults {
		why, err := onTerminal(f.Why)
		if err != nil {
			return err
		}
		st.Faults = append(st.Faults, statusFault{f.Source.File, f.Source.Line, f.Text, why})
	}
	return nil
}

func (st *status) addOutputs(ctx context.Context, db *store.Store) error {
	outputs, err := db.Outputs(ctx)
	for _, o := range outputs {
		st.Outputs = append(st.Outputs, statusOutput{o.Path, o.Due(), o.Reason, o.SHA256, o.ChangedAt})
	}
	return err
}

func (st *status) addHealth(ctx context.Context, db *store.Store) error {
	parts, err := db.Health(ctx)
	for _, h := range parts {
		st.Health = append(st.Health, statusHealth(h))
	}
	return err
}

// print shows the status to a person.
func (st *status) print(w io.Writer, all bool) {
	shares := newTable("folder", "kind", "files", "ignored", "last scan", "reason")
	for _, sh := range st.Shares {
		shares.AppendRow(table.Row{plain(sh.Path), sh.Kind, sh.Files, sh.Ignored, sh.Scanned.Format(time.DateTime), sh.Reason})
	}
	fmt.Fprintln(w, shares.Render())
	var counts []string
	for _, state := range []store.State{store.Analysed, store.Incomplete, store.Duplicate, store.Superseded, store.Refused, store.Waiting, store.Gone} {
		if n := st.Counts[string(state)]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, state))
		}
	}
	fmt.Fprintf(w, "\nDrops: %s\n", cmp.Or(strings.Join(counts, ", "), "none"))
	drops := newTable("drop", "machine", "state", "reason", "since")
	for _, d := range st.Drops {
		if all || d.Reason != "" && d.State != store.Gone {
			drops.AppendRow(table.Row{plain(d.Path), plain(d.Machine), d.State, d.Reason, d.Since.Format(time.DateTime)})
		}
	}
	if drops.Length() > 0 {
		fmt.Fprintln(w, drops.Render())
	}
	if len(st.Cases) > 0 {
		cases := newTable("case", "verdict", "confidence", "rev", "machines", "title", "decided")
		for _, c := range st.Cases {
			cases.AppendRow(table.Row{c.ID, c.Verdict, c.Confidence, c.Revision, plain(strings.Join(c.Machines, ", ")), plain(c.Title),
				plain(strings.Join(c.decided(), "; "))})
		}
		fmt.Fprintf(w, "\n%s\n", cases.Render())
	}
	for _, o := range st.Outputs {
		if o.Due {
			fmt.Fprintf(w, "due: %s %s\n", o.Path, o.Reason)
		}
	}
	for _, f := range st.Faults {
		fmt.Fprintln(w, f.line())
	}
	st.printPeriods(w, all)
	st.printMails(w, all)
	st.printAttachments(w, all)
	st.printNodes(w)
	for _, h := range st.Health {
		if h.Reason != "" {
			fmt.Fprintf(w, "%s: %s since %s: %s\n", h.Part, h.Reason, h.At.Format(time.DateTime), plain(h.Detail))
		}
	}
}

// decided are the decisions in force without the case's id.
func (c *statusCase) decided() []string {
	var out []string
	for _, line := range c.Decided {
		_, said, _ := strings.Cut(line, " ")
		out = append(out, said)
	}
	return out
}

// line is the answer to a line of decisions that does nothing.
func (f *statusFault) line() string {
	return fmt.Sprintf("decision %s:%d: %q: %s", plain(f.File), f.Line, f.Text, plain(f.Why))
}

// exitTrouble is how status --check ends when something needs a person.
const exitTrouble = 4

// recent is how long a refusal is news: a file that nobody clears away must not
// hide the next trouble for ever.
const recent = 24 * time.Hour

// stalled is how long a share may go without a scan, and a report be due.
const stalled = 10 * time.Minute

// check says what needs a person: folders that are not trusted or not scanned,
// refused drops, reports that cannot be written, mails that did not simply go out.
func (st *status) check(w io.Writer, now time.Time) error {
	var trouble []string
	say := func(format string, args ...any) { trouble = append(trouble, fmt.Sprintf(format, args...)) }
	for _, sh := range st.Shares {
		switch {
		case sh.Reason != "":
			say("folder %s: %s", plain(sh.Path), sh.Reason)
		case now.Sub(sh.Scanned) > stalled:
			say("folder %s: no scan since %s; does the watcher run?", plain(sh.Path), sh.Scanned.Format(time.DateTime))
		}
	}
	refused := 0
	for _, d := range st.Drops {
		if d.State == store.Refused && now.Sub(d.Since) < recent {
			refused++
		}
	}
	if refused > 0 {
		say("%d drops were refused in the last day; see 'poolsweep status'", refused)
	}
	for _, o := range st.Outputs {
		if o.Due && (o.Reason != "" || now.Sub(o.Since) > stalled) {
			say("report %s is due since %s: %s", o.Path, o.Since.Format(time.DateTime), cmp.Or(o.Reason, "not written yet"))
		}
	}
	for _, p := range st.Periods {
		if p.State == store.Frozen && now.Sub(p.Since) > mailLate {
			say("mail %s %s: not made since %s; does the watcher run?", plain(p.Series), plain(p.Period), p.Since.Format(time.DateTime))
		}
	}
	for _, m := range st.Mails {
		if t := m.trouble(now); t != "" {
			say("%s", t)
		}
	}
	for _, f := range st.Faults {
		say("%s", f.line())
	}
	for _, a := range st.Attachments {
		if t := a.trouble(now); t != "" {
			say("%s", t)
		}
	}
	if t := st.nodesTrouble(); t != "" {
		say("%s", t)
	}
	for _, h := range st.Health {
		if h.Reason != "" {
			say("%s: %s: %s", h.Part, h.Reason, plain(h.Detail))
		}
	}
	for _, t := range trouble {
		fmt.Fprintln(w, t)
	}
	if len(trouble) > 0 {
		return &failure{exitTrouble, fmt.Errorf("%d things need a person", len(trouble)), ""}
	}
	return nil
}
