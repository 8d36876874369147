package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// grower is a tag that gained enough in its boot session to be worth a case.
type grower struct {
	*series.Tag
	row     ingest.TagUsage
	share   analyze.Percent // of what all tags of its pool gained
	verdict analyze.Verdict
}

func growthSign(e *exam, d *docket) {
	for _, g := range e.growers() {
		if !d.taken[g.row.Tag] && !e.fillsCache(g.row) {
			d.file(e.growerCase(g))
		}
	}
}

// growerCase argues that a tag grows while others do not.
func (e *exam) growerCase(g grower) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Growth, g.verdict)
	if object := e.know.Tag(g.row.Tag).Object; object != "" {
		d.Kind, d.Object = analyze.ObjectLeak, object
	}
	d.why(d.th.Weights.GainShare, analyze.RuleGainShare, analyze.Facts{"tag": g.row.Tag,
		"pool": g.row.Pool.String(), "share": g.share}, g.row.Source)
	d.freeReasons(g.row, analyze.Facts{"tag": g.row.Tag, "outstanding": g.row.Outstanding})
	return d.poolCase(g.row)
}

// growers returns the tags worth a case, those that gained most bytes first. Only
// the newest snapshot of a boot session speaks for it.
func (e *exam) growers() []grower {
	var out []grower
	for i, tag := range e.moves.Numbers(e.here) {
		tag, row := int(tag), &e.Tags[i]
		if e.moves.Newest(tag) != row || !e.moves.Series(tag) {
			continue
		}
		share := e.gainShare(tag) // few tags of a pool have enough to be looked at further
		if float64(share) < e.th.GrowthShare || e.known[tag].info.Large != "" {
			continue
		}
		g := grower{Tag: e.moves.Tag(tag), row: *row, share: share}
		if g.verdict = e.growthVerdict(g.Tag, g.row); g.verdict != 0 {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b grower) int {
		switch x, y := a.Bytes.Difference(), b.Bytes.Difference(); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return out
}

// growthVerdict says what the growth of a tag is worth: a leak needs volume, a long
// enough window and an interval; three points only make a suspect, and two only
// when much was gained. Objects fewer than a busy healthy machine has are suspect
// at most. 0 is no case.
func (e *exam) growthVerdict(t *series.Tag, row ingest.TagUsage) analyze.Verdict {
	switch {
	case t.Class != series.Growing:
		if e.leapt(t) {
			return analyze.Suspect
		}
		return 0
	case !e.worth(t, 1):
		return 0
	}
	normal := e.know.Tag(row.Tag).Normal
	if e.convincing(t) && (normal == 0 || row.Outstanding >= normal) {
		return analyze.Leak
	}
	return analyze.Suspect
}

// convincing reports whether growth convicts: an interval, and a window long enough for
// what was gained. Over a whole day the load comes and goes.
func (e *exam) convincing(t *series.Tag) bool {
	return t.Count.Slope.Bounded && (t.Count.Window >= e.th.GrowthDay ||
		t.Count.Window >= e.th.GrowthWindow && e.worth(t, e.th.GrowthFirm))
}

// worth reports whether a tag gained so many times the least volume, by the low
// end of the slope's interval where there is one.
func (e *exam) worth(t *series.Tag, times float64) bool {
	return sureGain(&t.Count) >= times*e.th.GrowthCount || sureGain(&t.Bytes) >= times*e.th.GrowthBytes
}

func sureGain(t *series.Trend) float64 {
	if t.Slope.Bounded {
		return t.LeastGrowth()
	}
	return t.Difference()
}

// leapt reports whether two readings alone show a gain to look into: a large one,
// and by half of what was there.
func (e *exam) leapt(t *series.Tag) bool {
	if len(t.Count.Points) != 2 || t.Count.MissingWindow > 0 || !e.worth(t, e.th.GrowthLeap) {
		return false
	}
	many := t.Count.Difference() >= e.th.Series.Multiplied*t.Count.First()
	much := t.Bytes.Difference() >= e.th.Series.Multiplied*t.Bytes.First()
	return many && much
}

// gainShare returns which share of all that its pool gained a tag gained, by count
// or by bytes, whichever is more. When a whole machine gets busy, all tags gain.
func (e *exam) gainShare(tag int) analyze.Percent {
	all := e.past.gained[e.past.of[e.Snapshot].boot][e.moves.Keys[tag].Pool]
	count, bytes := e.moves.Gained(tag)
	return analyze.Percent(max(count/max(1, all.count), bytes/max(1, all.bytes)))
}

// fillsCache reports whether control areas (MmCa) gained in step with a tag: then
// files are being cached.
func (e *exam) fillsCache(row ingest.TagUsage) bool {
	g := e.gained()
	for _, r := range g.table.Rows {
		if r.Tag == row.Tag && r.Pool == row.Pool {
			return slices.ContainsFunc(g.table.Grow(r), func(m cluster.Match) bool { return m.Tag == ingest.MustTag("MmCa") })
		}
	}
	return false
}

// calm reports whether what a case rests on went down by more than half without a
// restart, or is only turned over all the time: held or in use, not leaked.
func (e *exam) calm(c *analyze.Case) bool {
	if c.Class == analyze.Verified || c.Kind == analyze.RunawayAttachment || len(c.Core) == 0 {
		return false
	}
	lead := c.Core[0]
	t := e.moved(lead.TagUsage)
	if t == nil {
		return false
	}
	facts := analyze.Facts{"tag": lead.Tag, "count": lead.Outstanding, "last": t.Latest().Outstanding}
	switch {
	case t.Latest().Outstanding < lead.Outstanding/2:
		e.missed(analyze.MissGivenBack, facts, lead.Source, t.Latest().Source)
	case c.Class == analyze.Share && t.Class == series.Busy:
		e.missed(analyze.MissBusy, facts, lead.Source)
	default:
		return false
	}
	return true
}
