// Package watch tells which drops in a folder are completely written. The folder
// may be a disk, an SMB or NFS mount or a UNC path; writers may pause, append, copy,
// rename, lie about sizes and times, or die.
//
// A Folder is stepped: Poll looks once at everything and asks no clock. What it
// finds Ready is opened with Open, read, and handed back: with Settle when the
// outcome is stored, with Again when the reading came to nothing. Nothing in the
// folder is ever changed, and nothing in it is trusted: see Folder.Open.
//
// Complete is what stood still by the caller's clock for as long as the strongest
// sign at hand asks for (see times). Nothing proves it, so each drop that grows
// later is a candidate again, and one without a sign of its end is Ready only late
// and with a Reason.
package watch

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"poolsweep/ingest"
)

// State is where a drop stands.
type State uint8

// States of a drop. Waiting and Refused ones are looked at again in each poll.
const (
	_       State = iota
	Waiting       // not yet known to be complete
	Ready         // to be read now; with a Reason if it may be incomplete
	Ignored       // by its name no drop: a copy under way, a helper file
	Refused       // will not be read as it is
	Gone          // was there, and has been missing for long enough
	Settled       // handed back with Settle, and the same since
	states
)

var stateNames = [states]string{"", "waiting", "ready", "ignored", "refused", "gone", "settled"}

// String returns the state in one lower-case word.
func (s State) String() string { return stateNames[s] }

// Stamp is what changes when a file is written: times count nanoseconds since
// 1970, by the clock of whoever keeps the file, and are only compared with each
// other. Zero is unknown.
type Stamp struct {
	Size     int64
	Modified int64
	Changed  int64  // of content or of anything else about the file; nobody can set it
	ID       uint64 // of the file in its file system; not the same for ever
}

// Same reports whether a file was not written between two stamps. The ID is left
// out: a share may number its files anew each time it is mounted.
func (s Stamp) Same(t Stamp) bool {
	return s.Size == t.Size && s.Modified == t.Modified && s.Changed == t.Changed
}

// Entry is one name in the folder.
type Entry struct {
	Name   string // below the folder, with slashes; any bytes
	State  State
	Reason ingest.Reason // why it waits or is refused; of a Ready one, why it may be incomplete
	Wait   time.Duration // at least so long until a Waiting one may be Ready
	Err    error         // what the system said, if it did
	Stamp  Stamp
	Twice  bool     // to be read twice: see Confirmed
	Hash   [32]byte // of a Settled one, and of the first reading of one to be read twice
}

// Confirmed reports whether a reading with this hash may count. From a share,
// whose sizes and times may be old, a drop that shows no end is read twice: what
// the first reading found goes to Folder.Again, and the second has to find the same.
func (e Entry) Confirmed(hash [32]byte) bool { return !e.Twice || e.Hash == hash }

// Scan is the outcome of one poll.
type Scan struct {
	// Entries are sorted by name. Settled ones are only counted, and of the Waiting,
	// Ignored and Refused ones those beyond Options.Listed.
	Entries []Entry
	Counts  [states]int   // by State; all but Gone add up to what is in the folder
	Share   ingest.Reason // ReasonShareSuspect if the folder could not be trusted this time
	Kind    string        // "local", "smb", "nfs", "fuse"
	// Aside is the stamp of the file that Options.Aside names, nil where it is not
	// there. It may be opened like a drop.
	Aside *Stamp
	// Unprobed counts drops of which the system did not tell whether a writer has
	// them open, although it could: for lack of the right CAP_LEASE, on Linux.
	Unprobed int
}

// Options says how a folder is watched. Zero values mean the defaults.
type Options struct {
	// Depth 1 takes drops from the folder alone, 2 (the default) also from the
	// folders in it, one a machine.
	Depth int
	// Marker is the name of a file in the folder that shows that it is there: where
	// it is missing, the folder is not trusted.
	Marker string
	// Aside is the name of a file in the folder itself that is no drop: see Scan.Aside.
	Aside string
	// Kind overrides what the system says about the file system: "local", "smb",
	// "nfs", "fuse".
	Kind string
	// EndWait, QuietWait and LongWait override how long a drop has to stand still
	// with an end line, at its least otherwise, and without an end line.
	EndWait, QuietWait, LongWait time.Duration
	// AttributeCache is how long an NFS client may show old sizes and times. The
	// default is what the mount says.
	AttributeCache time.Duration
	LinkWait       time.Duration // until a drop with a second name is refused: 1 min
	GiveUp         time.Duration // until a drop counts as never stable, or open for ever: 6 h
	GoneAfter      time.Duration // until a missing drop is gone, after three scans: 10 min
	MaxBytes       int64         // 2 GiB
	Listed         int           // 10,000
	// Unpolled is for who opens drops that another process polls for, or that were read
	// before: the folder is whatever lies at the path, if it has its Marker.
	Unpolled bool
	// Settled are the drops handed back earlier, as they are stored: Name, Stamp and
	// Hash count.
	Settled iter.Seq[Entry]
}

// gigabyte is 2^30 bytes.
const gigabyte = 1 << 30

