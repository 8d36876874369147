package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/jobs"
	"poolsweep/ingest/store"
	"poolsweep/ingest/store/pgtest"
)

var (
	workers = flag.Int("workers", 2, "processes that work beside the watcher")
	stops   = flag.Int("stops", 2, "times the database server is stopped at once")
	scale   = flag.Int("scale", 0, "logs that TestThroughput reads with each number of workers")
)

// crew is a lab whose history is on a database server, with processes that work for
// its watcher.
type crew struct {
	*lab
	server  *pgtest.Server
	workers []*exec.Cmd
}

func newCrew(t *testing.T, workers int, watch ...string) *crew {
	t.Helper()
	c := &crew{server: pgtest.New(t, os.Getenv)}
	c.lab = &lab{dir: t.TempDir(), history: &config{Database: c.server.URL("postgres")}}
	c.open(t, "database: "+c.history.Database+"\n"+waits)
	t.Cleanup(func() {
		for _, w := range c.workers {
			_ = w.Process.Kill()
			_ = w.Wait()
		}
	})
	c.watch = watch
	c.start(t)
	for range workers {
		c.workers = append(c.workers, c.launch(t, "work"))
	}
	for deadline := time.Now().Add(time.Minute); c.begun() <= workers; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the processes do not come up")
		}
	}
	return c
}

// begun counts the processes that came up.
func (c *crew) begun() int {
	text, _ := os.ReadFile(c.log.Name())
	return strings.Count(string(text), "msg=watching")
}

// killOne kills a process, any of them, and starts another one like it.
func (c *crew) killOne(t *testing.T, r *rand.Rand) {
	i := r.IntN(len(c.workers) + 1)
	if i == len(c.workers) {
		c.restart(t, 0)
		return
	}
	_ = c.workers[i].Process.Kill()
	_ = c.workers[i].Wait()
	c.workers[i] = c.launch(t, "work")
}

// end ends the workers as a service manager does.
func (c *crew) end(t *testing.T) {
	t.Helper()
	for _, w := range c.workers {
		_ = w.Process.Signal(os.Interrupt)
	}
	late := time.AfterFunc(10*time.Second, func() { t.Error("a worker did not end within 10 s") })
	for _, w := range c.workers {
		var exit *exec.ExitError
		if err := w.Wait(); errors.As(err, &exit) && exit.ExitCode() >= 0 { // one that had hardly begun ends by the signal
			t.Errorf("a worker ended with %v", err)
		}
	}
	late.Stop()
	c.workers = nil
}

// drop drops logs in all the ways that programs write files, and calls between so many
// times in the midst of it.
func (c *crew) drop(t *testing.T, r *rand.Rand, times int, between func()) {
	t.Helper()
	var writing sync.WaitGroup
	slots := make(chan struct{}, 24)
	for i := range *drops {
		d := c.plan(i, r)
		slots <- struct{}{}
		writing.Go(func() { d.write(t); <-slots })
		if i%max(1, *drops/max(1, times)) == 0 {
			time.Sleep(time.Duration(r.IntN(700)) * time.Millisecond)
			between()
		}
	}
	writing.Wait()
	c.settle(t)
	c.end(t)
	c.check(t)
}

// TestKilledNodesLoseNothing kills the watcher and the workers, one or the other, while
// logs are dropped.
func TestKilledNodesLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	c := newCrew(t, *workers)
	r := rand.New(rand.NewPCG(2026, 11))
	c.drop(t, r, *kills, func() { c.killOne(t, r) })
}

