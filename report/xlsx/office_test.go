package xlsx_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	m.Sheets = append(m.Sheets, hostile().Sheets[0], long(2100))
	back := convert(t, soffice, write(t, m))
	original := open(t, write(t, m))
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
func convert(t *testing.T, soffice string, data []byte) *excelize.File {
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
	f, err := excelize.OpenFile(filepath.Join(out, "book.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
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
	if len(marks) != len(want) {
		t.Errorf("%s: LibreOffice kept the marks %v, want %v", sheet, marks, want)
	}
}
