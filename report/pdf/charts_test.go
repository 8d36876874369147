package pdf

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"poolsweep/report"
)

// scale has n ticks with round numbers.
func scale(to float64, n int) report.Scale {
	s := report.Scale{To: to}
	for i := range n {
		at := to * float64(i) / float64(n-1)
		s.Ticks = append(s.Ticks, report.Tick{At: at, Text: fmt.Sprintf("%.4g", at)})
	}
	return s
}

// lines are n tags with so many points each, in parts; value gives the height.
func lines(n, points, parts int, value func(line, i int) float64) []report.Line {
	out := make([]report.Line, n)
	for l := range out {
		out[l] = report.Line{Label: fmt.Sprintf("Tg%02d", l), Text: fmt.Sprint(int64(value(l, points-1)))}
		for i := range points {
			if at := i * parts / points; at == len(out[l].Parts) {
				out[l].Parts = append(out[l].Parts, nil)
			}
			last := &out[l].Parts[len(out[l].Parts)-1]
			*last = append(*last, report.Point{X: float64(i), Y: value(l, i)})
		}
	}
	return out
}

// plain is a timeline over those lines.
func plain(all []report.Line) *report.Timeline {
	high, right := 1.0, 1.0
	for _, l := range all {
		for _, part := range l.Parts {
			for _, p := range part {
				high, right = max(high, p.Y), max(right, p.X)
			}
		}
	}
	return &report.Timeline{Title: "The tags over time", Unit: "outstanding allocations", Clock: "UTC", X: scale(right, 6),
		Y: scale(high, 5), Lines: all}
}

// forecast is a timeline with all that one can have.
func forecast() *report.Timeline {
	t := plain(lines(3, 30, 3, func(l, i int) float64 { return float64((l+1)*(i%10+1)) * 4e6 }))
	t.X, t.Y = scale(60, 7), scale(3e8, 4)
	for i := range t.X.Ticks {
		t.X.Ticks[i].Sub = map[int]string{0: "2026-03-28", 3: "2026-03-29"}[i]
	}
	t.Lines = append(t.Lines, report.Line{Label: "all nonpaged", Text: "154 MB", Tone: report.ToneMuted,
		Parts: [][]report.Point{{{X: 20, Y: 1e8}, {X: 29, Y: 1.54e8}}}})
	t.Restarts = []report.Mark{{Value: 9.5, Label: "restart"}, {Value: 19.5, Label: "restart"}}
	t.Levels = []report.Mark{{Value: 2.6e8, Label: "ceiling of nonpaged pool: 248 MB"}}
	t.Fan = &report.Fan{Edge: []report.Point{{X: 29, Y: 1.54e8}, {X: 44, Y: 2.6e8}, {X: 60, Y: 2.6e8}, {X: 60, Y: 2.3e8}},
		Middle: [2]report.Point{{X: 29, Y: 1.54e8}, {X: 52, Y: 2.6e8}}}
	t.Note = "Fan: what the whole pool will hold, by the rate's 90 % interval."
	return t
}

// ladderOf has rungs with so many tags in all.
func ladderOf(tags int) *report.Ratios {
	r := &report.Ratios{Title: "How far each count is off", Unit: "deviation, percent", Note: "Pale zone: the tolerance.",
		X: report.Scale{From: -0.4, To: 0.4, Ticks: []report.Tick{{At: -0.2, Text: "-0.2"}, {Text: "0"}, {At: 0.2, Text: "+0.2"}}}}
	for i := range tags {
		if i*3/tags == len(r.Rungs) {
			r.Rungs = append(r.Rungs, report.Rung{Label: fmt.Sprint(3-len(r.Rungs), ":1")})
		}
		g := &r.Rungs[len(r.Rungs)-1]
		p := report.Placed{Label: fmt.Sprintf("Tg%02d", i), Off: float64(i%5-2) * 0.07, Within: 0.2, Text: fmt.Sprintf("10,8%02d (-3, 0.03 %%)", i)}
		if i%6 == 5 {
			p.Off, p.Within, p.Tone = 9.3, 0, report.ToneMuted
		}
		g.Tags = append(g.Tags, p)
	}
	return r
}

// matrixOf is a matrix of so many tags, of which the last agrees with none.
func matrixOf(tags int) *report.Matrix {
	m := &report.Matrix{Title: "Each count divided by another", Note: "Row over column."}
	for i := range tags {
		if i < tags-1 {
			m.Columns = append(m.Columns, fmt.Sprintf("Tg%02d", i))
		}
		if i > 0 {
			m.Rows = append(m.Rows, report.MatrixLine{Label: fmt.Sprintf("Tg%02d", i),
				Quotients: slices.Repeat([]report.Quotient{{Text: "0.9988", Agrees: i < tags-1}}, i)})
		}
	}
	return m
}

