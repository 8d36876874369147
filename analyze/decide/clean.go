package decide

import (
	"math"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// spell is one boot session of a machine with a case, as far as its logs reach.
type spell struct {
	shows   bool
	exposed time.Duration // until the case showed, or to the last snapshot that could show it
	after   time.Duration // from the last snapshot that shows it to the last that could and does not
	fixed   bool          // by the end of it the module has the version that should mend
}

// clean applies the rule of rare events. A case comes up in a boot session like a rare
// event in time: by how many sessions showed it in how much running time it has a
// rate, and if it still came up at that rate, a stretch of time without it would have
// the probability e^(−rate · time). After ln(1/chance)/rate that is below the chance;
// the factor stands for what a few sessions can tell about a rate.
//
// With a fix only time in its version counts as clean. Without one all machines have to
// be free of the case, and the time since each showed it last counts.
func (s *settling) clean(c *analyze.Case, fix *analyze.Fix) *analyze.Clean {
	if fix == nil && c.OpenAt(time.Time{}) || fix != nil && len(fix.Regressed) > 0 {
		return nil
	}
	var out analyze.Clean
	for i := range c.Presence {
		spells := s.spells(c, &c.Presence[i], fix)
		last := -1
		for i, sp := range spells {
			if sp.shows {
				last = i
			}
		}
		for i, sp := range spells {
			switch {
			case sp.shows:
				out.Shown++
				out.Exposed += days(sp.exposed)
			case fix == nil && i > last || fix != nil && sp.fixed:
				out.Days += days(sp.exposed)
			default:
				out.Exposed += days(sp.exposed)
			}
			if i == last && (fix == nil || sp.fixed) {
				out.Days += days(sp.after)
			}
		}
	}
	if out.Shown == 0 || out.Exposed == 0 {
		return nil // no log tells how long the machines had run
	}
	rate := float64(out.Shown) / out.Exposed
	out.Needed = s.th.GoneFactor * math.Log(1/s.th.GoneChance) / rate
	return &out
}

func days(d time.Duration) float64 { return d.Hours() / 24 }

// spells goes through the boot sessions of one machine.
func (s *settling) spells(c *analyze.Case, on *analyze.Presence, fix *analyze.Fix) []spell {
	m := s.machines[on.Machine]
	if m == nil {
		return nil
	}
	shows := map[*ingest.Snapshot]bool{}
	for _, seen := range c.Sightings {
		shows[seen.Snapshot] = true
	}
	var out []spell
	for i := range m.Sessions {
		b := &m.Sessions[i]
		sp, end := newSpell(b, func(s *ingest.Snapshot) bool { return shows[s] }, on.Clear)
		if end == nil {
			continue // nothing of this session could show the case
		}
		if fix != nil {
			sp.fixed, _ = knowledge.AtLeast(s.build(m, end, fix.Module).Version, fix.Version)
		}
		out = append(out, sp)
	}
	return out
}

// newSpell looks through the snapshots of a boot session, and returns the last of them
// that shows the case or could; nil when there is none.
func newSpell(b *series.Boot, shows func(*ingest.Snapshot) bool, clear []time.Time) (sp spell, end *ingest.Snapshot) {
	var last *ingest.Snapshot // that shows it
	for _, snap := range b.Snapshots {
		switch {
		case shows(snap):
			if !sp.shows {
				sp.exposed = ran(b, snap)
			}
			sp.shows, sp.after, last, end = true, 0, snap, snap
		case !slices.ContainsFunc(clear, snap.At.Equal):
		case sp.shows:
			sp.after, end = ran(b, snap)-ran(b, last), snap
		default:
			sp.exposed, end = ran(b, snap), snap
		}
	}
	return sp, end
}

// ran is how long the machine had run in a session when a snapshot was taken, as far as
// that is known.
func ran(b *series.Boot, s *ingest.Snapshot) time.Duration {
	if s.UptimeOK {
		return s.Uptime
	}
	first := b.Snapshots[0]
	if s.At.IsZero() || first.At.IsZero() {
		return 0
	}
	return s.At.Sub(first.At)
}
