package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// mostWeeks is how many weeks the fleet is shown over: a year.
const mostWeeks = 53

// weeks are ISO weeks that follow each other, by the lab's calendar.
type weeks struct {
	first time.Time // midnight UTC of the first Monday
	n     int
	zone  *time.Location
}

// monday returns the Monday of a moment's week, as midnight UTC of that date.
func monday(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
}

// weeksUntil returns the weeks from the oldest input on, at most some of them, that
// end with the newest; none when no time is known.
func (b *binder) weeksUntil(most int) weeks {
	if b.newest.IsZero() {
		return weeks{zone: b.zone}
	}
	first, last := monday(b.oldest, b.zone), monday(b.newest, b.zone)
	n := int(last.Sub(first)/(7*wholeDay)) + 1
	if n > most {
		first, n = last.AddDate(0, 0, -7*(most-1)), most
	}
	return weeks{first, n, b.zone}
}

// index returns the place of a moment's week, -1 outside.
func (w weeks) index(t time.Time) int {
	if t.IsZero() {
		return -1
	}
	at := int(monday(t, w.zone).Sub(w.first) / (7 * wholeDay))
	if monday(t, w.zone).Before(w.first) || at >= w.n {
		return -1
	}
	return at
}

// label names a week: 2031-W47.
func (w weeks) label(i int) string {
	y, n := w.first.AddDate(0, 0, 7*i).ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, n)
}

// end is the moment at which a week is over.
func (w weeks) end(i int) time.Time {
	y, m, d := w.first.AddDate(0, 0, 7*(i+1)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, w.zone)
}

// heatSheet shows how each machine stood week by week: the worst that a snapshot of
// the week showed, healthy when none showed anything, empty when nothing was heard.
func (b *binder) heatSheet() Sheet {
	sheet := b.sheet("heat")
	m, w := b.in.Result.Machines, b.weeksUntil(mostWeeks)
	if w.n == 0 {
		m, sheet.Empty = nil, b.label("heat.no-time")
	}
	heat := b.heat(w)
	l := b.rows(&sheet, len(m))
	l.add("machine", KindLink, 20, func(i int) any { return b.machineLink(m[i].Name) })
	l.add("now", KindVerdict, 20, func(i int) any { return b.verdict(m[i].Verdict) })
	for k := range w.n {
		// The blank lets the title of a narrow column take two lines.
		l.titled(strings.Replace(w.label(k), "-", " ", 1), KindHeat, 8, func(i int) any {
			v := heat[ingest.MachineKey(m[i].Name)][k]
			if v == 0 {
				return nil
			}
			return Tagged{Text: b.label("heat." + v.String()), Tone: verdictTone(v)}
		})
	}
	return sheet
}

// heat returns the verdict of each machine in each week, 0 when nothing was heard.
func (b *binder) heat(w weeks) map[string][]analyze.Verdict {
	out := map[string][]analyze.Verdict{}
	note := func(machine string, at time.Time, v analyze.Verdict) {
		key := ingest.MachineKey(machine)
		if out[key] == nil {
			out[key] = make([]analyze.Verdict, w.n)
		}
		if i := w.index(at); i >= 0 {
			out[key][i] = max(out[key][i], v)
		}
	}
	for i := range b.in.Result.Machines {
		note(b.in.Result.Machines[i].Name, time.Time{}, 0)
	}
	for _, t := range b.past.Tracks {
		for _, m := range t.Moments {
			v := analyze.Insufficient
			if m.Whole {
				v = analyze.Healthy
			}
			note(t.Machine, m.At, v)
		}
	}
	for i := range b.in.Result.Cases {
		for _, s := range b.in.Result.Cases[i].Sightings {
			note(s.Machine, s.At(), s.Verdict)
		}
	}
	return out
}

// openWeeks is over how many weeks the Dashboard counts open cases.
const openWeeks = 12

// openCases counts, at the end of each week, the open cases of each class.
func (b *binder) openCases() *SheetChart {
	w := b.weeksUntil(openWeeks)
	chart := &SheetChart{Kind: ChartStacked, Title: b.label("chart.open-cases"), Unit: b.label("unit.cases"),
		Head: b.label("column.week"), Empty: b.label("chart.open-cases-none")}
	var classes []analyze.Class
	cases := b.in.Result.Cases
	for i := range cases {
		if len(cases[i].Sightings) > 0 && !slices.Contains(classes, cases[i].Class) {
			classes = append(classes, cases[i].Class)
		}
	}
	if len(classes) == 0 || w.n == 0 {
		return chart
	}
	slices.Sort(classes)
	for k := range w.n {
		chart.Labels = append(chart.Labels, w.label(k))
	}
	for _, class := range classes {
		series := ChartSeries{Name: b.label("class." + class.String()), Kind: KindCount, Values: make([]float64, w.n)}
		for k := range w.n {
			for i := range cases {
				if cases[i].Class == class && cases[i].OpenAt(w.end(k)) {
					series.Values[k]++
				}
			}
		}
		chart.Series = append(chart.Series, series)
	}
	return chart
}
