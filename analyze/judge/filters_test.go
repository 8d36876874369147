package judge

import (
	"fmt"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// disks names so many volumes.
func disks(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`\Device\HarddiskVolume%d`, i+1))
	}
	return out
}

// times repeats a list.
func times(n int, list []string) []string {
	var out []string
	for range n {
		out = append(out, list...)
	}
	return out
}

func standing(t *testing.T, m made, filter string) analyze.FilterFact {
	t.Helper()
	for _, f := range judge(t, m).Machines[0].Filters {
		if f.Name == filter {
			return f
		}
	}
	t.Fatalf("no filter %s", filter)
	return analyze.FilterFact{}
}

func TestManyVolumesAreNoRunaway(t *testing.T) {
	ramdisks := disks(250)
	unnamed := make([]string, 250)
	for name, c := range map[string]struct {
		s    made
		rule analyze.Rule
	}{
		"one instance a volume": {listing("M", 0).on("Base", "1000", ramdisks[:4]...).on("Kestrel", "2000",
			ramdisks...), analyze.FilterVolumes},
		"volumes without a name": {listing("M", 0).on("Base", "1000", unnamed...).on("Kestrel", "2000",
			unnamed...), analyze.FilterUsual},
		"the only filter, no names": {listing("M", 0).on("Kestrel", "2000", unnamed...), analyze.FilterUsual},
		"pipes and mail slots": {listing("M", 0).on("Base", "1000", "C:").on("Kestrel", "2000", "C:", "", "", `\Device\Mup`,
			`\Device\Mailslot`, `\Device\NamedPipe`, `\Device\HarddiskVolumeShadowCopy3`), analyze.FilterUsual},
		"a filter alone": {listing("M", 0).filter("Kestrel", "2000", 5_000), analyze.FilterAlone},
		"not attached":   {listing("M", 0).filter("Kestrel", "2000", 0), analyze.FilterNone},
		"volumes of the debugger": {fltkdVolumes(60).filter("Base", "1000", 5).filter("Kestrel", "2000", 300),
			analyze.FilterVolumes},
		"legacy without instances": {listing("M", 0).on("Kestrel", "141000.99"), analyze.FilterLegacy},
	} {
		f := standing(t, c.s, "Kestrel")
		if f.Standing != analyze.Ordinary || len(f.Why) == 0 || f.Why[0].Rule != c.rule {
			t.Errorf("%s: %s, why %v, want %s", name, f.Standing, f.Why, c.rule)
		}
		if r := judge(t, c.s); len(r.Cases) != 0 {
			t.Errorf("%s: %+v", name, r.Cases)
		}
	}
}

// fltkdVolumes is a machine whose volumes the debugger lists.
func fltkdVolumes(n int) made {
	m := listing("M", 0)
	for _, d := range disks(n) {
		m = m.volume(d, 1)
	}
	return m
}

func TestSixtyVolumesTimesThreeDefinitionsAreRoom(t *testing.T) {
	th := analyze.DefaultThresholds()
	three := func(n int) made {
		m := fltkdVolumes(60).filter("Base", "1000", 5).filter("Kestrel", "2000", 0)
		f := &m.Filters[1]
		f.Instances = nil
		for i, name := range []string{"Top", "Middle", "Bottom"} {
			count := n / 3
			if i < n%3 {
				count++
			}
			f.Instances = append(f.Instances, ingest.Instance{Name: name, Altitude: "2000", Count: count})
		}
		return m
	}
	room := 60 * 3
	for n, want := range map[int]analyze.Standing{room: analyze.Ordinary,
		th.RunawayFactor*room - 1: analyze.Ordinary, th.RunawayFactor * room: analyze.RanAway,
		th.RunawayFactor*room + 1: analyze.RanAway} {
		f := standing(t, three(n), "Kestrel")
		if f.Standing != want || f.Definitions != 3 || f.Volumes != 60 || f.Room() != room {
			t.Errorf("%d instances: %s, want %s; %d definitions, %d volumes", n, f.Standing, want, f.Definitions, f.Volumes)
		}
	}
}

func TestListedVolumesConvictWithoutPeers(t *testing.T) {
	s := listing("M", 0).on("Kestrel", "2000", times(300, disks(4))...)
	c := onlyCase(t, judge(t, s))
	if c.Verdict != analyze.Runaway || c.Holder.Module != "Kestrel" || !hasRule(c.Why, analyze.RuleVolumeGap) ||
		hasRule(c.Why, analyze.RulePeerGap) {
		t.Errorf("%s, holder %q, why %v", c.Verdict, c.Holder.Module, c.Why)
	}
	if hasRule(c.Unsure, analyze.RuleVolumesUnknown) || !hasRule(c.Why, analyze.RuleRepeats) {
		t.Errorf("why %v, unsure %v", c.Why, c.Unsure)
	}
}

