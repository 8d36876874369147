package ingest

import "time"

// What a Change is of, where no tag says it. Words for other things stand as the
// log has them, in lower case.
const (
	ChangeHandles   = "handles"
	ChangeThreads   = "threads"
	ChangeProcesses = "processes"
	ChangeNonPaged  = "nonpaged pool"
	ChangePaged     = "paged pool"
	ChangeTag       = "pool tag"
)

// Change is a difference that a log states by itself, without the two figures it
// was made of: "threads +76", "nonpaged pool grows by 21.4 GB/hr".
type Change struct {
	What  string // one of the names above, or the log's own word: "user handles", "working set"
	Tag   Tag    // of ChangeTag
	Pool  Pool   // of ChangeTag, 0 when not told
	Delta int64  // below zero where it became less; 0 is a statement, too
	Bytes bool   // Delta counts bytes, else things

	Per    time.Duration // the change happens once in this time; 0: not told
	Events int64         // the change took so many events; 0: not told
	Event  string        // what they are, in the log's word: "iterations", "print job"

	Label string // the column or condition it stands under: "before", "idle"
	Source
}

// Hourly returns the change in an hour, and whether the log tells its time.
func (c Change) Hourly() (float64, bool) {
	if c.Per <= 0 {
		return 0, false
	}
	return float64(c.Delta) * (float64(time.Hour) / float64(c.Per)), true
}

// Each returns the change for one event, and whether the log counts them.
func (c Change) Each() (float64, bool) {
	if c.Events <= 0 {
		return 0, false
	}
	return float64(c.Delta) / float64(c.Events), true
}
