package watch

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

// underFaults tells the test below that its system calls fail.
const underFaults = "POOLSWEEP_TEST_UNDER_FAULTS"

var seen = regexp.MustCompile(`\d+ failures were seen`)

// TestFailingCallsLoseNothing runs itself under strace, which makes one call of
// several fail, as it happens on shares, and stops after a while.
func TestFailingCallsLoseNothing(t *testing.T) {
	if os.Getenv(underFaults) != "" {
		pollUnderFaults(t)
		return
	}
	if _, err := exec.LookPath("strace"); err != nil || testing.Short() {
		t.Skipf("no strace, or short: %v", err)
	}
	for _, fault := range []string{
		"getdents64:error=EIO:when=30..600+7", "statx:error=ESTALE:when=300..3000+7",
		"openat2:error=EACCES:when=30..600+7", "openat2:error=EMFILE:when=30..600+7",
		"pread64:error=EIO:when=3..20+3", "fstatfs:error=ENOTCONN:when=5..100+3", "read:error=EIO:when=6..20+3",
	} {
		cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject="+fault,
			os.Args[0], "-test.run=^TestFailingCallsLoseNothing$", "-test.timeout=60s", "-test.v")
		cmd.Env = append(os.Environ(), underFaults+"=1")
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("no process may be traced here: %s", out)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", fault, err, out)
		}
		t.Logf("%s: %s", fault, seen.FindString(string(out)))
	}
}

// pollUnderFaults watches a folder in which some drops are settled and others come.
func pollUnderFaults(t *testing.T) {
	runtime.LockOSThread() // strace counts the calls of each thread
	l := newLab(t, Options{})
	for i := range 10 {
		l.write(fmt.Sprintf("LAB%02d/old.log", i%3), closing)
		l.write(fmt.Sprintf("old%d.log", i), closing)
	}
	read := map[string]int{}
	failed := 0
	for i := range 200 {
		if i%20 == 0 {
			l.write(fmt.Sprintf("new%03d.log", i), "first half\n")
		}
		if i%20 == 7 {
			l.add(fmt.Sprintf("new%03d.log", i-7), closing)
		}
		l.now += 5 * time.Second
		s, err := l.f.Poll(l.now)
		if err != nil {
			failed++
		}
		if s.Counts[Gone] != 0 {
			t.Fatalf("poll %d: gone: %v", i, s.Entries)
		}
		for _, e := range s.Entries {
			if e.State == Waiting && e.Reason == ingest.ReasonIOError || e.State == Refused {
				failed++
			}
			if e.State == Ready && l.take(e) {
				read[e.Name]++
			} else if e.State == Ready {
				failed++
			}
		}
	}
	s := l.poll(0)
	if s.Counts != [states]int{Settled: 23} {
		t.Errorf("in the end %v: %v", s.Counts, s.Entries)
	}
	for name, n := range read {
		if n != 1 {
			t.Errorf("%s counted %d times", name, n)
		}
	}
	t.Logf("%d failures were seen", failed)
	if failed == 0 {
		t.Error("no failure was seen")
	}
}

// take reads a drop, if it can be read, and hands it back.
func (l *lab) take(e Entry) bool {
	l.t.Helper()
	file, err := l.f.Open(e.Name)
	if err != nil {
		return false
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	same, errSame := file.Unchanged()
	if err != nil || errSame != nil || !same {
		l.f.Again(e.Name, file.Stamp(), [32]byte{}, ingest.ReasonIOError)
		return false
	}
	if whole := string(text); whole != closing && whole != "first half\n"+closing {
		l.t.Errorf("%s: read %q", e.Name, whole)
	}
	l.f.Settle(e.Name, file.Stamp(), [32]byte{})
	return true
}
