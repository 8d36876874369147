package fleet

import (
	"cmp"
	"maps"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// merged makes one case of a group. Its figures are those of the strongest
// evidence; what another log established is taken over with its sources.
func (g *group) merged(w analyze.Weights) analyze.Case {
	slices.SortFunc(g.cases, earlier)
	c := *g.strongest()
	c.Signature, c.ID = g.cases[0].Signature, g.id()
	c.Alternates, c.Machines = nil, nil
	for _, o := range g.cases {
		if o.Signature != c.Signature {
			c.Aliases = addOnce(c.Aliases, o.Signature)
		}
		for _, a := range o.Alternates {
			c.Alternates = addOnce(c.Alternates, a)
		}
		c.Machines = addOnce(c.Machines, o.Machines[0])
	}
	slices.Sort(c.Machines)
	slices.SortStableFunc(c.Alternates, func(a, b analyze.Alternate) int { return cmp.Compare(a.By, b.By) })
	g.takeOver(&c)
	g.outcome(&c, w)
	c.Sightings = g.sightings()
	c.Notes = g.notes(&c)
	if shared := g.onlyShared(); shared != "" && len(c.Machines) > 1 {
		c.Unsure = append(slices.Clone(c.Unsure), analyze.Reason{Rule: analyze.RuleOnlyShared,
			Facts: analyze.Facts{"what": shared, "machines": int64(len(c.Machines))}})
	}
	return c
}

// strongest returns the case that the figures come from: of each machine the newest
// of the firmest verdict, of the machines the one with the strongest evidence.
func (g *group) strongest() *analyze.Case {
	machines := map[string]*analyze.Case{}
	for _, c := range g.cases {
		key := MachineKey(c.Lead)
		if old, seen := machines[key]; !seen || firmer(c, old) > 0 {
			machines[key] = c
		}
	}
	return slices.MinFunc(slices.Collect(maps.Values(machines)), stronger)
}

// firmer compares the cases of one machine: which of them its figures come from.
func firmer(a, b *analyze.Case) int {
	return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), a.Lead.At.Compare(b.Lead.At), cmp.Compare(a.Events, b.Events), stronger(b, a))
}

// Slim leaves of one machine's cases what merging asks of them. Only one of those with
// a signature can lend its figures to the merged case; it stays as it is.
func Slim(cases []analyze.Case) []analyze.Case {
	best := map[string]*analyze.Case{}
	for i := range cases {
		c := &cases[i]
		if old, seen := best[c.Signature]; !seen || firmer(c, old) > 0 {
			best[c.Signature] = c
		}
	}
	for i := range cases {
		if c := &cases[i]; firmer(c, best[c.Signature]) < 0 {
			*c = slim(c)
		}
	}
	return cases
}

func slim(c *analyze.Case) analyze.Case {
	out := analyze.Case{ID: c.ID, Signature: c.Signature, Alternates: c.Alternates, Kind: c.Kind, Class: c.Class,
		Verdict: c.Verdict, Machines: c.Machines, Lead: c.Lead, Pools: c.Pools, Object: c.Object, Events: c.Events,
		Bytes: c.Bytes, Owner: c.Owner, Holder: c.Holder, Confidence: c.Confidence, Known: c.Known}
	if c.Cluster != nil {
		out.Cluster = &analyze.Cluster{Anchor: analyze.Member{TagUsage: c.Cluster.Anchor.TagUsage}}
	}
	for _, m := range c.Core {
		out.Core = append(out.Core, analyze.Member{TagUsage: m.TagUsage, Times: m.Times, Per: m.Per})
	}
	for _, t := range c.Trail {
		if foretold(t) {
			out.Trail = append(out.Trail, t)
		}
	}
	return out
}

// foretold reports whether a step tells what came of an earlier prediction.
func foretold(t analyze.TrailStep) bool {
	return t.Rule == analyze.RuleForeseen || t.Rule == analyze.RuleRefuted
}

