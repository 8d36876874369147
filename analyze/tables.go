package analyze

import "poolsweep/ingest"

// Tables lends the tables of snapshots. Those of a whole fleet do not fit into memory
// at a time, and nearly all that is said of a machine follows from its own.
type Tables interface {
	// Lend gives snapshots their tables until back is called. It may be called for
	// several machines at once, and for one again.
	Lend(snaps []*ingest.Snapshot) (back func())
}

// AtHand are tables that the snapshots hold themselves.
type AtHand struct{}

// Lend has nothing to do.
func (AtHand) Lend([]*ingest.Snapshot) (back func()) { return func() {} }

// Lend gives snapshots of the result their tables until back is called.
func (r *Result) Lend(snaps []*ingest.Snapshot) (back func()) {
	if r.Tables == nil {
		return AtHand{}.Lend(snaps)
	}
	return r.Tables.Lend(snaps)
}
