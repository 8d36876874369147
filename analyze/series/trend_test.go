package series

import (
	"testing"
	"time"
)

func TestCountTrend(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []Point
		want   Class
	}{
		{"one point", hourly(1_000), Insufficient},
		{"two points are a difference", hourly(1_000, 9_000), Insufficient},
		{"three that rise", hourly(1_000, 2_000, 3_100), Growing},
		{"three, one of them lower", hourly(1_000, 900, 3_100), Insufficient},
		{"a line", hourly(1_000, 2_000, 3_000, 4_000), Growing},
		{"a line with an uneven rate", hourly(1_000, 1_900, 3_300, 4_000, 5_300, 6_000), Growing},
		{"ever faster", hourly(1_000, 1_200, 1_600, 2_400, 4_000, 7_200), Growing},
		{"flat", hourly(1_000, 1_000, 1_000, 1_000), Steady},
		{"breathes", hourly(1_000, 1_020, 990, 1_010, 1_005), Steady},
		{"falls", hourly(9_000, 7_000, 5_000, 3_000), Steady},
		{"warm-up that saturates", hourly(1_000, 5_000, 8_000, 9_400, 9_800, 9_900, 9_900, 9_950), Settled},
		{"three: rose, then stayed", hourly(1_000, 9_000, 9_000), Settled},
		{"sawtooth", hourly(1_000, 4_000, 7_000, 1_200, 4_100, 7_100, 1_100, 4_000), Steady},
		{"spike", hourly(1_000, 1_010, 90_000, 1_020, 1_000), Spike},
		{"came back down", hourly(1_000, 5_000, 9_000, 8_000, 1_100), Recovered},
		{"rises in jumps up and down", hourly(1_000, 3_000, 2_200, 4_000, 2_900, 3_300), Settled},
		{"five that a walk makes as well", hourly(1e5, 101_000, 104_000, 104_500, 106_500), Insufficient},
	} {
		if got := CountTrend(c.points, DefaultThresholds()); got.Class != c.want {
			t.Errorf("%s: %s, want %s (slope %+v)", c.name, got.Class, c.want, got.Slope)
		}
	}
}

func TestMinimumWindowAndPoints(t *testing.T) {
	th := DefaultThresholds()
	for _, c := range []struct {
		name      string
		points    []Point
		class     Class
		points2go int
		window    time.Duration
	}{
		{"window at the minimum", every(th.MinWindow/2, 1_000, 2_000, 3_000), Growing, 0, 0},
		{"just under", every(th.MinWindow/2-time.Second, 1_000, 2_000, 3_000), Insufficient, 0, 2 * time.Second},
		{"just over", every(th.MinWindow/2+time.Second, 1_000, 2_000, 3_000), Growing, 0, 0},
		{"one point short", hourly(1_000, 2_000), Insufficient, 1, 0},
		{"no point", nil, Insufficient, 3, th.MinWindow},
	} {
		got := CountTrend(c.points, th)
		if got.Class != c.class || got.MissingPoints != c.points2go || got.MissingWindow != c.window {
			t.Errorf("%s: %s, %d points and %s missing", c.name, got.Class, got.MissingPoints, got.MissingWindow)
		}
	}
	if got := CountTrend(hourly(1_000, 9_000), th); got.Difference() != 8_000 || got.Slope.PerHour != 8_000 || got.LeastGrowth() != 0 {
		t.Errorf("the difference of two points: %+v", got)
	}
}

func TestNoiseFloor(t *testing.T) {
	th := DefaultThresholds()
	line := func(from, by float64) []Point { return hourly(from, from+by/4, from+by/2, from+by*3/4, from+by) }
	for _, c := range []struct {
		name     string
		from, by float64
		want     Class
	}{
		{"at the least count", 100, th.FloorCount, Growing},
		{"just under", 100, th.FloorCount - 1, Steady},
		{"just over", 100, th.FloorCount + 1, Growing},
		{"at two deviations of a count", 10_000, 200, Growing},
		{"just under them", 10_000, 199, Steady},
		{"at the share", 1e6, 1e6 * th.FloorShare, Growing},
		{"just under the share", 1e6, 1e6*th.FloorShare - 1, Steady},
	} {
		if got := CountTrend(line(c.from, c.by), th); got.Class != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.Class, c.want)
		}
	}
	for by, want := range map[float64]Class{th.FloorBytes: Growing, th.FloorBytes - 1: Steady} {
		if got := BytesTrend(line(5e6, by), th); got.Class != want {
			t.Errorf("%v bytes: %s, want %s", by, got.Class, want)
		}
	}
}

func TestLateSlopeFallAndReturn(t *testing.T) {
	th := DefaultThresholds()
	// Three points: the whole slope is (1,000 + late)/2, the late one is late.
	late := func(late float64) []Point { return hourly(0, 1_000, 1_000+late) }
	edge := 1_000 * th.LateShare / (2 - th.LateShare)
	for _, c := range []struct {
		name   string
		points []Point
		want   Class
	}{
		{"late slope at the share", late(edge + 1e-9), Growing},
		{"just under", late(edge - 0.1), Settled},
		{"just over", late(edge + 0.1), Growing},
		{"fell by nearly half of the rise", hourly(0, 1_000, 4_400, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000), Growing},
		{"fell by more than half", hourly(0, 1_000, 7_500, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000), Steady},
		{"back at the share of the rise", hourly(0, 3_000, 8_000, 7_000, th.BackShare*8_000), Recovered},
		{"not quite back", hourly(0, 3_000, 8_000, 7_000, th.BackShare*8_000+1), Steady},
	} {
		if got := CountTrend(c.points, th); got.Class != c.want {
			t.Errorf("%s: %s, want %s (slope %+v)", c.name, got.Class, c.want, got.Slope)
		}
	}
}
