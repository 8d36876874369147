package xlsx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// page is a sheet of the file: one of the model, or a piece of one that has more
// rows than Excel lets a sheet have.
type page struct {
	*book
	sheet *report.Sheet
	name  string // as Excel accepts it
	table string // the name of its table
	data  string // the name of the hidden sheet for what its tiny charts draw
	part  string // the name of its part in the file

	from, len int // which of the sheet's rows it holds
	number    int // of the piece, from 1
	pieces    int // how many pieces its sheet has
}

// paginate divides the model's sheets so that none has more than most rows, and
// names the pieces: "Series", "Series 2".
func paginate(sheets []report.Sheet, most int) []*page {
	var pages []*page
	for i := range sheets {
		s := &sheets[i]
		pieces := max((s.Len+most-1)/most, 1)
		for k := range pieces {
			pages = append(pages, &page{sheet: s, from: k * most, len: min(s.Len-k*most, most),
				number: k + 1, pieces: pieces})
		}
	}
	nameSheets(pages)
	nameTables(pages)
	return pages
}

// draw draws the page by what its sheet holds.
func (p *page) draw() error {
	var err error
	if p.part, err = p.newSheet(p.name); err != nil {
		return err
	}
	switch {
	case len(p.sheet.Columns) > 0:
		return p.drawTable()
	case len(p.sheet.Figures) > 0 || len(p.sheet.Charts) > 0:
		return p.dashboard()
	}
	return p.pairs()
}

// perPage is how many characters of a column's width a landscape page holds at the
// smallest scale that can still be read, two thirds; perPicture, at the one at which
// coloured cells can still be told apart.
const (
	perPage    = 210
	perPicture = 320
)

// abreast returns how many pages side by side keep columns of these widths readable
// with most characters on each. A column is never divided, and the first is repeated
// on each page.
func abreast(widths []float64, most float64) int {
	pages, used := 1, 0.0
	for _, width := range widths {
		if used += width; used > most && used > width {
			pages, used = pages+1, widths[0]+width
		}
	}
	return pages
}

// spread returns the columns, from 1, that a sentence over a table may take, and how
// wide they are: those that surely stand on the first of several pages, but for the
// column that is repeated on the others, where it would be cut.
func spread(widths []float64, pages int) (from, to int, width float64) {
	const sure = 0.85
	total := 0.0
	for _, w := range widths {
		total += w
	}
	if pages < 2 {
		return 1, len(widths), total
	}
	most := sure*(total/float64(pages)) - widths[0]
	for to = 2; to < len(widths) && width+widths[to-1] <= most; to++ {
		width += widths[to-1]
	}
	return 2, max(to-1, 2), max(width, widths[1])
}

// layout sets what all sheets share: no grid, landscape pages, a footer. Where a row
// takes several pages, they follow each other.
func (p *page) layout(pages int) error {
	const a4, anyHeight = 9, 0
	footer := "&L" + footerText(p.model.Title) + "&C&A&R&P / &N"
	return errors.Join(
		p.SetSheetView(p.name, -1, &excelize.ViewOptions{ShowGridLines: new(false)}),
		p.SetSheetProps(p.name, &excelize.SheetPropsOptions{FitToPage: new(true)}),
		p.SetPageLayout(p.name, &excelize.PageLayoutOptions{Size: new(a4), Orientation: new("landscape"),
			FitToWidth: new(pages), FitToHeight: new(anyHeight), PageOrder: new("overThenDown")}),
		p.SetPageMargins(p.name, &excelize.PageLayoutMarginsOptions{Left: new(0.4), Right: new(0.4),
			Top: new(0.5), Bottom: new(0.7), Header: new(0.3), Footer: new(0.3)}),
		p.SetHeaderFooter(p.name, &excelize.HeaderFooterOptions{OddFooter: footer}),
	)
}

// footerText keeps a text free of footer codes, where & starts one, and within
// the length that Excel accepts for the whole footer.
func footerText(s string) string {
	const most = 100
	return strings.ReplaceAll(cut(s, most), "&", "&&")
}

// title writes the heading, and the introducing sentence in a column.
func (p *page) title(column int) error {
	heading := p.sheet.Heading
	if p.pieces > 1 {
		heading += fmt.Sprintf(" (%d / %d)", p.number, p.pieces)
	}
	return errors.Join(
		p.set(place(1, 1), style{use: useHeading}, heading), p.SetRowHeight(p.name, 1, headingHeight),
		p.set(place(column, 2), style{use: useIntro}, p.sheet.Intro),
	)
}

// Heights of rows, in points. Where a sheet's pages are counted each row has one: a
// reader has its own for the others.
const (
	headingHeight = 24
	usualHeight   = 15
)

// set writes a text or a number into a cell that excelize holds.
func (p *page) set(at string, look style, v any) error {
	if s, ok := v.(string); ok {
		v = escaped(text(s))
	}
	return errors.Join(p.SetCellValue(p.name, at, v), p.SetCellStyle(p.name, at, at, p.style(look)))
}

// place names a cell: place(2, 5) is "B5". The model's columns and rows are far
// from the limits.
func place(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		panic(err)
	}
	return name
}

// letters names a column, counted from 0.
func letters(col int) string { return strings.TrimRight(place(col+1, 1), "1") }
