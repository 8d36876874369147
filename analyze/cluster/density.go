package cluster

import (
	"math"
	"slices"

	"poolsweep/ingest"
)

// density estimates how counts are spread in one table: a Gaussian kernel over
// the logarithms of the counts, with Silverman's rule for its width. Counts in
// pool tables span orders of magnitude, so only their logarithm is smooth.
type density struct {
	logs  []float64
	width float64
	rates []float64 // perDistance at each count of the table; nil until asked for
}

func newDensity(rows []ingest.TagUsage) *density {
	d := &density{}
	for _, r := range rows {
		d.logs = append(d.logs, math.Log(float64(r.Outstanding)))
	}
	slices.Sort(d.logs)
	if n := float64(len(d.logs)); n > 1 {
		d.width = 1.06 * deviation(d.logs) * math.Pow(n, -0.2)
	}
	d.width = max(d.width, 0.05)
	return d
}

// at returns the density per unit of log count.
func (d *density) at(count float64) float64 {
	x, sum := math.Log(count), 0.0
	for _, l := range d.logs {
		z := (x - l) / d.width
		sum += math.Exp(-z * z / 2)
	}
	return sum / (d.width * math.Sqrt(2*math.Pi) * float64(max(1, len(d.logs))))
}

// perDistance returns how many other tags come within a relative distance of an
// integer ratio of the count, per unit of distance, were all counts unrelated.
func (d *density) perDistance(count float64) float64 {
	p := 0.0
	for _, r := range ratios {
		p += d.at(count*float64(r.times)/float64(r.per)) * 2
	}
	return p * float64(len(d.logs)-1)
}

// luck returns the expected number of anchors, among the tags with a count of at
// least from, that have a core of at least size members within the distance, were
// all counts unrelated: the sum of the Poisson probabilities of size−1 matches. A
// core is not divided by its members, for 3:1 and 2:1 do not find each other.
func (d *density) luck(size int, distance float64, from int64) float64 {
	if d.rates == nil { // only some cores are asked about
		d.rates = make([]float64, len(d.logs))
		for i, l := range d.logs {
			d.rates[i] = d.perDistance(math.Exp(l))
		}
	}
	sum := 0.0
	first, _ := slices.BinarySearch(d.logs, math.Log(float64(max(1, from))))
	for _, rate := range d.rates[first:] {
		sum += PoissonTail(size-1, rate*distance)
	}
	return sum
}

// PoissonTail returns the probability of at least k events when mean are expected.
func PoissonTail(k int, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	// Summed from k upward: 1 − (sum below) would lose all digits for rare events.
	logTerm := -mean
	for i := 1; i <= k; i++ {
		logTerm += math.Log(mean) - math.Log(float64(i))
	}
	term := math.Exp(logTerm)
	sum := 0.0
	for i := k + 1; term > sum*1e-12 && i < k+1000; i++ {
		sum += term
		term *= mean / float64(i)
	}
	return min(1, sum)
}

func deviation(xs []float64) float64 {
	mean := 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	sum := 0.0
	for _, x := range xs {
		sum += (x - mean) * (x - mean)
	}
	return math.Sqrt(sum / float64(len(xs)-1))
}
