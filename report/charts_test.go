package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/analyze/knowledge"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// lab is a machine whose snapshots are made one after the other.
type lab struct {
	name  string
	snaps []*ingest.Snapshot
	at    time.Time
	up    time.Duration
}

func newLab(name string) *lab {
	return &lab{name: name, at: time.Date(2026, 3, 27, 6, 0, 0, 0, time.UTC), up: time.Hour}
}

// snap takes a snapshot with a healthy table of so many rows, then tags as pairs of
// name and count; each allocation of the first has 512 bytes, of the others 64.
func (l *lab) snap(counts ...any) *lab {
	s := snapshot(l.name, fmt.Sprintf("%s-%03d.log", l.name, len(l.snaps)))
	s.At, s.Uptime = l.at, l.up
	for i := range 12 {
		s.Tags = append(s.Tags, usage(fmt.Sprintf("Hh%02d", i), int64(2000+331*i+7*len(s.File)), uint64(90000+i), 20+i))
	}
	each := uint64(512)
	for i := 0; i < len(counts); i += 2 {
		n := int64(counts[i+1].(int))
		row := usage(counts[i].(string), n, uint64(n)*each, 40+i)
		row.File, row.Counted, row.Allocs, row.Frees, each = s.File, true, uint64(n)+3, 3, 64
		s.Tags = append(s.Tags, row)
	}
	s.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: s.Sum(ingest.NonPaged), Source: s.Source}}
	l.snaps = append(l.snaps, s)
	return l
}

// wait lets time pass; restart starts the machine anew.
func (l *lab) wait(d time.Duration) *lab { l.at, l.up = l.at.Add(d), l.up+d; return l }

func (l *lab) restart() *lab { l.wait(2 * time.Hour); l.up = time.Hour; return l }

// judged is the input of the reports after the judge has seen the snapshots.
func (l *lab) judged(t testing.TB) Input {
	t.Helper()
	know, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Tool: "poolsweep test", Words: english(t), Lang: "en"}
	for _, s := range l.snaps {
		in.Documents = append(in.Documents, document(s.File, s))
	}
	in.Result = judge.Judge(in.Documents, know, analyze.DefaultThresholds())
	if len(in.Result.Cases) == 0 {
		t.Fatal("the snapshots raise no case")
	}
	return in
}

// timelineOf builds the chart of the first case.
func timelineOf(t testing.TB, in Input) *Timeline {
	t.Helper()
	s := &speaker{in: in}
	out := s.growthChart(&in.Result.Cases[0])
	if err := s.done("timeline"); err != nil {
		t.Fatal(err)
	}
	return out
}

// growing is thirty snapshots over three boot sessions, of two tags in step.
func growing() *lab { return growingBy(7001) }

func growingBy(step int) *lab {
	l := newLab("LAB-31")
	for boot := range 3 {
		if boot > 0 {
			l.restart()
		}
		for i := range 10 {
			n := 9000 + step*i
			l.snap("Qxg1", n, "Qxg2", 2*n).wait(3 * time.Hour)
		}
	}
	return l
}

// filling grows until its pool is nearly full, not quite evenly.
func filling() *lab {
	l := newLab("LAB-38")
	for i := range 12 {
		n := 40_000 + 23_000*i + 9_000*(i%3)
		l.snap("Qxg1", n, "Qxg2", 2*n).wait(5 * time.Hour)
	}
	return l
}

func TestTimelinesMatchGolden(t *testing.T) {
	undated := growing()
	undated.snaps = undated.snaps[7:13]
	for _, s := range undated.snaps {
		s.At = time.Time{}
	}
	var d dumper
	for _, test := range []struct {
		name string
		lab  *lab
	}{{"thirty snapshots over three boot sessions", growing()}, {"filling its pool", filling()},
		{"without session times", undated}, {"two snapshots", newLab("LAB-2").snap("Qxg1", 9_000, "Qxg2", 18_000).
			wait(24*time.Hour).snap("Qxg1", 120_000, "Qxg2", 240_000)}} {
		d.line("# %s", test.name)
		d.timeline(timelineOf(t, test.lab.judged(t)))
	}
	golden(t, "timelines", d.String())
}

