package pdf

import (
	"strconv"
	"strings"

	"poolsweep/report"
)

func itoa(n int) string { return strconv.Itoa(n) }

// summary is page one: who, what, how sure, how much, whose, by which
// numbers, and what to do next.
func (d *document) summary() {
	d.title()
	d.band()
	d.figures(d.m.Figures)
	d.attribution(d.m.Attribution)
	if len(d.m.Evidence.Columns) > 0 {
		d.gap(8)
		d.need(60)
		if d.m.Labels.Evidence != "" {
			d.kicker(d.m.Labels.Evidence)
		}
		d.table(&d.m.Evidence)
	}
	if d.m.Timeline != nil {
		d.gap(11)
		d.timeline(d.m.Timeline)
	}
	if d.m.Chart != nil {
		d.gap(8)
		d.chart(d.m.Chart)
	}
	for i := range d.m.Points {
		d.points(&d.m.Points[i])
	}
	d.notes(d.m.Notes)
	d.steps(d.m.NextTitle, d.m.Next)
}

// title is the small line of the case, the title and what is below it.
func (d *document) title() {
	st := d.scaled(smallText.sized(8))
	height := leading(st.size)
	d.page().rect(marginX, d.y-10, 34, 2.5, accent)
	// The case at the left, its revision at the right; a case with a name too
	// long for that, which none of ours has, gets lines of its own.
	left := d.one(d.m.ID, style{bold, st.size, accent})
	right := d.glyphs.wrap(d.m.Revision, st, d.column()-left.width-16)
	if left.width > d.column()*0.7 {
		d.paragraph(d.m.ID, left.style, marginX, d.column())
		d.paragraph(d.m.Revision, st, marginX, d.column())
	} else {
		d.page().draw(left, marginX, baseline(d.y, height, st.size))
		for _, l := range right {
			d.page().drawRight(l, d.width-marginX, baseline(d.y, height, st.size))
			d.y += height
		}
	}
	d.y += 3
	// A title a little too long for one line is better small than on two.
	big := d.glyphs.fit(d.m.Title, d.scaled(titleText), d.column(), 12)
	for _, l := range d.glyphs.wrap(d.m.Title, big, d.column()) {
		d.need(big.size * 1.2)
		d.page().draw(l, marginX, baseline(d.y, big.size*1.2, big.size))
		d.y += big.size * 1.2
	}
	d.y += 2
	if d.m.Subtitle != "" {
		d.paragraph(d.m.Subtitle, d.scaled(subText), marginX, d.column())
	}
	for _, n := range d.m.Notices {
		d.gap(2)
		d.paragraph(n, d.scaled(noticeText), marginX, d.column())
	}
	d.gap(6)
}

// band is the verdict on its colour. The words say all that the colour does.
func (d *document) band() {
	const pad, rest = 10, 14
	b := d.m.Band
	verdict := d.scaled(style{bold, 13, white})
	detail := d.scaled(style{regular, 9.5, white})
	inner := d.column() - 2*pad
	sure := d.glyphs.wrap(b.Confidence, detail, inner*0.36)
	head := d.glyphs.wrap(b.Verdict, verdict, inner*0.62)
	class := d.glyphs.wrap(b.Class, detail, inner*0.62)
	// A short verdict and class share a line.
	beside := len(head) == 1 && len(class) == 1 && head[0].width+rest+class[0].width <= inner*0.62
	// The band is as high as its longer side.
	height := float64(len(head)) * leading(verdict.size)
	if !beside && b.Class != "" {
		height += float64(len(class)) * leading(detail.size)
	}
	height = max(height, float64(len(sure))*leading(detail.size)) + 10
	d.need(height)
	p, top := d.page(), d.y
	p.rect(marginX, top, d.column(), height, toneColor(b.Tone))
	y := top + 5
	for _, l := range head {
		p.draw(l, marginX+pad, baseline(y, leading(verdict.size), verdict.size))
		y += leading(verdict.size)
	}
	first := baseline(top+5, leading(verdict.size), verdict.size)
	if beside {
		p.draw(class[0], marginX+pad+head[0].width+rest, first)
	} else {
		for _, l := range class {
			p.draw(l, marginX+pad, baseline(y, leading(detail.size), detail.size))
			y += leading(detail.size)
		}
	}
	// All three stand on the verdict's baseline, whatever their size.
	for i, l := range sure {
		p.drawRight(l, d.width-marginX-pad, first+float64(i)*leading(detail.size))
	}
	d.y = top + height
}

// figures are the key numbers in cards, five to a row at most.
func (d *document) figures(pairs []report.Pair) {
	if len(pairs) == 0 {
		return
	}
	// Six are two rows of three, not five and one.
	rows := (len(pairs) + 4) / 5
	columns := (len(pairs) + rows - 1) / rows
	width := d.column() / float64(columns)
	st, list := d.figureTexts(pairs, width-cardPad)
	d.gap(8)
	for len(list) > 0 {
		n := min(columns, len(list))
		d.cards(list[:n], st, width)
		list = list[n:]
		d.gap(3)
	}
	d.gap(-3)
}

