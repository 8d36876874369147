package report

import (
	"cmp"
	"math"
)

// buildSheet compares the pace of tags between builds and versions.
func (b *binder) buildSheet() Sheet {
	sheet := b.sheet("builds")
	d := b.past.Builds
	l := b.rows(&sheet, len(d))
	l.add("hex", KindText, 11, func(i int) any { return d[i].Tag.Hex() })
	l.add("tag", KindText, 7, func(i int) any { return d[i].Tag.String() })
	l.add("pool", KindText, 11, func(i int) any { return b.pool(d[i].Pool) })
	l.add("compared", KindText, 20, func(i int) any { return cmp.Or(d[i].Subject, b.label("compared.system")) })
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
	l.add("flag", KindVerdict, 18, func(i int) any { return b.toldApart(d[i].Significant) })
	return sheet
}

// toldApart words whether a difference is more than chance may make.
func (s *speaker) toldApart(is bool) Tagged {
	if is {
		return Tagged{Text: s.label("builds.differ"), Tone: ToneWarning}
	}
	return Tagged{Text: s.label("builds.alike"), Tone: ToneMuted}
}
