package judge

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// mmca is the control area of a cached or mapped file.
var mmca = ingest.MustTag("MmCa")

// partner is a tag that comes with each object of a kind, so many an object.
type partner struct {
	tag         ingest.Tag
	least, most float64
}

// comesWith is what public reports of each leak show beside the object itself.
var comesWith = map[string][]partner{
	"process": {{ingest.MustTag("MiP2"), 1, 1}, {ingest.MustTag("SePa"), 1, 1}},
	"token":   {{ingest.MustTag("SeTd"), 1, 1}, {ingest.MustTag("SeAt"), 2, 4}, {ingest.MustTag("SeTl"), 1, 1}},
	"file": {{ingest.MustTag("IoNm"), 1, 1}, {ingest.MustTag("IoFE"), 1, 2}, {ingest.MustTag("FOCX"), 1, 1},
		{ingest.MustTag("FMfc"), 1, 1}, {ingest.MustTag("FMsl"), 1, 1}},
	"thread": {{ingest.MustTag("Even"), 1, 1}, {ingest.MustTag("Sema"), 1, 1}},
}

// partnerReasons argues that whole objects are kept, for what comes with each is
// left, too. Shared tags have other uses, so a tenth more or less is accepted.
func (d *draft) partnerReasons(row ingest.TagUsage) {
	var found []analyze.Member
	for _, p := range comesWith[d.Object] {
		m := d.row(p.tag)
		if m == nil || row.Outstanding == 0 {
			continue
		}
		ratio := float64(m.Outstanding) / float64(row.Outstanding)
		if ratio >= p.least*(1-d.th.PartnerSlack) && ratio <= p.most*(1+d.th.PartnerSlack) {
			found = append(found, analyze.Member{TagUsage: *m, Ratio: ratio})
		}
	}
	if len(found) == 0 {
		return
	}
	facts := analyze.Facts{"object": d.Object, "tag": row.Tag, "members": inStep(found)}
	d.why(d.th.Weights.Partner, analyze.RulePartners, facts, sources(found)...)
	if d.Object == "thread" && len(found) == len(comesWith["thread"]) {
		d.why(0, analyze.RuleThreadParts, nil, sources(found)...)
	}
}

// contexts are the filter manager's structures that it makes for each open file or
// stream: they tell that files are kept where no file object is listed.
var contexts = []ingest.Tag{ingest.MustTag("FMfc"), ingest.MustTag("FMsl")}

// nameObject names the kind of object that a case of any class keeps: its lead, or
// what every event keeps beside it.
func (d *draft) nameObject() {
	members := append(d.Core[:len(d.Core):len(d.Core)], d.Followers...)
	kind := func(m analyze.Member) string { return d.know.Tag(m.Tag).Object }
	i := slices.IndexFunc(members, func(m analyze.Member) bool { return kind(m) != "" })
	if i >= 0 {
		d.Object = kind(members[i])
	} else if i = slices.IndexFunc(members,
		func(m analyze.Member) bool { return slices.Contains(contexts, m.Tag) }); i >= 0 {
		d.Object = "file context"
	}
	if i > 0 {
		d.why(0, analyze.RuleObjectEach, analyze.Facts{"object": d.Object, "tag": members[i].Tag,
			"count": members[i].Outstanding}, members[i].Source)
	}
}

// openHandles returns the processes with handles to objects of a kind, most first.
func (e *exam) openHandles(object string) []ingest.HandleCount {
	var out []ingest.HandleCount
	for _, h := range e.Handles {
		if object != "" && strings.EqualFold(h.Type, objectTypes[object]) {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b ingest.HandleCount) int { return int(b.Count - a.Count) })
	return out
}

// keepers compares the kept objects with the handles and the dead that the same log
// lists: a program that has half of them is the holder. Few handles leave references
// of the kernel.
func (d *draft) keepers(g gap) {
	for _, z := range d.Zombies {
		o := opener{name: z.Holder, pid: z.PID}
		if z.Held*2 >= d.Events && !o.system() && (d.Object == "process" || d.Object == "thread") {
			facts := analyze.Facts{"object": d.Object, "held": z.Held, "holder": z.Holder, "limit": d.zombieLimit(d.Object)}
			d.why(d.th.Weights.Confirmed, analyze.RuleZombies, facts, z.Source)
			d.holdByZombies(dead{z, d.Object})
			return
		}
	}
	open := d.openHandles(g.info.Object)
	total := int64(0)
	for _, h := range open {
		total += h.Count
	}
	facts := analyze.Facts{"object": g.info.Object, "tag": g.row.Tag, "handles": total, "outstanding": g.count}
	switch {
	case len(open) == 0:
	case total < g.count/10:
		d.why(0, analyze.RuleHandlesFew, facts, open[0].Source)
	case open[0].Count*2 >= d.Events && open[0].Process != "":
		facts["handles"], facts["process"] = open[0].Count, open[0].Process
		d.why(d.th.Weights.Confirmed, analyze.RuleHandlesMany, facts, open[0].Source)
		d.holdByHandles(opener{name: open[0].Process, total: open[0].Count, from: []ingest.Source{open[0].Source}})
	}
}

