package fleet

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Norms holds the norm of each filter, by its name, for each machine that it is
// compared with.
type Norms map[string]map[string]*analyze.FilterNorm

// Elsewhere returns the norm of a filter without the machine itself, nil when no
// other machine has it.
func (n Norms) Elsewhere(filter, machine string) *analyze.FilterNorm {
	return n[FilterKey(filter)][ingest.MachineKey(machine)]
}

// NewNorms measures each filter on all machines.
func NewNorms(machines [][]*ingest.Snapshot, tables analyze.Tables, th analyze.Thresholds) Norms {
	found := map[string]map[string]analyze.FilterFact{}
	for _, snaps := range machines {
		for _, m := range newestFilters(snaps, tables, th) {
			key, on := FilterKey(m.Name), MachineKey(snaps[0])
			if found[key] == nil {
				found[key] = map[string]analyze.FilterFact{}
			}
			if old, twice := found[key][on]; !twice || m.Instances > old.Instances {
				found[key][on] = m
			}
		}
	}
	out := Norms{}
	for key, on := range found {
		out[key] = normsOf(on)
	}
	return out
}

// newestFilters measures the filters of the newest snapshot of a machine that lists any.
func newestFilters(snaps []*ingest.Snapshot, tables analyze.Tables, th analyze.Thresholds) []analyze.FilterFact {
	for i := len(snaps) - 1; i >= 0; i-- {
		if all := filtersOf(snaps[i:i+1], tables, th); len(all) > 0 {
			return all
		}
	}
	return nil
}

// filtersOf measures the filters of one snapshot, without their instances.
func filtersOf(one []*ingest.Snapshot, tables analyze.Tables, th analyze.Thresholds) []analyze.FilterFact {
	defer tables.Lend(one)()
	var all []analyze.FilterFact
	for _, f := range one[0].Filters {
		m := Measure(one[0], f, th)
		m.Groups = nil
		all = append(all, m)
	}
	return all
}

// normsOf gives each machine the norm of all others.
func normsOf(on map[string]analyze.FilterFact) map[string]*analyze.FilterNorm {
	var instances, volumes, definitions, room []int
	for _, f := range on {
		instances, volumes = append(instances, f.Instances), append(volumes, f.Volumes)
		definitions, room = append(definitions, f.Definitions), append(room, f.Room())
	}
	for _, list := range [][]int{instances, volumes, definitions, room} {
		slices.Sort(list)
	}
	out := map[string]*analyze.FilterNorm{}
	if len(on) < 2 {
		return out
	}
	for machine, f := range on {
		n := &analyze.FilterNorm{Machines: len(on) - 1}
		n.Median, n.Most = without(instances, f.Instances)
		n.Volumes, _ = without(volumes, f.Volumes)
		_, n.Definitions = without(definitions, f.Definitions)
		_, n.Room = without(room, f.Room())
		out[machine] = n
	}
	return out
}

// without returns the median and the largest of a sorted list that lacks one of its
// values; of two in the middle the lower one. The list has two values at least.
func without(sorted []int, value int) (median, most int) {
	at, _ := slices.BinarySearch(sorted, value)
	rest := func(i int) int {
		if i >= at {
			i++
		}
		return sorted[i]
	}
	return rest((len(sorted) - 2) / 2), rest(len(sorted) - 2)
}
