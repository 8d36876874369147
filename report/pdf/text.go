package pdf

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// style is how a piece of text looks.
type style struct {
	weight weight
	size   float64
	color  color
}

// in returns the style in another colour.
func (s style) in(c color) style { s.color = c; return s }

// sized returns the style at another size.
func (s style) sized(size float64) style { s.size = size; return s }

// run is a piece of a line that one face draws.
type run struct {
	face  face
	text  string
	width float64
}

// line is a line of text after breaking, cut into runs.
type line struct {
	runs  []run
	width float64
	style style
}

// clean makes a text drawable without losing any of it. A rune no face has,
// or that would be invisible (control and format characters can reorder or
// hide what follows), is spelt out: <U+1F600>, and a byte that is no UTF-8
// as <0x8F>. Line ends stay as "\n"; a tab is a blank, except in fixed width
// text, where it goes to the next eighth column.
func (g *glyphs) clean(s string, w weight) string {
	if g.drawable(s, w) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	column := 0
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		text := g.spell(s[i:i+size], r, w, column)
		if r == '\n' {
			column = -1
		}
		column += utf8.RuneCountInString(text)
		b.WriteString(text)
	}
	return b.String()
}

// drawable tells if clean has nothing to do, which is nearly always.
func (g *glyphs) drawable(s string, w weight) bool {
	for _, r := range s {
		if r != '\n' && (hidden(r) || r == utf8.RuneError || g.find(w, r).face == noFace) {
			return false
		}
	}
	return true
}

// spell returns what stands on the page for one rune.
func (g *glyphs) spell(raw string, r rune, w weight, column int) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf("<0x%02X>", raw[0])
	case r == '\t' && w == mono:
		return strings.Repeat(" ", 8-column%8)
	case r == '\t':
		return " "
	case r == '\n':
		return raw
	case hidden(r) || g.find(w, r).face == noFace:
		return fmt.Sprintf("<U+%04X>", r)
	}
	return raw
}

// hidden tells if a rune draws nothing or changes how others are drawn.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// measure returns the width of a clean text.
func (g *glyphs) measure(s string, st style) float64 {
	sum := 0.0
	for _, r := range s {
		sum += g.find(st.weight, r).advance
	}
	return sum * st.size / 1000
}

// cut makes a line of a clean text.
func (g *glyphs) cut(s string, st style) line {
	l := line{style: st}
	start, current, sum := 0, noFace, 0.0 // of the run being gathered
	flush := func(end int) {
		if end > start {
			width := sum * st.size / 1000
			l.runs = append(l.runs, run{current, s[start:end], width})
			l.width += width
		}
		start, sum = end, 0
	}
	for i, r := range s {
		found := g.find(st.weight, r)
		if found.face != current {
			flush(i)
			current = found.face
		}
		sum += found.advance
	}
	flush(len(s))
	return l
}

// wrap breaks a text into lines no wider than width. It is never empty.
func (g *glyphs) wrap(s string, st style, width float64) []line {
	var lines []line
	for part := range strings.SplitSeq(g.clean(s, st.weight), "\n") {
		lines = g.fill(lines, part, st, width)
	}
	return lines
}

// wrapWords breaks a text at blanks alone, as far as its words let it.
func (g *glyphs) wrapWords(s string, st style, width float64) []line {
	var lines []line
	text := strings.ReplaceAll(g.clean(s, st.weight), "\n", " ")
	for {
		at, used := -1, 0.0 // the last blank that the line reaches, in thousandths of the size
		for i, r := range text {
			if r == ' ' && used*st.size/1000 <= width {
				at = i
			}
			if used += g.find(st.weight, r).advance; used*st.size/1000 > width {
				break
			}
		}
		if at < 0 || used*st.size/1000 <= width {
			return g.fill(lines, text, st, width)
		}
		lines = append(lines, g.cut(text[:at], st))
		text = text[at+1:]
	}
}

// fill breaks one paragraph where Unicode line breaking (UAX #14) allows it,
// so that Chinese punctuation stays with its word. A word too long for any
// line is broken between any two characters, from where it stands.
func (g *glyphs) fill(lines []line, s string, st style, width float64) []line {
	if g.measure(s, st) <= width {
		return append(lines, g.cut(s, st))
	}
	start, end, used := 0, 0, 0.0 // the open line is s[start:end]
	add := func(piece string) {
		// Blanks at the end of a line need no room and are not drawn.
		wide := g.measure(strings.TrimRight(piece, " "), st)
		if used+wide > width && end > start {
			lines = append(lines, g.cut(strings.TrimRight(s[start:end], " "), st))
			start, used = end, 0
		}
		end += len(piece)
		used += g.measure(piece, st)
	}
	segment, rest, state, held := "", s, -1, ""
	for rest != "" {
		segment, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		// A command of the debugger begins with a mark that else may end a line.
		segment, held = held+segment, ""
		if rest != "" && (segment == "!" || strings.HasSuffix(segment, " !")) {
			segment, held = segment[:len(segment)-1], "!"
		}
		if g.measure(strings.TrimRight(segment, " "), st) <= width {
			add(segment)
			continue
		}
		for cluster, more, inner := "", segment, -1; more != ""; {
			cluster, more, _, inner = uniseg.FirstGraphemeClusterInString(more, inner)
			add(cluster)
		}
	}
	return append(lines, g.cut(strings.TrimRight(s[start:], " "), st))
}

// clip leaves the first of several lines, with an ellipsis for the others.
func (g *glyphs) clip(lines []line, width float64) []line {
	if len(lines) < 2 {
		return lines
	}
	st, text := lines[0].style, ""
	for _, r := range lines[0].runs {
		text += r.text
	}
	for text != "" && g.measure(text+"…", st) > width {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return []line{g.cut(strings.TrimRight(text, " ")+"…", st)}
}

// fit returns the style shrunk, in half points down to least, until the text
// stands on one line. When even that is too wide it returns least.
func (g *glyphs) fit(s string, st style, width, least float64) style {
	clean := g.clean(s, st.weight)
	for st.size > least && g.measure(clean, st) > width {
		st.size = max(least, st.size-0.5)
	}
	return st
}
