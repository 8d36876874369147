package judge

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// fmis is the filter manager's tag for one FLT_INSTANCE structure: its count is
// the number of attachments, whatever a listing shows.
var fmis = ingest.MustTag("FMis")

// fmvo is its tag for one FLT_VOLUME structure.
var fmvo = ingest.MustTag("FMvo")

// fltmgrTags are the filter manager's own structures that attachments make:
// instance, volume, completion nodes, rundown references, work items.
var fltmgrTags = []ingest.Tag{fmis, fmvo, ingest.MustTag("FMct"), ingest.MustTag("FMrr"), ingest.MustTag("FMwi")}

// judgeFilters puts each filter of the snapshot beside its peers, itself on other
// machines and its own past, highest altitude first.
func (e *exam) judgeFilters() {
	for _, f := range e.Snapshot.Filters {
		e.filters = append(e.filters, fleet.Measure(e.Snapshot, f, e.th))
	}
	slices.SortStableFunc(e.filters, func(a, b analyze.FilterFact) int {
		return cmp.Or(b.Altitude.Compare(a.Altitude), cmp.Compare(a.Name, b.Name))
	})
	for i := range e.filters {
		f := &e.filters[i]
		f.Elsewhere = e.norms.Elsewhere(f.Name, f.Machine)
		past := e.before(f.Name)
		for _, b := range past {
			f.Before = append(f.Before, b.Instances)
		}
		f.Standing, f.Why = e.stand(f, past)
	}
	for i := range e.filters {
		f := &e.filters[i]
		if len(f.Why) == 0 {
			f.Why = []analyze.Reason{e.explained(f)}
		}
		f.Why = append(f.Why, e.oddities(f)...)
	}
}

// sameSession returns the earlier snapshots of the same boot session, oldest first.
func (e *exam) sameSession() []*ingest.Snapshot {
	earlier := e.moves.Snapshots[:e.here:e.here]
	for n := len(earlier); n > 0 && !earlier[n-1].At.Before(e.At); n-- { // of the same moment
		earlier = earlier[:n-1]
	}
	return earlier
}

// measured is a filter in one snapshot of a boot session.
type measured struct {
	analyze.FilterFact
	at int // the snapshot
}

// measureFilters measures each filter in the snapshots of a boot session, by its key.
// Where a list has one twice the first counts.
func measureFilters(b *series.Boot, th analyze.Thresholds) map[string][]measured {
	out := map[string][]measured{}
	for i, s := range b.Snapshots {
		for _, f := range s.Filters {
			key := fleet.FilterKey(f.Name)
			if all := out[key]; len(all) == 0 || all[len(all)-1].at < i {
				out[key] = append(all, measured{fleet.Measure(s, f, th), i})
			}
		}
	}
	return out
}

// before returns a filter in earlier snapshots of the boot session, as far as they
// list it.
func (e *exam) before(name string) []measured {
	boot := e.past.of[e.Snapshot].boot
	if e.past.filters[boot] == nil {
		e.past.filters[boot] = measureFilters(e.moves.Boot, e.th)
	}
	all, earlier := e.past.filters[boot][fleet.FilterKey(name)], len(e.sameSession())
	n, _ := slices.BinarySearchFunc(all, earlier, func(m measured, at int) int { return m.at - at })
	return all[:n]
}

// stand says what stands out about a filter, and by which signs.
func (e *exam) stand(f *analyze.FilterFact, past []measured) (analyze.Standing, []analyze.Reason) {
	far, usual := e.far(f), e.everywhere(f)
	signs := e.signsOf(f, far && !usual, past)
	switch {
	case far && !usual:
		return analyze.RanAway, signs
	case len(signs) > 0:
		return analyze.Odd, signs
	case far:
		return analyze.Ordinary, []analyze.Reason{filterReason(f, analyze.FilterEverywhere,
			analyze.Facts{"machines": int64(f.Elsewhere.Machines), "median": int64(f.Elsewhere.Median)})}
	}
	return analyze.Ordinary, nil
}

// far reports whether a filter has many more instances than its volumes or its
// peers explain. Neither is enough alone: a machine may have dozens of volumes, and
// a filter may take them all, several times.
func (e *exam) far(f *analyze.FilterFact) bool {
	return f.Room() > 0 && f.Instances >= e.th.RunawayFloor && f.Instances >= e.th.RunawayFactor*f.Room()
}

// everywhere reports whether the filter has as many on other machines: then it is
// its way, unless the number itself is a fault.
func (e *exam) everywhere(f *analyze.FilterFact) bool {
	n := f.Elsewhere
	return f.Instances < e.th.RunawayFirm && n != nil && n.Machines >= e.th.FilterMachines &&
		f.Instances < e.th.RunawayFactor*max(1, n.Median)
}

