package judge

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Weights of the ladder that answers who allocates a tag. A module scan finds
// the bytes in the image itself; the dictionary's Binary: is a line in a text
// file; the lab's tag map is one that its own people wrote or chose; our tag map
// is the same with a public source.
const (
	weightScan     = 0.95
	weightBinary   = 0.85
	weightLabMap   = 0.82
	weightMap      = 0.80
	weightProbable = 0.60
	weightProcess  = 0.90 // the handle table itself: whose handles they are is a fact
)

// serving are parts of Windows that allocate on behalf of others. They own many
// tags and are rarely the ones to blame, so they are never named as holder.
var serving = []string{"nt", "ntoskrnl", "ntkrnlmp", "ntkrnlpa", "ntkrpamp", "hal", "fltmgr", "ntfs", "refs", "fastfat", "ndis",
	"tcpip", "afd", "netio", "http", "fwpkclnt", "win32k", "win32kbase", "win32kfull", "wdf01000", "ks", "storport",
	"classpnp", "partmgr", "volmgr", "mup", "rdbss", "ksecdd", "cng", "ci", "dxgkrnl", "dxgmms1", "dxgmms2", "usbport", "acpi", "pci"}

func serves(module string) bool { return slices.Contains(serving, ingest.ModuleKey(module)) }

// owner climbs down the ladder for one tag: module scan, the description's
// Binary:, the lab's tag map, our tag map, nobody. Where the lab's map contradicts
// the dictionary it is believed: somebody put it there to correct it.
func owner(s *ingest.Snapshot, row ingest.TagUsage, know *knowledge.Base) analyze.Attribution {
	facts := analyze.Facts{"tag": row.Tag}
	if hit, searched := scanTag(s, row.Tag); searched {
		facts["hits"] = int64(hit.Hits)
		switch {
		case hit.Module != nil:
			facts["module"], facts["start"], facts["end"] = hit.Module.Name, address(hit.Module.Start), address(hit.Module.End)
			return analyze.Attribution{Module: hit.Module.Name, Weight: weightScan, Proven: true, Sources: hit.Sources,
				Basis: analyze.Reason{Rule: analyze.OwnerScan, Facts: facts, Sources: hit.Sources}}
		case len(hit.Others) > 1:
			facts["modules"] = hit.Others
			return analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerSeveral, Facts: facts,
				Sources: hit.Sources}}
		}
	}
	return textOwner(facts, &row, know)
}

// textOwner climbs the rungs that need nothing but the row and the maps.
func textOwner(facts analyze.Facts, row *ingest.TagUsage, know *knowledge.Base) analyze.Attribution {
	from := []ingest.Source{row.Source}
	info := know.Tag(row.Tag)
	binary := row.Binary()
	if info.Lab.File != "" && !partOf(binary, info.Module) {
		return labOwner(facts, info)
	}
	if binary != "" {
		// "nt!ps" names a part of the kernel: module nt.
		module, _, _ := strings.Cut(binary, "!")
		facts["module"], facts["binary"] = module, binary
		return analyze.Attribution{Module: module, Weight: weightBinary, Proven: true, Sources: from,
			Basis: analyze.Reason{Rule: analyze.OwnerBinary, Facts: facts, Sources: from}}
	}
	if info.Module != "" {
		facts["module"], facts["text"] = info.Module, info.Text
		return analyze.Attribution{Module: info.Module, Weight: weightMap,
			Basis: analyze.Reason{Rule: analyze.OwnerMap, Facts: facts}}
	}
	return analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNone, Facts: facts, Sources: from}}
}

// partOf reports whether the dictionary's "nt!ps" or "fltmgr.sys" is the module.
func partOf(binary, module string) bool {
	file, _, _ := strings.Cut(binary, "!")
	return binary != "" && ingest.ModuleKey(file) == ingest.ModuleKey(module)
}

// labOwner is what the lab's own map says. A tag that it gives to several drivers
// has no owner.
func labOwner(facts analyze.Facts, info *knowledge.TagInfo) analyze.Attribution {
	facts["at"] = info.Lab.String()
	from := []ingest.Source{info.Lab}
	if info.Module == "" {
		facts["modules"] = info.Several
		return analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerLabMany, Facts: facts, Sources: from}}
	}
	facts["module"] = info.Module
	return analyze.Attribution{Module: info.Module, Weight: weightLabMap,
		Basis: analyze.Reason{Rule: analyze.OwnerLabMap, Facts: facts, Sources: from}, Sources: from}
}

// address prints an address the way lm and s do on this width of machine.
func address(a uint64) string {
	const hex = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[15-i] = hex[a>>(4*i)&15]
	}
	if a>>32 == 0 {
		return string(b[8:])
	}
	return string(b[:8]) + "`" + string(b[8:])
}

// blockAddress prints an address as !fltkd does: without the backtick.
func blockAddress(a uint64) string { return strings.ReplaceAll(address(a), "`", "") }

// ownerOf sums the bytes by owner and returns the attribution of the one that
// allocates most of the core.
func ownerOf(core []analyze.Member) analyze.Attribution {
	held := map[string]uint64{}
	for _, m := range core {
		held[ingest.ModuleKey(m.Owner.Module)] += m.Bytes
	}
	best := analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	var most uint64
	for _, m := range core { // in member order, so that ties fall the same way each time
		if b := held[ingest.ModuleKey(m.Owner.Module)]; m.Owner.Established() && b > most {
			most, best = b, m.Owner
		}
	}
	if !best.Established() && len(core) > 0 {
		best.Basis = core[0].Owner.Basis
	}
	return best
}
