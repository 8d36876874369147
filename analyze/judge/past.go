package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// past is a machine's snapshots in their boot sessions, with how each tag moved in
// each of them. A nil past knows of one snapshot only.
type past struct {
	boots  []series.Boot
	tags   []map[series.Key]*series.Tag // by boot session
	gained []map[ingest.Pool]poolGain   // by boot session
	of     map[*ingest.Snapshot]int     // its boot session
}

// poolGain is what the tags of a pool that gained in a boot session gained together.
type poolGain struct{ count, bytes float64 }

func newPast(snaps []*ingest.Snapshot, th series.Thresholds) *past {
	p := &past{boots: series.Boots(snaps, th), of: map[*ingest.Snapshot]int{}}
	for i := range p.boots {
		boot := &p.boots[i]
		var moved []series.Tag
		if len(boot.Snapshots) > 1 {
			moved = boot.Tags(th)
		}
		tags, gained := make(map[series.Key]*series.Tag, len(moved)), map[ingest.Pool]poolGain{}
		for j := range moved {
			t := &moved[j]
			tags[t.Key] = t
			g := gained[t.Pool]
			gained[t.Pool] = poolGain{g.count + max(0, t.Count.Difference()), g.bytes + max(0, t.Bytes.Difference())}
		}
		p.tags, p.gained = append(p.tags, tags), append(p.gained, gained)
		for _, s := range boot.Snapshots {
			p.of[s] = i
		}
	}
	return p
}

// starts returns how many boot sessions the snapshots are known to be of.
func (p *past) starts() int {
	n := 1
	for _, b := range p.boots {
		if b.Before == series.Restarted {
			n++
		}
	}
	return n
}

// boot returns the boot session of the judged snapshot, nil when nothing is known
// beside it.
func (e *exam) boot() *series.Boot {
	if e.past == nil {
		return nil
	}
	return &e.past.boots[e.past.of[e.Snapshot]]
}

// moved returns how a tag moved in the boot session of the judged snapshot, nil
// when only one of its snapshots shows it.
func (e *exam) moved(row ingest.TagUsage) *series.Tag {
	if e.past == nil {
		return nil
	}
	return e.past.tags[e.past.of[e.Snapshot]][series.Key{Tag: row.Tag, Pool: row.Pool}]
}

// newest reports whether no later snapshot of the boot session shows the tag.
func newest(t *series.Tag, row ingest.Source) bool { return t.Rows[len(t.Rows)-1].Source == row }

// gains is what each tag gained in a boot session, as a table of its own.
type gains struct {
	table *cluster.Table
	now   *ingest.Snapshot // the judged one
}

// gained returns what every tag gained in the boot session so far; an empty table
// when nothing earlier is there to compare with.
func (e *exam) gained() *gains {
	if e.gains == nil {
		e.gains = e.findGains()
	}
	return e.gains
}

// findGains compares with the first snapshot of the boot session that shows
// most of the judged one's tags and is not too close. Totals carry what each tag
// held before; gains only what happened in between.
func (e *exam) findGains() *gains {
	g := &gains{table: &cluster.Table{}, now: e.Snapshot}
	boot := e.boot()
	if boot == nil {
		return g
	}
	offsets := boot.Offsets()
	here := slices.Index(boot.Snapshots, e.Snapshot)
	for i, first := range boot.Snapshots[:here] {
		deltas := series.Deltas(first, e.Snapshot)
		if len(deltas)*2 <= len(e.Tags) || offsets[here]-offsets[i] < e.th.Series.MinWindow {
			continue
		}
		rows := make([]ingest.TagUsage, 0, len(deltas))
		for i := range deltas {
			d := &deltas[i]
			row := d.To
			row.Usage = ingest.Usage{Outstanding: d.Outstanding, Bytes: uint64(max(0, d.Bytes))}
			rows = append(rows, row)
		}
		g.table = cluster.NewTable(rows, e.th.ClusterFloor, e.th.ClusterGain)
		break
	}
	return g
}

// member puts a match among gains into words of a case: figures of the judged
// snapshot, the place in the cluster by what it gained.
func (g *gains) member(m cluster.Match, events int64) analyze.Member {
	return analyze.Member{TagUsage: *g.now.Find(m.Tag, m.Pool), Gained: m.Outstanding,
		Times: m.Times, Per: m.Per, Surplus: m.Surplus, Ratio: float64(m.Outstanding) / float64(events)}
}
