package bucket

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

func reasonOf(err error) ingest.Reason {
	var r *ingest.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

// settledAndReady returns a server with one drop that is settled and one that is ready,
// polled at 0.
func settledAndReady(t *testing.T, change func(*Options)) (*server, *Bucket) {
	t.Helper()
	s := newServer(t)
	s.put("done.log", "x")
	s.put("next.log", "x")
	b := s.bucket(change)
	poll(t, b, 0)
	read(t, b, "done.log")
	return s, b
}

// untrusted makes sure that a poll tells of trouble and draws no conclusion from it,
// not even after an hour, and returns the error.
func untrusted(t *testing.T, b *Bucket) error {
	t.Helper()
	var scan watch.Scan
	var err error
	for at := range 4 {
		if scan, err = b.Poll(time.Duration(at+1) * time.Hour); err == nil {
			t.Fatalf("no error, but\n%s", describe(scan))
		}
	}
	if scan.Share != ingest.ReasonShareSuspect || scan.Aside != nil {
		t.Errorf("share %q, aside %v", scan.Share, scan.Aside)
	}
	expect(t, describe(scan), "\"next.log\" waiting SHARE_SUSPECT\n1 settled")
	return err
}

func TestPollOutlastsAServerThatIsAway(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.Close()
	untrusted(t, b)
	if _, err := b.Open("next.log"); reasonOf(err) != ingest.ReasonIOError {
		t.Errorf("open: %v", err)
	}
}

func TestPollBelievesNoHalfAnswer(t *testing.T) {
	whole := `<ListBucketResult><Contents><Key>new.log</Key><Size>1</Size></Contents></ListBucketResult>`
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"nothing":      says(200, ""),
		"a page":       says(200, "<html>Log in</html>"),
		"cut off":      says(200, whole[:len(whole)-20]),
		"no next page": says(200, `<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>`),
		"denied":       says(403, "<Error><Code>AccessDenied</Code></Error>"),
		"no bucket":    says(404, "<Error><Code>NoSuchBucket</Code></Error>"),
		"hung up":      func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
			return true
		},
		"second page fails": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("continuation-token") {
				answerError(w, 403, "AccessDenied")
				return true
			}
			return pages(2000)(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := settledAndReady(t, nil)
			s.fail(answer)
			untrusted(t, b)
			s.fail(nil)
			expect(t, poll(t, b, 5*time.Hour), "\"next.log\" ready\n1 settled")
		})
	}
}

func TestAnswerOfAListIsBounded(t *testing.T) {
	text := io.NopCloser(strings.NewReader(strings.Repeat("x", 100)))
	a := &answer{ReadCloser: text, ctx: t.Context(), end: func(error) {}, patience: time.Minute, left: 10}
	if got, err := io.ReadAll(a); len(got) != 10 || err == nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// says answers each call in the same way.
func says(status int, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
		return true
	}
}

func TestCallsEndWhenTheServerFallsSilent(t *testing.T) {
	s, b := settledAndReady(t, func(o *Options) { o.Patience = 50 * time.Millisecond })
	over := make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(over) }))
	silent := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-Match") != "" || listing(r) {
			w.Header().Set("Content-Length", "1000")
			w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 08:00:00 GMT")
			fmt.Fprint(w, "<ListBucketResult>")
			w.(http.Flusher).Flush()
		}
		select {
		case <-over:
		case <-r.Context().Done():
		}
		return true
	}
	s.fail(silent)
	if err := untrusted(t, b); !errors.Is(err, errSilent) {
		t.Errorf("list: %v", err)
	}
	file, err := b.Open("next.log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.ReadAll(file); !errors.Is(err, errSilent) {
		t.Errorf("read: %v", err)
	}
	if whole, _ := file.Unchanged(); whole {
		t.Error("whole, but most of it did not come")
	}
	if _, err := b.Open("unlisted.log"); reasonOf(err) != ingest.ReasonIOError { // no word at all
		t.Errorf("open: %v", err)
	}
}

