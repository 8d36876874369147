package tooltext

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// shellKinds are the folders of testdata that are read as sessions of a shell.
var shellKinds = []string{"fltmc", "findstr", "driverquery", "tasklist"}

// eachSession runs a test for every log of those.
func eachSession(t *testing.T, test func(t *testing.T, path string, log []byte)) {
	t.Helper()
	for _, kind := range shellKinds {
		logs, err := filepath.Glob(filepath.Join("testdata", kind, "*.log"))
		if err != nil || len(logs) == 0 {
			t.Fatalf("no logs in testdata/%s: %v", kind, err)
		}
		for _, path := range logs {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(path), ".log"), func(t *testing.T) {
				log, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				test(t, path, log)
			})
		}
	}
}

func TestSessionGolden(t *testing.T) {
	eachSession(t, func(t *testing.T, path string, log []byte) {
		snaps := session(log)
		checkSession(t, snaps)
		got := inventory(snaps)
		golden := strings.TrimSuffix(path, ".log") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

func TestSessionIsTheSameWithCRLF(t *testing.T) {
	eachSession(t, func(t *testing.T, _ string, log []byte) {
		want := inventory(session(log))
		if got := inventory(session(bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n")))); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// facts are the rows of snapshots by their line; groups that join several rows
// are told by the first one.
func facts(snaps []*ingest.Snapshot) map[string]bool {
	all := map[string]bool{}
	for _, line := range strings.Split(inventory(snaps), "\n") {
		line, _, _ = strings.Cut(line, " attached=") // grows with every row
		if i := strings.LastIndex(line, " x"); i > 0 {
			line = line[:i]
		}
		all[line] = true
	}
	return all
}

// TestSessionCutAnywhere cuts every log after each byte: what is read then is
// read of the whole log too, and a row that lost its end is not read.
func TestSessionCutAnywhere(t *testing.T) {
	eachSession(t, func(t *testing.T, _ string, log []byte) {
		whole := facts(session(log))
		for n := range log {
			snaps := session(log[:n])
			checkSession(t, snaps)
			for fact := range facts(snaps) {
				kind, _, _ := strings.Cut(strings.TrimLeft(fact, " 0123456789"), " ")
				switch kind {
				case "warning", "block", "snapshot", "processes", "filter", "volume":
					continue // these tell how much was read
				}
				if !whole[fact] && !strings.Contains(fact, `"" altitude`) && kind != "hit" && kind != "module" {
					t.Errorf("cut at %d: %s", n, fact)
				}
			}
			if t.Failed() {
				t.Fatalf("cut after %q", log[max(0, n-80):n])
			}
		}
	})
}

// TestSessionCutSaysSo cuts every log after each line: a list that is not at its
// end is not called complete while the file ends in it.
func TestSessionCutSaysSo(t *testing.T) {
	eachSession(t, func(t *testing.T, _ string, log []byte) {
		whole := session(log)
		for n := range log {
			if log[n] != '\n' {
				continue
			}
			for i, s := range session(log[:n+1]) {
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

// checkSession checks what holds for every text.
func checkSession(t testing.TB, snaps []*ingest.Snapshot) {
	t.Helper()
	for _, s := range snaps {
		rows := 0
		for _, b := range s.Blocks {
			rows += b.Rows
			if b.LastLine < b.Line || b.State == 0 {
				t.Errorf("block %+v", b)
			}
		}
		placed := 0
		for _, f := range s.Filters {
			checkFilter(t, f)
			for _, in := range f.Instances {
				if in.Volume != "" {
					placed += in.Count
				}
			}
		}
		if placed > rows {
			t.Errorf("%d instances on volumes of %d rows", placed, rows)
		}
		if n := len(s.Running) + len(s.Modules); n > rows {
			t.Errorf("%d processes and modules of %d rows", n, rows)
		}
		for _, m := range s.Modules {
			if s.ModuleAt(m.Start) != nil || m.Line == 0 || m.Name == "" {
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

func checkFilter(t testing.TB, f ingest.Filter) {
	t.Helper()
	if f.Name == "" || f.Line == 0 || f.Altitude != "" && !f.Altitude.Valid() {
		t.Errorf("filter %+v", f)
	}
	seen := map[groupKey]bool{}
	for _, in := range f.Instances {
		key := groupKey{in.Name, in.Volume, in.Altitude}
		if in.Count <= 0 || in.Line == 0 || seen[key] || !isVolumeName([]byte(in.Volume)) {
			t.Errorf("group %+v of %s", in, f.Name)
		}
		seen[key] = true
	}
}
