package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// course is how the quantity that a case rests on moved in its boot session.
type course struct {
	series.Trend
	class series.Class
	what  any  // an ingest.Tag, or a filter's name
	bytes bool // the values are bytes: the tables print no counts
	tag   *series.Tag
}

// course returns the movement of the lead tag, or of the instances of a runaway
// filter; without points when only one snapshot shows it.
func (d *draft) course() course {
	if d.Kind == analyze.RunawayAttachment && d.Holder.Established() {
		t := series.CountTrend(d.moves.Points(series.Instances(d.Holder.Module)), d.th.Series)
		return course{Trend: t, class: t.Class, what: d.Holder.Module}
	}
	if len(d.Core) == 0 {
		return course{}
	}
	t := d.moved(d.Core[0].TagUsage)
	if t == nil {
		return course{}
	}
	c := course{Trend: t.Count, class: t.Class, what: t.Tag, tag: t}
	if t.Count.First() == 0 && t.Count.Last() == 0 {
		c.Trend, c.bytes = t.Bytes, true
	}
	return c
}

func (c *course) facts() analyze.Facts {
	return analyze.Facts{"what": c.what, "bytes": c.bytes, "first": int64(c.First()), "last": int64(c.Last()),
		"snapshots": int64(len(c.Points)), "hours": c.Window, "rate": c.Slope.PerHour,
		"low": c.Slope.Low, "high": c.Slope.High}
}

// sources are the first and the last reading.
func (c *course) sources() []ingest.Source {
	return []ingest.Source{c.Points[0].Source, c.Points[len(c.Points)-1].Source}
}

// movement argues with how the case's quantity moved between the snapshots, and
// says how many more are needed where they do not tell.
func (d *draft) movement() {
	if d.Class == analyze.Verified {
		return
	}
	d.sinceRestart()
	c := d.course()
	if len(c.Points) < 2 {
		d.whyNot(0, analyze.RuleOneSnapshot, nil)
		return
	}
	w, facts, from := d.th.Weights, c.facts(), c.sources()
	switch c.class {
	case series.Growing:
		if c.Slope.Bounded {
			d.why(w.Growing, analyze.RuleGrowing, facts, from...)
		} else {
			d.why(w.Rose, analyze.RuleRose, facts, from...)
		}
		d.perWork(&c)
	case series.Retained:
		d.why(w.Retained, analyze.RuleRetained, facts, from...)
	case series.Settled:
		d.whyNot(w.Flat, analyze.RuleSettled, facts, from...)
	case series.Spike, series.Recovered:
		d.whyNot(w.Recovered, analyze.RuleRecovered, facts, from...)
	case series.Busy, series.Steady:
		d.whyNot(w.Flat, analyze.RuleFlat, facts, from...)
		d.doubt(&c)
	case series.Insufficient:
		d.insufficient(&c)
	}
}

// doubt takes a verdict back to a suspicion when the count only breathed for a
// whole day: then it is as large as this machine needs it. More objects than live
// ones, a filter above its peers, and what Driver Verifier counted stay what they are.
func (d *draft) doubt(c *course) {
	counted := hasReason(d.Why, analyze.RuleObjectGap) || d.Kind == analyze.RunawayAttachment
	if !counted && d.Verdict == analyze.Leak && c.Slope.Bounded && c.Window >= d.th.GrowthDay {
		d.Verdict = analyze.Suspect
	}
}

// insufficient gives the difference that too few readings show, and what is
// missing to call it a trend.
func (d *draft) insufficient(c *course) {
	facts := c.facts()
	if c.Difference() > 0 {
		d.why(d.th.Weights.Difference, analyze.RuleDifference, facts, c.sources()...)
	} else {
		d.whyNot(0, analyze.RuleNoDifference, facts, c.sources()...)
	}
	facts["points"], facts["window"] = int64(c.MissingPoints), c.MissingWindow
	d.Limits = append(d.Limits, analyze.Reason{Rule: analyze.RuleShortSeries, Facts: facts, Sources: c.sources()})
}

// restartFall: tags fell 10 to 760 times when leaking machines were restarted; a
// smaller factor is within what any machine's start changes.
const restartFall = 10

// sinceRestart tells what the restart before, or the one after, did to the lead
// tag: what comes back small was no fixed size.
func (d *draft) sinceRestart() {
	if len(d.Core) == 0 {
		return
	}
	at := d.past.of[d.Snapshot].boot
	for _, i := range []int{at, at + 1} {
		if i == 0 || i >= len(d.past.boots) || d.past.boots[i].Before != series.Restarted {
			continue
		}
		before, after := d.past.boots[i-1].Snapshots, d.past.boots[i].Snapshots
		lead := series.Key{Tag: d.Core[0].Tag, Pool: d.Core[0].Pool}
		age, f, ok := series.Restart(before[len(before)-1], after[0], lead, d.th.Series)
		if ok && f.Factor >= restartFall {
			d.why(d.th.Weights.RestartFell, analyze.RuleRestartFell,
				analyze.Facts{"tag": lead.Tag, "before": f.Before.Outstanding,
					"after": f.After.Outstanding, "factor": analyze.Ratio(f.Factor), "young": age == series.Young,
					"uptime": after[0].Uptime}, f.Before.Source, f.After.Source)
			return
		}
	}
}

