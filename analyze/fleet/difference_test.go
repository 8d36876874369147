package fleet

import (
	"math"
	"slices"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestFisher(t *testing.T) {
	for _, c := range []struct {
		k, n, l, m int
		want       float64
	}{
		{3, 4, 1, 4, 0.4857}, // the lady tasting tea, both sides
		{4, 4, 0, 4, 0.0286},
		{3, 3, 0, 38, 1.0 / 10660},
		{2, 2, 5, 5, 1},
		{1, 2, 0, 0, 1},
	} {
		if got := fisher(c.k, c.n, c.l, c.m); math.Abs(got-c.want) > 0.0001 {
			t.Errorf("%d of %d and %d of %d: %g, want %g", c.k, c.n, c.l, c.m, got, c.want)
		}
	}
}

// TestOutside holds the printed table of Mann and Whitney's statistic: the largest
// value that is reached with at most 5 % on one side, plus one.
func TestOutside(t *testing.T) {
	for _, c := range []struct{ m, n, want int }{
		{3, 3, 1}, {3, 4, 1}, {4, 4, 2}, {5, 5, 5}, {5, 8, 9}, {10, 10, 28}, {2, 3, 0},
	} {
		if got := outside(c.m, c.n); got != c.want {
			t.Errorf("%d and %d: %d, want %d", c.m, c.n, got, c.want)
		}
	}
	if exact, normal := outside(10, 10), outside(10, 11); normal-exact < 0 || normal-exact > 6 {
		t.Errorf("at the seam %d is followed by %d", exact, normal)
	}
}

func TestShift(t *testing.T) {
	estimate, low, high := shift([]float64{1, 2, 3}, []float64{11, 12, 99})
	if estimate != 10 || low != 8 || high != 98 {
		t.Errorf("shift %g, from %g to %g", estimate, low, high)
	}
}

// lab is machines of two builds whose tag grows as told, each seen hourly.
func lab(rates map[string][]int64) (*analyze.Result, []analyze.Track) {
	res := &analyze.Result{}
	var tracks []analyze.Track
	start := time.Date(2031, 11, 3, 0, 0, 0, 0, time.UTC)
	for _, build := range []string{"one", "two"} {
		for i, rate := range rates[build] {
			var snaps []*ingest.Snapshot
			for h := range 5 {
				s := at(start, time.Duration(h)*time.Hour)
				s.Machine.Name = build + string(rune('A'+i))
				s.OS = ingest.OS{Build: map[string]int{"one": 19045, "two": 22631}[build], Bits: 64}
				s.Modules = []ingest.Module{{Name: "drv", Version: build + ".0"}}
				s.Tags = []ingest.TagUsage{{Tag: ingest.MustTag("Leak"), Pool: ingest.NonPaged,
					Usage: ingest.Usage{Outstanding: 1, Bytes: uint64(rate * int64(h))}}}
				snaps = append(snaps, s)
			}
			m := analyze.Machine{Machine: snaps[0].Machine, Snapshots: snaps, Verdict: analyze.Healthy}
			Inventory(&m)
			res.Machines = append(res.Machines, m)
			tracks = append(tracks, Trace(snaps, nil, analyze.Period{}, func(*ingest.Snapshot) bool { return true },
				analyze.DefaultThresholds().Series))
		}
	}
	res.Tags = []analyze.TagFact{{Tag: ingest.MustTag("Leak"), Pool: ingest.NonPaged,
		Owner: analyze.Attribution{Module: "DRV.sys"}}}
	return res, tracks
}

func TestDifferences(t *testing.T) {
	got := Differences(lab(map[string][]int64{"one": {100, 110, 120}, "two": {900, 1000, 1100}}))
	if len(got) != 2 {
		t.Fatalf("%d differences: %+v", len(got), got)
	}
	want := analyze.RateDifference{Tag: ingest.MustTag("Leak"), Pool: ingest.NonPaged, A: "19045 x64", B: "22631 x64", RateA: 110,
		RateB: 1000, Difference: 890, Low: 780, High: 1000, OnA: 3, OnB: 3, Significant: true}
	if got[0] != want {
		t.Errorf("got  %+v\nwant %+v", got[0], want)
	}
	if got[1].Subject != "DRV.sys" || got[1].A != "one.0" || got[1].B != "two.0" {
		t.Errorf("by version: %+v", got[1])
	}
}

func TestDifferencesNeedThreeMachinesOnEachSide(t *testing.T) {
	if got := Differences(lab(map[string][]int64{"one": {100, 110}, "two": {900, 1000, 1100, 1200}})); len(got) != 0 {
		t.Errorf("two against four gave %+v", got)
	}
	got := Differences(lab(map[string][]int64{"one": {100, 110, 5000}, "two": {900, 1000, 1100}}))
	if len(got) != 2 || got[0].Significant {
		t.Errorf("overlapping paces: %+v", got)
	}
}

func TestDrivers(t *testing.T) {
	res, tracks := lab(map[string][]int64{"one": {1, 2, 3}, "two": {4, 5}})
	res.Machines[3].Verdict, res.Machines[4].Verdict = analyze.Leak, analyze.Runaway
	facts := Drivers(res, tracks)
	if len(facts) != 5 {
		t.Fatalf("%d facts", len(facts))
	}
	if got, want := *facts[4].Counts, (analyze.DriverCounts{Affected: 2, OfAffected: 2, OfHealthy: 3, Chance: 0.1}); math.Abs(got.Chance-0.1) > 1e-9 ||
		got.Affected != want.Affected || got.Healthy != 0 || got.OfHealthy != 3 || got.OfAffected != 2 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTraceNotesWhatChanged(t *testing.T) {
	start := time.Date(2031, 11, 3, 0, 0, 0, 0, time.UTC)
	was, is, later := at(start, time.Hour), at(start, 2*time.Hour), at(start, 9*time.Hour)
	was.OS.Text, is.OS.Text = "build 1", "build 2"
	was.Modules = []ingest.Module{{Name: "gone"}, {Name: "same", Version: "1"}, {Name: "up", Version: "1"}, {Name: "mute"}}
	is.Modules = []ingest.Module{{Name: "SAME", Version: "1"}, {Name: "up", Version: "2"}, {Name: "mute", Version: "7"},
		{Name: "came", Version: "3"}}
	was.FilterSet, later.FilterSet = true, true
	later.Filters = []ingest.Filter{{Name: "flt", Altitude: "12"}}
	track := Trace([]*ingest.Snapshot{was, is, later}, nil, analyze.Period{From: start},
		func(*ingest.Snapshot) bool { return true }, analyze.DefaultThresholds().Series)
	var got []string
	for _, c := range track.Changes {
		got = append(got, c.Kind.String()+" "+c.Name+" "+c.Before+">"+c.After)
	}
	want := []string{"system  build 1>build 2", "driver came >3", "driver gone >", "driver up 1>2", "filter flt >12"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTraceFollowsTheLargestTagsAndThoseOfCases(t *testing.T) {
	s := at(time.Date(2031, 11, 3, 0, 0, 0, 0, time.UTC), time.Hour)
	for i := range largestTags + 2 {
		s.Tags = append(s.Tags, ingest.TagUsage{Tag: ingest.MustTag("T" + string(rune('A'+i))), Pool: ingest.Paged,
			Usage: ingest.Usage{Bytes: uint64(1000 - i)}})
	}
	small := analyze.Member{TagUsage: s.Tags[largestTags+1]}
	cases := []analyze.Case{{Machines: []string{"A"}, Core: []analyze.Member{small}}, {Machines: []string{"B"},
		Core: []analyze.Member{{TagUsage: s.Tags[largestTags]}}}}
	track := Trace([]*ingest.Snapshot{s}, cases, analyze.Period{}, func(*ingest.Snapshot) bool { return false },
		analyze.DefaultThresholds().Series)
	m := track.Moments[0]
	if len(m.Tags) != largestTags+1 || m.Tags[largestTags].Tag != small.Tag || m.Whole || m.Boot != 1 {
		t.Errorf("%d tags, the last %v", len(m.Tags), m.Tags[len(m.Tags)-1].Tag)
	}
	if len(track.Rates) != 0 {
		t.Errorf("one snapshot has the rates %v", track.Rates)
	}
}

func TestPercentile(t *testing.T) {
	var sorted []int64
	for i := range int64(20) {
		sorted = append(sorted, i+1)
		if want := i + 1 - (i+1)/20; percentile95(sorted) != want {
			t.Errorf("of %d: %d, want %d", i+1, percentile95(sorted), want)
		}
	}
}