func TestASingleSnapshotHasBars(t *testing.T) {
	in := newLab("LAB-1").snap("Qxg1", 120_000, "Qxg2", 240_000).judged(t)
	w, err := NewWriteup(in, &in.Result.Cases[0])
	if err != nil {
		t.Fatal(err)
	}
	if w.Timeline != nil || w.Chart == nil {
		t.Errorf("timeline %v, bars %v", w.Timeline, w.Chart)
	}
	in = growing().judged(t)
	if w, err = NewWriteup(in, &in.Result.Cases[0]); err != nil {
		t.Fatal(err)
	}
	if w.Timeline == nil || w.Chart != nil {
		t.Errorf("of thirty snapshots: timeline %v, bars %v", w.Timeline, w.Chart)
	}
}

// TestOneSnapshotEachBootShowsNoMovement: two points that no line may join tell less
// than bars.
func TestOneSnapshotEachBootShowsNoMovement(t *testing.T) {
	l := newLab("LAB-1").snap("Qxg1", 120_000, "Qxg2", 240_000).restart().snap("Qxg1", 130_000, "Qxg2", 260_000)
	if got := timelineOf(t, l.judged(t)); got != nil {
		t.Errorf("a timeline of %v", got.Lines)
	}
}

func TestNoLineJoinsTwoBootSessions(t *testing.T) {
	got := timelineOf(t, growing().judged(t))
	if len(got.Restarts) != 2 {
		t.Fatalf("%d restarts of two", len(got.Restarts))
	}
	for _, l := range got.Lines {
		for _, part := range l.Parts {
			for _, m := range got.Restarts {
				if part[0].X < m.Value && m.Value < part[len(part)-1].X {
					t.Errorf("%s: a part from %.0f to %.0f lies over the restart at %.0f", l.Label, part[0].X,
						part[len(part)-1].X, m.Value)
				}
			}
		}
	}
}

// TestRestartsBeforeTheTagAreNotMarked: the axis begins with the first reading.
func TestRestartsBeforeTheTagAreNotMarked(t *testing.T) {
	l := newLab("LAB-1").snap().restart().snap().restart().wait(48*time.Hour).snap("Zz00", 10).wait(time.Hour).snap("Zz00", 20).
		restart().snap("Zz00", 5)
	in, _ := plainCase(t, l, "Zz")
	if got := timelineOf(t, in); len(got.Restarts) != 1 {
		t.Errorf("restarts %v on an axis from %.0f", got.Restarts, got.X.From)
	}
}

func TestManyRestartsAreNotLabelledEach(t *testing.T) {
	l := newLab("LAB-31")
	for range labelledRestarts + 2 {
		l.snap("Qxg1", 90_000, "Qxg2", 180_000).wait(time.Hour).snap("Qxg1", 150_000, "Qxg2", 300_000).restart()
	}
	got := timelineOf(t, l.judged(t))
	if !strings.Contains(got.Note, fmt.Sprintf("%d restarts", labelledRestarts+1)) {
		t.Errorf("note %q", got.Note)
	}
	if slices.ContainsFunc(got.Restarts, func(m Mark) bool { return m.Label != "" }) {
		t.Error("each restart has a label")
	}
}

func TestTheForecastEndsAtTheCeiling(t *testing.T) {
	in := filling().judged(t)
	c := &in.Result.Cases[0]
	got := timelineOf(t, in)
	if got.Fan == nil || len(got.Levels) != 1 || got.Levels[0].Value != float64(c.Exhausts.Ceiling) {
		t.Fatalf("fan %v, levels %v", got.Fan, got.Levels)
	}
	tip := got.Fan.Middle[1]
	if math.Abs(tip.X-seconds(c.Exhausts.At)) > 1 || math.Abs(tip.Y-float64(c.Exhausts.Ceiling)) > 1 {
		t.Errorf("the expected way ends at %v, not at %v with %d bytes", tip, c.Exhausts.At, c.Exhausts.Ceiling)
	}
	for _, p := range got.Fan.Edge {
		if p.X > got.X.To || p.Y > got.Y.To {
			t.Errorf("%v leaves the axes", p)
		}
	}
	last := got.Lines[len(got.Lines)-1]
	if last.Tone != ToneMuted || last.Text == "" {
		t.Errorf("the pool itself is no line: %v", last)
	}
}

