package analyze

import (
	"cmp"
	"math"
	"slices"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// ratio is how many allocations of a tag one event makes: times/per.
type ratio struct{ times, per int }

// ratios are the quotients of small integers that one event was seen to cause:
// one volume attachment makes one FLT_INSTANCE and two rundown references.
var ratios = []ratio{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 2}, {1, 3}, {1, 4}}

// expect returns the count that a tag at this ratio has after so many events.
func (r ratio) expect(events int64) int64 { return events * int64(r.times) / int64(r.per) }

// tolerance is the largest deviation from an expected count that still counts
// as equal: at most the relative tolerance, and no more than two standard
// deviations of a count (2·√n), but never under 3, for rows are not read in one
// instant on a live machine. Below 1,500 the relative bound wins all the same.
func tolerance(expected int64, relative float64) int64 {
	bound := math.Max(3, 2*math.Sqrt(float64(expected)))
	return int64(math.Min(bound, math.Max(1, relative*float64(expected))))
}

// comparableRows returns the rows whose counts may take part in clusters: above the
// floor, one a tag. A tag with the same count in both pools (SeTd in 2003) is
// one allocation site, so the heavier half stands for both.
func comparableRows(s *ingest.Snapshot, floor int64) []ingest.TagUsage {
	var rows []ingest.TagUsage
	at := map[ingest.Tag]int{}
	for _, t := range s.Tags {
		if t.Outstanding < floor {
			continue
		}
		i, seen := at[t.Tag]
		switch {
		case !seen:
			at[t.Tag] = len(rows)
			rows = append(rows, t)
		case rows[i].Outstanding < t.Outstanding,
			rows[i].Outstanding == t.Outstanding && rows[i].Bytes < t.Bytes:
			rows[i] = t
		}
	}
	return rows
}

// grow builds the cluster of all rows in step with the anchor's count. The
// anchor comes first, the others by what they tell.
func grow(anchor ingest.TagUsage, rows []ingest.TagUsage, th Thresholds, know *knowledge.Base) (core []Member) {
	events := anchor.Outstanding
	core = []Member{{TagUsage: anchor, Times: 1, Per: 1, Ratio: 1}}
	for _, row := range rows {
		if row.Tag == anchor.Tag {
			continue
		}
		for _, r := range ratios {
			want := r.expect(events)
			if off := row.Outstanding - want; abs(off) <= tolerance(want, th.ClusterTolerance) {
				core = append(core, member(row, events, r))
				break
			}
		}
	}
	slices.SortStableFunc(core[1:], func(a, b Member) int {
		return cmp.Or(cmp.Compare(tells(know, b.Tag, b.TagUsage), tells(know, a.Tag, a.TagUsage)),
			cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag))
	})
	return core
}

func member(row ingest.TagUsage, events int64, r ratio) Member {
	return Member{TagUsage: row, Times: r.times, Per: r.per,
		Ratio: float64(row.Outstanding) / float64(events), Surplus: row.Outstanding - r.expect(events)}
}

// tells ranks a tag by how much it says about who allocates it: 2 a tag the
// dictionary does not know, 1 a driver's own tag, 0 one that any driver causes.
func tells(know *knowledge.Base, tag ingest.Tag, row ingest.TagUsage) int {
	switch info := know.Tag(tag); {
	case info.Generic:
		return 0
	case row.Unknown() || row.Description == "" && info.Module == "":
		return 2
	}
	return 1
}

// followers returns the shared tags outside the core whose count exceeds the
// expected one by a little: their own other uses explain the surplus.
func followers(core []Member, rows []ingest.TagUsage, events int64, th Thresholds, know *knowledge.Base) []Member {
	var out []Member
	for _, row := range rows {
		if hasTag(core, row.Tag) || !know.Tag(row.Tag).Generic {
			continue
		}
		for _, r := range ratios[:2] {
			want := r.expect(events)
			surplus := float64(row.Outstanding-want) / float64(want)
			if surplus >= 0 && surplus <= th.FollowerSurplus {
				out = append(out, member(row, events, r))
				break
			}
		}
	}
	return out
}

func hasTag(members []Member, tag ingest.Tag) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.Tag == tag })
}

// cluster describes a core: how close it is, and what chance would give.
func (e *exam) cluster(core []Member) *Cluster {
	if e.density == nil {
		e.density = newDensity(e.rows)
	}
	events := core[0].Outstanding
	worst := 0.0
	for _, m := range core[1:] {
		// A count that agrees exactly still only tells that it is closer than one.
		worst = max(worst, (float64(abs(m.Surplus))+0.5)/float64(m.Outstanding))
	}
	return &Cluster{
		Events: events, Anchor: core[0], Tolerance: tolerance(events, e.th.ClusterTolerance),
		Candidate: len(e.rows), Chance: worst * e.density.perDistance(float64(events)),
		ByLuck: e.density.luck(len(core), worst),
	}
}

// supports reports whether a cluster around an anchor that another sign has
// chosen is more than luck: that many matches of that anchor are improbable.
func (c *Cluster) supports(core []Member, th Thresholds) bool {
	return poissonTail(len(core)-1, c.Chance) <= th.ClusterChance
}

// convicts reports whether a cluster is more than luck though nothing else
// pointed at its anchor: then every tag of the table had the chance to be one.
// It takes three members, or two that agree closely at a large count.
func (c *Cluster) convicts(core []Member, th Thresholds) bool {
	pair := len(core) == 2 && c.Events >= th.ClusterPair && abs(core[1].Surplus) <= max(1, c.Events/th.ClusterPair)
	return (len(core) >= 3 || pair) && c.ByLuck <= th.ClusterLuck
}

// density estimates how counts are spread in one table: a Gaussian kernel over
// the logarithms of the counts, with Silverman's rule for its width. Counts in
// pool tables span orders of magnitude, so only their logarithm is smooth.
type density struct {
	logs  []float64
	width float64
	rates []float64 // perDistance at each count of the table
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
	for _, l := range d.logs {
		d.rates = append(d.rates, d.perDistance(math.Exp(l)))
	}
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

// luck returns the expected number of clusters with at least size members that
// lie within the distance, were all counts unrelated: for each possible anchor
// the Poisson probability of size−1 matches, each cluster found from each of its
// members once.
func (d *density) luck(size int, distance float64) float64 {
	sum := 0.0
	for _, rate := range d.rates {
		sum += poissonTail(size-1, rate*distance)
	}
	return sum / float64(size)
}

// poissonTail returns the probability of at least k events when mean are expected.
func poissonTail(k int, mean float64) float64 {
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

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
