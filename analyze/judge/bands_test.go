package judge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// reason returns the first reason of a rule, or nil.
func reason(reasons []analyze.Reason, r analyze.Rule) *analyze.Reason {
	for i := range reasons {
		if reasons[i].Rule == r {
			return &reasons[i]
		}
	}
	return nil
}

// vads is a healthy 64-bit machine with so many address descriptors, whose band
// ends at 14,000 allocations and 3 MB.
func vads(n int64, bytes uint64) made {
	m := snap("LAB-021").row(ingest.NonPaged, "Vad ", n, bytes, "address descriptors , Binary: nt!mm")
	m.OS = ingest.OS{Bits: 64, Build: 19041}
	return m
}

func TestBandSuspectsOnlyFarAboveWithVolume(t *testing.T) {
	th := analyze.DefaultThresholds()
	edge := int64(th.BandSuspect) * 14_000
	for _, c := range []struct {
		name  string
		n     int64
		bytes uint64
		want  int
	}{
		{"just under the factor", edge - 1, 2 << 20, 0},
		{"the factor, just under the volume", edge, th.BandBytes - 1, 0},
		{"the factor and the volume", edge, th.BandBytes, 1},
		{"just over both", edge + 1, th.BandBytes + 1, 1},
	} {
		r := judge(t, vads(c.n, c.bytes))
		if len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
			continue
		}
		for _, k := range r.Cases {
			if k.Verdict != analyze.Suspect || k.Class != analyze.OutOfBand || k.Holder.Established() ||
				!hasRule(k.Why, analyze.RuleAboveBand) {
				t.Errorf("%s: %v of class %v, holder %q, why %v", c.name, k.Verdict, k.Class, k.Holder.Module, k.Why)
			}
		}
	}
}

func TestNearlyFarEnoughIsOnTheListOfMisses(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int64]bool{28_000: false, 28_001: true, int64(th.BandSuspect) * 14_000: true} {
		e := examine(vads(n, 1<<20).Snapshot, scene{th: th, know: know(t)})
		if cases := e.cases(); len(cases) != 0 || hasRule(e.misses, analyze.MissBand) != want {
			t.Errorf("%d allocations: %d cases, misses %v", n, len(cases), e.misses)
		}
	}
}

func TestCaseSaysThatItsPoolIsAboveWhatIsUsual(t *testing.T) {
	for ram, want := range map[uint64]bool{8 << 30: true, 16 << 30: false} {
		m := vads(700_000, 1_100<<20)
		m.RAM = ram
		if c := onlyCase(t, judge(t, m)); hasRule(c.Limits, analyze.RulePoolAboveBand) != want {
			t.Errorf("1.1 GB of nonpaged pool on a machine with %d GB: limits %v", ram>>30, c.Limits)
		}
	}
}

func TestBandNeverSuspectsWhatConfigurationMakesLarge(t *testing.T) {
	m := snap("LAB-021").row(ingest.NonPaged, "EtwB", 40_000, 4<<30, "Etw Buffer , Binary: nt!etw").
		row(ingest.Paged, "MmSt", 4_000_000, 6<<30, "section ptes , Binary: nt!mm")
	if r := judge(t, m); len(r.Cases) != 0 {
		t.Errorf("%d cases, first %v of %v", len(r.Cases), r.Cases[0].Class, tagsOf(r.Cases[0].Core))
	}
}

func TestBandReasonFromTwiceTheEdge(t *testing.T) {
	th := analyze.DefaultThresholds()
	for n, want := range map[int64]bool{2*14_000 - 1: false, 2 * 14_000: false, 2*14_000 + 1: true} {
		e := examine(vads(n, 1<<20).Snapshot, scene{th: th, know: know(t)})
		d := e.draft(analyze.PoolLeak, analyze.Share, analyze.Suspect)
		d.bandReason(*e.row(ingest.MustTag("Vad ")))
		if got := hasRule(d.Why, analyze.RuleAboveBand); got != want {
			t.Errorf("%d allocations: reason %v, want %v", n, got, want)
		}
	}
}

