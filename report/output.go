package report

import (
	"fmt"
	"strings"
	"time"

	"poolsweep/ingest"
)

// OutputSchema is the value of Output.Schema. It changes only when a key is
// removed or changes its meaning; new keys may come at the end of an object.
const OutputSchema = "poolsweep/1"

// Output is the JSON document: everything the write-up says, for scripts and
// tickets. The order of the fields is the order of the keys. Every key is always
// written; only pointer fields may be null. Lists may be left nil, jsonout
// writes them as []. Sentences are worded and final, numbers are exact.
type Output struct {
	Schema   string          `json:"schema"`   // OutputSchema
	Tool     string          `json:"tool"`     // "poolsweep 0.1"
	Inputs   []OutputInput   `json:"inputs"`   // in the order they were read
	Machines []OutputMachine `json:"machines"` // by name
	Cases    []OutputCase    `json:"cases"`    // by severity, worst first
	Profile  string          `json:"profile"`  // ProfileEngineer, or ProfilePublic: redacted
}

// Values of OutputInput.State.
const (
	InputRead    = "read"    // all of the file was understood
	InputPartial = "partial" // ingest.Document.Partial: something is missing or unread
	InputRefused = "refused" // no document came of the file
)

// OutputInput is one file that was looked at.
type OutputInput struct {
	Path     string        `json:"path"`    // as given, with forward slashes
	SHA256   string        `json:"sha256"`  // of the bytes as found; empty when refused unread
	Bytes    int64         `json:"bytes"`   // size as found
	Machine  string        `json:"machine"` // of the first snapshot; empty when there is none
	State    string        `json:"state"`   // InputRead, InputPartial or InputRefused
	Reason   string        `json:"reason"`  // why it is not "read", one sentence; empty when it is
	Blocks   []OutputBlock `json:"blocks"`  // over all snapshots, in print order
	Warnings []OutputFact  `json:"warnings"`
	Lines    int           `json:"lines"`
	Outside  int           `json:"lines_outside"` // that belong to no output: prose, programs' own words
	Passed   int           `json:"lines_passed"`  // printed by commands that are not read
}

// OutputBlock is the output of one command in an input.
type OutputBlock struct {
	Command  string `json:"command"` // as typed, or as concluded from the header
	Line     int    `json:"line"`
	Rows     int    `json:"rows"`
	Complete bool   `json:"complete"`
	Unread   int    `json:"unread"` // lines inside the block that were not understood
}

// OutputMachine is the judgement on one machine.
type OutputMachine struct {
	Name       string   `json:"name"`
	OS         string   `json:"os"`        // of the newest snapshot, as printed; empty when not printed
	UptimeS    int64    `json:"uptime_s"`  // of the newest snapshot, whole seconds; 0 when not printed
	Snapshots  int      `json:"snapshots"` // how many
	Boots      int      `json:"boots"`     // boot sessions that they are known to be of, at least
	Verdict    string   `json:"verdict"`   // analyze.Verdict.String
	Confidence float64  `json:"confidence"`
	Cases      []string `json:"cases"` // ids, worst first
}

