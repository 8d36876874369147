// Package analyze holds the words of a judgement: verdicts, cases and what they
// consist of, the rules that reasons go by and the figures they compare with. Package
// judge fills them in, package fleet puts cases together. Nothing of it is printed
// here: each reason is a rule with the figures it saw, and the templates hold the
// sentences.
package analyze

import (
	"math"
	"strconv"
	"time"

	"poolsweep/analyze/knowledge"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// Verdict is the judgement on a machine or a case.
type Verdict uint8

// Verdicts, mildest first.
const (
	_ Verdict = iota
	Insufficient
	Healthy
	Suspect
	Leak
	Runaway
)

var verdicts = [...]string{"", "insufficient", "healthy", "suspect", "leak", "runaway-attachment"}

// String returns the word of the poolsweep/1 schema.
func (v Verdict) String() string { return verdicts[v] }

// Alarm reports whether the verdict calls for a case.
func (v Verdict) Alarm() bool { return v >= Suspect }

// Kind is what leaks in a case.
type Kind uint8

const (
	_ Kind = iota
	PoolLeak
	ObjectLeak
	RunawayAttachment
)

var kinds = [...]string{"", "pool-leak", "object-leak", "runaway-attachment"}

// String returns the word of the poolsweep/1 schema.
func (k Kind) String() string { return kinds[k] }

// Class is the form of evidence a case rests on.
type Class uint8

const (
	_ Class = iota
	// NoFrees: allocations with volume that are hardly ever freed.
	NoFrees
	// ObjectGap: more outstanding objects than live ones.
	ObjectGap
	// Lockstep: several tags whose counts stand in integer ratios.
	Lockstep
	// PeerGap: a filter with far more instances than its peers.
	PeerGap
	// Share: one tag that holds most of a pool.
	Share
	// Verified: Driver Verifier counted what an unloaded driver left behind.
	Verified
	// Growth: a tag that grows in several snapshots of one boot session.
	Growth
	// HandleGap: one process has far more handles than its peers, or nearly all of
	// one type.
	HandleGap
	// Pressure: a pool is nearly full, and nothing says of what.
	Pressure
	// Stated: somebody measured a growth and the log has only the result.
	Stated
	// NameCache: no minifilter stands on a disk volume, so nothing empties the filter
	// manager's cache of file names.
	NameCache
	// OutOfBand: a tag far above what healthy machines hold.
	OutOfBand
	// Leader: a tag that nobody knows leads its pool.
	Leader
)

var classes = [...]string{"", "no-frees", "object-gap", "lockstep", "peer-gap", "share", "verifier", "growing", "handles",
	"pressure", "stated", "name-cache", "out-of-band", "leader"}

// String returns the class as one lower-case word.
func (c Class) String() string { return classes[c] }

// Facts are the figures a reason cites, by the names its sentence uses. Values
// are int64 counts, Bytes, Percent, Ratio, string, ingest.Tag or []string.
type Facts map[string]any

// Bytes is an amount of memory in a Facts value.
type Bytes uint64

// Percent is a share between 0 and 1 in a Facts value.
type Percent float64

// Ratio is a quotient of counts in a Facts value.
type Ratio float64

// Reason is one step of an argument: a rule, the figures it saw and where they
// stand. Its sentence lives in the templates, so the analysis prints nothing.
type Reason struct {
	Rule    Rule
	Facts   Facts
	Sources []ingest.Source
}

// Member is one tag of a case with its place in the cluster.
type Member struct {
	ingest.TagUsage
	Times, Per int     // expected Outstanding = events · Times / Per; both 0 when in no integer ratio
	Ratio      float64 // Outstanding / events
	Surplus    int64   // Outstanding, or Gained where known, − expected
	Gained     int64   // what it gained where that, not the total, was compared; else 0
	Trend      string  // how it moved in the boot session: a class of package series; empty with one snapshot
	Within     int64   // largest |Surplus| that its ratio accepts; 0 when in no integer ratio
	Owner      Attribution
	Band       *knowledge.Band // what healthy machines hold under the tag; nil: not known
}

// ClusterCount is the count that its place in the cluster is by.
func (m *Member) ClusterCount() int64 {
	if m.Gained != 0 {
		return m.Gained
	}
	return m.Outstanding
}

// MemberFact is a cluster member in a Facts value.
type MemberFact struct {
	Tag        ingest.Tag
	Count      int64
	Times, Per int
	Surplus    int64
	Ratio      float64
}

// Cluster is a group of tags whose counts stand in integer ratios: one event
// allocates each of them.
type Cluster struct {
	Events    int64   // the count that stands for 1
	Anchor    Member  // the member whose count is Events
	Tolerance int64   // largest |Surplus| accepted at ratio 1
	Candidate int     // tags of the table that were compared
	Gains     bool    // what the tags gained was compared, not their totals
	Chance    float64 // expected number of other tags that match by chance, in this table
	ByLuck    float64 // expected number of clusters of this size by chance, in this table
}

// Attribution answers one of the four questions: owner, holder, trigger,
// amplifier. An empty Module means "not established", which is a right answer.
type Attribution struct {
	Module  string  // as the log spells it: "WavxDMgr", "fltmgr.sys"
	Process string  // a holder that is a program and no module: its image, "svchost.exe"
	PID     uint64  // of Process, 0 when not printed
	Weight  float64 // 0 to 1
	Basis   Reason  // why this module, or why none
	Proven  bool    // false: probable only
	Sources []ingest.Source
}

// Established reports whether a module is named.
func (a Attribution) Established() bool { return a.Module != "" }

// Program names the program that holds, "svchost.exe (PID 2496)", or returns "".
func (a Attribution) Program() string {
	if a.Process == "" || a.PID == 0 {
		return a.Process
	}
	return a.Process + " (PID " + strconv.FormatUint(a.PID, 10) + ")"
}

// Key folds the name of who holds: a module, or else a program.
func (a Attribution) Key() string {
	if a.Module == "" && a.Process != "" {
		return "program " + ingest.ProcessKey(a.Process)
	}
	return ingest.ModuleKey(a.Module)
}

// Alternative is a module that was considered for a role and lost.
type Alternative struct {
	Role   string // "owner", "holder"
	Module string
	Weight float64
	Lost   Reason
}

// Rate is how fast a case grows.
type Rate struct {
	EventsPerHour float64
	BytesPerHour  float64
	Window        time.Duration
	SinceBoot     bool // an average since boot from one snapshot, not a measured slope
	Snapshots     int  // the slope was measured over; 0 with SinceBoot
	// BytesLow and BytesHigh are the 90 % interval of BytesPerHour, 0 without one.
	BytesLow, BytesHigh float64
}

// Exhaustion is when a pool runs full at the case's rate.
type Exhaustion struct {
	At time.Time     // expected; zero when the session time is unknown
	In time.Duration // expected, after the snapshot
	// Earliest and Latest are In at the ends of the slope's interval.
	Earliest, Latest time.Duration
	Ceiling          uint64 // bytes
	Source           ingest.Source
}

// Standing says how a filter stands beside its peers, itself on other machines and
// its own past.
type Standing uint8

// Standings, mildest first.
const (
	_ Standing = iota
	// Ordinary: volumes, peers or other machines explain its instances.
	Ordinary
	// Odd: something speaks against it, by too small a number to be firm.
	Odd
	// RanAway: far more instances than volumes or peers explain.
	RanAway
)

var standings = [...]string{"", "ordinary", "odd", "ran-away"}

// String returns the standing as one lower-case word.
func (s Standing) String() string { return standings[s] }

// FilterFact is one minifilter of one snapshot with all that it is judged by.
type FilterFact struct {
	Machine     string
	Frame       string
	Name        string
	Altitude    ingest.Altitude
	Legacy      bool // no minifilter: it attaches without the filter manager
	Instances   int
	PeerMost    int         // most instances any other filter of the machine has
	Peers       int         // other filters that have any
	Volumes     int         // that the log lists; 0 when it does not tell
	Definitions int         // differently named instances, at most what a filter may define
	Elsewhere   *FilterNorm // on other machines; nil when none has it
	Before      []int       // instances in earlier snapshots of the boot session, oldest first
	Groups      []ingest.Instance
	Standing    Standing
	Why         []Reason // what speaks against it or explains it, then what else is worth saying
	Source      ingest.Source
}

// Room returns how many instances the filter's volumes and definitions leave room
// for, or its peers have, whichever is more; 0 when the log shows neither.
func (f *FilterFact) Room() int { return max(f.Volumes*f.Definitions, f.PeerMost) }

// FilterNorm is how one filter stands on the other machines of the input, by the
// newest list of each.
type FilterNorm struct {
	Machines     int
	Median, Most int // instances
	Volumes      int // median of what the logs list; 0 where most list none
	Definitions  int // most
	Room         int // most that volumes or peers leave room for
}

// PoolFacts reconciles one pool of a snapshot: what the rows sum to, what the
// tool printed as total, what !vm says.
type PoolFacts struct {
	Pool    ingest.Pool
	Rows    int
	Sum     ingest.Usage
	Total   *ingest.PoolTotal // nil: not printed
	Agrees  bool              // Total equals Sum
	VM      uint64            // bytes by !vm; 0 not printed
	Rest    int64             // VM − the larger of Sum and Total, when VM is known
	Ceiling uint64            // bytes; 0 unknown
	Share   float64           // of the ceiling, 0 when unknown
	Basis   Reason            // where the ceiling comes from, or why it is unknown
}

// Held is what the pool holds by the table: its TOTAL row, or the rows when
// they add up to more or no total was printed.
func (f *PoolFacts) Held() uint64 {
	if f.Total != nil {
		return max(f.Total.Bytes, f.Sum.Bytes)
	}
	return f.Sum.Bytes
}

// Cleared is a tag, or a family of tags with a common prefix, that was checked
// and found balanced: everything allocated was freed.
type Cleared struct {
	Name    string // "SEY*" for a family
	Tags    []ingest.TagUsage
	Allocs  uint64
	Frees   uint64
	Open    int64 // outstanding over all of them
	Sources []ingest.Source
}

// Step is something to do next: a debugger command, or an action when Command
// is empty, with why and what each outcome would mean.
type Step struct {
	Command string // exactly as it must be typed
	Shell   bool   // typed at a Windows command prompt, not in the debugger
	Why     Reason
}

// Rung is one way of finding an owner or a holder that was tried.
type Rung struct {
	Role   string // "owner" or "holder"
	Found  bool
	Reason Reason
}

// Expectation is what a full pool table has to show if a verdict is right: the
// next log of the same boot confirms or refutes it.
type Expectation struct {
	Tag     ingest.Tag
	Pool    ingest.Pool // zero: either
	AtLeast int64       // outstanding allocations
	Why     Reason
}

// TrailStep is one reason with what it did to the odds of a case.
type TrailStep struct {
	Reason
	Weight float64 // log-odds that the reason added
	Odds   float64 // log-odds after it
}

// Probability returns how probable the verdict is after the step.
func (t TrailStep) Probability() float64 { return probability(t.Odds) }

// probability is the one that log-odds stand for.
func probability(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }

// Case is one defect, on one or more machines.
type Case struct {
	ID         string // "PS-" and eight hex digits of the signature's hash
	Signature  string // canonical text: version, kind, class, pools, core tags with ratios, holder
	Alternates []Alternate
	Aliases    []string // signatures of other logs that were found to be this case
	Notes      []Reason // how the case was put together, and what was kept out of it
	Sightings  []Sighting
	Presence   []Presence // a row a machine
	Judged     int        // machines whose logs suffice for a verdict
	Movement   Movement
	Contrast   Contrast // what its machines have in common and others lack
	Kind       Kind
	Class      Class
	Verdict    Verdict

	Machines []string
	Lead     *ingest.Snapshot // the snapshot the figures below are from
	Pools    []ingest.Pool

	Core      []Member // anchor first, then the other members by what they tell
	Followers []Member // shared tags with a surplus
	Related   []Member // same owner by scan or share, but in no integer ratio
	Object    string   // "process", "thread", …; empty when no object leaks

	Cluster       *Cluster
	Events        int64 // 0 unknown
	Bytes         uint64
	BytesPerEvent float64 // 0 unknown
	Rate          *Rate
	Exhausts      *Exhaustion
	NoExhaustion  Reason // why there is no date, when Exhausts is nil

	Owner, Holder, Trigger, Amplifier Attribution
	Alternatives                      []Alternative
	Ladder                            []Rung // each way of finding owner and holder that was tried

	Confidence float64
	Trail      []TrailStep // how the confidence came about, in the order of the weighing
	Missed     []Reason    // signs that came near in the same snapshot and did not fire
	Expect     []Expectation
	Chain      []Reason // the argument in order, each step with its numbers
	Why        []Reason
	WhyNot     []Reason
	Unsure     []Reason
	Cleared    []Cleared
	Filters    []FilterFact
	Pool       []PoolFacts
	Limits     []Reason
	Next       []Step
	Mitigation []Reason
	Known      *knowledge.Issue
}

// Machine is the judgement on one lab machine.
type Machine struct {
	ingest.Machine
	Snapshots  []*ingest.Snapshot // in time order
	Sessions   []series.Boot      // the snapshots by boot session
	Boots      int                // boot sessions that the snapshots are known to be of, at least
	Whole      []bool             // of each snapshot: it holds whole pool tables
	Drivers    []ingest.Module    // the newest list of drivers that is not empty
	Attached   []string           // names in the newest list of filters; nil: no log prints one
	Verdict    Verdict
	Confidence float64
	Cases      []string // ids, worst first
	Pool       []PoolFacts
	Filters    []FilterFact
	Reasons    []Reason
	Missed     []Reason // signs that came near in the newest snapshot and did not fire
}

// Latest returns the newest snapshot.
func (m *Machine) Latest() *ingest.Snapshot { return m.Snapshots[len(m.Snapshots)-1] }

// TagFact is one tag in one pool over all machines, from their newest snapshots.
type TagFact struct {
	Tag         ingest.Tag
	Pool        ingest.Pool
	Description string
	Owner       Attribution
	Machines    int   // that show the tag
	Median      int64 // outstanding
	P95         int64 // outstanding: 19 of 20 machines have no more
	Most        int64
	MostOn      string // the machine with Most
	Bytes       uint64 // over all machines
	Above       int    // machines that hold far more than is usual,
	Banded      int    // of so many for which something says what is usual
	Cases       []string
}

// Result is everything the analysis has to say about a set of documents.
type Result struct {
	Machines []Machine // by name
	Cases    []Case    // worst first
	Tags     []TagFact // by bytes, largest first
	Tables   Tables    // those of the snapshots above; nil: they hold them
}
