package report

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// column returns a column of a streamed sheet.
func (s *speaker) column(title string, kind CellKind, width float64) SheetColumn {
	return SheetColumn{Title: s.label("column." + title), Kind: kind, Width: width}
}

// seriesSheet is the long form, for pivots: every tag that matters at every moment of
// the period. With hundreds of machines it has a million rows, so none is held.
func (b *binder) seriesSheet() Sheet {
	sheet := b.sheet("series")
	columns := []SheetColumn{b.column("machine", KindText, 20), b.column("boot", KindCount, 8)}
	columns = append(columns, b.timeColumns("session")...)
	columns = append(columns, b.column("uptime", KindHours, 11))
	fixed := len(columns) // what is the same for all tags of a moment
	columns = append(columns, b.column("hex", KindText, 11), b.column("tag", KindText, 7), b.column("pool", KindText, 11),
		b.column("outstanding", KindCount, 14), b.column("bytes", KindBytes, 17))
	pools := map[ingest.Pool]any{}
	for _, p := range []ingest.Pool{0, ingest.NonPaged, ingest.Paged} {
		pools[p] = b.pool(p)
	}
	b.stream(&sheet, columns, b.seriesRows(), func(yield func(func([]any)) bool) {
		for i := range b.past.Tracks {
			t := &b.past.Tracks[i]
			for _, m := range b.moments(t) {
				head := append([]any{t.Machine, int64(m.Boot)}, b.timeCells(m.At)...)
				head = append(head, uptimeHours(m.Uptime, m.UptimeOK))
				for _, p := range m.Tags {
					fill := func(row []any) {
						copy(row, head)
						row, pool := row[fixed:], pools[p.Pool]
						row[0], row[1], row[2], row[3], row[4] = p.Tag.Hex(), p.Tag.String(), pool, printed(p.Outstanding, p.Bytes), p.Bytes
					}
					if !yield(fill) {
						return
					}
				}
			}
		}
	})
	return sheet
}

// printed is a count of allocations; an empty cell where bytes without any say that the
// log printed none.
func printed(outstanding int64, bytes uint64) any {
	if outstanding == 0 && bytes > 0 {
		return nil
	}
	return outstanding
}

// moments are a track's moments within the period.
func (b *binder) moments(t *analyze.Track) []analyze.Moment {
	var out []analyze.Moment
	for _, m := range t.Moments {
		if b.past.Period.Holds(m.At) {
			out = append(out, m)
		}
	}
	return out
}

// seriesRows counts the rows.
func (b *binder) seriesRows() int {
	n := 0
	for i := range b.past.Tracks {
		for _, m := range b.moments(&b.past.Tracks[i]) {
			n += len(m.Tags)
		}
	}
	return n
}
