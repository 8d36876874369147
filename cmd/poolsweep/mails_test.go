package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/report/smtp"
)

var (
	mails     = flag.Int("mails", 40, "mails that are sent")
	mailKills = flag.Int("mail-kills", 12, "times a sender is killed")
	senders   = flag.Int("senders", 2, "senders at a time")
)

// TestKilledSendersSendOnce kills senders again and again while they send to a server
// that fails in every way. What a policy promises holds for all mails: with a witness
// each arrives once; held ones may be missing but are shown; those sent again may be
// double but are shown.
func TestKilledSendersSendOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	for _, policy := range []doubtPolicy{doubtVerify, doubtHold, doubtResend} {
		t.Run(string(policy), func(t *testing.T) {
			o := newOffice(t, policy)
			r := rand.New(rand.NewPCG(2026, 11))
			kills := 0
			for ; kills < *mailKills && o.underWay(t) > 0; kills++ {
				i := r.IntN(*senders)
				time.Sleep(time.Duration(15+r.IntN(150)) * time.Millisecond)
				o.clerks[i].kill()
				o.clerks[i] = o.employ(t)
			}
			o.settle(t)
			o.check(t, kills)
		})
	}
}

// office has an outbox, a mail server and senders that are killed.
type office struct {
	dir    string
	db     *store.Store
	job    senderJob
	server *badServer
	clerks []*clerk
	log    *os.File
}