// holdByBytes names the one driver whose own tags are large beside kept files, where
// a table prints no counts to compare: a filter keeps a context for each of them.
func (d *draft) holdByBytes(g gap) {
	if g.row.Outstanding > 0 || g.info.Object != "file" || d.Holder.Established() {
		return
	}
	var own []analyze.Member
	for _, row := range d.Tags {
		who := owner(d.Snapshot, row, d.know)
		if row.Outstanding == 0 && row.Bytes >= d.th.ShareBytes && who.Established() && !serves(who.Module) &&
			d.tells(row) > 0 {
			own = append(own, analyze.Member{TagUsage: row, Owner: who})
		}
	}
	if len(own) == 0 || slices.ContainsFunc(own, func(m analyze.Member) bool {
		return ingest.ModuleKey(m.Owner.Module) != ingest.ModuleKey(own[0].Owner.Module)
	}) {
		return
	}
	d.Related = append(d.Related, own...)
	var tags []string
	held := uint64(0)
	for _, m := range own {
		tags = append(tags, m.Tag.String())
		held += m.Bytes
	}
	facts := analyze.Facts{"module": own[0].Owner.Module, "tags": tags, "bytes": analyze.Bytes(held),
		"object": g.info.Object}
	d.why(d.th.Weights.OwnTag, analyze.RuleOwnBytes, facts, sources(own)...)
	d.Holder = analyze.Attribution{Module: own[0].Owner.Module, Weight: weightProbable,
		Basis:   analyze.Reason{Rule: analyze.HolderOwnBytes, Facts: facts, Sources: sources(own)},
		Sources: sources(own)}
}

// siblingReason argues with another tag of the same driver that is freed as often as
// it is allocated: the code that frees does run.
func (d *draft) siblingReason() {
	if len(d.Core) == 0 || !d.Core[0].Owner.Established() || serves(d.Core[0].Owner.Module) {
		return
	}
	lead := d.Core[0]
	for _, row := range d.Tags {
		share, counted := row.FreedShare()
		if !counted || share < d.th.SiblingFreed || row.Allocs < uint64(d.th.NoFreesOutstanding) || hasTag(d.Core, row.Tag) {
			continue
		}
		if who := owner(d.Snapshot, row, d.know); ingest.ModuleKey(who.Module) == ingest.ModuleKey(lead.Owner.Module) {
			d.why(d.th.Weights.Sibling, analyze.RuleSibling, analyze.Facts{"tag": row.Tag, "lead": lead.Tag,
				"module": who.Module, "allocs": int64(row.Allocs), "share": analyze.Percent(share)}, row.Source)
			return
		}
	}
}

// cacheTags come with each cached file, besides the file object itself.
var cacheTags = []ingest.Tag{mmca, ingest.MustTag("FMsl"), ingest.MustTag("MmSt"), ingest.MustTag("Ntfx"),
	ingest.MustTag("NtxF"), ingest.MustTag("NtFs"), ingest.MustTag("Ntfn"), ingest.MustTag("NtfF"), ingest.MustTag("IoNm")}

// cachedFiles says that file objects and what comes with a cached file stand
// together: the picture of a file cache at work, not of one event that leaks.
func (e *exam) cachedFiles() []analyze.Reason {
	files, areas := e.row(ingest.MustTag("File")), e.row(mmca)
	if files == nil || areas == nil || files.Outstanding < e.th.ClusterFloor ||
		float64(areas.Outstanding) < e.th.CachedSurely*float64(files.Outstanding) {
		return nil
	}
	var beside []analyze.Member
	for _, tag := range cacheTags {
		row := e.row(tag)
		if row == nil {
			continue
		}
		if ratio := float64(row.Outstanding) / float64(files.Outstanding); ratio >= e.th.CachedSurely && ratio <= 1/e.th.CachedSurely {
			beside = append(beside, analyze.Member{TagUsage: *row, Ratio: ratio})
		}
	}
	return []analyze.Reason{{Rule: analyze.MachineCached, Facts: analyze.Facts{"files": files.Outstanding,
		"members": inStep(beside)}, Sources: sources(beside)}}
}
