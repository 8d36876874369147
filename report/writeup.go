package report

import (
	"cmp"
	"math"
	"reflect"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// NewWriteup makes the incident write-up of a case: a first page that lets a
// driver developer decide whether the finding is hers, then the sections that
// carry it. A section without facts is left out; the others keep their numbers.
func NewWriteup(in Input, c *analyze.Case) (*Writeup, error) {
	defer in.lendLead(c)()
	s := &speaker{in: in, onPaper: true}
	docs := in.documents(c.Machines)
	_, newest := span(docs)
	w := &Writeup{
		ID: c.ID, Revision: s.say("revision", facts{"number": in.revision(c.ID).Number}), Lang: in.Lang,
		Title: s.title(c), Subtitle: s.subtitle(c), Notices: append(values(s.notices()), s.regression(c)...),
		Band: Band{
			Tone:       verdictTone(c.Verdict),
			Verdict:    s.label("verdict." + c.Verdict.String()),
			Class:      s.label("class." + c.Class.String()),
			Confidence: s.say("band.confidence", facts{"confidence": c.Confidence}),
		},
		Figures: s.figures(c), Attribution: s.attribution(c), Evidence: s.evidenceTable(c), Chart: s.tagChart(c, firstChart),
		Points: s.firstPoints(c), Notes: s.notes(c), NextTitle: s.label("heading.next"),
		Next:    s.steps(c.Next[:min(firstSteps, len(c.Next))]),
		Created: newest,
		Labels: Labels{
			PageOf: s.label("page.of"), Attribution: s.label("heading.attribution"),
			Evidence: s.label("heading.evidence"), Contents: s.label("heading.contents"),
			Reference: s.label("heading.reference"),
		},
		Footer: Footer{Left: c.ID, Hash: shortHash(docs), Tool: in.Tool},
	}
	if w.Timeline = s.growthChart(c); w.Timeline != nil {
		w.Chart = nil
	}
	w.Footer.Left += " · " + w.Revision
	w.Sections = s.sections(c, w, docs)
	return w, s.done("write-up " + c.ID)
}

// titleTags is how many tags a title names.
const titleTags = 3

// title says the signature in words.
func (s *speaker) title(c *analyze.Case) string {
	tags := make([]string, 0, titleTags)
	for _, m := range c.Core[:min(titleTags, len(c.Core))] {
		tags = append(tags, s.say("quoted", facts{"tag": m.Tag}))
	}
	return s.say("title."+c.Kind.String(), facts{
		"class": c.Class.String(), "object": c.Object, "events": c.Events, "bytes": c.Bytes,
		"bytesEach": c.BytesPerEvent, "pool": s.pools(c.Pools), "tags": tags, "members": len(tags),
		"holder": cmp.Or(c.Holder.Module, c.Holder.Program()), "owner": c.Owner.Module,
	})
}

// pool words one pool.
func (s *speaker) pool(p ingest.Pool) string { return s.label("pool." + p.String()) }

// pools words the pools of a case.
func (s *speaker) pools(pools []ingest.Pool) string { return s.label("pool." + poolName(pools)) }

// poolName names the wording of the pools of a case. A log that counts objects or
// handles alone says nothing of pools.
func poolName(pools []ingest.Pool) string {
	if len(pools) == 0 {
		return ingest.Pool(0).String()
	}
	return poolWord(pools)
}

// subtitle names the machine the figures are from; how many others show the same
// tells a one-off from an epidemic.
func (s *speaker) subtitle(c *analyze.Case) string {
	return s.say("subtitle", facts{"machine": leadFirst(c)[0], "others": len(c.Machines) - 1})
}

// figures are the four numbers a reader looks for first.
func (s *speaker) figures(c *analyze.Case) []Pair {
	events := s.label("event.unknown")
	if c.Events > 0 {
		events = s.say("event."+c.Kind.String(), facts{"events": c.Events, "object": c.Object})
	}
	return []Pair{
		{s.label("figure.events"), events},
		{s.label("figure.bytes"), s.held(c)},
		{s.label("figure.rate"), s.rate(c)},
		{s.label("figure.exhaustion"), s.exhaustion(c)},
	}
}

// rate words how fast the case grows, with the window, or why that is not known.
func (s *speaker) rate(c *analyze.Case) string {
	if r := c.Rate; r != nil {
		name := "rate.measured"
		if r.SinceBoot {
			name = "rate.since-boot"
		}
		return s.say(name, facts{"events": r.EventsPerHour, "bytes": r.BytesPerHour, "low": r.BytesLow,
			"high": r.BytesHigh, "hours": r.Window, "snapshots": r.Snapshots})
	}
	m := s.in.machine(leadFirst(c)[0])
	switch {
	case c.NoExhaustion.Rule == analyze.RuleNoClock:
		return s.label("rate.no-clock")
	case m != nil && len(m.Snapshots) > 1:
		return s.say("rate.none", facts{"snapshots": len(m.Snapshots)})
	case c.Lead != nil && !c.Lead.UptimeOK:
		return s.label("rate.no-uptime")
	}
	return s.label("rate.one-snapshot")
}

// exhaustion words when the pool runs full, in the lab's zone or the session's, or why
// there is no date. A date from one snapshot would be a guess dressed as a fact.
func (s *speaker) exhaustion(c *analyze.Case) string {
	e := c.Exhausts
	if e == nil {
		// The first page has room for a few words only; the whole reason is in section 10.
		if short := "short." + string(c.NoExhaustion.Rule); s.in.Words.Has(short) {
			return s.say(short, c.NoExhaustion.Facts)
		}
		return s.noExhaustion(c)
	}
	f := facts{"hours": e.In, "earliest": e.Earliest, "latest": e.Latest, "ceiling": e.Ceiling}
	if e.At.IsZero() {
		return s.say("exhaustion.in", f)
	}
	f["at"] = s.moment(e.At)
	return s.say("exhaustion.at", f)
}

// noExhaustion says why there is no date, or nothing when there is one.
func (s *speaker) noExhaustion(c *analyze.Case) string {
	if c.Exhausts != nil {
		return ""
	}
	if why := s.reason(c.NoExhaustion); why != "" {
		return why
	}
	return s.label("exhaustion.none")
}

// attribution gives the four answers, each with its weight and where it comes
// from, or why there is none.
func (s *speaker) attribution(c *analyze.Case) []Attribution {
	return []Attribution{
		s.answer("role.owner", c.Owner), s.answer("role.holder", c.Holder),
		s.answer("role.trigger", c.Trigger), s.answer("role.amplifier", c.Amplifier),
	}
}

// answer words one of the four answers. Owner and holder are kept apart because
// reports go wrong exactly there: who allocates is rarely who forgets.
func (s *speaker) answer(role string, a analyze.Attribution) Attribution {
	line := Attribution{Role: s.label(role), Module: s.module(a), Basis: s.basis(a),
		Known: a.Established() || a.Process != ""}
	if line.Known {
		line.Weight = s.weight(a.Weight)
	}
	return line
}

// module names the module of an answer, with its doubt.
func (s *speaker) module(a analyze.Attribution) string {
	switch {
	case a.Process != "":
		return s.say("role.program", facts{"program": a.Program()})
	case !a.Established():
		return s.label("role.none")
	case !a.Proven:
		return s.say("role.probable", facts{"module": a.Module})
	}
	return s.cut(a.Module)
}

// basis says where a claim comes from, or why there is none.
func (s *speaker) basis(a analyze.Attribution) string {
	if why := s.reason(a.Basis); why != "" {
		return why
	}
	return s.label("role.no-basis")
}

// points are the reasons for, against, and what is unsure. That nothing speaks
// against a case is said, not left to be guessed.
func (s *speaker) points(c *analyze.Case) []Points {
	against := s.reasons(c.WhyNot)
	if len(against) == 0 {
		against = []string{s.label("points.none-against")}
	}
	all := []Points{
		{Title: s.label("heading.why"), Tone: TonePlain, Items: s.reasons(c.Why)},
		{Title: s.label("heading.why-not"), Tone: TonePlain, Items: against},
		{Title: s.label("heading.unsure"), Tone: ToneNotice, Items: s.reasons(c.Unsure)},
	}
	return slices.DeleteFunc(all, func(p Points) bool { return len(p.Items) == 0 })
}

// How many reasons of each list the first page has room for; section 9 has all.
const (
	firstWhy   = 3
	firstOther = 2
)

// firstPoints are the reasons that weigh most, in the order of the argument.
func (s *speaker) firstPoints(c *analyze.Case) []Points {
	all := s.points(c)
	lists := [...]struct {
		title   string
		reasons []analyze.Reason
		room    int
	}{{"heading.why", c.Why, firstWhy}, {"heading.why-not", c.WhyNot, firstOther}, {"heading.unsure", c.Unsure, firstOther}}
	for _, list := range lists {
		more := len(list.reasons) - list.room
		i := slices.IndexFunc(all, func(p Points) bool { return p.Title == s.label(list.title) })
		if more <= 0 || i < 0 {
			continue
		}
		all[i].Items = s.reasons(heaviest(c.Trail, list.reasons, list.room))
		all[i].More = s.say("points.more", facts{"more": more})
	}
	return all
}

// heaviest keeps the reasons that moved the odds most, in their order.
func heaviest(trail []analyze.TrailStep, reasons []analyze.Reason, n int) []analyze.Reason {
	weight := func(r analyze.Reason) float64 {
		i := slices.IndexFunc(trail, func(t analyze.TrailStep) bool { return reflect.DeepEqual(t.Reason, r) })
		if i < 0 {
			return 0
		}
		return math.Abs(trail[i].Weight)
	}
	order := make([]int, len(reasons))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(reasons[b]), weight(reasons[a])) })
	order = order[:n]
	slices.Sort(order)
	var kept []analyze.Reason
	for _, i := range order {
		kept = append(kept, reasons[i])
	}
	return kept
}

