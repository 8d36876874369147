package ingest

import "time"

// NameSource says how a machine's name became known, strongest last.
type NameSource uint8

const (
	NameUnknown    NameSource = iota
	NameFromFile              // the file's own name
	NameFromRule              // what the user's rule finds in the file's name
	NameFromFolder            // the folder the log lies in
	NameFromLog               // a "Machine Name:" or "Computer Name:" line in the log
	NameFromHeader            // the header line that our collection script writes
)

var nameSources = [...]string{"unknown", "file name", "file-name rule", "folder", "log", "collection header"}

// String returns where the name was found, in words.
func (n NameSource) String() string { return nameSources[n] }

// Machine names the lab machine a snapshot was taken on.
type Machine struct {
	Name string
	From NameSource
}

// OS is the target system as the debugger's banner describes it.
type OS struct {
	Text        string // "Windows 10 Kernel Version 22621 MP (4 procs) Free x64", as printed
	Build       int    // 22621; 0 unknown
	Bits        int    // 32, 64; 0 unknown
	ServicePack int
	Processors  int // 0 unknown
}

// HeaderPrefix begins the line that the collection script writes on top of a
// log: the prefix, then key="value" pairs (machine, time, boot, os, run).
const HeaderPrefix = "#poolsweep/1 "

// Snapshot is one machine at one moment, put together from the commands of one
// debugger session. No snapshot is a difference.
type Snapshot struct {
	Machine  Machine
	Source             // the first line that belongs to the snapshot
	Label    string    // what a table of several moments calls this one: "before", "T0 + 1h"
	At       time.Time // debug session time with its zone; zero when not printed
	Uptime   time.Duration
	UptimeOK bool // Uptime was printed
	OS       OS
	RAM      uint64 // bytes of physical memory, 0 unknown

	Tags      []TagUsage // in print order, one entry a tag and pool
	Totals    []PoolTotal
	Filters   []Filter // in print order
	FilterSet bool     // a filter list was printed, even an empty one
	PlaceSet  bool     // a list of all attachments with their volumes was printed
	Modules   []Module
	Scans     []Scan
	Processes *Processes // nil when not listed
	VM        *VM        // nil when not printed

	Volumes  []Volume
	Verified []VerifiedDriver
	Bugcheck *Bugcheck // nil when not printed
	Running  []ProcessHandles
	Handles  []HandleCount
	Objects  []Object
	Found    []PoolBlocks
	FileHits []FileHit
	Tallies  []Tally
	Zombies  []Zombies
	Changes  []Change

	Blocks   []Block
	Warnings []Warning
}

// Boot returns when the machine was started, and whether it is known. Two
// snapshots belong to one boot session when their boot times agree.
func (s *Snapshot) Boot() (time.Time, bool) {
	if s.At.IsZero() || !s.UptimeOK {
		return time.Time{}, false
	}
	return s.At.Add(-s.Uptime), true
}

// Find returns the row of a tag in a pool, or nil.
func (s *Snapshot) Find(tag Tag, pool Pool) *TagUsage {
	for i := range s.Tags {
		if s.Tags[i].Tag == tag && s.Tags[i].Pool == pool {
			return &s.Tags[i]
		}
	}
	return nil
}

// Sum adds up the rows of one pool.
func (s *Snapshot) Sum(pool Pool) Usage {
	var sum Usage
	for _, t := range s.Tags {
		if t.Pool != pool {
			continue
		}
		sum.Outstanding += t.Outstanding
		sum.Bytes += t.Bytes
		sum.Allocs += t.Allocs
		sum.Frees += t.Frees
		sum.Counted = sum.Counted || t.Counted
	}
	return sum
}

// Total returns the TOTAL row printed for a pool, or nil.
func (s *Snapshot) Total(pool Pool) *PoolTotal {
	for i := range s.Totals {
		if s.Totals[i].Pool == pool {
			return &s.Totals[i]
		}
	}
	return nil
}

// ModuleAt returns the loaded module whose image holds the address, or nil.
func (s *Snapshot) ModuleAt(address uint64) *Module {
	for i := range s.Modules {
		if m := &s.Modules[i]; !m.Unloaded && m.Contains(address) {
			return m
		}
	}
	return nil
}