func (o Options) withDefaults() Options {
	set(&o.Depth, 2)
	set(&o.LinkWait, time.Minute)
	set(&o.GiveUp, 6*time.Hour)
	set(&o.GoneAfter, 10*time.Minute)
	set(&o.MaxBytes, 2*gigabyte)
	set(&o.Listed, 10_000)
	return o
}

// set gives a default to what is zero.
func set[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// Folder is a watched folder. Poll and Sample belong to one goroutine; the other
// methods may be called at any time by any.
type Folder struct {
	path  string
	o     Options
	scan  uint32                   // number of the poll
	now   time.Duration            // of the poll
	share atomic.Pointer[identity] // of the folder that was last trusted
	cache time.Duration            // of attributes, on NFS

	settled []settledFile
	index   map[string]int32 // into settled
	pending map[string]*pending
	temps   map[uint64]temp // by ID
	missing int             // pending ones that the last scan did not see

	mu    sync.Mutex
	notes []note // not yet applied
}

// settledFile is what is kept of a drop that was handed back: little, since there
// may be a million.
type settledFile struct {
	name string
	Stamp
	hash [32]byte
	presence
	changed bool // seen with another stamp since: it is pending, too
}

// note is what Settle and Again leave for the next poll. They only leave notes,
// so that they never wait for a share that hangs.
type note struct {
	name    string
	stamp   Stamp
	hash    [32]byte
	reason  ingest.Reason
	settled bool
}

// New returns the folder at a path; it is not opened before the first poll.
func New(path string, o Options) *Folder {
	f := &Folder{
		path: path, o: o.withDefaults(),
		index: map[string]int32{}, pending: map[string]*pending{}, temps: map[uint64]temp{},
	}
	if o.Settled != nil {
		for e := range o.Settled {
			f.settle(note{name: e.Name, stamp: e.Stamp, hash: e.Hash})
		}
	}
	return f
}

// Settle hands back a drop whose outcome is stored, be it good or bad: it is not
// Ready again before its stamp differs.
func (f *Folder) Settle(name string, s Stamp, hash [32]byte) {
	f.leave(note{name: name, stamp: s, hash: hash, settled: true})
}

// Again hands back a drop whose reading came to nothing, so that it becomes Ready
// again:
//   - ReasonNULTail: it has holes; it waits as long as one that ends in NULs.
//   - ReasonIncomplete: it was the first of two readings, with this hash.
//   - anything else, such as ReasonChangedWhileRead: it has to stand still anew. For
//     a settled one this means that it was found to differ.
func (f *Folder) Again(name string, s Stamp, hash [32]byte, why ingest.Reason) {
	f.leave(note{name: name, stamp: s, hash: hash, reason: why})
}

func (f *Folder) leave(n note) {
	f.mu.Lock()
	f.notes = append(f.notes, n)
	f.mu.Unlock()
}

// apply takes up what was left since.
func (f *Folder) apply() {
	f.mu.Lock()
	notes := f.notes
	f.notes = nil
	f.mu.Unlock()
	for _, n := range notes {
		if n.settled {
			f.settle(n)
		} else {
			f.again(n)
		}
	}
}

func (f *Folder) settle(n note) {
	i, known := f.index[n.name]
	if !known {
		i = int32(len(f.settled))
		f.index[n.name] = i
		f.settled = append(f.settled, settledFile{name: n.name})
	}
	s := &f.settled[i]
	s.Stamp, s.hash, s.changed = n.stamp, n.hash, false
	p := f.pending[n.name]
	switch {
	case p == nil:
	case p.Stamp.Same(n.stamp):
		s.presence = p.presence
		delete(f.pending, n.name)
	default:
		s.changed = true
	}
}

func (f *Folder) again(n note) {
	p := f.pending[n.name]
	if p == nil {
		f.unsettle(n.name)
		return
	}
	if !p.Stamp.Same(n.stamp) {
		return // it has changed since, which begins anew anyway
	}
	switch n.reason {
	case ingest.ReasonNULTail:
		p.holes = true
	case ingest.ReasonIncomplete:
		p.reading = reading{true, n.hash, f.now}
	default:
		p.again, p.restart = n.reason, true
	}
}

// unsettle forgets a settled drop. The last one takes its place.
func (f *Folder) unsettle(name string) {
	i, known := f.index[name]
	if !known {
		return
	}
	last := len(f.settled) - 1
	f.settled[i] = f.settled[last]
	f.index[f.settled[i].name] = i
	f.settled[last] = settledFile{}
	f.settled = f.settled[:last]
	delete(f.index, name)
}

// Sample returns n of the settled drops, or all, to be read again and compared with
// their Hash: where a file system keeps no dependable time of change, nothing else
// shows a rewrite of the same size with the same time.
func (f *Folder) Sample(n int, r *rand.Rand) []Entry {
	n = min(n, len(f.settled))
	taken := make(map[int]bool, n)
	sample := make([]Entry, 0, n)
	for len(sample) < n {
		i := r.IntN(len(f.settled))
		if taken[i] {
			continue
		}
		taken[i] = true
		s := &f.settled[i]
		sample = append(sample, Entry{Name: s.name, State: Settled, Stamp: s.Stamp, Hash: s.hash})
	}
	slices.SortFunc(sample, byName)
	return sample
}

func byName(a, b Entry) int { return strings.Compare(a.Name, b.Name) }
