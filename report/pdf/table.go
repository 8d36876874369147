package pdf

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/report"
)

// gutter is the space between two columns. A column of numbers and a text
// after it would touch but for a wider one.
const (
	gutter     = 9.0
	wideGutter = 16.0
)

func gutterAfter(columns []report.Column, i int) float64 {
	switch {
	case i == len(columns)-1:
		return 0
	case columns[i].Align == report.AlignRight && columns[i+1].Align == report.AlignLeft:
		return wideGutter
	}
	return gutter
}

// grid is a table with its columns measured.
type grid struct {
	table  *report.Table
	size   float64   // of the cells' text
	x      []float64 // left edge of each column
	widths []float64
	width  float64 // of all of it
}

// row is a table row broken into lines.
type row struct {
	cells [][]line
	lines int
}

// table draws a table with its caption; the header is repeated on each page.
func (d *document) table(t *report.Table) {
	if len(t.Columns) == 0 {
		return
	}
	g := d.measure(t)
	d.need(d.tableLeast(t))
	if t.Caption != "" {
		d.paragraph(t.Caption, d.scaled(strongText.sized(8.5)), marginX, d.column())
		d.y += 2
	}
	head := d.header(g)
	if g.height(head) > (d.bottom()-marginTop)/3 {
		// Titles this long cannot be repeated on each page: once, as a row.
		d.place(g, row{}, head)
		head = row{}
	} else {
		d.need(g.height(head) + 2*(leading(g.size)+rowGap))
		d.drawHeader(g, head)
	}
	for _, cells := range t.Rows {
		d.place(g, head, d.tableRow(g, cells))
	}
	d.y += 3
	if t.Note != "" {
		d.paragraph(t.Note, d.scaled(smallText), marginX, d.column())
	}
}

// tableLeast is the height to ask for before a table: all of a small one, which is
// read in one look, else that of a few rows.
func (d *document) tableLeast(t *report.Table) float64 {
	few, most := 4*leading(d.scaled(cellText).size+4), (d.bottom()-marginTop)/5
	if float64(len(t.Rows))*leading(leastSize) > most {
		return few // without measuring thousands of rows
	}
	g := d.measure(t)
	whole := 2*leading(g.size) + g.height(d.header(g))
	for _, cells := range t.Rows {
		whole += g.height(d.tableRow(g, cells))
	}
	if whole > most {
		return few
	}
	return max(few, whole)
}

// style is the look of a cell's text in a column.
func (g *grid) style(column int) style {
	if g.table.Columns[column].Mono {
		return style{mono, g.size - 0.3, ink} // it looks larger than the others
	}
	return cellText.sized(g.size)
}

// rowGap is the space for the line below a row.
const rowGap = 2.4

// height is what a row takes.
func (g *grid) height(r row) float64 { return float64(r.lines)*leading(g.size) + rowGap }

// shortTitle is the width up to which a column's title is not broken.
const shortTitle = 32.0

// slack is how much wider than its longest text a column may be drawn: figures
// that stand far apart are hard to follow along their row.
const slack = 26.0

// measure finds the widths of the columns: what their longest texts need, where
// that fits; else what their longest words need, and of the rest more for whom
// more is missing. When there is not enough for all words the text gets smaller.
func (d *document) measure(t *report.Table) *grid {
	g := &grid{table: t, size: d.scaled(cellText).size}
	space := d.column()
	for i := range t.Columns {
		space -= gutterAfter(t.Columns, i)
	}
	for {
		least := d.leastWidths(g, space)
		if sum(least) <= space || g.size <= leastSize {
			g.widths = spread(least, d.wholeWidths(g, space), shares(t.Columns), space)
			break
		}
		g.size = max(leastSize, g.size-0.5)
	}
	x := float64(marginX)
	for i, w := range g.widths {
		g.x = append(g.x, x)
		x += w
		g.width = x - marginX
		x += gutterAfter(t.Columns, i)
	}
	return g
}

// wholeWidths is what each column needs for its texts to stand on one line.
func (d *document) wholeWidths(g *grid, space float64) []float64 {
	whole := d.leastWidths(g, space)
	for i, c := range g.table.Columns {
		whole[i] = max(whole[i], min(space/4, d.glyphs.measure(c.Title, columnText.sized(min(g.size, columnText.size)))))
	}
	for _, cells := range g.table.Rows {
		for i := range min(len(cells), len(whole)) {
			w := d.glyphs.measure(cells[i].Text, cellTone(g.style(i), cells[i].Tone))
			whole[i] = max(whole[i], min(w, space))
		}
	}
	return whole
}

func sum(list []float64) float64 {
	total := 0.0
	for _, v := range list {
		total += v
	}
	return total
}

// leastWidths is the longest word of each column; numbers and fixed width
// texts, such as four bytes in hex, count as one word. A word above a third
// of the table is to be broken: a path, a machine's name.
func (d *document) leastWidths(g *grid, space float64) []float64 {
	least := make([]float64, len(g.table.Columns))
	for i, c := range g.table.Columns {
		st := columnText.sized(min(g.size, columnText.size))
		least[i] = d.longest(c.Title, st)
		if w := d.glyphs.measure(c.Title, st); w <= shortTitle {
			least[i] = w // also of Chinese, which may be broken anywhere
		}
	}
	for _, cells := range g.table.Rows {
		for i := range min(len(cells), len(least)) {
			st := cellTone(g.style(i), cells[i].Tone)
			w := d.longest(cells[i].Text, st)
			if c := g.table.Columns[i]; c.Mono || c.Align == report.AlignRight {
				w = d.glyphs.measure(cells[i].Text, st)
			}
			if w <= space/3 {
				least[i] = max(least[i], w)
			}
		}
	}
	return least
}

