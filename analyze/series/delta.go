package series

import (
	"slices"

	"poolsweep/ingest"
)

// Delta is what one tag gained between two snapshots of one boot session.
type Delta struct {
	Key
	Outstanding   int64
	Bytes         int64
	Allocs, Frees uint64 // made in between; only when Counted
	Counted       bool
	To            ingest.TagUsage // the later row
}

// delta compares two rows of one tag.
func delta(was, is *ingest.TagUsage) Delta {
	d := Delta{Key: Key{is.Tag, is.Pool}, To: *is,
		Outstanding: is.Outstanding - was.Outstanding, Bytes: int64(is.Bytes) - int64(was.Bytes)}
	if was.Counted && is.Counted && was.Allocs <= is.Allocs && was.Frees <= is.Frees {
		d.Counted, d.Allocs, d.Frees = true, is.Allocs-was.Allocs, is.Frees-was.Frees
	}
	return d
}

// PerWork is how many allocations of a tag stay for each unit of work that the
// tables count: a rate per event carries over to other machines, one per hour
// does not.
type PerWork struct {
	Key                   // the tag that leaks
	Work  ingest.TagUsage // the tag whose allocations are the work, its later row
	Units uint64          // made in between
	Each  float64         // outstanding gained for each unit
}

// processes is made once a process, whoever creates it.
var processes = ingest.MustTag("Proc")

// WorkRates returns the gains of a tag for each unit of work between two snapshots:
// for each balanced sibling, a tag of the same family that frees what it makes
// and so counts how often its driver ran, and for each process created.
func WorkRates(leak Delta, deltas []Delta) []PerWork {
	var out []PerWork
	for _, d := range deltas {
		if d.Key == leak.Key || !d.Counted || d.Allocs == 0 || leak.Outstanding <= 0 {
			continue
		}
		if d.Tag == processes || sibling(leak, d) && balanced(d) {
			out = append(out, PerWork{leak.Key, d.To, d.Allocs, float64(leak.Outstanding) / float64(d.Allocs)})
		}
	}
	slices.SortStableFunc(out, func(a, b PerWork) int { return a.Work.Tag.Compare(b.Work.Tag) })
	return out
}

// sibling reports whether two tags begin with the same two bytes: a driver varies
// only the rest, as in FMfn beside FMsl.
func sibling(a, b Delta) bool { return a.Tag != b.Tag && a.Tag[0] == b.Tag[0] && a.Tag[1] == b.Tag[1] }

// balanced reports whether what was made in between was freed in between, to one
// in a hundred.
func balanced(d Delta) bool {
	return d.Outstanding*100 <= int64(d.Allocs) && d.Outstanding*100 >= -int64(d.Allocs)
}
