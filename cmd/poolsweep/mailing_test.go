package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/store"
)

// goodServer takes all mails.
type goodServer struct {
	mu    sync.Mutex
	mails []string
}

func (g *goodServer) start(t *testing.T) string {
	t.Helper()
	return onLoopback(t, g.serve).String()
}

func (g *goodServer) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 good\r\n")
	for {
		line, err := in.ReadString('\n')
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case err != nil:
			return
		case verb == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		case verb != "DATA":
			fmt.Fprint(conn, "250 fine\r\n")
		default:
			fmt.Fprint(conn, "354 go ahead\r\n")
			var text strings.Builder
			for line = ""; line != ".\r\n" && err == nil; {
				text.WriteString(strings.TrimPrefix(line, "."))
				line, err = in.ReadString('\n')
			}
			if err != nil {
				return
			}

			g.mu.Lock()
			g.mails = append(g.mails, text.String())
			g.mu.Unlock()
			fmt.Fprint(conn, "250 queued\r\n")
		}
	}
}

// got returns the mails by Message-ID, with how often each came.
func (g *goodServer) got(t *testing.T) (map[string]*mail.Message, map[string]int) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	mails, copies := map[string]*mail.Message{}, map[string]int{}
	for _, text := range g.mails {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v:\n%.500s", err, text)
		}
		mails[m.Header.Get("Message-ID")] = m
		copies[m.Header.Get("Message-ID")]++
	}
	return mails, copies
}

// TestWatcherMailsEachGroupOnce runs the whole way: a watcher with the samples and two
// groups in two languages, killed again and again while it makes and sends the week's
// mails to a server. Each mail comes once.
func TestWatcherMailsEachGroupOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	g := &goodServer{}
	l := newLab(t, waits)
	for i, folder := range []string{"process-leak/TEST-2K3-11/stress-stopped.log", "wavxdmgr-runaway/LAB-XP-07/LAB-XP-07_20121031.log"} {
		text, err := os.ReadFile(filepath.Join(top, "samples", filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		machine := strings.Split(folder, "/")[1]
		p := &plan{machine: machine, path: filepath.Join(l.dir, "drop", machine, fmt.Sprintf("kd-%d.log", i)), text: text, habit: steady}
		l.plans = append(l.plans, p)
		p.write(t)
	}
	l.settle(t)
	l.setUpMails(t, g.start(t))
	for i := range 3 { // killed before, in and after what is due at the start
		l.start(t)
		time.Sleep(checkEvery + time.Duration(100+i*400)*time.Millisecond)
		l.kill()
	}
	l.start(t)
	l.awaitSent(t, 2)
	mails, copies := g.got(t)
	if len(mails) != 2 {
		t.Errorf("%d mails, want 2", len(mails))
	}
	subjects := ""
	for id, m := range mails {
		if copies[id] != 1 {
			t.Errorf("%s came %d times", id, copies[id])
		}
		if m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("headers %v", m.Header)
		}
		subjects += m.Header.Get("To") + m.Header.Get("Content-Language") + " "
	}
	for _, part := range []string{"<all@lab.example>zh-CN", "<xp@lab.example>en"} {
		if !strings.Contains(subjects, part) {
			t.Errorf("no mail %s among %s", part, subjects)
		}
	}
}

