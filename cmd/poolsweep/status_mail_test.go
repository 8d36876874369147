package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestStatusShowsMails has one mail of each fate, and wants those named that need a
// person, for as long as they do.
func TestStatusShowsMails(t *testing.T) {
	p := newPost(t, doubtHold, accepts, refused, dropped, later)
	p.queue("2026-W47", "a@lab", "b@lab", "c@lab", "d@lab")
	p.work(2 * time.Hour)
	st := &status{}
	if err := st.addMails(t.Context(), p.store); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	st.printMails(&out, false)
	for _, want := range []string{"b@lab", "MAIL_REFUSED", "550 no such user", "c@lab", "held", "MAIL_IN_DOUBT", "d@lab", "451 greylisted"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "a@lab") {
		t.Errorf("a mail that went out is trouble:\n%s", out.String())
	}
	st.printMails(&out, true)
	if !strings.Contains(out.String(), "a@lab") {
		t.Error("--all leaves out a mail")
	}
	for days, want := range map[int][]string{
		0:  {"weekly 2026-W47 to b@lab: MAIL_REFUSED: 550", "c@lab: MAIL_IN_DOUBT: perhaps sent", "d@lab: not sent since 2026-11-23 06:00:00: 451"},
		2:  {"c@lab: MAIL_IN_DOUBT", "d@lab: not sent since"},
		31: {"d@lab: not sent since"},
	} {
		var said bytes.Buffer
		err := st.check(&said, p.wall.AddDate(0, 0, days))
		if lines := strings.Split(strings.TrimSpace(said.String()), "\n"); err == nil || len(lines) != len(want) {
			t.Errorf("after %d days %v:\n%s", days, err, said.String())
		}
		for _, w := range want {
			if !strings.Contains(said.String(), w) {
				t.Errorf("after %d days %q is missing:\n%s", days, w, said.String())
			}
		}
	}
}
