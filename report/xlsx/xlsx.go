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

// Write writes the workbook. It goes through the rows of a table twice: for the
// frame of its sheet, and to write them.
func Write(w io.Writer, m *report.Workbook) error {
	return write(w, m, excelize.TotalRows)
}

// write writes a workbook whose sheets have at most lastRow rows.
func write(w io.Writer, m *report.Workbook, lastRow int) error {
	b := &book{
		File: excelize.NewFile(), model: m, pages: paginate(m.Sheets, lastRow-headerRow),
		styles: map[style]int{}, parts: &parts{finish: map[string]func(io.Writer, []byte) error{}},
	}
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
	pages  []*page
	styles map[style]int
	parts  *parts
	sheets int     // how many the file has, the hidden ones too
	hidden []*grid // tables whose tiny charts need a hidden sheet
}

func (b *book) build() error {
	if err := b.properties(); err != nil {
		return err
	}
	for _, p := range b.pages {
		p.book = b
		if err := p.draw(); err != nil {
			return fmt.Errorf("sheet %q: %w", p.name, err)
		}
	}
	for _, g := range b.hidden {
		if err := g.hide(); err != nil {
			return fmt.Errorf("sheet %q: %w", g.data, err)
		}
	}
	return nil
}

// newSheet adds a sheet and returns the name of its part. A new file already has
// one sheet: it becomes the first.
func (b *book) newSheet(name string) (string, error) {
	b.sheets++
	part := fmt.Sprintf("%ssheet%d.xml", sheetFolder, b.sheets)
	if b.sheets == 1 {
		return part, b.SetSheetName(b.GetSheetName(0), name)
	}
	_, err := b.NewSheet(name)
	return part, err
}

// properties fills the document's properties. excelize starts from a template
// with a date of its own, so an unknown date has to be a fixed one: the first
// day that a zip archive can name.
func (b *book) properties() error {
	created := b.model.Created.UTC()
	if created.IsZero() {
		created = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	day, tool := created.Format(time.RFC3339), b.model.Tool
	return errors.Join(
		b.SetDocProps(&excelize.DocProperties{Title: b.model.Title,
			Creator: tool, LastModifiedBy: tool, Created: day, Modified: day}),
		b.SetAppProps(&excelize.AppProperties{Application: tool}),
	)
}

// save writes the parts in a fixed order. excelize declares their types in the
// order of a map.
func (b *book) save(w io.Writer) error {
	types := b.ContentTypes
	slices.SortFunc(types.Defaults, byPrinted)
	slices.SortFunc(types.Overrides, byPrinted)
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return b.parts })
	if _, err := b.WriteToBuffer(); err != nil {
		return err
	}
	return b.parts.writeTo(w)
}

// byPrinted orders values of excelize's unexported types by all they hold.
func byPrinted[T any](x, y T) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }
