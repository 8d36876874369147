// Package pdf draws an incident write-up as a PDF.
//
// It decides nothing: order, rounding and wording come in the view model. It
// lays the pages out first, as lists of operations, and hands them to gofpdf
// at the end, which it alone imports: gofpdf loses characters, panics and
// races on the ways this package does not use.
package pdf

import (
	"fmt"
	"io"
	"strings"

	"poolsweep/report"
)

// Paper is a size of sheet.
type Paper uint8

// Papers; A4 is taken for any other value.
const (
	A4 Paper = iota + 1
	Letter
)

// size is width and height in points.
func (p Paper) size() (width, height float64) {
	if p == Letter {
		return 612, 792
	}
	return 595.28, 841.89
}

// Write draws a write-up on the paper. The same model gives the same bytes.
func Write(w io.Writer, m *report.Writeup, paper Paper) error {
	return layout(m, paper).emit(w)
}

// document is a write-up being laid out: its pages, and where the next block
// goes on the last of them.
type document struct {
	m             *report.Writeup
	glyphs        *glyphs
	width, height float64
	pages         []*page
	y             float64
	scale         float64 // of texts and gaps; below 1 where a page has more to hold

	bookmarks []bookmark // the first page, then one a section
	contents  []entry
}

// bookmark is an entry of the outline.
type bookmark struct {
	title string
	page  int // from 0
	y     float64
}

// entry is a line of the contents whose page number is not known yet.
type entry struct {
	page        *page
	section     int
	x, baseline float64
}

// layout places all of a write-up, its appendix in the largest type that leaves no
// last page with a few lines only.
func layout(m *report.Writeup, paper Paper) *document {
	var first *document
	for _, scale := range appendixScales {
		d := layoutScaled(m, paper, scale)
		if !d.ragged() {
			return d
		}
		if first == nil {
			first = d
		}
	}
	return first
}

// ragged tells that the last page holds next to nothing.
func (d *document) ragged() bool {
	return len(d.pages) > 2 && d.y < marginTop+(d.bottom()-marginTop)/6
}

// layoutScaled places page one, then from page two on what everybody should know, the
// contents and the appendix.
func layoutScaled(m *report.Writeup, paper Paper, scale float64) *document {
	d := firstPage(m, paper)
	if len(m.Sections) > 0 {
		d.fresh()
	}
	appendix := len(m.Sections)
	for i := range m.Sections {
		if m.Sections[i].Appendix {
			appendix = i
			break
		}
		d.section(&m.Sections[i])
	}
	d.list()
	if appendix < len(m.Sections) {
		if d.room() < (d.bottom()-marginTop)*openPage {
			d.fresh()
		}
		d.scale = scale
		d.reference(&m.Sections[appendix])
	}
	for i := range m.Sections[appendix:] {
		d.section(&m.Sections[appendix+i])
	}
	d.number()
	for i := range d.pages {
		d.footer(i)
	}
	return d
}

// reference tells where the part begins that is there to be looked up in.
func (d *document) reference(first *report.Section) {
	if d.m.Labels.Reference == "" {
		return
	}
	d.gap(15)
	d.need(leading(kickerText.size) + 4 + d.sectionLeast(first))
	d.kicker(d.m.Labels.Reference)
}

// firstScales are tried one after the other until the first page holds all of the
// summary. Smaller type is hard to read on paper: what is too long even then, such
// as a machine's name of a thousand letters, goes over to the next page.
var firstScales = [...]float64{1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.76, 0.73}

// appendixScales are tried for the part to look things up in.
var appendixScales = [...]float64{0.9, 0.87, 0.84}

// openPage is the share of a page from which on the appendix goes below the contents
// and not on a page of its own.
const openPage = 0.35

// firstPage lays out the summary, whose first page readers get before all others,
// in the largest type that lets it stand on one page.
func firstPage(m *report.Writeup, paper Paper) *document {
	glyphs := newGlyphs()
	var d *document
	for _, scale := range firstScales {
		d = &document{m: m, glyphs: glyphs, scale: scale}
		d.width, d.height = paper.size()
		d.turn()
		d.bookmark(joined(" ", m.ID, m.Title))
		d.summary()
		if len(d.pages) == 1 {
			break
		}
	}
	d.scale = 1
	return d
}

// scaled is a style at the size of its part of the write-up.
func (d *document) scaled(st style) style {
	return st.sized(max(st.size*d.scale, min(st.size, leastSize)))
}

// page is the page being filled.
func (d *document) page() *page { return d.pages[len(d.pages)-1] }

