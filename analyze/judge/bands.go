package judge

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// outside is a row above its healthy band.
type outside struct {
	row    ingest.TagUsage
	band   *knowledge.Band
	factor float64 // of the upper edge, by count or by bytes, whichever is more
	bytes  bool    // it is the bytes
}

// above returns how far a row lies above its band, when that is worth saying.
// Twice the upper edge is the first figure that no healthy machine of the public
// reports came near. Under special pool each allocation takes pages of its own, so
// only the count is compared.
func (e *exam) above(row *ingest.TagUsage, band *knowledge.Band) (outside, bool) {
	if band == nil {
		return outside{}, false
	}
	factor, bytes := 0.0, false
	if band.Count.Hi > 0 && row.Outstanding > 0 {
		factor = float64(row.Outstanding) / float64(band.Count.Hi)
	}
	if band.Bytes.Hi > 0 {
		if f := float64(row.Bytes) / float64(band.Bytes.Hi); f > factor && !e.specialPool() {
			factor, bytes = f, true
		}
	}
	if factor <= e.th.BandWarn {
		return outside{}, false
	}
	return outside{*row, band, factor, bytes}, true
}

// specialPool reports whether the log says that Driver Verifier's special pool is on.
func (e *exam) specialPool() bool {
	return slices.ContainsFunc(e.Tallies, func(t ingest.Tally) bool { return t.What == "verifier option: special pool" })
}

func bandSign(e *exam, d *docket) {
	var above []outside
	for i := range e.Tags {
		if o, is := e.above(&e.Tags[i], e.of(i).band); is {
			above = append(above, o)
		}
	}
	slices.SortStableFunc(above, func(a, b outside) int { return ingest.LargerFirst(a.row, b.row) })
	for _, o := range above {
		row := &o.row
		switch {
		case d.taken[row.Tag] || !e.firm(o):
		case o.factor >= e.th.BandSuspect && row.Bytes >= e.th.BandBytes:
			d.file(e.bandCase(o))
		default:
			e.missed(analyze.MissBand, analyze.Facts{"tag": row.Tag, "factor": analyze.Ratio(o.factor),
				"needs": analyze.Ratio(e.th.BandSuspect),
				"bytes": analyze.Bytes(row.Bytes), "floor": analyze.Bytes(e.th.BandBytes)}, row.Source)
		}
	}
}

// firm reports whether a tag above its band may be worth a case by itself: not one
// that configuration or cached files make large.
func (e *exam) firm(o outside) bool {
	return o.band.Firm || o.band.Learned && e.know.Tag(o.row.Tag).Large == ""
}

// bandCase only suspects: a band tells what was usual elsewhere.
func (e *exam) bandCase(o outside) analyze.Case {
	return e.draft(analyze.PoolLeak, analyze.OutOfBand, analyze.Suspect).poolCase(o.row)
}

// bandReason adds that the row lies above what is usual, and on which machines
// that was seen.
func (d *draft) bandReason(row ingest.TagUsage) {
	o, is := d.above(&row, d.know.Band(row.Tag, row.Pool, d.OS))
	if !is {
		return
	}
	facts := analyze.Facts{"tag": row.Tag, "factor": analyze.Ratio(o.factor), "source": o.band.Source,
		"machines": int64(o.band.Samples), "count": row.Outstanding, "most": int64(o.band.Count.Hi),
		"bytes": analyze.Bytes(row.Bytes), "size": analyze.Bytes(o.band.Bytes.Hi), "by": "count"}
	if o.bytes {
		facts["by"] = "bytes"
	}
	d.why(d.th.Weights.Band, analyze.RuleAboveBand, facts, row.Source)
}

// memory is the machine's physical memory, 0 unknown.
func (e *exam) memory() uint64 {
	if e.RAM == 0 && e.VM != nil {
		return e.VM.Physical
	}
	return e.RAM
}

// abovePools says which pools hold more than twice what is usual for the
// machine's memory. It is no case: 12 GB on a server with 256 GB may be any of
// load, cache and leak, and only the tags tell.
func (e *exam) abovePools() []analyze.Reason {
	var out []analyze.Reason
	os := e.OS
	if ram := e.memory(); os.Bits == 0 && ram > 4<<30 {
		os.Bits = 64 // more than a 32-bit client can address
	}
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
		held, from := e.heldBy(pool)
		band, known := e.know.PoolBand(pool, os, e.memory())
		if !known || float64(held) <= e.th.BandWarn*float64(band.Bytes.Hi) {
			continue
		}
		tags := slices.ContainsFunc(e.Tags, func(t ingest.TagUsage) bool { return t.Pool == pool })
		facts := analyze.Facts{"pool": pool.String(), "held": analyze.Bytes(held), "least": analyze.Bytes(band.Bytes.Lo),
			"most": analyze.Bytes(band.Bytes.Hi), "ram": analyze.Bytes(e.memory()), "source": band.Source, "tags": tags}
		out = append(out, analyze.Reason{Rule: analyze.RulePoolAboveBand, Facts: facts, Sources: []ingest.Source{from}})
	}
	return out
}

// heldBy is what a pool holds by !vm, or by the table where !vm says nothing. A
// usage above the machine's memory is the debugger's nonsense and is not used.
func (e *exam) heldBy(pool ingest.Pool) (uint64, ingest.Source) {
	if held := vmUsage(e.VM, pool); held > 0 && held <= e.memory() {
		return held, e.VM.Source
	}
	for i := range e.pools {
		if f := &e.pools[i]; f.Pool == pool {
			from := e.tableAt
			if f.Total != nil {
				from = f.Total.Source
			}
			return f.Held(), from
		}
	}
	return 0, ingest.Source{}
}