func TestBandComparesCountsOnlyUnderSpecialPool(t *testing.T) {
	m := vads(14_000, 1<<30)
	last := func() (outside, bool) {
		e := examine(m.Snapshot, scene{th: analyze.DefaultThresholds(), know: know(t)})
		return e.above(&e.Tags[len(e.Tags)-1], e.of(len(e.Tags)-1).band)
	}
	if o, above := last(); !above || !o.bytes {
		t.Errorf("1 GB where 3 MB are usual: %+v", o)
	}
	m.Tallies = append(m.Tallies, ingest.Tally{What: "verifier option: special pool", Count: 1})
	if o, above := last(); above {
		t.Errorf("special pool: %+v", o)
	}
}

func TestPoolAboveBandIsNoCase(t *testing.T) {
	// 16 GB: up to 800 MB of nonpaged pool are usual.
	for _, c := range []struct {
		held uint64
		want bool
	}{{1600 << 20, false}, {1600<<20 + 1, true}, {1599 << 20, false}, {17 << 30, false}} { // more than the memory: nonsense
		m := snap("LAB-022")
		m.Tags, m.Blocks = nil, nil
		m.block("!vm", ingest.BlockComplete)
		m.OS = ingest.OS{Bits: 64, Build: 19041}
		m.RAM = 16 << 30
		m.VM = &ingest.VM{Physical: 16 << 30, NonPaged: c.held, Source: ingest.Source{File: "LAB-022.log", Line: 4}}
		m.Blocks = append(m.Blocks, ingest.Block{Source: m.VM.Source, Command: "!vm", State: ingest.BlockComplete, LastLine: 9})
		r := judge(t, m)
		if len(r.Cases) != 0 || r.Machines[0].Verdict != analyze.Insufficient {
			t.Errorf("%d bytes: %d cases, %v", c.held, len(r.Cases), r.Machines[0].Verdict)
		}
		if got := hasRule(r.Machines[0].Reasons, analyze.RulePoolAboveBand); got != c.want {
			t.Errorf("%d bytes: said %v, want %v", c.held, got, c.want)
		}
	}
}

func TestSizeOfObjects(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		each, bits int
		want       analyze.Rule
	}{
		{3520, 64, analyze.RuleUsualSize},
		{4100, 64, analyze.RuleUsualSize}, // the upper edge
		{4101, 64, ""},                    // above, but not far
		{8200, 64, ""},
		{8201, 64, analyze.RuleOddSize},
		{750, 64, ""},
		{749, 64, analyze.RuleOddSize},
		{664, 32, analyze.RuleUsualSize},
		{664, 0, analyze.RuleUsualSize}, // the width is not told: the one that fits
		{3520, 0, analyze.RuleUsualSize},
	} {
		m := snap("LAB-023").np("Proc", 10_000, uint64(c.each)*10_000)
		m.OS = ingest.OS{Bits: c.bits}
		d := examine(m.Snapshot, scene{th: th, know: know(t)}).draft(analyze.ObjectLeak, analyze.ObjectGap, analyze.Leak)
		d.sizeReason(m.Tags[len(m.Tags)-1])
		got := analyze.Rule("")
		for _, r := range append(d.Why, d.WhyNot...) {
			got = r.Rule
		}
		if got != c.want {
			t.Errorf("%d bytes each on %d bits: %q, want %q", c.each, c.bits, got, c.want)
		}
	}
	m := snap("LAB-023").np("Proc", 10_000, 40_960_000)
	m.Tallies = append(m.Tallies, ingest.Tally{What: "verifier option: special pool", Count: 1})
	d := examine(m.Snapshot, scene{th: th, know: know(t)}).draft(analyze.ObjectLeak, analyze.ObjectGap, analyze.Leak)
	if d.sizeReason(m.Tags[len(m.Tags)-1]); !hasRule(d.Unsure, analyze.RuleSpecialPool) ||
		len(d.Why)+len(d.WhyNot) != 0 {
		t.Errorf("special pool: unsure %v, why %v, why not %v", d.Unsure, d.Why, d.WhyNot)
	}
}

// led is a table whose first row is an unknown tag, four times the next.
func led(n int64, bytes, next uint64) made {
	return snap("LAB-024").unknown("Zqqx", n, bytes).np("HalD", 80, next)
}

