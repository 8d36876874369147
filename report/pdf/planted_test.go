package pdf

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/report"
	"poolsweep/templates"
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

// long sets the texts of a case that come from outside, but for the names of its rules,
// which reasons are looked up by.
func long(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			long(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			long(v.Index(i), text)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if _, is := v.MapIndex(key).Interface().(string); is {
				v.SetMapIndex(key, reflect.ValueOf(text))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, f := v.Type().Field(i).Name, v.Field(i)
			switch {
			case !f.CanSet() || f.Type() == reflect.TypeFor[time.Time]() || name == "ID" || name == "Object" || name == "Role":
			case f.Type() == reflect.TypeFor[string]():
				f.SetString(text)
			case f.Kind() != reflect.String:
				long(f, text)
			}
		}
	}
}

func TestTenThousandCharactersInEveryFieldOfACase(t *testing.T) {
	logs := known(t)
	maps.DeleteFunc(logs, func(name string, _ []byte) bool {
		return !strings.HasPrefix(name, "wavxdmgr-runaway/") && !strings.HasPrefix(name, "process-leak/")
	})
	for i, text := range []string{strings.Repeat("M", 10000), strings.Repeat("名", 10000), strings.Repeat("a b ", 2500)} {
		lang := templates.Languages()[i%2]
		in := lab(t, lang, logs)
		for i := range in.Result.Cases {
			c := &in.Result.Cases[i]
			long(reflect.ValueOf(c).Elem(), text)
			name := fmt.Sprintf("%s, %.4s…, %s", lang, text, c.Kind)
			m, err := report.NewWriteup(in, c)
			if err != nil {
				t.Fatal(err)
			}
			onThePage(t, name, m)
			d := layout(m, A4)
			for n, p := range d.pages {
				if clash := overlaps(p); len(clash) > 0 {
					t.Errorf("%s, page %d: %.200s", name, n+1, clash[0])
				}
			}
			if len(d.pages) > 40 {
				t.Errorf("%s: %d pages", name, len(d.pages))
			}
		}
	}
}

// crowded is a case with so many tags in step.
func crowded(tags int) (report.Input, *analyze.Case) {
	words, err := templates.Load("en")
	if err != nil {
		panic(err)
	}
	lead := &ingest.Snapshot{Machine: ingest.Machine{Name: "LAB-1"}, Source: ingest.Source{File: "a.log", Line: 1}}
	c := &analyze.Case{ID: "PS-00000001", Kind: analyze.PoolLeak, Class: analyze.Lockstep, Verdict: analyze.Leak,
		Machines: []string{"LAB-1"}, Lead: lead, Pools: []ingest.Pool{ingest.NonPaged}, Events: 1000}
	for i := range tags {
		m := analyze.Member{TagUsage: ingest.TagUsage{Tag: ingest.Tag{byte('A' + i%26), byte('a' + i/26%26), byte('a' + i/676%26), 'x'},
			Pool: ingest.NonPaged, Usage: ingest.Usage{Outstanding: 1000, Bytes: uint64(1000 * (i + 1))},
			Source: ingest.Source{File: "a.log", Line: 10 + i}}, Times: 1, Per: 1, Ratio: 1, Within: 3}
		c.Core, lead.Tags = append(c.Core, m), append(lead.Tags, m.TagUsage)
	}
	c.Cluster = &analyze.Cluster{Events: 1000, Anchor: c.Core[0], Candidate: tags, Tolerance: 3}
	in := report.Input{Tool: "poolsweep test", Words: words, Lang: "en",
		Documents: []*ingest.Document{{File: "a.log", SHA256: strings.Repeat("0", 64), Snapshots: []*ingest.Snapshot{lead}}},
		Result: &analyze.Result{Machines: []analyze.Machine{{Machine: lead.Machine, Snapshots: []*ingest.Snapshot{lead},
			Verdict: analyze.Leak}}, Cases: []analyze.Case{*c}}}
	return in, c
}

func TestFiveThousandTagsInOneCase(t *testing.T) {
	in, c := crowded(5000)
	m, err := report.NewWriteup(in, c)
	if err != nil {
		t.Fatal(err)
	}
	onThePage(t, "5,000 tags", m)
	if d := firstPage(m, A4); len(d.pages) != 1 {
		t.Errorf("the summary takes %d pages", len(d.pages))
	}
	if n := len(layout(m, A4).pages); n > 10 {
		t.Errorf("%d pages in all", n)
	}
}

// BenchmarkCrowded shows that the time grows with the number of tags and no faster.
func BenchmarkCrowded(b *testing.B) {
	for _, tags := range []int{50, 500, 5000} {
		in, c := crowded(tags)
		b.Run(fmt.Sprint(tags), func(b *testing.B) {
			for b.Loop() {
				m, err := report.NewWriteup(in, c)
				if err != nil {
					b.Fatal(err)
				}
				if err := Write(new(bytes.Buffer), m, A4); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
