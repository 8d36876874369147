package judge

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// objectOrder is the order in which object gaps are taken up: a kept process
// keeps its token and its threads, so the process is the finding.
var objectOrder = []string{"process", "thread", "token", "file", "irp", "work item", "mdl", "section", "key", "event",
	"semaphore", "mutant"}

// gap is an object tag whose count is more than the machine can have alive.
type gap struct {
	row   ingest.TagUsage
	info  *knowledge.TagInfo
	count int64 // outstanding, or estimated from the bytes where a table prints no counts
	live  int64 // counted in the same log; −1 when the log lists none
	limit int64
	from  ingest.Source // of live
	weak  bool          // the count is an estimate, or cached files are not excluded
}

// gaps returns the object gaps of a snapshot in objectOrder.
func (e *exam) gaps() []gap {
	var out []gap
	for i := range e.Tags {
		g, counted := e.measure(&e.Tags[i], e.of(i).info)
		if !counted || !slices.Contains(objectOrder, g.info.Object) || g.count <= g.limit ||
			g.info.Object == "file" && !e.filesKept(&g) {
			continue
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b gap) int {
		return cmp.Compare(slices.Index(objectOrder, a.info.Object), slices.Index(objectOrder, b.info.Object))
	})
	return out
}

// measure finds how many objects the machine can have alive; it reports whether
// the row counts objects for which that is known.
func (e *exam) measure(row *ingest.TagUsage, info *knowledge.TagInfo) (gap, bool) {
	if info.Object == "" || info.Normal == 0 {
		return gap{}, false
	}
	g := gap{row: *row, info: info, count: row.Outstanding, live: -1, limit: info.Normal}
	if live, from, known := e.living(info.Object); known {
		g.live, g.from = live, from
		g.limit = e.th.ObjectFactor*g.live + e.th.ObjectExtra
	}
	if each := info.EachOn(e.OS.Bits); row.Outstanding == 0 && each.Known() && !e.specialPool() {
		g.count, g.weak = int64(float64(row.Bytes)/each.Hi), true
		g.limit *= e.th.ObjectFactor
	}
	return g, true
}

// filesKept reports whether the file objects are more than those of cached files:
// control areas (MmCa) stand beside those, which leaked file objects lack. A table
// without its end may have lost the row; there only many times the usual count is
// worth a suspicion.
func (e *exam) filesKept(g *gap) bool {
	if areas := e.row(mmca); areas != nil && areas.Outstanding > 0 {
		return float64(areas.Outstanding) < e.th.CachedFiles*float64(g.count)
	}
	if e.tables == tablesComplete {
		return true
	}
	g.weak = true
	return g.count >= e.th.FilesFar*g.info.Normal || g.row.Outstanding == 0
}

func objectSign(e *exam, d *docket) {
	gaps := e.gaps()
	if len(gaps) == 0 {
		e.nearObject()
	}
	for _, g := range gaps {
		if !d.taken[g.row.Tag] {
			d.file(e.objectCase(g))
		}
	}
}

// objectCase argues that references keep objects of one kind: they outnumber
// what lives, they are hardly ever freed, and what each carries is left too.
func (e *exam) objectCase(g gap) analyze.Case {
	d := e.draft(analyze.ObjectLeak, analyze.ObjectGap, analyze.Leak)
	d.Object = g.info.Object
	d.Events = g.count
	d.Cleared = e.cleared()
	d.chainBalanced()
	facts := d.countReasons(g)
	d.then(analyze.ChainObject, facts, g.row.Source)
	d.freeReasons(g.row, facts)
	d.sizeReason(g.row)
	d.joinStep(g.row)
	d.own(d.Core)
	d.chainPartners()
	d.leadWithPrivate()
	d.Owner = ownerOf(d.Core)
	d.partnerReasons(g.row)
	d.holdByOwnTag()
	d.holdByBytes(g)
	d.keepers(g)
	d.objectDoubts(g)
	d.loseServing()
	d.loseBalanced()
	d.issueReasons()
	d.nextForObject(g.info.Object, g.row.Tag, g.row.Pool)
	d.Mitigation = append(d.Mitigation, analyze.Reason{Rule: analyze.MitigateReview,
		Facts: analyze.Facts{"object": g.info.Object}}, analyze.Reason{Rule: analyze.MitigateRestart})
	return d.finish()
}

