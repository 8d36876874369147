package judge

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// on gives a snapshot another machine and a later moment.
func on(machine string, m made, after time.Duration) made {
	s := *m.Snapshot
	s.Machine.Name, s.Source.File = machine, machine+".log"
	s.At = s.At.Add(after)
	s.Tags, s.Totals = slices.Clone(s.Tags), nil
	return made{&s}
}

// without drops the rows of a tag.
func (m made) without(tag string) made {
	m.Tags = slices.DeleteFunc(m.Tags, func(t ingest.TagUsage) bool { return t.Tag == ingest.MustTag(tag) })
	return m
}

// unpooled forgets in which pool the rows of a tag stand.
func (m made) unpooled(tag string) made {
	for i := range m.Tags {
		if m.Tags[i].Tag == ingest.MustTag(tag) {
			m.Tags[i].Pool = 0
		}
	}
	return m
}

// partners is a driver's own tag in step with the work items it queues.
func partners(n int64) made {
	return snap("LAB-01").unknown("Abc1", n, 100<<20).np("IoWI", n, uint64(n)*112).unknown("Abc2", n, 60<<20)
}

func byHolder(m made, module string) made {
	return m.module(module, 0x1000, 0x9000).scan("Abc1", 0x1800).scan("Abc2", 0x1900)
}

// Pairs of logs that show one defect in different words.
func TestOneDefectInDifferentWordsIsOneCase(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b made
		by   string
	}{
		{"a core member is missing", partners(200_000), partners(300_000).without("Abc2"), "tag"},
		{"the heaviest member is missing", partners(200_000), partners(300_000).without("Abc1"), "tag"},
		{"another class", partners(200_000), partners(90_000), "core"},
		{"the holder is established on one", byHolder(partners(200_000), "acme"), partners(300_000), "core"},
		{"the pool is not printed", partners(200_000), partners(300_000).unpooled("Abc1").unpooled("Abc2").unpooled("IoWI"), "signature"},
		{"one holder, other tags", byHolder(partners(200_000), "acme"),
			snap("LAB-01").unknown("Abc9", 400_000, 1<<28).counted(400_000, 0).np("IoWI", 400_000, 1<<24).
				module("acme", 0x1000, 0x9000).scan("Abc9", 0x1800), "holder"},
		{"shared tags, one more in step", kept(), kept().without("SePa"), "partners"},
	} {
		c.a.Processes = nil
		r := judge(t, c.a, on("LAB-02", c.b, time.Hour))
		if len(r.Cases) != 1 {
			var all []string
			for _, k := range r.Cases {
				all = append(all, k.Signature)
			}
			t.Errorf("%s: %d cases: %q", c.name, len(r.Cases), all)
			continue
		}
		k := r.Cases[0]
		i := slices.IndexFunc(k.Notes, func(n analyze.Reason) bool { return n.Rule == analyze.NoteJoined })
		if i < 0 || k.Notes[i].Facts["by"] != c.by {
			t.Errorf("%s: notes %v, want joined by %s", c.name, k.Notes, c.by)
		}
		if len(k.Aliases) != 1 || k.Aliases[0] == k.Signature || len(k.Machines) != 2 || len(k.Sightings) != 2 {
			t.Errorf("%s: aliases %q, machines %q, %d sightings", c.name, k.Aliases, k.Machines, len(k.Sightings))
		}
	}
}

