package bucket

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"poolsweep/ingest/watch"
)

// A try that is made again is made soon.
func init() { minio.DefaultRetryUnit = time.Millisecond }

// server speaks S3, with the bucket "lab" in memory. Writers reach it by themselves;
// calls over the network may only read, and a test can have them fail.
type server struct {
	*httptest.Server
	t     *testing.T
	s3    http.Handler
	fault atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // true: it has answered
	lists atomic.Int32                                                  // calls that list
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := unstarted(t)
	s.Start()
	return s
}

func unstarted(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, s3: gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	s.do(http.MethodPut, "", "")
	return s
}

// do has a writer make a call about a key of the bucket.
func (s *server) do(method, key, text string) *http.Response {
	s.t.Helper()
	r := httptest.NewRequest(method, "/lab", strings.NewReader(text))
	path, query, _ := strings.Cut(key, "?")
	r.URL.Path, r.URL.RawQuery = "/lab/"+path, query
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	w := httptest.NewRecorder()
	s.s3.ServeHTTP(w, r)
	if w.Code/100 != 2 {
		s.t.Fatalf("%s %q: %d %s", method, key, w.Code, w.Body)
	}
	return w.Result()
}

func (s *server) put(key, text string) { s.t.Helper(); s.do(http.MethodPut, key, text) }

// fail has all calls ask f first; nil lets them pass.
func (s *server) fail(f func(http.ResponseWriter, *http.Request) bool) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		s.t.Errorf("%s %s: nothing but reading is allowed", r.Method, r.URL)
	}
	if listing(r) {
		s.lists.Add(1)
	}
	if f := s.fault.Load(); f != nil && (*f)(w, r) {
		return
	}
	if want := r.Header.Get("If-Match"); want != "" { // the server at hand does not know it
		head := httptest.NewRecorder()
		s.s3.ServeHTTP(head, httptest.NewRequest(http.MethodHead, r.URL.String(), nil))
		if head.Code == http.StatusOK && head.Header().Get("ETag") != want {
			answerError(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	}
	s.s3.ServeHTTP(w, r)
}

func listing(r *http.Request) bool { return r.URL.Query().Has("list-type") }

// answerError answers as S3 does when a call is not granted.
func answerError(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%[1]s</Message></Error>`, code)
}

// bucket returns the bucket of the server, or the part of it below a prefix, with a
// server that is silent for long found out soon.
func (s *server) bucket(change func(*Options)) *Bucket {
	s.t.Helper()
	at, err := ParseEndpoint(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	o := Options{Place: Place{Name: "lab"}, Endpoint: at, Region: "us-east-1", Patience: time.Minute}
	if change != nil {
		change(&o)
	}
	b, err := New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// poll lists what a scan says of the drops, one a line, with what is settled at the end.
func poll(t *testing.T, b *Bucket, at time.Duration) string {
	t.Helper()
	scan, err := b.Poll(at)
	if err != nil {
		t.Fatal(err)
	}
	return describe(scan)
}

func describe(scan watch.Scan) string {
	var lines []string
	for _, e := range scan.Entries {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%q %s %s", e.Name, e.State, e.Reason)))
	}
	if n := scan.Counts[watch.Settled]; n > 0 {
		lines = append(lines, fmt.Sprintf("%d settled", n))
	}
	return strings.Join(lines, "\n")
}

// read reads a drop and settles it, as the watcher does.
func read(t *testing.T, b *Bucket, name string) string {
	t.Helper()
	file, err := b.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if whole, err := file.Unchanged(); !whole || err != nil || file.Holes() {
		t.Fatalf("%s: whole %v, holes %v, %v", name, whole, file.Holes(), err)
	}
	b.Settle(name, file.Stamp(), [32]byte{})
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
