package watch

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

// swap puts another folder in the place of the watched one, and returns the way
// back.
func (l *lab) swap(other string) (back func()) {
	l.t.Helper()
	aside := l.path + "-aside"
	l.must(os.Rename(l.path, aside))
	l.must(os.Rename(other, l.path))
	return func() {
		l.t.Helper()
		l.must(os.Rename(l.path, other))
		l.must(os.Rename(aside, l.path))
	}
}

func (l *lab) beside(name string) string {
	at := filepath.Join(filepath.Dir(l.path), name)
	l.must(os.MkdirAll(at, 0o755))
	return at
}

func TestOutagesChangeNothing(t *testing.T) {
	empty := func(l *lab) func() { return l.swap(l.beside("empty")) }
	for _, c := range []struct {
		name string
		out  func(l *lab) (back func())
	}{
		{"empty mount point", empty},
		{"another folder", func(l *lab) func() {
			other := l.beside("other")
			l.must(os.WriteFile(filepath.Join(other, "z.log"), []byte(closing), 0o644))
			return l.swap(other)
		}},
		{"folders, but no drops", func(l *lab) func() {
			other := l.beside("other")
			l.must(os.MkdirAll(filepath.Join(other, "LAB01"), 0o755))
			return l.swap(other)
		}},
		{"no folder", func(l *lab) func() {
			l.must(os.Rename(l.path, l.path+"-aside"))
			return func() { l.must(os.Rename(l.path+"-aside", l.path)) }
		}},
		{"a file", func(l *lab) func() {
			l.must(os.Rename(l.path, l.path+"-aside"))
			l.must(os.WriteFile(l.path, nil, 0o644))
			return func() { l.must(os.Remove(l.path)); l.must(os.Rename(l.path+"-aside", l.path)) }
		}},
		{"a link to itself", func(l *lab) func() {
			l.must(os.Rename(l.path, l.path+"-aside"))
			l.link(l.path+"-aside", l.path)
			return func() { l.must(os.Remove(l.path)); l.must(os.Rename(l.path+"-aside", l.path)) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, Options{})
			l.settled("a.log", "LAB01/b.log")
			l.write("ready.log", closing)
			l.write("waiting.log", "x")
			l.poll(0)
			l.want(l.poll(time.Minute), "ready.log", Ready, "")
			for range 3 {
				back := c.out(l)
				for range 10 {
					s, _ := l.pollSuspect(time.Hour / 10)
					l.want(s, "ready.log", Waiting, ingest.ReasonShareSuspect)
					l.want(s, "waiting.log", Waiting, ingest.ReasonShareSuspect)
					if s.Counts[Settled] != 2 {
						t.Fatalf("%v", s.Counts)
					}
				}
				var refusal *ingest.Refusal
				if _, err := l.f.Open("ready.log"); !errors.As(err, &refusal) ||
					refusal.Reason != ingest.ReasonShareSuspect {
					t.Fatalf("opened: %v", err)
				}
				back()
				s := l.poll(time.Second)
				l.want(s, "ready.log", Ready, "")
				if s.Counts[Settled] != 2 || s.Counts[Gone] != 0 {
					t.Fatalf("%v", s.Counts)
				}
			}
		})
	}
}

func TestFolderSwappedForALinkIsNotFollowed(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log")
	l.must(os.Rename(l.path, l.path+"-aside"))
	l.link("/etc", l.path)
	s, err := l.pollSuspect(time.Minute)
	if len(s.Entries) != 0 || !strings.Contains(err.Error(), l.path) {
		t.Errorf("%v, %v", s.Entries, err)
	}
}

// A share that is mounted again has other numbers; its drops show what it is.
func TestShareIsKnownByItsDrops(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "LAB01/b.log", "LAB01/c.log")
	copied := l.beside("copied")
	l.must(os.Mkdir(filepath.Join(copied, "LAB01"), 0o755))
	info, err := os.Stat(l.at("LAB01/b.log"))
	l.must(err)
	l.must(os.Rename(l.at("LAB01/b.log"), filepath.Join(copied, "LAB01", "b.log")))
	l.must(os.Chtimes(filepath.Join(copied, "LAB01", "b.log"), info.ModTime(), info.ModTime()))
	l.must(os.WriteFile(filepath.Join(copied, "new.log"), []byte(closing), 0o644))
	l.swap(copied)
	s := l.poll(time.Second)
	l.want(s, "new.log", Waiting, ingest.ReasonChanging)
	l.want(s, "LAB01/b.log", Waiting, ingest.ReasonChanging) // its time of change is new here
}

