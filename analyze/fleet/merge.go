package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Merge puts together the cases of single snapshots that are one defect:
// first those with one signature, then by what else names them, strongest first.
// A case is never joined by a guess: see refuse. The result does not depend on
// the order of the cases.
func Merge(found []analyze.Case, th analyze.Thresholds) []analyze.Case {
	all := make([]*analyze.Case, len(found))
	for i := range found {
		all[i] = &found[i]
	}
	slices.SortFunc(all, earlier)
	m := newMerger(all)
	for by := analyze.BySignature; by <= analyze.ByPartners; by++ {
		m.pass(by)
	}
	m.noteShared()
	var out []analyze.Case
	for _, g := range m.all {
		if g.into == nil {
			out = append(out, g.merged(th.Weights))
		}
	}
	slices.SortFunc(out, WorstFirst)
	return out
}

// WorstFirst orders cases by severity, worst first.
func WorstFirst(a, b analyze.Case) int {
	return cmp.Or(cmp.Compare(b.Verdict, a.Verdict), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(b.Bytes, a.Bytes),
		cmp.Compare(a.ID, b.ID))
}

// earlier orders cases by when they were seen, undated ones last. The first of a
// group gives it its signature, so that later logs do not change a case's id: not
// even those that were asked for to find out more about it.
func earlier(a, b *analyze.Case) int {
	if undated := a.Lead.At.IsZero(); undated != b.Lead.At.IsZero() {
		if undated {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Lead.At.Compare(b.Lead.At), -cmp.Compare(known(a), known(b)), cmp.Compare(a.Signature, b.Signature),
		cmp.Compare(MachineKey(a.Lead), MachineKey(b.Lead)), compareSources(a.Lead.Source, b.Lead.Source), stronger(a, b))
}

// known says how much a signature tells.
func known(c *analyze.Case) int {
	n := len(c.Core)
	if c.Holder.Established() {
		n++
	}
	return n
}

// stronger orders cases by the weight of their evidence, strongest first.
func stronger(a, b *analyze.Case) int {
	return cmp.Or(cmp.Compare(b.Verdict, a.Verdict), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(b.Events, a.Events),
		cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(MachineKey(a.Lead), MachineKey(b.Lead)), compareSources(a.Lead.Source, b.Lead.Source))
}

// group is what has been found to be one case.
type group struct {
	cases    []*analyze.Case // of single snapshots, the earliest first
	holder   string          // key of the holder that any of them established
	verified bool            // Driver Verifier counted one of them
	pools    []ingest.Pool
	snaps    map[*ingest.Snapshot]bool
	names    map[analyze.By][]string // alternates of all of them
	into     *group                  // that has swallowed this one
	joined   []joining
	apart    []refusal
}

// joining notes what a group was joined with, by which common text.
type joining struct {
	by              analyze.By
	text, signature string
}

// refusal notes what a group was not joined with, and why.
type refusal struct {
	rule  analyze.Rule
	text  string
	other *group
}

// root returns the group that this one has become part of.
func (g *group) root() *group {
	for g.into != nil {
		g = g.into
	}
	return g
}

// id is the earliest signature's. Nothing identifies a defect of which a log names
// neither tag nor object nor holder, so there the machine stands in.
func (g *group) id() string {
	first := g.cases[0]
	if nameless(first) {
		return caseID(text(first.Signature, MachineKey(first.Lead)))
	}
	return caseID(first.Signature)
}

// nameless reports whether the signature says nothing that tells two defects apart.
func nameless(c *analyze.Case) bool {
	return len(c.Core) == 0 && c.Object == "" && c.Holder.Key() == ""
}

// merger holds all groups in the order of their earliest cases.
type merger struct{ all []*group }

// newMerger makes one group of all cases with one signature; found is in order.
func newMerger(found []*analyze.Case) *merger {
	m := &merger{}
	byID := map[string]*group{}
	for _, c := range found {
		one := newGroup(c)
		if g := byID[one.id()]; g != nil {
			g.add(one)
			continue
		}
		byID[one.id()] = one
		m.all = append(m.all, one)
	}
	return m
}

func newGroup(c *analyze.Case) *group {
	g := &group{cases: []*analyze.Case{c}, holder: c.Holder.Key(), verified: c.Class == analyze.Verified,
		pools: slices.Clone(c.Pools), snaps: map[*ingest.Snapshot]bool{c.Lead: true}, names: map[analyze.By][]string{}}
	for _, a := range c.Alternates {
		g.names[a.By] = append(g.names[a.By], withoutPool(a))
	}
	if !nameless(c) {
		g.names[analyze.BySignature] = []string{text(c.Kind.String(), c.Class.String(),
			cmp.Or(coreText(c.Core), c.Object), g.holder)}
		g.names[analyze.ByMachine] = []string{text(MachineKey(c.Lead), cmp.Or(c.Object, leadText(c)))}
	}
	return g
}

// leadText is the tag that a case is about, or its holder where it has none.
func leadText(c *analyze.Case) string {
	switch {
	case c.Cluster != nil:
		return c.Cluster.Anchor.Tag.Hex()
	case len(c.Core) > 0:
		return c.Core[0].Tag.Hex()
	}
	return c.Holder.Key()
}

// withoutPool is an alternate less the pool, which not every table prints.
func withoutPool(a analyze.Alternate) string {
	if a.By == analyze.ByTag {
		return a.Text[:strings.LastIndexByte(a.Text, '|')]
	}
	return a.Text
}

// add takes in the cases of another group that has no earlier one.
func (g *group) add(o *group) {
	g.cases = append(g.cases, o.cases...)
	g.holder = cmp.Or(g.holder, o.holder)
	g.verified = g.verified || o.verified
	for _, p := range o.pools {
		g.pools = addOnce(g.pools, p)
	}
	maps.Copy(g.snaps, o.snaps)
	for by, texts := range o.names {
		for _, t := range texts {
			g.names[by] = addOnce(g.names[by], t)
		}
	}
}

// pass joins the groups that share a text of one sort.
func (m *merger) pass(by analyze.By) {
	carriers := map[string][]*group{}
	for _, g := range m.all {
		if g.into == nil {
			for _, t := range g.names[by] {
				carriers[t] = append(carriers[t], g)
			}
		}
	}
	for _, t := range slices.Sorted(maps.Keys(carriers)) {
		joinAll(by, t, carriers[t])
	}
}

// joinAll joins the carriers of one text. Where they have several holders, those
// without any could belong to each of them, so they stay apart.
func joinAll(by analyze.By, t string, carriers []*group) {
	var holders []string
	for _, g := range carriers {
		if h := g.root().holder; h != "" {
			holders = addOnce(holders, h)
		}
	}
	for i, g := range carriers {
		for _, o := range carriers[:i] {
			a, b := o.root(), g.root()
			if a == b {
				continue
			}
			rule := refuse(a, b, len(holders) > 1)
			if rule == "" {
				join(a, b, by, t)
				break
			}
			a.apart, b.apart = append(a.apart, refusal{rule, t, b}), append(b.apart, refusal{rule, t, a})
		}
	}
}

// noteShared notes the groups about one tag that were not considered, because many
// defects share the tag.
func (m *merger) noteShared() {
	about := map[string][]*group{}
	for _, g := range m.all {
		if lead := leadText(g.cases[0]); g.into == nil && len(g.names[analyze.ByTag]) == 0 && lead != "" {
			for _, o := range about[lead] {
				g.apart, o.apart = append(g.apart, refusal{analyze.NoteShared, lead, o}),
					append(o.apart, refusal{analyze.NoteShared, lead, g})
			}
			about[lead] = append(about[lead], g)
		}
	}
}

// refuse returns why two groups that share a text are not one case, or "".
func refuse(a, b *group, severalHolders bool) analyze.Rule {
	switch {
	case a.holder != "" && b.holder != "" && a.holder != b.holder:
		return analyze.NoteHolders
	case (a.verified || b.verified) && a.holder != b.holder:
		return analyze.NoteVerifier
	case severalHolders && a.holder != b.holder:
		return analyze.NoteSeveral
	case !poolsAgree(a.pools, b.pools):
		return analyze.NotePools
	}
	for s := range a.snaps {
		if b.snaps[s] {
			return analyze.NoteSnapshot // the same log tells them apart
		}
	}
	return ""
}

// poolsAgree reports whether two cases have a pool in common, as far as the logs
// print it.
func poolsAgree(a, b []ingest.Pool) bool {
	unknown := func(p ingest.Pool) bool { return p == 0 }
	if len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, unknown) || slices.ContainsFunc(b, unknown) {
		return true
	}
	return slices.ContainsFunc(a, func(p ingest.Pool) bool { return slices.Contains(b, p) })
}

// join makes the later group part of the earlier.
func join(a, b *group, by analyze.By, t string) {
	if earlier(b.cases[0], a.cases[0]) < 0 {
		a, b = b, a
	}
	a.joined = append(append(a.joined, joining{by, t, b.cases[0].Signature}), b.joined...)
	a.apart = append(a.apart, b.apart...)
	a.add(b)
	b.into = a
}

func addOnce[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}
