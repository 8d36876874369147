package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"poolsweep/ingest"
)

func row(tag string, pool ingest.Pool, n int64, bytes uint64) ingest.TagUsage {
	return ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool, Usage: ingest.Usage{Outstanding: n, Bytes: bytes}}
}

// counts makes one row a count, each of another tag.
func counts(n ...int64) []ingest.TagUsage {
	var rows []ingest.TagUsage
	for i, n := range n {
		rows = append(rows, row(string([]byte{'x', byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)}), ingest.NonPaged, n, 1))
	}
	return rows
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct{ expected, want int64 }{
		{500, 1}, {1_000, 2}, {1_500, 3}, {10_841, 21}, {21_682, 43}, {1_000_000, 2_000}, {1_100_000, 2_097},
	} {
		if got := Tolerance(c.expected, 0.002); got != c.want {
			t.Errorf("Tolerance(%d) = %d, want %d", c.expected, got, c.want)
		}
	}
}

func TestGrowAtToleranceUnderAndOver(t *testing.T) {
	for off, want := range map[int64]int{0: 2, 20: 2, 21: 2, 22: 1, -21: 2, -22: 1} {
		rows := counts(10_841, 10_841+off)
		if core := NewTable(rows, 500, 0.002).Grow(rows[0]); len(core) != want {
			t.Errorf("%+d off: %d members, want %d", off, len(core), want)
		}
	}
}

func TestRowsUnderTheFloorAreNotCompared(t *testing.T) {
	for n, want := range map[int64]int{499: 0, 500: 1, 501: 1} {
		if got := NewTable(counts(n), 500, 0.002).Rows; len(got) != want {
			t.Errorf("%d outstanding: %d rows compared, want %d", n, len(got), want)
		}
	}
}

func TestGrowFindsEveryRatio(t *testing.T) {
	rows := counts(12_000, 24_000, 36_000, 48_000, 6_000, 4_000, 3_000, 60_000, 18_000)
	core := NewTable(rows, 500, 0.002).Grow(rows[0])
	want := []Match{{rows[0], 1, 1, 0}, {rows[1], 2, 1, 0}, {rows[2], 3, 1, 0}, {rows[3], 4, 1, 0}, {rows[4], 1, 2, 0},
		{rows[5], 1, 3, 0}, {rows[6], 1, 4, 0}} // 5:1 and 3:2 are no ratios of one event
	if !slices.Equal(core, want) {
		t.Errorf("core %v, want %v", core, want)
	}
}

func TestFollowerHasASurplusAndNoDeficit(t *testing.T) {
	for n, want := range map[int64]bool{9_999: false, 10_000: true, 10_500: true, 10_501: false, 19_999: false, 20_000: true, 21_000: true, 21_001: false} {
		if _, got := Follower(counts(n)[0], 10_000, 0.05); got != want {
			t.Errorf("%d beside 10,000 events: follows = %v, want %v", n, got, want)
		}
	}
}

func TestSameTagInBothPoolsIsComparedOnce(t *testing.T) {
	table := NewTable([]ingest.TagUsage{row("SeTd", ingest.NonPaged, 13_021, 833_344),
		row("SeTd", ingest.Paged, 13_021, 1_145_088)}, 500, 0.002)
	n := 0
	for _, r := range table.Rows {
		if r.Tag == ingest.MustTag("SeTd") {
			n++
			if r.Pool != ingest.Paged {
				t.Errorf("kept the lighter half")
			}
		}
	}
	if n != 1 {
		t.Errorf("compared %d times", n)
	}
}

func TestPoissonTail(t *testing.T) {
	for _, c := range []struct {
		k    int
		mean float64
		want float64
	}{
		{0, 2, 1}, {2, 5_000, 1}, {3, 3.5, 1 - math.Exp(-3.5)*(1+3.5+3.5*3.5/2)}, {1, 0.5, 1 - math.Exp(-0.5)}, {2, 0.1, 1 - math.Exp(-0.1)*1.1}, {7, 0.01, math.Pow(0.01, 7) / 5040},
	} {
		if got := PoissonTail(c.k, c.mean); math.Abs(got-c.want) > c.want*0.02 {
			t.Errorf("PoissonTail(%d, %v) = %v, want %v", c.k, c.mean, got, c.want)
		}
	}
}