// outcome adds what came of the last prediction, which an earlier log made.
func (g *group) outcome(c *analyze.Case, w analyze.Weights) {
	for _, o := range slices.Backward(g.cases) {
		i := slices.IndexFunc(o.Trail, foretold)
		if i < 0 {
			continue
		}
		if step := o.Trail[i]; o.Lead != c.Lead && MachineKey(o.Lead) == MachineKey(c.Lead) {
			step.Odds = c.Trail[len(c.Trail)-1].Odds + step.Weight
			c.Trail = append(slices.Clone(c.Trail), step)
			c.Confidence = w.Confidence(step.Odds)
			if step.Rule == analyze.RuleForeseen {
				c.Why = append(slices.Clone(c.Why), step.Reason)
			} else {
				c.WhyNot = append(slices.Clone(c.WhyNot), step.Reason)
			}
		}
		return
	}
}

// takeOver fills in what the strongest log does not establish and another does.
func (g *group) takeOver(c *analyze.Case) {
	for _, o := range slices.SortedFunc(slices.Values(g.cases), stronger) {
		if !c.Owner.Established() {
			c.Owner = o.Owner
		}
		if c.Holder.Key() == "" && o.Holder.Key() != "" {
			c.Holder = o.Holder
			c.Unsure = slices.DeleteFunc(slices.Clone(c.Unsure),
				func(r analyze.Reason) bool { return r.Rule == analyze.RuleHolderUnknown })
		}
		if c.Known == nil {
			c.Known = o.Known
		}
	}
}

// onlyShared returns the tag or object that alone ties a group together though
// many defects share it, or "".
func (g *group) onlyShared() string {
	first := g.cases[0]
	if g.holder != "" || len(g.names[analyze.ByTag]) > 0 {
		return ""
	}
	if len(first.Core) > 0 {
		return first.Core[0].Tag.String()
	}
	return first.Object
}

// sightings lists the snapshots that show a case, by machine and time. Where one
// snapshot raised two cases of one signature, the stronger stands for both.
func (g *group) sightings() []analyze.Sighting {
	best := map[*ingest.Snapshot]*analyze.Case{}
	for _, c := range g.cases {
		if old, seen := best[c.Lead]; !seen || stronger(c, old) < 0 {
			best[c.Lead] = c
		}
	}
	var out []analyze.Sighting
	for s, c := range best {
		out = append(out, analyze.Sighting{Machine: c.Machines[0], Snapshot: s, Signature: c.Signature,
			Events: c.Events, Bytes: c.Bytes,
			Verdict: c.Verdict, Confidence: c.Confidence, Holder: cmp.Or(c.Holder.Module, c.Holder.Program())})
	}
	slices.SortFunc(out, func(a, b analyze.Sighting) int {
		return cmp.Or(cmp.Compare(a.Machine, b.Machine), a.At().Compare(b.At()), compareSources(a.Snapshot.Source, b.Snapshot.Source))
	})
	return out
}

// notes tells by what a case was put together, and what was kept out of it.
func (g *group) notes(c *analyze.Case) []analyze.Reason {
	out := []analyze.Reason{{Rule: analyze.NoteAssigned, Facts: analyze.Facts{"signature": c.Signature,
		"machines": int64(len(c.Machines)), "snapshots": int64(len(c.Sightings))}}}
	if nameless(g.cases[0]) {
		out = append(out, analyze.Reason{Rule: analyze.NoteNameless})
	}
	for _, j := range g.joined {
		out = append(out, analyze.Reason{Rule: analyze.NoteJoined,
			Facts: analyze.Facts{"by": j.by.String(), "text": j.text, "signature": j.signature}})
	}
	return append(out, g.kept()...)
}

// kept words the refusals that still stand, once for each other case.
func (g *group) kept() []analyze.Reason {
	var out []analyze.Reason
	told := map[*group]bool{g: true}
	for _, r := range g.apart {
		if o := r.other.root(); !told[o] {
			told[o] = true
			out = append(out, analyze.Reason{Rule: r.rule, Facts: analyze.Facts{"case": o.id(), "text": r.text}})
		}
	}
	slices.SortStableFunc(out,
		func(a, b analyze.Reason) int { return cmp.Compare(a.Facts["case"].(string), b.Facts["case"].(string)) })
	return out
}
