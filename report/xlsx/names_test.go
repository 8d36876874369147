package xlsx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"poolsweep/report"
)

func sheetsNamed(names ...string) []report.Sheet {
	sheets := make([]report.Sheet, len(names))
	for i, name := range names {
		sheets[i].Name = name
	}
	return sheets
}

func TestSheetNamesAreWhatExcelAccepts(t *testing.T) {
	long := strings.Repeat("a", 40)
	for _, c := range []struct {
		name     string
		in, want []string
	}{
		{"plain", []string{"Read me", "Silent & bad", "案例"}, []string{"Read me", "Silent & bad", "案例"}},
		{"forbidden characters", []string{`a:b\c/d?e*f[g]h`}, []string{"a_b_c_d_e_f_g_h"}},
		{"apostrophes and blanks at the ends", []string{"'it's' "}, []string{"it's"}},
		{"control characters", []string{"a\tb\x00"}, []string{"a_b_"}},
		{"empty and reserved", []string{"", "'", "History"}, []string{"_", "_ (2)", "History_"}},
		{"equal without case", []string{"lab-01", "LAB-01", "Lab-01"}, []string{"lab-01", "LAB-01 (2)",
			"Lab-01 (3)"}},
		{"too long", []string{long, long}, []string{long[:31], long[:27] + " (2)"}},
		{"counted in UTF-16", []string{strings.Repeat("😀", 16)}, []string{strings.Repeat("😀", 15)}},
		{"apostrophe after the cut", []string{strings.Repeat("a", 30) + "'b"}, []string{strings.Repeat("a", 30)}},
		{"a number already taken", []string{"a", "a (2)", "A"}, []string{"a", "a (2)", "A (3)"}},
	} {
		var got []string
		for _, p := range paginate(sheetsNamed(c.in...), 100) {
			got = append(got, p.name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

func TestTableNamesAreIdentifiers(t *testing.T) {
	in := []string{"Cases", "Silent & bad", "Silent - bad", "Q1", "案例", "a😀", "CASES (2)"}
	want := []string{"Table_Cases", "Table_Silent___bad", "Table_Silent___bad_2", "Table_Q1", "Table_案例",
		"Table_a_",
		"Table_CASES__2_"}
	var got []string
	for _, p := range paginate(sheetsNamed(in...), 100) {
		got = append(got, p.table)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestColumnTitlesDiffer(t *testing.T) {
	var columns []report.SheetColumn
	for _, title := range []string{"Tag", "TAG", "", "two\r\nlines ", strings.Repeat("x", 300)} {
		columns = append(columns, report.SheetColumn{Title: title})
	}
	want := []string{"Tag", "TAG (2)", "#3", "two lines", strings.Repeat("x", 255)}
	if diff := cmp.Diff(want, columnTitles(columns)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSheetTarget(t *testing.T) {
	sheets := sheetsNamed("Cases", "it's", "a/b", "long")
	for i, n := range []int{2, 3, 0, 25} {
		sheets[i].Len = n
	}
	b := &book{pages: paginate(sheets, 10)}
	for _, c := range []struct {
		target string
		row    int
		want   string
		ok     bool
	}{
		{"Cases", 1, "'Cases'!A5", true},
		{"Cases", 0, "'Cases'!A1", true},
		{"it's", 3, "'it''s'!A7", true},
		{"a/b", 0, "'a_b'!A1", true},
		{"long", 10, "'long'!A14", true},
		{"long", 11, "'long 2'!A5", true},
		{"long", 25, "'long 3'!A9", true},
		{"long", 26, "'long'!A1", true},
		{"a_b", 0, "", false},
		{"Other", 1, "", false},
		{"", 0, "", false},
	} {
		if got, ok := b.sheetTarget(report.Link{Target: c.target, Sheet: true, Row: c.row}); got != c.want || ok != c.ok {
			t.Errorf("row %d of %q = %q, %t, want %q, %t", c.row, c.target, got, ok, c.want, c.ok)
		}
	}
}

func TestFileTarget(t *testing.T) {
	for _, c := range []struct {
		path, want string
		ok         bool
	}{
		{"cases/PS-00C0FFEE.pdf", "cases/PS-00C0FFEE.pdf", true},
		{"cases/rev 2/50%#1.pdf", "cases/rev%202/50%25%231.pdf", true},
		{"案例/файл.pdf", "案例/файл.pdf", true},
		{strings.Repeat("x", 2079), strings.Repeat("x", 2079), true},
		{strings.Repeat("x", 2080), strings.Repeat("x", 2080), false},
		{"", "", false},
		{"javascript:x", "", false},
		{`\\host\share`, "", false},
		{"//host/share", "", false},
	} {
		if got, ok := fileTarget(c.path); got != c.want || ok != c.ok {
			t.Errorf("fileTarget(%.40q) = %.40q, %t, want %.40q, %t", c.path, got, ok, c.want, c.ok)
		}
	}
}

// Excel ends a sheet at row 1,048,576: what does not fit goes on in further ones.
func TestPiecesOfASheetHaveTheirNamesAndRows(t *testing.T) {
	sheets := sheetsNamed("Series", "series 2", strings.Repeat("x", 40))
	for i := range sheets {
		sheets[i].Len = []int{25, 0, 11}[i]
	}
	type piece struct {
		Name, Table string
		From, Len   int
	}
	var got []piece
	for _, p := range paginate(sheets, 10) {
		got = append(got, piece{p.name, p.table, p.from, p.len})
	}
	x := strings.Repeat("x", 31)
	want := []piece{{"Series", "Table_Series", 0, 10}, {"Series 2", "Table_Series_2", 10, 10},
		{"Series 3", "Table_Series_3", 20, 5}, {"series 2 (2)", "Table_series_2__2_", 0, 0},
		{x, "Table_" + x, 0, 10}, {x[:29] + " 2", "Table_" + x[:29] + "_2", 10, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