// TestAFarCeilingIsSaid: a pool that is far from full makes a flat picture.
func TestAFarCeilingIsSaid(t *testing.T) {
	in := growingBy(2503).judged(t)
	e := *in.Result.Cases[0].Exhausts
	got := timelineOf(t, in)
	if e.In < 24*time.Hour || got.Fan != nil || !strings.Contains(got.Note, "256 MB") {
		t.Errorf("full in %v: fan %v, note %q", e.In, got.Fan, got.Note)
	}
}

// zigzag is a long series with one high and one low point.
func zigzag(n int) []Point {
	part := make([]Point, n)
	for i := range part {
		part[i] = Point{float64(i), 100 + float64(i%7)}
	}
	part[n/3].Y, part[n/2].Y = 5000, 1
	return part
}

func TestLongSeriesKeepWhatCanBeSeen(t *testing.T) {
	for _, n := range []int{1, 2, 3, 150, 700, 5000} {
		part := zigzag(max(n, 3))[:n]
		got := (&course{}).thinned([][]Point{slices.Clone(part)})[0]
		if len(got) > 2*timelineColumns+2 {
			t.Errorf("%d of %d points are left", len(got), n)
		}
		if got[0] != part[0] || got[len(got)-1] != part[n-1] {
			t.Errorf("%d points: an end is lost", n)
		}
		if !slices.IsSortedFunc(got, func(a, b Point) int { return int(a.X - b.X) }) {
			t.Errorf("%d points: not in time order", n)
		}
		low := func(a, b Point) int { return int(a.Y - b.Y) }
		if slices.MinFunc(got, low).Y != slices.MinFunc(part, low).Y || slices.MaxFunc(got, low).Y != slices.MaxFunc(part, low).Y {
			t.Errorf("%d points: the extremes are lost", n)
		}
	}
}

func TestCountsAndBytesGetAxesOfFewDigits(t *testing.T) {
	for _, test := range []struct {
		high, unit float64
		want       string
	}{
		{0, 1, "0 1"}, {1, 1, "0 1"}, {3, 1, "0 1 2 3"}, {7, 1, "0 2 4 6 8"}, {39_200, 1, "0 10,000 20,000 30,000 40,000"},
		{1e13, countUnit(1e13), "0 2 4 6 8 10"}, {2.5e9, countUnit(2.5e9), "0 500 1,000 1,500 2,000 2,500"},
		{1.2 * mib, mib, "0 0.5 1 1.5"},
	} {
		s := valueScale(test.high, test.unit)
		var got []string
		for _, tick := range s.Ticks {
			got = append(got, tick.Text)
		}
		if text := strings.Join(got, " "); text != test.want || s.To < test.high {
			t.Errorf("up to %g by %g: ticks %q to %g, want %q", test.high, test.unit, text, s.To, test.want)
		}
	}
}

