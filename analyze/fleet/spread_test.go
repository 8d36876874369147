package fleet

import (
	"testing"

	"poolsweep/analyze"
)

func TestOverallMovement(t *testing.T) {
	of := func(all ...analyze.Movement) analyze.Movement {
		var ps []analyze.Presence
		for _, m := range all {
			ps = append(ps, analyze.Presence{Movement: m})
		}
		return overall(ps)
	}
	for _, c := range []struct{ got, want analyze.Movement }{
		{of(analyze.New, analyze.New), analyze.New}, {of(analyze.New, analyze.Steady), analyze.Spreading},
		{of(analyze.Steady, analyze.Growing), analyze.Growing}, {of(analyze.Gone, analyze.Steady), analyze.Steady},
		{of(analyze.Gone, analyze.GoneRestart), analyze.Gone}, {of(analyze.GoneRestart), analyze.GoneRestart},
		{of(analyze.Once, analyze.Gone), analyze.Gone}, {of(analyze.Once), analyze.Once},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
