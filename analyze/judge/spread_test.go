package judge

import (
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// restarted moves a snapshot to a boot session of its own.
func restarted(m made, after time.Duration) made {
	m = later(m, after)
	m.Uptime = time.Minute
	return m
}

func healthy() made { return snap("M") }

func TestMovementOnOneMachine(t *testing.T) {
	const n = 250_000 // whose noise is 1,000
	for _, c := range []struct {
		name  string
		snaps []made
		want  analyze.Movement
	}{
		{"one log", []made{leaking(n)}, analyze.Once},
		{"not before", []made{healthy(), later(leaking(n), time.Hour)}, analyze.New},
		{"within the noise", []made{leaking(n - 1000), later(leaking(n), time.Hour)}, analyze.Steady},
		{"just over the noise", []made{leaking(n - 1001), later(leaking(n), time.Hour)}, analyze.Growing},
		{"gone after a restart", []made{leaking(n), restarted(healthy(), 20*time.Hour)}, analyze.GoneRestart},
		{"gone without one", []made{leaking(n), later(healthy(), time.Hour)}, analyze.Gone},
		{"back after a restart", []made{leaking(n), restarted(leaking(n), 20*time.Hour)}, analyze.Returned},
	} {
		k := onlyCase(t, judge(t, c.snaps...))
		if k.Movement != c.want || k.Presence[0].Movement != c.want {
			t.Errorf("%s: %s, want %s", c.name, k.Movement, c.want)
		}
	}
}

func TestAnExcerptDoesNotSayThatACaseIsGone(t *testing.T) {
	excerpt := later(healthy(), time.Hour)
	excerpt.Blocks[0].State = ingest.BlockUnclosed
	k := onlyCase(t, judge(t, leaking(250_000), excerpt))
	if k.Movement != analyze.Once || k.Presence[0].Of != 1 {
		t.Errorf("%s of %d snapshots", k.Movement, k.Presence[0].Of)
	}
}

func TestSinceWhen(t *testing.T) {
	k := onlyCase(t, judge(t, healthy(), later(leaking(250_000), time.Hour), on("LAB-02", leaking(300_000), 2*time.Hour)))
	a, b := k.Presence[1], k.Presence[0]
	if a.AtLeast || !a.First.Equal(healthy().At.Add(time.Hour)) || a.Shown != 1 || a.Of != 2 {
		t.Errorf("a log without it came before: %+v", a)
	}
	if !b.AtLeast || b.Events != 300_000 {
		t.Errorf("its first log shows it: %+v", b)
	}
	if k.Movement != analyze.Spreading || k.Judged != 2 {
		t.Errorf("%s on machines judged %d", k.Movement, k.Judged)
	}
}
