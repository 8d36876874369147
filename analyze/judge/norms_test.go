package judge

import (
	"fmt"
	"slices"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/ingest"
)

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
	n := fleet.NewNorms(snaps, analyze.AtHand{}, analyze.DefaultThresholds())
	if got := *n.Elsewhere("KESTREL", "lab-03"); got != (analyze.FilterNorm{Machines: 3, Median: 3, Most: 3,
		Definitions: 1, Room: 5}) {
		t.Errorf("elsewhere of the odd one: %+v", got)
	}
	if got := n.Elsewhere("Kestrel", "LAB-00"); got.Machines != 3 || got.Median != 3 || got.Most != 90 {
		t.Errorf("elsewhere of the first: %+v", got)
	}
	if got := n.Elsewhere("Other", "LAB-00"); got != nil {
		t.Errorf("a filter that nobody has: %+v", got)
	}
	alone := fleet.NewNorms(snaps[:1], analyze.AtHand{}, analyze.DefaultThresholds())
	if got := alone.Elsewhere("Kestrel", "LAB-00"); got != nil {
		t.Errorf("the only machine: %+v", got)
	}
}

func TestSmallRunawayAgainstItselfElsewhere(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name                     string
		machines, elsewhere      int
		instances, peers, volume int // here
		want                     analyze.Standing
	}{
		{"at ten times", th.FilterMachines, 4, 40, 5, 5, analyze.Odd},
		{"just under ten times", th.FilterMachines, 4, 39, 5, 5, analyze.Ordinary},
		{"just over ten times", th.FilterMachines, 4, 41, 5, 5, analyze.Odd},
		{"too few machines", th.FilterMachines - 1, 4, 40, 5, 5, analyze.Ordinary},
		{"at the least number", th.FilterMachines, 2, th.FilterSmall, 5, 5, analyze.Odd},
		{"under the least number", th.FilterMachines, 1, th.FilterSmall - 1, 5, 5, analyze.Ordinary},
		{"more volumes here", th.FilterMachines, 4, 40, 6, 5, analyze.Ordinary},
		{"twice what peers have", th.FilterMachines, 1, 40, 20, 20, analyze.Ordinary},
		{"more than twice", th.FilterMachines, 1, 41, 20, 20, analyze.Odd},
		{"none elsewhere", th.FilterMachines, 0, 40, 5, 5, analyze.Ordinary},
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
			if c.want == analyze.Ordinary {
				if len(r.Cases) != 0 {
					t.Errorf("cases %+v", r.Cases)
				}
				return
			}
			k := onlyCase(t, r)
			if k.Verdict != analyze.Suspect || k.Holder.Module != "Kestrel" ||
				!slices.Equal(k.Machines, []string{"ODD"}) || !hasRule(k.Why, analyze.RuleFleetGap) {
				t.Errorf("%s on %v, holder %q, why %v", k.Verdict, k.Machines, k.Holder.Module, k.Why)
			}
		})
	}
}

func TestAsManyOnEveryMachineIsNoRunaway(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name     string
		machines int
		n        int
		want     analyze.Standing
	}{
		{"everywhere", th.FilterMachines + 1, 400, analyze.Ordinary},
		{"on too few others", th.FilterMachines, 400, analyze.RanAway},
		{"just under what is firm", th.FilterMachines + 1, th.RunawayFirm - 1, analyze.Ordinary},
		{"so many that it is a fault anywhere", th.FilterMachines + 1, th.RunawayFirm, analyze.RanAway},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := judge(t, lab(c.machines, "Kestrel", c.n, 5)...).Machines[0].Filters[0]
			if f.Standing != c.want || (c.want == analyze.Ordinary) != hasRule(f.Why, analyze.FilterEverywhere) {
				t.Errorf("%s, why %v", f.Standing, f.Why)
			}
		})
	}
}
