package report

import (
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// lists are what is told beside the cases; those without items are left out.
func (k *clerk) lists() []Points {
	all := []Points{k.fullList(), k.silentList(), k.unusable(), k.changes(), k.faults(), k.fixedList()}
	return slices.DeleteFunc(all, func(p Points) bool { return len(p.Items) == 0 })
}

// pointed makes a list of the first of some texts.
func (k *clerk) pointed(title string, tone Tone, items []string) Points {
	p := Points{Title: k.say("weekly."+title, facts{"n": len(items)}), Tone: tone, Items: items[:min(mailItems, len(items))]}
	if more := len(items) - mailItems; more > 0 {
		p.More = k.say("weekly.more", facts{"more": more})
	}
	return p
}

func (k *clerk) fullList() Points {
	var items []string
	for i := range k.full {
		items = append(items, k.fullWords(&k.full[i]))
	}
	return k.pointed("list-full", ToneAlarm, items)
}

// silentList names the machines that were not heard of, those that fell silent last
// first: the others stood in earlier mails.
func (k *clerk) silentList() Points {
	all := k.silent()
	slices.SortStableFunc(all, func(a, b *analyze.Machine) int { return b.Latest().At.Compare(a.Latest().At) })
	var items []string
	for _, m := range all {
		items = append(items, k.say("weekly.silent", facts{"machine": shortName(m.Name), "heard": k.moment(m.Latest().At)}))
	}
	return k.pointed("list-silent", ToneWarning, items)
}

// unusable are the logs of the period that say nothing, with the reason.
func (k *clerk) unusable() Points {
	var items []string
	add := func(file, what, reason string) {
		items = append(items, k.say("weekly.unusable", facts{"file": brief(file, longestName), "what": what,
			"reason": brief(reason, longestText)}))
	}
	for _, t := range k.badFiles() {
		if link, ok := t.name.(Link); ok && t.kind != "partial" && k.past.Period.Holds(t.heard) {
			add(ingest.Source{File: link.Text}.Base(), k.label("trouble."+t.kind), t.reason)
		}
	}
	for i := range k.in.Result.Machines {
		m := &k.in.Result.Machines[i]
		if m.Verdict == analyze.Insufficient && k.past.Period.Holds(m.Latest().At) {
			add(m.Name, k.label("trouble.insufficient"), k.sentences(m.Reasons))
		}
	}
	return k.pointed("list-unusable", ToneNotice, items)
}

// changes counts what changed on the machines, one line a kind.
func (k *clerk) changes() Points {
	var items []string
	for _, kind := range []analyze.ChangeKind{analyze.ChangedSystem, analyze.ChangedDriver, analyze.ChangedFilter} {
		var on []string
		n := 0
		for _, t := range k.past.Tracks {
			of := countKind(t.Changes, kind)
			if n += of; of > 0 {
				on = append(on, t.Machine)
			}
		}
		if n > 0 {
			items = append(items, k.say("weekly.changed", facts{"kind": k.label("change." + kind.String()), "n": n,
				"machines": len(on), "names": k.names(on)}))
		}
	}
	return k.pointed("list-changes", TonePlain, items)
}

func countKind(all []analyze.Changed, kind analyze.ChangeKind) int {
	n := 0
	for i := range all {
		if all[i].Kind == kind {
			n++
		}
	}
	return n
}

// faults are the lines of decisions that cannot be followed.
func (k *clerk) faults() Points {
	var items []string
	for i := range k.in.Faults {
		f := &k.in.Faults[i]
		items = append(items, brief(k.say("weekly.fault", facts{"source": ingest.Source{File: f.Source.Base(),
			Line: f.Source.Line}.String(), "text": brief(f.Text, longestName), "why": k.reason(f.Why)}), longestText))
	}
	return k.pointed("list-faults", ToneWarning, items)
}

// fixedList names what was fixed: those who mended it want to know.
func (k *clerk) fixedList() Points {
	var items []string
	for _, c := range k.inState(analyze.StateFixed) {
		items = append(items, k.say("weekly.fixed", facts{"id": c.ID, "title": brief(k.title(c), longestText),
			"seen": k.day(lastSeen(c)), "clear": k.day(lastClear(c))}))
	}
	return k.pointed("list-fixed", ToneGood, items)
}

// lastClear is when the last machine of a case was found without it.
func lastClear(c *analyze.Case) time.Time {
	var out time.Time
	for _, p := range c.Presence {
		if len(p.Clear) > 0 {
			if last := slices.MaxFunc(p.Clear, time.Time.Compare); last.After(out) {
				out = last
			}
		}
	}
	return out
}
