package report

import (
	"cmp"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// sections are the numbered parts after page one. Their numbers are those of the
// reports' outline and stay when a section has no facts and is left out.
func (s *speaker) sections(c *analyze.Case, w *Writeup, docs []*ingest.Document) []Section {
	all := []Section{
		s.section(1, s.whatHappened(c)),
		s.section(2, s.impact(c)),
		s.section(3, s.timeline(c)),
		s.section(4, s.counters(c, w)),
		s.section(5, s.cluster(c)),
		s.section(6, s.filters(c)),
		s.section(7, s.reconciliation(c)),
		s.section(8, s.fleet(c)),
		s.section(9, s.argument(c)),
		s.section(10, s.limits(c)),
		s.section(11, s.nextSteps(c.Next)),
		s.section(12, s.bullets(c.Mitigation)),
		s.section(13, s.knownIssue(c)),
		s.section(14, s.ticketBlocks(c, w)),
		s.section(15, s.appendix(c, docs)),
	}
	for i := range all {
		all[i].Appendix = all[i].Number > lastForAll
	}
	return slices.DeleteFunc(all, func(sec Section) bool { return len(sec.Blocks) == 0 })
}

// lastForAll is the last section for every reader. What follows is to look things up
// in.
const lastForAll = 3

// section puts blocks under their number. A table that found no rows is dropped,
// so that no heading stands over nothing; a section without blocks is left out by
// the caller.
func (s *speaker) section(n int, blocks []Block) Section {
	blocks = slices.DeleteFunc(blocks, Block.empty)
	return Section{Number: n, Title: s.label("section." + number(n)), Blocks: blocks}
}

// empty tells that a block says nothing.
func (b Block) empty() bool {
	switch {
	case b.Table != nil:
		return len(b.Table.Rows) == 0
	case b.Ratios != nil:
		return len(b.Ratios.Rungs) == 0
	}
	return b.Text == "" && len(b.Bullets)+len(b.Chain)+len(b.Steps)+len(b.Links)+len(b.Code) == 0 &&
		b.Chart == nil && b.Matrix == nil
}

// bullets makes a list of reasons, or nothing of none.
func (s *speaker) bullets(reasons []analyze.Reason) []Block {
	if len(reasons) == 0 {
		return nil
	}
	return []Block{{Bullets: s.cited(reasons)}}
}

// limits are what the input does not carry, what the next log has to show if the
// verdict is right, and the signs that came near and did not fire.
func (s *speaker) limits(c *analyze.Case) []Block {
	blocks := s.bullets(c.Limits)
	for _, list := range []struct {
		title   string
		reasons []analyze.Reason
	}{{"heading.expect", foretold(c)}, {"explain.missed", c.Missed}} {
		for _, b := range s.bullets(list.reasons) {
			b.Title = s.label(list.title)
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// foretold are the predictions of a case as reasons.
func foretold(c *analyze.Case) []analyze.Reason {
	var out []analyze.Reason
	for _, x := range c.Expect {
		out = append(out, x.Why)
	}
	return out
}

// How many tags section 4 shows, of the case and others: a page of each at most. The
// workbook and the JSON have all.
const (
	ownTags   = 60
	otherTags = 20
)

// counters are the tags of the case, then the largest of the same snapshot that
// do not belong to it: a reader wants to see what the case is large beside.
func (s *speaker) counters(c *analyze.Case, w *Writeup) []Block {
	if c.Lead == nil {
		return nil
	}
	var own []analyze.Member
	for _, g := range groups(c) {
		own = append(own, g.members...)
	}
	var others []ingest.TagUsage
	for _, t := range c.Lead.Tags {
		if !slices.ContainsFunc(own, func(m analyze.Member) bool { return m.Tag == t.Tag && m.Pool == t.Pool }) {
			others = append(others, t)
		}
	}
	slices.SortStableFunc(others, ingest.LargerFirst)
	shown := others[:min(otherTags, len(others))]
	caption := s.say("caption.others", facts{"shown": len(shown), "all": len(others)})
	var blocks []Block
	if w.Timeline != nil { // else the bars stand on the first page
		blocks = []Block{{Chart: s.tagChart(c, chartBars)}}
	}
	return append(blocks,
		Block{Table: s.usageTable(s.label("caption.cluster"), usages(own[:min(ownTags, len(own))]), len(own))},
		Block{Table: s.usageTable(caption, shown, len(shown))})
}

// usageTable shows tag rows with what the debugger's tag list says about each. A
// driver developer knows her own tags by sight; for all others the description is
// the first hint.
func (s *speaker) usageTable(caption string, rows []ingest.TagUsage, all int) *Table {
	g := s.newGrid(caption, len(rows))
	g.Note = s.leftOut(all - len(rows))
	s.usageColumns(g, rows)
	// A description stands in full in the log and in the workbook.
	g.add(Column{Title: s.label("column.description"), Share: 0.33, Clip: true}, func(i int) Cell {
		return Cell{Text: s.cut(s.description(rows[i]))}
	})
	return g.table()
}

// leftOut is the note on what a list has no room for, empty when it has all.
func (s *speaker) leftOut(more int) string {
	if more <= 0 {
		return ""
	}
	return s.say("appendix.more", facts{"more": more})
}

// description is what the debugger's tag list says about a row. For an unlisted
// tag it prints "UNKNOWN pooltag 'tsni', please update pooltag.txt", once a row,
// which says no more than that the list is silent.
func (s *speaker) description(row ingest.TagUsage) string {
	if row.Unknown() {
		return s.label("description.unknown")
	}
	return row.Description
}

// cluster shows how close the counts stand, and what chance would give in this
// very table: a few exact-looking matches turn up in any table of hundreds of tags,
// so a ratio alone convinces nobody.
func (s *speaker) cluster(c *analyze.Case) []Block {
	k := c.Cluster
	if k == nil {
		return nil
	}
	core := c.Core
	if len(c.Core) <= ladderTags {
		core = nil // the ladder has count, surplus and error of each
	}
	intro := s.say("cluster.intro", facts{
		"tag": k.Anchor.Tag, "events": k.Events, "compared": k.Candidate - 1, "tolerance": k.Tolerance,
		"share": float64(k.Tolerance) / float64(max(1, k.Events)),
	})
	chance := s.say("cluster.chance", facts{"luck": k.ByLuck, "chance": k.Chance})
	return []Block{
		{Text: s.join("sentences.more", []string{intro, chance})},
		{Ratios: s.ratios(c)},
		{Matrix: s.matrix(c)},
		{Table: s.memberTable("caption.members", core)},
		{Table: s.memberTable("caption.followers", c.Followers)},
		{Table: s.relatedTable(c.Related)},
	}
}

// memberTable holds members against what the event count lets expect of them. The
// error is given beside the surplus: 30 too many of 21,682 is close, of 60 it is not.
func (s *speaker) memberTable(caption string, members []analyze.Member) *Table {
	all := len(members)
	members = members[:min(ownTags, all)]
	g := s.newGrid(s.label(caption), len(members))
	g.Note = s.leftOut(all - len(members))
	counted := func(i int) int64 { return members[i].ClusterCount() }
	expected := func(i int) int64 { return counted(i) - members[i].Surplus }
	g.mono(s.label("column.tag"), 0.1, func(i int) string { return members[i].Tag.String() })
	g.number(s.label("column.ratio"), 0.1, func(i int) string { return s.ratio(members[i]) })
	g.number(s.label("column.expected"), 0.2, func(i int) string { return count(expected(i)) })
	title := "column.outstanding"
	if slices.ContainsFunc(members, func(m analyze.Member) bool { return m.Gained != 0 }) {
		title = "column.gained"
	}
	g.number(s.label(title), 0.2, func(i int) string { return count(counted(i)) })
	g.number(s.label("column.surplus"), 0.2, func(i int) string { return signed(members[i].Surplus) })
	g.number(s.label("column.error"), 0.2, func(i int) string {
		return s.percent(math.Abs(float64(members[i].Surplus)) / float64(max(1, expected(i))))
	})
	return g.table()
}

// ratio writes a member's integer ratio to the events: 2:1 is two allocations an
// event.
func (s *speaker) ratio(m analyze.Member) string {
	return s.say("ratio.integer", facts{"times": m.Times, "per": m.Per})
}

// relatedTable is honest about the tags that belong to the case by their owner,
// not by their count.
func (s *speaker) relatedTable(related []analyze.Member) *Table {
	all := len(related)
	related = related[:min(ownTags, all)]
	g := s.newGrid(s.label("caption.related"), len(related))
	g.Note = s.leftOut(all - len(related))
	g.mono(s.label("column.tag"), 0.1, func(i int) string { return related[i].Tag.String() })
	g.number(s.label("column.outstanding"), 0.15, func(i int) string { return count(related[i].Outstanding) })
	g.number(s.label("column.bytes"), 0.15, func(i int) string { return counter(related[i].Bytes) })
	g.number(s.label("column.ratio"), 0.1, func(i int) string { return s.weight(related[i].Ratio) })
	g.prose(s.label("column.owner"), 0.5, func(i int) string { return s.owner(related[i].Owner) })
	return g.table()
}

// owner words a tag's owner with the basis of the claim.
func (s *speaker) owner(a analyze.Attribution) string {
	return s.say("owner.of-tag", facts{"module": prose(s.module(a)), "basis": prose(s.basis(a))})
}

// filters shows the stack by altitude, as the filter manager calls it: highest
// first.
func (s *speaker) filters(c *analyze.Case) []Block {
	f := c.Filters
	if len(f) == 0 {
		return nil
	}
	g := s.newGrid(s.label("caption.filters"), len(f))
	if slices.ContainsFunc(f, func(o analyze.FilterFact) bool { return o.Machine != f[0].Machine }) {
		g.text(s.label("column.machine"), 0.2, func(i int) string { return f[i].Machine })
	}
	g.number(s.label("column.altitude"), 0.15, func(i int) string { return string(f[i].Altitude) })
	g.text(s.label("column.filter"), 0.25, func(i int) string { return f[i].Name })
	g.text(s.label("column.frame"), 0.15, func(i int) string { return f[i].Frame })
	g.number(s.label("column.instances"), 0.15, func(i int) string { return count(int64(f[i].Instances)) })
	g.number(s.label("column.peer-most"), 0.15, func(i int) string { return count(int64(f[i].PeerMost)) })
	has := func(fact func(analyze.FilterFact) bool) bool { return slices.ContainsFunc(f, fact) }
	if has(func(o analyze.FilterFact) bool { return o.Volumes > 0 }) {
		g.number(s.label("column.volumes"), 0.1, func(i int) string { return some(f[i].Volumes) })
	}
	if has(func(o analyze.FilterFact) bool { return o.Elsewhere != nil }) {
		g.number(s.label("column.elsewhere"), 0.12, func(i int) string { return s.onOthers(f[i].Elsewhere) })
	}
	if has(func(o analyze.FilterFact) bool { return len(o.Before) > 0 }) {
		g.number(s.label("column.before"), 0.12, func(i int) string { return before(f[i]) })
	}
	g.add(Column{Title: s.label("column.flag"), Share: 0.15}, func(i int) Cell {
		return Cell{Text: s.flag(f[i]), Tone: filterTone(f[i])}
	})
	return []Block{{Table: g.table()}, {Chart: s.filterChart(f)}, {Table: s.repeated(f)}, {Table: s.explained(c)}}
}

// some writes a count, or nothing where the log has none.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return count(int64(n))
}

// onOthers words how many instances a filter has on other machines.
func (s *speaker) onOthers(n *analyze.FilterNorm) string {
	if n == nil {
		return ""
	}
	return s.say("filter.elsewhere", facts{"median": n.Median, "machines": n.Machines})
}

// repeatedRows bounds the list of repeated attachments.
const repeatedRows = 10

// repeated lists attachments of one name that stand on one volume more than once, and
// those on volumes that are gone.
func (s *speaker) repeated(f []analyze.FilterFact) *Table {
	var names []string
	var groups []ingest.Instance
	for _, o := range f {
		for _, g := range o.Groups {
			if g.Count > 1 && g.Volume != "" || g.Detached {
				names, groups = append(names, o.Name), append(groups, g)
			}
		}
	}
	n := min(repeatedRows, len(groups))
	g := s.newGrid(s.say("caption.repeated", facts{"more": len(groups) - n}), n)
	g.text(s.label("column.filter"), 0.2, func(i int) string { return names[i] })
	g.text(s.label("column.instance"), 0.25, func(i int) string { return groups[i].Name })
	g.text(s.label("column.volume"), 0.3, func(i int) string { return s.volume(groups[i]) })
	g.number(s.label("column.instances"), 0.1, func(i int) string { return count(int64(groups[i].Count)) })
	g.mono(s.label("column.source"), 0.2, func(i int) string { return s.cite(groups[i].Source) })
	return g.table()
}

// volume names the volume of an attachment, also when it is gone.
func (s *speaker) volume(g ingest.Instance) string {
	if !g.Detached {
		return g.Volume
	}
	return strings.TrimSpace(g.Volume + " " + s.label("volume.gone"))
}

// explained tells of each filter why it stands out or what explains its instances. That
// they are as many as usual the list shows already, and section 9 has what makes the case.
func (s *speaker) explained(c *analyze.Case) *Table {
	told := func(r analyze.Reason) bool {
		return r.Rule == analyze.FilterUsual ||
			slices.ContainsFunc(c.Why, func(why analyze.Reason) bool { return reflect.DeepEqual(why, r) })
	}
	f := slices.Clone(c.Filters)
	for i := range f {
		f[i].Why = slices.DeleteFunc(slices.Clone(f[i].Why), told)
	}
	f = slices.DeleteFunc(f, func(o analyze.FilterFact) bool { return len(o.Why) == 0 })
	g := s.newGrid(s.label("caption.filter-why"), len(f))
	g.text(s.label("column.filter"), 0.2, func(i int) string { return f[i].Name })
	g.prose(s.label("column.filter-why"), 0.8, func(i int) string { return s.sentences(f[i].Why) })
	return g.table()
}

// sentences says reasons one after the other.
func (s *speaker) sentences(reasons []analyze.Reason) string {
	return s.join("sentences.more", s.reasons(reasons))
}

// flag is the word for what stands out about a filter; most have none.
func (s *speaker) flag(f analyze.FilterFact) string {
	if f.Standing < analyze.Odd {
		return ""
	}
	return s.label("flag." + f.Standing.String())
}

// filterTone makes the filter that stands out loud, in the table and in the chart.
func filterTone(f analyze.FilterFact) Tone {
	switch f.Standing {
	case analyze.RanAway:
		return ToneAlarm
	case analyze.Odd:
		return ToneWarning
	}
	return TonePlain
}

// reconciliation compares what the tag rows sum to with what the debugger printed
// as total and with !vm.
func (s *speaker) reconciliation(c *analyze.Case) []Block {
	p := c.Pool
	if len(p) == 0 {
		return nil
	}
	g := s.newGrid(s.label("caption.pools"), len(p))
	g.text(s.label("column.pool"), 0.1, func(i int) string { return s.pool(p[i].Pool) })
	g.number(s.label("column.rows"), 0.06, func(i int) string { return count(int64(p[i].Rows)) })
	g.number(s.label("column.sum"), 0.14, func(i int) string { return counter(p[i].Sum.Bytes) })
	g.number(s.label("column.total"), 0.14, func(i int) string { return s.total(p[i]) })
	g.add(Column{Title: s.label("column.agrees"), Share: 0.08}, func(i int) Cell { return s.agrees(p[i]) })
	g.number(s.label("column.vm"), 0.14, func(i int) string { return s.orNotPrinted(p[i].VM) })
	g.number(s.label("column.rest"), 0.12, func(i int) string { return rest(p[i]) })
	g.number(s.label("column.ceiling"), 0.14, func(i int) string { return s.orUnknown(p[i].Ceiling) })
	g.number(s.label("column.share"), 0.08, func(i int) string { return s.used(p[i]) })
	return []Block{{Table: g.table()}, {Text: s.join("sentences.more", s.poolRests(p))}}
}

// poolRests tell what no tag row explains, and where the ceilings are from. Why the sum
// and !vm differ is said once.
func (s *speaker) poolRests(p []analyze.PoolFacts) []string {
	var said []string
	var before int64 // the rest of the pool before, by its sign
	for _, pool := range p {
		if pool.VM > 0 && pool.Rest != 0 {
			said = append(said, s.say("pool.rest", facts{"pool": s.pool(pool.Pool), "rest": pool.Rest,
				"share": math.Abs(float64(pool.Rest)) / float64(pool.VM), "again": before*pool.Rest > 0}))
			before = int64(cmp.Compare(pool.Rest, 0))
		}
	}
	for _, pool := range p {
		if basis := s.reason(pool.Basis); basis != "" {
			said = append(said, s.say("pool.basis", facts{"pool": s.pool(pool.Pool), "basis": prose(basis)}))
		}
	}
	return said
}

// total writes the TOTAL row as printed. A table that was cut off has none, and
// that is worth saying.
func (s *speaker) total(p analyze.PoolFacts) string {
	if p.Total == nil {
		return s.label("value.unknown")
	}
	return counter(p.Total.Bytes)
}

// agrees tells whether the rows add up to TOTAL. If they do not, rows are missing or
// misread, and every share computed from them is off.
func (s *speaker) agrees(p analyze.PoolFacts) Cell {
	switch {
	case p.Total == nil:
		return Cell{}
	case p.Agrees:
		return Cell{Text: s.label("value.yes"), Tone: ToneGood}
	}
	return Cell{Text: s.label("value.no"), Tone: ToneNotice}
}

// rest writes what !vm counts and no tag row explains: large pages, or rows lost
// from the log.
func rest(p analyze.PoolFacts) string {
	if p.VM == 0 {
		return ""
	}
	return signed(p.Rest)
}

// used writes the part of the ceiling that is in use, when there is a ceiling.
func (s *speaker) used(p analyze.PoolFacts) string {
	if p.Ceiling == 0 {
		return ""
	}
	return s.percent(p.Share)
}

// orNotPrinted writes a figure of !vm. The log of a machine nobody ran !vm on has
// none, and 0 would be a lie.
func (s *speaker) orNotPrinted(n uint64) string {
	if n == 0 {
		return s.label("value.unknown")
	}
	return counter(n)
}

// orUnknown writes a ceiling. It is not always printed, and not always believable:
// recent systems print a nonpaged maximum larger than any machine's memory.
func (s *speaker) orUnknown(n uint64) string {
	if n == 0 {
		return s.label("value.not-known")
	}
	return counter(n)
}

// argument is the chain of reasoning, then all that speaks for and against the case,
// what else was considered, and what was checked and cleared. The four answers
// themselves stand on page one.
func (s *speaker) argument(c *analyze.Case) []Block {
	var blocks []Block
	if len(c.Chain) > 0 {
		blocks = append(blocks, Block{Chain: s.cited(c.Chain)})
	}
	for _, list := range []struct {
		title   string
		reasons []analyze.Reason
	}{{"heading.why", c.Why}, {"heading.why-not", c.WhyNot}, {"heading.unsure", c.Unsure}} {
		if len(list.reasons) > 0 {
			blocks = append(blocks, Block{Title: s.label(list.title), Bullets: s.cited(list.reasons)})
		}
	}
	return append(blocks, Block{Table: s.alternatives(c.Alternatives)}, Block{Table: s.cleared(c.Cleared)})
}

// alternatives lists who else was considered and why each lost, so that the reader
// need not wonder whether the obvious suspect was looked at.
func (s *speaker) alternatives(a []analyze.Alternative) *Table {
	g := s.newGrid(s.label("caption.alternatives"), len(a))
	g.text(s.label("column.role"), 0.2, func(i int) string { return s.label("role." + a[i].Role) })
	g.text(s.label("column.module"), 0.2, func(i int) string { return s.word("module", a[i].Module) })
	g.number(s.label("column.weight"), 0.1, func(i int) string { return s.weight(a[i].Weight) })
	g.prose(s.label("column.lost"), 0.5, func(i int) string { return s.reason(a[i].Lost) })
	return g.table()
}

// cleared lists tags that were checked and found balanced. They matter to whoever
// owns them: "your driver's own pool is clean" is half an answer.
func (s *speaker) cleared(c []analyze.Cleared) *Table {
	g := s.newGrid(s.label("caption.cleared"), len(c))
	g.mono(s.label("column.tag"), 0.2, func(i int) string { return c[i].Name })
	g.number(s.label("column.tags"), 0.1, func(i int) string { return count(int64(len(c[i].Tags))) })
	g.number(s.label("column.allocs"), 0.2, func(i int) string { return counter(c[i].Allocs) })
	g.number(s.label("column.frees"), 0.2, func(i int) string { return counter(c[i].Frees) })
	g.add(Column{Title: s.label("column.outstanding"), Share: 0.2, Align: AlignRight}, func(i int) Cell {
		return Cell{Text: count(c[i].Open), Tone: ToneGood}
	})
	return g.table()
}

// nextSteps lists all steps with what each costs and what its outcomes mean.
func (s *speaker) nextSteps(steps []analyze.Step) []Block {
	var blocks []Block
	said := s.steps(steps)
	for i, step := range steps {
		// Two calls of one command, or a command for each tag, mean the same.
		again := i > 0 && steps[i-1].Why.Rule == step.Why.Rule
		if rule := string(step.Why.Rule); !again && s.in.Words.Has("cost."+rule) {
			said[i].Outcome = s.join("sentences.more", []string{s.label("outcome." + rule), s.label("cost." + rule)})
		}
	}
	if len(said) > 0 {
		blocks = append(blocks, Block{Steps: said})
	}
	return blocks
}

// webPage finds a page of the web at the start of a reference: a host, and mostly a
// path, as a reader would type it.
var webPage = regexp.MustCompile(`^(https?://)?[a-z0-9.-]+\.[a-z]{2,}(/[^\s,]*)?`)

// references lead to the page that they begin with.
func (s *speaker) references(list []string) []WebLink {
	var out []WebLink
	for _, text := range list {
		l := WebLink{Text: s.cut(text)}
		if page := webPage.FindString(text); strings.Contains(page, "/") || strings.HasSuffix(page, ".io") {
			l.URL = "https://" + strings.TrimPrefix(strings.TrimPrefix(page, "http://"), "https://")
		}
		out = append(out, l)
	}
	return out
}

// knownIssue tells what is published. What helps against it is among the
// mitigations of section 12.
func (s *speaker) knownIssue(c *analyze.Case) []Block {
	k := c.Known
	if k == nil {
		return nil
	}
	blocks := []Block{{Text: s.say("known-issue", facts{"title": k.Title, "id": k.ID, "pattern": k.Pattern()})}}
	if mechanism := s.text(k.Mechanism); mechanism != "" {
		blocks = append(blocks, Block{Text: s.cutText(mechanism)})
	}
	if len(k.References) > 0 {
		blocks = append(blocks, Block{Title: s.label("caption.references"), Links: s.references(k.References)})
	}
	return blocks
}
