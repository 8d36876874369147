package windbg

import (
	"slices"
	"sync"

	"poolsweep/ingest"
)

// memory is what the reader of a log leaves to the reader of the next one: room to
// read into, and what it has learned of pool tables. No result depends on it, only
// how much is allocated for it: a log has a thousand descriptions, and the next one
// nearly the same.
type memory struct {
	buf    []byte
	tags   map[ingest.Tag]*knownTag
	tables int // of tags that were read so far
	rows   int // of the table read last

	modules []ingest.Module   // room for a list
	room    []ingest.TagUsage // for a table
}

// memories are those that no reader uses at the moment.
var memories = sync.Pool{New: func() any { return newMemory() }}

func newMemory() *memory {
	return &memory{buf: make([]byte, bufferSize), tags: map[ingest.Tag]*knownTag{}, rows: usualTags}
}

// maxKnown bounds how many tags are remembered: a machine uses some thousand.
const maxKnown = 20_000

// table returns the number of a table that begins.
func (m *memory) table() int {
	if len(m.tags) > maxKnown {
		clear(m.tags)
	}
	m.tables++
	return m.tables
}

// takeRoom returns room for the rows of a table.
func (m *memory) takeRoom() []ingest.TagUsage {
	room := m.room
	m.room = nil
	return room
}

// release takes the rows of a snapshot that was handed over. They are room for the next
// table where they were taken off, else they are kept for long and must not have room
// to spare.
func (m *memory) release(rows []ingest.TagUsage, s *ingest.Snapshot) {
	switch {
	case s.Tags == nil && cap(rows) > cap(m.room):
		m.room = rows[:0]
	case len(s.Tags) < cap(s.Tags)-cap(s.Tags)/8:
		s.Tags = slices.Clone(s.Tags)
	}
}

// of returns what is known of a tag.
func (m *memory) of(tag ingest.Tag) *knownTag {
	k := m.tags[tag]
	if k == nil {
		k = &knownTag{}
		m.tags[tag] = k
	}
	return k
}

// knownTag is what is remembered of a tag: how it was described last, and which rows the
// table that is being read has of it. One look finds all that a row needs.
type knownTag struct {
	printed     string // its description as it stood in the log
	description string // the same as it is kept
	table       int    // number of the table that the rows are of
	rows        [2]int
}

// row returns the index of a tag's row in a table. A new one gets index next.
func (k *knownTag) row(table int, pool ingest.Pool, next int) (index int, found bool) {
	if index, found = k.find(table, pool); found {
		return index, true
	}
	if k.table != table {
		k.table, k.rows = table, [2]int{}
	}
	k.rows[pool-1] = next + 1
	return next, false
}

// find returns the index of a tag's row in a table, if there is one.
func (k *knownTag) find(table int, pool ingest.Pool) (index int, found bool) {
	if k.table != table {
		return 0, false
	}
	index = k.rows[pool-1] - 1
	return index, index >= 0
}
