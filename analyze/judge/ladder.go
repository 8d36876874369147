package judge

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// laddered is how many tags the ladder of owners is told for: the lead and those
// that tell most.
const laddered = 3

// climb tells each rung of the two ladders, for whoever asks why no module is
// named, or why this one.
func (d *draft) climb() {
	for _, m := range d.Core[:min(laddered, len(d.Core))] {
		d.scanRung(m)
		d.binaryRung(m)
		d.mapRung(m)
	}
	d.filterRung()
	d.verifierRung()
	d.ownTagRung()
	d.handleRung()
}

func (d *draft) rung(role string, found bool, r analyze.Rule, f analyze.Facts, from ...ingest.Source) {
	d.Ladder = append(d.Ladder, analyze.Rung{Role: role, Found: found,
		Reason: analyze.Reason{Rule: r, Facts: f, Sources: from}})
}

func (d *draft) scanRung(m analyze.Member) {
	hit, searched := scanTag(d.Snapshot, m.Tag)
	facts := analyze.Facts{"tag": m.Tag, "hits": int64(hit.Hits)}
	switch {
	case !searched:
		d.rung("owner", false, analyze.RungNoScan, facts)
	case hit.Module != nil:
		facts["module"] = hit.Module.Name
		d.rung("owner", true, analyze.RungScan, facts, hit.Sources...)
	case len(hit.Others) > 1:
		facts["modules"] = hit.Others
		d.rung("owner", false, analyze.OwnerSeveral, facts, hit.Sources...)
	default:
		d.rung("owner", false, analyze.RungScanEmpty, facts, hit.Sources...)
	}
}

func (d *draft) binaryRung(m analyze.Member) {
	if binary := m.Binary(); binary != "" {
		d.rung("owner", true, analyze.OwnerBinary, analyze.Facts{"tag": m.Tag, "binary": binary}, m.Source)
		return
	}
	d.rung("owner", false, analyze.RungNoBinary, analyze.Facts{"tag": m.Tag}, m.Source)
}

func (d *draft) mapRung(m analyze.Member) {
	switch info := d.know.Tag(m.Tag); {
	case info.Generic:
		d.rung("owner", false, analyze.RungShared, analyze.Facts{"tag": m.Tag, "text": info.Text})
	case info.Module != "":
		d.rung("owner", true, analyze.OwnerMap, analyze.Facts{"tag": m.Tag, "text": info.Text})
	default:
		d.rung("owner", false, analyze.RungNoMap, analyze.Facts{"tag": m.Tag})
	}
}

func (d *draft) filterRung() {
	switch {
	case d.Kind == analyze.RunawayAttachment && d.Holder.Established():
		d.rung("holder", true, d.Holder.Basis.Rule, d.Holder.Basis.Facts, d.Holder.Basis.Sources...)
	case d.FilterSet:
		d.rung("holder", false, analyze.RungNoRunaway, analyze.Facts{"filters": int64(len(d.filters))})
	default:
		d.rung("holder", false, analyze.RungNoFilters, nil)
	}
}

func (d *draft) verifierRung() {
	switch {
	case d.Class == analyze.Verified && d.Holder.Established():
		d.rung("holder", true, analyze.HolderVerifier, nil, d.Holder.Sources...)
	case len(d.Verified) > 0:
		d.rung("holder", false, analyze.RungVerifierOther, analyze.Facts{"drivers": int64(len(d.Verified))})
	default:
		d.rung("holder", false, analyze.RungNoVerifier, nil)
	}
}

// ownTagRung counts the drivers whose own tags stand in the core: one is named,
// several are not.
func (d *draft) ownTagRung() {
	var modules []string
	for _, m := range d.private() {
		if m.Owner.Established() && !serves(m.Owner.Module) {
			modules = appendOnce(modules, m.Owner.Module)
		}
	}
	switch len(modules) {
	case 0:
		d.rung("holder", false, analyze.RungNoOwnTag, nil)
	case 1:
		d.rung("holder", true, analyze.RungOwnTag, analyze.Facts{"module": modules[0]})
	default:
		d.rung("holder", false, analyze.RungOwnTags, analyze.Facts{"modules": modules})
	}
}

func (d *draft) handleRung() {
	if len(d.Handles)+len(d.Running) == 0 {
		d.rung("holder", false, analyze.RungNoHandles, nil)
		return
	}
	d.rung("holder", false, analyze.RungHandles, analyze.Facts{"counts": int64(len(d.Handles) + len(d.Running))})
}
