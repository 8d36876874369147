package series

import (
	"math"
	"slices"
	"time"
)

// Slope is a rate of change with its interval.
type Slope struct {
	PerHour   float64 // Theil–Sen: the median of the slopes between all pairs of points
	Low, High float64 // 90 % interval per hour; meaningless unless Bounded
	Bounded   bool    // there are points enough for the interval: four
}

// sideRisk is how often the true slope may lie beyond each end of the interval.
const sideRisk = 0.05

// TheilSen returns the slope through the points, in time order and each at its own
// moment. Its interval is that of Sen (Journal of the American Statistical
// Association 63, 1968): the slopes of those ranks which Kendall's statistic
// leaves, so one wild point moves neither.
func TheilSen(points []Point) Slope {
	if len(points) > 1 && spread(points) == 0 { // as most tags of a machine
		return Slope{Bounded: cutoff(min(len(points), mostPoints)) > 0}
	}
	var room [someSlopes]reading
	readings := room[:0]
	for _, p := range points {
		readings = append(readings, reading{p.At, p.Value})
	}
	readings = thinned(readings)
	var most [someSlopes]float64
	slopes := pairSlopes(most[:0], readings)
	s := Slope{PerHour: median(slopes)}
	if k := cutoff(len(readings)); k > 0 {
		s.Low, s.High, s.Bounded = nth(slopes, k-1), nth(slopes, len(slopes)-k), true
	}
	return s
}

// reading is a point without its place, for the many that are only reckoned with.
type reading struct {
	at    time.Duration
	value float64
}

// someSlopes are those between the snapshots of a fortnight.
const someSlopes = 128

// median returns the middle value, of an even number the mean of the middle two, 0 for
// none. The order of values changes.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	return (nth(values, (n-1)/2) + nth(values, n/2)) / 2
}

// mostPoints bounds the pairs of points, and so the time a long series takes: a log of
// 1,400 snapshots would have a million for each tag. So many points tell a slope within
// a fraction of its noise.
const mostPoints = 256

// thinned returns the points, or as many as are compared, evenly over the series, the
// first and the last among them.
func thinned(points []reading) []reading {
	n := len(points)
	if n <= mostPoints {
		return points
	}
	out := make([]reading, mostPoints)
	for i := range out {
		out[i] = points[i*(n-1)/(mostPoints-1)]
	}
	return out
}

// pairSlopes appends the slopes per hour between all pairs of points.
func pairSlopes(slopes []float64, points []reading) []float64 {
	n := len(points)
	slopes = slices.Grow(slopes, n*(n-1)/2)
	for i, p := range points {
		for _, q := range points[i+1:] {
			slopes = append(slopes, (q.value-p.value)/(q.at-p.at).Hours())
		}
	}
	return slopes
}

// nth returns the value with index k in sorted order, by Hoare's selection: four of
// thousands of slopes are needed, and sorting them all takes five times as long. The
// order of values changes.
func nth(values []float64, k int) float64 {
	for low, high := 0, len(values)-1; low < high; {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}

// exactUpTo: beyond this many points Kendall's statistic is as good as normal; the
// printed tables end there.
const exactUpTo = 10

// cutoff returns how many slopes to count in from each end for the interval: the
// most that Kendall's statistic leaves outside with at most sideRisk; 0 when even
// the outermost slopes are no interval.
func cutoff(n int) int {
	if n < 2 {
		return 0
	}
	if n <= exactUpTo {
		return exactCutoffs[n]
	}
	pairs := n * (n - 1) / 2
	sd := math.Sqrt(float64(n*(n-1)*(2*n+5)) / 18)
	return int((float64(pairs) - 1.645*sd) / 2)
}

// exactCutoffs are the cutoffs of few points. Nearly every tag of a machine has as
// few, so they are worked out once.
var exactCutoffs = func() (cutoffs [exactUpTo + 1]int) {
	for n := 2; n <= exactUpTo; n++ {
		below, total := 0.0, factorial(n)
		for _, c := range inversions(n) {
			below += c
			if below/total > sideRisk {
				break
			}
			cutoffs[n]++
		}
	}
	return cutoffs
}()

func factorial(n int) float64 { return math.Round(math.Gamma(float64(n) + 1)) }

// inversions returns how many orders of n different values have 0, 1, 2, …
// pairs that fall: the distribution of Kendall's statistic.
func inversions(n int) []float64 {
	counts := []float64{1}
	for size := 2; size <= n; size++ {
		next := make([]float64, len(counts)+size-1)
		for i, c := range counts {
			for j := range size {
				next[i+j] += c
			}
		}
		counts = next
	}
	return counts
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// straightness returns how many times the squared steps from point to point exceed
// the squared distances from the line. It is the likelihood ratio of a line with
// independent noise against a random walk, up to monotone terms.
func straightness(points []Point, perHour float64) float64 {
	rest := make([]float64, len(points))
	for i, p := range points {
		rest[i] = p.Value - perHour*p.At.Hours()
	}
	sorted := slices.Clone(rest)
	slices.Sort(sorted)
	level := middle(sorted)
	steps, misses := 0.0, 0.0
	for i, r := range rest {
		misses += (r - level) * (r - level)
		if i > 0 {
			step := points[i].Value - points[i-1].Value
			steps += step * step
		}
	}
	return steps / misses // a perfect line: +Inf
}

// window returns the time between the first and the last point.
func window(points []Point) time.Duration {
	if len(points) == 0 {
		return 0
	}
	return points[len(points)-1].At - points[0].At
}