// setUpMails gives the lab's watcher two groups, set up long enough ago that a mail is
// due, and a witness of what the server took.
func (l *lab) setUpMails(t *testing.T, server string) {
	t.Helper()
	file := filepath.Join(l.dir, "poolsweep.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The sender that comes back finds mails in doubt only after ten minutes: the weekly
	// mail is the one that may be sent again then, so that none is missing here.
	text = fmt.Appendf(text, `mail: {server: "%s", security: none, from: poolsweep@lab.example}
groups:
  - {name: XP, machines: ["LAB-XP*"], recipients: [xp@lab.example], weekday: monday}
  - {name: rest, default: true, recipients: [all@lab.example], weekday: tuesday, lang: zh-CN}
`, server)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), filepath.Join(l.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for series, day := range map[string]time.Weekday{"weekly/xp": time.Monday, "weekly/rest": time.Tuesday} {
		s := schedule{day, 7, time.UTC}
		p := store.Period{Series: series, Key: s.before(s.latest(time.Now())).key, State: store.Skipped}
		if _, err := db.Freeze(context.Background(), p, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitSent waits until so many mails are sent, and none is under way.
func (l *lab) awaitSent(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(time.Second) {
		st, err := readStatus(context.Background(), &config{State: filepath.Join(l.dir, "state")}, false)
		sent := 0
		if err == nil {
			for _, m := range st.Mails {
				if m.State == store.MailSent {
					sent++
				}
			}
		}
		if sent == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails are sent, want %d: %v, %+v", sent, n, err, st.Mails)
		}
	}
}

// TestWeeklyByHandSendsOnce makes and sends a mail beside a watcher,
// and has a person decide on one that is held.
func TestWeeklyByHandSendsOnce(t *testing.T) {
	t.Parallel()
	g := &goodServer{}
	b := newBench(t, "process-leak")
	config := filepath.Join(b.dir, "lab.yaml")
	text := fmt.Sprintf("out: out\nstate: state\nmail: {server: '%s', security: none, from: poolsweep@lab.example}\n"+
		"groups: [{name: Lab, default: true, recipients: [all@lab.example], weekday: monday}]\n", g.start(t))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	try := filepath.Join(b.dir, "try")
	code, out, errs := runs(t, "weekly", "--config", config, "--dry-run", "--week", "2026-W10", "--out", try)
	if code != exitDone || !strings.Contains(out, "not sent: "+filepath.ToSlash(try)+"/2026-W10-lab") {
		t.Fatalf("exits %d:\n%s%s", code, out, errs)
	}
	for _, name := range []string{emlFile, htmlFile, textFile, bookFile} {
		if _, err := os.Stat(filepath.Join(try, "2026-W10-lab", name)); err != nil {
			t.Error(err)
		}
	}
	if code, _, errs := runs(t, "weekly", "--config", config, "--week", "2099-W10"); code != exitFailed || !strings.Contains(errs, "2099-W10 is not over") {
		t.Errorf("a week to come exits %d: %s", code, errs)
	}
	if code, _, errs := runs(t, "weekly", "--config", config, "--week", "last"); code != exitUsage || !strings.Contains(errs, "is no week") {
		t.Errorf("no week exits %d: %s", code, errs)
	}
	for _, want := range []string{"Sent to all@lab.example: 250 queued", "was made before: it is done"} {
		code, out, errs := runs(t, "weekly", "--config", config, "--week", "2026-W10")
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("exits %d, no %q:\n%s%s", code, want, out, errs)
		}
	}
	mails, copies := g.got(t)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	for id := range mails {
		if copies[id] != 1 {
			t.Errorf("%d copies", copies[id])
		}
	}
	b.decides(t, config)
}

// decides has a person decide on the mail of the history.
func (b *bench) decides(t *testing.T, config string) {
	t.Helper()
	if code, _, errs := runs(t, "mail", "arrived", "weekly", "--config", config); code != exitFailed || !strings.Contains(errs, "no held mail") {
		t.Errorf("exits %d: %s", code, errs)
	}
	b.change(t, `UPDATE outbox SET state = 'held', reason = 'MAIL_IN_DOUBT'`)
	if code, _, errs := runs(t, "mail", "resend", "weekly", "--config", config); code != exitFailed || !strings.Contains(errs, "its text is gone") {
		t.Errorf("exits %d: %s", code, errs)
	}
	code, out, errs := runs(t, "mail", "arrived", "w.2026-W10", "--config", config)
	if code != exitDone || out != "weekly/lab 2026-W10 to all@lab.example counts as arrived.\n" {
		t.Errorf("exits %d: %s%s", code, out, errs)
	}
}

func TestDoctorTriesTheMailServer(t *testing.T) {
	g := &goodServer{}
	server := g.start(t)
	c := &config{Mail: mailConfig{Server: server, Security: securityNone, From: "p@lab.example"},
		Groups: []groupConfig{{Name: "quiet", Weekday: "monday"}}}
	says := func() string {
		d := &doctor{}
		d.checkMail(t.Context(), c)
		var out strings.Builder
		_ = d.report(&out, false)
		return out.String()
	}
	got := says()
	for _, part := range []string{"ok       mail " + server + ": answers, none; no mail was sent", "no recipients, so the mail is only written to disk: quiet",
		"name the server's log or a mailbox with the key verify"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	c.Mail.Verify.Log = filepath.Join(t.TempDir(), "mail.log")
	if got := says(); !strings.Contains(got, "FAIL     mail witness: open") {
		t.Errorf("without the log:\n%s", got)
	}
	c.Mail.Verify = verifyConfig{Maildir: t.TempDir()}
	for _, sub := range []string{"new", "cur"} {
		if err := os.Mkdir(filepath.Join(c.Mail.Verify.Maildir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(); !strings.Contains(got, "ok       mail witness: the mailbox") {
		t.Errorf("with a mailbox:\n%s", got)
	}
	c.Mail.Security = securityStartTLS
	if got := says(); !strings.Contains(got, "FAIL     mail "+server) || !strings.Contains(got, "STARTTLS") {
		t.Errorf("without STARTTLS:\n%s", got)
	}
	c.Mail.Server = ""
	if got := says(); !strings.Contains(got, "there is no server: mails are only written to") {
		t.Errorf("without a server:\n%s", got)
	}
	if len(g.mails) > 0 {
		t.Errorf("%d mails were sent", len(g.mails))
	}
}