// Pairs of logs that share something and are two defects all the same.
func TestTwoDefectsStayTwoCases(t *testing.T) {
	verified := func(module string) made {
		s := snap("LAB-01")
		s.Verified = []ingest.VerifiedDriver{{Module: module, State: "Unloaded", NonPaged: ingest.VerifiedPool{Allocs: 3, Bytes: 90},
			Blocks: []ingest.VerifiedBlocks{{Tag: ingest.MustTag("Abc1"), Count: 3, Bytes: 90}}}}
		return s
	}
	token := func(extra string) made {
		s := snap("LAB-01").np("Toke", 400_000, 1<<29)
		if extra != "" {
			s = s.unknown(extra, 400_000, 1<<27)
		}
		return s
	}
	stop := snap("LAB-01")
	stop.Bugcheck = &ingest.Bugcheck{Code: stopVerifier, Args: [4]uint64{stopForgotten, 0, 0, 2}}
	for _, c := range []struct {
		name string
		a, b made
		note analyze.Rule
	}{
		{"two holders of one tag", byHolder(partners(200_000), "acme"), byHolder(partners(200_000), "other"),
			analyze.NoteHolders},
		{"a shared tag alone", token("Wxyz"), token(""), ""},
		{"a shared tag alone, in other company", token("Wxyz"), token("Vwxy"), ""},
		{"Driver Verifier names two drivers", verified("one.sys"), verified("two.sys"), analyze.NoteHolders},
		{"Driver Verifier and a table with the tag", verified("one.sys"), partners(200_000), analyze.NoteVerifier},
		{"the other pool", partners(200_000).without("IoWI"),
			snap("LAB-01").row(ingest.Paged, "Abc1", 200_000, 1<<29, "UNKNOWN pooltag 'Abc1'").counted(200_000, 0),
			analyze.NotePools},
		{"nothing is named", stop, stop, analyze.NoteNameless},
	} {
		r := judge(t, c.a, on("LAB-02", c.b, time.Hour))
		if len(r.Cases) != 2 || r.Cases[0].ID == r.Cases[1].ID {
			t.Errorf("%s: %d cases", c.name, len(r.Cases))
			continue
		}
		if got := rulesOf(r.Cases[0].Notes); c.note != "" && !slices.Contains(got, c.note) {
			t.Errorf("%s: notes %v, want %s", c.name, got, c.note)
		}
	}
}

// A log without a holder belongs to neither of two holders, whichever came first.
func TestALogThatCouldBelongToTwoHoldersStaysApart(t *testing.T) {
	r := judge(t, byHolder(partners(200_000), "acme"), on("LAB-02", partners(200_000), time.Hour),
		on("LAB-03", byHolder(partners(200_000), "other"), 2*time.Hour))
	if len(r.Cases) != 3 {
		t.Fatalf("%d cases, want 3", len(r.Cases))
	}
	for _, c := range r.Cases {
		if c.Machines[0] == "LAB-02" && (c.Holder.Established() ||
			!slices.Contains(rulesOf(c.Notes), analyze.NoteSeveral)) {
			t.Errorf("holder %q, notes %v", c.Holder.Module, c.Notes)
		}
	}
}

func TestOneLogThatShowsTwoCasesKeepsThemApart(t *testing.T) {
	both := snap("LAB-01").unknown("Abc1", 200_000, 1<<27).counted(200_000, 0).unknown("Xyz1", 700_000, 1<<27).counted(700_000, 0).
		module("acme", 0x1000, 0x9000).scan("Abc1", 0x1800).scan("Xyz1", 0x1900)
	if r := judge(t, both); len(r.Cases) != 2 || !hasRule(r.Cases[0].Notes, analyze.NoteSnapshot) {
		t.Errorf("%d cases", len(r.Cases))
	}
}

func TestAClassThatChangesOnOneMachineIsNoSecondCase(t *testing.T) {
	first := snap("M").np("Thre", 120_000, 300<<20).counted(120_000, 10)
	second := later(snap("M").np("Thre", 9_000_000, 900<<20), time.Hour)
	r := judge(t, first, second)
	if len(r.Cases) != 1 || r.Cases[0].Events < 8_000_000 {
		t.Errorf("%d cases", len(r.Cases))
	}
}

func TestFiguresAreThoseOfTheStrongestEvidence(t *testing.T) {
	leak, suspect := leaking(200_000), snap("M").unknown("Abcd", 900_000, 900<<20)
	c := onlyCase(t, judge(t, leak, on("LAB-02", suspect, 0)))
	if c.Verdict != analyze.Leak || c.Lead.Machine.Name != "M" {
		t.Errorf("%s from %s", c.Verdict, c.Lead.Machine.Name)
	}
	c = onlyCase(t, judge(t, leak, on("LAB-02", leaking(200_001), 0)))
	if c.Events != 200_001 {
		t.Errorf("%d events at equal confidence", c.Events)
	}
}

