// Package xlsx writes the workbook. It draws what the view model says and is the
// only place that knows excelize.
//
// A pool tag is four arbitrary bytes and may begin with = + - or @, so every text
// goes out as a typed string cell and no cell is ever a formula. The same model
// gives the same bytes.
package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// Write writes the workbook.
func Write(w io.Writer, m *report.Workbook) error {
	b := &book{File: excelize.NewFile(), model: m, names: sheetNames(m.Sheets), styles: map[style]int{}}
	defer b.Close()
	if err := b.build(); err != nil {
		return fmt.Errorf("build workbook: %w", err)
	}
	if err := b.save(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// book is a workbook under construction.
type book struct {
	*excelize.File
	model  *report.Workbook
	names  []string // of the sheets, as Excel accepts them
	styles map[style]int
}

func (b *book) build() error {
	if err := b.properties(); err != nil {
		return err
	}
	tables := tableNames(b.names)
	for i := range b.model.Sheets {
		if err := b.newSheet(i); err != nil {
			return err
		}
		s := &b.model.Sheets[i]
		draw := func() error { return b.table(s, b.names[i], tables[i]) }
		if len(s.Columns) == 0 {
			draw = func() error { return b.pairs(s, b.names[i]) }
		}
		if err := draw(); err != nil {
			return fmt.Errorf("sheet %q: %w", s.Name, err)
		}
	}
	return nil
}

// newSheet adds sheet i. A new file already has one: it becomes the first.
func (b *book) newSheet(i int) error {
	if i == 0 {
		return b.SetSheetName(b.GetSheetName(0), b.names[0])
	}
	_, err := b.NewSheet(b.names[i])
	return err
}

// properties fills the document's properties. excelize starts from a template
// with a date of its own, so an unknown date has to be a fixed one: the first
// day that a zip archive can name.
func (b *book) properties() error {
	created := b.model.Created.UTC()
	if created.IsZero() {
		created = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	day := created.Format(time.RFC3339)
	return errors.Join(
		b.SetDocProps(&excelize.DocProperties{
			Title: b.model.Title, Creator: b.model.Tool, LastModifiedBy: b.model.Tool, Created: day, Modified: day,
		}),
		b.SetAppProps(&excelize.AppProperties{Application: b.model.Tool}),
	)
}

// page sets what all sheets share: no grid, landscape pages as wide as the
// sheet, a footer.
func (b *book) page(sheet string) error {
	const a4, unlimited = 9, 0
	return errors.Join(
		b.SetSheetView(sheet, -1, &excelize.ViewOptions{ShowGridLines: new(false)}),
		b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: new(true)}),
		b.SetPageLayout(sheet, &excelize.PageLayoutOptions{
			Orientation: new("landscape"), Size: new(a4), FitToWidth: new(1), FitToHeight: new(unlimited)}),
		b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
			Left: new(0.4), Right: new(0.4), Top: new(0.5), Bottom: new(0.7), Header: new(0.3), Footer: new(0.3)}),
		b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
			OddFooter: "&L" + footerText(b.model.Title) + "&C&A&R&P / &N"}),
	)
}

// footerText keeps a text free of footer codes, where & starts one, and within
// the length that Excel accepts for the whole footer.
func footerText(s string) string {
	const most = 100
	r := []rune(s)
	return strings.ReplaceAll(string(r[:min(most, len(r))]), "&", "&&")
}

// save writes the parts in a fixed order. excelize declares their types in the
// order of a map.
func (b *book) save(w io.Writer) error {
	types := b.ContentTypes
	slices.SortFunc(types.Defaults, byPrinted)
	slices.SortFunc(types.Overrides, byPrinted)
	p := &parts{}
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return p })
	if _, err := b.WriteToBuffer(); err != nil {
		return err
	}
	return p.writeTo(w)
}

// byPrinted orders values of excelize's unexported types by all they hold.
func byPrinted[T any](x, y T) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }

// title writes the heading and the introducing sentence of a sheet.
func (b *book) title(rows rowWriter, s *report.Sheet) error {
	heading := excelize.Cell{StyleID: b.style(style{use: useHeading}), Value: text(s.Heading)}
	intro := excelize.Cell{StyleID: b.style(style{use: useIntro}), Value: text(s.Intro)}
	return errors.Join(
		rows.SetRow("A1", []any{&heading}, excelize.RowOpts{Height: 24}),
		rows.SetRow("A2", []any{&intro}),
	)
}

// rowWriter takes the rows of a sheet from top to bottom.
type rowWriter interface {
	SetRow(cell string, values []any, opts ...excelize.RowOpts) error
}

// heldRows writes rows into a sheet that excelize holds in memory.
type heldRows struct {
	*book
	sheet string
}

// SetRow writes a row of *excelize.Cell, as the stream writer does.
func (h heldRows) SetRow(cell string, values []any, opts ...excelize.RowOpts) error {
	col, row, err := excelize.CellNameToCoordinates(cell)
	if err != nil {
		return err
	}
	for _, o := range opts {
		if o.Height == 0 {
			continue
		}
		if err := h.SetRowHeight(h.sheet, row, o.Height); err != nil {
			return err
		}
	}
	for i, v := range values {
		c, at := *v.(*excelize.Cell), place(col+i, row)
		if s, ok := c.Value.(string); ok {
			c.Value = escaped(s)
		}
		if err := errors.Join(h.SetCellValue(h.sheet, at, c.Value), h.SetCellStyle(h.sheet, at, at, c.StyleID)); err != nil {
			return err
		}
	}
	return nil
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