func TestLeaderNeedsVolumeCountAndDistance(t *testing.T) {
	th := analyze.DefaultThresholds()
	next := uint64(float64(th.LeaderBytes) / th.LeaderFactor)
	for _, c := range []struct {
		name string
		m    made
		want int
	}{
		{"at every threshold", led(th.LeaderCount, th.LeaderBytes, next), 1},
		{"just fewer blocks", led(th.LeaderCount-1, th.LeaderBytes, next), 0},
		{"just less memory", led(th.LeaderCount, th.LeaderBytes-1, next), 0},
		{"just nearer to the next", led(th.LeaderCount, th.LeaderBytes, next+1), 0},
		{"just over", led(th.LeaderCount+1, th.LeaderBytes+1, next), 1},
		{"explained by the dictionary", snap("M").np("Zqqx", 30_000, 60<<20).np("HalD", 80, next), 0},
		{"in our map", snap("M").unknown("NVRM", 30_000, 60<<20).np("HalD", 80, next), 0},
		{"of cached files", led(30_000, 60<<20, next).np("MmCa", 30_000, 9<<20), 0},
	} {
		r := judge(t, c.m)
		if len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
			continue
		}
		for _, k := range r.Cases {
			if k.Verdict != analyze.Suspect || k.Class != analyze.Leader || k.Confidence >= 0.5 || k.Holder.Established() {
				t.Errorf("%s: %v of class %v, confidence %v, holder %q", c.name, k.Verdict, k.Class, k.Confidence, k.Holder.Module)
			}
			if len(k.Next) == 0 || !strings.HasPrefix(k.Next[0].Command, "!for_each_module s -a") {
				t.Errorf("%s: next %v, want the module scan first", c.name, k.Next)
			}
		}
	}
}

func TestLeaderOfAListThatWasChosen(t *testing.T) {
	th := analyze.DefaultThresholds()
	short := snap("LAB-024")
	short.Tags = short.Tags[:th.LeaderRows-2]
	chosen := led(30_000, 60<<20, 1<<20)
	chosen.Blocks[0].Command = "!poolused 2 Z*"
	for name, m := range map[string]made{
		"too few rows":   short.unknown("Zqqx", 30_000, 60<<20),
		"asked for tags": chosen,
	} {
		if r := judge(t, m); len(r.Cases) != 0 {
			t.Errorf("%s: %d cases", name, len(r.Cases))
		}
	}
}

func TestBandsAreLearnedFromTheOtherMachines(t *testing.T) {
	// A lab whose machines all hold 60,000 address descriptors in 240 MB: far above
	// the starter pack, and usual here.
	fleet := func(machines int) []made {
		var all []made
		for i := range machines {
			m := vads(60_000+int64(i), 60<<20)
			m.Machine.Name = fmt.Sprintf("LAB-%03d", i)
			all = append(all, m)
		}
		return all
	}
	leaking := vads(700_000, 700<<20)
	leaking.Machine.Name = "LAB-900"
	r := judge(t, append(fleet(knowledge.LearnMachines+1), leaking)...)
	c := onlyCase(t, r)
	why := reason(c.Why, analyze.RuleAboveBand)
	if why == nil || why.Facts["machines"] != int64(knowledge.LearnMachines+1) || c.Machines[0] != "LAB-900" {
		t.Errorf("case on %v because %v", c.Machines, c.Why)
	}
	few := judge(t, append(fleet(knowledge.LearnMachines-2), leaking)...)
	if why := reason(onlyCase(t, few).Why, analyze.RuleAboveBand); why == nil || why.Facts["machines"] != int64(0) {
		t.Errorf("too few machines: %v", why)
	}
}

