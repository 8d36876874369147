package fleet

import (
	"cmp"
	"slices"

	"poolsweep/ingest"
)

// Machines groups the snapshots by machine, machines by name, snapshots by
// time; undated ones by file and line.
func Machines(docs []*ingest.Document) [][]*ingest.Snapshot {
	var all []*ingest.Snapshot
	for _, d := range docs {
		for _, s := range d.Snapshots {
			// A file without debugger output whose machine is only guessed from its own
			// name may be anything; in a machine's folder it is that machine's bad log.
			if len(s.Blocks) > 0 || s.Machine.From != ingest.NameFromFile {
				all = append(all, s)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *ingest.Snapshot) int {
		return cmp.Or(cmp.Compare(MachineKey(a), MachineKey(b)), a.At.Compare(b.At), compareSources(a.Source, b.Source))
	})
	var out [][]*ingest.Snapshot
	for i, s := range all {
		if i == 0 || MachineKey(all[i-1]) != MachineKey(s) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// MachineKey folds a machine's name: Windows names differ in case only by accident.
func MachineKey(s *ingest.Snapshot) string { return ingest.MachineKey(s.Machine.Name) }

func compareSources(a, b ingest.Source) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}
