package pdf

import (
	"strings"

	"poolsweep/report"
)

// kicker is the small heading of a block on the first page.
func (d *document) kicker(title string) {
	d.paragraph(title, d.scaled(kickerText), marginX, d.column())
	d.y++
	d.page().rule(marginX, d.y, d.column(), 0.6, accent)
	d.gap(3)
}

// paragraph lets a text flow between x and x+width.
func (d *document) paragraph(s string, st style, x, width float64) {
	d.lines(d.glyphs.wrap(s, st, width), x)
}

// lines draws lines below each other. Where a page ends it leaves no single
// line behind and takes none along.
func (d *document) lines(lines []line, x float64) {
	for len(lines) > 0 {
		n := d.part(len(lines), leading(lines[0].style.size))
		if n == 0 {
			d.turn()
			continue
		}
		for _, l := range lines[:n] {
			height := leading(l.style.size)
			d.page().draw(l, x, baseline(d.y, height, l.style.size))
			d.y += height
		}
		if lines = lines[n:]; len(lines) > 0 {
			d.turn()
		}
	}
}

// part is how many of n lines go on this page.
func (d *document) part(n int, height float64) int {
	fit := int(d.room() / height)
	switch {
	case fit >= n:
		return n
	case d.y <= marginTop: // no page offers more
		return max(fit, 1)
	case fit == n-1: // the last line would be alone on the next page
		fit--
	}
	if fit < 2 {
		return 0
	}
	return fit
}

// A bullet's dot and the space around it, and the space below each item.
const (
	bulletIndent = 11
	bulletGap    = 2
)

// bullets is a list with a dot before each item.
func (d *document) bullets(items []string, st style, x, width float64) {
	height := leading(st.size)
	for _, item := range items {
		lines := d.glyphs.wrap(item, st, width-bulletIndent)
		// The dot goes where the text will: lines would turn the page after it.
		if d.part(len(lines), height) == 0 {
			d.turn()
		}
		d.page().add(op{kind: opCircle, x: x + 2.5, y: d.y + height/2, w: 1.2, color: muted})
		d.lines(lines, x+bulletIndent)
		d.y += bulletGap
	}
}

// links is a list of texts of which each leads to its page of the web.
func (d *document) links(list []report.WebLink, st style) {
	for _, l := range list {
		if l.URL == "" {
			d.bullets([]string{l.Text}, st, marginX, d.column())
			continue
		}
		height := d.bulletsHeight([]string{l.Text}, st, d.column())
		d.need(height)
		top := d.y
		d.bullets([]string{l.Text}, st.in(accent), marginX, d.column())
		d.page().add(op{kind: opWeb, x: marginX, y: top, w: d.column(), h: d.y - top, text: l.URL})
	}
}

// bulletsHeight is what bullets will take.
func (d *document) bulletsHeight(items []string, st style, width float64) float64 {
	sum := 0.0
	for _, item := range items {
		sum += float64(len(d.glyphs.wrap(item, st, width-bulletIndent)))*leading(st.size) + bulletGap
	}
	return sum
}

// Measures of a chain of reasoning: the text's indent, the numbers' circles
// and the space for an arrow.
const (
	chainIndent = 26.0
	chainRadius = 6.5
	chainArrow  = 10.0
)

// chain is a line of reasoning: numbered steps, an arrow from each to the next.
func (d *document) chain(steps []string) {
	body := d.scaled(bodyText)
	centre := marginX + chainRadius
	d.need(d.reasoning(steps))
	for i, step := range steps {
		lines := d.glyphs.wrap(step, body, d.column()-chainIndent)
		height := max(float64(len(lines))*leading(body.size), 2*chainRadius)
		d.need(height)
		p, middle := d.page(), d.y+leading(body.size)/2
		p.add(op{kind: opCircle, x: centre, y: middle, w: chainRadius, color: accent})
		st := style{bold, 7.5, white}
		p.drawCentre(d.one(itoa(i+1), st), centre, middle+st.size*0.35)
		start := middle + chainRadius + 1.5
		d.lines(lines, marginX+chainIndent)
		if i == len(steps)-1 {
			break
		}
		// The arrow leaves the circle, passes the step's other lines and ends
		// above the next circle, unless that is on another page.
		d.y = max(d.y, start) + chainArrow - 3
		if p == d.page() && d.y <= d.bottom() {
			tip := d.y + leading(body.size)/2 - chainRadius - 1.5
			p.stroke(centre, start, 0, tip-start-3, 0.9, accent)
			p.add(op{kind: opArrow, x: centre, y: tip, w: 2.6, h: 4.2, color: accent})
		}
	}
}

// reasoning is the height to ask for before a chain: all of it, so that it is
// read in one look, unless that would leave much of a page empty.
func (d *document) reasoning(steps []string) float64 {
	body, sum := d.scaled(bodyText), 0.0
	for _, step := range steps {
		lines := d.glyphs.wrap(step, body, d.column()-chainIndent)
		sum += max(float64(len(lines))*leading(body.size), 2*chainRadius) + chainArrow
	}
	return min(sum, 130)
}

