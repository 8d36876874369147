package judge

import (
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestLogonSessionsWithoutAProcess(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name         string
		all, orphans int64
		want         int
	}{
		{"just under the floor", th.SessionFloor - 1, th.SessionFloor - 1, 0},
		{"at the floor", th.SessionFloor, th.SessionFloor, 1},
		{"at the share", 2_000, 1_800, 1},
		{"just under the share", 2_000, 1_799, 0},
	} {
		r := judge(t, snap("M").tally("logon sessions", c.all).tally("logon sessions without a process", c.orphans))
		if len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
	if r := judge(t, snap("M").tally("logon sessions", 5_000)); len(r.Cases) != 0 {
		t.Errorf("many sessions may all have processes, yet %d cases", len(r.Cases))
	}
	c := onlyCase(t, judge(t, snap("M").tally("logon sessions", 5_311).tally("logon sessions without a process", 5_300)))
	if c.Verdict != analyze.Suspect || c.Object != "token" || c.Expect[0].Tag != ingest.MustTag("Toke") ||
		c.Holder.Key() != "" {
		t.Errorf("%s, object %q, expects %+v, holder %+v", c.Verdict, c.Object, c.Expect, c.Holder)
	}
}
