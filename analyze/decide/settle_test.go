package decide

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

var noon = time.Date(2031, 11, 17, 12, 0, 0, 0, time.UTC)

// day is noon of a day, the first is 0.
func day(n float64) time.Time { return noon.Add(time.Duration(n * 24 * float64(time.Hour))) }

// lab is a small fleet with a case or two.
type lab struct{ analyze.Result }

// snap adds a snapshot of a machine at a day, after so many days of running, with the
// version of AcmeVault that its log prints; "" prints none. It returns the snapshot.
func (l *lab) snap(machine string, at, ran float64, version string) *ingest.Snapshot {
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: machine}, At: day(at), Uptime: time.Duration(ran * 24 * float64(time.Hour)),
		UptimeOK: true}
	if version != "" {
		s.Modules = []ingest.Module{{Name: "nt", Version: "10.0.1"}, {Name: "AcmeVault", Version: version,
			Source: ingest.Source{File: machine + ".log", Line: 60}}}
	}
	for i := range l.Machines {
		if m := &l.Machines[i]; m.Name == machine {
			m.Snapshots = append(m.Snapshots, s)
			m.Sessions = series.Boots(m.Snapshots, series.DefaultThresholds())
			return s
		}
	}
	m := analyze.Machine{Machine: s.Machine, Snapshots: []*ingest.Snapshot{s}}
	m.Sessions = series.Boots(m.Snapshots, series.DefaultThresholds())
	l.Machines = append(l.Machines, m)
	return s
}

// fault is the first case of the lab, made when it is missing.
func (l *lab) fault(id string) *analyze.Case {
	for i := range l.Cases {
		if l.Cases[i].ID == id {
			return &l.Cases[i]
		}
	}
	l.Cases = append(l.Cases, analyze.Case{ID: id, Signature: "v1|pool-leak|no-frees|nonpaged|" + id + "|-"})
	return &l.Cases[len(l.Cases)-1]
}

const one, two, three = "PS-00000001", "PS-00000002", "PS-00000003"

// shows adds a snapshot that shows case one with so many events.
func (l *lab) shows(machine string, at, ran float64, version string, events int64) {
	c := l.fault(one)
	s := l.snap(machine, at, ran, version)
	c.Sightings = append(c.Sightings, analyze.Sighting{Machine: machine, Snapshot: s, Events: events})
	l.presence(machine)
}

// clear adds one that could show it and does not.
func (l *lab) clear(machine string, at, ran float64, version string) {
	s := l.snap(machine, at, ran, version)
	p := l.presence(machine)
	p.Clear = append(p.Clear, s.At)
}

func (l *lab) presence(machine string) *analyze.Presence {
	c := l.fault(one)
	for i := range c.Presence {
		if c.Presence[i].Machine == machine {
			return &c.Presence[i]
		}
	}
	c.Presence = append(c.Presence, analyze.Presence{Machine: machine})
	return &c.Presence[len(c.Presence)-1]
}

// decided are decisions of one file, read at a day.
func decided(t *testing.T, at float64, lines ...string) []analyze.Decision {
	t.Helper()
	var out []analyze.Decision
	for i, line := range lines {
		d, fault := Parse(line, ingest.Source{File: "decisions.txt", Line: i + 1})
		if fault != nil {
			t.Fatalf("%q: %+v", line, fault)
		}
		d.At = day(at)
		out = append(out, *d)
	}
	return out
}

func (l *lab) settle(now float64, all ...analyze.Decision) (map[string]analyze.Decided, []analyze.Fault) {
	return Settle(&l.Result, all, nil, day(now), analyze.DefaultThresholds())
}

// oneOf settles decisions about case one, which have to be without fault.
func (l *lab) oneOf(t *testing.T, now float64, all ...analyze.Decision) analyze.Decided {
	t.Helper()
	out, faults := l.settle(now, all...)
	if len(faults) > 0 {
		t.Fatalf("faults: %+v", faults)
	}
	return out[one]
}

func TestTheLastLineOfAFileAndTheNewestFileCount(t *testing.T) {
	l := &lab{}
	l.fault(one)
	file := decided(t, 2, one+" owner first", one+" owner second", one+" ticket https://t.example/1", one+" clear ticket")
	d := l.oneOf(t, 3, file...)
	if d.Team != "second" || d.Ticket != "" || len(d.InForce) != 1 {
		t.Errorf("by one file: %+v", d)
	}
	file[0].At = day(9) // the first line was read later: it was moved or spelled anew
	if d := l.oneOf(t, 10, file...); d.Team != "second" {
		t.Errorf("a line above counts before one below: %q", d.Team)
	}
	for at, want := range map[float64]string{1: "second", 3: "typed"} {
		typed := decided(t, at, one+" owner typed")
		typed[0].Source.File = "typed"
		if d := l.oneOf(t, 4, append(decided(t, 2, one+" owner second"), typed...)...); at == 3 && d.Team != want {
			t.Errorf("typed at day %v: %q, want %q", at, d.Team, want)
		}
		if d := l.oneOf(t, 4, append(typed, decided(t, 2, one+" owner second")...)...); d.Team != want {
			t.Errorf("typed at day %v, listed first: %q, want %q", at, d.Team, want)
		}
	}
}

