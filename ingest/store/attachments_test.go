package store

import (
	"context"
	"testing"
	"time"
)

func attachment(revision int) *Attachment {
	return &Attachment{Case: "PS-1", Signature: "sig", Revision: revision, Ticket: "https://git.lab/a/b/issues/1"}
}

func TestOneAtATimeBringsAnAttachment(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	claim := func(a *Attachment, now time.Time, want bool, attempts int) {
		t.Helper()
		mine, err := s.ClaimAttachment(ctx, a, time.Minute, now)
		if err != nil || mine != want || mine && a.Attempts != attempts {
			t.Errorf("mine %v, attempts %d, %v", mine, a.Attempts, err)
		}
	}
	a := attachment(1)
	claim(a, noon, true, 1)
	claim(attachment(1), noon.Add(time.Second), false, 0)
	claim(attachment(1), noon.Add(time.Minute), true, 2)
	claim(attachment(1), noon.Add(-time.Hour), true, 3) // the clock was wrong, and its lease with it
	a.State, a.Error, a.NextAt = AttachPending, "502", noon.Add(time.Hour)
	if err := s.SettleAttachment(ctx, a, noon); err != nil {
		t.Fatal(err)
	}
	claim(a, noon.Add(time.Second), true, 4)
	a.State, a.Error, a.Comment, a.File = Attached, "", "https://x#1", "a.pdf"
	if err := s.SettleAttachment(ctx, a, noon); err != nil {
		t.Fatal(err)
	}
	late := attachment(1) // of one that was given up
	late.State, late.Error = AttachRefused, "404"
	if err := s.SettleAttachment(ctx, late, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetAttachment(ctx, late); err != nil {
		t.Fatal(err)
	}
	claim(attachment(1), noon.Add(time.Hour), false, 0)
	rows, err := s.Attachments(ctx)
	if err != nil || len(rows) != 1 || rows[0].State != Attached || rows[0].Comment != "https://x#1" || rows[0].Error != "" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// A newer revision is told in place of one that never came to its ticket, and beside
// one that did.
func TestNewerRevisionGivesUpTheOlder(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	for revision := 1; revision <= 4; revision++ {
		a := attachment(revision)
		if _, err := s.ClaimAttachment(ctx, a, time.Minute, noon); err != nil {
			t.Fatal(err)
		}
		if a.State = AttachRefused; revision == 2 {
			a.State = Attached
		}
		if err := s.SettleAttachment(ctx, a, noon); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.Attachments(ctx)
	if err != nil || len(rows) != 2 || rows[0].Revision != 2 || rows[1].Revision != 4 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// After a purge the revisions of a case count from one again: what was in a ticket
// under these numbers must not keep the new ones out.
func TestPurgeForgetsAttachments(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	for _, m := range []string{"LAB-1", "LAB-2"} {
		record(t, s, reading(m, m+"/a.log", "c"+m), Analysed)
	}
	_, err := s.Judge(ctx, Judgement{Findings: []Finding{{Digest: "d",
		Case: Case{ID: "PS-1", Signature: "sig", Machines: []string{"LAB-1", "LAB-2"}}}}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ClaimAttachment(ctx, attachment(1), time.Minute, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(ctx, "LAB-1", noon); err != nil {
		t.Fatal(err)
	}
	if rows, err := s.Attachments(ctx); len(rows) > 0 || err != nil {
		t.Errorf("%+v, %v", rows, err)
	}
}
