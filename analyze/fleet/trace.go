package fleet

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// largestTags is how many of a machine's largest tags are followed beside those of
// its cases: they hold most of its pools, and a machine has hundreds.
const largestTags = 20

// Trace reduces one machine's snapshots, in time order, to what is told of its past.
// whole says of a snapshot that it holds whole pool tables.
func Trace(snaps []*ingest.Snapshot, cases []analyze.Case, p analyze.Period, whole func(*ingest.Snapshot) bool,
	th series.Thresholds) analyze.Track {
	newest := snaps[len(snaps)-1]
	t := analyze.Track{Machine: newest.Machine.Name}
	follow := followed(newest, cases)
	boots := series.Boots(snaps, th)
	for i, b := range boots {
		for _, s := range b.Snapshots {
			t.Moments = append(t.Moments, moment(s, i+1, whole(s), follow))
		}
	}
	t.Rates = rates(boots, p, th)
	t.Changes = changes(snaps, p)
	return t
}

// followed are the tags that matter on a machine.
func followed(newest *ingest.Snapshot, cases []analyze.Case) map[tagPool]bool {
	out := map[tagPool]bool{}
	rows := make([]*ingest.TagUsage, len(newest.Tags))
	for i := range rows {
		rows[i] = &newest.Tags[i]
	}
	slices.SortFunc(rows, func(a, b *ingest.TagUsage) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag)) // as ingest.LargerFirst
	})
	for _, row := range rows[:min(largestTags, len(rows))] {
		out[tagPool{row.Tag, row.Pool}] = true
	}
	for i := range cases {
		if !slices.Contains(cases[i].Machines, newest.Machine.Name) {
			continue
		}
		for _, members := range [][]analyze.Member{cases[i].Core, cases[i].Followers, cases[i].Related} {
			for _, m := range members {
				out[tagPool{m.Tag, m.Pool}] = true
			}
		}
	}
	return out
}

func moment(s *ingest.Snapshot, boot int, whole bool, follow map[tagPool]bool) analyze.Moment {
	m := analyze.Moment{At: s.At, Uptime: s.Uptime, UptimeOK: s.UptimeOK, Boot: boot, Whole: whole, Source: s.Source}
	for i := range s.Tags {
		if row := &s.Tags[i]; follow[tagPool{row.Tag, row.Pool}] {
			m.Tags = append(m.Tags, analyze.TagPoint{Tag: row.Tag, Pool: row.Pool, Outstanding: row.Outstanding,
				Bytes: row.Bytes})
		}
	}
	slices.SortStableFunc(m.Tags, func(a, b analyze.TagPoint) int {
		return cmp.Or(a.Tag.Compare(b.Tag), cmp.Compare(a.Pool, b.Pool))
	})
	return m
}

// rates measures how each tag moved in the boot session of the period that was
// watched for longest. A session too short for a trend gives no rate.
func rates(boots []series.Boot, p analyze.Period, th series.Thresholds) []analyze.TagRate {
	var longest series.Boot
	var window time.Duration
	for _, b := range boots {
		b.Snapshots = slices.DeleteFunc(slices.Clone(b.Snapshots),
			func(s *ingest.Snapshot) bool { return !p.Holds(s.At) })
		if len(b.Snapshots) > 1 && b.Window() > window {
			longest, window = b, b.Window()
		}
	}
	if window < th.MinWindow {
		return nil
	}
	moves := longest.Moves(th)
	out := make([]analyze.TagRate, 0, len(moves.Keys))
	for _, tag := range moves.Sorted() {
		if key := moves.Keys[tag]; moves.Series(tag) {
			pace := moves.Pace(tag)
			out = append(out, analyze.TagRate{Tag: key.Tag, Pool: key.Pool, PerHour: pace.PerHour,
				Gained: int64(pace.Gained), Window: pace.Window, Snapshots: pace.Moments})
		}
	}
	return out
}

