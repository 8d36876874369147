package report

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/analyze"
)

func TestAMatrixHasEachPairOnce(t *testing.T) {
	s, k := &speaker{in: Input{Words: english(t)}}, runawayCase()
	m := s.matrix(&k)
	for i, r := range m.Rows {
		if len(r.Quotients) != i+1 {
			t.Errorf("row %s has %d quotients", r.Label, len(r.Quotients))
		}
	}
	if len(m.Columns) != len(m.Rows) || s.err != nil {
		t.Errorf("%d columns, %d rows, %v", len(m.Columns), len(m.Rows), s.err)
	}
}

func TestWhatAgreesIsWithinBothTolerances(t *testing.T) {
	member := func(n int64, times, per int) *analyze.Member {
		m := inStep(usage("Abcd", n, 1, 1), 10000, times, per)
		m.Within = 20
		return &m
	}
	for _, c := range []struct {
		a, b *analyze.Member
		want Quotient
	}{
		{member(10000, 1, 1), member(10000, 1, 1), Quotient{"1.0000", true}},
		{member(20000, 2, 1), member(10000, 1, 1), Quotient{"2.0000", true}},
		{member(10020, 1, 1), member(9981, 1, 1), Quotient{"1.0039", true}},
		{member(10041, 1, 1), member(10000, 1, 1), Quotient{"1.0041", false}},
		{member(5000, 1, 2), member(130000, 13, 1), Quotient{"0.0385", true}},
		{member(2500000, 250, 1), member(10000, 1, 1), Quotient{"250.00", true}},
	} {
		if got := divided(c.a, c.b); got != c.want {
			t.Errorf("%d over %d: %v, want %v", c.a.Outstanding, c.b.Outstanding, got, c.want)
		}
	}
}

func TestAMatrixIsLeftOutOrBoundedBySize(t *testing.T) {
	for _, c := range []struct {
		tags, rows int
		note       string
	}{{2, 0, ""}, {3, 2, ""}, {14, 13, ""}, {40, 13, "26 more tags are left out for want of room"}} {
		k := analyze.Case{Cluster: &analyze.Cluster{Events: 100}}
		for i := range c.tags {
			k.Core = append(k.Core, inStep(usage(fmt.Sprintf("T%03d", i), 100, 1, i), 100, 1, 1))
		}
		s := &speaker{in: Input{Words: english(t)}}
		m := s.matrix(&k)
		if m == nil {
			m = &Matrix{}
		}
		if len(m.Rows) != c.rows || !strings.Contains(m.Note, c.note) || s.err != nil {
			t.Errorf("%d tags: %d rows, %q, %v", c.tags, len(m.Rows), m.Note, s.err)
		}
	}
}
