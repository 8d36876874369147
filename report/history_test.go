package report

import (
	"fmt"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/ingest"
)

// weekly is when the logs of a lab's past were taken: noon of Wednesdays in boston,
// the first in the week 2025-W06.
func weekly(n int) time.Time {
	return time.Date(2025, 2, 5, 12, 0, 0, 0, boston).AddDate(0, 0, 7*n)
}

// history is a lab of seven machines over four weeks, with the last of them as the
// period: a leak that grows on three machines with the newer build, one that was
// fixed, one machine that fell silent, and one whose driver was updated.
func history(t testing.TB) Input {
	in := fleet(t)
	in.Documents, in.Refused, in.Zone = nil, nil, time.FixedZone("Lab/Zone", 8*3600)
	in.Drops = []Drop{{Path: "drop/LAB-9/x.log", State: "refused", Reason: "TOO_BIG", Since: weekly(3)}}
	in.Groups = map[string][]string{"NEW-0": {"building-3"}, "OLD-1": {"building-3", "storage"}}
	in.Rules = []RuleChange{{Since: weekly(1), At: weekly(2), Before: "poolsweep 0.0", After: "poolsweep 0.1"}}
	leak := analyze.Case{ID: "PS-00000001", Signature: "v1|pool-leak|growing", Kind: analyze.PoolLeak,
		Class: analyze.Growth, Verdict: analyze.Leak, Confidence: 0.8, Movement: analyze.Growing}
	fixed := shareCase()
	fixed.Machines = []string{"NEW-0"}
	res := &analyze.Result{}
	for i, name := range []string{"NEW-0", "NEW-1", "NEW-2", "OLD-0", "OLD-1", "OLD-2", "SILENT"} {
		snaps := logsOf(name, int64(i))
		for _, s := range snaps {
			in.Documents = append(in.Documents, document(s.File, s))
		}
		m := judged(analyze.Healthy, 0.9, nil, snaps...)
		m.Drivers = snaps[len(snaps)-1].Modules
		if i < 3 {
			m.Verdict, m.Cases = analyze.Leak, []string{leak.ID}
			leak.Machines = append(leak.Machines, name)
			leak.Presence = append(leak.Presence, analyze.Presence{Machine: name, First: weekly(1), Last: weekly(3),
				Shown: 3, Of: 4, Events: 3000, Movement: analyze.Growing})
			for _, s := range snaps[1:] {
				leak.Sightings = append(leak.Sightings, analyze.Sighting{Machine: name, Snapshot: s, Verdict: analyze.Leak,
					Events: s.Tags[0].Outstanding, Bytes: s.Tags[0].Bytes})
			}
		}
		m.Pool = []analyze.PoolFacts{{Pool: ingest.NonPaged, Total: &snaps[len(snaps)-1].Totals[0], Ceiling: 64 * mib}}
		res.Machines = append(res.Machines, m)
	}
	first := res.Machines[0].Snapshots
	leak.Lead, leak.Core = first[3], []analyze.Member{inStep(first[3].Tags[0], first[3].Tags[0].Outstanding, 1, 1)}
	leak.Holder = analyze.Attribution{Module: "LeakDrv", Weight: 0.8, Proven: true}
	fixed.Sightings = []analyze.Sighting{{Machine: "NEW-0", Snapshot: first[0], Verdict: analyze.Suspect, Events: 12,
		Bytes: 64 * mib}}
	fixed.Presence = []analyze.Presence{{Machine: "NEW-0", First: weekly(0), Last: weekly(0), Shown: 1, Of: 4,
		Movement: analyze.Gone, Clear: []time.Time{weekly(3)}}}
	res.Cases = []analyze.Case{leak, fixed}
	res.Tags = []analyze.TagFact{{Tag: ingest.MustTag("Leak"), Pool: ingest.NonPaged, Machines: 7, Median: 4, P95: 9,
		Most: first[3].Tags[0].Outstanding, MostOn: "NEW-0", Bytes: 9 * mib, Above: 3, Banded: 7, Cases: []string{leak.ID}}}
	in.Result = res
	th, period := analyze.DefaultThresholds(), analyze.Period{From: weekly(1)}
	var tracks []analyze.Track
	for _, m := range res.Machines {
		tracks = append(tracks, judge.Trace(m.Snapshots, res.Cases, period, th))
	}
	in.Past = judge.Past(res, tracks, period, th)
	return in
}

// logsOf is one machine's logs, a week apart in one boot session. The silent one sent
// only the first; the newer build leaks.
func logsOf(name string, i int64) []*ingest.Snapshot {
	weeks, build, each, version := 4, 19045, int64(10), "1.0"
	switch {
	case name == "SILENT":
		weeks = 1
	case i < 3:
		build, each = 22631, 1000+10*i
	}
	var out []*ingest.Snapshot
	for n := range weeks {
		s := snapshot(name, fmt.Sprintf("%s-%d.log", name, n))
		s.At, s.Uptime = weekly(n), time.Duration(7*n+1)*wholeDay
		s.OS.Build, s.OS.Text = build, fmt.Sprintf("Windows Kernel Version %d x64", build)
		if name == "OLD-1" && n == 3 {
			version = "1.1"
		}
		s.Modules = []ingest.Module{{Name: "LeakDrv", Version: version, Source: ingest.Source{File: s.File, Line: 9}}}
		row := usage("Leak", 100+each*int64(n), uint64(4096*(100+each*int64(n))), 3)
		s.Tags = []ingest.TagUsage{row, usage("Calm", 7, 700, 4)}
		s.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: s.Sum(ingest.NonPaged)}}
		out = append(out, s)
	}
	return out
}
