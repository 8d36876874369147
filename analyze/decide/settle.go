package decide

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Settle finds what follows from decisions at a moment, by the calendar of its
// location: for each case that something was decided about, or that is on its way to
// be gone, how it stands. Names are those that the history knows cases by, by id: the
// signature first, then its aliases and parts. They lead from the id that a case had
// when somebody decided to the one that it has now.
//
// Of several decisions about one thing the newest counts; of those in one file, the
// last.
func Settle(res *analyze.Result, all []analyze.Decision, names map[string][]string, now time.Time,
	th analyze.Thresholds) (map[string]analyze.Decided, []analyze.Fault) {
	s := &settling{res: res, names: names, now: now, th: th, cases: map[string]*analyze.Case{},
		machines: map[string]*analyze.Machine{}, out: map[string]*analyze.Decided{}}
	for i := range res.Cases {
		s.cases[res.Cases[i].ID] = &res.Cases[i]
	}
	for i := range res.Machines {
		s.machines[res.Machines[i].Name] = &res.Machines[i]
	}
	s.collect(all)
	s.duplicates()
	out := map[string]analyze.Decided{}
	for i := range res.Cases {
		c := &res.Cases[i]
		d := s.out[c.ID]
		if d == nil {
			d = &analyze.Decided{}
		}
		s.settle(c, d)
		if len(d.InForce)+len(d.Duplicates) > 0 || d.Clean != nil {
			out[c.ID] = *d
		}
	}
	return out, s.faults
}

// settling is one run of Settle.
type settling struct {
	res      *analyze.Result
	names    map[string][]string
	now      time.Time
	th       analyze.Thresholds
	cases    map[string]*analyze.Case    // by id
	machines map[string]*analyze.Machine // by name
	out      map[string]*analyze.Decided // by id
	faults   []analyze.Fault
}

func (s *settling) fault(d *analyze.Decision, rule analyze.Rule, f analyze.Facts) {
	s.faults = append(s.faults, analyze.Fault{Source: d.Source, Text: d.String(), Why: analyze.Reason{Rule: rule, Facts: f}})
}

// collect finds the decision in force on each case and verb.
func (s *settling) collect(all []analyze.Decision) {
	type key struct {
		id   string
		verb analyze.Verb
	}
	newest := map[key]*analyze.Decision{}
	for i := range all {
		d := &all[i]
		id := s.find(d.Case)
		if id == "" {
			s.unknown(d, d.Case)
			continue
		}
		if was := newest[key{id, d.Verb}]; was == nil || later(d, was) {
			newest[key{id, d.Verb}] = d
		}
	}
	for i := range s.res.Cases {
		id := s.res.Cases[i].ID
		for _, v := range analyze.Verbs {
			if d := newest[key{id, v}]; d != nil && !d.Clear {
				o := s.out[id]
				if o == nil {
					o = &analyze.Decided{}
					s.out[id] = o
				}
				o.InForce = append(o.InForce, *d)
			}
		}
	}
}

// later reports whether a decision counts before an earlier one of the list. Those of
// one file count by their place: who moves a line up does not mean it to be newer.
func later(d, was *analyze.Decision) bool {
	return d.Source.File == was.Source.File || !d.At.Before(was.At)
}

// unknown notes a case that nobody knows. One that only these logs do not show is
// none: the history knows its names.
func (s *settling) unknown(d *analyze.Decision, id string) {
	if _, known := s.names[id]; !known {
		s.fault(d, analyze.CannotFindCase, analyze.Facts{"case": id})
	}
}

