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
//
// Scripts print its name themselves, on a line above the hits:
//
//	0: kd> !for_each_module ".echo @#ModuleName; s -a @#Base @#End \"tsni\""
type scan struct {
	p *parser
	ingest.Scan
	echoes bool   // the script prints something of its own
	module string // the name it printed last
}

// maxHits is how many hits are kept: a pattern as short as a tag may stand in
// code by chance, but nobody looks at more.
const maxHits = 10000

// textSearch matches "s -a" with its range, alone, inside !for_each_module or in
// a script; "s -u" searches for UTF-16. Flags may stand in brackets: s -[l4]a.
var textSearch = regexp.MustCompile(`(?:^|[\s"{;])s +-(?:\[[^\]]*\])?[au]\s`)

// searchesText leaves out the other uses of !for_each_module, .echo above all.
func searchesText(c typed) bool { return textSearch.MatchString(c.word + " " + c.args) }

// newScan makes the whole command line the key: other patterns are other searches.
func newScan(p *parser, c typed) (body, string) {
	s := &scan{p: p, Scan: ingest.Scan{Pattern: searchPattern(c.args), Source: p.source(c.line)}}
	s.echoes = strings.Contains(c.args, ".echo")
	return s, c.word + " " + c.args
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
		return s.echo(l.text)
	}
	ascii, full, ok := asciiColumn(unindent(text))
	if !ok || l.open && !full {
		return broken(l)
	}
	ascii = bytes.TrimRight(ascii, " \t")
	if len(s.Hits) == maxHits {
		b.warn(l, "more hits than are kept")
		return row
	}
	s.Hits = append(s.Hits, ingest.ScanHit{
		Address: addr, Text: s.p.intern(ascii), Module: s.module, Source: s.p.source(l.no),
	})
	return row
}

// echo takes a word alone on its line for the name of a module, if the script
// prints something.
func (s *scan) echo(text []byte) verdict {
	name, rest := word(text)
	if !s.echoes || len(name) == 0 || len(trim(rest)) > 0 || elided(text) || first(name) == '`' {
		return foreign
	}
	s.module = s.p.intern(name)
	return noise
}

func first(text []byte) byte {
	if len(text) == 0 {
		return 0
	}
	return text[0]
}

// hitBytes is how many bytes a hit shows.
const hitBytes = 16

// asciiColumn returns what follows the bytes in hex, and whether it is all there:
// bytes have a dash in the middle, UTF-16 words have none; then come two blanks and
// one character a byte or word.
func asciiColumn(text []byte) (ascii []byte, full, ok bool) {
	digits := hexDigits(text)
	if digits != 2 && digits != 4 {
		return nil, false, false
	}
	n, most := 0, 2*hitBytes/digits
	for n < most && hexDigits(text) == digits && len(text) > digits {
		if c := text[digits]; c != ' ' && c != '-' {
			break
		}
		text = text[digits+1:]
		n++
	}
	if n == 0 || len(text) == 0 {
		return nil, false, false
	}
	if n < most { // memory ends here, the hex column goes on in blanks
		if !blank(text[0]) && len(trim(text)) > n {
			return nil, false, false
		}
		text = unindent(text)
	}
	text = bytes.TrimPrefix(text, []byte(" "))
	ascii = text[:min(len(text), n)]
	return ascii, len(ascii) == most, true
}

// hexDigits counts the hex digits that text begins with.
func hexDigits(text []byte) int {
	n := 0
	for n < len(text) && hexValues[text[n]] < 16 {
		n++
	}
	return n
}

// finish takes an empty line as the end, as the list has no other.
func (s *scan) finish(b *block, end ending) {
	b.State = listed(end)
	if b.blank {
		b.State = ingest.BlockComplete
	}
}

func (s *scan) merge(m *moment) { m.snap.Scans = append(m.snap.Scans, s.Scan) }
