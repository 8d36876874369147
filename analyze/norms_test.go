package analyze

import (
	"fmt"
	"slices"
	"testing"

	"poolsweep/ingest"
)

func TestWithoutLeavesOutOneValue(t *testing.T) {
	for _, c := range []struct {
		list         []int
		value        int
		median, most int
	}{
		{[]int{1, 9}, 9, 1, 1},
		{[]int{1, 9}, 1, 9, 9},
		{[]int{1, 2, 3, 400}, 400, 2, 3},
		{[]int{1, 2, 3, 400}, 1, 3, 400},
		{[]int{5, 5, 5}, 5, 5, 5},
		{[]int{1, 2, 3, 4, 5}, 3, 2, 5}, // of 2 and 4 in the middle the lower one
	} {
		if median, most := without(c.list, c.value); median != c.median || most != c.most {
			t.Errorf("%v without %d: median %d, most %d; want %d, %d", c.list, c.value, median, most, c.median, c.most)
		}
	}
}

// lab makes n machines on which the filter has so many instances and peers as many
// volumes.
func lab(n int, filter string, instances, peers int) []made {
	var out []made
	for i := range n {
		out = append(out, snap(fmt.Sprintf("LAB-%02d", i)).filter("Base", "1000", peers).filter(filter, "2000", instances))
	}
	return out
}

func TestNormsLeaveOutTheMachineItself(t *testing.T) {
	machines := lab(4, "Kestrel", 3, 5)
	var snaps [][]*ingest.Snapshot
	for _, m := range machines {
		snaps = append(snaps, []*ingest.Snapshot{m.Snapshot})
	}
	// The newest snapshot of a machine may list no filters; then the one before counts.
	snaps[0] = append(snaps[0], snap("LAB-00").Snapshot)
	machines[3].Filters[1].Instances[0].Count = 90
	n := NewNorms(snaps, DefaultThresholds())
	if got := *n.Elsewhere("KESTREL", "lab-03"); got != (FilterNorm{Machines: 3, Median: 3, Most: 3, Definitions: 1, Room: 5}) {
		t.Errorf("elsewhere of the odd one: %+v", got)
	}
	if got := n.Elsewhere("Kestrel", "LAB-00"); got.Machines != 3 || got.Median != 3 || got.Most != 90 {
		t.Errorf("elsewhere of the first: %+v", got)
	}
	if got := n.Elsewhere("Other", "LAB-00"); got != nil {
		t.Errorf("a filter that nobody has: %+v", got)
	}
	alone := NewNorms(snaps[:1], DefaultThresholds())
	if got := alone.Elsewhere("Kestrel", "LAB-00"); got != nil {
		t.Errorf("the only machine: %+v", got)
	}
}

func TestSmallRunawayAgainstItselfElsewhere(t *testing.T) {
	th := DefaultThresholds()
	for _, c := range []struct {
		name                     string
		machines, elsewhere      int
		instances, peers, volume int // here
		want                     Standing
	}{
		{"at ten times", th.FilterMachines, 4, 40, 5, 5, Odd},
		{"just under ten times", th.FilterMachines, 4, 39, 5, 5, Ordinary},
		{"just over ten times", th.FilterMachines, 4, 41, 5, 5, Odd},
		{"too few machines", th.FilterMachines - 1, 4, 40, 5, 5, Ordinary},
		{"at the least number", th.FilterMachines, 2, th.FilterSmall, 5, 5, Odd},
		{"under the least number", th.FilterMachines, 1, th.FilterSmall - 1, 5, 5, Ordinary},
		{"more volumes here", th.FilterMachines, 4, 40, 6, 5, Ordinary},
		{"twice what peers have", th.FilterMachines, 1, 40, 20, 20, Ordinary},
		{"more than twice", th.FilterMachines, 1, 41, 20, 20, Odd},
		{"none elsewhere", th.FilterMachines, 0, 40, 5, 5, Ordinary},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := append(lab(c.machines, "Kestrel", c.elsewhere, c.volume),
				snap("ODD").filter("Base", "1000", c.peers).filter("Kestrel", "2000", c.instances))
			r := judge(t, all...)
			odd := r.Machines[len(r.Machines)-1]
			f := odd.Filters[0]
			if f.Name != "Kestrel" || f.Standing != c.want {
				t.Fatalf("%s stands %s, want %s: %v", f.Name, f.Standing, c.want, f.Why)
			}
			if c.want == Ordinary {
				if len(r.Cases) != 0 {
					t.Errorf("cases %+v", r.Cases)
				}
				return
			}
			k := onlyCase(t, r)
			if k.Verdict != Suspect || k.Holder.Module != "Kestrel" || !slices.Equal(k.Machines, []string{"ODD"}) || !hasRule(k.Why, RuleFleetGap) {
				t.Errorf("%s on %v, holder %q, why %v", k.Verdict, k.Machines, k.Holder.Module, k.Why)
			}
		})
	}
}

func TestAsManyOnEveryMachineIsNoRunaway(t *testing.T) {
	th := DefaultThresholds()
	for _, c := range []struct {
		name     string
		machines int
		n        int
		want     Standing
	}{
		{"everywhere", th.FilterMachines + 1, 400, Ordinary},
		{"on too few others", th.FilterMachines, 400, RanAway},
		{"just under what is firm", th.FilterMachines + 1, th.RunawayFirm - 1, Ordinary},
		{"so many that it is a fault anywhere", th.FilterMachines + 1, th.RunawayFirm, RanAway},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := judge(t, lab(c.machines, "Kestrel", c.n, 5)...).Machines[0].Filters[0]
			if f.Standing != c.want || (c.want == Ordinary) != hasRule(f.Why, FilterEverywhere) {
				t.Errorf("%s, why %v", f.Standing, f.Why)
			}
		})
	}
}
