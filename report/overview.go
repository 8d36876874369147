package report

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// OverviewFile is the path of the overview below the output folder.
const OverviewFile = "overview.pdf"

// How much the one page of an overview lists; the workbook has all.
const (
	overviewMachines = 12
	overviewTags     = 4
	overviewUnjudged = 4
)

// NewOverview makes the one page for a lab without a case: which machines were looked
// at, what is usual on them, and what could not be judged, with what to type to have
// it judged.
func NewOverview(in Input) (*Writeup, error) {
	s := &speaker{in: in, onPaper: true}
	_, newest := span(in.Documents)
	n := s.tally()
	w := &Writeup{
		ID: s.label("overview.id"), Lang: in.Lang, Title: s.say("overview.title", n), Subtitle: s.covered(),
		Notices: values(s.notices()),
		Band: Band{Tone: overviewTone(in.Result), Verdict: s.say("overview.verdict", n), Class: s.say("overview.class", n),
			Confidence: s.say("overview.files", n)},
		Figures: s.overviewFigures(), Evidence: *s.overviewMachines(), Points: s.overviewPoints(),
		Created: newest,
		Labels: Labels{PageOf: s.label("page.of"), Evidence: s.label("column.machines"),
			Contents: s.label("heading.contents")},
		Footer: Footer{Left: s.label("overview.id"), Hash: shortHash(in.Documents), Tool: in.Tool},
	}
	if n["unjudged"].(int) > 0 {
		w.NextTitle, w.Next = s.label("overview.judge"), s.overviewSteps()
	}
	return w, s.done("overview")
}

// tally counts machines by verdict, cases and files.
func (s *speaker) tally() facts {
	machines := s.in.Result.Machines
	of := func(v analyze.Verdict) int { return countMachines(machines, v) }
	return facts{"machines": len(machines), "healthy": of(analyze.Healthy), "unjudged": of(analyze.Insufficient),
		"cases": len(s.in.Result.Cases), "files": len(s.in.Documents), "partial": s.in.partial(), "refused": len(s.in.Refused)}
}

func countMachines(machines []analyze.Machine, v analyze.Verdict) int {
	n := 0
	for i := range machines {
		if machines[i].Verdict == v {
			n++
		}
	}
	return n
}

// overviewTone is that of the worst machine.
func overviewTone(res *analyze.Result) Tone {
	worst := ToneGood
	for i := range res.Machines {
		worst = max(worst, verdictTone(res.Machines[i].Verdict))
	}
	return worst
}

// covered says from when to when the logs are.
func (s *speaker) covered() string {
	oldest, newest := span(s.in.Documents)
	return s.say("overview.covered", facts{"dated": !oldest.IsZero(), "same": oldest.Equal(newest),
		"oldest": utc(oldest), "newest": utc(newest)})
}

// overviewFigures say what is the fullest and the largest: "healthy" is worth more
// with a number beside it.
func (s *speaker) overviewFigures() []Pair {
	var fullest *analyze.PoolFacts
	on, snapshots := "", 0
	for i := range s.in.Result.Machines {
		m := &s.in.Result.Machines[i]
		snapshots += len(m.Snapshots)
		for j := range m.Pool {
			if p := &m.Pool[j]; p.Ceiling > 0 && (fullest == nil || p.Share > fullest.Share) {
				fullest, on = p, m.Name
			}
		}
	}
	full := s.label("overview.no-ceiling")
	if fullest != nil {
		full = s.say("overview.fullest", facts{"share": fullest.Share, "pool": s.pool(fullest.Pool), "machine": on,
			"ceiling": fullest.Ceiling})
	}
	pairs := []Pair{
		{s.label("column.machines"), count(int64(len(s.in.Result.Machines)))},
		{s.label("column.snapshots"), count(int64(snapshots))},
		{s.label("overview.full"), full},
	}
	if tags := s.in.Result.Tags; len(tags) > 0 {
		pairs = append(pairs, Pair{s.label("overview.largest"), s.say("overview.largest-tag", facts{"tag": tags[0].Tag,
			"pool": s.pool(tags[0].Pool), "bytes": tags[0].Bytes})})
	}
	return pairs
}

