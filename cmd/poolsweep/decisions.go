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
	"sync/atomic"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/decide"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/ingest/unpack"
	"poolsweep/ingest/watch"
)

// defaultDecisions is the file in a watched folder that people decide in.
const defaultDecisions = "decisions.txt"

// partDecisions is how the reading of decisions does, in the store.
const partDecisions = "decisions"

// mostDecisions bounds a file of decisions: what is larger was not written by hand.
const mostDecisions = 1 << 20

// posted is what stands in a file of decisions now.
type posted struct {
	text string // "" also when there is no file
	err  error
}

// bulletin follows the file of decisions in one share. It belongs to the share's
// scanner, but for again.
type bulletin struct {
	name  string
	seen  *watch.Stamp // at the last scan, nil: it was not there
	taken *watch.Stamp // what was last handed on
	known bool         // something was handed on since the start, be it that there is no file
	again atomic.Bool  // what was handed on could not be stored
}

// look returns what stands in the file when it is another than was handed on and stood
// still from one scan to the next: an editor may be writing it, or have taken it away
// to put another in its place.
func (b *bulletin) look(folder feed, now *watch.Stamp) *posted {
	still := sameStamp(b.seen, now)
	b.seen = now
	if b.again.Swap(false) {
		b.known = false
	}
	if !still || b.known && sameStamp(b.taken, now) {
		return nil
	}
	var p posted
	if now != nil {
		var again bool
		if p.text, again, p.err = readDecisions(folder, b.name); again {
			return nil // it changed while it was read
		}
	}
	b.taken, b.known = now, true
	return &p
}

func sameStamp(a, b *watch.Stamp) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Same(*b)
}

// readDecisions reads the file of decisions in a folder, with the care that a drop is
// read with. Again says that it was no good time to read it.
func readDecisions(folder feed, name string) (text string, again bool, err error) {
	file, err := folder.Open(name)
	if err != nil {
		return "", errors.Is(err, fs.ErrNotExist), err
	}
	defer file.Close()
	if file.Stamp().Size > mostDecisions {
		return "", false, &ingest.Refusal{Reason: ingest.ReasonTooBig}
	}
	text, err = decode(file)
	if err != nil {
		return "", true, err
	}
	same, err := file.Unchanged()
	return text, !same || err != nil, err
}

