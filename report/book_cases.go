package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// caseSheet lists the defects. The id and the link to the write-up are the first and
// the last column, so that a row can be mailed and followed.
func (b *binder) caseSheet() Sheet {
	sheet := b.sheet("cases")
	c := b.in.Result.Cases
	l := b.rows(&sheet, len(c))
	l.add("id", KindText, 14, func(i int) any { return c[i].ID })
	l.add("title", KindText, 56, func(i int) any { return b.title(&c[i]) })
	l.add("case-state", KindVerdict, 10, func(i int) any { return b.caseState(&c[i]) })
	l.add("trend", KindVerdict, 8, func(i int) any { return b.caseTrend(&c[i]) })
	l.add("movement", KindText, 20, func(i int) any { return b.label("movement." + c[i].Movement.String()) })
	l.add("verdict", KindVerdict, 20, func(i int) any { return b.verdict(c[i].Verdict) })
	l.add("class", KindText, 28, func(i int) any { return b.label("class." + c[i].Class.String()) })
	l.add("confidence", KindRatio, 12, func(i int) any { return c[i].Confidence })
	l.add("machines", KindCount, 11, func(i int) any { return int64(len(c[i].Machines)) })
	l.add("machines-before", KindCount, 12, func(i int) any { return b.machinesBefore(&c[i]) })
	b.caseFigures(l, c)
	b.caseWho(l, c)
	b.caseDecided(l, c)
	b.caseTimes(l, c)
	l.add("signature", KindText, 30, func(i int) any { return c[i].Signature })
	l.add("known-issue", KindText, 24, func(i int) any { return issueID(&c[i]) })
	l.add("next-step", KindText, 50, func(i int) any { return b.firstStep(&c[i]) })
	l.add("writeup", KindLink, 18, func(i int) any { return writeupLink(c[i].ID) })
	return sheet
}

// caseFigures adds how much, how fast, and what runs full.
func (b *binder) caseFigures(l list, c []analyze.Case) {
	l.add("events", KindCount, 12, func(i int) any { return orEmpty(c[i].Events) })
	l.add("events-gained", KindCount, 12, func(i int) any { return orEmpty(b.past.Courses[c[i].ID].Events) })
	l.add("bytes", KindBytes, 17, func(i int) any { return c[i].Bytes }).Bars = true
	l.add("bytes-per-event", KindRatio, 15, func(i int) any { return orEmpty(c[i].BytesPerEvent) })
	l.add("rate", KindBytes, 15, func(i int) any { return hourly(&c[i]) })
	first := make([]*outlook, len(c))
	for i := range c {
		first[i] = b.exhaustsFirst(c[i].Machines)
	}
	with := func(cell func(*outlook) any) func(int) any {
		return func(i int) any {
			if first[i] == nil {
				return nil
			}
			return cell(first[i])
		}
	}
	l.add("exhausts-first", KindLink, 18, with(func(o *outlook) any { return b.machineLink(o.machine) }))
	l.add("exhausts-in", KindHours, 12, with(func(o *outlook) any { return days(o.In) }))
}

// caseWho adds who owns and holds, and in which versions.
func (b *binder) caseWho(l list, c []analyze.Case) {
	l.add("owner", KindText, 18, func(i int) any { return b.module(c[i].Owner) })
	l.add("holder", KindText, 18, func(i int) any { return b.module(c[i].Holder) })
	l.add("object", KindText, 12, func(i int) any { return orEmpty(b.word("object", c[i].Object)) })
	versions := b.versions()
	l.add("versions", KindText, 32, func(i int) any { return orEmpty(b.caseVersions(&c[i], versions)) })
}

// caseDecided adds what people decided.
func (b *binder) caseDecided(l list, c []analyze.Case) {
	of := func(i int) analyze.Decided { return b.in.Decided[c[i].ID] }
	l.add("team", KindText, 18, func(i int) any { return orEmpty(of(i).Team) })
	l.add("ticket", KindLink, 30, func(i int) any {
		if url := of(i).Ticket; url != "" {
			return Link{Text: url, Target: url, Web: true}
		}
		return nil
	})
	l.add("decided", KindText, 40, func(i int) any {
		d := of(i)
		return orEmpty(b.join("clauses.more", b.decided(&d)))
	})
	l.add("gone", KindShare, 12, func(i int) any {
		if clean := of(i).Clean; clean != nil {
			return clean.Share()
		}
		return nil
	}).Bars = true
}

// caseTimes adds since when, until when and how long.
func (b *binder) caseTimes(l list, c []analyze.Case) {
	l.times("first-seen", func(i int) time.Time { return firstSeen(&c[i]) })
	l.times("last-seen", func(i int) time.Time { return lastSeen(&c[i]) })
	l.add("age", KindHours, 10, func(i int) any {
		first := firstSeen(&c[i])
		if first.IsZero() {
			return nil
		}
		return days(b.newest.Sub(first))
	})
}

// stateTones are the tones of the states of a case.
var stateTones = map[analyze.State]Tone{analyze.StateNew: ToneAlarm, analyze.StateWorse: ToneAlarm,
	analyze.StateSame: ToneWarning, analyze.StateBetter: ToneNotice, analyze.StateFixed: ToneGood,
	analyze.StateQuiet: ToneMuted}

