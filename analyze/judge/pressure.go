package judge

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// press is a pool near its ceiling.
type press struct {
	pool        ingest.Pool
	usage, most uint64
	from        ingest.Source
}

// pressureSign asks what fills a nearly full pool. It is silent beside a case,
// which says that already.
func pressureSign(e *exam, d *docket) {
	if len(d.cases) > 0 {
		return
	}
	for _, p := range e.pressed() {
		d.file(e.pressureCase(p))
	}
}

// pressed returns the pools that are nearly full by !vm.
func (e *exam) pressed() []press {
	var out []press
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
		usage := vmUsage(e.VM, pool)
		most, basis := ceiling(e.Snapshot, pool)
		// The limit of 32-bit systems without a printed one is that of the oldest: the
		// later ones take more.
		nonsense := e.RAM > 0 && usage > e.RAM
		if usage == 0 || nonsense || most == 0 || basis.Rule == analyze.RuleCeiling32 {
			continue
		}
		if float64(usage) >= e.th.PoolFull*float64(most) && (e.narrow(most) || e.muchOfRAM(usage)) {
			out = append(out, press{pool, usage, most, e.VM.Source})
		}
	}
	return out
}

// narrow reports whether a ceiling is that of a 32-bit system.
func (e *exam) narrow(most uint64) bool {
	return e.OS.Bits == 32 || e.OS.Bits == 0 && most <= e.th.NarrowPool
}

func (e *exam) muchOfRAM(usage uint64) bool {
	return e.RAM > 0 && float64(usage) >= e.th.PoolOfRAM*float64(e.RAM)
}

// failed returns how many pool allocations have failed, as !vm prints it:
// "********** 184 pool allocations have failed **********".
func (e *exam) failed() ingest.Tally {
	for _, t := range e.Tallies {
		if t.What == "pool allocations failed" {
			return t
		}
	}
	return ingest.Tally{}
}

// pressureCase only suspects: one dump cannot tell load from leak.
func (e *exam) pressureCase(p press) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Pressure, analyze.Suspect)
	d.Pools = []ingest.Pool{p.pool}
	facts := analyze.Facts{"pool": p.pool.String(), "usage": analyze.Bytes(p.usage), "ceiling": analyze.Bytes(p.most),
		"share": analyze.Percent(float64(p.usage) / float64(p.most))}
	d.why(e.th.Weights.PoolFull, analyze.RulePoolFull, facts, p.from)
	if f := e.failed(); f.Count > 0 {
		d.why(e.th.Weights.AllocFailed, analyze.RuleAllocFailed, analyze.Facts{"failed": f.Count}, f.Source)
	}
	d.whyNot(0, analyze.RuleLoadOrLeak, nil)
	d.then(analyze.ChainPressure, facts, p.from)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": ""}}}
	d.nextTags(p.pool)
	c := d.finish()
	c.Bytes = p.usage // no tag carries it
	return c
}

// nextTags asks which tags fill a pool.
func (d *draft) nextTags(pool ingest.Pool) {
	facts := analyze.Facts{"pool": pool.String()}
	if pool != ingest.Paged {
		d.next("!poolused 2", analyze.NextTags, facts)
	}
	if pool != ingest.NonPaged {
		d.next("!poolused 4", analyze.NextTags, facts)
	}
	d.nextShell("poolmon -b -n pool.txt", analyze.NextPoolmon, nil)
}

// vmRemarks says what !vm prints in alarm and what does not make a case: the
// debugger's nonsense, and allocations that failed for want of something else.
func (e *exam) vmRemarks() []analyze.Reason {
	if e.VM == nil {
		return nil
	}
	var out []analyze.Reason
	// The reader refuses a usage above the machine's memory; the banner stays.
	if e.VM.NonPagedAlert && e.VM.NonPaged == 0 {
		out = append(out, analyze.Reason{Rule: analyze.MachineBogusVM, Sources: []ingest.Source{e.VM.Source}})
	}
	if f := e.failed(); f.Count > 0 {
		out = append(out, analyze.Reason{Rule: analyze.MachineNotPool,
			Facts: analyze.Facts{"failed": f.Count, "nonpaged": analyze.Bytes(e.VM.NonPaged),
				"paged": analyze.Bytes(e.VM.Paged)}, Sources: []ingest.Source{f.Source}})
	}
	return out
}
