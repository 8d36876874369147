package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"poolsweep/analyze"
)

// ticket is the plain text for a bug tracker: all that the first page says, with
// where each figure stands, in lines that survive any text field.
func (s *speaker) ticket(c *analyze.Case, w *Writeup) []Block {
	lines := []string{
		s.say("ticket.title", facts{"id": c.ID, "title": w.Title}),
		s.say("ticket.verdict", facts{
			"verdict": w.Band.Verdict, "class": w.Band.Class, "confidence": c.Confidence,
		}),
		s.pair(s.label("fact.machine"), leadFirst(c)[0]),
	}
	if c.Lead != nil && c.Lead.OS.Text != "" {
		lines = append(lines, s.pair(s.label("fact.os"), c.Lead.OS.Text))
	}
	notes := w.Notes[:len(w.Notes)-1] // without the ticket: this is it
	for _, p := range slices.Concat(w.Figures, notes) {
		lines = append(lines, folded("", s.pair(p.Label, p.Value))...)
	}
	for _, a := range w.Attribution {
		lines = append(lines, folded("", s.say("ticket.role", facts{
			"role": a.Role, "module": a.Module, "weight": a.Weight, "basis": a.Basis,
		}))...)
	}
	lines = append(lines, s.ticketRows(c)...)
	for _, p := range w.Points {
		lines = append(lines, "", s.say("ticket.heading", facts{"title": p.Title}))
		for _, item := range p.Items {
			lines = append(lines, folded("- ", item)...)
		}
		if p.More != "" {
			lines = append(lines, "  "+p.More)
		}
	}
	lines = append(lines, s.ticketSteps(s.steps(c.Next))...)
	lines = append(lines, "")
	lines = append(lines, folded("", s.pair(s.label("fact.signature"), c.Signature))...)
	lines = append(lines, s.say("ticket.tool", facts{"tool": w.Footer.Tool, "hash": w.Footer.Hash}))
	return []Block{{Text: s.label("intro.14")}, {Code: lines}}
}

// Lines of a ticket end at ticketWidth: most trackers show them in a fixed-width
// face without folding.
const (
	ticketWidth  = 96
	ticketIndent = 6 // at most
)

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

// pair writes "Label: value", the way trackers' own fields read.
func (s *speaker) pair(label, value string) string {
	return s.say("ticket.pair", facts{"label": label, "value": value})
}

// ticketRows lists the tags of the case with the lines they stand on, in columns.
// The pool is named as the debugger's own output does, whatever the language.
func (s *speaker) ticketRows(c *analyze.Case) []string {
	lines := []string{"", s.say("ticket.heading", facts{"title": s.label("heading.evidence")})}
	for _, g := range groups(c) {
		for _, m := range g.members {
			lines = append(lines, fmt.Sprintf("  %-4s %s %-8s %12s %15s  %s", m.Tag, m.Tag.Hex(), m.Pool,
				count(m.Outstanding), counter(m.Bytes), s.cite(m.Source)))
		}
	}
	return lines
}

// ticketSteps lists what to do next: commands alone on their line, so that they
// can be copied, and below each what it tells.
func (s *speaker) ticketSteps(steps []Step) []string {
	if len(steps) == 0 {
		return nil
	}
	lines := []string{"", s.say("ticket.heading", facts{"title": s.label("heading.next")})}
	for _, step := range steps {
		mark := "- "
		if step.Command != "" {
			lines = append(lines, "    "+step.Command)
			mark = "      "
		}
		lines = append(lines, folded(mark, step.Why)...)
	}
	return lines
}
