package analyze

import (
	"testing"

	"poolsweep/ingest"
)

func (m made) handles(process, kind string, count int64) made {
	m.Handles = append(m.Handles, ingest.HandleCount{Process: process, Type: kind, Count: count, Source: m.line()})
	return m
}

func (m made) runs(image string, handles int64) made {
	m.Running = append(m.Running, ingest.ProcessHandles{Image: image, Handles: handles, Source: m.line()})
	return m
}

func TestOneHandleTypeOfNearlyAll(t *testing.T) {
	th := DefaultThresholds()
	for _, c := range []struct {
		name       string
		keys, rest int64
		want       int
	}{
		{"just under the floor", th.HandleFloor - 1, 10, 0},
		{"at the floor", th.HandleFloor, 10, 1},
		{"at the share", 40_000, 10_000, 1},
		{"just under the share", 40_000, 10_001, 0},
		{"the only type listed", 40_000, 0, 0},
	} {
		s := snap("M").handles("app.exe", "Key", c.keys)
		if c.rest > 0 {
			s = s.handles("app.exe", "Event", c.rest)
		}
		if r := judge(t, s); len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
	c := onlyCase(t, judge(t, snap("M").handles("app.exe", "Key", 65_602).handles("app.exe", "Event", 339)))
	if c.Verdict != Suspect || c.Object != "key" || c.Holder.Established() || c.Class != HandleGap {
		t.Errorf("%s %s, object %q, holder %q", c.Verdict, c.Class, c.Object, c.Holder.Module)
	}
}

func TestOneProcessFarAboveAllOthers(t *testing.T) {
	for most, want := range map[int64]int{51_199: 0, 51_200: 1, 112_142: 1} {
		r := judge(t, snap("M").runs("agent.exe", most).runs("System", 5_120).runs("lsass.exe", 2_000))
		if len(r.Cases) != want {
			t.Errorf("%d handles beside 5,120: %d cases, want %d", most, len(r.Cases), want)
		}
	}
	if r := judge(t, snap("M").runs("agent.exe", 112_142)); len(r.Cases) != 0 {
		t.Errorf("a process alone has no peers, yet %d cases", len(r.Cases))
	}
	if c := onlyCase(t, judge(t, kept().runs("agent.exe", 112_142).runs("System", 5_120))); c.Class != ObjectGap {
		t.Errorf("a pool case comes first, have %s", c.Class)
	}
}