// perWork gives the growth for each unit of work that the tables count.
func (d *draft) perWork(c *course) {
	if c.tag == nil {
		return
	}
	deltas := d.moves.Deltas(0, d.here)
	for _, leak := range deltas {
		if leak.Key != c.tag.Key {
			continue
		}
		for _, r := range series.WorkRates(leak, deltas) {
			d.why(0, analyze.RulePerWork, analyze.Facts{"tag": leak.Tag, "each": analyze.Ratio(r.Each),
				"work": r.Work.Tag, "units": int64(r.Units),
				"gained": leak.Outstanding, "process": d.know.Tag(r.Work.Tag).Object == "process"}, leak.To.Source, r.Work.Source)
		}
	}
}

// rate measures how fast the case grows and when its pool runs full. One snapshot
// gives only the average since boot, and no date.
func (d *draft) rate() {
	c := d.course()
	hours := d.Uptime.Hours()
	switch {
	case len(c.Points) > 1 && c.MissingWindow == 0:
		d.measured(&c)
	case d.UptimeOK && hours > 0 && d.Events > 0:
		d.Rate = &analyze.Rate{EventsPerHour: float64(d.Events) / hours, BytesPerHour: float64(d.Bytes) / hours,
			Window: d.Uptime, SinceBoot: true}
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleAverage}
		if len(c.Points) > 1 {
			d.NoExhaustion = analyze.Reason{Rule: analyze.RuleCloseBy, Facts: analyze.Facts{"apart": c.Window},
				Sources: c.sources()}
		}
	case len(d.history) > 1:
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleNoClock,
			Facts: analyze.Facts{"snapshots": int64(len(d.history))}}
	default:
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleNoRate}
	}
}

// measured takes the rate from the slopes within the boot session.
func (d *draft) measured(c *course) {
	slope := d.bytesSlope(c)
	if c.class != series.Growing && c.class != series.Insufficient || c.Slope.PerHour <= 0 {
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleNoGrowth, Facts: c.facts(), Sources: c.sources()}
		return
	}
	d.Rate = &analyze.Rate{BytesPerHour: slope.PerHour, Window: c.Window, Snapshots: len(c.Points)}
	if !c.bytes {
		d.Rate.EventsPerHour = c.Slope.PerHour
	}
	if slope.Bounded {
		d.Rate.BytesLow, d.Rate.BytesHigh = slope.Low, slope.High
	}
	d.exhaust(slope)
}

// bytesSlope adds up the slopes of the core's bytes. Where the tables print no
// bytes, what an event holds stands in.
func (d *draft) bytesSlope(c *course) series.Slope {
	sum := series.Slope{Bounded: true}
	for _, m := range d.Core {
		if t := d.moved(m.TagUsage); t != nil {
			s := t.Bytes.Slope
			sum.PerHour, sum.Low, sum.High = sum.PerHour+s.PerHour, sum.Low+s.Low, sum.High+s.High
			sum.Bounded = sum.Bounded && s.Bounded
		}
	}
	if sum.PerHour == 0 {
		each := d.BytesPerEvent
		sum = series.Slope{PerHour: c.Slope.PerHour * each, Low: c.Slope.Low * each, High: c.Slope.High * each,
			Bounded: c.Slope.Bounded}
	}
	return sum
}

// obstacleRules are the sentences for why there is no date.
var obstacleRules = map[series.Obstacle]analyze.Rule{series.NoCeiling: analyze.RuleNoCeiling,
	series.NoInterval: analyze.RuleNoInterval,
	series.NoGrowth:   analyze.RuleNoGrowth, series.TooFar: analyze.RuleTooFar}

// exhaust dates when the pool of the lead tag is full.
func (d *draft) exhaust(slope series.Slope) {
	f := d.poolOf()
	switch {
	case f == nil:
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleNoCeiling}
		return
	case slope.PerHour == 0:
		d.NoExhaustion = analyze.Reason{Rule: analyze.RuleNoBytes}
		return
	}
	when, obstacle := series.Exhaust(f.Held(), f.Ceiling, slope, d.th.Series)
	if obstacle != 0 {
		c := d.course()
		facts := c.facts()
		facts["pool"] = f.Pool.String()
		d.NoExhaustion = analyze.Reason{Rule: obstacleRules[obstacle], Facts: facts}
		return
	}
	d.Exhausts = &analyze.Exhaustion{In: when.Expected, Earliest: when.Earliest, Latest: when.Latest,
		Ceiling: f.Ceiling, Source: d.Source}
	if len(f.Basis.Sources) > 0 {
		d.Exhausts.Source = f.Basis.Sources[0]
	}
	if !d.At.IsZero() {
		d.Exhausts.At = d.At.Add(when.Expected)
	}
}

// poolOf returns the facts of the lead tag's pool, nonpaged for a case without
// tags.
func (d *draft) poolOf() *analyze.PoolFacts {
	pool := ingest.NonPaged
	if len(d.Core) > 0 {
		pool = d.Core[0].Pool
	}
	for i := range d.Pool {
		if d.Pool[i].Pool == pool {
			return &d.Pool[i]
		}
	}
	return nil
}

// trends fills in how each member moved.
func (d *draft) trends(members []analyze.Member) {
	for i := range members {
		if t := d.moved(members[i].TagUsage); t != nil {
			members[i].Trend = t.Class.String()
		}
	}
}

func hasReason(reasons []analyze.Reason, rule analyze.Rule) bool {
	return slices.ContainsFunc(reasons, func(r analyze.Reason) bool { return r.Rule == rule })
}
