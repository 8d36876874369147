package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest/store"
)

var (
	kills = flag.Int("kills", 8, "times the watcher is killed")
	drops = flag.Int("drops", 160, "logs that are dropped meanwhile")
)

// waits are the watcher's times, a fiftieth of what they are in a lab; the writers'
// pauses below are to them as real ones are to real times.
const waits = `scan: 100ms
workbook: 2s
drops:
  - path: drop
    end_wait: 40ms
    quiet_wait: 200ms
    long_wait: 1500ms
`

// TestKilledWatcherLosesNothing drops logs in all the ways that programs write files
// while the watcher is killed again and again. In the end each log is in the history
// once, as it was when its writer was done, and nothing else is.
func TestKilledWatcherLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	lab := newLab(t, waits)
	r := rand.New(rand.NewPCG(2026, 5))
	var writing sync.WaitGroup
	slots := make(chan struct{}, 24)
	for i := range *drops {
		d := lab.plan(i, r)
		slots <- struct{}{}
		writing.Go(func() { d.write(t); <-slots })
		if i%max(1, *drops/max(1, *kills)) == 0 {
			lab.restart(t, time.Duration(r.IntN(700))*time.Millisecond)
		}
	}
	writing.Wait()
	lab.settle(t)
	lab.check(t)
}

// lab is a drop folder with a watcher that is killed and started again.
type lab struct {
	dir     string
	history *config // where the history is
	watcher *exec.Cmd
	log     *os.File
	plans   []*plan
	started int
	mark    int64           // end of the log when the watcher was last started
	watch   []string        // further arguments of the watcher
	prepare func(*exec.Cmd) // how else the watcher is started, when not nil
}

func newLab(t *testing.T, settings string) *lab {
	t.Helper()
	dir := t.TempDir()
	l := emptyLab(dir)
	l.open(t, "state: state\n"+settings)
	l.start(t)
	return l
}

