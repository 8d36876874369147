// Package analyze judges what the parsers read: facts in, findings and cases
// out. It prints nothing: each reason is a rule with the figures it saw, and the
// templates hold the sentences.
package analyze

import (
	"slices"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Judge judges all documents together: per machine, then over the machines. It
// needs no clock: everything it says follows from the documents.
func Judge(docs []*ingest.Document, know *knowledge.Base, th Thresholds) *Result {
	res := &Result{}
	var found []Case
	machines := Machines(docs)
	norms := NewNorms(machines, th)
	know = learnBands(machines, know, norms, th)
	for _, snaps := range machines {
		m, cases := judgeMachine(snaps, scene{th: th, know: know, norms: norms, history: snaps})
		res.Machines = append(res.Machines, m)
		found = append(found, cases...)
	}
	res.Cases = Merge(found, th)
	for i := range res.Machines {
		m := &res.Machines[i]
		for _, c := range res.Cases {
			if slices.Contains(c.Machines, m.Name) {
				m.Cases = append(m.Cases, c.ID)
			}
		}
	}
	Spread(res, func(s *ingest.Snapshot) bool { return whole(s, th) }, th.Series)
	Contrasts(res)
	res.Tags = Tags(res, func(s *ingest.Snapshot, row ingest.TagUsage) Attribution { return owner(s, row, know) })
	return res
}

// judgeMachine examines each snapshot of one machine. A restart hides a leak
// and mends nothing, so the machine's verdict is the worst of its snapshots'.
func judgeMachine(snaps []*ingest.Snapshot, in scene) (Machine, []Case) {
	latest := snaps[len(snaps)-1]
	in.past = newPast(snaps, in.th.Series)
	m := Machine{Machine: latest.Machine, Snapshots: snaps, Boots: in.past.starts()}
	var cases []Case
	for _, s := range snaps {
		e := examine(s, in)
		for _, c := range e.cases() {
			c.Machines = []string{m.Name} // as the newest log spells it
			cases = append(cases, c)
		}
		if s == latest {
			m.Pool, m.Filters, m.Missed = e.pools, e.filters, e.misses
			m.Verdict, m.Confidence, m.Reasons = e.quiet()
		}
	}
	slices.SortStableFunc(cases, WorstFirst)
	if len(cases) > 0 {
		m.Verdict, m.Confidence, m.Reasons = cases[0].Verdict, cases[0].Confidence, cases[0].Why
	}
	return m, cases
}

// quiet is the verdict on a snapshot that raised no case. Healthy has to be
// earned by a whole table: an excerpt without alarm is not a healthy machine.
func (e *exam) quiet() (Verdict, float64, []Reason) {
	var reasons []Reason
	if len(e.filters) > 0 {
		least, most, n := peerRange(e.filters, "")
		reasons = append(reasons, Reason{Rule: MachineFilters, Facts: Facts{"filters": int64(n), "least": int64(least), "most": int64(most)},
			Sources: []ingest.Source{e.filters[0].Source}})
	}
	reasons = append(reasons, e.vmRemarks()...)
	reasons = append(reasons, e.cachedFiles()...)
	reasons = append(reasons, e.abovePools()...)
	switch e.tables {
	case tablesAbsent:
		return Insufficient, 0.5, append(reasons, Reason{Rule: MachineNoPool})
	case tablesCut:
		return Insufficient, 0.5, append(reasons, Reason{Rule: MachineCut, Facts: Facts{"line": int64(e.tableAt.Line)}, Sources: []ingest.Source{e.tableAt}})
	case tablesUnclosed, tablesWrong, tablesExcerpt:
		return Insufficient, 0.5, append(reasons, Reason{Rule: MachinePartial, Sources: []ingest.Source{e.tableAt}})
	}
	first := e.Tags[0]
	for _, t := range e.Tags {
		if t.Bytes > first.Bytes {
			first = t
		}
	}
	quiet := Reason{Rule: MachineQuiet, Facts: Facts{"rows": int64(len(e.Tags)), "tag": first.Tag, "pool": first.Pool.String(),
		"share": e.shareOf(first.Pool, first.Bytes), "total": len(e.Totals) > 0}, Sources: []ingest.Source{first.Source}}
	return Healthy, 0.9, append([]Reason{quiet}, reasons...)
}
