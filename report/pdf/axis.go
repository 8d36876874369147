package pdf

import (
	"math"
	"strconv"
	"strings"
)

// axis maps values to 0..1 along a chart and knows where its ticks are.
type axis struct {
	log       bool
	low, high float64
	ticks     []float64
}

// newAxis covers 0 to the highest value, or, logarithmic, the decades from
// the lowest positive value to the highest. Without a positive value there is
// nothing to take the logarithm of, and it is linear.
func newAxis(values []float64, log bool) axis {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v = proper(v); v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		return axis{high: 1, ticks: []float64{0, 1}}
	}
	if log {
		return logAxis(low, high)
	}
	return linearAxis(high)
}

// proper makes a value drawable: neither negative nor infinite nor absent.
func proper(v float64) float64 {
	if math.IsNaN(v) || v < 0 {
		return 0
	}
	return min(v, 1e30)
}

// logAxis starts at least a factor of two below the lowest value, or its bar
// would have no length; counts do not start below one.
func logAxis(low, high float64) axis {
	first, last := math.Floor(math.Log10(low/2)), math.Ceil(math.Log10(high))
	if low >= 1 {
		first = max(first, 0)
	}
	if last <= first {
		last = first + 1
	}
	a := axis{log: true, low: math.Pow(10, first), high: math.Pow(10, last)}
	step := math.Ceil((last - first) / 8) // beyond eight decades not all have a tick
	for e := first; e <= last; e += step {
		a.ticks = append(a.ticks, math.Pow(10, e))
	}
	return a
}

// linearAxis ends at the first tick above the highest value; ticks are 1, 2
// or 5 times a power of ten apart.
func linearAxis(high float64) axis {
	step := math.Pow(10, math.Floor(math.Log10(high/4)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if high/(step*factor) <= 6 {
			step *= factor
			break
		}
	}
	// A value on a tick, but for rounding, needs no further one.
	a := axis{high: math.Ceil(high/step-1e-9) * step}
	for i := 0; i <= int(math.Round(a.high/step)); i++ {
		a.ticks = append(a.ticks, float64(i)*step)
	}
	return a
}

// at is the place of a value, 0 at the foot of the axis and 1 at its end.
func (a axis) at(v float64) float64 {
	v = proper(v)
	if a.log {
		if v <= a.low {
			return 0
		}
		return min(1, math.Log10(v/a.low)/math.Log10(a.high/a.low))
	}
	return min(1, v/a.high)
}

// tickText prints a round number: in full up to ten million, shorter above.
func tickText(v float64) string {
	if v >= 1e16 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if v >= 10*unit.size || v >= 1e7 && v >= unit.size {
			return strconv.FormatFloat(v/unit.size, 'g', 6, 64) + unit.name
		}
	}
	text := strconv.FormatFloat(v, 'g', 7, 64)
	if i := len(text); !strings.ContainsAny(text, ".e") {
		for i -= 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
	}
	return text
}
