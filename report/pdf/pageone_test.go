package pdf

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/windbg"
	"poolsweep/report"
	"poolsweep/samples"
	"poolsweep/templates"
)

// lab reads logs, judges them together and hands the cases to reports in a language.
func lab(t *testing.T, lang string, logs map[string][]byte) report.Input {
	t.Helper()
	words, err := templates.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	know, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	in := report.Input{Tool: "poolsweep test", Words: words, Lang: lang}
	for _, name := range sortedNames(logs) {
		doc, err := windbg.Read(bytes.NewReader(logs[name]), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Snapshots {
			s.Machine = ingest.Machine{Name: filepath.Base(filepath.Dir(name)), From: ingest.NameFromFolder}
		}
		in.Documents = append(in.Documents, doc)
	}
	in.Result = judge.Judge(in.Documents, know, analyze.DefaultThresholds())
	return in
}

func sortedNames(logs map[string][]byte) []string {
	var names []string
	for name := range logs {
		names = append(names, name)
	}
	// The order of the documents is that of the machines' logs.
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}

// known are all logs the project has: the samples, and those of published defects.
func known(t *testing.T) map[string][]byte {
	t.Helper()
	logs := map[string][]byte{}
	for _, root := range []fs.FS{samples.Logs, os.DirFS("../../analyze/knowledge/issues")} {
		err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".log") {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if !strings.Contains(name, "/") {
				name = strings.TrimSuffix(name, ".log") + "/" + name
			}
			logs[name] = text
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return logs
}

// fits fails unless the summary stands on one page of each paper.
func fits(t *testing.T, name string, m *report.Writeup) {
	t.Helper()
	for _, paper := range []Paper{A4, Letter} {
		d := firstPage(m, paper)
		if len(d.pages) != 1 {
			t.Errorf("%s, paper %d: the summary takes %d pages", name, paper, len(d.pages))
		}
	}
}

func TestTheSummaryOfEveryKnownCaseFitsPageOne(t *testing.T) {
	for _, lang := range templates.Languages() {
		in := lab(t, lang, known(t))
		if len(in.Result.Cases) < 10 {
			t.Fatalf("%d cases only", len(in.Result.Cases))
		}
		for i := range in.Result.Cases {
			c := &in.Result.Cases[i]
			m, err := report.NewWriteup(in, c)
			if err != nil {
				t.Fatal(err)
			}
			fits(t, fmt.Sprintf("%s, %s %s", lang, c.ID, c.Class), m)
			if total := len(layout(m, A4).pages); total > 8 {
				t.Errorf("%s, %s: %d pages in all", lang, c.ID, total)
			}
		}
	}
}

// TestTheSummaryOfEveryClassFitsPageOne gives the fullest known case each form a
// case can have, on many machines, after a revision.
func TestTheSummaryOfEveryClassFitsPageOne(t *testing.T) {
	for _, lang := range templates.Languages() {
		in := lab(t, lang, known(t))
		full := in.Result.Cases[0]
		for _, c := range in.Result.Cases {
			if len(c.Core)+len(c.Related)+len(c.Why) > len(full.Core)+len(full.Related)+len(full.Why) {
				full = c
			}
		}
		for i := range 60 {
			full.Machines = append(full.Machines, fmt.Sprintf("BUILD-AGENT-%03d", i))
		}
		in.Revisions = map[string]report.Revision{full.ID: {Number: 7, Before: &report.Summary{Verdict: "suspect",
			Events: 4711, Bytes: 1 << 20, Holder: "other.sys", Machines: []string{"LAB-OLD-1", "LAB-OLD-2"}}}}
		for _, kind := range []analyze.Kind{analyze.PoolLeak, analyze.ObjectLeak, analyze.RunawayAttachment} {
			for class := analyze.NoFrees; class <= analyze.Leader; class++ {
				c := full
				c.Kind, c.Class, c.Object = kind, class, "process"
				c.Rate = &analyze.Rate{EventsPerHour: 3880.5, BytesPerHour: 29.4e6, Window: 200 * time.Hour, Snapshots: 12,
					BytesLow: 20e6, BytesHigh: 40e6}
				c.Exhausts = &analyze.Exhaustion{At: time.Date(2026, 5, 2, 3, 4, 5, 0, time.UTC), In: 30 * time.Hour,
					Earliest: 25 * time.Hour, Latest: 40 * time.Hour, Ceiling: 256 << 20}
				m, err := report.NewWriteup(in, &c)
				if err != nil {
					t.Fatal(err)
				}
				fits(t, fmt.Sprintf("%s, %s %s", lang, kind, class), m)
			}
		}
	}
}

func TestHostileNamesGoOverGracefully(t *testing.T) {
	d := firstPage(hostile(), A4)
	if len(d.pages) < 2 || len(d.pages) > 12 {
		t.Errorf("%d pages", len(d.pages))
	}
	if d.scale != 1 {
		t.Errorf("the sections go on at %v", d.scale)
	}
}

func TestACommandIsNeverBrokenInAWord(t *testing.T) {
	command := `!for_each_module s -a @#Base @#End "` + strings.Repeat("x", 60) + `"; ` +
		`findstr /m /l /s /c:"tsni" "C:\Windows\System32\drivers\*.sys" "D:\symbols\drivers\*.sys" > hits.txt`
	m := &report.Writeup{Next: []report.Step{{Why: "because", Command: command}}}
	words := map[string]bool{}
	for _, o := range layout(m, A4).pages[0].ops {
		if o.kind == opText && o.face == goMono {
			for _, w := range strings.Fields(o.text) {
				words[w] = true
			}
		}
	}
	for _, w := range strings.Fields(command) {
		if !words[w] {
			t.Errorf("%q is not whole", w)
		}
	}
}

func TestAnOverviewIsOnePage(t *testing.T) {
	for _, lang := range templates.Languages() {
		in := lab(t, lang, known(t))
		in.Result.Cases = nil
		for i := range in.Result.Machines {
			m := in.Result.Machines[i]
			m.Name = "BUILD-AGENT-OF-THE-OTHER-LAB-" + m.Name
			in.Result.Machines = append(in.Result.Machines, m)
		}
		m, err := report.NewOverview(in)
		if err != nil {
			t.Fatal(err)
		}
		fits(t, lang, m)
		if n := len(layout(m, A4).pages); n != 1 {
			t.Errorf("%s: %d pages", lang, n)
		}
	}
}

func TestADebuggerCommandStaysWithItsMark(t *testing.T) {
	g := newGlyphs()
	for width := 60.0; width < 300; width += 3 {
		for _, l := range g.wrap("No pool table in the log: !poolused 3 and !poolused 5 are needed, or !vm", bodyText, width) {
			if last := l.runs[len(l.runs)-1].text; strings.HasSuffix(last, "!") {
				t.Fatalf("at %v a line ends in %q", width, last)
			}
		}
	}
}

// TestCommandsOfEveryKnownCaseCopyOut reads the files back with an independent reader, and
// has two others look for faults in them. Short runs read one language.
func TestCommandsOfEveryKnownCaseCopyOut(t *testing.T) {
	for _, lang := range templates.Languages() {
		if testing.Short() && lang != "en" {
			continue
		}
		in := lab(t, lang, known(t))
		for i := range in.Result.Cases {
			m, err := report.NewWriteup(in, &in.Result.Cases[i])
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "case.pdf")
			if err := os.WriteFile(file, write(t, m, A4), 0o600); err != nil {
				t.Fatal(err)
			}
			have := map[string]bool{}
			for l := range strings.Lines(program(t, "pdftotext", file, "-")) {
				have[strings.TrimRight(l, "\r\n\f")] = true
			}
			for _, s := range in.Result.Cases[i].Next {
				if s.Command != "" && !have[s.Command] {
					t.Errorf("%s %s: %q is not a line of its own", lang, m.ID, s.Command)
				}
			}
			checkers(t, file)
		}
	}
}

// checkers fails when a program that checks PDFs finds a fault in one.
func checkers(t *testing.T, file string) {
	t.Helper()
	for _, args := range [][]string{{"qpdf", "--check", file}, {"mutool", "info", file}} {
		if _, err := exec.LookPath(args[0]); err != nil {
			continue
		}
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if low := strings.ToLower(string(out)); err != nil || strings.Contains(low, "warning:") || strings.Contains(low, "error:") {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}

func TestWebLinksAreLinks(t *testing.T) {
	m := only(report.Block{Links: []report.WebLink{{Text: "example.org/note", URL: "https://example.org/note"}, {Text: "a book"}}})
	d := layout(m, A4)
	if n := count(d.pages[1], opWeb); n != 1 {
		t.Errorf("%d links", n)
	}
	if !bytes.Contains(write(t, m, A4), []byte("/URI (https://example.org/note)")) {
		t.Error("the file has no link to the page")
	}
}
