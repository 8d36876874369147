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
// hidden sheet, in the rows of the table.
func (g *grid) sparks() error {
	at := slices.IndexFunc(g.sheet.Columns, func(c report.SheetColumn) bool { return c.Kind == report.KindSpark })
	if at < 0 {
		return nil
	}
	line := &excelize.SparklineOptions{Type: "line", Last: true, Style: 0, SeriesColor: ink, Weight: 1.25}
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
	part, err := g.newSheet(g.data)
	g.parts.finish[part] = func(to io.Writer, xml []byte) error { return g.writeSparks(to, xml, at) }
	return errors.Join(err, g.SetSheetVisible(g.data, false), g.AddSparkline(g.name, line))
}

// writeSparks completes the hidden sheet: a row for each row of the table.
func (g *grid) writeSparks(to io.Writer, xml []byte, col int) error {
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
