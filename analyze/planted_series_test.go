package analyze_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// movement is how the count of one driver's tag moves over the snapshots of a boot
// session, as a factor of where it begins; x runs from 0 to 1.
type movement struct {
	name string
	bad  bool
	at   func(x float64, r *rand.Rand) float64
}

var movements = []movement{
	{"busy", false, func(_ float64, r *rand.Rand) float64 { return 1 + 0.06*r.NormFloat64() }},
	{"warm-up", false, func(x float64, r *rand.Rand) float64 { return 3 - 2*math.Exp(-6*x) + 0.02*r.NormFloat64() }},
	{"spike", false, func(x float64, r *rand.Rand) float64 {
		return 1 + 6*count64(math.Abs(x-0.5) < 0.05) + 0.03*r.NormFloat64()
	}},
	{"recovered", false, func(x float64, r *rand.Rand) float64 { return 1 + 3*math.Sin(math.Pi*x) + 0.03*r.NormFloat64() }},
	{"flat", false, func(float64, *rand.Rand) float64 { return 1 }},
	{"growing", true, func(x float64, r *rand.Rand) float64 { return 1 + 3*x + 0.02*r.NormFloat64() }},
	{"growing in steps", true, func(x float64, r *rand.Rand) float64 { return 1 + math.Floor(8*x)/2 + 0.01*r.NormFloat64() }},
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
	h.row(tag, ingest.NonPaged, h.between(4_000, 20_000), 900, 0.93, unknown(tag))
	first := h.print()
	m = machine{name: name, truth: truth{bad: move.bad, kind: analyze.PoolLeak, lead: tag}}
	for i := range n {
		s := *first
		s.Source.File = fmt.Sprintf("%s-%02d.log", name, i)
		s.At, s.Uptime = s.At.Add(time.Duration(i)*30*time.Minute), s.Uptime+time.Duration(i)*30*time.Minute
		s.Tags, s.Totals = slices.Clone(first.Tags), nil
		for j := range s.Tags {
			t := &s.Tags[j]
			factor := 1 + 0.01*r.NormFloat64()
			if t.Tag == ingest.MustTag(tag) {
				factor = move.at(float64(i)/float64(max(1, n-1)), r)
			}
			advance(t, factor, i)
		}
		for _, p := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
			s.Totals = append(s.Totals, ingest.PoolTotal{Pool: p, Usage: s.Sum(p)})
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

// TestPlantedSeries judges machines that were looked at 2 to 14 times. What moves
// without growing is healthy, whatever it looks like in one of the snapshots; it
// prints how much of what grows was found.
func TestPlantedSeries(t *testing.T) {
	know, th := load(t), analyze.DefaultThresholds()
	each := 14
	if testing.Short() {
		each = 4
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-20s %9s %8s %7s %7s %9s %6s\n", "", "snapshots", "machines", "alarm", "firm", "lead tag", "wrong")
	for i, move := range movements {
		for _, n := range []int{2, 3, 6, 14} {
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			sum := tally{}
			for k := range each {
				m := moving(r, fmt.Sprintf("LAB-%d-%02d-%02d", i, n, k), n, move)
				sum.add(mark(m, analyze.Judge(m.documents(), know, th)))
			}
			fmt.Fprintf(&table, "%-20s %9d %8d %7d %7d %9d %6d\n", move.name, n, sum.machines, sum.alarm, sum.firm, sum.lead, sum.wrong)
			if !move.bad && sum.firm > 0 || sum.wrong > 0 {
				t.Errorf("%s, %d snapshots: %d firm verdicts, %d wrong names", move.name, n, sum.firm, sum.wrong)
			}
		}
	}
	t.Log("\n" + table.String())
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
	res := analyze.Judge(docs, load(t), analyze.DefaultThresholds())
	if got := res.Cases[0].Machines; !slices.Equal(got, ill) {
		t.Errorf("the first case is on %v, want %v", got, ill)
	}
	for _, c := range res.Cases[1:] {
		if c.Verdict >= analyze.Leak {
			t.Errorf("another firm case, %s on %v", c.Signature, c.Machines)
		}
	}
}
