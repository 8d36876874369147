package series

import "time"

// Obstacle is why no time to exhaustion can be given.
type Obstacle uint8

const (
	_ Obstacle = iota
	// NoCeiling: the log does not say how large the pool may grow.
	NoCeiling
	// NoInterval: too few points to say how sure the slope is.
	NoInterval
	// NoGrowth: the slope's interval includes zero.
	NoGrowth
	// TooFar: even the expected date is farther away than anybody plans.
	TooFar
)

var obstacles = [...]string{"", "no ceiling", "no interval", "no growth", "too far"}

// String returns the obstacle in words.
func (o Obstacle) String() string { return obstacles[o] }

// Exhaustion is how long until a pool is full, at the fast end of the slope's
// interval, at its middle and at its slow end.
type Exhaustion struct{ Earliest, Expected, Latest time.Duration }

// Exhaust returns when what is used reaches the ceiling at the given slope in bytes
// per hour, or the obstacle. A ceiling that is reached already gives zeros.
func Exhaust(used, ceiling uint64, s Slope, th Thresholds) (Exhaustion, Obstacle) {
	switch {
	case ceiling == 0:
		return Exhaustion{}, NoCeiling
	case !s.Bounded:
		return Exhaustion{}, NoInterval
	case s.Low <= 0:
		return Exhaustion{}, NoGrowth
	}
	room := max(0, float64(ceiling)-float64(used))
	if room/s.PerHour > th.TooFar.Hours() {
		return Exhaustion{}, TooFar
	}
	// The slow end may lie beyond what a duration holds.
	hours := func(perHour float64) time.Duration {
		return time.Duration(min(room/perHour, 10*th.TooFar.Hours()) * float64(time.Hour))
	}
	return Exhaustion{hours(s.High), hours(s.PerHour), hours(s.Low)}, 0
}
