package xlsx

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// A table sheet has its heading in row 1, the introduction in row 2, the column
// titles in row 4 and its rows from row 5 on.
const (
	headerRow = 4
	firstRow  = 5
)

// heldLimit is the number of rows up to which a sheet is built in memory. Longer
// ones are streamed, which is several times as fast but loses the extension that
// lets a data bar begin at zero.
const heldLimit = 2000

// sentence is the width from which a text column wraps: it holds sentences.
const sentence = 30

// grid is a table under construction.
type grid struct {
	*page
	rows   iter.Seq[[]any]
	len    int
	titles []string
	looks  []style // of the columns' values
	ids    []int   // the looks' numbers in the file
	widths []float64
}

// table draws a sheet with a table. All but the cells is set before the first
// row is written: a streamed sheet drops without an error what comes later.
func (p *page) table(name string) error {
	g := &grid{page: p, rows: p.sheet.All(), len: p.sheet.Len, titles: columnTitles(p.sheet.Columns)}
	if g.len == 0 {
		g.rows, g.len = slices.Values([][]any{g.nothingRow()}), 1
	}
	for _, c := range p.sheet.Columns {
		look := style{kind: c.Kind, wrap: c.Kind == report.KindText && c.Width >= sentence}
		g.looks = append(g.looks, look)
		g.ids = append(g.ids, p.style(look))
	}
	for _, step := range []func() error{
		g.frame, func() error { return g.addTable(name) }, g.marks, g.links, g.charts, g.write,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// nothingRow is the only row of a table without rows, for a table must have one. It
// says so in the first column of texts.
func (g *grid) nothingRow() []any {
	columns := g.sheet.Columns
	row := make([]any, len(columns))
	at := 0
	for i := len(columns) - 1; i >= 0; i-- {
		if columns[i].Kind == report.KindText {
			at = i
		}
	}
	row[at] = g.sheet.Empty
	return row
}

// streamed reports whether the sheet is too long to be held in memory.
func (g *grid) streamed() bool { return g.len > heldLimit }

// frame sets the widths, keeps titles and first column in sight (the column says
// what the row is), repeats the titles on every printed page and tells the sheet's
// extent: excelize leaves A1 there, and readers that trust it would see one cell.
func (g *grid) frame() error {
	var errs []error
	largest := g.largest()
	for i := range g.sheet.Columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		g.widths = append(g.widths, g.width(i, largest[i]))
		errs = append(errs, err, g.SetColWidth(g.name, letter, letter, g.widths[i]))
	}
	panes := excelize.Panes{Freeze: true, XSplit: 1, YSplit: headerRow,
		TopLeftCell: place(2, firstRow), ActivePane: "bottomRight"}
	titles := excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: g.name,
		RefersTo: fmt.Sprintf("%s!$%d:$%[2]d", quoted(g.name), headerRow)}
	return errors.Join(append(errs, g.SetPanes(g.name, &panes), g.SetDefinedName(&titles),
		g.SetSheetDimension(g.name, "A1:"+g.corner()))...)
}

// width returns a column's width: the model's, unless numbers would not fit and
// show as ###.
func (g *grid) width(col int, largest float64) float64 {
	const margin, filterButton, most = 2, 4, 255
	c := g.sheet.Columns[col]
	width := c.Width
	if width == 0 {
		width = float64(utf8.RuneCountInString(c.Title) + filterButton)
	}
	if c.Kind == report.KindTime {
		return max(width, float64(len("2006-01-02 15:04")+margin))
	}
	if n := g.digits(col, largest); n > 0 {
		width = max(width, float64(n+n/3+margin))
	}
	return min(width, most)
}

// largest returns the largest number of each column without its sign, -1 in a
// column without numbers.
func (g *grid) largest() []float64 {
	largest := slices.Repeat([]float64{-1}, len(g.titles))
	for row := range g.rows {
		for col := range row {
			switch v := row[col].(type) {
			case int64:
				largest[col] = max(largest[col], math.Abs(float64(v)))
			case uint64:
				largest[col] = max(largest[col], float64(v))
			case float64:
				largest[col] = max(largest[col], math.Abs(v))
			}
		}
	}
	return largest
}

// digits returns how many places the longest number of a column takes without
// its separators, 0 in a column without numbers. The largest number is the longest
// one, for a column has one format.
func (g *grid) digits(col int, largest float64) int {
	const decimalsAndSign = 4
	if largest < 0 {
		return 0
	}
	n := len(strconv.FormatFloat(largest, 'f', 0, 64))
	if k := g.sheet.Columns[col].Kind; k != report.KindCount && k != report.KindBytes {
		n += decimalsAndSign
	}
	return n
}

// corner names the table's last cell.
func (g *grid) corner() string { return place(len(g.sheet.Columns), headerRow+g.len) }

// column returns the range of a column's values.
func (g *grid) column(col int) string {
	return place(col+1, firstRow) + ":" + place(col+1, headerRow+g.len)
}

// addTable makes the rows a table. excelize reads the titles from the sheet, so
// they are written here for it, and once more with the rows.
func (g *grid) addTable(name string) error {
	if err := g.SetSheetRow(g.name, place(1, headerRow), &g.titles); err != nil {
		return err
	}
	return g.AddTable(g.name, &excelize.Table{
		Range: place(1, headerRow) + ":" + g.corner(), Name: name, StyleName: "TableStyleLight1",
	})
}

