package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func writeup(t *testing.T, in Input, c analyze.Case) *Writeup {
	t.Helper()
	w, err := NewWriteup(in, &c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWriteupGolden(t *testing.T) {
	for name, c := range map[string]analyze.Case{
		"writeup-runaway": runawayCase(), "writeup-object": objectCase(), "writeup-share": shareCase(),
	} {
		golden(t, name, dumpWriteup(writeup(t, fleet(t), c)))
	}
}

// numbers lists the sections a write-up has.
func numbers(w *Writeup) []int {
	var n []int
	for _, s := range w.Sections {
		n = append(n, s.Number)
	}
	return n
}

func TestSectionsWithoutFactsAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		name   string
		remove func(*analyze.Case)
		gone   int
	}{
		{"nothing", func(*analyze.Case) {}, 0},
		{"no snapshot", func(c *analyze.Case) { c.Lead = nil }, 4},
		{"no cluster", func(c *analyze.Case) { c.Cluster = nil }, 5},
		{"no filters", func(c *analyze.Case) { c.Filters = nil }, 6},
		{"no pool totals", func(c *analyze.Case) { c.Pool = nil }, 7},
		{"no limits", func(c *analyze.Case) { c.Limits = nil }, 10},
		{"no steps", func(c *analyze.Case) { c.Next = nil }, 11},
		{"no mitigation", func(c *analyze.Case) { c.Mitigation = nil }, 12},
		{"no known issue", func(c *analyze.Case) { c.Known = nil }, 13},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := []int{1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15}
			k := runawayCase()
			c.remove(&k)
			w := writeup(t, fleet(t), k)
			want := slices.DeleteFunc(all, func(n int) bool { return n == c.gone })
			if got := numbers(w); !slices.Equal(got, want) {
				t.Errorf("sections %v, want %v", got, want)
			}
			if last := w.Sections[len(w.Sections)-1]; !last.Appendix {
				t.Error("the last section is no appendix")
			}
		})
	}
}

func TestTablesAreWhole(t *testing.T) {
	for _, c := range []analyze.Case{runawayCase(), objectCase(), shareCase()} {
		w := writeup(t, fleet(t), c)
		tables := []*Table{&w.Evidence}
		for _, s := range w.Sections {
			for _, b := range s.Blocks {
				if b.Table != nil {
					tables = append(tables, b.Table)
				}
			}
		}
		for _, table := range tables {
			sum := 0.0
			for _, col := range table.Columns {
				sum += col.Share
			}
			if math.Abs(sum-1) > 1e-4 || len(table.Rows) == 0 {
				t.Errorf("%s: %q has %d rows, shares of %g", c.ID, table.Caption, len(table.Rows), sum)
			}
			for _, r := range table.Rows {
				if len(r) != len(table.Columns) {
					t.Errorf("%s: %q has a row of %d cells, %d columns", c.ID, table.Caption, len(r), len(table.Columns))
				}
			}
		}
	}
}

// evidenceTitles lists the columns of the first page's table.
func evidenceTitles(w *Writeup) string {
	var titles []string
	for _, c := range w.Evidence.Columns {
		titles = append(titles, c.Title)
	}
	return strings.Join(titles, ",")
}

func TestEvidenceLeavesOutWhatIsNotKnown(t *testing.T) {
	w := writeup(t, fleet(t), runawayCase())
	want := "Tag,Hex,Pool,Outstanding,Bytes,Bytes/alloc,Per event (surplus)"
	if got := evidenceTitles(w); got != want {
		t.Errorf("short table: %s, want %s", got, want)
	}
	w = writeup(t, fleet(t), objectCase())
	if got := evidenceTitles(w); !strings.Contains(got, "Allocs,Frees") {
		t.Errorf("verbose table: %s lacks allocs and frees", got)
	}
	w = writeup(t, fleet(t), shareCase())
	if got := evidenceTitles(w); strings.Contains(got, "event") {
		t.Errorf("no events: %s has a ratio to them", got)
	}
}

