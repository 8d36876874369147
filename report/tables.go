package report

import (
	"math"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// grid builds a table column by column: a column and its cells are written in
// one place, and a column nobody can fill is simply not added.
type grid struct {
	Table
	cut func(field string) string
}

// newGrid returns a table with a caption and so many rows, still without columns.
func (s *speaker) newGrid(caption string, rows int) *grid {
	return &grid{Table{Caption: caption, Rows: make([][]Cell, rows)}, s.cut}
}

// add appends a column; cell words its cell in row i.
func (g *grid) add(c Column, cell func(i int) Cell) {
	g.Columns = append(g.Columns, c)
	for i := range g.Rows {
		g.Rows[i] = append(g.Rows[i], cell(i))
	}
}

// text appends a left-aligned column of fields as found.
func (g *grid) text(title string, share float64, cell func(i int) string) {
	g.prose(title, share, func(i int) string { return g.cut(cell(i)) })
}

// prose appends a left-aligned column of sentences.
func (g *grid) prose(title string, share float64, cell func(i int) string) {
	g.add(Column{Title: title, Share: share}, func(i int) Cell { return Cell{Text: cell(i)} })
}

// mono appends a left-aligned column of fields in a fixed-width face.
func (g *grid) mono(title string, share float64, cell func(i int) string) {
	g.add(Column{Title: title, Share: share, Mono: true}, func(i int) Cell { return Cell{Text: g.cut(cell(i))} })
}

// number appends a right-aligned column, so that figures compare by their digits.
func (g *grid) number(title string, share float64, cell func(i int) string) {
	g.add(Column{Title: title, Share: share, Align: AlignRight}, func(i int) Cell { return Cell{Text: cell(i)} })
}

// table returns the finished table without the titled columns that no row fills, its
// shares summing to 1 whatever was left out.
func (g *grid) table() *Table {
	for i := len(g.Columns) - 1; i >= 0; i-- {
		filled := func(row []Cell) bool { return row[i].Text != "" }
		if g.Columns[i].Title == "" || len(g.Rows) == 0 || slices.ContainsFunc(g.Rows, filled) {
			continue
		}
		g.Columns = slices.Delete(g.Columns, i, i+1)
		for r := range g.Rows {
			g.Rows[r] = slices.Delete(g.Rows[r], i, i+1)
		}
	}
	sum := 0.0
	for _, c := range g.Columns {
		sum += c.Share
	}
	for i := range g.Columns {
		g.Columns[i].Share = math.Round(g.Columns[i].Share/sum*1e6) / 1e6
	}
	return &g.Table
}

// muted gives all cells of a row a quiet tone.
func (g *grid) muted(row int) {
	for i := range g.Rows[row] {
		g.Rows[row][i].Tone = ToneMuted
	}
}

// usageColumns adds the columns all tables of tag rows share: tag, hex, pool and
// the figures. Allocations and frees are left out when no row has them: the short
// !poolused does not print them.
func (s *speaker) usageColumns(g *grid, rows []ingest.TagUsage) {
	g.mono(s.label("column.tag"), 0.07, func(i int) string { return rows[i].Tag.String() })
	g.mono(s.label("column.hex"), 0.11, func(i int) string { return rows[i].Tag.Hex() })
	g.text(s.label("column.pool"), 0.11, func(i int) string { return s.pool(rows[i].Pool) })
	if counted(rows) {
		g.number(s.label("column.allocs"), 0.11, func(i int) string { return ever(rows[i].Usage, rows[i].Allocs) })
		g.number(s.label("column.frees"), 0.11, func(i int) string { return ever(rows[i].Usage, rows[i].Frees) })
	}
	g.number(s.label("column.outstanding"), 0.13, func(i int) string { return ofCount(rows[i], count(rows[i].Outstanding)) })
	if !slices.ContainsFunc(rows, func(r ingest.TagUsage) bool { return r.Bytes > 0 }) {
		return
	}
	g.number(s.label("column.bytes"), 0.13, func(i int) string { return counter(rows[i].Bytes) })
	g.number(s.label("column.bytes-each"), 0.11, func(i int) string { return ofCount(rows[i], bytesEach(rows[i].BytesEach())) })
}

// ofCount is a text on a row's count, or nothing where the log has its bytes only:
// bytes without an allocation there are not.
func ofCount(r ingest.TagUsage, text string) string {
	if r.Outstanding == 0 && r.Bytes > 0 && !r.Counted {
		return ""
	}
	return text
}

// counted reports whether any row has allocations and frees apart.
func counted(rows []ingest.TagUsage) bool {
	for _, r := range rows {
		if r.Counted {
			return true
		}
	}
	return false
}

// ever writes a count made since boot, or nothing when the row does not have it.
func ever(u ingest.Usage, n uint64) string {
	if !u.Counted {
		return ""
	}
	return counter(n)
}

// usages returns the rows of the members.
func usages(members []analyze.Member) []ingest.TagUsage {
	var rows []ingest.TagUsage
	for _, m := range members {
		rows = append(rows, m.TagUsage)
	}
	return rows
}

// evidenceRows is how many tags the first page has room for; section 4 shows all.
const evidenceRows = 7

// evidenceTable is the table of the first page: the tags of the case with their
// figures, the change since the first snapshot of the boot session, and how they
// relate to the events.
func (s *speaker) evidenceTable(c *analyze.Case) Table {
	members, tones, more := firstMembers(c, evidenceRows)
	g := s.newGrid("", len(members))
	if more > 0 {
		g.Note = s.say("caption.more", facts{"more": more})
	}
	s.usageColumns(g, usages(members))
	if first := s.firstOfBoot(c.Lead); first != nil {
		g.number(s.label("column.change"), 0.11, func(i int) string { return change(first, members[i].TagUsage) })
	}
	if c.Events > 0 {
		g.number(s.label("column.per-event"), 0.16, func(i int) string { return s.perEvent(members[i]) })
	}
	if len(members) == 0 {
		return Table{}
	}
	for i, tone := range tones {
		if tone == ToneMuted {
			g.muted(i)
		}
	}
	return *g.table()
}

// firstMembers returns the tags of a case with the tones of their rows: the anchor
// and, if there are more than n, those that hold most, in their order.
func firstMembers(c *analyze.Case, n int) (members []analyze.Member, tones []Tone, more int) {
	for _, g := range groups(c) {
		for _, m := range g.members {
			members, tones = append(members, m), append(tones, g.tone)
		}
	}
	for ; len(members) > n; more++ {
		least := 1
		for i := range members[1:] {
			if members[i+1].Bytes <= members[least].Bytes {
				least = i + 1
			}
		}
		members, tones = slices.Delete(members, least, least+1), slices.Delete(tones, least, least+1)
	}
	return members, tones, more
}

// perEvent words a member's ratio to the events with its surplus: 2:1 (-30).
func (s *speaker) perEvent(m analyze.Member) string {
	if m.Per == 0 && ofCount(m.TagUsage, "counted") == "" {
		return ""
	}
	if m.Per == 0 {
		return s.say("surplus.none", facts{"ratio": m.Ratio})
	}
	return s.say("surplus.ratio", facts{"times": m.Times, "per": m.Per, "surplus": signed(m.Surplus)})
}

// firstOfBoot returns the oldest other snapshot of the same boot session, or nil.
func (s *speaker) firstOfBoot(lead *ingest.Snapshot) *ingest.Snapshot {
	if lead == nil {
		return nil
	}
	m := s.in.machine(lead.Machine.Name)
	boot, ok := lead.Boot()
	if m == nil || !ok {
		return nil
	}
	for _, other := range m.Snapshots {
		at, ok := other.Boot()
		if ok && other != lead && other.At.Before(lead.At) && sameBoot(at, boot) {
			return other
		}
	}
	return nil
}

// sameBoot tells whether two times of a start mean the same one. The debugger prints
// the session's time and the uptime to the second or finer, but reads one after the
// other.
func sameBoot(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute }

// change writes how far a tag's outstanding count moved since a snapshot.
func change(since *ingest.Snapshot, now ingest.TagUsage) string {
	before := since.Find(now.Tag, now.Pool)
	if before == nil {
		return signed(now.Outstanding)
	}
	return signed(now.Outstanding - before.Outstanding)
}
