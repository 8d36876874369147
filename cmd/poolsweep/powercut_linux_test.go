package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

var cuts = flag.Int("cuts", 5, "power cuts to simulate, needs root")

// Shutting an ext4 down without flushing its log drops all that was not synced,
// as a loss of power does; it neither reorders nor tears sectors.
const (
	ext4Shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN of fs/ext4/ext4.h
	noLogFlush   = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
)

// disk is an ext4 file system in a file, whose power can be cut.
type disk struct {
	t            *testing.T
	image, mount string
}

func newDisk(t *testing.T) *disk {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a file system")
	}
	dir := t.TempDir()
	d := &disk{t, filepath.Join(dir, "image"), filepath.Join(dir, "mount")}
	if err := os.Mkdir(d.mount, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"truncate", "-s", "64M", d.image}, {"mkfs.ext4", "-q", "-F", d.image}, {"mount", "-o", "loop", d.image, d.mount}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("cannot make a file system here: %s: %s", strings.Join(args, " "), out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.mount).Run() })
	return d
}

// cut takes the power away.
func (d *disk) cut() {
	f, err := os.Open(d.mount)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), ext4Shutdown, noLogFlush); err != nil {
		d.t.Fatalf("cut the power: %v", err)
	}
}

// restore mounts the disk again, which replays its journal.
func (d *disk) restore() {
	for _, args := range [][]string{{"umount", d.mount}, {"mount", "-o", "loop", d.image, d.mount}} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		for tries := 0; err != nil && tries < 20; tries++ { // a killed process may still let go
			time.Sleep(100 * time.Millisecond)
			out, err = exec.Command(args[0], args[1:]...).CombinedOutput()
		}
		if err != nil {
			d.t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

// TestAcknowledgedSurvivesPowerCuts records drops and writes reports on a disk
// whose power is cut again and again. What was acknowledged has to be there.
func TestAcknowledgedSurvivesPowerCuts(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	d := newDisk(t)
	r := rand.New(rand.NewPCG(5, 20))
	acked, lost := 0, 0
	for i := range *cuts {
		drops, page := d.work(i, time.Duration(40+r.IntN(160))*time.Millisecond)
		d.restore()
		gone := missing(t, filepath.Join(d.mount, "state"), drops)
		if len(gone) > 0 {
			t.Logf("cut %d: of %d acknowledged, lost %v", i, len(drops), gone)
		}
		lost += len(gone)
		if got := revisionOf(filepath.Join(d.mount, "out", "report.txt")); got < page {
			t.Errorf("cut %d: report of revision %d, %d was acknowledged", i, got, page)
		}
		acked += len(drops)
	}
	if lost > 0 || acked == 0 {
		t.Errorf("%d of %d acknowledged drops are lost after %d power cuts", lost, acked, *cuts)
	}
	t.Logf("%d power cuts, %d drops acknowledged, %d lost", *cuts, acked, lost)
}

// work runs the worker until the power goes, and returns what it acknowledged:
// the names of drops, and the newest revision of the report.
func (d *disk) work(round int, after time.Duration) (drops []string, page int) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestPowerCutWorker$")
	cmd.Env = append(os.Environ(), "POOLSWEEP_CUT="+d.mount, fmt.Sprintf("POOLSWEEP_ROUND=%d", round))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	cutting := false
	for lines.Scan() {
		if !cutting { // the first acknowledgement starts the clock
			cutting = true
			time.AfterFunc(after, func() {
				// All stops at one moment: a process that ran on could be told by a sync
				// that met the shutdown half-way that all was well.
				_ = cmd.Process.Signal(unix.SIGSTOP)
				d.cut()
				_ = cmd.Process.Kill()
			})
		}
		kind, what, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "drop":
			drops = append(drops, what)
		case "page":
			fmt.Sscan(what, &page)
		}
	}
	_ = cmd.Wait()
	return drops, page
}

// TestPowerCutWorker is the process whose power is cut.
func TestPowerCutWorker(t *testing.T) {
	dir := os.Getenv("POOLSWEEP_CUT")
	if dir == "" {
		t.Skip("run by the power cut test")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%d", os.Getenv("POOLSWEEP_ROUND"), i)
		doc := &ingest.Document{File: name, SHA256: name, Snapshots: []*ingest.Snapshot{{Machine: ingest.Machine{Name: "LAB-1"}}}}
		_, err := s.Record(ctx, store.Reading{Drop: store.Drop{Share: "d", Name: name, State: store.Analysed, Machine: "LAB-1",
			SHA256: name}, Documents: []*ingest.Document{doc}}, time.Unix(1, 0))
		if err != nil {
			return
		}
		fmt.Println("drop", name)
		draw := func(w io.Writer) error { _, err := fmt.Fprintln(w, "revision", i); return err }
		if writeAll(ctx, []page{{filepath.Join(dir, "out", "report.txt"), draw}}) != nil {
			return
		}
		fmt.Println("page", i)
	}
}

// missing returns the drops that the history does not hold as analysed.
func missing(t *testing.T, folder string, drops []string) []string {
	s, err := store.Open(context.Background(), folder)
	if err != nil {
		t.Fatalf("open after the cut: %v", err)
	}
	defer s.Close()
	if err := s.Check(context.Background(), true); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	held := map[string]bool{}
	err = s.Drops(context.Background(), "", func(d store.Drop) error { held[d.Name] = d.State == store.Analysed; return nil })
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range drops {
		if !held[name] {
			out = append(out, name)
		}
	}
	return out
}

// revisionOf reads the number in the report; −1 when there is no whole report.
func revisionOf(file string) int {
	n := -1
	b, _ := os.ReadFile(file)
	if _, err := fmt.Sscanf(string(b), "revision %d\n", &n); err != nil {
		return -1
	}
	return n
}
