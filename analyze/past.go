package analyze

import (
	"time"

	"poolsweep/ingest"
)

// Past is what is told of the machines over a period, beside how they stand now: of
// each snapshot only what a report has a place for.
type Past struct {
	Period  Period
	Tracks  []Track           // by machine
	Courses map[string]Course // of the cases, by id
	Builds  []RateDifference
	Drivers []DriverFact // by machine, then name
}

// Track is one machine's past without its tables.
type Track struct {
	Machine string
	Moments []Moment  // in time order
	Rates   []TagRate // within the period, by tag
	Changes []Changed // within the period, in time order
	// Exhausts is when nonpaged pool runs full at the pace of the newest boot session, as
	// of the newest snapshot; nil when it does not grow, or nothing says how fast or how
	// far.
	Exhausts *Exhaustion
}

// Moment is one snapshot of a track.
type Moment struct {
	At       time.Time // zero when not printed
	Uptime   time.Duration
	UptimeOK bool
	Boot     int  // the boot session it is of; the first that is known is 1
	Whole    bool // holds whole pool tables
	Source   ingest.Source
	Tags     []TagPoint // those that matter: in a case, or among the largest now
}

// TagPoint is one tag at one moment.
type TagPoint struct {
	Tag         ingest.Tag
	Pool        ingest.Pool
	Outstanding int64
	Bytes       uint64
}

// TagRate is how one tag moved on one machine, in that boot session of the period
// which was watched for longest.
type TagRate struct {
	Tag       ingest.Tag
	Pool      ingest.Pool
	PerHour   float64 // bytes: the median of the slopes between all pairs of snapshots
	Gained    int64   // bytes, between the first and the last snapshot
	Window    time.Duration
	Snapshots int
}

// ChangeKind is what changed on a machine between two snapshots.
type ChangeKind uint8

const (
	_ ChangeKind = iota
	ChangedSystem
	ChangedDriver
	ChangedFilter
)

var changeKinds = [...]string{"", "system", "driver", "filter"}

// String returns the kind as one lower-case word.
func (k ChangeKind) String() string { return changeKinds[k] }

// Changed is something that one snapshot shows differently from the one before.
type Changed struct {
	Kind          ChangeKind
	At            time.Time // of the first snapshot that shows it so
	Since         time.Time // of the last one that showed it otherwise
	Name          string
	Before, After string // versions; empty: not loaded
	Had, Loaded   bool   // whether it was loaded before, and is now
	Source        ingest.Source
}

// RateDifference compares how fast one tag grows on the machines with one build or
// version and on those with another.
type RateDifference struct {
	Tag         ingest.Tag
	Pool        ingest.Pool
	Subject     string // the driver whose versions A and B are; empty: builds of the system
	A, B        string
	RateA       float64 // bytes an hour, median over the machines
	RateB       float64
	Difference  float64 // B less A: the median of the differences between all pairs of machines
	Low, High   float64 // 90 % interval of Difference
	OnA, OnB    int     // machines that were compared
	Significant bool    // the interval leaves out zero
}

// DriverFact is one driver on one machine.
type DriverFact struct {
	Machine string
	Name    string
	Version string    // empty when not printed
	Since   time.Time // of the first snapshot with this version, when an earlier one had another; zero
	Counts  *DriverCounts
}

// DriverCounts says how many machines have one version of a driver loaded.
type DriverCounts struct {
	Affected, OfAffected int // machines with a case
	Healthy, OfHealthy   int
	// Chance is how often as uneven a spread or more comes about by luck alone:
	// Fisher's exact test, both sides. 1 where there is nothing to compare.
	Chance float64
}
