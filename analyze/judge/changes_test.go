package judge

import (
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func (m made) change(c ingest.Change) made {
	c.Source = m.line()
	m.Changes = append(m.Changes, c)
	return m
}

// stayed adds a number of things that stayed under a condition.
func (m made) stayed(what, label string, delta int64) made {
	return m.change(ingest.Change{What: what, Label: label, Delta: delta})
}

func TestStatedGrowthOfAPool(t *testing.T) {
	th := analyze.DefaultThresholds()
	grows := func(bytes uint64, per time.Duration) made {
		return snap("M").change(ingest.Change{What: ingest.ChangeNonPaged, Bytes: true, Delta: int64(bytes), Per: per, Label: "idle"})
	}
	for _, c := range []struct {
		name string
		snap made
		want int
	}{
		{"just under", grows(th.GrowthHourly-1, time.Hour), 0},
		{"at", grows(th.GrowthHourly, time.Hour), 1},
		{"at, in half the time", grows(th.GrowthHourly/2, 30*time.Minute), 1},
		{"no time told", grows(th.GrowthHourly, 0), 0},
		{"of something else", snap("M").change(ingest.Change{What: "working set", Bytes: true, Delta: 1 << 40, Per: time.Hour}), 0},
		{"a count of things", snap("M").change(ingest.Change{What: ingest.ChangeNonPaged, Delta: 1 << 40, Per: time.Hour}), 0},
	} {
		if r := judge(t, c.snap); len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
	twice := grows(3<<30, time.Hour).change(ingest.Change{What: ingest.ChangeNonPaged, Bytes: true, Delta: 5 << 30, Per: time.Hour})
	c := onlyCase(t, judge(t, twice))
	if c.Verdict != analyze.Suspect || c.Class != analyze.Stated || c.Rate.BytesPerHour != 5<<30 ||
		c.Owner.Established() {
		t.Errorf("%s %s, rate %+v, owner %q", c.Verdict, c.Class, c.Rate, c.Owner.Module)
	}
	if !hasCommand(c.Next, "!poolused 2") || hasCommand(c.Next, "!poolused 4") {
		t.Errorf("next %v", c.Next)
	}
}

func TestStatedGrowthOfATagIsExpected(t *testing.T) {
	c := onlyCase(t, judge(t, snap("M").change(ingest.Change{What: ingest.ChangeTag, Tag: ingest.MustTag("qzCx"), Bytes: true,
		Delta: 5 << 30, Per: time.Hour})))
	if len(c.Expect) != 1 || c.Expect[0].Tag != ingest.MustTag("qzCx") || c.Holder.Established() {
		t.Errorf("expects %+v, holder %q", c.Expect, c.Holder.Module)
	}
}

func TestObjectsThatStayed(t *testing.T) {
	th := analyze.DefaultThresholds()
	each := func(events, delta int64) made {
		return snap("M").change(ingest.Change{What: ingest.ChangeThreads, Delta: delta, Events: events, Event: "launches"})
	}
	for _, c := range []struct {
		name string
		snap made
		want int
	}{
		{"just under", snap("M").stayed("threads", "before", th.KeptObjects-1).stayed("threads", "after", 0), 0},
		{"at", snap("M").stayed("threads", "before", th.KeptObjects).stayed("threads", "after", 0), 1},
		{"no control", snap("M").stayed("threads", "before", 500), 0},
		{"the control at 5 %", snap("M").stayed("threads", "before", 500).stayed("threads", "after", 25), 1},
		{"the control just above", snap("M").stayed("threads", "before", 500).stayed("threads", "after", 26), 0},
		{"the control of something else", snap("M").stayed("threads", "before", 500).stayed("handles", "after", 0), 0},
		{"one an event", each(th.KeptEvents, th.KeptEvents), 1},
		{"less than one an event", each(th.KeptEvents, th.KeptEvents-1), 0},
		{"too few events", each(th.KeptEvents-1, 10*th.KeptEvents), 0},
		{"windows of a program", snap("M").stayed("user handles", "before", 500).stayed("user handles", "after", 0), 0},
	} {
		if r := judge(t, c.snap); len(r.Cases) != c.want {
			t.Errorf("%s: %d cases, want %d", c.name, len(r.Cases), c.want)
		}
	}
}

func TestObjectsThatStayedAreOneCaseWithItsRatio(t *testing.T) {
	s := snap("M").stayed("handles", "before", 1_208).stayed("handles", "after", 0).
		stayed("threads", "before", 80).stayed("threads", "after", 0)
	c := onlyCase(t, judge(t, s))
	if c.Verdict != analyze.Suspect || c.Object != "thread" || c.Events != 80 || c.Holder.Key() != "" {
		t.Errorf("%s of %q, events %d, holder %+v", c.Verdict, c.Object, c.Events, c.Holder)
	}
	for _, r := range c.Why {
		if r.Rule == analyze.RuleKeptEach && r.Facts["each"] != analyze.Ratio(15.1) {
			t.Errorf("each %v, want 15.1 handles for a thread", r.Facts["each"])
		}
	}
	if !hasRule(c.Why, analyze.RuleKeptEach) || !hasRule(c.WhyNot, analyze.RuleUserHandles) ||
		c.Expect[0].Tag != ingest.MustTag("Thre") {
		t.Errorf("why %v, why not %v, expects %+v", c.Why, c.WhyNot, c.Expect)
	}
	if r := judge(t, kept().stayed("threads", "before", 80).stayed("threads", "after", 0)); len(r.Cases) != 1 ||
		r.Cases[0].Class != analyze.ObjectGap {
		t.Errorf("figures come before statements: %d cases", len(r.Cases))
	}
}

// A table of conditions may be read as several moments of one machine.
func TestControlMayBeAnotherMoment(t *testing.T) {
	before, after := snap("M").stayed("threads", "before", 80), snap("M").stayed("threads", "after", 0)
	if c := onlyCase(t, judge(t, before, after)); c.Object != "thread" || c.Verdict != analyze.Suspect {
		t.Errorf("%s of %q", c.Verdict, c.Object)
	}
}
