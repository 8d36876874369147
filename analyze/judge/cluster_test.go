package judge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestPairNeedsVolumeAndExactness(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name string
		a, b int64
		want bool
	}{
		{"one apart, far above ten thousand", 129_790, 129_789, true},
		{"one apart just above ten thousand is no proof by itself", 12_979, 12_978, false},
		{"nor is an exact one, where any tag of the table may have been the anchor", 12_979, 12_979, false},
		{"exact at the least volume of a case", 50_000, 50_000, true},
		{"one part in ten thousand", 129_790, 129_778, true},
		{"one more", 129_790, 129_777, false},
		{"just under ten thousand", 9_999, 9_999, false},
	} {
		e := examine(snap("M").np("Aaaa", c.a, 1).np("Bbbb", c.b, 1).Snapshot, scene{th: th, know: know(t)})
		core := e.grow(*e.Find(ingest.MustTag("Aaaa"), ingest.NonPaged))
		if got := len(core) == 2 && e.convicts(core); got != c.want {
			t.Errorf("%s: convicts = %v, want %v", c.name, got, c.want)
		}
	}
}

// A pair too small to convict supports a tag that another sign has chosen, when
// it is closer than chance allows in its table.
func TestPairSupportsAChosenTag(t *testing.T) {
	c := onlyCase(t, judge(t, snap("M").np("Proc", 4_310, 2_900_000).np("SePa", 4_310, 750_000).live(41)))
	if c.Cluster == nil || len(c.Core) != 2 {
		t.Errorf("core %q, cluster %+v", tagsOf(c.Core), c.Cluster)
	}
	crowd := snap("M").np("Proc", 4_310, 2_900_000).np("SePa", 4_306, 750_000).live(41)
	for i := range 300 {
		name := string([]byte{'q', 'r', byte('a' + i/26), byte('a' + i%26)})
		crowd = crowd.np(name, int64(600+25*i), 40_000)
	}
	if c := onlyCase(t, judge(t, crowd)); c.Cluster != nil {
		t.Errorf("a match that a crowded table makes by chance supports: %+v", c.Cluster)
	}
}

// Thousands of tags in step are one case, found around one of them: a table may have as
// many as a fault in a debugger's extension prints.
func TestThousandsOfTagsInStepAreOneCase(t *testing.T) {
	const tags = 5_000
	s := snap("M")
	for i := range tags {
		s = s.unknown(fmt.Sprintf("%04x", i), 710_346, 113_655_360)
	}
	if c := onlyCase(t, judge(t, s)); len(c.Core) != tags {
		t.Errorf("%d tags in the case", len(c.Core))
	}
	grown := 0
	taken := map[ingest.Tag]bool{}
	e := examine(s.Snapshot, scene{th: analyze.DefaultThresholds(), know: know(t)})
	for row := range e.lockstep(taken) {
		for _, m := range e.grow(row) {
			taken[m.Tag] = true
		}
		grown++
	}
	if grown != 1 {
		t.Errorf("%d clusters of the same tags", grown)
	}
}

// unrelated draws a table whose counts have nothing to do with each other: as
// wide as real tables are, three orders of magnitude around 3,000.
func unrelated(r *rand.Rand, tags int) made {
	s := snap("M")
	s.Tags = nil
	for i := range tags {
		n := int64(math.Exp(8 + 1.5*r.NormFloat64()))
		name := string([]byte{'x', byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)})
		s = s.unknown(name, n, uint64(n)*(32+r.Uint64N(2_000)))
	}
	return s
}

// TestUnrelatedTablesGetNoClusterVerdict is the promise behind the printed
// chance estimate: at most 1 % of tables of unrelated tags may look like a leak.
func TestUnrelatedTablesGetNoClusterVerdict(t *testing.T) {
	r := rand.New(rand.NewPCG(2012, 11))
	const tables = 1_000
	k, th := know(t), analyze.DefaultThresholds()
	convicted, cases := 0, 0
	for i := range tables {
		e := examine(unrelated(r, 40+i%100).Snapshot, scene{th: th, know: k})
		for _, row := range e.rows() {
			if core := e.grow(row); row.Outstanding >= th.ClusterEvents && len(core) > 1 && e.convicts(core) {
				convicted++
				break
			}
		}
		cases += len(slices.Collect(e.lockstep(nil)))
	}
	if convicted > tables/100 {
		t.Errorf("%d of %d unrelated tables have a cluster that passes for no luck, want at most 1 %%", convicted, tables)
	}
	if cases > tables/100 {
		t.Errorf("%d cases from clusters in unrelated tables, want at most 1 %%", cases)
	}
	t.Logf("%d of %d tables with such a cluster, %d cases from it", convicted, tables, cases)
}

