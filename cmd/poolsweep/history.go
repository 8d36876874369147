package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/ingest/store"
	"poolsweep/report"
	"poolsweep/templates"
)

// history is one that reports are made from, beside the watcher that keeps it.
type history struct {
	cfg   *config
	db    *store.Store
	know  *knowledge.Base
	words *templates.Words
	now   time.Time
	cases []store.Case
	lain  map[*groupConfig]map[string]bool // see lying; empty as long as nobody asked

	quotes chan struct{} // holds one while a drop is read again
}

// openHistory opens the history of a configuration for reading.
func openHistory(cmd *cobra.Command, con *console, cfg *config) (*history, error) {
	if !cfg.kept() {
		return nil, usageError(cmd, errNoHistory)
	}
	know, words, err := cfg.means(con)
	if err != nil {
		return nil, err
	}
	db, err := openBeside(cmd.Context(), cfg)
	if err != nil {
		return nil, err
	}
	h := &history{cfg: cfg, db: db, know: know, words: words, now: time.Now(), quotes: make(chan struct{}, 1),
		lain: map[*groupConfig]map[string]bool{}}
	if h.cases, err = db.Cases(cmd.Context()); err != nil {
		db.Close()
		return nil, err
	}
	return h, nil
}

// means fills in what a configuration leaves open, and returns what cases are judged by
// and told in.
func (c *config) means(con *console) (*knowledge.Base, *templates.Words, error) {
	c.fill()
	know, err := c.knowledge(con)
	if err != nil {
		return nil, nil, err
	}
	w, err := words(c.Lang)
	return know, w, err
}

// worst is a name for the case that stands first.
const worst = "worst"

