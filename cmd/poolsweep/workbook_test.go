package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// record takes a log of a machine, taken so long before now, into the history.
func (b *bench) record(t *testing.T, machine string, ago time.Duration) {
	t.Helper()
	name := fmt.Sprintf("%s/%d.log", machine, ago/time.Hour)
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: machine, From: ingest.NameFromFolder}, At: b.wall.Add(-ago),
		Source: ingest.Source{File: name, Line: 1}, Uptime: 1000*time.Hour - ago, UptimeOK: true,
		Tags: []ingest.TagUsage{{Tag: ingest.MustTag("Abcd"), Pool: ingest.NonPaged,
			Usage: ingest.Usage{Outstanding: 7, Bytes: uint64(1<<30 - ago)}}}}
	doc := &ingest.Document{File: "drop/" + name, SHA256: fmt.Sprintf("%064x", ago), Snapshots: []*ingest.Snapshot{s}}
	_, err := b.store.Record(t.Context(), store.Reading{Documents: []*ingest.Document{doc}, Drop: store.Drop{
		Share: b.cfg.Drops[0].Path, Name: name, State: store.Analysed, Machine: machine, SHA256: doc.SHA256}}, b.wall)
	if err != nil {
		t.Fatal(err)
	}
}

// judged judges all that is recorded and gives it what the workbook tells.
func (b *bench) judged(t *testing.T) *judgement {
	t.Helper()
	j, err := b.judgeDocuments(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.addPast(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	return j
}

// A healthy machine is judged by its newest log alone; the workbook tells its past.
func TestWorkbookTellsThePastOfHealthyMachines(t *testing.T) {
	b := newBench(t)
	for _, days := range []time.Duration{40, 20, 3, 2} {
		b.record(t, "LAB-1", days*24*time.Hour)
	}
	j := b.judged(t)
	if n := len(j.Result.Machines[0].Snapshots); n != 1 {
		t.Fatalf("judged by %d logs", n)
	}
	track := j.Past.Tracks[0]
	if len(track.Moments) != 3 {
		t.Errorf("%d moments, want those of the history's 30 days", len(track.Moments))
	}
	if len(track.Rates) != 1 || track.Rates[0].Snapshots != 2 {
		t.Errorf("the rates %+v are not those of the week", track.Rates)
	}
	if want := b.wall.AddDate(0, 0, -7).Truncate(24 * time.Hour); !j.Past.Period.From.Equal(want) {
		t.Errorf("the period begins at %v", j.Past.Period.From)
	}
}

func TestWorkbookReadsAgainOnlyWhatIsNew(t *testing.T) {
	b := newBench(t)
	b.record(t, "LAB-1", 48*time.Hour)
	b.record(t, "LAB-2", 49*time.Hour)
	b.judged(t)
	held := map[string]*analyze.Track{"LAB-1": b.tracks["LAB-1"].track, "LAB-2": b.tracks["LAB-2"].track}
	b.record(t, "LAB-2", time.Hour)
	b.judged(t)
	if b.tracks["LAB-1"].track != held["LAB-1"] {
		t.Error("a machine that sent nothing was read again")
	}
	if len(b.tracks["LAB-2"].track.Moments) != 2 {
		t.Error("what a machine sent is not told")
	}
	if _, err := b.store.Purge(t.Context(), "LAB-2", b.wall); err != nil {
		t.Fatal(err)
	}
	b.wall = b.wall.AddDate(0, 0, 1)
	b.judged(t)
	if b.tracks["LAB-1"].track == held["LAB-1"] {
		t.Error("a day later the period is the old one")
	}
	if h := b.tracks["LAB-2"]; h.track != nil {
		t.Error("a purged machine is still told of")
	}
}

func TestWorkbookNamesTheDropsThatWereNotTakenIn(t *testing.T) {
	b := newBench(t)
	share := b.cfg.Drops[0].Path
	err := b.store.Note(t.Context(), []store.Drop{
		{Share: share, Name: "a.log", State: store.Refused, Reason: ingest.ReasonTooBig},
		{Share: share, Name: "b.log", State: store.Waiting},
		{Share: share, Name: "c.log", State: store.Gone, Reason: ingest.ReasonTooBig},
	}, b.wall)
	if err != nil {
		t.Fatal(err)
	}
	got, err := troubledDrops(t.Context(), b.store, func(store.Drop) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].State != "refused" || got[0].Reason != "TOO_BIG" || !got[0].Since.Equal(b.wall) {
		t.Errorf("got %+v", got)
	}
	if _, err := report.NewBook(b.judged(t).Input); err != nil {
		t.Error(err)
	}
}

// The mail of a week keeps by which version its cases were judged; no other place does.
func TestWorkbookTellsWhichRulesJudged(t *testing.T) {
	b := newMailBench(t, everyone())
	var mailed []time.Time
	for range 3 {
		b.log(t, "LAB-1", 1<<30)
		b.live(t, aWeek)
	}
	periods, err := b.store.Periods(t.Context(), "weekly/lab")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range periods {
		mailed = append(mailed, p.Dated)
	}
	b.change(t, `UPDATE period_case SET summary = replace(summary, 'poolsweep 0.1', 'poolsweep 0.0') WHERE key <= '2026-W49'`)
	b.change(t, `UPDATE period_case SET summary = replace(summary, 'poolsweep 0.0', 'poolsweep 9') WHERE key <= '2026-W48'`)
	first := report.RuleChange{Since: mailed[1], At: mailed[2], Before: "poolsweep 9", After: "poolsweep 0.0"}
	second := report.RuleChange{Since: mailed[2], At: mailed[3], Before: "poolsweep 0.0", After: tool}
	now := report.RuleChange{Since: mailed[2], At: mailed[2].Add(time.Hour), Before: "poolsweep 0.0", After: tool}
	for _, c := range []struct {
		name     string
		from, to time.Time
		now      time.Time
		want     []report.RuleChange
	}{
		{"all of the time", time.Time{}, time.Time{}, b.wall, []report.RuleChange{first, second}},
		{"since the second mail", mailed[2].Add(1), time.Time{}, b.wall, []report.RuleChange{second}},
		{"until the third mail", time.Time{}, mailed[3], b.wall, []report.RuleChange{first}},
		{"before the third mail", mailed[2].Add(1), time.Time{}, mailed[2].Add(time.Hour), []report.RuleChange{now}},
		{"before any mail", time.Time{}, time.Time{}, mailed[0], nil},
	} {
		got, err := ruleChanges(t.Context(), b.store, analyze.Period{From: c.from, To: c.to}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

// A machine may be in several groups, and is in the default one when in no other.
func TestWorkbookNamesTheGroups(t *testing.T) {
	b := newBench(t)
	for i, name := range []string{"LAB-1", "LAB-2", "OTHER-1"} {
		b.record(t, name, time.Duration(i+1)*time.Hour)
	}
	if got := b.judged(t).Groups; got != nil {
		t.Errorf("without groups: %v", got)
	}
	b.cfg.Groups = []groupConfig{{Name: "rest", Default: true}, {Name: "lab", Machines: []string{"lab-*"}},
		{Name: "two", Folders: []string{b.cfg.Drops[0].Path + "/LAB-2"}}}
	want := map[string][]string{"LAB-1": {"lab"}, "LAB-2": {"lab", "two"}, "OTHER-1": {"rest"}}
	if diff := cmp.Diff(want, b.judged(t).Groups); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