// Exhaust returns when nonpaged pool runs full by the totals of the newest boot
// session. Pools are the figures of the newest snapshot.
func Exhaust(snaps []*ingest.Snapshot, pools []analyze.PoolFacts, th series.Thresholds) *analyze.Exhaustion {
	boots := series.Boots(snaps, th)
	trend := series.BytesTrend(boots[len(boots)-1].Points(series.PoolBytes(ingest.NonPaged)), th)
	if trend.Class != series.Growing {
		return nil
	}
	for _, f := range pools {
		e, obstacle := series.Exhaust(f.Held(), f.Ceiling, trend.Slope, th)
		if f.Pool != ingest.NonPaged || obstacle != 0 {
			continue
		}
		out := &analyze.Exhaustion{In: e.Expected, Earliest: e.Earliest, Latest: e.Latest, Ceiling: f.Ceiling,
			Source: trend.Points[len(trend.Points)-1].Source}
		if at := snaps[len(snaps)-1].At; !at.IsZero() {
			out.At = at.Add(e.Expected)
		}
		return out
	}
	return nil
}

// changes lists what each snapshot shows differently from the newest earlier one
// that shows such a thing at all.
func changes(snaps []*ingest.Snapshot, p analyze.Period) []analyze.Changed {
	var out []analyze.Changed
	var system, drivers, filters *ingest.Snapshot
	for _, s := range snaps {
		var found []analyze.Changed
		if s.OS.Text != "" {
			found = append(found, systemChange(system, s)...)
			system = s
		}
		if len(s.Modules) > 0 {
			if drivers != nil && !slices.EqualFunc(drivers.Modules, s.Modules, sameDriver) { // they seldom change
				found = append(found, listChanges(analyze.ChangedDriver, drivers, s, loadedDrivers)...)
			}
			drivers = s
		}
		if s.FilterSet {
			if filters != nil && !slices.EqualFunc(filters.Filters, s.Filters, sameFilter) {
				found = append(found, listChanges(analyze.ChangedFilter, filters, s, filterList)...)
			}
			filters = s
		}
		for _, c := range found {
			if c.At = s.At; p.Holds(s.At) {
				out = append(out, c)
			}
		}
	}
	return out
}

func sameDriver(a, b ingest.Module) bool {
	return a.Name == b.Name && a.Version == b.Version && a.Unloaded == b.Unloaded
}

func sameFilter(a, b ingest.Filter) bool { return a.Name == b.Name && a.Altitude == b.Altitude }

func systemChange(was, is *ingest.Snapshot) []analyze.Changed {
	if was == nil || was.OS.Text == is.OS.Text {
		return nil
	}
	return []analyze.Changed{{Kind: analyze.ChangedSystem, Since: was.At, Before: was.OS.Text, After: is.OS.Text,
		Had: true, Loaded: true, Source: is.Source}}
}

// listed is an entry of a list of drivers or filters.
type listed struct {
	name, version string
	from          ingest.Source
}

func loadedDrivers(s *ingest.Snapshot) map[string]listed { return driverList(s.Modules) }

func driverList(drivers []ingest.Module) map[string]listed {
	out := map[string]listed{}
	for _, m := range drivers {
		if !m.Unloaded {
			out[ingest.ModuleKey(m.Name)] = listed{m.Name, m.Version, m.Source}
		}
	}
	return out
}

func filterList(s *ingest.Snapshot) map[string]listed {
	out := map[string]listed{}
	for _, f := range s.Filters {
		out[FilterKey(f.Name)] = listed{f.Name, string(f.Altitude), f.Source}
	}
	return out
}

// listChanges compares two lists. A version that one of them does not print is no
// change.
func listChanges(kind analyze.ChangeKind, was, is *ingest.Snapshot,
	list func(*ingest.Snapshot) map[string]listed) []analyze.Changed {
	before, after := list(was), list(is)
	names := maps.Clone(before)
	maps.Copy(names, after)
	var out []analyze.Changed
	for _, key := range slices.Sorted(maps.Keys(names)) {
		old, had := before[key]
		now, has := after[key]
		if had && has && (old.version == now.version || old.version == "" || now.version == "") {
			continue
		}
		from := now.from
		if !has {
			from = is.Source
		}
		out = append(out, analyze.Changed{Kind: kind, Since: was.At, Name: names[key].name, Before: old.version,
			After: now.version, Had: had, Loaded: has, Source: from})
	}
	return out
}
