package report_test

import (
	"strings"
	"testing"

	"poolsweep/report"
	"poolsweep/report/mail"
)

// However many cases there are and whatever their names hold: mail readers cut off
// pages of more than 100 KB.
func TestPagesOfCrowdsAreBounded(t *testing.T) {
	for _, n := range []int{60, 5000} {
		w, err := report.NewWeekly(report.Crowd(t, n))
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.New(w)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.HTML) > 90_000 {
			t.Errorf("%d cases: %d bytes", n, len(m.HTML))
		}
		t.Logf("%d cases: %d bytes of HTML, %d of text", n, len(m.HTML), len(m.Text))
		for _, never := range []string{"<script", "\u202e", "\x00", "\nBcc"} {
			if strings.Contains(m.HTML+w.Subject, never) {
				t.Errorf("holds %q", never)
			}
		}
	}
}
