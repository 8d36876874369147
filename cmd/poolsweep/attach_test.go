package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/report/tracker"
)

// fakeTracker is one issue of a tracker of each kind, with what was added to it.
type fakeTracker struct {
	*httptest.Server
	kind     tracker.Kind
	mu       sync.Mutex
	comments []string
	files    map[string]int // bytes by name
	calls    int
	fail     func(w http.ResponseWriter, r *http.Request) bool // answers in its place
	lose     bool                                              // the next comment is added, and the answer is lost
}

func newFakeTracker(t *testing.T, kind tracker.Kind) *fakeTracker {
	t.Helper()
	f := &fakeTracker{kind: kind, files: map[string]int{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// page is where people see the issue.
func (f *fakeTracker) page() string {
	return f.URL + map[tracker.Kind]string{tracker.GitHub: "/lab/pool/issues/12", tracker.Gitea: "/lab/pool/issues/12",
		tracker.GitLab: "/lab/pool/-/issues/12", tracker.Jira: "/browse/PS-12"}[f.kind]
}

// said are the comments so far. A test looks while an answer may still be under way.
func (f *fakeTracker) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.comments)
}

// filed are the bytes of the files so far, by name.
func (f *fakeTracker) filed() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.files)
}

// called is how many requests came so far.
func (f *fakeTracker) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *fakeTracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	path := r.URL.EscapedPath()
	commenting := strings.HasSuffix(path, "/comments") || strings.HasSuffix(path, "/comment") || strings.HasSuffix(path, "/notes")
	switch {
	case !strings.Contains(r.Header.Get("Authorization")+r.Header.Get("Private-Token"), "s3cret"):
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case f.fail != nil && f.fail(w, r):
	case r.Method == "GET" && commenting:
		f.list(w)
	case r.Method == "GET":
		f.listFiles(w)
	case commenting:
		f.comment(w, r)
	default:
		f.upload(w, r)
	}
}

func (f *fakeTracker) list(w http.ResponseWriter) {
	all := []map[string]any{}
	for n, c := range f.comments {
		all = append(all, map[string]any{"id": n, "body": c, "html_url": fmt.Sprintf("%s#%d", f.page(), n)})
	}
	var answer any = all
	if f.kind == tracker.Jira {
		answer = map[string]any{"comments": all}
	}
	json.NewEncoder(w).Encode(answer)
}

func (f *fakeTracker) listFiles(w http.ResponseWriter) {
	all := []map[string]string{}
	for name := range f.files {
		all = append(all, map[string]string{"name": name, "filename": name})
	}
	var answer any = all
	if f.kind == tracker.Jira {
		answer = map[string]any{"fields": map[string]any{"attachment": all}}
	}
	json.NewEncoder(w).Encode(answer)
}

func (f *fakeTracker) comment(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Body string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.comments = append(f.comments, sent.Body)
	if f.lose {
		f.lose = false
		panic(http.ErrAbortHandler) // the connection breaks
	}
	w.WriteHeader(http.StatusCreated)
	n := len(f.comments) - 1
	json.NewEncoder(w).Encode(map[string]any{"id": n, "html_url": fmt.Sprintf("%s#%d", f.page(), n)})
}

func (f *fakeTracker) upload(w http.ResponseWriter, r *http.Request) {
	field := "file"
	if f.kind == tracker.Gitea {
		field = "attachment"
	}
	file, h, err := r.FormFile(field)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, _ := io.ReadAll(file)
	f.files[h.Filename] = len(text)
	w.WriteHeader(http.StatusCreated)
	if f.kind == tracker.Jira {
		fmt.Fprintf(w, `[{"filename":%q}]`, h.Filename)
		return
	}
	fmt.Fprintf(w, `{"name":%q,"markdown":"[%s](/uploads/1/%s)"}`, h.Filename, h.Filename, h.Filename)
}

// failing answers calls of a method with a status.
func failing(method string, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		http.Error(w, "no", status)
		return true
	}
}

// attachBench is a bench whose one case has a ticket.
type attachBench struct {
	*bench
	att  *attacher
	fake *fakeTracker
	id   string
}

