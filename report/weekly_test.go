package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/templates"
)

// mailing is the mail on a lab's history.
func mailing(in *Input) Mailing {
	in.Decided = map[string]analyze.Decided{}
	in.Faults = []analyze.Fault{{Source: ingest.Source{File: "drop/decisions.txt", Line: 3}, Text: "PS-1 fixed",
		Why: because(analyze.WantCase, analyze.Facts{"found": "PS-1"})}}
	in.Past.Period.To = weekly(4)
	in.Decided[in.Result.Cases[0].ID] = analyze.Decided{Team: "Storage", Ticket: "https://tracker.example/LAB-12"}
	in.Decided[in.Result.Cases[1].ID] = analyze.Decided{Clean: &analyze.Clean{Days: 21, Needed: 48.4}}
	return Mailing{Week: "2025-W13", Made: weekly(4), Next: weekly(5),
		Taken: Taken{Files: 19, Bytes: 3 * mib, Oldest: weekly(0), Newest: weekly(3)},
		Files: []MailFile{{"poolsweep.xlsx", "/share/poolsweep.xlsx", 90_000}, {"PS-00000001.pdf",
			"/share/PS-00000001.pdf", 60_000}},
		Limit: 200_000,
	}
}

func weeklyOf(t testing.TB, in Input, m Mailing) *Weekly {
	t.Helper()
	w, err := NewWeekly(in, m)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// dumpWeekly writes a mail's model as readable JSON.
func dumpWeekly(w *Weekly) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(w); err != nil {
		panic(err)
	}
	return out.String()
}

