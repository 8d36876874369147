package judge

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
)

func TestRunawayNamesTheFilterWithItsProof(t *testing.T) {
	r := judge(t, scanned2(attached()))
	c := onlyCase(t, r)
	if c.Verdict != analyze.Runaway || c.Kind != analyze.RunawayAttachment ||
		r.Machines[0].Verdict != analyze.Runaway {
		t.Errorf("verdict %s, kind %s, machine %s", c.Verdict, c.Kind, r.Machines[0].Verdict)
	}
	if c.Holder.Module != "WavxDMgr" || !c.Holder.Proven {
		t.Errorf("holder %q, proven %v", c.Holder.Module, c.Holder.Proven)
	}
	if c.Owner.Module != "fltmgr.sys" {
		t.Errorf("owner %q, want fltmgr.sys", c.Owner.Module)
	}
	if got, want := strings.Join(tagsOf(c.Core), " "), "FMis SBcx Drti FMvo FMrr FMct Pp   FMwi"; got != want {
		t.Errorf("core %q, want %q", got, want)
	}
	if c.Cluster == nil || c.Cluster.Events != 10_841 || c.Cluster.ByLuck > 1e-4 {
		t.Errorf("cluster %+v", c.Cluster)
	}
	for _, m := range c.Core {
		wantTimes := 1
		if m.Tag.String() == "FMvo" || m.Tag.String() == "FMrr" {
			wantTimes = 2
		}
		if m.Times != wantTimes || m.Per != 1 {
			t.Errorf("%s stands at %d:%d, want %d:1", m.Tag, m.Times, m.Per, wantTimes)
		}
	}
	if got := tagsOf(c.Related); !slices.Equal(got, []string{"tsni", "Devi"}) {
		t.Errorf("related %q, want tsni and Devi, shown as not in ratio", got)
	}
	for _, rule := range []analyze.Rule{analyze.RulePeerGap, analyze.RuleFMisAgrees, analyze.RuleInStep,
		analyze.RuleChance, analyze.RuleScanHits, analyze.RuleIssueFits} {
		if !hasRule(c.Why, rule) {
			t.Errorf("why lacks %s", rule)
		}
	}
	if !hasRule(c.WhyNot, analyze.RuleNotInRatio) || c.Trigger.Established() || c.Amplifier.Established() {
		t.Errorf("why not %v, trigger %q, amplifier %q", c.WhyNot, c.Trigger.Module, c.Amplifier.Module)
	}
	if c.Known == nil || c.Known.ID != "wavxdmgr-attaches-again" {
		t.Errorf("known issue %+v", c.Known)
	}
	if c.Confidence < 0.9 || c.Confidence > 0.98 {
		t.Errorf("confidence %v", c.Confidence)
	}
}

func TestScanResolvesUnknownTagsToTheirDriver(t *testing.T) {
	c := onlyCase(t, judge(t, scanned2(attached())))
	for _, m := range append(c.Core, c.Related...) {
		switch m.Tag.String() {
		case "SBcx", "Drti", "tsni":
			if m.Owner.Module != "WavxDMgr" || !m.Owner.Proven || m.Owner.Weight != weightScan {
				t.Errorf("%s: owner %+v", m.Tag, m.Owner)
			}
		case "FMis":
			if m.Owner.Module != "fltmgr.sys" {
				t.Errorf("%s: owner %+v", m.Tag, m.Owner)
			}
		}
	}
}

func TestRunawayHoldsWithoutScanAndTagsArePossibleOnly(t *testing.T) {
	c := onlyCase(t, judge(t, attached()))
	if c.Verdict != analyze.Runaway || c.Holder.Module != "WavxDMgr" || c.Holder.Proven {
		t.Errorf("verdict %s, holder %+v", c.Verdict, c.Holder)
	}
	for _, m := range c.Core {
		if s := m.Tag.String(); s == "SBcx" || s == "Drti" {
			if m.Owner.Module != "WavxDMgr" || m.Owner.Proven || m.Owner.Basis.Rule != analyze.ProbablyIts {
				t.Errorf("%s: owner %+v, want probably WavxDMgr", m.Tag, m.Owner)
			}
		}
	}
	// A tag in no integer ratio gets no owner by count.
	for _, m := range c.Related {
		if m.Tag.String() == "tsni" && m.Owner.Established() {
			t.Errorf("tsni: owner %+v without a scan", m.Owner)
		}
	}
	if !hasRule(c.Unsure, analyze.RuleNotScanned) || !hasRule(c.Chain, analyze.ChainNoScan) {
		t.Errorf("unsure %v", c.Unsure)
	}
	if c.Next[0].Command != `!for_each_module s -a @#Base @#End "SBcx"` {
		t.Errorf("first step %q, want the scan that proves the tags", c.Next[0].Command)
	}
	with := onlyCase(t, judge(t, scanned2(attached())))
	if without, with := c.Trail[len(c.Trail)-1].Odds, with.Trail[len(with.Trail)-1].Odds; without >= with {
		t.Errorf("odds %v without scan, %v with it", without, with)
	}
}

