package report

import (
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Shares of a pool's ceiling from which a machine's light is amber and red.
const (
	amberShare = 0.7
	redShare   = 0.9
)

// machineSheet lists all machines, the healthy ones too: a machine that is missing
// here was not heard of. What its log did not print is an empty cell, never 0.
func (b *binder) machineSheet() Sheet {
	sheet := b.sheet("machines")
	m := b.in.Result.Machines
	quality := b.logQualities()
	l := b.rows(&sheet, len(m))
	latest := func(i int) *ingest.Snapshot { return m[i].Latest() }
	l.add("machine", KindText, 20, func(i int) any { return m[i].Name })
	if b.in.Groups != nil {
		l.add("machine-group", KindText, 18, func(i int) any {
			return orEmpty(strings.Join(b.in.Groups[ingest.MachineKey(m[i].Name)], ", "))
		})
	}
	l.add("named-by", KindText, 11, func(i int) any { return b.label("named." + m[i].From.String()) })
	l.add("os", KindText, 46, func(i int) any { return orEmpty(latest(i).OS.Text) })
	l.add("build", KindText, 9, func(i int) any { return orEmpty(numberOrNone(latest(i).OS.Build)) })
	l.add("bits", KindCount, 7, func(i int) any { return orEmpty(int64(latest(i).OS.Bits)) })
	l.add("ram", KindBytes, 17, func(i int) any { return orEmpty(latest(i).RAM) })
	l.add("uptime", KindHours, 11, func(i int) any { return uptimeHours(latest(i).Uptime, latest(i).UptimeOK) })
	l.add("boots", KindCount, 8, func(i int) any { return b.boots(&m[i]) })
	l.times("last-heard", func(i int) time.Time { return latest(i).At })
	l.add("verdict", KindVerdict, 20, func(i int) any { return b.verdict(m[i].Verdict) })
	l.add("confidence", KindRatio, 12, func(i int) any { return m[i].Confidence })
	l.add("top-case", KindLink, 15, func(i int) any { return b.topCase(&m[i]) })
	l.add("nonpaged", KindBytes, 17, func(i int) any { return held(&m[i], ingest.NonPaged) })
	l.add("paged", KindBytes, 17, func(i int) any { return held(&m[i], ingest.Paged) })
	share := l.add("of-ceiling", KindShare, 19, func(i int) any { return ofCeiling(&m[i]) })
	share.Scale, share.Lights = true, &Lights{From: [2]float64{amberShare, redShare}}
	exhausts := make([]*analyze.Exhaustion, len(m))
	for i := range m {
		exhausts[i] = b.exhausts(m[i].Name)
	}
	l.add("exhausts-in", KindHours, 12, func(i int) any { return exhaustsDays(exhausts[i]) })
	l.add("exhausts-on", KindDate, 12, func(i int) any { return b.exhaustsOn(exhausts[i]) })
	l.add("snapshots", KindCount, 11, func(i int) any { return b.snapshots(&m[i]) })
	l.add("log", KindText, 40, func(i int) any { return quality[m[i].Name] })
	return sheet
}

// boots counts the boot sessions that a machine's snapshots are known to be of.
func (b *binder) boots(m *analyze.Machine) any {
	n := m.Boots
	if moments := b.track(m.Name).Moments; len(moments) > 0 {
		n = max(n, moments[len(moments)-1].Boot)
	}
	return int64(max(1, n))
}

// snapshots counts a machine's snapshots, those before the period as well.
func (b *binder) snapshots(m *analyze.Machine) any {
	return int64(max(len(m.Snapshots), len(b.track(m.Name).Moments)))
}

func exhaustsDays(e *analyze.Exhaustion) any {
	if e == nil {
		return nil
	}
	return days(e.In)
}

// exhaustsOn is the day on which a pool runs full, by the lab's calendar.
func (b *binder) exhaustsOn(e *analyze.Exhaustion) any {
	if e == nil || e.At.IsZero() {
		return nil
	}
	return e.At.In(b.zone)
}

// numberOrNone writes a number that is a name, such as a build; nothing for 0.
func numberOrNone(n int) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// uptimeHours returns the uptime as a number to compare and sort by. A log without a
// ".time" output has none.
func uptimeHours(uptime time.Duration, printed bool) any {
	if !printed {
		return nil
	}
	return uptime.Hours()
}

// topCase leads to the worst case of a machine.
func (b *binder) topCase(m *analyze.Machine) any {
	if len(m.Cases) == 0 {
		return nil
	}
	return b.caseLink(m.Cases[0])
}

// pool returns the machine's figures of a pool, or nil.
func pool(m *analyze.Machine, p ingest.Pool) *analyze.PoolFacts {
	for i := range m.Pool {
		if m.Pool[i].Pool == p {
			return &m.Pool[i]
		}
	}
	return nil
}

// held is what a pool holds: its printed TOTAL, or the sum of the rows when no
// total was printed.
func held(m *analyze.Machine, p ingest.Pool) any {
	f := pool(m, p)
	switch {
	case f == nil:
		return nil
	case f.Total != nil:
		return f.Total.Bytes
	}
	return f.Sum.Bytes
}

// ofCeiling is how full nonpaged pool is. Paged pool is left out: it seldom runs
// full, and its ceiling is seldom printed.
func ofCeiling(m *analyze.Machine) any {
	f := pool(m, ingest.NonPaged)
	if f == nil || f.Ceiling == 0 {
		return nil
	}
	return f.Share
}

// logQualities words for each machine how far its logs were read.
func (s *speaker) logQualities() map[string]string {
	words := map[string]string{}
	complete := s.label("state.read")
	for _, d := range s.in.Documents {
		quality := s.logQuality(d)
		for _, snap := range d.Snapshots {
			name := snap.Machine.Name
			if before, ok := words[name]; !ok || before == complete {
				words[name] = quality
			}
			if words[name] == "" {
				words[name] = complete
			}
		}
	}
	return words
}
