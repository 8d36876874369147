package pdf

import (
	"poolsweep/report"
)

// Measures of a chart.
const (
	barHeight  = 9.0
	barGap     = 4.5
	labelGap   = 8.0 // between labels and bars, and before a bar's value
	axisHeight = 24.0
	noteGap    = 14.0 // between the unit and a note beside it
)

var (
	barText  = style{regular, 8, ink}
	tickFont = style{regular, 7, muted}
)

// plot is a chart that is measured but not drawn: its height is needed
// before its place is known.
type plot struct {
	chart  *report.Chart
	title  []line
	note   []line
	axis   axis
	labels [][]line
	values [][]line
	marks  []markLabel
	levels int     // lines of mark labels above the bars
	left   float64 // of the bars
	width  float64 // of the axis
	thick  float64 // of a bar
	gap    float64 // between bars
	beside bool    // the note stands beside the unit
}

// markLabel is where the label of a reference line stands.
type markLabel struct {
	line  line
	x     float64 // of the reference line
	at    float64 // left edge of the label
	level int
}

// chart draws a bar chart. One with more bars than a page holds goes on.
func (d *document) chart(c *report.Chart) {
	p := d.plan(c)
	if whole := d.bottom() - marginTop; p.height() <= whole || d.room() < whole/2 {
		d.need(min(p.height(), whole))
	}
	for _, l := range p.title {
		d.page().draw(l, marginX, baseline(d.y, leading(l.style.size), l.style.size))
		d.y += leading(l.style.size)
	}
	d.y += 3
	for first := 0; first < len(c.Bars); {
		last, height := first, 0.0
		// At least one bar, or it would go on for ever.
		for last < len(c.Bars) && (last == first || height+p.bar(last)+p.frame() <= d.room()) {
			height += p.bar(last)
			last++
		}
		d.plotBars(p, first, last, height)
		if first = last; first < len(c.Bars) {
			d.turn()
		}
	}
	if !p.beside {
		d.lines(p.note, marginX)
	}
}

// plan measures a chart.
func (d *document) plan(c *report.Chart) *plot {
	p := &plot{chart: c, title: d.optional(c.Title, kickerText), note: d.optional(c.Note, tickFont),
		thick: barHeight * d.scale, gap: barGap * d.scale}
	var values []float64
	widest, end := 0.0, 0.0
	for _, b := range c.Bars {
		values = append(values, b.Value)
		if b.Band != nil {
			values = append(values, b.Band.Low, b.Band.High)
		}
		st := cellTone(barText, b.Tone)
		label := d.glyphs.wrap(b.Label, st, d.column()*0.3)
		value := d.glyphs.wrap(b.Text, st, d.column()*0.25)
		p.labels, p.values = append(p.labels, label), append(p.values, value)
		widest, end = max(widest, broadest(label)), max(end, broadest(value))
	}
	for _, m := range c.Marks {
		values = append(values, m.Value)
	}
	// Labels to the left, the longest value's text to the right of the axis:
	// so the text of a bar of any length has room.
	p.axis = newAxis(values, c.Log)
	p.left = marginX + widest + labelGap
	p.width = max(d.column()-widest-labelGap-end-labelGap, 60)
	if unit := d.one(c.Unit, tickFont).width + noteGap; len(p.note) == 1 {
		p.beside = p.left+unit+p.note[0].width <= d.width-marginX
	}
	d.placeMarks(p)
	return p
}

// broadest is the width of the widest line.
func broadest(lines []line) float64 {
	width := 0.0
	for _, l := range lines {
		width = max(width, l.width)
	}
	return width
}

