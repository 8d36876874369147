package series

import (
	"math"
	"slices"
	"testing"
)

func TestTheilSen(t *testing.T) {
	for _, c := range []struct {
		name           string
		values         []float64
		slope          float64
		bounded        bool
		lowest, higher float64
	}{
		{"two points", []float64{3, 8}, 5, false, 0, 0},
		{"three points have no interval", []float64{0, 10, 20}, 10, false, 0, 0},
		{"four points: the outermost slopes", []float64{0, 12, 20, 30}, 10, true, 8, 12},
		{"one wild point", []float64{0, 10, 20, 900, 40, 50}, 10, true, -196.25, 200},
		{"flat", []float64{7, 7, 7, 7}, 0, true, 0, 0},
		{"falling", []float64{30, 20, 10, 0}, -10, true, -10, -10},
	} {
		got := TheilSen(hourly(c.values...))
		if math.Abs(got.PerHour-c.slope) > 1e-9 || got.Bounded != c.bounded {
			t.Errorf("%s: %+v, want %v", c.name, got, c.slope)
		}
		if c.bounded && len(c.values) == 4 && (got.Low != c.lowest || got.High != c.higher) {
			t.Errorf("%s: interval %v to %v, want %v to %v", c.name, got.Low, got.High, c.lowest, c.higher)
		}
	}
	if got := TheilSen(nil); got != (Slope{}) {
		t.Errorf("no points: %+v", got)
	}
}

// TestCutoff compares with the printed tables of Kendall's statistic: S must reach
// 6, 8, 11, 13, 16, 18, 21 at 4 to 10 points for a one-sided 5 %.
func TestCutoff(t *testing.T) {
	for n, want := range []int{0, 0, 0, 0, 1, 2, 3, 5, 7, 10, 13, 16} {
		if got := cutoff(n); got != want {
			t.Errorf("cutoff(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestInversionsAreAllOrders(t *testing.T) {
	sum := 0.0
	for _, c := range inversions(7) {
		sum += c
	}
	if sum != factorial(7) || inversions(4)[3] != 6 {
		t.Errorf("%v orders of 7, %v of 4 with three inversions", sum, inversions(4)[3])
	}
}

func TestStraightness(t *testing.T) {
	if got := straightness(hourly(0, 10, 20, 30), 10); !math.IsInf(got, 1) {
		t.Errorf("a perfect line: %v", got)
	}
	// Steps 10, 12, 10; one point lies 2 off the line that the others make.
	if got := straightness(hourly(0, 10, 22, 30), 10); got != (100+144+64)/4.0 {
		t.Errorf("one point off: %v", got)
	}
}

func TestLongSeriesAreThinned(t *testing.T) {
	line := func(n int) []Point {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(3*i + i%2)
		}
		return hourly(values...)
	}
	for _, n := range []int{mostPoints - 1, mostPoints, mostPoints + 1, 5 * mostPoints} {
		all := line(n)
		var readings []reading
		for _, p := range all {
			readings = append(readings, reading{p.At, p.Value})
		}
		got := thinned(readings)
		if len(got) != min(n, mostPoints) || got[0] != readings[0] || got[len(got)-1] != readings[n-1] {
			t.Errorf("%d points: %d, from %v to %v", n, len(got), got[0], got[len(got)-1])
		}
		if s := TheilSen(all); s.PerHour < 2.99 || s.PerHour > 3.01 || s.Low > 3 || s.High < 3 {
			t.Errorf("%d points: slope %+v, want 3", n, s)
		}
	}
}

func TestNthIsThatOfTheSortedValues(t *testing.T) {
	for _, values := range [][]float64{{7}, {2, 1}, {3, 3, 3, 3}, {1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}, {2, -1, 2, 0, 9, 2, -4, 2}} {
		sorted := slices.Sorted(slices.Values(values))
		for k, want := range sorted {
			if got := nth(slices.Clone(values), k); got != want {
				t.Errorf("%v: value %d is %v, want %v", values, k, got, want)
			}
		}
	}
}
