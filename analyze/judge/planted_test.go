// Package analyze_test judges a generated fleet whose truth is known: healthy
// machines in the variety of labs, and defects of every class planted among them.
package judge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// What the judging has to reach on the planted fleet. A wrong name has no share
// that is small enough.
const (
	leastAlarm     = 0.95 // of the defects above the thresholds
	leastPrecision = 0.98 // of the firm verdicts
	leastLead      = 0.95 // of the alarms: the leaking tag leads
	leastHolder    = 0.95 // of the logs that carry a holder
	fleetSize      = 1_300
	shortSize      = 260
)

// tally counts what the machines of one recipe came to.
type tally struct {
	machines, alarm, firm, class, lead, leads, held, holders, abstained, wrong int
}

func (t *tally) add(o tally) {
	t.machines += o.machines
	t.alarm += o.alarm
	t.firm += o.firm
	t.class += o.class
	t.lead += o.lead
	t.leads += o.leads
	t.held += o.held
	t.holders += o.holders
	t.abstained += o.abstained
	t.wrong += o.wrong
}

// mark compares the judgement on a machine with the truth.
func mark(m machine, r *analyze.Result) tally {
	t := tally{machines: 1}
	v := r.Machines[0].Verdict
	t.alarm, t.firm = count(v.Alarm()), count(v >= analyze.Leak)
	t.leads, t.holders = count(m.lead != ""), count(m.holder != "")
	for _, c := range r.Cases {
		// To suspect a healthy machine's largest driver by its own tag is no wrong name.
		if (m.bad || t.firm > 0) && c.Holder.Established() && !same(c.Holder.Module, m.holder) {
			t.wrong = 1
		}
	}
	if len(r.Cases) == 0 {
		t.abstained = count(m.holder == "")
		return t
	}
	c := r.Cases[0]
	t.class = count(c.Kind == m.kind && c.Class == m.form)
	t.lead = count(m.lead != "" && len(c.Core) > 0 && c.Core[0].Tag.String() == m.lead)
	t.held = count(m.holder != "" && same(c.Holder.Module, m.holder))
	t.abstained = count(m.holder == "" && !c.Holder.Established())
	return t
}

func same(a, b string) bool { return ingest.ModuleKey(a) == ingest.ModuleKey(b) }

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fleet makes the machines of all recipes, in their shares of size.
func fleet(recipes []recipe, size int, visit func(recipe, machine)) {
	for i, c := range recipes {
		r := rand.New(rand.NewPCG(2_026, uint64(len(c.name)*1_000+i)))
		for n := range max(1, c.share*size/1_000) {
			visit(c, c.build(r, fmt.Sprintf("LAB-%02d-%03d", i, n)))
		}
	}
}

func load(t *testing.T) *knowledge.Base {
	t.Helper()
	k, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func size() int {
	if testing.Short() {
		return shortSize
	}
	return fleetSize
}

func TestPlantedFleet(t *testing.T) {
	know, th := load(t), analyze.DefaultThresholds()
	var table strings.Builder
	fmt.Fprintf(&table, "%-40s %8s %7s %7s %7s %9s %9s %9s %6s\n", "", "machines", "alarm", "firm", "class", "lead tag",
		"holder", "abstained", "wrong")
	measure := func(recipes []recipe) (sum tally) {
		rows := map[string]*tally{}
		fleet(recipes, size(), func(c recipe, m machine) {
			got := mark(m, judge.Judge(m.documents(), know, th))
			if rows[c.name] == nil {
				rows[c.name] = &tally{}
			}
			rows[c.name].add(got)
			if got.wrong > 0 {
				t.Errorf("%s, %s: names a module that the log does not carry", c.name, m.name)
			}
		})
		for _, c := range recipes {
			print(&table, c.name, *rows[c.name])
			sum.add(*rows[c.name])
		}
		print(&table, "all of these", sum)
		return sum
	}
	good, bad := measure(healthy), measure(plants)
	precision := ratio(bad.firm, bad.firm+good.firm)
	fmt.Fprintf(&table, "firm verdicts that are right: %.3f; alarms that are right: %.3f\n", precision,
		ratio(bad.alarm, bad.alarm+good.alarm))
	t.Log("\n" + table.String())
	for _, floor := range []struct {
		what        string
		have, least float64
	}{
		{"alarms on planted defects", ratio(bad.alarm, bad.machines), leastAlarm},
		{"firm verdicts that are right", precision, leastPrecision},
		{"leading tags", ratio(bad.lead, bad.leads), leastLead},
		{"holders where the log carries one", ratio(bad.held, bad.holders), leastHolder},
	} {
		if floor.have < floor.least {
			t.Errorf("%s: %.3f, want at least %.2f", floor.what, floor.have, floor.least)
		}
	}
}

func ratio(a, b int) float64 { return float64(a) / float64(max(1, b)) }

func print(b *strings.Builder, name string, t tally) {
	of := func(a, b int) string {
		if b == 0 {
			return "-"
		}
		return fmt.Sprintf("%d/%d", a, b)
	}
	fmt.Fprintf(b, "%-40s %8d %7d %7d %7d %9s %9s %9s %6d\n", name, t.machines, t.alarm, t.firm, t.class,
		of(t.lead, t.leads), of(t.held, t.holders), of(t.abstained, t.machines-t.holders), t.wrong)
}
