package ingest_test

import (
	"testing"
	"time"

	"poolsweep/ingest"
)

// sample is a snapshot with rows in both pools.
func sample() *ingest.Snapshot {
	row := func(tag string, pool ingest.Pool, n int64, bytes uint64) ingest.TagUsage {
		return ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool, Usage: ingest.Usage{Outstanding: n, Bytes: bytes}}
	}
	counted := row("Proc", ingest.NonPaged, 5, 3200)
	counted.Allocs, counted.Frees, counted.Counted = 9, 4, true
	return &ingest.Snapshot{
		Tags:   []ingest.TagUsage{row("File", ingest.NonPaged, 10, 1000), row("File", ingest.Paged, 1, 64), counted},
		Totals: []ingest.PoolTotal{{Pool: ingest.Paged, Usage: ingest.Usage{Outstanding: 1, Bytes: 64}}},
		Modules: []ingest.Module{
			{Start: 0x1000, End: 0x2000, Name: "gone.sys", Unloaded: true},
			{Start: 0x1000, End: 0x1800, Name: "qzplug"},
		},
	}
}

func TestBoot(t *testing.T) {
	at := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		snapshot ingest.Snapshot
		known    bool
	}{
		{"both printed", ingest.Snapshot{At: at, Uptime: 2 * time.Hour, UptimeOK: true}, true},
		{"no uptime", ingest.Snapshot{At: at}, false},
		{"no time", ingest.Snapshot{Uptime: 2 * time.Hour, UptimeOK: true}, false},
	} {
		boot, known := c.snapshot.Boot()
		if known != c.known || known && !boot.Equal(at.Add(-2*time.Hour)) {
			t.Errorf("%s: boot %v, %t", c.name, boot, known)
		}
	}
}

func TestFindTellsThePoolsApart(t *testing.T) {
	s := sample()
	if u := s.Find(ingest.MustTag("File"), ingest.Paged); u == nil || u.Bytes != 64 {
		t.Errorf("File in the paged pool: %+v", u)
	}
	if u := s.Find(ingest.MustTag("file"), ingest.Paged); u != nil {
		t.Errorf("file is not File: %+v", u)
	}
	if u := s.Find(ingest.MustTag("Proc"), ingest.Paged); u != nil {
		t.Errorf("Proc in the paged pool: %+v", u)
	}
}

func TestSumOfOnePool(t *testing.T) {
	want := ingest.Usage{Outstanding: 15, Bytes: 4200, Allocs: 9, Frees: 4, Counted: true}
	if got := sample().Sum(ingest.NonPaged); got != want {
		t.Errorf("nonpaged sum %+v, want %+v", got, want)
	}
	if got := sample().Sum(ingest.Paged); got != (ingest.Usage{Outstanding: 1, Bytes: 64}) {
		t.Errorf("paged sum %+v", got)
	}
}

func TestTotal(t *testing.T) {
	s := sample()
	if total := s.Total(ingest.Paged); total == nil || total.Bytes != 64 {
		t.Errorf("paged total %+v", total)
	}
	if total := s.Total(ingest.NonPaged); total != nil {
		t.Errorf("nonpaged total %+v, none was printed", total)
	}
}

func TestModuleAtIgnoresUnloadedModules(t *testing.T) {
	s := sample()
	if m := s.ModuleAt(0x1004); m == nil || m.Name != "qzplug" {
		t.Errorf("module at 1004: %+v", m)
	}
	if m := s.ModuleAt(0x1900); m != nil {
		t.Errorf("module at 1900: %+v", m)
	}
}

func TestNameSource(t *testing.T) {
	for from, want := range map[ingest.NameSource]string{
		ingest.NameUnknown: "unknown", ingest.NameFromFile: "file name",
		ingest.NameFromRule:   "file-name rule",
		ingest.NameFromFolder: "folder", ingest.NameFromLog: "log",
	} {
		if got := from.String(); got != want {
			t.Errorf("name source %d is %q, want %q", from, got, want)
		}
	}
}
