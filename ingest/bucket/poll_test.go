package bucket

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

func TestPollTakesAnObjectOnce(t *testing.T) {
	s := newServer(t)
	s.put("LAB-01/boot.log", "kd> !poolused 2")
	s.put("direct.log", "quit:")
	b := s.bucket(nil)
	expect(t, poll(t, b, 0), "\"LAB-01/boot.log\" ready\n\"direct.log\" ready")
	expect(t, read(t, b, "LAB-01/boot.log"), "kd> !poolused 2")
	expect(t, read(t, b, "direct.log"), "quit:")
	expect(t, poll(t, b, time.Second), "2 settled")
	scan, _ := b.Poll(2 * time.Second)
	if scan.Kind != Kind || scan.Share != "" {
		t.Errorf("kind %q, share %q", scan.Kind, scan.Share)
	}
}

func TestPollTakesWhatWasReplaced(t *testing.T) {
	s := newServer(t)
	s.put("a.log", "one")
	b := s.bucket(nil)
	poll(t, b, 0)
	read(t, b, "a.log")
	s.put("a.log", "two")
	expect(t, poll(t, b, time.Second), `"a.log" ready`)
	expect(t, read(t, b, "a.log"), "two")
	expect(t, poll(t, b, 2*time.Second), "1 settled")
}

func TestPollKnowsWhatWasSettledBefore(t *testing.T) {
	s := newServer(t)
	s.put("a.log", "one")
	s.put("b.log", "two")
	first := s.bucket(nil)
	poll(t, first, 0)
	file, err := first.Open("a.log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	again := s.bucket(func(o *Options) {
		o.Settled = slices.Values([]watch.Entry{{Name: "a.log", Stamp: file.Stamp()}, {Name: "b.log", Stamp: file.Stamp()}})
	})
	expect(t, poll(t, again, 0), "\"b.log\" ready\n1 settled")
}

func TestPollStaysBelowThePrefix(t *testing.T) {
	s := newServer(t)
	s.put("drops/site-a/LAB-01/a.log", "x")
	s.put("drops/site-a/decisions.txt", "x")
	s.put("drops/site-a/LAB-01/decisions.txt", "x")
	s.put("drops/site-ab/LAB-02/b.log", "x")
	b := s.bucket(func(o *Options) { o.Place.Prefix, o.Aside = "drops/site-a/", "decisions.txt" })
	scan, err := b.Poll(0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, describe(scan), "\"LAB-01/a.log\" ready\n\"LAB-01/decisions.txt\" ready")
	if scan.Aside == nil || scan.Aside.Size != 1 {
		t.Errorf("aside %v", scan.Aside)
	}
	expect(t, read(t, b, "decisions.txt"), "x")
}

func TestPollHoldsKeysToTheRulesOfNames(t *testing.T) {
	for _, c := range []struct {
		key, want string
		depth     int
	}{
		{"LAB-01/a.log", `"LAB-01/a.log" ready`, 2},
		{"机器-01/开机.log", `"机器-01/开机.log" ready`, 2},
		{`C:\logs\a.log`, `"C:\\logs\\a.log" ready`, 2},
		{"a b+c%41&d.log", `"a b+c%41&d.log" ready`, 2},
		{"LAB-01/a.log", `"LAB-01/" refused TOO_DEEP`, 1},
		{"LAB-01/2026/a.log", `"LAB-01/2026/" refused TOO_DEEP`, 2},
		{"LAB-01/a.log.part", `"LAB-01/a.log.part" ignored TEMP_NAME`, 2},
		{".git/config", `".git/config" ignored TEMP_NAME`, 2},
		{"LAB-01//a.log", `"LAB-01//a.log" refused NAME_UNSAFE`, 2},
		{"/a.log", `"/a.log" refused NAME_UNSAFE`, 2},
		{"a\xff.log", "\"a\ufffd.log\" ready", 2}, // the list of this server cannot say otherwise
	} {
		s := newServer(t)
		s.put(c.key, "x")
		got := poll(t, s.bucket(func(o *Options) { o.Depth = c.depth }), 0)
		if got != c.want {
			t.Errorf("key %q at depth %d: %s, want %s", c.key, c.depth, got, c.want)
		}
	}
}

func TestPollRefusesKeysThatDoNotReachTheServer(t *testing.T) {
	s := newServer(t)
	keys := []string{"LAB-01/../a.log", "./a.log", "a%FF.log", "a%01.log", "a%00.log"}
	s.fail(func(w http.ResponseWriter, r *http.Request) bool { return answerList(w, keys...) })
	expect(t, poll(t, s.bucket(nil), 0), strings.Join([]string{
		`"./a.log" ignored TEMP_NAME`, `"LAB-01/../a.log" ignored TEMP_NAME`,
		`"a\x00.log" ready`, `"a\x01.log" ready`, `"a\xff.log" refused NAME_UNSAFE`}, "\n"))
	for _, name := range []string{"../a.log", "a//b", "a\xff.log"} {
		if _, err := s.bucket(nil).Open(name); reasonOf(err) != ingest.ReasonNameUnsafe {
			t.Errorf("open %q: %v", name, err)
		}
	}
}

// answerList answers with a list of keys that are written as in an address.
func answerList(w http.ResponseWriter, keys ...string) bool {
	var b strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&b, `<Contents><Key>%s</Key><Size>1</Size><ETag>"0a"</ETag>`+
			`<LastModified>2026-03-01T08:00:00.250Z</LastModified></Contents>`, key)
	}
	fmt.Fprintf(w, `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType>%s</ListBucketResult>`, &b)
	return true
}

