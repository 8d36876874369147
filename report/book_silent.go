package report

import (
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// silentAfter is how long a machine may stay away, before the newest input, when the
// period has no beginning of its own.
const silentAfter = 7 * wholeDay

// trouble is a machine or a file of which too little is known.
type trouble struct {
	kind   string // "silent", "insufficient", "partial", "refused", "waiting", …
	tone   Tone
	name   any // Link or string
	heard  time.Time
	reason string
	source ingest.Source
}

// silentSheet lists who was not heard of, and what could not be read or judged.
func (b *binder) silentSheet() Sheet {
	sheet := b.sheet("silent")
	t := b.troubles()
	l := b.rows(&sheet, len(t))
	l.add("trouble", KindVerdict, 14, func(i int) any { return Tagged{b.label("trouble." + t[i].kind), t[i].tone} })
	l.add("machine-or-file", KindLink, 44, func(i int) any { return t[i].name })
	l.times("last-heard", func(i int) time.Time { return t[i].heard })
	l.add("reason", KindText, 70, func(i int) any { return orEmpty(t[i].reason) })
	l.add("file", KindText, 40, func(i int) any { return orEmpty(t[i].source.File) })
	l.add("line", KindCount, 9, func(i int) any { return orEmpty(int64(t[i].source.Line)) })
	return sheet
}

func (b *binder) troubles() []trouble {
	var out []trouble
	for _, m := range b.silent() {
		out = append(out, trouble{kind: "silent", tone: ToneWarning, name: b.machineLink(m.Name), heard: m.Latest().At,
			reason: b.say("silent.since", facts{"days": days(b.newest.Sub(m.Latest().At))}), source: m.Latest().Source})
	}
	for i := range b.in.Result.Machines {
		m := &b.in.Result.Machines[i]
		if m.Verdict != analyze.Insufficient {
			continue
		}
		t := trouble{kind: "insufficient", tone: ToneNotice, name: b.machineLink(m.Name), heard: m.Latest().At,
			reason: b.sentences(m.Reasons), source: m.Latest().Source}
		for _, r := range m.Reasons {
			if len(r.Sources) > 0 {
				t.source = r.Sources[0]
			}
		}
		out = append(out, t)
	}
	for _, f := range b.in.Faults {
		out = append(out, trouble{kind: "decision", tone: ToneWarning, name: Link{Text: f.Source.File},
			reason: b.say("fault", facts{"text": f.Text, "why": b.reason(f.Why)}), source: f.Source})
	}
	return append(out, b.badFiles()...)
}

// silent are the machines of which the period holds no snapshot.
func (b *binder) silent() []*analyze.Machine {
	limit := b.past.Period.From
	if limit.IsZero() {
		limit = b.newest.Add(-silentAfter)
	}
	var out []*analyze.Machine
	for i := range b.in.Result.Machines {
		m := &b.in.Result.Machines[i]
		if at := m.Latest().At; !at.IsZero() && at.Before(limit) {
			out = append(out, m)
		}
	}
	return out
}

// badFiles are the files that were refused, that wait, or that were read in part.
func (b *binder) badFiles() []trouble {
	var out []trouble
	for _, r := range b.in.Refused {
		out = append(out, trouble{kind: "refused", tone: ToneAlarm, name: Link{Text: r.Path}, reason: r.Reason,
			source: ingest.Source{File: r.Path}})
	}
	for _, d := range b.in.Drops {
		tone := map[string]Tone{"refused": ToneAlarm, "incomplete": ToneNotice}[d.State]
		out = append(out, trouble{kind: d.State, tone: tone, name: Link{Text: d.Path}, heard: d.Since, reason: d.Reason,
			source: ingest.Source{File: d.Path}})
	}
	for _, d := range b.in.Documents {
		if !d.Partial() {
			continue
		}
		t := trouble{kind: "partial", tone: ToneNotice, name: Link{Text: d.File}, reason: b.logQuality(d),
			source: ingest.Source{File: d.File}}
		for _, s := range d.Snapshots {
			t.heard = s.At
		}
		if w := documentWarnings(d); len(w) > 0 {
			t.source.Line = w[0].Line
		}
		out = append(out, t)
	}
	return out
}