func TestDecisionsSurviveANewSignature(t *testing.T) {
	history := map[string][]string{
		one: {"v0|pool-leak|no-frees|nonpaged|41414141|-", "v0|core|41414141", "v0|tag|41414141|nonpaged"},
	}
	for name, c := range map[string]struct {
		cases []analyze.Case
		want  string
	}{
		"another version of the signature": {[]analyze.Case{{ID: two, Signature: "v1|pool-leak|no-frees|nonpaged|41414141|-"}}, two},
		"joined with an earlier log": {[]analyze.Case{{ID: two, Signature: "v1|pool-leak|share|nonpaged|41414141|-",
			Aliases: []string{"v1|pool-leak|no-frees|nonpaged|41414141|-"}}}, two},
		"known by a part": {[]analyze.Case{{ID: two, Signature: "v1|x", Alternates: []analyze.Alternate{{Text: "v1|tag|41414141|nonpaged"}}}}, two},
		"two share the part": {[]analyze.Case{
			{ID: two, Signature: "v1|x", Alternates: []analyze.Alternate{{Text: "v1|tag|41414141|nonpaged"}}},
			{ID: three, Signature: "v1|y", Alternates: []analyze.Alternate{{Text: "v1|tag|41414141|nonpaged"}}}}, ""},
		"two share a part, one the core": {[]analyze.Case{
			{ID: two, Signature: "v1|x", Alternates: []analyze.Alternate{{Text: "v1|tag|41414141|nonpaged"}}},
			{ID: three, Signature: "v1|y", Alternates: []analyze.Alternate{{Text: "v1|core|41414141"}}}}, three},
		"another case":        {[]analyze.Case{{ID: two, Signature: "v1|z"}}, ""},
		"the id is there":     {[]analyze.Case{{ID: one, Signature: "v1|z"}, {ID: two, Signature: "v1|core|41414141"}}, one},
		"no case is in sight": {nil, ""},
	} {
		out, faults := Settle(&analyze.Result{Cases: c.cases}, decided(t, 1, one+" owner storage"), history, day(2), analyze.DefaultThresholds())
		if len(faults) > 0 {
			t.Errorf("%s: faults %+v", name, faults)
		}
		for _, found := range c.cases {
			if has := out[found.ID].Team == "storage"; has != (found.ID == c.want) {
				t.Errorf("%s: %s has the decision: %t", name, found.ID, has)
			}
		}
	}
}

func TestDuplicatesAreToldWithTheLastOfAChain(t *testing.T) {
	l := &lab{}
	l.fault(one)
	l.fault(two)
	l.fault(three)
	out, faults := l.settle(2, decided(t, 1, one+" dup "+two, two+" dup "+three)...)
	if len(faults) > 0 || out[one].Duplicate != three || out[two].Duplicate != three || fmt.Sprint(out[three].Duplicates) != fmt.Sprint([]string{one, two}) {
		t.Errorf("chain: %+v, faults %+v", out, faults)
	}
	if a, b := out[one], out[three]; !a.Silent() || b.Silent() {
		t.Error("a duplicate is not silent, or what it is told with is")
	}
	out, faults = l.settle(2, decided(t, 1, one+" dup "+two, two+" dup "+one, three+" dup "+one)...)
	if len(faults) != 3 || faults[0].Why.Rule != analyze.CannotCircle || faults[0].Source.Line != 1 {
		t.Errorf("circle: faults %+v", faults)
	}
	for id, d := range out {
		if d.Duplicate != "" || len(d.Duplicates) > 0 {
			t.Errorf("circle: %s is told as %+v", id, d)
		}
	}
}

func TestUnknownCasesAreAnswered(t *testing.T) {
	l := &lab{}
	l.fault(one)
	_, faults := l.settle(2, decided(t, 1, two+" owner storage", one+" dup "+three)...)
	if len(faults) != 2 || faults[0].Why.Rule != analyze.CannotFindCase || faults[0].Source.Line != 1 ||
		faults[1].Why.Facts["case"] != three || faults[1].Source.Line != 2 {
		t.Errorf("faults %+v", faults)
	}
}

