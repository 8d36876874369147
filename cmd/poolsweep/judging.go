package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/decide"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// startJudging judges what is new in the background, one judgement at a time, with
// pauses so that judging leaves room for reading.
func (s *service) startJudging(ctx context.Context) {
	if s.cluster != nil { // whatever is new, the workbook has not
		s.stale = s.stale || s.fresh
	}
	bookDue := s.stale && s.mono() >= s.book
	if s.judging || !s.fresh && !bookDue || s.mono() < s.rest {
		return
	}
	s.judging, s.fresh = true, false
	began := s.mono()
	s.rest = began + time.Hour // set anew when it ends
	if bookDue {
		s.book, s.stale = began+s.cfg.Workbook.Duration, false
	}
	go func() {
		err := s.judge(ctx, bookDue)
		if ctx.Err() != nil {
			err = nil // broken off: the next start judges again what was not stored
		}
		s.judged <- round{err, s.mono() - began}
	}()
}

// round is the end of a judgement.
type round struct {
	err  error
	took time.Duration
}

func (s *service) endJudging(j round) error {
	s.judging, s.mailing.judged = false, true
	s.rest = s.mono() + max(judgePause, judgeShare*j.took)
	s.broken = s.broken || j.err != nil
	s.fresh = s.fresh || j.err != nil // to be tried again, should the service outlast it
	return j.err
}

// redo has reports brought that are due although nothing is new, as far as which
// says: the machines of their cases are judged again, or the fleet's are drawn.
func (s *service) redo(ctx context.Context, which func(store.Output) bool) error {
	outputs, err := s.store.Outputs(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, o := range outputs {
		switch {
		case !o.Due() || !which(o):
		case o.Subject != "":
			ids = append(ids, o.Subject)
		default:
			s.stale = true
		}
	}
	s.fresh = s.fresh || len(ids) > 0
	return s.store.Reopen(ctx, ids)
}

// missed are the reports that something came before: all that are due at the start,
// or when a judgement broke off.
func missed(store.Output) bool { return true }

// failed are the reports that could not be written.
func failed(o store.Output) bool { return o.Reason != "" }

// retry has reports tried again that could not be written: space may have
// returned, or a program may have let go of a file.
func (s *service) retry(ctx context.Context) error {
	if s.judging {
		return nil
	}
	which := failed
	if s.broken { // the store failed between a judgement and its reports
		which = missed
	}
	if err := s.redo(ctx, which); err != nil {
		return err
	}
	s.broken = false
	return nil
}

// judge judges the machines that something new is known of, together with those
// that share a case with them, and brings the reports of the cases that changed.
func (s *service) judge(ctx context.Context, withBook bool) error {
	if err := s.withdraw(ctx); err != nil {
		return err
	}
	machines, err := s.store.Machines(ctx)
	if err != nil {
		return err
	}
	changed := slices.DeleteFunc(slices.Clone(machines), func(m store.Machine) bool { return m.Changed == m.Judged })
	if len(changed) == 0 && !withBook {
		return nil
	}
	return s.judgeMachines(ctx, changed, withBook)
}

// judgeMachines judges some machines, and makes the workbook when it is due. It takes
// all at a time: in parts, those that share a case would be judged with each part.
func (s *service) judgeMachines(ctx context.Context, changed []store.Machine, withBook bool) error {
	cases, err := s.store.Cases(ctx)
	if err != nil {
		return err
	}
	whole := map[string]bool{} // machines judged with their past
	for _, m := range changed {
		whole[ingest.MachineKey(m.Name)] = true
	}
	addSharers(whole, cases, withBook)
	j, err := s.judgeDocuments(ctx, whole)
	if err != nil {
		return err
	}
	found, err := s.findings(j, changed)
	if err != nil {
		return err
	}
	revised, err := s.store.Judge(ctx, store.Judgement{Machines: verdicts(j.Result, changed), Findings: found}, s.now())
	if err != nil {
		return err
	}
	for _, id := range revised {
		s.log.Info("case changed", "case", id)
	}
	if withBook {
		want := []string{bookFile, jsonFile}
		if len(j.Result.Cases) == 0 {
			want = append(want, report.OverviewFile)
		}
		if err := s.store.Want(ctx, want, s.now()); err != nil {
			return err
		}
	}
	return s.render(ctx, j)
}

// addSharers adds the machines that share a case with some, or all that have a case.
func addSharers(whole map[string]bool, cases []store.Case, all bool) {
	for _, c := range cases {
		if all || slices.ContainsFunc(c.Machines, func(m string) bool { return whole[ingest.MachineKey(m)] }) {
			for _, m := range c.Machines {
				whole[ingest.MachineKey(m)] = true
			}
		}
	}
}

// judgeDocuments judges the newest document of every machine, and the whole recent
// past of some.
func (s *service) judgeDocuments(ctx context.Context, whole map[string]bool) (*judgement, error) {
	tables := shelf.New()
	held, err := recentPast(ctx, s.store, tables, whole, s.now().Add(-s.cfg.History.Duration))
	if err != nil {
		return nil, err
	}
	return s.history().judged(ctx, tables, held, s.cfg.clock(s.now()))
}

// history is that of the service.
func (s *service) history() *history {
	return &history{cfg: s.cfg, db: s.store, know: s.know, words: s.words, now: s.now(), quotes: s.quotes,
		lain: map[*groupConfig]map[string]bool{}}
}

// recentPast returns the newest document of every machine in a history, and all that
// some have since a moment, by file. Their tables go onto the shelf.
func recentPast(ctx context.Context, db *store.Store, tables *shelf.Shelf, whole map[string]bool,
	since time.Time) ([]store.Held, error) {
	all := newPast(tables)
	for _, key := range sortedKeys(whole) {
		held, err := db.Recent(ctx, key, since, mostHistory)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			all.add(h)
		}
	}
	err := db.Newest(ctx, all.add)
	return all.byFile(), err
}

