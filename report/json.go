package report

import (
	"cmp"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// NewOutput makes the JSON document. Its numbers are exact; its sentences are
// those of the write-ups.
func NewOutput(in Input) (*Output, error) {
	s := &speaker{in: in}
	o := &Output{Schema: OutputSchema, Tool: in.Tool, Profile: cmp.Or(in.Profile, ProfileEngineer)}
	for _, d := range in.Documents {
		o.Inputs = append(o.Inputs, s.outputInput(d))
	}
	for _, r := range in.Refused {
		o.Inputs = append(o.Inputs, OutputInput{
			Path: r.Path, SHA256: r.SHA256, Bytes: r.Bytes, State: InputRefused, Reason: r.Reason,
		})
	}
	for i := range in.Result.Machines {
		o.Machines = append(o.Machines, outputMachine(&in.Result.Machines[i]))
	}
	for i := range in.Result.Cases {
		o.Cases = append(o.Cases, s.outputCase(&in.Result.Cases[i]))
	}
	return o, s.done("json document")
}

// outputInput tells of one file what it is, how far it was read and what was in it.
// The machine is that of its first snapshot: a log seldom holds more than one.
func (s *speaker) outputInput(d *ingest.Document) OutputInput {
	in := OutputInput{
		Path: d.File, SHA256: d.SHA256, Bytes: d.Bytes, State: documentState(d), Reason: s.logQuality(d),
		Lines: d.Lines, Outside: d.Outside, Passed: d.Passed,
	}
	in.Warnings = outputWarnings(in.Warnings, d.Warnings)
	for i, snap := range d.Snapshots {
		if i == 0 {
			in.Machine = snap.Machine.Name
		}
		in.Warnings = outputWarnings(in.Warnings, snap.Warnings)
		for _, b := range snap.Blocks {
			in.Blocks = append(in.Blocks, OutputBlock{
				Command: b.Command, Line: b.Line, Rows: b.Rows, Complete: b.Complete(), Unread: b.Unread,
			})
		}
	}
	return in
}

// outputWarnings appends warnings with their places apart from their text, so that a
// script can open the line.
func outputWarnings(facts []OutputFact, warnings []ingest.Warning) []OutputFact {
	for _, w := range warnings {
		facts = append(facts, OutputFact{Text: warningText(w), File: w.File, Line: w.Line})
	}
	return facts
}

// outputMachine is the judgement on a machine with the figures of its newest log.
func outputMachine(m *analyze.Machine) OutputMachine {
	latest := m.Latest()
	return OutputMachine{
		Name: m.Name, OS: latest.OS.Text, UptimeS: int64(latest.Uptime / time.Second), Snapshots: len(m.Snapshots),
		Boots:   m.Boots,
		Verdict: m.Verdict.String(), Confidence: m.Confidence, Cases: m.Cases,
	}
}

// outputCase says all of a case that the write-up says. Its null fields are the
// answers "not established" and "unknown".
func (s *speaker) outputCase(c *analyze.Case) OutputCase {
	return OutputCase{
		ID: c.ID, Signature: c.Signature, Kind: c.Kind.String(), Class: c.Class.String(),
		Machines: leadFirst(c), Pool: poolWord(c.Pools),
		Tags: caseTags(c), Expected: expected(c), Followers: tagTexts(c.Followers),
		Object: known(c.Object), Events: known(c.Events), Bytes: c.Bytes, BytesPerEvent: known(c.BytesPerEvent),
		Rate: outputRate(c.Rate), Exhausts: outputExhaustion(c.Exhausts),
		Owner: s.outputModule(c.Owner), Holder: s.outputModule(c.Holder),
		Trigger: s.outputModule(c.Trigger), Amplifier: s.outputModule(c.Amplifier),
		Confidence: c.Confidence, Why: s.reasons(c.Why), WhyNot: s.reasons(c.WhyNot), Unsure: s.reasons(c.Unsure),
		Evidence: s.outputEvidence(c), Next: s.outputSteps(c.Next), KnownIssue: s.outputIssue(c),
		Title: s.title(c), Verdict: c.Verdict.String(), NoExhaustion: s.noExhaustion(c), Members: outputMembers(c),
		Alternatives: s.outputAlternatives(c), Limits: s.reasons(c.Limits), Mitigation: s.reasons(c.Mitigation),
		Expect: s.outputExpectations(c.Expect), Movement: c.Movement.String(), Judged: c.Judged, Seen: outputSeen(c.Presence),
		Sightings: outputSightings(c.Sightings), Shared: outputContrast(&c.Contrast), Alternates: alternateTexts(c.Alternates),
		Aliases: c.Aliases, Notes: s.reasons(c.Notes), Trail: s.outputTrail(c.Trail), Missed: s.reasons(c.Missed),
		Decided: s.outputDecided(c),
	}
}

// expected reports whether the tags of a case are only foreseen: the log that the
// case rests on has no pool table, such as a list of handles.
func expected(c *analyze.Case) bool { return len(c.Core) == 0 && len(c.Expect) > 0 }

// caseTags returns the tags of a case: the core, or what the next table has to show.
func caseTags(c *analyze.Case) []string {
	if !expected(c) {
		return tagTexts(c.Core)
	}
	var tags []string
	for _, x := range c.Expect {
		if text := TagText(x.Tag); !slices.Contains(tags, text) {
			tags = append(tags, text)
		}
	}
	return tags
}

func (s *speaker) outputExpectations(all []analyze.Expectation) []OutputExpectation {
	var out []OutputExpectation
	for _, x := range all {
		out = append(out, OutputExpectation{Tag: TagText(x.Tag), Pool: x.Pool.String(), AtLeast: x.AtLeast, Why: s.reason(x.Why)})
	}
	return out
}

// known returns a pointer to a value, nil for the zero value that the analysis
// uses for "unknown".
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// leadFirst returns the machines of a case, the one its figures are from first.
func leadFirst(c *analyze.Case) []string {
	if c.Lead == nil {
		return c.Machines
	}
	lead := c.Lead.Machine.Name
	names := []string{lead}
	for _, m := range c.Machines {
		if m != lead {
			names = append(names, m)
		}
	}
	return names
}

// poolWord returns the pool of the poolsweep/1 schema.
func poolWord(pools []ingest.Pool) string {
	if len(pools) == 1 {
		return pools[0].String()
	}
	return "both"
}

// tagTexts returns each tag of the members once, in order.
func tagTexts(members []analyze.Member) []string {
	var tags []string
	for _, m := range members {
		if text := TagText(m.Tag); !slices.Contains(tags, text) {
			tags = append(tags, text)
		}
	}
	return tags
}

// outputRate is nil when no rate is known, which is not the same as a rate of 0.
func outputRate(r *analyze.Rate) *OutputRate {
	if r == nil {
		return nil
	}
	return &OutputRate{EventsPerHour: r.EventsPerHour, BytesPerHour: r.BytesPerHour,
		WindowS: int64(r.Window / time.Second), SinceBoot: r.SinceBoot, Snapshots: r.Snapshots,
		BytesLow: known(r.BytesLow), BytesHigh: known(r.BytesHigh)}
}

// outputExhaustion is nil when no date can be given; the case says why.
func outputExhaustion(e *analyze.Exhaustion) *OutputExhaustion {
	if e == nil {
		return nil
	}
	return &OutputExhaustion{At: known(e.At), InS: int64(e.In / time.Second),
		EarliestS: int64(e.Earliest / time.Second), LatestS: int64(e.Latest / time.Second), Ceiling: e.Ceiling,
		Source: e.Source.String()}
}

// outputModule is nil when neither a module nor a program is established: a wrong
// name is worse than none, and a script must not find one.
func (s *speaker) outputModule(a analyze.Attribution) *OutputModule {
	if !a.Established() && a.Process == "" {
		return nil
	}
	return &OutputModule{Module: a.Module, Weight: a.Weight, Source: s.reason(a.Basis), Proven: a.Proven,
		Process: a.Program()}
}

// outputEvidence gives each line of the log that the case rests on, with what it
// says: the figures, then the steps of the argument.
func (s *speaker) outputEvidence(c *analyze.Case) []OutputFact {
	var out []OutputFact
	add := func(text string, at []ingest.Source) {
		for _, src := range at {
			out = append(out, OutputFact{Text: text, File: src.File, Line: src.Line})
		}
	}
	for _, f := range s.evidence(c) {
		add(f.what+": "+f.value, f.at)
	}
	for _, f := range s.argued(c) {
		add(f.value, f.at)
	}
	return out
}

// outputSteps keeps commands exactly as they must be typed.
func (s *speaker) outputSteps(steps []analyze.Step) []OutputStep {
	var out []OutputStep
	for _, step := range steps {
		out = append(out, OutputStep{Command: step.Command, Why: s.reason(step.Why), Where: whereWord(step)})
	}
	return out
}

// whereWord returns where a command is typed: "debugger", "shell", or "" for a
// step without one.
func whereWord(step analyze.Step) string {
	switch {
	case step.Command == "":
		return ""
	case step.Shell:
		return "shell"
	}
	return "debugger"
}

// outputIssue is the published defect that a case was matched with, or nil.
func (s *speaker) outputIssue(c *analyze.Case) *OutputIssue {
	k := c.Known
	if k == nil {
		return nil
	}
	o := &OutputIssue{ID: k.ID, Title: s.text(k.Title), Mechanism: s.text(k.Mechanism), References: k.References,
		FixedIn: s.text(k.FixedIn)}
	for _, m := range k.Mitigation {
		o.Mitigation = append(o.Mitigation, s.text(m))
	}
	return o
}

// outputMembers lists the tags of a case, each with the line of its row. The short
// !poolused prints no allocations and frees, so those may be null.
func outputMembers(c *analyze.Case) []OutputMember {
	var out []OutputMember
	for _, g := range groups(c) {
		for _, m := range g.members {
			o := OutputMember{
				Tag: TagText(m.Tag), Hex: m.Tag.Hex(), Pool: m.Pool.String(), Role: g.role,
				Outstanding: m.Outstanding, Bytes: m.Bytes, Times: m.Times, Per: m.Per,
				Gained: known(m.Gained), Trend: known(m.Trend),
				File: m.File, Line: m.Line,
			}
			if m.Counted {
				o.Allocs, o.Frees = &m.Allocs, &m.Frees
			}
			out = append(out, o)
		}
	}
	return out
}

// group is the members of a case that play one role in it.
type group struct {
	role    string // "core", "related" or "follower"
	members []analyze.Member
	tone    Tone
}

// groups returns the members of a case by role, the most telling first. Followers
// are quiet: a shared tag proves nothing by itself.
func groups(c *analyze.Case) []group {
	return []group{
		{"core", c.Core, TonePlain},
		{"related", c.Related, TonePlain},
		{"follower", c.Followers, ToneMuted},
	}
}

// outputAlternatives lists the modules that were considered for a role and lost.
func (s *speaker) outputAlternatives(c *analyze.Case) []OutputAlternative {
	var out []OutputAlternative
	for _, a := range c.Alternatives {
		out = append(out, OutputAlternative{
			Role: a.Role, Module: a.Module, Weight: a.Weight, Lost: s.reason(a.Lost),
		})
	}
	return out
}
