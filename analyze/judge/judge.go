// Package judge judges what the parsers read: it examines the snapshots of one
// machine after the other for signs of a leak, and has package fleet put together
// what they have in common.
package judge

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Judge judges all documents together: per machine, then over the machines. It
// needs no clock: everything it says follows from the documents.
func Judge(docs []*ingest.Document, know *knowledge.Base, th analyze.Thresholds) *analyze.Result {
	res := &analyze.Result{}
	machines := fleet.Machines(docs)
	norms := fleet.NewNorms(machines, th)
	know = learnBands(machines, know, norms, th)
	res.Machines = make([]analyze.Machine, len(machines))
	cases := make([][]analyze.Case, len(machines))
	each(len(machines), func(i int) {
		snaps := machines[i]
		res.Machines[i], cases[i] = judgeMachine(snaps, scene{th: th, know: know, norms: norms, history: snaps})
	})
	found := slices.Concat(cases...)
	res.Cases = fleet.Merge(found, th)
	for i := range res.Machines {
		m := &res.Machines[i]
		for _, c := range res.Cases {
			if slices.Contains(c.Machines, m.Name) {
				m.Cases = append(m.Cases, c.ID)
			}
		}
	}
	fleet.Spread(res, func(s *ingest.Snapshot) bool { return whole(s, th) }, th.Series)
	fleet.Contrasts(res)
	res.Tags = fleet.Tags(res,
		func(s *ingest.Snapshot, row ingest.TagUsage) analyze.Attribution { return owner(s, row, know) },
		func(s *ingest.Snapshot, row ingest.TagUsage) (is, known bool) {
			e := exam{Snapshot: s, scene: scene{th: th, know: know}}
			o, is := e.above(row)
			return is, o.band.Count.Hi > 0 || o.band.Bytes.Hi > 0
		})
	return res
}

// each calls do for 0 to n-1 on all processors. What it writes must be its own.
func each(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
}

// judgeMachine examines each snapshot of one machine. A restart hides a leak
// and mends nothing, so the machine's verdict is the worst of its snapshots'.
func judgeMachine(snaps []*ingest.Snapshot, in scene) (analyze.Machine, []analyze.Case) {
	latest := snaps[len(snaps)-1]
	in.past = newPast(snaps, in.th.Series)
	m := analyze.Machine{Machine: latest.Machine, Snapshots: snaps, Sessions: in.past.boots,
		Boots: in.past.starts()}
	var cases []analyze.Case
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
	slices.SortStableFunc(cases, fleet.WorstFirst)
	if len(cases) > 0 {
		m.Verdict, m.Confidence, m.Reasons = cases[0].Verdict, cases[0].Confidence, cases[0].Why
	}
	return m, cases
}

// quiet is the verdict on a snapshot that raised no case. Healthy has to be
// earned by a whole table: an excerpt without alarm is not a healthy machine.
func (e *exam) quiet() (analyze.Verdict, float64, []analyze.Reason) {
	var reasons []analyze.Reason
	if len(e.filters) > 0 {
		least, most, n := peerRange(e.filters, "")
		reasons = append(reasons, analyze.Reason{Rule: analyze.MachineFilters,
			Facts:   analyze.Facts{"filters": int64(n), "least": int64(least), "most": int64(most)},
			Sources: []ingest.Source{e.filters[0].Source}})
	}
	reasons = append(reasons, e.vmRemarks()...)
	reasons = append(reasons, e.cachedFiles()...)
	reasons = append(reasons, e.abovePools()...)
	switch e.tables {
	case tablesAbsent:
		return analyze.Insufficient, 0.5, append(reasons, analyze.Reason{Rule: analyze.MachineNoPool})
	case tablesCut:
		return analyze.Insufficient, 0.5, append(reasons, analyze.Reason{Rule: analyze.MachineCut,
			Facts: analyze.Facts{"line": int64(e.tableAt.Line)}, Sources: []ingest.Source{e.tableAt}})
	case tablesUnclosed, tablesWrong, tablesExcerpt:
		return analyze.Insufficient, 0.5, append(reasons, analyze.Reason{Rule: analyze.MachinePartial,
			Sources: []ingest.Source{e.tableAt}})
	}
	first := e.Tags[0]
	for _, t := range e.Tags {
		if t.Bytes > first.Bytes {
			first = t
		}
	}
	quiet := analyze.Reason{Rule: analyze.MachineQuiet, Facts: analyze.Facts{"rows": int64(len(e.Tags)),
		"tag": first.Tag, "pool": first.Pool.String(),
		"share": e.shareOf(first.Pool, first.Bytes), "total": len(e.Totals) > 0}, Sources: []ingest.Source{first.Source}}
	return analyze.Healthy, 0.9, append([]analyze.Reason{quiet}, reasons...)
}