// Some servers give the same page again and again.
func TestListEndsThoughTheServerDoesNot(t *testing.T) {
	s := newServer(t)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		r.URL.RawQuery = "continuation-token=1000"
		return pages(3000)(w, r)
	})
	w := &walk{Bucket: s.bucket(nil), deep: map[string]bool{}}
	if more, err := w.list(4500); !more || err != nil || len(w.found) != 4500 {
		t.Errorf("%d keys, more %v, %v", len(w.found), more, err)
	}
}

func TestPollTriesABusyServerAgain(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.lists.Store(0)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		busy := s.lists.Load() < tries
		if busy {
			answerError(w, 503, "SlowDown")
		}
		return busy
	})
	expect(t, poll(t, b, time.Second), "\"next.log\" ready\n1 settled")
}

func TestOpenReadsWhatWasListed(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.put("next.log", "another")
	stamp := entry(t, b, "next.log").Stamp
	s.put("next.log", "a third")
	_, err := b.Open("next.log")
	if reasonOf(err) != ingest.ReasonChangedWhileRead {
		t.Fatalf("open: %v", err)
	}
	b.Again("next.log", stamp, [32]byte{}, ingest.ReasonChangedWhileRead)
	expect(t, poll(t, b, time.Second), "\"next.log\" ready\n1 settled")
	expect(t, read(t, b, "next.log"), "a third")
}

// entry is what a poll says of one drop.
func entry(t *testing.T, b *Bucket, name string) watch.Entry {
	t.Helper()
	scan, err := b.Poll(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range scan.Entries {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("no %s in\n%s", name, describe(scan))
	return watch.Entry{}
}

func TestOpenTakesTheStampOfWhatItReads(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.put("next.log", "another")
	s.fail(func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-Match"); return false })
	expect(t, read(t, b, "next.log"), "another") // the server does not care what was listed
	expect(t, poll(t, b, time.Second), "\"next.log\" ready\n1 settled")
	expect(t, read(t, b, "next.log"), "another")
	expect(t, poll(t, b, 2*time.Second), "2 settled")
}

func TestOpenRefusesWhatMayNotBeRead(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		if !listing(r) {
			answerError(w, 403, "AccessDenied")
		}
		return !listing(r)
	})
	e := entry(t, b, "next.log")
	for _, c := range []struct {
		at   time.Duration
		want string
	}{
		{4 * time.Second, "refused PERMISSION"},
		{5 * time.Second, "ready"}, // after a pause of 5 s, then of 10 s
		{14 * time.Second, "refused PERMISSION"},
		{15 * time.Second, "ready"},
	} {
		if c.want != "ready" {
			_, err := b.Open("next.log")
			if reasonOf(err) != ingest.ReasonPermission {
				t.Fatalf("open: %v", err)
			}
			b.Again("next.log", e.Stamp, [32]byte{}, ingest.ReasonPermission)
		}
		expect(t, poll(t, b, c.at), fmt.Sprintf("\"next.log\" %s\n1 settled", c.want))
	}
	for range 20 {
		b.Again("next.log", e.Stamp, [32]byte{}, ingest.ReasonIOError)
	}
	scan, _ := b.Poll(16 * time.Second)
	if e := scan.Entries[0]; e.Reason != ingest.ReasonIOError || e.Wait != 15*time.Second+longPause-16*time.Second {
		t.Errorf("%s for %s", e.Reason, e.Wait)
	}
}

func TestOpenTellsWhatIsGone(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.do(http.MethodDelete, "next.log", "")
	if _, err := b.Open("next.log"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open: %v", err)
	}
}

// A list may hold a key in another form than the server knows it by.
func TestOpenIsNotTriedAtOnceWhereAListIsWrong(t *testing.T) {
	s := newServer(t)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool { return listing(r) && answerList(w, "listed.log") })
	b := s.bucket(nil)
	expect(t, poll(t, b, 0), `"listed.log" ready`)
	if _, err := b.Open("listed.log"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open: %v", err)
	}
	expect(t, poll(t, b, time.Second), `"listed.log" waiting IO_ERROR`)
	expect(t, poll(t, b, 5*time.Second), `"listed.log" ready`)
}

