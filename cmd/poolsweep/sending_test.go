package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/report/smtp"
)

// post is a sender with a clock that is set, and a server that does as it is told.
type post struct {
	*sender
	t       *testing.T
	wall    time.Time
	uptime  time.Duration
	answers []reply  // one an attempt; the last one for all that follow
	sent    []string // recipients in whose mails the dot was sent
}

// reply is what comes of one attempt. One that dies does not come back after the
// dot.
type reply struct {
	smtp.Outcome
	dies bool
}

var (
	accepts = reply{Outcome: smtp.Outcome{Kind: smtp.Sent, Answered: true, Answer: "250 queued as 4711"}}
	isAway  = reply{Outcome: smtp.Outcome{Kind: smtp.Temporary, Err: errors.New("connection refused")}}
	later   = reply{Outcome: smtp.Outcome{Kind: smtp.Temporary, Answered: true, Err: errors.New("451 greylisted")}}
	refused = reply{Outcome: smtp.Outcome{Kind: smtp.Permanent, Answered: true, Err: errors.New("550 no such user")}}
	tooBig  = reply{Outcome: smtp.Outcome{Kind: smtp.TooBig, Answered: true, Err: errors.New("takes at most 20 bytes")}}
	dropped = reply{Outcome: smtp.Outcome{Kind: smtp.InDoubt, Err: errors.New("EOF")}}
	killed  = reply{Outcome: smtp.Outcome{Kind: smtp.InDoubt, Err: errors.New("killed")}, dies: true}
)

func newPost(t *testing.T, policy doubtPolicy, answers ...reply) *post {
	t.Helper()
	db, err := store.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &post{t: t, wall: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC), answers: answers}
	p.sender = &sender{store: db, deliver: p.attempt, policy: func(string) doubtPolicy { return policy }, owner: "post",
		times: defaultSendTimes(), now: func() time.Time { return p.wall }, mono: func() time.Duration { return p.uptime },
		log: slog.New(slog.DiscardHandler)}
	return p
}

