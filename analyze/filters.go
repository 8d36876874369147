package analyze

import (
	"cmp"
	"slices"

	"poolsweep/ingest"
)

// fmis is the filter manager's tag for one FLT_INSTANCE structure: its count is
// the number of attachments, whatever a listing shows.
var fmis = ingest.MustTag("FMis")

// fltmgrTags are the filter manager's own structures that attachments make:
// instance, volume, completion nodes, rundown references, work items.
var fltmgrTags = []ingest.Tag{fmis, ingest.MustTag("FMvo"), ingest.MustTag("FMct"), ingest.MustTag("FMrr"), ingest.MustTag("FMwi")}

// filterFacts puts each filter of a snapshot beside its peers, highest altitude
// first.
func filterFacts(s *ingest.Snapshot, th Thresholds) []FilterFact {
	var out []FilterFact
	for i, f := range s.Filters {
		n := f.Attached()
		most, peers := 0, 0
		for j, o := range s.Filters {
			if i != j && o.Attached() > 0 {
				most = max(most, o.Attached())
				peers++
			}
		}
		out = append(out, FilterFact{
			Machine: s.Machine.Name, Frame: f.Frame, Name: f.Name, Altitude: f.Altitude, Instances: n, PeerMost: most,
			Groups: f.Instances, Source: f.Source,
			// A machine may have dozens of volumes, and a filter may take them all: only
			// peers on the same machine tell what is many.
			Runaway: n >= th.RunawayFloor && peers > 0 && n >= th.RunawayFactor*most,
		})
	}
	slices.SortStableFunc(out, func(a, b FilterFact) int {
		return cmp.Or(b.Altitude.Compare(a.Altitude), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// runaway returns the filter that ran away with the most instances, or nil.
func runaway(filters []FilterFact) *FilterFact {
	var worst *FilterFact
	for i := range filters {
		if f := &filters[i]; f.Runaway && (worst == nil || f.Instances > worst.Instances) {
			worst = f
		}
	}
	return worst
}

// listed sums the instances of all filters.
func listed(filters []FilterFact) int {
	n := 0
	for _, f := range filters {
		n += f.Instances
	}
	return n
}

// peerRange returns the fewest and most instances among the other filters that
// have any, and how many such filters there are.
func peerRange(filters []FilterFact, name string) (least, most, peers int) {
	for _, f := range filters {
		if f.Name == name || f.Instances == 0 {
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
func above(filters []FilterFact, holder FilterFact) []string {
	var names []string
	for _, f := range filters {
		if f.Altitude.Compare(holder.Altitude) > 0 {
			names = append(names, f.Name)
		}
	}
	return names
}
