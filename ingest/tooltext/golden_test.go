package tooltext

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// poolKinds are the folders of testdata that hold tables of pool tags, shellKinds
// the others: what is typed at the prompt of a shell.
var (
	poolKinds  = []string{"poolmon", "poolmonx", "table", "list", "plain"}
	shellKinds = []string{"fltmc", "findstr", "driverquery", "tasklist"}
	allKinds   = slices.Concat(poolKinds, shellKinds)
)

// eachLog runs a test for every log of some folders of testdata.
func eachLog(t *testing.T, kinds []string, test func(t *testing.T, path string, log []byte)) {
	t.Helper()
	for _, path := range logsOf(t, kinds) {
		name := strings.TrimSuffix(path[len("testdata/"):], ".log")
		t.Run(name, func(t *testing.T) {
			test(t, path, fileOrFail(t, path))
		})
	}
}

// logsOf returns the paths of the logs in some folders of testdata.
func logsOf(t testing.TB, kinds []string) []string {
	t.Helper()
	var logs []string
	for _, kind := range kinds {
		found, err := filepath.Glob(filepath.Join("testdata", kind, "*.log"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no logs in testdata/%s: %v", kind, err)
		}
		for _, path := range found {
			logs = append(logs, filepath.ToSlash(path))
		}
	}
	return logs
}

func fileOrFail(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTablesGolden(t *testing.T) {
	eachLog(t, allKinds, func(t *testing.T, path string, log []byte) {
		snaps := read(log)
		checkSnapshots(t, snaps)
		got := dumped(snaps)
		golden := strings.TrimSuffix(path, ".log") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if want := string(fileOrFail(t, golden)); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// checkCRLF checks that a log reads the same with other line ends.
func checkCRLF(t *testing.T, log []byte) {
	t.Helper()
	want := dumped(read(log))
	if got := dumped(read(bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n")))); got != want {
		t.Errorf("with CRLF:\n%s\nwant:\n%s", got, want)
	}
}

func TestTablesAreTheSameWithCRLF(t *testing.T) {
	eachLog(t, allKinds, func(t *testing.T, _ string, log []byte) { checkCRLF(t, log) })
}

// TestTablesCutAnywhere cuts every log after each byte: what is read then is read of
// the whole log too, and a row that lost its end is not read. A record of several
// lines may miss its last ones.
func TestTablesCutAnywhere(t *testing.T) {
	eachLog(t, allKinds, func(t *testing.T, path string, log []byte) {
		all := read(log)
		lines, rows, whole := map[ingest.Source]bool{}, map[ingest.TagUsage]bool{}, facts(all)
		for _, u := range usages(all) {
			rows[u], lines[u.Source] = true, true
		}
		for n := range log {
			snaps := read(log[:n])
			checkSnapshots(t, snaps)
			cut := usages(snaps)
			for i, u := range cut {
				record := i == len(cut)-1 && strings.Contains(path, "/list/")
				if lines[u.Source] && !rows[u] && !record {
					t.Errorf("cut at %d: %+v", n, u)
				}
			}
			for fact := range facts(snaps) {
				if !whole[fact] {
					t.Errorf("cut at %d: %s", n, fact)
				}
			}
			if t.Failed() {
				t.Fatalf("cut after %q", log[max(0, n-80):n])
			}
		}
	})
}

// usages returns the rows of all snapshots without their descriptions.
func usages(snaps []*ingest.Snapshot) []ingest.TagUsage {
	var all []ingest.TagUsage
	for _, s := range snaps {
		for _, u := range s.Tags {
			u.Description = ""
			all = append(all, u)
		}
	}
	return all
}

// facts are what snapshots hold beside pool tags, by line, without what tells how
// much was read. Groups that join several rows are told by the first one.
func facts(snaps []*ingest.Snapshot) map[string]bool {
	all := map[string]bool{}
	for _, s := range snaps {
		rest := *s
		rest.Tags, rest.Totals, rest.VM = nil, nil, nil
		for _, line := range strings.Split(dumped([]*ingest.Snapshot{&rest}), "\n") {
			kind, _, _ := strings.Cut(strings.TrimLeft(line, " 0123456789"), " ")
			switch kind {
			case "warning", "block", "snapshot", "", "processes", "filter", "volume", "hit", "module":
				continue
			}
			if i := strings.LastIndex(line, " x"); i > 0 {
				line = line[:i]
			}
			if !strings.Contains(line, `"" altitude`) {
				all[line] = true
			}
		}
	}
	return all
}

// TestShellCutSaysSo cuts every log after each line: a list that is not at its end is
// not called complete while the file ends in it.
func TestShellCutSaysSo(t *testing.T) {
	eachLog(t, shellKinds, func(t *testing.T, _ string, log []byte) {
		whole := read(log)
		for n := range log {
			if log[n] != '\n' {
				continue
			}
			for i, s := range read(log[:n+1]) {
				for k, b := range s.Blocks {
					if i >= len(whole) || k >= len(whole[i].Blocks) || !b.Complete() {
						continue
					}
					full := whole[i].Blocks[k]
					if b.Rows < full.Rows && !bytes.HasSuffix(log[:n+1], []byte("\n\n")) {
						t.Errorf("cut after line %d: block %+v, whole %+v", b.LastLine, b, full)
					}
				}
			}
		}
	})
}

// checkSnapshots checks what holds for every text.
func checkSnapshots(t testing.TB, snaps []*ingest.Snapshot) {
	t.Helper()
	for _, s := range snaps {
		rows := 0
		for _, b := range s.Blocks {
			rows += b.Rows
			if b.LastLine < b.Line || b.State == 0 {
				t.Errorf("block %+v", b)
			}
		}
		if rows == 0 && len(s.Tags) > 0 {
			t.Errorf("%d tags of %d rows", len(s.Tags), rows)
		}
		checkTags(t, s)
		checkFilters(t, s, rows)
		if n := linesOf(s.Running) + len(s.Modules); n > rows {
			t.Errorf("%d processes and modules of %d rows", n, rows)
		}
		for _, m := range s.Modules {
			listed := m.End > 0 // by the debugger, which knows addresses
			if !listed && s.ModuleAt(m.Start) != nil || m.Line == 0 || m.Name == "" {
				t.Errorf("module %+v", m)
			}
		}
		for _, r := range s.Running {
			if r.Line == 0 || r.Image == "" || r.Handles < -1 {
				t.Errorf("process %+v", r)
			}
		}
	}
}

func checkTags(t testing.TB, s *ingest.Snapshot) {
	t.Helper()
	seen := map[rowKey]bool{}
	for _, u := range s.Tags {
		key := rowKey{u.Tag, u.Pool}
		if seen[key] || u.File != logName || u.Line == 0 {
			t.Errorf("row %+v", u)
		}
		seen[key] = true
		if !u.Counted && (u.Allocs > 0 || u.Frees > 0) {
			t.Errorf("row %+v is not counted", u)
		}
	}
}

func checkFilters(t testing.TB, s *ingest.Snapshot, rows int) {
	t.Helper()
	placed := 0
	for _, f := range s.Filters {
		if f.Name == "" || f.Line == 0 || f.Altitude != "" && !f.Altitude.Valid() {
			t.Errorf("filter %+v", f)
		}
		seen := map[groupKey]bool{}
		for _, in := range f.Instances {
			key := groupKey{in.Name, in.Volume, in.Altitude, in.Detached}
			if in.Count <= 0 || in.Line == 0 || seen[key] || !isVolumeName([]byte(in.Volume)) {
				t.Errorf("group %+v of %s", in, f.Name)
			}
			seen[key] = true
			if in.Volume != "" {
				placed += in.Count
			}
		}
	}
	if placed > rows {
		t.Errorf("%d instances on volumes of %d rows", placed, rows)
	}
}
