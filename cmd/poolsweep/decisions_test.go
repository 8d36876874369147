package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/report"
)

// newBoard makes a service with two cases that watches its folder, and returns the id
// of the runaway filter's case.
func newBoard(t *testing.T) (*bench, string) {
	t.Helper()
	b := newBench(t, "wavxdmgr-runaway", "process-leak")
	b.openShares(t)
	return b, b.caseOf(t, "LAB-XP-07")
}

// openShares opens the folders of the configuration, as at a start.
func (b *bench) openShares(t *testing.T) {
	t.Helper()
	if err := b.newShares(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sh := range b.shares {
		if err := b.openShare(t.Context(), sh); err != nil {
			t.Fatal(err)
		}
	}
}

// scanTwice looks at the folder as often as a file has to stand still.
func (b *bench) scanTwice(t *testing.T) {
	t.Helper()
	for range 2 {
		b.scanOnce(t)
	}
}

func (b *bench) scanOnce(t *testing.T) {
	t.Helper()
	sh := b.shares[0]
	b.run, b.wall = b.run+time.Minute, b.wall.Add(time.Minute)
	scan, err := sh.folder.Poll(b.run)
	if err != nil {
		t.Fatal(err)
	}
	if p := sh.bulletin.look(sh.folder, scan.Aside); p != nil {
		if err := b.post(t.Context(), sh, p); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) board(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.cfg.Drops[0].Path, defaultDecisions), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// inForce are the decisions on a case, as the status tells them.
func (b *bench) inForce(t *testing.T, id string) string {
	t.Helper()
	for _, c := range b.status(t).Cases {
		if c.ID == id {
			return strings.Join(c.decided(), "; ")
		}
	}
	t.Fatalf("no case %s", id)
	return ""
}

func (b *bench) status(t *testing.T) *status {
	t.Helper()
	st, err := readStatus(t.Context(), b.cfg, true)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// written is the case in its JSON report, after what changed was judged.
func (b *bench) written(t *testing.T, id string) report.OutputCase {
	t.Helper()
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(b.cfg.Out, "cases", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var out report.Output
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out.Cases[0]
}

func TestDecisionsOfAFileReachTheReports(t *testing.T) {
	t.Parallel()
	b, id := newBoard(t)
	b.scanTwice(t)
	before := b.written(t, id)
	if before.Decided != nil {
		t.Fatalf("decided before anybody did: %+v", before.Decided)
	}
	b.board(t, "\uFEFF# vendor says\r\n"+id+" ticket https://t.example/1\r\n"+id+" ownr x\r\n"+id+" owner storage\r\n")
	b.scanOnce(t)
	if got := b.inForce(t, id); got != "" {
		t.Errorf("taken before it stood still: %q", got)
	}
	b.scanOnce(t)
	if got, want := b.inForce(t, id), "owner storage; ticket https://t.example/1"; got != want {
		t.Errorf("in force: %q, want %q", got, want)
	}
	c := b.written(t, id)
	if c.Decided == nil || c.Decided.Ticket != "https://t.example/1" || c.Decided.Team != "storage" {
		t.Fatalf("in the report: %+v", c.Decided)
	}
	st := b.status(t)
	if len(st.Faults) != 1 || st.Faults[0].Line != 3 || !strings.HasSuffix(filepath.ToSlash(st.Faults[0].File), "drop/decisions.txt") ||
		!strings.Contains(st.Faults[0].Why, `"ownr"`) {
		t.Errorf("faults: %+v", st.Faults)
	}
	for _, d := range st.Drops {
		if strings.Contains(d.Path, defaultDecisions) {
			t.Errorf("read as a log: %+v", d)
		}
	}
	b.board(t, id+" owner storage\n")
	b.scanTwice(t)
	if c := b.written(t, id); c.Decided.Ticket != "" || c.Decided.Team != "storage" {
		t.Errorf("after a line was removed: %+v", c.Decided)
	}
	if err := os.Remove(filepath.Join(b.cfg.Drops[0].Path, defaultDecisions)); err != nil {
		t.Fatal(err)
	}
	b.scanOnce(t)
	if got := b.inForce(t, id); got != "owner storage" {
		t.Errorf("an editor may be saving, but in force is %q", got)
	}
	b.scanTwice(t)
	if c := b.written(t, id); c.Decided != nil {
		t.Errorf("after the file was removed: %+v", c.Decided)
	}
}

func TestDecisionsMakeARevisionOnce(t *testing.T) {
	t.Parallel()
	b, id := newBoard(t)
	revision := func() int {
		b.written(t, id)
		for _, c := range b.status(t).Cases {
			if c.ID == id {
				return c.Revision
			}
		}
		return 0
	}
	b.board(t, id+" owner storage\n")
	b.scanTwice(t)
	if n := revision(); n != 2 {
		t.Errorf("revision %d, want 2", n)
	}
	b.board(t, "# moved and spaced\n\n"+id+"   owner\tstorage\n")
	b.scanTwice(t)
	b.shares = nil // as after a restart
	b.openShares(t)
	b.scanTwice(t)
	if n := revision(); n != 2 {
		t.Errorf("revision %d after nothing was decided anew, want 2", n)
	}
}

func TestDecisionsThatCannotBeReadChangeNothing(t *testing.T) {
	b, id := newBoard(t)
	b.board(t, id+" owner storage\n")
	b.scanTwice(t)
	b.board(t, strings.Repeat("# a comment\n", mostDecisions/12+1))
	b.scanTwice(t)
	part := partDecisions + " " + filepath.ToSlash(filepath.Join(b.shares[0].path, defaultDecisions))
	if got := b.health(t, part); got != ingest.ReasonTooBig {
		t.Errorf("health %q", got)
	}
	if got := b.inForce(t, id); got != "owner storage" {
		t.Errorf("in force: %q", got)
	}
	b.board(t, id+" owner kernel\n")
	b.scanTwice(t)
	if got := b.health(t, part); got != "" {
		t.Errorf("health %q, although it was read", got)
	}
	if got := b.inForce(t, id); got != "owner kernel" {
		t.Errorf("in force: %q", got)
	}
	if runtime.GOOS == "windows" {
		return // a link takes a right there
	}
	board := filepath.Join(b.cfg.Drops[0].Path, defaultDecisions)
	if err := os.Rename(board, board+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(board+".old", board); err != nil {
		t.Fatal(err)
	}
	b.scanTwice(t)
	if got := b.inForce(t, id); got != "" {
		t.Errorf("read through a link: %q", got)
	}
}

func TestDecideBesideARunningWatcher(t *testing.T) {
	b, id := newBoard(t)
	decide := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := runs(t, append([]string{"decide", "--state", b.cfg.State, "--by", "ann"}, args...)...)
		if code != want {
			t.Errorf("decide %q: exit %d, want %d: %s", args, code, want, stderr)
		}
		return stdout + stderr
	}
	if got := decide(0); got != "Nothing is decided.\n" {
		t.Errorf("before: %q", got)
	}
	short := strings.ToLower(strings.TrimPrefix(id, "PS-"))[:4]
	if got := decide(0, short, "owner", "storage", "filters"); !strings.HasPrefix(got, id+" owner storage filters\n") {
		t.Errorf("said %q", got)
	}
	if got := decide(0, id); !strings.HasPrefix(got, "waits       "+id+" owner storage filters\n") || !strings.Contains(got, "ann 20") {
		t.Errorf("not yet taken up: %q", got)
	}
	if err := b.takeTyped(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := b.written(t, id); c.Decided == nil || c.Decided.Team != "storage filters" {
		t.Errorf("in the report: %+v", c.Decided)
	}
	decide(0, id, "dup", strings.TrimPrefix(b.caseOf(t, "TEST-2K3-11"), "PS-"))
	decide(0, id, "clear", "owner")
	b.wall = b.wall.Add(time.Minute)
	if err := b.takeTyped(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := b.inForce(t, id), "dup "+b.caseOf(t, "TEST-2K3-11"); got != want {
		t.Errorf("in force: %q, want %q", got, want)
	}
	if got := decide(0, id); strings.Count(got, "ann 20") != 3 {
		t.Errorf("what was ever decided: %s", got)
	}
	if got := decide(2, id, "snooze", "till", "worse"); !strings.Contains(got, `found "till" where snooze takes until`) {
		t.Errorf("said %q", got)
	}
	if got := decide(1, "PS-00000000", "owner", "x"); !strings.Contains(got, `no case "PS-00000000"`) {
		t.Errorf("said %q", got)
	}
}

// A line of a file and one that was typed: the newer counts, and both can be taken back.
func TestTypedAndWrittenDecisions(t *testing.T) {
	b, id := newBoard(t)
	b.board(t, id+" owner written\n")
	b.scanTwice(t)
	if code, _, stderr := runs(t, "decide", "--state", b.cfg.State, id, "owner", "typed"); code != 0 {
		t.Fatal(stderr)
	}
	b.wall = b.wall.Add(time.Hour)
	if err := b.takeTyped(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.inForce(t, id); got != "owner typed" {
		t.Errorf("in force: %q", got)
	}
	b.wall = b.wall.Add(time.Hour)
	b.board(t, id+" owner written again\n")
	b.scanTwice(t)
	if got := b.inForce(t, id); got != "owner written again" {
		t.Errorf("in force: %q", got)
	}
}

func TestDecisionsOfAFolderThatIsNoLongerWatchedEnd(t *testing.T) {
	b, id := newBoard(t)
	b.board(t, id+" owner storage\n")
	b.scanTwice(t)
	b.shares, b.cfg.Drops = nil, []dropConfig{{Path: filepath.Join(b.dir, "other")}}
	b.openShares(t)
	if got := b.inForce(t, id); got != "" {
		t.Errorf("in force: %q", got)
	}
}

func TestStatusCheckTellsOfDecisionsThatDoNothing(t *testing.T) {
	b, id := newBoard(t)
	b.board(t, id+" owner storage\nPS-00000000 owner nobody\n")
	b.scanTwice(t)
	var said strings.Builder
	err := b.status(t).check(&said, b.wall)
	if err == nil || !strings.Contains(said.String(), `decisions.txt:2: "PS-00000000 owner nobody": no log of the history shows a case PS-00000000`) {
		t.Errorf("%v: %s", err, said.String())
	}
}
