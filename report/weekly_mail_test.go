package report_test

import (
	"fmt"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/report"
	"poolsweep/report/mail"
)

// However many cases there are and whatever their names hold: mail readers cut off
// pages of more than 100 KB.
func TestPagesOfCrowdsAreBounded(t *testing.T) {
	for _, n := range []int{60, 500} {
		m, w := crowdedMail(t, n, "")
		size := len(m.HTML)
		for _, p := range m.Pictures {
			size += len(p.Body)
		}
		if size > 90_000 {
			t.Errorf("%d cases: %d bytes", n, size)
		}
		t.Logf("%d cases: %d bytes of HTML, %d with pictures, %d of text", n, len(m.HTML), size, len(m.Text))
		for _, never := range []string{"<script", "\u202e", "\x00", "\nBcc"} {
			if strings.Contains(m.HTML+w.Subject, never) {
				t.Errorf("holds %q", never)
			}
		}
	}
}

// crowdedMail is the mail of a lab with hostile names, whose group has a name, too.
func crowdedMail(t *testing.T, n int, group string) (*mail.Message, *report.Weekly) {
	t.Helper()
	in, told := report.Crowd(t, n)
	told.Group = group
	for id, d := range in.Decided {
		d.Ticket = "https://tracker.example/?" + strings.Repeat("&", 250)
		in.Decided[id] = d
	}
	w, err := report.NewWeekly(in, told)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.New(w)
	if err != nil {
		t.Fatal(err)
	}
	return m, w
}

// A link that is too long for a mail is left out, not cut: half of it leads nowhere.
func TestLongTicketsStayOutOfMails(t *testing.T) {
	in, told := report.Crowd(t, 1)
	for id := range in.Decided {
		in.Decided[id] = analyze.Decided{Ticket: "https://tracker.example/" + strings.Repeat("x", 1000)}
	}
	w, err := report.NewWeekly(in, told)
	if err != nil || len(w.Cases) != 1 || w.Cases[0].Ticket != nil {
		t.Errorf("%v, %+v", err, w.Cases)
	}
}

// Machines, drivers, groups, teams and the lines that people write reach the mail as
// texts: none of them makes a header, a part or a recipient.
func TestNoNameMakesAHeader(t *testing.T) {
	var want []string
	for _, group := range []string{"lab", "lab\r\nBcc: x@example.com\r\n\r\n<html>", "\x00\u2028Subject: y", "\"; name=\"a.exe",
		strings.Repeat("三号楼", 500)} {
		m, _ := crowdedMail(t, 3, group)
		m.From, m.To = "poolsweep@lab.example", "all@lab.example"
		raw, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		read, err := netmail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		got := append(slices.Sorted(maps.Keys(read.Header)), read.Header.Get("To"),
			fmt.Sprint(strings.Count(string(raw), "\r\nContent-Type:"), " parts"))
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", group[:min(20, len(group))], got, want)
		}
	}
}
