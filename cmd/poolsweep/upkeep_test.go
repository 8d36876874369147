package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// pass lets time go by on both clocks, with the ticks of the service.
func (b *bench) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for end := b.run + d; b.run < end; {
		step := min(clockEvery, end-b.run)
		b.run, b.wall = b.run+step, b.wall.Add(step)
		if err := b.startUpkeep(t.Context(), t.Context()); err != nil {
			t.Fatal(err)
		}
		if b.upkeep.running {
			if err := b.endUpkeep(t.Context(), <-b.upkeep.ended); err != nil {
				t.Fatal(err)
			}
			if err := b.judge(t.Context(), false); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// health returns the reason of a part.
func (b *bench) health(t *testing.T, part string) ingest.Reason {
	t.Helper()
	all, err := b.store.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		if h.Part == part {
			return h.Reason
		}
	}
	return "never told"
}

func TestUpkeepRemovesWhatIsOldWithItsReports(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak")
	id := b.caseOf(t, "TEST-2K3-11")
	b.cfg.Keep.Duration = 30 * 24 * time.Hour
	b.pass(t, 29*24*time.Hour)
	b.drop(t, "healthy")
	if files, _ := backups(b.cfg.State); len(files) != backupsKept {
		t.Fatalf("%d backups, want %d", len(files), backupsKept)
	}
	if len(b.holding(t, id)) == 0 {
		t.Fatal("the case went too early")
	}
	b.pass(t, 4*24*time.Hour)
	if held, err := b.store.Documents(t.Context(), "TEST-2K3-11", time.Time{}); err != nil || len(held) != 0 {
		t.Errorf("%d documents of the old log are left, %v", len(held), err)
	}
	if held, err := b.store.Documents(t.Context(), "LAB-W10-21", time.Time{}); err != nil || len(held) != 1 {
		t.Errorf("%d documents of the new log, %v", len(held), err)
	}
	if _, err := os.Stat(filepath.Join(b.cfg.Out, "cases", id+".pdf")); !os.IsNotExist(err) {
		t.Errorf("the old report is still there: %v", err)
	}
	if err := b.judge(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, f := range b.holding(t, id) {
		t.Errorf("%s still holds the old case", f)
	}
}

func TestUpkeepIsDailyAcrossRestarts(t *testing.T) {
	b := newBench(t, "healthy")
	b.pass(t, time.Hour)
	first, _ := backups(b.cfg.State)
	if len(first) != 1 || b.health(t, partUpkeep) != "" {
		t.Fatalf("backups %v, health %s", first, b.health(t, partUpkeep))
	}
	if err := b.newUpkeep(t.Context()); err != nil { // as at a restart
		t.Fatal(err)
	}
	b.pass(t, upkeepEvery-time.Hour)
	if again, _ := backups(b.cfg.State); len(again) != 1 {
		t.Errorf("backups %v within a day", again)
	}
	b.pass(t, time.Hour)
	if next, _ := backups(b.cfg.State); len(next) != 2 {
		t.Errorf("backups %v after a day", next)
	}
}

func TestUpkeepFailureIsToldAndTriedAgain(t *testing.T) {
	b := newBench(t, "healthy")
	if err := os.WriteFile(backupFolder(b.cfg.State), nil, 0o600); err != nil { // in the folder's place
		t.Fatal(err)
	}
	b.pass(t, 30*time.Minute)
	if got := b.health(t, partUpkeep); got != ingest.ReasonIOError {
		t.Fatalf("health %q", got)
	}
	st, err := readStatus(t.Context(), b.cfg, true)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if st.check(&said, b.wall) == nil || !strings.Contains(said.String(), "upkeep: IO_ERROR: make backup folder") {
		t.Errorf("status --check says %q", said.String())
	}
	if err := os.Remove(backupFolder(b.cfg.State)); err != nil {
		t.Fatal(err)
	}
	b.pass(t, upkeepRetry+clockEvery)
	if got := b.health(t, partUpkeep); got != "" {
		t.Errorf("after the retry: %q", got)
	}
}

func TestUpkeepEndsWithTheServiceAndIsNoFailure(t *testing.T) {
	b := newBench(t, "healthy")
	b.pass(t, clockTrust*clockEvery-clockEvery)
	ended, end := context.WithCancel(t.Context())
	end()
	b.duty = ended
	for range 3 {
		b.run, b.wall = b.run+clockEvery, b.wall.Add(clockEvery)
		if err := b.tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b.upkeep.running {
			if err := b.endUpkeep(t.Context(), <-b.upkeep.ended); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := b.health(t, partUpkeep); got != "never told" || !b.upkeep.last.IsZero() {
		t.Errorf("upkeep that was broken off: %q, last %s", got, b.upkeep.last)
	}
}

func TestClockThatLeaptRemovesNothing(t *testing.T) {
	t.Parallel()
	for name, leap := range map[string]time.Duration{
		"a year ahead": 366 * 24 * time.Hour, "ten years ahead": 3660 * 24 * time.Hour, "a day back": -24 * time.Hour, "just over": clockLeap + 1,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "healthy")
			b.pass(t, time.Hour)
			b.cfg.Keep.Duration = 24 * time.Hour
			b.wall = b.wall.Add(leap)
			b.pass(t, clockEvery)
			if got := b.health(t, partClock); got != ingest.ReasonClockSuspect {
				t.Fatalf("after the leap: %q", got)
			}
			b.wall = b.wall.Add(-leap) // put right: the second leap
			b.pass(t, clockTrust*clockEvery)
			if got := b.health(t, partClock); got != ingest.ReasonClockSuspect {
				t.Errorf("trusted before the third look: %q", got)
			}
			b.pass(t, clockEvery)
			if got := b.health(t, partClock); got != "" {
				t.Errorf("after three looks that agree: %q", got)
			}
			if held, err := b.store.Documents(t.Context(), "LAB-W10-21", time.Time{}); err != nil || len(held) != 1 {
				t.Errorf("%d documents, %v: want the one", len(held), err)
			}
		})
	}
}

func TestClockOfAnotherCenturyRemovesNothing(t *testing.T) {
	for _, year := range []int{1970, latestYear + 6} {
		b := newBench(t, "healthy")
		b.wall = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		b.pass(t, 24*time.Hour)
		if got := b.health(t, partClock); got != ingest.ReasonClockSuspect {
			t.Errorf("%d: %q", year, got)
		}
		if held, err := b.store.Documents(t.Context(), "LAB-W10-21", time.Time{}); err != nil || len(held) != 1 {
			t.Errorf("%d: %d documents, %v", year, len(held), err)
		}
		if files, _ := backups(b.cfg.State); len(files) != 0 {
			t.Errorf("%d: backups %v", year, files)
		}
	}
}

func TestClockThatRanBackBetweenTwoRunsIsInDoubt(t *testing.T) {
	b := newBench(t, "healthy")
	b.pass(t, time.Hour)
	b.wall = b.wall.Add(-24 * time.Hour)
	if err := b.newUpkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.pass(t, clockEvery)
	if got := b.health(t, partClock); got != ingest.ReasonClockSuspect {
		t.Errorf("after the start: %q", got)
	}
	b.pass(t, clockTrust*clockEvery)
	if got := b.health(t, partClock); got != "" {
		t.Errorf("after looks that agree: %q", got)
	}
}

func TestClockMayBeCorrected(t *testing.T) {
	var c wallClock
	wall := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i, step := range []time.Duration{0, clockLeap, -clockLeap, time.Second} {
		wall = wall.Add(clockEvery + step)
		if !c.look(wall, time.Duration(i)*clockEvery) || c.suspect() {
			t.Fatalf("step %s: suspect after a leap of %s", step, c.leapt)
		}
	}
	if !c.trusted() {
		t.Error("not trusted after three looks that agree")
	}
	if c.look(wall, 3*clockEvery+time.Second) {
		t.Error("looked before it was time")
	}
}

func TestBackupReplacesAnUnfinishedOne(t *testing.T) {
	b := newBench(t, "healthy")
	if err := os.MkdirAll(backupFolder(b.cfg.State), 0o700); err != nil {
		t.Fatal(err)
	}
	draft := filepath.Join(backupFolder(b.cfg.State), "poolsweep.tmp")
	if err := os.WriteFile(draft, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backUp(t.Context(), b.store, b.cfg.State, b.wall); err != nil {
		t.Fatal(err)
	}
	files, _ := backups(b.cfg.State)
	if _, err := os.Stat(draft); err == nil || len(files) != 1 {
		t.Fatalf("backups %v, draft %v", files, err)
	}
	// A backup is a history: renamed, it can be opened.
	dir := t.TempDir()
	if err := os.Rename(files[0], filepath.Join(dir, store.File)); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if machines, err := db.Machines(t.Context()); err != nil || len(machines) != 1 {
		t.Errorf("machines %+v, %v", machines, err)
	}
}
