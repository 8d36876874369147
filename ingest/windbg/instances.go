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
	before []byte           // that line
	lo, hi int              // where the address stands in it
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
	if len(text) != len(a.before) || a.group == nil ||
		!bytes.Equal(text[a.hi:], a.before[a.hi:]) || !bytes.Equal(text[:a.lo], a.before[:a.lo]) {
		return false
	}
	for _, c := range text[a.lo:a.hi] {
		if hexValues[c] > 15 {
			return false
		}
	}
	a.group.Count++
	return true
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
	a.before = append(a.before[:0], whole...)
	a.lo = len(whole) - len(text)
	_, n := address(text)
	a.hi = a.lo + n
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
