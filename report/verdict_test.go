package report

import (
	"testing"

	"poolsweep/analyze"
)

func TestVerdictsGetLouder(t *testing.T) {
	loudness := []Tone{ToneNotice, ToneGood, ToneWarning, ToneAlarm, ToneAlarm}
	for i, v := range []analyze.Verdict{analyze.Insufficient, analyze.Healthy, analyze.Suspect, analyze.Leak,
		analyze.Runaway} {
		if got := verdictTone(v); got != loudness[i] {
			t.Errorf("%s: tone %d, want %d", v, got, loudness[i])
		}
	}
}