// open makes the folders and the configuration of the lab.
func (l *lab) open(t *testing.T, settings string) {
	t.Helper()
	for _, d := range []string{"drop", "away"} {
		if err := os.Mkdir(filepath.Join(l.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(l.dir, "poolsweep.yaml"), []byte("out: out\n"+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if l.log, err = os.Create(filepath.Join(l.dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if l.watcher != nil {
			l.kill()
		}
		l.log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(l.log.Name())
			lines := strings.Split(string(text), "\n")
			t.Logf("end of the watcher's log:\n%s", strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	})
}

func (l *lab) start(t *testing.T) {
	t.Helper()
	if info, err := l.log.Stat(); err == nil {
		l.mark = info.Size()
	}
	l.watcher = l.launch(t, append([]string{"watch"}, l.watch...)...)
}

// launch starts a process of the lab.
func (l *lab) launch(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append(args, "--config", filepath.Join(l.dir, "poolsweep.yaml"))...)
	cmd.Env = append(os.Environ(), asPoolsweep+"=1")
	cmd.Stderr, cmd.Dir = l.log, l.dir
	if l.prepare != nil {
		l.prepare(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.started++
	return cmd
}

func (l *lab) kill() {
	_ = l.watcher.Process.Kill()
	_ = l.watcher.Wait()
}

// restart kills the watcher after a while and starts it again.
func (l *lab) restart(t *testing.T, after time.Duration) {
	time.Sleep(after)
	l.kill()
	l.start(t)
}

// settle waits until nothing is under way any more, and ends the watcher as a
// service manager does.
func (l *lab) settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(90*time.Second + time.Duration(len(l.plans))*25*time.Millisecond); ; time.Sleep(200 * time.Millisecond) {
		if l.watching() && l.settled(t) {
			break
		}
		if time.Now().After(deadline) {
			t.Error("drops are still under way")
			break
		}
	}
	_ = l.watcher.Process.Signal(os.Interrupt)
	ended := make(chan error, 1)
	go func() { ended <- l.watcher.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the watcher ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the watcher did not end within 10 s")
	}
}

// watching reports whether the watcher that was started last is under way: an
// interrupt before that ends any program.
func (l *lab) watching() bool {
	text, err := os.ReadFile(l.log.Name())
	return err == nil && int64(len(text)) > l.mark && strings.Contains(string(text[l.mark:]), "msg=watching")
}

// emptyLab is a lab whose history is below its folder.
func emptyLab(dir string) *lab {
	return &lab{dir: dir, history: &config{State: filepath.Join(dir, "state")}}
}

func (l *lab) settled(t *testing.T) bool {
	st, err := readStatus(context.Background(), l.history, true)
	if err != nil {
		return false
	}
	final := map[string]string{}
	for _, p := range l.plans {
		final[p.path] = p.sum()
	}
	seen := 0
	for _, d := range st.Drops {
		if sum, planned := final[d.Path]; planned && d.SHA256 == sum && d.State != store.Waiting && d.State != store.Gone {
			seen++
		}
	}
	due := slices.ContainsFunc(st.Outputs, func(o statusOutput) bool { return o.Due })
	return seen == len(final) && !due
}

// check compares the history with what was written.
func (l *lab) check(t *testing.T) {
	t.Helper()
	db, err := openStore(context.Background(), l.history)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := map[string]map[string]bool{} // contents by machine
	for _, p := range l.plans {
		if want[p.machine] == nil {
			want[p.machine] = map[string]bool{}
		}
		want[p.machine][p.sum()] = true
	}
	lost, double, half := 0, 0, 0
	for machine, contents := range want {
		held, err := db.Documents(context.Background(), machine, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, h := range held {
			got[h.SHA256]++
			if !contents[h.SHA256] {
				half++
			}
		}
		for sum := range contents {
			switch n := got[sum]; {
			case n == 0:
				lost++
			case n > 1:
				double += n - 1
			}
		}
	}
	if lost+double+half > 0 {
		t.Errorf("%d lost, %d double, %d half-written left", lost, double, half)
	}
	if st, err := readStatus(context.Background(), l.history, true); err == nil && lost > 0 {
		for _, p := range l.plans {
			for _, d := range st.Drops {
				if d.Path == p.path && (d.SHA256 != p.sum() || d.State == store.Waiting) {
					t.Logf("%s: habit %d, state %s, reason %s, read %.8s, want %.8s", p.path, p.habit, d.State, d.Reason, d.SHA256, p.sum())
				}
			}
		}
	}
	t.Logf("%d drops, %d starts: %d lost, %d double, %d half-written left", len(l.plans), l.started, lost, double, half)
}

// plan is one log to be dropped: by which machine, and how it is written.
type plan struct {
	machine, path string
	away          string // beside the drop folder, on the same disk
	habit         int
	text          []byte
	pause         time.Duration
}

// habits are the ways in which programs were seen to write a file.
const (
	renamed    = iota // under another name, then renamed
	steady            // in one go
	holding           // with pauses, the file open
	reopening         // with pauses, the file opened for each part
	preset            // the size set first, the time of change kept
	oldTime           // with a time of change long ago
	dying             // the writer dies half-way: no end line ever
	again             // the same bytes as the last one, under another name
	habitCount = again + 1
)

func (l *lab) plan(i int, r *rand.Rand) *plan {
	p := &plan{machine: fmt.Sprintf("LAB-%d", r.IntN(6)), habit: r.IntN(habitCount), pause: time.Duration(60+r.IntN(400)) * time.Millisecond,
		away: filepath.Join(l.dir, "away", fmt.Sprint(i))}
	p.text = logText(i, p.machine, p.habit != dying)
	if p.habit == again && len(l.plans) > 0 {
		last := l.plans[len(l.plans)-1]
		p.machine, p.text = last.machine, last.text
	}
	p.path = filepath.Join(l.dir, "drop", p.machine, fmt.Sprintf("kd-%d.log", i))
	l.plans = append(l.plans, p)
	return p
}

// sum is the hash of the log as it is when its writer is done.
func (p *plan) sum() string {
	sum := sha256.Sum256(p.text)
	return hex.EncodeToString(sum[:])
}

// logText is a small log that no other has.
func logText(i int, machine string, ended bool) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Opened log file 'kd-%d.log'\n0: kd> !poolused 2\n   Sorting by  NonPaged Pool Consumed\n\n  Pool Used:\n", i)
	fmt.Fprintf(&b, "            NonPaged            Paged\n Tag    Allocs     Used    Allocs     Used\n")
	total, bytes := 0, 0
	for row := range 60 {
		n := 10 + (i*7+row*13)%900
		fmt.Fprintf(&b, " T%03d  %8d %8d         0        0\tsome driver's blocks , Binary: drv%d.sys\n", row, n, n*96, row)
		total, bytes = total+n, bytes+n*96
	}
	fmt.Fprintf(&b, " TOTAL %8d %8d         0        0\n", total, bytes)
	if ended {
		fmt.Fprintf(&b, "0: kd> .logclose\nClosing open log file kd-%d.log\n", i)
	}
	return []byte(b.String())
}

// write drops the log.
func (p *plan) write(t *testing.T) {
	third := len(p.text) / 3
	parts := [][]byte{p.text[:third], p.text[third : 2*third], p.text[2*third:]}
	err := os.MkdirAll(filepath.Dir(p.path), 0o700)
	if err == nil {
		switch p.habit {
		case renamed, again:
			if err = os.WriteFile(p.away, p.text, 0o600); err == nil {
				err = os.Rename(p.away, p.path)
			}
		case holding:
			err = p.hold(parts)
		case reopening:
			for i, part := range parts {
				if err == nil {
					err = p.add(part, i)
				}
			}
		case preset:
			err = p.preset(parts)
		case oldTime:
			if err = os.WriteFile(p.path, p.text, 0o600); err == nil {
				err = os.Chtimes(p.path, time.Time{}, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
			}
		default: // steady; one that dies has less to say
			err = os.WriteFile(p.path, p.text, 0o600)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func (p *plan) hold(parts [][]byte) error {
	f, err := os.Create(p.path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, part := range parts {
		if _, err := f.Write(part); err != nil {
			return err
		}
		time.Sleep(p.pause)
	}
	return nil
}

func (p *plan) add(part []byte, i int) error {
	if i > 0 {
		time.Sleep(p.pause)
	}
	f, err := os.OpenFile(p.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(part)
	f.Close()
	return err
}

func (p *plan) preset(parts [][]byte) error {
	f, err := os.Create(p.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(int64(len(p.text))); err != nil {
		return err
	}
	frozen := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, part := range parts {
		if _, err := f.Write(part); err != nil {
			return err
		}
		if err := os.Chtimes(p.path, time.Time{}, frozen); err != nil {
			return err
		}
		time.Sleep(p.pause)
	}
	return nil
}
