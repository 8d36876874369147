package report

import (
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// topTags is how many tags the chart of the Tags sheet shows.
const topTags = 10

// tagKey is a tag in a pool: the same tag in the other pool is another row.
type tagKey struct {
	tag  ingest.Tag
	pool ingest.Pool
}

// tagGrowth is what the machines gained under a tag in the period.
type tagGrowth struct {
	perHour  float64
	gained   int64
	machines int // that have a pace
}

// growth sums up each tag's pace over the machines.
func (b *binder) growth() map[tagKey]tagGrowth {
	out := map[tagKey]tagGrowth{}
	for _, t := range b.past.Tracks {
		for _, r := range t.Rates {
			g := out[tagKey{r.Tag, r.Pool}]
			g.perHour, g.gained, g.machines = g.perHour+r.PerHour, g.gained+r.Gained, g.machines+1
			out[tagKey{r.Tag, r.Pool}] = g
		}
	}
	return out
}

// tagSheet lists every tag of the fleet by bytes. Its first column is the hex key,
// because a spreadsheet takes NtFC, NtfC and Ntfc for the same text.
func (b *binder) tagSheet() Sheet {
	sheet := b.sheet("tags")
	t := b.in.Result.Tags
	l := b.rows(&sheet, len(t))
	l.add("hex", KindText, 11, func(i int) any { return t[i].Tag.Hex() })
	l.add("tag", KindText, 7, func(i int) any { return t[i].Tag.String() })
	l.add("pool", KindText, 11, func(i int) any { return b.pool(t[i].Pool) })
	l.add("description", KindText, 48, func(i int) any { return orEmpty(strings.Join(strings.Fields(t[i].Description), " ")) })
	l.add("owner", KindText, 18, func(i int) any { return b.module(t[i].Owner) })
	l.add("owner-basis", KindText, 50, func(i int) any { return b.basis(t[i].Owner) })
	l.add("machines", KindCount, 11, func(i int) any { return int64(t[i].Machines) })
	counted := func(count func(*analyze.TagFact) int64) func(int) any {
		return func(i int) any {
			if printed(t[i].Most, t[i].Bytes) == nil {
				return nil
			}
			return count(&t[i])
		}
	}
	l.add("median", KindCount, 12, counted(func(f *analyze.TagFact) int64 { return f.Median }))
	l.add("p95", KindCount, 12, counted(func(f *analyze.TagFact) int64 { return f.P95 }))
	l.add("most", KindCount, 12, counted(func(f *analyze.TagFact) int64 { return f.Most }))
	l.add("most-on", KindLink, 20, func(i int) any { return b.machineLink(t[i].MostOn) })
	bytes := len(sheet.Columns)
	l.add("bytes", KindBytes, 18, func(i int) any { return t[i].Bytes }).Bars = true
	b.tagMoves(l, t)
	l.add("above-band", KindCount, 12, func(i int) any { return aboveBand(&t[i]) })
	l.add("banded", KindCount, 12, func(i int) any { return orEmpty(int64(t[i].Banded)) })
	l.add("cases", KindText, 24, func(i int) any { return orEmpty(strings.Join(t[i].Cases, ", ")) })
	if len(t) > 0 {
		sheet.Charts = []SheetChart{{Kind: ChartBars, Title: b.label("chart.top-tags"),
			Unit: b.label("chart.top-tags-unit"), Category: 1, Value: bytes, Top: min(topTags, len(t))}}
	}
	return sheet
}

// tagMoves adds what was gained in the period, and a line of the tag on the machine
// that has most of it.
func (b *binder) tagMoves(l list, t []analyze.TagFact) {
	growth := b.growth()
	of := func(cell func(tagGrowth) any) func(int) any {
		return func(i int) any {
			if g := growth[tagKey{t[i].Tag, t[i].Pool}]; g.machines > 0 {
				return cell(g)
			}
			return nil
		}
	}
	l.add("gained-bytes", KindCount, 16, of(func(g tagGrowth) any { return g.gained }))
	l.add("pace-daily", KindCount, 16, of(func(g tagGrowth) any { return int64(g.perHour * wholeDay.Hours()) }))
	l.add("paced", KindCount, 12, of(func(g tagGrowth) any { return int64(g.machines) }))
	lines := b.tagLines(t)
	l.add("spark", KindSpark, 18, func(i int) any {
		line := lines[i]
		if len(line) < 2 {
			return nil
		}
		return line[max(0, len(line)-sparkPoints):]
	})
	l.add("spark-words", KindText, 28, func(i int) any { return b.sparkWords(lines[i]) })
}

// sparkPoints is how many points a small line has at most: a cell shows no more.
const sparkPoints = 60

// tagLines are how each tag's outstanding allocations went on the machine with most;
// empty where it is not followed.
func (b *binder) tagLines(t []analyze.TagFact) [][]float64 {
	lines, at := make([][]float64, len(t)), map[string]map[tagKey]int{}
	for i := range t {
		machine := ingest.MachineKey(t[i].MostOn)
		if at[machine] == nil {
			at[machine] = map[tagKey]int{}
		}
		at[machine][tagKey{t[i].Tag, t[i].Pool}] = i
	}
	for i := range b.past.Tracks {
		track := &b.past.Tracks[i]
		wanted := at[ingest.MachineKey(track.Machine)]
		for _, m := range track.Moments {
			for _, p := range m.Tags {
				if i, ok := wanted[tagKey{p.Tag, p.Pool}]; ok && printed(p.Outstanding, p.Bytes) != nil {
					lines[i] = append(lines[i], float64(p.Outstanding))
				}
			}
		}
	}
	return lines
}

// sparkWords says the ends of a line, for who cannot see it: not every program draws
// lines in cells, and few print them.
func (b *binder) sparkWords(line []float64) any {
	if len(line) < 2 {
		return nil
	}
	return b.say("spark.ends", facts{"first": int64(line[0]), "last": int64(line[len(line)-1]), "n": len(line)})
}

// aboveBand counts the machines far above what is usual; empty where nothing says
// what that is.
func aboveBand(t *analyze.TagFact) any {
	if t.Banded == 0 {
		return nil
	}
	return int64(t.Above)
}
