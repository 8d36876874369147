package report

import (
	"time"

	"poolsweep/analyze"
)

// seenSheet lists each case on each machine that shows it.
func (b *binder) seenSheet() Sheet {
	sheet := b.sheet("seen")
	var ids []string
	var p []analyze.Presence
	for i := range b.in.Result.Cases {
		c := &b.in.Result.Cases[i]
		for _, row := range c.Presence {
			ids, p = append(ids, c.ID), append(p, row)
		}
	}
	l := b.rows(&sheet, len(p))
	l.add("case", KindLink, 15, func(i int) any { return b.caseLink(ids[i]) })
	l.add("machine", KindLink, 20, func(i int) any { return b.machineLink(p[i].Machine) })
	l.times("first-seen", func(i int) time.Time { return p[i].First })
	l.add("maybe-older", KindText, 12, func(i int) any { return b.yes(p[i].AtLeast) })
	l.times("last-seen", func(i int) time.Time { return p[i].Last })
	l.add("shown-in", KindCount, 10, func(i int) any { return int64(p[i].Shown) })
	l.add("shown-of", KindCount, 10, func(i int) any { return int64(p[i].Of) })
	l.add("events", KindCount, 12, func(i int) any { return orEmpty(p[i].Events) })
	l.add("change", KindCount, 12, func(i int) any { return p[i].Change })
	l.add("movement", KindText, 20, func(i int) any { return b.label("movement." + p[i].Movement.String()) })
	l.add("holder", KindText, 18, func(i int) any { return orEmpty(p[i].Holder) })
	return sheet
}

// sharedSheet lists what the machines of each case have in common.
func (b *binder) sharedSheet() Sheet {
	sheet := b.sheet("shared")
	var cases []*analyze.Case
	var rows []analyze.Shared
	for i := range b.in.Result.Cases {
		c := &b.in.Result.Cases[i]
		for _, row := range c.Contrast.Rows {
			cases, rows = append(cases, c), append(rows, row)
		}
	}
	l := b.rows(&sheet, len(rows))
	of := func(i int) analyze.Listed { return cases[i].Contrast.Of(rows[i]) }
	l.add("case", KindLink, 15, func(i int) any { return b.caseLink(cases[i].ID) })
	l.add("kind", KindText, 10, func(i int) any { return b.sharedKind(rows[i]) })
	l.add("name", KindText, 24, func(i int) any { return rows[i].Name })
	l.add("version", KindText, 20, func(i int) any { return orEmpty(rows[i].Version) })
	l.add("on-affected", KindCount, 12, func(i int) any { return int64(rows[i].Affected) })
	l.add("of-affected", KindCount, 12, func(i int) any { return int64(of(i).Affected) })
	l.add("on-unaffected", KindCount, 14, func(i int) any { return int64(rows[i].Unaffected) })
	l.add("of-unaffected", KindCount, 14, func(i int) any { return int64(of(i).Unaffected) })
	l.add("no-list", KindCount, 10, func(i int) any { return int64(of(i).Unknown) })
	l.add("margin", KindShare, 10, func(i int) any { return rows[i].Margin(of(i)) }).Bars = true
	return sheet
}