// OutputCase is one defect, on one or more machines.
type OutputCase struct {
	ID            string            `json:"id"`
	Signature     string            `json:"signature"`
	Kind          string            `json:"kind"`            // analyze.Kind.String
	Class         string            `json:"class"`           // analyze.Class.String
	Machines      []string          `json:"machines"`        // names, the lead machine first
	Pool          string            `json:"pool"`            // "nonpaged", "paged" or "both"
	Tags          []string          `json:"tags"`            // TagText: the core, anchor first; the expected when Expected
	Followers     []string          `json:"followers"`       // TagText: shared tags with a surplus
	Object        *string           `json:"object"`          // "process", …; null when no object leaks
	Events        *int64            `json:"events"`          // null when unknown
	Bytes         uint64            `json:"bytes"`           // held by the case on its lead machine
	BytesPerEvent *float64          `json:"bytes_per_event"` // null when unknown
	Rate          *OutputRate       `json:"rate"`            // null when no time span is known
	Exhausts      *OutputExhaustion `json:"exhausts"`        // null when NoExhaustion tells why
	Owner         *OutputModule     `json:"owner"`           // of the bytes; null when not established
	Holder        *OutputModule     `json:"holder"`          // of the references
	Trigger       *OutputModule     `json:"trigger"`
	Amplifier     *OutputModule     `json:"amplifier"`
	Confidence    float64           `json:"confidence"` // 0 to 1
	Why           []string          `json:"why"`
	WhyNot        []string          `json:"why_not"`
	Unsure        []string          `json:"unsure"`
	Evidence      []OutputFact      `json:"evidence"` // one entry a source line
	Next          []OutputStep      `json:"next"`
	KnownIssue    *OutputIssue      `json:"known_issue"` // null when none matches

	Title        string              `json:"title"`         // Writeup.Title
	Verdict      string              `json:"verdict"`       // analyze.Verdict.String
	NoExhaustion string              `json:"no_exhaustion"` // why Exhausts is null, a sentence; else empty
	Members      []OutputMember      `json:"members"`       // core, related, followers
	Alternatives []OutputAlternative `json:"alternatives"`  // modules considered for a role that lost
	Limits       []string            `json:"limits"`
	Mitigation   []string            `json:"mitigation"`
	Expected     bool                `json:"expected"` // Tags come from Expect: the log shows no pool table
	Expect       []OutputExpectation `json:"expect"`   // what the next pool table has to show
	Movement     string              `json:"movement"` // analyze.Movement.String
	Judged       int                 `json:"judged"`   // machines whose logs suffice for a verdict
	Seen         []OutputSeen        `json:"seen"`     // a row a machine
	Sightings    []OutputSighting    `json:"sightings"`
	Shared       OutputContrast      `json:"shared"`
	Alternates   []string            `json:"alternates"` // parts of the signature that name the case in other logs
	Aliases      []string            `json:"aliases"`    // signatures of logs that were joined
	Notes        []string            `json:"notes"`      // how the case was put together
	Trail        []OutputTrail       `json:"trail"`      // how the confidence came about
	Missed       []string            `json:"missed"`     // signs that came near and did not fire
	Decided      *OutputDecided      `json:"decided"`    // by people, and what follows; null when nothing
}

// OutputDecided is what people decided about a case and what follows from it.
type OutputDecided struct {
	Lines       []string     `json:"lines"` // in force, as decisions are written
	Said        []string     `json:"said"`  // the same in words, with what the machines say to it
	Team        string       `json:"team"`
	Ticket      string       `json:"ticket"`       // URL
	DuplicateOf string       `json:"duplicate_of"` // id of the case that it is told with
	Duplicates  []string     `json:"duplicates"`   // ids of the cases that are told with it
	Snoozed     bool         `json:"snoozed"`
	NotABug     bool         `json:"not_a_bug"`
	Regression  bool         `json:"regression"`
	Fix         *OutputFix   `json:"fix"`   // null when no version is said to mend it
	Clean       *OutputClean `json:"clean"` // null while it is seen, or when nothing tells
}

// OutputFix is a version that should mend a case, and the machines that show it.
type OutputFix struct {
	Module    string        `json:"module"`
	Version   string        `json:"version"`
	Regressed []OutputBuild `json:"regressed"` // in that version or a later one
	Old       []OutputBuild `json:"old"`       // in an earlier one
	Unknown   []OutputBuild `json:"unknown"`   // the log prints no version
}

// OutputBuild is the version of a module on a machine.
type OutputBuild struct {
	Machine string `json:"machine"`
	Version string `json:"version"` // empty when not printed
	File    string `json:"file"`
	Line    int    `json:"line"`
}

// OutputClean is how far a case is known to be gone.
type OutputClean struct {
	Days    float64 `json:"machine_days"` // without the case
	Needed  float64 `json:"needed"`       // machine-days until it is probably gone
	Share   float64 `json:"share"`        // 0 to 1
	Gone    bool    `json:"gone"`         // probably
	Shown   int     `json:"shown"`        // boot sessions that showed it
	Exposed float64 `json:"exposed"`      // machine-days until they did
}

