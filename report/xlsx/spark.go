package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// sparks adds the tiny charts of a table. Their values need cells: those of a
// hidden sheet behind all others, in the rows of the table.
func (g *grid) sparks() error {
	at := g.sparkColumn()
	if at < 0 {
		return nil
	}
	line := &excelize.SparklineOptions{Type: "line", Last: true, SeriesColor: ink}
	for i, n := range g.seen.sparks {
		if n == 0 {
			continue
		}
		row := firstRow + i
		line.Location = append(line.Location, place(at+1, row))
		line.Range = append(line.Range, fmt.Sprintf("%s!%s:%s", quoted(g.data), place(1, row), place(n, row)))
	}
	if len(line.Location) == 0 {
		return nil
	}
	g.hidden = append(g.hidden, g)
	return g.AddSparkline(g.name, line)
}

// sparkColumn returns the column with tiny charts, -1 when there is none.
func (g *grid) sparkColumn() int {
	return slices.IndexFunc(g.sheet.Columns, func(c report.SheetColumn) bool { return c.Kind == report.KindSpark })
}

// hide adds the hidden sheet.
func (g *grid) hide() error {
	part, err := g.newSheet(g.data)
	g.parts.finish[part] = g.writeSparks
	return errors.Join(err, g.SetSheetVisible(g.data, false))
}

// writeSparks completes the hidden sheet: a row for each row of the table.
func (g *grid) writeSparks(to io.Writer, xml []byte) error {
	col := g.sparkColumn()
	head, tail, ok := bytes.Cut(xml, []byte("</sheetData>"))
	if !ok {
		return fmt.Errorf("sheet %q: excelize wrote an unknown form", g.data)
	}
	if _, err := to.Write(head); err != nil {
		return err
	}
	w := newRowWriter(to, slices.Max(g.seen.sparks))
	r := firstRow
	for row := range g.rows {
		w.begin(r, 0)
		r++
		values, _ := row[col].([]float64)
		for i, v := range values {
			w.float(i, 0, v)
		}
		if err := w.end(); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	_, err := to.Write(append([]byte("</sheetData>"), tail...))
	return err
}
