package windbg

import (
	"bytes"
	"fmt"

	"poolsweep/ingest"
)

// obtrace reads the sum below the stacks that !obtrace lists for one object:
//
//	Object: fa96f700
//	 Image: cmd.exe
//	Sequence   (+/-)  Stack
//	    2421d    +1    nt!ObCreateObject+180
//	References: 5, Dereferences 3
type obtrace struct {
	p    *parser
	addr uint64
	open int64 // references that were not given back
	at   ingest.Source
}

func newObtrace(p *parser, c typed) (body, string) { return &obtrace{p: p}, c.text }

func (s *obtrace) read(b *block, l line) verdict {
	text := trim(l.text)
	if rest, ok := bytes.CutPrefix(text, []byte("Object: ")); ok {
		s.addr, _ = address(rest)
		b.begun = true
		return noise
	}
	rest, ok := bytes.CutPrefix(text, []byte("References: "))
	taken, n := number(rest)
	rest, found := bytes.CutPrefix(rest[n:], []byte(", Dereferences"))
	given, k := number(bytes.TrimLeft(rest, ": "))
	if !ok {
		return s.stack(b, text)
	}
	if n == 0 || !found || k == 0 || l.open || taken|given > 1<<48 {
		return broken(l)
	}
	s.open, s.at = int64(taken)-int64(given), s.p.source(l.no)
	return row
}

// stack accepts the traces, which empty lines may separate.
func (s *obtrace) stack(b *block, text []byte) verdict {
	if b.begun && b.typed && len(text) > 0 && !elided(text) && b.p.headed(text) == nil {
		return noise
	}
	return b.other(text)
}

func (s *obtrace) finish(b *block, end ending) { b.State = listed(end) }

func (s *obtrace) merge(m *moment) {
	if s.at.Line > 0 && s.addr != 0 {
		m.tally(fmt.Sprintf("references not given back: %x", s.addr), s.open, s.at)
	}
}
