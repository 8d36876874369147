package fleet

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Measure counts what a filter is judged by: its instances, and what the machine
// shows to compare them with.
func Measure(s *ingest.Snapshot, f ingest.Filter, th analyze.Thresholds) analyze.FilterFact {
	most, peers := 0, 0
	for _, o := range s.Filters {
		if n := o.Attached(); n > 0 && !strings.EqualFold(o.Name, f.Name) {
			most = max(most, n)
			peers++
		}
	}
	return analyze.FilterFact{Machine: s.Machine.Name, Frame: f.Frame, Name: f.Name, Altitude: f.Altitude,
		Legacy:    f.Legacy,
		Instances: f.Attached(), PeerMost: most, Peers: peers, Volumes: volumesBeside(s, f), Definitions: definitions(f, th),
		Groups: f.Instances, Source: f.Source}
}

// definitions returns how many differently named instances a filter has: it may
// attach once a volume under each name. A driver that names every attachment
// differently has not as many definitions.
func definitions(f ingest.Filter, th analyze.Thresholds) int {
	var names []string
	for _, i := range f.Instances {
		names = addOnce(names, i.Name)
		if len(names) == th.FilterDefinitions {
			break
		}
	}
	return max(1, len(names))
}

// volumesBeside returns how many volumes the log lists, 0 when it does not tell.
// !fltkd.volumes and fltmc volumes list all; where only attachments are listed,
// volumes without a name are counted as the filter's peers have them: each such
// row is another volume, or the same one over and over.
func volumesBeside(s *ingest.Snapshot, f ingest.Filter) int {
	volumes := 0
	for _, v := range s.Volumes {
		if v.Address != 0 || v.Device != "" || len(v.Instances) == 0 {
			return len(s.Volumes)
		}
		if !gone(v) {
			volumes++
		}
	}
	if !placed(f) {
		return 0
	}
	unnamed, peers := 0, false
	for _, o := range s.Filters {
		if o.Attached() > 0 && !strings.EqualFold(o.Name, f.Name) {
			unnamed, peers = max(unnamed, unnamedRows(o)), true
		}
	}
	if !peers {
		unnamed = unnamedRows(f)
	}
	return volumes + unnamed
}

// gone reports whether a volume is known only from instances that were detached
// with it: what is held open explains no instances.
func gone(v ingest.Volume) bool {
	return !slices.ContainsFunc(v.Instances, func(i ingest.Instance) bool { return !i.Detached })
}

// placed reports whether each attachment of a filter is listed with its volume,
// which may have no name. !fltkd.filters prints no volumes, "fltmc filters" only
// the number of instances.
func placed(f ingest.Filter) bool {
	named := false
	for _, i := range f.Instances {
		named = named || i.Volume != ""
		if i.Volume == "" && i.Name == "" {
			return false
		}
	}
	return named || f.Address == 0 && len(f.Instances) > 0
}

// unnamedRows returns to how many volumes without a name a filter is attached.
func unnamedRows(f ingest.Filter) int {
	most := 0
	for _, i := range f.Instances {
		if i.Volume == "" && !i.Detached && placed(f) {
			most = max(most, i.Count)
		}
	}
	return most
}

// FilterKey folds a filter's name: lists print it in the case of the registry, its
// instances in that of the driver's author.
func FilterKey(name string) string { return strings.ToLower(name) }
