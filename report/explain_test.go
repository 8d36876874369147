package report

import (
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// explained is a case with all that an explanation can tell.
func explained() analyze.Case {
	c := runawayCase()
	gap := c.Why[0]
	c.Trail = []analyze.TrailStep{
		{Reason: because(analyze.TrailPrior, nil), Weight: -1, Odds: -1},
		{Reason: gap, Weight: 2, Odds: 1},
		{Reason: because(analyze.RuleUnclosed, nil, 16), Weight: 4, Odds: 5},
	}
	c.Missed = []analyze.Reason{because(analyze.MissVolume, analyze.Facts{"tag": ingest.MustTag("Ac"), "outstanding": int64(7201),
		"needs": int64(100_000)}, 13)}
	c.Ladder = []analyze.Rung{
		{Role: "owner", Reason: because(analyze.RungNoScan, analyze.Facts{"tag": ingest.MustTag("FMis")})},
		{Role: "holder", Found: true, Reason: c.Holder.Basis},
	}
	c.Alternates = []analyze.Alternate{{By: analyze.ByHolder, Text: "v1|holder|acmevault|runaway-attachment"}}
	c.Notes = []analyze.Reason{because(analyze.NoteAssigned, analyze.Facts{"signature": c.Signature, "machines": int64(1),
		"snapshots": int64(1)})}
	c.Expect = []analyze.Expectation{{Tag: ingest.MustTag("FMis"), AtLeast: 7204,
		Why: because(analyze.ExpectStays, analyze.Facts{"tag": ingest.MustTag("FMis"), "count": int64(7204)}, 12)}}
	return c
}

func dumpExplanation(e *Explanation) string {
	var b strings.Builder
	b.WriteString(e.Title + "\n")
	for _, p := range e.Parts {
		b.WriteString("\n" + p.Title + "\n  " + strings.Join(p.Lines, "\n  ") + "\n")
	}
	return b.String()
}

func TestExplanationGolden(t *testing.T) {
	c := explained()
	e, err := ExplainCase(fleet(t), &c)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "explain-runaway", dumpExplanation(e))
}

func TestAPartWithoutLinesIsLeftOut(t *testing.T) {
	c := shareCase()
	e, err := ExplainCase(fleet(t), &c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.Parts {
		if len(p.Lines) == 0 {
			t.Errorf("%s has no lines", p.Title)
		}
	}
}

func TestAReasonThatMovedTheOddsIsToldOnce(t *testing.T) {
	c := explained()
	s := &speaker{in: fleet(t)}
	if got := strings.Join(s.unweighed(&c), "\n"); strings.Contains(got, "141000") || !strings.Contains(got, "one snapshot") {
		t.Errorf("said without a weight: %s", got)
	}
}

func TestTheCapIsTold(t *testing.T) {
	s := &speaker{in: fleet(t)}
	c := explained()
	for odds, want := range map[float64]bool{5: true, 2.5: false} {
		c.Trail[2].Odds = odds
		trail := s.trail(&c)
		if got := strings.Contains(trail[len(trail)-1], "no more than 0.93"); got != want {
			t.Errorf("odds %v: %q", odds, trail)
		}
	}
}

func TestMachineExplanation(t *testing.T) {
	in := fleet(t)
	m := in.machine("LAB-020")
	m.Missed = []analyze.Reason{because(analyze.MissVerifier, analyze.Facts{"module": "acme.sys", "allocs": int64(2)}, 4)}
	e, err := ExplainMachine(in, m)
	if err != nil {
		t.Fatal(err)
	}
	got := dumpExplanation(e)
	for _, want := range []string{"LAB-020: healthy", "acme.sys holds 2 allocations, but is loaded and may need them [acme.log:4]"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}
