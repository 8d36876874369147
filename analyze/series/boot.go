package series

import (
	"cmp"
	"slices"
	"time"

	"poolsweep/ingest"
)

// Link says how two snapshots that follow each other belong together.
type Link uint8

const (
	_ Link = iota
	// SameBoot: the machine was not started in between.
	SameBoot
	// Restarted: it was.
	Restarted
	// Unlinked: the log does not tell, so no growth is read across.
	Unlinked
)

var links = [...]string{"", "same boot", "restarted", "unlinked"}

// String returns the link in words.
func (l Link) String() string { return links[l] }

// Boot is one boot session: snapshots between two starts of the kernel. A shutdown
// with Fast Startup keeps the kernel's pools and its uptime, so it is no new one.
type Boot struct {
	Snapshots []*ingest.Snapshot
	Before    Link // to the session before: Restarted or Unlinked; 0 for the first
}

// Restarted reports whether the machine is known to have been started between the
// session before and this one.
func (b *Boot) Restarted() bool { return b.Before == Restarted }

// Boots divides a machine's snapshots, in time order, into boot sessions.
func Boots(snaps []*ingest.Snapshot, th Thresholds) []Boot {
	var out []Boot
	for i, s := range snaps {
		link := Link(0)
		if i > 0 {
			link = Linked(snaps[i-1], s, th)
		}
		if link != SameBoot {
			out = append(out, Boot{Before: link})
		}
		last := &out[len(out)-1]
		last.Snapshots = append(last.Snapshots, s)
	}
	return out
}

// Linked compares two snapshots of one machine, the earlier one first. Times and
// uptimes decide; where they are missing, counters that fell prove a restart,
// and counters that did not prove nothing.
func Linked(a, b *ingest.Snapshot, th Thresholds) Link {
	bootA, okA := a.Boot()
	bootB, okB := b.Boot()
	switch {
	case okA && okB && bootB.Sub(bootA).Abs() <= th.BootTolerance:
		return SameBoot
	case okB && !a.At.IsZero() && bootB.Sub(a.At) > th.BootTolerance:
		return Restarted
	case okB && !okA && !a.At.IsZero() && a.At.Sub(bootB) > th.BootTolerance:
		return SameBoot // a was taken while b's session ran
	case a.UptimeOK && b.UptimeOK && b.Uptime < a.Uptime, fell(a, b):
		return Restarted
	}
	return Unlinked
}

// wrapped: the kernel counts allocations in 32 bits, so a counter that was in its
// upper half may have come round.
const wrapped = 1 << 31

// fell reports whether a counter of allocations or frees went down. They count
// since boot, also for drivers that were unloaded in between.
func fell(a, b *ingest.Snapshot) bool {
	later := index(b)
	for _, was := range a.Tags {
		i, ok := later[Key{was.Tag, was.Pool}]
		if !ok || !was.Counted || !b.Tags[i].Counted {
			continue
		}
		if is := b.Tags[i]; less(is.Allocs, was.Allocs) || less(is.Frees, was.Frees) {
			return true
		}
	}
	return false
}

func less(is, was uint64) bool { return is < was && was < wrapped }

// index returns where each tag stands in a snapshot.
func index(s *ingest.Snapshot) map[Key]int {
	at := make(map[Key]int, len(s.Tags))
	for i, t := range s.Tags {
		at[Key{t.Tag, t.Pool}] = i
	}
	return at
}

// Offsets returns when each snapshot was taken, since the first: by uptime, which
// nobody sets, or by session time where an uptime is missing.
func (b *Boot) Offsets() []time.Duration {
	byUptime := !slices.ContainsFunc(b.Snapshots, func(s *ingest.Snapshot) bool { return !s.UptimeOK })
	out := make([]time.Duration, len(b.Snapshots))
	first := b.Snapshots[0]
	for i, s := range b.Snapshots {
		if byUptime {
			out[i] = s.Uptime - first.Uptime
		} else {
			out[i] = s.At.Sub(first.At)
		}
	}
	return out
}

// Window returns the time between the first and the last snapshot.
func (b *Boot) Window() time.Duration {
	offsets := b.Offsets()
	return slices.Max(offsets) - slices.Min(offsets)
}

// Quantity reads one figure of a snapshot, and where it stands; false when the
// snapshot does not show it.
type Quantity func(*ingest.Snapshot) (float64, ingest.Source, bool)

// Points returns a quantity over a boot session. Two readings of one moment count
// once, the later print wins.
func (b *Boot) Points(of Quantity) []Point {
	var out []Point
	for i, at := range b.Offsets() {
		if value, from, ok := of(b.Snapshots[i]); ok {
			out = put(out, Point{at, value, from})
		}
	}
	return out
}

// put adds a point in time order. Clocks that were set may let an uptime fall a
// little within a session.
func put(points []Point, p Point) []Point {
	if n := len(points); n == 0 || points[n-1].At < p.At { // nearly always
		return append(points, p)
	}
	i, found := slices.BinarySearchFunc(points, p.At, func(q Point, at time.Duration) int {
		return cmp.Compare(q.At, at)
	})
	if found {
		points[i] = p
		return points
	}
	return slices.Insert(points, i, p)
}

// Instances counts the attachments of a filter.
func Instances(filter string) Quantity {
	return func(s *ingest.Snapshot) (float64, ingest.Source, bool) {
		n, found, from := 0, false, ingest.Source{}
		for _, f := range s.Filters {
			if f.Name == filter {
				n, found, from = n+f.Attached(), true, f.Source
			}
		}
		return float64(n), from, found
	}
}

// PoolBytes is what a pool holds by its printed TOTAL.
func PoolBytes(pool ingest.Pool) Quantity {
	return func(s *ingest.Snapshot) (float64, ingest.Source, bool) {
		if t := s.Total(pool); t != nil {
			return float64(t.Bytes), t.Source, true
		}
		return 0, ingest.Source{}, false
	}
}

// Handles is how many handles a process has open.
func Handles(image string, pid uint64) Quantity {
	return func(s *ingest.Snapshot) (float64, ingest.Source, bool) {
		for _, p := range s.Running {
			if p.Image == image && p.PID == pid && p.Handles >= 0 {
				return float64(p.Handles), p.Source, true
			}
		}
		return 0, ingest.Source{}, false
	}
}

// ProcessGap is how many more process objects are outstanding than live processes
// are listed.
func ProcessGap(s *ingest.Snapshot) (float64, ingest.Source, bool) {
	row := s.Find(ingest.MustTag("Proc"), ingest.NonPaged)
	if row == nil || s.Processes == nil {
		return 0, ingest.Source{}, false
	}
	return float64(row.Outstanding - int64(s.Processes.Live())), row.Source, true
}
