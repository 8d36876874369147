package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

func TestReanalyzeTellsWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "healthy")
	code, out, errs := b.command(t, "reanalyze")
	if code != exitDone || out != "2 machines judged again, 1 cases; 0 changes\n" {
		t.Errorf("unchanged rules: exits %d, says\n%s%s", code, out, errs)
	}
	// As an older version would have left it.
	id := b.caseOf(t, "TEST-2K3-11")
	b.change(t, `UPDATE machine SET verdict = 'suspect', confidence = 0.5 WHERE machine = 'TEST-2K3-11'`)
	b.change(t, `INSERT INTO case_file VALUES ('PS-GONE', 'v1', 'leak', 0.9, 't', 1, 1)`)
	b.change(t, `INSERT INTO revision VALUES ('PS-GONE', 1, 1, 'd', '{}')`)
	b.change(t, `UPDATE revision SET digest = 'other' WHERE id = '`+id+`'`)
	code, out, errs = b.command(t, "reanalyze")
	if code != exitDone || !strings.HasSuffix(out, "2 machines judged again, 2 cases; 3 changes\n") {
		t.Errorf("exits %d, says\n%s%s", code, out, errs)
	}
	for _, want := range []string{"suspect 0.50", id, "rev 2: leak", "PS-GONE", "not found any more"} {
		if !strings.Contains(out, want) {
			t.Errorf("says nothing of %q:\n%s", want, out)
		}
	}
}

// change makes a change in the history behind the store's back.
func (b *bench) change(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.cfg.State, store.File))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestReanalyzeAsksTheWatcherThatRuns(t *testing.T) {
	b := newBench(t, "process-leak")
	code, out, errs := runs(t, "reanalyze", "--state", b.cfg.State, "--out", b.cfg.Out)
	if code != exitDone || !strings.HasPrefix(out, "A watcher runs on this history.") {
		t.Fatalf("exits %d, says %s%s", code, out, errs)
	}
	b.fresh = false
	if err := b.takeRequest(t.Context()); err != nil || !b.fresh {
		t.Fatalf("request not taken: %v", err)
	}
	if machines, err := b.store.Machines(t.Context()); err != nil || machines[0].Changed == machines[0].Judged {
		t.Errorf("%+v, %v: want it to be judged again", machines, err)
	}
	b.fresh = false
	if err := b.takeRequest(t.Context()); err != nil || b.fresh {
		t.Errorf("the request was taken twice: %v", err)
	}
	if code, _, errs := runs(t, "purge", "--machine", "x", "--state", b.cfg.State, "--out", b.cfg.Out); code != exitFailed ||
		!strings.Contains(errs, "in use by another watcher") || !strings.Contains(errs, "end the other watcher first") {
		t.Errorf("purge beside a watcher exits %d, says %s", code, errs)
	}
}

func TestReanalyzeNeedsAHistory(t *testing.T) {
	dir := t.TempDir()
	code, _, errs := runs(t, "reanalyze", "--state", filepath.Join(dir, "none"), "--out", dir)
	if code != exitFailed || !strings.Contains(errs, "give the --state of a watcher that has run") {
		t.Errorf("exits %d, says %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("made the folder")
	}
	if code, _, errs := runs(t, "reanalyze", "--state", dir); code != exitUsage || !strings.Contains(errs, "give --state and --out") {
		t.Errorf("without --out exits %d, says %s", code, errs)
	}
}

func TestManyMachinesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	const many = 101
	b := newBench(t)
	for i := range many {
		name := fmt.Sprintf("LAB-%d", i)
		in := input{path: name + "/kd.log", place: ingest.Place{File: "kd.log", Below: []string{name}}, open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(logText(i, name, true))), nil
		}}
		doc := newReader(t.Context()).input(in)[0].doc
		_, err := b.store.Record(t.Context(), store.Reading{Documents: []*ingest.Document{doc},
			Drop: store.Drop{Share: "/drop", Name: name + "/kd.log", State: store.Analysed, Machine: name, SHA256: doc.SHA256}}, b.wall)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.judge(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	machines, err := b.store.Machines(t.Context())
	if err != nil || len(machines) != many {
		t.Fatalf("%d machines, %v", len(machines), err)
	}
	for _, m := range machines {
		if m.Judged != m.Changed || m.Verdict == "" {
			t.Errorf("not judged: %+v", m)
		}
	}
	if len(b.holding(t, "LAB-100")) < 2 {
		t.Error("the workbook's JSON lacks the last machine")
	}
}