func TestOneVolumeAskedForIsNoYardstick(t *testing.T) {
	// "fltmc filters" counts 300, "fltmc instances -v C:" shows one of them.
	s := listing("M", 0).on("Base", "1000", "C:").on("Kestrel", "2000", "C:")
	for i := range s.Filters {
		s.Filters[i].Instances = append(s.Filters[i].Instances, ingest.Instance{Count: 299})
	}
	s.PlaceSet = false
	s.Volumes = []ingest.Volume{{Name: "C:", Instances: []ingest.Instance{{Name: "Base", Volume: "C:", Count: 1}}}}
	if f := standing(t, s, "Kestrel"); f.Standing != analyze.Ordinary || f.Volumes != 0 {
		t.Errorf("%s with %d volumes: %v", f.Standing, f.Volumes, f.Why)
	}
}

func TestRepeatsOnOneNamedVolume(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int]analyze.Standing{1: analyze.Ordinary, 2: analyze.Ordinary,
		th.FilterRepeats - 1: analyze.Ordinary, th.FilterRepeats: analyze.Odd, th.FilterRepeats + 1: analyze.Odd} {
		s := listing("M", 0).on("Base", "1000", disks(9)...).on("Kestrel", "2000", times(n, []string{`\Device\HarddiskVolume1`})...)
		f := standing(t, s, "Kestrel")
		if f.Standing != want || hasRule(f.Why, analyze.FilterRepeated) != (n > 1 && want == analyze.Ordinary) {
			t.Errorf("%d times: %s, want %s; why %v", n, f.Standing, want, f.Why)
		}
		if r := judge(t, s); (len(r.Cases) == 1 && r.Cases[0].Verdict == analyze.Suspect) != (want == analyze.Odd) {
			t.Errorf("%d times: cases %+v", n, r.Cases)
		}
	}
	unnamed := listing("M", 0).on("Base", "1000", make([]string, 30)...).on("Kestrel", "2000", make([]string, 40)...)
	if f := standing(t, unnamed, "Kestrel"); f.Standing != analyze.Ordinary {
		t.Errorf("rows without a volume's name: %s, %v", f.Standing, f.Why)
	}
}

func TestRepeatsFoundByTheDebuggersVolumes(t *testing.T) {
	s := listing("M", 0).filter("Base", "1000", 30).filter("Kestrel", "2000", 40)
	s.Volumes = []ingest.Volume{{Name: `\Device\HarddiskVolume1`, Address: 1, Instances: []ingest.Instance{
		{Name: "Kestrel Instance", Altitude: "2000", Count: 40}, {Name: "Base Instance", Altitude: "1000", Count: 1}}}}
	if f := standing(t, s, "Kestrel"); !hasRule(f.Why, analyze.RuleRepeats) || f.Standing != analyze.Odd {
		t.Errorf("%s, why %v", f.Standing, f.Why)
	}
	if f := standing(t, s, "Base"); f.Standing != analyze.Ordinary {
		t.Errorf("%s, why %v", f.Standing, f.Why)
	}
}

// later moves a snapshot on within its boot session.
func (m made) later(hours int) made {
	m.At, m.Uptime = m.At.Add(time.Duration(hours)*time.Hour), m.Uptime+time.Duration(hours)*time.Hour
	return m
}

func TestGrowthWithinABoot(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name   string
		counts []int
		peers  []int
		want   analyze.Standing
	}{
		{"three snapshots", []int{10, 15, th.FilterSmall}, []int{5, 5, 5}, analyze.Odd},
		{"just under the least number", []int{8, 9, th.FilterSmall - 1}, []int{5, 5, 5}, analyze.Ordinary},
		{"two snapshots", []int{10, 40}, []int{5, 5}, analyze.Ordinary},
		{"one step down", []int{10, 9, 40}, []int{5, 5, 5}, analyze.Ordinary},
		{"one step level", []int{10, 10, 40}, []int{5, 5, 5}, analyze.Ordinary},
		{"less than double", []int{11, 15, 21}, []int{5, 5, 5}, analyze.Ordinary},
		{"volumes grow too", []int{10, 20, 40}, []int{5, 6, 7}, analyze.Ordinary},
		{"as many as twice the peers", []int{10, 20, 40}, []int{20, 20, 20}, analyze.Ordinary},
		{"one more than that", []int{10, 20, 41}, []int{20, 20, 20}, analyze.Odd},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all []made
			for i, n := range c.counts {
				all = append(all, snap("M").later(i).filter("Base", "1000", c.peers[i]).filter("Kestrel", "2000", n))
			}
			r := judge(t, all...)
			f := r.Machines[0].Filters[0]
			if f.Standing != c.want || len(f.Before) != len(c.counts)-1 ||
				hasRule(f.Why, analyze.RuleClimbs) != (c.want == analyze.Odd) {
				t.Errorf("%s, want %s; before %v, why %v", f.Standing, c.want, f.Before, f.Why)
			}
			if c.want == analyze.Odd && onlyCase(t, r).Verdict != analyze.Suspect {
				t.Errorf("verdict %s", r.Cases[0].Verdict)
			}
		})
	}
}

