package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/templates"
)

// TestManyAtOnce drops a great many logs of many machines at once, E1 and E4: all
// are analysed, and so is, meanwhile, that of another machine.
func TestManyAtOnce(t *testing.T) {
	tr := newTrial(t, waits)
	files := 1500
	if *long {
		files = 20_000
	}
	for i := range files {
		p := &plan{machine: fmt.Sprintf("LAB-%d", i%50), habit: renamed, away: filepath.Join(tr.dir, "away", fmt.Sprint(i)), text: logText(i, "", true)}
		p.path = filepath.Join(tr.dir, "drop", p.machine, fmt.Sprintf("v%d.log", i))
		tr.plans = append(tr.plans, p)
		p.write(t)
	}
	began := time.Now()
	tr.drop("OTHER", 1)
	t.Logf("the other machine's log was analysed %s after the last of %d", time.Since(began).Round(100*time.Millisecond), files)
	tr.must(tr.eventually(10*time.Minute, func(st *status) []string {
		if n := st.Counts[string(store.Analysed)]; n <= files {
			return []string{fmt.Sprintf("%d of %d are analysed", n, files)}
		}
		return nil
	}))
	t.Logf("all after %s", time.Since(began).Round(100*time.Millisecond))
	tr.settle(t)
	tr.check(t)
}

// TestFloodWaits floods a machine's folder, around a running watcher: what is beyond
// the quota waits and says so, and the others are read.
func TestFloodWaits(t *testing.T) {
	tr := newTrial(t, strings.Replace(waits, "path: drop", "path: drop\n    quota: 20", 1))
	s := tr.drop("LAB-1", 0)
	for i := 1; i < 50; i++ {
		tr.must(s.put(fmt.Sprintf("f%02d.log", i), i))
	}
	tr.drop("LAB-2", 1)
	tr.must(tr.eventually(30*time.Second, func(st *status) []string {
		waiting, read := 0, 0
		for _, d := range st.Drops {
			switch {
			case d.Reason == ingest.ReasonQuota && d.Machine == "":
				waiting++
			case d.Machine == "LAB-1":
				read++
			}
		}
		if waiting != 30 || read != 20 {
			return []string{fmt.Sprintf("%d wait and %d were read", waiting, read)}
		}
		return nil
	}))
}

// bigLog writes a log of many megabytes.
func bigLog(name string, megabytes int) error {
	text := logText(1, "", true)
	cut := bytes.LastIndex(text, []byte("0: kd> .logclose"))
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(text[:cut])
	filler := bytes.Repeat([]byte("a line that an engineer's script has printed, again and again\n"), 1<<14)
	for range megabytes {
		if err == nil {
			_, err = f.Write(filler)
		}
	}
	if err == nil {
		_, err = f.Write(text[cut:])
	}
	return errors.Join(err, f.Close())
}

// mostMemory is what one process of the watcher may ever hold, whatever is dropped.
const mostMemory = 256 << 20

// TestBigLog drops a log of 200 MB, E3, and a service manager ends the watcher while
// it is read, G3: it ends in time, and the next start reads it anew, in little
// memory, while the logs of others are not kept waiting.
func TestBigLog(t *testing.T) {
	tr := newTrial(t, waits)
	megabytes := 40
	if *long {
		megabytes = 200
	}
	s := &site{tr, filepath.Join(tr.dir, "drop", "LAB-1")}
	tr.must(os.Mkdir(s.dir, 0o700), bigLog(s.at("big.log"), megabytes))
	time.Sleep(300 * time.Millisecond)
	tr.must(tr.watcher.Process.Signal(unix.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- tr.watcher.Wait() }()
	select {
	case err := <-ended:
		tr.must(err)
	case <-time.After(10 * time.Second):
		t.Fatal("it did not end within 10 s")
	}
	tr.start(t)
	tr.drop("LAB-2", 1)
	tr.must(tr.eventually(2*time.Minute, func(st *status) []string { return tr.misses(st, s.dir, fates{"big.log": "analysed"}) }))
	for _, pid := range tr.processes() {
		if most := procStatus(filepath.Join("/proc", pid), "VmHWM") << 10; most > mostMemory {
			t.Errorf("process %s held %d MiB", pid, most>>20)
		} else {
			t.Logf("process %s held %d MiB at most", pid, most>>20)
		}
	}
	tr.ended()
}

// midst waits until the watcher is in the midst of reading a drop.
func (s *site) midst(name string, size int64) error {
	folder := filepath.Join("/proc", fmt.Sprint(s.watcher.Process.Pid))
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		fds, _ := filepath.Glob(filepath.Join(folder, "fd", "*"))
		for _, fd := range fds {
			if target, _ := os.Readlink(fd); target != s.at(name) {
				continue
			}
			text, _ := os.ReadFile(filepath.Join(folder, "fdinfo", filepath.Base(fd)))
			var at int64
			if _, err := fmt.Sscanf(string(text), "pos: %d", &at); err == nil && at > size/10 && at < size*9/10 {
				return nil
			}
		}
	}
	return errors.New("it is never read, or too fast")
}

