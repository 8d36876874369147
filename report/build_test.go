package report

import (
	"fmt"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/templates"
)

// The results below are made up. They stand in for the analysis, so that each
// part of a report can be had with and without its facts.

const mib = 1 << 20

func english(t testing.TB) *templates.Words {
	t.Helper()
	w, err := templates.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// inEnglish is a text that has not been translated.
func inEnglish(text string) knowledge.Text { return knowledge.Text{knowledge.English: text} }

// because is a reason with the lines of acme.log it rests on.
func because(rule analyze.Rule, f analyze.Facts, lines ...int) analyze.Reason {
	r := analyze.Reason{Rule: rule, Facts: f}
	for _, l := range lines {
		r.Sources = append(r.Sources, ingest.Source{File: "acme.log", Line: l})
	}
	return r
}

// usage is a row of the short !poolused table.
func usage(tag string, outstanding int64, bytes uint64, line int) ingest.TagUsage {
	return ingest.TagUsage{
		Tag: ingest.MustTag(tag), Pool: ingest.NonPaged,
		Usage:       ingest.Usage{Outstanding: outstanding, Bytes: bytes},
		Description: fmt.Sprintf("UNKNOWN pooltag '%s', please update pooltag.txt", tag),
		Source:      ingest.Source{File: "acme.log", Line: line},
	}
}

// inStep is a cluster member at times:per.
func inStep(row ingest.TagUsage, events int64, times, per int) analyze.Member {
	want := events * int64(times) / int64(per)
	return analyze.Member{TagUsage: row, Times: times, Per: per,
		Ratio: float64(row.Outstanding) / float64(events), Surplus: row.Outstanding - want,
		Within: max(3, want/500)}
}

// lone is a member in no integer ratio.
func lone(row ingest.TagUsage, events int64) analyze.Member {
	return analyze.Member{TagUsage: row, Ratio: float64(row.Outstanding) / float64(events)}
}

func owned(m analyze.Member, module string, weight float64, basis analyze.Reason) analyze.Member {
	m.Owner = analyze.Attribution{Module: module, Weight: weight, Proven: true, Basis: basis,
		Sources: basis.Sources}
	return m
}

func scanHit(lines ...int) analyze.Reason {
	return because(analyze.OwnerScan, analyze.Facts{"hits": int64(2), "start": "a0001000", "end": "a0040000"},
		lines...)
}

var boston = time.FixedZone("", -5*3600)

// snapshot is a machine of the lab without any pool rows.
func snapshot(machine, file string) *ingest.Snapshot {
	return &ingest.Snapshot{
		Machine: ingest.Machine{Name: machine, From: ingest.NameFromFolder},
		Source:  ingest.Source{File: file, Line: 1},
		At:      time.Date(2025, 3, 4, 21, 15, 30, 0, boston),
		Uptime:  52 * time.Hour, UptimeOK: true,
		OS: ingest.OS{Text: "Windows 7 Kernel Version 7601 (Service Pack 1) MP (4 procs) Free x86", Build: 7601,
			Bits: 32, Processors: 4},
		RAM: 2048 * mib,
	}
}

// document wraps snapshots into a file with a hash that tells files apart.
func document(file string, snaps ...*ingest.Snapshot) *ingest.Document {
	return &ingest.Document{File: file, SHA256: fmt.Sprintf("%064x", len(file)), Bytes: 1234 * int64(len(file)),
		Encoding: "utf-8", Snapshots: snaps}
}

// runawaySnapshot is what runawayCase was found in.
func runawaySnapshot() *ingest.Snapshot {
	s := snapshot("LAB-014", "acme.log")
	for i, f := range []struct {
		tag   string
		n     int64
		bytes uint64
	}{
		{"AcCx", 41230, 20 * mib}, {"FMvo", 14391, 14 * mib}, {"FMis", 7204, 4 * mib}, {"Ac  ", 7201, 6 * mib},
		{"Devi", 8119, 3 * mib}, {"File", 2911, mib},
	} {
		s.Tags = append(s.Tags, usage(f.tag, f.n, f.bytes, 10+i))
	}
	s.Tags[2].Description = "FLT_INSTANCE structure , Binary: fltmgr.sys"
	total := s.Sum(ingest.NonPaged)
	s.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: total, Source: ingest.Source{File: "acme.log",
		Line: 17}}}
	s.Modules = []ingest.Module{
		{Start: 0xa0001000, End: 0xa0040000, Name: "AcmeVault", Version: "4.2.0.17",
			Source: ingest.Source{File: "acme.log", Line: 60}},
		{Start: 0x80400000, End: 0x80600000, Name: "nt", Source: ingest.Source{File: "acme.log", Line: 61}},
	}
	return s
}

