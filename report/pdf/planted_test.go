package pdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/report"
)

// planted are texts that a log, a file's name or a translation could bring.
func planted() []string {
	return []string{`=cmd|' /C calc'!A0`, "+1", "-1", "@SUM(1)", "<script>alert(1)</script>", "\u202Egnp.exe\u202C",
		"a\x00b", "\U0001F600\U0001F469\u200D\U0001F4BB", "e\u0301\u0323\u0308" + strings.Repeat("\u0301", 50),
		"bad \xff\xfe\xc3", "_x0041_", "two\nlines\r\n", "\ttab\t", "%s%d%!", "{{.}}", `\u0000`, "", " ",
		`)/URI(javascript:x)`, `<< /JS (x) >>`, `C:\` + strings.Repeat("名", 300), strings.Repeat("M", 200)}
}

// plant sets every text of a model, each to the next of next. Times stay.
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
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[report.Scale]() {
			return // an axis holds nothing but figures and dates
		}
		for i := range v.NumField() {
			plant(v.Field(i), next)
		}
	}
}

// plantAll does so with a write-up, but for the fixed words of a page, of a time axis and
// of headings, which are ours.
func plantAll(m *report.Writeup, next func() string) {
	labels, clock := m.Labels, m.Timeline.Clock
	plant(reflect.ValueOf(m).Elem(), next)
	m.Labels, m.Timeline.Clock = labels, clock
	for i := range m.Sections {
		m.Sections[i].Title = "What happened"
	}
}

// everyBlock is a write-up with each kind of block, small enough for long texts.
func everyBlock() *report.Writeup {
	m := runaway()
	m.Timeline, m.Notices = forecast(), []string{"x"}
	m.Sections = nil
	for i, b := range []report.Block{{Text: "x"}, {Bullets: []string{"x", "x"}}, {Chain: []string{"x", "x"}},
		{Title: "x", Table: &report.Table{Caption: "x", Note: "x", Columns: runawayEvidence().Columns, Rows: runawayEvidence().Rows}},
		{Steps: runawaySteps()}, {Links: []report.WebLink{{Text: "x", URL: "x"}}}, {Code: []string{"x"}},
		{Chart: stack()}, {Ratios: ladderOf(3)},
		{Matrix: matrixOf(4)}} {
		m.Sections = append(m.Sections, report.Section{Number: i + 1, Title: "x", Appendix: i > 5, Blocks: []report.Block{b}})
	}
	return m
}

func TestEveryFieldBearsEveryText(t *testing.T) {
	texts := planted()
	for shift := range texts { // each field has another text in each round
		n := shift
		m := everyBlock()
		plantAll(m, func() string { n++; return texts[n%len(texts)] })
		onThePage(t, fmt.Sprint("round ", shift), m)
	}
}

// onThePage fails unless all of a write-up is drawn, on its pages.
func onThePage(t *testing.T, name string, m *report.Writeup) {
	t.Helper()
	d := layout(m, A4)
	for n, p := range d.pages {
		for _, o := range p.ops {
			left, right, top, bottom := extent(o)
			if !(left >= 0 && right <= d.width && top >= 0 && bottom <= d.height) {
				t.Fatalf("%s, page %d: %+v leaves the page", name, n+1, o)
			}
		}
	}
	if err := d.emit(new(bytes.Buffer)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestPlantedTextsAreSoundPDF(t *testing.T) {
	n, texts, m := 0, planted(), everyBlock()
	plantAll(m, func() string { n++; return texts[n%len(texts)] })
	data := write(t, m, A4)
	for _, key := range []string{"/JavaScript", "/Launch", "/SubmitForm", "/OpenAction"} {
		if bytes.Contains(data, []byte(key)) {
			t.Errorf("%s is in the file", key)
		}
	}
	qpdf, err := exec.LookPath("qpdf")
	if err != nil {
		t.Skip("qpdf is not installed")
	}
	file := filepath.Join(t.TempDir(), "planted.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(qpdf, "--check", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// lockstepLog prints a pool table of so many tags in step after a machine's name.
func lockstepLog(tags int, name func(i int) string) []byte {
	var b strings.Builder
	b.WriteString("0: kd> !poolused 3\n....\n Sorting by NonPaged Pool Consumed\n\n" +
		"                            NonPaged                                         Paged\n" +
		" Tag       Allocs       Frees      Diff         Used       Allocs       Frees      Diff         Used\n\n")
	for i := range tags {
		fmt.Fprintf(&b, " %-4.4s %12d %11d %9d %12d %12d %11d %9d %12d\tUNKNOWN pooltag '%-4.4s', please update pooltag.txt\n",
			name(i), 710448, 102, 710346, 113655360, 0, 0, 0, 0, name(i))
	}
	fmt.Fprintf(&b, "\nTOTAL %12d %11d %9d %12d %12d %11d %9d %12d\n0: kd> q\n", 710448*tags, 102*tags, 710346*tags,
		113655360*tags, 0, 0, 0, 0)
	return []byte(b.String())
}

func TestOneTagAndHundreds(t *testing.T) {
	hostileTags := []string{"=cmd", "+a-b", "@x|'", "-1-1", "<b>x", "%s%d", "{{.}", "\x01\x02\xff\xfe", "a)/U"}
	for _, c := range []struct {
		tags    int
		machine string
	}{{1, "A"}, {300, strings.Repeat("LAB-", 50)}, {9, `=cmd|' /C calc'!A0`}, {9, "\u202Elab\U0001F600"}} {
		log := lockstepLog(c.tags, func(i int) string {
			if c.tags < 10 {
				return hostileTags[i]
			}
			return fmt.Sprintf("%04x", i)
		})
		for _, lang := range []string{"en", "zh-CN"} {
			in := lab(t, lang, map[string][]byte{c.machine + "/log.log": log})
			if len(in.Result.Cases) == 0 {
				t.Fatalf("%d tags: no case", c.tags)
			}
			m, err := report.NewWriteup(in, &in.Result.Cases[0])
			if err != nil {
				t.Fatal(err)
			}
			onThePage(t, fmt.Sprintf("%s, %d tags", lang, c.tags), m)
			if n := len(layout(m, A4).pages); n > 50 {
				t.Errorf("%d tags: %d pages", c.tags, n)
			}
			if !slices.ContainsFunc(m.Next, func(s report.Step) bool { return s.Command != "" }) {
				t.Errorf("%d tags: nothing to do next", c.tags)
			}
		}
	}
}
