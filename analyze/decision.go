package analyze

import (
	"strings"
	"time"

	"poolsweep/ingest"
)

// Verb is what a decision does about a case.
type Verb uint8

const (
	_ Verb = iota
	// Dup: the case is another one under a second name.
	Dup
	// FixedIn: a version of a module mends the defect.
	FixedIn
	// Snooze: the case is left out of mails for a while.
	Snooze
	// Owner: a team has the case.
	Owner
	// Ticket: a page of a tracker is about the case.
	Ticket
	// NotABug: nothing is to be done.
	NotABug
)

// Verbs are all verbs, in the order in which decisions are told.
var Verbs = [...]Verb{Dup, FixedIn, Snooze, Owner, Ticket, NotABug}

var verbs = [...]string{"", "dup", "fixed-in", "snooze", "owner", "ticket", "not-a-bug"}

// String returns the verb as it is written.
func (v Verb) String() string { return verbs[v] }

// Decision is what a person decided about a case.
type Decision struct {
	Case  string // id: "PS-1A2B3C4D"
	Verb  Verb
	Clear bool // takes back what was decided under Verb; nothing below is set

	Other   string // of Dup: the other case's id
	Module  string // of FixedIn; of Snooze until a version: empty stands for the case's own
	Version string // of FixedIn, and of Snooze until a version
	Until   string // of Snooze until a date, the first one that it no longer holds on: "2026-12-01"
	Worse   bool   // of Snooze until the case is worse
	Text    string // of Owner the team, of Ticket the URL, of NotABug the reason

	Source ingest.Source // the line that says so
	Note   string        // the comment above that line, or who typed it
	At     time.Time     // when it was first read
}

// String writes the decision as a line that reads back as the same.
func (d *Decision) String() string {
	words := []string{d.Case, d.Verb.String()}
	switch {
	case d.Clear:
		words = []string{d.Case, "clear", d.Verb.String()}
	case d.Verb == Dup:
		words = append(words, d.Other)
	case d.Verb == FixedIn:
		words = append(words, d.Module, d.Version)
	case d.Verb == NotABug:
		words = append(words, "because", d.Text)
	case d.Verb != Snooze:
		words = append(words, d.Text)
	case d.Worse:
		words = append(words, "until worse")
	case d.Until != "":
		words = append(words, "until", d.Until)
	case d.Module == "":
		words = append(words, "until", d.Version)
	default:
		words = append(words, "until", d.Module, d.Version)
	}
	return strings.Join(words, " ")
}

// Fault is a line of decisions that does nothing, and why.
type Fault struct {
	Source ingest.Source
	Text   string
	Why    Reason
}

// Decided is how a case stands by what people decided about it.
type Decided struct {
	InForce []Decision // at most one a verb, in the order of Verbs

	Duplicate  string    // id of the case that it is told with; empty: told by itself
	Duplicates []string  // ids of the cases that are told with it
	Team       string    // that has the case
	Ticket     string    // URL
	Closed     *Decision // that it is no bug; nil: not decided
	Snoozed    *Decision // in force, and what it waits for has not come
	Woken      *Decision // what it waited for has come
	Fix        *Fix
	Clean      *Clean // how far it is known to be gone; nil: some machine shows it, or nothing tells
}

// Regression reports whether the case came back in a version that should not have it.
func (d *Decided) Regression() bool { return d.Fix != nil && len(d.Fix.Regressed) > 0 }

// Silent reports whether the case is left out where a mail tells what needs somebody:
// another case stands for it, it is snoozed, or it is no bug. A regression is told in
// any case, unless another case tells it.
func (d *Decided) Silent() bool {
	return d.Duplicate != "" || !d.Regression() && (d.Snoozed != nil || d.Closed != nil)
}

// Fix is a version that should mend a case, and what the machines say to it.
type Fix struct {
	Module, Version string
	Regressed       []Build // show the case in that version or a later one
	Old             []Build // show it, and run an earlier version: no word against the fix
	Unknown         []Build // show it, and print no version
}

// Build is the version of a module on a machine that shows a case.
type Build struct {
	Machine string
	Version string // as printed; empty: not printed
	At      time.Time
	Source  ingest.Source
}

// Clean is how long machines had to show a case and did not. Time is that of running
// machines: three of them for a day are three machine-days.
type Clean struct {
	Shown   int     // boot sessions that showed the case
	Exposed float64 // machine-days until they did, or ended without
	Days    float64 // machine-days without the case since
	Needed  float64 // machine-days after which the case is probably gone
}

// Share is how much of what is needed is there, 0 to 1.
func (c *Clean) Share() float64 { return min(1, c.Days/c.Needed) }

// Gone reports whether the case is probably gone.
func (c *Clean) Gone() bool { return c.Days >= c.Needed }
