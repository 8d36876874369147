package series

import (
	"encoding/binary"
	"slices"
	"time"

	"poolsweep/ingest"
)

// Moves is how the tags of one boot session moved. Tags are numbered in the order in
// which they first come, so that whoever looks at a thousand tags in each snapshot
// looks none of them up. What a tag did is worked out when it is asked for: most of
// it concerns nobody.
type Moves struct {
	*Boot
	Keys    []Key // by number
	th      Thresholds
	offsets []time.Duration
	numbers map[uint64]int // of packed keys
	tags    [][]int32      // by snapshot and row: the number of its tag
	rows    [][]int32      // by snapshot and number: the row of the tag counted from 1, 0 for none
	ends    []ends         // by number
	asked   map[int]*Tag   // the tags that were asked for
	moved   float64        // share of the tags that moved at all; less than 0: not asked for
	inOrder bool           // each snapshot is later than the one before

	readings []reading // of the last Pace, for the room they have
	slopes   []float64
}

// ends are the snapshots of a tag's earliest and latest reading. Clocks that were set
// may let an uptime fall a little, so the newest snapshot need not be the latest.
type ends struct{ first, last, newest int }

// Moves numbers the tags of a boot session.
func (b *Boot) Moves(th Thresholds) *Moves {
	m := &Moves{Boot: b, th: th, offsets: b.Offsets(), numbers: map[uint64]int{}, asked: map[int]*Tag{}, moved: -1,
		inOrder: true}
	for i := range m.offsets[1:] {
		m.inOrder = m.inOrder && m.offsets[i] < m.offsets[i+1]
	}
	for i, s := range b.Snapshots {
		tags := make([]int32, len(s.Tags))
		for j := range s.Tags {
			tags[j] = int32(m.take(i, Key{s.Tags[j].Tag, s.Tags[j].Pool}))
		}
		rows := make([]int32, len(m.Keys))
		for j, n := range tags {
			rows[n] = int32(j) + 1
		}
		m.tags, m.rows = append(m.tags, tags), append(m.rows, rows)
	}
	return m
}

// take returns the number of a tag that a snapshot shows.
func (m *Moves) take(snapshot int, key Key) int {
	n, known := m.numbers[key.packed()]
	if !known {
		n = len(m.Keys)
		m.numbers[key.packed()] = n
		m.Keys, m.ends = append(m.Keys, key), append(m.ends, ends{snapshot, snapshot, snapshot})
		return n
	}
	e, at := &m.ends[n], m.offsets[snapshot]
	if at <= m.offsets[e.first] { // of two readings of one moment the later print wins
		e.first = snapshot
	}
	if at >= m.offsets[e.last] {
		e.last = snapshot
	}
	e.newest = snapshot
	return n
}

// packed is the key as a number with the same order.
func (k Key) packed() uint64 { return uint64(binary.BigEndian.Uint32(k.Tag[:]))<<8 | uint64(k.Pool) }

// Number returns the number of a tag, and whether the session shows it.
func (m *Moves) Number(key Key) (int, bool) {
	n, known := m.numbers[key.packed()]
	return n, known
}

// Numbers returns the numbers of the tags in the rows of a snapshot.
func (m *Moves) Numbers(snapshot int) []int32 { return m.tags[snapshot] }

// Sorted returns the numbers of all tags by key.
func (m *Moves) Sorted() []int {
	keys := make([]uint64, len(m.Keys))
	for i, k := range m.Keys {
		keys[i] = k.packed()
	}
	slices.Sort(keys)
	out := make([]int, len(keys))
	for i, k := range keys {
		out[i] = m.numbers[k]
	}
	return out
}

// Row returns the row of a tag in a snapshot, nil when it does not show it.
func (m *Moves) Row(snapshot, tag int) *ingest.TagUsage {
	rows := m.rows[snapshot] // shorter where later snapshots brought more tags
	if tag >= len(rows) || rows[tag] == 0 {
		return nil
	}
	return &m.Snapshots[snapshot].Tags[rows[tag]-1]
}

// Newest returns the row of the newest snapshot that shows a tag.
func (m *Moves) Newest(tag int) *ingest.TagUsage { return m.Row(m.ends[tag].newest, tag) }

