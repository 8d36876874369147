package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// remount has one of the watcher's folders on a disk of its own, of this size.
func (tr *trial) remount(name, size string) {
	tr.t.Helper()
	dir := filepath.Join(tr.dir, name)
	tr.kill()
	tr.must(os.RemoveAll(dir), os.Mkdir(dir, 0o700))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		tr.t.Skipf("nothing can be mounted here: %v", err)
	}
	tr.t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	tr.start(tr.t)
}

// resize gives a disk more room.
func (tr *trial) resize(name, size string) {
	tr.t.Helper()
	tr.must(unix.Mount("", filepath.Join(tr.dir, name), "", unix.MS_REMOUNT, "size="+size))
}

// heavy is a log that takes a lot of room in the history.
func heavy(i int, machine string) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 11))
	text := string(logText(i, machine, true))
	total := strings.Index(text, " TOTAL")
	var b strings.Builder
	for row := range 1500 {
		fmt.Fprintf(&b, " U%03X  %8d %8d         0        0\t%016x%016x , Binary: %x.sys\n", row, 3, 96, r.Uint64(), r.Uint64(), r.Uint64())
	}
	return []byte(text[:total] + b.String() + text[total:])
}

// pour drops heavy logs.
func (tr *trial) pour(n int) {
	tr.t.Helper()
	for range n {
		i := len(tr.plans)
		p := &plan{machine: "LAB-9", path: filepath.Join(tr.dir, "drop", "LAB-9", fmt.Sprintf("h%d.log", i)), habit: steady}
		p.text = heavy(i, p.machine)
		tr.plans = append(tr.plans, p)
		p.write(tr.t)
	}
}

// says waits until the watcher's log holds a text.
func (tr *trial) says(what string) {
	tr.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(tr.log.Name())
		tr.must(err)
		if strings.Contains(string(text), what) {
			return
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("the watcher never said %q", what)
		}
	}
}

// wantAcknowledged makes sure that all which the watcher said to have recorded is
// in the history, which is sound.
func (tr *trial) wantAcknowledged() {
	tr.t.Helper()
	text, err := os.ReadFile(tr.log.Name())
	tr.must(err)
	db, err := store.OpenBeside(context.Background(), filepath.Join(tr.dir, "state"))
	tr.must(err)
	defer db.Close()
	tr.must(db.Check(context.Background(), true))
	held := map[string]bool{}
	tr.must(db.Drops(context.Background(), "", func(d store.Drop) error { held[d.Name] = d.State == store.Analysed; return nil }))
	acknowledged, lost := 0, 0
	for line := range strings.Lines(string(text)) {
		if _, rest, ok := strings.Cut(line, `msg="drop recorded"`); ok {
			_, rest, _ = strings.Cut(rest, "file=")
			acknowledged++
			if name, _, _ := strings.Cut(rest, " "); !held[name] {
				lost++
				tr.t.Errorf("%s is not in the history", name)
			}
		}
	}
	tr.t.Logf("%d of %d drops acknowledged, %d of these not in the history", acknowledged, len(tr.plans), lost)
}

// TestFullStateDisk fills the disk of the history, G7: nothing is acknowledged that
// is not in it, and when space returns the watcher goes on by itself.
func TestFullStateDisk(t *testing.T) {
	tr := newTrial(t, waits)
	tr.remount("state", "3M")
	tr.pour(40)
	tr.says("reason=DB_FULL lasts=true")
	time.Sleep(2 * time.Second) // tries go on meanwhile
	tr.wantAcknowledged()
	tr.resize("state", "64M")
	tr.says("reason=DB_FULL lasts=false")
	tr.settle(t)
	tr.check(t)
}

// TestKilledOnAFullStateDisk kills the watcher while the disk is full.
func TestKilledOnAFullStateDisk(t *testing.T) {
	tr := newTrial(t, waits)
	tr.remount("state", "3M")
	tr.pour(40)
	tr.says("reason=DB_FULL lasts=true")
	tr.kill()
	tr.start(t) // on the full disk, where it may end
	time.Sleep(time.Second)
	tr.kill()
	tr.wantAcknowledged()
	tr.resize("state", "64M")
	tr.start(t)
	tr.settle(t)
	tr.check(t)
}

// TestFileSizeLimit lets the watcher's files grow no further, G11, as a quota does: it
// goes on like on a full disk, and records the rest when they may grow again.
func TestFileSizeLimit(t *testing.T) {
	tr := newTrial(t, waits)
	tr.pour(2)
	tr.must((&site{tr, filepath.Dir(tr.plans[1].path)}).until(filepath.Base(tr.plans[1].path), "analysed"))
	limit := unix.Rlimit{Cur: 100 << 10, Max: unix.RLIM_INFINITY}
	tr.must(unix.Prlimit(tr.watcher.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil))
	tr.pour(10)
	tr.says("reason=DB_FULL lasts=true")
	time.Sleep(2 * time.Second) // tries go on meanwhile
	tr.wantAcknowledged()
	limit.Cur = unix.RLIM_INFINITY
	tr.must(unix.Prlimit(tr.watcher.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil))
	tr.says("reason=DB_FULL lasts=false")
	tr.settle(t)
	tr.check(t)
}

// TestFailingStateDisk has the disk of the history fail, G9: the watcher ends, says
// why, and has acknowledged nothing that the next start does not find.
func TestFailingStateDisk(t *testing.T) {
	tr := newTrial(t, waits)
	tr.kill()
	d := newDisk(t)
	state := filepath.Join(tr.dir, "state")
	tr.must(os.RemoveAll(state), os.Symlink(d.mount, state))
	tr.start(t)
	tr.drop("LAB-1", 1)
	d.cut()
	tr.pour(3)
	ended := make(chan error, 1)
	go func() { ended <- tr.watcher.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it ended as if all were well")
		}
	case <-time.After(60 * time.Second):
		t.Error("it goes on as if it could write")
	}
	tr.says(store.ErrDisk.Error())
	d.restore()
	tr.wantAcknowledged()
	tr.start(t)
	tr.settle(t)
	tr.check(t)
}

