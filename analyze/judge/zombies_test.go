package judge

import (
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func (m made) zombies(holder string, pid uint64, processes, threads int64) made {
	m.Zombies = append(m.Zombies, ingest.Zombies{Holder: holder, PID: pid, Held: processes + threads, Processes: processes,
		Threads: threads, Source: m.line()})
	return m
}

func TestExitedProcessesOfOneHolder(t *testing.T) {
	th := analyze.DefaultThresholds()
	for _, c := range []struct {
		name string
		held int64
		live int
		want analyze.Verdict // 0: no case
	}{
		{"just under the floor", th.ZombieFloor - 1, 0, 0},
		{"at the floor", th.ZombieFloor, 0, analyze.Suspect},
		{"at the limit", th.ObjectExtra, 0, analyze.Suspect},
		{"just over the limit", th.ObjectExtra + 1, 0, analyze.Leak},
		{"at the limit for the live ones", th.ObjectExtra + 200, 200, analyze.Suspect},
		{"just over it", th.ObjectExtra + 201, 200, analyze.Leak},
	} {
		s := snap("M").zombies("agent.exe", 2496, c.held, 0)
		if c.live > 0 {
			s = s.live(c.live)
		}
		r := judge(t, s)
		if c.want == 0 {
			if len(r.Cases) != 0 {
				t.Errorf("%s: %d cases", c.name, len(r.Cases))
			}
		} else if got := onlyCase(t, r).Verdict; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestHolderOfZombiesIsAProgram(t *testing.T) {
	c := onlyCase(t, judge(t, snap("M").zombies("agent.exe", 2496, 1_200, 10)))
	if c.Kind != analyze.ObjectLeak || c.Object != "process" || c.Holder.Established() ||
		c.Holder.Program() != "agent.exe (PID 2496)" {
		t.Errorf("%s, object %q, holder %+v", c.Kind, c.Object, c.Holder)
	}
	if len(c.Expect) != 1 || c.Expect[0].Tag != ingest.MustTag("Proc") || c.Expect[0].AtLeast != 1_210 {
		t.Errorf("expects %+v", c.Expect)
	}
	if c := onlyCase(t, judge(t, snap("M").zombies("agent.exe", 2496, 10, 1_200))); c.Object != "thread" {
		t.Errorf("object %q, want thread", c.Object)
	}
	if c := onlyCase(t, judge(t, snap("M").zombies("System", 4, 1_200, 0))); c.Holder.Process != "" {
		t.Errorf("System is a component of the kernel, named as %+v", c.Holder)
	}
}

func TestExitedProcessesOfAListingHaveNoHolder(t *testing.T) {
	s := snap("M").live(1_400)
	s.Processes.Zombies = 1_200 // 200 live
	if r := judge(t, s); r.Cases[0].Verdict != analyze.Suspect {
		t.Errorf("1,200 beside 200 live ones: %s", r.Cases[0].Verdict)
	}
	s.Processes.Listed++
	s.Processes.Zombies = 1_201
	c := onlyCase(t, judge(t, s))
	if c.Verdict != analyze.Leak || c.Holder.Process != "" || !hasCommand(c.Next, "!process 0 0") {
		t.Errorf("%s, holder %+v, next %v", c.Verdict, c.Holder, c.Next)
	}
	if r := judge(t, kept().zombies("agent.exe", 7, 12_900, 0)); len(r.Cases) != 1 {
		t.Errorf("the table and the list are one defect, have %d cases", len(r.Cases))
	}
}

func TestDeadThreadsAgainstLiveOnes(t *testing.T) {
	for held, want := range map[int64]analyze.Verdict{5_800: analyze.Suspect, 5_801: analyze.Leak} {
		c := onlyCase(t, judge(t, snap("M").tally("dead threads", held).tally("live threads", 4_800)))
		if c.Verdict != want || c.Object != "thread" || c.Holder.Process != "" {
			t.Errorf("%d dead beside 4,800 live threads: %s of %q", held, c.Verdict, c.Object)
		}
	}
}