// turn begins a page.
func (d *document) turn() {
	d.pages = append(d.pages, &page{})
	d.y = marginTop
}

// fresh begins a page unless the present one is still empty.
func (d *document) fresh() {
	if d.y > marginTop {
		d.turn()
	}
}

// column is the width between the margins.
func (d *document) column() float64 { return d.width - 2*marginX }

// bottom is where the space for text ends.
func (d *document) bottom() float64 { return d.height - marginBottom }

// room is the height left on the page.
func (d *document) room() float64 { return d.bottom() - d.y }

// need begins a page when less than height is left. More than a page can
// never be had; then nothing changes.
func (d *document) need(height float64) {
	if d.room() < height && height <= d.bottom()-marginTop {
		d.fresh()
	}
}

// gap leaves space between blocks, but none at the head of a page.
func (d *document) gap(height float64) {
	if d.y > marginTop {
		d.y += height * d.scale
	}
}

func (d *document) bookmark(title string) {
	d.bookmarks = append(d.bookmarks, bookmark{
		title: d.glyphs.clean(title, regular), page: len(d.pages) - 1, y: max(0, d.y-8)})
}

// list draws the contents when there are sections enough to look for one; the
// page numbers follow in number.
func (d *document) list() {
	sections := d.m.Sections
	if len(sections) < 4 || d.m.Labels.Contents == "" {
		return
	}
	const gutter = 24
	width := (d.column() - gutter) / 2
	half := (len(sections) + 1) / 2
	d.gap(14)
	d.need(30 + float64(half)*leading(8.5))
	d.kicker(d.m.Labels.Contents)
	top, low := d.y, d.y
	for i := range sections {
		x := float64(marginX)
		if i >= half {
			x += width + gutter
		}
		if i == half {
			d.y = top
		}
		d.item(i, x, width)
		low = max(low, d.y)
	}
	d.y = low
}

// item is one line of the contents.
func (d *document) item(i int, x, width float64) {
	const number, numeral = 20, 22
	st := labelText.in(ink)
	top := d.y
	for n, l := range d.glyphs.wrap(d.m.Sections[i].Title, st, width-number-numeral) {
		base := baseline(d.y, leading(st.size), st.size)
		if n == 0 {
			d.page().draw(d.one(fmt.Sprint(d.m.Sections[i].Number), st.in(muted)), x, base)
			d.contents = append(d.contents, entry{d.page(), i, x + width, base})
		}
		d.page().draw(l, x+number, base)
		d.y += leading(st.size)
	}
	d.page().add(op{kind: opLink, x: x, y: top, w: width, h: d.y - top, target: i + 1})
}

// number completes the contents.
func (d *document) number() {
	for _, e := range d.contents {
		page := d.bookmarks[e.section+1].page + 1
		e.page.drawRight(d.one(fmt.Sprint(page), labelText), e.x, e.baseline)
	}
}

// footer stands below the text of every page.
func (d *document) footer(i int) {
	p, f := d.pages[i], d.m.Footer
	top := d.height - 37
	p.rule(marginX, top, d.column(), 0.4, hairline)
	format := d.m.Labels.PageOf
	if format == "" {
		format = "%d / %d"
	}
	right := d.one(fmt.Sprintf(format, i+1, len(d.pages)), smallText)
	base := baseline(top+4, leading(smallText.size), smallText.size)
	p.drawRight(right, d.width-marginX, base)
	width := d.column() - right.width - 12
	left := joined("   ·   ", f.Left, f.Tool, f.Hash)
	lines := d.glyphs.wrap(left, d.glyphs.fit(left, smallText, width, leastSize), width)
	for n, l := range lines[:min(2, len(lines))] {
		// Two lines hold any sane footer, and the case stands on page one.
		if n == 1 && len(lines) > 2 {
			p.draw(d.one("…", l.style), marginX+width+2, base+leading(l.style.size))
		}
		p.draw(l, marginX, base+float64(n)*leading(l.style.size))
	}
}

// one makes a single line of a text.
func (d *document) one(s string, st style) line {
	return d.glyphs.cut(strings.ReplaceAll(d.glyphs.clean(s, st.weight), "\n", " "), st)
}

// cramped makes a single line of a text that has to do with width: it is shrunk, and
// what even small letters have no room for is left out.
func (d *document) cramped(s string, st style, width, least float64) line {
	flat := strings.ReplaceAll(d.glyphs.clean(s, st.weight), "\n", " ")
	return d.glyphs.wrap(flat, d.glyphs.fit(flat, st, width, least), width)[0]
}

// joined puts the texts that are not empty together.
func joined(separator string, texts ...string) string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, separator)
}
