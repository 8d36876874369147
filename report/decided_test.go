package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/templates"
)

// deciding is a lab in which much was decided about the runaway filter.
func deciding(t *testing.T) Input {
	in := fleet(t)
	build := func(machine, version string, line int) analyze.Build {
		return analyze.Build{Machine: machine, Version: version, Source: ingest.Source{File: "acme.log", Line: line}}
	}
	in.Decided = map[string]analyze.Decided{runawayCase().ID: {
		InForce: []analyze.Decision{
			{Case: "PS-1A2B3C4D", Verb: analyze.FixedIn, Module: "AcmeVault", Version: "4.3.0.2"},
			{Case: "PS-1A2B3C4D", Verb: analyze.Snooze, Until: "2025-04-01"},
			{Case: "PS-1A2B3C4D", Verb: analyze.Owner, Text: "storage filters"},
			{Case: "PS-1A2B3C4D", Verb: analyze.Ticket, Text: "https://tracker.example/LAB-12#c3"},
		},
		Team: "storage filters", Ticket: "https://tracker.example/LAB-12#c3", Duplicates: []string{"PS-0000BEEF"},
		Fix: &analyze.Fix{Module: "AcmeVault", Version: "4.3.0.2",
			Old: []analyze.Build{build("LAB-014", "4.2.0.17", 60)}, Unknown: []analyze.Build{build("LAB-031", "", 1)}},
		Clean: &analyze.Clean{Shown: 2, Exposed: 8.5, Days: 13.8, Needed: 55.2},
	}}
	return in
}

// note returns the value of a note by its label.
func noteOf(w *Writeup, label string) *Note {
	for i := range w.Notes {
		if w.Notes[i].Label == label {
			return &w.Notes[i]
		}
	}
	return &Note{}
}

func TestWriteupTellsWhatWasDecided(t *testing.T) {
	in := deciding(t)
	w := writeup(t, in, runawayCase())
	want := "PS-0000BEEF is a duplicate of it; fixed in AcmeVault 4.3.0.2; 1 machine with it runs an earlier version, which is " +
		"no regression (LAB-014: 4.2.0.17); 1 machine with it prints no version (LAB-031); left out of mails until 2025-04-01; " +
		"assigned to storage filters"
	if got := noteOf(w, "Decided").Value; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	gone := noteOf(w, "Time without it")
	if want := "13.8 of the 55.2 machine-days that make it probably gone (25 %); before, 2 boot sessions showed it in 8.50 machine-days"; gone.Value != want ||
		gone.Bar == nil || *gone.Bar != 0.25 {
		t.Errorf("got %+v, want %s", gone, want)
	}
	if n := noteOf(w, "Ticket"); n.Link != "https://tracker.example/LAB-12#c3" || n.Value != n.Link {
		t.Errorf("ticket: %+v", n)
	}
	if len(w.Notices) > 0 {
		t.Errorf("notices: %q", w.Notices)
	}
	ticket, err := NewTicket(in, &in.Result.Cases[0])
	if err != nil || !slices.ContainsFunc(ticket.Facts, func(p Pair) bool { return p.Value == "https://tracker.example/LAB-12#c3" }) {
		t.Errorf("the ticket's text lacks its link: %+v, %v", ticket, err)
	}
}

// What the machines say in each direction, in both languages.
func TestARegressionIsToldBeforeAllElse(t *testing.T) {
	for lang, want := range map[string]string{
		"en": "Regression: it should be gone with AcmeVault 4.3.0.2, and 1 machine shows it in that version or a later one " +
			"(LAB-014: 4.3.1).",
		"zh-CN": "回归：应已随 AcmeVault 4.3.0.2 消失，却有 1 台计算机在该版本或更新版本中出现（LAB-014：4.3.1）。",
	} {
		in := deciding(t)
		words, err := templates.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		in.Words, in.Lang = words, lang
		id := runawayCase().ID
		d := in.Decided[id]
		d.Fix = &analyze.Fix{Module: "AcmeVault", Version: "4.3.0.2",
			Regressed: []analyze.Build{{Machine: "LAB-014", Version: "4.3.1"}}}
		in.Decided[id] = d
		if w := writeup(t, in, runawayCase()); len(w.Notices) != 1 || w.Notices[0] != want {
			t.Errorf("%s: notices %q, want %q", lang, w.Notices, want)
		}
		b := book(t, in)
		if got := cell(t, b, "cases", "case-state", 0, words).(Tagged); got.Tone != ToneAlarm {
			t.Errorf("%s: state %+v", lang, got)
		}
	}
}

