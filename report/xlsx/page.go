package xlsx

import (
	"errors"
	"strings"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// page is a sheet under construction.
type page struct {
	*book
	sheet *report.Sheet
	name  string // as Excel accepts it
}

// draw draws the sheet: a table when it has columns, otherwise pairs.
func (p *page) draw(tableName string) error {
	if err := p.layout(); err != nil {
		return err
	}
	if len(p.sheet.Columns) == 0 {
		return p.pairs()
	}
	return p.table(tableName)
}

// layout sets what all sheets share: no grid, landscape pages as wide as the
// sheet, a footer.
func (p *page) layout() error {
	const a4, anyHeight = 9, 0
	footer := "&L" + footerText(p.model.Title) + "&C&A&R&P / &N"
	return errors.Join(
		p.SetSheetView(p.name, -1, &excelize.ViewOptions{ShowGridLines: new(false)}),
		p.SetSheetProps(p.name, &excelize.SheetPropsOptions{FitToPage: new(true)}),
		p.SetPageLayout(p.name, &excelize.PageLayoutOptions{Size: new(a4),
			Orientation: new("landscape"), FitToWidth: new(1), FitToHeight: new(anyHeight)}),
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

// title writes the heading and the introducing sentence.
func (p *page) title(rows rowWriter) error {
	heading := excelize.Cell{StyleID: p.style(style{use: useHeading}), Value: text(p.sheet.Heading)}
	intro := excelize.Cell{StyleID: p.style(style{use: useIntro}), Value: text(p.sheet.Intro)}
	return errors.Join(
		rows.SetRow("A1", []any{&heading}, excelize.RowOpts{Height: 24}),
		rows.SetRow("A2", []any{&intro}),
	)
}

// rowWriter takes the rows of a sheet from top to bottom, each a list of
// *excelize.Cell. *excelize.StreamWriter is one.
type rowWriter interface {
	SetRow(cell string, values []any, opts ...excelize.RowOpts) error
}

// heldRows writes rows into a sheet that excelize holds in memory.
type heldRows struct{ *page }

// SetRow writes a row as the stream writer does.
func (h heldRows) SetRow(cell string, values []any, opts ...excelize.RowOpts) error {
	col, row, err := excelize.CellNameToCoordinates(cell)
	if err != nil {
		return err
	}
	for _, o := range opts {
		if o.Height == 0 {
			continue
		}
		if err := h.SetRowHeight(h.name, row, o.Height); err != nil {
			return err
		}
	}
	for i, v := range values {
		if err := h.set(place(col+i, row), *v.(*excelize.Cell)); err != nil {
			return err
		}
	}
	return nil
}

// set writes a cell.
func (h heldRows) set(at string, c excelize.Cell) error {
	if s, ok := c.Value.(string); ok {
		c.Value = escaped(s)
	}
	return errors.Join(h.SetCellValue(h.name, at, c.Value), h.SetCellStyle(h.name, at, at, c.StyleID))
}

// place names a cell: place(2, 5) is "B5". The model's columns and rows are far
// from the limits, and the row writers check them again.
func place(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		panic(err)
	}
	return name
}