func TestEvidenceShowsTheChangeWithinOneBoot(t *testing.T) {
	for _, c := range []struct {
		name   string
		uptime time.Duration // of the snapshot 6 hours earlier
		want   string
	}{
		{"same boot", 46 * time.Hour, "+4,204"},
		{"seconds off", 46*time.Hour + 50*time.Second, "+4,204"},
		{"restarted between", 3 * time.Hour, ""},
	} {
		k := runawayCase()
		before := snapshot("LAB-014", "before.log")
		before.At, before.Uptime = k.Lead.At.Add(-6*time.Hour), c.uptime
		before.Tags = []ingest.TagUsage{usage("FMis", 3000, mib, 3)}
		in := fleet(t)
		in.Result.Machines[1].Snapshots = []*ingest.Snapshot{before, k.Lead}
		w := writeup(t, in, k)
		at := slices.IndexFunc(w.Evidence.Columns, func(col Column) bool { return col.Title == "Change" })
		got := ""
		if at >= 0 {
			got = w.Evidence.Rows[0][at].Text
		}
		if got != c.want {
			t.Errorf("%s: change %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRateSaysItsWindowOrWhyThereIsNone(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(*analyze.Case, *Input)
		want  string
	}{
		{"since boot", func(*analyze.Case, *Input) {}, "mean since boot, 2 days 4 hours"},
		{"measured", func(c *analyze.Case, _ *Input) {
			c.Rate.SinceBoot, c.Rate.Window, c.Rate.Snapshots = false, 6*time.Hour, 3
		}, "139 events/h, 532 KB/h, 3 snapshots over 6 hours"},
		{"measured with an interval", func(c *analyze.Case, _ *Input) {
			c.Rate.SinceBoot, c.Rate.Window, c.Rate.Snapshots = false, 6*time.Hour, 4
			c.Rate.BytesLow, c.Rate.BytesHigh = 500<<10, 600<<10
		}, "532 KB/h (500 KB to 600 KB), 4 snapshots over 6 hours"},
		{"no uptime", func(c *analyze.Case, _ *Input) { c.Rate, c.Lead.UptimeOK = nil, false },
			"without uptime: no rate"},
		{"one snapshot", func(c *analyze.Case, _ *Input) { c.Rate = nil }, "one snapshot: no rate"},
		{"several snapshots", func(c *analyze.Case, in *Input) {
			c.Rate, c.NoExhaustion = nil, because(analyze.RuleNoGrowth, analyze.Facts{"snapshots": 2, "hours": 1.0})
			in.Result.Machines[1].Snapshots = []*ingest.Snapshot{c.Lead, c.Lead}
		}, "2 snapshots show no growth"},
		{"several snapshots of unknown sessions", func(c *analyze.Case, in *Input) {
			c.Rate, c.NoExhaustion = nil, because(analyze.RuleNoClock, analyze.Facts{"snapshots": 2})
			in.Result.Machines[1].Snapshots = []*ingest.Snapshot{c.Lead, c.Lead}
		}, "snapshots of unknown boot sessions: no rate"},
	} {
		in, k := fleet(t), runawayCase()
		c.alter(&k, &in)
		if got := writeup(t, in, k).Figures[2].Value; !strings.Contains(got, c.want) {
			t.Errorf("%s: rate %q, want %q", c.name, got, c.want)
		}
	}
}

func TestExhaustionHasADateOrAReason(t *testing.T) {
	k := runawayCase()
	k.Exhausts = &analyze.Exhaustion{In: 30 * time.Hour, Earliest: 25 * time.Hour, Latest: 40 * time.Hour,
		Ceiling: 256 * mib, At: k.Lead.At.Add(30 * time.Hour)}
	w := writeup(t, fleet(t), k)
	want := "2025-03-06 03:15:30 UTC-05:00, 1 day 6 hours (1 day 1 hour to 1 day 16 hours) after the snapshot, when 256 MB are full"
	if got := w.Figures[3].Value; got != want {
		t.Errorf("dated: %q, want %q", got, want)
	}
	k.Exhausts.At = time.Time{}
	if got := writeup(t, fleet(t), k).Figures[3].Value; !strings.HasPrefix(got, "1 day 6 hours (1 day") {
		t.Errorf("undated: %q", got)
	}
	k.Exhausts = nil
	if got := writeup(t, fleet(t), k).Figures[3].Value; !strings.HasPrefix(got, "no date: one snapshot") {
		t.Errorf("in few words: %q", got)
	}
	k.NoExhaustion = because(analyze.RuleCeilingUnknown, analyze.Facts{"pool": "paged"})
	if got := writeup(t, fleet(t), k).Figures[3].Value; !strings.HasPrefix(got, "the log does not say") {
		t.Errorf("in a sentence: %q", got)
	}
	k.NoExhaustion = analyze.Reason{}
	if got := writeup(t, fleet(t), k).Figures[3].Value; got != "no date" {
		t.Errorf("without a reason: %q", got)
	}
}

func TestAttributionSaysWhatIsNotEstablished(t *testing.T) {
	w := writeup(t, fleet(t), runawayCase())
	want := []string{"AcmeVault 0.95 true", "AcmeVault (probable) 0.90 true", "not established  false",
		"not established  false"}
	for i, a := range w.Attribution {
		if got := fmt.Sprintf("%s %s %v", a.Module, a.Weight, a.Known); got != want[i] {
			t.Errorf("%s: %q, want %q", a.Role, got, want[i])
		}
		if a.Basis == "" {
			t.Errorf("%s has no basis", a.Role)
		}
	}
}

func TestManyMachinesAreCountedNotListed(t *testing.T) {
	k := runawayCase()
	for i := range 60 {
		k.Machines = append(k.Machines, fmt.Sprintf("VM-%03d", i))
	}
	w := writeup(t, fleet(t), k)
	if want := "Machine LAB-014 and 60 others"; w.Subtitle != want {
		t.Errorf("subtitle %q, want %q", w.Subtitle, want)
	}
	if got := w.Notes[0].Value; !strings.HasSuffix(got, "VM-003 and 56 more.") {
		t.Errorf("seen on %q", got)
	}
}

func TestAppendixIsBounded(t *testing.T) {
	in := fleet(t)
	for i := range 1000 {
		in.Documents[0].Warnings = append(in.Documents[0].Warnings, ingest.Warning{
			Source: ingest.Source{File: "acme.log", Line: i + 1}, Message: "not understood"})
	}
	w := writeup(t, in, runawayCase())
	blocks := w.Sections[len(w.Sections)-1].Blocks
	last := blocks[len(blocks)-1]
	if table := blocks[len(blocks)-2].Table; len(table.Rows) != appendixRows || !strings.HasPrefix(last.Text,
		"960 more") {
		t.Errorf("%d rows, then %q", len(table.Rows), last.Text)
	}
}

func TestSourcesAreCitedShortUnlessTwoFilesShareAName(t *testing.T) {
	for _, c := range []struct {
		name, other, want string
	}{
		{"one of its name", "lab/second.log", "kd.log:3, 7; second.log:1; kd.log:9"},
		{"two of its name", `D:\drop\b\kd.log`, "a/kd.log:3, 7; second.log:1; a/kd.log:9"},
	} {
		s := &speaker{in: Input{Documents: []*ingest.Document{document("a/kd.log"), document(c.other)}}}
		got := s.citeAll([]ingest.Source{{File: "a/kd.log", Line: 3}, {File: "a/kd.log", Line: 7},
			{File: "lab/second.log", Line: 1}, {File: "a/kd.log", Line: 9}})
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTicketLinesAreFolded(t *testing.T) {
	w := writeup(t, fleet(t), runawayCase())
	i := slices.Index(numbers(w), 14)
	code := w.Sections[i].Blocks[1].Code
	for _, line := range code[1:] {
		if len(line) > ticketWidth {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	room := ticketWidth - ticketIndent
	for _, c := range []struct{ text, first string }{
		{strings.Repeat("x", room-2) + " y", strings.Repeat("x", room-2) + " y"},
		{strings.Repeat("x", room-1) + " y", strings.Repeat("x", room-1)},
		{strings.Repeat("x", room) + " y", strings.Repeat("x", room)},
		{strings.Repeat("x", room+50) + " y", strings.Repeat("x", room+50)},
		{"a " + strings.Repeat("x", room), "a"},
	} {
		if got := folded("", c.text)[0]; got != c.first {
			t.Errorf("%d characters begin with %q", len(c.text), got)
		}
	}
	if got, want := folded("- ", strings.Repeat("x", 200)), "- "+strings.Repeat("x",
		200); len(got) != 1 || got[0] != want {
		t.Errorf("text without a blank became %q", got)
	}
}

func TestMissingSentenceIsAnError(t *testing.T) {
	k := runawayCase()
	k.Why = append(k.Why, analyze.Reason{Rule: "why.no-such"}, analyze.Reason{Rule: "why.neither"})
	_, err := NewWriteup(fleet(t), &k)
	if err == nil || !strings.Contains(err.Error(), "why.no-such") || !strings.Contains(err.Error(), k.ID) {
		t.Errorf("error %v does not name the first sentence and the case", err)
	}
	in := fleet(t)
	in.Result.Cases[0] = k
	if _, err := NewOutput(in); err == nil {
		t.Error("NewOutput passed over the missing sentence")
	}
	in.Result.Cases[0] = runawayCase()
	in.Result.Tags[0].Owner.Basis.Facts = nil
	if _, err := NewBook(in); err == nil {
		t.Error("NewBook passed over the missing fact")
	}
}