func TestOwnerByTheLabsOwnMap(t *testing.T) {
	base := know(t)
	m, _, err := knowledge.ReadTagMap("pooltag.txt", strings.NewReader(`Zqqx - zq.sys - ours
Two1 - a.sys
Two1 - b.sys
Filt - mine.sys
Ntfq - ntfs.sys
Irp  - zq.sys
`))
	if err != nil {
		t.Fatal(err)
	}
	base.AddTagMap(m)
	for _, c := range []struct {
		tag, description, module string
		rule                     analyze.Rule
	}{
		{"Zqqx", "UNKNOWN pooltag 'Zqqx', please update pooltag.txt", "zq.sys", analyze.OwnerLabMap},
		{"Two1", "", "", analyze.OwnerLabMany},
		{"Filt", "words , Binary: theirs.sys", "mine.sys", analyze.OwnerLabMap}, // a correction
		{"Ntfq", "words , Binary: ntfs.sys", "ntfs.sys", analyze.OwnerBinary},   // both agree: the stronger
		{"Irp ", "Irp packets , Binary: nt!io", "nt", analyze.OwnerBinary},      // never given away
		{"Irp ", "", "nt", analyze.OwnerMap},
	} {
		s := snap("LAB-025").row(ingest.NonPaged, c.tag, 10, 100, c.description)
		got := owner(s.Snapshot, s.Tags[len(s.Tags)-1], base)
		if got.Module != c.module || got.Basis.Rule != c.rule {
			t.Errorf("%q %q: %q by %q, want %q by %q", c.tag, c.description, got.Module, got.Basis.Rule, c.module, c.rule)
		}
		if c.rule == analyze.OwnerLabMap && (len(got.Sources) != 1 || got.Sources[0].File != "pooltag.txt" ||
			got.Proven) {
			t.Errorf("%q: sources %v, proven %v", c.tag, got.Sources, got.Proven)
		}
	}
	scanned := snap("LAB-025").unknown("Zqqx", 10, 100).module("other", 0x1000, 0x2000).scan("Zqqx", 0x1800)
	if got := owner(scanned.Snapshot, scanned.Tags[len(scanned.Tags)-1], base); got.Module != "other" ||
		got.Basis.Rule != analyze.OwnerScan {
		t.Errorf("a scan goes before the map: %q by %q", got.Module, got.Basis.Rule)
	}
}

func TestIssueWithoutTheVersionAsksForIt(t *testing.T) {
	leak := func() made { return snap("LAB-026").unknown("MFeS", 400_000, 200<<20).counted(400_100, 100) }
	with := func(version string) *analyze.Case {
		m := leak().module("mfeavfk", 0x1000, 0x2000)
		m.Modules[0].Version = version
		return onlyCase(t, judge(t, m))
	}
	fits := with("5.5.2.1")
	asks := with("")
	if !hasRule(fits.Why, analyze.RuleIssueFits) || hasRule(fits.Unsure, analyze.RuleIssueVersion) {
		t.Errorf("version printed: why %v, unsure %v", fits.Why, fits.Unsure)
	}
	if hasRule(asks.Why, analyze.RuleIssueFits) || !hasRule(asks.Unsure, analyze.RuleIssueVersion) ||
		asks.Confidence >= fits.Confidence {
		t.Errorf("version not printed: why %v, unsure %v, confidence %v against %v", asks.Why, asks.Unsure, asks.Confidence, fits.Confidence)
	}
	found := false
	for _, step := range asks.Next {
		found = found || step.Command == "lmvm mfeavfk"
	}
	if !found {
		t.Errorf("next %v", asks.Next)
	}
	if c := with("5.6.0.0"); c.Known != nil {
		t.Errorf("a mended version matches %s", c.Known.ID)
	}
}

// TestMembersCarryWhatTheyAreHeldAgainst: charts show the band and the tolerance that
// the verdict went by.
func TestMembersCarryWhatTheyAreHeldAgainst(t *testing.T) {
	first := attached()
	first.Uptime = time.Hour
	second := attached().np("Toke", 10_841, 3_000_000)
	second.At = second.At.Add(9 * time.Hour)
	r := judge(t, first, second)
	for _, m := range r.Cases[0].Core {
		expected := m.ClusterCount() - m.Surplus
		if want := expected / 500; m.Within != want {
			t.Errorf("%s at %d:%d: tolerance %d, want %d", m.Tag, m.Times, m.Per, m.Within, want)
		}
		if known := m.Tag == ingest.MustTag("Toke"); known != (m.Band != nil) {
			t.Errorf("%s: band %v", m.Tag, m.Band)
		} else if known && m.Band.Count.Hi != 25_000 {
			t.Errorf("band of %s up to %d", m.Tag, m.Band.Count.Hi)
		}
	}
	if s := r.Machines[0].Sessions; len(s) != 1 || len(s[0].Snapshots) != 2 || s[0].Restarted() {
		t.Errorf("boot sessions %+v", s)
	}
}
