package series

import (
	"testing"
	"time"
)

func TestExhaust(t *testing.T) {
	th := DefaultThresholds()
	year := uint64(th.TooFar.Hours())
	slope := Slope{PerHour: 10, Low: 5, High: 20, Bounded: true}
	for _, c := range []struct {
		name          string
		used, ceiling uint64
		slope         Slope
		want          Exhaustion
		obstacle      Obstacle
	}{
		{"room for ten hours", 900, 1_000, slope, Exhaustion{5 * time.Hour, 10 * time.Hour, 20 * time.Hour}, 0},
		{"full already", 1_200, 1_000, slope, Exhaustion{}, 0},
		{"no ceiling", 900, 0, slope, Exhaustion{}, NoCeiling},
		{"three points", 900, 1_000, Slope{PerHour: 10}, Exhaustion{}, NoInterval},
		{"interval from zero", 900, 1_000, Slope{PerHour: 10, High: 20, Bounded: true}, Exhaustion{}, NoGrowth},
		{"interval just above zero", 0, 10, Slope{1, 1e-9, 2, true},
			Exhaustion{5 * time.Hour, 10 * time.Hour, 10 * th.TooFar}, 0},
		{"a year", 0, year, Slope{1, 1, 1, true}, Exhaustion{th.TooFar, th.TooFar, th.TooFar}, 0},
		{"just over a year", 0, year + 1, Slope{1, 1, 1, true}, Exhaustion{}, TooFar},
	} {
		got, obstacle := Exhaust(c.used, c.ceiling, c.slope, th)
		if got != c.want || obstacle != c.obstacle {
			t.Errorf("%s: %+v %q, want %+v %q", c.name, got, obstacle, c.want, c.obstacle)
		}
	}
}
