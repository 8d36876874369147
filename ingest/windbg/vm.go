package windbg

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strconv"

	"poolsweep/ingest"
)

// vm reads the figures of !vm that are about physical memory and the pools:
//
//	Physical Memory:          2037490 (    8149960 Kb)
//	NonPagedPool Usage:           268 (       1072 Kb)
//	NonPagedPoolNx Usage:       36623 (     146492 Kb)
//	********** Excessive NonPaged Pool Usage *****
//
// Similar labels mean other things ("NonPaged Usage: 316 Kb" is a session's,
// "PagedPool 0 Usage" a part of "PagedPool Usage"), so labels are compared whole.
type vm struct {
	ingest.VM
	seen    map[string]bool // labels whose figure was taken; a second one is not added
	refused [2]bool         // a usage of the nonpaged or paged pool was impossible: there is no sum
	alerts  []ingest.Tally  // "351175 kernel stack PTE allocations have failed"
	regions bool            // below the head of the address ranges of !vm 21
	done    bool            // one of the last lines was printed
}

// newVM gives all uses one key: the flags only add sections that are not read.
func newVM(p *parser, c typed) (body, string) {
	return &vm{VM: ingest.VM{Source: p.source(c.line)}, seen: map[string]bool{}}, "!vm"
}

// vmHeader recognises the banner of older systems, or the first figure.
func vmHeader(text []byte) bool {
	if bytes.HasPrefix(text, []byte("*** Virtual Memory Usage ***")) {
		return true
	}
	label, _, ok := vmFigure(text)
	return ok && label == "Physical Memory"
}

// vmAmount is what is printed of a figure: decimal pages and Kb.
type vmAmount struct {
	pages, kb uint64
	ok        bool // they agree
}

// vmFigure reads "Label: pages ( Kb)". ok is false for other lines.
func vmFigure(text []byte) (label string, amount vmAmount, ok bool) {
	name, rest, found := bytes.Cut(trim(text), []byte(":"))
	rest = unindent(rest)
	_, inside, paren := bytes.Cut(rest, []byte("("))
	if !found || !paren || !digit(first(rest)) {
		return "", amount, false
	}
	var p, k int
	amount.pages, p = number(rest)
	amount.kb, k = number(unindent(inside))
	if p == 0 || k == 0 { // nothing there, or more than 64 bits
		amount.kb = math.MaxUint64
	}
	const small, large = 4, 8 // Kb of a page, the large ones on Itanium
	amount.ok = amount.kb == amount.pages*small || amount.kb == amount.pages*large
	return string(name), amount, true
}

func (s *vm) read(b *block, l line) verdict {
	text := trim(l.text)
	if n := bytes.Count(text, []byte("Kb)")); n > 1 {
		return s.several(b, l, text)
	}
	if s.alert(b, l, text) {
		return row
	}
	label, figure, ok := vmFigure(text)
	if !ok {
		return s.other(b, text)
	}
	return s.figure(b, l, label, figure)
}

// several reads an output that a copy has put on one line. What stands between two
// figures ends with the label of the second one.
func (s *vm) several(b *block, l line, text []byte) verdict {
	v := noise
	for len(text) > 0 {
		part, rest, _ := bytes.Cut(text, []byte("Kb)"))
		s.alert(b, l, part)
		for _, label := range vmLabels {
			i := bytes.LastIndex(part, []byte(label+":"))
			if i < 0 || i > 0 && !blank(part[i-1]) {
				continue
			}
			if _, figure, ok := vmFigure(append(part[i:len(part):len(part)], "Kb)"...)); ok {
				if s.figure(b, l, label, figure) == row {
					v = row
				}
			}
		}
		text = rest
	}
	return v
}

// typedRest reads an output that a copy has left on the line of the command.
func (s *vm) typedRest(b *block, l line, text []byte) {
	if bytes.Contains(text, []byte("Kb)")) && s.several(b, l, text) == row {
		b.Rows++
	}
}

// vmLabels are the figures that are kept, and those the output ends with.
var vmLabels = []string{
	"Physical Memory", "NonPagedPool Usage", "NonPagedPoolNx Usage", "NonPagedPool Max",
	"PagedPool Usage", "PagedPool Maximum", "Commit limit",
}

// failed matches "******* 351175 kernel stack PTE allocations have failed ******".
var failed = regexp.MustCompile(`\*\* +(\d+) ([a-zA-Z ]+) have failed \*`)

// alert reads the lines in asterisks that call for attention.
func (s *vm) alert(b *block, l line, text []byte) bool {
	if first(text) != '*' && bytes.Count(text, []byte("**")) == 0 {
		return false
	}
	if bytes.Contains(text, []byte("Excessive NonPaged Pool Usage")) {
		s.NonPagedAlert, b.begun = true, true
		return true
	}
	m := failed.FindSubmatch(text)
	if m == nil {
		return false
	}
	count, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return false
	}
	b.begun = true
	s.alerts = append(s.alerts, ingest.Tally{
		What: string(m[2]) + " failed", Count: count, Source: b.p.source(l.no),
	})
	return true
}

