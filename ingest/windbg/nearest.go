package windbg

import "bytes"

// nearest reads ln, which names the symbol at or before an address and the next one:
//
//	kd> ln 0x9a3bf6ac
//	d:\coding\mydriver\handleioctl.c(50)+0x15
//	(9a3bf660)   MyDriver!DeviceControlDispatch+0x4c   |  (9a3bf6d0)   MyDriver!GetObjects
//
// It tells the module of a place that a search for a tag has found, where no list of
// modules does.
type nearest struct {
	address uint64
	module  string
}

func newNearest(_ *parser, c typed) (body, string) {
	s := &nearest{}
	s.address, _ = address([]byte(c.args))
	return s, c.text
}

func (s *nearest) read(b *block, l line) verdict {
	text := unindent(l.text)
	switch {
	case isSymbol(text):
		b.begun = true
		if l.open {
			return partial
		}
		if s.module == "" {
			_, rest, _ := bytes.Cut(text, []byte(")"))
			name, _, _ := bytes.Cut(rest, []byte("!"))
			s.module = b.p.intern(trim(name))
		}
		return row
	case bytes.HasPrefix(text, []byte("Exact matches:")), bytes.HasPrefix(text, []byte("Browse module")),
		bytes.HasPrefix(text, []byte("Set bu breakpoint")):
		b.begun = true
		return noise
	case isSourceLine(text), s.module != "" && bytes.HasPrefix(text, append([]byte(s.module), '!')):
		return noise // a line of the source, or an exact match once more
	}
	return foreign
}

// isSymbol recognises "(9a3bf660)   MyDriver!DeviceControlDispatch+0x4c".
func isSymbol(text []byte) bool {
	if first(text) != '(' {
		return false
	}
	_, n := address(text[1:])
	name, _, ok := bytes.Cut(text[min(n+2, len(text)):], []byte("!"))
	return ok && n > 0 && text[n+1] == ')' && len(trim(name)) > 0 && bytes.IndexByte(trim(name), ' ') < 0
}

// isSourceLine recognises "d:\x\handleioctl.c(50)+0x15".
func isSourceLine(text []byte) bool {
	return len(text) > 3 && text[1] == ':' && bytes.Contains(text, []byte(")"))
}

func (s *nearest) finish(b *block, end ending) {
	b.State = listed(end)
	if b.lostAt == 0 && end != byEOF { // an address without a symbol prints nothing
		b.begun = true
	}
}

// merge tells the module to the hits at the address asked about.
func (s *nearest) merge(m *moment) {
	for i := range m.snap.Scans {
		hits := m.snap.Scans[i].Hits
		for k := range hits {
			if hits[k].Address == s.address && hits[k].Module == "" {
				hits[k].Module = s.module
			}
		}
	}
}