func TestTimeTicksAreRoundInUTC(t *testing.T) {
	at := func(text string) float64 {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return seconds(when)
	}
	for _, test := range []struct{ from, to, want string }{
		{"2026-03-28 20:10", "2026-03-28 20:10", "20:09 2026-03-28|20:10|20:11"},
		{"2026-03-28 20:00", "2026-03-28 20:31", "20:00 2026-03-28|20:05|20:10|20:15|20:20|20:25|20:30"},
		// Summer time begins in Europe in this night; UTC has no gap.
		{"2026-03-28 22:00", "2026-03-29 04:00", "22:00 2026-03-28|23:00|00:00 2026-03-29|01:00|02:00|03:00|04:00"},
		{"2025-12-30 08:00", "2026-01-02 08:00", "12:00 2025-12-30|00:00 2025-12-31|12:00|00:00 2026-01-01|12:00|00:00 2026-01-02"},
		{"2025-12-29 08:00", "2026-01-04 20:00", "12-30 2025|12-31|01-01 2026|01-02|01-03|01-04"},
		{"2026-03-01 00:00", "2026-04-12 00:00", "03-02 2026|03-09|03-16|03-23|03-30|04-06"},
		{"2025-01-15 00:00", "2026-01-15 00:00", "2025-03|2025-05|2025-07|2025-09|2025-11|2026-01"},
		{"2021-01-15 00:00", "2026-01-15 00:00", "2021-01|2022-01|2023-01|2024-01|2025-01|2026-01"},
		{"1990-01-15 00:00", "2026-01-15 00:00", "1990-01|2000-01|2010-01|2020-01"},
	} {
		var got []string
		for _, tick := range timeScale(at(test.from), at(test.to)).Ticks {
			got = append(got, strings.TrimSpace(tick.Text+" "+tick.Sub))
		}
		if text := strings.Join(got, "|"); text != test.want {
			t.Errorf("%s to %s:\n have %s\n want %s", test.from, test.to, text, test.want)
		}
	}
}

func TestSnapshotsAreCountedWithoutTimes(t *testing.T) {
	for n, want := range map[int]string{2: "1 2", 12: "2 4 6 8 10 12", 700: "100 200 300 400 500 600 700"} {
		var got []string
		for _, tick := range numberScale(n).Ticks {
			got = append(got, tick.Text)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%d snapshots: ticks %q, want %q", n, text, want)
		}
	}
}

// plainCase is a case of all tags named so in a lab's last snapshot, with the
// machine as the judge hands it on, whatever the judge would say.
func plainCase(t testing.TB, l *lab, prefix string) (Input, *analyze.Case) {
	t.Helper()
	last := l.snaps[len(l.snaps)-1]
	c := analyze.Case{ID: "PS-00000001", Kind: analyze.PoolLeak, Class: analyze.Lockstep, Verdict: analyze.Leak, Lead: last,
		Machines: []string{l.name}, Pools: []ingest.Pool{ingest.NonPaged}, Events: 1000}
	for _, row := range last.Tags {
		if strings.HasPrefix(row.Tag.String(), prefix) {
			c.Core = append(c.Core, inStep(row, max(1, row.Outstanding), 1, 1))
		}
	}
	m := judged(analyze.Leak, 0.9, []string{c.ID}, l.snaps...)
	m.Sessions = series.Boots(l.snaps, series.DefaultThresholds())
	in := Input{Words: english(t), Lang: "en", Result: &analyze.Result{Machines: []analyze.Machine{m}, Cases: []analyze.Case{c}}}
	return in, &in.Result.Cases[0]
}

// manyTags are arguments of snap for so many tags with one count.
func manyTags(n, count int) []any {
	var out []any
	for i := range n {
		out = append(out, fmt.Sprintf("Zz%02d", i), count)
	}
	return out
}

func TestTimelinesOfAnySeries(t *testing.T) {
	for _, test := range []struct {
		name             string
		snapshots, tags  int
		count            func(i int) int
		lines, most      int
		firstY, lastTick string
	}{
		{"two snapshots", 2, 1, func(i int) int { return i }, 1, 2, "0", "1"},
		{"all equal", 30, 2, func(int) int { return 4711 }, 2, 30, "0", "5,000"},
		{"zeros", 30, 1, func(int) int { return 0 }, 1, 30, "0", "1"},
		{"huge", 30, 1, func(i int) int { return 1e13 + i }, 1, 30, "0", "10"},
		{"two years of days", 730, 6, func(i int) int { return 100 * i }, 6, 2*timelineColumns + 2, "0", "80,000"},
		{"30 tags", 5, 30, func(i int) int { return 10 * i }, timelineTags, 5, "0", "40"},
	} {
		l := newLab("LAB-" + strings.Repeat("X", 56))
		for i := range test.snapshots {
			l.snap(manyTags(test.tags, test.count(i))...).wait(24 * time.Hour)
		}
		in, _ := plainCase(t, l, "Zz")
		got := timelineOf(t, in)
		if got == nil || len(got.Lines) != test.lines {
			t.Errorf("%s: %v", test.name, got)
			continue
		}
		points := 0
		for _, part := range got.Lines[0].Parts {
			points += len(part)
		}
		ticks := got.Y.Ticks
		if points > test.most || ticks[0].Text != test.firstY || ticks[len(ticks)-1].Text != test.lastTick {
			t.Errorf("%s: %d points, ticks %v", test.name, points, ticks)
		}
		if more := test.tags - test.lines; more > 0 && !strings.Contains(got.Note, fmt.Sprint(more, " more tags")) {
			t.Errorf("%s: note %q", test.name, got.Note)
		}
	}
	in, c := plainCase(t, newLab("LAB-1").snap("Zz00", 5), "Zz")
	if got := timelineOf(t, in); got != nil {
		t.Errorf("a timeline of one snapshot: %v", got)
	}
	c.Core = nil
	if got := timelineOf(t, in); got != nil {
		t.Errorf("a timeline without tags: %v", got)
	}
}

