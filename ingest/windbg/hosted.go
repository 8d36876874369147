package windbg

import (
	"cmp"

	"poolsweep/ingest"
)

// hosted is the output of a tool beside the debugger, read by one of the tables
// that were handed to Read.
type hosted struct {
	ingest.TableReader
	command string // names the block where no command is echoed
}

// hostedCommand makes an entry of the table of commands from a foreign table.
func hostedCommand(t ingest.Table) *command {
	return &command{
		names:  t.Names,
		header: t.Begins,
		body: func(_ *parser, c typed) (body, string) {
			return hosted{t.New(c.text), t.Command}, t.Command
		},
	}
}

// kinds translates what a table says about a line.
var kinds = [...]verdict{
	ingest.LineForeign: foreign, ingest.LineRow: row, ingest.LineNoise: noise, ingest.LineLast: last,
	ingest.LinePartial: partial,
}

func (h hosted) read(b *block, l line) verdict {
	kind := h.Read(ingest.Line{No: l.no, Text: l.text, Open: l.open}, func(message string) { b.warn(l, message) })
	if kind != ingest.LineForeign && !b.begun {
		b.begun = true
		b.Command = cmp.Or(b.Command, h.command)
	}
	return kinds[kind]
}

func (h hosted) finish(b *block, end ending) { b.State = h.Finish(end == byEOF) }

func (h hosted) differs(before body) bool {
	old, ok := before.(hosted)
	return ok && h.Differs(old.TableReader)
}

// merge lets the table add what it read. Its pool rows go the way of all rows, so
// that a tag printed by two tools is not counted twice.
func (h hosted) merge(m *moment) {
	own := m.snap.Tags
	m.snap.Tags = nil
	file := m.snap.File
	h.Merge(m.snap, func(line int) ingest.Source { return ingest.Source{File: file, Line: line} })
	rows := m.snap.Tags
	m.snap.Tags = own
	if m.rows == nil {
		m.rows = map[rowKey]int{}
	}
	m.add(rows)
}
