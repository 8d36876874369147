package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestWhatHappenedIsToldForEveryKindAndClass(t *testing.T) {
	for _, kind := range []analyze.Kind{analyze.PoolLeak, analyze.ObjectLeak, analyze.RunawayAttachment} {
		for class := analyze.NoFrees; class <= analyze.Leader; class++ {
			for _, verdict := range []analyze.Verdict{analyze.Suspect, analyze.Leak} {
				k := runawayCase()
				k.Kind, k.Class, k.Verdict = kind, class, verdict
				bare := k
				bare.Core, bare.Object, bare.Events, bare.Bytes, bare.Pools = nil, "", 0, 0, nil
				bare.Holder, bare.Owner = analyze.Attribution{}, analyze.Attribution{}
				for _, c := range []analyze.Case{k, bare} {
					got := sectionOf(t, c, 1)
					if strings.Count(got, ". ") < 4 || strings.Contains(got, " .") || strings.Contains(strings.ReplaceAll(got, "'Ac  '", "'Ac'"), "  ") {
						t.Errorf("%s, %s, %s: %s", kind, class, verdict, got)
					}
				}
			}
		}
	}
}

func TestWhatHappenedNamesOnlyWhoIsEstablished(t *testing.T) {
	k := runawayCase()
	k.Holder.Proven = true
	for _, c := range []struct {
		name  string
		alter func(*analyze.Case)
		want  string
	}{
		{"proven", func(c *analyze.Case) { c.Owner = analyze.Attribution{} }, "AcmeVault keeps hold of it."},
		{"probable", func(c *analyze.Case) { c.Holder.Proven = false }, "AcmeVault probably keeps hold of it."},
		{"for another", func(c *analyze.Case) { c.Owner.Module = "fltmgr.sys" },
			"keeps hold of it; the memory itself was allocated by fltmgr.sys on its behalf."},
		{"owner only", func(c *analyze.Case) { c.Holder = analyze.Attribution{} },
			"allocated by AcmeVault, but who fails to give it back is not established."},
		{"nobody", func(c *analyze.Case) { c.Holder, c.Owner = analyze.Attribution{}, analyze.Attribution{} },
			"Which driver or program is behind it is not established."},
	} {
		one := k
		c.alter(&one)
		if got := sectionOf(t, one, 1); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestImpactSaysOfHowMuchAndUntilWhen(t *testing.T) {
	got := sectionOf(t, runawayCase(), 2)
	for _, want := range []string{"10.5 % of the 256 MB", "all of the pool stands at 18.8 %", "so no exhaustion date",
		"Opening files gets slower"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	k := shareCase()
	k.Bytes = 0
	if got := sectionOf(t, k, 2); strings.Contains(got, "Of the ceiling") {
		t.Errorf("without bytes and pools: %s", got)
	}
}

// past gives the runaway case's machine a log from two days before.
func past(t *testing.T, k *analyze.Case, alter func(*ingest.Snapshot)) Input {
	t.Helper()
	before := snapshot("LAB-014", "before.log")
	before.At, before.Uptime = k.Lead.At.Add(-48*time.Hour), 4*time.Hour
	before.FilterSet, k.Lead.FilterSet = true, true
	before.Modules = []ingest.Module{{Name: "AcmeVault", Version: "4.1.0.2"}, {Name: "other", Version: "1"}}
	alter(before)
	in := fleet(t)
	in.Result.Machines[1].Snapshots = []*ingest.Snapshot{before, k.Lead}
	k.Sightings = []analyze.Sighting{{Machine: "LAB-014", Snapshot: k.Lead, Events: 7204, Bytes: 27 * mib}}
	return in
}

func TestTimelineTellsWhatChangedBetweenLogs(t *testing.T) {
	k := runawayCase()
	in := past(t, &k, func(s *ingest.Snapshot) {
		s.OS.Build, s.Uptime = 7600, 100*time.Hour
		s.Filters = []ingest.Filter{{Name: "OldFlt"}}
	})
	k.Lead.Filters = []ingest.Filter{{Name: "AcmeVault"}, {Name: "AcmeVault"}}
	var d dumper
	for _, s := range writeup(t, in, k).Sections[2:3] {
		d.section(s)
	}
	for _, want := range []string{"2025-03-03 02:15:30 | Does not show the case, 4 days 4 hours after the start (before.log).",
		"First log that shows the case: 7,204 events, 27 MB, 2 days 4 hours after the start (acme.log).",
		"Restarted since the log before, at 2025-03-02 22:15:30 UTC.", "Windows build 7600 became 7601.",
		"Drivers changed: AcmeVault 4.1.0.2 → 4.2.0.17.", "New filters: AcmeVault.", "Filters gone: OldFlt."} {
		if !strings.Contains(d.String(), want) {
			t.Errorf("%q is missing: %s", want, d.String())
		}
	}
}

func TestTimelineKeepsQuietAboutWhatIsNotKnown(t *testing.T) {
	k := runawayCase()
	in := past(t, &k, func(s *ingest.Snapshot) { s.FilterSet, s.Uptime, s.Modules = false, 4*time.Hour, nil })
	var d dumper
	d.section(writeup(t, in, k).Sections[2])
	for _, never := range []string{"Restarted", "became", "Drivers", "ilters"} {
		if strings.Contains(d.String(), never) {
			t.Errorf("%q without a reason: %s", never, d.String())
		}
	}
}

func TestTimelineIsBoundedAndKeepsWhatTells(t *testing.T) {
	k := runawayCase()
	in := past(t, &k, func(*ingest.Snapshot) {})
	var logs []*ingest.Snapshot
	for i := range 200 {
		s := snapshot("LAB-014", fmt.Sprint("day", i, ".log"))
		s.At, s.Uptime = k.Lead.At.Add(time.Duration(i-200)*time.Hour), time.Duration(100+i)*time.Hour
		if i == 77 {
			s.Filters, s.FilterSet = []ingest.Filter{{Name: "Passing"}}, true
			logs[i-1].FilterSet = true
		}
		logs = append(logs, s)
		k.Sightings = append(k.Sightings, analyze.Sighting{Machine: "LAB-014", Snapshot: s, Events: int64(i)})
	}
	in.Result.Machines[1].Snapshots = append(logs, k.Lead)
	sec := writeup(t, in, k).Sections[2]
	var d dumper
	d.section(sec)
	if n := len(sec.Blocks[0].Table.Rows); n != timelineRows {
		t.Errorf("%d rows", n)
	}
	for _, want := range []string{"(day0.log)", "New filters: Passing.", "(acme.log)", "187 of 201 logs are left out"} {
		if !strings.Contains(d.String(), want) {
			t.Errorf("%q is missing: %s", want, d.String())
		}
	}
}

func TestEveryStepHasItsCostAndOutcomes(t *testing.T) {
	words := english(t)
	for _, name := range words.Names() {
		rule, found := strings.CutPrefix(name, "next.")
		if found && (!words.Has("cost.next."+rule) || !words.Has("outcome.next."+rule)) {
			t.Errorf("next.%s has no cost or no outcome", rule)
		}
	}
}

func TestFirstPageTakesTheReasonsThatWeighMost(t *testing.T) {
	k := runawayCase()
	k.Why, k.Trail = nil, nil
	for i := range 6 {
		r := because(analyze.RuleOwnTag, analyze.Facts{"tag": ingest.MustTag(fmt.Sprint("Tag", i)), "module": "m", "count": int64(i)})
		k.Why = append(k.Why, r)
		k.Trail = append(k.Trail, analyze.TrailStep{Reason: r, Weight: float64(i % 5)})
	}
	p := writeup(t, fleet(t), k).Points[0]
	if len(p.Items) != firstWhy || p.More != "3 more in section 9 of the write-up." {
		t.Fatalf("%d reasons, %q", len(p.Items), p.More)
	}
	for i, want := range []string{"Tag2", "Tag3", "Tag4"} {
		if !strings.HasPrefix(p.Items[i], want) {
			t.Errorf("reason %d is %q, want that of %s", i, p.Items[i], want)
		}
	}
}

func TestFirstPageKeepsTheAnchorAndTheLargestTags(t *testing.T) {
	k := runawayCase()
	for i := range 20 {
		k.Core = append(k.Core, inStep(usage(fmt.Sprintf("M%03d", i), 7204, uint64(1000+i), i), 7204, 1, 1))
	}
	k.Core[0].Bytes = 1
	w := writeup(t, fleet(t), k)
	if len(w.Evidence.Rows) != evidenceRows || w.Evidence.Rows[0][0].Text != "FMis" {
		t.Errorf("%d rows from %s", len(w.Evidence.Rows), w.Evidence.Rows[0][0].Text)
	}
	var d dumper
	d.table(&w.Evidence)
	if !strings.Contains(d.String(), "M019") || strings.Contains(d.String(), "M000") || w.Evidence.Note != "18 more tags in section 4" {
		t.Error(d.String())
	}
}
