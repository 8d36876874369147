package windbg

import (
	"bytes"
	"fmt"
	"strings"

	"poolsweep/ingest"
)

// memoryText reads a text that somebody looked at by its address. The second
// argument of stop C4/62 is the address of a driver's name:
//
//	0: kd> dS ffffe708861aeea8
//	ffffe708`8860a1b0  "netebpfext.sys"
type memoryText struct {
	p    *parser
	text string
}

// readsText leaves out texts at registers and symbols.
func readsText(c typed) bool {
	_, n := address([]byte(c.args))
	return n > 0 && n == len(strings.TrimRight(c.args, " \t"))
}

func newMemoryText(p *parser, c typed) (body, string) {
	at, _ := address([]byte(c.args))
	return &memoryText{p: p}, memoryKey(at)
}

// memoryKey is the key of a command that shows the text at an address.
func memoryKey(at uint64) string { return fmt.Sprintf("text at %x", at) }

func (s *memoryText) read(b *block, l line) verdict {
	text := trim(l.text)
	_, n := address(text)
	quoted := trim(text[n:])
	inside, opened := bytes.CutPrefix(quoted, []byte(`"`))
	inside, closed := bytes.CutSuffix(inside, []byte(`"`))
	switch {
	case n == 0 || !opened:
		return b.other(text)
	case !closed || len(quoted) < 2:
		return broken(l)
	}
	b.begun = true
	if s.text == "" {
		s.text = s.p.intern(inside)
	}
	return row
}

// finish takes the text as whole: it has a closing quote.
func (s *memoryText) finish(b *block, end ending) {
	b.State = listed(end)
	if s.text != "" {
		b.State = ingest.BlockComplete
	}
}

// merge has nothing to add: nameLeaker looks for the text at one address.
func (s *memoryText) merge(*moment) {}