// stack is two frames of filters, one of which ran away.
func stack() *report.Chart {
	return &report.Chart{Title: "Instances of each minifilter", Unit: "instances, logarithmic", Log: true, Bars: []report.Bar{
		{Head: "Frame 1", Label: "382020 SEyeFilter", Value: 2, Text: "2"}, {Label: "329000 SRTSP", Value: 4, Text: "4"},
		{Head: "Frame 0", Label: "263410 vfsmfd", Value: 5, Text: "5", Tone: report.ToneWarning},
		{Label: "145300 WavxDMgr", Value: 10826, Text: "10,826", Tone: report.ToneAlarm}},
		Marks: []report.Mark{{Value: 3, Label: "3 volumes"}, {Value: 5, Label: "peers: at most 5"}},
		Note:  "The stack of LAB-014; the table has the other machines."}
}

// banded are bars below, above and within what is usual.
func banded() *report.Chart {
	return &report.Chart{Title: "Outstanding allocations", Unit: "outstanding allocations, logarithmic", Log: true, Bars: []report.Bar{
		{Label: "Toke", Value: 60021, Text: "60,021", Band: &report.Span{Low: 5000, High: 25000}},
		{Label: "Thre", Value: 900, Text: "900", Band: &report.Span{Low: 1000, High: 4000}},
		{Label: "NtFC", Value: 7, Text: "7", Band: &report.Span{High: 10}}, {Label: "Qxg1", Value: 120039, Text: "120,039"}},
		Marks: []report.Mark{{Value: 60000, Label: "1 per event: 60,000"}}, Note: "Pale zone: what healthy machines hold."}
}

// charted is a case of several snapshots with each kind of chart.
func charted() *report.Writeup {
	m := leak()
	m.Timeline = forecast()
	m.Sections = []report.Section{{Number: 4, Title: "Counters", Blocks: []report.Block{{Chart: banded()}}},
		{Number: 5, Title: "Cluster", Blocks: []report.Block{{Ratios: ladderOf(9)}}},
		{Number: 6, Title: "Filters", Blocks: []report.Block{{Chart: stack()}}}}
	return m
}

// hardTimelines are those at the ends of what can come.
func hardTimelines() map[string]*report.Timeline {
	grow := func(l, i int) float64 { return float64((l + 1) * i * 100) }
	long := plain(lines(6, 5, 1, grow))
	for i := range long.Lines {
		long.Lines[i].Label = strings.Repeat("A name of sixty letters ", 3)[:60]
	}
	restarts := plain(lines(2, 60, 20, grow))
	for i := 1; i < 20; i++ {
		restarts.Restarts = append(restarts.Restarts, report.Mark{Value: float64(3*i) - 0.5})
	}
	labelled := plain(lines(2, 24, 12, grow))
	for i := 1; i < 12; i++ {
		labelled.Restarts = append(labelled.Restarts, report.Mark{Value: float64(2*i) - 0.5, Label: "restart"})
	}
	crowded := plain(lines(3, 10, 1, grow))
	crowded.X = scale(9, 40)
	return map[string]*report.Timeline{
		"one point": plain(lines(1, 1, 1, func(int, int) float64 { return 5 })), "two points": plain(lines(1, 2, 1, grow)),
		"all equal": plain(lines(6, 30, 1, func(int, int) float64 { return 4711 })),
		"zeros":     plain(lines(3, 30, 1, func(int, int) float64 { return 0 })),
		"huge":      plain(lines(2, 30, 1, func(l, i int) float64 { return 1e13 * float64(i+l) })),
		"700":       plain(lines(6, 700, 7, func(l, i int) float64 { return float64(i%100*(l+1)) + 50*math.Sin(float64(i)) })),
		"30 tags":   plain(lines(30, 10, 2, grow)), "long names": long, "many restarts": restarts, "labelled restarts": labelled,
		"many ticks": crowded, "forecast": forecast(), "empty": {}, "no values": {Lines: []report.Line{{Label: "Tag"}}},
		"one value": plain(lines(4, 3, 3, func(int, int) float64 { return 1 })),
	}
}

