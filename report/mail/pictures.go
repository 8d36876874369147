package mail

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"poolsweep/report"
)

// Measures of a picture, in points of the page.
const (
	pictureWidth = 440.0 // a phone still shows its text
	plotHeight   = 110.0
	gap          = 6.0
	labelShare   = 0.4 // of the width at most, for what stands at the right
)

// draw makes pictures of the charts of a mail.
func draw(w *report.Weekly) ([]File, error) {
	var out []File
	for _, chart := range w.Charts {
		rows := 5.0 // of text above and below the plot
		paint := func(c *canvas) { c.timeline(chart.Timeline) }
		if chart.Columns != nil {
			rows = 4
			paint = func(c *canvas) { c.columns(chart.Columns, chart.Y) }
		}
		c, err := newCanvas(pictureWidth, plotHeight+rows*leading)
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", chart.Name, err)
		}
		paint(c)
		file, err := c.png()
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", chart.Name, err)
		}
		out = append(out, File{chart.Name, file})
	}
	return out, nil
}

// plot is the part of a picture that values are drawn in.
type plot struct {
	left, top, width, height float64
	x, y                     report.Scale
}

// place is where values stand.
func (p *plot) place(at report.Point) point {
	return point{p.left + within(p.x, at.X)*p.width, p.top + p.height*(1-within(p.y, at.Y))}
}

// within is a value's place on a scale, from 0 to 1.
func within(s report.Scale, v float64) float64 {
	if s.To <= s.From {
		return 0
	}
	return min(1, max(0, (v-s.From)/(s.To-s.From)))
}

// frame writes title and unit, and draws the axis of the values. At the right it leaves
// room.
func (c *canvas) frame(title, unit string, x, y report.Scale, right float64) *plot {
	c.text(bold, ink, c.fit(bold, title, c.w), point{0, leading - 3})
	c.text(regular, muted, c.fit(regular, unit, c.w), point{0, 2*leading - 3})
	left := 0.0
	for _, t := range y.Ticks {
		left = max(left, c.width(regular, t.Text))
	}
	p := &plot{left: left + gap, top: 2*leading + gap, height: plotHeight, x: x, y: y}
	p.width = c.w - p.left - right
	for _, t := range y.Ticks {
		at := p.top + p.height*(1-within(y, t.At))
		c.rect(hairline, p.left, at, p.width, 0.5)
		c.text(regular, muted, t.Text, point{left - c.width(regular, t.Text), at + textSize*0.35})
	}
	c.rect(muted, p.left, p.top+p.height, p.width, 1)
	return p
}

// columns draws standing columns, the series on top of each other, with their sums.
func (c *canvas) columns(chart *report.SheetChart, y report.Scale) {
	names := make([]string, len(chart.Series))
	right := 0.0
	for i, s := range chart.Series {
		names[i] = c.fit(regular, s.Name, c.w*labelShare)
		right = max(right, c.width(regular, names[i])+3*gap+10)
	}
	p := c.frame(chart.Title, chart.Unit, report.Scale{}, y, right)
	step := p.width / float64(len(chart.Labels))
	free := 0.0
	for i, label := range chart.Labels {
		x, sum := p.left+step*float64(i), 0.0
		for k, s := range chart.Series {
			foot := p.place(report.Point{Y: sum}).y
			if sum += s.Values[i]; s.Values[i] > 0 {
				head := p.place(report.Point{Y: sum}).y
				c.rect(series[k%len(series)], x+step*0.15, head, step*0.7, foot-head)
			}
		}
		if _, week, cut := strings.Cut(label, "-"); cut {
			label = week // the year stands in the words beside the picture
		}
		if wide := c.width(regular, label); x+step/2-wide/2 >= free {
			c.text(regular, muted, label, point{x + step/2 - wide/2, p.top + p.height + leading - 2})
			free = x + step/2 + wide/2 + gap
		}
	}
	for k, name := range slices.Backward(names) { // as they stand, the last on top
		at := p.top + leading*float64(len(names)-1-k)
		c.rect(series[k%len(series)], p.left+p.width+2*gap, at, 10, 10)
		c.text(regular, ink, name, point{p.left + p.width + 3*gap + 10, at + textSize - 2})
	}
}

