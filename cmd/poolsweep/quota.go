package main

import (
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// quota bounds how many logs are taken from one machine's folder in an hour, so that
// one that floods its folder fills neither the history nor the hours of the others.
// What is beyond waits, and is taken in the hours after.
type quota struct {
	most  int
	taken map[string]hourly // by machine
}

// hourly counts the logs taken since a moment.
type hourly struct {
	since time.Duration
	logs  int
}

// take reports whether one more log of a machine may be taken now.
func (q *quota) take(machine string, now time.Duration) bool {
	h, known := q.taken[machine]
	if !known || now-h.since >= time.Hour {
		h = hourly{since: now}
	}
	if h.logs >= q.most {
		return false
	}
	h.logs++
	q.taken[machine] = h
	return true
}

// giveBack undoes take.
func (q *quota) giveBack(machine string) {
	if h, known := q.taken[machine]; known && h.logs > 0 {
		h.logs--
		q.taken[machine] = h
	}
}

// ration has the ready drops wait that are beyond the quota of their machine's
// folder. What lies in no machine's folder may be of all machines.
func (sh *share) ration(entries []watch.Entry, now time.Duration) {
	for i := range entries {
		e := &entries[i]
		if m, counts := sh.counted(e); counts && !sh.quota.take(m, now) {
			e.State, e.Reason = watch.Waiting, ingest.ReasonQuota
		}
	}
}

// unration undoes ration for drops that were not taken up after all.
func (sh *share) unration(entries []watch.Entry) {
	for i := range entries {
		if m, counts := sh.counted(&entries[i]); counts {
			sh.quota.giveBack(m)
		}
	}
}

// counted returns the machine whose quota a drop that is to be taken up counts for, if it
// does for any.
func (sh *share) counted(e *watch.Entry) (string, bool) {
	if e.State != watch.Ready || sh.flying[e.Name] {
		return "", false
	}
	m := ingest.PlaceBelow(e.Name).Machine()
	return ingest.MachineKey(m.Name), m.From == ingest.NameFromFolder
}
