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
	names, styles := sheetNames(m.Sheets), map[style]int{}
	b := &book{File: excelize.NewFile(), model: m, names: names, styles: styles}
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
		p := &page{book: b, sheet: &b.model.Sheets[i], name: b.names[i]}
		if err := p.draw(tables[i]); err != nil {
			return fmt.Errorf("sheet %q: %w", p.sheet.Name, err)
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
	p := &parts{}
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return p })
	if _, err := b.WriteToBuffer(); err != nil {
		return err
	}
	return p.writeTo(w)
}

// byPrinted orders values of excelize's unexported types by all they hold.
func byPrinted[T any](x, y T) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }
