package tooltext

import "poolsweep/ingest"

// Merge adds the list to the snapshot.
func (f *fltmc) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if f.failed {
		return
	}
	for i := range f.list {
		filter := &f.list[i]
		filter.Source = source(filter.Line)
		for k := range filter.Instances {
			filter.Instances[k].Source = source(filter.Instances[k].Line)
		}
	}
	for i := range f.volumes {
		f.volumes[i].Source = source(f.volumes[i].Line)
	}
	addFilters(s, f.list)
	addVolumes(s, f.volumes)
	addVolumes(s, volumesOf(f.list))
	whole := f.kind == listsFilters && !f.only.picked
	s.FilterSet = s.FilterSet || whole && (f.ruled || len(f.list) > 0)
	s.PlaceSet = s.PlaceSet || f.everywhere()
}

// everywhere reports whether the list has all instances with their volumes, as far
// as it goes: nothing was asked for by name, its begin was read, and no row is
// broken off.
func (f *fltmc) everywhere() bool {
	all := f.only.filter == "" && f.only.volume == "" && !f.only.picked && !f.noFilter && !f.noVolume
	return f.kind == listsInstances && all && f.ruled && f.rows > 0 && f.half == nil
}

// volumesOf turns the list round: which instances stand on a volume.
func volumesOf(list []ingest.Filter) []ingest.Volume {
	var all []ingest.Volume
	at := map[string]int{}
	for _, f := range list {
		for _, in := range f.Instances {
			if in.Volume == "" {
				continue
			}
			i, ok := at[in.Volume]
			if !ok {
				i = len(all)
				at[in.Volume] = i
				all = append(all, ingest.Volume{Name: in.Volume, Frame: f.Frame, Source: in.Source})
			}
			all[i].Instances = append(all[i].Instances, in)
		}
	}
	return all
}

// addFilters adds filters to the snapshot, or what is new about them when another
// command listed them: "fltmc filters" tells how many instances a filter has,
// "fltmc instances" where, and either may be asked first or for a part only. So
// the groups are joined, none is counted twice, and what the larger number tells
// of no place stays a group without a name.
func addFilters(s *ingest.Snapshot, list []ingest.Filter) {
	at := map[string][]int{}
	for i, known := range s.Filters {
		at[known.Name] = append(at[known.Name], i)
	}
	for _, f := range list {
		known := -1
		for _, i := range at[f.Name] {
			k := s.Filters[i]
			if k.Frame == f.Frame || k.Frame == "" || f.Frame == "" || k.Address != 0 {
				known = i
				break
			}
		}
		if known < 0 {
			s.Filters = append(s.Filters, f)
			continue
		}
		joinFilter(&s.Filters[known], f)
	}
}

func joinFilter(known *ingest.Filter, f ingest.Filter) {
	known.Legacy = known.Legacy || f.Legacy
	if known.Frame == "" {
		known.Frame = f.Frame
	}
	if isPlain(f.Instances) && f.Altitude != "" || known.Altitude == "" {
		known.Altitude = f.Altitude // that of the filter, not of one of its instances
	}
	if known.Address != 0 { // the debugger's list tells no volumes
		if f.Attached() >= known.Attached() && !isPlain(f.Instances) {
			known.Instances = f.Instances
		}
		return
	}
	known.Instances = joinGroups(known.Instances, f.Instances)
}

// isPlain reports whether only the number of attachments is known.
func isPlain(groups []ingest.Instance) bool {
	return len(groups) == 0 || len(groups) == 1 && groups[0].Name == "" && groups[0].Volume == ""
}

// groupKey is what tells groups apart.
type groupKey struct {
	name, volume string
	altitude     ingest.Altitude
	detached     bool
}

// joinGroups joins two lists of groups of the same filter.
func joinGroups(a, b []ingest.Instance) []ingest.Instance {
	total := max(attached(a), attached(b))
	var joined []ingest.Instance
	var plain *ingest.Instance
	at := map[groupKey]int{}
	for _, list := range [][]ingest.Instance{a, b} {
		for _, in := range list {
			key := groupKey{in.Name, in.Volume, in.Altitude, in.Detached}
			i, ok := at[key]
			switch {
			case in.Name == "" && in.Volume == "":
				plain = &in
			case ok:
				joined[i].Count = max(joined[i].Count, in.Count)
			default:
				at[key] = len(joined)
				joined = append(joined, in)
			}
		}
	}
	if rest := total - attached(joined); plain != nil && rest > 0 {
		plain.Count = rest
		joined = append(joined, *plain)
	}
	return joined
}

func attached(groups []ingest.Instance) int {
	n := 0
	for _, in := range groups {
		n += in.Count
	}
	return n
}

// addVolumes adds volumes to the snapshot, or what is new about them. A volume is
// known by its letter in one list and by its device in another. What the debugger
// lists has addresses and keeps its instances.
func addVolumes(s *ingest.Snapshot, list []ingest.Volume) {
	at := map[string]int{}
	for i, known := range s.Volumes {
		at[known.Name] = i
		if known.Device != "" {
			at[known.Device] = i
		}
	}
	for _, v := range list {
		i, ok := at[v.Name]
		if !ok && v.Device != "" {
			i, ok = at[v.Device]
		}
		if !ok {
			at[v.Name] = len(s.Volumes)
			s.Volumes = append(s.Volumes, v)
			continue
		}
		known := &s.Volumes[i]
		if known.Device == "" && v.Device != "" {
			known.Name, known.Device = v.Name, v.Device
		}
		if known.Address == 0 {
			known.Instances = joinGroups(known.Instances, v.Instances)
		}
	}
}
