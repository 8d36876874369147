package report

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
)

// cards are the cases that need somebody.
func (k *clerk) cards() []WeeklyCase {
	var out []WeeklyCase
	for _, c := range k.needs[:min(mailCases, len(k.needs))] {
		out = append(out, k.card(c))
	}
	return out
}

// moreCases counts the cases that need somebody and have no card, and says where they
// stand.
func (k *clerk) moreCases() string {
	more := len(k.needs) - mailCases
	if more <= 0 {
		return ""
	}
	where := ""
	if len(k.m.Files) > 0 {
		where = brief(k.m.Files[0].Path, longestText)
	}
	return k.say("weekly.more-cases", facts{"more": more, "where": where})
}

func (k *clerk) card(c *analyze.Case) WeeklyCase {
	state, decided := k.past.Courses[c.ID].State, k.in.Decided[c.ID]
	w := WeeklyCase{ID: c.ID, Title: brief(k.title(c), longestText), NextTitle: k.label("column.next-step")}
	if state != 0 {
		w.State = Tagged{Text: k.label("case-state." + state.String()), Tone: stateTones[state]}
	}
	w.Facts = []Pair{
		{k.label("column.machines"), k.say("weekly.machines", facts{"n": len(c.Machines), "names": k.names(leadFirst(c))})},
		{k.label("column.movement"), k.moved(c)},
		{k.label("weekly.back"), k.back(&decided)},
		{k.label("weekly.full"), k.caseFull(c)},
		{k.label("weekly.team"), brief(decided.Team, longestName)},
	}
	w.Facts = slices.DeleteFunc(w.Facts, func(p Pair) bool { return p.Value == "" })
	if n := len(decided.Ticket); n > 0 && n <= longestURL {
		w.Ticket = &WebLink{Text: k.label("weekly.ticket"), URL: decided.Ticket}
	}
	if len(c.Next) > 0 {
		w.Next = Step{Command: brief(c.Next[0].Command, longestText)}
		if w.Next.Command == "" {
			w.Next.Why = brief(k.reason(c.Next[0].Why), longestText)
		}
	}
	return w
}

// back says that a case should be gone, or that its snooze is over.
func (k *clerk) back(d *analyze.Decided) string {
	switch {
	case d.Regression():
		return k.say("weekly.regression", facts{"module": d.Fix.Module, "version": d.Fix.Version, "n": len(d.Fix.Regressed)})
	case d.Woken != nil:
		return k.say("weekly.woken", facts{"until": d.Woken.Until, "version": d.Woken.Version, "worse": d.Woken.Worse})
	}
	return ""
}

// moved says what became of a case in the period, in figures.
func (k *clerk) moved(c *analyze.Case) string {
	course := k.past.Courses[c.ID]
	return k.say("weekly.moved", facts{"state": course.State.String(), "before": course.Before.Machines,
		"now": course.Now.Machines, "events": course.Events, "bytes": course.Bytes, "held": c.Bytes,
		"first": k.day(firstSeen(c)), "movement": k.label("movement." + c.Movement.String())})
}

// caseFull says which machine of a case runs full first and when.
func (k *clerk) caseFull(c *analyze.Case) string {
	first := k.exhaustsFirst(c.Machines)
	if first == nil {
		return ""
	}
	return k.fullWords(first)
}

// fullWords says when a machine runs full, with the interval when that is longer than
// the day.
func (k *clerk) fullWords(o *outlook) string {
	f := facts{"machine": shortName(o.machine), "day": k.day(o.At), "in": o.In, "earliest": "", "latest": ""}
	if !o.At.IsZero() && o.Earliest > 0 && o.Latest > o.Earliest {
		snap := o.At.Add(-o.In)
		if from, to := k.day(snap.Add(o.Earliest)), k.day(snap.Add(o.Latest)); from != to {
			f["earliest"], f["latest"] = from, to
		}
	}
	return k.say("weekly.runs-full", f)
}

// probablyGone are the cases that stay away, with how long they have to until they
// count as gone.
func (k *clerk) probablyGone() Progress {
	p := Progress{Title: k.label("weekly.gone")}
	var gone []*analyze.Case
	clean := func(c *analyze.Case) *analyze.Clean { return k.in.Decided[c.ID].Clean }
	for _, c := range k.told {
		if clean(c) != nil {
			gone = append(gone, c)
		}
	}
	slices.SortStableFunc(gone, func(a, b *analyze.Case) int { return -cmp.Compare(clean(a).Share(), clean(b).Share()) })
	for _, c := range gone[:min(mailBars, len(gone))] {
		n := clean(c)
		p.Bars = append(p.Bars, ProgressBar{Label: c.ID, Share: n.Share(), Text: k.say("weekly.gone-bar",
			facts{"days": n.Days, "needed": n.Needed, "gone": n.Gone()})})
	}
	if more := len(gone) - mailBars; more > 0 {
		p.More = k.say("weekly.more", facts{"more": more})
	}
	return p
}
