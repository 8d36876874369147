package xlsx

import (
	"fmt"
	"math"
	"strings"

	"github.com/rivo/uniseg"

	"poolsweep/report"
)

// survey is what the frame of a sheet needs to know of its rows, which are not
// held.
type survey struct {
	columns []extent
	links   []hyperlink
	files   []string // the addresses of links out of the workbook
	sparks  []int    // by row, how many values a tiny chart of it has
}

// extent is what the values of a column take.
type extent struct {
	widest  int     // text, in places
	largest float64 // number, without its sign; -1: no number
}

// survey goes through the rows once.
func (g *grid) survey() (*survey, error) {
	s := &survey{columns: make([]extent, len(g.titles))}
	for i := range s.columns {
		s.columns[i].largest = -1
	}
	n := 0
	for row := range g.rows {
		if len(row) != len(g.titles) {
			return nil, fmt.Errorf("row %d has %d values, the table %d columns", n+1, len(row), len(g.titles))
		}
		for col, v := range row {
			g.note(s, n, col, v)
		}
		n++
	}
	if n != g.len {
		return nil, fmt.Errorf("%d rows came, %d were announced", n, g.len)
	}
	return s, nil
}

// note takes up one value.
func (g *grid) note(s *survey, row, col int, v any) {
	e := &s.columns[col]
	switch x := v.(type) {
	case int64:
		e.largest = max(e.largest, math.Abs(float64(x)))
	case uint64:
		e.largest = max(e.largest, float64(x))
	case float64:
		if finite(x) {
			e.largest = max(e.largest, math.Abs(x))
		}
	case report.Link:
		e.widest = max(e.widest, places(x.Text))
		g.noteLink(s, place(col+1, firstRow+row), x)
	case []float64:
		s.sparks = append(s.sparks, make([]int, row-len(s.sparks))...)
		s.sparks = append(s.sparks, len(x))
	default:
		e.widest = max(e.widest, places(words(v)))
	}
}

// words returns the text of a value that is one.
func words(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case report.Tagged:
		return x.Text
	case report.Link:
		return x.Text
	}
	return ""
}

// places returns how many digits the longest line of a text is wide; Chinese
// characters take two.
func places(s string) int {
	if plain(s) {
		return len(s)
	}
	n := 0
	for line := range strings.Lines(s) {
		n = max(n, uniseg.StringWidth(line))
	}
	return n
}

const (
	// sentence is the width from which a text column is for sentences: it wraps.
	sentence = 30
	// widest is how wide a column of short texts gets for a long one before it wraps.
	widest = 44
	// buttonWidth is what the filter button hides of a title.
	buttonWidth = 3
	// around is the room beside a value: its indent and the rule.
	around = 2.5
)

// width returns a column's width and whether its texts wrap: the model's width,
// more where the titles or the values need it.
func (g *grid) width(col int) (float64, bool) {
	const most = 120
	c, seen := g.sheet.Columns[col], g.seen.columns[col]
	width := max(c.Width, g.titleWidth(col))
	switch c.Kind {
	case report.KindTime, report.KindLocal:
		return max(width, float64(len("2006-01-02 15:04"))+around), false
	case report.KindDate:
		return max(width, float64(len("2006-01-02"))+around), false
	case report.KindHeat:
		return width, false
	}
	width = max(width, numberWidth(c.Kind, seen.largest))
	need := float64(seen.widest)*capitals + around
	if c.Width < sentence {
		width = max(width, min(need, widest))
	}
	return min(width, most), need > width
}

// capitals is how much wider than digits the letters of names are, which are often
// capitals.
const capitals = 1.05

// titleWidth returns the width that keeps the words of a title whole. One in Chinese may
// break anywhere, and takes two lines from some length on.
func (g *grid) titleWidth(col int) float64 {
	const oneLine, spare = 8, 3 // spare: no closing bracket begins a line
	longest := 0
	for _, word := range strings.Fields(g.titles[col]) {
		n := min(places(word), widest)
		if !plain(word) {
			n = min(n, max(oneLine, n/2+spare))
		}
		longest = max(longest, n)
	}
	return float64(longest)*capitals + buttonWidth + 1
}

// titleLines returns how many lines a title takes when its words stay whole, but for
// what no blank divides and is wider than the column.
func titleLines(title string, width float64) int {
	n, used := 1, 0.0
	for _, word := range strings.Fields(title) {
		wide := float64(places(word))
		if used += wide; used > width && used > wide {
			n, used = n+1, wide
		}
		if !plain(word) && width > 0 {
			n += int(math.Ceil(wide/width)) - 1
		}
		used++ // the blank
	}
	return n
}

// numberWidth returns the width at which a column's largest number, which is its
// longest, does not show as ###.
func numberWidth(kind report.CellKind, largest float64) float64 {
	if largest < 0 {
		return 0
	}
	digits := 1
	for n := largest; n >= 10; n /= 10 {
		digits++
	}
	switch kind {
	case report.KindRatio, report.KindShare, report.KindHours:
		digits += len(".00-")
	case report.KindChance:
		digits += len(".0000")
	}
	return float64(digits+digits/3) + around
}
