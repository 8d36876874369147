package report

import "poolsweep/analyze"

// driverSheet lists every driver of every machine. Hundreds of machines have a
// hundred thousand, so the rows are streamed.
func (b *binder) driverSheet() Sheet {
	sheet := b.sheet("drivers")
	columns := []SheetColumn{b.column("machine", KindText, 20), b.column("driver", KindText, 20),
		b.column("version", KindText, 20), b.column("changed-since", KindTime, timeWidth),
		b.column("on-affected", KindCount, 12), b.column("of-affected", KindCount, 12),
		b.column("on-healthy", KindCount, 12), b.column("of-healthy", KindCount, 12), b.column("chance", KindChance, 12)}
	d := b.past.Drivers
	b.stream(&sheet, columns, len(d), func(yield func(func([]any)) bool) {
		for i := range d {
			if !yield(func(row []any) { driverRow(row, &d[i]) }) {
				return
			}
		}
	})
	return sheet
}

func driverRow(row []any, d *analyze.DriverFact) {
	c := d.Counts
	row[0], row[1], row[2], row[3] = d.Machine, d.Name, orEmpty(d.Version), orEmpty(d.Since.UTC())
	row[4], row[5], row[6], row[7] = int64(c.Affected), int64(c.OfAffected), int64(c.Healthy), int64(c.OfHealthy)
	row[8] = c.Chance
	if c.OfAffected == 0 || c.OfHealthy == 0 {
		row[8] = nil // nothing to compare
	}
}
