package main

import (
	"fmt"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// ready lists drops that a scan found ready.
func ready(folder string, n int) (entries []watch.Entry) {
	for i := range n {
		entries = append(entries, watch.Entry{Name: fmt.Sprintf("%s%d.log", folder, i), State: watch.Ready})
	}
	return entries
}

// allowed rations the drops and returns how many may be read; the others have to wait
// for the quota.
func (sh *share) allowed(t *testing.T, entries []watch.Entry, now time.Duration) (n int) {
	t.Helper()
	sh.ration(entries, now)
	for _, e := range entries {
		switch {
		case e.State == watch.Ready:
			n++
		case e.State != watch.Waiting || e.Reason != ingest.ReasonQuota:
			t.Errorf("%+v", e)
		}
	}
	return n
}

func TestQuotaIsEachMachinesAndAnHours(t *testing.T) {
	sh := &share{flying: map[string]bool{}, quota: quota{3, map[string]hourly{}}}
	for i, c := range []struct {
		folder string
		n      int
		at     time.Duration
		want   int
	}{
		{"LAB-1/", 2, 0, 2},
		{"lab-1/", 9, time.Minute, 1}, // the same machine
		{"LAB-2/", 9, time.Minute, 3},
		{"", 9, time.Minute, 9}, // of all machines
		{"LAB-1/", 1, time.Hour - 1, 0},
		{"LAB-1/", 9, time.Hour, 3},
		{"LAB-2/", 1, time.Hour, 0}, // its hour began later
	} {
		if got := sh.allowed(t, ready(c.folder, c.n), c.at); got != c.want {
			t.Errorf("step %d: %d of %d may be read, want %d", i, got, c.n, c.want)
		}
	}
}

func TestQuotaCountsADropOnce(t *testing.T) {
	sh := &share{flying: map[string]bool{"LAB-1/0.log": true}, quota: quota{1, map[string]hourly{}}}
	if got := sh.allowed(t, ready("LAB-1/", 2), 0); got != 2 {
		t.Errorf("%d, want 2: one is being read already", got)
	}
}

func TestDropsThatWereNotTakenUpCountForNoQuota(t *testing.T) {
	sh := &share{flying: map[string]bool{}, quota: quota{2, map[string]hourly{}}}
	for range 3 { // the database takes nothing
		drops := ready("LAB-1/", 3)
		if got := sh.allowed(t, drops, 0); got != 2 {
			t.Errorf("%d, want 2", got)
		}
		sh.unration(drops)
	}
}
