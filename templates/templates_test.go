package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// named stands for the analysis's own number types and tags.
type (
	namedBytes uint64
	namedShare float64
	namedTag   [4]byte
)

func (t namedTag) String() string { return string(t[:]) }

// words loads the English wording with one more sentence, "test".
func words(t *testing.T, sentence string) *Words {
	t.Helper()
	fsys := fstest.MapFS{"en/test.tmpl": {Data: []byte(`{{define "test"}}` + sentence + `{{end}}`)}}
	for _, name := range []string{"en/labels.tmpl", "en/pages.tmpl"} {
		data, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	w, err := load(fsys, []string{"en"}, "en")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSentenceWordsFacts(t *testing.T) {
	for _, c := range []struct {
		sentence string
		fact     any
		want     string
	}{
		{"{{count .V}}", int64(12979), "12,979"},
		{"{{count .V}}", -1234567, "-1,234,567"},
		{"{{count .V}}", uint64(0), "0"},
		{"{{bytes .V}}", namedBytes(8618056), "8.22 MB"},
		{"{{bytes .V}}", namedBytes(1023), "1,020 bytes"},
		{"{{bytes .V}}", namedBytes(1024), "1 KB"},
		{"{{bytes .V}}", 600.25, "600 bytes"},
		{"{{bytes .V}}", namedBytes(128 << 30), "128 GB"},
		{"{{exact .V}}", namedBytes(8618056), "8,618,056 bytes"},
		{"{{ratio .V}}", 2.0, "2.00"},
		{"{{percent .V}}", namedShare(0.123), "12.3 %"},
		{"{{percent .V}}", namedShare(0.99999), "99.9 %"},
		{"{{percent .V}}", namedShare(1), "100 %"},
		{"{{percent .V}}", namedShare(0.0001), "0.0100 %"},
		{"{{tag .V}}", namedTag{'P', 'p', ' ', ' '}, "'Pp  '"},
		{"{{tag .V}}", "tsni", "tsni"},
		{"{{list .V}}", []string{"a"}, "a"},
		{"{{list .V}}", []string{"a", "b"}, "a and b"},
		{"{{list .V}}", []string{"a", "b", "c  d"}, "a, b and c  d"},
		{"{{list .V}}", []namedTag{{'A', ' ', ' ', ' '}, {'B', 'c', 'd', 'e'}}, "A    and Bcde"},
		{"{{list .V}}", []string{}, ""},
		{"{{list .V}}", letters(40), strings.Repeat("a, ", 38) + "a and a"},
		{"{{list .V}}", letters(41), strings.Repeat("a, ", 38) + "a and 2 more"},
		{"{{range listed .V}}{{.}}{{end}}{{with unlisted .V}} and {{count .}} more{{end}}", letters(40), strings.Repeat("a", 40)},
		{"{{range listed .V}}{{.}}{{end}}{{with unlisted .V}} and {{count .}} more{{end}}", letters(5000),
			strings.Repeat("a", 39) + " and 4,961 more"},
		{`{{plural .V "filter" "filters"}}`, 1, "filter"},
		{`{{plural .V "filter" "filters"}}`, int64(0), "filters"},
		{"{{hours .V}}", 26.125, "26.1 hours"},
		{"{{hours .V}}", time.Hour, "1 hour"},
		{"{{duration .V}}", 76*time.Hour + 5*time.Minute, "3 days 4 hours"},
		{"{{duration .V}}", 24 * time.Hour, "1 day"},
		{"{{duration .V}}", 90 * time.Minute, "1 hour 30 minutes"},
		{"{{duration .V}}", 0.5, "30 minutes"},
	} {
		got, err := words(t, c.sentence).Sentence("test", map[string]any{"V": c.fact})
		if err != nil || got != c.want {
			t.Errorf("%s of %v = %q, %v; want %q", c.sentence, c.fact, got, err, c.want)
		}
	}
}

func TestSignificantKeepsThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 3: "3", 42: "42", 999: "999", 1023.6: "1,020", 12979: "13,000", 8.2188: "8.22", 9.996: "10.0",
		99.96: "100", 0.00125: "0.00125", 0.0009999: "0.00100", -2.345: "-2.35", 0.5: "0.500", 5.7561: "5.76",
	} {
		if got := Significant(v); got != want {
			t.Errorf("Significant(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestBlanksCollapseInTheTemplateOnly(t *testing.T) {
	hostile := "  a\n\tb\x00s  \u00a0c "
	w := words(t, "\n  one   two\n{{if .V}}\n  <{{.V}}>{{end}}\n")
	got, err := w.Sentence("test", map[string]any{"V": hostile})
	if want := "one two <" + hostile + ">"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestValuesInsideBranchesAndVariablesAreKept(t *testing.T) {
	w := words(t, `{{$x := .V}}{{range .L}}[{{.}}]{{else}}-{{end}} {{with $x}}{{.}}{{end}}`)
	got, err := w.Sentence("test", map[string]any{"V": "a  b", "L": []string{" c", "d "}})
	if want := "[ c][d ] a  b"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestSentenceReportsOurMistakes(t *testing.T) {
	w := words(t, "{{count .V}}")
	for _, c := range []struct {
		name  string
		facts map[string]any
		want  string
	}{
		{"test", nil, "V"},
		{"test", map[string]any{"V": "many"}, "whole number"},
		{"test", map[string]any{"V": 1.5}, "whole number"},
		{"no such", nil, "no such sentence"},
	} {
		got, err := w.Sentence(c.name, c.facts)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %v = %q, %v; want an error with %q", c.name, c.facts, got, err, c.want)
		}
	}
}

func TestLoadNamesTheKnownLanguages(t *testing.T) {
	if _, err := Load("tlh"); err == nil || !strings.Contains(err.Error(), "known are en") {
		t.Errorf("Load of an unknown language: %v", err)
	}
}

func TestEveryLabelStandsWithoutFacts(t *testing.T) {
	for _, lang := range Languages() {
		data, err := files.ReadFile(lang + "/labels.tmpl")
		if err != nil {
			t.Fatal(err)
		}
		alone, err := load(fstest.MapFS{lang + "/labels.tmpl": {Data: data}}, []string{lang}, lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range alone.Names() {
			text, err := alone.Label(name)
			if err != nil || text == "" || strings.Contains(text, "<no value>") {
				t.Errorf("%s: label %q = %q, %v", lang, name, text, err)
			}
		}
	}
}

func TestLanguagesNameTheSameSentences(t *testing.T) {
	en, err := Load("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		w, err := Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		if have, want := fmt.Sprint(w.Names()), fmt.Sprint(en.Names()); have != want {
			t.Errorf("%s has the sentences\n%s\nen has\n%s", lang, have, want)
		}
	}
}

func TestNamesHoldSentencesOnly(t *testing.T) {
	w := words(t, "x")
	for _, name := range w.Names() {
		if !w.Has(name) || strings.HasSuffix(name, ".tmpl") {
			t.Errorf("name %q is no sentence", name)
		}
	}
	if w.Lang() != "en" || w.Has("no such") {
		t.Error("the language or the sentences are wrong")
	}
}

// letters is a list of so many.
func letters(n int) []string { return slices.Repeat([]string{"a"}, n) }
