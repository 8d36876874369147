package judge

import (
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// changeSign takes up differences that a log states by itself. Somebody else has
// measured them and their figures are not here, so they only suspect, and only
// where no figure of the log says more.
func changeSign(e *exam, d *docket) {
	if len(d.cases) > 0 {
		return
	}
	for _, c := range e.growths() {
		d.file(e.growthCase(c))
	}
	if kept := e.keptObjects(); len(kept) > 0 {
		d.file(e.keptCase(kept))
	}
}

// changedPools are the pools by what a change is of.
var changedPools = map[string]ingest.Pool{ingest.ChangeNonPaged: ingest.NonPaged, ingest.ChangePaged: ingest.Paged}

// growths returns the fastest stated growth of each pool and tag above the
// published rate.
func (e *exam) growths() []ingest.Change {
	var out []ingest.Change
	for _, c := range e.Changes {
		hourly, timed := c.Hourly()
		if (changedPools[c.What] == 0 && c.What != ingest.ChangeTag) || !c.Bytes || !timed || hourly < float64(e.th.GrowthHourly) {
			continue
		}
		same := func(o ingest.Change) bool { return o.What == c.What && o.Tag == c.Tag && o.Pool == c.Pool }
		i := slices.IndexFunc(out, same)
		if i < 0 {
			out = append(out, c)
		} else if before, _ := out[i].Hourly(); hourly > before {
			out[i] = c
		}
	}
	return out
}

// growthCase suspects a pool or a tag that is said to grow fast.
func (e *exam) growthCase(c ingest.Change) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Stated, analyze.Suspect)
	hourly, _ := c.Hourly()
	pool := max(changedPools[c.What], c.Pool)
	if pool != 0 {
		d.Pools = []ingest.Pool{pool}
	}
	facts := analyze.Facts{"pool": pool.String(), "tag": "", "hourly": analyze.Bytes(hourly), "label": c.Label}
	if c.What == ingest.ChangeTag {
		facts["tag"] = c.Tag.String()
		d.expect(c.Tag, pool, d.th.ClusterFloor, analyze.ExpectGrows, analyze.Facts{"tag": c.Tag}, c.Source)
	}
	d.why(d.th.Weights.Stated, analyze.RuleGrowthStated, facts, c.Source)
	d.stated()
	d.nextTags(pool)
	done := d.finish()
	done.Rate, done.NoExhaustion = &analyze.Rate{BytesPerHour: hourly, Window: time.Hour},
		analyze.Reason{Rule: analyze.RuleStatedRate}
	return done
}

// stated fills what every case of a stated change has.
func (d *draft) stated() {
	d.whyNot(0, analyze.RuleNotMeasured, nil)
	d.then(analyze.ChainStated, nil)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": d.Object}}}
	d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": d.Object})
}

// changedObjects are the kinds of things that a change counts, the most telling
// first: a kept process keeps its threads, and both keep handles. Handles are of
// objects of any kind.
var changedObjects = []struct{ what, object string }{
	{ingest.ChangeProcesses, "process"}, {ingest.ChangeThreads, "thread"}, {ingest.ChangeHandles, ""},
}

// keptObject is a count of things that rose and did not fall again.
type keptObject struct {
	ingest.Change
	object  string
	control *ingest.Change // the same count where it did not rise, or nil
}

// keptObjects returns the counts that rose though a control did not, or by at
// least one thing an event, the most telling first.
func (e *exam) keptObjects() []keptObject {
	var out []keptObject
	for _, kind := range changedObjects {
		for _, c := range e.Changes {
			if c.What != kind.what || c.Bytes || slices.ContainsFunc(out, func(k keptObject) bool { return k.What == c.What }) {
				continue
			}
			control := e.control(c)
			each, counted := c.Each()
			if control != nil && c.Delta >= e.th.KeptObjects || counted && each >= 1 && c.Events >= e.th.KeptEvents {
				out = append(out, keptObject{c, kind.object, control})
			}
		}
	}
	return out
}

// control returns the same count under another condition that shows hardly any
// rise, such as after the fix. A log that puts its conditions side by side may have
// been read as several moments.
func (e *exam) control(c ingest.Change) *ingest.Change {
	for _, s := range e.history {
		for i := range s.Changes {
			o := &s.Changes[i]
			if o.File == c.File && o.What == c.What && o.Label != c.Label && !o.Bytes &&
				float64(o.Delta) <= e.th.KeptControl*float64(c.Delta) {
				return o
			}
		}
	}
	return nil
}

// keptCase suspects that something keeps objects: one case, named by the most
// telling of the counts.
func (e *exam) keptCase(kept []keptObject) analyze.Case {
	d := e.draft(analyze.ObjectLeak, analyze.Stated, analyze.Suspect)
	lead := kept[0]
	d.Object, d.Events = lead.object, lead.Delta
	for i, k := range kept {
		weight := d.th.Weights.Stated
		if i > 0 { // the same run, counted another way
			weight = d.th.Weights.HandlesToo
		}
		facts := analyze.Facts{"what": k.What, "kept": k.Delta, "label": k.Label, "events": k.Events,
			"event": k.Event, "control": int64(-1), "condition": ""}
		from := []ingest.Source{k.Source}
		if k.control != nil {
			facts["control"], facts["condition"] = k.control.Delta, k.control.Label
			from = append(from, k.control.Source)
		}
		d.why(weight, analyze.RuleKeptStated, facts, from...)
	}
	d.ratios(kept)
	d.stated()
	d.whyNot(0, analyze.RuleUserHandles, nil)
	if tag, isObject := objectTags[d.Object]; isObject {
		d.expect(tag, ingest.NonPaged, lead.Delta, analyze.ExpectObjects,
			analyze.Facts{"tag": tag, "handles": lead.Delta}, lead.Source)
	}
	d.next("!htrace -snapshot", analyze.NextHtrace, nil)
	d.next("!htrace -diff", analyze.NextHtraceDiff, nil)
	return d.finish()
}

// ratios says how many of each further thing stay for one of the leading kind: what
// stays an event is easier to find in code than what stays an hour.
func (d *draft) ratios(kept []keptObject) {
	lead := kept[0]
	for _, k := range kept[1:] {
		d.why(0, analyze.RuleKeptEach, analyze.Facts{"what": k.What, "for": lead.What,
			"each": analyze.Ratio(float64(k.Delta) / float64(lead.Delta))}, k.Source, lead.Source)
	}
}
