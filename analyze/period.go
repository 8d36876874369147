package analyze

import (
	"math"
	"time"

	"poolsweep/analyze/series"
)

// Period is the time that a report is about, From inclusive, To exclusive. A zero
// end is open. What has no time counts as within: nothing says that it is not.
type Period struct{ From, To time.Time }

// Holds reports whether a moment lies in the period.
func (p Period) Holds(t time.Time) bool {
	return t.IsZero() || !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To))
}

// State is how a case stands at the end of a period, beside how it stood before.
type State uint8

// States, the one that needs most attention first.
const (
	_ State = iota
	// StateNew: no snapshot before the period shows it.
	StateNew
	// StateWorse: on more machines than before, or it grew beyond the noise.
	StateWorse
	// StateSame: neither worse nor better.
	StateSame
	// StateBetter: on fewer machines than before, or it shrank beyond the noise.
	StateBetter
	// StateFixed: each of its machines was heard of and would show it, and none does.
	StateFixed
	// StateQuiet: none of its machines showed it, and not all were heard of.
	StateQuiet
)

var states = [...]string{"", "new", "worse", "same", "better", "fixed", "quiet"}

// String returns the state as one lower-case word.
func (s State) String() string { return states[s] }

// Extent is how far a case reaches at a moment, by the newest word of each machine.
// A machine that fell silent keeps what it showed last: silence mends nothing.
type Extent struct {
	Machines int
	Events   int64
	Bytes    uint64
}

// Course is what became of a case in a period.
type Course struct {
	State       State
	Before, Now Extent
	// Events and Bytes are what it gained on the machines that show it before and now,
	// without those that were restarted in between: a restart empties the pools.
	Events, Bytes int64
	// Fresh: a fixed case was seen in this period or stood open before it. One that was
	// fixed earlier and stays away is no news.
	Fresh bool
}

// word is what the snapshots of one machine said of a case up to a moment.
type word struct {
	seen  *Sighting // the newest that shows it
	clear time.Time // the newest that would show it and does not
}

// shows reports whether the newest word is that the machine has the case.
func (w word) shows() bool { return w.seen != nil && !w.clear.After(w.seen.At()) }

// heard reports whether the newest word is of the period.
func (w word) heard(p Period) bool {
	return w.seen != nil && p.Holds(w.seen.At()) || !w.clear.IsZero() && p.Holds(w.clear)
}

// word collects what one machine said of the case within a period.
func (c *Case) word(on *Presence, p Period) word {
	var w word
	for i := range c.Sightings {
		if s := &c.Sightings[i]; s.Machine == on.Machine && p.Holds(s.At()) {
			w.seen = s
		}
	}
	for _, at := range on.Clear {
		if p.Holds(at) && at.After(w.clear) {
			w.clear = at
		}
	}
	return w
}

// earlier returns what a machine said before the period began.
func (c *Case) earlier(on *Presence, p Period) word {
	if p.From.IsZero() {
		return word{}
	}
	w := c.word(on, Period{To: p.From})
	if w.seen != nil && w.seen.At().IsZero() {
		w.seen = nil // counted within the period
	}
	return w
}

// OpenAt reports whether, by what was known before a moment, some machine has the
// case.
func (c *Case) OpenAt(t time.Time) bool {
	for i := range c.Presence {
		if c.word(&c.Presence[i], Period{To: t}).shows() {
			return true
		}
	}
	return false
}

// Course decides how the case stands at the end of a period. It is the one place
// where new, worse, same, better, fixed and quiet are told from each other.
func (c *Case) Course(p Period, th series.Thresholds) Course {
	var out Course
	var known, silent, cleared, showing bool
	for i := range c.Presence {
		on := &c.Presence[i]
		was, now := c.earlier(on, p), c.word(on, Period{To: p.To})
		if now.seen == nil {
			continue // came after the period
		}
		known = known || was.seen != nil
		showing = showing || now.heard(p) && now.shows()
		cleared = cleared || now.heard(p) && !now.shows()
		silent = silent || !now.heard(p)
		out.Fresh = out.Fresh || was.shows() || p.Holds(now.seen.At())
		out.add(was, now, th)
	}
	switch {
	case showing && !known:
		out.State = StateNew
	case showing:
		out.State = out.compare(th)
	case cleared && !silent:
		out.State = StateFixed
	case cleared || silent:
		out.State = StateQuiet
	}
	out.Fresh = out.Fresh && out.State == StateFixed
	return out
}

// add counts one machine.
func (o *Course) add(was, now word, th series.Thresholds) {
	if was.shows() {
		o.Before.add(was.seen)
	}
	if !now.shows() {
		return
	}
	o.Now.add(now.seen)
	if was.shows() && series.Linked(was.seen.Snapshot, now.seen.Snapshot, th) != series.Restarted {
		o.Events += now.seen.Events - was.seen.Events
		o.Bytes += int64(now.seen.Bytes) - int64(was.seen.Bytes)
	}
}

func (e *Extent) add(s *Sighting) {
	e.Machines++
	e.Events += s.Events
	e.Bytes += s.Bytes
}

// compare tells worse from better. The number of machines goes before what each
// holds, and events go before bytes, which other uses of a tag move as well.
func (o *Course) compare(th series.Thresholds) State {
	events := beyond(float64(o.Events), 2*math.Sqrt(float64(max(0, o.Before.Events))))
	bytes := beyond(float64(o.Bytes), max(th.FloorBytes, th.FloorShare*float64(o.Before.Bytes)))
	for _, moved := range []int{o.Now.Machines - o.Before.Machines, events, bytes} {
		switch {
		case moved > 0:
			return StateWorse
		case moved < 0:
			return StateBetter
		}
	}
	return StateSame
}

// beyond returns the sign of a change that is larger than the noise, else 0.
func beyond(change, noise float64) int {
	switch {
	case change > noise:
		return 1
	case change < -noise:
		return -1
	}
	return 0
}
