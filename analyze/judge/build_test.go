package judge

import (
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// made builds a snapshot for the tables of these tests.
type made struct{ *ingest.Snapshot }

// snap starts a snapshot of a machine with a small, healthy, complete table.
func snap(machine string) made {
	s := made{&ingest.Snapshot{Machine: ingest.Machine{Name: machine, From: ingest.NameFromFolder},
		Source: ingest.Source{File: machine + ".log", Line: 1},
		At:     time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Uptime: 10 * time.Hour, UptimeOK: true,
		OS: ingest.OS{Bits: 32, Build: 2600}}}
	return s.np("MmSt", 812, 3_400_000).np("CcSc", 733, 310_000).np("Ntfx", 3_317, 1_090_000).np("Even", 2_207, 110_000).
		block("!poolused 2", ingest.BlockComplete)
}

func (m made) block(command string, state ingest.BlockState) made {
	m.Blocks = append(m.Blocks, ingest.Block{Source: m.line(), Command: command, State: state, LastLine: len(m.Tags) + 10})
	return m
}

func (m made) line() ingest.Source {
	return ingest.Source{File: m.Machine.Name + ".log", Line: 10 + len(m.Tags)}
}

// row adds a tag with the given outstanding count and bytes.
func (m made) row(pool ingest.Pool, tag string, n int64, bytes uint64, description string) made {
	m.Tags = append(m.Tags, ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool,
		Usage: ingest.Usage{Outstanding: n, Bytes: bytes}, Description: description, Source: m.line()})
	return m
}

// np adds a nonpaged row whose description the dictionary has.
func (m made) np(tag string, n int64, bytes uint64) made {
	return m.row(ingest.NonPaged, tag, n, bytes, "words of the dictionary")
}

// unknown adds a nonpaged row that the dictionary does not know.
func (m made) unknown(tag string, n int64, bytes uint64) made {
	return m.row(ingest.NonPaged, tag, n, bytes, "UNKNOWN pooltag '"+tag+"', please update pooltag.txt")
}

// counted adds allocations and frees to the last row.
func (m made) counted(allocs, frees uint64) made {
	t := &m.Tags[len(m.Tags)-1]
	t.Allocs, t.Frees, t.Counted = allocs, frees, true
	return m
}

func (m made) filter(name, altitude string, instances int) made {
	m.Filters = append(m.Filters, ingest.Filter{Frame: "Frame 1", Name: name, Altitude: ingest.Altitude(altitude), Address: 0x8971bb58,
		Source:    ingest.Source{File: m.Machine.Name + ".log", Line: 500 + len(m.Filters)},
		Instances: []ingest.Instance{{Name: name + " Instance", Altitude: ingest.Altitude(altitude), Count: instances}}})
	m.FilterSet = true
	return m
}

func (m made) module(name string, start, end uint64) made {
	m.Modules = append(m.Modules, ingest.Module{Name: name, Start: start, End: end,
		Source: ingest.Source{File: m.Machine.Name + ".log", Line: 700 + len(m.Modules)}})
	return m
}

func (m made) scan(pattern string, hits ...uint64) made {
	scan := ingest.Scan{Pattern: pattern, Source: ingest.Source{File: m.Machine.Name + ".log", Line: 900}}
	for _, h := range hits {
		scan.Hits = append(scan.Hits, ingest.ScanHit{Address: h, Source: scan.Source})
	}
	m.Scans = append(m.Scans, scan)
	return m
}

func (m made) live(processes int) made {
	m.Processes = &ingest.Processes{Listed: processes, Source: ingest.Source{File: m.Machine.Name + ".log", Line: 600}}
	return m
}

// attached is the machine of the first case: one filter with ten thousand
// attachments, and the tags that stand in step with them.
func attached() made {
	return snap("LAB-XP-07").
		unknown("tsni", 62_403, 33_947_232).row(ingest.NonPaged, "FMvo", 21_652, 21_825_376, "FLT_VOLUME structure , Binary: fltmgr.sys").
		unknown("SBcx", 10_828, 11_780_864).np("Devi", 32_861, 10_905_648).
		row(ingest.NonPaged, "FMis", 10_841, 6_503_328, "FLT_INSTANCE structure , Binary: fltmgr.sys").
		unknown("Drti", 10_844, 5_899_136).
		row(ingest.NonPaged, "FMrr", 21_682, 2_425_184, "rundown reference , Binary: fltmgr.sys").
		row(ingest.NonPaged, "FMct", 10_841, 2_339_864, "completion nodes , Binary: fltmgr.sys").
		unknown("Pp  ", 10_822, 779_184).np("Io  ", 16_786, 693_632).np("File", 3_038, 465_648).
		row(ingest.NonPaged, "FMwi", 10_831, 433_240, "Work item structures , Binary: fltmgr.sys").
		filter("SEyeFilter", "382020", 2).filter("SRTSP", "329000", 4).filter("vfsmfd", "263410", 5).
		filter("luafv", "135000", 4).filter("WavxDMgr", "145300", 10_826)
}

func scanned2(m made) made {
	return m.module("WavxDMgr", 0xa7ddb000, 0xa7e14180).module("nt", 0x804d7000, 0x806e5000).
		scan("tsni", 0xa7e0f300, 0xa7e10ba3).scan("SBcx", 0xa7e0e114).scan("Drti", 0xa7dde5ad)
}

// kept is the machine of the second case: process objects that stay.
func kept() made {
	return snap("TEST-2K3-11").
		row(ingest.NonPaged, "Proc", 12_979, 8_618_056, "Process objects , Binary: nt!ps").counted(12_980, 1).
		row(ingest.NonPaged, "SePa", 12_978, 2_247_904, "image names , Binary: nt!se").counted(955_604, 942_626).
		row(ingest.NonPaged, "SeTd", 13_021, 833_344, "token part , Binary: nt!se").counted(372_125, 359_104).
		unknown("SEYC", 0, 0).counted(1_448_369, 1_448_369).unknown("SEYA", 0, 0).counted(46_294, 46_294).
		unknown("SEY4", 0, 0).counted(1_186_033, 1_186_033)
}

func know(t testing.TB) *knowledge.Base {
	t.Helper()
	k, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// summed adds the totals that a complete table prints: what its rows sum to.
func (m made) summed() made {
	if len(m.Totals) == 0 {
		m.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: m.Sum(ingest.NonPaged)}}
		if sum := m.Sum(ingest.Paged); sum.Bytes > 0 {
			m.Totals = append(m.Totals, ingest.PoolTotal{Pool: ingest.Paged, Usage: sum})
		}
	}
	return m
}

// judge judges the snapshots as one document each.
func judge(t testing.TB, snaps ...made) *analyze.Result {
	t.Helper()
	var docs []*ingest.Document
	for _, s := range snaps {
		s.summed()
		docs = append(docs, &ingest.Document{File: s.Source.File, Snapshots: []*ingest.Snapshot{s.Snapshot}})
	}
	return Judge(docs, know(t), analyze.DefaultThresholds())
}

// onlyCase returns the single case of a result.
func onlyCase(t testing.TB, r *analyze.Result) *analyze.Case {
	t.Helper()
	if len(r.Cases) != 1 {
		t.Fatalf("have %d cases, want 1: %+v", len(r.Cases), r.Cases)
	}
	return &r.Cases[0]
}

func tagsOf(members []analyze.Member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.Tag.String())
	}
	return out
}

func hasRule(reasons []analyze.Reason, r analyze.Rule) bool {
	for _, x := range reasons {
		if x.Rule == r {
			return true
		}
	}
	return false
}