// overviewMachines lists the machines, those that want attention first.
func (s *speaker) overviewMachines() *Table {
	var all []*analyze.Machine
	for i := range s.in.Result.Machines {
		all = append(all, &s.in.Result.Machines[i])
	}
	slices.SortStableFunc(all, func(a, b *analyze.Machine) int {
		return int(verdictTone(b.Verdict)) - int(verdictTone(a.Verdict))
	})
	left := len(all) - overviewMachines
	all = all[:min(overviewMachines, len(all))]
	g := s.newGrid("", len(all))
	if left > 0 {
		g.Note = s.say("overview.more", facts{"more": left})
	}
	g.text(s.label("column.machine"), 0.2, func(i int) string { return all[i].Name })
	g.add(Column{Title: s.label("column.verdict"), Share: 0.15}, func(i int) Cell {
		return Cell{Text: s.label("verdict." + all[i].Verdict.String()), Tone: verdictTone(all[i].Verdict)}
	})
	g.number(s.label("column.snapshots"), 0.1, func(i int) string { return count(int64(len(all[i].Snapshots))) })
	g.text(s.label("fact.session"), 0.2, func(i int) string { return s.when(all[i].Latest().At) })
	g.number(s.label("overview.nonpaged"), 0.15, func(i int) string { return s.poolHeld(all[i], ingest.NonPaged) })
	g.number(s.label("overview.paged"), 0.15, func(i int) string { return s.poolHeld(all[i], ingest.Paged) })
	return g.table()
}

// poolHeld words what a pool of a machine holds and of how much, or nothing.
func (s *speaker) poolHeld(m *analyze.Machine, pool ingest.Pool) string {
	for i := range m.Pool {
		if p := &m.Pool[i]; p.Pool == pool && p.Held() > 0 {
			return s.say("overview.held", facts{"bytes": p.Held(), "ceiling": p.Ceiling, "share": p.Share})
		}
	}
	return ""
}

// overviewPoints are what is usual, why machines count as healthy, and why others
// could not be judged.
func (s *speaker) overviewPoints() []Points {
	usual := Points{Title: s.label("overview.usual"), Tone: TonePlain}
	tags := slices.DeleteFunc(slices.Clone(s.in.Result.Tags), func(t analyze.TagFact) bool { return len(t.Cases) > 0 })
	for _, t := range tags[:min(overviewTags, len(tags))] {
		usual.Items = append(usual.Items, s.say("overview.tag", facts{"tag": t.Tag, "pool": s.pool(t.Pool),
			"machines": t.Machines, "median": t.Median, "most": t.Most, "on": t.MostOn, "bytes": t.Bytes,
			"description": tagListed(t)}))
	}
	if more := len(tags) - overviewTags; more > 0 {
		usual.More = s.say("overview.more-tags", facts{"more": more})
	}
	points := []Points{usual, s.told("overview.healthy", TonePlain, analyze.Healthy, overviewUnjudged),
		s.told("overview.unjudged", ToneNotice, analyze.Insufficient, overviewUnjudged)}
	return slices.DeleteFunc(points, func(p Points) bool { return len(p.Items) == 0 })
}

// tagListed is what the debugger's tag list says about a tag, or nothing where the list
// is silent.
func tagListed(t analyze.TagFact) string {
	if (ingest.TagUsage{Description: t.Description}).Unknown() {
		return ""
	}
	return strings.Join(strings.Fields(t.Description), " ")
}

// told gives the reasons of the machines of one verdict, machines with the same
// reasons together.
func (s *speaker) told(title string, tone Tone, v analyze.Verdict, n int) Points {
	p := Points{Title: s.label(title), Tone: tone}
	var reasons []string
	names := map[string][]string{}
	for i := range s.in.Result.Machines {
		m := &s.in.Result.Machines[i]
		if m.Verdict != v {
			continue
		}
		why := s.sentences(m.Reasons)
		if names[why] == nil {
			reasons = append(reasons, why)
		}
		names[why] = append(names[why], m.Name)
	}
	for _, why := range reasons[:min(n, len(reasons))] {
		f := s.few(names[why])
		f["why"] = prose(why)
		p.Items = append(p.Items, s.say("overview.told", f))
	}
	left := 0
	for _, why := range reasons[min(n, len(reasons)):] {
		left += len(names[why])
	}
	if left > 0 {
		p.More = s.say("overview.more", facts{"more": left})
	}
	return p
}

// overviewSteps are what to type on a machine that could not be judged: both pool
// tables carry most verdicts, the others what they are set against.
func (s *speaker) overviewSteps() []Step {
	var steps []Step
	for _, c := range []struct{ command, where, why string }{
		{"!poolused 3", "debugger", "overview.step-nonpaged"}, {"!poolused 5", "debugger", "overview.step-paged"},
		{"!vm 1", "debugger", "overview.step-vm"}, {"fltmc instances", "shell", "overview.step-filters"},
	} {
		steps = append(steps, Step{Command: c.command, Where: s.label("where." + c.where), Why: s.label(c.why)})
	}
	return steps
}