// marks adds data bars and colour scales. Bars begin at zero, or a column of
// nearly equal values would look like one of very different values. In a held
// sheet a bar is solid, which takes the format's newer form where zero has no
// length; the older form draws a tenth of the width even for zero.
func (g *grid) marks() error {
	bars := excelize.ConditionalFormatOptions{Type: "data_bar", Criteria: "=", BarColor: pale,
		MinType: "num", MinValue: "0", MaxType: "max", BarSolid: !g.streamed()}
	scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=",
		MinType: "min", MinColor: "FFFFFF", MaxType: "max", MaxColor: loud}
	for i, c := range g.sheet.Columns {
		var rules []excelize.ConditionalFormatOptions
		if c.Bars {
			rules = append(rules, bars)
		}
		if c.Scale {
			rules = append(rules, scale)
		}
		if len(rules) == 0 {
			continue
		}
		if err := g.SetConditionalFormat(g.name, g.column(i), rules); err != nil {
			return err
		}
	}
	return nil
}

// links adds the hyperlinks. They stand apart from the cells, in a list of the
// sheet, so they too come before a stream. A link that leads nowhere stays a text:
// Excel opens a workbook with a dead link but complains at the click.
func (g *grid) links() error {
	for i, c := range g.sheet.Columns {
		if c.Kind != report.KindLink {
			continue
		}
		r := firstRow
		for row := range g.rows {
			if err := g.link(place(i+1, r), row[i]); err != nil {
				return err
			}
			r++
		}
	}
	return nil
}

// link adds one hyperlink.
func (g *grid) link(cell string, v any) error {
	l, _ := v.(report.Link)
	if l.Sheet {
		if target, ok := g.sheetTarget(l); ok {
			return g.SetCellHyperLink(g.name, cell, target, "Location")
		}
		return nil
	}
	if target, ok := fileTarget(l.Target); ok {
		return g.SetCellHyperLink(g.name, cell, target, "External")
	}
	return nil
}

// write writes all rows from the top. From here on a streamed sheet takes nothing
// but rows.
func (g *grid) write() error {
	if !g.streamed() {
		return g.writeRows(heldRows{g.page})
	}
	stream, err := g.NewStreamWriter(g.name)
	if err != nil {
		return err
	}
	return errors.Join(g.writeRows(stream), stream.Flush())
}

// writeRows reuses one row of cells: a long sheet has a million.
func (g *grid) writeRows(rows rowWriter) error {
	cells, row := make([]excelize.Cell, len(g.titles)), make([]any, len(g.titles))
	for i, title := range g.titles {
		cells[i] = excelize.Cell{StyleID: g.style(style{use: useColumn, kind: g.looks[i].kind}), Value: title}
		row[i] = &cells[i]
	}
	if err := g.title(rows); err != nil {
		return err
	}
	if err := rows.SetRow(place(1, headerRow), row, excelize.RowOpts{Height: g.headerHeight()}); err != nil {
		return err
	}
	r := 0
	for values := range g.rows {
		for i, v := range values {
			if err := g.fill(&cells[i], i, v); err != nil {
				return fmt.Errorf("row %d, column %q: %w", r+1, g.titles[i], err)
			}
		}
		height := excelize.RowOpts{Height: g.height(values)}
		if err := rows.SetRow(place(1, firstRow+r), row, height); err != nil {
			return err
		}
		r++
	}
	return nil
}

// headerHeight returns the height of the titles' row. The filter button hides
// some of a title's width.
func (g *grid) headerHeight() float64 {
	const button, least = 3, 20
	n := 0
	for i, title := range g.titles {
		n = max(n, lines(title, g.widths[i]-button))
	}
	return max(rowHeight(n), least)
}

// height returns the height of a row with wrapped texts, 0 for the usual one.
func (g *grid) height(values []any) float64 {
	n := 0
	for i, look := range g.looks {
		if s, ok := values[i].(string); ok && look.wrap {
			n = max(n, lines(s, g.sheet.Columns[i].Width))
		}
	}
	return rowHeight(n)
}

// fill puts a value of the model into a cell of column col, as it stands where
// it can: to wrap each value anew would cost an allocation a cell.
func (g *grid) fill(c *excelize.Cell, col int, v any) error {
	c.StyleID = g.ids[col]
	switch x := v.(type) {
	case nil:
		c.Value = nil
	case string:
		if c.Value = v; !plain(x) {
			c.Value = text(x)
		}
	case int64:
		c.Value = signed(x, v)
	case uint64:
		c.Value = unsigned(x, v)
	case float64:
		c.Value = v
	case time.Time:
		if c.Value = v; x.IsZero() {
			c.Value = nil
		} else if x.Location() != time.UTC {
			c.Value = x.UTC()
		}
	case report.Link:
		c.Value = text(x.Text)
	case report.Tagged:
		look := g.looks[col]
		look.tone = x.Tone
		c.Value, c.StyleID = text(x.Text), g.style(look)
	default:
		return fmt.Errorf("no cell holds a %T", v)
	}
	return nil
}
