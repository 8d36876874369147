package judge

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"poolsweep/analyze"
)

// shapes are ways in which the counts of unrelated tags are spread.
var shapes = []struct {
	name string
	draw func(r *rand.Rand) int64
}{
	{"lognormal", func(r *rand.Rand) int64 { return int64(math.Exp(8 + 1.5*r.NormFloat64())) }},
	{"large lognormal", func(r *rand.Rand) int64 { return int64(math.Exp(11 + 1.5*r.NormFloat64())) }},
	{"heavy tail", func(r *rand.Rand) int64 { return int64(min(600*math.Pow(r.Float64(), -1/0.7), 1e8)) }},
	{"narrow", func(r *rand.Rand) int64 { return int64(math.Exp(11.5 + 0.5*r.NormFloat64())) }},
	// People who post figures round them: 1.2k, 45k, 3.1M.
	{"two digits", func(r *rand.Rand) int64 { return round(math.Exp(11+1.5*r.NormFloat64()), 2) }},
	{"three digits", func(r *rand.Rand) int64 { return round(math.Exp(11+1.5*r.NormFloat64()), 3) }},
}

// round keeps so many digits of a figure.
func round(x float64, digits int) int64 {
	unit := math.Pow(10, math.Floor(math.Log10(x))-float64(digits-1))
	return int64(math.Round(x/unit) * unit)
}

// drawn makes a table of tags whose counts have nothing to do with each other.
func drawn(r *rand.Rand, tags int, draw func(*rand.Rand) int64) made {
	s := snap("M")
	s.Tags = nil
	for i := range tags {
		n := max(1, draw(r))
		name := string([]byte{'x', byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)})
		s = s.unknown(name, n, uint64(n)*(32+r.Uint64N(2_000)))
	}
	return s
}

// TestUnrelatedTablesOfEveryShapeGetNoClusterVerdict holds the promise of at most
// 1 % over sizes of tables and shapes of counts. One shape alone may have three
// more, for so few tables tell no better.
func TestUnrelatedTablesOfEveryShapeGetNoClusterVerdict(t *testing.T) {
	k, th := know(t), analyze.DefaultThresholds()
	total, cases := 0, 0
	for _, shape := range shapes {
		tried, raised := 0, 0
		for _, c := range []struct{ tags, tables int }{{40, 120}, {80, 60}, {200, 16}, {400, 4}} {
			r := rand.New(rand.NewPCG(uint64(c.tags), 5))
			for range c.tables {
				s := drawn(r, c.tags, shape.draw)
				tried++
				raised += min(1, len(slices.Collect(examine(s.Snapshot, scene{th: th, know: k}).lockstep(nil))))
			}
		}
		if raised > tried/100+3 {
			t.Errorf("%s: %d of %d tables raise a case", shape.name, raised, tried)
		}
		t.Logf("%-16s %d of %d tables raise a case", shape.name, raised, tried)
		total, cases = total+tried, cases+raised
	}
	if cases > total/100 {
		t.Errorf("%d of %d tables raise a case, want at most 1 %%", cases, total)
	}
}

// Shared tags of cached files stand in step on a healthy machine; a tag of a
// driver that comes near them by chance does not make it a leak.
func TestSharedTagsInStepLendNothingToAnUnrelatedTag(t *testing.T) {
	k, th := know(t), analyze.DefaultThresholds()
	r := rand.New(rand.NewPCG(3, 3))
	cases := 0
	const tables = 300
	for range tables {
		n := int64(60_000 * math.Pow(10, r.Float64()))
		s := drawn(r, 60, shapes[0].draw)
		for _, tag := range []string{"File", "FMsl", "NtxF", "Ntfx", "FMfc"} {
			s = s.np(tag, n+int64(r.NormFloat64()*0.001*float64(n)), uint64(n)*300)
		}
		s = s.unknown("Qzsc", n+int64(r.NormFloat64()*0.2*float64(n)), uint64(n)*300)
		cases += min(1, len(slices.Collect(examine(s.Snapshot, scene{th: th, know: k}).lockstep(nil))))
	}
	if cases > tables/100 {
		t.Errorf("%d of %d tables raise a case, want at most 1 %%", cases, tables)
	}
}
