package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// plainTable describes lists without a header, whose rows name their figures:
//
//	Mbuf   1,204 alloc /     0 free / 1,204 live      0.0% freed
//	Mbuf   2,719.5 MB
//	- `Mbuf` tag: about 4.5 GB Nonpaged.
//	- Nonpaged Pool: about 7.5 GB.
var plainTable = ingest.Table{
	Command: "pool tag list",
	Begins:  plainBegins,
	New:     func(string) ingest.TableReader { return &plain{} },
}

// maxPlain bounds the lines that may be a row.
const maxPlain = 200

// plainBegins recognises a row.
func plainBegins(text []byte) bool {
	if len(text) < len("A 1 MB") || len(text) > maxPlain {
		return false
	}
	var r plainRow
	return r.read(text) && (r.pool != 0 || r.sure || !proseWord(r.tag))
}

// plain reads such a list.
type plain struct {
	figures
	pools  [3]uint64 // what the pools hold as a whole
	sizeAt int
	sure   bool // a row that can be nothing else was seen

	warnedPool bool
}

// plainRow is one row: a tag, or a pool as a whole.
type plainRow struct {
	figureRow
	pool ingest.Pool // of a row about a whole pool
	size uint64
	sure bool // the tag is in quotes, or several figures name themselves
	end  int  // column after the last figure's word or unit
}

// read reads a row.
func (r *plainRow) read(text []byte) bool {
	text, _ = unbullet(text)
	if !begunPlain(text) {
		return false
	}
	text = trim(withoutRemark(text))
	if bytes.Contains(text[:min(len(text), maxWhole)], []byte("ool")) && r.whole(text) {
		return true
	}
	if len(text) == 0 || text[len(text)-1] == '/' {
		return false // cut
	}
	tag, rest, quoted, ok := leadingTag(text)
	if !ok || !r.phrases(rest, column{role: roleFigure}) || !r.tells() {
		return false
	}
	r.tag = tag
	r.sure = quoted
	for _, known := range r.known {
		r.sure = r.sure || known&knowsAllocs > 0 || known&(known-1) > 0 // two figures
	}
	return true
}

// begunPlain is a cheap look at the begin of a line: a quote, a word of up to four
// characters before a number, or the name of a pool.
func begunPlain(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	if text[0] == '`' || text[0] == '\'' || text[0] == '"' {
		return true
	}
	for i := 1; i < len(text) && i <= len(ingest.Tag{}); i++ {
		if blank(text[i]) {
			next := skipBlanks(text, i)
			if next < len(text) && (digit(text[next]) || text[next] == '~') {
				return true
			}
			break
		}
	}
	return bytes.Contains(text[:min(len(text), maxWhole)], []byte("ool"))
}

// leadingTag cuts the tag off the begin of a row: quoted, or a word of up to four
// characters with a number behind it.
func leadingTag(text []byte) (tag ingest.Tag, rest []byte, quoted, ok bool) {
	if q := text[0]; q == '`' || q == '\'' || q == '"' {
		end := bytes.IndexByte(text[1:], q)
		if end < 1 || end > len(tag) {
			return tag, nil, false, false
		}
		rest = trim(text[end+2:])
		rest = trim(bytes.TrimPrefix(rest, []byte("tag")))
		tag, ok = spelled(text[1 : 1+end])
		return tag, rest, true, ok && len(rest) > 0
	}
	end := 0
	for end < len(text) && end <= len(tag) && !blank(text[end]) {
		end++
	}
	rest = text[skipBlanks(text, end):]
	if end == 0 || end > len(tag) || len(rest) == 0 || !digit(rest[0]) && rest[0] != '~' {
		return tag, nil, false, false
	}
	tag, ok = spelled(text[:end])
	return tag, rest, false, ok && len(bytes.Trim(text[:end], "0123456789.,:;%+-()")) > 0
}

// maxWhole bounds the name of a whole pool.
const maxWhole = 32