// TestFullReportDisk fills the disk of the reports, G8: the old report stays as it
// is, byte for byte, and the new one comes when there is room, without a new drop.
func TestFullReportDisk(t *testing.T) {
	tr := newTrial(t, waits)
	tr.remount("out", "600k")
	tr.drop("LAB-1", 1)
	tr.must(tr.eventually(60*time.Second, reportsMissing))
	book := filepath.Join(tr.dir, "out", bookFile)
	before, filler := sumOf(book), filepath.Join(tr.dir, "out", "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk should be full: %v", err)
	}
	tr.drop("LAB-2", 2)
	tr.must(tr.eventually(60*time.Second, func(st *status) []string {
		full := func(o statusOutput) bool {
			return o.Path == bookFile && o.Due && strings.Contains(o.Reason, "no space")
		}
		if slices.ContainsFunc(st.Outputs, full) {
			return nil
		}
		return []string{"the workbook is not yet due for want of space"}
	}))
	if sumOf(book) != before {
		t.Error("the old workbook is another")
	}
	tr.must(os.Remove(filler), tr.eventually(60*time.Second, reportsMissing))
	if sumOf(book) == before {
		t.Error("the workbook is still the old one")
	}
	tr.ended()
}

// TestReportsOverLinks has a link and a folder lie where reports go, I14: what the
// link leads to stays as it is, and the folder is told of.
func TestReportsOverLinks(t *testing.T) {
	tr := newTrial(t, waits)
	target := filepath.Join(tr.dir, "away", "target")
	tr.must(os.WriteFile(target, []byte("mine"), 0o600), os.MkdirAll(filepath.Join(tr.dir, "out"), 0o700),
		os.Symlink(target, filepath.Join(tr.dir, "out", bookFile)), os.MkdirAll(filepath.Join(tr.dir, "out", jsonFile, "x"), 0o700))
	tr.drop("LAB-1", 1)
	tr.must(tr.eventually(60*time.Second, func(st *status) []string {
		if i := slices.IndexFunc(st.Outputs, func(o statusOutput) bool { return o.Path == jsonFile && o.Due && o.Reason != "" }); i >= 0 {
			return nil
		}
		return []string{"the folder in the place of a report is not told of"}
	}))
	tr.must(os.RemoveAll(filepath.Join(tr.dir, "out", jsonFile)))
	tr.ended()
	if text, err := os.ReadFile(target); string(text) != "mine" {
		t.Errorf("the link's target holds %.20q (%v)", text, err)
	}
}

// TestStoreOnDisksOfAllSizes fills disks of many sizes, so that the write that finds
// no space is another one each time: of the log, of the database, of its making.
// What was acknowledged is there when there is space again, and the rest can be
// recorded.
func TestStoreOnDisksOfAllSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	acknowledged, refused := 0, 0
	for size := 96; size < 1200; size += 28 {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", size)); err != nil {
			t.Skipf("nothing can be mounted here: %v", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
		acked := recordUntilFull(t, dir)
		if len(acked) == 0 {
			refused++
		}
		acknowledged += len(acked)
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=64M"); err != nil {
			t.Fatal(err)
		}
		acked = append(acked, recordSome(t, dir, len(acked), 3)...)
		if gone := missing(t, filepath.Join(dir, "state"), acked); len(gone) > 0 {
			t.Errorf("%d KiB: %v of %d acknowledged are lost", size, gone, len(acked))
		}
	}
	if acknowledged == 0 {
		t.Error("no disk ever had space")
	}
	t.Logf("%d drops acknowledged, %d disks were full before the first", acknowledged, refused)
}

// recordUntilFull records drops until there is no space, and returns their names.
func recordUntilFull(t *testing.T, dir string) (acked []string) {
	s, err := store.Open(t.Context(), filepath.Join(dir, "state"))
	if err != nil {
		return nil // the disk is too small for an empty one
	}
	defer s.Close()
	for i := 0; ; i++ {
		name, err := recordOne(t, s, i)
		if err == nil {
			acked = append(acked, name)
			continue
		}
		if !errors.Is(err, store.ErrFull) {
			t.Errorf("drop %d: %v, want %v", i, err, store.ErrFull)
		}
		return acked
	}
}

// recordSome records n drops from the i-th on.
func recordSome(t *testing.T, dir string, i, n int) (acked []string) {
	s, err := store.Open(t.Context(), filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for ; n > 0; i, n = i+1, n-1 {
		name, err := recordOne(t, s, i)
		if err != nil {
			t.Fatal(err)
		}
		acked = append(acked, name)
	}
	return acked
}

func recordOne(t *testing.T, s *store.Store, i int) (name string, err error) {
	name = fmt.Sprintf("x%d.log", i)
	noise := make([]byte, 6000)
	r := rand.New(rand.NewPCG(uint64(i), 12))
	for at := range noise {
		noise[at] = byte('!' + r.IntN(90))
	}
	doc := &ingest.Document{File: name, SHA256: name, Snapshots: []*ingest.Snapshot{{Machine: ingest.Machine{Name: "LAB-1"}}},
		Warnings: []ingest.Warning{{Text: string(noise)}}}
	_, err = s.Record(t.Context(), store.Reading{Drop: store.Drop{Share: "d", Name: name, State: store.Analysed, Machine: "LAB-1",
		SHA256: name}, Documents: []*ingest.Document{doc}}, time.Unix(1, 0))
	return name, err
}
