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

// Tags classifies every tag of a boot session that stands in at least two of its
// snapshots, in order of their keys.
func (b *Boot) Tags(th Thresholds) []Tag {
	all := b.collect()
	out := make([]Tag, 0, len(all))
	for _, t := range all {
		if len(t.Count.Points) < 2 {
			continue
		}
		t.Count = CountTrend(t.Count.Points, th)
		t.Bytes = BytesTrend(t.Bytes.Points, th)
		t.Class = t.Count.Class
		if !t.counted() {
			t.Class = t.Bytes.Class
		}
		out = append(out, *t)
	}
	moved := movedShare(out)
	for i := range out {
		out[i].useOrKeep(moved, th)
	}
	return out
}

// collect gathers the rows and points of every tag. They are counted first, so that
// the rows of all tags lie in one piece of memory, and the points in two others: a
// machine has a thousand tags.
func (b *Boot) collect() []*Tag {
	at := map[Key]int{}
	var keys []Key
	var shown []int // how many rows a key has
	all := 0
	for _, s := range b.Snapshots {
		for i := range s.Tags {
			key := Key{s.Tags[i].Tag, s.Tags[i].Pool}
			j, seen := at[key]
			if !seen {
				j = len(keys)
				at[key], keys, shown = j, append(keys, key), append(shown, 0)
			}
			shown[j]++
			all++
		}
	}
	tags, out := make([]Tag, len(keys)), make([]*Tag, len(keys))
	rows, counts, bytes := make([]ingest.TagUsage, all), make([]Point, all), make([]Point, all)
	from := 0
	for i, n := range shown {
		t := &tags[i]
		t.Key, t.Rows = keys[i], rows[from:from:from+n]
		t.Count.Points, t.Bytes.Points = counts[from:from:from+n], bytes[from:from:from+n]
		out[i], from = t, from+n
	}
	b.fill(tags, at)
	slices.SortFunc(out, func(a, b *Tag) int { return a.Compare(b.Key) })
	return out
}

// fill adds every row to its tag; at is where each tag stands.
func (b *Boot) fill(tags []Tag, at map[Key]int) {
	offsets := b.Offsets()
	for i, s := range b.Snapshots {
		for j := range s.Tags {
			row := &s.Tags[j]
			t := &tags[at[Key{row.Tag, row.Pool}]]
			t.Rows = append(t.Rows, *row)
			t.Count.Points = put(t.Count.Points, Point{offsets[i], float64(row.Outstanding), row.Source})
			t.Bytes.Points = put(t.Bytes.Points, Point{offsets[i], float64(row.Bytes), row.Source})
		}
	}
}

// counted reports whether the tables print counts for the tag: those typed in
// prose often give bytes only.
func (t *Tag) counted() bool {
	return slices.ContainsFunc(t.Rows, func(r ingest.TagUsage) bool { return r.Outstanding != 0 })
}

// Latest returns the newest row.
func (t *Tag) Latest() ingest.TagUsage { return t.Rows[len(t.Rows)-1] }

// movedShare returns the share of tags whose figures changed at all.
func movedShare(tags []Tag) float64 {
	moved := 0
	for i := range tags {
		if t := &tags[i]; spread(t.Count.Points) > 0 || spread(t.Bytes.Points) > 0 {
			moved++
		}
	}
	return float64(moved) / float64(max(1, len(tags)))
}

// useOrKeep tells what a steady tag does with its memory: uses it all the time,
// or keeps it untouched.
func (t *Tag) useOrKeep(moved float64, th Thresholds) {
	if t.Class != Steady {
		return
	}
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