// TestStoppedServerLosesNothing stops the database server at once, as if its power
// failed, and starts it again after a while.
func TestStoppedServerLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	c := newCrew(t, *workers)
	r := rand.New(rand.NewPCG(2026, 12))
	c.drop(t, r, *stops, func() {
		if err := c.server.Stop(true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
		if err := c.server.Restart(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNodesOfTwoVersionsDoNotWorkTogether(t *testing.T) {
	b, file := newServed(t, pgtest.New(t, os.Getenv))
	other := store.Node{ID: "x", Host: "filer", Role: roleWork, Version: "poolsweep 0.0"}
	if err := b.store.Beat(t.Context(), other, silence); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"watch", "work"} {
		code, _, errs := runs(t, command, "--config", file)
		if code != exitFailed || !strings.Contains(errs, "work on filer (poolsweep 0.0)") || !strings.Contains(errs, "hint: stop them first") {
			t.Errorf("%s exits %d, says %s", command, code, errs)
		}
	}
}

func TestStatusListsNodesAndWhatWaitsForThem(t *testing.T) {
	b, file := newServed(t, pgtest.New(t, os.Getenv))
	b.service.log, b.role = slog.New(slog.DiscardHandler), roleWork
	b.cfg.Drops = []dropConfig{{Path: "drop"}}
	if err := b.join(t.Context()); err != nil {
		t.Fatal(err)
	}
	add := b.cluster.jobs.Add([]jobs.Drop{{Share: "/srv/drop", Name: "a.log", Stamp: "1 2 3 4"}})
	if _, err := b.store.Joined(add).RecordAll(t.Context(), nil, b.now()); err != nil {
		t.Fatal(err)
	}
	says := func(code int, want ...string) {
		t.Helper()
		args := []string{"status", "--config", file}
		if code == exitTrouble {
			args = append(args, "--check")
		}
		got, out, errs := runs(t, args...)
		for _, w := range want {
			if got != code || !strings.Contains(out, w) {
				t.Errorf("exits %d, says %s%s\nwant %q", got, out, errs, w)
			}
		}
	}
	says(exitDone, b.cluster.self.Host, tool, "1 waiting, 0 being read, 0 given up", " now")
	_, err := b.store.Pool().Exec(t.Context(), `UPDATE node SET beat_at = beat_at - 90000`)
	if err != nil {
		t.Fatal(err)
	}
	says(exitDone, "1m3")
	says(exitTrouble, "no process works on the history")
}

func TestWorkNeedsADatabase(t *testing.T) {
	code, _, errs := runs(t, "work", "--drop", t.TempDir(), "--out", t.TempDir(), "--state", t.TempDir())
	if code != exitUsage || !strings.Contains(errs, "which one process has for itself") {
		t.Errorf("exits %d, says %s", code, errs)
	}
}

// TestThroughput reads as many logs as -scale says, all there at once: with the history
// on SQLite, and on a database server with several numbers of workers.
func TestThroughput(t *testing.T) {
	if *scale == 0 {
		t.Skip("needs -scale")
	}
	alone := newLab(t, waits)
	t.Logf("SQLite, one process: %.0f logs/s", alone.rate(t))
	for _, workers := range []int{1, 2, 4} {
		c := newCrew(t, workers, "--no-work")
		t.Logf("PostgreSQL, %d workers: %.0f logs/s", workers, c.rate(t))
		c.end(t)
	}
}

// rate drops logs at once and returns how many were read in a second.
func (l *lab) rate(t *testing.T) float64 {
	t.Helper()
	fresh := filepath.Join(l.dir, "away", "fresh")
	for i := range *scale {
		machine := fmt.Sprintf("LAB-%02d", i%50)
		name := filepath.Join(fresh, machine, fmt.Sprintf("kd-%d.log", i))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, logText(i, machine, true), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := openBeside(t.Context(), l.history)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	machines, err := os.ReadDir(fresh)
	for _, m := range machines {
		if err == nil {
			err = os.Rename(filepath.Join(fresh, m.Name()), filepath.Join(l.dir, "drop", m.Name()))
		}
	}
	began := time.Now()
	for counts := (map[store.State]int{}); err == nil && counts[store.Analysed] < *scale; time.Sleep(50 * time.Millisecond) {
		counts, err = db.Counts(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	l.kill()
	return float64(*scale) / took.Seconds()
}
