package report

import (
	"math"

	"poolsweep/analyze"
)

// Matrix sets the counts of a cluster's tags against each other, so that a reader sees
// that they agree in pairs and not with the anchor alone.
type Matrix struct {
	Title   string
	Columns []string     // the tags divided by, all but the last
	Rows    []MatrixLine // the tags divided, all but the first
	Note    string
}

// MatrixLine is a tag with its quotients: one a tag before it.
type MatrixLine struct {
	Label     string
	Quotients []Quotient
}

// Quotient is one count divided by another.
type Quotient struct {
	Text   string
	Agrees bool // a ratio of whole numbers, within the tolerances of both
}

// How many tags a matrix has: two say no more than the ladder, and the width of a page
// has room for so many columns.
const (
	matrixLeast = 3
	matrixMost  = 14
)

// matrix divides the counts of a cluster's tags by each other, nil when there are too
// few. The core comes first: where the page has no room, followers are left out.
func (s *speaker) matrix(c *analyze.Case) *Matrix {
	all := inRatio(c)
	shown := all[:min(matrixMost, len(all))]
	if len(shown) < matrixLeast {
		return nil
	}
	m := &Matrix{Title: s.label("chart.matrix"), Note: s.say("chart.matrix-note", facts{"more": len(all) - len(shown)})}
	for i := range shown {
		if i < len(shown)-1 {
			m.Columns = append(m.Columns, shown[i].Tag.String())
		}
		if i == 0 {
			continue
		}
		line := MatrixLine{Label: s.barLabel(c, shown[i])}
		for j := range shown[:i] {
			line.Quotients = append(line.Quotients, divided(&shown[i], &shown[j]))
		}
		m.Rows = append(m.Rows, line)
	}
	return m
}

// divided is the count of one member over that of another, and whether it is what their
// ratios to the events let expect. How far off it may be are both tolerances together.
func divided(a, b *analyze.Member) Quotient {
	over, under := float64(a.ClusterCount()), float64(max(1, b.ClusterCount()))
	ratio := func(m *analyze.Member) float64 { return float64(m.Times) / float64(m.Per) }
	slack := func(m *analyze.Member) float64 {
		return float64(m.Within) / float64(max(1, m.ClusterCount()-m.Surplus))
	}
	off := math.Abs(over/under/(ratio(a)/ratio(b)) - 1)
	return Quotient{Text: quotient(over / under), Agrees: off <= slack(a)+slack(b)}
}
