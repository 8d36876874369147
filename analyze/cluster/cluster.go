// Package cluster finds tags whose counts stand in ratios of small integers,
// the picture of one event that allocates each of them, and says how many such
// matches chance makes in the same table.
package cluster

import (
	"cmp"
	"math"
	"slices"

	"poolsweep/ingest"
)

// ratio is how many allocations of a tag one event makes: times/per.
type ratio struct{ times, per int }

// ratios are the quotients of small integers that one event was seen to cause:
// one volume attachment makes one FLT_INSTANCE and two rundown references.
var ratios = []ratio{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 2}, {1, 3}, {1, 4}}

// expect returns the count that a tag at this ratio has after so many events.
func (r ratio) expect(events int64) int64 { return events * int64(r.times) / int64(r.per) }

// Match is a row whose count is, but for Surplus, events · Times / Per.
type Match struct {
	ingest.TagUsage
	Times, Per int
	Surplus    int64 // Outstanding − expected
}

// Fit is how well the rows of a core agree, beside what chance would give.
type Fit struct {
	Events    int64   // the count that stands for 1
	Tolerance int64   // largest |Surplus| accepted at ratio 1
	Compared  int     // rows of the table that were compared
	Chance    float64 // expected number of other rows that come as close by chance
	worst     float64 // largest relative distance of a row from its ratio
}

// Table holds the rows of one snapshot, or the differences between two, whose
// counts are large enough to be compared.
type Table struct {
	Rows     []ingest.TagUsage
	relative float64
	byCount  []int    // the rows, smallest count first; nil until asked for
	rounded  bool     // the figures were rounded when they were written down
	density  *density // nil until a core is judged
}

// NewTable takes the rows with at least floor outstanding, one a tag, to be
// compared with a largest relative deviation. A tag with the same count in both
// pools (SeTd in 2003) is one allocation site, so the heavier half stands for
// both.
func NewTable(rows []ingest.TagUsage, floor int64, relative float64) *Table {
	large := 0
	for i := range rows {
		if rows[i].Outstanding >= floor {
			large++
		}
	}
	t := &Table{relative: relative, Rows: make([]ingest.TagUsage, 0, large)}
	at := make(map[ingest.Tag]int, large)
	for i := range rows {
		row := &rows[i]
		if row.Outstanding < floor {
			continue
		}
		i, seen := at[row.Tag]
		switch {
		case !seen:
			at[row.Tag] = len(t.Rows)
			t.Rows = append(t.Rows, *row)
		case t.Rows[i].Outstanding < row.Outstanding,
			t.Rows[i].Outstanding == row.Outstanding && t.Rows[i].Bytes < row.Bytes:
			t.Rows[i] = *row
		}
	}
	t.rounded = rounded(t.Rows)
	return t
}

// rounded reports whether most counts of a table end in zero, as where somebody
// typed 1.2k and 45k: one in ten exact counts does.
func rounded(rows []ingest.TagUsage) bool {
	n := 0
	for _, r := range rows {
		if r.Outstanding%10 == 0 {
			n++
		}
	}
	return 2*n > len(rows)
}

// unit is what one step of a count stands for: 1,000 for a rounded 45k. Counts
// that agree exactly are only known to be closer than half of it.
func (t *Table) unit(count int64) float64 {
	u := int64(1)
	for t.rounded && count > 0 && count%(10*u) == 0 {
		u *= 10
	}
	return float64(u)
}

// Tolerance is the largest deviation from an expected count that still counts
// as equal: at most the relative tolerance, and no more than two standard
// deviations of a count (2·√n), but never under 3, for rows are not read in one
// instant on a live machine. Below 1,500 the relative bound wins all the same.
func Tolerance(expected int64, relative float64) int64 {
	bound := math.Max(3, 2*math.Sqrt(float64(expected)))
	return int64(math.Min(bound, math.Max(1, relative*float64(expected))))
}

// Grow returns the rows in step with the anchor's count, the anchor first.
func (t *Table) Grow(anchor ingest.TagUsage) []Match {
	core := []Match{{TagUsage: anchor, Times: 1, Per: 1}}
	hits := t.near(anchor.Outstanding)
	for i, h := range hits {
		row, r := &t.Rows[h.row], ratios[h.ratio]
		if twice := i > 0 && hits[i-1].row == h.row; twice || row.Tag == anchor.Tag {
			continue
		}
		core = append(core, Match{*row, r.times, r.per, row.Outstanding - r.expect(anchor.Outstanding)})
	}
	return core
}

// hit is a row that stands in a ratio to a count.
type hit struct{ row, ratio int }

// near returns the rows that stand in one of the ratios to a count, in their order. Any
// row may be asked about, so they are looked up among the rows by their counts.
func (t *Table) near(count int64) []hit {
	if t.byCount == nil {
		t.byCount = make([]int, len(t.Rows))
		for i := range t.byCount {
			t.byCount[i] = i
		}
		slices.SortFunc(t.byCount, func(a, b int) int { return cmp.Compare(t.Rows[a].Outstanding, t.Rows[b].Outstanding) })
	}
	var hits []hit
	for k, r := range ratios {
		want := r.expect(count)
		off := Tolerance(want, t.relative)
		at, _ := slices.BinarySearchFunc(t.byCount, want-off, func(row int, least int64) int {
			return cmp.Compare(t.Rows[row].Outstanding, least)
		})
		for ; at < len(t.byCount) && t.Rows[t.byCount[at]].Outstanding <= want+off; at++ {
			hits = append(hits, hit{t.byCount[at], k})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.ratio, b.ratio)) })
	return hits
}

// Follower returns the match of a row whose count exceeds once or twice the
// events by at most a share, as shared tags do: their own other uses explain the
// surplus.
func Follower(row ingest.TagUsage, events int64, surplus float64) (Match, bool) {
	for _, r := range ratios[:2] {
		want := r.expect(events)
		if off := row.Outstanding - want; off >= 0 && float64(off) <= surplus*float64(want) {
			return Match{row, r.times, r.per, off}, true
		}
	}
	return Match{}, false
}

// Fit says how close a core is, and how many other rows would be by chance.
func (t *Table) Fit(core []Match) Fit {
	if t.density == nil {
		t.density = newDensity(t.Rows)
	}
	events := core[0].Outstanding
	worst := 0.0
	for _, m := range core[1:] {
		close := float64(max(m.Surplus, -m.Surplus)) + max(t.unit(m.Outstanding), t.unit(events)*float64(m.Times)/float64(m.Per))/2
		worst = max(worst, close/float64(m.Outstanding))
	}
	return Fit{
		Events: events, Tolerance: Tolerance(events, t.relative), Compared: len(t.Rows),
		Chance: worst * t.density.perDistance(float64(events)), worst: worst,
	}
}

// Luck returns the expected number of anchors with a core of so many members, as
// close as a fit of this table is, by chance. Where only rows of at least from are
// tried as anchors, the others are no chances; a smaller anchor was not found by
// trying, so any row may have been it.
func (t *Table) Luck(f Fit, members int, from int64) float64 {
	return t.density.luck(members, f.worst, f.chances(from), math.Inf(1))
}

// Lucky reports whether Luck is more than most. It looks no further than that takes.
func (t *Table) Lucky(f Fit, members int, from int64, most float64) bool {
	return t.density.luck(members, f.worst, f.chances(from), most) > most
}

// chances returns the least count of the rows that are chances.
func (f Fit) chances(from int64) int64 {
	if f.Events < from {
		return 0
	}
	return from
}
