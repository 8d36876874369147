package report

import (
	"math"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

const (
	// timelineTags is how many lines a reader can tell apart on grey paper.
	timelineTags = 6
	// timelineColumns is the resolution of a line: what is closer falls on one spot
	// of ink on any paper.
	timelineColumns = 150
	// labelledRestarts is how many restarts have room for a line and a label each.
	labelledRestarts = 12
	// forecastWindows is how many times as long as the history a forecast may be, and
	// forecastShare the least share of the ceiling that the largest tag must hold: with
	// less of either nothing could be read off the history beside it.
	forecastWindows = 2.5
	forecastShare   = 0.08
)

// course gathers what a timeline is made of.
type course struct {
	s        *speaker
	c        *analyze.Case
	m        *analyze.Machine
	bytes    bool                         // of bytes, else of counts
	foreseen bool                         // with the forecast, and the pool that it is of
	numbers  map[*ingest.Snapshot]float64 // of the snapshots, where not all have a time
	drawn    []float64                    // X of all points
}

// growthChart shows what the case's tags held in all snapshots of its first machine;
// nil when they show no movement of
// the first tag.
func (s *speaker) growthChart(c *analyze.Case) *Timeline {
	defer s.in.lendLead(c)()
	t := s.course(c)
	if t == nil {
		return nil
	}
	lines := t.lines()
	if len(lines) == 0 || !telling(lines[0]) {
		return nil
	}
	out := &Timeline{Title: s.say("chart.timeline", facts{"machine": t.m.Name}), Lines: lines}
	from, to := slices.Min(t.drawn), slices.Max(t.drawn)
	out.Clock, out.X = s.label("chart.clock-utc"), timeScale(from, to)
	if t.numbers != nil {
		out.Clock, out.X = s.label("chart.clock-snapshots"), numberScale(len(t.m.Snapshots))
	}
	out.Restarts = t.restarts(out.X)
	noted := facts{"more": max(0, len(c.Core)-timelineTags), "restarts": 0, "forecast": t.foreseen, "far": false}
	if e := c.Exhausts; e != nil && e.In > 0 && !t.foreseen {
		noted["far"], noted["ceiling"], noted["pool"], noted["hours"] = true, e.Ceiling, s.pool(c.Core[0].Pool), e.In
	}
	if n := len(out.Restarts); n > labelledRestarts {
		noted["restarts"] = n
	}
	high := highest(lines)
	if t.foreseen {
		t.forecast(out)
		high = max(high, float64(c.Exhausts.Ceiling))
	}
	out.Y, out.Unit = t.values(high)
	out.Note = s.say("chart.timeline-note", noted)
	return out
}

// foresee decides whether the forecast is drawn: where it can be, and what was
// measured stays readable beside it.
func (t *course) foresee() bool {
	e := t.c.Exhausts
	if e == nil || e.At.IsZero() || e.Earliest <= 0 || t.numbers != nil {
		return false
	}
	largest := uint64(0)
	for _, m := range t.c.Core {
		largest = max(largest, m.Bytes)
	}
	return e.In.Seconds() <= forecastWindows*t.window() && float64(largest) >= forecastShare*float64(e.Ceiling)
}

// window is the time that the machine's snapshots cover, in seconds.
func (t *course) window() float64 {
	return t.m.Latest().At.Sub(t.m.Snapshots[0].At).Seconds()
}

// course prepares a timeline, or returns nil where there is nothing to compare.
// What a case holds is bytes when a pool runs full, or when no count stands for its
// events.
func (s *speaker) course(c *analyze.Case) *course {
	if len(c.Core) == 0 || c.Lead == nil {
		return nil
	}
	m := s.in.machine(c.Lead.Machine.Name)
	if m == nil || len(m.Snapshots) < 2 {
		return nil
	}
	t := &course{s: s, c: c, m: m}
	first := m.Snapshots[0].At
	// Where a single snapshot has no time, or all have the same, only their order is known.
	same := !slices.ContainsFunc(m.Snapshots, func(s *ingest.Snapshot) bool { return !s.At.Equal(first) })
	if same || slices.ContainsFunc(m.Snapshots, func(s *ingest.Snapshot) bool { return s.At.IsZero() }) {
		t.numbers = map[*ingest.Snapshot]float64{}
		for i, s := range m.Snapshots {
			t.numbers[s] = float64(i + 1)
		}
	}
	t.foreseen = t.foresee()
	t.bytes = t.foreseen || c.Events == 0 || !countedMembers(c.Core)
	return t
}

// at is where a snapshot stands on the axis.
func (t *course) at(s *ingest.Snapshot) float64 {
	if t.numbers != nil {
		return t.numbers[s]
	}
	return seconds(s.At)
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// lines are the core's tags, and in a chart with the forecast the pool they are part
// of: it is the pool that runs full.
func (t *course) lines() []Line {
	var lines []Line
	add := func(label string, tone Tone, read func(*ingest.Snapshot) (float64, bool)) {
		if parts := t.parts(read); len(parts) > 0 {
			last := parts[len(parts)-1]
			lines = append(lines, Line{Label: label, Text: t.worded(last[len(last)-1].Y), Tone: tone, Parts: parts})
		}
	}
	for _, m := range t.c.Core[:min(timelineTags, len(t.c.Core))] {
		add(t.s.barLabel(t.c, m), TonePlain, func(s *ingest.Snapshot) (float64, bool) {
			row := s.Find(m.Tag, m.Pool)
			if row == nil {
				return 0, false
			}
			return t.of(*row), true
		})
	}
	if t.foreseen {
		pool := t.c.Core[0].Pool
		label := t.s.say("chart.whole-pool", facts{"pool": t.s.pool(pool)})
		add(label, ToneMuted, func(s *ingest.Snapshot) (float64, bool) {
			// As the judge does for the date: a total that says less than the rows is not believed.
			sum := s.Sum(pool).Bytes
			if total := s.Total(pool); total != nil {
				sum = max(sum, total.Bytes)
			}
			return float64(sum), sum > 0
		})
	}
	return lines
}

// of is the quantity that the chart is about.
func (t *course) of(row ingest.TagUsage) float64 {
	if t.bytes {
		return float64(row.Bytes)
	}
	return max(0, float64(row.Outstanding))
}

func (t *course) worded(v float64) string {
	if t.bytes {
		return t.s.bytes(v)
	}
	return count(int64(v))
}

// parts are the readings of each boot session apart: a line over a restart would
// show a fall that nobody saw. Snapshots that do not show the tag leave no point:
// the table may have been cut off above it.
func (t *course) parts(read func(*ingest.Snapshot) (float64, bool)) [][]Point {
	var parts [][]Point
	for _, boot := range t.m.Sessions {
		var part []Point
		for _, s := range boot.Snapshots {
			v, ok := read(s)
			if !ok {
				continue
			}
			p := Point{t.at(s), v}
			t.drawn = append(t.drawn, p.X)
			// Of two readings of one moment the later print counts.
			if n := len(part); n > 0 && part[n-1].X == p.X {
				part = part[:n-1]
			}
			part = append(part, p)
		}
		if len(part) > 0 {
			parts = append(parts, part)
		}
	}
	return t.thinned(parts)
}

// thinned leaves of long series what can be seen: of each column the lowest and the
// highest point, and the ends of each part.
func (t *course) thinned(parts [][]Point) [][]Point {
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	if total <= 2*timelineColumns {
		return parts
	}
	from, last := parts[0][0].X, parts[len(parts)-1]
	width := (last[len(last)-1].X - from) / timelineColumns
	for i := range parts {
		parts[i] = thin(parts[i], from, width)
	}
	return parts
}

// thin keeps the first and the last point, and of each column between them the
// lowest and the highest, in their order.
func thin(part []Point, from, width float64) []Point {
	column := func(p Point) float64 { return math.Floor((p.X - from) / width) }
	var out []Point
	for i := 0; i < len(part); {
		low, high, end := i, i, i
		for ; end < len(part) && column(part[end]) == column(part[i]); end++ {
			if part[end].Y < part[low].Y {
				low = end
			}
			if part[end].Y > part[high].Y {
				high = end
			}
		}
		keep := []int{min(low, high), max(low, high)}
		if i == 0 {
			keep = append([]int{0}, keep...)
		}
		if end == len(part) {
			keep = append(keep, end-1)
		}
		for _, k := range slices.Compact(keep) {
			out = append(out, part[k])
		}
		i = end
	}
	return out
}

// restarts are the starts of the machine between its sessions, as far as the axis
// reaches. Where the log does not tell of one, the lines break and nothing is marked.
func (t *course) restarts(x Scale) []Mark {
	var marks []Mark
	for i := 1; i < len(t.m.Sessions); i++ {
		boot := &t.m.Sessions[i]
		if !boot.Restarted() {
			continue
		}
		before := t.m.Sessions[i-1].Snapshots
		low, high := t.at(before[len(before)-1]), t.at(boot.Snapshots[0])
		at := (low + high) / 2
		if start, known := boot.Snapshots[0].Boot(); known && t.numbers == nil {
			at = min(max(low, seconds(start)), high)
		}
		if x.From <= at && at <= x.To {
			marks = append(marks, Mark{Value: at, Label: t.s.label("chart.restart")})
		}
	}
	if len(marks) > labelledRestarts {
		for i := range marks {
			marks[i].Label = ""
		}
	}
	return marks
}

// forecast leads from what the pool holds to its ceiling along the slow, the
// expected and the fast end of the rate.
func (t *course) forecast(out *Timeline) {
	e := t.c.Exhausts
	held := 0.0
	for i := range t.c.Pool {
		if p := &t.c.Pool[i]; p.Pool == t.c.Core[0].Pool {
			held = float64(p.Held())
		}
	}
	ceiling, from := float64(e.Ceiling), seconds(e.At.Add(-e.In))
	end := from + min(e.Latest.Seconds(), forecastWindows*t.window())
	// along is the value at a time on the way that reaches the ceiling after a while.
	along := func(after time.Duration, at float64) Point {
		if at >= from+after.Seconds() {
			return Point{from + after.Seconds(), ceiling}
		}
		return Point{at, held + (ceiling-held)*(at-from)/after.Seconds()}
	}
	start, fast, slow := Point{from, held}, along(e.Earliest, end), along(e.Latest, end)
	edge := []Point{start, fast}
	if slow.Y < ceiling && fast.X < end { // the slow end lies beyond the chart
		edge = append(edge, Point{end, ceiling})
	}
	edge = append(edge, slow)
	out.Fan = &Fan{Edge: edge, Middle: [2]Point{start, along(e.In, end)}}
	out.Levels = []Mark{{ceiling, t.s.say("chart.ceiling", facts{"pool": t.s.pool(t.c.Core[0].Pool), "bytes": ceiling})}}
	out.X = timeScale(slices.Min(t.drawn), end)
}

// values is the axis of a quantity, and its unit.
func (t *course) values(high float64) (Scale, string) {
	if t.bytes {
		unit, label := byteUnit(high)
		return valueScale(high, unit), t.s.say("chart.held-unit", facts{"unit": t.s.label(label)})
	}
	unit := countUnit(high)
	return valueScale(high, unit), t.s.say("chart.outstanding-unit", facts{"times": int64(unit)})
}

// telling reports whether a line shows a movement: two points of one session, or
// three of any.
func telling(l Line) bool {
	return len(l.Parts) > 2 || slices.ContainsFunc(l.Parts, func(p []Point) bool { return len(p) > 1 })
}

// highest is the largest value of any line.
func highest(lines []Line) float64 {
	high := 0.0
	for _, l := range lines {
		for _, part := range l.Parts {
			for _, p := range part {
				high = max(high, p.Y)
			}
		}
	}
	return high
}