func newAttachBench(t *testing.T, kind tracker.Kind, attach string) *attachBench {
	t.Helper()
	b := &attachBench{bench: newBench(t, "wavxdmgr-runaway"), fake: newFakeTracker(t, kind)}
	token := filepath.Join(b.dir, "token")
	if err := os.WriteFile(token, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.cfg.Trackers = []trackerConfig{{Kind: string(kind), URL: b.fake.URL, TokenFile: token, Attach: attach}}
	b.cfg.fill()
	b.id = b.caseOf(t, "LAB-XP-07")
	b.decide(t, b.id+" ticket "+b.fake.page())
	b.restart()
	return b
}

// restart makes an attacher as a new process does.
func (b *attachBench) restart() {
	b.att = b.service.attacher()
	b.att.times.pause = 0
}

func (b *attachBench) decide(t *testing.T, lines ...string) {
	t.Helper()
	var all []store.DecisionLine
	for i, l := range lines {
		all = append(all, store.DecisionLine{File: "decisions.txt", Line: i + 1, Text: l})
	}
	if _, _, err := b.store.PutDecisions(t.Context(), "decisions.txt", all, b.wall); err != nil {
		t.Fatal(err)
	}
}

// turn makes a pass some time later.
func (b *attachBench) turn(t *testing.T, later time.Duration) {
	t.Helper()
	b.wall = b.wall.Add(later)
	if err := b.att.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// row is what the history knows of the ticket.
func (b *attachBench) row(t *testing.T) store.Attachment {
	t.Helper()
	rows, err := b.store.Attachments(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	return rows[0]
}

// revise has the case say something new.
func (b *attachBench) revise(t *testing.T) {
	t.Helper()
	cases, err := b.store.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := cases[0]
	c.Summary = append(c.Summary, ' ')
	_, err = b.store.Judge(t.Context(), store.Judgement{Findings: []store.Finding{{Case: c, Digest: b.wall.String()}}}, b.wall)
	if err != nil {
		t.Fatal(err)
	}
}

func TestARevisionComesIntoItsTicketOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range tracker.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			b := newAttachBench(t, kind, attachPDF)
			for range 3 {
				b.turn(t, 48*time.Hour)
				b.restart()
			}
			if len(b.fake.said()) != 1 {
				t.Fatalf("%d comments", len(b.fake.said()))
			}
			text, name := b.fake.said()[0], b.id+"-r1.pdf"
			says := []string{b.id, "LAB-XP-07", markOf(&store.Case{Signature: b.row(t).Signature, Revision: 1, Summary: b.summary(t)})}
			if kind.TakesFiles() {
				says = append(says, name)
				if b.fake.filed()[name] < 1000 {
					t.Errorf("files %v", b.fake.filed())
				}
			} else {
				says = append(says, "cases/")
			}
			if kind == tracker.GitLab {
				says = append(says, "["+name+"](/uploads/1/")
			}
			for _, s := range says {
				if !strings.Contains(strings.ReplaceAll(text, `\`, ""), s) {
					t.Errorf("does not say %q:\n%s", s, text)
				}
			}
			if r := b.row(t); r.State != store.Attached || !strings.HasPrefix(r.Comment, b.fake.page()) || r.Attempts != 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func (b *attachBench) summary(t *testing.T) []byte {
	t.Helper()
	cases, err := b.store.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cases[0].Summary
}

// A comment whose answer was lost is found, and not added again.
func TestALostAnswerIsNoSecondComment(t *testing.T) {
	t.Parallel()
	for _, kind := range tracker.Kinds {
		b := newAttachBench(t, kind, attachPDF)
		b.fake.lose = true
		b.turn(t, 0)
		if r := b.row(t); r.State != store.AttachPending || r.Error == "" || len(b.fake.said()) != 1 {
			t.Fatalf("%s: %+v", kind, r)
		}
		b.turn(t, time.Second)
		if r := b.row(t); r.Attempts != 1 {
			t.Errorf("%s: tried again too soon: %+v", kind, r)
		}
		b.turn(t, time.Minute)
		if r := b.row(t); r.State != store.Attached || r.Comment == "" || len(b.fake.said()) != 1 {
			t.Errorf("%s: %+v, %d comments", kind, r, len(b.fake.said()))
		}
	}
}

// A process that dies between the comment and its record leaves a lease. The next one
// waits for its end, and then finds the comment; so does one whose history is lost.
func TestAKillBetweenCommentAndRecordIsNoSecondComment(t *testing.T) {
	b := newAttachBench(t, tracker.Jira, attachComment)
	all, err := b.att.deliveries(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if mine, err := b.store.ClaimAttachment(t.Context(), &all[0].Attachment, b.att.times.lease, b.wall); !mine || err != nil {
		t.Fatal(mine, err)
	}
	if err := b.att.attempt(t.Context(), &all[0]); err != nil {
		t.Fatal(err)
	}
	b.restart() // nothing was recorded
	b.turn(t, time.Minute)
	if r := b.row(t); r.State != store.AttachPending || r.Attempts != 1 {
		t.Errorf("the lease does not hold: %+v", r)
	}
	b.turn(t, b.att.times.lease)
	if r := b.row(t); r.State != store.Attached || len(b.fake.said()) != 1 {
		t.Errorf("%+v, %d comments", r, len(b.fake.said()))
	}
}

func TestRefusalsAndFailuresAreToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fail  func(http.ResponseWriter, *http.Request) bool
		state store.AttachmentState
		next  time.Duration
		holds bool // the tracker as a whole
	}{
		{"token", failing("POST", 401), store.AttachRefused, time.Hour, true},
		{"right", failing("POST", 403), store.AttachRefused, time.Hour, true},
		{"no such issue", failing("GET", 404), store.AttachRefused, time.Hour, false},
		{"broken", failing("GET", 502), store.AttachPending, time.Minute, true},
		{"busy", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(429)
			return true
		}, store.AttachPending, 2 * time.Hour, true},
		{"led elsewhere", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
			return true
		}, store.AttachRefused, time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newAttachBench(t, tracker.GitLab, attachComment)
			b.fake.fail = tt.fail
			b.turn(t, 0)
			r := b.row(t)
			if r.State != tt.state || !r.NextAt.Equal(b.wall.Add(tt.next)) || r.Error == "" || strings.Contains(r.Error, "s3cret") {
				t.Errorf("%+v", r)
			}
			if b.att.held[b.fake.URL].After(b.wall) != tt.holds {
				t.Errorf("held: %v", b.att.held)
			}
			st := &status{Attachments: []statusAttachment{{State: r.State, Error: r.Error, Queued: r.QueuedAt}}}
			var out strings.Builder
			if err := st.check(&out, b.wall.Add(attachLate+time.Second)); err == nil || !strings.Contains(out.String(), "to ") {
				t.Errorf("status --check: %v, %q", err, &out)
			}
			b.fake.fail = nil
			b.turn(t, tt.next-time.Second)
			if len(b.fake.said()) > 0 {
				t.Error("tried again too soon")
			}
			b.turn(t, time.Second)
			if r := b.row(t); r.State != store.Attached || r.Error != "" || len(b.fake.said()) != 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBackoffGrows(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	b.fake.fail = failing("GET", 500)
	var waits []time.Duration
	for range 5 {
		b.turn(t, 2*time.Hour)
		waits = append(waits, b.row(t).NextAt.Sub(b.wall))
	}
	if got := fmt.Sprint(waits); got != "[1m0s 5m0s 15m0s 1h0m0s 1h0m0s]" {
		t.Error(got)
	}
}

// A tracker that takes no such file gets the comment, which says where the file lies.
func TestUnwantedFileDoesNotHoldBackTheComment(t *testing.T) {
	t.Parallel()
	for _, status := range []int{413, 415, 422} {
		b := newAttachBench(t, tracker.Gitea, attachPDF)
		b.fake.fail = func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/assets") && failing("POST", status)(w, r)
		}
		b.turn(t, 0)
		if len(b.fake.said()) != 1 || !strings.Contains(b.fake.said()[0], "cases/") || b.row(t).File != "" {
			t.Errorf("%d: %+v", status, b.row(t))
		}
	}
}

// The watcher lets a day pass between two comments on one ticket; what came meanwhile
// is told in one.
func TestOneTicketGetsOneCommentADay(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	b.turn(t, 0)
	for range 5 {
		b.revise(t)
		b.turn(t, time.Hour)
	}
	if len(b.fake.said()) != 1 {
		t.Errorf("%d comments within a day", len(b.fake.said()))
	}
	b.turn(t, 24*time.Hour)
	rows, err := b.store.Attachments(t.Context())
	if err != nil || len(rows) != 2 || rows[1].Revision != 6 || len(b.fake.said()) != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestOnlyWhatIsWantedIsSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, b *attachBench){
		"off":             func(t *testing.T, b *attachBench) { b.cfg.Trackers[0].Attach = attachOff },
		"no tracker":      func(t *testing.T, b *attachBench) { b.cfg.Trackers = nil },
		"another tracker": func(t *testing.T, b *attachBench) { b.decide(t, b.id+" ticket https://github.com/lab/pool/issues/1") },
		"no ticket":       func(t *testing.T, b *attachBench) { b.decide(t) },
		"cleared":         func(t *testing.T, b *attachBench) { b.decide(t, b.id+" ticket "+b.fake.page(), b.id+" clear ticket") },
		"no bug": func(t *testing.T, b *attachBench) {
			b.decide(t, b.id+" ticket "+b.fake.page(), b.id+" not-a-bug because a test tool")
		},
		"not written": func(t *testing.T, b *attachBench) {
			cases, _ := caseFiles(b.id)
			if err := b.store.NotWritten(t.Context(), cases, "no space", b.wall); err != nil {
				t.Fatal(err)
			}
			b.store.Wrote(t.Context(), cases, 0, "", b.wall)
		},
		"not judged": func(t *testing.T, b *attachBench) {
			if err := b.store.Reopen(t.Context(), []string{b.id}); err != nil {
				t.Fatal(err)
			}
		},
		"token for all to see": func(t *testing.T, b *attachBench) {
			if !modesCount {
				b.cfg.Trackers = nil
			} else if err := os.Chmod(b.cfg.Trackers[0].TokenFile, 0o604); err != nil {
				t.Fatal(err)
			}
		},
		"no token": func(t *testing.T, b *attachBench) {
			if err := os.WriteFile(b.cfg.Trackers[0].TokenFile, []byte("\nx"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"token in two words": func(t *testing.T, b *attachBench) {
			if err := os.WriteFile(b.cfg.Trackers[0].TokenFile, []byte("s3cret x\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newAttachBench(t, tracker.Gitea, attachPDF)
			change(t, b)
			b.turn(t, 0)
			b.turn(t, 48*time.Hour)
			if b.fake.called() > 0 {
				t.Errorf("%d calls", b.fake.called())
			}
			rows, err := b.store.Attachments(t.Context())
			if err != nil || strings.Contains(name, "token") == (len(rows) == 0) || len(rows) > 0 && rows[0].State != store.AttachRefused {
				t.Errorf("%+v, %v", rows, err)
			}
		})
	}
}

// What was refused is given up when people take the ticket back.
func TestATicketThatIsTakenBackIsGivenUp(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	b.fake.fail = failing("GET", 404)
	b.turn(t, 0)
	b.decide(t)
	b.turn(t, time.Minute)
	if rows, err := b.store.Attachments(t.Context()); len(rows) > 0 || err != nil {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestCommentsForReadersOutsideNameNobody(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	b.cfg.Trackers[0].Profile = "public"
	b.turn(t, 0)
	if len(b.fake.said()) != 1 {
		t.Fatalf("%+v", b.row(t))
	}
	for _, name := range []string{"LAB-XP-07", b.dir} {
		if strings.Contains(strings.ReplaceAll(b.fake.said()[0], `\`, ""), name) {
			t.Errorf("names %s:\n%s", name, b.fake.said()[0])
		}
	}
}

func TestAnEndOfTheWatcherIsNoFaultOfTheTracker(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	d := &delivery{to: &b.cfg.Trackers[0]}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.att.conclude(ctx, d, errors.New("canceled"))
	if d.State != store.AttachPending || d.Error != "" || !d.NextAt.Equal(b.wall) || len(b.att.held) > 0 {
		t.Errorf("%+v, %v", d, b.att.held)
	}
}

// tickets writes a configuration for the command.
func (b *attachBench) tickets(t *testing.T, attach string) string {
	t.Helper()
	file := filepath.Join(b.dir, "lab.yaml")
	text := fmt.Sprintf("trackers:\n  - kind: %s\n    url: %s\n    token_file: token\n    attach: %s\n", b.fake.kind, b.fake.URL, attach)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAttachCommand(t *testing.T) {
	b := newAttachBench(t, tracker.GitLab, attachPDF)
	config := b.tickets(t, attachPDF)
	code, stdout, stderr := b.command(t, "attach", b.id, "--config", config, "--dry-run")
	if code != exitDone || b.fake.called() > 0 {
		t.Fatalf("%d, %d calls: %s", code, b.fake.called(), stderr)
	}
	for _, says := range []string{b.id + " revision 1 to gitlab " + b.fake.page(), "file: " + b.id + "-r1.pdf, ", "<!-- poolsweep-"} {
		if !strings.Contains(stdout, says) {
			t.Errorf("--dry-run does not say %q:\n%s", says, stdout)
		}
	}
	for i, says := range []string{" revision 1: " + b.fake.page() + "#note_0, with " + b.id + "-r1.pdf\n", " revision 1 is there: "} {
		code, stdout, stderr := b.command(t, "attach", strings.ToLower(b.id), "--config", config)
		if code != exitDone || !strings.Contains(stdout, says) || len(b.fake.said()) != 1 {
			t.Errorf("run %d: %d, %d comments\n%s%s", i+1, code, len(b.fake.said()), stdout, stderr)
		}
	}
	code, stdout, _ = b.command(t, "status", "--json")
	if code == exitDone && !regexp.MustCompile(`(?s)"attachments": \[.*"state": "attached"`).MatchString(stdout) {
		t.Errorf("status:\n%s", stdout)
	}
}

func TestAttachCommandSaysWhyNot(t *testing.T) {
	b := newAttachBench(t, tracker.GitLab, attachPDF)
	for _, tt := range []struct {
		attach, says, hint string
		prepare            func()
	}{
		{attachOff, "attach is off", "comment+pdf", func() {}},
		{attachComment, "401 Unauthorized", "", func() { os.WriteFile(filepath.Join(b.dir, "token"), []byte("wrong"), 0o600) }},
		{attachComment, "belongs to no tracker", "docs/trackers.md", func() { b.decide(t, b.id+" ticket https://git.lab/a/b/-/issues/1") }},
		{attachComment, "has no ticket", "ticket URL", func() { b.decide(t) }},
	} {
		tt.prepare()
		code, _, stderr := b.command(t, "attach", b.id, "--config", b.tickets(t, tt.attach))
		if code != exitFailed || !strings.Contains(stderr, tt.says) || !strings.Contains(stderr, tt.hint) ||
			!strings.Contains(stderr, "not added: 1 of 1") {
			t.Errorf("%s: %d\n%s", tt.says, code, stderr)
		}
	}
	if code, _, _ := b.command(t, "attach", "PS-00000000"); code != exitFailed {
		t.Errorf("a case that is none: %d", code)
	}
}

func TestTrackersInTheConfiguration(t *testing.T) {
	for text, says := range map[string]string{
		"{kind: github, url: https://github.com}":                                              "",
		"{kind: github, url: https://github.com, attach: off}":                                 "",
		"{kind: github, url: https://github.com, attach: comment, token_file: t, every: 12h}":  "",
		"{kind: git, url: https://github.com}":                                                 "kind: \"git\" is none of",
		"{kind: jira, url: http://jira.lab}":                                                   "clear text",
		"{kind: jira, url: https://jira.lab, attach: all}":                                     "attach: \"all\" is none of off",
		"{kind: jira, url: https://jira.lab, attach: comment}":                                 "token_file: ",
		"{kind: jira, url: https://jira.lab, token: abc}":                                      "token",
		"{kind: jira, url: https://jira.lab, profile: all}":                                    "neither engineer nor public",
		"{kind: jira, url: https://jira.lab}, {kind: gitea, url: 'https://JIRA.lab:443/git/'}": "are one",
	} {
		file := filepath.Join(t.TempDir(), "lab.yaml")
		if err := os.WriteFile(file, []byte("trackers: ["+text+"]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
		if err == nil {
			c.fill()
			if c.telling() != strings.Contains(text, "attach: comment") {
				t.Errorf("%s: telling %v", text, c.telling())
			}
		}
	}
}

func TestDoctorLooksAtTokensOfTrackers(t *testing.T) {
	b := newAttachBench(t, tracker.GitHub, attachComment)
	check := func(result string) {
		t.Helper()
		d := &doctor{}
		d.checkTracker(&b.cfg.Trackers[0])
		if len(d.found) != 1 || d.found[0].Result != result {
			t.Errorf("%+v, want %s", d.found, result)
		}
	}
	check(resultOK)
	os.Remove(b.cfg.Trackers[0].TokenFile)
	check(resultFail)
	b.cfg.Trackers[0].Attach = attachOff
	check(resultOK)
	if b.fake.called() > 0 {
		t.Error("the doctor sends something")
	}
}
