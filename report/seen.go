package report

import (
	"strings"
	"time"

	"poolsweep/analyze"
)

// How many drivers and filters the write-up shows, and where so few machines are
// compared that none of them can tell a cause from luck, which is so when the least
// chance that could come out is above leastTelling; the workbook has all.
const (
	sharedRows   = 10
	luckyRows    = 3
	leastTelling = 0.01
)

// fleet tells on which machines a case is seen, since when and how it moves, and
// what those machines have in common.
func (s *speaker) fleet(c *analyze.Case) []Block {
	var blocks []Block
	if len(c.Presence) > 1 || len(c.Sightings) > 1 {
		blocks = append(blocks, Block{Table: s.presenceTable(c.Presence)})
	}
	k := &c.Contrast
	if k.Drivers.Unaffected+k.Filters.Unaffected == 0 {
		return blocks
	}
	blocks = append(blocks, Block{Text: s.say("shared.lists", facts{"drivers": listed(k.Drivers), "filters": listed(k.Filters)})})
	if len(k.Rows) == 0 {
		return append(blocks, Block{Text: s.label("shared.none")})
	}
	most := sharedRows
	if k.Rows[0].Least > leastTelling {
		most = luckyRows
	}
	table := s.sharedTable(k, k.Rows[:min(most, len(k.Rows))])
	if more := len(k.Rows) - most; more > 0 {
		table.Note = s.say("shared.more", facts{"more": more})
	}
	return append(blocks, Block{Table: table})
}

// contrast words the row that differs most, and what so few machines can show at all.
// It is empty where there is nothing to compare.
func (s *speaker) contrast(k *analyze.Contrast) string {
	if len(k.Rows) == 0 {
		return ""
	}
	r := k.Rows[0]
	of := k.Of(r)
	return s.say("contrast", facts{"kind": s.sharedKind(r), "name": strings.TrimSpace(r.Name + " " + r.Version),
		"affected": r.Affected, "ofAffected": of.Affected, "unaffected": r.Unaffected, "ofUnaffected": of.Unaffected,
		"chance": r.Chance, "least": r.Least, "names": k.Names, "luck": k.ByLuck(r)})
}

// listed hands the counts of a list to a sentence.
func listed(l analyze.Listed) facts {
	return facts{"affected": l.Affected, "unaffected": l.Unaffected, "unknown": l.Unknown, "common": l.Common}
}

func (s *speaker) presenceTable(p []analyze.Presence) *Table {
	g := s.newGrid(s.label("caption.presence"), len(p))
	g.text(s.label("column.machine"), 0.18, func(i int) string { return p[i].Machine })
	g.text(s.label("column.first-seen"), 0.2, func(i int) string { return s.since(p[i]) })
	g.text(s.label("column.last-seen"), 0.16, func(i int) string { return s.when(p[i].Last) })
	g.number(s.label("column.shown"), 0.1, func(i int) string { return s.say("shown", facts{"shown": p[i].Shown, "of": p[i].Of}) })
	g.number(s.label("column.events"), 0.12, func(i int) string { return count(p[i].Events) })
	g.text(s.label("column.movement"), 0.14, func(i int) string { return s.label("movement." + p[i].Movement.String()) })
	g.text(s.label("column.holder"), 0.12, func(i int) string { return p[i].Holder })
	return g.table()
}

// since says when a machine first showed a case. Where its first log shows it
// already, it may be older.
func (s *speaker) since(p analyze.Presence) string {
	if p.AtLeast && !p.First.IsZero() {
		return s.say("since.at-least", facts{"at": s.when(p.First)})
	}
	return s.when(p.First)
}

// when writes a session time, or that it was not printed.
func (s *speaker) when(t time.Time) string {
	if t.IsZero() {
		return s.label("value.unknown")
	}
	return utc(t)
}

func (s *speaker) sharedTable(k *analyze.Contrast, rows []analyze.Shared) *Table {
	g := s.newGrid(s.label("caption.shared"), len(rows))
	g.text(s.label("column.kind"), 0.12, func(i int) string { return s.sharedKind(rows[i]) })
	g.text(s.label("column.name"), 0.28, func(i int) string { return rows[i].Name })
	g.text(s.label("column.version"), 0.2, func(i int) string { return rows[i].Version })
	g.number(s.label("column.on-affected"), 0.2, func(i int) string {
		return s.say("shown", facts{"shown": rows[i].Affected, "of": k.Of(rows[i]).Affected})
	})
	g.number(s.label("column.on-unaffected"), 0.2, func(i int) string {
		return s.say("shown", facts{"shown": rows[i].Unaffected, "of": k.Of(rows[i]).Unaffected})
	})
	g.number(s.label("column.luck"), 0.1, func(i int) string { return s.say("p", facts{"p": rows[i].Chance}) })
	return g.table()
}

func (s *speaker) sharedKind(row analyze.Shared) string {
	if row.Filter {
		return s.label("shared.filter")
	}
	return s.label("shared.driver")
}

// presenceLines says the same in lines of text.
func (s *speaker) presenceLines(c *analyze.Case) []string {
	var out []string
	for _, p := range c.Presence {
		out = append(out, s.say("explain.presence", facts{"machine": p.Machine, "since": s.since(p), "last": s.when(p.Last),
			"shown": p.Shown, "of": p.Of, "events": p.Events, "change": p.Change,
			"movement": s.label("movement." + p.Movement.String()), "holder": p.Holder}))
	}
	return out
}
