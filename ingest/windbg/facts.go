package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// fact identifies what a snapshot keeps once, however often it is printed.
type fact struct {
	kind string // "tally", "object", …
	name string
	more string
	at   uint64 // an address, where that tells them apart
}

// place returns the index of a fact in its list. A new one gets index next.
func (m *moment) place(f fact, next int) (index int, known bool) {
	if index, known = m.facts[f]; known {
		return index, true
	}
	if m.facts == nil {
		m.facts = map[fact]int{}
	}
	m.facts[f] = next
	return next, false
}

// tally adds a count to the snapshot; the same count again is the same fact.
func (m *moment) tally(what string, count int64, at ingest.Source) {
	if _, known := m.place(fact{kind: "tally", name: what}, 0); !known {
		m.snap.Tallies = append(m.snap.Tallies, ingest.Tally{What: what, Count: count, Source: at})
	}
}

// other is the verdict on a line of no known shape. What a typed minor command
// prints belongs to it, unless it stands apart or begins another table.
func (b *block) other(text []byte) verdict {
	switch {
	case !b.cmd.minor, !b.typed, len(text) == 0, elided(text), b.begun && b.blank:
		return foreign
	case b.begun && b.p.headed(text) != nil:
		return foreign
	}
	b.begun, b.aside = true, true
	return noise
}

// chatter recognises what the debugger prints in the middle of any output while
// it loads symbols: "*** ERROR: Module load completed but symbols could not be …".
func chatter(text []byte) bool {
	return bytes.HasPrefix(text, []byte("*** ERROR:")) || bytes.HasPrefix(text, []byte("*** WARNING:")) ||
		bytes.HasPrefix(text, []byte("Unable to load image "))
}

// hex reads a hexadecimal number at the start of text, with or without 0x or a
// backtick in the middle, and returns its length, 0 when there is none.
func hex(text []byte) (v uint64, n int) {
	if bytes.HasPrefix(text, []byte("0x")) {
		n = 2
	}
	digits := 0
	for ; n < len(text); n++ {
		d := hexValues[text[n]]
		if d > 15 && (text[n] != '`' || digits != 8) {
			break
		}
		if d < 16 {
			v = v<<4 | uint64(d)
			digits++
		}
	}
	if digits == 0 || digits > 16 {
		return 0, 0
	}
	return v, n
}

// hexWord reads a hexadecimal number that ends at a blank or at the end of text,
// and returns what follows.
func hexWord(text []byte) (v uint64, rest []byte, ok bool) {
	text = unindent(text)
	v, n := hex(text)
	if n == 0 || n < len(text) && !blank(text[n]) {
		return 0, text, false
	}
	return v, text[n:], true
}
