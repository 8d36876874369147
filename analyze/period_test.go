package analyze

import (
	"testing"
	"time"

	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

var week = time.Date(2031, 11, 17, 0, 0, 0, 0, time.UTC)

// day is noon of a day of the week under examination; days before it are negative.
func day(n int) time.Time { return week.Add(time.Duration(n)*24*time.Hour + 12*time.Hour) }

// sighted is one machine that shows the case with so many events.
func sighted(machine string, at time.Time, events int64, uptime time.Duration) Sighting {
	return Sighting{Machine: machine, Events: events, Bytes: uint64(events) * 1024,
		Snapshot: &ingest.Snapshot{At: at, Uptime: uptime, UptimeOK: true}}
}

// running is an uptime that makes all snapshots of a machine one boot session.
func running(at time.Time) time.Duration { return at.Sub(day(-40)) }

func seen(machine string, at time.Time, events int64) Sighting {
	return sighted(machine, at, events, running(at))
}

// TestCourse walks the thresholds: 10,000 events wander by 200, 10 MiB of bytes by 1.
func TestCourse(t *testing.T) {
	p := Period{From: week, To: week.AddDate(0, 0, 7)}
	bytes := func(s Sighting, n uint64) Sighting { s.Bytes = n; return s }
	old, undated := seen("A", day(-3), 10_000), seen("A", time.Time{}, 5)
	for _, c := range []struct {
		name  string
		seen  []Sighting
		clear map[string][]time.Time
		want  State
	}{
		{"first seen within", []Sighting{seen("A", day(1), 5)}, nil, StateNew},
		{"first seen on the first instant", []Sighting{seen("A", week, 5)}, nil, StateNew},
		{"first seen the instant before", []Sighting{seen("A", week.Add(-1), 5), seen("A", day(1), 5)}, nil, StateSame},
		{"first seen after", []Sighting{seen("A", p.To, 5)}, nil, 0},
		{"undated", []Sighting{undated}, nil, StateNew},
		{"grew by the noise", []Sighting{old, seen("A", day(1), 10_200)}, nil, StateSame},
		{"grew by more", []Sighting{old, seen("A", day(1), 10_201)}, nil, StateWorse},
		{"shrank by the noise", []Sighting{old, seen("A", day(1), 9_800)}, nil, StateSame},
		{"shrank by more", []Sighting{old, seen("A", day(1), 9_799)}, nil, StateBetter},
		{"restarted", []Sighting{old, sighted("A", day(2), 100, time.Hour)}, nil, StateSame},
		{"bytes by the noise", []Sighting{bytes(old, 10<<20), bytes(seen("A", day(1), 10_000), 11<<20)}, nil, StateSame},
		{"bytes by more", []Sighting{bytes(old, 10<<20), bytes(seen("A", day(1), 10_000), 11<<20+1)}, nil, StateWorse},
		{"one machine more", []Sighting{old, seen("A", day(1), 10_000), seen("B", day(2), 7)}, nil, StateWorse},
		{"one less", []Sighting{old, seen("A", day(1), 99_000), seen("B", day(-2), 7)},
			map[string][]time.Time{"B": {day(2)}}, StateBetter},
		{"one silent", []Sighting{old, seen("A", day(1), 10_000), seen("B", day(-2), 7)}, nil, StateSame},
		{"came back", []Sighting{old, seen("A", day(3), 10)}, map[string][]time.Time{"A": {day(-1)}}, StateWorse},
		{"fixed", []Sighting{old}, map[string][]time.Time{"A": {day(2)}}, StateFixed},
		{"fixed on the last instant", []Sighting{old}, map[string][]time.Time{"A": {p.To.Add(-1)}}, StateFixed},
		{"fixed too late", []Sighting{old}, map[string][]time.Time{"A": {p.To}}, StateQuiet},
		{"seen and fixed within", []Sighting{seen("A", day(1), 5)}, map[string][]time.Time{"A": {day(2)}}, StateFixed},
		{"fixed on one, silent on the other", []Sighting{old, seen("B", day(-2), 7)},
			map[string][]time.Time{"A": {day(2)}}, StateQuiet},
		{"nothing heard", []Sighting{old}, nil, StateQuiet},
		{"clear before, then silent", []Sighting{old}, map[string][]time.Time{"A": {day(-1)}}, StateQuiet},
	} {
		got := caseOf(c.seen, c.clear).Course(p, series.DefaultThresholds())
		if got.State != c.want {
			t.Errorf("%s: %q, want %q (%+v)", c.name, got.State, c.want, got)
		}
	}
}

// caseOf puts sightings together, each machine's in time order.
func caseOf(all []Sighting, clear map[string][]time.Time) *Case {
	c := &Case{}
	for _, machine := range []string{"A", "B"} {
		var of []Sighting
		for _, s := range all {
			if s.Machine == machine {
				of = append(of, s)
			}
		}
		if len(of) > 0 {
			c.Sightings = append(c.Sightings, of...)
			c.Presence = append(c.Presence, Presence{Machine: machine, Clear: clear[machine]})
		}
	}
	return c
}

func TestCourseCounts(t *testing.T) {
	p := Period{From: week}
	got := caseOf([]Sighting{seen("A", day(-3), 100), seen("A", day(1), 400), seen("B", day(-2), 7)}, nil).
		Course(p, series.DefaultThresholds())
	want := Course{State: StateWorse, Before: Extent{2, 107, 107 * 1024}, Now: Extent{2, 407, 407 * 1024},
		Events: 300, Bytes: 300 * 1024}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOnlyWhatWasFixedWithinIsFresh(t *testing.T) {
	p := Period{From: week}
	for _, c := range []struct {
		clear []time.Time
		fresh bool
	}{
		{[]time.Time{day(2)}, true},
		{[]time.Time{day(-1), day(2)}, false},
	} {
		got := caseOf([]Sighting{seen("A", day(-3), 100)}, map[string][]time.Time{"A": c.clear}).
			Course(p, series.DefaultThresholds())
		if got.State != StateFixed || got.Fresh != c.fresh {
			t.Errorf("clear at %v: %s, fresh %t", c.clear, got.State, got.Fresh)
		}
	}
}

func TestOpenAt(t *testing.T) {
	c := caseOf([]Sighting{seen("A", day(0), 5), seen("B", day(3), 5)}, map[string][]time.Time{"A": {day(2)}, "B": {day(4)}})
	for at, want := range map[time.Time]bool{day(0): false, day(1): true, day(2).Add(1): false, day(3).Add(1): true,
		day(5): false} {
		if c.OpenAt(at) != want {
			t.Errorf("open at %v: %t", at, !want)
		}
	}
}