func TestAPredictionThatCameTrueIsToldOfTheNewestLog(t *testing.T) {
	first := leaking(200_000)
	second := later(leaking(300_000), time.Hour)
	c := onlyCase(t, judge(t, first, second))
	if c.Events != 300_000 || !hasRule(c.Why, analyze.RuleForeseen) {
		t.Errorf("%d events, why %v", c.Events, rulesOf(c.Why))
	}
	shrunk := later(leaking(150_000), time.Hour)
	if c := onlyCase(t, judge(t, first, shrunk)); !hasRule(c.WhyNot, analyze.RuleRefuted) ||
		hasRule(c.Why, analyze.RuleForeseen) {
		t.Errorf("why %v, why not %v", rulesOf(c.Why), rulesOf(c.WhyNot))
	}
}

func TestTheMergedCaseTakesTheHolderFromTheLogThatNamesIt(t *testing.T) {
	c := onlyCase(t, judge(t, byHolder(partners(200_000), "acme"), on("LAB-02", partners(900_000).counted(900_000, 0), time.Hour)))
	if c.Holder.Module != "acme" || hasRule(c.Unsure, analyze.RuleHolderUnknown) {
		t.Errorf("holder %q, unsure %v", c.Holder.Module, rulesOf(c.Unsure))
	}
	var named []string
	for _, s := range c.Sightings {
		named = append(named, s.Machine+" "+s.Holder)
	}
	if want := []string{"LAB-01 acme", "LAB-02 "}; !slices.Equal(named, want) {
		t.Errorf("holders %q, want %q", named, want)
	}
}

func TestSharedTagsAloneRaiseADoubt(t *testing.T) {
	c := onlyCase(t, judge(t, kept(), on("LAB-02", kept(), time.Hour)))
	if !hasRule(c.Unsure, analyze.RuleOnlyShared) {
		t.Error("two machines with process objects are called one defect without a doubt")
	}
	if c := onlyCase(t, judge(t, partners(200_000), on("LAB-02", partners(200_000),
		time.Hour))); hasRule(c.Unsure, analyze.RuleOnlyShared) {
		t.Error("a private tag ties the machines together")
	}
}

// The id is that of the first log that showed the case: what comes later, such as
// the scan that was asked for, changes nothing.
func TestLaterLogsKeepTheID(t *testing.T) {
	first := partners(200_000)
	id := onlyCase(t, judge(t, first)).ID
	more := []made{first, on("LAB-02", byHolder(partners(900_000), "acme"), time.Hour), on("LAB-00", partners(90_000), 2*time.Hour),
		on("LAB-01", byHolder(partners(300_000), "acme"), 3*time.Hour)}
	for n := range more {
		if got := onlyCase(t, judge(t, more[:n+1]...)).ID; got != id {
			t.Errorf("with %d more logs: %s, want %s", n, got, id)
		}
	}
	undated := on("LAB-00", partners(90_000), 0)
	undated.At = time.Time{}
	if got := onlyCase(t, judge(t, undated, first)).ID; got != id {
		t.Errorf("an undated log changes the id to %s, want %s", got, id)
	}
}

// laboratory is a small fleet with the defects of the tests above.
func laboratory() []made {
	var out []made
	for i := range 6 {
		name := func(kind string) string { return fmt.Sprintf("%s-%02d", kind, i) }
		after := time.Duration(i%3) * time.Hour
		out = append(out, on(name("P"), partners(200_000+int64(i)), after), on(name("K"), kept(), after),
			on(name("W"), scanned2(attached()), after), on(name("H"), snap("H"), after))
		if i%2 == 0 {
			out = append(out, on(name("P"), byHolder(partners(400_000), "acme"), after+time.Hour),
				on(name("Q"), partners(90_000).without("Abc1"), after), on(name("W"), attached().without("SBcx"), after+time.Hour))
		}
	}
	return out
}

func TestOrderOfFilesChangesNothing(t *testing.T) {
	all := laboratory()
	want := judge(t, all...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := judge(t, all...); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order of files, another result: %s", differ(got, want))
		}
	}
	if len(want.Cases) != 3 {
		t.Errorf("%d cases, want 3", len(want.Cases))
	}
}

// differ names the cases of two results.
func differ(a, b *analyze.Result) string {
	name := func(r *analyze.Result) string {
		var ids []string
		for _, c := range r.Cases {
			ids = append(ids, fmt.Sprint(c.ID, c.Machines, c.Lead.Source))
		}
		return strings.Join(ids, " ")
	}
	return name(a) + " and " + name(b)
}
