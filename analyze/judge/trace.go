package judge

import (
	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/ingest"
)

// Trace reduces one machine's snapshots, in time order, to what is told of its past
// in a period.
func Trace(snaps []*ingest.Snapshot, cases []analyze.Case, p analyze.Period, th analyze.Thresholds) analyze.Track {
	t := fleet.Trace(snaps, cases, p, func(s *ingest.Snapshot) bool { return whole(s, th) }, th.Series)
	t.Exhausts = fleet.Exhaust(snaps, poolFacts(snaps[len(snaps)-1]), th.Series)
	return t
}

// Past compares the machines over a period by their tracks.
func Past(res *analyze.Result, tracks []analyze.Track, p analyze.Period) *analyze.Past {
	return &analyze.Past{Period: p, Tracks: tracks, Builds: fleet.Differences(res, tracks),
		Drivers: fleet.Drivers(res, tracks)}
}