func (p *post) attempt(_ context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome {
	a := p.answers[0]
	p.answers = p.answers[min(1, len(p.answers)-1):]
	if a.Kind == smtp.Sent || a.Kind == smtp.InDoubt {
		if err := beforeDot(); err != nil {
			return smtp.Outcome{Kind: smtp.Temporary, Err: err}
		}
		p.sent = append(p.sent, m.To)
	}
	if a.dies {
		panic(a.Err)
	}
	return a.Outcome
}

// queue has a week's mails in the outbox.
func (p *post) queue(key string, recipients ...string) {
	p.t.Helper()
	var letters []store.Letter
	for _, r := range recipients {
		letters = append(letters, store.Letter{Recipient: r, Sender: "poolsweep@lab", Text: []byte("Subject: " + key + "\r\n\r\n")})
	}
	p.put(key, letters...)
}

func (p *post) put(key string, letters ...store.Letter) {
	p.t.Helper()
	ctx := context.Background()
	_, err := p.store.Freeze(ctx, store.Period{Series: "weekly", Key: key, State: store.Frozen}, p.wall)
	if err == nil {
		err = p.store.Queue(ctx, "weekly", key, "here", letters, p.wall)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// work lets time pass and the sender do its work every minute, in long times every
// ten.
func (p *post) work(d time.Duration) {
	p.t.Helper()
	step := time.Minute
	if d > 4*time.Hour {
		step = 10 * time.Minute
	}
	for range d / step {
		p.wall, p.uptime = p.wall.Add(step), p.uptime+step
		p.pass()
	}
}

// pass lets the sender work once, and perhaps die.
func (p *post) pass() {
	p.t.Helper()
	defer func() {
		if err, ok := recover().(error); ok && err.Error() != killed.Err.Error() {
			panic(err)
		}
	}()
	if err := p.sender.pass(context.Background()); err != nil {
		p.t.Fatal(err)
	}
}

// mails shows the outbox in short.
func (p *post) mails() string {
	p.t.Helper()
	mails, err := p.store.Outbox(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, m := range mails {
		text := fmt.Sprintf("%s %s %s", m.Key, m.Recipient, m.State)
		if m.Reason != "" {
			text += " " + string(m.Reason)
		}
		if m.Again {
			text += " again"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func (p *post) want(mails string, sent ...string) {
	p.t.Helper()
	if got := p.mails(); got != mails {
		p.t.Errorf("outbox %q, want %q", got, mails)
	}
	if !slices.Equal(p.sent, sent) {
		p.t.Errorf("sent %q, want %q", p.sent, sent)
	}
}

func TestEachRecipientGetsTheirMail(t *testing.T) {
	p := newPost(t, doubtHold, accepts, refused, accepts)
	p.queue("2026-W47", "a@lab", "b@lab", "c@lab")
	p.pass()
	p.want("2026-W47 a@lab sent; 2026-W47 b@lab refused MAIL_REFUSED; 2026-W47 c@lab sent", "a@lab", "c@lab")
	p.work(48 * time.Hour)
	p.want("2026-W47 a@lab sent; 2026-W47 b@lab refused MAIL_REFUSED; 2026-W47 c@lab sent", "a@lab", "c@lab")
}

func TestAttemptsAreFartherAndFartherApart(t *testing.T) {
	t.Parallel()
	p := newPost(t, doubtHold, later)
	var at []time.Duration
	began := p.wall
	p.deliver = func(context.Context, smtp.Message, func() error) smtp.Outcome {
		at = append(at, p.wall.Sub(began))
		return later.Outcome
	}
	p.queue("2026-W47", "a@lab")
	p.pass()
	p.work(4 * time.Hour)
	want := []time.Duration{0, 1, 6, 21, 51, 111, 171, 231}
	for i := range want {
		want[i] *= time.Minute
	}
	if !slices.Equal(at, want) {
		t.Errorf("attempts at %v, want %v", at, want)
	}
	p.work(5 * 24 * time.Hour)
	p.want("2026-W47 a@lab refused MAIL_REFUSED")
}

// TestAServerThatIsAwayForLong is down for eight days, over two weeks' mails.
func TestAServerThatIsAwayForLong(t *testing.T) {
	t.Parallel()
	p := newPost(t, doubtHold, isAway)
	p.queue("2026-W47", "a@lab", "b@lab")
	p.work(7 * 24 * time.Hour)
	p.queue("2026-W48", "a@lab", "b@lab")
	p.work(24 * time.Hour)
	p.want("2026-W47 a@lab pending; 2026-W47 b@lab pending; 2026-W48 a@lab pending; 2026-W48 b@lab pending")
	var order []string
	p.deliver = func(_ context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome {
		order = append(order, m.To+string(m.Text[strings.Index(string(m.Text), "-W"):][:4]))
		return p.attempt(context.Background(), m, beforeDot)
	}
	p.answers = []reply{accepts}
	p.work(3 * time.Hour)
	p.want("2026-W47 a@lab sent; 2026-W47 b@lab sent; 2026-W48 a@lab sent; 2026-W48 b@lab sent", p.sent...)
	a := slices.Index(order, "a@lab-W47")
	if len(order) != 4 || a < 0 || a > slices.Index(order, "a@lab-W48") || slices.Index(order, "b@lab-W47") > slices.Index(order, "b@lab-W48") {
		t.Errorf("sent %v", order)
	}
}

func TestGreylistingMakesOneMail(t *testing.T) {
	p := newPost(t, doubtHold, later, later, accepts)
	p.queue("2026-W47", "a@lab")
	p.work(time.Hour)
	p.want("2026-W47 a@lab sent", "a@lab")
}

func TestAMailTooBigGoesWithoutItsFiles(t *testing.T) {
	p := newPost(t, doubtHold, tooBig, later, accepts)
	p.put("2026-W47", store.Letter{Recipient: "a@lab", Text: []byte("all files"), Small: []byte("summary")})
	p.work(time.Hour)
	p.want("2026-W47 a@lab sent MAIL_TOO_BIG", "a@lab")
	p.answers = []reply{tooBig}
	p.put("2026-W48", store.Letter{Recipient: "a@lab", Text: []byte("all files"), Small: []byte("summary")})
	p.work(time.Hour)
	p.want("2026-W47 a@lab sent MAIL_TOO_BIG; 2026-W48 a@lab refused MAIL_TOO_BIG", "a@lab")
}

func TestAMailInDoubtIsHeld(t *testing.T) {
	t.Parallel()
	for _, a := range []reply{dropped, killed} {
		p := newPost(t, doubtHold, a, accepts)
		p.queue("2026-W47", "a@lab")
		p.work(9 * time.Minute)
		if state := p.mails(); !strings.Contains(state, " dot") {
			t.Errorf("at once: %s", state)
		}
		p.work(24 * time.Hour)
		p.want("2026-W47 a@lab held MAIL_IN_DOUBT", "a@lab")
	}
}

func TestAMailInDoubtIsSentOnceMore(t *testing.T) {
	t.Parallel()
	p := newPost(t, doubtResend, killed, accepts)
	p.queue("2026-W47", "a@lab")
	p.work(24 * time.Hour)
	p.want("2026-W47 a@lab sent again", "a@lab", "a@lab")
	p = newPost(t, doubtResend, dropped)
	p.queue("2026-W47", "a@lab")
	p.work(24 * time.Hour)
	p.want("2026-W47 a@lab held MAIL_IN_DOUBT again", "a@lab", "a@lab")
}

// seeing is a witness that is told what it says.
type seeing struct {
	seen bool
	err  error
}

func (w *seeing) saw(string, time.Time) (bool, error) { return w.seen, w.err }
func (w *seeing) String() string                      { return "witness" }

func TestAWitnessDecides(t *testing.T) {
	p := newPost(t, doubtVerify, killed, accepts)
	w := &seeing{}
	p.witness = w
	p.queue("2026-W47", "a@lab")
	p.work(110 * time.Minute)
	p.want("2026-W47 a@lab dot MAIL_IN_DOUBT", "a@lab")
	w.seen = true
	p.work(10 * time.Minute)
	p.want("2026-W47 a@lab sent", "a@lab")
}

func TestAWitnessThatSawNothingIsBelievedLate(t *testing.T) {
	p := newPost(t, doubtVerify, killed, accepts)
	p.witness = &seeing{}
	p.queue("2026-W47", "a@lab")
	p.work(115 * time.Minute)
	p.want("2026-W47 a@lab dot MAIL_IN_DOUBT", "a@lab")
	p.work(20 * time.Minute)
	p.want("2026-W47 a@lab sent", "a@lab", "a@lab")
}

func TestAWitnessThatCannotTellIsAskedForADay(t *testing.T) {
	t.Parallel()
	p := newPost(t, doubtVerify, killed, accepts)
	p.witness = &seeing{err: errors.New("permission denied")}
	p.queue("2026-W47", "a@lab")
	p.work(23 * time.Hour)
	p.want("2026-W47 a@lab dot MAIL_IN_DOUBT", "a@lab")
	p.work(2 * time.Hour)
	p.want("2026-W47 a@lab held MAIL_IN_DOUBT", "a@lab")
}

func TestNothingIsSentByAClockInDoubt(t *testing.T) {
	t.Parallel()
	for name, leap := range map[string]time.Duration{"back an hour": -61 * time.Minute, "back a day": -24 * time.Hour,
		"back a year": -365 * 24 * time.Hour, "ahead a day": 24 * time.Hour, "ahead 10 years": 87660 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, doubtHold, accepts)
			p.work(6 * time.Minute)
			p.wall = p.wall.Add(leap)
			p.queue("2026-W47", "a@lab")
			p.work(4 * time.Minute)
			p.want("2026-W47 a@lab pending")
			p.wall = p.wall.Add(-leap) // and back
			p.work(30 * time.Minute)
			p.want("2026-W47 a@lab sent", "a@lab")
		})
	}
	p := newPost(t, doubtHold, accepts)
	p.wall = time.Unix(0, 0)
	p.queue("2026-W47", "a@lab")
	p.work(time.Hour)
	p.want("2026-W47 a@lab pending")
}

func TestASenderKnowsTheTimeOfTheLastRun(t *testing.T) {
	p := newPost(t, doubtHold, accepts)
	p.queue("2026-W47", "a@lab")
	ctx, cancel := context.WithCancel(t.Context())
	if err := p.store.PutHealth(ctx, store.Health{Part: partClock, At: p.wall.Add(24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, cancel)
	p.run(ctx)
	p.want("2026-W47 a@lab pending")
	p.clock = wallClock{}
	p.pass()
	p.want("2026-W47 a@lab sent", "a@lab")
}

// TestASuspendedMachineSendsOnce sleeps for eight hours between the dot and the
// server's answer, while another sender has the outbox.
func TestASuspendedMachineSendsOnce(t *testing.T) {
	p := newPost(t, doubtHold, accepts)
	other := *p.sender
	other.owner, other.clock = "other", wallClock{}
	other.deliver = func(context.Context, smtp.Message, func() error) smtp.Outcome {
		t.Error("sent again")
		return smtp.Outcome{Kind: smtp.Temporary}
	}
	p.deliver = func(ctx context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome {
		out := p.attempt(ctx, m, beforeDot)
		p.wall, p.uptime = p.wall.Add(8*time.Hour), p.uptime+8*time.Hour
		if err := other.pass(ctx); err != nil {
			t.Error(err)
		}
		return out
	}
	p.queue("2026-W47", "a@lab")
	p.pass()
	p.want("2026-W47 a@lab held MAIL_IN_DOUBT", "a@lab")
}

func TestTheMailOfALostLeaseIsNotSent(t *testing.T) {
	p := newPost(t, doubtHold, accepts)
	other := *p.sender
	p.deliver = func(ctx context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome {
		p.wall, p.uptime = p.wall.Add(2*time.Minute), p.uptime+2*time.Minute // stopped
		if err := other.pass(ctx); err != nil {
			t.Error(err)
		}
		return p.attempt(ctx, m, beforeDot)
	}
	p.queue("2026-W47", "a@lab")
	p.pass()
	p.want("2026-W47 a@lab sent", "a@lab")
}

func TestTheEndOfTheServiceWaitsForAnAnswer(t *testing.T) {
	p := newPost(t, doubtHold, accepts)
	ctx, cancel := context.WithCancel(context.Background())
	p.deliver = func(sending context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome {
		out := p.attempt(sending, m, beforeDot)
		cancel()
		time.Sleep(10 * time.Millisecond)
		if sending.Err() != nil {
			return dropped.Outcome
		}
		return out
	}
	p.queue("2026-W47", "a@lab", "b@lab")
	if err := p.sender.pass(ctx); err != nil {
		t.Fatal(err)
	}
	p.want("2026-W47 a@lab sent; 2026-W47 b@lab pending", "a@lab")
}

func TestAnAttemptThatTheEndBreaksOffIsMadeAtTheNextStart(t *testing.T) {
	p := newPost(t, doubtHold, accepts)
	ctx, cancel := context.WithCancel(t.Context())
	p.deliver = func(sending context.Context, _ smtp.Message, beforeDot func() error) smtp.Outcome {
		cancel()
		<-sending.Done()
		if err := beforeDot(); err == nil {
			t.Error("the dot may still be sent")
		}
		return smtp.Outcome{Kind: smtp.Temporary, Err: net.ErrClosed}
	}
	p.queue("2026-W47", "a@lab")
	if err := p.sender.pass(ctx); err != nil {
		t.Fatal(err)
	}
	p.deliver = p.attempt
	p.pass()
	p.want("2026-W47 a@lab sent", "a@lab")
}

func TestWitnesses(t *testing.T) {
	const id = "<w.2026-W47.weekly.b361@here>"
	dotted := time.Now().Add(-time.Minute)
	const cleanup = "Nov 23 06:00:01 lab postfix/cleanup[71]: 4XyZ1: message-id=" + id + "\n"
	const active = "Nov 23 06:00:01 lab postfix/qmgr[70]: 4XyZ1: from=<poolsweep@lab>, size=900, nrcpt=1 (queue active)\n"
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"Postfix":                  {cleanup + active, true},
		"Postfix, not to its end":  {cleanup, false},
		"Postfix, another mail":    {cleanup + strings.Replace(cleanup, id, "<other>", 1) + active, false},
		"Postfix, before":          {active + cleanup, false},
		"Exim":                     {"2026-11-23 06:00:01 1aBcDe-01 <= poolsweep@lab H=lab P=esmtp S=900 id=" + strings.Trim(id, "<>") + "\n", true},
		"Sendmail":                 {"Nov 23 06:00:01 lab sendmail[72]: 4AbC1: from=<poolsweep@lab>, size=900, class=0, nrcpts=1, msgid=" + id + ", proto=ESMTP\n", true},
		"nothing":                  {"Nov 23 06:00:01 lab postfix/qmgr[70]: 4XyZ2: removed\n", false},
		"a last line without end":  {cleanup + strings.TrimSuffix(active, "\n"), true},
		"delivered to a recipient": {"Nov 23 06:00:01 lab postfix/smtp[7]: 4XyZ1: to=<a@lab>, status=sent (250 " + id + ")\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mail.log")
			write(t, file, tt.text)
			if seen, err := mailLog(file).saw(id, dotted); seen != tt.want || err != nil {
				t.Errorf("%v, %v; want %v", seen, err, tt.want)
			}
			write(t, file+".1", tt.text) // rotated
			write(t, file, "Nov 24 00:00:01 lab postfix/qmgr[70]: 4XyZ3: removed\n")
			if seen, err := mailLog(file).saw(id, dotted); seen != tt.want || err != nil {
				t.Errorf("rotated: %v, %v; want %v", seen, err, tt.want)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "mail.log")
	write(t, file, active)
	if _, err := mailLog(file).saw("<none>", time.Now().Add(time.Hour)); err == nil {
		t.Error("a log that nobody writes to says no")
	}
	if _, err := mailLog(file+".none").saw(id, dotted); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no log: %v", err)
	}
}

func TestAMailboxIsAWitness(t *testing.T) {
	const id = "<w.2026-W47.weekly.b361@here>"
	dir := t.TempDir()
	dotted := time.Now()
	if _, err := maildir(dir).saw(id, dotted); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no mailbox: %v", err)
	}
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	mail := "Received: from lab\r\n\tby mail\r\nMessage-Id: " + id + "\r\nSubject: x\r\n\r\n"
	look := func(want bool) {
		t.Helper()
		if seen, err := maildir(dir).saw(id, dotted); seen != want || err != nil {
			t.Errorf("%v, %v; want %v", seen, err, want)
		}
	}
	write(t, filepath.Join(dir, "tmp", "1"), mail) // not whole yet
	write(t, filepath.Join(dir, "new", "2"), "Subject: x\r\n\r\nMessage-ID: "+id+"\r\n")
	write(t, filepath.Join(dir, "new", "3"), strings.Replace(mail, "weekly", "other", 1))
	look(false)
	write(t, filepath.Join(dir, "cur", "4"), mail)
	look(true)
	if err := os.Chtimes(filepath.Join(dir, "cur", "4"), time.Time{}, dotted.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	look(false) // an earlier one
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
