package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// appendixOf returns the dump of a case's appendix in a lab.
func appendixOf(t *testing.T, in Input, c analyze.Case) string {
	t.Helper()
	w := writeup(t, in, c)
	var d dumper
	d.section(w.Sections[len(w.Sections)-1])
	return d.String()
}

func TestEnvironmentSaysWhatWasNotPrinted(t *testing.T) {
	k := runawayCase()
	k.Lead.OS, k.Lead.RAM, k.Lead.UptimeOK = ingest.OS{}, 0, false
	got := appendixOf(t, fleet(t), k)
	for _, want := range []string{"Operating system | not printed", "Build | not printed", "Bits | not printed",
		"Processors | not printed", "RAM | not printed", "Uptime | not printed",
		"Session time | 2025-03-04 21:15:30 UTC-05:00"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if strings.Contains(got, "Processes") {
		t.Error("no process list was printed, yet the appendix has one")
	}
}

func TestVersionsSayWhatAVerdictDependsOn(t *testing.T) {
	in := fleet(t)
	in.Issues, in.TagMaps = 12, []TagMap{{"lab/pooltag.txt", "9f31c2"}, {"other.txt", "00aa"}}
	got := appendixOf(t, in, runawayCase())
	for _, want := range []string{"Rules | rules, thresholds and built-in tag map of poolsweep 0.1; 12 known issues",
		"Tag map | lab/pooltag.txt, SHA-256 9f31c2", "Tag map | other.txt, SHA-256 00aa"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}

func TestEnvironmentCountsProcesses(t *testing.T) {
	k := runawayCase()
	k.Lead.Processes = &ingest.Processes{Listed: 1250, Zombies: 1200}
	if got := appendixOf(t, fleet(t), k); !strings.Contains(got,
		"Processes | 1,250 listed, 1,200 of them without handle table") {
		t.Error(got)
	}
}

func TestModulesOfTheCaseAreListedOnce(t *testing.T) {
	k := runawayCase()
	k.Lead.Modules = append(k.Lead.Modules, k.Lead.Modules[0], ingest.Module{Start: 1, End: 2,
		Name: "unrelated"})
	got := appendixOf(t, fleet(t), k)
	if n := strings.Count(got, "AcmeVault | a0001000 a0040000"); n != 1 {
		t.Errorf("AcmeVault is listed %d times: %s", n, got)
	}
	if strings.Contains(got, "unrelated | 0000") {
		t.Errorf("a module the case does not name: %s", got)
	}
}

func TestAllDriversAreListedByNameOnce(t *testing.T) {
	k := runawayCase()
	k.Lead.Modules = nil
	for i, m := range []ingest.Module{{Name: "zed"}, {Name: "Acme", Version: "4.2"}, {Name: "acme", Version: "4.2", Start: 9},
		{Name: "gone", Unloaded: true}, {Name: "bus", Built: "Fri Apr 13 21:21:23 2007 (461FDDE3)"}, {Name: "kbd"}} {
		m.Source = ingest.Source{File: "acme.log", Line: 60 + i}
		k.Lead.Modules = append(k.Lead.Modules, m)
	}
	got := appendixOf(t, fleet(t), k)
	for _, want := range []string{"All 4 drivers listed, by name, with version or time stamp where printed (acme.log:60 on)",
		"Acme | 4.2 <muted> | kbd |  <muted>", "bus | Fri Apr 13 21:21:23 2007 <muted> | zed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if strings.Contains(got, "gone") {
		t.Errorf("a driver that was unloaded: %s", got)
	}
	k.Lead.Modules = k.Lead.Modules[:1]
	for i := range 500 {
		k.Lead.Modules = append(k.Lead.Modules, ingest.Module{Name: fmt.Sprintf("drv%03d", i)})
	}
	got = appendixOf(t, fleet(t), k)
	if !strings.Contains(got, "51 more in the log") || strings.Contains(got, "drv450") || !strings.Contains(got, "drv000 | drv075 |") {
		t.Errorf("501 drivers: %s", got)
	}
}

func TestModulesMatchWithoutExtensionAndCase(t *testing.T) {
	k := runawayCase()
	k.Lead.Modules = []ingest.Module{{Start: 1, End: 2, Name: "FLTMGR"}}
	if got := appendixOf(t, fleet(t), k); !strings.Contains(got, "FLTMGR | 00000001 00000002") {
		t.Error(got)
	}
}

func TestReasonsCiteTheirLinesOnce(t *testing.T) {
	k := runawayCase()
	k.Why = []analyze.Reason{because(analyze.RulePeerGap, peerGap(), 33, 31, 35, 33)}
	if got := sectionOf(t, k, 9); !strings.Contains(got, "machine has 3. [acme.log:31, 33, 35]") {
		t.Error(got)
	}
	k.Why = []analyze.Reason{because(analyze.RulePeerGap, peerGap(), 1, 2, 3, 4, 5, 6)}
	if got := sectionOf(t, k, 9); !strings.Contains(got, "[acme.log:1, 2, 3, 4 and 2 more]") {
		t.Error(got)
	}
}

func TestAppendixListsTheInputsOfItsMachinesOnly(t *testing.T) {
	got := appendixOf(t, fleet(t), runawayCase())
	if !strings.Contains(got, "acme.log | 9,872 | 0 | read | "+strings.Repeat("0", 63)+"8") {
		t.Errorf("its input is missing: %s", got)
	}
	if strings.Contains(got, "healthy.log") || strings.Contains(got, "stress.log") {
		t.Errorf("an input of another machine: %s", got)
	}
}

func TestAppendixSaysWhatWasNotRead(t *testing.T) {
	in := fleet(t)
	k := runawayCase()
	k.Machines = append(k.Machines, "LAB-099") // the log writes it in lower case
	got := appendixOf(t, in, k)
	for _, want := range []string{"!locks | 2 | 1 | acme.log:70", "!poolused 2 | cut off | 5 | 1 | cut.log:4",
		"row is cut off | Abcd  12 | cut.log:9", "cut.log | 8,638 | 0 | partly read"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}

func TestCommandsThatAreNotReadStandOnce(t *testing.T) {
	in := fleet(t)
	in.Documents[0].Outside = 3
	k := objectCase()
	for i, d := range []int{1, 2} { // logs of both machines
		in.Documents[d].Skipped = []ingest.SkippedCommand{{Command: "q", Count: 1 + i, Line: 40 + i}}
	}
	got := appendixOf(t, in, k)
	if !strings.Contains(got, "q | 3 | 2 | stress.log:40") || strings.Contains(got, "second.log:41") {
		t.Error(got)
	}
	if strings.Contains(got, "Outside") {
		t.Errorf("a column of zeros: %s", got)
	}
	if got := appendixOf(t, in, runawayCase()); !strings.Contains(got, "Outside") {
		t.Errorf("lines outside of all blocks: %s", got)
	}
}

func TestLogQualityNamesWhatIsMissing(t *testing.T) {
	block := func(states ...ingest.BlockState) *ingest.Snapshot {
		s := snapshot("LAB-001", "a.log")
		for _, state := range states {
			s.Blocks = append(s.Blocks, ingest.Block{State: state})
		}
		return s
	}
	warned := document("a.log", block(ingest.BlockComplete))
	warned.Warnings = make([]ingest.Warning, 1200)
	for _, c := range []struct {
		doc  *ingest.Document
		want string
	}{
		{document("a.log"), ""},
		{document("a.log", block(ingest.BlockComplete)), ""},
		{document("a.log", block(ingest.BlockCut)), "1 block cut off"},
		{document("a.log", block(ingest.BlockUnclosed, ingest.BlockUnclosed)), "2 tables without an end"},
		{document("a.log", block(ingest.BlockUnclosed), block(ingest.BlockCut)),
			"1 block cut off and 1 table without an end"},
		{warned, "1,200 warnings"},
	} {
		s := &speaker{in: Input{Words: english(t)}}
		if got := s.logQuality(c.doc); got != c.want || s.err != nil {
			t.Errorf("got %q, %v; want %q", got, s.err, c.want)
		}
	}
}

func TestFiguresAreQuotedWhereTheLogsAreAtHand(t *testing.T) {
	in, k := fleet(t), runawayCase()
	in.Lines = map[ingest.Source]string{{File: "acme.log", Line: 12}: "  FMis   7204  4194304  ", {File: "acme.log", Line: 11}: "  FMvo  14391"}
	got := appendixOf(t, in, k)
	for _, want := range []string{"[Lines of acme.log that the figures come from, as printed]", "|     11    FMvo  14391\n|     12    FMis   7204  4194304\n",
		"AcCx nonpaged | 41,230 outstanding, 20,971,520 bytes | acme.log:10"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if strings.Contains(got, "FMis nonpaged |") {
		t.Errorf("a quoted figure stands twice: %s", got)
	}
}

func TestCitedNamesTheLinesOfAllFigures(t *testing.T) {
	s, k := &speaker{in: fleet(t)}, runawayCase()
	cited := Cited(&k)
	for _, f := range s.evidence(&k) {
		if !slices.Contains(cited, f.at[0]) {
			t.Errorf("%s is not cited", f.what)
		}
	}
}