// longest is the width of the longest piece between blanks and Chinese
// characters, where a line may end.
func (d *document) longest(s string, st style) float64 {
	widest := 0.0
	breaks := func(r rune) bool { return r == ' ' || r == '\n' || r >= 0x2E80 }
	for word := range strings.FieldsFuncSeq(s, breaks) {
		widest = max(widest, d.glyphs.measure(word, st))
	}
	return widest
}

// shares are the widths asked for, made to sum to one.
func shares(columns []report.Column) []float64 {
	list, sum := make([]float64, len(columns)), 0.0
	for i, c := range columns {
		list[i] = max(c.Share, 0.01)
		sum += list[i]
	}
	for i := range list {
		list[i] /= sum
	}
	return list
}

// spread divides the space of a table. Shares tell who gets what nobody needs.
func spread(least, whole, share []float64, space float64) []float64 {
	widths := slices.Clone(least)
	if spare := space - sum(whole); spare >= 0 {
		for i := range widths {
			widths[i] = whole[i] + min(spare, slack*float64(len(widths)))*share[i]
		}
		return widths
	}
	if sum(least) >= space {
		for i := range widths {
			widths[i] *= space / sum(least)
		}
		return widths
	}
	// Who lacks little gets all of it; those who lack much share what is left.
	order := make([]int, len(widths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(whole[a]-least[a], whole[b]-least[b]) })
	left := space - sum(least)
	for n, i := range order {
		more := min(whole[i]-least[i], left/float64(len(order)-n))
		widths[i] += more
		left -= more
	}
	return widths
}

// header breaks the column titles.
func (d *document) header(g *grid) row {
	texts, styles := make([]string, len(g.table.Columns)), make([]style, len(g.table.Columns))
	for i, c := range g.table.Columns {
		texts[i], styles[i] = c.Title, columnText.sized(min(g.size, columnText.size))
	}
	return d.row(g, texts, styles...)
}

// untitled tells that no column has a title, as in a list of facts.
func (g *grid) untitled() bool {
	return !slices.ContainsFunc(g.table.Columns, func(c report.Column) bool { return c.Title != "" })
}

// drawHeader puts the titles on the line below them.
func (d *document) drawHeader(g *grid, head row) {
	if len(head.cells) == 0 {
		return
	}
	if g.untitled() {
		d.page().rule(marginX, d.y, g.width, 0.3, hairline)
		d.y++
		return
	}
	for i, cell := range head.cells {
		d.cell(g, i, cell, d.y+float64(head.lines-len(cell))*leading(g.size))
	}
	d.y += g.height(head)
	d.page().rule(marginX, d.y-1.2, g.width, 0.6, muted)
}

// cell draws the lines of one cell, numbers to the right.
func (d *document) cell(g *grid, column int, lines []line, top float64) {
	for _, l := range lines {
		base := baseline(top, leading(g.size), l.style.size)
		if g.table.Columns[column].Align == report.AlignRight {
			d.page().drawRight(l, g.x[column]+g.widths[column], base)
		} else {
			d.page().draw(l, g.x[column], base)
		}
		top += leading(g.size)
	}
}

// row breaks texts into the cells of a row, each in its style.
func (d *document) row(g *grid, texts []string, styles ...style) row {
	r := row{cells: make([][]line, len(g.table.Columns)), lines: 1}
	for i := range min(len(texts), len(r.cells)) {
		r.cells[i] = d.glyphs.wrap(texts[i], styles[i], g.widths[i])
		if g.table.Columns[i].Clip {
			r.cells[i] = d.glyphs.clip(r.cells[i], g.widths[i])
		}
		r.lines = max(r.lines, len(r.cells[i]))
	}
	return r
}

// tableRow is a row in the tones of its cells.
func (d *document) tableRow(g *grid, cells []report.Cell) row {
	texts, styles := make([]string, len(cells)), make([]style, len(cells))
	for i := range min(len(cells), len(g.table.Columns)) {
		texts[i], styles[i] = cells[i].Text, cellTone(g.style(i), cells[i].Tone)
	}
	return d.row(g, texts, styles...)
}

// place puts a row on this page or, below a new header, on the next. Only a
// row taller than a page is cut.
func (d *document) place(g *grid, head, r row) {
	// A row from whole lines on does not fit on any page.
	whole := int((d.bottom() - marginTop - g.height(head) - rowGap) / leading(g.size))
	for r.lines > whole {
		fit := int((d.room() - rowGap) / leading(g.size))
		if fit < 3 {
			d.turn()
			d.drawHeader(g, head)
			continue
		}
		d.drawRow(g, r.take(fit))
	}
	if d.room() < g.height(r) {
		d.turn()
		d.drawHeader(g, head)
	}
	d.drawRow(g, r)
}

// drawRow draws a row with a hairline below it.
func (d *document) drawRow(g *grid, r row) {
	for i, cell := range r.cells {
		d.cell(g, i, cell, d.y)
	}
	d.y += g.height(r)
	d.page().rule(marginX, d.y-1.2, g.width, 0.3, hairline)
}

// take removes the first n lines of a row and returns them.
func (r *row) take(n int) row {
	first := row{cells: make([][]line, len(r.cells)), lines: min(n, r.lines)}
	for i, cell := range r.cells {
		k := min(n, len(cell))
		first.cells[i], r.cells[i] = cell[:k], cell[k:]
	}
	r.lines -= first.lines
	return first
}