// placeMarks puts each mark's label beside its line, above any label it would
// run into.
func (d *document) placeMarks(p *plot) {
	var ends []float64 // right edge of the last label on each level
	right := d.width - marginX
	for _, m := range p.chart.Marks {
		x := p.left + p.axis.at(m.Value)*p.width
		lines := d.glyphs.wrap(m.Label, tickFont.in(ink), d.column()*0.6)
		at := min(x+3, right-broadest(lines))
		// Level 0 is next to the bars; the first line of a label is its highest.
		level := 0
		for i, end := range ends {
			if at < end+6 {
				level = i + 1
			}
		}
		for i, l := range lines {
			up := level + len(lines) - 1 - i
			for len(ends) <= up {
				ends = append(ends, 0)
			}
			ends[up] = max(ends[up], at+l.width)
			p.marks = append(p.marks, markLabel{line: l, x: x, at: at, level: up})
		}
	}
	p.levels = len(ends)
}

// bar is the height of one bar with what stands above it.
func (p *plot) bar(i int) float64 { return p.head(i) + p.row(i) }

// head is the height of the heading of the bars from here on.
func (p *plot) head(i int) float64 {
	if p.chart.Bars[i].Head == "" {
		return 0
	}
	return leading(tickFont.size) + 2
}

// row is the height of one bar with the gap below it.
func (p *plot) row(i int) float64 {
	lines := max(len(p.labels[i]), len(p.values[i]))
	if lines < 2 {
		return p.thick + p.gap
	}
	return float64(lines)*leading(barText.size) + p.gap
}

// frame is the height of all but bars and title.
func (p *plot) frame() float64 {
	return float64(p.levels)*leading(tickFont.size) + axisHeight
}

// height is that of the whole chart on one page.
func (p *plot) height() float64 {
	sum := p.frame() + 3 + stackHeight(p.title)
	if !p.beside {
		sum += stackHeight(p.note)
	}
	for i := range p.labels {
		sum += p.bar(i)
	}
	return sum
}

// plotBars draws the bars from first to before last with the axis below.
func (d *document) plotBars(p *plot, first, last int, height float64) {
	top := d.y + float64(p.levels)*leading(tickFont.size)
	foot := top + height + 1
	d.drawAxis(p, top, foot)
	y := top + p.gap/2 + 1
	for i := first; i < last; i++ {
		d.heading(p, i, y)
		d.bar(p, i, y+p.head(i))
		y += p.bar(i)
	}
	// Over the bars' left ends, the marks over the bars, the values over the marks.
	d.page().stroke(p.left, top, 0, foot-top, 0.7, muted)
	d.drawMarks(p, foot)
	y = top + p.gap/2 + 1
	for i := first; i < last; i++ {
		d.value(p, i, y+p.head(i))
		y += p.bar(i)
	}
	d.y = foot + axisHeight
}

// drawMarks draws the reference lines, then their labels on white: the line of one
// may run through the label of another.
func (d *document) drawMarks(p *plot, foot float64) {
	high := leading(tickFont.size)
	line := func(m markLabel) float64 { return d.y + float64(p.levels-1-m.level)*high }
	for _, m := range p.marks {
		d.page().dash(m.x, line(m)+2, foot-line(m)-2, ink)
	}
	for _, m := range p.marks {
		d.page().rect(m.at-1, line(m)+1, m.line.width+2, high-1, white)
		d.page().draw(m.line, m.at, baseline(line(m), high, tickFont.size))
	}
}

// drawAxis draws ticks, their numbers where there is room, and the unit.
func (d *document) drawAxis(p *plot, top, foot float64) {
	free := 0.0
	for _, v := range p.axis.ticks {
		x := p.left + p.axis.at(v)*p.width
		d.page().stroke(x, top, 0, foot-top+2.5, 0.35, hairline)
		text := d.one(tickText(v), tickFont)
		if x-text.width/2 >= free {
			d.page().drawCentre(text, x, foot+9.5)
			free = x + text.width/2 + 5
		}
	}
	d.page().rule(p.left, foot, p.width, 0.5, muted)
	if p.chart.Unit != "" || p.beside {
		unit := d.cramped(p.chart.Unit, tickFont, d.column(), 5)
		x := min(p.left, d.width-marginX-unit.width)
		d.page().draw(unit, x, foot+19)
		if p.beside {
			d.page().draw(p.note[0], x+unit.width+noteGap, foot+19)
		}
	}
}

