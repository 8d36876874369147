package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// A table sheet has its heading in row 1, the introduction in row 2, the column
// titles in row 4 and its rows from row 5 on.
const (
	headerRow = 4
	firstRow  = 5
)

// grid is a table under construction.
type grid struct {
	*page
	rows   iter.Seq[[]any]
	len    int
	titles []string
	seen   *survey
	looks  []look // of the columns' values
	widths []float64
}

// look is what the cells of a column look like.
type look struct {
	style
	ids [tones]int // the numbers of the styles in the file, by tone
}

// tones is how many tones there are.
const tones = int(report.ToneAlarm) + 1

// drawTable draws a sheet with a table: its frame, into which the rows come when
// the file is written.
func (p *page) drawTable() error {
	g := &grid{page: p, rows: p.window(), len: p.len, titles: columnTitles(p.sheet.Columns)}
	if g.len == 0 {
		for range g.rows {
			return errors.New("rows came, none were announced")
		}
		g.rows, g.len = slices.Values([][]any{g.nothingRow()}), 1
	}
	var err error
	if g.seen, err = g.survey(); err != nil {
		return err
	}
	g.measure()
	for _, step := range []func() error{
		g.header, g.frame, g.addTable, g.bars, g.sparks, g.charts,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	p.parts.finish[p.part] = g.finish
	if len(g.seen.files) > 0 {
		p.parts.finish[relations(p.part)] = g.relate
	}
	return nil
}

// window returns the rows that stand on the page.
func (p *page) window() iter.Seq[[]any] {
	if p.pieces == 1 {
		return p.sheet.All()
	}
	return func(yield func([]any) bool) {
		i := 0
		for row := range p.sheet.All() {
			if i++; i <= p.from {
				continue
			}
			if i > p.from+p.len || !yield(row) {
				return
			}
		}
	}
}

// nothingRow is the only row of a table without rows, for a table must have one. It
// says so in the first column of texts.
func (g *grid) nothingRow() []any {
	columns := g.sheet.Columns
	row := make([]any, len(columns))
	at := slices.IndexFunc(columns, func(c report.SheetColumn) bool { return c.Kind == report.KindText })
	row[max(at, 0)] = g.sheet.Empty
	return row
}

// measure sets widths and looks of the columns.
func (g *grid) measure() {
	for i, c := range g.sheet.Columns {
		width, wrap := g.width(i)
		l := look{style: style{kind: c.Kind, wrap: wrap}}
		if g.sheet.Len == 0 {
			l.kind = report.KindText // the sentence that stands for rows is no link
		}
		for tone := range l.ids {
			toned := l.style
			toned.tone = report.Tone(tone)
			l.ids[tone] = g.style(toned)
		}
		g.looks, g.widths = append(g.looks, l), append(g.widths, width)
	}
}

// header writes the column titles.
func (g *grid) header() error {
	var errs []error
	height := 1
	for i, title := range g.titles {
		errs = append(errs, g.set(place(i+1, headerRow), style{use: useColumn, kind: g.looks[i].kind}, title))
		height = max(height, titleLines(title, (g.widths[i]-buttonWidth-1)/capitals))
	}
	const least = 20
	return errors.Join(append(errs, g.SetRowHeight(g.name, headerRow, max(rowHeight(height), least)))...)
}

// frame sets the widths, keeps titles and first column in sight (the column says
// what the row is), repeats both on every printed page and tells the sheet's
// extent: excelize leaves A1 there, and readers that trust it would see one cell.
func (g *grid) frame() error {
	var errs []error
	for i, width := range g.widths {
		errs = append(errs, g.SetColWidth(g.name, letters(i), letters(i), width))
	}
	pages := g.pagesAbreast()
	printed := pages
	if g.sheet.Len == 0 && pages > 1 { // the first page says that there is nothing
		_, last, _ := spread(g.widths, pages)
		errs, printed = append(errs, g.printOnly(last, headerRow+g.len)), 1
	}
	panes := excelize.Panes{Freeze: true, XSplit: 1, YSplit: headerRow,
		TopLeftCell: place(2, firstRow), ActivePane: "bottomRight"}
	repeat := fmt.Sprintf("%s!$A:$A,%[1]s!$%[2]d:$%[2]d", quoted(g.name), headerRow)
	return errors.Join(append(errs, g.layout(printed), g.sentence(pages), g.SetPanes(g.name, &panes),
		g.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: g.name, RefersTo: repeat}),
		g.SetSheetDimension(g.name, "A1:"+g.corner()))...)
}