// signsOf lists what speaks against a filter, strongest first.
func (e *exam) signsOf(f *analyze.FilterFact, far bool, past []measured) []analyze.Reason {
	var signs []analyze.Reason
	if far && f.Peers > 0 {
		least, most, peers := peerRange(e.filters, f.Name)
		signs = append(signs, filterReason(f, analyze.RulePeerGap,
			analyze.Facts{"altitude": string(f.Altitude), "peers": int64(peers),
				"least": int64(least), "most": int64(most)}))
	}
	if far && f.Volumes > 0 {
		signs = append(signs, filterReason(f, analyze.RuleVolumeGap, nil))
	}
	if n := f.Elsewhere; e.farFromElsewhere(f) {
		signs = append(signs, filterReason(f, analyze.RuleFleetGap,
			analyze.Facts{"machines": int64(n.Machines), "median": int64(n.Median), "most": int64(n.Most)}))
	}
	if e.climbs(f, past) {
		signs = append(signs, filterReason(f, analyze.RuleClimbs, analyze.Facts{"first": int64(past[0].Instances),
			"snapshots": int64(len(past) + 1)}))
	}
	if g := mostRepeated(e.placesOf(f)); g.Count >= e.th.FilterRepeats {
		signs = append(signs, filterReason(f, analyze.RuleRepeats,
			analyze.Facts{"count": int64(g.Count), "volume": g.Volume, "name": g.Name}, g.Source))
	}
	return signs
}

// farFromElsewhere reports whether a filter has many times its instances on every
// other machine, where these have as many volumes or more.
func (e *exam) farFromElsewhere(f *analyze.FilterFact) bool {
	n := f.Elsewhere
	return n != nil && n.Machines >= e.th.FilterMachines && n.Most > 0 && e.crowded(f) && f.Room() <= n.Room &&
		f.Instances >= e.th.RunawayFactor*n.Most
}

// crowded reports whether a filter has more than its volumes or peers explain,
// though not far more.
func (e *exam) crowded(f *analyze.FilterFact) bool {
	return f.Room() > 0 && f.Instances >= e.th.FilterSmall && f.Instances > e.th.FilterRoom*f.Room()
}

// climbs reports whether the instances grew from snapshot to snapshot while volumes
// and peers stayed.
func (e *exam) climbs(f *analyze.FilterFact, past []measured) bool {
	if len(past)+1 < e.th.FilterSnapshots || !e.crowded(f) || f.Instances < 2*past[0].Instances {
		return false
	}
	steps := append(past[:len(past):len(past)], measured{FilterFact: *f})
	for i := range steps[1:] {
		if steps[i+1].Instances <= steps[i].Instances || steps[i+1].Room() > steps[0].Room() {
			return false
		}
	}
	return true
}

// placesOf returns the groups of a filter with their volumes, also where
// !fltkd.filters lists the filter and !fltkd.volumes the volumes: name and altitude
// of an instance are the link between the two.
func (e *exam) placesOf(f *analyze.FilterFact) []ingest.Instance {
	own := map[groupName]bool{}
	for _, g := range f.Groups {
		if g.Volume != "" {
			return f.Groups
		}
		own[groupName{g.Name, g.Altitude}] = g.Name != ""
	}
	var out []ingest.Instance
	for _, v := range e.Volumes {
		for _, g := range v.Instances {
			if own[groupName{g.Name, g.Altitude}] {
				g.Volume = v.Name
				out = append(out, g)
			}
		}
	}
	return out
}

// groupName is what tells the instances of one filter from those of another.
type groupName struct {
	name     string
	altitude ingest.Altitude
}

// mostRepeated returns the group with the most attachments to one named volume.
// Rows without a volume's name are different volumes.
func mostRepeated(groups []ingest.Instance) ingest.Instance {
	var most ingest.Instance
	for _, g := range groups {
		if g.Volume != "" && g.Count > most.Count {
			most = g
		}
	}
	return most
}

// filterReason words a filter's figures: each sentence takes those it needs.
func filterReason(f *analyze.FilterFact, r analyze.Rule, more analyze.Facts,
	from ...ingest.Source) analyze.Reason {
	facts := analyze.Facts{"filter": f.Name, "instances": int64(f.Instances), "peer": int64(f.PeerMost),
		"volumes": int64(f.Volumes), "definitions": int64(f.Definitions), "room": int64(f.Room())}
	for name, value := range more {
		facts[name] = value
	}
	return analyze.Reason{Rule: r, Facts: facts, Sources: append([]ingest.Source{f.Source}, from...)}
}

// explained says why a filter does not stand out.
func (e *exam) explained(f *analyze.FilterFact) analyze.Reason {
	switch {
	case f.Legacy:
		return filterReason(f, analyze.FilterLegacy, nil)
	case f.Instances == 0:
		return filterReason(f, analyze.FilterNone, nil)
	case f.Room() == 0:
		return filterReason(f, analyze.FilterAlone, nil)
	case f.PeerMost > 0 && f.Instances >= e.th.RunawayFloor && f.Instances >= e.th.RunawayFactor*f.PeerMost:
		return filterReason(f, analyze.FilterVolumes, nil)
	}
	most := e.ordinaryMost(f)
	return filterReason(f, analyze.FilterUsual, analyze.Facts{"peer": int64(most),
		"needs": int64(max(e.th.RunawayFloor, e.th.RunawayFactor*max(most, f.Volumes*f.Definitions)))})
}