// decode reads a text in whatever encoding its editor used.
func decode(r io.Reader) (string, error) {
	clean, _, err := unpack.Text(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(clean)
	return string(text), err
}

// post takes up what stands in the file of decisions of a share. A file that cannot be
// read changes nothing: what was decided holds on.
func (s *service) post(ctx context.Context, sh *share, p *posted) error {
	file := filepath.ToSlash(dropPath(sh.path, sh.bulletin.name))
	if err := s.putDecisionHealth(ctx, file, p.err); err != nil || p.err != nil {
		return err
	}
	var lines []store.DecisionLine
	for _, l := range decide.Lines(p.text) {
		lines = append(lines, store.DecisionLine{File: file, Line: l.Number, Text: l.Text, Note: l.Note})
	}
	return s.putDecisions(ctx, file, lines)
}

// putDecisionHealth stores that a file of decisions cannot be read, or can again.
func (s *service) putDecisionHealth(ctx context.Context, file string, err error) error {
	part := partDecisions + " " + file
	if err == nil && !s.unread[part] {
		return nil
	}
	if s.unread == nil {
		s.unread = map[string]bool{}
	}
	s.unread[part] = err != nil
	h := store.Health{Part: part, At: s.now()}
	if err != nil {
		h.Reason, h.Detail = codeOf(err), err.Error()
		s.log.Warn("decisions not read; those before hold on", "file", file, "err", err)
	}
	return s.store.PutHealth(ctx, h)
}

// putDecisions stores what stands in an origin, and has the cases judged again that
// something else holds for now.
func (s *service) putDecisions(ctx context.Context, origin string, lines []store.DecisionLine) error {
	came, went, err := s.store.PutDecisions(ctx, origin, lines, s.now())
	if err != nil || len(came)+len(went) == 0 {
		return err
	}
	names, err := s.store.CaseNames(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for i, l := range slices.Concat(came, went) {
		d, fault := decide.Parse(l.Text, placeOf(l))
		switch {
		case fault != nil && i < len(came):
			s.log.Warn("decision not understood", "file", l.File, "line", l.Line, "text", l.Text)
		case fault != nil:
		case i < len(came):
			s.log.Info("decided", "decision", d.String(), "file", l.File, "line", l.Line)
		default:
			s.log.Info("decision withdrawn", "decision", d.String(), "file", l.File)
		}
		if fault == nil {
			ids = append(ids, concerned(names, d)...)
		}
	}
	s.fresh, s.stale = true, true
	return s.store.Reopen(ctx, ids)
}

// relatives are the ids of the cases that have a name in common with one, and its own.
func relatives(names map[string][]string, id string) []string {
	out := []string{id}
	for other, all := range names {
		if slices.ContainsFunc(all, func(n string) bool { return slices.Contains(names[id], n) }) {
			out = append(out, other)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func placeOf(l store.DecisionLine) ingest.Source { return ingest.Source{File: l.File, Line: l.Line} }

// typedFolder lies in the state folder and holds what was decided on the command line,
// one file each: so the history has one writer, and nothing typed is lost with it.
const typedFolder = "decisions.d"

// takeTyped takes up what was decided on the command line since the last time.
func (s *service) takeTyped(ctx context.Context) error {
	lines, err := typedDecisions(s.cfg.State)
	if err != nil {
		return err
	}
	if s.typed != nil && *s.typed == len(lines) {
		return nil // files come and are never changed
	}
	n := len(lines)
	if err := s.putDecisions(ctx, typedFolder, lines); err != nil {
		return err
	}
	s.typed = &n
	return nil
}

// typedDecisions reads what was decided on the command line, oldest first.
func typedDecisions(state string) ([]store.DecisionLine, error) {
	entries, err := os.ReadDir(filepath.Join(state, typedFolder)) // by name, and so by time
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var lines []store.DecisionLine
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".txt" {
			continue // a draft
		}
		text, err := os.ReadFile(filepath.Join(state, typedFolder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read decisions: %w", err)
		}
		lines = append(lines, typedLines(e.Name(), string(text))...)
	}
	return lines, err
}

// typedLines are the decisions in a file of the command line.
func typedLines(name, text string) []store.DecisionLine {
	var lines []store.DecisionLine
	for _, l := range decide.Lines(text) {
		lines = append(lines, store.DecisionLine{File: typedFolder + "/" + name, Line: l.Number, Text: l.Text, Note: l.Note})
	}
	return lines
}

// storeTyped stores decisions of the command line, and has the cases judged again that
// they are about.
func storeTyped(ctx context.Context, db *store.Store, lines []store.DecisionLine, now time.Time) error {
	if err := db.AddDecisions(ctx, typedFolder, lines, now); err != nil {
		return err
	}
	names, err := db.CaseNames(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range lines {
		if d, fault := decide.Parse(l.Text, placeOf(l)); fault == nil {
			ids = append(ids, concerned(names, d)...)
		}
	}
	return db.Reopen(ctx, ids)
}

// concerned are the ids of the cases that a decision is about.
func concerned(names map[string][]string, d *analyze.Decision) []string {
	return append(relatives(names, d.Case), relatives(names, d.Other)...)
}

// keepDecisions ends what was decided in folders that are no longer watched.
func (s *service) keepDecisions(ctx context.Context) error {
	origins := []string{typedFolder}
	for _, sh := range s.shares {
		origins = append(origins, filepath.ToSlash(dropPath(sh.path, sh.bulletin.name)))
	}
	return s.store.KeepDecisions(ctx, origins, s.now())
}

// ruling is what people decided, as a history holds it.
type ruling struct {
	decisions []analyze.Decision
	faults    []analyze.Fault // of lines that cannot be read
	names     map[string][]string
	now       time.Time
}

// readRuling reads what people decided from a history.
func readRuling(ctx context.Context, db *store.Store, now time.Time) (*ruling, error) {
	lines, err := db.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	r := &ruling{now: now}
	for _, l := range lines {
		d, fault := decide.Parse(l.Text, placeOf(l))
		if fault != nil {
			r.faults = append(r.faults, *fault)
			continue
		}
		d.Note, d.At = l.Note, l.From
		r.decisions = append(r.decisions, *d)
	}
	r.names, err = db.CaseNames(ctx)
	return r, err
}

// settle finds what follows for the cases of a result.
func (r *ruling) settle(res *analyze.Result) (map[string]analyze.Decided, []analyze.Fault) {
	decided, faults := decide.Settle(res, r.decisions, r.names, r.now, analyze.DefaultThresholds())
	faults = append(slices.Clone(r.faults), faults...)
	slices.SortStableFunc(faults, func(a, b analyze.Fault) int {
		if c := strings.Compare(a.Source.File, b.Source.File); c != 0 {
			return c
		}
		return a.Source.Line - b.Source.Line
	})
	return decided, faults
}

// decidedCases tells how the cases of a history stand at a moment as far as no log has to
// be judged for it: nothing is said of fixes, or of a version that a case waits for.
func decidedCases(ctx context.Context, db *store.Store, cases []store.Case,
	at time.Time) (map[string]analyze.Decided, []analyze.Fault, error) {
	r, err := readRuling(ctx, db, at)
	if err != nil {
		return nil, nil, err
	}
	var res analyze.Result
	for _, c := range cases {
		bare := analyze.Case{ID: c.ID, Signature: c.Signature}
		if known := r.names[c.ID]; len(known) > 0 {
			bare.Aliases = known[1:]
		}
		res.Cases = append(res.Cases, bare)
	}
	decided, faults := r.settle(&res)
	return decided, slices.DeleteFunc(faults, func(f analyze.Fault) bool { return f.Why.Rule == analyze.CannotNameModule }), nil
}