func TestWeeklyGolden(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	golden(t, "weekly-en", dumpWeekly(weeklyOf(t, in, m)))
	words, err := templates.Load("zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	in.Words, in.Lang, m.Group = words, "zh-CN", "三号楼"
	m.Late, m.Skipped, m.InDoubt, m.LastTool = 2, []string{"2025-W11", "2025-W12"}, 1, "poolsweep 0.0"
	m.Ruled, m.RulesTold = []Ruled{{ID: in.Result.Cases[0].ID, Was: "suspect", Now: "leak"}}, true
	golden(t, "weekly-zh-CN", dumpWeekly(weeklyOf(t, in, m)))
}

func TestSubjectsCarryTheState(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	if got, want := weeklyOf(t, in, m).Subject, "[poolsweep] wk 13: 1 new, 1 fixed · 6/7 heard"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m.Group = "building-3"
	for i := range 3 {
		in.Past.Tracks[i].Exhausts = &analyze.Exhaustion{At: m.Next.Add(time.Duration(i-2) * time.Hour), In: time.Hour}
	}
	want := "[poolsweep] building-3, wk 13: 1 new, 1 fixed · 6/7 heard · 2 exhaust before Thu"
	if got := weeklyOf(t, in, m).Subject; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSilencedAndMilderCasesAreLeftOut(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	in.Decided[in.Result.Cases[0].ID] = analyze.Decided{Snoozed: &analyze.Decision{}}
	w := weeklyOf(t, in, m)
	if len(w.Cases) != 0 || !strings.Contains(w.Total, "1 snoozed") {
		t.Errorf("cases %v, %q", w.Cases, w.Total)
	}
	in.Decided, m.Floor = nil, analyze.Runaway
	if w = weeklyOf(t, in, m); len(w.Cases) != 0 || !strings.Contains(w.Total, "2 below") {
		t.Errorf("cases %v, %q", w.Cases, w.Total)
	}
	if ids := NeedsWriteup(in, m); ids != nil {
		t.Errorf("write-ups %v", ids)
	}
	m.Floor = analyze.Leak
	if ids := NeedsWriteup(in, m); !slices.Equal(ids, []string{"PS-00000001"}) {
		t.Errorf("write-ups %v", ids)
	}
}

// Of cases that the rules alone changed, those are told that the mail would tell of.
func TestChangesOfTheRulesAreTold(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	m.LastTool, m.RulesTold = "poolsweep 0.0", true
	told := func() string { return dumpWeekly(weeklyOf(t, in, m)) }
	if got := told(); !strings.Contains(got, "give the same verdicts with both") || strings.Contains(got, "by the rules") {
		t.Errorf("no changes: %s", got)
	}
	m.Ruled = []Ruled{{ID: in.Result.Cases[0].ID, Was: "suspect", Now: "leak"}, {ID: "PS-GONE", Was: "suspect"}}
	if got := told(); !strings.Contains(got, "by the same logs 2 cases have another verdict now") ||
		!strings.Contains(got, "suspect then, leak now") || !strings.Contains(got, "PS-GONE; by the logs of the last mail suspect then, no case now") {
		t.Errorf("two changes: %s", got)
	}
	m.Floor = analyze.Leak
	if got := told(); !strings.Contains(got, "by the same logs 1 case has") || strings.Contains(got, "PS-GONE") {
		t.Errorf("with a floor: %s", got)
	}
	m.RulesTold = false
	m.Ruled = nil
	if got := told(); !strings.Contains(got, "a case may have moved for that reason alone") {
		t.Errorf("not known: %s", got)
	}
}

func TestCasesThatCameBackNeedSomebody(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	c := &in.Result.Cases[0]
	in.Past.Courses[c.ID] = analyze.Course{State: analyze.StateSame}
	for want, d := range map[string]analyze.Decided{
		"": {},
		"regression: 1 machine shows it in LeakDrv 1.1 or a later version, which should mend it": {Fix: &analyze.Fix{Module: "LeakDrv",
			Version: "1.1", Regressed: make([]analyze.Build, 1)}},
		"the snooze is over: it held until 2025-03-01": {Woken: &analyze.Decision{Until: "2025-03-01"}},
	} {
		in.Decided[c.ID] = d
		w := weeklyOf(t, in, m)
		if got := dumpWeekly(w); (len(w.Cases) == 1) != (want != "") || !strings.Contains(got, want) {
			t.Errorf("want %q in %v", want, w.Cases)
		}
		if ids := NeedsWriteup(in, m); ids != nil {
			t.Errorf("write-ups %v", ids)
		}
	}
}

// A lab without news gets a line that somebody looked, and no more.
func TestNothingNewIsOneLine(t *testing.T) {
	in := healthyLab(t)
	in.Past = &analyze.Past{Period: analyze.Period{From: weekly(0), To: weekly(1)}}
	in.Result.Machines[0].Snapshots[0].At = weekly(0).Add(time.Hour)
	w := weeklyOf(t, in, Mailing{Week: "2026-W02", Made: weekly(1), Next: weekly(2), Taken: Taken{Files: 1, Bytes: 2 * mib,
		Oldest: weekly(0), Newest: weekly(0)}})
	if !w.Brief || len(w.Alive) != 1 || w.Alive[0].Label != "" || w.Tone != ToneGood {
		t.Errorf("%+v", w)
	}
	if want := "1 log, 2 MB, taken in from 1 of 1 machine; the newest of"; !strings.HasPrefix(w.Alive[0].Value, want) {
		t.Errorf("%q, want %q…", w.Alive[0].Value, want)
	}
}

// crowd is a lab of n cases on as many machines, with hostile names.
func crowd(t testing.TB, n int) (Input, Mailing) {
	in := history(t)
	m := mailing(&in)
	lead := in.Result.Cases[0]
	in.Result.Cases, in.Result.Machines = nil, nil
	evil := strings.Repeat("漢\"'<script>alert(1)</script>\r\nBcc: x@example.com\x00\u202e漢", 40)
	for i := range n {
		c := lead
		c.ID, c.Machines = fmt.Sprintf("PS-%08X", i), []string{fmt.Sprintf("%d%s", i, evil)}
		s := snapshot(c.Machines[0], evil)
		s.At = weekly(0)
		machine := judged(analyze.Insufficient, 0.5, []string{c.ID}, s)
		machine.Reasons = []analyze.Reason{because(analyze.MachineCut, analyze.Facts{"line": int64(9)})}
		in.Result.Machines, in.Result.Cases = append(in.Result.Machines, machine), append(in.Result.Cases, c)
		in.Past.Courses[c.ID] = analyze.Course{State: analyze.State(1 + i%6), Fresh: true}
		in.Past.Tracks = append(in.Past.Tracks, analyze.Track{Machine: c.Machines[0], Changes: []analyze.Changed{
			{Kind: analyze.ChangedDriver, At: weekly(2)}}, Exhausts: &analyze.Exhaustion{At: weekly(4), In: time.Hour}})
		in.Drops = append(in.Drops, Drop{Path: evil, State: "refused", Reason: evil, Since: weekly(3)})
		in.Faults = append(in.Faults, analyze.Fault{Text: evil, Why: because(analyze.WantCase, analyze.Facts{"found": evil})})
		in.Decided[c.ID] = analyze.Decided{Team: evil, Clean: &analyze.Clean{Days: 1, Needed: 2},
			Ticket: "https://tracker.example/" + c.ID}
		m.Files = append(m.Files, MailFile{Name: c.ID + ".pdf", Path: "/share/" + evil, Size: 1 << 20})
	}
	return in, m
}

// Crowd is for tests of what becomes of it in a mail.
var Crowd = crowd

func TestMailsAreBounded(t *testing.T) {
	in, m := crowd(t, 5000)
	w := weeklyOf(t, in, m)
	if len(w.Cases) != mailCases || !strings.Contains(w.More, "more cases need you") {
		t.Errorf("%d cases, %q", len(w.Cases), w.More)
	}
	text := dumpWeekly(w)
	if len(text) > 60_000 {
		t.Errorf("model of %d bytes", len(text))
	}
	for _, bad := range []string{`\r`, `\u0000`, "\u202e", `Bcc: x@example.com","`} {
		if strings.Contains(text, bad) {
			t.Errorf("holds %q", bad)
		}
	}
}

func TestFilesGoAlongUpToALimit(t *testing.T) {
	in := history(t)
	m := mailing(&in)
	m.Limit = m.Files[0].encodedSize()
	w := weeklyOf(t, in, m)
	if !slices.Equal(w.Attach, []string{"poolsweep.xlsx"}) || len(w.Files) != 2 ||
		w.Files[1].Value != "/share/PS-00000001.pdf" {
		t.Errorf("%v, %v", w.Attach, w.Files)
	}
	m.Limit--
	if w = weeklyOf(t, in, m); !slices.Equal(w.Attach, []string{"PS-00000001.pdf"}) {
		t.Errorf("%v", w.Attach)
	}
	m.Limit = 0
	if w = weeklyOf(t, in, m); w.Attach != nil || len(w.Files) != 2 {
		t.Errorf("%v, %v", w.Attach, w.Files)
	}
}

func TestBriefTextsAreOneLine(t *testing.T) {
	for text, want := range map[string]string{"a\r\nb": "a  b", " x\x00 ": "x", "\xff": "\uFFFD", "漢字漢字漢": "漢字漢…",
		"<b": "<b", "<bc": "<…", "<<": "<…"} {
		if got := brief(text, 4); got != want || utf8.RuneCountInString(got) > 4 {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Machines that fell silent last come first: the others stood in earlier mails.
func TestSilentMachinesAreNamed(t *testing.T) {
	in := history(t)
	old := snapshot("LONG-AGO", "old.log")
	old.At = weekly(-20)
	in.Result.Machines = append(in.Result.Machines, judged(analyze.Healthy, 0.9, nil, old))
	w := weeklyOf(t, in, mailing(&in))
	i := slices.IndexFunc(w.Lists, func(p Points) bool { return strings.HasPrefix(p.Title, "Silent machines: 2") })
	if i < 0 || len(w.Lists[i].Items) != 2 || !strings.HasPrefix(w.Lists[i].Items[0], "SILENT, last heard") {
		t.Errorf("%+v", w.Lists)
	}
}
