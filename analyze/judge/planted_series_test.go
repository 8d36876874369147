package judge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/ingest"
)

// movement is how the count of one driver's tag moves over the snapshots of a boot
// session, as a factor of where it begins; x runs from 0 to 1, was is the factor
// before.
type movement struct {
	name string
	bad  bool
	all  bool // every tag moves so: the machine gets busy
	at   func(x, was float64, r *rand.Rand) float64
}

var movements = []movement{
	{name: "busy", at: func(_, _ float64, r *rand.Rand) float64 { return 1 + 0.06*r.NormFloat64() }},
	{name: "wandering", at: func(_, was float64, r *rand.Rand) float64 { return max(0.2, was+0.1*r.NormFloat64()) }},
	{name: "warm-up", at: func(x, _ float64, r *rand.Rand) float64 { return 3 - 2*math.Exp(-6*x) + 0.02*r.NormFloat64() }},
	{name: "spike", at: func(x, _ float64, r *rand.Rand) float64 {
		return 1 + 6*count64(math.Abs(x-0.5) < 0.05) + 0.03*r.NormFloat64()
	}},
	{name: "recovered", at: func(x, _ float64, r *rand.Rand) float64 { return 1 + 3*math.Sin(math.Pi*x) + 0.03*r.NormFloat64() }},
	{name: "flat", at: func(_, _ float64, _ *rand.Rand) float64 { return 1 }},
	{name: "load rises", all: true, at: func(x, _ float64, r *rand.Rand) float64 { return 1 + 1.5*x + 0.03*r.NormFloat64() }},
	{name: "growing", bad: true, at: func(x, _ float64, r *rand.Rand) float64 { return 1 + 3*x + 0.02*r.NormFloat64() }},
	{name: "growing in steps", bad: true, at: func(x, _ float64, r *rand.Rand) float64 {
		return 1 + math.Floor(8*x)/2 + 0.01*r.NormFloat64()
	}},
}

func count64(b bool) float64 { return float64(count(b)) }

// moving makes a machine with n snapshots of one boot session, half an hour apart.
// All tags breathe by a percent; one moves. Its counts stay below what one snapshot
// would tell, and it is mostly freed, so only the movement gives it away.
func moving(r *rand.Rand, name string, n int, move movement) (m machine) {
	h := newHost(r, name, 64, 16)
	h.style = verbose
	server(h)
	h.Processes = nil
	tag := h.tagName()
	h.row(tag, ingest.NonPaged, h.between(5_000, 30_000), 900, 0.93, unknown(tag))
	first := h.print()
	m = machine{name: name, truth: truth{bad: move.bad, kind: analyze.PoolLeak, lead: tag}}
	moved := 1.0
	for i := range n {
		moved = move.at(float64(i)/float64(max(1, n-1)), moved, r)
		s := *first
		s.Source.File = fmt.Sprintf("%s-%02d.log", name, i)
		s.At, s.Uptime = s.At.Add(time.Duration(i)*30*time.Minute), s.Uptime+time.Duration(i)*30*time.Minute
		s.Tags, s.Totals = slices.Clone(first.Tags), nil
		for j := range s.Tags {
			t := &s.Tags[j]
			t.File = s.File
			factor := 1 + 0.01*r.NormFloat64()
			if t.Tag == ingest.MustTag(tag) {
				factor = moved
			} else if move.all {
				factor *= moved
			}
			advance(t, factor, i)
		}
		for _, p := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
			s.Totals = append(s.Totals, ingest.PoolTotal{Pool: p, Usage: s.Sum(p), Source: s.Source})
		}
		m.snaps = append(m.snaps, &s)
	}
	return m
}

// advance moves a row on by so many half hours: counters of allocations only rise.
func advance(t *ingest.TagUsage, factor float64, steps int) {
	each, was := t.BytesEach(), t.Outstanding
	t.Outstanding = max(0, int64(math.Round(float64(was)*factor)))
	t.Bytes = uint64(each * float64(t.Outstanding))
	t.Allocs += uint64(8*was)*uint64(steps) + uint64(max(0, t.Outstanding-was))
	t.Frees = t.Allocs - uint64(t.Outstanding)
}

const (
	telling  = 3    // snapshots tell growth from two that differ
	mostFirm = 0.01 // of the machines that only move
)

// TestPlantedSeries judges machines that were looked at 2 to 14 times. What moves
// without growing is healthy, whatever it looks like in one of the snapshots;
// enough snapshots of what grows raise an alarm that its tag leads.
func TestPlantedSeries(t *testing.T) {
	know, th := load(t), analyze.DefaultThresholds()
	each := 12
	if testing.Short() {
		each = 3
	}
	var quiet tally
	var table strings.Builder
	fmt.Fprintf(&table, "%-20s %9s %8s %7s %7s %9s %6s\n", "", "snapshots", "machines", "alarm", "firm", "lead tag", "wrong")
	for i, move := range movements {
		for _, n := range []int{2, 3, 6, 14} {
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			sum := tally{}
			for k := range each {
				m := moving(r, fmt.Sprintf("LAB-%d-%02d-%02d", i, n, k), n, move)
				sum.add(mark(m, judge.Judge(m.documents(), know, th)))
			}
			fmt.Fprintf(&table, "%-20s %9d %8d %7d %7d %9d %6d\n", move.name, n, sum.machines, sum.alarm, sum.firm, sum.lead, sum.wrong)
			if move.bad && n >= telling && ratio(min(sum.alarm, sum.lead), sum.machines) < leastAlarm {
				t.Errorf("%s, %d snapshots: %d alarms, %d led by the tag, of %d", move.name, n, sum.alarm, sum.lead, sum.machines)
			}
			if sum.wrong > 0 {
				t.Errorf("%s, %d snapshots: %d wrong names", move.name, n, sum.wrong)
			}
			if !move.bad {
				quiet.add(sum)
			}
		}
	}
	t.Log("\n" + table.String())
	if ratio(quiet.firm, quiet.machines) > mostFirm {
		t.Errorf("%d of %d machines that move without growing get a firm verdict", quiet.firm, quiet.machines)
	}
}

// TestPlantedDefectOnPartOfAFleet puts the same leak on one machine in five: one
// case holds them all, and no healthy machine.
func TestPlantedDefectOnPartOfAFleet(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var docs []*ingest.Document
	var ill []string
	for i := range 60 {
		h := newHost(r, fmt.Sprintf("LAB-%02d", i), 64, 16)
		h.style = verbose
		server(h)
		h.Processes = nil
		if i%5 == 0 {
			ill = append(ill, h.Machine.Name)
			n := h.between(150_000, 3_000_000)
			h.row("Zqhk", ingest.NonPaged, n, 240, 0.001, unknown("Zqhk"))
		}
		docs = append(docs, machine{snaps: []*ingest.Snapshot{h.print()}}.documents()...)
	}
	res := judge.Judge(docs, load(t), analyze.DefaultThresholds())
	if got := res.Cases[0].Machines; !slices.Equal(got, ill) {
		t.Errorf("the first case is on %v, want %v", got, ill)
	}
	for _, c := range res.Cases[1:] {
		if c.Verdict >= analyze.Leak {
			t.Errorf("another firm case, %s on %v", c.Signature, c.Machines)
		}
	}
}