// whole reads what a whole pool holds: "Nonpaged Pool: about 7.5 GB.", "Pool N:
// 3,118,424 KB".
func (r *plainRow) whole(text []byte) bool {
	at := bytes.IndexAny(text, ":=0123456789~")
	if at < len("Pool N") || at > maxWhole {
		return false
	}
	words := wordsOf(string(text[:at]))
	if !has(words, []string{"pool"}) || len(words) > 4 {
		return false
	}
	switch last := words[len(words)-1]; {
	case last == "n":
		r.pool = ingest.NonPaged
	case last == "p":
		r.pool = ingest.Paged
	default:
		r.pool = poolOf(words)
	}
	for _, w := range words {
		if !has([]string{w}, wholeWords) && poolOf([]string{w}) == 0 {
			r.pool = 0
		}
	}
	if r.pool == 0 {
		return false
	}
	a, end := readAmount(text[skipFiller(text, at):])
	n, ok := a.bytes(1)
	r.size = n
	if end == 0 || !ok || a.unit <= 1 || a.signed {
		r.pool = 0
	}
	return r.pool != 0
}

// wholeWords are the words that may stand beside a pool's name.
var wholeWords = []string{"pool", "n", "p", "kernel", "memory", "total", "usage"}

// proseWord reports whether a word that fits a tag's width is one that people
// write before amounts.
func proseWord(tag ingest.Tag) bool {
	switch string(bytes.ToLower(bytes.TrimRight(tag[:], " "))) {
	case "free", "used", "ram", "size", "max", "min", "peak", "cpu", "swap", "disk", "heap", "pool", "vm", "page",
		"avg", "sum", "all", "each", "now", "was", "npp", "pp", "mem", "rss", "ws", "in", "of", "to", "at", "is",
		"and", "the", "a", "only", "over", "gpu", "rate", "cost", "time", "node", "port", "took", "has", "got", "with":
		return true
	}
	return false
}

// Read takes one line.
func (t *plain) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	var r plainRow
	if len(trim(l.Text)) == 0 || len(trim(l.Text)) > maxPlain || !r.read(l.Text) {
		return ingest.LineForeign
	}
	if l.Open && !ended(l.Text) {
		return ingest.LinePartial
	}
	if r.pool != 0 {
		t.pools[r.pool], t.sizeAt = r.size, l.No
		return ingest.LineNoise
	}
	if proseWord(r.tag) && !r.sure {
		return ingest.LineForeign
	}
	t.sure = t.sure || r.sure
	if r.known[0] != 0 && !t.warnedPool {
		t.warnedPool = true
		warn("the list does not say which pool a tag is in")
	}
	r.line = l.No
	r.keep(&t.figures, addUp)
	return ingest.LineRow
}

// ended reports whether the last line of the file ends in something that is
// whole by itself.
func ended(text []byte) bool {
	text = trim(text)
	return len(text) > 0 && bytes.IndexByte([]byte(".)%"), text[len(text)-1]) >= 0
}

// Finish tells whether the list is whole. A single line of a short word and an
// amount is no list.
func (t *plain) Finish(bool) ingest.BlockState {
	if !t.listed() && t.sizeAt == 0 {
		return 0
	}
	return ingest.BlockComplete
}

// listed reports whether the rows are surely those of tags.
func (t *plain) listed() bool { return t.sure || len(t.rows) > 1 }

// Merge adds what was read to the snapshot.
func (t *plain) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if s.VM == nil && t.sizeAt > 0 {
		s.VM = &ingest.VM{
			NonPaged: t.pools[ingest.NonPaged], Paged: t.pools[ingest.Paged], Source: source(t.sizeAt),
		}
	}
	if t.listed() {
		t.merge(s, source)
	}
}

// Differs reports whether another moment begins.
func (t *plain) Differs(before ingest.TableReader) bool {
	b, ok := before.(pooled)
	return ok && t.differs(b.table())
}
