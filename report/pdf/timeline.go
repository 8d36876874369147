package pdf

import (
	"cmp"
	"slices"

	"poolsweep/report"
)

// Measures of a timeline. It is low: on the first page it stands beside all else.
const (
	plotHeight  = 82.0
	labelShare  = 0.28 // of the column at most, for the labels at the lines' ends
	endGap      = 12.0 // between a line's end and its label
	markerRoom  = 8.0  // between two markers
	markerSize  = 2.0
	tickHeight  = 9.5
	footPadding = 3.0
)

// lineLook is how a line is told from the others: by dashes and marker where there
// is no colour, by lightness too.
type lineLook struct {
	color  color
	dashes []float64
	marker marker
}

var lineLooks = [...]lineLook{
	{color{0x97, 0x16, 0x1B}, nil, disc},
	{color{0x1F, 0x3F, 0x66}, []float64{5, 2}, square},
	{color{0xA3, 0x48, 0x00}, []float64{1.5, 1.5}, triangle},
	{color{0x1F, 0x66, 0x3B}, []float64{6, 1.5, 1.5, 1.5}, ring},
	{color{0x5B, 0x3A, 0x7E}, []float64{9, 3}, frame},
	{color{0x1B, 0x1F, 0x24}, []float64{3, 1, 1, 1, 1, 1}, cross},
}

// poolLook is that of a line that is no tag.
var poolLook = lineLook{color{0x9A, 0xA3, 0xAE}, nil, bare}

// fanFill is pale enough for lines to be seen on it.
var fanFill = color{0xE4, 0xE7, 0xEB}

// marker is the shape drawn at a line's points.
type marker uint8

const (
	bare marker = iota
	disc
	square
	triangle
	ring
	frame
	cross
)

// graph is a timeline that is measured but not drawn.
type graph struct {
	t      *report.Timeline
	title  []line
	unit   []line
	note   []line
	clock  line
	ends   []endLabel
	left   float64 // of the plot
	width  float64
	high   float64 // of the plot
	starts float64 // height of the strip for the labels of restarts
	foot   float64 // height of the time axis
}

// endLabel is what stands at a line's end.
type endLabel struct {
	lines []line
	look  lineLook
	from  point   // the line's end, y from the top of the plot
	y     float64 // top of the label, from there
}

// height is that of the label's lines.
func (l *endLabel) height() float64 { return float64(len(l.lines)) * leading(tickFont.size) }

// timeline draws a line chart in one piece.
func (d *document) timeline(t *report.Timeline) {
	g := d.planTimeline(t)
	d.need(g.height())
	d.stack(g.title, marginX, d.y)
	d.y += stackHeight(g.title)
	d.stack(g.unit, marginX, d.y)
	d.y += stackHeight(g.unit) + g.starts
	top := d.y
	// From the ground up: what may be covered first, the labels last.
	d.fan(g, top)
	d.grid(g, top)
	d.restarts(g, top)
	d.levels(g, top)
	for i, l := range t.Lines {
		d.course(g, l, lookOf(t.Lines, i), top)
	}
	d.markers(g, top)
	for i := range g.ends {
		d.end(g, &g.ends[i], top)
	}
	d.y = top + g.high + g.foot
	d.stack(g.note, marginX, d.y)
	d.y += stackHeight(g.note)
}

// lookOf is the look of a line: tags take theirs in turn.
func lookOf(lines []report.Line, i int) lineLook {
	if lines[i].Tone == report.ToneMuted {
		return poolLook
	}
	return lineLooks[i%len(lineLooks)]
}

// stackHeight is what lines below each other take.
func stackHeight(lines []line) float64 {
	sum := 0.0
	for _, l := range lines {
		sum += leading(l.style.size)
	}
	return sum
}

// height is that of the whole timeline, which is never divided.
func (g *graph) height() float64 {
	return stackHeight(g.title) + stackHeight(g.unit) + g.starts + g.high + g.foot +
		stackHeight(g.note)
}

