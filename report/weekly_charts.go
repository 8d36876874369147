package report

import (
	"slices"
	"strings"
)

// charts are the pictures: how many cases are open, and how the first one that needs
// somebody moves. Each is left out where it would show nothing.
func (k *clerk) charts() []WeeklyChart {
	var out []WeeklyChart
	if open := k.openCases(); len(open.Labels) > 1 {
		out = append(out, k.openPicture(open))
	}
	if len(k.needs) == 0 {
		return out
	}
	c := k.needs[0]
	if t := k.growthChart(c); t != nil {
		t.Title = brief(c.ID+" · "+t.Title, longestText)
		var lines []string
		for i := range t.Lines {
			t.Lines[i].Label = shortName(t.Lines[i].Label)
			lines = append(lines, strings.TrimSpace(t.Lines[i].Label+" "+t.Lines[i].Text))
		}
		out = append(out, WeeklyChart{Name: "top-case.png", Timeline: t,
			Alt: k.say("weekly.alt-course", facts{"id": c.ID, "lines": k.list(lines)})})
	}
	return out
}

// openPicture gives the columns an axis, and the sums in words.
func (k *clerk) openPicture(open *SheetChart) WeeklyChart {
	sums := make([]float64, len(open.Labels))
	for _, s := range open.Series {
		for i, v := range s.Values {
			sums[i] += v
		}
	}
	words := make([]string, len(sums))
	for i, n := range sums {
		words[i] = count(int64(n))
	}
	last := len(open.Labels) - 1
	return WeeklyChart{Name: "open-cases.png", Columns: open, Y: valueScale(slices.Max(sums), 1),
		Alt: k.say("weekly.alt-open", facts{"first": open.Labels[0], "last": open.Labels[last],
			"counts": strings.Join(words, ", ")})}
}
