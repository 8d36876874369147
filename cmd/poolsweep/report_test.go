package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/report"
)

// written lists the files below a folder.
func written(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*", "cases/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if name, _ := filepath.Rel(dir, f); name != "cases" {
				names = append(names, filepath.ToSlash(name))
			}
		}
	}
	slices.Sort(names)
	return names
}

// outputOf reads the JSON object of a report.
func outputOf(t *testing.T, file string) report.Output {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o report.Output
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// All runs beside the bench, which holds the history open as a watcher does.
func TestReportMakesAnewWhatTheWatcherWrote(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "wavxdmgr-runaway", "healthy")
	if err := b.judge(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(b.dir, "again")
	code, text, errs := runs(t, "report", "--all", "--state", b.cfg.State, "--out", out)
	if code != exitDone || !strings.HasPrefix(text, "Judged by the rules of poolsweep") || !strings.Contains(text, ": 3 snapshots of 3 machines in 3 logs, taken from 20") {
		t.Fatalf("exits %d, says\n%s%s", code, text, errs)
	}
	names := written(t, out)
	if was := written(t, b.cfg.Out); !slices.Equal(names, was) || len(names) != 6 {
		t.Errorf("made %v, the watcher %v", names, was)
	}
	for _, name := range names {
		was, _ := os.ReadFile(filepath.Join(b.cfg.Out, name))
		is, _ := os.ReadFile(filepath.Join(out, name))
		if string(was) != string(is) {
			t.Errorf("%s differs from the watcher's", name)
		}
	}
}

func TestReportOfOneCaseOrTheWorkbook(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "wavxdmgr-runaway")
	leak, runaway := b.caseOf(t, "TEST-2K3-11"), b.caseOf(t, "LAB-XP-07")
	files := func(id string) []string {
		pdf, object := caseFiles(id)
		return []string{object, pdf}
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{leak}, files(leak)},
		{[]string{strings.ToLower(leak[3:7])}, files(leak)},
		{[]string{"worst"}, files(runaway)},
		{[]string{"--workbook"}, []string{jsonFile, bookFile}},
		{[]string{"--workbook", leak}, append(files(leak), jsonFile, bookFile)},
	} {
		out := filepath.Join(t.TempDir(), "out")
		code, _, errs := runs(t, append([]string{"report", "--state", b.cfg.State, "--out", out}, c.args...)...)
		if got := written(t, out); code != exitDone || !slices.Equal(got, c.want) {
			t.Errorf("%v: exits %d, made %v, want %v\n%s", c.args, code, got, c.want, errs)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	code, _, errs := runs(t, "report", "--state", b.cfg.State, "--out", out, leak, "PS-00")
	if code != exitFailed || !strings.Contains(errs, "hint: the cases are "+runaway+", "+leak) || len(written(t, out)) != 0 {
		t.Errorf("wrong id: exits %d, made %v\n%s", code, written(t, out), errs)
	}
}

func TestReportOfAPeriod(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "wavxdmgr-runaway", "wavxdmgr-before")
	leak := b.caseOf(t, "TEST-2K3-11")
	for _, c := range []struct {
		name     string
		args     []string
		machines string
	}{
		{"days", []string{"--from", "2012-10-01", "--to", "2012-10-22"}, "LAB-XP-07"},
		{"up to", []string{"--to", "2012-10-22"}, "LAB-XP-07 TEST-2K3-11"},
		{"week", []string{"--week", "2012-W43"}, "LAB-XP-07"},
		{"machine", []string{"--machine", "test-*"}, "TEST-2K3-11"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		code, _, errs := runs(t, append([]string{"report", "--workbook", "--state", b.cfg.State, "--out", out}, c.args...)...)
		if code != exitDone {
			t.Errorf("%s: exits %d: %s", c.name, code, errs)
			continue
		}
		var names []string
		for _, m := range outputOf(t, filepath.Join(out, jsonFile)).Machines {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != c.machines {
			t.Errorf("%s: %s, want %s", c.name, got, c.machines)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	for _, args := range [][]string{{"--period", "30d"}, {"--machine", "no-such"}, {"--machine", "LAB-XP-07", leak}} {
		code, _, errs := runs(t, append([]string{"report", "--all", "--state", b.cfg.State, "--out", out}, args...)...)
		if code != exitFailed || !strings.Contains(errs, "hint: ") || len(written(t, out)) != 0 {
			t.Errorf("%v: exits %d, made %v: %s", args, code, written(t, out), errs)
		}
	}
}

func TestReportOfAGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "wavxdmgr-runaway", "healthy")
	file := filepath.Join(b.dir, "lab.yaml")
	text := "state: state\ngroups:\n- {name: xp, machines: ['lab-xp-*']}\n" +
		"- {name: lab, folders: ['drop/LAB-*']}\n- {name: all, folders: [drop]}\n- {name: none, machines: [x]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]int{"XP": 1, "lab": 2, "all": 3} {
		out := filepath.Join(t.TempDir(), "out")
		code, _, errs := runs(t, "report", "--all", "--config", file, "--group", group, "--out", out)
		if code != exitDone {
			t.Errorf("%s: exits %d: %s", group, code, errs)
			continue
		}
		if o := outputOf(t, filepath.Join(out, jsonFile)); len(o.Machines) != want {
			t.Errorf("%s: %d machines, want %d", group, len(o.Machines), want)
		}
	}
	if code, _, errs := runs(t, "report", "--all", "--config", file, "--group", "none", "--out", t.TempDir()); code != exitFailed ||
		!strings.Contains(errs, "no machine of the history is selected") {
		t.Errorf("none: exits %d: %s", code, errs)
	}
}

func TestTicketOfAHistory(t *testing.T) {
	b := newBench(t, "process-leak")
	id := b.caseOf(t, "TEST-2K3-11")
	code, text, errs := runs(t, "ticket", id[:6], "--state", b.cfg.State, "--out", b.cfg.Out)
	if code != exitDone || !strings.HasPrefix(text, "["+id+"] ") {
		t.Fatalf("exits %d: %s%s", code, text, errs)
	}
	for _, want := range []string{"/cases/" + id + ".pdf", "/cases/" + id + ".json", "/drop/TEST-2K3-11/stress-stopped.log"} {
		if !strings.Contains(errs, want+"\n") {
			t.Errorf("does not name %s to attach:\n%s", want, errs)
		}
	}
	if code, text, errs = runs(t, "ticket", "worst", "--profile", "public", "--state", b.cfg.State, "--out", b.cfg.Out); code != exitDone ||
		strings.Contains(text+errs, "TEST-2K3") || !strings.Contains(errs, "poolsweep report "+id+" --profile public") {
		t.Errorf("public: exits %d: %s%s", code, text, errs)
	}
}

// The watcher's reports are redacted, its history is not.
func TestWatcherWritesForReadersOutside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Profile = report.ProfilePublic
	b.drop(t, "process-leak")
	if err := b.judge(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	b.wall = b.wall.Add(time.Hour)
	b.drop(t, "process-leak-listed") // a second machine: the next revision
	if err := b.judge(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	cases, err := b.store.Cases(t.Context())
	if err != nil || len(cases) != 1 || cases[0].Revision != 2 || !slices.Equal(cases[0].Machines, []string{"TEST-2K3-11", "TEST-2K3-12"}) {
		t.Fatalf("%+v, %v", cases, err)
	}
	for _, name := range written(t, b.cfg.Out) {
		for part, text := range textsOf(t, filepath.Join(b.cfg.Out, name)) {
			if strings.Contains(text, "TEST-2K3") {
				t.Errorf("%s names a machine", part)
			}
			if strings.Contains(name, "cases/") && strings.HasSuffix(part, ".pdf") && !strings.Contains(text, "also on machine-2") {
				t.Errorf("%s does not say what the revision adds: %s", part, text)
			}
		}
	}
}

func TestPeriods(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		flags    periodFlags
		from, to string
	}{
		{periodFlags{}, "0001-01-01", "0001-01-01"},
		{periodFlags{from: "2026-11-01"}, "2026-11-01", "0001-01-01"},
		{periodFlags{to: "2026-11-01"}, "0001-01-01", "2026-11-02"},
		{periodFlags{from: "2026-11-01", to: "2026-11-01"}, "2026-11-01", "2026-11-02"},
		{periodFlags{last: "3d"}, "2026-11-21", "0001-01-01"},
		{periodFlags{week: "2026-W47"}, "2026-11-16", "2026-11-23"},
		{periodFlags{week: "2026-W01"}, "2025-12-29", "2026-01-05"},
		{periodFlags{week: "2026-W53"}, "2026-12-28", "2027-01-04"},
		{periodFlags{week: "2020-W53"}, "2020-12-28", "2021-01-04"},
	} {
		p, err := c.flags.read(now)
		if got := p.from.Format(time.DateOnly) + " " + p.to.Format(time.DateOnly); err != nil || got != c.from+" "+c.to {
			t.Errorf("%+v: %s, %v, want %s %s", c.flags, got, err, c.from, c.to)
		}
	}
	for _, week := range []string{"2025-W53", "2026-W00", "2026-W1", "2026W47", "2026-W47x", "x"} {
		if _, err := (&periodFlags{week: week}).read(now); err == nil {
			t.Errorf("took %q for a week", week)
		}
	}
}

func TestGroupFolders(t *testing.T) {
	for _, c := range []struct {
		pattern, share, name string
		want                 bool
	}{
		{"/srv/drop", "/srv/drop", "LAB-1/a.log", true},
		{"/srv/drop/LAB-1", "/srv/drop", "LAB-1/a.log", true},
		{"/srv/drop/lab-*", "/srv/drop", "LAB-1/a.log", true},
		{"/srv/*", "/srv/drop", "a.log", true},
		{"/srv/drop/LAB", "/srv/drop", "LAB-1/a.log", false},
		{"/srv/drop/LAB-1/a.log", "/srv/drop", "LAB-1/a.log", false},
		{"/srv/drop/LAB-1/x", "/srv/drop", "LAB-1/a.log", false},
	} {
		g := groupConfig{Folders: []string{c.pattern}}
		if got := g.holdsFolder(c.share, path.Dir(c.name)); got != c.want {
			t.Errorf("%s holds %s/%s: %v", c.pattern, c.share, c.name, got)
		}
	}
}
