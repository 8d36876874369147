package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/knowledge"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// exam is one snapshot under examination: what every rule looks at.
type exam struct {
	*ingest.Snapshot
	scene
	moves   *series.Moves  // of its boot session,
	here    int            // in which it is this snapshot
	known   []known        // by the tags' numbers there
	table   *cluster.Table // of rows large enough to be compared
	filters []analyze.FilterFact
	pools   []analyze.PoolFacts
	tables  tableState
	tableAt ingest.Source
	misses  []analyze.Reason
	gains   *gains // nil until asked for
}

// scene is what a snapshot is judged against beside its own figures.
type scene struct {
	th      analyze.Thresholds
	know    *knowledge.Base
	norms   fleet.Norms        // of the filters on all machines
	history []*ingest.Snapshot // of the machine, in time order, the judged one among them
	past    *past              // the same in boot sessions; nil: of the judged one alone
}

func examine(s *ingest.Snapshot, in scene) *exam {
	if in.past == nil {
		in.past = newPast([]*ingest.Snapshot{s}, in.th.Series)
	}
	at := in.past.of[s]
	e := &exam{Snapshot: s, scene: in, moves: in.past.moves[at.boot], here: at.at,
		known: in.past.knownOn(at.boot, s.OS, in.know),
		table: cluster.NewTable(s.Tags, in.th.ClusterFloor, in.th.ClusterTolerance), pools: poolFacts(s)}
	e.judgeFilters()
	e.tables, e.tableAt = tables(s, e.pools, in.th)
	return e
}

// rows returns the rows whose counts are large enough to be compared.
func (e *exam) rows() []ingest.TagUsage { return e.table.Rows }

// draft is a case being argued: reasons are added one by one, each moves the
// odds.
type draft struct {
	*exam
	analyze.Case
	odds float64
}

func (e *exam) draft(kind analyze.Kind, class analyze.Class, verdict analyze.Verdict) *draft {
	d := &draft{exam: e, Case: analyze.Case{
		Kind: kind, Class: class, Verdict: verdict, Lead: e.Snapshot, Machines: []string{e.Machine.Name},
		Filters: e.filters, Pool: e.pools}}
	d.weigh(e.th.Weights.Prior, analyze.Reason{Rule: analyze.TrailPrior})
	return d
}

// weigh moves the odds by a reason and leaves the step on the trail. It returns
// the reason for the list it belongs to.
func (d *draft) weigh(weight float64, r analyze.Reason) analyze.Reason {
	d.odds += weight
	if weight != 0 {
		d.Trail = append(d.Trail, analyze.TrailStep{Reason: r, Weight: weight, Odds: d.odds})
	}
	return r
}

func (d *draft) why(weight float64, r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	d.Why = append(d.Why, d.weigh(weight, analyze.Reason{Rule: r, Facts: f, Sources: from}))
}

func (d *draft) whyNot(weight float64, r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	d.WhyNot = append(d.WhyNot, d.weigh(weight, analyze.Reason{Rule: r, Facts: f, Sources: from}))
}

func (d *draft) unsure(r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	d.Unsure = append(d.Unsure, analyze.Reason{Rule: r, Facts: f, Sources: from})
}

func (d *draft) then(r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	d.Chain = append(d.Chain, analyze.Reason{Rule: r, Facts: f, Sources: from})
}

// join makes the grown core the case's own and argues with it: members, chance,
// followers, bytes.
func (d *draft) join(core []analyze.Member, weight float64) {
	d.Core = core
	d.Followers = d.followers(core)
	if len(core) < 2 {
		return
	}
	fit := d.fit(core)
	if !supports(fit, core, d.th) {
		d.Core = core[:1]
		d.Followers = d.followers(d.Core)
		return
	}
	d.Cluster = d.cluster(core, fit)
	d.inStepReasons(analyze.RuleInStep, weight)
}

// inStepReasons argues with the core and its cluster.
func (d *draft) inStepReasons(r analyze.Rule, weight float64) {
	c, tags := d.Cluster, int64(len(d.Core))
	d.why(weight, r, analyze.Facts{"events": c.Events, "members": inStep(d.Core), "tags": tags,
		"tolerance": c.Tolerance}, sources(d.Core)...)
	d.why(0, analyze.RuleChance, analyze.Facts{"chance": analyze.Ratio(c.Chance),
		"luck": analyze.Ratio(c.ByLuck), "tags": tags, "others": tags - 1, "compared": int64(c.Candidate)})
}