func newOffice(t *testing.T, policy doubtPolicy) *office {
	t.Helper()
	o := &office{dir: t.TempDir()}
	for _, d := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(o.dir, "mailbox", d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if o.db, err = store.Open(context.Background(), filepath.Join(o.dir, "state")); err != nil {
		t.Fatal(err)
	}
	if o.log, err = os.Create(filepath.Join(o.dir, "log")); err != nil {
		t.Fatal(err)
	}
	o.server = &badServer{mailbox: filepath.Join(o.dir, "mailbox"), copies: map[string]int{}, r: rand.New(rand.NewPCG(5, 321))}
	o.job = senderJob{State: filepath.Join(o.dir, "state"), Mailbox: o.server.mailbox, Port: o.server.start(t), Policy: policy}
	o.fill(t)
	for range *senders {
		o.clerks = append(o.clerks, o.employ(t))
	}
	t.Cleanup(func() {
		for _, c := range o.clerks {
			c.kill()
		}
		o.db.Close()
		o.log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(o.log.Name())
			lines := strings.Split(string(text), "\n")
			t.Logf("end of the senders' log:\n%s", strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	})
	return o
}

// fill puts the mails into the outbox, at most 50 a week.
func (o *office) fill(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	for first := 0; first < *mails; first += 50 {
		p := store.Period{Series: "weekly", Key: fmt.Sprintf("2026-W%02d", 1+first/50), State: store.Frozen}
		var letters []store.Letter
		for i := first; i < min(first+50, *mails); i++ {
			letters = append(letters, store.Letter{Recipient: fmt.Sprintf("r%d@lab", i), Sender: "poolsweep@lab",
				Text: []byte("Subject: all is well\r\n\r\n" + strings.Repeat("A line of the mail.\r\n", 200))})
		}
		_, err := o.db.Freeze(ctx, p, time.Now())
		if err == nil {
			err = o.db.Queue(ctx, p.Series, p.Key, "here", letters, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (o *office) outbox(t *testing.T) []store.Mail {
	t.Helper()
	all, err := o.db.Outbox(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (o *office) underWay(t *testing.T) (n int) {
	t.Helper()
	for _, m := range o.outbox(t) {
		if m.State == store.MailPending || m.State == store.MailDotted {
			n++
		}
	}
	return n
}

// settle waits until no mail is under way any more.
func (o *office) settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute + time.Duration(*mails)*time.Second); o.underWay(t) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails are still under way", o.underWay(t))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// check compares what the outbox says with what the server has.
func (o *office) check(t *testing.T, kills int) {
	t.Helper()
	o.server.mu.Lock()
	defer o.server.mu.Unlock()
	extra, missing, held, again, untrue := 0, 0, 0, 0, 0
	for _, m := range o.outbox(t) {
		n := o.server.copies[m.MessageID]
		extra += max(0, n-1)
		if n == 0 {
			missing++
		}
		if m.State == store.MailHeld {
			held++
		}
		if m.Again {
			again++
		}
		if m.State == store.MailSent && n == 0 {
			untrue++
		}
		if n > 1 && !m.Again {
			t.Errorf("%s has %d copies, and nothing says so: %+v", m.Recipient, n, m)
		}
		if n == 0 && m.State != store.MailHeld {
			t.Errorf("%s has none, and nothing says so: %+v", m.Recipient, m)
		}
	}
	t.Logf("%s, %d senders: %d mails, %d kills: %d extra copies, %d never delivered, %d held, %d sent again, %d sent but not there",
		o.job.Policy, *senders, *mails, kills, extra, missing, held, again, untrue)
	promised := map[doubtPolicy]bool{
		doubtVerify: extra+missing+held+again == 0,
		doubtHold:   extra+again == 0 && missing <= held,
		doubtResend: extra <= again && missing <= held,
	}
	if !promised[o.job.Policy] || untrue > 0 {
		t.Error("not what the policy promises")
	}
}

// asSender, set in the environment to a senderJob, makes this test program send.
const asSender = "POOLSWEEP_TEST_SENDER"

// senderJob is what a sender is told.
type senderJob struct {
	State, Mailbox string
	Port           int
	Policy         doubtPolicy
}

// clerk is a sender in a process of its own.
type clerk struct{ *exec.Cmd }

// employ starts a sender and waits until it is at work.
func (o *office) employ(t *testing.T) *clerk {
	t.Helper()
	job, err := json.Marshal(o.job)
	if err != nil {
		t.Fatal(err)
	}
	c := &clerk{exec.Command(os.Args[0])}
	c.Env, c.Stderr = append(os.Environ(), asSender+"="+string(job)), o.log
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err == nil {
		_, err = out.Read(make([]byte, 1))
	}
	if err != nil {
		t.Fatalf("start a sender: %v", err)
	}
	return c
}

func (c *clerk) kill() {
	_ = c.Process.Kill()
	_ = c.Wait()
}

// runAsSender sends for ever, with times a few thousandths of what they are in a lab.
func runAsSender(text string) {
	var job senderJob
	err := json.Unmarshal([]byte(text), &job)
	var db *store.Store
	if err == nil {
		db, err = store.OpenBeside(context.Background(), job.State)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	began := time.Now()
	client := &smtp.Client{Server: smtp.Server{Host: "127.0.0.1", Port: job.Port, Security: smtp.None, Hello: "lab"},
		Limits: smtp.Limits{Step: 500 * time.Millisecond, Total: 5 * time.Second, Dot: 2 * time.Second},
		Dial:   (&net.Dialer{}).DialContext, Now: time.Now}
	s := &sender{store: db, deliver: client.Send, policy: func(string) doubtPolicy { return job.Policy }, witness: maildir(job.Mailbox),
		times: sendTimes{poll: 20 * time.Millisecond, lease: 600 * time.Millisecond, patience: 200 * time.Millisecond,
			certain: 2 * time.Second, asked: time.Minute, backoff: []time.Duration{30 * time.Millisecond, 100 * time.Millisecond}, giveUp: time.Hour},
		owner: fmt.Sprint(os.Getpid()), now: time.Now, mono: func() time.Duration { return time.Since(began) },
		log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	fmt.Println()
	s.run(context.Background())
}

// badServer takes mails, after a while, and fails in one of eight ways. What it took
// it keeps, also in a mailbox.
type badServer struct {
	mailbox string
	mu      sync.Mutex
	r       *rand.Rand
	copies  map[string]int // by Message-ID
	taken   int
}

// Ways in which the server fails, each with 5 mails of 100.
const (
	acceptsSilently = iota // and hangs up
	losesSilently          // hangs up after the dot, without the mail
	refusesLate            // 451 after the dot
	greylists              // 451 for the recipient
	isBusy                 // 421 at the start
	hangsUpEarly           // in the middle of the text
	answersLate
	stalls // does not answer the recipient within the sender's time
)

func (b *badServer) start(t *testing.T) int {
	t.Helper()
	return onLoopback(t, b.serve).Port
}

// onLoopback serves each connection to a port of this machine until the test ends.
func onLoopback(t *testing.T, serve func(net.Conn)) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

func (b *badServer) serve(conn net.Conn) {
	b.mu.Lock()
	fault := b.r.IntN(20)
	b.mu.Unlock()
	in := bufio.NewReader(conn)
	say := func(answer string) { fmt.Fprintf(conn, "%s\r\n", answer) }
	if fault == isBusy {
		say("421 busy")
		return
	}
	say("220 bad")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case verb == "RCPT" && fault == greylists:
			say("451 4.7.1 come back later")
		case verb == "RCPT" && fault == stalls:
			_, _ = io.Copy(io.Discard, in)
			return
		case verb == "DATA":
			say("354 go ahead")
			b.take(conn, in, fault)
			return
		default:
			say("250 fine")
		}
	}
}

// take reads a text and does with it what the fault says.
func (b *badServer) take(conn net.Conn, in *bufio.Reader, fault int) {
	var text strings.Builder
	for line := ""; line != ".\r\n"; {
		var err error
		if line, err = in.ReadString('\n'); err != nil || fault == hangsUpEarly && text.Len() > 1000 {
			return
		}
		text.WriteString(line)
	}
	time.Sleep(10 * time.Millisecond)
	switch fault {
	case losesSilently:
		return
	case refusesLate:
		fmt.Fprint(conn, "451 4.3.1 no space\r\n")
		return
	case answersLate:
		time.Sleep(80 * time.Millisecond)
	}
	b.keep(text.String())
	time.Sleep(10 * time.Millisecond)
	if fault != acceptsSilently {
		fmt.Fprint(conn, "250 queued\r\n")
	}
}

// keep stores a mail for good, as a delivery to a mailbox does.
func (b *badServer) keep(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "Message-ID: "), "\r\n")
	b.copies[id]++
	b.taken++
	draft := filepath.Join(b.mailbox, "tmp", fmt.Sprint(b.taken))
	err := os.WriteFile(draft, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(draft, filepath.Join(b.mailbox, "new", fmt.Sprint(b.taken)))
	}
	if err != nil {
		panic(err)
	}
}
