package judge

import (
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestObjectLeakNamesTheObjectAndNobodyElse(t *testing.T) {
	r := judge(t, kept())
	c := onlyCase(t, r)
	if c.Verdict != analyze.Leak || c.Kind != analyze.ObjectLeak || c.Class != analyze.ObjectGap ||
		c.Object != "process" {
		t.Errorf("verdict %s, kind %s, class %s, object %q", c.Verdict, c.Kind, c.Class, c.Object)
	}
	if c.Holder.Established() || c.Trigger.Established() || c.Amplifier.Established() {
		t.Errorf("holder %q, trigger %q, amplifier %q", c.Holder.Module, c.Trigger.Module, c.Amplifier.Module)
	}
	if c.Owner.Module != "nt" {
		t.Errorf("owner %q, want nt", c.Owner.Module)
	}
	if got := strings.Join(tagsOf(c.Core), " "); got != "Proc SePa" {
		t.Errorf("core %q", got)
	}
	if got := strings.Join(tagsOf(c.Followers), " "); got != "SeTd" || c.Followers[0].Surplus != 42 {
		t.Errorf("followers %q, surplus %d", got, c.Followers[0].Surplus)
	}
	if len(c.Cleared) != 1 || c.Cleared[0].Name != "SEY*" || c.Cleared[0].Allocs != 2_680_696 || c.Cleared[0].Open != 0 {
		t.Errorf("cleared %+v", c.Cleared)
	}
	if !hasRule(c.Unsure, analyze.RuleVerifierBlind) || !hasRule(c.Unsure, analyze.RuleHolderUnknown) ||
		!hasRule(c.Why, analyze.RuleNoFrees) {
		t.Errorf("unsure %v, why %v", c.Unsure, c.Why)
	}
	for _, command := range []string{"!process 0 0", "!poolfind Proc 0", "!handle 0 1 0 Process", "gflags /ko /t Proc"} {
		if !hasCommand(c.Next, command) {
			t.Errorf("next steps lack %q: %v", command, c.Next)
		}
	}
}

func hasCommand(steps []analyze.Step, command string) bool {
	for _, s := range steps {
		if s.Command == command {
			return true
		}
	}
	return false
}

func TestObjectGapAgainstLiveObjects(t *testing.T) {
	// 2 · 300 + 1000 = 1600 would pass.
	for n, want := range map[int64]int{1_599: 0, 1_600: 0, 1_601: 1} {
		r := judge(t, snap("M").np("Proc", n, uint64(n)*700).live(300))
		if len(r.Cases) != want {
			t.Errorf("%d outstanding, 300 live: %d cases, want %d", n, len(r.Cases), want)
		}
	}
	c := onlyCase(t, judge(t, snap("M").np("Proc", 5_000, 3_500_000).live(300)))
	if c.Events != 4_700 || !hasRule(c.Why, analyze.RuleObjectGap) {
		t.Errorf("events %d, want outstanding less the live ones", c.Events)
	}
}

func TestObjectGapWithoutLiveObjects(t *testing.T) {
	normal := know(t).Tag(ingest.MustTag("Proc")).Normal
	for n, want := range map[int64]int{normal - 1: 0, normal: 0, normal + 1: 1} {
		if r := judge(t, snap("M").np("Proc", n, uint64(n)*700)); len(r.Cases) != want {
			t.Errorf("%d outstanding: %d cases, want %d", n, len(r.Cases), want)
		}
	}
}

func TestCachedFilesAreNoLeak(t *testing.T) {
	const files = 2_000_000
	for _, c := range []struct {
		name string
		mmca int64
		want int
	}{
		{"control areas beside the files", files / 2, 0},
		{"at the limit", files / 10, 0},
		{"just under the limit", files/10 - 1, 1},
	} {
		r := judge(t, snap("M").np("File", files, files*400).np("MmCa", c.mmca, 300*uint64(c.mmca)))
		if len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
	cut := snap("M").np("File", files, files*400)
	cut.Blocks[0].State = ingest.BlockCut
	if r := judge(t, cut); len(r.Cases) != 0 {
		t.Errorf("a cut table may have lost MmCa, yet %d cases", len(r.Cases))
	}
}

func TestPrivateTagInStepIsBlamedBeforeTheObject(t *testing.T) {
	s := snap("M").row(ingest.NonPaged, "qzWk", 769_998, 240_000_000, "work items , Binary: qzcrypt.sys").
		np("IoWI", 769_999, 86_000_000)
	c := onlyCase(t, judge(t, s))
	if c.Core[0].Tag.String() != "qzWk" || c.Holder.Module != "qzcrypt.sys" || c.Object != "work item" {
		t.Errorf("core %q, holder %q, object %q", tagsOf(c.Core), c.Holder.Module, c.Object)
	}
}

func TestTwoDriversInStepNameNobody(t *testing.T) {
	s := snap("M").row(ingest.NonPaged, "qzWk", 769_998, 240_000_000, "work items , Binary: qzcrypt.sys").
		row(ingest.NonPaged, "abWk", 769_997, 240_000_000, "work items , Binary: abackup.sys").np("IoWI", 769_999, 86_000_000)
	if c := onlyCase(t, judge(t, s)); c.Holder.Established() {
		t.Errorf("holder %q though two drivers fit", c.Holder.Module)
	}
}

func TestFamilyIsClearedOnlyWhenAllOfItBalances(t *testing.T) {
	s := kept().unknown("SEY9", 1, 48).counted(47_008, 47_007)
	if c := onlyCase(t, judge(t, s)); len(c.Cleared) != 0 {
		t.Errorf("cleared %+v though SEY9 has one outstanding", c.Cleared)
	}
	short := kept()
	short.Tags = short.Tags[:len(short.Tags)-1] // two SEY tags are no family
	if c := onlyCase(t, judge(t, short)); len(c.Cleared) != 0 {
		t.Errorf("cleared %+v", c.Cleared)
	}
}
