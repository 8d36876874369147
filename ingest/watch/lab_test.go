package watch

import (
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

const closing = "0: kd> .logclose\r\nClosing open log file c:\\logs\\x.log\r\n"

// lab is a watched folder with a clock of its own.
type lab struct {
	t    *testing.T
	path string
	f    *Folder
	o    Options
	now  time.Duration
}

func newLab(t *testing.T, o Options) *lab {
	t.Helper()
	l := &lab{t: t, path: filepath.Join(t.TempDir(), "drop"), o: o, now: time.Hour}
	l.must(os.Mkdir(l.path, 0o755))
	l.f = New(l.path, o)
	return l
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) at(name string) string { return filepath.Join(l.path, filepath.FromSlash(name)) }

func (l *lab) write(name, text string) {
	l.t.Helper()
	l.must(os.MkdirAll(filepath.Dir(l.at(name)), 0o755))
	l.must(os.WriteFile(l.at(name), []byte(text), 0o644))
}

func (l *lab) add(name, text string) {
	l.t.Helper()
	file, err := os.OpenFile(l.at(name), os.O_WRONLY|os.O_APPEND, 0)
	l.must(err)
	_, err = file.WriteString(text)
	l.must(err)
	l.must(file.Close())
}

func (l *lab) remove(name string) { l.t.Helper(); l.must(os.Remove(l.at(name))) }

func (l *lab) move(from, to string) { l.t.Helper(); l.must(os.Rename(l.at(from), l.at(to))) }

// link makes a symbolic link, or skips the test: on Windows it takes a right.
func (l *lab) link(target, at string) {
	l.t.Helper()
	if err := os.Symlink(target, at); err != nil || runtime.GOOS == "windows" {
		l.t.Skipf("no link can be made here: %v", err)
	}
}

// poll polls after a while and checks what holds of every scan.
func (l *lab) poll(after time.Duration) Scan {
	l.t.Helper()
	l.now += after
	s, err := l.f.Poll(l.now)
	if err != nil {
		l.t.Fatal(err)
	}
	l.check(s)
	if present := l.present(); present != total(s) {
		l.t.Fatalf("%d names in the folder, %d in the scan: %v", present, total(s), s.Counts)
	}
	return s
}

// pollSuspect polls and wants the folder not to be trusted.
func (l *lab) pollSuspect(after time.Duration) (Scan, error) {
	l.t.Helper()
	l.now += after
	s, err := l.f.Poll(l.now)
	if err == nil || s.Share != ingest.ReasonShareSuspect {
		l.t.Fatalf("share is %q, error %v", s.Share, err)
	}
	if s.Counts[Gone]+s.Counts[Ready] > 0 {
		l.t.Fatalf("counts of a suspect folder: %v", s.Counts)
	}
	l.check(s)
	return s, err
}

func (l *lab) check(s Scan) {
	l.t.Helper()
	for i, e := range s.Entries {
		refused := e.State == Waiting || e.State == Refused || e.State == Ignored
		if (refused || e.Reason != "") && !e.Reason.Known() {
			l.t.Errorf("%s is %s with the reason %q", e.Name, e.State, e.Reason)
		}
		if i > 0 && s.Entries[i-1].Name > e.Name {
			l.t.Errorf("%s stands before %s", s.Entries[i-1].Name, e.Name)
		}
	}
}

func total(s Scan) int {
	n := 0
	for state, count := range s.Counts {
		if State(state) != Gone {
			n += count
		}
	}
	return n
}

// present counts what the scan should tell of: all names, but of folders only those
// that are not looked into.
func (l *lab) present() int {
	l.t.Helper()
	n := 0
	l.must(filepath.WalkDir(l.path, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(l.path, name)
		depth := strings.Count(filepath.ToSlash(rel), "/") + 1
		switch {
		case err != nil:
			return err
		case rel == ".":
		case !d.IsDir():
			n++
		case IsHelper([]byte(d.Name())) || depth >= l.f.o.Depth:
			n++
			return fs.SkipDir
		}
		return nil
	}))
	return n
}

func entry(s Scan, name string) Entry {
	for _, e := range s.Entries {
		if e.Name == name {
			return e
		}
	}
	return Entry{}
}

// want checks the state and reason of one drop.
func (l *lab) want(s Scan, name string, state State, reason ingest.Reason) Entry {
	l.t.Helper()
	e := entry(s, name)
	if e.State != state || e.Reason != reason {
		l.t.Fatalf("%s is %s %q after %v, want %s %q", name, e.State, e.Reason, l.now-time.Hour, state, reason)
	}
	return e
}

// read reads a drop whole and returns what has to be handed back.
func (l *lab) read(name string) (text string, s Stamp, hash [32]byte, unchanged bool) {
	l.t.Helper()
	file, err := l.f.Open(name)
	l.must(err)
	defer file.Close()
	b, err := io.ReadAll(file)
	l.must(err)
	unchanged, err = file.Unchanged()
	l.must(err)
	return string(b), file.Stamp(), sha256.Sum256(b), unchanged
}

// settle reads a drop and hands it back.
func (l *lab) settle(name string) string {
	l.t.Helper()
	text, s, hash, unchanged := l.read(name)
	if !unchanged {
		l.t.Fatalf("%s changed while it was read", name)
	}
	l.f.Settle(name, s, hash)
	return text
}

// settled brings new drops with an end line to the state settled.
func (l *lab) settled(names ...string) {
	l.t.Helper()
	for _, name := range names {
		l.write(name, name+closing)
	}
	l.poll(5 * time.Second)
	l.poll(10 * time.Second)
	s := l.poll(time.Minute)
	for _, name := range names {
		e := entry(s, name)
		if e.State != Ready {
			l.t.Fatalf("%s is %s %q", name, e.State, e.Reason)
		}
		l.settle(name)
	}
	if s := l.poll(time.Second); s.Counts[Settled] < len(names) {
		l.t.Fatalf("%d settled, want %d", s.Counts[Settled], len(names))
	}
}
