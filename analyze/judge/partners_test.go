package judge

import (
	"slices"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestThreadsAgainstLiveOnes(t *testing.T) {
	for n, want := range map[int64]int{10_999: 0, 11_000: 0, 11_001: 1} { // 2 · 5000 + 1000
		if r := judge(t, snap("M").np("Thre", n, uint64(n)*700).tally("live threads", 5_000)); len(r.Cases) != want {
			t.Errorf("%d outstanding, 5,000 live: %d cases, want %d", n, len(r.Cases), want)
		}
	}
	c := onlyCase(t, judge(t, snap("M").np("Thre", 30_000, 30_000*700).tally("live threads", 5_000)))
	if c.Events != 25_000 || c.Object != "thread" {
		t.Errorf("%d events of %q", c.Events, c.Object)
	}
}

func TestObjectsByTheirBytes(t *testing.T) {
	each := know(t).Tag(ingest.MustTag("Thre")).EachOn(32).Hi
	normal := know(t).Tag(ingest.MustTag("Thre")).Normal
	for n, want := range map[int64]int{2 * normal: 0, 2*normal + 1: 1} {
		if r := judge(t, snap("M").np("Thre", 0, uint64(float64(n)*each))); len(r.Cases) != want {
			t.Errorf("bytes of %d threads: %d cases, want %d", n, len(r.Cases), want)
		}
	}
	c := onlyCase(t, judge(t, snap("M").np("Thre", 0, uint64(3*float64(normal)*each))))
	if c.Verdict != analyze.Suspect || c.Object != "thread" || !hasRule(c.Why, analyze.RuleObjectBytes) {
		t.Errorf("%s of %q: %v", c.Verdict, c.Object, c.Why)
	}
	special := snap("M").np("Thre", 0, uint64(3*float64(normal)*each)).tally("verifier option: special pool", 1)
	if r := judge(t, special); len(r.Cases) != 0 {
		t.Errorf("special pool gives each allocation a page, yet %d cases", len(r.Cases))
	}
}

func TestFilesOfATableThatMayHaveLostTheControlAreas(t *testing.T) {
	far := analyze.DefaultThresholds().FilesFar * know(t).Tag(ingest.MustTag("File")).Normal
	for n, want := range map[int64]int{far: 1, far - 1: 0} {
		s := snap("M").np("File", n, uint64(n)*160)
		s.Blocks[0].State = ingest.BlockUnclosed
		r := judge(t, s)
		objects := slices.DeleteFunc(r.Cases, func(c analyze.Case) bool { return c.Class != analyze.ObjectGap })
		if len(objects) != want {
			t.Errorf("%d files: %d cases, want %d", n, len(objects), want)
		} else if want == 1 && (objects[0].Verdict != analyze.Suspect ||
			!hasRule(objects[0].WhyNot, analyze.RuleCachedUnknown)) {
			t.Errorf("%s, why not %v", objects[0].Verdict, objects[0].WhyNot)
		}
	}
}

func TestPartnersOfAToken(t *testing.T) {
	const tokens = 1_000_000
	for _, c := range []struct {
		seat int64
		want bool
	}{{1_799_999, false}, {1_800_000, true}, {4_400_000, true}, {4_400_001, false}} {
		r := judge(t, snap("M").np("Toke", tokens, tokens*1_500).np("SeAt", c.seat, uint64(c.seat)*104))
		if got := hasRule(onlyCase(t, r).Why, analyze.RulePartners); got != c.want {
			t.Errorf("%d SeAt for %d tokens: partners %v, want %v", c.seat, tokens, got, c.want)
		}
	}
}

func TestThreadsWithTheirEventsAndSemaphores(t *testing.T) {
	s := snap("M").np("Thre", 100_000, 60_000_000).np("Sema", 100_000, 4_800_000)
	s.Tags[3].Outstanding = 102_000 // Even
	if c := onlyCase(t, judge(t, s)); !hasRule(c.Why, analyze.RuleThreadParts) {
		t.Errorf("why %v", c.Why)
	}
}

func TestCaseNamesTheObjectThatEachEventKeeps(t *testing.T) {
	for _, c := range []struct{ beside, want string }{{"File", "file"}, {"FMfc", "file context"}, {"Strg", ""}} {
		s := snap("M").row(ingest.NonPaged, "qzSc", 503_677, 190_000_000, "contexts , Binary: qzflt.sys").
			np(c.beside, 503_678, 90_000_000)
		got := onlyCase(t, judge(t, s))
		if got.Core[0].Tag.String() != "qzSc" || got.Object != c.want ||
			hasRule(got.Why, analyze.RuleObjectEach) != (c.want != "") {
			t.Errorf("beside %s: lead %q, object %q, want %q", c.beside, got.Core[0].Tag, got.Object, c.want)
		}
	}
}

func TestTwoFamiliesStayTwoCases(t *testing.T) {
	r := judge(t, snap("M").np("File", 13_000_000, 13_000_000*160).np("IoNm", 12_900_000, 900_000_000).
		np("Toke", 3_700_000, 3_700_000*400).np("SeTd", 3_700_000, 3_700_000*100))
	if len(r.Cases) != 2 || r.Cases[0].Object == r.Cases[1].Object {
		t.Errorf("%d cases", len(r.Cases))
	}
}

func TestHandlesExplainTheObjectsOrNot(t *testing.T) {
	tokens := func() made { return snap("M").np("Toke", 400_000, 400_000*1_500) }
	few := onlyCase(t, judge(t, tokens().handles("app.exe", "Token", 39_999)))
	if !hasRule(few.Why, analyze.RuleHandlesFew) || few.Holder.Process != "" ||
		hasRule(few.Unsure, analyze.RuleHandles) {
		t.Errorf("few handles: why %v, holder %+v, unsure %v", few.Why, few.Holder, few.Unsure)
	}
	for count, want := range map[int64]string{40_000: "", 199_999: "", 200_000: "app.exe"} {
		c := onlyCase(t, judge(t, tokens().handles("app.exe", "Token", count)))
		if hasRule(c.Why, analyze.RuleHandlesFew) || c.Holder.Process != want {
			t.Errorf("%d of 400,000: why %v, holder %q, want %q", count, c.Why, c.Holder.Process, want)
		}
	}
}

func TestHolderOfZombiesHoldsTheProcesses(t *testing.T) {
	c := onlyCase(t, judge(t, kept().zombies("agent.exe", 7, 12_900, 0)))
	if c.Core[0].Tag.String() != "Proc" || c.Holder.Program() != "agent.exe (PID 7)" ||
		!hasRule(c.Why, analyze.RuleZombies) {
		t.Errorf("core %q, holder %+v", tagsOf(c.Core), c.Holder)
	}
	if c := onlyCase(t, judge(t, kept().zombies("agent.exe", 7, 300, 0))); c.Holder.Process != "" {
		t.Errorf("300 of 12,979 name %q", c.Holder.Process)
	}
}

func TestOwnBytesBesideKeptFilesNameAFilterAsProbable(t *testing.T) {
	const gb = 1 << 30
	files := func() made {
		return snap("M").np("File", 0, 3*gb).row(ingest.NonPaged, "qzSc", 0, analyze.DefaultThresholds().ShareBytes,
			"contexts , Binary: qzflt.sys")
	}
	c := onlyCase(t, judge(t, files()))
	if c.Holder.Module != "qzflt.sys" || c.Holder.Proven || c.Verdict != analyze.Suspect {
		t.Errorf("%s, holder %+v", c.Verdict, c.Holder)
	}
	small := files()
	small.Tags[len(small.Tags)-1].Bytes--
	two := files().row(ingest.NonPaged, "abSc", 0, gb, "contexts , Binary: abflt.sys")
	counted := files()
	counted.Tags[len(counted.Tags)-1].Outstanding = 600
	for name, s := range map[string]made{"small": small, "two drivers": two, "counts that do not fit": counted} {
		if c := judge(t, s).Cases[0]; c.Holder.Established() {
			t.Errorf("%s: holder %q", name, c.Holder.Module)
		}
	}
}

func TestSiblingThatIsFreedShowsThatThePathRuns(t *testing.T) {
	for _, c := range []struct {
		allocs, frees uint64
		want          bool
	}{{100_000, 99_000, true}, {100_000, 98_999, false}, {99_999, 99_999, false}} {
		s := snap("M").row(ingest.NonPaged, "qzSc", 200_000, 90_000_000, "contexts , Binary: qzflt.sys").counted(200_000, 0).
			row(ingest.Paged, "qzFn", int64(c.allocs-c.frees), 64*(c.allocs-c.frees), "names , Binary: qzflt.sys").counted(c.allocs, c.frees)
		if got := hasRule(onlyCase(t, judge(t, s)).Why, analyze.RuleSibling); got != c.want {
			t.Errorf("%d of %d freed: sibling %v, want %v", c.frees, c.allocs, got, c.want)
		}
	}
}

func TestAHighFreedShareClearsNothingAndUnknownIsNoFault(t *testing.T) {
	s := snap("M").np("Even", 684_000, 80_000_000).counted(52_000_000, 51_316_000) // 98.7 % freed
	if c := onlyCase(t, judge(t, s)); c.Object != "event" {
		t.Errorf("object %q", c.Object)
	}
	if r := judge(t, snap("M").unknown("qzAb", 4_000, 900_000)); len(r.Cases) != 0 {
		t.Errorf("a tag without a line in the dictionary is no fault, yet %d cases", len(r.Cases))
	}
}

func TestCachedFilesAreSaidToBeHealthy(t *testing.T) {
	for areas, want := range map[int64]bool{49_999: false, 50_000: true} {
		r := judge(t, snap("M").np("File", 100_000, 16_000_000).np("MmCa", areas, 15_000_000).np("FMsl", 98_000, 19_000_000).
			np("IoNm", 101_000, 9_000_000))
		if len(r.Cases) != 0 || hasRule(r.Machines[0].Reasons, analyze.MachineCached) != want {
			t.Errorf("%d control areas: %d cases, reasons %v", areas, len(r.Cases), r.Machines[0].Reasons)
		}
	}
}

func TestStopOfANamedDriverExpectsItsTags(t *testing.T) {
	s := snap("M").stop(0xC4, 0x62, 3)
	s.Bugcheck.Driver = "ebpfcore.sys"
	c := onlyCase(t, judge(t, s))
	if len(c.Expect) == 0 || c.Expect[0].Tag != ingest.MustTag("ebpf") || c.Holder.Module != "ebpfcore.sys" {
		t.Errorf("expects %+v, holder %q", c.Expect, c.Holder.Module)
	}
}