// TestTablesWithoutCountsAreChartedByBytes: tables typed in prose often give bytes
// alone.
func TestTablesWithoutCountsAreChartedByBytes(t *testing.T) {
	l := newLab("LAB-1").snap("Zz00", 100_000).wait(time.Hour).snap("Zz00", 200_000).wait(time.Hour)
	for _, s := range l.snaps {
		s.Tags[len(s.Tags)-1].Outstanding = 0
	}
	in, c := plainCase(t, l, "Zz")
	c.Core[0].Band = &knowledge.Band{Bytes: knowledge.Edges{Lo: 1 << 20, Hi: 2 << 20}}
	if got := timelineOf(t, in); got.Unit != "MB held" || got.Lines[0].Text != "97.7 MB" {
		t.Errorf("timeline of %q, now %q", got.Unit, got.Lines[0].Text)
	}
	bars := (&speaker{in: in}).tagChart(c, firstChart)
	if b := bars.Bars[0]; b.Text != "97.7 MB" || b.Band == nil || b.Band.High != 2<<20 || bars.Marks != nil {
		t.Errorf("bar %+v, marks %v", b, bars.Marks)
	}
}

// TestSnapshotsThatLackTheTagLeaveNoPoint: the table may have been cut above it.
func TestSnapshotsThatLackTheTagLeaveNoPoint(t *testing.T) {
	l := newLab("LAB-1").snap("Zz00", 10).wait(time.Hour).snap().wait(time.Hour).snap("Zz00", 30)
	in, _ := plainCase(t, l, "Zz")
	if got := timelineOf(t, in).Lines[0].Parts; len(got) != 1 || len(got[0]) != 2 || got[0][1].Y != 30 {
		t.Errorf("parts %v", got)
	}
}

// TestTwoPrintsOfOneMomentAreOnePoint: the later print counts, as in the slope.
func TestTwoPrintsOfOneMomentAreOnePoint(t *testing.T) {
	l := newLab("LAB-1").snap("Zz00", 10).snap("Zz00", 20).wait(time.Hour).snap("Zz00", 30)
	in, _ := plainCase(t, l, "Zz")
	if got := timelineOf(t, in).Lines[0].Parts; len(got[0]) != 2 || got[0][0].Y != 20 {
		t.Errorf("parts %v", got)
	}
}

func TestBarsAreHeldAgainstHealthyMachines(t *testing.T) {
	in, c := plainCase(t, newLab("LAB-1").snap(manyTags(9, 1000)...), "Zz")
	c.Core[0].Band = &knowledge.Band{Count: knowledge.Edges{Lo: 10, Hi: 400}}
	c.Core[1].Band = &knowledge.Band{Bytes: knowledge.Edges{Hi: 1 << 20}} // no count is known
	got := (&speaker{in: in}).tagChart(c, firstChart)
	if len(got.Bars) != firstChart || got.Bars[0].Band == nil || *got.Bars[0].Band != (Span{10, 400}) || got.Bars[1].Band != nil {
		t.Errorf("bars %+v", got.Bars)
	}
	for _, want := range []string{"healthy machines", "4 more tags"} {
		if !strings.Contains(got.Note, want) {
			t.Errorf("note %q lacks %q", got.Note, want)
		}
	}
}

