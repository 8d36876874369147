package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	soak     = flag.Duration("soak", 0, "how long the watcher is soaked")
	soakRate = flag.Int("soak-rate", 1, "logs a second meanwhile")
)

// What may grow over a soak, seen from the end of its first third on.
const (
	soakRSS   = 2 << 20 // bytes a minute; what a minute of logs takes in memory is far more
	soakMore  = 5       // threads, descriptors: between the first and the last look
	soakEvery = 10 * time.Second
)

// footprint is what the watcher holds at one moment.
type footprint struct {
	after             time.Duration
	rss, threads, fds int64
}

// TestSoak drops logs, one a second, and watches what the watcher holds.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("takes long: go test ./cmd/poolsweep -run TestSoak -soak 10m -timeout 1h -v")
	}
	tr := newTrial(t, waits+"history: 1m\n")
	began, n := time.Now(), 0
	var samples []footprint
	for next := began; time.Since(began) < *soak; time.Sleep(time.Until(next)) {
		next = next.Add(time.Second / time.Duration(*soakRate))
		p := &plan{machine: fmt.Sprintf("LAB-%d", n%20), habit: renamed, away: filepath.Join(tr.dir, "away", fmt.Sprint(n))}
		p.path, p.text = filepath.Join(tr.dir, "drop", p.machine, fmt.Sprintf("s%d.log", n)), logText(n, p.machine, true)
		tr.plans = append(tr.plans, p)
		p.write(t)
		if n++; n%(*soakRate*int(soakEvery/time.Second)) == 0 {
			s := tr.footprint(time.Since(began))
			samples = append(samples, s)
			t.Logf("%6s: %d drops, RSS %5.1f MiB, %d threads, %d descriptors", s.after.Round(time.Second), n, float64(s.rss)/(1<<20), s.threads, s.fds)
		}
	}
	tr.ended()
	tr.check(t)
	if len(samples) < 9 {
		t.Skipf("%d looks tell no trend", len(samples))
	}
	warm := samples[len(samples)/3:]
	first, last := warm[0], warm[len(warm)-1]
	slope := slopeOf(warm)
	t.Logf("RSS grows by %.2f MiB a minute, threads by %d, descriptors by %d", slope/(1<<20), last.threads-first.threads, last.fds-first.fds)
	if slope > soakRSS || last.threads-first.threads > soakMore || last.fds-first.fds > soakMore {
		t.Errorf("that is more than %d bytes a minute and %d", soakRSS, soakMore)
	}
}

// slopeOf is the growth of the memory in bytes a minute, by least squares.
func slopeOf(samples []footprint) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, s := range samples {
		x, y := s.after.Minutes(), float64(s.rss)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// footprint looks at the watcher in /proc.
func (tr *trial) footprint(after time.Duration) footprint {
	proc := filepath.Join("/proc", strconv.Itoa(tr.watcher.Process.Pid))
	fds, err := os.ReadDir(filepath.Join(proc, "fd"))
	tr.must(err)
	return footprint{after, procStatus(proc, "VmRSS") << 10, procStatus(proc, "Threads"), int64(len(fds))}
}

// procStatus returns a number of /proc/PID/status.
func procStatus(proc, key string) int64 {
	text, _ := os.ReadFile(filepath.Join(proc, "status"))
	_, rest, _ := strings.Cut(string(text), "\n"+key+":")
	var n int64
	_, _ = fmt.Sscan(rest, &n)
	return n
}
