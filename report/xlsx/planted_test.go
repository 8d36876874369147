package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"poolsweep/report"
)

// planted are texts that a log, a file's name or a translation could bring.
func planted() []string {
	return []string{`=cmd|' /C calc'!A0`, "+1", "-1", "@SUM(1)", "<script>alert(1)</script>", "\u202Egnp.exe\u202C",
		"a\x00b", "\U0001F600", "e\u0301\u0323", "bad \xff\xfe\xc3", "_x0041_", "two\nlines", "\ttab", "%s%d%!",
		"{{.}}", `\u0000`, "", " ", "javascript:x", `\\host\share`, "]]>&amp;", "\ufffe", strings.Repeat("长", 10_000)}
}

// plant sets every text of a model, each to the next of next, also those in rows.
func plant(v reflect.Value, next func() string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(next())
	case reflect.Pointer:
		if !v.IsNil() {
			plant(v.Elem(), next)
		}
	case reflect.Slice:
		for i := range v.Len() {
			plant(v.Index(i), next)
		}
	case reflect.Interface:
		if !v.IsNil() {
			value := reflect.New(v.Elem().Type()).Elem()
			value.Set(v.Elem())
			plant(value, next)
			v.Set(value)
		}
	case reflect.Func:
		if rows, ok := v.Interface().(iter.Seq[[]any]); ok && rows != nil {
			v.Set(reflect.ValueOf(plantRows(rows, next)))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			plant(v.Field(i), next)
		}
	}
}

// plantRows keeps planted copies: rows may be gone through more than once.
func plantRows(rows iter.Seq[[]any], next func() string) iter.Seq[[]any] {
	var kept [][]any
	for row := range rows {
		row = append([]any(nil), row...)
		plant(reflect.ValueOf(&row).Elem(), next)
		kept = append(kept, row)
	}
	return func(yield func([]any) bool) {
		for _, row := range kept {
			if !yield(append([]any(nil), row...)) {
				return
			}
		}
	}
}

// everySheet is a workbook with each kind of sheet and of cell.
func everySheet() *report.Workbook {
	m := fleet(5)
	m.Sheets = append(m.Sheets, lab().Sheets...)
	return m
}

func TestEveryFieldBearsEveryText(t *testing.T) {
	texts := planted()
	for shift := 0; shift < len(texts); shift += 3 {
		n := shift
		m := everySheet()
		plant(reflect.ValueOf(m).Elem(), func() string { n++; return texts[n%len(texts)] })
		sound(t, fmt.Sprint("round ", shift), write(t, m))
	}
	for _, s := range texts {
		m := everySheet()
		plant(reflect.ValueOf(m).Elem(), func() string { return s })
		sound(t, fmt.Sprintf("%.20q everywhere", s), write(t, m))
	}
}

// sound fails unless each part of a workbook is well-formed and no cell holds a
// formula, and nothing leads to a program or another host.
func sound(t *testing.T, name string, data []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<f>")) && strings.HasPrefix(f.Name, "xl/worksheets/") {
			t.Errorf("%s: %s holds a formula", name, f.Name)
		}
		for _, target := range []string{`Target="javascript:`, `Target="\\`, `Target="file:`} {
			if bytes.Contains(text, []byte(target)) {
				t.Errorf("%s: %s has %s", name, f.Name, target)
			}
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err = d.Token(); err != nil {
				break
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %s: %v", name, f.Name, err)
		}
	}
	f := open(t, data)
	for _, sheet := range f.GetSheetList() {
		if _, err := f.GetRows(sheet); err != nil {
			t.Errorf("%s: sheet %q: %v", name, sheet, err)
		}
	}
}
