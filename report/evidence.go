package report

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// fact is a figure of the case as the log has it, with its places.
type fact struct {
	what, value string
	at          []ingest.Source
}

// evidence lists each figure of the case with the line it was read from: tag
// rows, totals, !vm, filters that stand out.
func (s *speaker) evidence(c *analyze.Case) []fact {
	var out []fact
	add := func(what, value string, at ingest.Source) {
		out = append(out, fact{what, value, []ingest.Source{at}})
	}
	for _, g := range groups(c) {
		for _, m := range g.members {
			add(s.say("source.tag", facts{"tag": m.Tag, "pool": s.pool(m.Pool)}), s.usage(m.Usage), m.Source)
		}
	}
	for _, p := range c.Pool {
		if p.Total != nil {
			add(s.say("source.total", facts{"pool": s.pool(p.Pool)}), s.usage(p.Total.Usage), p.Total.Source)
		}
	}
	if c.Lead != nil && c.Lead.VM != nil {
		vm := c.Lead.VM
		figures := facts{"nonPaged": vm.NonPaged, "paged": vm.Paged}
		add(s.label("column.vm"), s.say("source.vm-value", figures), vm.Source)
	}
	for _, f := range c.Filters {
		if f.Standing >= analyze.Odd {
			add(s.say("source.filter", facts{"filter": f.Name}),
				s.say("source.filter-value", facts{"instances": f.Instances, "altitude": string(f.Altitude)}), f.Source)
		}
	}
	return out
}

// Cited returns the lines that the figures of a case were read from.
func Cited(c *analyze.Case) []ingest.Source {
	var out []ingest.Source
	for _, g := range groups(c) {
		for _, m := range g.members {
			out = append(out, m.Source)
		}
	}
	for _, p := range c.Pool {
		if p.Total != nil {
			out = append(out, p.Total.Source)
		}
	}
	if c.Lead != nil && c.Lead.VM != nil {
		out = append(out, c.Lead.VM.Source)
	}
	for _, f := range c.Filters {
		if f.Standing >= analyze.Odd {
			out = append(out, f.Source)
		}
	}
	return out
}

// usage words a row's figures exactly.
func (s *speaker) usage(u ingest.Usage) string {
	return s.say("source.tag-value", facts{"counted": u.Counted, "allocs": u.Allocs, "frees": u.Frees,
		"outstanding": u.Outstanding, "bytes": u.Bytes})
}

// argued lists each step of the argument that cites the log, under its rule's
// name, with the lines it cites.
func (s *speaker) argued(c *analyze.Case) []fact {
	var out []fact
	for _, r := range slices.Concat(c.Chain, c.Why, c.WhyNot, c.Unsure, c.Limits) {
		if len(r.Sources) > 0 {
			out = append(out, fact{string(r.Rule), s.reason(r), inOrder(r.Sources)})
		}
	}
	return out
}

// inOrder returns sources by file and line, each once: several hits of a scan
// lie in one module, whose line they all cite.
func inOrder(at []ingest.Source) []ingest.Source {
	sorted := slices.SortedFunc(slices.Values(at), func(a, b ingest.Source) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return slices.Compact(sorted)
}

// cite names a line for a reader who has the list of inputs at hand: the file
// without its folders, unless another input is called the same.
func (s *speaker) cite(at ingest.Source) string {
	if s.bases == nil {
		s.bases = map[string]int{}
		for _, d := range s.in.Documents {
			s.bases[ingest.Source{File: d.File}.Base()]++
		}
	}
	if base := at.Base(); s.bases[base] <= 1 {
		at.File = base
	}
	at.File = s.cut(at.File)
	return at.String()
}

// citeAll names several lines, those of one file together: "a.log:3, 7; b.log:1".
func (s *speaker) citeAll(at []ingest.Source) string {
	var b strings.Builder
	for i, src := range at {
		switch {
		case i > 0 && src.File == at[i-1].File && src.Line > 0:
			b.WriteString(", " + number(src.Line))
			continue
		case i > 0:
			b.WriteString("; ")
		}
		b.WriteString(s.cite(src))
	}
	return b.String()
}