// pagesAbreast returns on how many pages side by side the table is printed.
func (g *grid) pagesAbreast() int {
	most := float64(perPage)
	if slices.ContainsFunc(g.sheet.Columns, func(c report.SheetColumn) bool { return c.Kind == report.KindHeat }) {
		most = perPicture
	}
	return abreast(g.widths, most)
}

// printOnly leaves columns or rows out of the print.
func (g *grid) printOnly(columns, rows int) error {
	return g.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: g.name,
		RefersTo: fmt.Sprintf("%s!$A$1:$%s$%d", quoted(g.name), letters(columns-1), rows)})
}

// sentence writes the heading and, over the columns of the first page, the introducing
// sentence: in lines where it is wider than they are.
func (g *grid) sentence(pages int) error {
	from, to, width := spread(g.widths, pages)
	n := lines(g.sheet.Intro, width)
	if n < 2 || from == to {
		return g.title(from)
	}
	return errors.Join(g.title(from), g.MergeCell(g.name, place(from, 2), place(to, 2)),
		g.SetCellStyle(g.name, place(from, 2), place(to, 2), g.style(style{use: useIntro, wrap: true})),
		g.SetRowHeight(g.name, 2, rowHeight(n)))
}

// corner names the table's last cell.
func (g *grid) corner() string { return place(len(g.sheet.Columns), headerRow+g.len) }

// column returns the range of a column's values.
func (g *grid) column(col int) string {
	return place(col+1, firstRow) + ":" + place(col+1, headerRow+g.len)
}

// addTable makes the rows a table. excelize reads the titles from the sheet.
func (g *grid) addTable() error {
	return g.AddTable(g.name, &excelize.Table{
		Range: place(1, headerRow) + ":" + g.corner(), Name: g.table, StyleName: "TableStyleLight1",
	})
}

// finish completes the sheet's part on its way into the file. excelize has made
// it with the rows down to the titles:
//
//	…<row r="4">…</row></sheetData><mergeCells>…<conditionalFormatting>…<pageMargins …/>…
func (g *grid) finish(to io.Writer, xml []byte) error {
	head, tail, ok := bytes.Cut(xml, []byte("</sheetData>"))
	marks, rest, ok2 := bytes.Cut(tail, []byte("<pageMargins"))
	if !ok || !ok2 {
		return fmt.Errorf("sheet %q: excelize wrote an unknown form", g.name)
	}
	if _, err := to.Write(head); err != nil {
		return err
	}
	if err := g.writeRows(to); err != nil {
		return fmt.Errorf("sheet %q: %w", g.name, err)
	}
	merged, marks := cutAfter(marks, "</mergeCells>")
	after := slices.Concat([]byte("</sheetData>"), merged, g.lights(), marks, g.hyperlinks(), []byte("<pageMargins"),
		g.measured(rest))
	_, err := to.Write(after)
	return err
}

// cutAfter divides a text behind the end of an element, which it may not have.
func cutAfter(text []byte, end string) (before, after []byte) {
	at := bytes.Index(text, []byte(end))
	if at < 0 {
		return nil, text
	}
	return text[:at+len(end)], text[at+len(end):]
}

// writeRows writes the rows below the titles.
func (g *grid) writeRows(to io.Writer) error {
	w := newRowWriter(to, len(g.titles))
	r := 0
	for values := range g.rows {
		w.begin(firstRow+r, g.height(values))
		r++
		for i, v := range values {
			if err := w.value(i, v, &g.looks[i]); err != nil {
				return fmt.Errorf("row %d, column %q: %w", r, g.titles[i], err)
			}
		}
		if err := w.end(); err != nil {
			return err
		}
	}
	return w.flush()
}

// height returns the height of a row with wrapped texts, 0 for the usual one.
func (g *grid) height(values []any) float64 {
	n := 0
	for i := range g.looks {
		if g.looks[i].wrap {
			n = max(n, lines(words(values[i]), g.widths[i]))
		}
	}
	return rowHeight(n)
}