// cell returns a cell of a sheet's table by the names of both.
func cell(t *testing.T, b *Workbook, sheet, column string, row int, words *templates.Words) any {
	t.Helper()
	name := func(of string) string {
		label, err := words.Label(of)
		if err != nil {
			t.Fatal(err)
		}
		return label
	}
	for i := range b.Sheets {
		s := &b.Sheets[i]
		at := slices.IndexFunc(s.Columns, func(c SheetColumn) bool { return c.Title == name("column."+column) })
		if s.Name != name("sheet."+sheet) || at < 0 {
			continue
		}
		n := 0
		for r := range s.All() {
			if n == row {
				return r[at]
			}
			n++
		}
	}
	t.Fatalf("no cell %s %s %d", sheet, column, row)
	return nil
}

func TestBookTellsWhatWasDecided(t *testing.T) {
	in := deciding(t)
	in.Faults = []analyze.Fault{{Source: ingest.Source{File: "drop/decisions.txt", Line: 3}, Text: "PS-1 fixed",
		Why: analyze.Reason{Rule: analyze.WantCase, Facts: analyze.Facts{"found": "PS-1"}}}}
	b := book(t, in)
	if got := cell(t, b, "cases", "ticket", 0, in.Words); got != (Link{Text: "https://tracker.example/LAB-12#c3",
		Target: "https://tracker.example/LAB-12#c3", Web: true}) {
		t.Errorf("ticket: %+v", got)
	}
	if got := cell(t, b, "cases", "team", 0, in.Words); got != "storage filters" {
		t.Errorf("team: %v", got)
	}
	if got := cell(t, b, "cases", "gone", 0, in.Words); got != 0.25 {
		t.Errorf("way to gone: %v", got)
	}
	for column, want := range map[string]any{"reason": `"PS-1 fixed": found "PS-1" where the id of a case is expected, such as PS-1A2B3C4D`,
		"file": "drop/decisions.txt", "line": int64(3)} {
		found := false
		for row := range b.Sheets[len(b.Sheets)-2].Len {
			found = found || cell(t, b, "silent", column, row, in.Words) == want
		}
		if !found {
			t.Errorf("no row with the %s %v", column, want)
		}
	}
	for state, d := range map[string]analyze.Decided{
		"case-state.duplicate": {Duplicate: "PS-0000BEEF"}, "case-state.no-bug": {Closed: &analyze.Decision{}}} {
		in.Decided[runawayCase().ID] = d
		want, _ := in.Words.Label(state)
		if got := cell(t, book(t, in), "cases", "case-state", 0, in.Words); got != (Tagged{want, ToneMuted}) {
			t.Errorf("%s: %+v", state, got)
		}
	}
}

func TestOutputTellsWhatWasDecided(t *testing.T) {
	in := deciding(t)
	o, err := NewOutput(in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o.Cases[0].Decided)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"PS-1A2B3C4D snooze until 2025-04-01"`, `"team":"storage filters"`,
		`"old":[{"machine":"LAB-014","version":"4.2.0.17","file":"acme.log","line":60}]`,
		`"clean":{"machine_days":13.8,"needed":55.2,"share":0.25,"gone":false,"shown":2,"exposed":8.5}`, `"regression":false`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
	if o.Cases[1].Decided != nil {
		t.Errorf("the other case: %+v", o.Cases[1].Decided)
	}
}

// A report does not change with the clock: that a date has come is for its reader.
func TestWokenIsToldOfWhatTheLogsShow(t *testing.T) {
	in := fleet(t)
	id := runawayCase().ID
	for _, c := range []struct {
		d    analyze.Decision
		want string
	}{
		{analyze.Decision{Verb: analyze.Snooze, Until: "2025-04-01"}, "left out of mails until 2025-04-01"},
		{analyze.Decision{Verb: analyze.Snooze, Worse: true}, "left out of mails until it is worse, which has come"},
		{analyze.Decision{Verb: analyze.Snooze, Module: "AcmeVault", Version: "4.3"},
			"left out of mails until AcmeVault 4.3 is seen, which has come"},
		{analyze.Decision{Verb: analyze.NotABug, Text: "meant so"}, "no bug: meant so"},
		{analyze.Decision{Verb: analyze.Dup, Other: "PS-0000BEEF"}, "duplicate of PS-0000BEEF"},
	} {
		d := analyze.Decided{InForce: []analyze.Decision{c.d}, Woken: &c.d}
		in.Decided = map[string]analyze.Decided{id: d}
		if got := noteOf(writeup(t, in, runawayCase()), "Decided").Value; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestRevisionTellsWhatWasDecidedSince(t *testing.T) {
	in := deciding(t)
	c := runawayCase()
	before := in.Summarize(&c)
	before.Decided, before.Clean = []string{"owner nobody", "snooze until 2025-04-01"}, 1
	in.Revisions = map[string]Revision{c.ID: {Number: 2, Before: &before}}
	want := "decided: fixed-in AcmeVault 4.3.0.2; owner storage filters; ticket https://tracker.example/LAB-12#c3; " +
		"no longer decided: owner nobody; 10 %, now 20 % of the time without it that makes it probably gone"
	if got := writeup(t, in, c).Notes[0].Value; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