func TestGrowthIsNotReadAcrossARestart(t *testing.T) {
	var all []made
	for i, n := range []int{10, 20, 40} {
		s := snap("M").filter("Base", "1000", 5).filter("Kestrel", "2000", n)
		s.At = s.At.Add(time.Duration(24*i) * time.Hour) // with the same uptime each time
		all = append(all, s)
	}
	if f := judge(t, all...).Machines[0].Filters[0]; f.Standing != analyze.Ordinary || len(f.Before) != 0 {
		t.Errorf("%s, before %v", f.Standing, f.Before)
	}
}

func TestOddities(t *testing.T) {
	s := listing("M", 0).on("Base", "1000", "C:").on("Twin", "1000", "D:").on("Kestrel", "2000", "C:")
	s.Filters[2].Instances[0].Altitude = "1999.5"
	for filter, want := range map[string]analyze.Rule{"Base": analyze.FilterTwins, "Twin": analyze.FilterTwins,
		"Kestrel": analyze.FilterApart} {
		if f := standing(t, s, filter); !hasRule(f.Why, want) || f.Standing != analyze.Ordinary {
			t.Errorf("%s: %s, why %v, want %s", filter, f.Standing, f.Why, want)
		}
	}
	s.Filters[2].Instances[0].Altitude = "2000.0"
	if f := standing(t, s, "Kestrel"); hasRule(f.Why, analyze.FilterApart) {
		t.Errorf("the same altitude in other digits: %v", f.Why)
	}
}

func TestFilterWithoutInstancesMayHoldWhatItLeft(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int64]bool{th.NoFreesOutstanding - 1: false, th.NoFreesOutstanding: true} {
		s := snap("M").unknown("WCsc", n, uint64(n)*200).counted(uint64(n), 0).filter("luafv", "135000", 1).filter("wcifs", "189900", 0)
		if f := standing(t, s, "wcifs"); hasRule(f.Why, analyze.FilterOrphan) != want {
			t.Errorf("%d left: why %v", n, f.Why)
		}
		if f := standing(t, s, "luafv"); hasRule(f.Why, analyze.FilterOrphan) {
			t.Errorf("luafv: why %v", f.Why)
		}
		if r := judge(t, s); want {
			if c := onlyCase(t, r); ingest.ModuleKey(c.Holder.Module) != "wcifs" || !hasRule(c.Why, analyze.FilterOrphan) {
				t.Errorf("holder %q, why %v", c.Holder.Module, c.Why)
			}
		}
	}
}

func TestVolumeStructuresBesideTheListing(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int64]bool{int64(th.RunawayFactor*4) - 1: false, int64(th.RunawayFactor * 4): true} {
		s := listing("M", 0).on("Kestrel", "2000", times(300, disks(4))...).np("FMis", 1_200, 720_000).np("FMvo", n, 400_000)
		if c := onlyCase(t, judge(t, s)); hasRule(c.Why, analyze.RuleFMvoMany) != want ||
			!hasRule(c.Why, analyze.RuleFMisAgrees) {
			t.Errorf("%d volume structures: why %v", n, c.Why)
		}
	}
}

// detach makes all instances of the last filter those of volumes that are gone.
func (m made) detach() made {
	f := &m.Filters[len(m.Filters)-1]
	for i := range f.Instances {
		f.Instances[i].Detached = true
	}
	for v := range m.Volumes {
		for i := range m.Volumes[v].Instances {
			m.Volumes[v].Instances[i].Detached = m.Volumes[v].Instances[i].Name == f.Name
		}
	}
	return m
}

func TestVolumesThatAreGoneExplainNoInstances(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int]analyze.Standing{1: analyze.Ordinary, th.RunawayFloor - 1: analyze.Ordinary,
		th.RunawayFloor: analyze.RanAway} {
		s := listing("M", 0).on("Base", "1000", "C:", "D:").on("Kestrel", "2000", disks(n)...).detach()
		f := standing(t, s, "Kestrel")
		if f.Standing != want || !hasRule(f.Why, analyze.FilterDetached) || f.Volumes != 2 {
			t.Errorf("%d detached: %s, want %s; %d volumes, why %v", n, f.Standing, want, f.Volumes, f.Why)
		}
	}
	// Held open for everybody, they are many volumes.
	s := listing("M", 0).on("Base", "1000", disks(250)...).detach().on("Kestrel", "2000", disks(250)...).detach()
	if f := standing(t, s, "Kestrel"); f.Standing != analyze.Ordinary {
		t.Errorf("all filters on volumes that are gone: %s, %v", f.Standing, f.Why)
	}
}

func TestBesideARunawayPeersAreComparedWithEachOther(t *testing.T) {
	for _, f := range filtersOf(t, attached()) {
		switch {
		case f.Name == "WavxDMgr":
			if f.Standing != analyze.RanAway || !hasRule(f.Why, analyze.RulePeerGap) {
				t.Errorf("%s: %s, %v", f.Name, f.Standing, f.Why)
			}
		case f.Standing != analyze.Ordinary || f.Why[0].Rule != analyze.FilterUsual ||
			f.Why[0].Facts["peer"].(int64) > 5:
			t.Errorf("%s: %s, %v", f.Name, f.Standing, f.Why)
		}
	}
}
