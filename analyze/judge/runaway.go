package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/ingest"
)

func attachmentSign(e *exam, d *docket) {
	if f := runaway(e.filters); f != nil {
		d.file(e.runawayCase(f))
	} else if e.unexplained() {
		d.file(e.runawayCase(nil))
	} else {
		e.nearRunaway()
	}
}

// runawayCase argues that a filter attached itself again and again, as the
// engineer who solved the first such case did: from the filter manager's large
// tags to the one filter that makes it allocate, to the unknown tags that stand
// in step with its instances. f is nil when the listing shows no such filter
// but the pool holds more instance structures than any listing explains.
func (e *exam) runawayCase(f *analyze.FilterFact) analyze.Case {
	d := e.draft(analyze.RunawayAttachment, analyze.PeerGap, analyze.Runaway)
	if row := e.row(fmis); row != nil && (f == nil || d.agrees(*row)) {
		d.join(e.grow(*row), e.th.Weights.Cluster)
		d.Events = row.Outstanding
	} else if f != nil {
		d.Events = int64(f.Instances)
	}
	d.own(d.Core)
	d.Related = d.related()
	d.own(d.Related)
	d.Owner = ownerOf(d.Core)
	if len(d.Core) == 0 && len(d.rows()) > 0 {
		d.Owner.Basis = analyze.Reason{Rule: analyze.OwnerNoStep}
	}
	d.chainToFilter(f)
	if f != nil {
		d.Events = int64(f.Instances)
		rest := d.Why
		d.Why = nil
		d.signReasons(*f)
		d.poolReasons(*f)
		d.Why = append(d.Why, rest...)
		d.holdByCount(*f)
	} else {
		d.Class = analyze.Lockstep
		d.gapReasons()
		d.holdByOwnTag()
	}
	d.scanReasons()
	d.loseServing()
	d.issueReasons()
	d.attachmentDoubts(f)
	d.nextForFilter(f)
	if d.Holder.Established() {
		d.Mitigation = append(d.Mitigation, analyze.Reason{Rule: analyze.MitigateFilter,
			Facts: analyze.Facts{"filter": d.Holder.Module}})
	}
	d.Mitigation = append(d.Mitigation, analyze.Reason{Rule: analyze.MitigateRestart})
	return d.finish()
}

// agrees tells whether the pool's FLT_INSTANCE structures equal the listing.
// Totals are no instant picture, so they may differ by a count's own noise.
func (d *draft) agrees(row ingest.TagUsage) bool {
	off := row.Outstanding - int64(listed(d.filters))
	return max(off, -off) <= cluster.Tolerance(row.Outstanding, d.th.ClusterTolerance)
}

// unexplained reports whether the pool holds many more FLT_INSTANCE structures
// than the listing shows attachments.
func (e *exam) unexplained() bool {
	row := e.row(fmis)
	return row != nil && row.Outstanding >= int64(e.th.RunawayFirm) &&
		row.Outstanding > int64(e.th.RunawayFactor*listed(e.filters))
}

// chainToFilter tells the way from the filter manager's tags to the filter.
func (d *draft) chainToFilter(f *analyze.FilterFact) {
	tags, bytes, from := d.fltmgr()
	if len(tags) > 0 {
		d.then(analyze.ChainFltmgrLarge, analyze.Facts{"tags": tags, "bytes": analyze.Bytes(bytes),
			"share": d.shareOf(ingest.NonPaged, bytes)}, from...)
		d.then(analyze.ChainFltmgrServes, nil)
	}
	if f != nil {
		least, most, peers := peerRange(d.filters, f.Name)
		d.then(analyze.ChainFilter, analyze.Facts{"filter": f.Name, "instances": int64(f.Instances),
			"peers": int64(peers), "least": int64(least), "most": int64(most), "room": int64(f.Room())}, f.Source)
	}
	if private := d.private(); len(private) > 0 {
		d.then(analyze.ChainSameCount, analyze.Facts{"members": inStep(private), "events": d.Core[0].Outstanding,
			"anchor": d.Core[0].Tag}, sources(private)...)
	}
}

// fltmgr sums the filter manager's structures that attachments make.
func (d *draft) fltmgr() (tags []string, bytes uint64, from []ingest.Source) {
	for _, tag := range fltmgrTags {
		if row := d.row(tag); row != nil {
			tags = append(tags, tag.String())
			bytes += row.Bytes
			from = append(from, row.Source)
		}
	}
	return tags, bytes, from
}

func (e *exam) shareOf(pool ingest.Pool, bytes uint64) analyze.Percent {
	for _, p := range e.pools {
		if p.Pool == pool && p.Held() > 0 {
			return analyze.Percent(float64(bytes) / float64(p.Held()))
		}
	}
	return 0
}

