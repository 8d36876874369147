package main

import "time"

// wallClock holds the wall clock against the monotonic one. Dates that leapt must
// not make a year of history look old.
type wallClock struct {
	next   time.Duration // by mono, of the next look
	wall   time.Time     // of the last look
	mono   time.Duration
	agreed int // looks since the start or the last leap
	leapt  time.Duration
}

const (
	clockEvery = 5 * time.Minute
	clockLeap  = time.Hour // more than any correction by a time server, and as much as a wrong zone
	clockTrust = 3         // looks that agree, until the wall clock is believed
)

// Years in which the clock can be right: poolsweep is not older, and logs are not
// kept for so long.
const (
	earliestYear = 2026
	latestYear   = 2100
)

func plausible(wall time.Time) bool {
	return earliestYear <= wall.Year() && wall.Year() <= latestYear
}

// resume holds the wall clock against the last time that an earlier run stored: time
// does not run back, so one of the two was wrong.
func (c *wallClock) resume(last, wall time.Time) {
	if behind := wall.Round(0).Sub(last); behind < -clockLeap {
		c.leapt = behind
	}
}

// look compares the clocks when it is time to, and reports whether it did.
func (c *wallClock) look(wall time.Time, mono time.Duration) bool {
	if mono < c.next {
		return false
	}
	wall = wall.Round(0) // by the wall alone
	if !c.wall.IsZero() {
		switch leap := c.leap(wall, mono); {
		case leap != 0:
			c.agreed, c.leapt = 0, leap
		case !plausible(wall):
			c.agreed = 0
		case c.agreed < clockTrust:
			c.agreed++
		}
	}
	c.wall, c.mono, c.next = wall, mono, mono+clockEvery
	return true
}

// leap is how far the wall clock leapt since the last look, 0 when it did not.
func (c *wallClock) leap(wall time.Time, mono time.Duration) time.Duration {
	if c.wall.IsZero() {
		return 0
	}
	leapt := wall.Round(0).Sub(c.wall) - (mono - c.mono)
	if leapt.Abs() <= clockLeap {
		return 0
	}
	return leapt
}

// trusted reports whether the wall clock may decide what is old.
func (c *wallClock) trusted() bool { return c.agreed >= clockTrust }

// suspect reports whether it is plainly wrong, or leapt and has not yet been right
// since.
func (c *wallClock) suspect() bool {
	return !c.trusted() && (c.leapt != 0 || !c.wall.IsZero() && !plausible(c.wall))
}