func TestPollNamesADeepFolderOnce(t *testing.T) {
	s := newServer(t)
	for i := range 5 {
		s.put(fmt.Sprintf("LAB-01/old/%d.log", i), "x")
	}
	scan, _ := s.bucket(nil).Poll(0)
	expect(t, describe(scan), `"LAB-01/old/" refused TOO_DEEP`)
	if scan.Counts[watch.Refused] != 1 {
		t.Errorf("%d refused", scan.Counts[watch.Refused])
	}
}

func TestPollPassesOverWhatShowsAFolder(t *testing.T) {
	s := newServer(t)
	s.fail(func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, `<ListBucketResult><Contents><Key>LAB-01/</Key><Size>0</Size></Contents>`+
			`<Contents><Key>LAB-02/</Key><Size>9</Size></Contents></ListBucketResult>`)
		return true
	})
	expect(t, poll(t, s.bucket(nil), 0), `"LAB-02/" refused NOT_REGULAR`)
}

func TestPollRefusesBySize(t *testing.T) {
	s := newServer(t)
	s.put("empty.log", "")
	s.put("huge.log", strings.Repeat("x", 1001))
	s.put("large.log", strings.Repeat("x", 1000))
	b := s.bucket(func(o *Options) { o.MaxBytes = 1000 })
	expect(t, poll(t, b, 0), "\"empty.log\" refused EMPTY\n\"huge.log\" refused TOO_BIG\n\"large.log\" ready")
	s.put("empty.log", "x")
	expect(t, poll(t, b, time.Second), "\"empty.log\" ready\n\"huge.log\" refused TOO_BIG\n\"large.log\" ready")
}

func TestPollSeesTheNewestVersionAlone(t *testing.T) {
	s := newServer(t)
	s.do(http.MethodPut, "?versioning", `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
	s.put("a.log", "one")
	s.put("a.log", "two")
	b := s.bucket(nil)
	expect(t, poll(t, b, 0), `"a.log" ready`)
	expect(t, read(t, b, "a.log"), "two")
	s.do(http.MethodDelete, "a.log", "")
	expect(t, poll(t, b, time.Minute), "")
}

func TestPollForgetsWhatIsMissingForLong(t *testing.T) {
	s := newServer(t)
	s.put("settled.log", "x")
	s.put("waiting.log", "x")
	s.put("stays.log", "x")
	b := s.bucket(nil)
	poll(t, b, 0)
	read(t, b, "settled.log")
	s.do(http.MethodDelete, "settled.log", "")
	s.do(http.MethodDelete, "waiting.log", "")
	expect(t, poll(t, b, time.Minute), `"stays.log" ready`)
	expect(t, poll(t, b, 2*time.Minute), `"stays.log" ready`)
	expect(t, poll(t, b, 10*time.Minute), `"stays.log" ready`)
	expect(t, poll(t, b, 11*time.Minute), "\"settled.log\" gone\n\"stays.log\" ready\n\"waiting.log\" gone")
	expect(t, poll(t, b, 12*time.Minute), `"stays.log" ready`)
}

func TestPollListsManyKeysPageByPage(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 keys take seconds to make")
	}
	const keys = 100_000
	s := newServer(t)
	s.fail(pages(keys))
	b := s.bucket(nil)
	scan, err := b.Poll(0)
	if err != nil {
		t.Fatal(err)
	}
	if scan.Counts[watch.Ready] != keys || len(scan.Entries) != keys {
		t.Errorf("%d ready, %d listed", scan.Counts[watch.Ready], len(scan.Entries))
	}
	if n := s.lists.Load(); n != keys/1000 {
		t.Errorf("%d calls", n)
	}
	for _, e := range scan.Entries {
		b.Settle(e.Name, e.Stamp, e.Hash)
	}
	expect(t, poll(t, b, time.Second), "100000 settled")
}

// pages answers as a server with many keys does: a thousand of them a call.
func pages(keys int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		from := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("continuation-token"), &from) // the first call has none
		to := min(from+1000, keys)
		fmt.Fprint(w, `<ListBucketResult>`)
		for i := from; i < to; i++ {
			fmt.Fprintf(w, `<Contents><Key>LAB-%03d/%06d.log</Key><Size>%d</Size><ETag>"%x"</ETag>`+
				`<LastModified>2026-03-01T08:00:00Z</LastModified></Contents>`, i/1000, i, i+1, i)
		}
		if to < keys {
			fmt.Fprintf(w, `<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>`, to)
		}
		fmt.Fprint(w, `</ListBucketResult>`)
		return true
	}
}

func TestPollListsARealServerPageByPage(t *testing.T) {
	s := newServer(t)
	const keys = 2500
	for i := range keys {
		s.put(fmt.Sprintf("LAB-01/%04d.log", i), "x")
	}
	scan, err := s.bucket(nil).Poll(0)
	if err != nil || scan.Counts[watch.Ready] != keys || s.lists.Load() != 3 {
		t.Errorf("%d ready after %d calls, %v", scan.Counts[watch.Ready], s.lists.Load(), err)
	}
}

func TestPollListsNoMoreRefusedThanNeeded(t *testing.T) {
	s := newServer(t)
	s.fail(pages(12_000))
	scan, err := s.bucket(func(o *Options) { o.MaxBytes = 1 }).Poll(0)
	if err != nil || scan.Counts[watch.Refused] != 11_999 || len(scan.Entries) != 1+mostListed {
		t.Errorf("%d refused, %d entries, %v", scan.Counts[watch.Refused], len(scan.Entries), err)
	}
}
