// Package series says how figures of one machine moved between its snapshots:
// which snapshots belong to one boot session, how fast a quantity grew in it and
// how sure that is, what it will come to, and what a restart gave back. It names
// no cause: that is the judging of package judge.
package series

import (
	"cmp"
	"time"

	"poolsweep/ingest"
)

// Thresholds holds every number this package compares with, each with its reason.
type Thresholds struct {
	// BootTolerance: two boot times, each a session time less an uptime, are the same
	// when they differ by no more. Both are printed to the second or better, but the
	// time service corrects the clock while the uptime runs on: crystals are off by up
	// to 50 in a million, 4 s a day, so a month stays below this.
	BootTolerance time.Duration

	// MinWindow and MinPoints: less between first and last, or fewer points, is no
	// trend. Bursty leaks read 0/s over 3 s and 15/s over 60 s on the same machine.
	MinWindow time.Duration
	MinPoints int

	// FloorCount, FloorBytes and FloorShare: growth over the window that is no more
	// than this is noise, absolutely and by share of where it began. Two standard
	// deviations of a count (2·√n) are noise as well.
	FloorCount float64
	FloorBytes float64
	FloorShare float64

	// Wander, Straight: a line fits better than a random walk when the squared steps
	// are at least Wander/n times the squared residuals, and never less than Straight:
	// a line with independent noise has 2. Less than 1 % of random walks pass in
	// simulation.
	Wander, Straight float64
	// Multiplied: growth by at least this share of where it began needs only the share
	// MultipliedNeeds of that: a healthy tag wanders by percents and does not half
	// again its size.
	Multiplied, MultipliedNeeds float64
	// NeverFalls: so many points that never fall are no random walk: one in 2,048 is.
	NeverFalls int
	// LateShare: the last half of the points must still rise with this share of the
	// whole slope. A warm-up that saturates has nearly none left; a straight line with
	// 10 % noise keeps more in 99 of 100 simulated runs.
	LateShare float64
	// FallShare: and no point may lie below an earlier one by this share of the whole
	// rise. A sawtooth falls by all of it.
	FallShare float64
	// BackShare: what rose has recovered when it is down to this share of its rise.
	BackShare float64

	// FlatShare: a quantity is flat when highest and lowest differ by no more than
	// this share. A leak that stopped stays equal to the byte, a cache breathes.
	FlatShare float64
	// RetainedBytes: smaller amounts that stay flat are what every driver keeps.
	RetainedBytes uint64
	// MovedShare: flat means something only when this share of the other tags in the
	// same tables moved: on an idle machine all is flat.
	MovedShare float64

	// BusyTurns and BusyFactor: a tag is busy when as many allocations as it holds, this
	// often, were made in the window, and this many times what it grew by.
	BusyTurns  float64
	BusyFactor float64

	// TooFar: nobody plans for a pool that runs full after more than a year, and no
	// slope measured in hours carries so far.
	TooFar time.Duration

	// LowUptime: figures after a restart are those of an empty machine when it has run
	// for less than this share of the time before; they are comparable up to the
	// inverse of CloseUptime.
	LowUptime   float64
	CloseUptime float64
}

// DefaultThresholds returns the values used when nothing else is configured.
func DefaultThresholds() Thresholds {
	return Thresholds{
		BootTolerance: 5 * time.Minute,
		MinWindow:     10 * time.Minute, MinPoints: 3,
		FloorCount: 50, FloorBytes: 1 << 20, FloorShare: 0.01,
		Wander: 44, Straight: 1.2, Multiplied: 0.5, MultipliedNeeds: 0.3, NeverFalls: 12,
		LateShare: 0.3, FallShare: 0.5, BackShare: 0.25,
		FlatShare: 0.001, RetainedBytes: 100 << 20, MovedShare: 0.5,
		BusyTurns: 1, BusyFactor: 10,
		TooFar:    365 * 24 * time.Hour,
		LowUptime: 0.1, CloseUptime: 0.5,
	}
}

// Key is a tag in a pool.
type Key struct {
	Tag  ingest.Tag
	Pool ingest.Pool
}

// Compare orders keys by tag, then pool.
func (k Key) Compare(o Key) int { return cmp.Or(k.Tag.Compare(o.Tag), cmp.Compare(k.Pool, o.Pool)) }

// Point is a quantity at one moment of a boot session.
type Point struct {
	At     time.Duration // since the session's first snapshot
	Value  float64
	Source ingest.Source
}

// Class says how a quantity moved within one boot session.
type Class uint8

const (
	_ Class = iota
	// Insufficient: too few points, too short a window, or a rise that so few points
	// do not tell from wandering.
	Insufficient
	// Steady: no movement beyond the noise, or one without direction.
	Steady
	// Growing: rises all the time, beyond the noise.
	Growing
	// Settled: rose, then stayed: a warm-up, or a cache at its size.
	Settled
	// Retained: large, and flat while most other tags moved: nobody uses it, nobody
	// frees it.
	Retained
	// Busy: allocated and freed all the time, without growth.
	Busy
	// Spike: one high point.
	Spike
	// Recovered: rose and came back down, without a restart.
	Recovered
)

var classes = [...]string{"", "insufficient", "steady", "growing", "settled", "retained", "busy", "spike",
	"recovered"}

// String returns the class as one lower-case word.
func (c Class) String() string { return classes[c] }
