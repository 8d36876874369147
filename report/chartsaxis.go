package report

import (
	"math"
	"strconv"
	"time"
)

// valueTicks is how many steps the axis of values is divided into at most.
const valueTicks = 5

// valueScale reaches from 0 to the first tick at or above the highest value. Ticks
// are 1, 2 or 5 times a power of ten of the unit apart, and whole numbers.
func valueScale(high, unit float64) Scale {
	if high <= 0 {
		return Scale{To: unit, Ticks: []Tick{{Text: "0"}, {At: unit, Text: "1"}}}
	}
	step := roundStep(high / unit / valueTicks)
	if unit == 1 {
		step = max(step, 1)
	}
	last := math.Ceil(high/unit/step - 1e-9)
	out := Scale{To: last * step * unit}
	for i := 0.0; i <= last; i++ {
		out.Ticks = append(out.Ticks, Tick{At: i * step * unit, Text: tickNumber(i * step)})
	}
	return out
}

// roundStep is the next of 1, 2 or 5 times a power of ten.
func roundStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, factor := range []float64{1, 2, 5} {
		if least <= factor*power*(1+1e-9) {
			return factor * power
		}
	}
	return 10 * power
}

// tickNumber writes a round number; one with decimals is small.
func tickNumber(v float64) string {
	if rounded := math.Round(v); math.Abs(v-rounded) < 1e-9*max(1, rounded) {
		return count(int64(rounded))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// powers are what large counts are divided by for the axis.
var powers = []float64{1, 1e6, 1e9, 1e12}

// countUnit is the power that leaves an axis with few digits.
func countUnit(high float64) float64 {
	unit := 1.0
	for _, p := range powers {
		if high >= 10*p {
			unit = p
		}
	}
	return unit
}

// byteUnit is the unit of memory below the value, with its name among the labels.
func byteUnit(high float64) (unit float64, label string) {
	unit, label = 1, "unit.bytes"
	for _, next := range []string{"unit.kb", "unit.mb", "unit.gb", "unit.tb"} {
		if high >= 1024*unit {
			unit, label = 1024*unit, next
		}
	}
	return unit, label
}

// deviationScale is symmetric about zero, in percent.
func deviationScale(reach float64) Scale {
	if reach <= 0 {
		reach = 1
	}
	step := roundStep(reach / 3)
	out := Scale{From: -reach, To: reach}
	for i := -math.Floor(reach/step + 1e-9); i*step <= reach*(1+1e-9); i++ {
		text := tickNumber(math.Abs(i * step))
		switch {
		case i < 0:
			text = "-" + text
		case i > 0:
			text = "+" + text
		}
		out.Ticks = append(out.Ticks, Tick{At: i * step, Text: text})
	}
	return out
}

// numberScale counts snapshots.
func numberScale(n int) Scale {
	step := max(1, int(roundStep(float64(n)/timeTicks)))
	out := Scale{From: 1, To: float64(max(2, n))}
	for i := step; i <= n; i += step {
		out.Ticks = append(out.Ticks, Tick{At: float64(i), Text: count(int64(i))})
	}
	return out.padded()
}

// padded leaves room for a marker at both ends.
func (s Scale) padded() Scale {
	pad := (s.To - s.From) * 0.02
	s.From, s.To = s.From-pad, s.To+pad
	return s
}

// timeTicks is how many steps the time axis is divided into at most: so many
// dates stand beside each other.
const timeTicks = 7

const (
	hour = 3600
	day  = 24 * hour
)

// timeSteps are the distances of ticks up to two weeks, in seconds; months follow.
var timeSteps = []int64{60, 2 * 60, 5 * 60, 10 * 60, 15 * 60, 30 * 60, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
	day, 2 * day, 7 * day, 14 * day}

// timeScale covers a range of Unix seconds with ticks where a clock or calendar in
// UTC has round values.
func timeScale(from, to float64) Scale {
	if to-from < 60 {
		middle := (from + to) / 2
		from, to = middle-60, middle+60
	}
	s := Scale{From: from, To: to}.padded()
	for _, step := range timeSteps {
		if (to-from)/float64(step) <= timeTicks {
			s.Ticks = clockTicks(s, step)
			return s
		}
	}
	const month = 30.44 * day
	for _, months := range []int{1, 2, 3, 6} {
		if (to-from)/month/float64(months) <= timeTicks {
			s.Ticks = monthTicks(s, months)
			return s
		}
	}
	years := roundStep((to - from) / month / 12 / timeTicks)
	s.Ticks = monthTicks(s, 12*max(1, int(years)))
	return s
}

// clockTicks are ticks at multiples of a step; weeks begin on Mondays. The date
// stands below the first hour of a day, the year below the first day.
func clockTicks(s Scale, step int64) []Tick {
	text, sub := "15:04", "2006-01-02"
	if step >= day {
		text, sub = "01-02", "2006"
	}
	const monday = 4 * day // the first one of Unix time
	at := monday + int64(math.Ceil((s.From-monday)/float64(step)))*step
	var out []Tick
	last := ""
	for ; float64(at) <= s.To; at += step {
		t := time.Unix(at, 0).UTC()
		tick := Tick{At: float64(at), Text: t.Format(text)}
		if under := t.Format(sub); under != last {
			tick.Sub, last = under, under
		}
		out = append(out, tick)
	}
	return out
}

// monthTicks are ticks at the first of each so many months.
func monthTicks(s Scale, months int) []Tick {
	first := time.Unix(int64(s.From), 0).UTC()
	n := (first.Year()*12 + int(first.Month()) - 1) / months * months
	var out []Tick
	for ; ; n += months {
		t := time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC)
		at := float64(t.Unix())
		switch {
		case at > s.To:
			return out
		case at >= s.From:
			out = append(out, Tick{At: at, Text: t.Format("2006-01")})
		}
	}
}