func TestReadFailsWhereAnObjectBreaksOff(t *testing.T) {
	s, b := settledAndReady(t, nil)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 08:00:00 GMT")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "x")
		return true
	})
	file, err := b.Open("next.log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.ReadAll(file); err == nil {
		t.Error("read to the end, but the end did not come")
	}
	if whole, _ := file.Unchanged(); whole {
		t.Error("whole, but the end did not come")
	}
}

func TestOpenRefusesWhatTellsNoSizeOrTooMuch(t *testing.T) {
	for size, want := range map[string]ingest.Reason{"": ingest.ReasonIOError, "2000": ingest.ReasonTooBig} {
		s, b := settledAndReady(t, func(o *Options) { o.MaxBytes = 1000 })
		s.fail(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 08:00:00 GMT")
			if size != "" {
				w.Header().Set("Content-Length", size)
			}
			w.(http.Flusher).Flush()
			return true
		})
		if _, err := b.Open("next.log"); reasonOf(err) != want {
			t.Errorf("size %q: %v", size, err)
		}
	}
}

func TestWhatComesMeanwhileIsNotSettled(t *testing.T) {
	s, b := settledAndReady(t, nil)
	old := entry(t, b, "next.log").Stamp
	s.put("next.log", "another")
	poll(t, b, time.Second)
	b.Settle("next.log", old, [32]byte{})
	b.Again("next.log", old, [32]byte{}, ingest.ReasonIOError)
	expect(t, poll(t, b, 2*time.Second), "\"next.log\" ready\n1 settled")
	b.Settle("unknown.log", old, [32]byte{}) // handed back before any poll, which counts it as missing
	expect(t, poll(t, b, 3*time.Second), "\"next.log\" ready\n1 settled")
}

func TestCallsAreSignedWithTheKey(t *testing.T) {
	for id, want := range map[string]string{"": "", "reader": "AWS4-HMAC-SHA256 Credential=reader/"} {
		s := newServer(t)
		s.put("a.log", "x")
		var sent []string
		var mu sync.Mutex
		s.fail(func(_ http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			sent = append(sent, r.Header.Get("Authorization"))
			mu.Unlock()
			return false
		})
		b := s.bucket(func(o *Options) { o.Key = Key{ID: id, Secret: "hidden-word"} })
		poll(t, b, 0)
		read(t, b, "a.log")
		for _, a := range sent {
			if !strings.HasPrefix(a, want) || a != "" && want == "" || strings.Contains(a, "hidden-word") {
				t.Errorf("key %q sends %q", id, a)
			}
		}
		if len(sent) != 2 {
			t.Errorf("%d calls", len(sent))
		}
	}
}

func TestTheServerShowsACertificate(t *testing.T) {
	s := unstarted(t)
	s.StartTLS()
	s.put("a.log", "x")
	if _, err := s.bucket(nil).Poll(0); err == nil {
		t.Error("a server of an unknown CA is trusted")
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	b := s.bucket(func(o *Options) { o.Roots = roots })
	expect(t, poll(t, b, 0), `"a.log" ready`)
	expect(t, read(t, b, "a.log"), "x")
}

func TestSurveyTriesOneDrop(t *testing.T) {
	s := newServer(t)
	b := s.bucket(nil)
	if got, err := b.Survey(); err != nil || got != (Survey{}) {
		t.Errorf("of an empty bucket: %+v, %v", got, err)
	}
	s.put("a.log", "")
	s.put("b.log", "x")
	if got, err := b.Survey(); err != nil || got != (Survey{Drops: 2, Tried: "b.log"}) {
		t.Errorf("%+v, %v", got, err)
	}
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		if listing(r) {
			return pages(1500)(w, r)
		}
		answerError(w, 403, "AccessDenied")
		return true
	})
	got, err := b.Survey()
	if err != nil || got.Drops != surveyed || !got.More || !errors.Is(got.Closed, ErrDenied) {
		t.Errorf("%+v, %v", got, err)
	}
	s.Close()
	if _, err := b.Survey(); err == nil {
		t.Error("nobody answers, but no error")
	}
}
