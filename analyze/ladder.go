package analyze

import "poolsweep/ingest"

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

func (d *draft) rung(role string, found bool, r Rule, f Facts, from ...ingest.Source) {
	d.Ladder = append(d.Ladder, Rung{Role: role, Found: found, Reason: Reason{Rule: r, Facts: f, Sources: from}})
}

func (d *draft) scanRung(m Member) {
	hit, searched := scanTag(d.Snapshot, m.Tag)
	facts := Facts{"tag": m.Tag, "hits": int64(hit.Hits)}
	switch {
	case !searched:
		d.rung("owner", false, RungNoScan, facts)
	case hit.Module != nil:
		facts["module"] = hit.Module.Name
		d.rung("owner", true, RungScan, facts, hit.Sources...)
	case len(hit.Others) > 1:
		facts["modules"] = hit.Others
		d.rung("owner", false, OwnerSeveral, facts, hit.Sources...)
	default:
		d.rung("owner", false, RungScanEmpty, facts, hit.Sources...)
	}
}

func (d *draft) binaryRung(m Member) {
	if binary := m.Binary(); binary != "" {
		d.rung("owner", true, OwnerBinary, Facts{"tag": m.Tag, "binary": binary}, m.Source)
		return
	}
	d.rung("owner", false, RungNoBinary, Facts{"tag": m.Tag}, m.Source)
}

func (d *draft) mapRung(m Member) {
	switch info := d.know.Tag(m.Tag); {
	case info.Generic:
		d.rung("owner", false, RungShared, Facts{"tag": m.Tag, "text": info.Text})
	case info.Module != "":
		d.rung("owner", true, OwnerMap, Facts{"tag": m.Tag, "text": info.Text})
	default:
		d.rung("owner", false, RungNoMap, Facts{"tag": m.Tag})
	}
}

func (d *draft) filterRung() {
	switch {
	case d.Kind == RunawayAttachment && d.Holder.Established():
		d.rung("holder", true, d.Holder.Basis.Rule, d.Holder.Basis.Facts, d.Holder.Basis.Sources...)
	case d.FilterSet:
		d.rung("holder", false, RungNoRunaway, Facts{"filters": int64(len(d.filters))})
	default:
		d.rung("holder", false, RungNoFilters, nil)
	}
}

func (d *draft) verifierRung() {
	switch {
	case d.Class == Verified && d.Holder.Established():
		d.rung("holder", true, HolderVerifier, nil, d.Holder.Sources...)
	case len(d.Verified) > 0:
		d.rung("holder", false, RungVerifierOther, Facts{"drivers": int64(len(d.Verified))})
	default:
		d.rung("holder", false, RungNoVerifier, nil)
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
		d.rung("holder", false, RungNoOwnTag, nil)
	case 1:
		d.rung("holder", true, RungOwnTag, Facts{"module": modules[0]})
	default:
		d.rung("holder", false, RungOwnTags, Facts{"modules": modules})
	}
}

func (d *draft) handleRung() {
	if len(d.Handles)+len(d.Running) == 0 {
		d.rung("holder", false, RungNoHandles, nil)
		return
	}
	d.rung("holder", false, RungHandles, Facts{"counts": int64(len(d.Handles) + len(d.Running))})
}
