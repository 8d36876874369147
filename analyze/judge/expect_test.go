package judge

import (
	"math"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// later copies a snapshot to a later moment of the same boot session.
func later(m made, after time.Duration) made {
	s := *m.Snapshot
	s.At, s.Uptime = s.At.Add(after), s.Uptime+after
	s.Tags = append([]ingest.TagUsage(nil), s.Tags...)
	s.Totals = nil
	return made{&s}
}

// leaking is a table with one tag that is never freed.
func leaking(n int64) made {
	return snap("M").unknown("Abcd", n, uint64(n)*64).counted(uint64(n), 0)
}

func TestTheNextTableConfirmsOrRefutesThePrediction(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		name  string
		then  int64
		right bool
	}{{"as many", n, true}, {"one more", n + 1, true}, {"one fewer", n - 1, false}} {
		first, second := leaking(n), later(leaking(n), time.Hour)
		second.Tags[len(second.Tags)-1].Outstanding = c.then
		k := judgeOne(t, first, second, first)
		if got := hasRule(k.Why, analyze.RuleForeseen); got != c.right {
			t.Errorf("%s: foreseen %v, want %v", c.name, got, c.right)
		}
		if got := hasRule(k.WhyNot, analyze.RuleRefuted); got == c.right {
			t.Errorf("%s: refuted %v, want %v", c.name, got, !c.right)
		}
	}
}

// judgeOne returns the case that one of a machine's snapshots raises.
func judgeOne(t *testing.T, a, b, which made) analyze.Case {
	t.Helper()
	a.summed()
	b.summed()
	both := []*ingest.Snapshot{a.Snapshot, b.Snapshot}
	in := scene{th: analyze.DefaultThresholds(), know: know(t), history: both,
		past: newPast(both, series.DefaultThresholds())}
	cases := examine(which.Snapshot, in).cases()
	if len(cases) != 1 {
		t.Fatalf("%d cases, want 1", len(cases))
	}
	return cases[0]
}

func TestAPredictionEndsWithTheBootSession(t *testing.T) {
	const n = 200_000
	tolerance := series.DefaultThresholds().BootTolerance
	for _, c := range []struct {
		name   string
		shift  time.Duration // of the boot time that the second log shows
		judged bool
	}{{"boot times just within the tolerance", tolerance, true}, {"just outside", tolerance + time.Second, false}} {
		first, second := leaking(n), later(leaking(n), time.Hour)
		second.Uptime -= c.shift
		k := judgeOne(t, first, second, first)
		if got := hasRule(k.Why, analyze.RuleForeseen); got != c.judged {
			t.Errorf("%s: judged %v, want %v", c.name, got, c.judged)
		}
	}
	excerpt := later(leaking(n), time.Hour)
	excerpt.Blocks[0].State = ingest.BlockUnclosed
	if k := judgeOne(t, leaking(n), excerpt, leaking(n)); hasRule(k.Why, analyze.RuleForeseen) {
		t.Error("half a table confirms nothing")
	}
}

func TestAMissingRowRefutes(t *testing.T) {
	first, second := leaking(200_000), later(snap("M"), time.Hour)
	k := judgeOne(t, first, second, first)
	if !hasRule(k.WhyNot, analyze.RuleRefuted) {
		t.Error("the tag is gone without a restart, and nothing is said")
	}
}

func TestTheTrailAddsUpToTheConfidence(t *testing.T) {
	for _, m := range []made{kept(), scanned2(attached()), leaking(200_000)} {
		c := onlyCase(t, judge(t, m))
		sum := 0.0
		for i, step := range c.Trail {
			sum += step.Weight
			if math.Abs(sum-step.Odds) > 1e-9 {
				t.Errorf("%s: step %d stands at %v, want %v", c.ID, i, step.Odds, sum)
			}
		}
		last := c.Trail[len(c.Trail)-1].Probability()
		if want := math.Round(100*min(last,
			analyze.DefaultThresholds().Weights.Most)) / 100; c.Trail[0].Rule != analyze.TrailPrior ||
			c.Confidence != want {
			t.Errorf("%s: confidence %v, the trail ends at %v", c.ID, c.Confidence, last)
		}
	}
}
