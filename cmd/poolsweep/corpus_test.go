package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"poolsweep/ingest"
	"poolsweep/ingest/tooltext"
	"poolsweep/ingest/unpack"
	"poolsweep/ingest/windbg"
)

// rowKind counts the rows of one kind of output in a text by a plain pattern,
// which knows nothing of columns, blocks and prompts.
type rowKind struct {
	name    string
	command *regexp.Regexp // of the blocks that hold such rows
	row     *regexp.Regexp // a line that looks like one
}

var rowKinds = []rowKind{
	{"pool table", regexp.MustCompile(`poolused`), regexp.MustCompile(`(?m)^[ \t>-]*\S[^\n]{0,4}?(?:[ \t]+\d+){4}(?:[^\d\n]|$)[^\n]*$`)},
	{"poolmon", regexp.MustCompile(`^poolmon`), regexp.MustCompile(`(?m)^[ -]*\S[^\n]{0,3} +(?:Nonp|Paged) +\d+[^\n]*\d`)},
	{"filter list", regexp.MustCompile(`!(fltkd\.)?filters|!fltkd\.frames`), regexp.MustCompile(`(?m)^[ >]*FLT_(?:FILTER|INSTANCE): [0-9a-f]+ +"`)},
	{"volume list", regexp.MustCompile(`!(fltkd\.)?volumes`), regexp.MustCompile(`(?m)^[ >]*FLT_(?:VOLUME|INSTANCE): [0-9a-f]+ +"`)},
	{"fltmc", regexp.MustCompile(`fltmc`), regexp.MustCompile(`(?m)^\S[^\n]*? +(?:\d{4,6}(?:\.\d+)?|<Legacy>)[^\n]*$`)},
	{"modules", regexp.MustCompile(`^lm`), regexp.MustCompile("(?m)^[ >]*[0-9a-f`]{8,17} [0-9a-f`]{8,17} +\\S+ +(?:[A-Z] )?\\([a-z ]+\\)")},
	{"scan hits", regexp.MustCompile(`^(?:!for_each_module )?s `), regexp.MustCompile("(?m)^[ >]*[0-9a-f`]{8,17}  (?:[0-9a-f]{2}[ -]){8}")},
}

// TestCorpus reads public outputs and prints, for each kind of row, how many were
// read of those that a plain pattern finds. It needs the folder with the corpus
// and fails only on a panic, an error, or more than one row in twenty missing.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../../shared/corpus/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("no corpus beside the checkout")
	}
	read, present := map[string]int{}, map[string]int{}
	blocks, warnings, none := 0, 0, 0
	for _, f := range files {
		doc, text := readCorpus(t, f)
		if len(doc.Snapshots) == 0 {
			none++
		}
		for _, s := range doc.Snapshots {
			blocks += len(s.Blocks)
			warnings += len(s.Warnings)
		}
		for _, k := range rowKinds {
			r, p := k.count(doc, text)
			read[k.name] += min(r, p)
			present[k.name] += p
			if r != p {
				t.Logf("%-60s %-12s %4d of %4d", strings.TrimPrefix(f, "../../../shared/corpus/"), k.name, r, p)
			}
		}
	}
	for _, k := range rowKinds {
		t.Logf("%-12s %5d of %5d rows read", k.name, read[k.name], present[k.name])
		if read[k.name]*20 < present[k.name]*19 {
			t.Errorf("%s: %d of %d rows read", k.name, read[k.name], present[k.name])
		}
	}
	t.Logf("%d files, %d blocks, %d warnings, %d files with nothing known", len(files), blocks, warnings, none)
}

func readCorpus(t *testing.T, name string) (*ingest.Document, string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	clean, _, err := unpack.Text(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text.Write(raw)
	doc, err := windbg.Read(clean, name, tooltext.Tables()...)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return doc, text.String()
}

// count returns how many rows of the kind the document's blocks hold, and how
// many lines of the text look like one. Files without such a block count only
// when the text names the command, for many outputs share a shape.
func (k rowKind) count(doc *ingest.Document, text string) (read, present int) {
	found := false
	for _, s := range doc.Snapshots {
		for _, b := range s.Blocks {
			if k.command.MatchString(b.Command) {
				found = true
				read += b.Rows
			}
		}
	}
	if !found {
		return 0, 0
	}
	return read, len(k.row.FindAllString(text, -1))
}
