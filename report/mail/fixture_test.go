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
		w.Cases = append(w.Cases, report.WeeklyCase{ID: fmt.Sprintf("PS-%08X", i), Title: "AcmeVault attached itself 7,204 times",
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
	w.Lists = []report.Points{{Title: "Silent machines: 1", Tone: report.ToneWarning, Items: []string{"SILENT, last heard Thu"},
		More: "3 more in the workbook"}}
	w.Files = []report.Pair{{Label: "Attached", Value: "poolsweep.xlsx"}, {Label: "On the share", Value: `\\share\PS-1.pdf`}}
	return w
}

// bodies lays a mail out.
func bodies(t testing.TB, w *report.Weekly) (plain, page string) {
	t.Helper()
	plain, page, err := Bodies(w)
	if err != nil {
		t.Fatal(err)
	}
	return plain, page
}

// message is a whole mail with a picture and files.
func message(t testing.TB) *Message {
	plain, page := bodies(t, weekly(3))
	return &Message{From: "poolsweep <lab@example.com>", To: "Jörg <j@example.com>", Subject: weekly(3).Subject, Date: monday,
		Lang: "en", Text: plain, HTML: page, Pictures: []File{{"open-cases.png", []byte("\x89PNG picture")}},
		Attachments: []File{{"poolsweep.xlsx", []byte(strings.Repeat("PK\x03\x04", 1000))}, {"PS-1.pdf", []byte("%PDF-1.3")}}}
}

func raw(t testing.TB, m *Message) string {
	t.Helper()
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
