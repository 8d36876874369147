package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestWeeksFollowTheLabsCalendar(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	sundayNight := time.Date(2026, 12, 27, 20, 0, 0, 0, time.UTC) // Monday in Shanghai
	for _, c := range []struct {
		zone *time.Location
		want string
	}{{time.UTC, "2026-W52"}, {shanghai, "2026-W53"}} {
		b := &binder{zone: c.zone, oldest: sundayNight, newest: sundayNight}
		w := b.weeksUntil(mostWeeks)
		if w.n != 1 || w.label(0) != c.want || w.index(sundayNight) != 0 {
			t.Errorf("%s: %d weeks, the first %s", c.zone, w.n, w.label(0))
		}
		if end := w.end(0); !end.After(sundayNight) || w.index(end) != -1 || w.index(end.Add(-1)) != 0 {
			t.Errorf("%s: the week ends at %v", c.zone, end)
		}
	}
}

func TestWeeksAreBounded(t *testing.T) {
	newest := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) // in 2031-W01
	b := &binder{zone: time.UTC, oldest: newest.AddDate(-9, 0, 0), newest: newest}
	w := b.weeksUntil(12)
	if w.n != 12 || w.label(0) != "2030-W42" || w.label(11) != "2031-W01" {
		t.Errorf("%d weeks from %s to %s", w.n, w.label(0), w.label(w.n-1))
	}
	if w.index(newest.AddDate(0, 0, -7*12)) != -1 || w.index(time.Time{}) != -1 {
		t.Error("a moment outside has a week")
	}
	if w := (&binder{zone: time.UTC}).weeksUntil(12); w.n != 0 {
		t.Errorf("without a time there are %d weeks", w.n)
	}
}

func TestFiltersAreDividedByVolume(t *testing.T) {
	f := analyze.FilterFact{Name: "AcmeVault", Altitude: "141000", Instances: 8, Volumes: 3, Definitions: 2, PeerMost: 5,
		Groups: []ingest.Instance{{Volume: "C:", Altitude: "141000", Count: 1}, {Volume: "D:", Altitude: "141000", Count: 2},
			{Volume: "C:", Altitude: "141000", Count: 4}, {Altitude: "141000", Count: 1}}}
	var got []int
	for _, a := range attachments(&f) {
		got = append(got, a.instances, a.expected())
	}
	if want := []int{5, 2, 2, 2, 1, 6}; !slices.Equal(got, want) {
		t.Errorf("instances and what is expected: %v, want %v", got, want)
	}
	f.Groups = nil
	if all := attachments(&f); len(all) != 1 || all[0].instances != 8 || all[0].expected() != 6 {
		t.Errorf("without volumes: %+v", all)
	}
}

// Some tables print bytes only. A count that was not printed is an empty cell, not 0.
func TestCountsThatWereNotPrintedAreEmpty(t *testing.T) {
	in := history(t)
	in.Result.Tags[0].Median, in.Result.Tags[0].P95, in.Result.Tags[0].Most = 0, 0, 0
	in.Result.Cases[0].Core[0].Outstanding = 0
	for i := range in.Past.Tracks {
		for _, m := range in.Past.Tracks[i].Moments {
			for k := range m.Tags {
				m.Tags[k].Outstanding = 0
			}
		}
	}
	b := book(t, in)
	for _, c := range []struct{ sheet, column string }{{"Tags", "Median"}, {"Tags", "Most"}, {"Clusters", "Outstanding"},
		{"Series", "Outstanding"}, {"Tags", "On that machine"}, {"Tags", "Outstanding there, first to last"}} {
		if got := column(t, b, c.sheet, c.column)[0]; got != nil {
			t.Errorf("%s, %s is %v", c.sheet, c.column, got)
		}
	}
	if printed(0, 0) != any(int64(0)) || printed(3, 9) != any(int64(3)) {
		t.Error("a count that was printed is gone")
	}
}

