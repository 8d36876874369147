package judge

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// on adds a filter attached once to each volume, as "fltmc instances" lists it.
func (m made) on(name, altitude string, volumes ...string) made {
	f := ingest.Filter{Frame: "0", Name: name, Altitude: ingest.Altitude(altitude), Legacy: strings.HasSuffix(altitude, ".99"),
		Source: m.row500()}
	for _, v := range volumes {
		at := -1
		for i := range f.Instances {
			if f.Instances[i].Volume == v {
				at = i
			}
		}
		if at < 0 {
			at = len(f.Instances)
			f.Instances = append(f.Instances, ingest.Instance{Name: name, Altitude: f.Altitude, Volume: v, Source: m.row500()})
		}
		f.Instances[at].Count++
		if v != "" && !slices.ContainsFunc(m.Volumes, func(o ingest.Volume) bool { return o.Name == v }) {
			m.Volumes = append(m.Volumes, ingest.Volume{Name: v, Source: m.row500(), Instances: []ingest.Instance{{Name: name, Volume: v, Count: 1}}})
		}
	}
	m.Filters = append(m.Filters, f)
	m.PlaceSet = true
	return m
}

func (m made) row500() ingest.Source {
	return ingest.Source{File: m.Machine.Name + ".log", Line: 500 + len(m.Filters)}
}

// listing starts a snapshot that holds a list of attachments and no pool table.
func listing(machine string, build int) made {
	m := snap(machine)
	m.Tags, m.Blocks, m.OS.Build, m.OS.Bits = nil, nil, build, 64
	m.Blocks = []ingest.Block{{Source: ingest.Source{File: machine + ".log", Line: 490}, Command: "fltmc instances",
		State: ingest.BlockComplete, LastLine: 599}}
	return m
}

// nothingOnDisks is a server where only the named pipe device has a filter.
func nothingOnDisks(build int) made {
	return listing("SRV-2012", build).on("npsvctrig", "46000", `\Device\NamedPipe`)
}

func TestNoMinifilterOnADiskIsSuspectAndSaysWhatToLookFor(t *testing.T) {
	for name, s := range map[string]made{
		"build known":   nothingOnDisks(9600),
		"Server 2012":   nothingOnDisks(9200),
		"build unknown": nothingOnDisks(0),
		"legacy filter": nothingOnDisks(9600).on("OldGuard", "268998.99", "C:"),
	} {
		c := onlyCase(t, judge(t, s))
		if c.Verdict != analyze.Suspect || c.Class != analyze.NameCache || c.Object != "file name" ||
			c.Holder.Established() {
			t.Errorf("%s: %s, class %s, object %q, holder %q", name, c.Verdict, c.Class, c.Object, c.Holder.Module)
		}
		if c.Confidence > 0.6 || !hasRule(c.Why, analyze.RuleNoDiskFilter) ||
			hasRule(c.Unsure, analyze.RuleNameBuild) != (s.OS.Build == 0) {
			t.Errorf("%s: confidence %v, why %v, unsure %v", name, c.Confidence, c.Why, c.Unsure)
		}
		if len(c.Expect) != 1 || c.Expect[0].Tag != fmfn || c.Known == nil || c.Known.ID != "name-cache-without-minifilter" {
			t.Errorf("%s: expects %v, known %v", name, c.Expect, c.Known)
		}
	}
}

func TestNoMinifilterIsSaidOnlyOfAWholeList(t *testing.T) {
	picked := nothingOnDisks(9600)
	picked.PlaceSet = false
	cut := nothingOnDisks(9600)
	cut.Blocks[0].State = ingest.BlockCut
	counts := nothingOnDisks(9600).filter("luafv", "135000", 1) // counted, not placed
	for name, s := range map[string]made{
		"a minifilter on C:":    nothingOnDisks(9600).on("luafv", "135000", "C:"),
		"a volume without name": nothingOnDisks(9600).on("FileInfo", "45000", ""),
		"one filter asked for":  picked,
		"cut off":               cut,
		"counts beside it":      counts,
		"nothing listed":        listing("SRV-2012", 9600),
		"another Windows":       nothingOnDisks(17763),
	} {
		if r := judge(t, s); len(r.Cases) != 0 {
			t.Errorf("%s: %+v", name, r.Cases)
		}
	}
}

