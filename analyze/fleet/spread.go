package fleet

import (
	"math"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// Spread fills in where and since when each case is seen.
func Spread(res *analyze.Result, th series.Thresholds) {
	machines := map[string]*analyze.Machine{}
	judged := 0
	for i := range res.Machines {
		m := &res.Machines[i]
		machines[m.Name] = m
		if m.Verdict != analyze.Insufficient {
			judged++
		}
	}
	for i := range res.Cases {
		c := &res.Cases[i]
		c.Judged = judged
		for start := 0; start < len(c.Sightings); {
			end := start + 1
			for end < len(c.Sightings) && c.Sightings[end].Machine == c.Sightings[start].Machine {
				end++
			}
			m := machines[c.Sightings[start].Machine]
			if m.Verdict == analyze.Insufficient {
				c.Judged++ // a case was found in an older log
			}
			c.Presence = append(c.Presence, presence(c.Sightings[start:end], m, th))
			start = end
		}
		c.Movement = overall(c.Presence)
	}
	sayGone(res)
}

// linker says how two snapshots of one machine belong together, the earlier one first.
type linker func(a, b *ingest.Snapshot) series.Link

// links tells it by the machine's boot sessions, for which its tables were compared.
func links(m *analyze.Machine) linker {
	of := map[*ingest.Snapshot]int{}
	for i := range m.Sessions {
		for _, s := range m.Sessions[i].Snapshots {
			of[s] = i
		}
	}
	return func(a, b *ingest.Snapshot) series.Link {
		from, to := of[a], of[b]
		switch {
		case from == to:
			return series.SameBoot
		case slices.ContainsFunc(m.Sessions[from+1:to+1], func(b series.Boot) bool { return b.Restarted() }):
			return series.Restarted
		}
		return series.Unlinked
	}
}

// presence sums up the sightings of one machine, in time order.
func presence(seen []analyze.Sighting, m *analyze.Machine, th series.Thresholds) analyze.Presence {
	link := links(m)
	first, last := seen[0], seen[len(seen)-1]
	p := analyze.Presence{Machine: first.Machine, First: first.At(), Last: last.At(), Shown: len(seen),
		Events: last.Events}
	able := ableToShow(seen, m)
	p.Of, p.AtLeast = len(able), able[0] == first.Snapshot
	for _, s := range seen {
		if s.Holder != "" {
			p.Holder = s.Holder
		}
	}
	from := len(seen) - 1
	for from > 0 && link(seen[from-1].Snapshot, last.Snapshot) == series.SameBoot {
		from--
	}
	p.Change = last.Events - seen[from].Events
	p.Clear = absences(seen, able, link, th)
	p.Movement = movement(&p, last.Snapshot, able, len(seen)-from, link)
	return p
}

// absences returns when the machine was found without the case. After a restart that
// takes half of the shortest uptime that showed it.
func absences(seen []analyze.Sighting, able []*ingest.Snapshot, link linker, th series.Thresholds) []time.Time {
	var out []time.Time
	shortest := time.Duration(math.MaxInt64)
	for _, s := range seen {
		if s.Snapshot.UptimeOK {
			shortest = min(shortest, s.Snapshot.Uptime)
		}
	}
	var last *ingest.Snapshot
	for _, s := range able {
		if slices.ContainsFunc(seen, func(g analyze.Sighting) bool { return g.Snapshot == s }) {
			last = s
			continue
		}
		young := last != nil && link(last, s) == series.Restarted &&
			float64(s.Uptime) < th.CloseUptime*float64(shortest)
		if !s.At.IsZero() && !young {
			out = append(out, s.At)
		}
	}
	return out
}

// movement tells how the case moved: last is the last snapshot that shows it, of
// those that could, and boot how many show it in that boot session.
func movement(p *analyze.Presence, last *ingest.Snapshot, able []*ingest.Snapshot, boot int,
	link linker) analyze.Movement {
	newest := able[len(able)-1]
	switch {
	case newest != last && link(last, newest) == series.Restarted:
		return analyze.GoneRestart
	case newest != last:
		return analyze.Gone
	case len(able) == 1:
		return analyze.Once
	case boot > 1 && float64(p.Change) > noise(p.Events):
		return analyze.Growing
	case boot > 1:
		return analyze.Steady
	case p.Shown > 1:
		return analyze.Returned
	}
	return analyze.New
}

// noise is how far a count moves by itself: two standard deviations.
func noise(n int64) float64 { return 2 * math.Sqrt(float64(max(0, n))) }

// ableToShow returns the snapshots of a machine that show a case or, by their whole
// tables, would have: an excerpt without a case does not say that it is gone.
func ableToShow(seen []analyze.Sighting, m *analyze.Machine) []*ingest.Snapshot {
	shows := map[*ingest.Snapshot]bool{}
	for _, s := range seen {
		shows[s.Snapshot] = true
	}
	var out []*ingest.Snapshot
	for i, s := range m.Snapshots {
		if shows[s] || m.Whole[i] {
			out = append(out, s)
		}
	}
	return out
}

// sayGone tells where the newest log of the machine that a case's figures are from
// no longer shows it: a restart hides a leak and mends nothing.
func sayGone(res *analyze.Result) {
	latest := map[string]*ingest.Snapshot{}
	for i := range res.Machines {
		latest[MachineKey(res.Machines[i].Latest())] = res.Machines[i].Latest()
	}
	for i := range res.Cases {
		c := &res.Cases[i]
		now := latest[MachineKey(c.Lead)]
		for _, p := range c.Presence {
			if !strings.EqualFold(p.Machine, c.Lead.Machine.Name) || p.Movement != analyze.Gone &&
				p.Movement != analyze.GoneRestart {
				continue
			}
			c.WhyNot = append(c.WhyNot, analyze.Reason{Rule: analyze.RuleNotSeenSince,
				Facts: analyze.Facts{"restarted": p.Movement == analyze.GoneRestart,
					"uptime": now.Uptime, "aged": now.UptimeOK}, Sources: []ingest.Source{now.Source}})
		}
	}
}

// overall is the movement of a case over its machines: what is new or spreads is
// told before what grows, and gone is only what is gone from all.
func overall(all []analyze.Presence) analyze.Movement {
	most, fresh := analyze.Movement(0), 0
	for _, p := range all {
		if p.Movement == analyze.New {
			fresh++
			continue
		}
		most = max(most, p.Movement)
	}
	switch {
	case fresh == len(all):
		return analyze.New
	case fresh > 0:
		return analyze.Spreading
	}
	return most
}
