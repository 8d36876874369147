package analyze

import (
	"time"

	"poolsweep/ingest"
)

// Sighting is one snapshot that shows a case.
type Sighting struct {
	Machine    string
	Snapshot   *ingest.Snapshot
	Signature  string // by this snapshot alone
	Events     int64
	Bytes      uint64
	Verdict    Verdict
	Confidence float64
	Holder     string // established by this snapshot; empty: not established
}

// At returns when the snapshot was taken; zero when not printed.
func (s *Sighting) At() time.Time { return s.Snapshot.At }

// Movement is how a case changed over the snapshots of one machine, or of all.
type Movement uint8

// Movements, the one that needs least attention first.
const (
	_ Movement = iota
	// Once: one snapshot shows it, and no other one could.
	Once
	// GoneRestart: the newest snapshot no longer shows it, and the machine was restarted.
	GoneRestart
	// Gone: the newest snapshot no longer shows it, though no restart is known.
	Gone
	// Steady: within a boot session the count stays.
	Steady
	// Returned: it came back after a restart.
	Returned
	// Growing: within a boot session the count grows.
	Growing
	// Spreading: more machines show it than at first.
	Spreading
	// New: earlier snapshots did not show it.
	New
)

var movements = [...]string{"", "once", "gone-after-restart", "gone", "steady", "returned", "growing", "more-machines", "new"}

// String returns the movement as one lower-case word.
func (m Movement) String() string { return movements[m] }

// Presence is a case on one machine.
type Presence struct {
	Machine     string
	First, Last time.Time // session times of the first and last snapshot that show it; zero when not printed
	AtLeast     bool      // the machine's first snapshot already shows it: it may be older
	Shown, Of   int       // snapshots that show it, of those that could
	Events      int64     // by the last snapshot that shows it
	Change      int64     // of the events within the last boot session that shows it
	Holder      string    // that a snapshot of this machine establishes
	Movement    Movement
	// Clear are the session times of the snapshots that would show it and do not. One
	// taken soon after a restart is none: the case had no time to come back.
	Clear []time.Time
}
