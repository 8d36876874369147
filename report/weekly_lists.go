package report

import (
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// lists are what is told beside the cases; those without items are left out.
func (k *clerk) lists() []Points {
	all := []Points{k.fullList(), k.silentList(), k.unusable(), k.changes(), k.ruledList(), k.faults(), k.fixedList()}
	return slices.DeleteFunc(all, func(p Points) bool { return len(p.Items) == 0 })
}

// pointed makes a list of the first of n texts.
func (k *clerk) pointed(title string, tone Tone, n int, text func(i int) string) Points {
	p := Points{Title: k.say("weekly."+title, facts{"n": n}), Tone: tone}
	for i := range min(mailItems, n) {
		p.Items = append(p.Items, text(i))
	}
	if more := n - mailItems; more > 0 {
		p.More = k.say("weekly.more", facts{"more": more})
	}
	return p
}

func (k *clerk) fullList() Points {
	return k.pointed("list-full", ToneAlarm, len(k.full), func(i int) string { return k.fullWords(&k.full[i]) })
}

// silentList names the machines that were not heard of, those that fell silent last
// first: the others stood in earlier mails.
func (k *clerk) silentList() Points {
	all := k.silent()
	slices.SortStableFunc(all, func(a, b *analyze.Machine) int { return b.Latest().At.Compare(a.Latest().At) })
	return k.pointed("list-silent", ToneWarning, len(all), func(i int) string {
		return k.say("weekly.silent", facts{"machine": shortName(all[i].Name), "heard": k.moment(all[i].Latest().At)})
	})
}

// unusable are the logs of the period that say nothing, those with one reason together.
func (k *clerk) unusable() Points {
	type reason struct{ kind, why string }
	var reasons []reason
	names := map[reason][]string{}
	add := func(name string, r reason) {
		if names[r] == nil {
			reasons = append(reasons, r)
		}
		names[r] = append(names[r], name)
	}
	for _, t := range k.badFiles() {
		if link, ok := t.name.(Link); ok && t.kind != "partial" && k.past.Period.Holds(t.heard) {
			add(ingest.Source{File: link.Text}.Base(), reason{t.kind, t.reason})
		}
	}
	for i := range k.in.Result.Machines {
		m := &k.in.Result.Machines[i]
		if m.Verdict != analyze.Insufficient || !k.past.Period.Holds(m.Latest().At) {
			continue
		}
		r := reason{kind: "insufficient"}
		if n := len(m.Reasons); n > 0 { // the last one says what is missing
			r.why = k.reason(m.Reasons[n-1])
		}
		add(m.Name, r)
	}
	total := 0
	for _, r := range reasons {
		total += len(names[r])
	}
	p := k.pointed("list-unusable", ToneNotice, len(reasons), func(i int) string {
		r := reasons[i]
		return k.say("weekly.unusable", facts{"names": k.names(names[r]), "what": k.label("trouble." + r.kind),
			"why": brief(r.why, longestText)})
	})
	p.Title = k.say("weekly.list-unusable", facts{"n": total})
	return p
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
	return k.pointed("list-changes", TonePlain, len(items), func(i int) string { return items[i] })
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

// ruled are the cases whose verdict the rules changed, as far as this mail tells of such.
func (k *clerk) ruled() []Ruled {
	mild := func(verdict string) bool {
		return verdict == "" || verdict == analyze.Suspect.String() && k.m.Floor > analyze.Suspect
	}
	return slices.DeleteFunc(slices.Clone(k.m.Ruled), func(r Ruled) bool {
		decided := k.in.Decided[r.ID]
		return decided.Silent() || mild(r.Was) && mild(r.Now)
	})
}

// ruledList tells what the rules changed and no machine did.
func (k *clerk) ruledList() Points {
	all := k.ruled()
	verdict := func(word string) string {
		if word == "" {
			return ""
		}
		return k.label("verdict." + word)
	}
	return k.pointed("list-ruled", TonePlain, len(all), func(i int) string {
		title := ""
		for c := range k.in.Result.Cases {
			if of := &k.in.Result.Cases[c]; of.ID == all[i].ID {
				title = brief(k.title(of), longestText)
			}
		}
		return k.say("weekly.ruled", facts{"id": all[i].ID, "title": title, "was": verdict(all[i].Was), "now": verdict(all[i].Now)})
	})
}

// faults are the lines of decisions that cannot be followed.
func (k *clerk) faults() Points {
	all := k.in.Faults
	return k.pointed("list-faults", ToneWarning, len(all), func(i int) string {
		at := ingest.Source{File: all[i].Source.Base(), Line: all[i].Source.Line}
		return brief(k.say("weekly.fault", facts{"source": at.String(), "text": brief(all[i].Text, longestName),
			"why": k.reason(all[i].Why)}), longestWhy)
	})
}

// fixedList names what was fixed: those who mended it want to know.
func (k *clerk) fixedList() Points {
	all := k.inState(analyze.StateFixed)
	return k.pointed("list-fixed", ToneGood, len(all), func(i int) string {
		return k.say("weekly.fixed", facts{"id": all[i].ID, "title": brief(k.title(all[i]), longestText),
			"seen": k.day(lastSeen(all[i])), "clear": k.day(lastClear(all[i]))})
	})
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