// past collects documents of a history, each once, and puts their tables away if it
// has a shelf.
type past struct {
	held   []store.Held
	seen   map[string]bool
	tables *shelf.Shelf
}

func newPast(tables *shelf.Shelf) *past { return &past{seen: map[string]bool{}, tables: tables} }

func (p *past) add(h store.Held) {
	if key := h.SHA256 + h.Machine; !p.seen[key] {
		p.seen[key] = true
		if p.tables != nil {
			p.tables.Put(h.Document)
		}
		p.held = append(p.held, h)
	}
}

// byFile returns them in the order of their files.
func (p *past) byFile() []store.Held {
	slices.SortStableFunc(p.held, func(a, b store.Held) int { return strings.Compare(a.File, b.File) })
	return p.held
}

func documents(held []store.Held) []*ingest.Document {
	var docs []*ingest.Document
	for _, h := range held {
		docs = append(docs, h.Document)
	}
	return docs
}

func sortedKeys(set map[string]bool) []string {
	var keys []string
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// verdicts are the judgements on the machines that were judged anew.
func verdicts(res *analyze.Result, changed []store.Machine) []store.Machine {
	judged := map[string]*analyze.Machine{}
	for i := range res.Machines {
		judged[ingest.MachineKey(res.Machines[i].Name)] = &res.Machines[i]
	}
	var out []store.Machine
	for _, m := range changed {
		m.Verdict, m.Confidence = "", 0 // nothing of it is left in the history
		if now := judged[ingest.MachineKey(m.Name)]; now != nil {
			m.Verdict, m.Confidence = now.Verdict.String(), now.Confidence
		}
		out = append(out, m)
	}
	return out
}

// findings are the cases of the machines that were judged anew.
func (s *service) findings(j *judgement, changed []store.Machine) ([]store.Finding, error) {
	var out []store.Finding
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		if !slices.ContainsFunc(changed, func(m store.Machine) bool { return concerns(c, m.Name) }) {
			continue
		}
		summary, err := json.Marshal(j.Summarize(c))
		if err != nil {
			return nil, fmt.Errorf("summarize case %s: %w", c.ID, err)
		}
		sum := sha256.Sum256(summary)
		writeup, object := caseFiles(c.ID)
		out = append(out, store.Finding{
			Case: store.Case{ID: c.ID, Signature: c.Signature, Names: decide.Names(c), Verdict: c.Verdict.String(), Confidence: c.Confidence,
				Title: j.title(c.ID), Machines: c.Machines, Summary: summary},
			Digest: hex.EncodeToString(sum[:]), Outputs: []string{writeup, object},
		})
	}
	return out, nil
}

