package store

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func week(key string, docs ...DocumentID) Period {
	return Period{Series: "weekly", Key: key, Zone: "Europe/Berlin", State: Frozen,
		From: noon.Add(-7 * 24 * time.Hour), To: noon, Dated: noon, Documents: docs}
}

func freeze(t *testing.T, s *Store, p Period, want bool) {
	t.Helper()
	first, err := s.Freeze(context.Background(), p, noon)
	if err != nil || first != want {
		t.Fatalf("freeze %s: first %v, want %v; %v", p.Key, first, want, err)
	}
}

func unreported(t *testing.T, s *Store, series string) []DocumentID {
	t.Helper()
	docs, err := s.Unreported(context.Background(), series, time.Time{}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestSkippedPeriodMayBeFrozenAfterAll(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	skipped := week("2026-W47")
	skipped.State = Skipped
	freeze(t, s, skipped, true)
	freeze(t, s, skipped, false)
	freeze(t, s, week("2026-W47", unreported(t, s, "weekly")...), true)
	freeze(t, s, skipped, false)
	got, err := s.Period(context.Background(), "weekly", "2026-W47")
	if err != nil || got.State != Frozen || len(got.Documents) != 1 {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestFreezeSettlesAPeriodOnce(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	p := week("2026-W47", unreported(t, s, "weekly")...)
	p.Cases = []CaseState{{"ps-1", []byte(`{"bytes":1}`)}}
	freeze(t, s, p, true)
	later := week("2026-W47")
	later.Zone = "Asia/Shanghai" // a change of the zone makes no second mail of the week
	freeze(t, s, later, false)
	got, err := s.Period(ctx, "weekly", "2026-W47")
	if err != nil {
		t.Fatal(err)
	}
	p.ChangedAt = noon
	if diff := cmp.Diff(&p, got); diff != "" {
		t.Error(diff)
	}
	none, err := s.Period(ctx, "weekly", "2026-W48")
	if none != nil || err != nil {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestADocumentIsInOnePeriodOfASeries(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	docs := unreported(t, s, "weekly")
	freeze(t, s, week("2026-W47", docs...), true)
	if left := unreported(t, s, "weekly"); len(left) > 0 {
		t.Errorf("still to be reported: %v", left)
	}
	if other := unreported(t, s, "lab-b"); len(other) != 1 {
		t.Errorf("for another series: %v", other)
	}
	record(t, s, reading("LAB-1", "LAB-1/b.log", "c2"), Analysed)
	late := unreported(t, s, "weekly")
	if len(late) != 1 || late[0].SHA256 != "c2" {
		t.Errorf("late: %v", late)
	}
	if _, err := s.Freeze(context.Background(), week("2026-W48", docs...), noon); err == nil {
		t.Error("a document is in two weeks")
	}
	if got, err := s.Period(context.Background(), "weekly", "2026-W48"); got != nil || err != nil {
		t.Errorf("the failed freeze left %+v, %v", got, err)
	}
}

func TestASkippedPeriodSendsNothingAndLeavesItsDocuments(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	p := week("2026-W40")
	p.State = Skipped
	freeze(t, s, p, true)
	freeze(t, s, week("2026-W41", unreported(t, s, "weekly")...), true)
	if err := s.Queue(context.Background(), "weekly", "2026-W40", "here", letters("a@lab"), noon); err != nil {
		t.Fatal(err)
	}
	if mails := outbox(t, s); len(mails) > 0 {
		t.Errorf("mails of a skipped week: %+v", mails)
	}
	all, err := s.Periods(context.Background(), "weekly")
	states := slices.Collect(func(yield func(PeriodState) bool) {
		for _, p := range all {
			yield(p.State)
		}
	})
	if diff := cmp.Diff([]PeriodState{Skipped, Frozen}, states); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestInstallIDStaysWhatItWas(t *testing.T) {
	s, _ := newStore(t)
	for _, fresh := range []string{"first", "second"} {
		if id, err := s.InstallID(context.Background(), fresh); id != "first" || err != nil {
			t.Errorf("%q, %v", id, err)
		}
	}
}

// TestPurgeReachesMails has a machine named in all that is kept for mails.
func TestPurgeReachesMails(t *testing.T) {
	s, dir := newStore(t)
	ctx := context.Background()
	const name = "CANARY-4711"
	record(t, s, reading(name, name+"/a.log", "c1"), Analysed)
	judge(t, s, name, "ps-1")
	p := week("2026-W47", unreported(t, s, "weekly")...)
	p.Cases = []CaseState{{"ps-1", []byte(`{"machines":["` + name + `"]}`)}}
	freeze(t, s, p, true)
	queue(t, s, "2026-W47", Letter{Recipient: "pending@lab", Text: []byte(name + " leaks")},
		Letter{Recipient: "doubt@lab", Text: []byte(name + " leaks")})
	first := claim(t, s, "a", noon)
	if err := s.Dot(ctx, first, time.Minute, noon); err != nil {
		t.Fatal(err)
	}
	second := claim(t, s, "a", noon)
	if _, err := s.Purge(ctx, name, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Dot(ctx, second, time.Minute, noon); err == nil {
		t.Error("a mail that was taken back may be sent")
	}
	byState := map[MailState]Mail{}
	for _, m := range outbox(t, s) {
		byState[m.State] = m
	}
	if byState[MailHeld].Recipient != first.Recipient || !byState[MailPending].Withdrawn {
		t.Errorf("%+v", byState)
	}
	if c := claim(t, s, "a", noon); c != nil {
		t.Errorf("claimed without a text: %+v", c)
	}
	leavesNoTrace(t, dir, name)
	queue(t, s, "2026-W47", Letter{Recipient: second.Recipient, Text: []byte("all is well")})
	if c := claim(t, s, "a", noon); c == nil || !bytes.HasSuffix(c.Text, []byte("all is well")) {
		t.Errorf("the mail made again: %+v", c)
	}
}

func judge(t *testing.T, s *Store, machine, id string) {
	t.Helper()
	_, err := s.Judge(context.Background(), Judgement{Findings: []Finding{{
		Case: Case{ID: id, Machines: []string{machine}, Summary: []byte("{}")}, Digest: "d"}}}, noon)
	if err != nil {
		t.Fatal(err)
	}
}

func TestRetainForgetsWhatMailsTold(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	judge(t, s, "LAB-1", "ps-1")
	p := week("2026-W47", unreported(t, s, "weekly")...)
	p.Cases = []CaseState{{"ps-1", []byte("{}")}}
	freeze(t, s, p, true)
	queue(t, s, "2026-W47", letters("a@lab")...)
	c := claim(t, s, "a", noon)
	c.State = MailHeld
	settle(t, s, c, noon)
	if _, err := s.Retain(ctx, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := s.Period(ctx, "weekly", "2026-W47")
	if err != nil || got == nil || len(got.Documents)+len(got.Cases) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if mails := outbox(t, s); len(mails) != 1 || mails[0].State != MailHeld {
		t.Errorf("%+v", mails)
	}
	if n := texts(t, s); n != 0 {
		t.Errorf("%d texts are left", n)
	}
}