// countReasons argues with the count: against the live objects where they were
// listed, else against what busy healthy machines have.
func (d *draft) countReasons(g gap) analyze.Facts {
	w := d.th.Weights
	facts := analyze.Facts{"tag": g.row.Tag, "object": g.info.Object, "outstanding": g.count, "limit": g.limit,
		"bytes": analyze.Bytes(g.row.Bytes)}
	switch {
	case g.row.Outstanding == 0:
		d.Verdict = analyze.Suspect
		d.why(w.ObjectBytes, analyze.RuleObjectBytes, facts, g.row.Source)
	case g.live >= 0:
		d.Events -= g.live
		facts["live"] = g.live
		d.why(w.ObjectGap+w.Confirmed, analyze.RuleObjectGap, facts, g.row.Source, g.from)
	case g.weak:
		d.Verdict = analyze.Suspect
		d.why(w.ObjectBytes, analyze.RuleObjectMany, facts, g.row.Source)
	default:
		d.why(w.ObjectGap, analyze.RuleObjectMany, facts, g.row.Source)
	}
	switch {
	case g.info.Object != "file":
	case g.weak:
		d.whyNot(0, analyze.RuleCachedUnknown, nil, g.row.Source)
	default:
		d.why(0, analyze.RuleNoCachedFiles, nil, g.row.Source)
	}
	return facts
}

// joinStep joins what stands in step with the row. What two snapshots gained tells more than what one holds.
func (d *draft) joinStep(row ingest.TagUsage) {
	if d.joinGains(row) {
		return
	}
	core := d.grow(row)
	d.join(core, d.stepWeight(len(core)))
}

// freeReasons argues with the freed share when the table counts frees.
func (d *draft) freeReasons(row ingest.TagUsage, facts analyze.Facts) {
	share, counted := row.FreedShare()
	if !counted {
		d.whyNot(0, analyze.RulePartlyOther, analyze.Facts{"tag": row.Tag}, row.Source)
		return
	}
	if share < d.th.NoFreesShare {
		facts["allocs"], facts["frees"], facts["share"] = int64(row.Allocs), int64(row.Frees), analyze.Percent(share)
		d.why(d.th.Weights.NoFrees, analyze.RuleNoFrees, facts, row.Source)
	}
}

func (d *draft) chainBalanced() {
	for _, c := range d.Cleared {
		d.then(analyze.ChainBalanced, analyze.Facts{"name": c.Name, "tags": int64(distinct(c.Tags)),
			"allocs": int64(c.Allocs)}, c.Sources...)
	}
}

func (d *draft) chainPartners() {
	partners := append(d.Core[1:len(d.Core):len(d.Core)], d.Followers...)
	if len(partners) > 0 {
		d.then(analyze.ChainPartners, analyze.Facts{"anchor": d.Core[0].Tag, "members": inStep(partners)},
			sources(partners)...)
	}
	d.then(analyze.ChainOwnerServes, analyze.Facts{"module": ownerOf(d.Core).Module, "tag": d.Core[0].Tag})
	if d.Object != "" {
		d.then(analyze.ChainReference, analyze.Facts{"object": d.Object})
	}
}

// leadWithPrivate puts the member that tells most about its driver first: a
// work item leaks because of the tag that stands in step with it.
func (d *draft) leadWithPrivate() {
	best := 0
	for i, m := range d.Core {
		if d.speaks(m) && d.tells(m.TagUsage) > d.tells(d.Core[best].TagUsage) {
			best = i
		}
	}
	lead := d.Core[best]
	d.Core = slices.Insert(slices.Delete(slices.Clone(d.Core), best, best+1), 0, lead)
}

// speaks reports whether a member of the core may lead the case and name a driver:
// the anchor may, a partner when there are as many of it, or twice or half as many,
// and it hardly comes so close by luck. A cluster that only supports the case may
// have one that did.
func (d *draft) speaks(m analyze.Member) bool {
	if d.Cluster == nil || m.Tag == d.Cluster.Anchor.Tag {
		return true
	}
	pair := []analyze.Member{d.Cluster.Anchor, m}
	if d.Cluster.Gains { // the ratio is that of what they gained
		pair[0].Outstanding, pair[1].Outstanding = pair[0].Gained, m.Gained
	}
	return max(m.Times, m.Per) <= 2 && d.fit(pair).Chance <= d.th.NameChance
}

// holdByOwnTag names as holder the one driver whose own tags stand in the core.
// Two drivers, or only parts of Windows that serve others: nobody is named.
func (d *draft) holdByOwnTag() {
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": d.Object}}}
	holders := map[string]analyze.Member{}
	for _, m := range d.Core {
		if m.Owner.Established() && d.tells(m.TagUsage) > 0 && !serves(m.Owner.Module) && d.speaks(m) {
			if _, seen := holders[ingest.ModuleKey(m.Owner.Module)]; !seen {
				holders[ingest.ModuleKey(m.Owner.Module)] = m
			}
		}
	}
	if len(holders) != 1 {
		return
	}
	for _, m := range holders {
		facts := analyze.Facts{"module": m.Owner.Module, "tag": m.Tag, "count": m.Outstanding}
		d.Holder = analyze.Attribution{Module: m.Owner.Module, Weight: m.Owner.Weight * 0.9, Proven: m.Owner.Proven,
			Basis:   analyze.Reason{Rule: analyze.HolderOwnTag, Facts: facts, Sources: m.Owner.Sources},
			Sources: m.Owner.Sources}
		d.why(d.th.Weights.OwnTag, analyze.RuleOwnTag, facts, m.Source)
		d.orphanReason(m)
	}
}

// objectDoubts says what pool figures cannot show about references.
func (d *draft) objectDoubts(g gap) {
	for _, c := range d.Cleared {
		d.whyNot(0, analyze.RuleBalanced, analyze.Facts{"name": c.Name, "tags": int64(distinct(c.Tags)),
			"allocs": int64(c.Allocs)}, c.Sources...)
	}
	for _, f := range d.Followers {
		d.whyNot(0, analyze.RuleFollows, analyze.Facts{"tag": f.Tag, "surplus": f.Surplus,
			"events": d.Core[0].ClusterCount(),
			"share":  analyze.Percent(float64(f.Surplus) / float64(f.ClusterCount()))}, f.Source)
	}
	if d.Holder.Key() == "" {
		d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": g.info.Object})
	}
	if g.info.Object != "irp" && len(d.openHandles(g.info.Object)) == 0 { // no handle leads to a request
		d.unsure(analyze.RuleHandles, analyze.Facts{"object": g.info.Object})
	}
	d.unsure(analyze.RuleVerifierBlind, analyze.Facts{"object": g.info.Object})
}

// loseBalanced lists the families of tags that were checked and found balanced.
func (d *draft) loseBalanced() {
	for _, c := range d.Cleared {
		d.Alternatives = append(d.Alternatives, analyze.Alternative{Role: "owner", Module: c.Name, Weight: 0.02,
			Lost: analyze.Reason{Rule: analyze.LostBalanced,
				Facts: analyze.Facts{"name": c.Name, "tags": int64(distinct(c.Tags)), "allocs": int64(c.Allocs),
					"frees": int64(c.Frees)}, Sources: c.Sources}})
	}
}
