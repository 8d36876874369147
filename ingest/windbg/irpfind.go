package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// irpfind counts the I/O request packets that !irpfind lists, on old and new systems:
//
//	8097c008 Thread 8094d900 current stack belongs to  \Driver\symc810
//	fffffa80193c3450 [0000000000000000] irpStack: ( f, 0)  fffffa8019c29050 [ \Driver\usbhuci]
//
// Its captions are those of !poolfind with the tag "Irp".
type irpfind struct {
	count int64
	at    ingest.Source
}

// listsIRPs leaves out searches for IRPs of one device or one thread.
func listsIRPs(c typed) bool { return len(strings.Fields(c.args)) < 3 }

func newIRPFind(p *parser, c typed) (body, string) {
	return &irpfind{at: p.source(c.line)}, "!irpfind"
}

// irpfindHeader recognises "Searching NonPaged pool (8090c000 : 8131e000) for Tag: Irp".
func irpfindHeader(text []byte) bool { return searchCaption(text) && searchesIRPs(text) }

func searchesIRPs(text []byte) bool {
	return bytes.Contains(text, []byte("Tag: Irp")) || bytes.Contains(text, []byte("ag 'Irp"))
}

func (s *irpfind) read(b *block, l line) verdict {
	text := trim(l.text)
	if _, n := address(text); n > 0 {
		rest := unindent(text[n:])
		if isIRP(rest) {
			b.begun = true
			s.count++
			return row
		}
		return broken(l)
	}
	if searchCaption(text) {
		b.begun = true
		if b.Command == "" {
			b.Command = "!irpfind"
		}
		return noise
	}
	// A name that could not be read breaks its row before the bracket.
	if b.begun && (string(text) == "]" || bytes.HasPrefix(text, []byte("Irp "))) {
		return noise
	}
	return b.other(text)
}

// isIRP recognises a row behind its address.
func isIRP(rest []byte) bool {
	return bytes.Contains(rest, []byte("] irpStack: (")) ||
		bytes.HasPrefix(rest, []byte("Thread ")) && len(rest) > len("Thread 8094d900")
}

func (s *irpfind) finish(b *block, end ending) { b.State = listed(end) }

func (s *irpfind) merge(m *moment) {
	if s.count > 0 {
		m.tally("irps", s.count, s.at)
	}
}