// Series reports whether a tag stands in snapshots of two moments at least.
func (m *Moves) Series(tag int) bool {
	return m.offsets[m.ends[tag].first] < m.offsets[m.ends[tag].last]
}

// Gained returns what a tag gained from its first reading to its last.
func (m *Moves) Gained(tag int) (count, bytes float64) {
	first, last := m.Row(m.ends[tag].first, tag), m.Row(m.ends[tag].last, tag)
	return float64(last.Outstanding) - float64(first.Outstanding), float64(last.Bytes) - float64(first.Bytes)
}

func outstanding(row *ingest.TagUsage) float64 { return float64(row.Outstanding) }

func bytes(row *ingest.TagUsage) float64 { return float64(row.Bytes) }

// Pace is how the bytes of a tag moved, without what it takes to call that growth.
type Pace struct {
	PerHour float64 // the slope of TheilSen
	Gained  float64 // from the first reading to the last
	Window  time.Duration
	Moments int
}

// Pace returns the pace of a tag with a series. It is asked for of every tag.
func (m *Moves) Pace(tag int) Pace {
	m.readings = m.appendBytes(m.readings[:0], tag)
	first, last := m.readings[0], m.readings[len(m.readings)-1]
	p := Pace{Gained: last.value - first.value, Window: last.at - first.at, Moments: len(m.readings)}
	if m.changed(tag) {
		m.slopes = pairSlopes(m.slopes[:0], thinned(m.readings))
		p.PerHour = median(m.slopes)
	}
	return p
}

// appendBytes appends what a tag held at each moment.
func (m *Moves) appendBytes(to []reading, tag int) []reading {
	if !m.inOrder {
		for _, p := range m.points(tag, bytes) {
			to = append(to, reading{p.At, p.Value})
		}
		return to
	}
	for i := range m.Snapshots {
		if row := m.Row(i, tag); row != nil {
			to = append(to, reading{m.offsets[i], bytes(row)})
		}
	}
	return to
}

// points returns a figure of a tag at each moment.
func (m *Moves) points(tag int, of func(*ingest.TagUsage) float64) []Point {
	var out []Point
	for i := range m.Snapshots {
		if row := m.Row(i, tag); row != nil {
			out = put(out, Point{m.offsets[i], of(row), row.Source})
		}
	}
	return out
}

// Tag classifies a tag, nil for one without a series.
func (m *Moves) Tag(tag int) *Tag {
	if t, known := m.asked[tag]; known || !m.Series(tag) {
		return t
	}
	t := &Tag{Key: m.Keys[tag], Count: CountTrend(m.points(tag, outstanding), m.th),
		Bytes: BytesTrend(m.points(tag, bytes), m.th)}
	for i := range m.Snapshots {
		if row := m.Row(i, tag); row != nil {
			t.Rows = append(t.Rows, *row)
		}
	}
	t.Class = t.Count.Class
	if !t.counted() {
		t.Class = t.Bytes.Class
	}
	if t.Class == Steady {
		t.useOrKeep(m.movedShare(), m.th)
	}
	m.asked[tag] = t
	return t
}

// movedShare returns the share of the tags with a series whose figures changed at all.
func (m *Moves) movedShare() float64 {
	if m.moved >= 0 {
		return m.moved
	}
	moved, all := 0, 0
	for tag := range m.Keys {
		if !m.Series(tag) {
			continue
		}
		all++
		if m.changed(tag) {
			moved++
		}
	}
	m.moved = float64(moved) / float64(max(1, all))
	return m.moved
}

func (m *Moves) changed(tag int) bool {
	newest := m.Newest(tag)
	for i := range m.Snapshots {
		if row := m.Row(i, tag); row != nil && (row.Outstanding != newest.Outstanding || row.Bytes != newest.Bytes) {
			return true
		}
	}
	return false
}

// Deltas returns the gains of all tags that stand in both snapshots, in the later one's
// print order. Totals carry what a tag held before; differences only what the events in
// between made, so they agree more closely.
func (m *Moves) Deltas(from, to int) []Delta {
	out := make([]Delta, 0, len(m.tags[to]))
	for j, tag := range m.tags[to] {
		if was := m.Row(from, int(tag)); was != nil {
			out = append(out, delta(was, &m.Snapshots[to].Tags[j]))
		}
	}
	return out
}
