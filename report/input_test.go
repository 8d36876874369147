package report

import (
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestDocumentsOfMachines(t *testing.T) {
	in := fleet(t)
	both := document("both.log", snapshot("OTHER", "both.log"), snapshot("lab-020", "both.log"))
	in.Documents = append(in.Documents, both, document("empty.log"))
	for _, c := range []struct {
		machines []string
		want     string
	}{
		{[]string{"LAB-014"}, "acme.log"},
		{[]string{"LAB-020"}, "healthy.log both.log"},
		{[]string{"lab-014", "Lab-031"}, "acme.log stress.log"},
		{[]string{"LAB-01"}, ""},
		{nil, ""},
	} {
		var names []string
		for _, d := range in.documents(c.machines) {
			names = append(names, d.File)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%v: %q, want %q", c.machines, got, c.want)
		}
	}
}

func TestSpanPassesOverUndatedSnapshots(t *testing.T) {
	at := func(hour int) *ingest.Snapshot {
		s := snapshot("LAB-001", "a.log")
		if s.At = s.At.Add(time.Duration(hour) * time.Hour); hour < 0 {
			s.At = time.Time{}
		}
		return s
	}
	base := snapshot("LAB-001", "a.log").At
	for _, c := range []struct {
		name           string
		docs           []*ingest.Document
		oldest, newest time.Time
	}{
		{"none", nil, time.Time{}, time.Time{}},
		{"undated", []*ingest.Document{document("a", at(-1))}, time.Time{}, time.Time{}},
		{"one", []*ingest.Document{document("a", at(0), at(-1))}, base, base},
		{"several", []*ingest.Document{document("a", at(5), at(2)), document("b", at(-1), at(9))},
			base.Add(2 * time.Hour), base.Add(9 * time.Hour)},
	} {
		oldest, newest := span(c.docs)
		if !oldest.Equal(c.oldest) || !newest.Equal(c.newest) {
			t.Errorf("%s: %s to %s, want %s to %s", c.name, oldest, newest, c.oldest, c.newest)
		}
	}
}

func TestMachinesAreFoundWithoutRegardToCase(t *testing.T) {
	in := fleet(t)
	if m := in.machine("lab-014"); m == nil || m.Name != "LAB-014" {
		t.Errorf("lab-014: %v", m)
	}
	if in.machine("LAB-999") != nil {
		t.Error("found what is not there")
	}
}

func TestCreatedIsTheNewestInput(t *testing.T) {
	in := fleet(t)
	later := snapshot("LAB-014", "later.log")
	later.At = later.At.Add(8 * time.Hour)
	in.Documents = append(in.Documents, document("later.log", later))
	if got := writeup(t, in, runawayCase()).Created; !got.Equal(later.At) {
		t.Errorf("created %s, want %s", got, later.At)
	}
	for _, d := range in.Documents {
		for _, s := range d.Snapshots {
			s.At = time.Time{}
		}
	}
	k := runawayCase()
	k.Lead.At = time.Time{}
	if w, b := writeup(t, in, k), book(t, in); !w.Created.IsZero() || !b.Created.IsZero() {
		t.Errorf("undated inputs: %s, %s", w.Created, b.Created)
	}
}

func TestReasonWithoutRuleSaysNothing(t *testing.T) {
	s := &speaker{in: Input{Words: english(t)}}
	if got := s.reason(analyze.Reason{}); got != "" || s.err != nil {
		t.Errorf("got %q, %v", got, s.err)
	}
	if got := s.reasons(nil); got != nil {
		t.Errorf("no reasons became %q", got)
	}
}
