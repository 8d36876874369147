package tooltext

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"poolsweep/ingest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// poolKinds are the folders of testdata that hold tables of pool tags.
var poolKinds = []string{"poolmon", "poolmonx", "table", "list", "plain"}

// poolLogs returns the logs of pool tables in testdata.
func poolLogs(t testing.TB) []string {
	t.Helper()
	var logs []string
	for _, kind := range poolKinds {
		found, err := filepath.Glob(filepath.Join("testdata", kind, "*.log"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no logs in testdata/%s: %v", kind, err)
		}
		logs = append(logs, found...)
	}
	return logs
}

// eachPoolLog runs a test for every log of a pool table.
func eachPoolLog(t *testing.T, test func(t *testing.T, path string, log []byte)) {
	t.Helper()
	for _, path := range poolLogs(t) {
		t.Run(strings.TrimSuffix(filepath.ToSlash(path)[len("testdata/"):], ".log"), func(t *testing.T) {
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			test(t, path, log)
		})
	}
}

func TestTablesGolden(t *testing.T) {
	eachPoolLog(t, func(t *testing.T, path string, log []byte) {
		snaps := hosted(log)
		checkSnapshots(t, snaps)
		got := dumped(snaps)
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

func TestTablesAreTheSameWithCRLF(t *testing.T) {
	eachPoolLog(t, func(t *testing.T, _ string, log []byte) {
		want := dumped(hosted(log))
		if got := dumped(hosted(bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n")))); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestTablesCutAnywhere cuts every log after each byte: figures that are read are
// those of the whole log, and a row that lost its end is not read. A record of
// several lines may miss its last ones.
func TestTablesCutAnywhere(t *testing.T) {
	eachPoolLog(t, func(t *testing.T, path string, log []byte) {
		whole := map[ingest.Source]bool{}
		rows := map[ingest.TagUsage]bool{}
		for _, u := range usages(hosted(log)) {
			rows[u], whole[u.Source] = true, true
		}
		for n := range log {
			snaps := hosted(log[:n])
			checkSnapshots(t, snaps)
			read := usages(snaps)
			for i, u := range read {
				record := i == len(read)-1 && strings.Contains(filepath.ToSlash(path), "/list/")
				if whole[u.Source] && !rows[u] && !record {
					t.Errorf("cut at %d: %+v", n, u)
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

// checkSnapshots checks what holds for every text.
func checkSnapshots(t testing.TB, snaps []*ingest.Snapshot) {
	t.Helper()
	for _, s := range snaps {
		seen := map[rowKey]bool{}
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
}
