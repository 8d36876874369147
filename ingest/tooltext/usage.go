package tooltext

import (
	"bytes"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// rowKey tells the rows of a snapshot apart: HidC has one in each pool.
type rowKey struct {
	tag  ingest.Tag
	pool ingest.Pool
}

// figures are the rows that one table printed. All readers of pool tables embed
// them, so that rows are added, compared and merged in one way.
type figures struct {
	rows  []ingest.TagUsage // Source.Line is known, the file only when they are merged
	index map[rowKey]int
	texts map[string]string // descriptions, kept once

	moment map[rowKey]ingest.Usage // what all tables of the same moment told
}

// usualRows is about how many rows a list of all tags has.
const usualRows = 1000

// pooled is a reader whose rows can be compared with those of another.
type pooled interface{ table() *figures }

// table returns the rows.
func (f *figures) table() *figures { return f }

// twice says what a second row of the same tag and pool means.
type twice uint8

const (
	_       twice = iota
	addUp         // one more part of what the tag holds
	replace       // the same tag, some time later
)

// add keeps a row. It reports whether the tag was there before.
func (f *figures) add(u ingest.TagUsage, again twice) bool {
	if f.index == nil {
		f.index = make(map[rowKey]int, usualRows)
		f.rows = make([]ingest.TagUsage, 0, usualRows)
	}
	key := rowKey{u.Tag, u.Pool}
	at, ok := f.index[key]
	if !ok {
		f.index[key] = len(f.rows)
		f.rows = append(f.rows, u)
		return false
	}
	row := &f.rows[at]
	if again == replace {
		*row = u
		return true
	}
	row.Outstanding += u.Outstanding
	row.Bytes += u.Bytes
	row.Allocs += u.Allocs
	row.Frees += u.Frees
	return true
}

// merge adds the rows to a snapshot. A tag that another table told already keeps
// its figures: the debugger's are printed before those of a tool are asked for.
func (f *figures) merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if len(s.Tags) == 0 {
		s.Tags = slices.Grow(s.Tags, len(f.rows))
	}
	known := make(map[rowKey]bool, len(s.Tags))
	for _, u := range s.Tags {
		known[rowKey{u.Tag, u.Pool}] = true
	}
	for _, u := range f.rows {
		if !known[rowKey{u.Tag, u.Pool}] {
			u.Source = source(u.Line)
			s.Tags = append(s.Tags, u)
		}
	}
}

// differs reports whether a tag has other figures than in the tables before: a
// repeated copy of one table is no second moment, and a table of other tags is
// the rest of the same one. Then the next table is compared with both.
func (f *figures) differs(before *figures) bool {
	if before.moment == nil {
		before.moment = make(map[rowKey]ingest.Usage, len(before.rows))
		before.tell(before.moment)
	}
	for _, u := range f.rows {
		if told, ok := before.moment[rowKey{u.Tag, u.Pool}]; ok && told != u.Usage {
			return true
		}
	}
	f.moment = before.moment
	f.tell(f.moment)
	return false
}

// tell adds the rows to what is known of a moment.
func (f *figures) tell(moment map[rowKey]ingest.Usage) {
	for _, u := range f.rows {
		moment[rowKey{u.Tag, u.Pool}] = u.Usage
	}
}

// keep returns the text as a string, the same one for the same bytes.
func (f *figures) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if s, ok := f.texts[string(text)]; ok {
		return s
	}
	if f.texts == nil {
		f.texts = map[string]string{}
	}
	s := strings.ToValidUTF8(string(text), "\ufffd")
	f.texts[string(text)] = s
	return s
}

// owned returns a description that names the binary the way the debugger does.
func (f *figures) owned(text, binary []byte) string {
	text, binary = trim(text), trim(binary)
	if len(binary) == 0 {
		return f.keep(text)
	}
	var b bytes.Buffer
	if b.Write(text); len(text) > 0 {
		b.WriteString(" , ")
	}
	b.WriteString("Binary: ")
	b.Write(binary)
	return f.keep(b.Bytes())
}
