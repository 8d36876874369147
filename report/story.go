package report

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// whatHappened tells a case to somebody who knows machines and no kernels: what
// pool memory is, what was found, why that is not usual, who is behind it, and how
// sure that is.
func (s *speaker) whatHappened(c *analyze.Case) []Block {
	f := s.storyFacts(c)
	var said []string
	for _, name := range []string{"story.pool." + poolName(c.Pools), "story.what." + c.Kind.String(),
		"story.why." + c.Class.String(), "story.who", "story.sure"} {
		said = append(said, s.say(name, f))
	}
	return []Block{{Text: s.join("sentences.more", said)}}
}

// storyFacts are what the sentences for everybody may use.
func (s *speaker) storyFacts(c *analyze.Case) facts {
	var tags []string
	for _, m := range c.Core[:min(titleTags, len(c.Core))] {
		tags = append(tags, s.say("quoted", facts{"tag": m.Tag}))
	}
	growing := c.Rate != nil && !c.Rate.SinceBoot
	return facts{
		"machine": leadFirst(c)[0], "others": len(c.Machines) - 1, "class": c.Class.String(),
		"verdict": c.Verdict.String(), "object": c.Object, "events": c.Events, "bytes": c.Bytes, "tags": tags,
		"members": len(tags), "each": c.BytesPerEvent, "pool": s.pools(c.Pools), "growing": growing,
		"holder": cmp.Or(c.Holder.Module, c.Holder.Program()), "proven": c.Holder.Proven || c.Holder.Process != "",
		"owner": c.Owner.Module, "confidence": c.Confidence, "snapshots": s.snapshots(c), "steps": len(c.Next),
		"restart": slices.ContainsFunc(c.Mitigation, func(r analyze.Reason) bool { return r.Rule == analyze.MitigateRestart }),
	}
}

// snapshots counts how often the leading machine was looked at.
func (s *speaker) snapshots(c *analyze.Case) int {
	if m := s.in.machine(leadFirst(c)[0]); m != nil {
		return max(1, len(m.Snapshots))
	}
	return 1
}

// impact says what a case costs: of how much it holds a part, until when that lasts, and
// what somebody at the machine would notice. What is held, how fast it grows and where
// stands on the first page.
func (s *speaker) impact(c *analyze.Case) []Block {
	pairs := []Pair{
		{s.label("impact.ceiling"), s.ofCeiling(c)},
		{s.label("impact.full"), s.runsFull(c)},
		{s.label("impact.notice"), s.say("notice."+s.noticed(c), facts{"object": c.Object})},
	}
	pairs = slices.DeleteFunc(pairs, func(p Pair) bool { return p.Value == "" })
	return []Block{{Table: s.plainPairs(pairs)}}
}

// plainPairs is a table of facts without titles, which would say nothing.
func (s *speaker) plainPairs(pairs []Pair) *Table {
	g := s.newGrid("", len(pairs))
	g.text("", 0.2, func(i int) string { return pairs[i].Label })
	g.prose("", 0.8, func(i int) string { return pairs[i].Value })
	return g.table()
}

// held words what a case keeps. Of handles and stated growth the log may have no
// bytes at all.
func (s *speaker) held(c *analyze.Case) string {
	if c.Bytes == 0 {
		return s.label("impact.no-bytes")
	}
	return s.say("bytes.held", facts{"bytes": c.Bytes, "pool": s.pools(heldPools(c)), "each": c.BytesPerEvent})
}

// heldPools are the pools that the bytes of a case lie in: followers may lie in
// another one than its own tags.
func heldPools(c *analyze.Case) []ingest.Pool {
	pools := slices.Clone(c.Pools)
	for _, m := range c.Followers {
		if m.Bytes > 0 && !slices.Contains(pools, m.Pool) {
			pools = append(pools, m.Pool)
		}
	}
	return pools
}

// ofCeiling sets what the case holds against how large its pool may grow.
func (s *speaker) ofCeiling(c *analyze.Case) string {
	var said []string
	for _, p := range c.Pool {
		if !slices.Contains(c.Pools, p.Pool) {
			continue
		}
		f := facts{"pool": s.pool(p.Pool), "basis": prose(s.reason(p.Basis)), "ceiling": p.Ceiling, "share": p.Share, "case": 0.0}
		if p.Ceiling == 0 {
			said = append(said, s.say("impact.ceiling-unknown", f))
			continue
		}
		if len(c.Pools) == 1 && c.Bytes <= p.Ceiling {
			f["case"] = float64(c.Bytes) / float64(p.Ceiling)
		}
		said = append(said, s.say("impact.ceiling-share", f))
	}
	return s.join("sentences.more", said)
}