// inStep words the members as "FMis 10,841 (1:1)" does: tag, count, ratio.
func inStep(members []analyze.Member) []analyze.MemberFact {
	var out []analyze.MemberFact
	for _, m := range members {
		out = append(out, analyze.MemberFact{Tag: m.Tag, Count: m.ClusterCount(), Times: m.Times, Per: m.Per,
			Surplus: m.Surplus, Ratio: m.Ratio})
	}
	return out
}

func sources(members []analyze.Member) []ingest.Source {
	var out []ingest.Source
	for _, m := range members {
		out = append(out, m.Source)
	}
	return out
}

// finish fills what every kind of case has: owners, sums, rate, limits,
// signature. Neither trigger nor amplifier shows in a snapshot.
func (d *draft) finish() analyze.Case {
	d.Trigger = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.TriggerNone}}
	d.Amplifier = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.AmplifierNone}}
	d.own(d.Core)
	d.own(d.Followers)
	d.own(d.Related)
	d.compare(d.Core)
	d.compare(d.Followers)
	d.compare(d.Related)
	d.sum()
	d.trends(d.Core)
	d.trends(d.Followers)
	d.foresee()
	d.movement()
	d.rate()
	d.limits()
	d.Confidence = d.th.Weights.Confidence(d.odds)
	if d.Verdict > analyze.Suspect && d.Confidence < d.th.FirmFrom {
		d.Verdict = analyze.Suspect
	}
	d.climb()
	fleet.Sign(&d.Case, d.private())
	return d.Case
}

func (d *draft) own(members []analyze.Member) {
	for i := range members {
		if m := &members[i]; m.Owner.Basis.Rule == "" {
			m.Owner = owner(d.Snapshot, m.TagUsage, d.know)
		}
	}
}

// compare fills in what each member is held against: the band of healthy machines,
// and how far a count may be off its ratio.
func (d *draft) compare(members []analyze.Member) {
	relative := d.th.ClusterTolerance
	if d.Cluster != nil && d.Cluster.Gains {
		relative = d.th.ClusterGain
	}
	for i := range members {
		m := &members[i]
		m.Band = d.know.Band(m.Tag, m.Pool, d.OS)
		if m.Per > 0 {
			m.Within = cluster.Tolerance(m.ClusterCount()-m.Surplus, relative)
		}
	}
}

// sum adds up the bytes of core and followers, and of what is proven to be the
// holder's though in no integer ratio. A follower's surplus is not the event's,
// so only its expected share counts.
func (d *draft) sum() {
	held := 0.0
	for _, m := range d.Core {
		held += float64(m.Bytes)
		d.Pools = appendOnce(d.Pools, m.Pool)
	}
	for _, m := range d.Followers {
		if m.Outstanding > 0 {
			held += float64(m.Bytes) * float64(m.ClusterCount()-m.Surplus) / float64(m.Outstanding)
		}
	}
	for _, m := range d.Related {
		if m.Owner.Proven && ingest.ModuleKey(m.Owner.Module) == ingest.ModuleKey(d.Holder.Module) {
			held += float64(m.Bytes)
		}
	}
	slices.Sort(d.Pools)
	d.Bytes = uint64(held)
	if d.Events > 0 {
		d.BytesPerEvent = held / float64(d.Events)
	}
}

func appendOnce[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// limits tells what was missing in the input, and takes it off the confidence.
func (d *draft) limits() {
	w := d.th.Weights
	switch d.tables {
	case tablesCut:
		d.Limits = append(d.Limits, d.weigh(w.Unclosed,
			analyze.Reason{Rule: analyze.RuleCut, Facts: analyze.Facts{"line": int64(d.tableAt.Line)},
				Sources: []ingest.Source{d.tableAt}}))
	case tablesUnclosed, tablesExcerpt:
		d.Limits = append(d.Limits, d.weigh(w.Unclosed, analyze.Reason{Rule: analyze.RuleUnclosed,
			Sources: []ingest.Source{d.tableAt}}))
	case tablesWrong:
		d.whyNot(w.Disagreement, analyze.RuleTableDiffers, nil, d.tableAt)
	}
	d.Limits = append(d.Limits, d.abovePools()...)
	if !slices.ContainsFunc(d.Tags, func(t ingest.TagUsage) bool { return t.Counted }) && len(d.Tags) > 0 {
		d.Limits = append(d.Limits, analyze.Reason{Rule: analyze.RuleNoCounts})
	}
}
