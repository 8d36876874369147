package judge

import (
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// vm sets what !vm prints, all in bytes.
func (m made) vm(ram, nonPaged, nonPagedMax, paged, pagedMax uint64) made {
	m.RAM = ram
	m.VM = &ingest.VM{Physical: ram, NonPaged: nonPaged, NonPagedMax: nonPagedMax, Paged: paged, PagedMax: pagedMax,
		Source: ingest.Source{File: m.Machine.Name + ".log", Line: 30}}
	return m
}

func (m made) tally(what string, count int64) made {
	m.Tallies = append(m.Tallies, ingest.Tally{What: what, Count: count, Source: m.line()})
	return m
}

func TestPoolNearItsCeiling(t *testing.T) {
	const mb, gb = 1 << 20, 1 << 30
	for _, c := range []struct {
		name string
		snap made
		bits int
		want int
	}{
		{"32-bit, just under", snap("M").vm(2*gb, 200*mb-1, 250*mb, 0, 0), 32, 0},
		{"32-bit, at", snap("M").vm(2*gb, 200*mb, 250*mb, 0, 0), 32, 1},
		{"32-bit, paged pool just under", snap("M").vm(2*gb, 20*mb, 250*mb, 200*mb-1, 250*mb), 32, 0},
		{"32-bit, paged pool", snap("M").vm(2*gb, 20*mb, 250*mb, 200*mb, 250*mb), 32, 1},
		{"32-bit, ceiling not printed", snap("M").vm(2*gb, 250*mb, 0, 0, 0), 32, 0},
		{"width unknown, narrow", snap("M").vm(2*gb, 410*mb, 512*mb, 0, 0), 0, 1},
		{"width unknown, ceiling just above", snap("M").vm(2*gb, 412*mb, 512*mb+1, 0, 0), 0, 0},
		{"64-bit, at", snap("M").vm(16*gb, 12*gb*4/5+1, 12*gb, 0, 0), 64, 1},
		{"64-bit, just under", snap("M").vm(16*gb, 12*gb*4/5-1, 12*gb, 0, 0), 64, 0},
		{"64-bit, full but little of the memory", snap("M").vm(16*gb, 4*gb-1, 4*gb, 0, 0), 64, 0},
		{"64-bit, full and a quarter of the memory", snap("M").vm(16*gb, 4*gb, 4*gb, 0, 0), 64, 1},
	} {
		c.snap.OS.Bits = c.bits
		if r := judge(t, c.snap); len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
}

func TestNearlyFullPoolNamesNobodyAndAsksForTags(t *testing.T) {
	const mb = 1 << 20
	plain := onlyCase(t, judge(t, snap("M").vm(2048*mb, 240*mb, 250*mb, 0, 0)))
	c := onlyCase(t, judge(t, snap("M").vm(2048*mb, 240*mb, 250*mb, 0, 0).tally("pool allocations failed", 184)))
	if c.Verdict != analyze.Suspect || c.Class != analyze.Pressure || c.Owner.Established() ||
		c.Holder.Established() || c.Bytes != 240*mb {
		t.Errorf("%s %s, owner %q, holder %q, %d bytes", c.Verdict, c.Class, c.Owner.Module, c.Holder.Module, c.Bytes)
	}
	if !hasCommand(c.Next, "!poolused 2") || !hasRule(c.WhyNot, analyze.RuleLoadOrLeak) {
		t.Errorf("next %v, why not %v", c.Next, c.WhyNot)
	}
	if !hasRule(c.Why, analyze.RuleAllocFailed) || c.Confidence <= plain.Confidence {
		t.Errorf("failed allocations beside a full pool support it: confidence %v and %v", c.Confidence, plain.Confidence)
	}
	if r := judge(t, kept().vm(2048*mb, 240*mb, 250*mb, 0, 0)); len(r.Cases) != 1 ||
		r.Cases[0].Class != analyze.ObjectGap {
		t.Errorf("a tag that explains it comes first: %+v", r.Cases)
	}
}

func TestAlarmsOfVMThatMakeNoCase(t *testing.T) {
	const mb = 1 << 20
	bogus := snap("M").vm(2048*mb, 0, 1500*mb, 80*mb, 4096*mb) // the reader refused the usage
	bogus.VM.NonPagedAlert = true
	other := snap("M").vm(3300*mb, 72*mb, 125*mb, 71*mb, 156*mb).tally("pool allocations failed", 48_530)
	for _, c := range []struct {
		snap made
		rule analyze.Rule
	}{{bogus, analyze.MachineBogusVM}, {other, analyze.MachineNotPool}} {
		r := judge(t, c.snap)
		if len(r.Cases) != 0 || !hasRule(r.Machines[0].Reasons, c.rule) {
			t.Errorf("%d cases, reasons %v, want %s", len(r.Cases), r.Machines[0].Reasons, c.rule)
		}
	}
}
