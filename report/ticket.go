package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"poolsweep/analyze"
)

// Ticket is what goes into a bug tracker: all that the first page says, with where
// each figure stands. Plain, Markdown and Jira print it.
type Ticket struct {
	Title         string   // id, then the signature in words
	Notices       []string // of the first page
	Facts         []Pair   // verdict, machine, figures, the four answers
	EvidenceTitle string
	Evidence      Table // the tags with the lines they stand on; no rows without tags
	Points        []Points
	NextTitle     string
	Next          []Step
	Signature     Pair
	Tool          string
	Closing       []string // of a comment: its revision, and where the write-up is

	shortened string // says so, when something is left out
}

// NewTicket makes the ticket of a case.
func NewTicket(in Input, c *analyze.Case) (*Ticket, error) {
	w, err := NewWriteup(in, c)
	if err != nil {
		return nil, err
	}
	s := &speaker{in: in, onPaper: true}
	return s.ticket(c, w), s.done("ticket of case " + c.ID)
}

// Remark is what a ticket says about itself when it is a comment in a tracker.
type Remark struct {
	Revision int
	File     string // name of the write-up that is attached; empty: none is
	Path     string // where else it lies; empty: nothing is said
}

// NewComment makes the ticket of a case as a comment in a tracker.
func NewComment(in Input, c *analyze.Case, r Remark) (*Ticket, error) {
	t, err := NewTicket(in, c)
	if err != nil {
		return nil, err
	}
	s := &speaker{in: in, onPaper: true}
	t.shortened = s.label("ticket.shortened")
	t.Closing = []string{s.say("ticket.remark", facts{"id": c.ID, "revision": r.Revision, "file": r.File, "path": r.Path})}
	return t, s.done("comment of case " + c.ID)
}

// Within prints a comment in a markup so that it has no more than so many bytes: when it
// is longer, without the evidence, then without the reasons, then without what to do
// next. What a tracker cuts off itself, it cuts in the middle of a block.
func (t *Ticket) Within(most int, markup func(*Ticket) []string) string {
	short := *t
	text := strings.Join(markup(&short), "\n")
	for _, leave := range []func(){
		func() { short.Evidence.Rows, short.Closing = nil, append(slices.Clone(t.Closing), t.shortened) },
		func() { short.Points = nil },
		func() { short.Next = nil },
	} {
		if len(text) > most {
			leave()
			text = strings.Join(markup(&short), "\n")
		}
	}
	return text
}

// ticket takes what the write-up's first page says.
func (s *speaker) ticket(c *analyze.Case, w *Writeup) *Ticket {
	t := &Ticket{
		Title:         s.say("ticket.title", facts{"id": c.ID, "title": prose(w.Title)}),
		Notices:       w.Notices,
		EvidenceTitle: s.evidenceTitle(c), Evidence: s.ticketEvidence(c),
		Points: w.Points, NextTitle: s.label("heading.next"), Next: s.steps(c.Next),
		Signature: Pair{s.label("fact.signature"), s.cutText(c.Signature)},
		Tool:      s.say("ticket.tool", facts{"tool": w.Footer.Tool, "hash": w.Footer.Hash}),
	}
	t.Facts = []Pair{
		{s.label("column.verdict"), s.say("ticket.verdict", facts{
			"verdict": w.Band.Verdict, "class": w.Band.Class, "confidence": c.Confidence})},
		{s.label("fact.machine"), s.cut(leadFirst(c)[0])},
	}
	if c.Lead != nil && c.Lead.OS.Text != "" {
		t.Facts = append(t.Facts, Pair{s.label("fact.os"), s.cut(c.Lead.OS.Text)})
	}
	t.Facts = append(t.Facts, w.Figures...)
	for i, n := range w.Notes {
		if i+1 < len(w.Notes) || n.Link != "" { // that there is no ticket is about to change
			t.Facts = append(t.Facts, n.Pair)
		}
	}
	for _, a := range w.Attribution {
		t.Facts = append(t.Facts, Pair{a.Role, s.say("ticket.role", facts{
			"module": a.Module, "weight": a.Weight, "basis": prose(a.Basis)})})
	}
	return t
}

// ticketTags is how many tags a ticket has lines for; the rest stand in the JSON.
const ticketTags = 40

// evidenceTitle says so when not all tags are listed.
func (s *speaker) evidenceTitle(c *analyze.Case) string {
	all := 0
	for _, g := range groups(c) {
		all += len(g.members)
	}
	if all <= ticketTags {
		return s.label("heading.evidence")
	}
	return s.say("ticket.evidence", facts{"shown": ticketTags, "all": all})
}