// overlaps lists texts that are printed over each other.
func overlaps(p *page) []string {
	var texts []op
	for _, o := range p.ops {
		if o.kind == opText && strings.TrimSpace(o.text) != "" {
			texts = append(texts, o)
		}
	}
	var out []string
	for i, a := range texts {
		for _, b := range texts[:i] {
			// The body of a line: from the height of its capitals to its baseline.
			apart := a.x >= b.x+b.w-0.1 || b.x >= a.x+a.w-0.1 || a.y-0.72*a.size >= b.y-0.01 || b.y-0.72*b.size >= a.y-0.01
			if !apart {
				out = append(out, fmt.Sprintf("%q over %q", a.text, b.text))
			}
		}
	}
	return out
}

// inside checks all operations of a document's pages and their texts.
func inside(t *testing.T, name string, d *document) {
	t.Helper()
	for n, p := range d.pages {
		for _, o := range p.ops {
			left, right, top, bottom := extent(o)
			if !(left >= marginX-0.6 && right <= d.width-marginX+0.6 && top >= 28 && bottom <= d.height-14) {
				t.Errorf("%s, page %d: %+v leaves the column", name, n+1, o)
			}
		}
		for _, o := range overlaps(p) {
			t.Errorf("%s, page %d: %s", name, n+1, o)
		}
	}
}

func TestTimelinesKeepTheirLabelsApart(t *testing.T) {
	for name, timeline := range hardTimelines() {
		for _, paper := range []Paper{A4, Letter} {
			d := layout(&report.Writeup{Timeline: timeline}, paper)
			inside(t, name, d)
			for i, l := range timeline.Lines {
				if len(l.Label) < 20 && name != "no values" {
					find(t, d, l.Label)
				}
				look := lookOf(timeline.Lines, i)
				if marks := marksOf(d.pages[0], look); marks == 0 && len(l.Parts) > 0 && look.marker != bare {
					t.Errorf("%s: line %d has no marker", name, i)
				}
			}
		}
	}
}

// marksOf counts shapes in the colour of a line that are no line themselves.
func marksOf(p *page, look lineLook) int {
	n := 0
	for _, o := range p.ops {
		shape := o.kind == opCircle || o.kind == opArea || o.kind == opPath && len(o.points) <= 5 && o.dashes == nil
		if shape && o.color == look.color {
			n++
		}
	}
	return n
}

func TestATimelineIsLowEnoughForPageOne(t *testing.T) {
	d := firstPage(&report.Writeup{}, A4)
	for name, timeline := range hardTimelines() {
		if height := d.planTimeline(timeline).height(); height > 150 && len(timeline.Lines) <= 7 && name != "long names" {
			t.Errorf("%s: %.0f points high", name, height)
		}
	}
}

func TestPointsStandWhereTheirValuesAre(t *testing.T) {
	timeline := plain(lines(1, 3, 1, func(_, i int) float64 { return float64(i) * 50 }))
	d := layout(&report.Writeup{Timeline: timeline}, A4)
	var path []point
	for _, o := range d.pages[0].ops {
		if o.kind == opPath && o.color == lineLooks[0].color && len(o.points) == 3 && o.size > 1 {
			path = o.points
		}
	}
	if len(path) != 3 {
		t.Fatal("the line is not drawn in one piece")
	}
	if math.Abs(path[1].x-(path[0].x+path[2].x)/2) > 0.01 || math.Abs(path[1].y-(path[0].y+path[2].y)/2) > 0.01 {
		t.Errorf("the middle point is not in the middle: %v", path)
	}
	_, zero := find(t, d, "0")
	if base := zero.y - zero.size*0.35; math.Abs(path[0].y-base) > 0.1 || path[0].y-path[2].y < 50 {
		t.Errorf("zero is at %.1f, its label at %.1f, the highest point at %.1f", path[0].y, base, path[2].y)
	}
}

func TestEachLineDiffersWithoutColour(t *testing.T) {
	for i, a := range lineLooks {
		for _, b := range lineLooks[:i] {
			if a.marker == b.marker || slices.Equal(a.dashes, b.dashes) {
				t.Errorf("line %d looks like another in grey", i)
			}
		}
		if contrast := 1.05 / (luminance(a.color) + 0.05); contrast < 4.5 {
			t.Errorf("the label of line %d has a contrast of %.1f", i, contrast)
		}
	}
}