// seenOnNames is how many machines the first page names.
const seenOnNames = 5

// notes place the case: how many machines show it, what is published about it, and
// which ticket it belongs to.
func (s *speaker) notes(c *analyze.Case) []Note {
	issue := s.label("note.no-known-issue")
	if c.Known != nil {
		issue = s.say("known-issue", facts{"title": c.Known.Title, "id": c.Known.ID,
			"pattern": c.Known.Pattern()})
	}
	seen := []string{s.seenOn(c)}
	if contrast := s.contrast(&c.Contrast); contrast != "" {
		seen = append(seen, contrast)
	}
	notes := []Note{
		{Pair: Pair{s.label("note.seen-on"), s.join("sentences.more", seen)}},
		{Pair: Pair{s.label("note.known-issue"), issue}},
	}
	notes = append(notes, s.decidedNotes(c)...)
	r := s.in.revision(c.ID)
	if r.Before == nil {
		return notes
	}
	changes := s.changes(*r.Before, s.in.Summarize(c))
	if len(changes) == 0 {
		changes = []string{s.label("since.nothing")}
	}
	since := Pair{s.say("since.revision", facts{"number": r.Number - 1}), s.join("clauses.more", changes)}
	return slices.Insert(notes, 0, Note{Pair: since})
}

// seenOn says which machines show a case, of how many.
func (s *speaker) seenOn(c *analyze.Case) string {
	names := leadFirst(c)
	shown := names[:min(seenOnNames, len(names))]
	return s.say("seen-on", facts{
		"seen": len(names), "all": len(s.in.Result.Machines), "names": shown, "more": len(names) - len(shown),
	})
}

// firstSteps is how many next steps the first page names; if there are more,
// section 11 has them all.
const firstSteps = 3

// steps words next steps. A command stands alone, exactly as typed, with the window
// it is typed into: some run in the debugger, some on the machine itself.
func (s *speaker) steps(steps []analyze.Step) []Step {
	var out []Step
	for _, step := range steps {
		o := Step{Command: s.cutText(step.Command), Why: s.reason(step.Why)}
		if where := whereWord(step); where != "" {
			o.Where = s.label("where." + where)
		}
		out = append(out, o)
	}
	return out
}