// private returns the core members that the dictionary does not know, or that
// are a driver's own: the ones that can name a filter.
func (d *draft) private() []analyze.Member {
	var out []analyze.Member
	for _, m := range d.Core {
		if d.tells(m.TagUsage) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// related returns the heavy tags that grow beside the events without standing
// in an integer ratio. They are shown as such: leaving them out would make the
// case look cleaner than it is.
func (d *draft) related() []analyze.Member {
	var out []analyze.Member
	for _, row := range d.rows() {
		if hasTag(d.Core, row.Tag) || hasTag(d.Followers, row.Tag) || row.Pool == ingest.Paged ||
			row.Outstanding < d.Events || d.shareOf(row.Pool, row.Bytes) < 0.01 || d.know.Tag(row.Tag).Large != "" {
			continue
		}
		out = append(out, analyze.Member{TagUsage: row, Ratio: float64(row.Outstanding) / float64(max(1, d.Events))})
	}
	return out
}

// signReasons argues with what speaks against the filter. The first sign of a
// runaway carries the most; a filter that is only odd is suspect.
func (d *draft) signReasons(f analyze.FilterFact) {
	if f.Standing < analyze.RanAway {
		d.Verdict = analyze.Suspect
	}
	for _, r := range f.Why {
		if weight := d.signWeight(r.Rule, len(d.Why) == 0); weight > 0 {
			d.Why = append(d.Why, d.weigh(weight, r))
		}
	}
}

func (d *draft) signWeight(r analyze.Rule, first bool) float64 {
	switch w := d.th.Weights; r {
	case analyze.RulePeerGap:
		return w.PeerGap
	case analyze.RuleVolumeGap:
		if first {
			return w.PeerGap
		}
		return w.VolumeGap
	case analyze.RuleFleetGap:
		return w.FleetGap
	case analyze.RuleClimbs:
		return w.Climbs
	case analyze.RuleRepeats:
		return w.Repeats
	}
	return 0
}

// poolReasons holds the listing against the pool: FMis counts instances, FMvo
// volumes. A small number that the pool does not confirm is only suspect.
func (d *draft) poolReasons(f analyze.FilterFact) {
	row := d.row(fmis)
	if row == nil || !d.agrees(*row) {
		if f.Instances < d.th.RunawayFirm {
			d.Verdict = analyze.Suspect
		}
	}
	if row == nil {
		return
	}
	counts := analyze.Facts{"fmis": row.Outstanding, "listed": int64(listed(d.filters))}
	if !d.agrees(*row) {
		d.whyNot(d.th.Weights.Disagreement, analyze.RuleFMisDiffers, counts, row.Source)
		return
	}
	d.why(d.th.Weights.Confirmed, analyze.RuleFMisAgrees, counts, row.Source)
	if vo := d.row(fmvo); vo != nil && f.Volumes > 0 && vo.Outstanding >= int64(d.th.RunawayFactor*f.Volumes) {
		d.why(0, analyze.RuleFMvoMany, analyze.Facts{"fmvo": vo.Outstanding, "volumes": int64(f.Volumes)}, vo.Source)
	}
}

// gapReasons argues with the pool alone: no listing explains the instances.
func (d *draft) gapReasons() {
	row := d.row(fmis)
	d.Why = slices.Insert(d.Why, 0, d.weigh(d.th.Weights.ObjectGap, analyze.Reason{Rule: analyze.RuleFMisMany,
		Facts:   analyze.Facts{"fmis": row.Outstanding, "listed": int64(listed(d.filters))},
		Sources: []ingest.Source{row.Source}}))
}

// holdByCount names the filter whose instances are the events, and the tags
// that are probably its own where no scan has proven them.
func (d *draft) holdByCount(f analyze.FilterFact) {
	weight := 0.9
	if f.Standing < analyze.RanAway {
		weight = 0.7
	}
	rule := analyze.HolderInstance
	if d.Cluster != nil {
		rule = analyze.HolderCount
		weight = 0.93
	}
	for i := range d.Core {
		m := &d.Core[i]
		switch {
		case m.Owner.Established() && ingest.ModuleKey(m.Owner.Module) == ingest.ModuleKey(f.Name):
			weight = 0.98
		case !m.Owner.Established() && d.tells(m.TagUsage) == 2:
			facts := analyze.Facts{"tag": m.Tag, "filter": f.Name, "count": m.Outstanding, "instances": int64(f.Instances)}
			m.Owner = analyze.Attribution{Module: f.Name, Weight: weightProbable,
				Basis: analyze.Reason{Rule: analyze.ProbablyIts, Facts: facts, Sources: []ingest.Source{m.Source}}}
		}
	}
	facts := analyze.Facts{"filter": f.Name, "instances": int64(f.Instances), "events": d.Events}
	if d.Cluster != nil {
		facts["events"] = d.Cluster.Events
	}
	d.Holder = analyze.Attribution{Module: f.Name, Weight: weight, Proven: weight > 0.95,
		Basis:   analyze.Reason{Rule: rule, Facts: facts, Sources: []ingest.Source{f.Source}},
		Sources: []ingest.Source{f.Source}}
}

// scanReasons argues with the module scans: unknown tags of the case that stand
// inside the holder's image, and those nobody has searched for.
func (d *draft) scanReasons() {
	var inside, open []string
	var hits int64
	var from []ingest.Source
	var module *ingest.Module
	for _, m := range append(d.Core[:len(d.Core):len(d.Core)], d.Related...) {
		if d.tells(m.TagUsage) != 2 {
			continue
		}
		hit, searched := scanTag(d.Snapshot, m.Tag)
		if !searched {
			open = append(open, m.Tag.String())
		}
		if hit.Module != nil && ingest.ModuleKey(hit.Module.Name) == ingest.ModuleKey(d.Holder.Module) {
			inside = append(inside, m.Tag.String())
			hits += int64(hit.Hits)
			from = append(from, hit.Sources...)
			module = hit.Module
		}
	}
	if module != nil {
		facts := analyze.Facts{"tags": inside, "hits": hits, "module": module.Name, "start": address(module.Start),
			"end": address(module.End)}
		d.why(d.th.Weights.Scan, analyze.RuleScanHits, facts, from...)
		d.then(analyze.ChainScan, facts, from...)
	}
	if len(open) > 0 {
		d.unsure(analyze.RuleNotScanned, analyze.Facts{"tags": open, "filter": d.Holder.Module})
		if module == nil && d.Holder.Established() {
			d.then(analyze.ChainNoScan, analyze.Facts{"tags": open, "filter": d.Holder.Module})
		}
	}
}

// loseServing lists the owners that were considered as holder and lost, each
// once.
func (d *draft) loseServing() {
	seen := map[string]bool{ingest.ModuleKey(d.Holder.Module): true}
	for _, m := range d.Core {
		key := ingest.ModuleKey(m.Owner.Module)
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		if serves(m.Owner.Module) {
			d.Alternatives = append(d.Alternatives, analyze.Alternative{Role: "holder", Module: m.Owner.Module,
				Weight: 0.05,
				Lost: analyze.Reason{Rule: analyze.LostServes, Facts: analyze.Facts{"module": m.Owner.Module,
					"tag": m.Tag}, Sources: []ingest.Source{m.Source}}})
		}
	}
	if len(d.filters) == 0 || d.Kind != analyze.RunawayAttachment || !d.Holder.Established() {
		return
	}
	least, most, peers := peerRange(d.filters, d.Holder.Module)
	if peers == 0 {
		return
	}
	d.Alternatives = append(d.Alternatives, analyze.Alternative{Role: "holder", Module: "the other filters",
		Weight: 0.02,
		Lost: analyze.Reason{Rule: analyze.LostPeers, Facts: analyze.Facts{"peers": int64(peers),
			"least": int64(least), "most": int64(most)}}})
}

// attachmentDoubts says what the listing and the counts cannot show.
func (d *draft) attachmentDoubts(f *analyze.FilterFact) {
	for _, m := range d.Related {
		nearest, off := nearest(m.Ratio)
		d.whyNot(0, analyze.RuleNotInRatio, analyze.Facts{"tag": m.Tag, "count": m.Outstanding,
			"ratio":   analyze.Ratio(m.Ratio),
			"nearest": int64(nearest), "off": analyze.Percent(off), "events": d.Events}, m.Source)
	}
	if f == nil {
		return
	}
	if names := above(d.filters, *f); d.Known != nil && len(names) > 0 {
		d.unsure(analyze.RuleTriggerIssue, analyze.Facts{"filters": names})
	} else {
		d.unsure(analyze.RuleTriggerUnknown, analyze.Facts{"filter": f.Name})
	}
	if f.Volumes == 0 {
		d.unsure(analyze.RuleVolumesUnknown, nil, f.Source)
	}
}

// nearest returns the integer next to a ratio of at least 1/2, and how far off
// it the ratio is.
func nearest(r float64) (int, float64) {
	n := max(1, int(r+0.5))
	off := r/float64(n) - 1
	if off < 0 {
		off = -off
	}
	return n, off
}