func TestListWithoutAnEndLowersTheConfidence(t *testing.T) {
	open := nothingOnDisks(9600)
	open.Blocks[0].State = ingest.BlockUnclosed
	c := onlyCase(t, judge(t, open))
	if whole := onlyCase(t, judge(t, nothingOnDisks(9600))); c.Confidence >= whole.Confidence ||
		!hasRule(c.Limits, analyze.RuleListOpen) {
		t.Errorf("confidence %v, of a whole list %v; limits %v", c.Confidence, whole.Confidence, c.Limits)
	}
}

func TestNamesInTheTableDecide(t *testing.T) {
	need := analyze.DefaultThresholds().NameCache
	for _, c := range []struct {
		name  string
		count int64
		want  analyze.Verdict
	}{
		{"just under", need - 1, 0},
		{"at the threshold", need, analyze.Leak},
		{"just over", need + 1, analyze.Leak},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := nothingOnDisks(9600).row(ingest.Paged, "FMfn", c.count, uint64(c.count)*400, "NAME_CACHE_NODE structure , Binary: fltmgr.sys")
			r := judge(t, s)
			if c.want == 0 {
				if len(r.Cases) != 0 {
					t.Errorf("cases %+v", r.Cases)
				}
				return
			}
			k := onlyCase(t, r)
			if k.Verdict != c.want || k.Core[0].Tag != fmfn || k.Owner.Module != "fltmgr.sys" || k.Holder.Established() || k.Events != c.count {
				t.Errorf("%s, core %v, owner %q, holder %q", k.Verdict, tagsOf(k.Core), k.Owner.Module, k.Holder.Module)
			}
		})
	}
}

// volume adds a volume of !fltkd.volumes with so many instances.
func (m made) volume(name string, instances int) made {
	v := ingest.Volume{Name: name, Address: 0xffff8001, Source: ingest.Source{File: m.Machine.Name + ".log", Line: 520 + len(m.Volumes)}}
	if instances > 0 {
		v.Instances = []ingest.Instance{{Name: "i", Volume: name, Count: instances}}
	}
	m.Volumes = append(m.Volumes, v)
	return m
}

func TestVolumesOfTheDebuggerShowThatNothingIsOnADisk(t *testing.T) {
	bare := listing("SRV-2012", 9600).volume(`\Device\Mup`, 1).volume(`\Device\HarddiskVolume2`, 0)
	if c := onlyCase(t, judge(t, bare)); c.Class != analyze.NameCache {
		t.Errorf("class %s", c.Class)
	}
	for name, s := range map[string]made{
		"one attached": listing("S", 9600).volume(`\Device\HarddiskVolume1`, 1).volume(`\Device\HarddiskVolume2`, 0),
		"no disk":      listing("S", 9600).volume(`\Device\Mup`, 1),
	} {
		if r := judge(t, s); len(r.Cases) != 0 {
			t.Errorf("%s: %+v", name, r.Cases)
		}
	}
}

func TestNamesThatGrowWithinABootDecideToo(t *testing.T) {
	for name, c := range map[string]struct {
		counts []int64
		want   int // cases
	}{
		"growing":           {[]int64{20_000, 60_000, 100_000, 140_000, 180_000, 220_000}, 1},
		"level":             {[]int64{20_000, 20_010, 19_990, 20_000, 20_020, 20_000}, 0},
		"too few snapshots": {[]int64{20_000, 220_000}, 0},
	} {
		var all []made
		for i, n := range c.counts {
			all = append(all, nothingOnDisks(9600).later(2*i).row(ingest.Paged, "FMfn", n, uint64(n)*400, "NAME_CACHE_NODE structure , Binary: fltmgr.sys"))
		}
		r := judge(t, all...)
		found := 0
		for _, k := range r.Cases {
			if k.Class == analyze.NameCache && k.Verdict == analyze.Leak && hasRule(k.Why, analyze.RuleNamesGrow) {
				found++
			}
		}
		if found != c.want {
			t.Errorf("%s: %d cases of names that grow, want %d: %+v", name, found, c.want, r.Cases)
		}
	}
}
