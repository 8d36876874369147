package judge

import (
	"cmp"
	"slices"

	"poolsweep/ingest"
)

// scanned is what the module scans of a snapshot say about one tag.
type scanned struct {
	Module  *ingest.Module // the only driver whose image holds the four bytes, or nil
	Others  []string       // drivers, when there are several
	Hits    int
	Sources []ingest.Source
}

// scanTag looks up the hits of a scan for the tag in the module ranges. The
// four bytes stand in a driver's code or data where it passes them to the
// allocator; a hit in the kernel's own dictionary of tags would name nt, so nt
// and the debugger's own modules do not count.
func scanTag(s *ingest.Snapshot, tag ingest.Tag) (scanned, bool) {
	var out scanned
	if len(s.Scans) == 0 {
		return out, false
	}
	searched := false
	found := map[string]*ingest.Module{}
	for _, scan := range s.Scans {
		pattern, err := ingest.ParseTag(scan.Pattern)
		if err != nil || pattern != tag {
			continue
		}
		searched = true
		for _, hit := range scan.Hits {
			m := s.ModuleAt(hit.Address)
			if m == nil && hit.Module != "" { // the search itself printed the module
				m = &ingest.Module{Name: hit.Module, Source: hit.Source}
			}
			if m == nil {
				continue
			}
			out.Hits++
			out.Sources = append(out.Sources, hit.Source)
			if _, seen := found[ingest.ModuleKey(m.Name)]; !seen && m.Source != hit.Source {
				out.Sources = append(out.Sources, m.Source)
			}
			found[ingest.ModuleKey(m.Name)] = m
		}
	}
	delete(found, "nt")
	for _, m := range found {
		out.Others = append(out.Others, m.Name)
		out.Module = m
	}
	slices.SortFunc(out.Others, cmp.Compare)
	if len(found) != 1 {
		out.Module = nil
	}
	return out, searched
}
