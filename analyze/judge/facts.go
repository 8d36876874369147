package judge

import (
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Ceilings of nonpaged pool, from "Memory limits for Windows and Windows Server
// releases" in the vendor's documentation.
const (
	ceiling32      = 256 << 20 // 32-bit: 256 MB at most
	ceiling64      = 128 << 30 // 64-bit: the smaller of 75 % of RAM and 128 GB
	ceiling64Share = 0.75
)

// poolFacts reconciles each pool of a snapshot that has rows.
func poolFacts(s *ingest.Snapshot) []analyze.PoolFacts {
	var out []analyze.PoolFacts
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
		f := analyze.PoolFacts{Pool: pool, Sum: s.Sum(pool), Total: s.Total(pool)}
		for _, t := range s.Tags {
			if t.Pool == pool {
				f.Rows++
			}
		}
		if f.Rows == 0 && f.Total == nil {
			continue
		}
		f.Agrees = f.Total != nil && f.Total.Bytes == f.Sum.Bytes && f.Total.Outstanding == f.Sum.Outstanding
		f.VM = vmUsage(s.VM, pool)
		if f.VM > 0 {
			f.Rest = int64(f.VM) - int64(f.Held())
		}
		f.Ceiling, f.Basis = ceiling(s, pool)
		if f.Ceiling > 0 {
			f.Share = float64(f.Held()) / float64(f.Ceiling)
		}
		out = append(out, f)
	}
	return out
}

func vmUsage(vm *ingest.VM, pool ingest.Pool) uint64 {
	if vm == nil {
		return 0
	}
	if pool == ingest.Paged {
		return vm.Paged
	}
	return vm.NonPaged
}

// ceiling returns the largest size a pool may reach, and where that is known
// from. !vm prints "NonPagedPool Max: 4294967296" pages on every Windows 10, so
// a maximum above the machine's memory is not believed.
func ceiling(s *ingest.Snapshot, pool ingest.Pool) (uint64, analyze.Reason) {
	if vm := s.VM; vm != nil {
		most := vm.NonPagedMax
		if pool == ingest.Paged {
			most = vm.PagedMax
		}
		if most > 0 && (s.RAM == 0 || most <= s.RAM || pool == ingest.Paged) {
			return most, analyze.Reason{Rule: analyze.RuleCeilingVM,
				Facts: analyze.Facts{"ceiling": analyze.Bytes(most)}, Sources: []ingest.Source{vm.Source}}
		}
	}
	if pool == ingest.NonPaged {
		switch {
		case s.OS.Bits == 32:
			return ceiling32, analyze.Reason{Rule: analyze.RuleCeiling32,
				Facts: analyze.Facts{"ceiling": analyze.Bytes(ceiling32)}}
		case s.OS.Bits == 64 && s.RAM > 0:
			most := min(uint64(float64(s.RAM)*ceiling64Share), ceiling64)
			return most, analyze.Reason{Rule: analyze.RuleCeiling64,
				Facts: analyze.Facts{"ceiling": analyze.Bytes(most), "ram": analyze.Bytes(s.RAM)}}
		}
	}
	return 0, analyze.Reason{Rule: analyze.RuleCeilingUnknown, Facts: analyze.Facts{"pool": pool.String()}}
}

// tableState says how far the pool tables of a snapshot can be trusted.
type tableState uint8

const (
	tablesAbsent   tableState = iota
	tablesCut                 // the log stops in mid-row
	tablesUnclosed            // rows, but no TOTAL
	tablesExcerpt             // no TOTAL, and too few rows for a whole table
	tablesWrong               // the rows do not sum to TOTAL
	tablesComplete
)

// tables returns the state of a snapshot's pool tables, the worst of them.
func tables(s *ingest.Snapshot, facts []analyze.PoolFacts, th analyze.Thresholds) (tableState, ingest.Source) {
	state, at := tablesAbsent, s.Source
	if len(s.Tags) > 0 {
		state = tablesComplete
	}
	for _, b := range s.Blocks {
		if !isPoolTable(s, b) {
			continue
		}
		at = b.Source
		switch b.State {
		case ingest.BlockCut:
			return tablesCut, ingest.Source{File: b.File, Line: b.LastLine}
		case ingest.BlockUnclosed:
			state = tablesUnclosed
		}
	}
	if state == tablesComplete && len(s.Totals) == 0 && len(s.Tags) < th.WholeTable {
		return tablesExcerpt, at
	}
	for _, f := range facts {
		if f.Total != nil && !f.Agrees && state == tablesComplete {
			return tablesWrong, f.Total.Source
		}
	}
	return state, at
}

// whole reports whether a snapshot holds whole pool tables.
func whole(s *ingest.Snapshot, th analyze.Thresholds) bool {
	state, _ := tables(s, poolFacts(s), th)
	return state == tablesComplete
}

// isPoolTable reports whether a block is a table of tags: !poolused by its name,
// those of other tools by the rows that were read from it.
func isPoolTable(s *ingest.Snapshot, b ingest.Block) bool {
	if strings.Contains(b.Command, "poolused") {
		return true
	}
	for i := range s.Tags {
		if line := s.Tags[i].Line; b.Line <= line && line <= b.LastLine {
			return true
		}
	}
	return false
}

// row returns the first row of a tag, in whichever pool it stands, or nil.
func (e *exam) row(tag ingest.Tag) *ingest.TagUsage {
	for i := range e.Tags {
		if e.Tags[i].Tag == tag {
			return &e.Tags[i]
		}
	}
	return nil
}
