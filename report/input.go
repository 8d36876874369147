package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/templates"
)

// Input is all that the reports are made from.
type Input struct {
	Documents []*ingest.Document // in the order they were read
	Refused   []Refused
	Result    *analyze.Result
	Tool      string // "poolsweep 0.1"
	Words     *templates.Words
	Lang      string // BCP 47, the language of Words

	// Lines are those that the appendix quotes, as printed: Cited tells which. It may
	// lack any of them, and has none where the logs are not at hand or not to be shown.
	Lines map[ingest.Source]string

	TagMaps []TagMap // the lab's own
	Issues  int      // known issues that cases were held against, the lab's own with ours

	Profile string // ProfileEngineer or ProfilePublic
	Scope   *Scope // nil: all that was read

	Decided map[string]analyze.Decided // what people decided about cases, by id
	Faults  []analyze.Fault            // lines of decisions that do nothing

	Revisions map[string]Revision // of cases by id; one that is missing is the first

	Zone *time.Location // the lab's: in the workbook beside UTC; nil: UTC only

	// For the workbook.

	Past  *analyze.Past // of the machines, over the period that the workbook is about
	Drops []Drop        // files that wait, or that were refused, in a watched folder

	Groups map[string][]string // names of the groups of each machine, by folded name; nil: there are none
	Rules  []RuleChange        // changes of the rules that judged, in time order
}

// Drop is a file in a watched folder that was not, or not fully, taken in.
type Drop struct {
	Path, Machine string    // Machine "" when not known
	State         string    // "waiting", "incomplete", "refused"
	Reason        string    // the code of the reason: "TOO_BIG"
	Since         time.Time // of State or Reason
}

// RuleChange is that the rules judged by another version of the program.
type RuleChange struct {
	Since, At     time.Time // the last judgement by the old one that is recorded, the first by the new one
	Before, After string    // "poolsweep 0.1"
}

// TagMap names a tag map that the analysis asked.
type TagMap struct{ File, SHA256 string }

// Refused is a file of which no document came.
type Refused struct {
	Path   string
	Reason string // one sentence
	SHA256 string // empty when it could not be read at all
	Bytes  int64
}

// WriteupFile returns the path of a case's write-up below the output folder,
// with forward slashes.
func WriteupFile(id string) string { return "cases/" + id + ".pdf" }

// speaker words what a builder says. The first sentence that cannot be worded
// is kept in err and the builder goes on; it is our own mistake, and the builder
// returns it in place of the report.
type speaker struct {
	in      Input
	err     error
	bases   map[string]int // how many inputs have a file name; made by cite
	onPaper bool           // what is too long for a page is cut; the JSON has it whole
}

// fail keeps the first error.
func (s *speaker) fail(err error) {
	if s.err == nil && err != nil {
		s.err = err
	}
}

// facts are the figures of a sentence of our own.
type facts = map[string]any

// say returns a sentence of the templates with its facts.
func (s *speaker) say(name string, f facts) string {
	text, err := s.in.Words.Sentence(name, s.cutFacts(f))
	s.fail(err)
	return text
}

// label returns a fixed word of the templates.
func (s *speaker) label(name string) string { return s.say(name, nil) }

// reason returns the sentence of a reason, or "" for no reason at all.
func (s *speaker) reason(r analyze.Reason) string {
	if r.Rule == "" {
		return ""
	}
	return s.say(string(r.Rule), r.Facts)
}

// word returns the label "kind.value" for a word of the analysis, or the word.
func (s *speaker) word(kind, value string) string {
	text, err := s.in.Words.Word(kind, value)
	s.fail(err)
	return text
}

// text returns what the knowledge says in words, in our language.
func (s *speaker) text(t interface{ In(lang string) string }) string { return t.In(s.in.Words.Lang()) }

// reasons returns the sentences of several reasons.
func (s *speaker) reasons(rs []analyze.Reason) []string {
	var out []string
	for _, r := range rs {
		out = append(out, s.reason(r))
	}
	return out
}

// done wraps the first error, naming what was being built.
func (s *speaker) done(what string) error {
	if s.err == nil {
		return nil
	}
	return fmt.Errorf("build %s: %w", what, s.err)
}

// documents returns the documents that hold a snapshot of one of the machines,
// whose names differ in case only by accident.
func (in Input) documents(machines []string) []*ingest.Document {
	concerned := map[string]bool{}
	for _, name := range machines {
		concerned[ingest.MachineKey(name)] = true
	}
	var docs []*ingest.Document
	for _, d := range in.Documents {
		if slices.ContainsFunc(d.Snapshots, func(s *ingest.Snapshot) bool {
			return concerned[ingest.MachineKey(s.Machine.Name)]
		}) {
			docs = append(docs, d)
		}
	}
	return docs
}

// lendLead lends the tables of the machine that a case's figures are from.
func (in Input) lendLead(c *analyze.Case) (back func()) {
	if c.Lead != nil {
		if m := in.machine(c.Lead.Machine.Name); m != nil {
			return in.Result.Lend(m.Snapshots)
		}
	}
	return in.Result.Lend(nil)
}

// partial counts the documents that were read in part.
func (in Input) partial() int {
	n := 0
	for _, d := range in.Documents {
		if d.Partial() {
			n++
		}
	}
	return n
}

// machine returns the judgement on a machine, or nil. Windows names machines
// without regard to case.
func (in Input) machine(name string) *analyze.Machine {
	for i := range in.Result.Machines {
		if strings.EqualFold(in.Result.Machines[i].Name, name) {
			return &in.Result.Machines[i]
		}
	}
	return nil
}

// machines returns the judgements on some machines, as far as there are any.
func (in Input) machines(names []string) []*analyze.Machine {
	at := map[string]*analyze.Machine{}
	for i := range in.Result.Machines {
		at[ingest.MachineKey(in.Result.Machines[i].Name)] = &in.Result.Machines[i]
	}
	var out []*analyze.Machine
	for _, name := range names {
		if m := at[ingest.MachineKey(name)]; m != nil {
			out = append(out, m)
		}
	}
	return out
}

// span returns the oldest and the newest session time in the documents, zero
// when none is known.
func span(docs []*ingest.Document) (oldest, newest time.Time) {
	for _, d := range docs {
		for _, s := range d.Snapshots {
			if s.At.IsZero() {
				continue
			}
			if oldest.IsZero() || s.At.Before(oldest) {
				oldest = s.At
			}
			if s.At.After(newest) {
				newest = s.At
			}
		}
	}
	return oldest, newest
}

// hashLength is how much of a hash is printed where it only has to be told from
// others; the appendix prints it whole.
const hashLength = 12

// shortHash returns the beginning of the document's SHA-256, or of the hash over
// the hashes of several.
func shortHash(docs []*ingest.Document) string {
	if len(docs) == 1 {
		return docs[0].SHA256[:min(hashLength, len(docs[0].SHA256))]
	}
	sum := sha256.New()
	for _, d := range docs {
		sum.Write([]byte(d.SHA256 + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))[:hashLength]
}