// sizeReason compares the bytes of an allocation with the object's own size.
// Objects of their usual size in unusual numbers are whole objects that somebody
// still refers to; another size is another thing under the same tag.
func (d *draft) sizeReason(row ingest.TagUsage) {
	info := d.know.Tag(row.Tag)
	usual, each := d.usualSize(info, row.BytesEach()), row.BytesEach()
	if !usual.Known() || each == 0 {
		return
	}
	facts := analyze.Facts{"tag": row.Tag, "each": analyze.Bytes(each), "least": analyze.Bytes(usual.Lo),
		"most": analyze.Bytes(usual.Hi), "object": info.Object}
	switch {
	case d.specialPool():
		d.unsure(analyze.RuleSpecialPool, facts, row.Source)
	case each > d.th.SizeFactor*usual.Hi || each*d.th.SizeFactor < usual.Lo:
		d.whyNot(0, analyze.RuleOddSize, facts, row.Source)
	case info.Object != "" && usual.Contains(each):
		d.why(d.th.Weights.Size, analyze.RuleUsualSize, facts, row.Source)
	}
}

// usualSize is the size on this width of machine; where the log does not tell the
// width, that of the one which fits.
func (e *exam) usualSize(info *knowledge.TagInfo, each float64) knowledge.Range {
	if e.OS.Bits == 0 && info.EachOn(32).Contains(each) {
		return info.EachOn(32)
	}
	return info.EachOn(e.OS.Bits)
}

func leaderSign(e *exam, d *docket) {
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged, 0} {
		first, second, leads := e.leader(pool)
		if leads && !d.taken[first.Tag] {
			d.file(e.leaderCase(first, second))
		}
	}
}

// leader returns the two heaviest rows of a pool, and whether the first is a tag
// that nobody knows and leads with volume. Few large blocks are device buffers, so
// volume is a matter of the count as well. In step with control areas (MmCa) it
// belongs to cached files.
func (e *exam) leader(pool ingest.Pool) (first, second ingest.TagUsage, leads bool) {
	rows := 0
	var one, two *ingest.TagUsage
	for i := range e.Tags {
		row := &e.Tags[i]
		if row.Pool != pool {
			continue
		}
		switch rows++; {
		case one == nil || larger(row, one):
			one, two = row, one
		case two == nil || larger(row, two):
			two = row
		}
	}
	if one != nil {
		first = *one
	}
	if two != nil {
		second = *two
	}
	if rows < e.th.LeaderRows || e.asksForTag() {
		return ingest.TagUsage{}, ingest.TagUsage{}, false
	}
	leads = !e.know.Tag(first.Tag).Known() && (first.Unknown() || first.Description == "") &&
		first.Bytes >= e.th.LeaderBytes && first.Outstanding >= e.th.LeaderCount &&
		float64(first.Bytes) >= e.th.LeaderFactor*float64(second.Bytes) &&
		!hasTag(e.grow(first), mmca)
	return first, second, leads
}

// larger is the order of ingest.LargerFirst, for whole tables.
func larger(a, b *ingest.TagUsage) bool {
	return a.Bytes > b.Bytes || a.Bytes == b.Bytes && a.Tag.Compare(b.Tag) < 0
}

// asksForTag reports whether a table was asked for certain tags only, as
// "!poolused 2 Abc*" does: then whoever leads it was chosen.
func (e *exam) asksForTag() bool {
	return slices.ContainsFunc(e.Blocks, func(b ingest.Block) bool {
		return strings.Contains(b.Command, "poolused") && len(strings.Fields(b.Command)) > 2
	})
}

// leaderCase only suspects, and weakly: that nobody knows the tag is no sign of a
// leak. The next steps find its driver.
func (e *exam) leaderCase(first, second ingest.TagUsage) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Leader, analyze.Suspect)
	facts := analyze.Facts{"tag": first.Tag, "bytes": analyze.Bytes(first.Bytes), "count": first.Outstanding,
		"next":   second.Tag,
		"factor": analyze.Ratio(float64(first.Bytes) / float64(max(second.Bytes, 1))), "pool": first.Pool.String()}
	d.why(d.th.Weights.Leader, analyze.RuleLeader, facts, first.Source, second.Source)
	return d.poolCase(first)
}

// learnBands learns what is usual from the newest whole tables of the machines
// that have no case. Too few machines, and the starter pack stands.
func learnBands(machines [][]*ingest.Snapshot, tables analyze.Tables, know *knowledge.Base, norms fleet.Norms,
	th analyze.Thresholds) *knowledge.Base {
	if len(machines) < knowledge.LearnMachines {
		return know
	}
	var healthy [][]knowledge.Sample
	inOrder(len(machines), func(i int) []knowledge.Sample {
		snaps := machines[i]
		defer tables.Lend(snaps[len(snaps)-1:])()
		e := examine(snaps[len(snaps)-1], scene{th: th, know: know, norms: norms, history: snaps})
		// A machine with a case is no picture of health.
		if e.tables != tablesComplete || e.alarming() {
			return nil
		}
		return e.samples()
	}, func(_ int, all []knowledge.Sample) { healthy = append(healthy, all) })
	return know.WithLearned(knowledge.Learn(healthy))
}

// samples are the figures of a snapshot to learn from.
func (e *exam) samples() []knowledge.Sample {
	out := make([]knowledge.Sample, len(e.Tags))
	for i := range e.Tags {
		row := &e.Tags[i]
		out[i] = knowledge.Sample{Bits: e.OS.Bits, Tag: row.Tag, Pool: row.Pool, Count: row.Outstanding, Bytes: row.Bytes}
	}
	return out
}