// TestChangedWhileRead cuts off one log in the midst of being read, C9: what was read
// counts for nothing, and it is read anew. Another one is replaced, C10: the old one is
// read to its end, for it was whole, and then the new one.
func TestChangedWhileRead(t *testing.T) {
	tr := newTrial(t, waits)
	for i, change := range []func(*site) error{
		func(s *site) error {
			return errors.Join(os.Truncate(s.at("x.log"), 100), s.until("x.log", "incomplete INCOMPLETE"), s.put("x.log", 1))
		},
		func(s *site) error {
			return errors.Join(s.put("next.tmp", 2), os.Rename(s.at("next.tmp"), s.at("x.log")))
		},
	} {
		s := &site{tr, filepath.Join(tr.dir, "drop", fmt.Sprintf("LAB-%d", i))}
		tr.must(os.MkdirAll(s.dir, 0o700), bigLog(s.at("x.log"), 60), s.midst("x.log", 60<<20), change(s), s.until("x.log", "analysed"))
	}
	tr.says("file=LAB-0/x.log reason=CHANGED_WHILE_READ")
	tr.ended()
	tr.wantDocuments(map[string]int{"LAB-0": 2, "LAB-1": 2}) // what was left of the first, and the whole one
}

// TestNeverStable has a log grow for more than six hours, C8: that is said, the logs of
// others are read meanwhile, and it is read when its writer ends it.
func TestNeverStable(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	t.Setenv(asPoolsweep, "1") // for the parsers
	l := emptyLab(t.TempDir())
	began := time.Now()
	var offset atomic.Int64
	s := l.service(t, time.Now, func() time.Duration { return time.Since(began) + time.Duration(offset.Load()) })
	stop := l.run(t, s)
	growing := &site{&trial{l, t}, filepath.Join(l.dir, "drop", "LAB-1")}
	text := growing.text(1)
	cut := bytes.LastIndex(text, []byte("0: kd> .logclose"))
	if err := errors.Join(os.Mkdir(growing.dir, 0o700), os.WriteFile(growing.at("g.log"), text[:cut], 0o600)); err != nil {
		t.Fatal(err)
	}
	grow, enough := context.WithCancel(t.Context())
	grown := make(chan error, 1)
	go func() {
		var err error
		for ; grow.Err() == nil && err == nil; time.Sleep(5 * time.Millisecond) {
			err = growing.add("g.log", []byte("one more line\n"))
		}
		grown <- errors.Join(err, growing.add("g.log", text[cut:]))
	}()
	l.becomes(t, s, "LAB-1/g.log", "waiting CHANGING, waiting INCOMPLETE, waiting OPEN_FOR_WRITE")
	offset.Store(int64(6*time.Hour + time.Minute))
	l.becomes(t, s, "LAB-1/g.log", "waiting NEVER_STABLE")
	if err := os.WriteFile(filepath.Join(l.dir, "drop", "other.log"), logText(9, "", true), 0o600); err != nil {
		t.Fatal(err)
	}
	l.becomes(t, s, "other.log", "analysed")
	l.becomes(t, s, "LAB-1/g.log", "waiting NEVER_STABLE")
	enough()
	if err := <-grown; err != nil {
		t.Fatal(err)
	}
	l.becomes(t, s, "LAB-1/g.log", "analysed")
	stop()
	if err := s.store.Close(); err != nil {
		t.Error(err)
	}
}

// becomes waits until the history says one of these fates of a drop.
func (l *lab) becomes(t *testing.T, s *service, name, fate string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		err := s.store.Drops(t.Context(), "", func(d store.Drop) error {
			if d.Name == name {
				got = strings.TrimSpace(string(d.State) + " " + string(d.Reason))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got != "" && slices.Contains(strings.Split(fate, ", "), got) {
			return
		}
	}
	t.Fatalf("%s: %s, want %s", name, got, fate)
}

// processes are the watcher and its parsers.
func (tr *trial) processes() []string {
	pid := fmt.Sprint(tr.watcher.Process.Pid)
	all := []string{pid}
	tasks, _ := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "children"))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		all = append(all, strings.Fields(string(text))...)
	}
	return all
}

// TestFewDescriptors leaves the watcher hardly any descriptors for a while, E6: no
// log is lost, and none is refused for good.
func TestFewDescriptors(t *testing.T) {
	tr := newTrial(t, waits)
	tr.drop("LAB-1", 1)
	few := unix.Rlimit{Cur: 12, Max: 4096}
	tr.must(unix.Prlimit(tr.watcher.Process.Pid, unix.RLIMIT_NOFILE, &few, nil))
	for i := range 60 {
		p := &plan{machine: fmt.Sprintf("LAB-%d", i%9), habit: steady, text: logText(100+i, "", true)}
		p.path = filepath.Join(tr.dir, "drop", p.machine, fmt.Sprintf("f%d.log", i))
		tr.plans = append(tr.plans, p)
		p.write(t)
	}
	time.Sleep(2 * time.Second)
	enough := unix.Rlimit{Cur: 1024, Max: 4096}
	tr.must(unix.Prlimit(tr.watcher.Process.Pid, unix.RLIMIT_NOFILE, &enough, nil))
	tr.plans = append(tr.plans, &plan{machine: "LAB-1", path: filepath.Join(tr.dir, "drop", "LAB-1", "x.log"), text: (&site{tr, filepath.Join(tr.dir, "drop", "LAB-1")}).text(1)})
	tr.settle(t)
	tr.check(t)
}

