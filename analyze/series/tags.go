package series

import (
	"slices"

	"poolsweep/ingest"
)

// Tag is how one tag moved in one pool during one boot session.
type Tag struct {
	Key
	Class Class // of Count; of Bytes where the tables print no counts
	Count Trend // outstanding allocations
	Bytes Trend
	Rows  []ingest.TagUsage // one a snapshot that shows the tag, in time order
}

// counted reports whether the tables print counts for the tag: those typed in
// prose often give bytes only.
func (t *Tag) counted() bool {
	return slices.ContainsFunc(t.Rows, func(r ingest.TagUsage) bool { return r.Outstanding != 0 })
}

// Latest returns the newest row.
func (t *Tag) Latest() ingest.TagUsage { return t.Rows[len(t.Rows)-1] }

// useOrKeep tells what a steady tag does with its memory: uses it all the time,
// or keeps it untouched. moved is the share of all tags that moved at all.
func (t *Tag) useOrKeep(moved float64, th Thresholds) {
	if made := t.made(); made >= th.BusyTurns*t.Count.First() && made > 0 && made >= th.BusyFactor*abs(t.Count.Difference()) {
		t.Class = Busy
		return
	}
	last := t.Latest()
	if last.Bytes >= th.RetainedBytes && moved >= th.MovedShare &&
		spread(t.Bytes.Points) <= th.FlatShare*float64(last.Bytes) &&
		spread(t.Count.Points) <= th.FlatShare*float64(last.Outstanding) {
		t.Class = Retained
	}
}

// made returns how many allocations were made between the first and the last row,
// 0 where the tables do not count them.
func (t *Tag) made() float64 {
	first, last := t.Rows[0], t.Latest()
	if !first.Counted || !last.Counted || last.Allocs < first.Allocs {
		return 0
	}
	return float64(last.Allocs - first.Allocs)
}

// spread returns the highest less the lowest value.
func spread(points []Point) float64 {
	low, high := points[0].Value, points[0].Value
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	return high - low
}

func abs(x float64) float64 { return max(x, -x) }