func TestManyInstancesAreRunawayOnlyFarAbovePeersAndFloor(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name         string
		worst, peers int
		want         bool
	}{
		{"just under the floor", th.RunawayFloor - 1, 4, false},
		{"at the floor", th.RunawayFloor, 4, true},
		{"just over the floor", th.RunawayFloor + 1, 4, true},
		{"just under ten times a peer", 639, 64, false},
		{"at ten times a peer", 640, 64, true},
		{"many volumes, all filters on each", 64, 60, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := snap("M").filter("A", "1000", c.peers).filter("B", "2000", c.worst)
			if got := runaway(filtersOf(t, s)) != nil; got != c.want {
				t.Errorf("runaway = %v, want %v", got, c.want)
			}
		})
	}
}

func TestOneFilterAloneHasNoPeersToRunAwayFrom(t *testing.T) {
	r := judge(t, snap("M").filter("B", "2000", 5_000))
	if len(r.Cases) != 0 {
		t.Errorf("a filter without peers raised %+v", r.Cases)
	}
}

func TestSmallRunawayWithoutPoolConfirmationIsOnlySuspect(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int]analyze.Verdict{th.RunawayFirm - 1: analyze.Suspect,
		th.RunawayFirm: analyze.Runaway} {
		c := onlyCase(t, judge(t, snap("M").filter("A", "1000", 4).filter("B", "2000", n)))
		if c.Verdict != want {
			t.Errorf("%d instances, no FMis: %s, want %s", n, c.Verdict, want)
		}
	}
	c := onlyCase(t, judge(t, snap("M").np("FMis", 400, 240_000).filter("A", "1000", 4).filter("B", "2000", 900)))
	if c.Verdict != analyze.Suspect || !hasRule(c.WhyNot, analyze.RuleFMisDiffers) {
		t.Errorf("listing and pool differ: %s, why not %v", c.Verdict, c.WhyNot)
	}
}

func TestInstancesWithoutListingNameTheDriverOfTheTagsInStep(t *testing.T) {
	s := scanned2(attached())
	s.Filters = s.Filters[:4] // the listing was cut before WavxDMgr
	c := onlyCase(t, judge(t, s))
	if c.Verdict != analyze.Runaway || c.Class != analyze.Lockstep || c.Holder.Module != "WavxDMgr" {
		t.Errorf("verdict %s, class %s, holder %q", c.Verdict, c.Class, c.Holder.Module)
	}
	if !hasRule(c.Why, analyze.RuleFMisMany) {
		t.Errorf("why %v", c.Why)
	}
	bare := attached()
	bare.Filters = nil
	if c := onlyCase(t, judge(t, bare)); c.Holder.Established() {
		t.Errorf("no listing and no scan, yet holder %q", c.Holder.Module)
	}
}

func TestStepsAreTypedExactlyAndSafely(t *testing.T) {
	s := attached().unknown(`a";q`, 10_841, 900_000)
	s.Filters[4].Name = "Wavx & del"
	c := onlyCase(t, judge(t, s))
	for _, step := range c.Next {
		if strings.Contains(step.Command, `a";q`) || strings.Contains(step.Command, "fltmc") {
			t.Errorf("a name from the log became part of a command: %q", step.Command)
		}
	}
	c = onlyCase(t, judge(t, attached()))
	want := "!fltkd.filter 8971bb58"
	if !slices.ContainsFunc(c.Next, func(s analyze.Step) bool { return s.Command == want }) {
		t.Errorf("no step %q in %v", want, c.Next)
	}
}

// filtersOf judges the filters of one snapshot alone.
func filtersOf(t *testing.T, m made) []analyze.FilterFact {
	t.Helper()
	return judge(t, m).Machines[0].Filters
}

func TestFiltersStandByAltitude(t *testing.T) {
	facts := filtersOf(t, attached())
	var names []string
	for _, f := range facts {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "SEyeFilter SRTSP vfsmfd WavxDMgr luafv" {
		t.Errorf("order %q", got)
	}
	if least, most, n := peerRange(facts, "WavxDMgr"); least != 2 || most != 5 || n != 4 {
		t.Errorf("peers %d to %d of %d", least, most, n)
	}
}
