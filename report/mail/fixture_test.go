package mail

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (-update makes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it", path)
	}
}

// monday is when the mail was made.
var monday = time.Date(2031, 11, 24, 7, 0, 0, 0, time.FixedZone("", 3600))

// hostile is a name as nobody should give one to a machine.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.Subject}}&lt;</td></table>`

// weekly is a mail with n cases that need somebody, of which the model shows ten.
func weekly(n int) *report.Weekly {
	w := &report.Weekly{Lang: "en", Subject: fmt.Sprintf("[poolsweep] wk 47: %d new · 61/63 heard", n), Date: monday,
		Heading: "Pool report, week 47", Covers: "Mon 2031-11-17 07:00 to Mon 2031-11-24 07:00 (Europe/Berlin)",
		State: fmt.Sprintf("%d new. 61 of 63 machines heard.", n), Tone: report.ToneAlarm,
		NeedsTitle: fmt.Sprintf("Needs you: %d", n), CountsTitle: "Cases this week", Total: "In all: 8 open on 12 machines.",
		AliveTitle: "Proof of life", Alive: []report.Pair{{Label: "Taken in", Value: "441 logs, 1.2 GB"}}}
	for i := range min(n, 10) {
		w.Cases = append(w.Cases, report.WeeklyCase{ID: fmt.Sprintf("PS-%08X", i),
			Title:     "AcmeVault attached itself 7,204 times",
			State:     report.Tagged{Text: "new", Tone: report.ToneAlarm},
			Facts:     []report.Pair{{Label: "Machines", Value: "3: LAB-014, LAB-015 and LAB-016"}},
			Ticket:    &report.WebLink{Text: "Ticket", URL: "https://tracker.example/browse/LAB-12"},
			NextTitle: "Next step", Next: report.Step{Command: "!fltkd.filter 8a001234"}})
	}
	if n > 10 {
		w.More = fmt.Sprintf("%d more cases need you", n-10)
	}
	for _, label := range []string{"new", "worse", "same", "better", "fixed", "quiet"} {
		w.Counts = append(w.Counts, report.Count{Label: label, Value: "0"})
	}
	w.Bars = report.Progress{Title: "Probably gone", Bars: []report.ProgressBar{{Label: "PS-00C0FFEE", Share: 0.43,
		Text: "21 of 48.4 machine-days without it"}}}
	w.Lists = []report.Points{{Title: "Silent machines: 1", Tone: report.ToneWarning,
		Items: []string{"SILENT, last heard Thu"},
		More:  "3 more in the workbook"}}
	w.Charts = []report.WeeklyChart{{Name: "open-cases.png", Alt: "Open cases: 1, 2, 4", Columns: openCases(),
		Y: counts(4)},
		{Name: "top-case.png", Alt: "PS-00000000: Leak 3,100", Timeline: course()}}
	w.Files = []report.Pair{{Label: "Attached", Value: "poolsweep.xlsx"}, {Label: "On the share",
		Value: `\\share\PS-1.pdf`}}
	return w
}

// bodies lays a mail out.
func bodies(t testing.TB, w *report.Weekly) (plain, page string) {
	t.Helper()
	plain, page, err := layOut(w)
	if err != nil {
		t.Fatal(err)
	}
	return plain, page
}

// message is a whole mail with a picture and files.
func message(t testing.TB) *Message {
	t.Helper()
	m, err := New(weekly(3))
	if err != nil {
		t.Fatal(err)
	}
	m.From, m.To = "poolsweep <lab@example.com>", "Jörg <j@example.com>"
	m.Attachments = []File{{"poolsweep.xlsx", []byte(strings.Repeat("PK\x03\x04", 1000))}, {"PS-1.pdf",
		[]byte("%PDF-1.3")}}
	return m
}

func raw(t testing.TB, m *Message) string {
	t.Helper()
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// counts is an axis up to a whole number.
func counts(high int) report.Scale {
	s := report.Scale{To: float64(high)}
	for i := range high + 1 {
		s.Ticks = append(s.Ticks, report.Tick{At: float64(i), Text: fmt.Sprint(i)})
	}
	return s
}

// openCases are the open cases of three weeks.
func openCases() *report.SheetChart {
	return &report.SheetChart{Kind: report.ChartStacked, Title: "Open cases by class, at the end of each week",
		Unit:   "cases",
		Labels: []string{"2031-W45", "2031-W46", "2031-W47"},
		Series: []report.ChartSeries{{Name: "growing", Values: []float64{1, 1, 3}}, {Name: "handles",
			Values: []float64{0, 1, 1}}}}
}

// course is a tag over three hours with a restart, and a forecast.
func course() *report.Timeline {
	t := &report.Timeline{Title: "The case's tags over time on LAB-014", Unit: "outstanding allocations", Clock: "UTC",
		X: report.Scale{To: 10_800}, Y: counts(4),
		Lines: []report.Line{{Label: "Leak", Text: "3", Parts: [][]report.Point{{{X: 0, Y: 1}, {X: 3000, Y: 2}},
			{{X: 5000, Y: 1}, {X: 7000, Y: 3}}}},
			{Label: "nonpaged pool", Text: "3", Tone: report.ToneMuted, Parts: [][]report.Point{{{X: 7000, Y: 3}}}}},
		Restarts: []report.Mark{{Value: 4000, Label: "restart"}}, Levels: []report.Mark{{Value: 4, Label: "ceiling 4"}},
		Fan: &report.Fan{Edge: []report.Point{{X: 7000, Y: 3}, {X: 9000, Y: 4}, {X: 10_800, Y: 3.5}},
			Middle: [2]report.Point{{X: 7000, Y: 3}, {X: 10_000, Y: 4}}}}
	for h := range 4 {
		t.X.Ticks = append(t.X.Ticks, report.Tick{At: float64(3600 * h), Text: fmt.Sprintf("%02d:00", h),
			Sub: []string{"2031-11-24", "", "", ""}[h]})
	}
	return t
}