func TestLockstepCaseNeedsVolumeAPrivateTagAndNoCachedFiles(t *testing.T) {
	step := func(n int64) made {
		return snap("M").unknown("Qzsc", n, uint64(n)*1_200).np("FOCX", n, uint64(n)*400).np("FMfc", n, uint64(n)*192)
	}
	th := analyze.DefaultThresholds()
	for n, want := range map[int64]int{th.ClusterEvents - 1: 0, 90_000: 1} {
		if r := judge(t, step(n)); len(r.Cases) != want {
			t.Errorf("%d events: %d cases, want %d", n, len(r.Cases), want)
		}
	}
	c := onlyCase(t, judge(t, step(90_000)))
	if c.Class != analyze.Lockstep || c.Core[0].Tag.String() != "Qzsc" || c.Holder.Established() {
		t.Errorf("class %s, core %q, holder %q", c.Class, tagsOf(c.Core), c.Holder.Module)
	}
	if r := judge(t, step(90_000).np("MmCa", 90_000, 27_000_000)); len(r.Cases) != 0 {
		t.Errorf("cached files in step raised %d cases", len(r.Cases))
	}
	// A scanner's context for each stream list: control areas tell that files are cached.
	for areas, want := range map[int64]int{8_999: 1, 9_000: 0, 9_001: 0} {
		s := snap("M").unknown("Qzsc", 90_000, 90_000_000).np("FMsl", 90_000, 18_000_000).np("MmCa", areas, 27_000_000)
		if r := judge(t, s); len(r.Cases) != want {
			t.Errorf("%d control areas beside 90,000 stream lists: %d cases, want %d", areas, len(r.Cases), want)
		}
	}
	generic := snap("M").np("FOCX", 90_000, 90_000_000).np("FMfc", 90_000, 90_000_000).np("IoNm", 90_000, 90_000_000)
	if r := judge(t, generic); len(r.Cases) != 0 {
		t.Errorf("shared tags alone raised %d cases: %s", len(r.Cases), strings.Join(tagsOf(r.Cases[0].Core), " "))
	}
}

// A partner leads and names its driver only when it hardly stands there by luck.
func TestPartnerSpeaksWhenCloserThanChance(t *testing.T) {
	th := analyze.DefaultThresholds()
	s := snap("M").np("IoWI", 200_000, 22_400_000).row(ingest.NonPaged, "Qzwk", 200_000, 40_000_000, "contexts , Binary: near.sys")
	chance := onlyCase(t, judge(t, s)).Cluster.Chance
	for _, c := range []struct {
		bound  float64
		lead   string
		holder string
	}{{chance * 0.999, "IoWI", ""}, {chance, "Qzwk", "near.sys"}, {chance * 1.001, "Qzwk", "near.sys"}} {
		th.NameChance = c.bound
		e := examine(s.Snapshot, scene{th: th, know: know(t)})
		got := e.objectCase(e.gaps()[0])
		if got.Core[0].Tag.String() != c.lead || got.Holder.Module != c.holder {
			t.Errorf("bound %v: %s leads, holder %q, want %s, %q", c.bound, got.Core[0].Tag, got.Holder.Module, c.lead, c.holder)
		}
	}
}

// A table of thousands of equal counts is one cluster, and found as one: around each of
// its tags the same.
func TestEqualCountsAreOneCluster(t *testing.T) {
	const tags = 3_000
	s := snap("M")
	for i := range tags {
		s = s.unknown(string([]byte{'Q', byte('a' + i/676), byte('a' + i/26%26), byte('a' + i%26)}), 60_000, 5_760_000)
	}
	e := examine(s.Snapshot, scene{th: analyze.DefaultThresholds(), know: know(t)})
	if anchors, core := e.anchors(), e.grow(e.anchors()[0]); len(anchors) != tags || len(core) != tags {
		t.Fatalf("%d anchors, %d in step with the first, want %d", len(anchors), len(core), tags)
	}
	if found := slices.Collect(e.lockstep(nil)); len(found) != 0 {
		t.Errorf("%d rows of a table where everything is equal are in step by no luck", len(found))
	}
	if len(e.misses) != 1 || e.misses[0].Rule != analyze.MissLuck {
		t.Errorf("missed %v", e.misses)
	}
}
