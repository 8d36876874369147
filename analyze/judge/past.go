package judge

import (
	"poolsweep/analyze"
	"poolsweep/analyze/cluster"
	"poolsweep/analyze/knowledge"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// past is a machine's snapshots in their boot sessions, with how each tag moved in
// each of them.
type past struct {
	boots []series.Boot
	of    map[*ingest.Snapshot]place
	moves []*series.Moves // by boot session
	// gained is what the tags of each pool that gained did so together, by boot session.
	gained  [][ingest.Paged + 1]poolGain
	known   []knownTags             // by boot session
	filters []map[string][]measured // by boot session and key; nil until asked for
	whole   map[*ingest.Snapshot]bool
}

// place is where a snapshot stands: in which boot session, and where in that.
type place struct{ boot, at int }

type poolGain struct{ count, bytes float64 }

func newPast(snaps []*ingest.Snapshot, th series.Thresholds) *past {
	p := &past{boots: series.Boots(snaps, th), of: map[*ingest.Snapshot]place{}, whole: map[*ingest.Snapshot]bool{}}
	for i := range p.boots {
		moves := p.boots[i].Moves(th)
		p.moves, p.gained = append(p.moves, moves), append(p.gained, poolGains(moves))
		for j, s := range p.boots[i].Snapshots {
			p.of[s] = place{i, j}
		}
	}
	p.known, p.filters = make([]knownTags, len(p.boots)), make([]map[string][]measured, len(p.boots))
	return p
}

func poolGains(m *series.Moves) (out [ingest.Paged + 1]poolGain) {
	for tag, key := range m.Keys {
		if m.Series(tag) {
			count, bytes := m.Gained(tag)
			out[key.Pool].count += max(0, count)
			out[key.Pool].bytes += max(0, bytes)
		}
	}
	return out
}

// knownTags is what is known of each tag of a boot session, by its number, on one
// system: the same for each of its snapshots.
type knownTags struct {
	bits, build int
	tags        []known
}

type known struct {
	info *knowledge.TagInfo
	band *knowledge.Band // nil: nothing says what is usual
}

// knownOn returns what is known of the tags of a boot session on a system. One log of a
// session may not tell which that is.
func (p *past) knownOn(boot int, os ingest.OS, know *knowledge.Base) []known {
	k := &p.known[boot]
	if k.tags == nil || k.bits != os.Bits || k.build != os.Build {
		*k = knownTags{bits: os.Bits, build: os.Build, tags: make([]known, len(p.moves[boot].Keys))}
		for i, key := range p.moves[boot].Keys {
			k.tags[i] = known{know.Tag(key.Tag), know.Band(key.Tag, key.Pool, os)}
		}
	}
	return k.tags
}

// holdsWhole reports whether a snapshot holds whole pool tables.
func (p *past) holdsWhole(s *ingest.Snapshot, th analyze.Thresholds) bool {
	is, known := p.whole[s]
	if !known {
		is = whole(s, th)
		p.whole[s] = is
	}
	return is
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

// of returns what is known of the tag in a row.
func (e *exam) of(row int) known { return e.known[e.moves.Numbers(e.here)[row]] }

// moved returns how a tag moved in the boot session of the judged snapshot, nil
// when only one of its snapshots shows it.
func (e *exam) moved(row ingest.TagUsage) *series.Tag {
	if tag, shown := e.moves.Number(series.Key{Tag: row.Tag, Pool: row.Pool}); shown {
		return e.moves.Tag(tag)
	}
	return nil
}

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
	offsets := e.moves.Offsets()
	for first := range e.here {
		if offsets[e.here]-offsets[first] < e.th.Series.MinWindow {
			continue
		}
		rows, both := e.gainsSince(first)
		if both*2 > len(e.Tags) {
			g.table = cluster.NewTable(rows, e.th.ClusterFloor, e.th.ClusterGain)
			break
		}
	}
	return g
}

// gainsSince returns rows of what tags gained since another snapshot of the boot
// session, as far as it is enough to be compared, and how many tags stand in both.
func (e *exam) gainsSince(first int) (rows []ingest.TagUsage, both int) {
	for j, tag := range e.moves.Numbers(e.here) {
		was := e.moves.Row(first, int(tag))
		if was == nil {
			continue
		}
		both++
		if row := e.Tags[j]; row.Outstanding-was.Outstanding >= e.th.ClusterFloor {
			row.Usage = ingest.Usage{Outstanding: row.Outstanding - was.Outstanding,
				Bytes: uint64(max(0, int64(row.Bytes)-int64(was.Bytes)))}
			rows = append(rows, row)
		}
	}
	return rows, both
}

// member puts a match among gains into words of a case: figures of the judged
// snapshot, the place in the cluster by what it gained.
func (g *gains) member(m cluster.Match, events int64) analyze.Member {
	return analyze.Member{TagUsage: *g.now.Find(m.Tag, m.Pool), Gained: m.Outstanding,
		Times: m.Times, Per: m.Per, Surplus: m.Surplus, Ratio: float64(m.Outstanding) / float64(events)}
}
