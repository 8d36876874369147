package report

import (
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// attachment is a filter on one volume, with how often it is attached there.
type attachment struct {
	*analyze.FilterFact
	volume    string // "" when the log prints none
	altitude  ingest.Altitude
	instances int
}

// attachments divides a filter's instances by volume, in the order of the log. A list
// that prints no volumes gives one row.
func attachments(f *analyze.FilterFact) []attachment {
	var out []attachment
	for _, g := range f.Groups {
		at := slices.IndexFunc(out, func(a attachment) bool { return a.volume == g.Volume && a.altitude == g.Altitude })
		if at < 0 {
			out = append(out, attachment{f, g.Volume, g.Altitude, 0})
			at = len(out) - 1
		}
		out[at].instances += g.Count
	}
	if len(out) == 0 {
		out = append(out, attachment{f, "", f.Altitude, f.Instances})
	}
	return out
}

// filterSheet lists the filters of each machine volume by volume. Altitudes are text:
// 385250.5 may have more digits than a spreadsheet's number keeps.
func (b *binder) filterSheet() Sheet {
	sheet := b.sheet("filters")
	var f []attachment
	for i := range b.in.Result.Machines {
		m := &b.in.Result.Machines[i]
		for j := range m.Filters {
			f = append(f, attachments(&m.Filters[j])...)
		}
	}
	l := b.rows(&sheet, len(f))
	l.add("machine", KindText, 20, func(i int) any { return f[i].Machine })
	l.add("frame", KindText, 11, func(i int) any { return orEmpty(f[i].Frame) })
	l.add("filter", KindText, 24, func(i int) any { return f[i].Name })
	l.add("volume", KindText, 28, func(i int) any { return orEmpty(f[i].volume) })
	l.add("altitude", KindText, 12, func(i int) any { return string(f[i].altitude) })
	l.add("instances", KindCount, 14, func(i int) any { return int64(f[i].instances) }).Bars = true
	l.add("expected-most", KindCount, 12, func(i int) any { return orEmpty(int64(f[i].expected())) })
	l.add("flag", KindVerdict, 12, func(i int) any { return b.flagged(*f[i].FilterFact) })
	l.add("filter-instances", KindCount, 14, func(i int) any { return int64(f[i].Instances) })
	l.add("peer-most", KindCount, 16, func(i int) any { return int64(f[i].PeerMost) })
	l.add("volumes", KindCount, 10, func(i int) any { return orEmpty(int64(f[i].Volumes)) })
	median := func(n *analyze.FilterNorm) int { return n.Median }
	machines := func(n *analyze.FilterNorm) int { return n.Machines }
	l.add("elsewhere", KindCount, 14, func(i int) any { return elsewhere(*f[i].FilterFact, median) })
	l.add("elsewhere-on", KindCount, 14, func(i int) any { return elsewhere(*f[i].FilterFact, machines) })
	l.add("before", KindText, 16, func(i int) any { return orEmpty(before(*f[i].FilterFact)) })
	l.add("filter-why", KindText, 60, func(i int) any { return orEmpty(b.sentences(f[i].Why)) })
	l.add("source", KindText, 36, func(i int) any { return f[i].Source.String() })
	return sheet
}

// expected is how many instances there should be at most: on a volume one of each
// definition, and where no volume is printed what the volumes or the peers leave
// room for; 0 when the log shows neither.
func (a attachment) expected() int {
	if a.volume != "" {
		return a.Definitions
	}
	return a.Room()
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
