package report_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/windbg"
	"poolsweep/report"
	"poolsweep/samples"
	"poolsweep/templates"
)

// sampled reads and judges all sample logs, each named by its folder.
func sampled(t *testing.T) report.Input {
	t.Helper()
	words, err := templates.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	know, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	in := report.Input{Tool: "poolsweep test", Words: words, Lang: "en"}
	err = fs.WalkDir(samples.Logs, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(samples.Logs, name)
		if err != nil {
			return err
		}
		doc, err := windbg.Read(bytes.NewReader(text), name)
		if err != nil {
			return err
		}
		for _, s := range doc.Snapshots {
			s.Machine = ingest.Machine{Name: path.Base(path.Dir(name)), From: ingest.NameFromFolder}
		}
		in.Documents = append(in.Documents, doc)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	in.Result = judge.Judge(in.Documents, know, analyze.DefaultThresholds())
	return in
}

// TestSamplesAreWorded runs the real analysis through all reports: each reason
// it gives has to find its sentence and its facts.
func TestSamplesAreWorded(t *testing.T) {
	in := sampled(t)
	if len(in.Result.Cases) == 0 {
		t.Fatal("the samples raise no case")
	}
	out, err := report.NewOutput(in)
	if err != nil {
		t.Error(err)
	}
	book, err := report.NewBook(in)
	if err != nil {
		t.Error(err)
	}
	all := []any{out, book, rowsOf(book)}
	for i := range in.Result.Cases {
		w, err := report.NewWriteup(in, &in.Result.Cases[i])
		if err != nil {
			t.Error(err)
		}
		all = append(all, w)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, seam := range []string{"<no value>", "%!", "{{", `\u0000`, "<nil>"} {
		if bytes.Contains(text, []byte(seam)) {
			t.Errorf("the reports contain %q", seam)
		}
	}
}

// rowsOf returns the rows of all sheets, which JSON leaves out.
func rowsOf(b *report.Workbook) []any {
	var out []any
	for i := range b.Sheets {
		for row := range b.Sheets[i].All() {
			out = append(out, slices.Clone(row))
		}
	}
	return out
}

// TestSamplesGiveTheSameReportsTwice: nothing may hang on the order of a map.
func TestSamplesGiveTheSameReportsTwice(t *testing.T) {
	var runs [2]string
	for i := range runs {
		in := sampled(t)
		var b strings.Builder
		enc := json.NewEncoder(&b)
		out, err := report.NewOutput(in)
		if err != nil {
			t.Fatal(err)
		}
		book, err := report.NewBook(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{out, book, rowsOf(book)} {
			if err := enc.Encode(v); err != nil {
				t.Fatal(err)
			}
		}
		for j := range in.Result.Cases {
			w, err := report.NewWriteup(in, &in.Result.Cases[j])
			if err != nil {
				t.Fatal(err)
			}
			if err := enc.Encode(w); err != nil {
				t.Fatal(err)
			}
		}
		runs[i] = b.String()
	}
	if runs[0] != runs[1] {
		t.Error("two runs over the same logs differ")
	}
}