// Names have one character or as many as a file system allows, a case thousands of tags.
func TestSheetsBearLongNamesAndThousandsOfTags(t *testing.T) {
	long := strings.Repeat("LAB-", 50)
	in := fleet(t)
	c := &in.Result.Cases[0]
	c.Core = nil
	for i := range 5_000 {
		row := usage(fmt.Sprintf("%04x", i), 710_346, 113_655_360, i+1)
		c.Core = append(c.Core, inStep(row, 710_346, 1, 1))
		in.Result.Tags = append(in.Result.Tags, analyze.TagFact{Tag: row.Tag, Pool: row.Pool, Machines: 1, MostOn: long})
	}
	in.Result.Machines[0].Name, in.Result.Machines[1].Name = long, "A"
	b := book(t, in)
	if names := column(t, b, "Machines", "Machine"); names[0] != long || names[1] != "A" {
		t.Errorf("the machines are %q and %q", names[0], names[1])
	}
	if n := len(column(t, b, "Clusters", "Tag")); n < 5_000 {
		t.Errorf("%d rows of tags in step", n)
	}
	if n := len(column(t, b, "Tags", "Hex")); n < 5_000 {
		t.Errorf("%d tags", n)
	}
}

func TestASheetWithoutFactsSaysSo(t *testing.T) {
	b := book(t, Input{Result: &analyze.Result{}, Words: english(t), Lang: "en", Tool: "poolsweep 0.1"})
	if len(b.Sheets) != 15 {
		t.Fatalf("%d sheets", len(b.Sheets))
	}
	for _, s := range b.Sheets[2:] {
		if s.Len != 0 || s.Empty == "" || len(s.Columns) == 0 {
			t.Errorf("%s: %d rows, %q", s.Name, s.Len, s.Empty)
		}
		for range s.All() {
			t.Errorf("%s has a row", s.Name)
		}
	}
}

// Rows that are streamed come as often as they are asked for, and end when nobody
// wants more.
func TestStreamedRowsCanBeReadAgain(t *testing.T) {
	for _, s := range book(t, history(t)).Sheets {
		for range 2 {
			n := 0
			for range s.All() {
				n++
			}
			if n != s.Len {
				t.Errorf("%s: %d rows, said to be %d", s.Name, n, s.Len)
			}
		}
		for range s.All() {
			break
		}
	}
}

func TestListsOnTheFirstSheetAreBounded(t *testing.T) {
	b := newBinder(fleet(t))
	if got := b.bounded(make([]Pair, boundedPairs)); len(got) != boundedPairs {
		t.Errorf("%d of %d", len(got), boundedPairs)
	}
	got := b.bounded(make([]Pair, boundedPairs+7000))
	if last := got[len(got)-1]; len(got) != boundedPairs+1 || last.Value != "7,000 entries; poolsweep.json has them all" {
		t.Errorf("%d pairs, the last %+v", len(got), last)
	}
}

func TestTheSoonestToRunFullIsFirst(t *testing.T) {
	in := history(t)
	in.Past.Tracks[1].Exhausts = &analyze.Exhaustion{In: 48 * time.Hour, At: weekly(5)}
	in.Past.Tracks[2].Exhausts = &analyze.Exhaustion{In: 36 * time.Hour, At: weekly(4)}
	b := book(t, in)
	if got := column(t, b, "Cases", "Exhausts first")[0].(Link).Text; got != "NEW-2" {
		t.Errorf("first to run full is %s", got)
	}
	if got := column(t, b, "Cases", "Days to exhaustion")[0]; got != 1.5 {
		t.Errorf("in %v days", got)
	}
	chart := b.Sheets[1].Charts[3]
	if !slices.Equal(chart.Labels, []string{"NEW-2", "NEW-1"}) || !slices.Equal(chart.Series[0].Values, []float64{1.5, 2}) {
		t.Errorf("the chart shows %v %v", chart.Labels, chart.Series)
	}
}

func TestTroublesHaveTheirPlace(t *testing.T) {
	in := fleet(t)
	b := book(t, in)
	what, line := column(t, b, "Silent & bad", "What"), column(t, b, "Silent & bad", "Line")
	for i, want := range []struct {
		what string
		line any
	}{{"insufficient", int64(9)}, {"refused", nil}, {"partly read", int64(9)}} {
		if got := what[i].(Tagged).Text; got != want.what && i > 0 {
			t.Errorf("row %d is %s, want %s", i+1, got, want.what)
		} else if line[i] != want.line && i > 0 {
			t.Errorf("%s stands at line %v, want %v", got, line[i], want.line)
		}
	}
}
