package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"poolsweep/ingest"
)

const lease = time.Minute

func letters(recipients ...string) []Letter {
	var out []Letter
	for _, r := range recipients {
		out = append(out, Letter{Recipient: r, Sender: "poolsweep@lab", Text: []byte("Subject: all is well\r\n\r\n")})
	}
	return out
}

// queue has the mails of a week in the outbox.
func queue(t testing.TB, s *Store, key string, letters ...Letter) {
	t.Helper()
	ctx := context.Background()
	_, err := s.Freeze(ctx, week(key), noon)
	if err == nil {
		err = s.Queue(ctx, "weekly", key, "here", letters, noon)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func claim(t testing.TB, s *Store, owner string, now time.Time) *Claim {
	t.Helper()
	c, err := s.Claim(context.Background(), owner, lease, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func settle(t testing.TB, s *Store, c *Claim, now time.Time) {
	t.Helper()
	if err := s.Settle(context.Background(), c, now); err != nil {
		t.Fatal(err)
	}
}

func outbox(t testing.TB, s *Store) []Mail {
	t.Helper()
	mails, err := s.Outbox(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func texts(t testing.TB, s *Store) (n int) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM blob`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAMailIsClaimedDottedAndSent(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	queue(t, s, "2026-W47", letters("a@lab")...)
	c := claim(t, s, "me", noon)
	const id = "<w.2026-W47.weekly.b361e0a2ed186cd7@here>"
	if want := "Message-ID: " + id + "\r\nSubject: all is well\r\n\r\n"; string(c.Text) != want {
		t.Errorf("text %q, want %q", c.Text, want)
	}
	if err := s.Dot(ctx, c, 10*time.Minute, noon); err != nil {
		t.Fatal(err)
	}
	c.State, c.Answer = MailSent, "250 queued as 4711"
	settle(t, s, c, noon.Add(time.Second))
	want := []Mail{{MailKey: MailKey{"weekly", "2026-W47", "a@lab"}, Sender: "poolsweep@lab", MessageID: id, State: MailSent,
		Attempts: 1, QueuedAt: noon, NextAt: noon, DotAt: noon, Answer: "250 queued as 4711", ChangedAt: noon.Add(time.Second)}}
	if diff := cmp.Diff(want, outbox(t, s)); diff != "" {
		t.Error(diff)
	}
	if p, err := s.Period(ctx, "weekly", "2026-W47"); err != nil || p.State != Done {
		t.Errorf("%+v, %v", p, err)
	}
	if n := texts(t, s); n != 0 {
		t.Errorf("%d texts are left of a mail that was sent", n)
	}
	if c := claim(t, s, "me", noon.Add(longestWait)); c != nil {
		t.Errorf("claimed again: %+v", c)
	}
}

func TestQueueingAgainChangesNothing(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47", letters("a@lab", "b@lab")...)
	before := outbox(t, s)
	changed := letters("a@lab", "c@lab")
	changed[0].Text = []byte("another")
	queue(t, s, "2026-W47", changed...)
	if diff := cmp.Diff(before, outbox(t, s)); diff != "" {
		t.Error(diff)
	}
	if n := texts(t, s); n != 1 {
		t.Errorf("%d texts, want the one that both mails share", n)
	}
}

func TestAPeriodWithoutRecipientsIsDone(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47")
	if p, err := s.Period(context.Background(), "weekly", "2026-W47"); err != nil || p.State != Done {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTwoClaimersNeverHaveOneMail(t *testing.T) {
	s, dir := newStore(t)
	beside, err := OpenBeside(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	var all []string
	for i := range 20 {
		all = append(all, strings.Repeat("x", i+1)+"@lab")
	}
	queue(t, s, "2026-W47", letters(all...)...)
	var mu sync.Mutex
	got := map[string]int{}
	var claimers sync.WaitGroup
	for _, db := range []*Store{s, beside, s, beside} {
		claimers.Go(func() {
			for c := claim(t, db, "someone", noon); c != nil; c = claim(t, db, "someone", noon) {
				mu.Lock()
				got[c.Recipient]++
				mu.Unlock()
			}
		})
	}
	claimers.Wait()
	for _, r := range all {
		if got[r] != 1 {
			t.Errorf("%s was claimed %d times", r, got[r])
		}
	}
}

func TestWhoLostTheLeaseMayDoNothing(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	queue(t, s, "2026-W47", letters("a@lab")...)
	sleeper := claim(t, s, "sleeper", noon)
	if c := claim(t, s, "other", noon.Add(lease-1)); c != nil {
		t.Fatal("claimed within the lease")
	}
	if err := s.Renew(ctx, sleeper, noon.Add(lease/2)); err != nil {
		t.Fatal(err)
	}
	if c := claim(t, s, "other", noon.Add(lease)); c != nil {
		t.Fatal("claimed within the renewed lease")
	}
	taker := claim(t, s, "other", noon.Add(2*lease))
	if taker == nil {
		t.Fatal("the lease has no end")
	}
	for name, err := range map[string]error{
		"renew": s.Renew(ctx, sleeper, noon.Add(2*lease)), "dot": s.Dot(ctx, sleeper, lease, noon.Add(2*lease)),
		"settle": s.Settle(ctx, sleeper, noon.Add(2*lease)),
	} {
		if !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s of the sleeper: %v", name, err)
		}
	}
	if err := s.Dot(ctx, taker, lease, noon.Add(2*lease)); err != nil {
		t.Error(err)
	}
}

func TestAMailInDoubtIsLeftAloneForAWhile(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47", letters("a@lab")...)
	c := claim(t, s, "dies", noon)
	if err := s.Dot(context.Background(), c, 10*lease, noon); err != nil {
		t.Fatal(err)
	}
	if c := claim(t, s, "next", noon.Add(10*lease-1)); c != nil {
		t.Error("claimed while the server may be at work")
	}
	c = claim(t, s, "next", noon.Add(10*lease))
	if c == nil || c.State != MailDotted || !c.DotAt.Equal(noon) {
		t.Errorf("%+v", c)
	}
}

func TestATimeFarAheadComesFromAWrongClock(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47", letters("a@lab")...)
	claim(t, s, "me", noon.AddDate(10, 0, 0)) // and dies
	c := claim(t, s, "me", noon)
	if c == nil {
		t.Fatal("a lease of a wrong clock holds")
	}
	c.NextAt = noon.AddDate(1, 0, 0)
	settle(t, s, c, noon)
	if claim(t, s, "me", noon) == nil {
		t.Error("a wait of a wrong clock holds")
	}
}

func TestMailsToOneRecipientGoInOrder(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	queue(t, s, "2026-W47", letters("a@lab")...)
	if _, err := s.Freeze(ctx, week("2026-W48"), noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Queue(ctx, "weekly", "2026-W48", "here", letters("a@lab", "b@lab"), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	first := claim(t, s, "me", noon.Add(time.Hour))
	if first.Key != "2026-W47" {
		t.Fatalf("first %+v", first.MailKey)
	}
	first.NextAt = noon.Add(2 * time.Hour)
	settle(t, s, first, noon)
	if c := claim(t, s, "me", noon.Add(time.Hour)); c == nil || c.Recipient != "b@lab" {
		t.Errorf("while the first one waits: %+v", c)
	}
	if c := claim(t, s, "me", noon.Add(time.Hour)); c != nil {
		t.Errorf("overtook: %+v", c.MailKey)
	}
	first = claim(t, s, "me", noon.Add(2*time.Hour))
	first.State = MailSent
	settle(t, s, first, noon)
	if c := claim(t, s, "me", noon.Add(2*time.Hour)); c == nil || c.Key != "2026-W48" {
		t.Errorf("afterwards: %+v", c)
	}
}

func TestTheSmallerTextTakesThePlace(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47", Letter{Recipient: "a@lab", Text: []byte("with all files"), Small: []byte("summary")})
	c := claim(t, s, "me", noon)
	if !c.HasSmall {
		t.Fatal("no smaller text")
	}
	c.HasSmall, c.Reason = false, ingest.ReasonMailTooBig
	settle(t, s, c, noon)
	c = claim(t, s, "me", noon)
	if !strings.HasSuffix(string(c.Text), "\r\nsummary") || c.HasSmall || c.Reason != ingest.ReasonMailTooBig {
		t.Errorf("%+v %q", c.Mail, c.Text)
	}
	if n := texts(t, s); n != 1 {
		t.Errorf("%d texts", n)
	}
}

func TestADamagedTextIsNotSent(t *testing.T) {
	s, _ := newStore(t)
	queue(t, s, "2026-W47", letters("a@lab")...)
	if _, err := s.db.ExecContext(t.Context(), `UPDATE blob SET body = 'something else'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(context.Background(), "me", lease, noon); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestMessageIDsAreSafeAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range []MailKey{
		{"weekly", "2026-W47", "a@lab"}, {"weekly", "2026-W48", "a@lab"}, {"weekly", "2026-W47", "b@lab"},
		{"实验室", "2026-W47", "a@lab"}, {"实验宝", "2026-W47", "a@lab"}, {"a b", "2026-W47", "a@lab"}, {"a-b", "2026-W47", "a@lab"},
		{"x\r\nBcc: all@lab", "2026-W47", "a@lab"},
	} {
		id := MessageID("here", m)
		if seen[id] || strings.ContainsAny(strings.Trim(id, "<>"), " \r\n<>:\x00") {
			t.Errorf("%+v: %s", m, id)
		}
		seen[id] = true
	}
	if MessageID("here", MailKey{"w", "k", "A@lab"}) != MessageID("here", MailKey{"w", "k", "a@LAB"}) {
		t.Error("the spelling of an address makes another mail")
	}
}

func TestAPersonDecidesOnAHeldMail(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	freeze(t, s, week("2026-W47"), true)
	letters := []Letter{{Recipient: "a@lab", Sender: "p@lab", Text: []byte("A")}, {Recipient: "b@lab", Sender: "p@lab", Text: []byte("B")}}
	if err := s.Queue(ctx, "weekly", "2026-W47", "here", letters, noon); err != nil {
		t.Fatal(err)
	}
	key := func(r string) MailKey { return MailKey{"weekly", "2026-W47", r} }
	if err := s.Resend(ctx, key("a@lab"), noon); !errors.Is(err, ErrNotHeld) {
		t.Errorf("a mail that waits: %v", err)
	}
	for range letters {
		c, err := s.Claim(ctx, "me", time.Minute, noon)
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		c.State, c.Reason = MailHeld, ingest.ReasonMailInDoubt
		if err := s.Settle(ctx, c, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Arrived(ctx, key("a@lab"), noon), s.Resend(ctx, key("b@lab"), noon)); err != nil {
		t.Fatal(err)
	}
	c, err := s.Claim(ctx, "me", time.Minute, noon)
	if err != nil || c == nil || c.Recipient != "b@lab" || !c.Again || !strings.HasSuffix(string(c.Text), "B") {
		t.Fatalf("claimed %+v, %v", c, err)
	}
	if p, err := s.Period(ctx, "weekly", "2026-W47"); err != nil || p.State != Queued {
		t.Errorf("%v, the period is %s", err, p.State)
	}
	c.State = MailSent
	if err := s.Settle(ctx, c, noon); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Period(ctx, "weekly", "2026-W47"); err != nil || p.State != Done {
		t.Errorf("%v, in the end the period is %s", err, p.State)
	}
	if err := s.Arrived(ctx, key("a@lab"), noon); !errors.Is(err, ErrNotHeld) {
		t.Errorf("decided already: %v", err)
	}
}