// cardPad is the space between a card's text and the next card.
const cardPad = 9

// figure is a key number: what it is, the number in large type, and in small
// type what is said about it.
type figure struct{ label, value, detail string }

// figureTexts splits values too long for their card and finds the one size,
// that of the longest, in which all are printed.
func (d *document) figureTexts(pairs []report.Pair, width float64) (style, []figure) {
	least := d.scaled(style{size: 10.5}).size
	st := d.scaled(style{bold, 12.5, ink})
	list := make([]figure, len(pairs))
	for i, p := range pairs {
		list[i] = figure{label: p.Label, value: p.Value}
		if d.glyphs.measure(d.glyphs.clean(p.Value, bold), st.sized(least)) > width {
			list[i].value, list[i].detail = lead(p.Value)
		}
		st.size = min(st.size, d.glyphs.fit(list[i].value, st, width, least-1).size)
	}
	return st, list
}

// lead cuts a value after its first phrase: "3,880 events/h, mean over two
// hours" is a number and a remark. The line break stands for the separator.
func lead(value string) (first, rest string) {
	at, wide := len(value), 0
	for _, separator := range []string{", ", ": ", "; ", " (", "，", "：", "；"} {
		if i := strings.Index(value, separator); i > 0 && i < at {
			at, wide = i, len(separator)
		}
	}
	if strings.HasPrefix(value[at:], " (") {
		wide = 1 // the bracket belongs to the remark
	}
	return value[:at], value[at+wide:]
}

// cards is one row of figures.
func (d *document) cards(list []figure, st style, width float64) {
	inner, small := width-cardPad, d.scaled(smallText)
	labels, values, details := make([][]line, len(list)), make([][]line, len(list)), make([][]line, len(list))
	above, low := 0, 0.0
	for i, f := range list {
		labels[i] = d.glyphs.wrap(f.label, small, inner)
		values[i] = d.glyphs.wrap(f.value, st, inner)
		if f.detail != "" {
			details[i] = d.glyphs.wrap(f.detail, small.in(ink), inner)
		}
		above = max(above, len(labels[i]))
		low = max(low, float64(len(values[i]))*leading(st.size)+float64(len(details[i]))*leading(small.size))
	}
	// Labels take the same height in all cards, so that the numbers line up.
	height := float64(above)*leading(small.size) + low
	d.need(height)
	top := d.y
	for i := range list {
		x := marginX + float64(i)*width
		if i > 0 {
			d.page().stroke(x-1, top+1, 0, height-2, 0.5, hairline)
			x += cardPad - 2
		}
		d.stack(labels[i], x, top)
		y := top + float64(above)*leading(small.size)
		d.stack(values[i], x, y)
		d.stack(details[i], x, y+float64(len(values[i]))*leading(st.size))
	}
	d.y = top + height
}

// stack draws lines below each other without regard to the page's end.
func (d *document) stack(lines []line, x, top float64) {
	for _, l := range lines {
		height := leading(l.style.size)
		d.page().draw(l, x, baseline(top, height, l.style.size))
		top += height
	}
}

// attribution is a row each for owner, holder, trigger and amplifier.
func (d *document) attribution(list []report.Attribution) {
	if len(list) == 0 {
		return
	}
	d.gap(8)
	d.need(60)
	if d.m.Labels.Attribution != "" {
		d.kicker(d.m.Labels.Attribution)
	}
	// It is a table without a header: the labels' column is that of the blocks
	// below, and a claim without a known module is grey.
	const weigh = 30 // width of the weights
	module := (d.column() - labelColumn - weigh) * 0.28
	basis := marginX + labelColumn + module + weigh + 2*gutter
	body, label := d.scaled(bodyText), d.scaled(labelText)
	g := &grid{size: label.size, width: d.column(),
		table:  &report.Table{Columns: []report.Column{{}, {}, {Align: report.AlignRight}, {}}},
		x:      []float64{marginX, marginX + labelColumn, marginX + labelColumn + module, basis},
		widths: []float64{labelColumn - gutter, module - gutter, weigh, d.width - marginX - basis}}
	for _, a := range list {
		name := d.scaled(strongText)
		if !a.Known {
			name = body.in(muted)
		}
		d.place(g, row{}, d.row(g, []string{a.Role, a.Module, a.Weight, a.Basis},
			label, name, d.glyphs.fit(a.Weight, body, weigh, 5), label.in(ink)))
	}
}