// runsFull is the whole answer to when the pool is used up.
func (s *speaker) runsFull(c *analyze.Case) string {
	if c.Exhausts != nil {
		return s.exhaustion(c)
	}
	return s.noExhaustion(c)
}

// noticed names the sentence on what a user would notice.
func (s *speaker) noticed(c *analyze.Case) string {
	switch {
	case c.Class == analyze.HandleGap:
		return "handles"
	case c.Kind == analyze.RunawayAttachment:
		return "filters"
	case c.Class == analyze.Verified:
		return "verifier"
	}
	return poolName(c.Pools)
}

// timelineRows bounds the timeline; a year of daily logs has more to tell than a
// page has room for.
const timelineRows = 14

// bestRank is that of the logs which tell most.
const bestRank = 2

// moment of a machine that is worth a row of the timeline.
type happening struct {
	snap, before *ingest.Snapshot // before is nil for a machine's first log
	first, only  bool             // it shows the case first; it is the machine's only log
	rank         int              // what is left out first when there are too many: the lowest
	what         []string
}

// timeline tells what was seen when on the machines of a case: logs that show it,
// restarts, and what changed in drivers, filters and the system between two logs.
func (s *speaker) timeline(c *analyze.Case) []Block {
	shown := map[*ingest.Snapshot]*analyze.Sighting{}
	for i := range c.Sightings {
		shown[c.Sightings[i].Snapshot] = &c.Sightings[i]
	}
	var all []happening
	machines := s.in.machines(leadFirst(c))
	for _, m := range machines {
		all = append(all, happenings(m, shown)...)
	}
	if len(all) > timelineRows && countBest(all) < timelineRows {
		s.rankChanges(all, machines)
	}
	kept := bestOf(all, timelineRows)
	for i := range kept {
		s.describe(c, &kept[i], shown[kept[i].snap])
	}
	slices.SortStableFunc(kept, func(a, b happening) int { return a.snap.At.Compare(b.snap.At) })
	g := s.newGrid("", len(kept))
	dated := func(h happening) bool { return !h.snap.At.IsZero() }
	if slices.ContainsFunc(kept, dated) {
		g.text(s.label("column.session"), 0.2, func(i int) string { return s.when(kept[i].snap.At) })
	}
	if len(c.Machines) > 1 {
		g.text(s.label("column.machine"), 0.15, func(i int) string { return kept[i].snap.Machine.Name })
	}
	g.prose(s.label("column.what"), 0.65, func(i int) string { return s.join("sentences.more", kept[i].what) })
	blocks := []Block{{Table: g.table()}}
	if more := len(all) - len(kept); more > 0 {
		blocks = append(blocks, Block{Text: s.say("timeline.more", facts{"more": more, "all": len(all)})})
	}
	return blocks
}

// bestOf keeps the highest ranks, in order; of those that not all have room, some at equal
// distances.
func bestOf(all []happening, n int) []happening {
	if len(all) <= n {
		return all
	}
	ranks := make([]int, len(all))
	for i, h := range all {
		ranks[i] = h.rank
	}
	slices.Sort(ranks)
	least := ranks[len(ranks)-n]
	above, equal := 0, 0
	for _, r := range ranks {
		switch {
		case r > least:
			above++
		case r == least:
			equal++
		}
	}
	var kept []happening
	passed := 0 // of those that not all have room
	for _, h := range all {
		if h.rank == least {
			if passed*(n-above)/equal < (passed+1)*(n-above)/equal {
				kept = append(kept, h)
			}
			passed++
		} else if h.rank > least {
			kept = append(kept, h)
		}
	}
	return kept
}

// happenings are the logs of one machine, in time order. Those that show the case first
// and last tell most.
func happenings(m *analyze.Machine, shown map[*ingest.Snapshot]*analyze.Sighting) []happening {
	var out []happening
	first, last := -1, -1
	for i, snap := range m.Snapshots {
		h := happening{snap: snap, only: len(m.Snapshots) == 1}
		if i > 0 {
			h.before = m.Snapshots[i-1]
			if restarted(h.before, snap) { // how far it had come when the machine was restarted
				out[i-1].rank = max(out[i-1].rank, bestRank-1)
			}
		}
		if shown[snap] != nil {
			if first < 0 {
				first = i
			}
			last = i
		}
		out = append(out, h)
	}
	if first >= 0 {
		out[first].first, out[first].rank, out[last].rank = true, bestRank, bestRank
	}
	return out
}

// restarted reports whether a machine was started anew between two logs.
func restarted(before, now *ingest.Snapshot) bool {
	then, ok := before.Boot()
	boot, known := now.Boot()
	return ok && known && !sameBoot(then, boot)
}

