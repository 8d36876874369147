// Package templates holds every sentence, heading and label that poolsweep
// prints, one folder a language. Code above it chooses which sentence to say and
// hands in the figures; the words, the order of the words and the way a number
// is written stand here and nowhere else.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"text/template"
	"unicode"
	"unicode/utf8"
)

//go:embed en/*.tmpl zh-CN/*.tmpl
var files embed.FS

// Words is the wording of one language.
type Words struct {
	lang string
	set  *template.Template
}

// Languages returns the languages that Load knows, sorted.
func Languages() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // an embedded folder can always be listed
	}
	var langs []string
	for _, e := range entries {
		langs = append(langs, e.Name())
	}
	return langs
}

// loaded holds each language's wording, parsed once in the life of the process: a
// watcher asks for it with every look at its groups.
var loaded = sync.OnceValue(func() map[string]func() (*Words, error) {
	all := map[string]func() (*Words, error){}
	for _, lang := range Languages() {
		all[lang] = sync.OnceValues(func() (*Words, error) { return load(files, Languages(), lang) })
	}
	return all
})

// Load returns the wording of a language, named as in BCP 47: "en". Callers share it:
// nothing changes it.
func Load(lang string) (*Words, error) {
	if of, known := loaded()[lang]; known {
		return of()
	}
	return load(files, Languages(), lang)
}

// load parses all templates in the language's folder of fsys.
func load(fsys fs.FS, known []string, lang string) (*Words, error) {
	if !slices.Contains(known, lang) {
		return nil, fmt.Errorf("load language %q: known are %s", lang, strings.Join(known, ", "))
	}
	w := &Words{lang: lang}
	set := template.New(lang).Option("missingkey=error").Funcs(w.funcs())
	set, err := set.ParseFS(fsys, lang+"/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("load language %q: %w", lang, err)
	}
	for _, t := range set.Templates() {
		if t.Tree != nil {
			keepValues(t.Root)
		}
	}
	w.set = set
	return w, nil
}

// Lang returns the language's BCP 47 name.
func (w *Words) Lang() string { return w.lang }

// Has reports whether a sentence or label of that name exists.
func (w *Words) Has(name string) bool { return w.set.Lookup(name) != nil }

// Names returns the names of all sentences and labels, sorted. The template
// files themselves, which hold nothing outside their definitions, are left out.
func (w *Words) Names() []string {
	var names []string
	for _, t := range w.set.Templates() {
		if !strings.HasSuffix(t.Name(), ".tmpl") {
			names = append(names, t.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Sentence returns the sentence of that name with the facts put in. A fact the
// sentence asks for and does not get is an error. Runs of blanks and line ends
// written in the template become one blank; those inside a fact stay as they are.
func (w *Words) Sentence(name string, facts map[string]any) (string, error) {
	t := w.set.Lookup(name)
	if t == nil {
		return "", fmt.Errorf("word sentence %q: no such sentence in %q", name, w.lang)
	}
	if facts == nil {
		facts = map[string]any{}
	}
	var out bytes.Buffer
	if err := t.Execute(&out, facts); err != nil {
		return "", fmt.Errorf("word sentence %q: %w", name, err)
	}
	return released.Replace(w.collapse(out.String())), nil
}

// Label returns the fixed words of that name: a heading, a column title, the
// word for a verdict.
func (w *Words) Label(name string) (string, error) { return w.Sentence(name, nil) }

// collapse turns every run of blanks, tabs and line ends into one blank and cuts
// them off at both ends. Other spaces, such as U+00A0, are there on purpose. Chinese
// is written without blanks, so there a run between two of its characters or beside
// its punctuation leaves nothing.
func (w *Words) collapse(s string) string {
	var b strings.Builder
	var last rune
	for word := range strings.FieldsFuncSeq(s, isBlank) {
		first, _ := utf8.DecodeRuneInString(word)
		if b.Len() > 0 && !(w.lang == chinese && joined(last, first)) {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		last, _ = utf8.DecodeLastRuneInString(word)
	}
	return b.String()
}

func isBlank(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

// chinese is the language that is written without blanks.
const chinese = "zh-CN"

// joined reports whether Chinese has no blank between two characters.
func joined(a, b rune) bool {
	return fullWidthSign(a) || fullWidthSign(b) || unicode.Is(unicode.Han, a) && unicode.Is(unicode.Han, b)
}

// fullWidthSign reports whether a character is Chinese punctuation, which brings its
// own space along: ，。；：（）、
func fullWidthSign(r rune) bool {
	return r >= 0x3001 && r <= 0x3011 || r >= 0xFF01 && r <= 0xFF0F || r == '：' || r == '；' || r == '？'
}
