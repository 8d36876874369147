package judge

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// missed notes a sign that came near and did not fire, with the figure it saw and
// the one it needs. Each sign notes the one candidate that came nearest, so that
// "why not?" has an answer with numbers.
func (e *exam) missed(r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	e.misses = append(e.misses, analyze.Reason{Rule: r, Facts: f, Sources: from})
}

// nearObject notes the object that came nearest to its limit.
func (e *exam) nearObject() {
	best := gap{live: -1}
	share := 0.0
	for i := range e.rows() {
		row := &e.rows()[i]
		g, counted := e.measure(row, e.know.Tag(row.Tag))
		if s := float64(row.Outstanding) / float64(max(1, g.limit)); counted && s > share && row.Outstanding <= g.limit {
			best, share = g, s
		}
	}
	if share > 0 {
		e.missed(analyze.MissObject, analyze.Facts{"tag": best.row.Tag, "object": best.info.Object,
			"outstanding": best.row.Outstanding, "limit": best.limit, "live": best.live}, best.row.Source)
	}
}

// nearNoFrees notes the tag that is hardly ever freed and came nearest to the
// volume, or else the one with volume that is freed least.
func (e *exam) nearNoFrees() {
	var kept, freed *ingest.TagUsage
	least := 1.0
	for i := range e.rows() {
		row := &e.rows()[i]
		share, counted := row.FreedShare()
		switch volume := row.Outstanding >= e.th.NoFreesOutstanding; {
		case !counted || e.know.Tag(row.Tag).Large != "":
		case share < e.th.NoFreesShare && !volume && (kept == nil || row.Outstanding > kept.Outstanding):
			kept = row
		case share >= e.th.NoFreesShare && volume && (freed == nil || share < least):
			freed, least = row, share
		}
	}
	if kept != nil {
		e.missed(analyze.MissVolume, analyze.Facts{"tag": kept.Tag, "outstanding": kept.Outstanding,
			"needs": e.th.NoFreesOutstanding}, kept.Source)
	} else if freed != nil {
		e.missed(analyze.MissFreed, analyze.Facts{"tag": freed.Tag, "outstanding": freed.Outstanding,
			"share": analyze.Percent(least), "needs": analyze.Percent(e.th.NoFreesShare)}, freed.Source)
	}
}

// nearLockstep notes a cluster that has volume and is no proof.
func (e *exam) nearLockstep(core []analyze.Member) {
	luck := e.cluster(core, e.fit(core)).ByLuck
	facts := analyze.Facts{"tags": int64(len(core)), "members": inStep(core), "luck": analyze.Ratio(luck),
		"needs": analyze.Ratio(e.th.ClusterLuck)}
	if e.convicts(core) {
		e.missed(analyze.MissSmall, analyze.Facts{"members": inStep(core),
			"needs": analyze.Bytes(e.th.ClusterBytes)}, sources(core)...)
		return
	}
	e.missed(analyze.MissLuck, facts, sources(core)...)
}

// nearShare notes the tag that holds most of a pool without holding enough.
func (e *exam) nearShare() {
	var best *ingest.TagUsage
	most := analyze.Percent(0)
	for i := range e.Tags {
		row := &e.Tags[i]
		if share := e.shareOf(row.Pool, row.Bytes); share > most && e.know.Tag(row.Tag).Large == "" {
			best, most = row, share
		}
	}
	if best != nil {
		e.missed(analyze.MissShare, analyze.Facts{"tag": best.Tag, "share": most, "pool": best.Pool.String(),
			"bytes": analyze.Bytes(best.Bytes),
			"needs": analyze.Percent(e.th.ShareOfPool), "volume": analyze.Bytes(e.th.ShareBytes)}, best.Source)
	}
}

// nearRunaway notes the filter with the most instances, and instance structures
// that no listing explains.
func (e *exam) nearRunaway() {
	if len(e.filters) > 0 {
		f := slices.MaxFunc(e.filters,
			func(a, b analyze.FilterFact) int { return cmp.Compare(a.Instances, b.Instances) })
		e.missed(analyze.MissPeerGap, analyze.Facts{"filter": f.Name, "instances": int64(f.Instances),
			"room": int64(f.Room()), "needs": int64(max(e.th.RunawayFloor, e.th.RunawayFactor*f.Room()))}, f.Source)
	}
	if row := e.row(fmis); row != nil {
		e.missed(analyze.MissFMis, analyze.Facts{"fmis": row.Outstanding, "listed": int64(listed(e.filters)),
			"needs": int64(max(e.th.RunawayFirm, e.th.RunawayFactor*listed(e.filters)))}, row.Source)
	}
}

// nearVerifier notes the verified driver that holds most, loaded as it is.
func (e *exam) nearVerifier() {
	var best *ingest.VerifiedDriver
	held := func(v *ingest.VerifiedDriver) uint64 { return v.NonPaged.Allocs + v.Paged.Allocs }
	for i := range e.Verified {
		if v := &e.Verified[i]; held(v) > 0 && (best == nil || held(v) > held(best)) {
			best = v
		}
	}
	if best != nil {
		e.missed(analyze.MissVerifier, analyze.Facts{"module": best.Module, "allocs": int64(held(best))}, best.Source)
	}
}

// nearHandles notes the process with the most handles, and the one that is most
// lopsided among those small ones that have more than half of one type.
func (e *exam) nearHandles() {
	list := e.openers()
	if len(list) == 0 {
		return
	}
	most := list[0]
	if most.name != "" {
		e.missed(analyze.MissHandles, analyze.Facts{"process": most.name, "handles": most.total,
			"needs":  e.th.HandleFloor,
			"factor": e.th.HandleFactor, "far": e.th.HandleFar * most.limit(e.th)}, most.from[0])
	}
	share := 0.5
	var lopsided *opener
	for i := range list {
		o := &list[i]
		if s := float64(o.most.Count) / float64(max(1, o.total)); s > share && o.total > o.most.Count {
			lopsided, share = o, s
		}
	}
	if lopsided != nil {
		e.missed(analyze.MissHandleType, analyze.Facts{"process": lopsided.name, "type": lopsided.most.Type,
			"count":   lopsided.most.Count,
			"handles": lopsided.total, "share": analyze.Percent(share), "needs": e.th.HandleFloor,
			"least": analyze.Percent(e.th.HandleShare)},
			lopsided.most.Source)
	}
}
