package report

import (
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// NewBook makes the Excel summary of all machines and cases.
func NewBook(in Input) (*Workbook, error) {
	s := &speaker{in: in}
	_, newest := span(in.Documents)
	b := &Workbook{Title: s.label("book.title"), Tool: in.Tool, Created: newest}
	b.Sheets = []Sheet{s.readMe(), s.caseSheet(), s.machineSheet(), s.seenSheet(), s.sharedSheet(),
		s.tagSheet(), s.filterSheet()}
	return b, s.done("workbook")
}

// sheet starts a sheet with its sentence on what a row is.
func (s *speaker) sheet(name string) Sheet {
	title := s.label("sheet." + name)
	return Sheet{Name: title, Heading: title, Intro: s.label("row." + name), Empty: s.label("sheet.empty")}
}

// list is a sheet's table while it is built, column by column.
type list struct {
	*Sheet
	s    *speaker
	rows [][]any
}

// add appends a column; cell returns its value in row i, nil for an empty cell. It
// returns the column for what only some have: data bars, a colour scale.
func (l list) add(title string, kind CellKind, width float64, cell func(i int) any) *SheetColumn {
	l.Columns = append(l.Columns, SheetColumn{Title: l.s.label("column." + title), Kind: kind, Width: width})
	for i := range l.rows {
		l.rows[i] = append(l.rows[i], cell(i))
	}
	return &l.Columns[len(l.Columns)-1]
}

// rows gives a sheet n empty rows to add columns to.
func (s *speaker) rows(sheet *Sheet, n int) list {
	rows := make([][]any, n)
	sheet.Rows, sheet.Len = slices.Values(rows), n
	return list{sheet, s, rows}
}

// orEmpty returns a value, or an empty cell for the zero value that the analysis
// uses for "unknown".
func orEmpty[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// caseLink leads to a case's write-up beside the workbook.
func caseLink(id string) any { return Link{Text: id + ".pdf", Target: WriteupFile(id)} }

// caseSheet lists the defects. The id and the link to the write-up are the first and
// the last column, so that a row can be mailed and followed.
func (s *speaker) caseSheet() Sheet {
	sheet := s.sheet("cases")
	c := s.in.Result.Cases
	l := s.rows(&sheet, len(c))
	l.add("id", KindText, 14, func(i int) any { return c[i].ID })
	l.add("title", KindText, 60, func(i int) any { return s.title(&c[i]) })
	l.add("verdict", KindVerdict, 20, func(i int) any { return s.verdict(c[i].Verdict) })
	l.add("class", KindText, 28, func(i int) any { return s.label("class." + c[i].Class.String()) })
	l.add("confidence", KindRatio, 12, func(i int) any { return c[i].Confidence })
	l.add("machines", KindCount, 11, func(i int) any { return int64(len(c[i].Machines)) })
	l.add("events", KindCount, 12, func(i int) any { return orEmpty(c[i].Events) })
	l.add("bytes", KindBytes, 17, func(i int) any { return c[i].Bytes }).Bars = true
	l.add("bytes-per-event", KindRatio, 15, func(i int) any { return orEmpty(c[i].BytesPerEvent) })
	l.add("owner", KindText, 18, func(i int) any { return s.module(c[i].Owner) })
	l.add("holder", KindText, 18, func(i int) any { return s.module(c[i].Holder) })
	l.add("object", KindText, 12, func(i int) any { return orEmpty(s.word("object", c[i].Object)) })
	l.add("movement", KindText, 20, func(i int) any { return s.label("movement." + c[i].Movement.String()) })
	l.add("first-seen", KindTime, 19, func(i int) any { return orEmpty(firstSeen(&c[i])) })
	l.add("last-seen", KindTime, 19, func(i int) any { return orEmpty(lastSeen(&c[i])) })
	l.add("known-issue", KindText, 30, func(i int) any { return issueID(&c[i]) })
	l.add("next-step", KindText, 50, func(i int) any { return s.firstStep(&c[i]) })
	l.add("writeup", KindLink, 18, func(i int) any { return caseLink(c[i].ID) })
	return sheet
}

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

// verdict is a verdict's word in its tone.
func (s *speaker) verdict(v analyze.Verdict) Tagged {
	return Tagged{Text: s.label("verdict." + v.String()), Tone: verdictTone(v)}
}

// machineSheet lists all machines, the healthy ones too: a machine that is missing
// here was not heard of. What its log did not print is an empty cell, never 0.
func (s *speaker) machineSheet() Sheet {
	sheet := s.sheet("machines")
	m := s.in.Result.Machines
	quality := s.logQualities()
	l := s.rows(&sheet, len(m))
	latest := func(i int) *ingest.Snapshot { return m[i].Latest() }
	l.add("machine", KindText, 20, func(i int) any { return m[i].Name })
	l.add("named-by", KindText, 11, func(i int) any { return s.label("named." + m[i].From.String()) })
	l.add("os", KindText, 46, func(i int) any { return orEmpty(latest(i).OS.Text) })
	l.add("build", KindText, 9, func(i int) any { return orEmpty(numberOrNone(latest(i).OS.Build)) })
	l.add("bits", KindCount, 7, func(i int) any { return orEmpty(int64(latest(i).OS.Bits)) })
	l.add("ram", KindBytes, 17, func(i int) any { return orEmpty(latest(i).RAM) })
	l.add("uptime", KindHours, 11, func(i int) any { return uptimeHours(latest(i)) })
	l.add("session", KindTime, 19, func(i int) any { return orEmpty(latest(i).At.UTC()) })
	l.add("verdict", KindVerdict, 20, func(i int) any { return s.verdict(m[i].Verdict) })
	l.add("confidence", KindRatio, 12, func(i int) any { return m[i].Confidence })
	l.add("top-case", KindLink, 18, func(i int) any { return topCase(&m[i]) })
	l.add("nonpaged", KindBytes, 17, func(i int) any { return held(&m[i], ingest.NonPaged) })
	l.add("paged", KindBytes, 17, func(i int) any { return held(&m[i], ingest.Paged) })
	l.add("of-ceiling", KindShare, 19, func(i int) any { return ofCeiling(&m[i]) }).Scale = true
	l.add("snapshots", KindCount, 11, func(i int) any { return int64(len(m[i].Snapshots)) })
	l.add("log", KindText, 40, func(i int) any { return quality[m[i].Name] })
	return sheet
}

// numberOrNone writes a number that is a name, such as a build; nothing for 0.
func numberOrNone(n int) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// uptimeHours returns the uptime as a number to compare and sort by. A log without a
// ".time" output has none.
func uptimeHours(s *ingest.Snapshot) any {
	if !s.UptimeOK {
		return nil
	}
	return s.Uptime.Hours()
}

// topCase leads to the worst case of a machine.
func topCase(m *analyze.Machine) any {
	if len(m.Cases) == 0 {
		return nil
	}
	return caseLink(m.Cases[0])
}

// pool returns the machine's figures of a pool, or nil.
func pool(m *analyze.Machine, p ingest.Pool) *analyze.PoolFacts {
	for i := range m.Pool {
		if m.Pool[i].Pool == p {
			return &m.Pool[i]
		}
	}
	return nil
}

// held is what a pool holds: its printed TOTAL, or the sum of the rows when no
// total was printed.
func held(m *analyze.Machine, p ingest.Pool) any {
	f := pool(m, p)
	switch {
	case f == nil:
		return nil
	case f.Total != nil:
		return f.Total.Bytes
	}
	return f.Sum.Bytes
}

// ofCeiling is how full nonpaged pool is. Paged pool is left out: it seldom runs
// full, and its ceiling is seldom printed.
func ofCeiling(m *analyze.Machine) any {
	f := pool(m, ingest.NonPaged)
	if f == nil || f.Ceiling == 0 {
		return nil
	}
	return f.Share
}

// logQualities words for each machine how far its logs were read.
func (s *speaker) logQualities() map[string]string {
	words := map[string]string{}
	complete := s.label("state.read")
	for _, d := range s.in.Documents {
		quality := s.logQuality(d)
		for _, snap := range d.Snapshots {
			name := snap.Machine.Name
			if before, ok := words[name]; !ok || before == complete {
				words[name] = quality
			}
			if words[name] == "" {
				words[name] = complete
			}
		}
	}
	return words
}

// topTags is how many tags the chart of the Tags sheet shows.
const topTags = 10

// tagSheet lists every tag of the fleet by bytes. Its first column is the hex key,
// because a spreadsheet takes NtFC, NtfC and Ntfc for the same text.
func (s *speaker) tagSheet() Sheet {
	sheet := s.sheet("tags")
	t := s.in.Result.Tags
	l := s.rows(&sheet, len(t))
	l.add("hex", KindText, 11, func(i int) any { return t[i].Tag.Hex() })
	l.add("tag", KindText, 7, func(i int) any { return t[i].Tag.String() })
	l.add("pool", KindText, 11, func(i int) any { return s.pool(t[i].Pool) })
	l.add("description", KindText, 48, func(i int) any { return orEmpty(t[i].Description) })
	l.add("owner", KindText, 18, func(i int) any { return s.module(t[i].Owner) })
	l.add("owner-basis", KindText, 50, func(i int) any { return s.basis(t[i].Owner) })
	l.add("machines", KindCount, 11, func(i int) any { return int64(t[i].Machines) })
	l.add("median", KindCount, 12, func(i int) any { return t[i].Median })
	l.add("most", KindCount, 12, func(i int) any { return t[i].Most })
	l.add("most-on", KindText, 20, func(i int) any { return t[i].MostOn })
	l.add("bytes", KindBytes, 18, func(i int) any { return t[i].Bytes }).Bars = true
	l.add("cases", KindText, 24, func(i int) any { return orEmpty(strings.Join(t[i].Cases, ", ")) })
	if len(t) > 0 {
		sheet.Charts = []SheetChart{{Kind: ChartBars, Title: s.label("chart.top-tags"),
			Unit: s.label("chart.top-tags-unit"), Category: 1, Value: 10, Top: min(topTags, len(t))}}
	}
	return sheet
}

// filterSheet lists the filters of each machine. Altitudes are text: 385250.5 may
// have more digits than a spreadsheet's number keeps.
func (s *speaker) filterSheet() Sheet {
	sheet := s.sheet("filters")
	var f []analyze.FilterFact
	for i := range s.in.Result.Machines {
		f = append(f, s.in.Result.Machines[i].Filters...)
	}
	l := s.rows(&sheet, len(f))
	l.add("machine", KindText, 20, func(i int) any { return f[i].Machine })
	l.add("frame", KindText, 11, func(i int) any { return orEmpty(f[i].Frame) })
	l.add("filter", KindText, 24, func(i int) any { return f[i].Name })
	l.add("altitude", KindText, 12, func(i int) any { return string(f[i].Altitude) })
	l.add("instances", KindCount, 14, func(i int) any { return int64(f[i].Instances) }).Bars = true
	l.add("peer-most", KindCount, 16, func(i int) any { return int64(f[i].PeerMost) })
	l.add("volumes", KindCount, 10, func(i int) any { return orEmpty(int64(f[i].Volumes)) })
	median := func(n *analyze.FilterNorm) int { return n.Median }
	machines := func(n *analyze.FilterNorm) int { return n.Machines }
	l.add("elsewhere", KindCount, 14, func(i int) any { return elsewhere(f[i], median) })
	l.add("elsewhere-on", KindCount, 14, func(i int) any { return elsewhere(f[i], machines) })
	l.add("before", KindText, 16, func(i int) any { return orEmpty(before(f[i])) })
	l.add("flag", KindVerdict, 12, func(i int) any { return s.flagged(f[i]) })
	l.add("filter-why", KindText, 60, func(i int) any { return orEmpty(s.sentences(f[i].Why)) })
	l.add("source", KindText, 36, func(i int) any { return f[i].Source.String() })
	return sheet
}

// elsewhere is a figure of the filter on other machines, or an empty cell when no
// other has it.
func elsewhere(f analyze.FilterFact, figure func(*analyze.FilterNorm) int) any {
	if f.Elsewhere == nil {
		return nil
	}
	return int64(figure(f.Elsewhere))
}

// before writes the instances in earlier snapshots of the boot session.
func before(f analyze.FilterFact) string {
	counts := make([]string, len(f.Before))
	for i, n := range f.Before {
		counts[i] = count(int64(n))
	}
	return strings.Join(counts, ", ")
}

// flagged is the flag of a filter as a loud cell, or an empty one.
func (s *speaker) flagged(f analyze.FilterFact) any {
	if f.Standing < analyze.Odd {
		return nil
	}
	return Tagged{Text: s.flag(f), Tone: filterTone(f)}
}

// readMe tells what the workbook holds, what its words mean and what it was made
// from.
func (s *speaker) readMe() Sheet {
	sheet := s.sheet("readme")
	oldest, newest := span(s.in.Documents)
	unknown := s.label("value.unknown")
	when := func(t time.Time) string {
		if t.IsZero() {
			return unknown
		}
		return utc(t)
	}
	if notices := s.notices(); len(notices) > 0 {
		sheet.Groups = []Group{{s.label("group.notices"), notices}}
	}
	sheet.Groups = append(sheet.Groups, []Group{
		{s.label("group.period"), []Pair{
			{s.label("period.oldest"), when(oldest)}, {s.label("period.newest"), when(newest)},
		}},
		{s.label("group.counts"), s.counts()},
		{s.label("group.verdicts"), s.legend()},
		{s.label("group.versions"), []Pair{
			{s.label("fact.tool"), s.in.Tool}, {s.label("fact.schema"), OutputSchema},
		}},
		{s.label("group.inputs"), s.hashes()},
		{s.label("group.gaps"), s.gaps()},
	}...)
	return sheet
}

// verdictsWorstFirst is the order of legends and counts.
var verdictsWorstFirst = []analyze.Verdict{
	analyze.Runaway, analyze.Leak, analyze.Suspect, analyze.Healthy, analyze.Insufficient,
}

// counts says how much was looked at and what came of it, so that a reader sees at
// once whether the whole lab is in.
func (s *speaker) counts() []Pair {
	partial := 0
	for _, d := range s.in.Documents {
		if d.Partial() {
			partial++
		}
	}
	whole := func(n int) string { return count(int64(n)) }
	pairs := []Pair{
		{s.label("counts.files"), whole(len(s.in.Documents) + len(s.in.Refused))},
		{s.label("counts.partial"), whole(partial)},
		{s.label("counts.refused"), whole(len(s.in.Refused))},
		{s.label("counts.cases"), whole(len(s.in.Result.Cases))},
		{s.label("counts.machines"), whole(len(s.in.Result.Machines))},
	}
	for _, v := range verdictsWorstFirst {
		n := 0
		for i := range s.in.Result.Machines {
			if s.in.Result.Machines[i].Verdict == v {
				n++
			}
		}
		name := s.say("counts.verdict", facts{"verdict": s.label("verdict." + v.String())})
		pairs = append(pairs, Pair{name, whole(n)})
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
