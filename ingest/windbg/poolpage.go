package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// poolPage reads !pool, which lists the blocks of a page and marks the one asked
// about, and !poolval, which checks the page:
//
//	Pool page ffffcb0e11386cb0 region is Nonpaged pool
//	 ffffcb0e11386650 size:  640 previous size:    0  (Allocated)  KDNF
//	*ffffcb0e11386ca0 size:  2b0 previous size:    0  (Allocated) *FMis
//			Pooltag FMis : FLT_INSTANCE structure, Binary : fltmgr.sys
//	*fffff901400d0000 : large page allocation, tag is Gh05, size is 0x1090 bytes
//
// Only the marked block is kept. What a page outside of the pools prints ("could
// not be read. It may be a freed, invalid or paged out page") is no fact.
type poolPage struct {
	p       *parser
	pool    ingest.Pool
	asked   *ingest.PoolBlocks // the marked block
	invalid ingest.Source      // where !poolval says so
}

func newPoolPage(p *parser, c typed) (body, string) { return &poolPage{p: p}, c.text }

// poolPageHeader recognises the first line, and the marked row in a copy without it.
func poolPageHeader(text []byte) bool {
	if rest, ok := bytes.CutPrefix(text, poolPageIs); ok {
		return bytes.Contains(rest, regionIs)
	}
	return text[0] == '*' && markedBlock(text)
}

var (
	poolPageIs = []byte("Pool page ")
	regionIs   = []byte(" region is")
)

// markedBlock recognises "*ffffcb0e11386ca0 size:  2b0 …" and the large ones.
func markedBlock(text []byte) bool {
	_, n := address(text[1:])
	rest := text[1+n:]
	if n == 0 || len(rest) == 0 || !blank(rest[0]) {
		return false
	}
	_, sized := sizedBlock(rest, 1)
	_, large := largeBlock(rest)
	return sized || large
}

// poolvalLines begin what !poolval prints around its verdict.
var poolvalLines = []string{
	"Validating Pool headers", "Analyzing linked list", "[ ", "Scanning for single bit", "None found",
}

func (s *poolPage) read(b *block, l line) verdict {
	text := trim(l.text)
	if rest, ok := bytes.CutPrefix(text, poolPageIs); ok {
		return s.page(b, l, rest)
	}
	if v := s.block(b, l, text); v != foreign {
		return v
	}
	if s.note(text) || bytes.HasSuffix(text, []byte("large session pool...")) {
		return noise
	}
	if _, n := address(text); n > 0 && hexDump(text[n:]) {
		return noise
	}
	for _, begin := range poolvalLines {
		if b.begun && bytes.HasPrefix(text, []byte(begin)) {
			return noise
		}
	}
	return b.other(text)
}

// page reads "Pool page ADDRESS region is Paged pool", and the verdict of !poolval:
// "Pool page [ ffffbd06d46e0000 ] is INVALID."
func (s *poolPage) page(b *block, l line, rest []byte) verdict {
	_, region, ok := bytes.Cut(rest, regionIs)
	switch {
	case ok && !l.open:
		if b.begun && !b.typed {
			return foreign // another page
		}
		s.pool = poolNamed(region)
	case bytes.HasSuffix(rest, []byte("] is INVALID.")):
		b.begun = true
		s.invalid = s.p.source(l.no)
		return row
	case !ok:
		return b.other(rest)
	}
	b.begun, b.aside = true, true
	if b.Command == "" {
		b.Command = "!pool"
	}
	return noise
}

// block reads a row.
func (s *poolPage) block(b *block, l line, text []byte) verdict {
	marked := bytes.HasPrefix(text, []byte("*"))
	if marked {
		text = text[1:]
	}
	addr, n := address(text)
	if n == 0 || len(text) == n {
		return foreign
	}
	r, ok := sizedBlock(text[n:], 1)
	if !ok {
		r, ok = largeBlock(text[n:])
	}
	if !ok {
		if marked || bytes.HasPrefix(text[n:], []byte(" size:")) {
			return broken(l)
		}
		return foreign
	}
	if l.open && len(r.tag) < 4 { // what would follow may belong to the tag
		return partial
	}
	b.begun = true
	if b.Command == "" {
		b.Command = "!pool"
	}
	if marked && !r.free && s.asked == nil {
		s.asked = &ingest.PoolBlocks{
			Tag: padded(r.tag), Pool: s.pool, Count: 1, Bytes: r.size,
			First: []uint64{addr}, Large: r.large, Source: s.p.source(l.no),
		}
	}
	return row
}

// note reads what stands below the marked row.
func (s *poolPage) note(text []byte) bool {
	if bytes.HasPrefix(text, []byte("Owning component : ")) {
		return true
	}
	if !bytes.HasPrefix(text, []byte("Pooltag ")) {
		return false
	}
	if _, owner, ok := bytes.Cut(text, []byte("Binary : ")); ok && s.asked != nil && s.asked.Owner == "" {
		s.asked.Owner = s.p.intern(trim(owner))
	}
	return true
}

// hexDump recognises the contents that flag 1 prints: "  ffffffff 0057005c 004e0049".
func hexDump(text []byte) bool {
	for range 2 {
		_, n := address(unindent(text))
		if n == 0 {
			return false
		}
		text = unindent(text)[n:]
	}
	return true
}

func (s *poolPage) finish(b *block, end ending) { b.State = listed(end) }

func (s *poolPage) merge(m *moment) {
	if s.asked != nil {
		m.found(fact{kind: "block", name: string(s.asked.Tag[:]), at: s.asked.First[0]}, *s.asked)
	}
	if s.invalid.Line > 0 {
		m.tally("pool pages found invalid", 1, s.invalid)
	}
}