// ordinaryMost returns the most instances of any other filter that does not stand
// out: beside a runaway, everything is little.
func (e *exam) ordinaryMost(f *analyze.FilterFact) int {
	most := 0
	for _, o := range e.filters {
		if o.Standing == analyze.Ordinary && !strings.EqualFold(o.Name, f.Name) {
			most = max(most, o.Instances)
		}
	}
	return most
}

// oddities lists what is worth saying about a filter and speaks for no case by
// itself.
func (e *exam) oddities(f *analyze.FilterFact) []analyze.Reason {
	var out []analyze.Reason
	if g := mostRepeated(e.placesOf(f)); g.Count > 1 && g.Count < e.th.FilterRepeats {
		out = append(out, filterReason(f, analyze.FilterRepeated, analyze.Facts{"count": int64(g.Count),
			"volume": g.Volume, "name": g.Name}, g.Source))
	}
	if n := detached(f); n > 0 {
		out = append(out, filterReason(f, analyze.FilterDetached, analyze.Facts{"count": int64(n)}))
	}
	var twins, apart []string
	for _, o := range e.filters {
		if o.Altitude == f.Altitude && o.Frame == f.Frame && o.Altitude != "" &&
			!strings.EqualFold(o.Name, f.Name) {
			twins = appendOnce(twins, o.Name)
		}
	}
	if len(twins) > 0 {
		out = append(out, filterReason(f, analyze.FilterTwins, analyze.Facts{"altitude": string(f.Altitude),
			"others": twins}))
	}
	for _, g := range f.Groups {
		if f.Altitude != "" && g.Altitude != "" && g.Altitude.Compare(f.Altitude) != 0 {
			apart = appendOnce(apart, string(g.Altitude))
		}
	}
	if len(apart) > 0 {
		out = append(out, filterReason(f, analyze.FilterApart, analyze.Facts{"altitude": string(f.Altitude),
			"others": apart}))
	}
	if row := e.leftBy(f); row != nil {
		out = append(out, filterReason(f, analyze.FilterOrphan, analyze.Facts{"tag": row.Tag,
			"count": row.Outstanding}, row.Source))
	}
	return out
}

// detached counts the instances on volumes that are gone.
func detached(f *analyze.FilterFact) int {
	n := 0
	for _, g := range f.Groups {
		if g.Detached {
			n += g.Count
		}
	}
	return n
}

// leftBy returns a tag of the filter's own that is hardly ever freed though the
// filter has no instance now: what detached filters leave is still their doing.
func (e *exam) leftBy(f *analyze.FilterFact) *ingest.TagUsage {
	if f.Instances > 0 {
		return nil
	}
	for _, row := range e.noFrees() {
		if who := owner(e.Snapshot, row, e.know); ingest.ModuleKey(who.Module) == ingest.ModuleKey(f.Name) {
			return &row
		}
	}
	return nil
}

// orphanReason says of a holder that is a filter without instances that it may well
// hold what it left.
func (d *draft) orphanReason(m analyze.Member) {
	for i := range d.filters {
		f := &d.filters[i]
		if !f.Legacy && f.Instances == 0 && ingest.ModuleKey(f.Name) == ingest.ModuleKey(d.Holder.Module) {
			r := filterReason(f, analyze.FilterOrphan, analyze.Facts{"tag": m.Tag, "count": m.Outstanding}, m.Source)
			d.why(0, r.Rule, r.Facts, r.Sources...)
		}
	}
}

// runaway returns the filter that stands out most, with the most instances among
// such, or nil.
func runaway(filters []analyze.FilterFact) *analyze.FilterFact {
	var worst *analyze.FilterFact
	for i := range filters {
		f := &filters[i]
		if f.Standing >= analyze.Odd && (worst == nil || cmp.Or(cmp.Compare(f.Standing, worst.Standing),
			cmp.Compare(f.Instances, worst.Instances)) > 0) {
			worst = f
		}
	}
	return worst
}

// listed sums the instances of all filters.
func listed(filters []analyze.FilterFact) int {
	n := 0
	for _, f := range filters {
		n += f.Instances
	}
	return n
}

// peerRange returns the fewest and most instances among the other filters that
// have any, and how many such filters there are.
func peerRange(filters []analyze.FilterFact, name string) (least, most, peers int) {
	for _, f := range filters {
		if strings.EqualFold(f.Name, name) || f.Instances == 0 {
			continue
		}
		if peers == 0 || f.Instances < least {
			least = f.Instances
		}
		most = max(most, f.Instances)
		peers++
	}
	return least, most, peers
}

// above returns the names of the filters that stand higher in the stack.
func above(filters []analyze.FilterFact, holder analyze.FilterFact) []string {
	var names []string
	for _, f := range filters {
		if f.Altitude.Compare(holder.Altitude) > 0 {
			names = append(names, f.Name)
		}
	}
	return names
}