// countBest counts the logs that tell most.
func countBest(all []happening) int {
	n := 0
	for i := range all {
		n += all[i].rank / bestRank
	}
	return n
}

// lend gives a log and the one before it their tables.
func (s *speaker) lend(h *happening) (back func()) {
	if h.before == nil {
		return s.in.Result.Lend([]*ingest.Snapshot{h.snap})
	}
	return s.in.Result.Lend([]*ingest.Snapshot{h.before, h.snap})
}

// rankChanges puts logs with a change before them above those without: of machines one
// after the other, as all is.
func (s *speaker) rankChanges(all []happening, machines []*analyze.Machine) {
	for _, m := range machines {
		back := s.in.Result.Lend(m.Snapshots)
		for i := range m.Snapshots {
			if h := &all[i]; h.rank == 0 && len(s.changesBetween(h.before, h.snap)) > 0 {
				h.rank = bestRank - 1
			}
		}
		back()
		all = all[len(m.Snapshots):]
	}
}

// describe words what is new about a log.
func (s *speaker) describe(c *analyze.Case, h *happening, seen *analyze.Sighting) {
	defer s.lend(h)()
	h.what = append([]string{s.seenIn(c, h, seen)}, s.changesBetween(h.before, h.snap)...)
}

// seenIn says how one log shows the case; g is nil when it does not.
func (s *speaker) seenIn(c *analyze.Case, h *happening, g *analyze.Sighting) string {
	snap := h.snap
	f := facts{"source": s.cite(ingest.Source{File: snap.File}), "uptime": snap.Uptime, "known": snap.UptimeOK,
		"first": h.first, "only": h.only, "events": int64(0), "bytes": uint64(0)}
	if g == nil && snap != c.Lead {
		// A growth needs several logs: the earlier ones are part of it without showing it.
		f["outstanding"] = int64(0)
		if row := firstTag(c, snap); row != nil {
			f["tag"], f["outstanding"] = row.Tag, row.Outstanding
		}
		return s.say("timeline.not-shown", f)
	}
	if g != nil {
		f["events"], f["bytes"] = g.Events, g.Bytes
	}
	return s.say("timeline.shown", f)
}

// firstTag returns the row of the case's first tag in a snapshot, or nil.
func firstTag(c *analyze.Case, snap *ingest.Snapshot) *ingest.TagUsage {
	if len(c.Core) == 0 {
		return nil
	}
	return snap.Find(c.Core[0].Tag, c.Core[0].Pool)
}

// changesBetween tells what changed on a machine between two logs.
func (s *speaker) changesBetween(before, now *ingest.Snapshot) []string {
	if before == nil {
		return nil
	}
	var out []string
	if restarted(before, now) {
		boot, _ := now.Boot()
		out = append(out, s.say("timeline.restart", facts{"at": utc(boot)}))
	}
	if before.OS.Build != now.OS.Build && before.OS.Build > 0 && now.OS.Build > 0 {
		out = append(out, s.say("timeline.build", facts{"before": before.OS.Build, "now": now.OS.Build}))
	}
	if names := newVersions(before.Modules, now.Modules); len(names) > 0 {
		out = append(out, s.say("timeline.versions", s.few(names)))
	}
	if before.FilterSet && now.FilterSet {
		then, names := filterNames(before), filterNames(now)
		if added := without(names, then); len(added) > 0 {
			out = append(out, s.say("timeline.filters-new", s.few(added)))
		}
		if gone := without(then, names); len(gone) > 0 {
			out = append(out, s.say("timeline.filters-gone", s.few(gone)))
		}
	}
	return out
}

// fewNames is how many names a row of the timeline lists.
const fewNames = 4

// few hands the first of some names to a sentence.
func (s *speaker) few(names []string) facts {
	shown := slices.Clone(names[:min(fewNames, len(names))])
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, s.say("some.more", facts{"more": more}))
	}
	return facts{"names": shown}
}

// filterNames lists the filters of a snapshot, each once.
func filterNames(snap *ingest.Snapshot) []string {
	var names []string
	for _, f := range snap.Filters {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// newVersions lists the drivers that both logs print a version of, where the two
// differ. A driver that only one log lists says nothing: lm is often run for one.
func newVersions(before, now []ingest.Module) []string {
	then := map[string]string{}
	for _, m := range before {
		if m.Version != "" && !m.Unloaded {
			then[ingest.ModuleKey(m.Name)] = m.Version
		}
	}
	var names []string
	for _, m := range now {
		old := then[ingest.ModuleKey(m.Name)]
		if m.Version == "" || m.Unloaded || old == "" || old == m.Version {
			continue
		}
		if name := m.Name + " " + old + " → " + m.Version; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
