package pdf

import "poolsweep/report"

// Measures of a ladder.
const (
	stepHeight = 11.0
	rungGap    = 5.0
	rungColumn = 26.0 // holds "1:4"
)

// zoneFill is the ground of what is usual or accepted.
var zoneFill = color{0xDC, 0xE6, 0xDF}

// ladder is a ratio chart that is measured but not drawn.
type ladder struct {
	r     *report.Ratios
	title []line
	note  []line
	left  float64 // of the axis
	width float64
	text  float64 // left edge of the figures
}

// ratios draws the ladder; one longer than a page goes on.
func (d *document) ratios(r *report.Ratios) {
	l := d.planRatios(r)
	d.need(min(l.height(), d.bottom()-marginTop))
	d.stack(l.title, marginX, d.y)
	d.y += stackHeight(l.title) + 3
	top := d.y
	for i := range r.Rungs {
		if i > 0 {
			d.y += rungGap
		}
		for j := range r.Rungs[i].Tags {
			if d.room() < stepHeight+axisHeight {
				d.ladderAxis(l, top)
				d.turn()
				top = d.y
			}
			d.placed(l, &r.Rungs[i], j)
		}
	}
	d.ladderAxis(l, top)
	d.stack(l.note, marginX, d.y)
	d.y += stackHeight(l.note)
}

// planRatios measures a ladder. Labels and figures get what the longest of them needs,
// up to a share of the column: the axis must stay wide enough to compare on.
func (d *document) planRatios(r *report.Ratios) *ladder {
	l := &ladder{r: r, title: d.optional(r.Title, kickerText), note: d.optional(r.Note, tickFont)}
	labels, figures := 0.0, 0.0
	for _, g := range r.Rungs {
		for _, t := range g.Tags {
			labels = max(labels, d.one(t.Label, barText).width)
			figures = max(figures, d.one(t.Text, barText).width)
		}
	}
	labels, figures = min(labels, 0.25*d.column()), min(figures, 0.3*d.column())
	l.left = marginX + rungColumn + labels + labelGap
	l.text = d.width - marginX - figures
	l.width = l.text - labelGap - l.left
	return l
}

// height is that of the whole ladder on one page.
func (l *ladder) height() float64 {
	sum := stackHeight(l.title) + 3 + axisHeight + stackHeight(l.note)
	for _, g := range l.r.Rungs {
		sum += float64(len(g.Tags))*stepHeight + rungGap
	}
	return sum
}

// placed draws one tag: its rung where that begins, its zone, and where it stands. The
// zone of each step touches that of the next, so that a rung has one zone.
func (d *document) placed(l *ladder, g *report.Rung, i int) {
	t, p := g.Tags[i], d.page()
	base := baseline(d.y, stepHeight, barText.size)
	if i == 0 {
		p.draw(d.cramped(g.Label, style{bold, barText.size, accent}, rungColumn, 4), marginX, base)
	}
	st := cellTone(barText, t.Tone)
	p.draw(d.cramped(t.Label, st, l.left-labelGap-marginX-rungColumn, 4), marginX+rungColumn, base)
	p.draw(d.cramped(t.Text, st, d.width-marginX-l.text, 4), l.text, base)
	if t.Within > 0 {
		from, to := l.at(-t.Within), l.at(t.Within)
		p.rect(from, d.y, to-from, stepHeight, zoneFill)
	}
	d.y += stepHeight
	p.rule(l.left, d.y-stepHeight/2, l.width, 0.35, hairline)
	// A follower may be off by a hundred times what the axis shows: an arrow says so, and
	// the figure beside it says how far.
	at := point{l.at(t.Off), d.y - stepHeight/2}
	switch {
	case t.Off > l.r.X.To:
		p.area([]point{{at.x, at.y}, {at.x - 5, at.y - 3}, {at.x - 5, at.y + 3}}, st.color)
	case t.Off < l.r.X.From:
		p.area([]point{{at.x, at.y}, {at.x + 5, at.y - 3}, {at.x + 5, at.y + 3}}, st.color)
	case t.Tone == report.ToneMuted:
		d.mark(lineLook{color: muted, marker: ring}, at)
	default:
		d.mark(lineLook{color: ink, marker: disc}, at)
	}
}

// at is where a deviation stands on the page.
func (l *ladder) at(off float64) float64 { return l.left + within(l.r.X, off)*l.width }

// ladderAxis draws the axis below the steps, and zero through them.
func (d *document) ladderAxis(l *ladder, top float64) {
	foot := d.y + 1
	d.page().stroke(l.at(0), top, 0, foot-top, 0.7, muted)
	d.page().rule(l.left, foot, l.width, 0.5, muted)
	free := 0.0 // right edge of the last number: one that would touch it is left out
	for _, tick := range l.r.X.Ticks {
		x := l.at(tick.At)
		d.page().stroke(x, foot, 0, 2.5, 0.5, muted)
		if text := d.one(tick.Text, tickFont); x-text.width/2 >= free {
			d.page().drawCentre(text, x, foot+9.5)
			free = x + text.width/2 + 5
		}
	}
	unit := d.cramped(l.r.Unit, tickFont, d.column(), 5)
	d.page().draw(unit, min(l.left, d.width-marginX-unit.width), foot+19)
	d.y = foot + axisHeight
}
