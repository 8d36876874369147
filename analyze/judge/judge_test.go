package judge

import (
	"reflect"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestNoFreesNeedsVolume(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name          string
		n             int64
		allocs, frees uint64
		want          int
	}{
		{"volume and no frees", th.NoFreesOutstanding, 100_000, 0, 1},
		{"just under the volume", th.NoFreesOutstanding - 1, 99_999, 0, 0},
		{"just over the volume", th.NoFreesOutstanding + 1, 100_001, 0, 1},
		{"1 % freed", 198_000, 200_000, 2_000, 0},
		{"just under 1 % freed", 198_001, 200_000, 1_999, 1},
	} {
		r := judge(t, snap("M").unknown("Abcd", c.n, uint64(c.n)*64).counted(c.allocs, c.frees))
		if len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
	if r := judge(t, snap("M").np("EtwB", 200_000, 1<<28).counted(200_000, 0)); len(r.Cases) != 0 {
		t.Errorf("a tag known to stay raised %d cases", len(r.Cases))
	}
}

func TestShareOnlySuspects(t *testing.T) {
	th := analyze.DefaultThresholds()
	for bytes, want := range map[uint64]int{th.ShareBytes - 1: 0, th.ShareBytes: 1} {
		r := judge(t, snap("M").unknown("Abcd", 2_000, bytes))
		if len(r.Cases) != want {
			t.Errorf("%d bytes: %d cases, want %d", bytes, len(r.Cases), want)
		} else if want == 1 && (r.Cases[0].Verdict != analyze.Suspect || r.Cases[0].Holder.Established()) {
			t.Errorf("verdict %s, holder %q", r.Cases[0].Verdict, r.Cases[0].Holder.Module)
		}
	}
}

func TestHealthyHasToBeEarned(t *testing.T) {
	for _, c := range []struct {
		name  string
		state ingest.BlockState
		want  analyze.Verdict
	}{
		{"whole table", ingest.BlockComplete, analyze.Healthy},
		{"no TOTAL", ingest.BlockUnclosed, analyze.Insufficient},
		{"cut in mid-row", ingest.BlockCut, analyze.Insufficient},
	} {
		s := snap("M").filter("A", "1000", 4).filter("B", "2000", 3)
		s.Blocks[0].State = c.state
		if got := judge(t, s).Machines[0]; got.Verdict != c.want || len(got.Reasons) == 0 {
			t.Errorf("%s: %s with %d reasons, want %s", c.name, got.Verdict, len(got.Reasons), c.want)
		}
	}
	wrong := snap("M")
	wrong.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: ingest.Usage{Outstanding: 9_999, Bytes: 99}}}
	if got := judge(t, wrong).Machines[0].Verdict; got != analyze.Insufficient {
		t.Errorf("rows that do not add up: %s", got)
	}
	empty := snap("M").filter("A", "1000", 4)
	empty.Tags, empty.Blocks = nil, nil
	if got := judge(t, empty).Machines[0].Verdict; got != analyze.Insufficient {
		t.Errorf("no pool table: %s", got)
	}
}

func TestOneDefectIsOneCaseOverMachinesAndTime(t *testing.T) {
	a, b := scanned2(attached()), scanned2(attached())
	b.Machine.Name = "LAB-XP-09"
	early := snap("LAB-XP-07").filter("WavxDMgr", "145300", 4).filter("SRTSP", "329000", 4)
	early.At = a.At.Add(-200 * time.Hour)
	r := judge(t, a, b, early)
	c := onlyCase(t, r)
	if !reflect.DeepEqual(c.Machines, []string{"LAB-XP-07", "LAB-XP-09"}) {
		t.Errorf("machines %q", c.Machines)
	}
	if len(r.Machines) != 2 || len(r.Machines[0].Snapshots) != 2 || r.Machines[0].Snapshots[0] != early.Snapshot {
		t.Errorf("snapshots are not in time order")
	}
	for _, m := range r.Machines {
		if m.Verdict != analyze.Runaway || len(m.Cases) != 1 || m.Cases[0] != c.ID {
			t.Errorf("%s: %s, cases %v", m.Name, m.Verdict, m.Cases)
		}
	}
}

// The signature says what the defect is: counts, bytes, machine and uptime are
// facets and must not change it.
func TestSignatureIgnoresFacets(t *testing.T) {
	a := onlyCase(t, judge(t, kept()))
	s := kept()
	s.Machine.Name, s.Uptime = "OTHER", time.Hour
	for i := range s.Tags {
		s.Tags[i].Outstanding *= 2
		s.Tags[i].Bytes *= 3
	}
	b := onlyCase(t, judge(t, s))
	if a.Signature != b.Signature || a.ID != b.ID {
		t.Errorf("signature %q and %q", a.Signature, b.Signature)
	}
	if want := "v1|object-leak|object-gap|nonpaged|50726F63,53655061|-"; a.Signature != want {
		t.Errorf("signature %q, want %q", a.Signature, want)
	}
}

