package judge

import (
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// verified adds a driver of Driver Verifier's list with one tag.
func (m made) verified(module, state string, allocs, bytes uint64) made {
	v := ingest.VerifiedDriver{Module: module, State: state, NonPaged: ingest.VerifiedPool{Allocs: allocs, Bytes: bytes},
		Source: ingest.Source{File: m.Machine.Name + ".log", Line: 40}}
	if allocs > 0 {
		v.Blocks = []ingest.VerifiedBlocks{{Tag: ingest.MustTag("qzCx"), Count: int(allocs), Bytes: bytes,
			Caller: strings.TrimSuffix(module, ".sys") + "!Make+0x21"}}
	}
	m.Verified = append(m.Verified, v)
	return m
}

func (m made) stop(code uint32, first, count uint64) made {
	m.Bugcheck = &ingest.Bugcheck{Code: code, Args: [4]uint64{first, 0xffff890dee9ccef8, 0, count}, Known: 4,
		Source: ingest.Source{File: m.Machine.Name + ".log", Line: 2}}
	return m
}

func TestVerifierNamesWhatAnUnloadedDriverLeft(t *testing.T) {
	r := judge(t, snap("M").verified("qzcrypt.sys", "Loaded and Unloaded", 1, 4))
	c := onlyCase(t, r)
	if c.Verdict != analyze.Leak || c.Class != analyze.Verified || c.Holder.Module != "qzcrypt.sys" ||
		c.Core[0].Tag.String() != "qzCx" {
		t.Errorf("%s %s, holder %q, core %q", c.Verdict, c.Class, c.Holder.Module, tagsOf(c.Core))
	}
	if c.Bytes != 4 || c.Events != 1 || c.Confidence < 0.9 {
		t.Errorf("%d bytes, %d events, confidence %v: one small allocation is a proven leak", c.Bytes, c.Events, c.Confidence)
	}
}

func TestVerifierSaysNothingAboutLoadedDrivers(t *testing.T) {
	if r := judge(t, snap("M").verified("qzcrypt.sys", "Loaded", 3_000, 1<<20)); len(r.Cases) != 0 {
		t.Errorf("a loaded driver may hold what it needs, yet %d cases", len(r.Cases))
	}
	if r := judge(t, snap("M").verified("qzcrypt.sys", "Unloaded", 0, 0)); len(r.Cases) != 0 {
		t.Errorf("nothing left, yet %d cases", len(r.Cases))
	}
	c := onlyCase(t, judge(t, snap("M").verified("qzcrypt.sys", "Loaded", 18, 4_184).stop(0xC4, 0x62, 18)))
	if c.Holder.Module != "qzcrypt.sys" || !hasRule(c.Why, analyze.RuleVerifierStop) {
		t.Errorf("a stop C4/62 is about the driver being unloaded: holder %q, why %v", c.Holder.Module, c.Why)
	}
}

func TestVerifierSuspectsALoadedDriverThatIsAskedFor(t *testing.T) {
	asked := func() made { return snap("M").verified("qzcrypt.sys", "Loaded", 3, 4_184) }
	c := onlyCase(t, judge(t, asked().block("!verifier 3 QZcrypt.sys", ingest.BlockComplete)))
	if c.Verdict != analyze.Suspect || c.Holder.Module != "qzcrypt.sys" ||
		!hasRule(c.WhyNot, analyze.RuleStillLoaded) {
		t.Errorf("%s, holder %q, why not %v", c.Verdict, c.Holder.Module, c.WhyNot)
	}
	if c.Confidence < 0.3 || c.Confidence > 0.45 {
		t.Errorf("confidence %v: it may need what it holds", c.Confidence)
	}
	for _, command := range []string{"!verifier 3", "!verifier 3 other.sys", "lmvm qzcrypt"} {
		if r := judge(t, asked().block(command, ingest.BlockComplete)); len(r.Cases) != 0 {
			t.Errorf("%s does not ask for it, yet %d cases", command, len(r.Cases))
		}
	}
	silent := asked().block("!verifier 3 qzcrypt.sys", ingest.BlockComplete)
	silent.Verified[0].Blocks = nil
	if r := judge(t, silent); len(r.Cases) != 0 {
		t.Errorf("no allocation is listed, yet %d cases", len(r.Cases))
	}
}

func TestVerifiersOwnTagsComeLastAndNameTheObject(t *testing.T) {
	s := snap("M").verified("qzcrypt.sys", "Unloaded", 3, 4_184)
	v := &s.Verified[0]
	v.Blocks = []ingest.VerifiedBlocks{{Tag: ingest.MustTag("VMdl"), Count: 1, Bytes: 32},
		{Tag: ingest.MustTag("qzCx"), Count: 1, Bytes: 4_104}, {Tag: ingest.MustTag("Vfwi"), Count: 1, Bytes: 48}}
	c := onlyCase(t, judge(t, s))
	if got := strings.Join(tagsOf(c.Core), " "); got != "qzCx VMdl Vfwi" || c.Object != "mdl and work item" {
		t.Errorf("core %q, object %q", got, c.Object)
	}
	if c := onlyCase(t, judge(t, snap("M").verified("qzcrypt.sys", "Unloaded", 1, 4))); c.Object != "" {
		t.Errorf("object %q without a wrapper", c.Object)
	}
}

func TestStopForForgottenAllocationsNamesNobodyWithoutAList(t *testing.T) {
	c := onlyCase(t, judge(t, snap("M").stop(0xC4, 0x62, 3)))
	if c.Verdict != analyze.Leak || c.Holder.Established() || c.Owner.Established() || c.Events != 3 {
		t.Errorf("%s, holder %q, events %d", c.Verdict, c.Holder.Module, c.Events)
	}
	for _, s := range []made{snap("M").stop(0xC4, 0x91, 3), snap("M").stop(0x9F, 0x62, 3)} {
		if r := judge(t, s); len(r.Cases) != 0 {
			t.Errorf("stop %X/%X raised %d cases", s.Bugcheck.Code, s.Bugcheck.Args[0], len(r.Cases))
		}
	}
}

func TestExcerptIsNoProofOfHealth(t *testing.T) {
	th := analyze.DefaultThresholds()
	for rows, want := range map[int]analyze.Verdict{th.WholeTable - 1: analyze.Insufficient,
		th.WholeTable: analyze.Healthy} {
		s := snap("M")
		s.Tags = nil
		s.Blocks[0].Command = "poolmon"
		for i := range rows {
			s = s.np(string([]byte{'q', 'r', byte('a' + i/26), byte('a' + i%26)}), int64(10+i), 4_000)
		}
		s.Blocks[0].LastLine = 1_000
		docs := []*ingest.Document{{Snapshots: []*ingest.Snapshot{s.Snapshot}}}
		if got := Judge(docs, know(t), th).Machines[0].Verdict; got != want {
			t.Errorf("%d rows without TOTAL: %s, want %s", rows, got, want)
		}
	}
}

func TestClusterWithoutBytesCountsByItsEvents(t *testing.T) {
	c := onlyCase(t, judge(t, snap("M").unknown("Qzsc", 503_677, 0).np("FOCX", 503_787, 0).np("FMfc", 503_797, 0).
		np("IoFE", 1_006_714, 0)))
	if c.Class != analyze.Lockstep || c.Core[0].Tag.String() != "Qzsc" || len(c.Core) != 4 {
		t.Errorf("class %s, core %q", c.Class, tagsOf(c.Core))
	}
}
