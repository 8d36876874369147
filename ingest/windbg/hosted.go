package windbg

import (
	"cmp"
	"slices"
	"strings"

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
		names:    t.Names,
		header:   t.Begins,
		generous: t.Prose,
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
	h.into(m, h.Merge)
}

// into lets merge add to the snapshot.
func (h hosted) into(m *moment, merge func(*ingest.Snapshot, func(line int) ingest.Source)) {
	own := m.snap.Tags
	m.snap.Tags = nil
	file := m.snap.File
	merge(m.snap, func(line int) ingest.Source { return ingest.Source{File: file, Line: line} })
	rows := m.snap.Tags
	m.snap.Tags = own
	m.add(rows)
}

// moments names the moments that the output compares, nil where there is only one.
func (h hosted) moments() []string {
	if c, ok := h.TableReader.(ingest.Comparison); ok {
		return c.Moments()
	}
	return nil
}

// compare adds a table of several moments. Each becomes a snapshot of its own that
// nothing but other comparisons of the same moments is added to: no log tells at which
// of them its other outputs were printed.
func (p *parser) compare(b *block, h hosted) {
	table := h.TableReader.(ingest.Comparison)
	labels := table.Moments()
	if !p.sameMoments(b, h, labels) {
		p.compared = p.compared[:0]
		for _, label := range labels {
			if p.cur == nil || len(p.cur.snap.Blocks) > 0 || p.cur.sealed {
				p.next(b.Line)
			}
			p.cur.sealed, p.cur.snap.Label = true, label
			p.compared = append(p.compared, p.cur)
		}
	}
	p.record(p.asked)
	for i, m := range p.compared {
		m.runs[b.key] = b.body
		h.into(m, func(s *ingest.Snapshot, source func(int) ingest.Source) { table.MergeMoment(i, s, source) })
		m.snap.Blocks = append(m.snap.Blocks, b.Block)
	}
	p.compared[0].snap.Warnings = append(p.compared[0].snap.Warnings, b.doubts.list()...)
}

// sameMoments reports whether a table compares the moments of the one before it: they
// are called the same, and no figure is another one.
func (p *parser) sameMoments(b *block, h hosted, labels []string) bool {
	called := func(m *moment, label string) bool { return strings.EqualFold(m.snap.Label, label) }
	if last := len(p.compared) - 1; last < 0 || p.cur != p.compared[last] || !slices.EqualFunc(p.compared, labels, called) {
		return false
	}
	before := p.compared[0].runs[b.key]
	return before == nil || !h.differs(before)
}
