package judge

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// fmfn is the filter manager's tag for the file names it caches.
var fmfn = ingest.MustTag("FMfn")

// nameCacheBuilds are the systems whose filter manager is known to keep names
// when nothing is attached: Windows 8 and Server 2012, and their R2. Later ones
// always come with a minifilter on each disk.
var nameCacheBuilds = []int{9200, 9600}

// bare is a log that shows no minifilter on any disk volume.
type bare struct {
	attached int      // to what is no disk
	on       []string // volumes that are no disks
	legacy   []string // legacy filters, which do not count
	disks    int      // disk volumes listed without an attachment
	from     []ingest.Source
	open     bool // the list has no end: rows may be missing
}

// nameCacheSign looks for the one fault that is a filter's absence. It is silent
// beside an attachment case, which needs a filter.
func nameCacheSign(e *exam, d *docket) {
	b, ok := e.noDiskFilter()
	if !ok || d.taken[fmfn] {
		return
	}
	row := e.row(fmfn)
	facts := analyze.Facts{"build": int64(e.OS.Build), "count": int64(0), "needs": e.th.NameCache}
	switch {
	case e.OS.Build != 0 && !slices.Contains(nameCacheBuilds, e.OS.Build):
		e.missed(analyze.MissNameBuild, facts, b.from...)
	case row != nil && row.Outstanding < e.th.NameCache && !e.namesGrow(row):
		facts["count"] = row.Outstanding
		e.missed(analyze.MissNameCount, facts, row.Source)
	default:
		d.file(e.nameCacheCase(b, row))
	}
}

// noDiskFilter reports whether the log lists all attachments with their volumes,
// and no minifilter is on a disk. A row without a volume's name is one of a disk:
// recovery and system partitions have none.
func (e *exam) noDiskFilter() (bare, bool) {
	if b, ok := e.noneOnDisks(); ok {
		return b, true
	}
	var b bare
	for _, f := range e.Snapshot.Filters {
		if f.Legacy {
			b.legacy = appendOnce(b.legacy, f.Name)
		}
		for _, i := range f.Instances {
			if !f.Legacy && !pipeVolume(i.Volume) {
				return bare{}, false
			}
			if !f.Legacy {
				b.attached += i.Count
				b.on = appendOnce(b.on, i.Volume)
			}
			b.from = append(b.from, i.Source)
		}
	}
	whole := e.PlaceSet && len(b.from) > 0 && !e.listCut(b.from[0])
	b.open = whole && e.listState(b.from[0]) != ingest.BlockComplete
	return b, whole
}

// noneOnDisks reads the same from !fltkd.volumes, which lists volumes without an
// attachment too.
func (e *exam) noneOnDisks() (bare, bool) {
	var b bare
	for _, v := range e.Volumes {
		switch {
		case v.Address == 0 || e.listCut(v.Source):
			return bare{}, false
		case pipeVolume(v.Name):
			b.on = append(b.on, v.Name)
			for _, i := range v.Instances {
				b.attached += i.Count
			}
		case len(v.Instances) > 0:
			return bare{}, false
		default:
			b.disks++
		}
		b.from = append(b.from, v.Source)
	}
	return b, b.disks > 0
}

// pipeVolume reports whether a volume is no disk: the named pipe, mail slot and
// redirector devices.
//
//	npsvctrig             \Device\NamedPipe                          46000     npsvctrig
func pipeVolume(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "namedpipe") || strings.HasSuffix(name, "mailslot") || strings.HasSuffix(name, `\mup`)
}

// listState returns the state of the list that a row stands in.
func (e *exam) listState(row ingest.Source) ingest.BlockState {
	for _, b := range e.Blocks {
		if b.File == row.File && b.Line <= row.Line && row.Line <= b.LastLine {
			return b.State
		}
	}
	return ingest.BlockUnclosed
}

func (e *exam) listCut(row ingest.Source) bool { return e.listState(row) == ingest.BlockCut }

// nameCacheCase only suspects until the pool table shows the names.
func (e *exam) nameCacheCase(b bare, row *ingest.TagUsage) analyze.Case {
	d := e.draft(analyze.ObjectLeak, analyze.NameCache, analyze.Suspect)
	d.Object = "file name"
	d.why(d.th.Weights.NoDiskFilter, analyze.RuleNoDiskFilter, analyze.Facts{"attached": int64(b.attached),
		"volumes": b.on, "legacy": b.legacy, "disks": int64(b.disks)}, b.from...)
	d.then(analyze.ChainNameCache, nil, b.from...)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": d.Object}}}
	if row != nil {
		d.nameCount(*row)
	} else {
		d.expect(fmfn, 0, d.th.NameCache, analyze.ExpectNames, analyze.Facts{"tag": fmfn, "count": d.th.NameCache},
			b.from...)
	}
	if d.OS.Build == 0 {
		d.unsure(analyze.RuleNameBuild, nil)
	}
	if b.open {
		d.Limits = append(d.Limits, d.weigh(d.th.Weights.Unclosed,
			analyze.Reason{Rule: analyze.RuleListOpen, Sources: b.from[len(b.from)-1:]}))
	}
	d.issueReasons()
	d.next("!poolused 3", analyze.NextNames, nil)
	d.nextShell("fltmc instances", analyze.NextAttached, nil)
	return d.finish()
}

// nameCount argues with the names themselves: more than any busy machine caches.
func (d *draft) nameCount(row ingest.TagUsage) {
	d.Verdict = analyze.Leak
	d.Events = row.Outstanding
	d.Core = []analyze.Member{{TagUsage: row, Times: 1, Per: 1, Ratio: 1}}
	d.own(d.Core)
	d.Owner = ownerOf(d.Core)
	if row.Outstanding >= d.th.NameCache {
		d.why(d.th.Weights.ObjectGap, analyze.RuleObjectMany, analyze.Facts{"tag": row.Tag, "object": d.Object,
			"outstanding": row.Outstanding, "limit": d.th.NameCache}, row.Source)
	}
	if t := d.nameTrend(&row); t.Class == series.Growing {
		d.why(d.th.Weights.Climbs, analyze.RuleNamesGrow, analyze.Facts{"tag": row.Tag, "first": int64(t.First()),
			"count": row.Outstanding, "snapshots": int64(len(t.Points)), "hours": t.Window}, row.Source)
	}
}

// namesGrow reports whether the names grew within this boot session.
func (e *exam) namesGrow(row *ingest.TagUsage) bool { return e.nameTrend(row).Class == series.Growing }

// nameTrend follows the count of a row through the boot session up to this snapshot.
func (e *exam) nameTrend(row *ingest.TagUsage) series.Trend {
	boot := series.Boot{Snapshots: append(e.sameSession(), e.Snapshot)}
	points := boot.Points(func(s *ingest.Snapshot) (float64, ingest.Source, bool) {
		if was := find(s, row.Tag, row.Pool); was != nil {
			return float64(was.Outstanding), was.Source, true
		}
		return 0, ingest.Source{}, false
	})
	return series.CountTrend(points, series.DefaultThresholds())
}