// TestTwoWatchersOnOneHistory starts a second watcher, G13: it says who has the
// history and ends.
func TestTwoWatchersOnOneHistory(t *testing.T) {
	tr := newTrial(t, waits)
	tr.drop("LAB-1", 1)
	_, err := tr.poolsweep("watch", "--config", "poolsweep.yaml")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(string(exit.Stderr), store.ErrInUse.Error()) {
		t.Errorf("the second one ended with %v", err)
	}
	tr.drop("LAB-2", 2)
	tr.ended()
}

// TestClockLeaps runs the watcher with a wall clock that leaps, K1 and K2: nothing is
// lost, nothing counts twice.
func TestClockLeaps(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	t.Setenv(asPoolsweep, "1") // for the parsers
	l := emptyLab(t.TempDir())
	var offset atomic.Int64
	s, stop := l.inProcess(t, func() time.Time { return time.Now().Add(time.Duration(offset.Load())) })
	day := 24 * time.Hour
	for i, leap := range []time.Duration{0, -365 * day, -day, -time.Hour, 0, time.Hour, day, 365 * day, 3652 * day, 0} {
		offset.Store(int64(leap))
		p := &plan{machine: fmt.Sprintf("LAB-%d", i%3), habit: steady, text: logText(i, "", true)}
		p.path = filepath.Join(l.dir, "drop", p.machine, fmt.Sprintf("c%d.log", i))
		l.plans = append(l.plans, p)
		p.write(t)
		for deadline := time.Now().Add(30 * time.Second); !l.settled(t) && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
		}
	}
	if !l.settled(t) {
		t.Error("drops are still under way")
	}
	stop()
	if err := s.store.Close(); err != nil {
		t.Error(err)
	}
	l.check(t)
}

// inProcess runs the watcher within the test, on a wall clock of the test's.
func (l *lab) inProcess(t *testing.T, now func() time.Time) (s *service, stop func()) {
	t.Helper()
	began := time.Now()
	s = l.service(t, now, func() time.Duration { return time.Since(began) })
	return s, l.run(t, s)
}

// run runs a watcher within the test.
func (l *lab) run(t *testing.T, s *service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.parsers.close()
	}
}

// service makes a watcher on clocks of the test's.
func (l *lab) service(t *testing.T, now func() time.Time, mono func() time.Duration) *service {
	t.Helper()
	for _, d := range []string{"drop", "out", "state"} {
		if err := os.Mkdir(filepath.Join(l.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(l.dir, "poolsweep.yaml")
	if err := os.WriteFile(file, []byte("out: out\nstate: state\n"+waits), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(file)
	know, err2 := knowledge.Load()
	words, err3 := templates.Load("en")
	db, err4 := store.Open(t.Context(), filepath.Join(l.dir, "state"))
	if err := errors.Join(err, err2, err3, err4, cfg.watchable()); err != nil {
		t.Fatal(err)
	}
	s := &service{
		cfg: cfg, know: know, words: words, store: db, log: slog.New(slog.DiscardHandler),
		parsers: &parsers{command: []string{os.Args[0]}, limits: defaultParserLimits()},
		now:     now, mono: mono, notify: newNotifier(),
	}
	if err := s.newShares(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSilentShareIsDown lets a scan not come back, F3, as on a share that hangs: the
// share is told to be down, until the scan does come back.
func TestSilentShareIsDown(t *testing.T) {
	var mono time.Duration
	l := emptyLab(t.TempDir())
	s := l.service(t, time.Now, func() time.Duration { return mono })
	defer s.store.Close()
	want := func(reason ingest.Reason) {
		t.Helper()
		shares, err := s.store.Shares(t.Context())
		if err != nil || len(shares) != 1 || shares[0].Reason != reason {
			t.Fatalf("%+v, want reason %q (%v)", shares, reason, err)
		}
	}
	sh := s.shares[0]
	sh.flying, sh.landed, sh.noted = map[string]bool{}, map[string]bool{}, map[string]noted{}
	sh.end = func() {} // it is watched
	comesBack := func() {
		t.Helper()
		if err := s.scan(t.Context(), scanned{share: sh}); err != nil {
			t.Fatal(err)
		}
	}
	comesBack()
	for _, step := range []struct {
		after time.Duration
		want  ingest.Reason
	}{{shareSilence + s.cfg.Scan.Duration, ""}, {1, ingest.ReasonShareDown}, {time.Hour, ingest.ReasonShareDown}} {
		mono += step.after
		if err := s.checkSilent(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(step.want)
	}
	comesBack()
	want("")
}
