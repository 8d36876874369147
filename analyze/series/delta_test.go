package series

import (
	"testing"

	"poolsweep/ingest"
)

// deltas are the gains between two snapshots of a boot session.
func deltas(t *testing.T, from, to moment) []Delta {
	t.Helper()
	return oneBoot(t, from, to).Moves(DefaultThresholds()).Deltas(0, 1)
}

func TestDeltas(t *testing.T) {
	from := at(1).tag("Leak", 1_000, 64_000).counted(1_500, 500).tag("Back", 90, 900).tag("Gone", 4, 40)
	to := at(3).tag("Back", 40, 400).counted(7, 7).tag("Leak", 9_000, 576_000).counted(9_900, 900).tag("New ", 3, 30)
	got := deltas(t, from, to)
	if len(got) != 2 {
		t.Fatalf("%d deltas, want those of the tags in both", len(got))
	}
	if d := got[0]; d.Outstanding != -50 || d.Bytes != -500 || d.Counted {
		t.Errorf("Back: %+v", d)
	}
	if d := got[1]; d.Outstanding != 8_000 || d.Bytes != 512_000 || !d.Counted || d.Allocs != 8_400 || d.Frees != 400 ||
		d.To.Outstanding != 9_000 {
		t.Errorf("Leak: %+v", d)
	}
	fallen := at(3).tag("Leak", 9, 9).counted(1_499, 1_490)
	if d := deltas(t, from, fallen)[0]; d.Counted {
		t.Errorf("counters that fell count no work: %+v", d)
	}
}

func TestWorkRates(t *testing.T) {
	from := at(1).tag("QzLk", 1_000, 1).counted(1_000, 0).tag("QzFn", 5, 1).counted(100, 95).tag("Othr", 5, 1).counted(100, 95).
		tag("Proc", 80, 1).counted(300, 220).tag("QzKp", 5, 1).counted(100, 95)
	to := at(2).tag("QzLk", 3_000, 1).counted(3_000, 0).tag("QzFn", 15, 1).counted(1_100, 1_085).tag("Othr", 5, 1).counted(1_100, 1_095).
		tag("Proc", 80, 1).counted(700, 620).tag("QzKp", 16, 1).counted(1_100, 1_084)
	all := deltas(t, from, to)
	rates := WorkRates(all[0], all)
	if len(rates) != 2 {
		t.Fatalf("%+v: want the balanced sibling and the processes", rates)
	}
	for i, want := range []struct {
		work  string
		units uint64
		each  float64
	}{{"Proc", 400, 5}, {"QzFn", 1_000, 2}} {
		if r := rates[i]; r.Work.Tag != ingest.MustTag(want.work) || r.Units != want.units || r.Each != want.each || r.Tag != ingest.MustTag("QzLk") {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
	if rates := WorkRates(all[3], all); rates != nil {
		t.Errorf("a tag without gain has no rate: %+v", rates)
	}
}
