package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// attachments counts the instances listed below a filter or a volume:
//
//	FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"
//
// A driver that attaches without end prints millions of such lines. They are
// counted as they pass; a line that differs from the one before by its address
// alone, as nearly all do, costs one comparison.
type attachments struct {
	p      *parser
	groups map[string]int // name and altitude → group in the list they are counted in

	group  *ingest.Instance // the group of the line before, when it keeps no more addresses
	before pattern          // that line
}

// pattern is a line that others are like but for the address in it.
type pattern struct {
	text   []byte
	lo, hi int // where the address stands
}

// fits reports whether a line is the pattern with this or another address.
func (p *pattern) fits(text []byte) bool {
	if len(text) != len(p.text) ||
		!bytes.Equal(text[p.hi:], p.text[p.hi:]) || !bytes.Equal(text[:p.lo], p.text[:p.lo]) {
		return false
	}
	digits := byte(0)
	for _, c := range text[p.lo:p.hi] {
		digits |= hexValues[c] // 0xff is seen in the end, too
	}
	return digits < 16
}

// maxGroups is how many differently named instances of one filter or volume are
// told apart.
const maxGroups = 1000

var (
	fltInstance  = []byte("FLT_INSTANCE: ")
	betweenNames = []byte(`" "`)
)

// begin starts the list below another filter or volume.
func (a *attachments) begin() { a.groups, a.group = map[string]int{}, nil }

// again reports whether the line is the one before but for the address, and
// counts it then.
func (a *attachments) again(text []byte) bool {
	if a.group == nil || !a.before.fits(text) {
		return false
	}
	a.group.Count++
	a.p.repeating = a
	return true
}

// pass counts the lines that follow and are the last one again, without handing each
// of them to the block machine.
func (a *attachments) pass(in *lines, b *block) {
	n := in.passLike(&a.before)
	a.group.Count += n
	b.Rows += n
	b.LastLine = in.no
}

// count adds an instance to the list. The text is what follows the keyword. It
// returns false when the row is not whole.
func (a *attachments) count(b *block, l line, text []byte, list *[]ingest.Instance) bool {
	addr, name, altitude, ok := namesOf(text)
	if !ok {
		return false
	}
	key := text[bytes.IndexByte(text, '"'):]
	i, ok := a.groups[string(key)]
	if !ok {
		i = a.newGroup(b, l, key, name, altitude, list)
	}
	g := &(*list)[i]
	g.Count++
	if len(g.First) < ingest.KeptAddresses {
		g.First = append(g.First, addr)
		a.group = nil
		return true
	}
	a.remember(g, l.text, text)
	return true
}

// newGroup adds a group, or returns the last one when there are too many: a driver
// may name every attachment differently.
func (a *attachments) newGroup(b *block, l line, key, name, altitude []byte, list *[]ingest.Instance) int {
	if len(*list) == maxGroups {
		b.warn(l, "more differently named instances than are told apart, counted with others")
		return maxGroups - 1
	}
	a.groups[string(key)] = len(*list)
	*list = append(*list, ingest.Instance{
		Name: a.p.intern(name), Altitude: ingest.Altitude(a.p.intern(altitude)), Source: a.p.source(l.no),
	})
	return len(*list) - 1
}

// remember makes the line the pattern for the lines after it.
func (a *attachments) remember(g *ingest.Instance, whole, text []byte) {
	a.group = g
	lo := len(whole) - len(text)
	_, n := address(text)
	a.before = pattern{append(a.before.text[:0], whole...), lo, lo + n}
}

// namesOf reads an address and two quoted names, `ffffcb0e0bb5fa80 "WdFilter Instance" "328010"`.
func namesOf(text []byte) (addr uint64, name, altitude []byte, ok bool) {
	addr, text, ok = quotedAt(text)
	i := bytes.LastIndex(text, betweenNames)
	if !ok || i < 0 {
		return 0, nil, nil, false
	}
	return addr, text[:i], text[i+len(betweenNames):], true
}

// quotedAt reads an address and what stands in quotes behind it.
func quotedAt(text []byte) (addr uint64, quoted []byte, ok bool) {
	addr, n := address(text)
	text = trim(text[n:])
	if n == 0 || len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return 0, nil, false
	}
	return addr, text[1 : len(text)-1], true
}