// heading sets the bars from here on apart from those above.
func (d *document) heading(p *plot, i int, y float64) {
	if p.head(i) == 0 {
		return
	}
	head := p.chart.Bars[i].Head
	l := d.cramped(head, style{bold, tickFont.size, muted}, d.column()/2, 4)
	base := baseline(y, leading(tickFont.size), tickFont.size)
	d.page().rect(marginX, y, l.width+3, p.head(i)-2, white)
	d.page().draw(l, marginX, base)
	d.page().rule(marginX+l.width+4, base-tickFont.size*0.35, d.column()-l.width-4, 0.5, muted)
}

// usual is where a bar's band begins and ends on the page.
func (p *plot) usual(i int) (from, to float64) {
	band := p.chart.Bars[i].Band
	if band == nil {
		return p.left, p.left
	}
	return p.left + p.axis.at(band.Low)*p.width, p.left + p.axis.at(band.High)*p.width
}

// length is that of a bar.
func (p *plot) length(i int) float64 {
	v := proper(p.chart.Bars[i].Value)
	length := p.axis.at(v) * p.width
	if v > 0 {
		length = max(length, 1.2) // to be seen at all
	}
	return length
}

// bar draws one bar with its label. What is usual stands behind it, over the whole
// height between its neighbours, and once more as a bracket over what covers it.
func (d *document) bar(p *plot, i int, y float64) {
	st := barStyle(p.chart.Bars[i].Tone)
	high := p.row(i) - p.gap
	top := y + (high-p.thick)/2
	pg := d.page()
	from, to := p.usual(i)
	if to > from {
		pg.rect(from, y-p.gap/2+0.5, to-from, high+p.gap-1, zoneFill)
	}
	if length := p.length(i); length > 0 {
		pg.rect(p.left, top, length, p.thick, st.fill)
		if st.hatch {
			pg.hatch(p.left, top, length, p.thick)
		}
		if st.outline {
			pg.frame(p.left, top, length, p.thick, muted)
		}
	}
	if to > from {
		pg.bracket(from, to, y, high)
	}
	d.beside(p.labels[i], marginX, y, high)
}

// bracket is a line with two ends, on white so that it stands out from any fill.
func (p *page) bracket(from, to, y, high float64) {
	for _, look := range []struct {
		thick float64
		color color
	}{{3, white}, {1.2, toneColor(report.ToneGood)}} {
		p.rule(from, y+high/2, to-from, look.thick, look.color)
		p.stroke(from, y, 0, high, look.thick, look.color)
		p.stroke(to, y, 0, high, look.thick, look.color)
	}
}

// value prints a bar's value at its end, on white: grid lines and marks stop there.
func (d *document) value(p *plot, i int, y float64) {
	high := p.row(i) - p.gap
	end := p.left + p.length(i) + 4
	if _, to := p.usual(i); end < to+4 {
		end = to + 4
	}
	d.page().rect(end-1, y+(high-p.thick)/2, broadest(p.values[i])+2, p.thick, white)
	d.beside(p.values[i], end, y, high)
}

// beside draws a label's or a value's lines in the middle of a bar's height.
func (d *document) beside(lines []line, x, y, height float64) {
	d.stack(lines, x, y+(height-float64(len(lines))*leading(barText.size))/2)
}

// hatch draws slanting lines over a rectangle, cut at its edges.
func (p *page) hatch(x, y, w, h float64) {
	// Each line starts on the foot, or where it enters at the left side, and
	// ends at the top or where it leaves at the right side.
	const step = 4.5
	for start := step - h; start < w; start += step {
		from, to := max(start, 0), min(start+h, w)
		if to > from {
			p.stroke(x+from, y+h-(from-start), to-from, -(to - from), 0.6, white)
		}
	}
}