func TestSnoozeUntil(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 1, "4.2.0.17", 1000)
	l.shows("A", 4, 5, "", 1000)
	asleep := func(what string, now float64, want bool) {
		t.Helper()
		d := l.oneOf(t, now, decided(t, 2, one+" snooze until "+what)...)
		if got := d.Snoozed != nil; got != want || got == (d.Woken != nil) || d.Silent() != want {
			t.Errorf("until %s: snoozed %t, want %t (%+v)", what, got, want, d)
		}
	}
	asleep("2031-11-20", 2, true) // day 3
	asleep("2031-11-20", 2.49, true)
	asleep("2031-11-20", 2.5, false)
	asleep("AcmeVault.sys 4.2.0.17", 5, false)
	asleep("AcmeVault 4.2.0.18", 5, true)
	asleep("AcmeVault 4.10", 5, true) // numbers, no text
	asleep("worse", 5, true)
	l.shows("A", 6, 7, "", 2000)
	asleep("worse", 7, false)

	kolkata := time.FixedZone("", 5*3600+1800)
	out, _ := Settle(&l.Result, decided(t, 2, one+" snooze until 2031-11-20"), nil,
		time.Date(2031, 11, 20, 0, 0, 0, 0, kolkata), analyze.DefaultThresholds())
	if d := out[one]; d.Snoozed != nil {
		t.Error("the day begins by UTC, not by the zone of the moment")
	}
}

func TestSnoozeUntilAVersionOfTheCasesOwnModule(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 1, "4.2", 10)
	line := decided(t, 1, one+" snooze until 4.3")
	_, faults := l.settle(2, line...)
	if len(faults) != 1 || faults[0].Why.Rule != analyze.CannotNameModule {
		t.Errorf("without a module: faults %+v", faults)
	}
	l.Cases[0].Holder.Module = "AcmeVault"
	if d := l.oneOf(t, 2, line...); d.Snoozed == nil {
		t.Error("not snoozed")
	}
	l.snap("B", 3, 1, "4.3.0.1") // on another machine: the version is out
	if d := l.oneOf(t, 4, line...); d.Woken == nil {
		t.Error("snoozed on, although a machine runs the version")
	}
}

// TestFixTellsOldBuildsFromARegression: a machine that does not run the fix yet says
// nothing against it.
func TestFixTellsOldBuildsFromARegression(t *testing.T) {
	for _, c := range []struct {
		version               string
		regressed, old, blank bool
	}{
		{"4.2.9.9", false, true, false}, {"4.3.0.1", false, true, false}, {"4.3.0.2", true, false, false},
		{"4.3.0.2 (built by: main)", true, false, false}, {"4.3.0.10", true, false, false}, {"4.10", true, false, false},
		{"", false, false, true}, {"unknown", false, false, true},
	} {
		l := &lab{}
		l.shows("A", 0, 1, c.version, 10)
		d := l.oneOf(t, 2, decided(t, 1, one+" fixed-in AcmeVault.sys 4.3.0.2", one+" snooze until worse",
			one+" not-a-bug because so")...)
		f := d.Fix
		if len(f.Regressed) > 0 != c.regressed || len(f.Old) > 0 != c.old || len(f.Unknown) > 0 != c.blank {
			t.Errorf("%q: %+v", c.version, f)
		}
		if d.Regression() != c.regressed || d.Silent() == c.regressed {
			t.Errorf("%q: regression %t, silent %t", c.version, d.Regression(), d.Silent())
		}
	}
}

func TestFixGoesByTheNewestSnapshotThatShowsTheCase(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 1, "4.2", 10)
	l.snap("A", 3, 1, "4.3")
	f := l.oneOf(t, 4, decided(t, 1, one+" fixed-in AcmeVault 4.3")...).Fix
	if len(f.Old) != 1 || f.Old[0].Version != "4.2" || f.Old[0].Source.Line != 60 {
		t.Errorf("updated since: %+v", f)
	}
	l.shows("A", 5, 3, "", 10) // prints no version, but the one before did
	f = l.oneOf(t, 6, decided(t, 1, one+" fixed-in AcmeVault 4.3")...).Fix
	if len(f.Regressed) != 1 || f.Regressed[0].Version != "4.3" || !f.Regressed[0].At.Equal(day(5)) {
		t.Errorf("shown in the new version: %+v", f)
	}
}

func TestUndecidedCasesAreLeftOut(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 1, "", 10)
	if out, faults := l.settle(1); len(out)+len(faults) != 0 {
		t.Errorf("%+v, faults %+v", out, faults)
	}
}

func TestNamesBeginWithTheStrongest(t *testing.T) {
	c := analyze.Case{Signature: "v1|a", Aliases: []string{"v1|b"}, Alternates: []analyze.Alternate{{Text: "v1|core|c"}}}
	if got := strings.Join(Names(&c), " "); got != "v1|a v1|b v1|core|c" {
		t.Error(got)
	}
}