// points are reasons under a title, beside a stripe in their tone. A short
// block is not torn apart at the end of a page.
func (d *document) points(p *report.Points) {
	if len(p.Items) == 0 {
		return
	}
	st, body := d.scaled(style{bold, 9, toneColor(p.Tone)}), d.scaled(bodyText)
	title := d.glyphs.wrap(p.Title, st, pointColumn-14)
	width := d.column() - pointColumn
	head := float64(len(title)) * leading(st.size)
	d.gap(6)
	whole := d.bulletsHeight(p.Items, body, width)
	if whole > 110 {
		whole = 5 * leading(body.size)
	}
	d.need(max(head, whole))
	d.page().rect(marginX, d.y+1, 2, max(head-2, 10), st.color)
	d.stack(title, marginX+8, d.y)
	// A short list beside a tall title must not pull the next block up into it.
	start, low := d.page(), d.y+head
	d.bullets(p.Items, body, marginX+pointColumn, width)
	if p.More != "" {
		d.paragraph(p.More, d.scaled(labelText), marginX+pointColumn+bulletIndent, width-bulletIndent)
	}
	if start == d.page() {
		d.y = max(d.y, low)
	}
}

// Measures of a bar that is filled so far.
const (
	doneWidth  = 160.0
	doneHeight = 4.0
)

// notes are labels with a value: seen on, known issue, what was decided, ticket.
func (d *document) notes(notes []report.Note) {
	body, small := d.scaled(bodyText), d.scaled(labelText)
	for i, n := range notes {
		if i == 0 {
			d.gap(6)
			d.need(2 * leading(body.size))
			d.page().rule(marginX, d.y, d.column(), 0.4, hairline)
			d.gap(4)
		}
		label := d.glyphs.wrap(n.Label, small, pointColumn-8)
		text := body
		if n.Link != "" {
			text = body.in(accent)
		}
		value := d.glyphs.wrap(n.Value, text, d.column()-pointColumn)
		// A long value may go over the page's end, but not after a line or two.
		d.need(float64(max(min(len(value), 3), len(label))) * leading(body.size))
		start, low := d.page(), d.y+float64(len(label))*leading(small.size)
		d.stack(label, marginX, d.y)
		top := d.y
		d.lines(value, marginX+pointColumn)
		if n.Bar != nil {
			d.done(*n.Bar, marginX+pointColumn)
		}
		if start == d.page() && n.Link != "" {
			d.page().add(op{kind: opWeb, x: marginX + pointColumn, y: top, w: d.column() - pointColumn, h: d.y - top, text: n.Link})
		}
		if start == d.page() {
			d.y = max(d.y, low)
		}
		d.gap(1)
	}
}

// done is a share of a whole. The words beside it say the figures.
func (d *document) done(share, x float64) {
	d.need(doneHeight + 4)
	d.y += 2
	d.page().rect(x, d.y, doneWidth, doneHeight, hairline)
	d.page().rect(x, d.y, doneWidth*share, doneHeight, accent)
	d.y += doneHeight + 2
}

// steps is what to do next: a number, why, and the command to copy.
func (d *document) steps(title string, steps []report.Step) {
	if len(steps) == 0 {
		return
	}
	d.gap(7)
	if title != "" {
		d.need(60)
		d.kicker(title)
	}
	for i := range steps {
		d.step(i+1, &steps[i])
	}
}

func (d *document) step(n int, s *report.Step) {
	const indent = 16
	body, small := d.scaled(bodyText), d.scaled(smallText)
	width := d.column() - indent
	if s.Where != "" {
		width -= min(d.one(s.Where, small).width, d.column()/3) + 12
	}
	// The command stays on the page of its reason. Where it is typed stands a
	// line above it: beside it, copying the line would take that along.
	why := d.glyphs.wrap(s.Why, body, width)
	beside := float64(len(d.glyphs.wrap(s.Where, small, d.column()/3))) * leading(small.size)
	d.need(max(float64(min(len(why), 4))*leading(body.size), beside) + leading(commandText.size) + 6)
	first := baseline(d.y, leading(body.size), body.size)
	d.page().draw(d.one(itoa(n), d.scaled(strongText).in(accent)), marginX, first)
	start, low := d.page(), d.y
	if s.Where != "" {
		low = d.aside(s.Where, small)
	}
	d.lines(why, marginX+indent)
	if start == d.page() {
		d.y = max(d.y, low)
	}
	if s.Command != "" {
		d.y++
		d.command(s.Command, marginX+indent, d.column()-indent)
	}
	small = d.scaled(labelText).in(ink)
	if s.Outcome != "" {
		d.paragraph(s.Outcome, small, marginX+indent, d.column()-indent)
	}
	d.gap(3)
}

// aside draws a small text at the right margin, beside what follows, and
// returns where it ends.
func (d *document) aside(s string, st style) float64 {
	y := d.y
	for _, l := range d.glyphs.wrap(s, st, d.column()/3) {
		d.page().drawRight(l, d.width-marginX, baseline(y, leading(d.scaled(bodyText).size), st.size))
		y += leading(st.size)
	}
	return y
}
