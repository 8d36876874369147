package judge

import (
	"slices"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// tried returns the rungs of a ladder, those that gave an answer with a plus.
func tried(c *analyze.Case, role string) []string {
	var out []string
	for _, r := range c.Ladder {
		if r.Role != role {
			continue
		}
		mark := "-"
		if r.Found {
			mark = "+"
		}
		out = append(out, mark+string(r.Reason.Rule))
	}
	return out
}

func TestLaddersTellEachRung(t *testing.T) {
	alone := func() made { return snap("M").unknown("Abc1", 200_000, 1<<27).counted(200_000, 0) }
	twoModules := alone().module("one", 0x1000, 0x2000).module("two", 0x3000, 0x4000).scan("Abc1", 0x1800, 0x3800)
	withLists := alone().filter("A", "1", 3).filter("B", "2", 3)
	withLists.Verified = []ingest.VerifiedDriver{{Module: "x.sys", State: "Loaded"}}
	withLists.Running = []ingest.ProcessHandles{{Image: "app.exe", Handles: 10}}
	for _, c := range []struct {
		name string
		snap made
		role string
		want []string
	}{
		{"nothing in the log", alone(), "owner", []string{"-rung.no-scan", "-rung.no-binary", "-rung.no-map"}},
		{"nothing in the log", alone(), "holder",
			[]string{"-rung.no-filters", "-rung.no-verifier", "-rung.no-own-tag", "-rung.no-handles"}},
		{"lists that say nothing", withLists, "holder",
			[]string{"-rung.no-runaway", "-rung.verifier-other", "-rung.no-own-tag", "-rung.handles"}},
		{"a scan with one module", alone().module("one", 0x1000, 0x2000).scan("Abc1", 0x1800), "owner",
			[]string{"+rung.scan", "-rung.no-binary", "-rung.no-map"}},
		{"a scan with two", twoModules, "owner", []string{"-owner.several", "-rung.no-binary", "-rung.no-map"}},
		{"a scan without a hit", alone().scan("Abc1"), "owner", []string{"-rung.scan-empty", "-rung.no-binary", "-rung.no-map"}},
		{"a filter that ran away", attached(), "holder",
			[]string{"+holder.count", "-rung.no-verifier", "+rung.own-tag", "-rung.no-handles"}},
	} {
		k := onlyCase(t, judge(t, c.snap))
		if got := tried(k, c.role); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheLadderOfOwnersKnowsMapsAndTheDictionary(t *testing.T) {
	c := onlyCase(t, judge(t, kept()))
	want := []string{"-rung.no-scan", "+owner.binary", "-rung.shared", "-rung.no-scan", "+owner.binary", "-rung.shared"}
	if got := tried(c, "owner"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
