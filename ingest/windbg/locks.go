package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// locks reads the last line of !locks:
//
//	**** DUMP OF ALL RESOURCE OBJECTS ****
//	KD: Scanning for held locks......
//	2263 total locks, 3 locks currently held
type locks struct {
	total, held int64
	at          ingest.Source
}

// newLocks takes the key from the arguments: locks may be asked for one by one.
func newLocks(_ *parser, c typed) (body, string) { return &locks{}, "!locks " + c.args }

// locksHeader recognises the banner.
func locksHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("**** DUMP OF ALL RESOURCE OBJECTS ****"))
}

func (s *locks) read(b *block, l line) verdict {
	text := trim(l.text)
	if locksHeader(text) {
		b.begun = true
		if b.Command == "" {
			b.Command = "!locks"
		}
		return noise
	}
	v, n := number(text)
	if n > 0 && bytes.HasPrefix(text[n:], []byte(" total locks")) && v < 1<<40 {
		return s.totals(b, l, int64(v), text[n+len(" total locks"):])
	}
	if n > 0 && l.open {
		return partial
	}
	if b.begun && (bytes.HasPrefix(text, []byte("KD: ")) || bytes.HasPrefix(text, []byte("Resource @"))) {
		return noise
	}
	return b.other(text)
}

// totals reads ", 3 locks currently held", which is left out when none is held.
func (s *locks) totals(b *block, l line, total int64, rest []byte) verdict {
	if l.open && len(rest) == 0 {
		return partial
	}
	b.begun = true
	s.total, s.at = total, b.p.source(l.no)
	if held, ok := bytes.CutPrefix(rest, []byte(", ")); ok {
		v, n := number(held)
		if n == 0 || !bytes.HasPrefix(held[n:], []byte(" lock")) || v > uint64(total) {
			return broken(l)
		}
		s.held = int64(v)
	}
	b.Rows++
	return last
}

// finish takes the totals as the end.
func (s *locks) finish(b *block, end ending) { b.State = listed(end) }

func (s *locks) merge(m *moment) {
	if s.at.Line > 0 {
		m.tally("locks", s.total, s.at)
		m.tally("locks held", s.held, s.at)
	}
}
