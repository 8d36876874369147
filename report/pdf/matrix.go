package pdf

import "poolsweep/report"

// Measures of a matrix.
const (
	matrixHeight = 11.0
	matrixWidth  = 38.0 // of a column, where there is room
)

// matrix draws the quotients of tags: below each tag those divided by it. What agrees has
// the ground that the ladder gives to its tolerance. It is lower than any page.
func (d *document) matrix(m *report.Matrix) {
	title, note := d.optional(m.Title, kickerText), d.optional(m.Note, tickFont)
	d.need(stackHeight(title) + 3 + float64(len(m.Rows)+1)*matrixHeight + 2 + stackHeight(note))
	d.stack(title, marginX, d.y)
	d.y += stackHeight(title) + 3
	labels := 0.0
	for _, r := range m.Rows {
		labels = max(labels, d.one(r.Label, barText).width)
	}
	labels = min(labels, 0.25*d.column())
	left := marginX + labels + labelGap
	width := min(matrixWidth, (d.width-marginX-left)/float64(max(1, len(m.Columns))))
	for i, tag := range m.Columns {
		head := d.cramped(tag, barText.in(muted), width-2, 4)
		d.page().drawRight(head, left+float64(i+1)*width-2, baseline(d.y, matrixHeight, barText.size))
	}
	d.y += matrixHeight
	for _, r := range m.Rows {
		base := baseline(d.y, matrixHeight, barText.size)
		d.page().draw(d.cramped(r.Label, barText, labels, 4), marginX, base)
		for i, q := range r.Quotients {
			st, right := barText.in(muted), left+float64(i+1)*width
			if q.Agrees {
				d.page().rect(right-width+1, d.y+0.5, width-1, matrixHeight-1, zoneFill)
				st = barText
			}
			d.page().drawRight(d.cramped(q.Text, st, width-3, 4), right-2, base)
		}
		d.y += matrixHeight
	}
	d.y += 2
	d.stack(note, marginX, d.y)
	d.y += stackHeight(note)
}
