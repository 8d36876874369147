package judge

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// grow builds the cluster of all rows in step with the anchor's count. The
// anchor comes first, the others by what they tell.
func (e *exam) grow(anchor ingest.TagUsage) []analyze.Member {
	var core []analyze.Member
	for _, m := range e.table.Grow(anchor) {
		core = append(core, member(m, anchor.Outstanding))
	}
	e.mostTelling(core[1:])
	return core
}

// mostTelling sorts members by what they tell about their driver, then by bytes.
func (e *exam) mostTelling(members []analyze.Member) {
	slices.SortStableFunc(members, func(a, b analyze.Member) int {
		return cmp.Or(cmp.Compare(e.tells(b.TagUsage), e.tells(a.TagUsage)), cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag))
	})
}

func member(m cluster.Match, events int64) analyze.Member {
	return analyze.Member{TagUsage: m.TagUsage, Times: m.Times, Per: m.Per, Surplus: m.Surplus,
		Ratio: float64(m.Outstanding) / float64(events)}
}

// tells ranks a tag by how much it says about who allocates it: 2 a tag the
// dictionary does not know, 1 a driver's own tag, 0 one that any driver causes.
func (e *exam) tells(row ingest.TagUsage) int { return tells(e.know.Tag(row.Tag), &row) }

func tells(info *knowledge.TagInfo, row *ingest.TagUsage) int {
	switch {
	case info.Generic:
		return 0
	case row.Unknown() || row.Description == "" && info.Module == "":
		return 2
	}
	return 1
}

// joinGains makes a core of the tags that gained in step with the row between two
// snapshots of a boot session, and argues with it. It reports whether there is one
// that is more than luck.
func (d *draft) joinGains(row ingest.TagUsage) bool {
	g := d.gained()
	at := slices.IndexFunc(g.table.Rows, func(r ingest.TagUsage) bool { return r.Tag == row.Tag && r.Pool == row.Pool })
	if at < 0 {
		return false
	}
	matches := g.table.Grow(g.table.Rows[at])
	if len(matches) < 2 {
		return false
	}
	// Few tags gain as much as a leak does, so the whole table tells how counts spread.
	fit := d.table.Fit(matches)
	if cluster.PoissonTail(len(matches)-1, fit.Chance) > d.th.ClusterChance {
		return false
	}
	d.Core, d.Followers = nil, nil
	for _, m := range matches {
		d.Core = append(d.Core, g.member(m, fit.Events))
	}
	d.mostTelling(d.Core[1:])
	for _, r := range g.table.Rows {
		if m, ok := cluster.Follower(r, fit.Events, d.th.FollowerSurplus); ok && d.know.Tag(r.Tag).Generic && !hasTag(d.Core, r.Tag) {
			d.Followers = append(d.Followers, g.member(m, fit.Events))
		}
	}
	d.Cluster = &analyze.Cluster{Events: fit.Events, Anchor: d.Core[0],
		Tolerance: cluster.Tolerance(fit.Events, d.th.ClusterGain), Candidate: fit.Compared,
		Chance: fit.Chance, ByLuck: d.table.Luck(fit, len(matches), 0), Gains: true}
	d.inStepReasons(analyze.RuleInStepGain, d.stepWeight(len(d.Core)))
	return true
}

// stepWeight is what tags in step are worth: a pair says less than more.
func (d *draft) stepWeight(members int) float64 {
	if members == 2 {
		return d.th.Weights.Pair
	}
	return d.th.Weights.Cluster
}

// followers returns the shared tags outside the core whose count exceeds the
// expected one by a little: their own other uses explain the surplus.
func (e *exam) followers(core []analyze.Member) []analyze.Member {
	var out []analyze.Member
	events := core[0].Outstanding
	for _, row := range e.rows() {
		m, ok := cluster.Follower(row, events, e.th.FollowerSurplus)
		if ok && e.know.Tag(row.Tag).Generic && !hasTag(core, row.Tag) {
			out = append(out, member(m, events))
		}
	}
	return out
}

func hasTag(members []analyze.Member, tag ingest.Tag) bool {
	return slices.ContainsFunc(members, func(m analyze.Member) bool { return m.Tag == tag })
}

// fit says how close a core is, its anchor first, and what chance would give.
func (e *exam) fit(core []analyze.Member) cluster.Fit {
	var matches []cluster.Match
	for _, m := range core {
		matches = append(matches, cluster.Match{TagUsage: m.TagUsage, Times: m.Times, Per: m.Per, Surplus: m.Surplus})
	}
	return e.table.Fit(matches)
}

// cluster describes a core by its fit, and how many as good luck makes.
func (e *exam) cluster(core []analyze.Member, fit cluster.Fit) *analyze.Cluster {
	return &analyze.Cluster{Events: fit.Events, Anchor: core[0], Tolerance: fit.Tolerance, Candidate: fit.Compared,
		Chance: fit.Chance, ByLuck: e.table.Luck(fit, len(core), e.th.ClusterEvents)}
}

// supports reports whether a cluster around an anchor that another sign has
// chosen is more than luck: that many matches of that anchor are improbable.
func supports(fit cluster.Fit, core []analyze.Member, th analyze.Thresholds) bool {
	return cluster.PoissonTail(len(core)-1, fit.Chance) <= th.ClusterChance
}

// convicts reports whether a core is more than luck though nothing else pointed at its
// anchor. It takes three members, or two that agree closely at a large count.
func (e *exam) convicts(core []analyze.Member) bool {
	events := core[0].Outstanding
	pair := len(core) == 2 && events >= e.th.ClusterPair &&
		max(core[1].Surplus, -core[1].Surplus) <= max(1, events/e.th.ClusterPair)
	return (len(core) >= 3 || pair) && !e.table.Lucky(e.fit(core), len(core), e.th.ClusterEvents, e.th.ClusterLuck)
}
