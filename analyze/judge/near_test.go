package judge

import (
	"slices"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func rulesOf(reasons []analyze.Reason) []analyze.Rule {
	var out []analyze.Rule
	for _, r := range reasons {
		out = append(out, r.Rule)
	}
	return out
}

// A sign that fires is no near miss, one that just does not is told with figures.
func TestNearMissesStopAtTheThreshold(t *testing.T) {
	th := analyze.DefaultThresholds()
	volume := th.NoFreesOutstanding
	counted := func(n int64, allocs, frees uint64) made {
		return snap("M").unknown("Abcd", n, 1<<20).counted(allocs, frees)
	}
	verified := func(state string) made {
		s := snap("M")
		s.Verified = []ingest.VerifiedDriver{{Module: "x.sys", State: state, NonPaged: ingest.VerifiedPool{Allocs: 3, Bytes: 90}}}
		return s
	}
	running := func(n int64) made {
		s := snap("M")
		s.Running = []ingest.ProcessHandles{{Image: "app.exe", Handles: n}, {Image: "idle.exe", Handles: 12}}
		return s
	}
	for _, c := range []struct {
		name string
		snap made
		rule analyze.Rule
		want bool
	}{
		{"volume just under", counted(volume-1, uint64(volume)-1, 0), analyze.MissVolume, true},
		{"volume at", counted(volume, uint64(volume), 0), analyze.MissVolume, false},
		{"freed at 1 %", counted(198_000, 200_000, 2_000), analyze.MissFreed, true},
		{"freed just under 1 %", counted(198_001, 200_000, 1_999), analyze.MissFreed, false},
		{"processes at the limit", snap("M").np("Proc", 5000, 1<<20), analyze.MissObject, true},
		{"processes just over", snap("M").np("Proc", 5001, 1<<20), analyze.MissObject, false},
		{"share just under", snap("M").unknown("Abcd", 10, th.ShareBytes-1), analyze.MissShare, true},
		{"share at", snap("M").unknown("Abcd", 10, th.ShareBytes), analyze.MissShare, false},
		{"instances just under", snap("M").filter("A", "1", th.RunawayFloor-1).filter("B", "2", 3),
			analyze.MissPeerGap, true},
		{"instances at", snap("M").filter("A", "1", th.RunawayFloor).filter("B", "2", 3), analyze.MissPeerGap, false},
		{"FMis at", snap("M").np("FMis", int64(th.RunawayFirm)-1, 1<<20), analyze.MissFMis, true},
		{"FMis just over", snap("M").np("FMis", int64(th.RunawayFirm), 1<<20), analyze.MissFMis, false},
		{"verified and loaded", verified("Loaded"), analyze.MissVerifier, true},
		{"verified and unloaded", verified("Loaded and Unloaded"), analyze.MissVerifier, false},
		{"handles just under", running(th.HandleFloor - 1), analyze.MissHandles, true},
		{"handles at", running(th.HandleFloor), analyze.MissHandles, false},
	} {
		got := judge(t, c.snap).Machines[0].Missed
		if slices.Contains(rulesOf(got), c.rule) != c.want {
			t.Errorf("%s: near misses %v, want %s: %v", c.name, rulesOf(got), c.rule, c.want)
		}
	}
}

func TestTheLargestClusterThatProvesNothingIsNear(t *testing.T) {
	th := analyze.DefaultThresholds()
	small := snap("M").unknown("Abc1", 90_000, 1<<20).unknown("Abc2", 90_000, 1<<20).unknown("Abc3", 90_000, 1<<20)
	if got := rulesOf(judge(t, small).Machines[0].Missed); !slices.Contains(got, analyze.MissSmall) {
		t.Errorf("a small cluster: %v", got)
	}
	pair := snap("M").unknown("Abc1", 90_000, th.ClusterBytes).unknown("Abc2", 90_020, th.ClusterBytes)
	if got := rulesOf(judge(t, pair).Machines[0].Missed); !slices.Contains(got, analyze.MissLuck) {
		t.Errorf("a loose pair: %v", got)
	}
}

func TestACaseCarriesTheNearMissesOfItsSnapshot(t *testing.T) {
	c := onlyCase(t, judge(t, leaking(200_000).np("Proc", 4999, 1<<20)))
	if !slices.Contains(rulesOf(c.Missed), analyze.MissObject) {
		t.Errorf("near misses %v", rulesOf(c.Missed))
	}
}
