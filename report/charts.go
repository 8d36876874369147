package report

import (
	"cmp"
	"math"
	"slices"

	"poolsweep/analyze"
)

// Chart is a bar chart with one value a bar, drawn as vectors.
type Chart struct {
	Title string
	Unit  string // printed at the axis: "outstanding allocations"
	Log   bool   // logarithmic axis, for values far apart
	Bars  []Bar
	Marks []Mark // vertical lines across all bars
	Note  string // what is not drawn, or how to read what is
}

// Bar is one bar.
type Bar struct {
	Head  string // of the bars from here on, set apart from those above
	Label string
	Value float64
	Text  string // the value as printed at the bar's end
	Tone  Tone
	Band  *Span // what is usual, drawn as a zone behind the bar
}

// Span is a range of values.
type Span struct{ Low, High float64 }

// Mark is a reference line: an event count, a ceiling.
type Mark struct {
	Value float64
	Label string
}

// Timeline is a line chart of one machine's snapshots.
type Timeline struct {
	Title    string
	Unit     string // of the values
	Clock    string // what X counts: UTC, or snapshots
	X, Y     Scale
	Lines    []Line
	Restarts []Mark // a label only where there are few enough for one each
	Levels   []Mark // horizontal lines: a ceiling
	Fan      *Fan
	Note     string
}

// Scale is an axis: the values at its ends, and its ticks.
type Scale struct {
	From, To float64
	Ticks    []Tick
}

// Tick is a place on an axis.
type Tick struct {
	At   float64
	Text string
	Sub  string // below Text, where it changes: the date of the hours that follow
}

// Line is one quantity over time, labelled at its end.
type Line struct {
	Label string
	Text  string // the newest value
	Tone  Tone   // muted: no tag, but what the tags are part of
	Parts [][]Point
}

// Point is a place in a line chart.
type Point struct{ X, Y float64 }

// Fan is a forecast: where a value will be, between its slowest and fastest growth.
type Fan struct {
	Edge   []Point // its outline
	Middle [2]Point
}

// Ratios is the ladder of a cluster: rungs of tags with one ratio to the events,
// each tag placed by how far its count is off.
type Ratios struct {
	Title string
	Unit  string // of the deviation
	X     Scale  // from -Reach to Reach; what lies farther is drawn at the edge
	Rungs []Rung
	Note  string
}

// Rung is one ratio with its tags.
type Rung struct {
	Label string // "2:1"
	Tags  []Placed
}

// Placed is a tag on a rung.
type Placed struct {
	Label  string
	Off    float64 // deviation from the expected count
	Within float64 // the tolerance, to both sides of zero; 0 without one
	Text   string
	Tone   Tone
}

// How many bars there is room for: on the first page beside all else, and in section 4.
const (
	firstChart = 5
	chartBars  = 20
)

// tagChart shows what the first n of the case's tags hold beside the event count and
// what healthy machines hold. One count can be a thousand times another, so the axis is
// logarithmic. Tables that were typed in prose may print bytes alone.
func (s *speaker) tagChart(c *analyze.Case, n int) *Chart {
	bytes := !countedMembers(c.Core)
	chart := &Chart{Title: s.label("chart.tags"), Unit: s.label("chart.tags-unit"), Log: true}
	if bytes {
		chart.Title, chart.Unit = s.label("chart.bytes"), s.label("chart.bytes-unit")
	}
	members, tones, more := firstMembers(c, n)
	for i, m := range members {
		bar := Bar{Label: s.barLabel(c, m), Value: float64(m.Outstanding), Text: count(m.Outstanding), Tone: tones[i],
			Band: healthy(m, bytes)}
		if bytes {
			bar.Value, bar.Text = float64(m.Bytes), s.bytes(float64(m.Bytes))
		}
		chart.Bars = append(chart.Bars, bar)
	}
	if len(chart.Bars) == 0 || len(chart.Bars) == 1 && chart.Bars[0].Band == nil {
		return nil // one bar beside nothing says no more than its figure
	}
	banded := slices.ContainsFunc(chart.Bars, func(b Bar) bool { return b.Band != nil })
	if banded || more > 0 {
		chart.Note = s.say("chart.tags-note", facts{"band": banded, "more": more})
	}
	if !bytes {
		chart.Marks = s.eventMark(c)
	}
	return chart
}

// countedMembers reports whether the tables print counts for any of the tags.
func countedMembers(members []analyze.Member) bool {
	return slices.ContainsFunc(members, func(m analyze.Member) bool { return m.Outstanding != 0 })
}

// healthy returns the band of healthy machines, nil when none is known.
func healthy(m analyze.Member, bytes bool) *Span {
	if m.Band == nil {
		return nil
	}
	edges := m.Band.Count
	if bytes {
		edges = m.Band.Bytes
	}
	if edges.Hi == 0 {
		return nil
	}
	return &Span{float64(edges.Lo), float64(edges.Hi)}
}

// eventMark is the count that stands for one allocation an event: the anchor's,
// which may be a little above the events of the case.
func (s *speaker) eventMark(c *analyze.Case) []Mark {
	events := c.Events
	if c.Cluster != nil {
		events = c.Cluster.Events
	}
	if events == 0 {
		return nil
	}
	return []Mark{{Value: float64(events), Label: s.say("event.mark", facts{"events": events})}}
}

// barLabel names a tag, and its pool when the case has tags in both.
func (s *speaker) barLabel(c *analyze.Case, m analyze.Member) string {
	if len(c.Pools) < 2 {
		return m.Tag.String()
	}
	return s.say("chart.tag-pool", facts{"tag": m.Tag, "pool": s.pool(m.Pool)})
}

