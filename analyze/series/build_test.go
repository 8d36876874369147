package series

import (
	"testing"
	"time"

	"poolsweep/ingest"
)

// moment builds a snapshot of one machine for the tables of these tests.
type moment struct{ *ingest.Snapshot }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at starts a snapshot so many hours after the machine was started at noon.
func at(hours float64) moment {
	up := time.Duration(hours * float64(time.Hour))
	return moment{&ingest.Snapshot{At: noon.Add(up), Uptime: up, UptimeOK: true}}
}

// untimed forgets the session time, unaged the uptime.
func (m moment) untimed() moment { m.At = time.Time{}; return m }

func (m moment) unaged() moment { m.Uptime, m.UptimeOK = 0, false; return m }

// tag adds a nonpaged row.
func (m moment) tag(name string, n int64, bytes uint64) moment {
	m.Tags = append(m.Tags, ingest.TagUsage{Tag: ingest.MustTag(name), Pool: ingest.NonPaged,
		Usage:  ingest.Usage{Outstanding: n, Bytes: bytes},
		Source: ingest.Source{File: "m.log", Line: len(m.Tags) + 1}})
	return m
}

// counted adds allocations and frees to the last row.
func (m moment) counted(allocs, frees uint64) moment {
	t := &m.Tags[len(m.Tags)-1]
	t.Allocs, t.Frees, t.Counted = allocs, frees, true
	return m
}

func history(moments ...moment) []*ingest.Snapshot {
	var out []*ingest.Snapshot
	for _, m := range moments {
		out = append(out, m.Snapshot)
	}
	return out
}

// oneBoot returns moments as the one boot session that they must be.
func oneBoot(t testing.TB, moments ...moment) *Boot {
	t.Helper()
	boots := Boots(history(moments...), DefaultThresholds())
	if len(boots) != 1 {
		t.Fatalf("%d boot sessions, want 1", len(boots))
	}
	return &boots[0]
}

// hourly makes points an hour apart.
func hourly(values ...float64) []Point { return every(time.Hour, values...) }

func every(step time.Duration, values ...float64) []Point {
	var out []Point
	for i, v := range values {
		out = append(out, Point{At: time.Duration(i) * step, Value: v})
	}
	return out
}
