package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// dump shows a workbook as text: what each sheet has, then each cell.
func dump(t *testing.T, data []byte) string {
	t.Helper()
	f := open(t, data)
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&b, "== %s\n%s", sheet, describe(t, f, data, sheet))
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			for c := range 20 {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				b.WriteString(dumpCell(t, f, sheet, at))
			}
		}
	}
	return b.String()
}

var cellTypes = map[excelize.CellType]string{excelize.CellTypeUnset: "number",
	excelize.CellTypeNumber:       "number",
	excelize.CellTypeSharedString: "text", excelize.CellTypeInlineString: "text"}

// dumpCell shows value, type, number format and fill; an empty cell is left out.
func dumpCell(t *testing.T, f *excelize.File, sheet, at string) string {
	t.Helper()
	value, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if value == "" {
		return ""
	}
	kind, _ := f.GetCellType(sheet, at)
	id, _ := f.GetCellStyle(sheet, at)
	look, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf("%-4s %-6s %q", at, cellTypes[kind], value)
	if look.CustomNumFmt != nil {
		line += " format " + *look.CustomNumFmt
	}
	if look.NumFmt != 0 {
		line += fmt.Sprintf(" format #%d", look.NumFmt)
	}
	if len(look.Fill.Color) > 0 {
		line += " fill " + look.Fill.Color[0]
	}
	if ok, target, _ := f.GetCellHyperLink(sheet, at); ok {
		line += " -> " + target
	}
	return line + "\n"
}

// describe shows what a sheet has beside its cells.
func describe(t *testing.T, f *excelize.File, data []byte, sheet string) string {
	t.Helper()
	var b strings.Builder
	tables, err := f.GetTables(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		fmt.Fprintf(&b, "table %s %s\n", table.Name, table.Range)
	}
	dimension, _ := f.GetSheetDimension(sheet)
	panes, _ := f.GetPanes(sheet)
	layout, _ := f.GetPageLayout(sheet)
	footer, _ := f.GetHeaderFooter(sheet)
	if footer == nil {
		footer = &excelize.HeaderFooterOptions{}
	}
	fmt.Fprintf(&b, "dimension %s\nfreeze %s\npage %s, %d wide, footer %q\n", dimension, panes.TopLeftCell,
		orZero(layout.Orientation), orZero(layout.FitToWidth), footer.OddFooter)
	for _, name := range f.GetDefinedName() {
		if name.Scope == sheet {
			fmt.Fprintf(&b, "%s %s\n", strings.TrimPrefix(name.Name, "_xlnm."), name.RefersTo)
		}
	}
	marks, err := f.GetConditionalFormats(sheet)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for at, rules := range marks {
		for _, r := range rules {
			lines = append(lines, fmt.Sprintf("marks %s %s solid %t\n", at, r.Type, r.BarSolid))
		}
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "") + charts(t, data, sheet)
}

// orZero returns what a pointer leads to; a hidden sheet has no layout.
func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// Of a chart only what the writer decides is shown. The parts are read as XML
// text: excelize cannot read charts.
var (
	chartRef   = regexp.MustCompile(`<f>([^<]*)</f>`)
	chartText  = regexp.MustCompile(`<a:t>([^<]*)</a:t>`)
	chartVary  = regexp.MustCompile(`<varyColors val="([^"]*)"`)
	chartStart = regexp.MustCompile(`<xdr:from><xdr:col>(\d+)</xdr:col><xdr:colOff>\d+</xdr:colOff>` +
		`<xdr:row>(\d+)</xdr:row>`)
)

// charts shows the charts whose data stand on the sheet.
func charts(t *testing.T, data []byte, sheet string) string {
	t.Helper()
	var b strings.Builder
	for i := 1; ; i++ {
		xml := part(t, data, fmt.Sprintf("xl/charts/chart%d.xml", i))
		if xml == "" {
			return b.String()
		}
		refs := chartRef.FindAllStringSubmatch(xml, -1)
		if len(refs) == 0 || !strings.Contains(refs[0][1], sheet) {
			continue
		}
		for _, m := range refs {
			fmt.Fprintf(&b, "chart %d of %s\n", i, m[1])
		}
		for _, m := range chartText.FindAllStringSubmatch(xml, -1) {
			fmt.Fprintf(&b, "chart %d says %q\n", i, m[1])
		}
		for _, m := range chartVary.FindAllStringSubmatch(xml, -1) {
			fmt.Fprintf(&b, "chart %d varies colours: %s\n", i, m[1])
		}
		m := anchors(t, data)[i-1]
		fmt.Fprintf(&b, "chart %d begins after %s columns and %s rows\n", i, m[1], m[2])
	}
}

// anchors returns the places of all charts.
func anchors(t *testing.T, data []byte) [][]string {
	t.Helper()
	var all [][]string
	for i := 1; ; i++ {
		xml := part(t, data, fmt.Sprintf("xl/drawings/drawing%d.xml", i))
		if xml == "" {
			return all
		}
		all = append(all, chartStart.FindAllStringSubmatch(xml, -1)...)
	}
}

// part returns one part of a workbook with its entities resolved, "" when there
// is none.
func part(t *testing.T, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(z, name)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(string(text))
}
