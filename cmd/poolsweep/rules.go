package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/decide"
	"poolsweep/ingest/shelf"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// weekSummary is what a week keeps beside its cases: who judged it, and from which logs.
type weekSummary struct {
	Tool string `json:"tool"`
	Logs string `json:"logs"` // a hash of theirs
}

// wholeWeek stands among the cases of a week for the week itself.
const wholeWeek = ""

// caseSummaries reads what the mail of a week said of each case, and of the week.
func caseSummaries(cases []store.CaseState, key string) (before map[string]caseSummary, week weekSummary, err error) {
	before = map[string]caseSummary{}
	for _, c := range cases {
		if c.ID == wholeWeek {
			err = json.Unmarshal(c.Summary, &week)
		} else {
			var sum caseSummary
			err = json.Unmarshal(c.Summary, &sum)
			before[c.ID] = sum
		}
		if err != nil {
			return nil, week, fmt.Errorf("read summary of case %q in %s: %w", c.ID, key, err)
		}
	}
	return before, week, nil
}

// logsOf is a hash of the logs that a week is judged from.
func (d *desk) logsOf(ctx context.Context, members map[string]bool, p *store.Period) (string, error) {
	return d.db.Known(ctx, members, p.To.Add(-d.cfg.History.Duration), p.To, p.Dated)
}

// ruled judges the logs of an earlier week again, and returns the cases that the rules of
// today see otherwise. It cannot tell when the history holds other logs than then, or
// the group other machines: the rules may not be what changed the verdict.
func (d *desk) ruled(ctx context.Context, p *store.Period, logs string,
	before map[string]caseSummary) (changed []report.Ruled, known bool, err error) {
	members, err := d.members(ctx, &selection{group: d.group})
	if err != nil {
		return nil, false, err
	}
	if now, err := d.logsOf(ctx, members, p); err != nil || now != logs {
		return nil, false, err
	}
	tables := shelf.New()
	held, err := d.asOf(ctx, tables, members, d.whole(nil), p)
	if err != nil {
		return nil, false, err
	}
	j, err := d.judgeHeld(ctx, tables, held, p.Dated)
	if err != nil {
		return nil, false, err
	}
	names, err := d.db.CaseNames(ctx)
	return otherwise(before, names, j.Result.Cases), true, err
}

// otherwise are the cases whose verdict is another one than before, those that are gone
// or new among them. New rules may give a case another id: its names lead to it.
func otherwise(before map[string]caseSummary, names map[string][]string, cases []analyze.Case) []report.Ruled {
	now := map[string]*analyze.Case{}
	for i := range slices.Backward(cases) { // of a name that two have, the first is meant
		c := &cases[i]
		for _, n := range append(decide.Names(c), c.ID) {
			now[n] = c
		}
	}
	var out []report.Ruled
	found := map[string]bool{}
	for id, sum := range before {
		r := report.Ruled{ID: id, Was: sum.Verdict}
		for _, n := range append([]string{id}, names[id]...) {
			if c := now[n]; c != nil {
				found[c.ID] = true
				r.ID, r.Now = c.ID, c.Verdict.String()
				break
			}
		}
		if r.Now != r.Was {
			out = append(out, r)
		}
	}
	for i := range cases {
		if c := &cases[i]; !found[c.ID] {
			out = append(out, report.Ruled{ID: c.ID, Now: c.Verdict.String()})
		}
	}
	slices.SortFunc(out, func(a, b report.Ruled) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Was, b.Was)) })
	return out
}