// chartFilters is how many filters a stack is drawn with; more are in the table.
const chartFilters = 30

// filterChart puts the filters' instances beside each other as they are stacked on
// the first machine, frame by frame. A runaway filter has thousands where its peers
// have one a volume, so the axis is logarithmic; otherwise the peers would have no
// bar at all. A filter without peers needs no chart.
func (s *speaker) filterChart(filters []analyze.FilterFact) *Chart {
	chart := &Chart{Title: s.label("chart.filters"), Unit: s.label("chart.filters-unit"), Log: true}
	stack := framed(slices.DeleteFunc(slices.Clone(filters), func(f analyze.FilterFact) bool {
		return f.Machine != filters[0].Machine
	}))
	if len(stack) < 2 {
		return nil
	}
	frames := stack[0].Frame != stack[len(stack)-1].Frame
	shown := stack[:min(chartFilters, len(stack))]
	for i, f := range shown {
		bar := Bar{
			Label: s.say("filter.bar", facts{"filter": f.Name, "altitude": string(f.Altitude)}),
			Value: float64(f.Instances), Text: count(int64(f.Instances)), Tone: filterTone(f),
		}
		if frames && (i == 0 || f.Frame != shown[i-1].Frame) {
			bar.Head = f.Frame
		}
		chart.Bars = append(chart.Bars, bar)
	}
	chart.Marks = s.roomMarks(shown)
	machines, more := filters[0].Machine != filters[len(filters)-1].Machine, len(stack)-len(shown)
	if machines || more > 0 {
		chart.Note = s.say("chart.filters-note", facts{"machine": stack[0].Machine, "machines": machines, "more": more})
	}
	return chart
}

// framed brings the filters of a frame together, frames by their highest filter.
func framed(stack []analyze.FilterFact) []analyze.FilterFact {
	first := map[string]int{}
	for i, f := range stack {
		if _, seen := first[f.Frame]; !seen {
			first[f.Frame] = i
		}
	}
	slices.SortStableFunc(stack, func(a, b analyze.FilterFact) int { return first[a.Frame] - first[b.Frame] })
	return stack
}

// roomMarks are what the worst filter is held against: the volumes of the log and
// the most instances of any peer.
func (s *speaker) roomMarks(filters []analyze.FilterFact) []Mark {
	worst := filters[0]
	for _, f := range filters {
		if f.Standing > worst.Standing {
			worst = f
		}
	}
	if worst.Standing < analyze.Odd {
		return nil
	}
	var marks []Mark
	if worst.Volumes > 0 {
		marks = append(marks, Mark{float64(worst.Volumes), s.say("mark.volumes", facts{"volumes": worst.Volumes})})
	}
	if worst.PeerMost > 0 {
		marks = append(marks, Mark{float64(worst.PeerMost), s.say("mark.peers", facts{"most": worst.PeerMost})})
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(a.Value - b.Value) })
	return marks
}

// ladderTags is how many tags the ladder has steps for; the tables have all.
const ladderTags = 30

// inRatio are the tags of a cluster that have a ratio to its events, the core first.
func inRatio(c *analyze.Case) []analyze.Member {
	return slices.DeleteFunc(slices.Concat(c.Core, c.Followers), func(m analyze.Member) bool { return m.Per == 0 })
}

// ratios places the tags of a cluster on the rungs of their ratios.
func (s *speaker) ratios(c *analyze.Case) *Ratios {
	r := &Ratios{Title: s.label("chart.ratios"), Unit: s.label("chart.ratios-unit")}
	members, reach := inRatio(c), 0.0
	shown := members[:min(ladderTags, len(members))]
	// Core first: the tags that carry the argument are never those left out.
	for i, m := range shown {
		p := s.placed(c, m, i >= len(c.Core))
		// The core and its tolerance fill half the width; followers may lie beyond.
		reach = max(reach, 2*p.Within)
		if i < len(c.Core) {
			reach = max(reach, 1.25*math.Abs(p.Off))
		}
		at := slices.IndexFunc(r.Rungs, func(g Rung) bool { return g.Label == s.ratio(m) })
		if at < 0 {
			at = len(r.Rungs)
			r.Rungs = append(r.Rungs, Rung{Label: s.ratio(m)})
		}
		r.Rungs[at].Tags = append(r.Rungs[at].Tags, p)
	}
	s.sortRungs(r.Rungs, shown)
	r.X = deviationScale(reach)
	r.Note = s.say("chart.ratios-note", facts{"more": len(members) - len(shown), "followers": len(c.Followers)})
	return r
}

// sortRungs puts the rung with most allocations an event on top, as a ladder is read.
func (s *speaker) sortRungs(rungs []Rung, members []analyze.Member) {
	height := map[string]float64{}
	for _, m := range members {
		height[s.ratio(m)] = float64(m.Times) / float64(m.Per)
	}
	slices.SortStableFunc(rungs, func(a, b Rung) int { return cmp.Compare(height[b.Label], height[a.Label]) })
}

// placed is a member with its deviation in percent of the expected count.
func (s *speaker) placed(c *analyze.Case, m analyze.Member, follower bool) Placed {
	expected := float64(max(1, m.ClusterCount()-m.Surplus))
	off := 100 * float64(m.Surplus) / expected
	p := Placed{Label: s.barLabel(c, m), Off: off, Text: s.say("surplus.placed", facts{
		"count": m.ClusterCount(), "surplus": signed(m.Surplus), "share": math.Abs(off) / 100})}
	if follower {
		p.Tone = ToneMuted
	} else {
		p.Within = 100 * float64(m.Within) / expected
	}
	return p
}
