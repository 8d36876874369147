package judge

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// expect says what the next full table has to show if the verdict is right.
func (d *draft) expect(tag ingest.Tag, pool ingest.Pool, atLeast int64, r analyze.Rule, f analyze.Facts,
	from ...ingest.Source) {
	d.Expect = append(d.Expect, analyze.Expectation{Tag: tag, Pool: pool, AtLeast: atLeast,
		Why: analyze.Reason{Rule: r, Facts: f, Sources: from}})
}

// foresee says what has to come true, and looks whether it already has: what leaks
// is not freed before the next restart, so the count of the lead tag cannot fall.
// What a sign expected by itself stays.
func (d *draft) foresee() {
	if len(d.Core) > 0 && len(d.Expect) == 0 && d.Core[0].Outstanding > 0 {
		lead := d.Core[0]
		d.expect(lead.Tag, lead.Pool, lead.Outstanding, analyze.ExpectStays,
			analyze.Facts{"tag": lead.Tag, "count": lead.Outstanding}, lead.Source)
	}
	next := d.nextTable()
	if next == nil {
		return
	}
	for _, x := range d.Expect {
		d.hold(x, next)
	}
}

// hold compares an expectation with the table that came later. A tag that the
// table lacks has nothing outstanding.
func (d *draft) hold(x analyze.Expectation, next *ingest.Snapshot) {
	facts := analyze.Facts{"tag": x.Tag, "least": x.AtLeast, "count": int64(0), "hours": next.At.Sub(d.At)}
	from := []ingest.Source{next.Source}
	if row := find(next, x.Tag, x.Pool); row != nil {
		facts["count"], from = row.Outstanding, []ingest.Source{row.Source}
	}
	if facts["count"].(int64) >= x.AtLeast {
		d.why(d.th.Weights.Foreseen, analyze.RuleForeseen, facts, from...)
		return
	}
	d.whyNot(d.th.Weights.Refuted, analyze.RuleRefuted, facts, from...)
}

// find returns the row of a tag; a pool that is not known matches either.
func find(s *ingest.Snapshot, tag ingest.Tag, pool ingest.Pool) *ingest.TagUsage {
	for i := range s.Tags {
		if t := &s.Tags[i]; t.Tag == tag && (pool == 0 || t.Pool == 0 || t.Pool == pool) {
			return t
		}
	}
	return nil
}

// nextTable returns the first later snapshot of the same boot session that holds
// whole pool tables, or nil.
func (d *draft) nextTable() *ingest.Snapshot {
	for _, s := range d.moves.Snapshots[d.here+1:] {
		if s.At.After(d.At) && d.past.holdsWhole(s, d.th) {
			return s
		}
	}
	return nil
}
