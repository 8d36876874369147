package judge

import (
	"testing"

	"poolsweep/analyze"
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
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name       string
		keys, rest int64
		want       int
	}{
		{"just under the floor", th.HandleFloor - 1, 10, 0},
		{"at the floor", th.HandleFloor, 10, 1},
		{"at the share", 20_000, 5_000, 1},
		{"just under the share", 20_000, 5_001, 0},
		{"the only type listed", 20_000, 0, 0},
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
	if c.Verdict != analyze.Suspect || c.Object != "key" || c.Class != analyze.HandleGap || c.Events != 65_602 {
		t.Errorf("%s %s, object %q, events %d", c.Verdict, c.Class, c.Object, c.Events)
	}
	if c.Holder.Established() || c.Holder.Program() != "app.exe" || !hasRule(c.WhyNot, analyze.RuleUserHandles) {
		t.Errorf("module %q, program %q: a program is no module", c.Holder.Module, c.Holder.Program())
	}
	if len(c.Expect) != 1 || c.Expect[0].Tag != ingest.MustTag("Key ") || c.Expect[0].AtLeast != 32_801 {
		t.Errorf("expects %+v", c.Expect)
	}
}

func TestOneProcessFarAboveAllOthers(t *testing.T) {
	for most, want := range map[int64]int{29_999: 0, 30_000: 1, 30_001: 1} {
		r := judge(t, snap("M").runs("agent.exe", most).runs("System", 3_000).runs("lsass.exe", 2_000))
		if len(r.Cases) != want {
			t.Errorf("%d handles beside 3,000: %d cases, want %d", most, len(r.Cases), want)
		}
	}
	// Each role has its own floor.
	for image, floor := range map[string]int64{"System": 20_000, "sqlservr.exe": 50_000} {
		for most, want := range map[int64]int{floor - 1: 0, floor: 1, floor + 1: 1} {
			if r := judge(t, snap("M").runs(image, most).runs("agent.exe", 900)); len(r.Cases) != want {
				t.Errorf("%s with %d handles beside 900: %d cases, want %d", image, most, len(r.Cases), want)
			}
		}
	}
	if r := judge(t, snap("M").runs("agent.exe", 30_000)); len(r.Cases) != 0 {
		t.Errorf("a process alone has no peers, yet %d cases", len(r.Cases))
	}
	if r := judge(t, snap("M").runs("agent.exe", 30_000).runs("idle.exe", -1)); len(r.Cases) != 0 {
		t.Errorf("a count that is not printed is no peer, yet %d cases", len(r.Cases))
	}
	if c := onlyCase(t, judge(t, kept().runs("agent.exe", 112_142).runs("System",
		5_120))); c.Class != analyze.ObjectGap {
		t.Errorf("a pool case comes first, have %s", c.Class)
	}
}

func TestHandlesByRole(t *testing.T) {
	th := analyze.DefaultThresholds()
	for image, limit := range map[string]int64{"agent.exe": th.HandleFloor, "System": th.HandleSystem, "lsass.exe": th.HandleStore,
		"sqlservr.exe": th.HandleStore} {
		far := th.HandleFar * limit
		for count, want := range map[int64]int{far - 1: 0, far: 1, far + 1: 1} {
			if r := judge(t, snap("M").runs(image, count)); len(r.Cases) != want {
				t.Errorf("%s with %d handles: %d cases, want %d", image, count, len(r.Cases), want)
			}
		}
	}
}

func TestHandlesOfSystemNameNobody(t *testing.T) {
	s := snap("M").runs("System", 1_050_000).handles("System", "File", 1_043_000)
	s.Running[0].PID = 4
	c := onlyCase(t, judge(t, s))
	if c.Object != "file" || c.Holder.Established() || c.Holder.Process != "" ||
		c.Holder.Basis.Rule != analyze.HolderSystem {
		t.Errorf("object %q, holder %+v", c.Object, c.Holder)
	}
	if hasRule(c.WhyNot, analyze.RuleUserHandles) || len(c.Why) != 2 {
		t.Errorf("why %v, why not %v", c.Why, c.WhyNot)
	}
}

func TestManyHandlesToOneObjectFillTheTables(t *testing.T) {
	for objects, want := range map[int64]string{29_999: "Obtb", 30_000: "Even", 30_001: "Even"} {
		s := snap("M").handles("app.exe", "Event", 60_000).handles("app.exe", "Key", 10)
		s.Tags[3].Outstanding = objects // Even
		c := onlyCase(t, judge(t, s))
		if got := c.Expect[0].Tag.String(); got != want || hasRule(c.WhyNot,
			analyze.RuleSharedObject) != (want == "Obtb") {
			t.Errorf("%d event objects: expects %s, want %s", objects, got, want)
		}
	}
}

func TestEachCrowdedProcessIsACase(t *testing.T) {
	s := snap("M").runs("svchost.exe", 61_000).runs("agent.exe", 52_000)
	s.Running[0].PID = 2496
	r := judge(t, s)
	if len(r.Cases) != 2 || r.Cases[0].Holder.Program() == r.Cases[1].Holder.Program() {
		t.Errorf("%d cases", len(r.Cases))
	}
}
