package xlsx_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"poolsweep/report"
	"poolsweep/report/xlsx"
)

// A sheet that is too long goes on in a second one, which is as whole as the first.
func TestLongSheetIsSplit(t *testing.T) {
	s := long(25)
	s.Columns = append(s.Columns, typed("Case", report.KindLink, 14))
	rows := s.Rows
	s.Rows = func(yield func([]any) bool) {
		i := 0
		rows(func(row []any) bool {
			i++
			return yield(append(row, report.Link{Text: "next", Target: "Series", Sheet: true, Row: i + 1}))
		})
	}
	readMe := report.Sheet{Name: "Read me", Heading: "Read me"}
	var b bytes.Buffer
	if err := xlsx.WriteUpTo(&b, &report.Workbook{Tool: "t", Sheets: []report.Sheet{readMe, s}}, 14); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	if diff := cmp.Diff([]string{"Read me", "Series", "Series 2", "Series 3"}, f.GetSheetList()); diff != "" {
		t.Fatalf("sheets -want +got:\n%s", diff)
	}
	for i, want := range []string{
		"A1 Series (1 / 3), A5 LAB-000, F5 0, table Table_Series A4:K14, K5 'Series'!A6, K14 'Series 2'!A5",
		"A1 Series (2 / 3), A5 LAB-010, F5 70, table Table_Series_2 A4:K14, K5 'Series 2'!A6, K14 'Series 3'!A5",
		"A1 Series (3 / 3), A5 LAB-020, F5 140, table Table_Series_3 A4:K9, K5 'Series 3'!A6, K9 'Series'!A1",
	} {
		sheet := f.GetSheetList()[i+1]
		got := fmt.Sprintf("A1 %s, A5 %s, F5 %s, table %s", value(f, sheet, "A1"), value(f, sheet, "A5"),
			value(f, sheet, "F5"), tableOf(t, f, sheet))
		last := map[bool]string{true: "K9", false: "K14"}[i == 2]
		for _, at := range []string{"K5", last} {
			_, to, _ := f.GetCellHyperLink(sheet, at)
			got += fmt.Sprintf(", %s %s", at, to)
		}
		if got != want {
			t.Errorf("%s has %s\nwant %s", sheet, got, want)
		}
	}
	if n := strings.Count(dump(t, b.Bytes()), "varies colours"); n != 1 {
		t.Errorf("%d charts, want one on the first sheet", n)
	}
	if _, to, _ := f.GetCellHyperLink("Read me", "A6"); to != "'Series 3'!A1" {
		t.Errorf("the index leads to %q", to)
	}
}

func value(f *excelize.File, sheet, at string) string {
	v, err := f.GetCellValue(sheet, at)
	if err != nil {
		return err.Error()
	}
	return v
}

func tableOf(t *testing.T, f *excelize.File, sheet string) string {
	t.Helper()
	tables, err := f.GetTables(sheet)
	if err != nil || len(tables) != 1 {
		t.Fatalf("%s has the tables %v (%v)", sheet, tables, err)
	}
	return tables[0].Name + " " + tables[0].Range
}

// The frame of a sheet says how many rows it has: a model that brings others would
// make a file that Excel repairs.
func TestRowsAreAsAnnounced(t *testing.T) {
	columns := []report.SheetColumn{text("Tag", 8)}
	for _, c := range []struct {
		want string
		rows [][]any
		len  int
	}{
		{`build workbook: sheet "S": 1 rows came, 2 were announced`, [][]any{{"a"}}, 2},
		{`build workbook: sheet "S": rows came, none were announced`, [][]any{{"a"}}, 0},
		{`build workbook: sheet "S": 2 rows came, 1 were announced`, [][]any{{"a"}, {"b"}}, 1},
		{`build workbook: sheet "S": row 2 has 2 values, the table 1 columns`, [][]any{{"a"}, {"b", "c"}}, 2},
	} {
		m := oneSheet(columns, c.rows...)
		m.Sheets[0].Len = c.len
		if err := xlsx.Write(&bytes.Buffer{}, m); err == nil || err.Error() != c.want {
			t.Errorf("error = %v, want %s", err, c.want)
		}
	}
}