// OutputExpectation is what a full pool table has to show if the verdict is right.
type OutputExpectation struct {
	Tag     string `json:"tag"`      // TagText
	Pool    string `json:"pool"`     // "nonpaged", "paged"; "unknown" when either will do
	AtLeast int64  `json:"at_least"` // outstanding allocations
	Why     string `json:"why"`
}

// OutputMember is one tag of a case with its figures on the lead machine.
type OutputMember struct {
	Tag         string  `json:"tag"`  // TagText
	Hex         string  `json:"hex"`  // ingest.Tag.Hex
	Pool        string  `json:"pool"` // "nonpaged" or "paged"
	Role        string  `json:"role"` // "core", "related" or "follower"
	Outstanding int64   `json:"outstanding"`
	Allocs      *uint64 `json:"allocs"` // null when the table does not print them
	Frees       *uint64 `json:"frees"`  // null when the table does not print them
	Bytes       uint64  `json:"bytes"`
	Times       int     `json:"times"` // Times for every Per events; both 0 when in no integer ratio
	Per         int     `json:"per"`
	Gained      *int64  `json:"gained"` // between snapshots, where times and per are by that; else null
	Trend       *string `json:"trend"`  // in the boot session: "growing", "steady", …; null with one snapshot
	File        string  `json:"file"`
	Line        int     `json:"line"`
}

// OutputRate is how fast a case grows.
type OutputRate struct {
	EventsPerHour float64 `json:"events_per_hour"`
	BytesPerHour  float64 `json:"bytes_per_hour"`
	WindowS       int64   `json:"window_s"`
	SinceBoot     bool    `json:"since_boot"` // a mean since boot, not a measured slope
	Snapshots     int     `json:"snapshots"`  // that the slope was measured over; 0 with since_boot
	// The ends of the 90 % interval; null when there is none.
	BytesLow  *float64 `json:"bytes_per_hour_low"`
	BytesHigh *float64 `json:"bytes_per_hour_high"`
}

// OutputExhaustion is when a pool runs full at the case's rate.
type OutputExhaustion struct {
	At  *time.Time `json:"at"`   // null when the session time is unknown
	InS int64      `json:"in_s"` // seconds after the newest snapshot
	// Seconds after the newest snapshot at the ends of the slope's interval.
	EarliestS int64  `json:"earliest_s"`
	LatestS   int64  `json:"latest_s"`
	Ceiling   uint64 `json:"ceiling_bytes"`
	Source    string `json:"source"` // where the ceiling stands, "file:line"
}

// OutputModule answers one of the four attribution questions.
type OutputModule struct {
	Module string  `json:"module"` // as the log spells it
	Weight float64 `json:"weight"` // 0 to 1
	Source string  `json:"source"` // where the claim comes from: the basis in words
	Proven bool    `json:"proven"` // false: probable only

	Process string `json:"process"` // a program that holds, with its PID; then Module is empty
}

// OutputAlternative is a module that was considered for a role and lost.
type OutputAlternative struct {
	Role   string  `json:"role"` // "owner", "holder", …
	Module string  `json:"module"`
	Weight float64 `json:"weight"`
	Lost   string  `json:"lost"` // why, a sentence
}

// OutputFact is a sentence with the line it rests on.
type OutputFact struct {
	Text string `json:"text"`
	File string `json:"file"`
	Line int    `json:"line"` // 0: the file as a whole
}

// OutputStep is something to do next.
type OutputStep struct {
	Command string `json:"command"` // exactly as typed; empty for an action without a command
	Why     string `json:"why"`
	Where   string `json:"where"` // "debugger" or "shell"; empty with Command
}

// OutputIssue is the published defect a case was matched with.
type OutputIssue struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Mechanism  string   `json:"mechanism"`
	Mitigation []string `json:"mitigation"`
	References []string `json:"references"`
	FixedIn    string   `json:"fixed_in"` // empty when no fix is known
}

// TagText returns a tag for machines to read: printable bytes as they are, all
// others as \xNN. Unlike ingest.Tag.String it shows "\x00bc1" and "\x01bc1" apart.
func TagText(tag ingest.Tag) string {
	var b strings.Builder
	for _, c := range tag {
		if c < 0x20 || c > 0x7e {
			fmt.Fprintf(&b, `\x%02X`, c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