// runawayCase is a minifilter that attached itself 7,204 times.
func runawayCase() analyze.Case {
	const events = 7204
	lead := runawaySnapshot()
	row := func(tag string) ingest.TagUsage { return *lead.Find(ingest.MustTag(tag), ingest.NonPaged) }
	c := analyze.Case{
		ID: "PS-1A2B3C4D", Signature: "v1|runaway-attachment|peer-gap|nonpaged|464D6973|acmevault",
		Kind: analyze.RunawayAttachment, Class: analyze.PeerGap, Verdict: analyze.Runaway, Confidence: 0.93,
		Machines: []string{"LAB-014"}, Movement: analyze.Once, Judged: 4, Lead: lead, Pools: []ingest.Pool{ingest.NonPaged},
		Presence: []analyze.Presence{{Machine: "LAB-014", First: lead.At, Last: lead.At, AtLeast: true, Shown: 1, Of: 1, Events: events,
			Movement: analyze.Once}},
		Core: []analyze.Member{inStep(row("FMis"), events, 1, 1), owned(inStep(row("Ac  "), events, 1, 1),
			"AcmeVault",
			0.95, scanHit(41)), inStep(row("FMvo"), events, 2, 1)},
		Followers: []analyze.Member{inStep(row("Devi"), events, 1, 1)},
		Related:   []analyze.Member{owned(lone(row("AcCx"), events), "AcmeVault", 0.95, scanHit(42))},
		Events:    events, Bytes: 27 * mib, BytesPerEvent: 27 * mib / float64(events),
		Rate: &analyze.Rate{EventsPerHour: events / 52.0, BytesPerHour: 27 * mib / 52.0, Window: 52 * time.Hour,
			SinceBoot: true},
		NoExhaustion: because(analyze.RuleAverage, nil),
		Owner:        analyze.Attribution{Module: "AcmeVault", Weight: 0.95, Proven: true, Basis: scanHit(41, 42)},
		Holder: analyze.Attribution{Module: "AcmeVault", Weight: 0.9, Basis: because(analyze.HolderCount,
			analyze.Facts{"instances": int64(7204), "events": int64(7204)})},
		Trigger:   analyze.Attribution{Basis: because(analyze.TriggerNone, nil)},
		Amplifier: analyze.Attribution{},
		Alternatives: []analyze.Alternative{{Role: "holder", Module: "fltmgr.sys", Weight: 0.05,
			Lost: because(analyze.LostServes, analyze.Facts{"module": "fltmgr.sys", "tag": ingest.MustTag("FMis")})}},
		Chain: []analyze.Reason{because(analyze.ChainOwner, analyze.Facts{"tag": ingest.MustTag("Ac"),
			"module": "AcmeVault"}, 41)},
		Why:    []analyze.Reason{because(analyze.RulePeerGap, peerGap(), 31)},
		WhyNot: []analyze.Reason{because(analyze.RuleOneSnapshot, nil)},
		Unsure: []analyze.Reason{because(analyze.RuleVolumesUnknown, nil)},
		Limits: []analyze.Reason{because(analyze.RuleNoCounts, nil)},
		Next: []analyze.Step{
			{Command: "!fltkd.filter 8a001234", Why: because(analyze.NextFilter,
				analyze.Facts{"filter": "AcmeVault"})},
			{Command: "fltmc instances", Shell: true, Why: because(analyze.NextInstances, nil)},
			{Why: because(analyze.MitigateRestart, nil)},
			{Command: "!poolused 3", Why: because(analyze.NextAgain, nil)},
		},
		Mitigation: []analyze.Reason{because(analyze.MitigateFilter, analyze.Facts{"filter": "AcmeVault"})},
		Known: &knowledge.Issue{ID: "acme-vault-attach", Title: inEnglish("AcmeVault attaches at each volume notification"),
			Mechanism: inEnglish("A lost detach."), Mitigation: []knowledge.Text{inEnglish("Update to 4.3.")}, References: []string{"ACME note 12"}},
	}
	c.Cluster = &analyze.Cluster{Events: events, Anchor: c.Core[0], Tolerance: 14, Candidate: 6, Chance: 0.031,
		ByLuck: 0.00002}
	c.Filters = []analyze.FilterFact{
		{Machine: "LAB-014", Frame: "Frame 0", Name: "ScanFlt", Altitude: "320500.5", Instances: 3, PeerMost: 7204,
			Standing: analyze.Ordinary, Volumes: 3, Elsewhere: &analyze.FilterNorm{Machines: 4, Median: 3, Most: 5}, Before: []int{3, 3},
			Why: []analyze.Reason{because(analyze.FilterUsual, analyze.Facts{"instances": int64(3), "volumes": int64(3),
				"peer": int64(0), "needs": int64(200)}, 30)},
			Source: ingest.Source{File: "acme.log", Line: 30}},
		{Machine: "LAB-014", Frame: "Frame 0", Name: "AcmeVault", Altitude: "141000", Instances: 7204, PeerMost: 3,
			Standing: analyze.RanAway, Why: []analyze.Reason{because(analyze.RulePeerGap, peerGap(), 31)}, Source: ingest.Source{File: "acme.log", Line: 31}},
	}
	total := lead.Total(ingest.NonPaged)
	c.Pool = []analyze.PoolFacts{{Pool: ingest.NonPaged, Rows: 6, Sum: lead.Sum(ingest.NonPaged), Total: total,
		Agrees: true,
		VM:     total.Bytes + 5*mib, Rest: 5 * mib, Ceiling: 256 * mib, Share: float64(total.Bytes) / (256 * mib),
		Basis: because(analyze.RuleCeiling32, analyze.Facts{"ceiling": analyze.Bytes(256 * mib)})}}
	return c
}

