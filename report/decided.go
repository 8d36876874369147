package report

import (
	"poolsweep/analyze"
)

// decidedNotes are what people decided about a case, how far it is known to be gone,
// and, last, its ticket.
func (s *speaker) decidedNotes(c *analyze.Case) []Note {
	d := s.in.Decided[c.ID]
	var notes []Note
	if said := s.decided(&d); len(said) > 0 {
		notes = append(notes, Note{Pair: Pair{s.label("note.decided"), s.join("clauses.more", said)}})
	}
	if d.Clean != nil {
		share := d.Clean.Share()
		notes = append(notes, Note{Pair: Pair{s.label("note.clean"), s.clean(d.Clean)}, Bar: &share})
	}
	ticket := Note{Pair: Pair{s.label("note.ticket"), s.label("note.no-ticket")}}
	if d.Ticket != "" {
		ticket.Value, ticket.Link = d.Ticket, d.Ticket
	}
	return append(notes, ticket)
}

// decided words what was decided and what follows from it, without the ticket.
func (s *speaker) decided(d *analyze.Decided) []string {
	var out []string
	if len(d.Duplicates) > 0 {
		out = append(out, s.say("decided.duplicates", facts{"ids": d.Duplicates, "n": len(d.Duplicates)}))
	}
	for i := range d.InForce {
		of := &d.InForce[i]
		if of.Verb == analyze.Ticket {
			continue
		}
		// A date that has come is left to the reader: a report does not say when it was made.
		woken := of.Verb == analyze.Snooze && of.Until == "" && d.Woken != nil
		out = append(out, s.say("decided."+of.Verb.String(), facts{"other": of.Other, "module": of.Module,
			"version": of.Version, "until": of.Until, "worse": of.Worse, "text": of.Text, "woken": woken}))
		if of.Verb == analyze.FixedIn {
			out = append(out, s.fix(d.Fix)...)
		}
	}
	return out
}

// regression says before all else that a case came back.
func (s *speaker) regression(c *analyze.Case) []string {
	d := s.in.Decided[c.ID]
	if !d.Regression() {
		return nil
	}
	f := s.builds(d.Fix.Regressed)
	f["module"], f["version"] = d.Fix.Module, d.Fix.Version
	return []string{s.say("notice.regression", f)}
}

// fix words what the machines say to a fix, worst first.
func (s *speaker) fix(f *analyze.Fix) []string {
	var out []string
	for _, part := range []struct {
		name   string
		builds []analyze.Build
	}{{"regressed", f.Regressed}, {"old", f.Old}, {"unknown", f.Unknown}} {
		if len(part.builds) > 0 {
			out = append(out, s.say("fix."+part.name, s.builds(part.builds)))
		}
	}
	return out
}

// builds hands machines and what they run to a sentence.
func (s *speaker) builds(all []analyze.Build) facts {
	shown := all[:min(seenOnNames, len(all))]
	var names []string
	for _, b := range shown {
		names = append(names, s.say("fix.build", facts{"machine": b.Machine, "version": b.Version}))
	}
	return facts{"n": len(all), "builds": names, "more": len(all) - len(shown)}
}

// clean words how far a case is known to be gone.
func (s *speaker) clean(c *analyze.Clean) string {
	return s.say("clean", facts{"days": c.Days, "needed": c.Needed, "share": c.Share(), "gone": c.Gone(),
		"shown": c.Shown, "exposed": c.Exposed})
}

// outputDecided is what people decided about a case, nil when nothing.
func (s *speaker) outputDecided(c *analyze.Case) *OutputDecided {
	d, any := s.in.Decided[c.ID]
	if !any {
		return nil
	}
	out := &OutputDecided{Said: s.decided(&d), Team: d.Team, Ticket: d.Ticket, DuplicateOf: d.Duplicate,
		Duplicates: d.Duplicates, Snoozed: d.Snoozed != nil, NotABug: d.Closed != nil, Regression: d.Regression()}
	for i := range d.InForce {
		out.Lines = append(out.Lines, d.InForce[i].String())
	}
	if f := d.Fix; f != nil {
		out.Fix = &OutputFix{f.Module, f.Version, outputBuilds(f.Regressed), outputBuilds(f.Old), outputBuilds(f.Unknown)}
	}
	if g := d.Clean; g != nil {
		out.Clean = &OutputClean{g.Days, g.Needed, g.Share(), g.Gone(), g.Shown, g.Exposed}
	}
	return out
}

func outputBuilds(all []analyze.Build) []OutputBuild {
	var out []OutputBuild
	for _, b := range all {
		out = append(out, OutputBuild{Machine: b.Machine, Version: b.Version, File: b.Source.File, Line: b.Source.Line})
	}
	return out
}
