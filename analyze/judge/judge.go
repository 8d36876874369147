// Package judge judges what the parsers read: it examines the snapshots of one
// machine after the other for signs of a leak, and has package fleet put together
// what they have in common.
package judge

import (
	"runtime"
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Judge judges documents that hold their tables, see JudgeLent.
func Judge(docs []*ingest.Document, know *knowledge.Base, th analyze.Thresholds) *analyze.Result {
	return JudgeLent(docs, analyze.AtHand{}, know, th)
}

// JudgeLent judges all documents together: per machine, then over the machines. It
// needs no clock: everything it says follows from the documents. The tables of a few
// machines are borrowed at a time.
func JudgeLent(docs []*ingest.Document, tables analyze.Tables, know *knowledge.Base,
	th analyze.Thresholds) *analyze.Result {
	res := &analyze.Result{Tables: tables}
	var found []analyze.Case
	machines := fleet.Machines(docs)
	norms := fleet.NewNorms(machines, tables, th)
	know = learnBands(machines, tables, know, norms, th)
	tags := fleet.NewTagSums(func(row *ingest.TagUsage) analyze.Attribution {
		return textOwner(analyze.Facts{"tag": row.Tag}, row, know)
	})
	inOrder(len(machines), func(i int) judged {
		defer tables.Lend(machines[i])()
		return judgeMachine(machines[i], scene{th: th, know: know, norms: norms, history: machines[i]})
	}, func(_ int, j judged) {
		res.Machines = append(res.Machines, j.machine)
		found = append(found, j.cases...)
		tags.Add(j.machine.Name, j.tags)
	})
	res.Cases = fleet.Merge(found, th)
	fleet.Link(res)
	fleet.Spread(res, th.Series)
	fleet.Contrasts(res)
	res.Tags = tags.Facts(res.Cases)
	return res
}

// inOrder does some work for each number below n, on all processors, and hands the
// results over one after the other, in order. Few of them wait at a time.
func inOrder[T any](n int, work func(i int) T, take func(i int, done T)) {
	waiting := make(chan chan T, runtime.GOMAXPROCS(0)-1)
	go func() {
		for i := range n {
			done := make(chan T, 1)
			waiting <- done
			go func() { done <- work(i) }()
		}
		close(waiting)
	}()
	i := 0
	for done := range waiting {
		take(i, <-done)
		i++
	}
}

// judged is what comes of one machine's snapshots.
type judged struct {
	machine analyze.Machine
	cases   []analyze.Case
	tags    []fleet.TagRow // of the newest snapshot
}

// judgeMachine examines each snapshot of one machine. A restart hides a leak
// and mends nothing, so the machine's verdict is the worst of its snapshots'.
func judgeMachine(snaps []*ingest.Snapshot, in scene) judged {
	latest := snaps[len(snaps)-1]
	in.past = newPast(snaps, in.th.Series)
	m := analyze.Machine{Machine: latest.Machine, Snapshots: snaps, Sessions: in.past.boots,
		Boots: in.past.starts()}
	var cases []analyze.Case
	var tags []fleet.TagRow
	for _, s := range snaps {
		e := examine(s, in)
		for _, c := range e.cases() {
			c.Machines = []string{m.Name} // as the newest log spells it
			cases = append(cases, c)
		}
		m.Whole = append(m.Whole, e.tables == tablesComplete)
		if s == latest {
			m.Pool, m.Filters, m.Missed = e.pools, e.filters, e.misses
			m.Verdict, m.Confidence, m.Reasons = e.quiet()
			tags = e.tagRows()
		}
	}
	slices.SortStableFunc(cases, fleet.WorstFirst)
	if len(cases) > 0 {
		m.Verdict, m.Confidence, m.Reasons = cases[0].Verdict, cases[0].Confidence, cases[0].Why
	}
	fleet.Inventory(&m)
	return judged{m, fleet.Slim(cases), tags}
}

// tagRows tells of each row of a snapshot whether it is far above what is usual, and
// who allocates it where a scan was made for the tag.
func (e *exam) tagRows() []fleet.TagRow {
	out := make([]fleet.TagRow, len(e.Tags))
	for i := range e.Tags {
		row, band := &e.Tags[i], e.of(i).band
		_, above := e.above(row, band)
		out[i] = fleet.TagRow{Row: row, Above: above, Banded: band != nil && (band.Count.Hi > 0 || band.Bytes.Hi > 0)}
		if _, searched := scanTag(e.Snapshot, row.Tag); searched {
			who := owner(e.Snapshot, *row, e.know)
			out[i].Owner = &who
		}
	}
	return out
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