func peerGap() analyze.Facts {
	return analyze.Facts{"filter": "AcmeVault", "altitude": "141000", "instances": int64(7204),
		"peers": int64(1),
		"least": int64(3), "most": int64(3)}
}

// objectCase keeps thread objects: counted rows, nobody holds them, no cluster,
// no filters, no known issue, no limits.
func objectCase() analyze.Case {
	lead := snapshot("LAB-031", "stress.log")
	lead.UptimeOK, lead.Uptime = false, 0
	row := usage("Thre", 5120, 3*mib, 9)
	row.File, row.Counted, row.Allocs, row.Frees = "stress.log", true, 5131, 11
	row.Description = "Thread objects , Binary: nt!ps"
	lead.Tags = []ingest.TagUsage{row}
	share := analyze.Facts{"tag": row.Tag, "allocs": int64(5131), "frees": int64(11),
		"share": analyze.Percent(11.0 / 5131)}
	holder := because(analyze.HolderNone, analyze.Facts{"object": "thread"})
	return analyze.Case{
		ID: "PS-0000BEEF", Signature: "v1|object-leak|object-gap|nonpaged|54687265|-",
		Kind: analyze.ObjectLeak, Class: analyze.ObjectGap, Verdict: analyze.Leak, Confidence: 0.7,
		Machines: []string{"LAB-007", "LAB-031"}, Movement: analyze.Spreading, Judged: 4,
		Presence: presences(lead), Contrast: inCommon(), Lead: lead, Pools: []ingest.Pool{ingest.NonPaged},
		Core: []analyze.Member{inStep(row, 5120, 1, 1)}, Object: "thread", Events: 5120, Bytes: 3 * mib,
		BytesPerEvent: 3 * mib / 5120.0, NoExhaustion: because(analyze.RuleNoRate, nil),
		Owner: analyze.Attribution{Module: "nt", Weight: 0.85, Proven: true, Basis: because(analyze.OwnerBinary,
			analyze.Facts{"tag": row.Tag, "binary": "nt!ps"})},
		Holder: analyze.Attribution{Basis: holder},
		Why:    []analyze.Reason{because(analyze.RuleNoFrees, share, 9)},
		Cleared: []analyze.Cleared{{Name: "QXY*", Tags: make([]ingest.TagUsage, 7), Allocs: 90210, Frees: 90210},
			{Name: "QZ  ", Tags: make([]ingest.TagUsage, 1), Allocs: 12, Frees: 12}},
	}
}

// presences are two machines with a case: one that had it from the start, one that
// got it between two logs.
func presences(lead *ingest.Snapshot) []analyze.Presence {
	return []analyze.Presence{
		{Machine: "LAB-007", First: lead.At.Add(time.Hour), Last: lead.At.Add(time.Hour), Shown: 1, Of: 2, Events: 4100,
			Movement: analyze.New},
		{Machine: "LAB-031", First: lead.At, Last: lead.At, AtLeast: true, Shown: 1, Of: 1, Events: 5120, Holder: "AcmeVault",
			Movement: analyze.Once},
	}
}

func inCommon() analyze.Contrast {
	return analyze.Contrast{
		Drivers: analyze.Listed{Affected: 2, Unaffected: 3, Unknown: 1, Common: 140},
		Filters: analyze.Listed{Affected: 1, Unaffected: 2},
		Names:   143,
		Rows: []analyze.Shared{
			{Name: "AcmeVault", Version: "4.2.0.17", Affected: 2, Chance: 0.1, Least: 0.1},
			{Name: "ScanFlt", Filter: true, Affected: 1, Unaffected: 1},
		},
	}
}