func TestMarkerShowsThatTheShareIsThere(t *testing.T) {
	o := Options{Marker: ".poolsweep-lab"}
	l := newLab(t, o)
	l.write("a.log", closing)
	_, err := l.pollSuspect(0)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), o.Marker) {
		t.Errorf("no marker: %v", err)
	}
	l.write(o.Marker, "")
	l.poll(0)
	l.want(l.poll(time.Minute), "a.log", Ready, "")
	l.settle("a.log")
	l.poll(0)

	back := l.swap(l.beside("other")) // no marker
	l.pollSuspect(time.Hour)
	back()

	fresh := l.beside("fresh") // another folder with the marker, and nothing else
	l.must(os.WriteFile(filepath.Join(fresh, o.Marker), nil, 0o644))
	l.swap(fresh)
	l.poll(0)
	l.poll(time.Hour)
	l.want(l.poll(time.Hour), "a.log", Gone, "")
}

func TestRestartOnAWrongFolderIsNoticed(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log")
	all := func(yield func(Entry) bool) { yield(Entry{Name: "a.log", Stamp: l.f.settled[0].Stamp}) }
	for _, files := range []int{0, 1} {
		other := l.beside("other")
		if files > 0 {
			l.must(os.WriteFile(filepath.Join(other, "z.log"), []byte(closing), 0o644))
		}
		back := l.swap(other)
		before := l.f
		l.f = New(l.path, Options{Settled: all})
		_, err := l.pollSuspect(0)
		want := []error{errEmpty, errOther}[files]
		if !errors.Is(err, want) || !strings.Contains(err.Error(), strconv.Quote(l.path)) {
			t.Errorf("%v, want %v", err, want)
		}
		back()
		l.poll(0)
		l.f = before
	}
}

func TestFreshFolderMayBeEmpty(t *testing.T) {
	l := newLab(t, Options{})
	for range 3 {
		if s := l.poll(time.Hour); total(s) != 0 || s.Share != "" || s.Kind != local {
			t.Errorf("%+v", s)
		}
	}
}

func TestEmptiedFolderIsSuspectUntilADropCame(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log")
	l.remove("a.log")
	l.pollSuspect(time.Second)
	l.pollSuspect(time.Hour)
	l.write("b.log", closing)
	l.poll(0)
	l.poll(10 * time.Minute)
	s := l.poll(time.Minute)
	l.want(s, "a.log", Gone, "")
	l.want(s, "b.log", Ready, "")
}

func TestUnreadableSubfolderLosesNothing(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("LAB01/a.log", "LAB02/b.log")
	l.must(os.Rename(l.at("LAB01"), l.at("aside.part")))
	l.link("/etc", l.at("LAB01"))
	for range 5 {
		s := l.poll(time.Second)
		l.want(s, "LAB01", Refused, ingest.ReasonSymlink)
	}
	w := walk{Folder: l.f, unlisted: map[string]bool{"LAB01": true, "x/y": true}}
	for name, want := range map[string]bool{
		"LAB01/a.log": true, "LAB010/a.log": false, "LAB01": false, "x/y/z": true, "x/z": false, "x/yz/a": false,
	} {
		if w.unseen(name) != want {
			t.Errorf("%s", name)
		}
	}
}

func TestAttributeCacheOfAMount(t *testing.T) {
	const table = `22 1 0:20 / /proc rw,relatime - proc proc rw
98 27 0:52 / /srv/drop rw,relatime shared:4 - nfs4 lab:/drop rw,vers=4.2,acregmin=1,acregmax=10,hard
99 27 0:53 / /srv/b rw,relatime - nfs lab:/b rw,vers=3,hard
100 27 0:54 / /srv/c rw - nfs lab:/c rw,noac,acregmax=0
101 27 0:55 / /srv/d rw - nfs lab:/d rw,acregmax=many
`
	for dev, want := range map[uint64]time.Duration{
		52: 10 * time.Second, 53: time.Minute, 54: 0, 55: time.Minute, 56: time.Minute,
	} {
		if got := attributeCache([]byte(table), dev); got != want {
			t.Errorf("device %d: %v, want %v", dev, got, want)
		}
	}
	if got := attributeCache(nil, 52); got != time.Minute {
		t.Errorf("no table: %v", got)
	}
	f := New("x", Options{})
	f.cache = time.Minute
	if got := f.timesFor(nfs); got != (times{5 * time.Second, 65 * time.Second, 30 * time.Minute}) {
		t.Errorf("%v", got)
	}
	f.cache = 10 * time.Second
	if got := f.timesFor(nfs).quiet; got != 30*time.Second {
		t.Errorf("%v", got)
	}
}