// codePad is the space around text on a grey ground.
const codePad = 5

// command is a line to be typed, on a grey ground, whole whatever it takes: what is
// copied out of two lines does not run.
func (d *document) command(s string, x, width float64) {
	st := d.glyphs.fit(s, d.scaled(commandText), width-2*codePad, leastCommand)
	d.strip(x, width, 1.5)
	for _, l := range d.glyphs.wrapWords(s, st, width-2*codePad) {
		d.need(leading(st.size) + 2)
		d.page().rect(x, d.y, width, leading(st.size)+0.3, ground)
		d.page().draw(l, x+codePad, baseline(d.y, leading(st.size), st.size))
		d.y += leading(st.size)
	}
	d.strip(x, width, 1.5)
}

// code is text in fixed width on a grey ground, kept exactly. Lines too long
// make the whole block smaller, and are broken when that is not enough.
func (d *document) code(texts []string, st style, x, width float64) {
	const pad = codePad
	inner := width - 2*pad
	size := st.size
	for _, t := range texts {
		size = min(size, d.glyphs.fit(t, st, inner, leastCode).size)
	}
	st = st.sized(size)
	height := leading(st.size)
	d.strip(x, width, pad-1)
	for _, t := range texts {
		for _, l := range d.glyphs.wrap(t, st, inner) {
			if d.room() < height+pad {
				d.strip(x, width, pad-1)
				d.turn()
				d.strip(x, width, pad-1)
			}
			// Each line has its piece of ground, a hair too high: viewers show
			// a seam between pieces that only touch.
			d.page().rect(x, d.y, width, height+0.3, ground)
			d.page().draw(l, x+pad, baseline(d.y, height, st.size))
			d.y += height
		}
	}
	d.strip(x, width, pad-1)
}

// strip is the upper or lower edge of a code block.
func (d *document) strip(x, width, height float64) {
	d.page().rect(x, d.y, width, height+0.3, ground)
	d.y += height
}

// sectionIndent is the room for a section's number.
const sectionIndent = 26

func (d *document) sectionTitle(s *report.Section) []line {
	return d.glyphs.wrap(s.Title, d.scaled(headText), d.column()-sectionIndent)
}

// sectionLeast is the height of a heading and of what must stand below it.
func (d *document) sectionLeast(s *report.Section) float64 {
	least := float64(len(d.sectionTitle(s)))*leading(d.scaled(headText).size) + 8
	if len(s.Blocks) > 0 {
		least += d.least(&s.Blocks[0])
	}
	return least
}

// section draws a numbered section.
func (d *document) section(s *report.Section) {
	head := d.scaled(headText)
	lines := d.sectionTitle(s)
	d.gap(15)
	d.need(d.sectionLeast(s))
	d.bookmark(joined(" ", itoa(s.Number), s.Title))
	first := baseline(d.y, leading(head.size), head.size)
	d.page().draw(d.one(itoa(s.Number), head.in(muted)), marginX, first)
	d.lines(lines, marginX+sectionIndent)
	d.gap(4)
	for i := range s.Blocks {
		if i > 0 {
			d.need(d.least(&s.Blocks[i]))
			d.gap(7)
		}
		d.block(&s.Blocks[i])
	}
}

// block draws the one field that is set.
func (d *document) block(b *report.Block) {
	body := d.scaled(bodyText)
	if b.Title != "" {
		d.need(leading(body.size) + d.least(b)) // a title is not left behind alone
		d.paragraph(b.Title, d.scaled(strongText.sized(8.5)), marginX, d.column())
		d.gap(2)
	}
	switch {
	case b.Text != "":
		d.paragraph(strings.TrimSpace(b.Text), body, marginX, d.column())
	case len(b.Bullets) > 0:
		d.bullets(b.Bullets, body, marginX, d.column())
	case len(b.Chain) > 0:
		d.chain(b.Chain)
	case b.Table != nil:
		d.table(b.Table)
	case len(b.Links) > 0:
		d.links(b.Links, body)
	case len(b.Steps) > 0:
		for i := range b.Steps {
			d.step(i+1, &b.Steps[i])
		}
	case len(b.Code) > 0:
		d.code(b.Code, d.scaled(codeText), marginX, d.column())
	case b.Chart != nil:
		d.chart(b.Chart)
	case b.Ratios != nil:
		d.ratios(b.Ratios)
	case b.Matrix != nil:
		d.matrix(b.Matrix)
	}
}

// least is the height a block needs below a heading, so that the heading does
// not stay behind alone.
func (d *document) least(b *report.Block) float64 {
	switch {
	case b.Table != nil:
		return d.tableLeast(b.Table)
	case b.Chart != nil:
		return d.plan(b.Chart).height()
	case b.Ratios != nil:
		return d.planRatios(b.Ratios).height()
	case b.Matrix != nil:
		return float64(len(b.Matrix.Rows)+4) * matrixHeight
	case len(b.Chain) > 0:
		return d.reasoning(b.Chain)
	}
	return 3 * leading(d.scaled(bodyText).size)
}