// shareCase is a suspect with next to no facts.
func shareCase() analyze.Case {
	lead := snapshot("LAB-014", "acme.log")
	row := usage("Big1", 12, 64*mib, 5)
	lead.Tags = []ingest.TagUsage{row}
	return analyze.Case{
		ID: "PS-00C0FFEE", Signature: "v1|pool-leak|share|nonpaged|42696731|-", Kind: analyze.PoolLeak,
		Class: analyze.Share, Verdict: analyze.Suspect, Confidence: 0.4, Machines: []string{"LAB-014"},
		Movement: analyze.Once, Lead: lead,
		Pools: []ingest.Pool{ingest.NonPaged,
			ingest.Paged}, Core: []analyze.Member{{TagUsage: row}}, Bytes: 64 * mib,
		Why: []analyze.Reason{because(analyze.RuleShare, analyze.Facts{"tag": row.Tag,
			"share": analyze.Percent(0.5),
			"pool":  "nonpaged", "bytes": analyze.Bytes(64 * mib)})},
	}
}

// judged is a machine with a verdict on its snapshots, oldest first.
func judged(v analyze.Verdict, confidence float64, cases []string,
	snaps ...*ingest.Snapshot) analyze.Machine {
	latest := snaps[len(snaps)-1]
	return analyze.Machine{Machine: latest.Machine, Snapshots: snaps, Verdict: v, Confidence: confidence,
		Cases: cases}
}

// fleet is a lab of five machines with a runaway filter, an object leak on two of
// them, a healthy one, a cut-off log, and a file that is no log.
func fleet(t testing.TB) Input {
	run, object := runawayCase(), objectCase()
	second := snapshot("LAB-007", "second.log")
	healthy := snapshot("LAB-020", "healthy.log")
	healthy.At = healthy.At.Add(72 * time.Hour)
	healthy.Tags = []ingest.TagUsage{usage("Good", 10, 4096, 3)}
	cut := snapshot("lab-099", "cut.log")
	cut.At, cut.UptimeOK, cut.OS, cut.RAM = time.Time{}, false, ingest.OS{}, 0
	cut.Blocks = []ingest.Block{{Source: ingest.Source{File: "cut.log", Line: 4}, Command: "!poolused 2",
		LastLine: 9, Rows: 5,
		Unread: 1, State: ingest.BlockCut}}
	cut.Warnings = []ingest.Warning{{Source: ingest.Source{File: "cut.log", Line: 9}, Message: "row is cut off",
		Text: "Abcd  12"}}
	in := Input{
		Documents: []*ingest.Document{document("acme.log", run.Lead), document("stress.log", object.Lead),
			document("second.log", second), document("healthy.log", healthy), document("cut.log", cut)},
		Refused: []Refused{{Path: "photo.png", Reason: "no text", SHA256: "ab", Bytes: 99}},
		Tool:    "poolsweep 0.1", Words: english(t), Lang: "en",
	}
	in.Documents[0].Skipped = []ingest.SkippedCommand{{Command: "!locks", Count: 2, Line: 70}}
	in.Result = &analyze.Result{
		Machines: []analyze.Machine{
			judged(analyze.Leak, 0.7, []string{object.ID}, second),
			judged(analyze.Runaway, 0.93, []string{run.ID}, run.Lead),
			judged(analyze.Healthy, 0.9, nil, healthy),
			judged(analyze.Leak, 0.7, []string{object.ID}, object.Lead),
			judged(analyze.Insufficient, 0.5, nil, cut),
		},
		Cases: []analyze.Case{run, object},
		Tags: []analyze.TagFact{
			{Tag: ingest.MustTag("AcCx"), Pool: ingest.NonPaged, Description: "UNKNOWN pooltag", Machines: 1,
				Median: 41230,
				Most:   41230, MostOn: "LAB-014", Bytes: 20 * mib, Cases: []string{run.ID},
				Owner: analyze.Attribution{Module: "AcmeVault", Weight: 0.95, Proven: true, Basis: scanHit(42)}},
			{Tag: ingest.MustTag("=1+"), Pool: ingest.Paged, Machines: 1, Median: 1, Most: 1, MostOn: "LAB-020",
				Bytes: 8},
		},
	}
	in.Result.Machines[1].Pool, in.Result.Machines[1].Filters = run.Pool, run.Filters
	in.Result.Machines[4].Reasons = []analyze.Reason{because(analyze.MachineCut,
		analyze.Facts{"line": int64(9)})}
	return in
}
