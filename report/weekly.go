package report

import (
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Mailing is what a weekly mail tells beside the judgement. Its period is that of
// Input.Past, its calendar that of Input.Zone.
type Mailing struct {
	Week  string          // ISO week that it is called by: "2026-W47"
	Group string          // of the machines; empty: the whole lab
	Made  time.Time       // when it is made
	Next  time.Time       // when the next one is due
	Floor analyze.Verdict // the mildest that is told; 0: every case

	Taken    Taken
	LastTool string // that the last mail was made by; empty: the same
	// Ruled are the cases that the last mail's logs alone make other ones with this tool,
	// if RulesTold: it is known which.
	Ruled     []Ruled
	RulesTold bool
	Late      int      // logs of earlier weeks that came too late for their mail
	Skipped   []string // weeks that got no mail
	InDoubt   int      // earlier mails that may be missing, or be there twice

	Files []MailFile
	Limit int64 // bytes that Files may take in the mail; 0: none goes along
}

// Taken is what came in since the last mail.
type Taken struct {
	Files          int
	Bytes          int64
	Oldest, Newest time.Time // session times, zero when none was printed
}

// Ruled is a case of which other rules think otherwise, by the same logs.
type Ruled struct {
	ID       string
	Was, Now string // verdicts; empty: no case
}

// MailFile is a report that goes along with a mail.
type MailFile struct {
	Name string // "PS-1A2B3C4D.pdf"
	Path string // where it lies for the readers
	Size int64
}

// encodedSize is how many bytes a file takes in a mail: base64 in lines of 76.
func (f *MailFile) encodedSize() int64 { return (f.Size + 56) / 57 * 78 }

// Weekly is the mail of a week.
type Weekly struct {
	Lang    string
	Subject string
	Date    time.Time
	Heading string
	Covers  string // from when to when
	State   string // all of it in one line
	Tone    Tone
	Brief   bool // there is nothing to tell but that somebody looked
	Notices []string

	NeedsTitle string
	Cases      []WeeklyCase
	More       string // on the cases that have no room here

	CountsTitle string
	Counts      []Count
	Total       string
	Bars        Progress
	Lists       []Points

	Charts []WeeklyChart
	Files  []Pair   // attached ones, then those that are not, with their paths
	Attach []string // names of Mailing.Files that go along

	AliveTitle string
	Alive      []Pair // proof that the watcher works; a single one if Brief
}

// WeeklyCase is a case that needs somebody.
type WeeklyCase struct {
	ID, Title string
	State     Tagged
	Facts     []Pair
	Ticket    *WebLink
	NextTitle string
	Next      Step
}

// Count is how many cases have one state.
type Count struct {
	Label string
	Value string
	Tone  Tone // plain for none
}

// Progress are bars that fill up to a goal.
type Progress struct {
	Title string
	Bars  []ProgressBar
	More  string
}

// ProgressBar is filled by Share, from 0 to 1.
type ProgressBar struct {
	Label, Text string
	Share       float64
}

// WeeklyChart is a picture of a mail: one of Columns and Timeline.
type WeeklyChart struct {
	Name     string // of its file; empty: only Alt is shown
	Alt      string // what it shows, in words
	Columns  *SheetChart
	Y        Scale // of Columns
	Timeline *Timeline
}

// How much a mail lists: it is read in 20 seconds, and mail readers cut off long ones.
// The workbook has all.
const (
	mailCases = 10
	mailItems = 6
	mailBars  = 5
)

// clerk writes a mail.
type clerk struct {
	*binder
	m     Mailing
	told  []*analyze.Case // that the mail counts: not silenced, not below the floor
	needs []*analyze.Case // of these the ones that need somebody
	full  []outlook       // machines that run full before the next mail, soonest first
	soon  map[string]bool // full by folded name
	left  struct{ silent, below int }
}

// NewWeekly makes the mail of a week.
func NewWeekly(in Input, m Mailing) (*Weekly, error) {
	k := newClerk(in, m)
	w := &Weekly{Lang: in.Lang, Subject: k.subject(), Date: m.Made.In(k.zone), Heading: k.heading(), Covers: k.covers(),
		State: k.say("weekly.state", k.stateFacts()), Tone: k.tone(), Notices: k.weeklyNotices(),
		NeedsTitle: k.say("weekly.needs", facts{"n": len(k.needs)}), Cases: k.cards(), More: k.moreCases(),
		CountsTitle: k.label("weekly.counts"), Counts: k.stateCounts(), Total: k.total(),
		Bars: k.probablyGone(), Lists: k.lists()}
	w.Brief = len(w.Notices)+len(k.changed())+len(k.full)+len(w.Lists)+len(w.Bars.Bars) == 0
	w.Files, w.Attach = k.files()
	w.AliveTitle, w.Alive = k.label("weekly.alive"), k.alive()
	if w.Brief {
		w.Alive = []Pair{{Value: k.say("weekly.alive-line", k.aliveFacts())}}
	} else {
		w.Charts = k.charts()
	}
	return w, k.done("weekly mail")
}

// NeedsWriteup returns the ids of the cases whose write-ups go along with a mail: the
// new ones and those that got worse.
func NeedsWriteup(in Input, m Mailing) []string {
	var ids []string
	for _, c := range newClerk(in, m).needs {
		if s := in.Past.Courses[c.ID].State; s == analyze.StateNew || s == analyze.StateWorse {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func newClerk(in Input, m Mailing) *clerk {
	k := &clerk{binder: newBinder(in), m: m}
	if end := k.past.Period.To; !end.IsZero() && !k.newest.Before(end) {
		k.newest = end.Add(-time.Nanosecond) // what came later is no week of this mail's
	}
	k.full, k.soon = k.fullBefore(m.Next), map[string]bool{}
	for _, o := range k.full {
		k.soon[ingest.MachineKey(o.machine)] = true
	}
	for i := range in.Result.Cases {
		c := &in.Result.Cases[i]
		decided := in.Decided[c.ID]
		switch {
		case decided.Silent():
			k.left.silent++
		case c.Verdict < m.Floor:
			k.left.below++
		default:
			k.told = append(k.told, c)
		}
	}
	for _, c := range k.told {
		if k.needsSomebody(c) {
			k.needs = append(k.needs, c)
		}
	}
	slices.SortStableFunc(k.needs, func(a, b *analyze.Case) int { return k.urgency(b) - k.urgency(a) })
	return k
}

// needsSomebody reports whether a case is new, worse or back, whether one of its
// machines runs full before the next mail, or what it was snoozed for has come.
func (k *clerk) needsSomebody(c *analyze.Case) bool { return k.urgency(c) > 0 }

// urgency orders the cases that need somebody; within one, severity does.
func (k *clerk) urgency(c *analyze.Case) int {
	state, decided := k.past.Courses[c.ID].State, k.in.Decided[c.ID]
	switch {
	case state == analyze.StateFixed || state == analyze.StateQuiet:
		return 0
	case slices.ContainsFunc(c.Machines, func(m string) bool { return k.soon[ingest.MachineKey(m)] }):
		return 2
	case state == analyze.StateNew, state == analyze.StateWorse, decided.Regression(), decided.Woken != nil:
		return 1
	}
	return 0
}

// fullBefore returns the machines whose pool is expected to be full before a moment.
func (k *clerk) fullBefore(t time.Time) []outlook {
	var out []outlook
	for i := range k.in.Result.Machines {
		name := k.in.Result.Machines[i].Name
		if e := k.exhausts(name); e != nil && !e.At.IsZero() && e.At.Before(t) {
			out = append(out, outlook{name, e})
		}
	}
	slices.SortStableFunc(out, func(a, b outlook) int { return a.At.Compare(b.At) })
	return out
}

// inState are the told cases of a state. What was fixed before the period is no news.
func (k *clerk) inState(s analyze.State) []*analyze.Case {
	return slices.DeleteFunc(slices.Clone(k.told), func(c *analyze.Case) bool {
		course := k.past.Courses[c.ID]
		return course.State != s || s == analyze.StateFixed && !course.Fresh
	})
}

// changed are the cases whose state is news.
func (k *clerk) changed() []*analyze.Case {
	return slices.Concat(k.inState(analyze.StateNew), k.inState(analyze.StateWorse), k.inState(analyze.StateFixed))
}

func (k *clerk) tone() Tone {
	switch {
	case len(k.needs) > 0:
		return ToneAlarm
	case len(k.silent()) > 0:
		return ToneNotice
	}
	return ToneGood
}
