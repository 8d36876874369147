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
