package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

const many = 100_000

// crowd makes a folder of many drops, as settled ones of a fresh Folder.
func crowd(b *testing.B) (path string, f *Folder) {
	b.Helper()
	path = b.TempDir()
	for i := range many {
		name := filepath.Join(path, fmt.Sprintf("LAB%03d_%05d.log", i%500, i))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	f = New(path, Options{})
	s, err := f.Poll(0)
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range f.pending {
		f.Settle(p.name, p.Stamp, [32]byte{})
	}
	if s, err = f.Poll(time.Second); err != nil || s.Counts != [states]int{Settled: many} {
		b.Fatalf("%v, %v", s.Counts, err)
	}
	return path, f
}

// readdirLstat is the least that any scan does.
func readdirLstat(b *testing.B, path string) {
	d, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(path, name)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPollSettled polls over 100,000 settled drops, in turn with readdir and
// lstat of the same, and reports the ratio.
func BenchmarkPollSettled(b *testing.B) {
	path, f := crowd(b)
	var raw, ours time.Duration
	var before, after runtime.MemStats
	b.ReportAllocs()
	for b.Loop() {
		at := time.Now()
		readdirLstat(b, path)
		raw += time.Since(at)
		runtime.ReadMemStats(&before)
		at = time.Now()
		if _, err := f.Poll(time.Minute); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(at)
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/poll")
	b.ReportMetric(float64(raw.Milliseconds())/float64(b.N), "ms/readdir+lstat")
	b.ReportMetric(ours.Seconds()/raw.Seconds(), "ratio")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs), "allocs/poll")
	b.ReportMetric(float64(after.HeapAlloc)/(1<<20), "MiB-heap")
}

// BenchmarkPollNew polls over 100,000 drops that all came at once: each is opened.
func BenchmarkPollNew(b *testing.B) {
	path, _ := crowd(b)
	f := New(path, Options{})
	now := time.Duration(0)
	for b.Loop() {
		now += time.Second
		if _, err := f.Poll(now); err != nil {
			b.Fatal(err)
		}
	}
}
