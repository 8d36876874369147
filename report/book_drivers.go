package report

import (
	"math"

	"poolsweep/analyze"
)

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

// buildSheet compares the pace of tags between builds and versions.
func (b *binder) buildSheet() Sheet {
	sheet := b.sheet("builds")
	d := b.past.Builds
	l := b.rows(&sheet, len(d))
	l.add("hex", KindText, 11, func(i int) any { return d[i].Tag.Hex() })
	l.add("tag", KindText, 7, func(i int) any { return d[i].Tag.String() })
	l.add("pool", KindText, 11, func(i int) any { return b.pool(d[i].Pool) })
	l.add("compared", KindText, 20, func(i int) any {
		if d[i].Subject == "" {
			return b.label("compared.system")
		}
		return d[i].Subject
	})
	l.add("build-a", KindText, 34, func(i int) any { return d[i].A })
	l.add("build-b", KindText, 34, func(i int) any { return d[i].B })
	l.add("machines-a", KindCount, 10, func(i int) any { return int64(d[i].OnA) })
	l.add("machines-b", KindCount, 10, func(i int) any { return int64(d[i].OnB) })
	whole := func(v float64) any { return int64(math.Round(v)) }
	l.add("rate-a", KindCount, 14, func(i int) any { return whole(d[i].RateA) })
	l.add("rate-b", KindCount, 14, func(i int) any { return whole(d[i].RateB) })
	l.add("rate-difference", KindCount, 14, func(i int) any { return whole(d[i].Difference) })
	l.add("rate-low", KindCount, 14, func(i int) any { return whole(d[i].Low) })
	l.add("rate-high", KindCount, 14, func(i int) any { return whole(d[i].High) })
	l.add("flag", KindVerdict, 18, func(i int) any {
		if d[i].Significant {
			return Tagged{Text: b.label("builds.differ"), Tone: ToneWarning}
		}
		return Tagged{Text: b.label("builds.alike"), Tone: ToneMuted}
	})
	return sheet
}

// changeSheet lists what changed on the machines in the period.
func (b *binder) changeSheet() Sheet {
	sheet := b.sheet("changes")
	columns := []SheetColumn{b.column("changed-at", KindTime, timeWidth), b.column("changed-since-last", KindTime, timeWidth),
		b.column("machine", KindText, 20), b.column("change-kind", KindText, 18), b.column("name", KindText, 22),
		b.column("was", KindText, 34), b.column("is", KindText, 34), b.column("source", KindText, 36)}
	words := map[analyze.ChangeKind]string{}
	for _, k := range []analyze.ChangeKind{analyze.ChangedSystem, analyze.ChangedDriver, analyze.ChangedFilter} {
		words[k] = b.label("change." + k.String())
	}
	absent, unknown, n := b.label("change.absent"), b.label("change.loaded"), 0
	version := func(v string, loaded bool) any {
		switch {
		case !loaded:
			return absent
		case v == "":
			return unknown
		}
		return v
	}
	for _, t := range b.past.Tracks {
		n += len(t.Changes)
	}
	b.stream(&sheet, columns, n, func(yield func(func([]any)) bool) {
		for _, t := range b.past.Tracks {
			for _, c := range t.Changes {
				fill := func(row []any) {
					row[0], row[1], row[2], row[3] = orEmpty(c.At.UTC()), orEmpty(c.Since.UTC()), t.Machine, words[c.Kind]
					row[4], row[5], row[6], row[7] = orEmpty(c.Name), version(c.Before, c.Had), version(c.After, c.Loaded), c.Source.String()
				}
				if !yield(fill) {
					return
				}
			}
		}
	})
	return sheet
}