// ticketEvidence lists the tags of the case with the lines they stand on. The pool
// is named as the debugger's own output does, whatever the language.
func (s *speaker) ticketEvidence(c *analyze.Case) Table {
	var m []analyze.Member
	for _, g := range groups(c) {
		m = append(m, g.members...)
	}
	m = m[:min(ticketTags, len(m))]
	g := s.newGrid("", len(m))
	g.mono(s.label("column.tag"), 0.1, func(i int) string { return m[i].Tag.String() })
	g.mono(s.label("column.hex"), 0.1, func(i int) string { return m[i].Tag.Hex() })
	g.text(s.label("column.pool"), 0.1, func(i int) string { return m[i].Pool.String() })
	g.number(s.label("column.outstanding"), 0.15, func(i int) string { return ofCount(m[i].TagUsage, count(m[i].Outstanding)) })
	g.number(s.label("column.bytes"), 0.15, func(i int) string { return counter(m[i].Bytes) })
	g.mono(s.label("column.source"), 0.4, func(i int) string { return s.cite(m[i].Source) })
	return *g.table()
}

// ticketBlocks is the plain ticket as a section of the write-up.
func (s *speaker) ticketBlocks(c *analyze.Case, w *Writeup) []Block {
	return []Block{{Text: s.label("intro.14")}, {Code: s.ticket(c, w).Plain()}}
}

// Lines of a ticket end at ticketWidth: most trackers show them in a fixed-width
// face without folding.
const (
	ticketWidth  = 96
	ticketIndent = 6 // at most
)

// Plain prints the ticket in lines that survive any text field. A command stands
// alone on its line, so that it can be copied.
func (t *Ticket) Plain() []string {
	lines := []string{oneLine(t.Title)}
	pair := func(p Pair) { lines = append(lines, folded("", oneLine(p.Label+": "+p.Value))...) }
	heading := func(title string) { lines = append(lines, "", oneLine(title)+":") }
	for _, n := range t.Notices {
		lines = append(lines, folded("", oneLine(n))...)
	}
	for _, p := range t.Facts {
		pair(p)
	}
	if len(t.Evidence.Rows) > 0 {
		heading(t.EvidenceTitle)
		lines = append(lines, t.Evidence.plain()...)
	}
	for _, p := range t.Points {
		heading(p.Title)
		for _, item := range p.all() {
			lines = append(lines, folded("- ", oneLine(item))...)
		}
	}
	if len(t.Next) > 0 {
		heading(t.NextTitle)
	}
	for _, step := range t.Next {
		mark := "- "
		if step.Command != "" {
			lines = append(lines, "    "+oneLine(step.Command))
			mark = "      "
		}
		lines = append(lines, folded(mark, oneLine(step.Why))...)
	}
	lines = append(lines, "")
	pair(t.Signature)
	lines = append(lines, oneLine(t.Tool))
	for _, c := range t.Closing {
		lines = append(lines, folded("", oneLine(c))...)
	}
	return lines
}

// all are the items, and how many more there are.
func (p *Points) all() []string {
	if p.More == "" {
		return p.Items
	}
	return append(slices.Clone(p.Items), p.More)
}

// plain prints the rows in columns below their titles.
func (t *Table) plain() []string {
	lines := make([]string, 1+len(t.Rows))
	last := len(t.Columns) - 1
	for i, c := range t.Columns {
		cells := []string{c.Title}
		for _, row := range t.Rows {
			cells = append(cells, oneLine(row[i].Text))
		}
		width := 0
		for _, text := range cells {
			width = max(width, utf8.RuneCountInString(text))
		}
		for j, text := range cells {
			switch {
			case c.Align == AlignRight:
				text = fmt.Sprintf("%*s", width, text)
			case i < last:
				text = fmt.Sprintf("%-*s", width, text)
			}
			lines[j] += "  " + text
		}
	}
	return lines
}

// folded breaks a text into lines of at most ticketWidth characters where it has
// a blank to break at. The first line begins with a mark, the others are indented.
func folded(mark, text string) []string {
	indent := strings.Repeat(" ", max(2, len(mark)))
	var lines []string
	for at := foldAt(text); at > 0; at = foldAt(text) {
		lines = append(lines, mark+text[:at])
		text, mark = text[at+1:], indent
	}
	return append(lines, mark+text)
}

// foldAt returns the place of the last blank that lets a line end in time, or of
// the first one after that; 0 when the text fits on a line or has no blank.
func foldAt(text string) int {
	room := ticketWidth - ticketIndent
	if utf8.RuneCountInString(text) <= room {
		return 0
	}
	at, runes := 0, 0
	for i, r := range text {
		if runes > room && at > 0 {
			break
		}
		if r == ' ' {
			at = i
		}
		runes++
	}
	return at
}
