package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"poolsweep/ingest/bucket"
)

// objects is a server that speaks S3, with the bucket "lab". Over the network it can
// only be read, and each seventh call fails.
type objects struct {
	*httptest.Server
	s3    http.Handler
	calls atomic.Int64
}

func newObjects(t *testing.T) *objects {
	t.Helper()
	o := &objects{s3: gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			t.Errorf("%s %s: nothing but reading is allowed", r.Method, r.URL)
		case o.calls.Add(1)%7 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			o.s3.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(o.Close)
	o.put(t, "", "")
	return o
}

func (o *objects) put(t *testing.T, key, text string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPut, "/lab", strings.NewReader(text))
	r.URL.Path = "/lab/" + key
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	w := httptest.NewRecorder()
	o.s3.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("put %s: %d %s", key, w.Code, w.Body)
	}
}

// TestKilledWatcherOfABucket kills the watcher of a bucket among uploads: each log is in
// the history once, and a log that was uploaded anew stands for what it grew from.
func TestKilledWatcherOfABucket(t *testing.T) {
	o := newObjects(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("aws_access_key_id = reader\naws_secret_access_key = word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLab(t, fmt.Sprintf("scan: 100ms\nworkbook: 2s\ndrops: [%s]\n",
		fmt.Sprintf("{path: s3://lab/site-a/, endpoint: '%s', credentials_file: '%s'}", o.URL, key)))
	for i := range 24 {
		machine := fmt.Sprintf("LAB-%d", i%5)
		at := fmt.Sprintf("site-a/%s/%d.log", machine, i)
		p := &plan{machine: machine, path: "s3://lab/" + at, text: logText(i, machine, true)}
		l.plans = append(l.plans, p)
		if i%3 == 0 {
			o.put(t, at, string(p.text[:len(p.text)/2]))
		}
		if i%8 == 7 {
			l.restart(t, 200*time.Millisecond)
		}
		o.put(t, at, string(p.text))
	}
	l.settle(t)
	l.check(t)
}

// TestDecisionsInABucket has people decide in an object.
func TestDecisionsInABucket(t *testing.T) {
	b, id := newBoard(t)
	o := newObjects(t)
	b.cfg.Drops, b.shares = []dropConfig{{Path: "s3://lab", Endpoint: o.URL}}, nil
	b.openShares(t)
	o.put(t, defaultDecisions, id+" owner storage\nnonsense\n")
	b.scanTwice(t)
	if got := b.inForce(t, id); got != "owner storage" {
		t.Errorf("in force: %q", got)
	}
	if faults := b.status(t).Faults; len(faults) != 1 || faults[0].File != "s3://lab/decisions.txt" {
		t.Errorf("faults: %+v", faults)
	}
}

func TestConfigOfABucket(t *testing.T) {
	for keys, want := range map[string]string{
		"path: s3://lab/x, endpoint: minio.lab.example":                                "",
		"path: s3://lab/x, endpoint: 'http://localhost:9000', region: lab-1, depth: 1": "",
		"path: s3://lab/x":                                                "a bucket needs the key endpoint",
		"path: s3://Lab!, endpoint: x":                                    `"s3://Lab!" is no bucket`,
		"path: s3://lab/../x, endpoint: x":                                "is no bucket: an element of the prefix",
		"path: s3://lab, endpoint: ftp://x":                               `"ftp://x" is no server`,
		"path: s3://lab, endpoint: x, marker: m":                          "marker: it is for a folder",
		"path: s3://lab, endpoint: x, kind: smb":                          "kind: it is for a folder",
		"path: s3://lab, endpoint: x, long_wait: 1m":                      "long_wait: it is for a folder",
		"path: s3://lab, endpoint: 'http://x', ca_file: c":                "ca_file: there is no certificate",
		"path: drop, endpoint: x":                                         "endpoint: it is for a bucket",
		"path: drop, credentials_file: x":                                 "credentials_file: it is for a bucket",
		"path: s3://lab, endpoint: x}, {path: s3://lab/site, endpoint: x": "their logs would be read twice",
		"path: s3://lab, secret: x":                                       "secret",
	} {
		file := filepath.Join(t.TempDir(), "lab.yaml")
		if err := os.WriteFile(file, []byte("drops: [{"+keys+"}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", keys, err)
		case want == "" && c.Drops[0].Path != "s3://lab/x":
			t.Errorf("%s: path %s", keys, c.Drops[0].Path)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", keys, err, want)
		}
	}
}

func TestReadBucketKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	const id, secret = "aws_access_key_id", "aws_secret_access_key"
	for text, want := range map[string]bucket.Key{
		"[default]\n" + id + " = a\n" + secret + " = b=c/d==\n":                            {ID: "a", Secret: "b=c/d=="},
		id + "=a\r\n" + secret + "=b\r\naws_session_token=s\r\n":                           {ID: "a", Secret: "b", Session: "s"},
		"[x]\n" + id + "=x\n" + secret + "=y\n[default]\n" + id + "=a\n" + secret + "=b\n": {ID: "a", Secret: "b"},
		"[other]\n" + id + " = x\n" + secret + " = hidden-word\n":                          {},
		"hidden-word": {},
		"":            {},
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readBucketKey(file)
		if (err != nil) != (want == bucket.Key{}) || err == nil && got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "hidden-word") {
			t.Errorf("tells the secret: %v", err)
		}
	}
}

func TestDoctorLooksAtABucket(t *testing.T) {
	o := newObjects(t)
	forbid := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	denies := httptest.NewServer(http.HandlerFunc(forbid))
	t.Cleanup(denies.Close)
	secure := httptest.NewTLSServer(o.s3)
	t.Cleanup(secure.Close)
	o.put(t, "site-a/LAB-01/empty.log", "")
	o.put(t, "site-a/LAB-01/kd.log", "x")
	for name, c := range map[string]struct{ path, endpoint, result, says, mend string }{
		"well": {"s3://lab/site-a", o.URL, resultOK,
			"s3; 2 logs, each read when it is listed; LAB-01/kd.log can be read", ""},
		"empty":        {"s3://lab/site-b", o.URL, resultOK, "s3; 0 logs, each read when it is listed", ""},
		"no bucket":    {"s3://none", o.URL, resultFail, "no such bucket", "make the bucket"},
		"denied":       {"s3://lab", denies.URL, resultFail, "does not allow it", "credentials_file"},
		"no server":    {"s3://lab", "http://127.0.0.1:1", resultFail, "connect", "look after endpoint"},
		"unknown CA":   {"s3://lab", secure.URL, resultFail, "certificate", "ca_file"},
		"no TLS there": {"s3://lab", "https:" + strings.TrimPrefix(o.URL, "http:"), resultFail, "HTTPS", "look after"},
	} {
		d := &doctor{}
		d.checkBucket(&dropConfig{Path: c.path, Endpoint: c.endpoint})
		got := d.found[0]
		if len(d.found) != 1 || got.Result != c.result || !strings.Contains(got.Says, c.says) ||
			!strings.Contains(got.Mend, c.mend) {
			t.Errorf("%s: %+v", name, d.found)
		}
	}
}

func TestOnThisMachine(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "localhost:9000": true, "127.0.0.1:9000": true,
		"[::1]:9000": true, "[::1]": true, "10.0.0.1:9000": false, "minio.lab.example": false,
		"localhost.example:9000": false} {
		if onThisMachine(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

func TestPathsOfDrops(t *testing.T) {
	if got := dropPath("s3://lab/site-a", "LAB-01/kd.log"); got != "s3://lab/site-a/LAB-01/kd.log" {
		t.Error(got)
	}
	got := filepath.ToSlash(dropPath(filepath.FromSlash("/srv/drop"), "LAB-01/kd.log"))
	if got != "/srv/drop/LAB-01/kd.log" {
		t.Error(got)
	}
	g := groupConfig{Folders: []string{"s3://lab/site-a/LAB-0*"}}
	if !g.holdsFolder("s3://lab/site-a", "LAB-01") ||
		g.holdsFolder("s3://lab/site-a", "LAB-11") {
		t.Error("a group does not find its folders in a bucket")
	}
}
