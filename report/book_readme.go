package report

import (
	"time"

	"poolsweep/analyze"
)

// readMe tells what the workbook holds, what its words mean and what it was made
// from.
func (b *binder) readMe() Sheet {
	sheet := b.sheet("readme")
	if notices := b.notices(); len(notices) > 0 {
		sheet.Groups = []Group{{b.label("group.notices"), notices}}
	}
	sheet.Groups = append(sheet.Groups, []Group{
		{b.label("group.period"), b.period()},
		{b.label("group.counts"), b.counts()},
		{b.label("group.verdicts"), b.legend()},
		{b.label("group.states"), b.stateLegend()},
		{b.label("group.versions"), b.madeWith()},
		{b.label("group.inputs"), b.bounded(b.hashes())},
		{b.label("group.gaps"), b.bounded(b.gaps())},
	}...)
	return sheet
}

// period tells what time the workbook is about, and of what time there is input.
func (b *binder) period() []Pair {
	when := func(t time.Time, otherwise string) string {
		if t.IsZero() {
			return b.label(otherwise)
		}
		return utc(t)
	}
	p := b.past.Period
	pairs := []Pair{
		{b.label("period.from"), when(p.From, "period.all")}, {b.label("period.to"), when(p.To, "period.open")},
		{b.label("period.oldest"), when(b.oldest, "value.unknown")},
		{b.label("period.newest"), when(b.newest, "value.unknown")},
	}
	if b.in.Zone != nil {
		pairs = append(pairs, Pair{b.label("period.zone"), b.zone.String()})
	}
	return pairs
}

// stateLegend says what each state of a case claims.
func (b *binder) stateLegend() []Pair {
	var pairs []Pair
	for _, s := range []string{"new", "worse", "same", "better", "fixed", "quiet"} {
		pairs = append(pairs, Pair{b.label("case-state." + s), b.label("legend.state-" + s)})
	}
	return pairs
}

// boundedPairs is how many entries a list on the first sheet has at most: nobody
// reads the hashes of seven thousand files in a row, and the JSON has them all.
const boundedPairs = 200

// bounded cuts a list and says how much more there is.
func (b *binder) bounded(pairs []Pair) []Pair {
	if len(pairs) <= boundedPairs {
		return pairs
	}
	more := b.say("pairs.more", facts{"n": len(pairs) - boundedPairs})
	return append(pairs[:boundedPairs:boundedPairs], Pair{b.label("pairs.more-label"), more})
}

// verdictsWorstFirst is the order of legends and counts.
var verdictsWorstFirst = []analyze.Verdict{
	analyze.Runaway, analyze.Leak, analyze.Suspect, analyze.Healthy, analyze.Insufficient,
}

// counts says how much was looked at and what came of it, so that a reader sees at
// once whether the whole lab is in.
func (s *speaker) counts() []Pair {
	whole := func(n int) string { return count(int64(n)) }
	pairs := []Pair{
		{s.label("counts.files"), whole(len(s.in.Documents) + len(s.in.Refused))},
		{s.label("counts.partial"), whole(s.in.partial())},
		{s.label("counts.refused"), whole(len(s.in.Refused))},
		{s.label("counts.cases"), whole(len(s.in.Result.Cases))},
		{s.label("counts.machines"), whole(len(s.in.Result.Machines))},
	}
	for _, v := range verdictsWorstFirst {
		name := s.say("counts.verdict", facts{"verdict": s.label("verdict." + v.String())})
		pairs = append(pairs, Pair{name, whole(countMachines(s.in.Result.Machines, v))})
	}
	return pairs
}

// legend says in a sentence what each verdict claims and, for "insufficient", what
// it does not claim.
func (s *speaker) legend() []Pair {
	var pairs []Pair
	for _, v := range verdictsWorstFirst {
		pairs = append(pairs, Pair{s.label("verdict." + v.String()), s.label("legend." + v.String())})
	}
	return append(pairs, Pair{s.label("verdicts.colours"), s.label("legend.colours")})
}

// hashes ties the workbook to the bytes it was made from. A file that could not be
// opened has no hash.
func (s *speaker) hashes() []Pair {
	var pairs []Pair
	for _, d := range s.in.Documents {
		pairs = append(pairs, Pair{d.File, d.SHA256})
	}
	for _, r := range s.in.Refused {
		if r.SHA256 != "" {
			pairs = append(pairs, Pair{r.Path, r.SHA256})
		}
	}
	return pairs
}

// gaps lists what the workbook cannot know: refused files, files read in part,
// machines whose logs do not hold enough to judge.
func (s *speaker) gaps() []Pair {
	var pairs []Pair
	for _, r := range s.in.Refused {
		pairs = append(pairs, s.gap(r.Path, InputRefused, r.Reason))
	}
	for _, d := range s.in.Documents {
		if d.Partial() {
			pairs = append(pairs, s.gap(d.File, InputPartial, s.logQuality(d)))
		}
	}
	for i := range s.in.Result.Machines {
		if m := &s.in.Result.Machines[i]; m.Verdict == analyze.Insufficient {
			word := s.label("verdict." + m.Verdict.String())
			if len(m.Reasons) > 0 {
				word = s.say("gap.file", facts{"state": word, "reason": s.sentences(m.Reasons)})
			}
			pairs = append(pairs, Pair{m.Name, word})
		}
	}
	if len(pairs) == 0 {
		return []Pair{{s.label("group.gaps"), s.label("gaps.none")}}
	}
	return pairs
}

// gap says of one file how much of it is missing and why.
func (s *speaker) gap(file, state, reason string) Pair {
	return Pair{file, s.say("gap.file", facts{"state": s.label("state." + state), "reason": reason})}
}
