package judge

import (
	"iter"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func noFreesSign(e *exam, d *docket) {
	e.nearNoFrees()
	for _, row := range e.noFrees() {
		if !d.taken[row.Tag] {
			d.file(e.noFreesCase(row))
		}
	}
}

func lockstepSign(e *exam, d *docket) {
	for row := range e.lockstep(d.taken) {
		d.file(e.lockstepCase(row))
	}
}

func shareSign(e *exam, d *docket) {
	rows := e.dominant()
	if len(rows) == 0 {
		e.nearShare()
	}
	for _, row := range rows {
		if !d.taken[row.Tag] {
			d.file(e.shareCase(row, e.shareOf(row.Pool, row.Bytes)))
		}
	}
}

// noFreesCase argues that a tag is allocated with volume and hardly ever freed.
func (e *exam) noFreesCase(row ingest.TagUsage) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.NoFrees, analyze.Leak)
	d.freeReasons(row, analyze.Facts{"tag": row.Tag, "outstanding": row.Outstanding})
	return d.poolCase(row)
}

// lockstepCase argues that one event allocates several tags and frees none.
func (e *exam) lockstepCase(row ingest.TagUsage) analyze.Case {
	return e.draft(analyze.PoolLeak, analyze.Lockstep, analyze.Leak).poolCase(row)
}

// shareCase only suspects: one tag holds most of its pool.
func (e *exam) shareCase(row ingest.TagUsage, share analyze.Percent) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Share, analyze.Suspect)
	d.why(d.th.Weights.Share, analyze.RuleShare, analyze.Facts{"tag": row.Tag, "share": share,
		"pool": row.Pool.String(), "bytes": analyze.Bytes(row.Bytes)}, row.Source)
	return d.poolCase(row)
}

// poolCase argues the rest of a leak around one tag, whatever raised it.
func (d *draft) poolCase(row ingest.TagUsage) analyze.Case {
	d.Events = row.Outstanding
	d.then(analyze.ChainTag, analyze.Facts{"tag": row.Tag, "outstanding": row.Outstanding,
		"bytes": analyze.Bytes(row.Bytes),
		"share": d.shareOf(row.Pool, row.Bytes), "pool": row.Pool.String()}, row.Source)
	d.bandReason(row)
	d.sizeReason(row)
	d.joinStep(row)
	d.own(d.Core)
	if len(d.Core) > 1 {
		d.then(analyze.ChainPartners, analyze.Facts{"anchor": row.Tag, "members": inStep(d.Core[1:])},
			sources(d.Core)...)
	}
	d.leadWithPrivate()
	d.nameObject()
	d.Owner = ownerOf(d.Core)
	d.holdByOwnTag()
	d.siblingReason()
	d.scanReasons()
	switch {
	case d.Owner.Established() && serves(d.Owner.Module):
		d.then(analyze.ChainOwnerServes, analyze.Facts{"module": d.Owner.Module, "tag": row.Tag})
	case d.Owner.Established():
		d.then(analyze.ChainOwner, analyze.Facts{"module": d.Owner.Module, "tag": row.Tag}, d.Owner.Sources...)
	default:
		d.then(analyze.ChainNoOwner, analyze.Facts{"tag": row.Tag})
		d.unsure(analyze.RuleOwnerUnknown, analyze.Facts{"tag": row.Tag})
	}
	if !d.Holder.Established() {
		d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": ""})
	}
	d.loseServing()
	d.issueReasons()
	d.nextForTag()
	d.Mitigation = append(d.Mitigation, analyze.Reason{Rule: analyze.MitigateRestart})
	return d.finish()
}

// noFrees returns the rows with volume that are hardly ever freed, heaviest
// first, without those that are known to stay.
func (e *exam) noFrees() []ingest.TagUsage {
	var out []ingest.TagUsage
	for _, row := range e.rows() {
		share, counted := row.FreedShare()
		if counted && share < e.th.NoFreesShare && row.Outstanding >= e.th.NoFreesOutstanding &&
			e.know.Tag(row.Tag).Large == "" {
			out = append(out, row)
		}
	}
	return heaviestFirst(out)
}

// lockstep returns one row of each cluster that is worth a case by itself: no
// luck, with volume, and with a tag that is some driver's own. Tags in step are
// also the picture of cached files, so a cluster of shared tags raises nothing.
// Taken are tags that are in a case, also in one made of a row returned before.
func (e *exam) lockstep(taken map[ingest.Tag]bool) iter.Seq[ingest.TagUsage] {
	return func(yield func(ingest.TagUsage) bool) {
		var near []analyze.Member
		found, dismissed := false, map[int64]bool{} // by count: around equal counts the same tags are in step
		for _, row := range e.anchors() {
			if found && taken[row.Tag] || dismissed[row.Outstanding] {
				continue // thousands of tags in step are one cluster, not to be grown around each
			}
			core := e.grow(row)
			candidate := len(core) > 1 && !e.withCachedFiles(core)
			switch {
			case candidate && !e.small(core) && e.convicts(core):
				found = true
				if !taken[row.Tag] && !yield(row) {
					return
				}
				continue
			case candidate && near == nil:
				near = core
			}
			dismissed[row.Outstanding] = true
		}
		if near != nil && !found {
			e.nearLockstep(near)
		}
	}
}

// anchors returns the rows that a cluster may be found around, heaviest first.
func (e *exam) anchors() []ingest.TagUsage {
	var out []ingest.TagUsage
	for i := range e.rows() {
		if row := &e.rows()[i]; row.Outstanding >= e.th.ClusterEvents && e.tells(*row) > 0 {
			out = append(out, *row)
		}
	}
	return heaviestFirst(out)
}

// withCachedFiles reports whether a core goes with cached files: it has a member that
// healthy machines hold for each of them, and control areas (MmCa) stand beside it,
// which leaked files lack. A scanner keeps one context of its own for each of the
// filter manager's stream lists (FMsl), and is none the worse for it.
func (e *exam) withCachedFiles(core []analyze.Member) bool {
	if !slices.ContainsFunc(core, func(m analyze.Member) bool { return e.know.Tag(m.Tag).Large == "cached files" }) {
		return false
	}
	areas := e.row(mmca)
	return areas != nil && float64(areas.Outstanding) >= e.th.CachedFiles*float64(core[0].Outstanding)
}

// small reports whether a cluster holds little memory. Tables that print no bytes
// are judged by their counts alone.
func (e *exam) small(core []analyze.Member) bool {
	held := uint64(0)
	for _, m := range core {
		held += m.Bytes
	}
	return held > 0 && held < e.th.ClusterBytes
}

// dominant returns the rows that hold most of their pool, with volume.
func (e *exam) dominant() []ingest.TagUsage {
	var out []ingest.TagUsage
	for _, row := range e.Tags {
		if row.Bytes >= e.th.ShareBytes && float64(e.shareOf(row.Pool, row.Bytes)) > e.th.ShareOfPool &&
			e.know.Tag(row.Tag).Large == "" {
			out = append(out, row)
		}
	}
	return heaviestFirst(out)
}

func heaviestFirst(rows []ingest.TagUsage) []ingest.TagUsage {
	slices.SortStableFunc(rows, ingest.LargerFirst)
	return rows
}
