package report

import (
	"testing"

	"poolsweep/analyze"
)

func TestSummaryGolden(t *testing.T) {
	in := fleet(t)
	more := shareCase()
	in.Result.Cases = append(in.Result.Cases, more)
	in.Result.Machines[1].Cases = append(in.Result.Machines[1].Cases, more.ID)
	table, err := NewSummary(in)
	if err != nil {
		t.Fatal(err)
	}
	var d dumper
	d.table(table)
	golden(t, "summary", d.String())
}

func TestVerdictsGetLouder(t *testing.T) {
	loudness := []Tone{ToneNotice, ToneGood, ToneWarning, ToneAlarm, ToneAlarm}
	for i, v := range []analyze.Verdict{analyze.Insufficient, analyze.Healthy, analyze.Suspect, analyze.Leak,
		analyze.Runaway} {
		if got := verdictTone(v); got != loudness[i] {
			t.Errorf("%s: tone %d, want %d", v, got, loudness[i])
		}
	}
}