// figure takes over a figure that is kept.
func (s *vm) figure(b *block, l line, label string, amount vmAmount) verdict {
	b.begun = true // the labels differ between systems, any figure will do
	if b.Command == "" {
		b.Command = "!vm"
	}
	if label == "Commit limit" || label == "Peak Commitment" {
		s.done = true
	}
	target := s.target(label)
	if target == nil || s.seen[label] {
		return noise
	}
	s.seen[label] = true
	s.set(b, l, target, amount)
	return row
}

// other accepts the lines between the figures: page files, alerts, the processes
// with their commit, address ranges in hexadecimal, whatever has a label.
func (s *vm) other(b *block, text []byte) verdict {
	for _, begin := range []string{"Page File:", "*****", "*** Virtual", "No Name for", "System Region "} {
		if bytes.HasPrefix(text, []byte(begin)) {
			b.begun = true
			s.regions = s.regions || begin == "System Region "
			return noise
		}
	}
	if !b.begun || len(text) == 0 || elided(text) {
		return foreign
	}
	for _, known := range []string{
		"Kb", "kb", "Pool Usage", "Unimplemented error", "Syspart SharedCommit", "Memory Usage By Session",
	} {
		if bytes.Contains(text, []byte(known)) {
			return noise
		}
	}
	if s.regions && isRegion(text) || bytes.HasPrefix(text, []byte("Session ID ")) || s.done && !b.blank {
		return noise
	}
	return foreign
}

// isRegion recognises "PagedPool             : ffff8b8000000000     100000000000".
func isRegion(text []byte) bool {
	_, rest, ok := bytes.Cut(text, []byte(" : "))
	_, n := address(unindent(rest))
	return ok && n > 0
}

// target returns where a figure belongs, nil for those that are not kept.
func (s *vm) target(label string) *uint64 {
	switch label {
	case "Physical Memory":
		return &s.Physical
	case "NonPagedPool Usage", "NonPagedPoolNx Usage":
		return &s.NonPaged
	case "NonPagedPool Max":
		return &s.NonPagedMax
	case "PagedPool Usage":
		return &s.Paged
	case "PagedPool Maximum":
		return &s.PagedMax
	}
	return nil
}

// set adds a figure. The debugger prints counters that went below zero as
// 18446735296008579352, and usages of more pages than the machine has. The two kinds of
// nonpaged pool have no sum when one of them is impossible.
func (s *vm) set(b *block, l line, target *uint64, amount vmAmount) {
	pool := slices.Index([]*uint64{&s.NonPaged, &s.Paged}, target)
	refuse := func(message string) {
		b.warn(l, message)
		if pool >= 0 {
			s.refused[pool] = true
		}
	}
	switch sum := *target + amount.kb<<10; {
	case amount.kb > math.MaxInt64>>10:
		refuse("impossible figure, ignored")
	case !amount.ok:
		refuse("pages and Kb do not agree, ignored")
	case pool >= 0 && s.Physical > 0 && sum > s.Physical:
		refuse("pool usage of more than the physical memory, ignored")
	default:
		*target = sum
	}
	if pool >= 0 && s.refused[pool] {
		*target = 0
	}
}

// finish takes the commit limit, printed last by all systems, as the end.
func (s *vm) finish(b *block, end ending) {
	b.State = listed(end)
	if s.done {
		b.State = ingest.BlockComplete
	}
}

// figuresOf returns the figures that are kept.
func figuresOf(v *ingest.VM) [5]*uint64 {
	return [...]*uint64{&v.Physical, &v.NonPaged, &v.NonPagedMax, &v.Paged, &v.PagedMax}
}

// differs compares the figures that both have printed; those of a dump never change.
func (s *vm) differs(before body) bool {
	old, ok := before.(*vm)
	if !ok {
		return false
	}
	a, b := figuresOf(&s.VM), figuresOf(&old.VM)
	for i := range a {
		if *a[i] != 0 && *b[i] != 0 && *a[i] != *b[i] {
			return true
		}
	}
	return false
}

// merge keeps the first !vm of a moment, and from later ones what it lacks. One that
// printed no figure says nothing.
func (s *vm) merge(m *moment) {
	switch {
	case len(s.seen) == 0 && !s.NonPagedAlert:
	case m.snap.VM == nil:
		m.snap.VM = &s.VM
		for _, a := range s.alerts {
			m.tally(a.What, a.Count, a.Source)
		}
	default:
		for i, known := range figuresOf(m.snap.VM) {
			if *known == 0 {
				*known = *figuresOf(&s.VM)[i]
			}
		}
	}
	if s.Physical > 0 {
		m.snap.RAM = s.Physical
	}
}
