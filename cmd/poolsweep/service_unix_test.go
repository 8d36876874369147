//go:build unix

package main

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestServiceTellsSystemdAndReloads runs the watcher as systemd does: it says when it
// is ready, takes a new configuration on a hangup, and says when it ends.
func TestServiceTellsSystemdAndReloads(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	dir, err := os.MkdirTemp("", "ps") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "s"))
	l := newLab(t, waits)
	wantState(t, told, "READY=1")

	config := filepath.Join(l.dir, "poolsweep.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(l.dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(text, "  - path: other\n    end_wait: 40ms\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.watcher.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	wantState(t, told, "READY=1") // again, with the new folder
	p := &plan{machine: "LAB-9", path: filepath.Join(other, "LAB-9", "kd.log"), text: logText(9, "LAB-9", true), habit: steady}
	l.plans = append(l.plans, p)
	p.write(t)
	l.settle(t)
	wantState(t, told, "STOPPING=1")
	log, err := os.ReadFile(l.log.Name())
	if err != nil || !strings.Contains(string(log), "configuration read anew") {
		t.Errorf("%v, logged\n%s", err, log)
	}
}

// wantState waits for a state; the watchdog's are passed over.
func wantState(t *testing.T, told *net.UnixConn, want string) {
	t.Helper()
	buf := make([]byte, 100)
	for {
		if err := told.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := told.Read(buf)
		if err != nil {
			t.Fatalf("waiting for %s: %v", want, err)
		}
		if got := string(buf[:n]); got == want {
			return
		} else if got != "WATCHDOG=1" {
			t.Fatalf("told %s, want %s", got, want)
		}
	}
}

// A parser that is interrupted with its watcher must not have the drop at hand
// refused for it.
func TestParserGoesOnWhenItsTerminalInterrupts(t *testing.T) {
	ps := newParsers(t, defaultParserLimits())
	parse(t, ps, bytes.NewReader(sample(t)))
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if err := ps.idle[0].cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // for the signal to arrive
		if a := parse(t, ps, bytes.NewReader(sample(t))); a.Reason != "" || len(a.Documents) != 1 {
			t.Errorf("after %v: %s, %d documents", sig, a.Reason, len(a.Documents))
		}
	}
}

// TestReloadingWatcherLosesNothing has the watcher read its configuration anew again
// and again while logs are dropped.
func TestReloadingWatcherLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	l := newLab(t, waits)
	for deadline := time.Now().Add(20 * time.Second); !l.settled(t) && time.Now().Before(deadline); { // it runs, and no signal ends it
		time.Sleep(20 * time.Millisecond)
	}
	r := rand.New(rand.NewPCG(2026, 6))
	var writing sync.WaitGroup
	for i := range 40 {
		d := l.plan(i, r)
		writing.Go(func() { d.write(t) })
		if i%4 == 0 {
			time.Sleep(time.Duration(r.IntN(200)) * time.Millisecond)
			if err := l.watcher.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
	}
	writing.Wait()
	l.settle(t)
	l.check(t)
	if l.started != 1 {
		t.Errorf("the watcher was started %d times", l.started)
	}
}
