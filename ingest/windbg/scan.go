package windbg

import (
	"bytes"
	"regexp"
	"strings"

	"poolsweep/ingest"
)

// scan reads the hits of a search for text in memory:
//
//	0: kd> !for_each_module s -a @#Base @#End "tsni"
//	a7e0f300  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.
//
// The debugger does not say in which module a hit lies.
type scan struct {
	p *parser
	ingest.Scan
}

// maxHits is how many hits are kept: a pattern as short as a tag may stand in
// code by chance, but nobody looks at more.
const maxHits = 10000

// asciiSearch matches "s -a" with its range, alone or inside !for_each_module.
// Flags may stand in brackets: s -[l4]a.
var asciiSearch = regexp.MustCompile(`(?:^|[\s"])s +-(?:\[[^\]]*\])?a\s`)

// searchesText leaves out the other uses of !for_each_module, .echo above all.
func searchesText(c typed) bool { return asciiSearch.MatchString(c.text) }

// newScan makes the whole command line the key: other patterns are other searches.
func newScan(p *parser, c typed) (body, string) {
	s := &scan{p: p, Scan: ingest.Scan{Pattern: searchPattern(c.text), Source: p.source(c.line)}}
	return s, c.text
}

// searchPattern returns the text between the last pair of quotes, which may be
// escaped where the whole search is an argument itself; or else the last word.
func searchPattern(text string) string {
	text = strings.TrimRight(strings.ReplaceAll(text, `\"`, `"`), " \t")
	for strings.HasSuffix(text, `""`) {
		text = strings.TrimSuffix(text, `"`)
	}
	if end := strings.LastIndexByte(text, '"'); end > 0 {
		if begin := strings.LastIndexByte(text[:end], '"'); begin >= 0 && begin+1 < end {
			return text[begin+1 : end]
		}
	}
	fields := strings.Fields(text)
	return strings.Trim(fields[len(fields)-1], `"`)
}

// read knows a hit by its address and the bytes behind it.
func (s *scan) read(b *block, l line) verdict {
	b.begun = true // no hit prints nothing
	addr, n := address(unindent(l.text))
	text := unindent(l.text)[n:]
	if n == 0 || !blank(first(text)) {
		return foreign
	}
	ascii, ok := asciiColumn(unindent(text))
	if !ok || l.open && len(ascii) < hitBytes {
		return broken(l)
	}
	ascii = bytes.TrimRight(ascii, " \t")
	if len(s.Hits) == maxHits {
		b.warn(l, "more hits than are kept")
		return row
	}
	s.Hits = append(s.Hits, ingest.ScanHit{Address: addr, Text: s.p.intern(ascii), Source: s.p.source(l.no)})
	return row
}

func first(text []byte) byte {
	if len(text) == 0 {
		return 0
	}
	return text[0]
}

// hitBytes is how many bytes a hit shows.
const hitBytes = 16

// asciiColumn returns what follows the bytes in hex: those have a dash in the
// middle, then come two blanks and one character a byte.
func asciiColumn(text []byte) ([]byte, bool) {
	n := 0
	for n < hitBytes && len(text) >= 3 && hexValues[text[0]] < 16 && hexValues[text[1]] < 16 {
		if c := text[2]; c != ' ' && c != '-' {
			break
		}
		text = text[3:]
		n++
	}
	if n == 0 || len(text) == 0 {
		return nil, false
	}
	if n < hitBytes { // memory ends here, the hex column goes on in blanks
		text = unindent(text)
	}
	text = bytes.TrimPrefix(text, []byte(" "))
	return text[:min(len(text), n)], true
}

// finish takes an empty line as the end, as the list has no other.
func (s *scan) finish(b *block, end ending) {
	b.State = listed(end)
	if b.blank {
		b.State = ingest.BlockComplete
	}
}

func (s *scan) merge(m *moment) { m.snap.Scans = append(m.snap.Scans, s.Scan) }
