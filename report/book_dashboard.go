package report

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"poolsweep/analyze"
)

// dashboard is the page for those who read nothing else.
func (b *binder) dashboard() Sheet {
	sheet := b.sheet("dashboard")
	sheet.Figures = b.figures()
	for _, chart := range []*SheetChart{b.openCases(), b.machineStates(), b.growingTags(), b.exhaustionChart()} {
		sheet.Charts = append(sheet.Charts, *chart)
	}
	return sheet
}

// figures are the key figures: who was heard of, what is open and what moved.
func (b *binder) figures() []Figure {
	alarms := 0
	for i := range b.in.Result.Machines {
		if b.in.Result.Machines[i].Verdict.Alarm() {
			alarms++
		}
	}
	all, silent := len(b.in.Result.Machines), len(b.silent())
	whole := func(name string, n int, loud Tone, of int) Figure {
		f := Figure{Label: b.label("figure." + name), Value: int64(n), Kind: KindCount,
			Note: b.say("figure-note."+name, facts{"of": of})}
		if n > 0 {
			f.Tone = loud
		}
		return f
	}
	out := []Figure{whole("heard", all-silent, TonePlain, all), whole("alarms", alarms, ToneAlarm, all)}
	states := map[analyze.State]int{}
	open := 0
	for i := range b.in.Result.Cases {
		c := b.past.Courses[b.in.Result.Cases[i].ID]
		if c.State == analyze.StateFixed && !c.Fresh {
			continue // fixed before the period
		}
		states[c.State]++
		if c.State != analyze.StateFixed {
			open++
		}
	}
	out = append(out, whole("open", open, ToneWarning, len(b.in.Result.Cases)))
	for _, s := range []analyze.State{analyze.StateNew, analyze.StateWorse, analyze.StateFixed, analyze.StateQuiet} {
		out = append(out, whole(s.String(), states[s], stateTones[s], open))
	}
	return append(append(out, b.firstFull()...), whole("silent", silent, ToneWarning, all))
}

// firstFull is which machine runs full first, when any is known to.
func (b *binder) firstFull() []Figure {
	var names []string
	for i := range b.in.Result.Machines {
		names = append(names, b.in.Result.Machines[i].Name)
	}
	first := b.exhaustsFirst(names)
	if first == nil {
		return nil
	}
	return []Figure{{Label: b.label("figure.exhausts"), Value: days(first.In), Kind: KindHours, Tone: ToneAlarm,
		Note: b.say("figure-note.exhausts", facts{"machine": first.machine})}}
}

// machineStates counts the machines by verdict.
func (b *binder) machineStates() *SheetChart {
	chart := &SheetChart{Kind: ChartBars, Title: b.label("chart.machine-states"), Unit: b.label("unit.machines"),
		Head: b.label("column.verdict"), Empty: b.label("sheet.empty")}
	series := ChartSeries{Name: b.label("column.machines"), Kind: KindCount}
	for _, v := range verdictsWorstFirst {
		n := float64(countMachines(b.in.Result.Machines, v))
		chart.Labels, series.Values = append(chart.Labels, b.label("verdict."+v.String())), append(series.Values, n)
	}
	chart.Series = []ChartSeries{series}
	return chart
}

// growingTags are the tags that all machines together gain most under.
func (b *binder) growingTags() *SheetChart {
	chart := &SheetChart{Kind: ChartBars, Title: b.label("chart.growing-tags"), Unit: b.label("unit.bytes-daily"),
		Head: b.label("column.tag"), Empty: b.label("chart.growing-tags-none")}
	growth := b.growth()
	maps.DeleteFunc(growth, func(_ tagKey, g tagGrowth) bool { return g.perHour <= 0 })
	keys := slices.SortedFunc(maps.Keys(growth), func(x, y tagKey) int {
		return cmp.Or(-cmp.Compare(growth[x].perHour, growth[y].perHour), x.tag.Compare(y.tag), cmp.Compare(x.pool, y.pool))
	})
	if len(keys) == 0 {
		return chart
	}
	series := ChartSeries{Name: b.label("unit.bytes-daily"), Kind: KindBytes}
	for _, k := range keys[:min(topTags, len(keys))] {
		chart.Labels = append(chart.Labels, b.say("tag.in-pool", facts{"tag": k.tag, "pool": b.pool(k.pool)}))
		series.Values = append(series.Values, math.Round(growth[k].perHour*wholeDay.Hours()))
	}
	chart.Series = []ChartSeries{series}
	return chart
}

// topFull is how many machines the chart of exhaustion shows.
const topFull = 10

// exhaustionChart are the machines that run full soonest.
func (b *binder) exhaustionChart() *SheetChart {
	chart := &SheetChart{Kind: ChartBars, Title: b.label("chart.exhaustion"), Unit: b.label("unit.days"),
		Head: b.label("column.machine"), Empty: b.label("chart.exhaustion-none")}
	var all []outlook
	for i := range b.in.Result.Machines {
		name := b.in.Result.Machines[i].Name
		if e := b.exhausts(name); e != nil {
			all = append(all, outlook{name, e})
		}
	}
	if len(all) == 0 {
		return chart
	}
	slices.SortStableFunc(all, func(x, y outlook) int { return cmp.Compare(x.In, y.In) })
	series := ChartSeries{Name: b.label("column.exhausts-in"), Kind: KindHours}
	for _, o := range all[:min(topFull, len(all))] {
		chart.Labels, series.Values = append(chart.Labels, o.machine), append(series.Values, days(o.In))
	}
	chart.Series = []ChartSeries{series}
	return chart
}
