package judge

import (
	"math"
	"testing"

	"poolsweep/analyze"
)

// A verdict that is as likely wrong as right is not firm, whatever raised it.
func TestFirmVerdictNeedsConfidence(t *testing.T) {
	for _, c := range []struct {
		odds float64
		want analyze.Verdict
	}{{-0.05, analyze.Suspect}, {0, analyze.Leak}, {0.05, analyze.Leak}} {
		e := examine(snap("M").Snapshot, scene{th: analyze.DefaultThresholds(), know: know(t)})
		d := e.draft(analyze.PoolLeak, analyze.NoFrees, analyze.Leak)
		d.odds = c.odds - d.th.Weights.Unclosed // which the table without TOTAL takes off
		got := d.finish()
		if got.Verdict != c.want {
			t.Errorf("odds %v: %s at %v, want %s", c.odds, got.Verdict, got.Confidence, c.want)
		}
		if got.Confidence != math.Round(100/(1+math.Exp(-c.odds)))/100 {
			t.Errorf("odds %v: confidence %v", c.odds, got.Confidence)
		}
	}
}
