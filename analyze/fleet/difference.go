package fleet

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// leastOnSide is how many machines each side of a comparison needs: with three and
// three, the outermost of the nine differences are a 90 % interval, with fewer
// nothing is.
const leastOnSide = 3

// comparedTags bounds the tags that are compared: those of the cases, then those that
// the fleet's machines gain most under. Each comparison is one more that luck may
// favour.
const comparedTags = 40

// sample is what one machine adds to the comparison of a tag.
type sample struct {
	build    string
	versions map[string]string // of drivers, by folded name
	rate     float64
}

// Differences compares each tag's pace between the builds of the system, and between
// the versions of the drivers that own it or hold a case with it.
func Differences(res *analyze.Result, tracks []analyze.Track) []analyze.RateDifference {
	on := map[tagPool][]sample{}
	gained := map[tagPool]float64{}
	machines := byName(res)
	for _, t := range tracks {
		m := machines[ingest.MachineKey(t.Machine)]
		if m == nil {
			continue
		}
		build, versions := buildOf(m), versionsOf(m)
		for _, r := range t.Rates {
			key := tagPool{r.Tag, r.Pool}
			on[key] = append(on[key], sample{build, versions, r.PerHour})
			gained[key] += r.PerHour
		}
	}
	var out []analyze.RateDifference
	for _, key := range compared(res, gained) {
		out = append(out, differences(key, "", on[key], func(s sample) string { return s.build })...)
		for _, driver := range concerned(res, key) {
			version := func(s sample) string { return s.versions[ingest.ModuleKey(driver)] }
			out = append(out, differences(key, driver, on[key], version)...)
		}
	}
	return out
}

func byName(res *analyze.Result) map[string]*analyze.Machine {
	out := map[string]*analyze.Machine{}
	for i := range res.Machines {
		out[ingest.MachineKey(res.Machines[i].Name)] = &res.Machines[i]
	}
	return out
}

// buildOf names the build of a machine's system, "" when no log prints it. Structures
// differ in size between 32 and 64 bits; processors and services make no build.
func buildOf(m *analyze.Machine) string {
	for _, s := range slices.Backward(m.Snapshots) {
		if s.OS.Build != 0 {
			return strconv.Itoa(s.OS.Build) + map[int]string{32: " x86", 64: " x64"}[s.OS.Bits]
		}
	}
	return ""
}

// versionsOf returns the versions in a machine's newest list of drivers.
func versionsOf(m *analyze.Machine) map[string]string {
	out := map[string]string{}
	for key, d := range driverList(m.Drivers) {
		out[key] = d.version
	}
	return out
}

// compared chooses the tags, by key.
func compared(res *analyze.Result, gained map[tagPool]float64) []tagPool {
	in := casesByTag(res.Cases)
	keys := slices.SortedFunc(maps.Keys(gained), func(a, b tagPool) int {
		return cmp.Or(-cmp.Compare(one(len(in[a]) > 0), one(len(in[b]) > 0)), -cmp.Compare(gained[a], gained[b]),
			a.compare(b))
	})
	keys = keys[:min(comparedTags, len(keys))]
	slices.SortFunc(keys, tagPool.compare)
	return keys
}

func (k tagPool) compare(o tagPool) int {
	return cmp.Or(k.tag.Compare(o.tag), cmp.Compare(k.pool, o.pool))
}

// concerned are the drivers whose version may make a tag grow.
func concerned(res *analyze.Result, key tagPool) []string {
	var out []string
	add := func(a analyze.Attribution) {
		same := func(name string) bool { return ingest.ModuleKey(name) == ingest.ModuleKey(a.Module) }
		if a.Established() && !slices.ContainsFunc(out, same) {
			out = append(out, a.Module)
		}
	}
	for _, f := range res.Tags {
		if f.Tag == key.tag && f.Pool == key.pool {
			add(f.Owner)
		}
	}
	for i := range res.Cases {
		if len(casesByTag(res.Cases[i : i+1])[key]) > 0 {
			add(res.Cases[i].Owner)
			add(res.Cases[i].Holder)
		}
	}
	return out
}

// differences compares all pairs of builds or versions that enough machines have.
func differences(key tagPool, subject string, all []sample, of func(sample) string) []analyze.RateDifference {
	by := map[string][]float64{}
	for _, s := range all {
		if name := of(s); name != "" {
			by[name] = append(by[name], s.rate)
		}
	}
	maps.DeleteFunc(by, func(_ string, rates []float64) bool { return len(rates) < leastOnSide })
	names := slices.Sorted(maps.Keys(by))
	var out []analyze.RateDifference
	for i, a := range names {
		for _, b := range names[i+1:] {
			d := analyze.RateDifference{Tag: key.tag, Pool: key.pool, Subject: subject, A: a, B: b,
				RateA: middle(by[a]), RateB: middle(by[b]), OnA: len(by[a]), OnB: len(by[b])}
			d.Difference, d.Low, d.High = shift(by[a], by[b])
			d.Significant = d.Low > 0 || d.High < 0
			out = append(out, d)
		}
	}
	return out
}

// middle sorts values and returns their median.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// sideRisk is how often the true difference may lie beyond each end of the interval.
const sideRisk = 0.05

// shift returns how much larger the values of b are than those of a: the median of
// the differences between all pairs, with the interval that the rank sum test leaves
// (Hodges and Lehmann, Annals of Mathematical Statistics 34, 1963). One wild machine
// moves neither.
func shift(a, b []float64) (estimate, low, high float64) {
	differences := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			differences = append(differences, y-x)
		}
	}
	estimate = middle(differences)
	k := max(1, outside(len(a), len(b)))
	return estimate, differences[k-1], differences[len(differences)-k]
}

// exactRanks: up to so many values on both sides together the rank sum is counted
// out; beyond, it is as good as normal.
const exactRanks = 20

// outside returns how many differences to count in from each end for the interval:
// the most that the rank sum leaves outside with at most sideRisk.
func outside(m, n int) int {
	if m+n > exactRanks {
		sd := math.Sqrt(float64(m*n*(m+n+1)) / 12)
		return int(float64(m*n)/2 - 1.645*sd)
	}
	below, k := 0.0, 0
	total := binomial(m+n, m)
	for _, c := range rankSums(m, n) {
		if below += c; below/total > sideRisk {
			break
		}
		k++
	}
	return k
}

// rankSums returns how many ways of mixing m and n values give the statistic of Mann
// and Whitney the values 0, 1, 2, …: the coefficients of the Gaussian binomial.
func rankSums(m, n int) []float64 {
	counts := make([]float64, m*n+1)
	counts[0] = 1
	for i := 1; i <= m; i++ {
		for j := m*n - n - i; j >= 0; j-- { // times 1 − x^(n+i)
			counts[j+n+i] -= counts[j]
		}
		for j := i; j <= m*n; j++ { // over 1 − x^i
			counts[j] += counts[j-i]
		}
	}
	return counts
}

// binomial returns how many ways there are to choose k of n.
func binomial(n, k int) float64 { return math.Round(math.Exp(logBinomial(n, k))) }

func logBinomial(n, k int) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}
