package windbg

import (
	"bytes"
	"math"
	"strconv"
	"strings"

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
	seen map[string]bool // labels whose figure was taken; a second one is not added
	done bool            // one of the last lines was printed
}

// newVM gives all uses one key: the flags only add sections that are not read.
func newVM(p *parser, c typed) (body, string) {
	return &vm{VM: ingest.VM{Source: p.source(c.line)}, seen: map[string]bool{}}, "!vm"
}

// readableVM leaves out "!vm 21", which lists address ranges under similar labels.
func readableVM(c typed) bool {
	args := strings.Fields(c.args)
	if len(args) == 0 {
		return true
	}
	flags, err := strconv.ParseUint(strings.TrimPrefix(args[0], "0x"), 16, 32)
	return err != nil || flags&0x20 == 0
}

// vmHeader recognises the banner of older systems, or the first figure.
func vmHeader(text []byte) bool {
	if bytes.HasPrefix(text, []byte("*** Virtual Memory Usage ***")) {
		return true
	}
	label, _, ok := vmFigure(text)
	return ok && label == "Physical Memory"
}

// vmFigure reads "Label: pages ( Kb)" and returns the amount in bytes. Pages are
// not always 4 KiB, so the figure in Kb counts. ok is false for other lines.
func vmFigure(text []byte) (label string, amount []byte, ok bool) {
	name, rest, found := bytes.Cut(trim(text), []byte(":"))
	_, n := number(unindent(rest))
	_, kb, inside := bytes.Cut(rest, []byte("("))
	if !found || !inside || n == 0 && !digit(first(unindent(rest))) {
		return "", nil, false
	}
	return string(name), unindent(kb), true
}

func (s *vm) read(b *block, l line) verdict {
	text := trim(l.text)
	if bytes.Contains(text, []byte("Excessive NonPaged Pool Usage")) {
		s.NonPagedAlert = true
		b.begun = true
		return row
	}
	label, kb, ok := vmFigure(text)
	if !ok {
		return s.other(b, text)
	}
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
	s.set(b, l, target, kb)
	return row
}

// other accepts the lines between the figures: page files, alerts, the processes
// with their commit, whatever has a label.
func (s *vm) other(b *block, text []byte) verdict {
	if bytes.HasPrefix(text, []byte("Page File:")) || bytes.HasPrefix(text, []byte("*****")) ||
		bytes.HasPrefix(text, []byte("*** Virtual")) || bytes.HasPrefix(text, []byte("No Name for")) {
		b.begun = true
		return noise
	}
	if !b.begun || len(text) == 0 || elided(text) {
		return foreign
	}
	for _, known := range []string{"Kb", "Pool Usage", "Unimplemented error", "Syspart SharedCommit"} {
		if bytes.Contains(text, []byte(known)) {
			return noise
		}
	}
	if s.done && !b.blank {
		return noise
	}
	return foreign
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
// 18446735296008579352, and usages of more pages than the machine has.
func (s *vm) set(b *block, l line, target *uint64, kb []byte) {
	v, n := number(kb)
	if n == 0 || v > math.MaxInt64>>10 {
		b.warn(l, "impossible figure, ignored")
		return
	}
	usage := target == &s.NonPaged || target == &s.Paged
	if sum := *target + v<<10; !usage || s.Physical == 0 || sum <= s.Physical {
		*target = sum
		return
	}
	b.warn(l, "pool usage of more than the physical memory, ignored")
}

// finish takes the commit limit, printed last by all systems, as the end.
func (s *vm) finish(b *block, end ending) {
	b.State = listed(end)
	if s.done {
		b.State = ingest.BlockComplete
	}
}

// differs compares the figures that are kept; those of a dump never change.
func (s *vm) differs(before body) bool {
	old, ok := before.(*vm)
	a, b := s.VM, ingest.VM{}
	if ok {
		b = old.VM
	}
	a.Source, b.Source = ingest.Source{}, ingest.Source{}
	return ok && a != b
}

// merge keeps the first !vm of a moment. One that printed no figure says nothing.
func (s *vm) merge(m *moment) {
	if m.snap.VM == nil && (len(s.seen) > 0 || s.NonPagedAlert) {
		m.snap.VM = &s.VM
	}
	if s.Physical > 0 {
		m.snap.RAM = s.Physical
	}
}