// planTimeline measures a timeline: the values at the left and the labels at the right
// take what they need, the plot has the rest. There is no legend: a label at a line's
// end is read without looking back and forth.
func (d *document) planTimeline(t *report.Timeline) *graph {
	g := &graph{t: t, clock: d.one(t.Clock, tickFont), high: plotHeight * d.scale, starts: 4}
	g.title = d.optional(t.Title, kickerText)
	g.unit = d.optional(t.Unit, tickFont)
	g.note = d.optional(t.Note, tickFont)
	values := g.clock.width
	for _, tick := range t.Y.Ticks {
		values = max(values, d.one(tick.Text, tickFont).width)
	}
	labels := 0.0
	for i, l := range t.Lines {
		st := style{bold, tickFont.size, lookOf(t.Lines, i).color}
		if l.Tone == report.ToneMuted {
			st = tickFont
		}
		text := d.glyphs.wrap(joined("  ", l.Label, l.Text), st, d.column()*labelShare)
		labels = max(labels, broadest(text))
		g.ends = append(g.ends, endLabel{lines: text, look: lookOf(t.Lines, i)})
	}
	g.left = marginX + values + 5
	g.width = d.width - marginX - labels - endGap - g.left
	sum := 0.0
	for i := range g.ends {
		sum += g.ends[i].height()
	}
	g.high = max(g.high, sum) // more labels than the plot is high make it higher
	if slices.ContainsFunc(t.Restarts, func(m report.Mark) bool { return m.Label != "" }) {
		g.starts = leading(tickFont.size)
	}
	g.foot = tickHeight + footPadding
	if slices.ContainsFunc(t.X.Ticks, func(t report.Tick) bool { return t.Sub != "" }) {
		g.foot += tickHeight
	}
	g.placeEnds()
	return g
}

// optional wraps a text that may be missing.
func (d *document) optional(s string, st style) []line {
	if s == "" {
		return nil
	}
	return d.glyphs.wrap(s, st, d.column())
}

// place is where a value stands, from the left edge of the page and the top of the
// plot.
func (g *graph) place(p report.Point) point {
	return point{g.left + within(g.t.X, p.X)*g.width, g.high * (1 - within(g.t.Y, p.Y))}
}

// within is a value's place on a scale, from 0 to 1.
func within(s report.Scale, v float64) float64 {
	if s.To <= s.From {
		return 0
	}
	return min(1, max(0, (v-s.From)/(s.To-s.From)))
}

// placeEnds puts each label beside its line's end, as near as the others let it.
func (g *graph) placeEnds() {
	order := make([]*endLabel, len(g.ends))
	for i := range g.ends {
		e := &g.ends[i]
		if parts := g.t.Lines[i].Parts; len(parts) > 0 {
			last := parts[len(parts)-1]
			e.from = g.place(last[len(last)-1])
		}
		e.y = e.from.y - e.height()/2
		order[i] = e
	}
	slices.SortStableFunc(order, func(a, b *endLabel) int { return cmp.Compare(a.from.y, b.from.y) })
	free := 0.0 // foot of the label above
	for _, e := range order {
		e.y = max(e.y, free)
		free = e.y + e.height()
	}
	// What was pushed out below the plot pushes back.
	floor := g.high
	for _, e := range slices.Backward(order) {
		e.y = min(e.y, floor-e.height())
		floor = e.y
	}
}

// grid draws both axes with their ticks.
func (d *document) grid(g *graph, top float64) {
	p := d.page()
	for _, tick := range g.t.Y.Ticks {
		y := top + g.high*(1-within(g.t.Y, tick.At))
		p.rule(g.left, y, g.width, 0.35, hairline)
		p.drawRight(d.one(tick.Text, tickFont), g.left-4, y+tickFont.size*0.35)
	}
	foot := top + g.high
	p.draw(g.clock, marginX, foot+tickHeight)
	// Of crowded ticks all are drawn, and as many are numbered as there is room for.
	free := [2]float64{g.left - 4, g.left - 4}
	for _, tick := range g.t.X.Ticks {
		x := g.left + within(g.t.X, tick.At)*g.width
		p.stroke(x, foot, 0, 2.5, 0.5, muted)
		for i, text := range []string{tick.Text, tick.Sub} {
			l := d.one(text, tickFont)
			at := min(max(x-l.width/2, g.left-2), d.width-marginX-l.width)
			if text != "" && at >= free[i] {
				p.draw(l, at, foot+float64(i+1)*tickHeight)
				free[i] = at + l.width + 5
			}
		}
	}
	p.rule(g.left, foot, g.width, 0.5, muted)
}

// fan draws the forecast under everything else.
func (d *document) fan(g *graph, top float64) {
	f := g.t.Fan
	if f == nil {
		return
	}
	edge := make([]point, len(f.Edge))
	for i, e := range f.Edge {
		edge[i] = g.shift(e, top)
	}
	d.page().area(edge, fanFill)
	d.page().path(append(edge, edge[0]), 0.35, muted, nil)
	d.page().path([]point{g.shift(f.Middle[0], top), g.shift(f.Middle[1], top)}, 0.8, muted, []float64{4, 2})
}

// shift is place on the page.
func (g *graph) shift(p report.Point, top float64) point {
	at := g.place(p)
	return point{at.x, at.y + top}
}

