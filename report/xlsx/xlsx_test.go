package xlsx_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"poolsweep/report"
	"poolsweep/report/xlsx"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func write(t testing.TB, m *report.Workbook) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := xlsx.Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// oneSheet is a workbook with a single table.
func oneSheet(columns []report.SheetColumn, rows ...[]any) *report.Workbook {
	return &report.Workbook{Title: "T", Tool: "poolsweep 0.1", Sheets: []report.Sheet{
		{Name: "S", Heading: "S", Intro: "A row is a row.", Columns: columns, Rows: slices.Values(rows), Len: len(rows)}}}
}

func TestWriteGolden(t *testing.T) {
	for _, c := range []struct {
		name string
		m    *report.Workbook
	}{
		{"lab", lab()},
		{"empty", &report.Workbook{Title: "Nothing", Tool: "poolsweep 0.1", Sheets: []report.Sheet{
			{Name: "Read me", Heading: "Nothing"}, silent(),
			{Name: "Only times", Empty: "None in the period.", Columns: []report.SheetColumn{typed("At", report.KindTime, 0)},
				Charts: []report.SheetChart{{Kind: report.ChartBars, Title: "no bars", Top: 3}}}}}},
		{"hostile", hostile()},
		{"fleet", fleet(3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, path := dump(t, write(t, c.m)), filepath.Join("testdata", c.name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v (run with -update)", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// hostile has what a log, a file name or a translation could bring.
func hostile() *report.Workbook {
	columns := []report.SheetColumn{text("Tag", 8), text("tag", 8), text("", 0), text("two\nlines", 12),
		typed("Count", report.KindCount, 4), typed("Bytes", report.KindBytes, 4),
		typed("File", report.KindLink, 20)}
	rows := [][]any{}
	for _, s := range []string{"=ab1", "+cmd", "-UMD", "@SUM", "'ab1", "_x0041_", "_x005F_x0041_",
		"a\x00\x01\x1fb", "a\tb\r\nc\rd",
		"<&>\"'", "\xff\xfe", "\ufffe\uffff", "Pp  ", " tag", "1234", "1E5", "TRUE", "2031-01-01", "文件😀"} {
		rows = append(rows, []any{s, s, nil, "", int64(len(rows)) << 53, uint64(len(rows)) << 53,
			report.Link{Text: s, Target: s}})
	}
	return &report.Workbook{Title: `A & B "C" <D>`, Tool: "poolsweep 0.1", Created: time.Unix(0, 0),
		Sheets: []report.Sheet{
			{Name: `drop:\/?*[]'s`, Heading: "=1+1", Intro: "&P", Columns: columns,
				Rows: slices.Values(rows), Len: len(rows)},
			{Name: "history", Heading: "h", Columns: []report.SheetColumn{typed("To", report.KindLink, 10)},
				Rows: slices.Values([][]any{
					{report.Link{Text: "first", Target: `drop:\/?*[]'s`, Sheet: true, Row: 1}},
					{report.Link{Text: "self", Target: "history", Sheet: true}},
					{report.Link{Text: "nowhere", Target: "Other", Sheet: true}},
					{report.Link{Text: "no place", Target: "history!A1", Sheet: true}},
					{report.Link{Text: "odd name", Target: "a b/50%#1 中文.pdf"}},
					{report.Link{Text: "too long", Target: strings.Repeat("x", 3000)}},
					{report.Link{Text: "no file"}}}), Len: 7},
			{Name: "HISTORY", Heading: "", Columns: []report.SheetColumn{text("x", 300)}},
			{Name: "", Columns: []report.SheetColumn{text("x", 3)}},
			{Name: strings.Repeat("长", 40), Columns: []report.SheetColumn{text("x", 3)}},
			{Name: strings.Repeat("长", 41), Columns: []report.SheetColumn{text("x", 3)}},
			{Name: "Q1", Columns: []report.SheetColumn{text("x", 3)}},
		}}
}

func TestTextsComeBackAsTheyWere(t *testing.T) {
	texts := []string{"=ab1", "+cmd", "-UMD", "@SUM", "=HYPERLINK(\"x\")", "'ab1", "_x0041_", "_x005F_",
		"a_x000A_b", "_x004_",
		"Pp  ", " tag", "1234", "1E5", "TRUE", "<&>\"'", "文件😀", "two\nlines"}
	for _, padding := range []int{0, 2000} {
		var rows [][]any
		for _, s := range texts {
			rows = append(rows, []any{s})
		}
		rows = append(rows, slices.Repeat([][]any{{"x"}}, padding)...)
		f := open(t, write(t, oneSheet([]report.SheetColumn{text("Tag", 8)}, rows...)))
		for i, want := range texts {
			at := fmt.Sprintf("A%d", 5+i)
			if got, err := f.GetCellValue("S", at); err != nil || got != want {
				t.Errorf("%d rows: %q came back as %q (%v)", len(rows), want, got, err)
			}
			if formula, err := f.GetCellFormula("S", at); err != nil || formula != "" {
				t.Errorf("%d rows: %q became the formula %q (%v)", len(rows), want, formula, err)
			}
			if kind, _ := f.GetCellType("S", at); cellTypes[kind] != "text" {
				t.Errorf("%d rows: %q has cell type %d", len(rows), want, kind)
			}
		}
	}
}

func TestTooLongTextEndsInAMark(t *testing.T) {
	for _, c := range []struct{ text, tail string }{
		{strings.Repeat("x", 32767), "xxxx"},
		{strings.Repeat("x", 32768), " […]"},
		{strings.Repeat("😀", 16384), "😀 […]"},
	} {
		f := open(t, write(t, oneSheet([]report.SheetColumn{text("Text", 40)}, []any{c.text})))
		got, err := f.GetCellValue("S", "A5")
		if err != nil || !strings.HasSuffix(got, c.tail) || utf8.RuneCountInString(got) > len(c.text) {
			t.Errorf("%d bytes ended in %q (%v), want %q", len(c.text), got[max(0, len(got)-8):], err, c.tail)
		}
	}
}

// Excel shows 15 digits of a number.
func TestWholeNumbersKeepTheirDigits(t *testing.T) {
	columns := []report.SheetColumn{
		typed("Count", report.KindCount, 12), typed("Bytes", report.KindBytes, 12)}
	for _, c := range []struct {
		count         int64
		bytes         uint64
		count2, byte2 string
	}{
		{999_999_999_999_999, 999_999_999_999_999, "999999999999999", "999999999999999"},
		{-1_000_000_000_000_000, 1 << 53, "-1,000,000,000,000,000", "9,007,199,254,740,992"},
		{1<<53 + 1, 1<<53 + 1, "9,007,199,254,740,993", "9,007,199,254,740,993"},
		{-1<<53 - 1, 18446744073709551615, "-9,007,199,254,740,993", "18,446,744,073,709,551,615"},
		{math.MinInt64, 123, "-9,223,372,036,854,775,808", "123"},
	} {
		f := open(t, write(t, oneSheet(columns, []any{c.count, c.bytes})))
		for cell, want := range map[string]string{"A5": c.count2, "B5": c.byte2} {
			got, err := f.GetCellValue("S", cell, excelize.Options{RawCellValue: true})
			if err != nil || got != want {
				t.Errorf("%d, %d: %s = %q (%v), want %q", c.count, c.bytes, cell, got, err, want)
			}
		}
	}
}

func TestTimesAreWrittenInUTC(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*3600)
	m := oneSheet([]report.SheetColumn{typed("At", report.KindTime, 4)},
		[]any{time.Date(2031, 3, 2, 1, 30, 0, 0, zone)}, []any{time.Time{}})
	f := open(t, write(t, m))
	for cell, want := range map[string]string{"A5": "2031-03-01 17:30", "A6": ""} {
		if got, err := f.GetCellValue("S", cell); err != nil || got != want {
			t.Errorf("%s = %q (%v), want %q", cell, got, err, want)
		}
	}
	if width, _ := f.GetColWidth("S", "A"); width < 18 {
		t.Errorf("a column of times is %g wide and shows ###", width)
	}
}

func TestUnknownValueIsAnError(t *testing.T) {
	err := xlsx.Write(&bytes.Buffer{}, oneSheet([]report.SheetColumn{text("Tag", 8)}, []any{"ok"},
		[]any{[]byte("x")}))
	const want = `write workbook: sheet "S": row 2, column "Tag": no cell holds a []uint8`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

type brokenPipe struct{}

var errBroken = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteReportsTheWriter(t *testing.T) {
	if err := xlsx.Write(brokenPipe{}, lab()); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want %v", err, errBroken)
	}
}

func TestSameModelSameBytes(t *testing.T) {
	m := lab()
	m.Sheets = append(m.Sheets, long(2001), long(2002))
	first := sha256.Sum256(write(t, m))
	for range 4 {
		if again := sha256.Sum256(write(t, m)); again != first {
			t.Fatalf("two writes of one model: %x and %x", first, again)
		}
	}
}

func TestArchiveIsSortedAndUndated(t *testing.T) {
	data := write(t, lab())
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if f.ModifiedDate != 0 || f.ModifiedTime != 0 {
			t.Errorf("%s carries a time", f.Name)
		}
		if strings.HasSuffix(f.Name, ".bin") || strings.Contains(f.Name, "externalLink") {
			t.Errorf("%s: no macros, no external links", f.Name)
		}
	}
	last := slices.Index(names, "xl/worksheets/sheet1.xml")
	if !slices.IsSorted(names[:last]) || names[0] != "[Content_Types].xml" {
		t.Errorf("parts stand as %q", names)
	}
	for i, name := range names[last:] {
		if name != fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1) {
			t.Errorf("sheets stand as %q", names[last:])
		}
	}
}

func TestDocumentProperties(t *testing.T) {
	p, err := open(t, write(t, lab())).GetDocProps()
	if err != nil {
		t.Fatal(err)
	}
	got := []string{p.Title, p.Creator, p.LastModifiedBy, p.Created, p.Modified}
	want := []string{"Kernel pool summary", "poolsweep 0.1", "poolsweep 0.1", "2031-11-24T06:19:00Z",
		"2031-11-24T06:19:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A streamed sheet must have all that a short one has.
func TestLongSheetIsComplete(t *testing.T) {
	const rows = 12000
	data := write(t, &report.Workbook{Tool: "poolsweep 0.1", Sheets: []report.Sheet{long(rows)}})
	f := open(t, data)
	got, err := f.GetRows("Series", excelize.Options{RawCellValue: true})
	if err != nil || len(got) != rows+4 {
		t.Fatalf("%d rows (%v), want %d", len(got), err, rows+4)
	}
	want := []string{"LAB-199", "48161.33263888889", "54393939", "T999", "nonpaged", "83993", "49147904",
		"14.142857142857142",
		"199.98333333333332", "healthy"}
	if diff := cmp.Diff(want, got[rows+3]); diff != "" {
		t.Errorf("last row -want +got:\n%s", diff)
	}
	sheet := describe(t, f, data, "Series")
	for _, want := range []string{"table Table_Series A4:J12004", "dimension A1:J12004",
		"marks G5:G12004 data_bar", "marks H5:H12004",
		"'Series'!$D$5:$D$12", "Print_Titles 'Series'!$A:$A,'Series'!$4:$4", "Print_Area 'Series'!$A$1:$J$12004",
		"freeze B5"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the long sheet lacks %q:\n%s", want, sheet)
		}
	}
}

// BenchmarkWrite writes long sheets of ten columns. The rows come from an iterator
// that keeps one only, so what the process takes is the writer's.
func BenchmarkWrite(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			m := &report.Workbook{Title: "Series", Tool: "poolsweep 0.1", Sheets: []report.Sheet{streamed(rows)}}
			size := counter(0)
			var most uint64
			for b.Loop() {
				size = 0
				if err := xlsx.Write(&size, m); err != nil {
					b.Fatal(err)
				}
				var mem runtime.MemStats
				runtime.ReadMemStats(&mem)
				most = max(most, mem.Sys)
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(most)/(1<<20), "MiB-resident")
			b.ReportMetric(float64(size)/1e6, "MB-file")
		})
	}
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// streamed is long without its rows in memory.
func streamed(n int) report.Sheet {
	s := long(1)
	tones := []any{report.Tagged{Text: "healthy", Tone: report.ToneGood},
		report.Tagged{Text: "leak", Tone: report.ToneAlarm}}
	tags, machines, pool := make([][2]any, 1000), make([]any, 200), any("nonpaged")
	for i := range tags {
		tag := fmt.Sprintf("T%03d", i)
		tags[i] = [2]any{fmt.Sprintf("%X", tag), tag}
	}
	for i := range machines {
		machines[i] = fmt.Sprintf("LAB-%03d", i)
	}
	s.Len = n
	s.Rows = func(yield func([]any) bool) {
		row := make([]any, len(s.Columns))
		for i := range n {
			tag := tags[i%len(tags)]
			row = append(row[:0], machines[i%len(machines)], day(1, 0, 0).Add(time.Duration(i)*time.Minute),
				tag[0], tag[1],
				pool, int64(i)*7, uint64(i)*4096, float64(i%100)/7, float64(i)/60, tones[i%2])
			if !yield(row) {
				return
			}
		}
	}
	return s
}

func BenchmarkWriteHeld(b *testing.B) {
	m := &report.Workbook{Title: "Series", Tool: "poolsweep 0.1", Sheets: []report.Sheet{long(2000)}}
	for b.Loop() {
		write(b, m)
	}
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