func TestJudgeIsDeterministic(t *testing.T) {
	first := judge(t, scanned2(attached()), kept())
	for range 20 {
		if again := judge(t, scanned2(attached()), kept()); !reflect.DeepEqual(first, again) {
			t.Fatal("two runs over the same snapshots differ")
		}
	}
}

func TestRateIsAMeanSinceBootAndGivesNoDate(t *testing.T) {
	c := onlyCase(t, judge(t, attached()))
	if c.Rate == nil || !c.Rate.SinceBoot || c.Rate.EventsPerHour != 1082.6 || c.Exhausts != nil ||
		c.NoExhaustion.Rule != analyze.RuleAverage {
		t.Errorf("rate %+v, exhausts %+v, %s", c.Rate, c.Exhausts, c.NoExhaustion.Rule)
	}
	s := attached()
	s.UptimeOK = false
	if c := onlyCase(t, judge(t, s)); c.Rate != nil || c.NoExhaustion.Rule != analyze.RuleNoRate {
		t.Errorf("rate %+v without an uptime", c.Rate)
	}
}

func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		name string
		snap ingest.Snapshot
		want uint64
		rule analyze.Rule
	}{
		{"printed by !vm", ingest.Snapshot{RAM: 2 << 30, VM: &ingest.VM{NonPagedMax: 256 << 20}}, 256 << 20,
			analyze.RuleCeilingVM},
		{"16 TiB by !vm is not believed", ingest.Snapshot{RAM: 16 << 30, OS: ingest.OS{Bits: 64}, VM: &ingest.VM{NonPagedMax: 1 << 44}},
			12 << 30, analyze.RuleCeiling64},
		{"32-bit", ingest.Snapshot{OS: ingest.OS{Bits: 32}}, 256 << 20, analyze.RuleCeiling32},
		{"large machine", ingest.Snapshot{RAM: 512 << 30, OS: ingest.OS{Bits: 64}}, 128 << 30, analyze.RuleCeiling64},
		{"nothing known", ingest.Snapshot{}, 0, analyze.RuleCeilingUnknown},
	} {
		got, why := ceiling(&c.snap, ingest.NonPaged)
		if got != c.want || why.Rule != c.rule {
			t.Errorf("%s: %d by %s, want %d by %s", c.name, got, why.Rule, c.want, c.rule)
		}
	}
}

func TestOwnerLadder(t *testing.T) {
	row := ingest.TagUsage{Tag: ingest.MustTag("Abcd"), Pool: ingest.NonPaged}
	withBinary := row
	withBinary.Description = "something , Binary: nt!ps"
	mapped := ingest.TagUsage{Tag: ingest.MustTag("FMis")}
	two := snap("M").module("one", 0x1000, 0x2000).module("two", 0x3000, 0x4000).module("nt", 0x8000, 0x9000)
	for _, c := range []struct {
		name, want string
		row        ingest.TagUsage
		snap       made
	}{
		{"scan beats Binary:", "one", withBinary, scanIn(two, 0x1800)},
		{"a hit in nt is the kernel's own table", "one", row, scanIn(two, 0x1800, 0x8100)},
		{"two drivers", "", row, scanIn(two, 0x1800, 0x3800)},
		{"a hit outside every module", "", row, scanIn(two, 0xffff)},
		{"Binary:", "nt", withBinary, two},
		{"tag map", "fltmgr.sys", mapped, two},
		{"nothing", "", row, two},
	} {
		if got := owner(c.snap.Snapshot, c.row, know(t)); got.Module != c.want {
			t.Errorf("%s: %q by %s, want %q", c.name, got.Module, got.Basis.Rule, c.want)
		}
	}
}

// scanIn copies the snapshot and adds a scan for Abcd.
func scanIn(m made, hits ...uint64) made {
	s := *m.Snapshot
	return made{&s}.scan("Abcd", hits...)
}

func TestFleetTagsSumOverMachines(t *testing.T) {
	r := judge(t, snap("A").unknown("Abcd", 10, 1<<30), snap("B").unknown("Abcd", 30, 1<<30), snap("C").unknown("Abcd", 20, 1<<30))
	f := r.Tags[0]
	if f.Tag.String() != "Abcd" || f.Machines != 3 || f.Median != 20 || f.Most != 30 || f.MostOn != "B" || f.Bytes != 3<<30 {
		t.Errorf("%+v", f)
	}
}

func TestUnreadableLogBelongsToItsMachineUnlessOnlyItsFileNamesIt(t *testing.T) {
	for from, want := range map[ingest.NameSource]int{ingest.NameFromFile: 0, ingest.NameFromFolder: 1, ingest.NameFromLog: 1} {
		s := &ingest.Snapshot{Machine: ingest.Machine{Name: "LAB-9", From: from}}
		r := Judge([]*ingest.Document{{Snapshots: []*ingest.Snapshot{s}}}, know(t), analyze.DefaultThresholds())
		if len(r.Machines) != want {
			t.Errorf("named by %s: %d machines, want %d", from, len(r.Machines), want)
		} else if want == 1 && r.Machines[0].Verdict != analyze.Insufficient {
			t.Errorf("named by %s: %s", from, r.Machines[0].Verdict)
		}
	}
}
