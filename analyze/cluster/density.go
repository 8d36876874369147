package cluster

import (
	"math"
	"slices"

	"poolsweep/ingest"
)

// density estimates how counts are spread in one table: a Gaussian kernel over
// the logarithms of the counts, with Silverman's rule for its width. Counts in
// pool tables span orders of magnitude, so only their logarithm is smooth.
//
// It is tabulated, for it is asked for at seven ratios of each count: to add up all
// kernels each time takes the square of the rows.
type density struct {
	logs  []float64 // sorted
	first float64   // the log count of the first step
	step  float64
	steps []float64 // density per unit of log count
	rates []float64 // perDistance at each count of the table; nil until asked for
}

// A kernel's width has 16 steps: a cubic between them is right to a millionth of the
// kernel's peak. Nine widths away nothing is left of a kernel.
const (
	stepsAWidth = 16
	reach       = 9 * stepsAWidth
)

// fallen is what is left of a kernel's peak so many steps away.
var fallen = func() (out [reach + 1]float64) {
	for k := range out {
		z := float64(k) / stepsAWidth
		out[k] = math.Exp(-z * z / 2)
	}
	return out
}()

func newDensity(rows []ingest.TagUsage) *density {
	d := &density{logs: make([]float64, len(rows))}
	for i := range rows {
		d.logs[i] = math.Log(float64(rows[i].Outstanding))
	}
	slices.Sort(d.logs)
	width := 0.05 // counts that are all alike have no spread
	if n := float64(len(d.logs)); n > 1 {
		width = max(width, 1.06*deviation(d.logs)*math.Pow(n, -0.2))
	}
	if len(d.logs) > 0 {
		d.tabulate(width)
	}
	return d
}

// tabulate adds up the kernels at each step. A count lies z widths beyond the step
// before it, so k steps on its kernel is exp(−(k/16−z)²/2): the product of its value at
// z, of exp(z/16) k times, and of what is the same for every count.
func (d *density) tabulate(width float64) {
	d.step = width / stepsAWidth
	d.first = d.logs[0] - (reach+1)*d.step
	d.steps = make([]float64, int((d.logs[len(d.logs)-1]-d.first)/d.step)+reach+2)
	area := width * math.Sqrt(2*math.Pi) * float64(len(d.logs))
	for _, l := range d.logs {
		whole, z := math.Modf((l - d.first) / d.step)
		z /= stepsAWidth
		up := math.Exp(-z*z/2) / area
		down, rise, fall := up, math.Exp(z/stepsAWidth), math.Exp(-z/stepsAWidth)
		at := int(whole)
		d.steps[at] += up
		for k := 1; k <= reach; k++ {
			up, down = up*rise, down*fall
			d.steps[at+k] += up * fallen[k]
			d.steps[at-k] += down * fallen[k]
		}
	}
}

// at returns the density per unit of log count, by the cubic through four steps.
func (d *density) at(count float64) float64 {
	whole, t := math.Modf((math.Log(count) - d.first) / d.step)
	if i := int(whole); i >= 1 && i+2 < len(d.steps) {
		a, b, c, e := d.steps[i-1], d.steps[i], d.steps[i+1], d.steps[i+2]
		return b + t*(c-a/3-b/2-e/6+t*((a+c)/2-b+t*((b-c)/2+(e-a)/6)))
	}
	return 0
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
// core is not divided by its members, for 3:1 and 2:1 do not find each other. Once it
// is more than enough nothing is added.
func (d *density) luck(size int, distance float64, from int64, enough float64) float64 {
	if d.rates == nil { // only some cores are asked about
		d.rates = make([]float64, len(d.logs))
		for i, l := range d.logs {
			d.rates[i] = d.perDistance(math.Exp(l))
		}
	}
	sum, tail, of := 0.0, 0.0, -1.0
	first, _ := slices.BinarySearch(d.logs, math.Log(float64(max(1, from))))
	for _, rate := range d.rates[first:] {
		if rate != of { // equal counts stand side by side
			tail, of = PoissonTail(size-1, rate*distance), rate
		}
		if sum += tail; sum > enough {
			break
		}
	}
	return sum
}

// PoissonTail returns the probability of at least k events when mean are expected.
func PoissonTail(k int, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	if mean > float64(k) { // likely, so what is below k is no small difference
		below, term := 0.0, math.Exp(-mean)
		for i := range k {
			below += term
			term *= mean / float64(i+1)
		}
		return 1 - below
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