// title is the case's signature in words.
func (j *judgement) title(id string) string {
	for _, c := range j.output.Cases {
		if c.ID == id {
			return c.Title
		}
	}
	return ""
}

// render brings the reports that are due and can be made from a judgement. One
// that cannot be written stays due, and the old one stays as it is.
func (s *service) render(ctx context.Context, j *judgement) error {
	outputs, err := s.store.Outputs(ctx)
	if err != nil {
		return err
	}
	outputs = slices.DeleteFunc(outputs, func(o store.Output) bool {
		return !o.Due() || o.Wanted == 0 || j.drawing(o) == nil
	})
	if len(outputs) == 0 { // what readers outside see would be judged for nothing
		return nil
	}
	if j.Revisions, err = revisions(ctx, s.store); err != nil {
		return err
	}
	if s.cfg.public() {
		if j, err = s.cfg.outside(j, s.know); err != nil {
			return err
		}
	}
	for _, o := range outputs {
		draw := j.drawing(o)
		if draw == nil {
			continue
		}
		if o.Path == bookFile && !s.cfg.public() { // the machines' pasts and the drops are not redacted
			if err := s.addPast(ctx, j); err != nil {
				return err
			}
		}
		if err := s.write(ctx, o, draw); err != nil {
			return err
		}
	}
	return nil
}

// revisions returns the newest revision of each case with what it said before.
func revisions(ctx context.Context, db *store.Store) (map[string]report.Revision, error) {
	cases, err := db.Cases(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]report.Revision{}
	for _, c := range cases {
		r := report.Revision{Number: c.Revision}
		if len(c.Before) > 0 {
			r.Before = &report.Summary{}
			if err := json.Unmarshal(c.Before, r.Before); err != nil {
				return nil, fmt.Errorf("read summary of case %s: %w", c.ID, err)
			}
		}
		out[c.ID] = r
	}
	return out, nil
}

// drawing returns how an output is drawn, or nil when the judgement has it not.
func (j *judgement) drawing(o store.Output) func(io.Writer) error {
	if o.Path == report.OverviewFile {
		return j.drawOverview // also when cases have come since one was wanted
	}
	for _, p := range j.pages("") {
		if filepath.ToSlash(p.path) == o.Path {
			return p.draw
		}
	}
	return nil
}

// write draws one report in memory, so that a full disk meets it only when its size
// is known, and puts it in its place.
func (s *service) write(ctx context.Context, o store.Output, draw func(io.Writer) error) error {
	var drawn bytes.Buffer
	err := draw(&drawn)
	if err == nil {
		err = writeAll(ctx, []page{drawnPage(filepath.Join(s.cfg.Out, filepath.FromSlash(o.Path)), drawn.Bytes())})
	}
	if err != nil && err.Error() == o.Reason {
		return nil // as before, and said already
	}
	if err != nil {
		s.log.Error("report not written; it stays due", "file", o.Path, "err", err)
		return s.store.NotWritten(ctx, o.Path, err.Error(), s.now())
	}
	sum := sha256.Sum256(drawn.Bytes())
	s.log.Info("report written", "file", o.Path, "revision", o.Wanted, "bytes", drawn.Len())
	return s.store.Wrote(ctx, o.Path, o.Wanted, hex.EncodeToString(sum[:]), s.now())
}
