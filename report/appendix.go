package report

import (
	"fmt"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// appendixRows bounds the lists of an appendix: a log of ten million warnings
// must not make a write-up of as many lines. The JSON has them all.
const appendixRows = 40

// appendix is what a sceptic needs to check the case without us.
func (s *speaker) appendix(c *analyze.Case, docs []*ingest.Document) []Block {
	var blocks []Block
	if c.Lead != nil {
		blocks = append(blocks, Block{Table: s.twoPairs("caption.environment", s.environment(c.Lead))})
		blocks = append(blocks, s.modules(c)...)
	}
	blocks = append(blocks, s.sources(c)...)
	blocks = append(blocks, s.inputs(docs)...)
	blocks = append(blocks, Block{Table: s.pairs("caption.versions", s.madeWith())})
	if c.Lead != nil {
		blocks = append(blocks, Block{Table: s.drivers(c.Lead)})
	}
	blocks = append(blocks, s.skipped(docs)...)
	blocks = append(blocks, s.unread(docs)...)
	return append(blocks, s.warnings(docs)...)
}

// madeWith is what a verdict depends on besides the logs.
func (s *speaker) madeWith() []Pair {
	pairs := []Pair{{s.label("fact.tool"), s.in.Tool}, {s.label("fact.schema"), OutputSchema},
		{s.label("fact.rules"), s.say("rules.of", facts{"tool": s.in.Tool, "issues": s.in.Issues})}}
	for _, m := range s.in.TagMaps {
		pairs = append(pairs, Pair{s.label("fact.tag-map"), s.say("tag-map.of", facts{"file": m.File, "sha256": m.SHA256})})
	}
	return pairs
}

// pairs makes a table of two columns, a fact and its value.
func (s *speaker) pairs(caption string, pairs []Pair) *Table {
	g := s.newGrid(s.label(caption), len(pairs))
	g.text(s.label("column.fact"), 0.25, func(i int) string { return pairs[i].Label })
	g.text(s.label("column.value"), 0.75, func(i int) string { return pairs[i].Value })
	return g.table()
}

// twoPairs has two facts beside each other, for values that are short.
func (s *speaker) twoPairs(caption string, pairs []Pair) *Table {
	half := (len(pairs) + 1) / 2
	at := func(i int) Pair {
		if i < len(pairs) {
			return pairs[i]
		}
		return Pair{}
	}
	g := s.newGrid(s.label(caption), half)
	g.text("", 0.15, func(i int) string { return pairs[i].Label })
	g.text("", 0.35, func(i int) string { return pairs[i].Value })
	g.text("", 0.15, func(i int) string { return at(i + half).Label })
	g.text("", 0.35, func(i int) string { return at(i + half).Value })
	return g.table()
}

// environment is what is known about the machine at the moment of the snapshot.
// What was not printed is said so: a missing uptime is why there is no rate.
func (s *speaker) environment(snap *ingest.Snapshot) []Pair {
	unknown := s.label("value.unknown")
	or := func(known bool, value string) string {
		if known {
			return value
		}
		return unknown
	}
	os := snap.OS
	pairs := []Pair{
		{s.label("fact.machine"), snap.Machine.Name},
		{s.label("column.named-by"), s.label("named." + snap.Machine.From.String())},
		{s.label("fact.os"), or(os.Text != "", os.Text)},
		{s.label("fact.build"), or(os.Build > 0, number(os.Build))},
		{s.label("fact.bits"), or(os.Bits > 0, number(os.Bits))},
		{s.label("fact.processors"), or(os.Processors > 0, number(os.Processors))},
		{s.label("fact.ram"), unknown},
		{s.label("fact.session"), or(!snap.At.IsZero(), s.moment(snap.At))},
		{s.label("fact.uptime"), or(snap.UptimeOK, s.duration(snap.Uptime))},
	}
	if snap.RAM > 0 {
		pairs[6].Value = s.bytes(float64(snap.RAM))
	}
	if p := snap.Processes; p != nil {
		pairs = append(pairs, Pair{s.label("fact.processes"),
			s.say("processes.counted", facts{"listed": p.Listed, "zombies": p.Zombies})})
	}
	return pairs
}

// modules lists the drivers that the case names and the log has a range for.
func (s *speaker) modules(c *analyze.Case) []Block {
	named := []string{c.Owner.Module, c.Holder.Module, c.Trigger.Module, c.Amplifier.Module}
	for _, a := range c.Alternatives {
		named = append(named, a.Module)
	}
	for _, g := range groups(c) {
		for _, m := range g.members {
			named = append(named, m.Owner.Module)
		}
	}
	var mods []ingest.Module
	for _, m := range c.Lead.Modules {
		is := func(name string) bool { return ingest.ModuleKey(name) == ingest.ModuleKey(m.Name) }
		// lm is often run again, or for one address after another: each module once.
		again := func(o ingest.Module) bool { return o.Name == m.Name && o.Start == m.Start }
		if slices.ContainsFunc(named, is) && !slices.ContainsFunc(mods, again) {
			mods = append(mods, m)
		}
	}
	g := s.newGrid(s.label("caption.modules"), len(mods))
	g.text(s.label("column.module"), 0.2, func(i int) string { return mods[i].Name })
	g.mono(s.label("column.range"), 0.35, func(i int) string { return addresses(mods[i]) })
	g.text(s.label("column.version"), 0.2, func(i int) string { return mods[i].Version })
	g.mono(s.label("column.source"), 0.25, func(i int) string { return s.cite(mods[i].Source) })
	return []Block{{Table: g.table()}}
}

// How the list of all drivers is set: so many stand beside each other, those with names
// alone closer, and no more than two pages hold.
const (
	driversBeside = 3
	namesBeside   = 6
	driversMost   = 450
)

// drivers lists all drivers that were loaded, by name: whoever looks for one need not
// open the log. Addresses and symbols stay there.
func (s *speaker) drivers(snap *ingest.Snapshot) *Table {
	var all []ingest.Module
	seen := map[string]bool{}
	for _, m := range snap.Modules {
		if key := ingest.ModuleKey(m.Name) + m.Version; !m.Unloaded && !seen[key] {
			seen[key] = true
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b ingest.Module) int {
		return strings.Compare(ingest.ModuleKey(a.Name), ingest.ModuleKey(b.Name))
	})
	if len(all) == 0 {
		return &Table{}
	}
	shown := all[:min(driversMost, len(all))]
	beside := driversBeside
	if !slices.ContainsFunc(shown, func(m ingest.Module) bool { return version(m) != "" }) {
		beside = namesBeside
	}
	rows := (len(shown) + beside - 1) / beside
	g := s.newGrid(s.say("caption.drivers", facts{"drivers": len(all), "source": s.cite(snap.Modules[0].Source)}), rows)
	at := func(of func(ingest.Module) string, column int) func(row int) string {
		return func(row int) string { // by columns, as an index is read
			if i := column*rows + row; i < len(shown) {
				return of(shown[i])
			}
			return ""
		}
	}
	for column := range beside {
		g.text("", 0.5, at(func(m ingest.Module) string { return m.Name }, column))
		if beside == driversBeside {
			g.add(Column{Share: 0.5}, func(row int) Cell { return Cell{Text: s.cut(at(version, column)(row)), Tone: ToneMuted} })
		}
	}
	if more := len(all) - len(shown); more > 0 {
		g.Note = s.say("drivers.more", facts{"more": more})
	}
	return g.table()
}

// version is what tells one build of a driver from another: its version, else the day in
// its time stamp.
func version(m ingest.Module) string {
	if m.Version != "" {
		return m.Version
	}
	stamp, _, _ := strings.Cut(m.Built, " (")
	return stamp
}

// sources gives the file and line of each figure. Those of the argument stand with
// its steps in section 9.
func (s *speaker) sources(c *analyze.Case) []Block {
	quotes, rows := s.quotes(s.evidence(c))
	shown, more := s.bounded(len(rows))
	g := s.newGrid(s.label("caption.sources"), shown)
	g.text(s.label("column.fact"), 0.17, func(i int) string { return rows[i].what })
	g.text(s.label("column.value"), 0.55, func(i int) string { return rows[i].value })
	g.mono(s.label("column.source"), 0.28, func(i int) string { return s.citeAll(rows[i].at) })
	return append(quotes, append([]Block{{Table: g.table()}}, more...)...)
}

// quotes gives the lines that figures were read from as the log prints them, with
// their numbers, one block a file, and returns the figures whose lines are not at
// hand.
func (s *speaker) quotes(rows []fact) (blocks []Block, rest []fact) {
	var at []ingest.Source
	for _, f := range rows {
		if _, ok := s.in.Lines[f.at[0]]; ok {
			at = append(at, f.at[0])
		} else {
			rest = append(rest, f)
		}
	}
	at = inOrder(at)
	shown, more := s.bounded(len(at))
	for i, src := range at[:shown] {
		if i == 0 || src.File != at[i-1].File {
			title := s.say("caption.quoted", facts{"file": s.cite(ingest.Source{File: src.File})})
			blocks = append(blocks, Block{Title: title})
		}
		b := &blocks[len(blocks)-1]
		b.Code = append(b.Code, fmt.Sprintf("%6d  %s", src.Line, strings.TrimRight(s.in.Lines[src], " \t")))
	}
	return append(blocks, more...), rest
}

// bounded returns how many of n rows an appendix shows, and the note on the rest.
func (s *speaker) bounded(n int) (shown int, note []Block) {
	if n <= appendixRows {
		return n, nil
	}
	return appendixRows, []Block{{Text: s.say("appendix.more", facts{"more": n - appendixRows})}}
}

// inputs lists the files the case was made from, with their hashes in full: months
// later it proves that a log is the one the case was made from.
func (s *speaker) inputs(docs []*ingest.Document) []Block {
	shown, more := s.bounded(len(docs))
	g := s.newGrid(s.label("caption.inputs"), shown)
	g.text(s.label("column.file"), 0.22, func(i int) string { return s.cite(ingest.Source{File: docs[i].File}) })
	g.number(s.label("column.size"), 0.1, func(i int) string { return count(docs[i].Bytes) })
	g.number(s.label("column.lines"), 0.08, func(i int) string { return count(int64(docs[i].Lines)) })
	for _, c := range []struct {
		title string
		lines func(*ingest.Document) int
	}{{"column.lines-outside", func(d *ingest.Document) int { return d.Outside }},
		{"column.lines-passed", func(d *ingest.Document) int { return d.Passed }}} {
		if slices.ContainsFunc(docs, func(d *ingest.Document) bool { return c.lines(d) > 0 }) {
			g.number(s.label(c.title), 0.09, func(i int) string { return count(int64(c.lines(docs[i]))) })
		}
	}
	g.text(s.label("column.state"), 0.08, func(i int) string {
		return s.label("state." + documentState(docs[i]))
	})
	g.mono(s.label("column.sha256"), 0.34, func(i int) string { return docs[i].SHA256 })
	return append([]Block{{Table: g.table()}}, more...)
}

// skipped lists the commands of the logs that poolsweep does not read, each with its
// first place. Their output may hold the answer, and nobody should think it was looked at.
func (s *speaker) skipped(docs []*ingest.Document) []Block {
	type use struct {
		ingest.SkippedCommand
		logs int
		at   ingest.Source
	}
	var uses []use
	of := map[string]int{}
	for _, d := range docs {
		for _, c := range d.Skipped {
			i, known := of[c.Command]
			if !known {
				i, of[c.Command] = len(uses), len(uses)
				uses = append(uses, use{ingest.SkippedCommand{Command: c.Command}, 0, ingest.Source{File: d.File, Line: c.Line}})
			}
			uses[i].Count, uses[i].logs = uses[i].Count+c.Count, uses[i].logs+1
		}
	}
	shown, more := s.bounded(len(uses))
	g := s.newGrid(s.label("caption.skipped"), shown)
	g.mono(s.label("column.command"), 0.4, func(i int) string { return uses[i].Command })
	g.number(s.label("column.uses"), 0.1, func(i int) string { return count(int64(uses[i].Count)) })
	g.number(s.label("column.logs"), 0.1, func(i int) string { return count(int64(uses[i].logs)) })
	g.mono(s.label("column.first-place"), 0.4, func(i int) string { return s.cite(uses[i].at) })
	return append([]Block{{Table: g.table()}}, more...)
}

// unread lists the output that was read in part: blocks that were cut off, have
// no end, or hold lines that were not understood.
func (s *speaker) unread(docs []*ingest.Document) []Block {
	var blocks []ingest.Block
	for _, d := range docs {
		for _, snap := range d.Snapshots {
			for _, b := range snap.Blocks {
				if b.State == ingest.BlockCut || b.State == ingest.BlockUnclosed || b.Unread > 0 {
					blocks = append(blocks, b)
				}
			}
		}
	}
	shown, more := s.bounded(len(blocks))
	g := s.newGrid(s.label("caption.unread"), shown)
	g.mono(s.label("column.command"), 0.35, func(i int) string { return blocks[i].Command })
	g.text(s.label("column.state"), 0.15, func(i int) string {
		return s.label("block." + blocks[i].State.String())
	})
	g.number(s.label("column.rows"), 0.1, func(i int) string { return count(int64(blocks[i].Rows)) })
	g.number(s.label("column.unread"), 0.15, func(i int) string { return count(int64(blocks[i].Unread)) })
	g.mono(s.label("column.source"), 0.25, func(i int) string { return s.cite(blocks[i].Source) })
	return append([]Block{{Table: g.table()}}, more...)
}

// warnings repeats what the reader could not make sense of, with the line itself:
// the engineer can tell at a glance whether it mattered.
func (s *speaker) warnings(docs []*ingest.Document) []Block {
	var all []ingest.Warning
	for _, d := range docs {
		all = append(all, documentWarnings(d)...)
	}
	shown, more := s.bounded(len(all))
	g := s.newGrid(s.label("caption.warnings"), shown)
	g.text(s.label("column.message"), 0.35, func(i int) string { return all[i].Message })
	g.mono(s.label("column.text"), 0.4, func(i int) string { return all[i].Text })
	g.mono(s.label("column.source"), 0.25, func(i int) string { return s.cite(all[i].Source) })
	return append([]Block{{Table: g.table()}}, more...)
}