func TestRoundedTablesAreThoseWhereMostCountsEndInZero(t *testing.T) {
	for want, n := range map[bool][]int64{false: {1_200, 4_500, 3_111, 7_003}, true: {1_200, 4_500, 31_000, 7_003}} {
		if got := NewTable(counts(n...), 500, 0.002).rounded; got != want {
			t.Errorf("%v: rounded = %v", n, got)
		}
	}
}

// Two tags of 45k each agree to half of a thousand, not exactly.
func TestRoundedCountsAgreeOnlyToTheirUnit(t *testing.T) {
	for _, c := range []struct {
		third int64
		least float64
	}{{31_001, 0.5 / 45_000}, {31_000, 500.0 / 45_000}} {
		table := NewTable(counts(45_000, 45_000, c.third, 1_901), 500, 0.002)
		fit := table.Fit(table.Grow(table.Rows[0]))
		if got := fit.Chance / table.density.perDistance(45_000); math.Abs(got/c.least-1) > 1e-9 {
			t.Errorf("beside %d: closer than %v, want %v", c.third, got, c.least)
		}
	}
}

func TestOnlyAnchorsThatAreTriedAreChances(t *testing.T) {
	table := NewTable(counts(60_000, 60_001, 3_117, 2_203, 9_001, 50_003), 500, 0.002)
	core := table.Grow(table.Rows[0])
	fit := table.Fit(core)
	luck := func(from int64) float64 { return table.Luck(fit, len(core), from) }
	all, at, over := luck(0), luck(60_000), luck(60_001)
	if at >= all || over != all {
		t.Errorf("luck %v among all, %v from the anchor on, %v where it is none that was tried", all, at, over)
	}
}

// unrelated draws a table whose counts have nothing to do with each other: as
// wide as real tables are, three orders of magnitude around 3,000.
func unrelated(r *rand.Rand, tags int) []ingest.TagUsage {
	var n []int64
	for range tags {
		n = append(n, max(1, int64(math.Exp(8+1.5*r.NormFloat64()))))
	}
	return counts(n...)
}

// TestChanceEstimateMatchesSimulation compares the expected number of chance
// matches with what unrelated tables show.
func TestChanceEstimateMatchesSimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const tables, distance, anchor = 1_000, 0.002, 10_000
	expected, seen := 0.0, 0
	for range tables {
		rows := unrelated(r, 80)
		expected += newDensity(rows).perDistance(anchor) * distance
		for _, row := range rows {
			for _, ratio := range ratios {
				if math.Abs(float64(row.Outstanding)/(anchor*float64(ratio.times)/float64(ratio.per))-1) <= distance {
					seen++
				}
			}
		}
	}
	if got := float64(seen) / expected; got < 0.8 || got > 1.25 {
		t.Errorf("seen %d chance matches, expected %.0f: ratio %.2f", seen, expected, got)
	}
}

// TestTabulatedDensityIsTheSumOfItsKernels compares with the sum that the table stands
// for, at counts of the table, between and beyond them.
func TestTabulatedDensityIsTheSumOfItsKernels(t *testing.T) {
	for name, rows := range map[string][]ingest.TagUsage{"spread": unrelated(rand.New(rand.NewPCG(3, 3)), 400),
		"alike": counts(700, 700, 700), "one": counts(12_345), "apart": counts(500, 501, 9_000_000)} {
		d := newDensity(rows)
		width, peak := d.step*stepsAWidth, 0.0
		exact := func(count float64) float64 {
			sum := 0.0
			for _, l := range d.logs {
				z := (math.Log(count) - l) / width
				sum += math.Exp(-z * z / 2)
			}
			return sum / (width * math.Sqrt(2*math.Pi) * float64(len(d.logs)))
		}
		for count := 1.0; count < 1e9; count *= 1.01 {
			peak = max(peak, exact(count))
		}
		for count := 1.0; count < 1e9; count *= 1.007 {
			if got, want := d.at(count), exact(count); math.Abs(got-want) > 2e-6*peak {
				t.Fatalf("%s: density %v at %v, want %v", name, got, count, want)
			}
		}
	}
}

// TestLuckOfManyEqualCounts: a table of thousands of equal counts is judged at once.
func TestLuckOfManyEqualCounts(t *testing.T) {
	n := make([]int64, 5_000)
	for i := range n {
		n[i] = 60_000
	}
	table := NewTable(counts(n...), 500, 0.002)
	core := table.Grow(table.Rows[0])
	if luck := table.Luck(table.Fit(core[:3]), 3, 0); luck < 1_000 {
		t.Errorf("%d in step, luck %v: every one of them finds two others", len(core), luck)
	}
}
