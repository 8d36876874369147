package xlsx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// LibreOffice reads the workbook with code that is not excelize's. What it saves
// again must hold the same values, tables, marks and charts.
func TestLibreOfficeReadsTheSame(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("soffice is not on the PATH: the workbook is not read by LibreOffice")
	}
	if testing.Short() {
		t.Skip("LibreOffice takes seconds to start")
	}
	m := lab()
	m.Sheets = append(append(m.Sheets, hostile().Sheets[0], long(2100)), fleet(3).Sheets[1:]...)
	written := write(t, m)
	saved := convert(t, soffice, written)
	original, back := open(t, written), open(t, saved)
	if diff := cmp.Diff(content(t, written), content(t, saved)); diff != "" {
		t.Errorf("what the parts hold -written +saved:\n%s", diff)
	}
	names := original.GetSheetList()
	for i, s := range m.Sheets {
		compareValues(t, original, back, names[i])
		compareLook(t, original, back, names[i], s)
	}
	blanks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ")
	r := -1
	for row := range hostile().Sheets[0].Rows {
		r++
		at, want := fmt.Sprintf("A%d", 5+r), strings.Map(xmlSafe, blanks.Replace(row[0].(string)))
		if got, _ := back.GetCellValue(names[6], at); got != want && !escapedTwice(want) {
			t.Errorf("LibreOffice shows %q as %q", want, got)
		}
	}
}

// content counts what the parts of a workbook hold beside cells. Frozen panes are
// left out: without a window LibreOffice saves none.
func content(t *testing.T, data []byte) map[string]int {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, f := range z.File {
		xml := part(t, data, f.Name)
		for _, what := range []string{"<autoFilter ", "<tableColumn ", "<hyperlink ", "<iconSet ", "<colorScale>",
			"<x14:dataBar ", "<x14:sparkline>", `state="hidden"`, "Print_Titles", "Print_Area"} {
			n[what] += strings.Count(xml, what)
		}
		for _, what := range []string{"barChart>", "lineChart>", "ser>"} {
			n["charts with "+what] += strings.Count(xml, what)
		}
		if strings.HasPrefix(f.Name, "xl/charts/chart") {
			n["charts"]++
		}
	}
	return n
}

// escapedTwice reports whether a text shows an escape of an escape: LibreOffice
// shows it right but saves it without its own escape.
func escapedTwice(s string) bool { return strings.Contains(s, "_x005F_") }

func xmlSafe(r rune) rune {
	if r < ' ' && r != '\n' || r > 0xfffd && r < 0x10000 {
		return '\ufffd'
	}
	return r
}

// convert lets LibreOffice open a workbook and save it.
func convert(t *testing.T, soffice string, data []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, data, 0o644); err != nil {
		t.Fatal(err)
	}
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(dir, "profile"))
	cmd := exec.CommandContext(t.Context(), soffice, profile, "--headless", "--convert-to", "xlsx",
		"--outdir", out, in)
	cmd.WaitDelay = time.Minute
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("convert: %v\n%s", err, log)
	}
	saved, err := os.ReadFile(filepath.Join(out, "book.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// compareValues compares all cells of a sheet as they are shown.
func compareValues(t *testing.T, a, b *excelize.File, sheet string) {
	t.Helper()
	want, err := a.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", sheet, len(got), len(want))
		return
	}
	for r := range want {
		for c := range want[r] {
			value := ""
			if c < len(got[r]) {
				value = got[r][c]
			}
			if value != want[r][c] && !escapedTwice(want[r][c]) {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				t.Errorf("%s!%s is %q, want %q", sheet, at, value, want[r][c])
			}
		}
	}
}

// compareLook compares what must survive beside the values.
func compareLook(t *testing.T, a, b *excelize.File, sheet string, s report.Sheet) {
	t.Helper()
	if tables, err := b.GetTables(sheet); len(s.Columns) > 0 && (err != nil || len(tables) != 1) {
		t.Errorf("%s: LibreOffice kept %d tables (%v)", sheet, len(tables), err)
	}
	marks, err := b.GetConditionalFormats(sheet)
	if err != nil {
		t.Fatal(err)
	}
	want, err := a.GetConditionalFormats(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for at, rules := range want {
		if len(marks[at]) != len(rules) {
			t.Errorf("%s: LibreOffice kept the marks %v of %s, want %v", sheet, marks[at], at, rules)
		}
	}
	for r := range s.Len + 1 {
		for c := range s.Columns {
			at, _ := excelize.CoordinatesToCellName(c+1, r+5)
			_, to, _ := a.GetCellHyperLink(sheet, at)
			// What is saved to a folder below leads out of it.
			if _, got, _ := b.GetCellHyperLink(sheet, at); strings.TrimPrefix(got, "../") != to {
				t.Errorf("%s: LibreOffice lets %s lead to %q, want %q", sheet, at, got, to)
			}
		}
	}
}
