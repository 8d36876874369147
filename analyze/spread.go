package analyze

import (
	"math"
	"time"

	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// Movement is how a case changed over the snapshots of one machine, or of all.
type Movement uint8

// Movements, the one that needs least attention first.
const (
	_ Movement = iota
	// Once: one snapshot shows it, and no other one could.
	Once
	// GoneRestart: the newest snapshot no longer shows it, and the machine was restarted.
	GoneRestart
	// Gone: the newest snapshot no longer shows it, though no restart is known.
	Gone
	// Steady: within a boot session the count stays.
	Steady
	// Returned: it came back after a restart.
	Returned
	// Growing: within a boot session the count grows.
	Growing
	// Spreading: more machines show it than at first.
	Spreading
	// New: earlier snapshots did not show it.
	New
)

var movements = [...]string{"", "once", "gone-after-restart", "gone", "steady", "returned", "growing", "more-machines", "new"}

// String returns the movement as one lower-case word.
func (m Movement) String() string { return movements[m] }

// Presence is a case on one machine.
type Presence struct {
	Machine     string
	First, Last time.Time // session times of the first and last snapshot that show it; zero when not printed
	AtLeast     bool      // the machine's first snapshot already shows it: it may be older
	Shown, Of   int       // snapshots that show it, of those that could
	Events      int64     // by the last snapshot that shows it
	Change      int64     // of the events within the last boot session that shows it
	Holder      string    // that a snapshot of this machine establishes
	Movement    Movement
}

// spread fills in where and since when each case is seen.
func (res *Result) spread(th Thresholds) {
	machines := map[string]*Machine{}
	judged := 0
	for i := range res.Machines {
		m := &res.Machines[i]
		machines[m.Name] = m
		if m.Verdict != Insufficient {
			judged++
		}
	}
	for i := range res.Cases {
		c := &res.Cases[i]
		c.Judged = judged
		for start := 0; start < len(c.Sightings); {
			end := start + 1
			for end < len(c.Sightings) && c.Sightings[end].Machine == c.Sightings[start].Machine {
				end++
			}
			m := machines[c.Sightings[start].Machine]
			if m.Verdict == Insufficient {
				c.Judged++ // a case was found in an older log
			}
			c.Presence = append(c.Presence, presence(c.Sightings[start:end], m.Snapshots, th))
			start = end
		}
		c.Movement = overall(c.Presence)
	}
}

// presence sums up the sightings of one machine, in time order.
func presence(seen []Sighting, snaps []*ingest.Snapshot, th Thresholds) Presence {
	first, last := seen[0], seen[len(seen)-1]
	p := Presence{Machine: first.Machine, First: first.At(), Last: last.At(), Shown: len(seen), Events: last.Events}
	able := ableToShow(seen, snaps, th)
	p.Of, p.AtLeast = len(able), able[0] == first.Snapshot
	for _, s := range seen {
		if s.Holder != "" {
			p.Holder = s.Holder
		}
	}
	from := len(seen) - 1
	for from > 0 && linked(seen[from-1].Snapshot, last.Snapshot) == series.SameBoot {
		from--
	}
	p.Change = last.Events - seen[from].Events
	p.Movement = p.movement(last.Snapshot, able, len(seen)-from)
	return p
}

// movement tells how the case moved: last is the last snapshot that shows it, of
// those that could, and boot how many show it in that boot session.
func (p *Presence) movement(last *ingest.Snapshot, able []*ingest.Snapshot, boot int) Movement {
	newest := able[len(able)-1]
	switch {
	case newest != last && linked(last, newest) == series.Restarted:
		return GoneRestart
	case newest != last:
		return Gone
	case len(able) == 1:
		return Once
	case boot > 1 && float64(p.Change) > noise(p.Events):
		return Growing
	case boot > 1:
		return Steady
	case p.Shown > 1:
		return Returned
	}
	return New
}

// noise is how far a count moves by itself: two standard deviations.
func noise(n int64) float64 { return 2 * math.Sqrt(float64(max(0, n))) }

// ableToShow returns the snapshots that show a case or, by their whole tables,
// would have: an excerpt without the case does not say that it is gone.
func ableToShow(seen []Sighting, snaps []*ingest.Snapshot, th Thresholds) []*ingest.Snapshot {
	shows := map[*ingest.Snapshot]bool{}
	for _, s := range seen {
		shows[s.Snapshot] = true
	}
	var out []*ingest.Snapshot
	for _, s := range snaps {
		if state, _ := tables(s, poolFacts(s), th); shows[s] || state == tablesComplete {
			out = append(out, s)
		}
	}
	return out
}

// linked tells how two snapshots of a machine, the earlier one first, belong together.
func linked(a, b *ingest.Snapshot) series.Link {
	return series.Linked(a, b, series.DefaultThresholds())
}

// overall is the movement of a case over its machines: what is new or spreads is
// told before what grows, and gone is only what is gone from all.
func overall(all []Presence) Movement {
	most, fresh := Movement(0), 0
	for _, p := range all {
		if p.Movement == New {
			fresh++
			continue
		}
		most = max(most, p.Movement)
	}
	switch {
	case fresh == len(all):
		return New
	case fresh > 0:
		return Spreading
	}
	return most
}