// find returns the id that a case has now, "" when these logs do not show it. A case
// is never found by a guess: a name that several share leads nowhere.
func (s *settling) find(id string) string {
	if s.cases[id] != nil {
		return id
	}
	for _, name := range s.names[id] {
		var found []string
		for i := range s.res.Cases {
			if c := &s.res.Cases[i]; slices.ContainsFunc(Names(c), func(n string) bool { return unversioned(n) == unversioned(name) }) {
				found = append(found, c.ID)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

// Names are the texts that name a case, strongest first: its signature, those of the
// logs that were joined, and the parts of it that name it in other logs.
func Names(c *analyze.Case) []string {
	out := append([]string{c.Signature}, c.Aliases...)
	for _, a := range c.Alternates {
		out = append(out, a.Text)
	}
	return out
}

// unversioned is a signature without the version that it begins with: "v1|".
func unversioned(signature string) string {
	version, rest, ok := strings.Cut(signature, "|")
	if ok && strings.HasPrefix(version, "v") {
		return rest
	}
	return signature
}

// duplicates follows the decisions that a case is another one. Of a chain the last
// case tells of all; a circle has none, so nothing in it is followed.
func (s *settling) duplicates() {
	next := map[string]string{}
	for i := range s.res.Cases {
		id := s.res.Cases[i].ID
		if d := s.inForce(id, analyze.Dup); d != nil {
			if other := s.find(d.Other); other != "" && other != id {
				next[id] = other
			} else if other == "" {
				s.unknown(d, d.Other)
			}
		}
	}
	for i := range s.res.Cases {
		id := s.res.Cases[i].ID
		if next[id] == "" {
			continue
		}
		root, steps := next[id], 0
		for ; next[root] != "" && steps <= len(next); steps++ {
			root = next[root]
		}
		if steps > len(next) {
			s.fault(s.inForce(id, analyze.Dup), analyze.CannotCircle, analyze.Facts{"case": id})
			continue
		}
		s.out[id].Duplicate = root
		if s.out[root] == nil {
			s.out[root] = &analyze.Decided{}
		}
		s.out[root].Duplicates = append(s.out[root].Duplicates, id)
	}
}

func (s *settling) inForce(id string, v analyze.Verb) *analyze.Decision {
	d := s.out[id]
	if d == nil {
		return nil
	}
	i := slices.IndexFunc(d.InForce, func(d analyze.Decision) bool { return d.Verb == v })
	if i < 0 {
		return nil
	}
	return &d.InForce[i]
}

// settle fills in what follows for one case.
func (s *settling) settle(c *analyze.Case, o *analyze.Decided) {
	for i := range o.InForce {
		switch d := &o.InForce[i]; d.Verb {
		case analyze.FixedIn:
			o.Fix = s.fix(c, d)
		case analyze.Snooze:
			if s.asleep(c, d) {
				o.Snoozed = d
			} else {
				o.Woken = d
			}
		case analyze.Owner:
			o.Team = d.Text
		case analyze.Ticket:
			o.Ticket = d.Text
		case analyze.NotABug:
			o.Closed = d
		}
	}
	o.Clean = s.clean(c, o.Fix)
}

// asleep reports whether a case is still snoozed.
func (s *settling) asleep(c *analyze.Case, d *analyze.Decision) bool {
	switch {
	case d.Until != "":
		return s.now.Format(time.DateOnly) < d.Until
	case d.Worse:
		state := c.Course(analyze.Period{From: d.At}, s.th.Series).State
		return state != analyze.StateNew && state != analyze.StateWorse
	}
	module := cmp.Or(d.Module, c.Holder.Module, c.Owner.Module)
	if module == "" {
		s.fault(d, analyze.CannotNameModule, analyze.Facts{"version": d.Version})
		return false
	}
	return !slices.ContainsFunc(s.res.Machines, func(m analyze.Machine) bool {
		b := s.build(&m, m.Latest(), module)
		later, _ := knowledge.AtLeast(b.Version, d.Version)
		return later
	})
}

// build finds the version of a module on a machine when a snapshot was taken: as that
// prints it, or else the newest one before, since a driver is seldom replaced and
// versions are seldom listed.
func (s *settling) build(m *analyze.Machine, at *ingest.Snapshot, module string) analyze.Build {
	b := analyze.Build{Machine: m.Name, At: at.At, Source: at.Source}
	for i := slices.Index(m.Snapshots, at); i >= 0 && b.Version == ""; i-- {
		back := s.res.Lend(m.Snapshots[i : i+1])
		for _, mod := range m.Snapshots[i].Modules {
			if mod.Version != "" && !mod.Unloaded && ingest.ModuleKey(mod.Name) == ingest.ModuleKey(module) {
				b.Version, b.Source = mod.Version, mod.Source
			}
		}
		back()
	}
	return b
}

// fix tells apart the machines that show a case although they run the version that
// should not have it, and those that do not run it yet. Each machine counts by its
// newest snapshot that shows the case: what it did in older versions is past.
func (s *settling) fix(c *analyze.Case, d *analyze.Decision) *analyze.Fix {
	f := &analyze.Fix{Module: d.Module, Version: d.Version}
	for i, seen := range c.Sightings {
		if i+1 < len(c.Sightings) && c.Sightings[i+1].Machine == seen.Machine {
			continue
		}
		m := s.machines[seen.Machine]
		if m == nil {
			continue
		}
		b := s.build(m, seen.Snapshot, d.Module)
		switch later, known := knowledge.AtLeast(b.Version, d.Version); {
		case !known:
			f.Unknown = append(f.Unknown, b)
		case later:
			f.Regressed = append(f.Regressed, b)
		default:
			f.Old = append(f.Old, b)
		}
	}
	return f
}
