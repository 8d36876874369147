package main

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/ingest/store/pgtest"
)

var (
	workers = flag.Int("workers", 2, "processes that work beside the watcher")
	stops   = flag.Int("stops", 2, "times the database server is stopped at once")
)

// crew is a lab whose history is on a database server, with processes that work for
// its watcher.
type crew struct {
	*lab
	server  *pgtest.Server
	workers []*exec.Cmd
}

func newCrew(t *testing.T, workers int) *crew {
	t.Helper()
	c := &crew{server: newDatabase(t)}
	c.lab = &lab{dir: t.TempDir(), history: &config{Database: c.server.URL("postgres")}}
	c.open(t, "database: "+c.history.Database+"\n"+waits)
	t.Cleanup(func() {
		for _, w := range c.workers {
			_ = w.Process.Kill()
			_ = w.Wait()
		}
	})
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
	b, file := newServed(t, newDatabase(t))
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

func TestWorkNeedsADatabase(t *testing.T) {
	code, _, errs := runs(t, "work", "--drop", t.TempDir(), "--out", t.TempDir(), "--state", t.TempDir())
	if code != exitUsage || !strings.Contains(errs, "which one process has for itself") {
		t.Errorf("exits %d, says %s", code, errs)
	}
}