// levels draws the horizontal lines with their labels, on white: the ground of the
// plot shows through nothing.
func (d *document) levels(g *graph, top float64) {
	for _, m := range g.t.Levels {
		y := top + g.high*(1-within(g.t.Y, m.Value))
		d.page().path([]point{{g.left, y}, {g.left + g.width, y}}, 1, ink, []float64{7, 2, 2, 2})
		label := d.cramped(m.Label, tickFont.in(ink), g.width-8, 5)
		at := y + tickFont.size + 1
		d.page().rect(g.left+3, at-tickFont.size+0.5, label.width+2, tickFont.size+1, white)
		d.page().draw(label, g.left+4, at)
	}
}

// restarts marks where the machine was started: a line with its label above the
// plot, or a short tick at the foot when there are too many for that.
func (d *document) restarts(g *graph, top float64) {
	free := 0.0
	for _, m := range g.t.Restarts {
		x := g.left + within(g.t.X, m.Value)*g.width
		if m.Label == "" {
			d.page().stroke(x, top+g.high-5, 0, 5, 0.6, ink)
			continue
		}
		d.page().dash(x, top-2, g.high+2, muted)
		label := d.cramped(m.Label, tickFont, g.width, 5)
		at := min(x-label.width/2, d.width-marginX-label.width)
		if at >= free {
			d.page().draw(label, at, top-4)
			free = at + label.width + 4
		}
	}
}

// course draws a line, each boot session by itself.
func (d *document) course(g *graph, l report.Line, look lineLook, top float64) {
	thick := 1.1
	if look.marker == bare {
		thick = 1.8
	}
	for _, part := range l.Parts {
		line := make([]point, len(part))
		for i, p := range part {
			line[i] = g.shift(p, top)
		}
		if len(line) > 1 {
			d.page().path(line, thick, look.color, look.dashes)
		}
	}
}

// markers puts markers on the lines in turn, each in columns of its own: tags in
// step have the same counts, and one marker would hide the others.
func (d *document) markers(g *graph, top float64) {
	for i, l := range g.t.Lines {
		look, marked := lookOf(g.t.Lines, i), 0
		width := max(markerRoom, g.width/float64(max(1, longest(g.t.Lines))))
		last := -1
		for _, part := range l.Parts {
			for _, p := range part {
				at := g.shift(p, top)
				column := int((at.x - g.left) / width)
				// A session of one point is nothing but its marker.
				if len(part) == 1 || column%len(g.t.Lines) == i && column != last {
					d.mark(look, at)
					last = column
					marked++
				}
			}
		}
		if parts := l.Parts; marked == 0 && len(parts) > 0 {
			end := parts[len(parts)-1]
			d.mark(look, g.shift(end[len(end)-1], top))
		}
	}
}

// longest is the number of points of the longest line.
func longest(lines []report.Line) int {
	most := 0
	for _, l := range lines {
		n := 0
		for _, part := range l.Parts {
			n += len(part)
		}
		most = max(most, n)
	}
	return most
}

// mark draws the marker of a line at a point.
func (d *document) mark(look lineLook, at point) {
	const r = markerSize
	box := []point{{at.x - r, at.y - r}, {at.x + r, at.y - r}, {at.x + r, at.y + r}, {at.x - r, at.y + r},
		{at.x - r, at.y - r}}
	p := d.page()
	switch look.marker {
	case disc:
		p.add(op{kind: opCircle, x: at.x, y: at.y, w: r, color: look.color})
	case square:
		p.area(box, look.color)
	case triangle:
		p.area([]point{{at.x, at.y - 1.3*r}, {at.x + 1.2*r, at.y + r}, {at.x - 1.2*r, at.y + r}}, look.color)
	case ring: // its hole hides the line, which a circle drawn with a stroke would not
		p.add(op{kind: opCircle, x: at.x, y: at.y, w: r + 0.3, color: look.color})
		p.add(op{kind: opCircle, x: at.x, y: at.y, w: r - 0.7, color: white})
	case frame:
		p.area(box, white)
		p.path(box, 0.9, look.color, nil)
	case cross:
		p.path([]point{{at.x - r, at.y - r}, {at.x + r, at.y + r}}, 0.9, look.color, nil)
		p.path([]point{{at.x - r, at.y + r}, {at.x + r, at.y - r}}, 0.9, look.color, nil)
	}
}

// end draws a label and, where the line ends elsewhere, a hairline to it.
func (d *document) end(g *graph, e *endLabel, top float64) {
	x := g.left + g.width + endGap
	d.stack(e.lines, x, top+e.y)
	if e.from.x == 0 { // no snapshot shows it
		return
	}
	middle := e.y + e.height()/2
	d.page().path([]point{{e.from.x + markerSize + 1, top + e.from.y}, {g.left + g.width + 2, top + e.from.y},
		{x - 2, top + middle}}, 0.4, e.look.color, []float64{0.8, 1.2})
}