// ids returns the ids of the cases that names mean.
func (h *history) ids(names []string) ([]string, error) {
	var all, ids []string
	for _, c := range h.cases {
		all = append(all, c.ID)
	}
	for _, name := range names {
		if name == worst {
			continue
		}
		id, err := pick(name, all)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// pick returns the one id that a name means: the id, or the beginning of no other.
func pick(name string, ids []string) (string, error) {
	var begun []string
	for _, id := range ids {
		if strings.EqualFold(id, name) {
			return id, nil
		}
		if begins(id, name) {
			begun = append(begun, id)
		}
	}
	switch {
	case len(begun) == 1:
		return begun[0], nil
	case len(begun) > 1:
		return "", &failure{exitFailed, fmt.Errorf("%q begins %d cases: %s", name, len(begun), strings.Join(begun, ", ")),
			"give more of the id"}
	case len(ids) == 0:
		return "", &failure{exitFailed, fmt.Errorf("no case %q: there are no cases", name), ""}
	}
	return "", &failure{exitFailed, fmt.Errorf("no case %q", name), "the cases are " + strings.Join(ids, ", ") +
		"; " + worst + " is the first by severity"}
}

// selection is the part of a history that is judged.
type selection struct {
	period  period
	machine string       // pattern of names; empty: all
	group   *groupConfig // nil: all
}

// scope is what reports say about the selection, nil when it is all.
func (s *selection) scope() *report.Scope {
	if s.period.open() && s.machine == "" && s.group == nil {
		return nil
	}
	sc := &report.Scope{From: s.period.from, To: s.period.to, Machine: s.machine}
	if s.group != nil {
		sc.Group = s.group.Name
	}
	return sc
}

// judge judges what is selected by the rules of today, with the cases of some ids, or
// all, in full.
func (h *history) judge(ctx context.Context, sel *selection, ids []string) (*judgement, []store.Held, error) {
	tables := shelf.New()
	held, err := h.documents(ctx, tables, sel, ids)
	if err != nil {
		return nil, nil, err
	}
	j, err := h.judged(ctx, tables, held, h.cfg.clock(h.now))
	if err != nil {
		return nil, nil, err
	}
	if j.Revisions, err = revisions(ctx, h.db); err != nil {
		return nil, nil, err
	}
	if j.Scope = sel.scope(); j.Scope != nil { // the last revision was made from more
		numbersOnly(j.Revisions)
	}
	switch {
	case len(ids) > 0: // the workbook is not among what is asked for
	case j.Scope != nil:
		err = h.addAround(ctx, j, analyze.Period{From: sel.period.from, To: sel.period.to}, h.now)
	default:
		err = (&pasts{history: h}).add(ctx, j)
	}
	return j, held, err
}

// judged judges documents, with what people decided as it holds at a moment.
func (h *history) judged(ctx context.Context, tables *shelf.Shelf, held []store.Held,
	at time.Time) (*judgement, error) {
	r, err := readRuling(ctx, h.db, at)
	if err != nil {
		return nil, err
	}
	j, err := h.cfg.newJudgement(documents(held), tables, nil, h.know, h.words, r)
	if err == nil && h.cfg.Redact != redactStrict {
		j.quote = h.quoting(ctx, held)
	}
	return j, err
}

// numbersOnly leaves of revisions their numbers, where what they said before was about
// more than is judged.
func numbersOnly(all map[string]report.Revision) {
	for id, r := range all {
		all[id] = report.Revision{Number: r.Number}
	}
}

// documents returns what is selected, by file. Without a period it is what the watcher
// judges: the recent past of the machines that the cases are on, the newest of the others.
func (h *history) documents(ctx context.Context, tables *shelf.Shelf, sel *selection,
	ids []string) ([]store.Held, error) {
	chosen, err := h.chosen(ctx, sel)
	if err != nil {
		return nil, err
	}
	var held []store.Held
	if sel.period.open() {
		held, err = recentPast(ctx, h.db, tables, h.whole(ids), h.now.Add(-h.cfg.History.Duration))
	} else {
		held, err = h.within(ctx, tables, chosen, sel.period)
	}
	if err != nil || sel.scope() == nil {
		return held, err
	}
	var out []store.Held
	for _, one := range held {
		if narrow(&one, chosen, sel.period) {
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, &failure{exitFailed, errors.New("the history holds no snapshot of that period and those machines"),
			"'poolsweep status --all' lists what was read"}
	}
	return out, nil
}

// whole are the machines whose past is judged: those of some cases and of the cases
// they share, or all with a case.
func (h *history) whole(ids []string) map[string]bool {
	keys := map[string]bool{}
	for _, c := range h.cases {
		if slices.Contains(ids, c.ID) {
			for _, m := range c.Machines {
				keys[ingest.MachineKey(m)] = true
			}
		}
	}
	addSharers(keys, h.cases, len(ids) == 0)
	return keys
}

// within returns the documents of machines with a snapshot in a period, by file.
func (h *history) within(ctx context.Context, tables *shelf.Shelf, machines map[string]bool,
	p period) ([]store.Held, error) {
	all := newPast(tables)
	for _, key := range sortedKeys(machines) {
		held, err := h.db.Documents(ctx, key, p.from)
		if err != nil {
			return nil, err
		}
		for _, one := range held {
			all.add(one)
		}
	}
	return all.byFile(), nil
}

// narrow leaves of a document the snapshots of chosen machines in a period, and reports
// whether any is left. A snapshot without a time counts by when it was read.
func narrow(h *store.Held, machines map[string]bool, p period) bool {
	d := *h.Document
	d.Snapshots = keep(d.Snapshots, func(s *ingest.Snapshot) bool {
		at := s.At
		if at.IsZero() {
			at = h.ReadAt
		}
		return machines[ingest.MachineKey(s.Machine.Name)] && p.has(at)
	})
	h.Document = &d
	return len(d.Snapshots) > 0
}

// chosen returns the keys of the machines that are selected.
func (h *history) chosen(ctx context.Context, sel *selection) (map[string]bool, error) {
	keys, err := h.members(ctx, sel)
	if err == nil && len(keys) == 0 {
		return nil, &failure{exitFailed, errors.New("no machine of the history is selected"),
			"'poolsweep status --all' names the machines"}
	}
	return keys, err
}

// members returns the keys of the machines that are selected, if any.
func (h *history) members(ctx context.Context, sel *selection) (map[string]bool, error) {
	machines, err := h.db.Machines(ctx)
	if err != nil {
		return nil, err
	}
	var groups []*groupConfig
	if sel.group != nil {
		groups = h.cfg.deciding(sel.group)
	}
	lying, err := h.lying(ctx)
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, m := range machines {
		inGroup := sel.group == nil || slices.Contains(among(groups, m.Name, lying), sel.group)
		if inGroup && (sel.machine == "" || fits(sel.machine, m.Name)) {
			keys[ingest.MachineKey(m.Name)] = true
		}
	}
	return keys, nil
}

// lying returns by group the keys of the machines with a log in its folders. The history
// is looked through once for all groups.
func (h *history) lying(ctx context.Context) (map[*groupConfig]map[string]bool, error) {
	if len(h.lain) == 0 {
		lain, err := lying(h.cfg.all(), stored(ctx, h.db))
		if err != nil {
			return nil, err
		}
		maps.Copy(h.lain, lain)
	}
	return h.lain, nil
}

// found returns the case of an id of the history in a judgement. The rules of today may
// have put it together with another, which then knows its signature.
func (h *history) found(j *judgement, id string) (*report.OutputCase, error) {
	is := func(o report.OutputCase) bool { return o.ID == id }
	for _, c := range h.cases {
		if c.ID == id && !slices.ContainsFunc(j.output.Cases, is) {
			is = func(o report.OutputCase) bool {
				return o.Signature == c.Signature || slices.Contains(o.Aliases, c.Signature)
			}
		}
	}
	if i := slices.IndexFunc(j.output.Cases, is); i >= 0 {
		return &j.output.Cases[i], nil
	}
	return nil, &failure{exitFailed,
		fmt.Errorf("case %s is not seen: by the rules of today, in what is selected, it is none", id),
		"give another period, or leave --group and --machine out"}
}
