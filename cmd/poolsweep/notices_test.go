package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// leak has a machine show a firm case of its own.
func (b *bench) leak(t *testing.T, folder string) {
	t.Helper()
	b.drop(t, folder)
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	b.mailing.judged = true
}

func noticed() groupConfig {
	return groupConfig{Name: "Lab", Default: true, Recipients: []string{"all@lab.example"}, Notices: true}
}

func TestNoticeOfANewCaseComesOnce(t *testing.T) {
	b := newMailBench(t, noticed())
	b.leak(t, "process-leak")
	b.live(t, 2*time.Hour)
	id := b.caseOf(t, "TEST-2K3-11")
	want := "notice/lab " + id + " all@lab.example"
	if got := b.outbox(t); got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	text := b.mailText(t, "new-"+id+"-lab")
	for _, part := range []string{"A new case on TEST-2K3-11.", id, id + ".pdf"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	b.log(t, "TEST-2K3-11", 1<<20) // something new of the machine
	b.leak(t, "healthy")
	b.live(t, 3*24*time.Hour)
	if got := b.outbox(t); got != want {
		t.Errorf("later %q", got)
	}
}

func TestCasesFromBeforeAreNoNews(t *testing.T) {
	b := newBench(t, "process-leak")
	b.cfg.Groups = []groupConfig{noticed()}
	b.cfg.Mail = mailConfig{Server: "mail.lab.example:587", From: "poolsweep@lab.example"}
	b.cfg.fill()
	b.restartMailing()
	b.live(t, 2*24*time.Hour)
	if got := b.outbox(t); got != "" {
		t.Errorf("got %q", got)
	}
	b.leak(t, "wavxdmgr-runaway")
	b.live(t, 2*time.Hour)
	if got, want := b.outbox(t), "notice/lab "+b.caseOf(t, "LAB-XP-07")+" all@lab.example"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The last mail of a day tells of all the cases that are left; those of later wait.
func TestNoticesAreFewADay(t *testing.T) {
	g := noticed()
	g.NoticesDay = 2
	b := newMailBench(t, g)
	for i := range 4 { // firm cases, each of its own
		b.change(t, fmt.Sprintf(`INSERT INTO case_file VALUES ('PS-0000000%d', 's%[1]d', 'leak', 0.9, 't', 1, 1)`, i))
		b.change(t, fmt.Sprintf(`INSERT INTO case_machine VALUES ('PS-0000000%d', 'LAB-1', 1, 1)`, i))
		b.change(t, fmt.Sprintf(`INSERT INTO revision VALUES ('PS-0000000%d', 1, 1, 'd', '{}')`, i))
	}
	b.change(t, `INSERT INTO machine (machine, name, changed, judged, first_seen, last_seen) VALUES ('LAB-1', 'LAB-1', 1, 1, 1, 1)`)
	b.mailing.judged = true
	b.live(t, 2*time.Hour)
	if got := b.weeksOf(t, "notice/lab"); got != "PS-00000000 done, began skipped, more-PS-00000001 done" {
		t.Errorf("got %s", got)
	}
	b.change(t, `INSERT INTO case_file VALUES ('PS-00000009', 's9', 'runaway-attachment', 0.9, 't', 1, 1)`)
	b.change(t, `INSERT INTO case_machine VALUES ('PS-00000009', 'LAB-1', 1, 1)`)
	b.change(t, `INSERT INTO revision VALUES ('PS-00000009', 1, 1, 'd', '{}')`)
	b.mailing.judged = true
	b.live(t, 20*time.Hour)
	if got := b.weeksOf(t, "notice/lab"); strings.Contains(got, "PS-00000009") {
		t.Errorf("on the same day %s", got)
	}
	b.live(t, 4*time.Hour)
	if got := b.weeksOf(t, "notice/lab"); !strings.Contains(got, "PS-00000009 done") {
		t.Errorf("on the next day %s", got)
	}
}