func TestLaddersHoldFewAndManyTags(t *testing.T) {
	for _, n := range []int{1, 2, 9, 30, 120} {
		r := ladderOf(n)
		r.Rungs[0].Tags[0].Label = strings.Repeat("Name", 15)
		for _, paper := range []Paper{A4, Letter} {
			d := layout(only(report.Block{Ratios: r}), paper)
			inside(t, fmt.Sprint(n, " tags"), d)
			for i := 1; i < n; i++ {
				find(t, d, fmt.Sprintf("Tg%02d", i))
			}
			for i, p := range d.pages {
				has := func(text string) bool {
					return slices.ContainsFunc(p.ops, func(o op) bool { return strings.HasPrefix(o.text, text) })
				}
				if has("10,8") && !has(r.Unit) {
					t.Errorf("%d tags: page %d has tags and no axis", n, i+1)
				}
			}
		}
	}
}

func TestAFollowerBeyondTheAxisIsAnArrow(t *testing.T) {
	r := ladderOf(6)
	d := layout(only(report.Block{Ratios: r}), A4)
	l := d.planRatios(r)
	arrows := 0
	for _, o := range d.page().ops {
		if o.kind == opArea && len(o.points) == 3 {
			arrows++
			if o.points[0].x != l.at(r.X.To) {
				t.Errorf("the arrow points to %.1f, not to the edge", o.points[0].x)
			}
		}
	}
	if arrows != 1 {
		t.Errorf("%d arrows for one follower", arrows)
	}
}

func TestBarsWithBandsAndFramesStayApart(t *testing.T) {
	for name, c := range map[string]*report.Chart{"bands": banded(), "frames": stack()} {
		for _, paper := range []Paper{A4, Letter} {
			inside(t, name, layout(only(report.Block{Chart: c}), paper))
		}
	}
}

func TestTheBandReachesFromItsLowToItsHighEnd(t *testing.T) {
	d := layout(only(report.Block{Chart: banded()}), A4)
	p := d.plan(banded())
	var zones []op
	for _, o := range d.page().ops {
		if o.kind == opRect && o.color == zoneFill {
			zones = append(zones, o)
		}
	}
	if len(zones) != 3 {
		t.Fatalf("%d zones for three bands", len(zones))
	}
	from, to := p.left+p.axis.at(5000)*p.width, p.left+p.axis.at(25000)*p.width
	if math.Abs(zones[0].x-from) > 0.01 || math.Abs(zones[0].x+zones[0].w-to) > 0.01 {
		t.Errorf("the zone is from %.1f to %.1f, not %.1f to %.1f", zones[0].x, zones[0].x+zones[0].w, from, to)
	}
}

func TestAFrameIsNamedAboveItsFilters(t *testing.T) {
	d := layout(only(report.Block{Chart: stack()}), A4)
	last := 0.0
	for _, s := range []string{"Frame 1", "SEyeFilter", "SRTSP", "Frame 0", "vfsmfd", "WavxDMgr"} {
		if _, o := find(t, d, s); o.y <= last {
			t.Errorf("%q stands above what should come before it", s)
		} else {
			last = o.y
		}
	}
}

func TestAYearOfSnapshotsStaysSmall(t *testing.T) {
	m := charted()
	m.Timeline = plain(lines(6, 300, 12, func(l, i int) float64 { return float64(i%25*(l+1)) + 10*math.Sin(float64(i)) }))
	if n := len(write(t, m, A4)); n > 120_000 {
		t.Errorf("%d bytes", n)
	}
}

func TestTimelinesAreSoundPDF(t *testing.T) {
	for name, timeline := range hardTimelines() {
		if out := tool(t, &report.Writeup{Timeline: timeline}, "qpdf", "--check", "FILE"); strings.Contains(out, "WARNING") {
			t.Errorf("%s: %s", name, out)
		}
		if bytes.Contains(write(t, &report.Writeup{Timeline: timeline}, A4), []byte("NaN")) {
			t.Errorf("%s: a coordinate is no number", name)
		}
	}
}

func BenchmarkWriteCharts(b *testing.B) {
	m := charted()
	m.Timeline = plain(lines(6, 300, 12, func(l, i int) float64 { return float64(i % 25 * (l + 1)) }))
	benchmark(b, m)
}

func TestPageOneHoldsATimeline(t *testing.T) {
	for _, paper := range []Paper{A4, Letter} {
		for name, m := range map[string]*report.Writeup{"english": runaway(), "chinese": chinese(), "few": charted()} {
			m.Chart, m.Timeline = nil, forecast()
			m.Next = m.Next[:min(3, len(m.Next))]
			if d := firstPage(m, paper); len(d.pages) != 1 {
				t.Errorf("%s, paper %d: %d pages", name, paper, len(d.pages))
			}
		}
	}
}