func TestTheStackIsDrawnFrameByFrame(t *testing.T) {
	filter := func(machine, frame, name, altitude string, n int) analyze.FilterFact {
		return analyze.FilterFact{Machine: machine, Frame: frame, Name: name, Altitude: ingest.Altitude(altitude), Instances: n,
			Standing: analyze.Ordinary, Volumes: 4, PeerMost: 7}
	}
	in := fleet(t)
	all := []analyze.FilterFact{filter("A", "Frame 1", "Top", "400000", 3), filter("A", "Frame 0", "Mid", "300000", 2),
		filter("A", "Frame 1", "Low", "200000", 9000), filter("B", "Frame 0", "Other", "1", 1)}
	all[2].Standing = analyze.RanAway
	got := (&speaker{in: in}).filterChart(all)
	var order []string
	for _, b := range got.Bars {
		order = append(order, b.Head+"/"+b.Label)
	}
	if text := strings.Join(order, " "); text != "Frame 1/400000 Top /200000 Low Frame 0/300000 Mid" {
		t.Errorf("order %q", text)
	}
	if len(got.Marks) != 2 || got.Marks[0].Label != "4 volumes" || got.Marks[1].Label != "peers: at most 7" {
		t.Errorf("marks %v", got.Marks)
	}
	if !strings.Contains(got.Note, "stack of A") {
		t.Errorf("note %q", got.Note)
	}
	for range 40 {
		all = slices.Insert(all, 1, filter("A", "Frame 1", "More", "350000", 1))
	}
	got = (&speaker{in: in}).filterChart(all[:43])
	if len(got.Bars) != chartFilters || !strings.Contains(got.Note, "13 lower filters") {
		t.Errorf("%d bars, note %q", len(got.Bars), got.Note)
	}
}

func TestTheLadderIsBounded(t *testing.T) {
	for _, tags := range []int{2, 30, 41} {
		in, c := plainCase(t, newLab("LAB-1").snap(manyTags(tags, 1000)...), "Zz")
		c.Core[tags-1].Times, c.Core[tags-1].Surplus = 2, -7
		c.Followers = c.Core[tags-1:]
		c.Core = c.Core[:tags-1]
		got := (&speaker{in: in}).ratios(c)
		shown := 0
		for _, g := range got.Rungs {
			shown += len(g.Tags)
		}
		if shown != min(tags, ladderTags) || got.X.From != -got.X.To {
			t.Errorf("%d of %d tags from %g to %g", shown, tags, got.X.From, got.X.To)
		}
		if more := tags - shown; more > 0 != strings.Contains(got.Note, fmt.Sprint(more, " more tags")) {
			t.Errorf("%d tags: note %q", tags, got.Note)
		}
		if tags == 2 && got.Rungs[0].Label != "2:1" {
			t.Errorf("the rung on top is %s", got.Rungs[0].Label)
		}
	}
}

func TestColumnsAndChartsWithNothingToSayAreLeftOut(t *testing.T) {
	k := shareCase()
	row := k.Core[0].TagUsage
	row.Tag, row.Outstanding = ingest.MustTag("Big2"), 0
	k.Related = []analyze.Member{{TagUsage: row}}
	k.Core[0].Outstanding, k.Events = 0, 3
	w := writeup(t, fleet(t), k)
	var titles []string
	for _, c := range w.Evidence.Columns {
		titles = append(titles, c.Title)
	}
	if got := strings.Join(titles, " | "); got != "Tag | Hex | Pool | Bytes" {
		t.Errorf("the table prints bytes alone, yet has %s", got)
	}
	if w.Chart == nil {
		t.Error("two bars are no chart")
	}
	k.Related = nil
	if w := writeup(t, fleet(t), k); w.Chart != nil {
		t.Error("one bar beside nothing is a chart")
	}
}