// caseState is a case's state in the period; an empty cell where no time tells. What
// was decided goes before it, and that the case came back nevertheless before all.
func (b *binder) caseState(c *analyze.Case) any {
	switch d := b.in.Decided[c.ID]; {
	case d.Regression():
		return Tagged{Text: b.label("case-state.regression"), Tone: ToneAlarm}
	case d.Duplicate != "":
		return Tagged{Text: b.label("case-state.duplicate"), Tone: ToneMuted}
	case d.Closed != nil:
		return Tagged{Text: b.label("case-state.no-bug"), Tone: ToneMuted}
	}
	state := b.past.Courses[c.ID].State
	if state == 0 {
		return nil
	}
	return Tagged{Text: b.label("case-state." + state.String()), Tone: stateTones[state]}
}

// trends are the arrows of the states that have a direction. They are texts in the
// state's tone: the arrows that a spreadsheet has for figures praise what goes up.
var trends = map[analyze.State]string{analyze.StateNew: "↑", analyze.StateWorse: "↑", analyze.StateSame: "→",
	analyze.StateBetter: "↓", analyze.StateFixed: "↓"}

func (b *binder) caseTrend(c *analyze.Case) any {
	state := b.past.Courses[c.ID].State
	if arrow, known := trends[state]; known {
		return Tagged{Text: arrow, Tone: stateTones[state]}
	}
	return nil
}

// machinesBefore is on how many machines the case stood when the period began;
// empty when the period is all of the time there is.
func (b *binder) machinesBefore(c *analyze.Case) any {
	if b.past.Period.From.IsZero() {
		return nil
	}
	return int64(b.past.Courses[c.ID].Before.Machines)
}

// hourly is a case's pace in whole bytes an hour.
func hourly(c *analyze.Case) any {
	if c.Rate == nil || c.Rate.BytesPerHour <= 0 {
		return nil
	}
	return uint64(math.Round(c.Rate.BytesPerHour))
}

// outlook is when a machine runs full.
type outlook struct {
	machine string
	*analyze.Exhaustion
}

// exhaustsFirst returns which of some machines runs full first, by its pool's pace or
// by that of a case's figures; nil when none is known to.
func (b *binder) exhaustsFirst(machines []string) *outlook {
	var first *outlook
	for _, m := range machines {
		if e := b.exhausts(m); e != nil && (first == nil || e.In < first.In) {
			first = &outlook{m, e}
		}
	}
	return first
}

// exhausts returns when a machine's nonpaged pool runs full, nil when nothing says so.
func (b *binder) exhausts(machine string) *analyze.Exhaustion {
	first := b.track(machine).Exhausts
	for i := range b.in.Result.Cases {
		c := &b.in.Result.Cases[i]
		if c.Exhausts != nil && c.Lead != nil && strings.EqualFold(c.Lead.Machine.Name, machine) &&
			(first == nil || c.Exhausts.In < first.In) {
			first = c.Exhausts
		}
	}
	return first
}

// versions returns the version of each machine's drivers, by folded names.
func (b *binder) versions() map[[2]string]string {
	out := map[[2]string]string{}
	for i := range b.past.Drivers {
		d := &b.past.Drivers[i]
		out[[2]string{ingest.MachineKey(d.Machine), ingest.ModuleKey(d.Name)}] = d.Version
	}
	return out
}

// caseVersions lists the versions of the modules that a case names, with on how many
// of its machines each is.
func (b *binder) caseVersions(c *analyze.Case, versions map[[2]string]string) string {
	var parts, done []string
	for _, a := range []analyze.Attribution{c.Holder, c.Owner} {
		key := ingest.ModuleKey(a.Module)
		if !a.Established() || slices.Contains(done, key) {
			continue
		}
		done = append(done, key)
		on := map[string]int{}
		for _, m := range c.Machines {
			if v := versions[[2]string{ingest.MachineKey(m), key}]; v != "" {
				on[v]++
			}
		}
		byCount := func(x, y string) int { return cmp.Or(-cmp.Compare(on[x], on[y]), cmp.Compare(x, y)) }
		for _, v := range slices.SortedFunc(maps.Keys(on), byCount) {
			parts = append(parts, b.say("version.on", facts{"module": a.Module, "version": v, "n": on[v]}))
		}
	}
	return strings.Join(parts, "; ")
}

// writeupLink leads to a case's write-up beside the workbook.
func writeupLink(id string) any { return Link{Text: id + ".pdf", Target: WriteupFile(id)} }

// firstSeen returns when a case was first seen, zero when unknown.
func firstSeen(c *analyze.Case) time.Time {
	var first time.Time
	for _, p := range c.Presence {
		if !p.First.IsZero() && (first.IsZero() || p.First.Before(first)) {
			first = p.First
		}
	}
	return first.UTC()
}

// lastSeen returns when a case was last seen, zero when unknown.
func lastSeen(c *analyze.Case) time.Time {
	var last time.Time
	for _, p := range c.Presence {
		if p.Last.After(last) {
			last = p.Last
		}
	}
	return last.UTC()
}

// issueID names the published defect by the id of its file, which can be searched
// for; the title stands in the write-up.
func issueID(c *analyze.Case) any {
	if c.Known == nil {
		return nil
	}
	return c.Known.ID
}

// firstStep is the command to type next, or what to do when it needs none.
func (s *speaker) firstStep(c *analyze.Case) any {
	if len(c.Next) == 0 {
		return nil
	}
	if step := c.Next[0]; step.Command != "" {
		return step.Command
	}
	return s.reason(c.Next[0].Why)
}