// timeline draws lines over time, each labelled at its end.
func (c *canvas) timeline(t *report.Timeline) {
	labels := make([]string, len(t.Lines))
	right := 0.0
	for i, l := range t.Lines {
		labels[i] = c.fit(bold, strings.TrimSpace(l.Label+"  "+l.Text), c.w*labelShare)
		right = max(right, c.width(bold, labels[i])+2*gap)
	}
	p := c.frame(t.Title, t.Unit, t.X, t.Y, right)
	if t.Fan != nil {
		edge := make([]point, len(t.Fan.Edge))
		for i, e := range t.Fan.Edge {
			edge[i] = p.place(e)
		}
		c.area(pale, edge...)
		c.dashed(muted, 1, p.place(t.Fan.Middle[0]), p.place(t.Fan.Middle[1]))
	}
	c.timeTicks(p, t.Clock)
	for _, m := range t.Restarts {
		at := p.place(report.Point{X: m.Value})
		c.dashed(muted, 0.7, point{at.x, p.top}, point{at.x, p.top + p.height})
		c.text(regular, muted, c.fit(regular, m.Label, p.left+p.width-at.x), point{at.x + 3, p.top + p.height - 4})
	}
	for _, m := range t.Levels {
		at := p.place(report.Point{Y: m.Value})
		c.dashed(ink, 1, point{p.left, at.y}, point{p.left + p.width, at.y})
		c.text(regular, ink, c.fit(regular, m.Label, p.width-gap), point{p.left + gap, at.y + textSize + 2})
	}
	for i, l := range t.Lines {
		for _, part := range l.Parts {
			line := make([]point, len(part))
			for k, v := range part {
				line[k] = p.place(v)
			}
			c.path(lineColor(t.Lines, i), 1.6, line...)
			c.dot(lineColor(t.Lines, i), line[len(line)-1], 2.5)
		}
	}
	c.endLabels(p, t.Lines, labels)
}

// lineColor is that of a line: tags take theirs in turn.
func lineColor(lines []report.Line, i int) color.RGBA {
	if lines[i].Tone == report.ToneMuted {
		return poolGrey
	}
	return series[i%len(series)]
}

// timeTicks numbers the axis of time, as far as there is room.
func (c *canvas) timeTicks(p *plot, clock string) {
	foot := p.top + p.height
	free := [2]float64{p.left - gap, p.left - gap}
	for _, tick := range p.x.Ticks {
		x := p.place(report.Point{X: tick.At}).x
		c.rect(muted, x, foot, 1, 3)
		for i, text := range []string{tick.Text, tick.Sub} {
			wide := c.width(regular, text)
			at := min(max(x-wide/2, p.left-gap), c.w-wide)
			if text != "" && at >= free[i] {
				c.text(regular, muted, text, point{at, foot + leading*float64(i+1)})
				free[i] = at + wide + gap
			}
		}
	}
	c.text(regular, muted, clock, point{c.w - c.width(regular, clock), foot + 2*leading})
}

// endLabels writes beside each line's end what it is, as near as the others let it.
func (c *canvas) endLabels(p *plot, lines []report.Line, labels []string) {
	type end struct {
		i int
		y float64
	}
	var ends []end
	for i, l := range lines {
		last := l.Parts[len(l.Parts)-1]
		ends = append(ends, end{i, p.place(last[len(last)-1]).y})
	}
	slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(a.y, b.y) })
	lowest := p.top + p.height - leading*float64(len(ends)-1)
	free := p.top
	for k, e := range ends {
		y := min(max(e.y, free), lowest+leading*float64(k))
		free = y + leading
		fill := lineColor(lines, e.i)
		if lines[e.i].Tone == report.ToneMuted {
			fill = muted
		}
		c.text(bold, fill, labels[e.i], point{p.left + p.width + 2*gap, y + textSize*0.35})
	}
}
