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

// ration has the ready drops wait that are beyond the quota of their machine's
// folder. What lies in no machine's folder may be of all machines.
func (sh *share) ration(entries []watch.Entry, now time.Duration) {
	for i := range entries {
		e := &entries[i]
		if e.State != watch.Ready || sh.flying[e.Name] {
			continue
		}
		m := ingest.PlaceBelow(e.Name).Machine()
		if m.From == ingest.NameFromFolder && !sh.quota.take(ingest.MachineKey(m.Name), now) {
			e.State, e.Reason = watch.Waiting, ingest.ReasonQuota
		}
	}
}
