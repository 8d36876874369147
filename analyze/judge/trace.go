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
func Past(res *analyze.Result, tracks []analyze.Track, p analyze.Period, th analyze.Thresholds) *analyze.Past {
	past := &analyze.Past{Period: p, Tracks: tracks, Courses: map[string]analyze.Course{},
		Builds: fleet.Differences(res, tracks), Drivers: fleet.Drivers(res, tracks)}
	for i := range res.Cases {
		past.Courses[res.Cases[i].ID] = res.Cases[i].Course(p, th.Series)
	}
	return past
}

// Whole returns the past of all machines by the snapshots in a result, over all of
// their time. Their tables are borrowed again.
func Whole(res *analyze.Result, th analyze.Thresholds) *analyze.Past {
	var tracks []analyze.Track
	inOrder(len(res.Machines), func(i int) analyze.Track {
		defer res.Lend(res.Machines[i].Snapshots)()
		return Trace(res.Machines[i].Snapshots, res.Cases, analyze.Period{}, th)
	}, func(_ int, t analyze.Track) { tracks = append(tracks, t) })
	return Past(res, tracks, analyze.Period{}, th)
}
