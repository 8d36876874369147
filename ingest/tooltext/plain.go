package tooltext

import (
	"bytes"
	"slices"
	"strings"

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
	return r.read(text) && (r.sure || r.sizes != [3]uint64{} || !proseWord(r.tag))
}

// statedTable describes sentences and lists with figures of other kinds: handles of
// processes, logon sessions, differences. See statement.
var statedTable = ingest.Table{
	Command: "stated figures",
	Prose:   true,
	Begins: func(text []byte) bool {
		text, _ = unbullet(text)
		var s statement
		n, _ := eventsIn(text)
		return n > 0 || s.read(text)
	},
	New: func(string) ingest.TableReader { return &plain{} },
}

// plain reads such a list.
type plain struct {
	figures
	stated
	sizes  [3]uint64 // what the pools hold as a whole
	sizeAt int
	sure   bool // a row that can be nothing else was seen

	bulleted   bool // the lines have marks of a list
	words      bool // it began as sentences
	blank      bool // an empty line follows the last row
	warnedPool bool
}

// plainRow is one row: a tag, or a pool as a whole.
type plainRow struct {
	figureRow
	sizes [3]uint64   // of whole pools
	more  []figureRow // a line of several tags
	sure  bool        // the tag is in quotes, or several figures name themselves
}

// read reads a row.
func (r *plainRow) read(text []byte) bool {
	text, _ = unbullet(text)
	if r.more = readSeries(text); r.more != nil {
		r.sure = true
		return true
	}
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
	r.settle()
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

// leadingTag cuts the tag off the begin of a row: quoted, "`D2d ` tag: about …", or a
// word of up to four characters with a number behind it, "Mbuf 2,719.5 MB".
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
	return tag, rest, false, ok && text[end-1] != ':' && len(bytes.Trim(text[:end], "0123456789.,:;%+-()")) > 0
}

// maxWhole bounds the name of a whole pool.
const maxWhole = 32

// whole reads what whole pools hold: "Nonpaged Pool: about 7.5 GB.", "Pool N:
// 3,118,424 KB", "Pool nonpaged 11.5 GB, pool paged 7.5 GB, commit …".
func (r *plainRow) whole(text []byte) bool {
	text = unmarked(text)
	if bytes.Count(bytes.Trim(text, "| "), []byte("|")) > 1 {
		return false // a row of a table with columns of their own meaning
	}
	for {
		at := bytes.IndexAny(text, ":=+0123456789~")
		if at < len("Pool N") || at > maxWhole {
			break
		}
		pool := wholePool(trim(text[:at]))
		from := skipFiller(text, at)
		a, end := readAmount(text[from:])
		n, ok := a.bytes(1)
		if pool == 0 || end == 0 || !ok || a.unit <= 1 || a.signed {
			break
		}
		r.sizes[pool] = n
		text = text[from+end:]
		if len(text) == 0 || text[0] != ',' {
			break
		}
		text = trim(text[1:])
	}
	return r.sizes != [3]uint64{}
}

// wholePool returns the pool that a few words name: "Kernel paged pool", "Pool N".
// The debugger's own "PagedPool Usage" is another figure in every !vm.
func wholePool(name []byte) (pool ingest.Pool) {
	words := wordsOf(string(name))
	if !has(words, []string{"pool"}) || len(words) > 4 || !bytes.ContainsAny(name, " -") {
		return 0
	}
	for _, w := range words {
		switch p := poolOf([]string{w}); {
		case p != 0 || w == "n" || w == "p":
			pool = max(p, poolNamed([]byte(w)))
		case !has([]string{w}, wholeWords):
			return 0
		}
	}
	return pool
}

// wholeWords are the words that may stand beside a pool's name.
var wholeWords = []string{"pool", "kernel", "memory", "total"}

// readSeries reads tags that share a line; a unit counts until another comes:
//
//	Top pool tags: `File` 2,719 MB, `Mbuf` 2,602, `Abcd` 951.
func readSeries(text []byte) (rows []figureRow) {
	at := bytes.IndexByte(text, '`')
	if at < 0 || !bytes.Contains(text[:at], []byte("tags")) {
		return nil
	}
	var unit uint64
	for text = text[at:]; len(text) > 0 && text[0] == '`'; {
		end := 1 + bytes.IndexByte(text[1:], '`')
		tag, ok := spelled(text[1:max(end, 1)])
		from := skipFiller(text, end+1)
		a, n := readAmount(text[from:])
		if a.unit > 0 {
			unit = a.unit
		}
		f := figureRow{tag: tag}
		if !ok || n == 0 || unit == 0 || !f.set(a, column{role: roleBytes, unit: unit}) {
			return nil
		}
		rows = append(rows, f)
		text = text[skipFiller(text, from+n):]
	}
	if len(rows) < 2 || len(bytes.Trim(text, ". ")) > 0 {
		return nil
	}
	return rows
}

// proseWord reports whether a word that fits a tag's width is one that people
// write before amounts.
func proseWord(tag ingest.Tag) bool {
	return slices.Contains(proseWords, string(bytes.ToLower(bytes.TrimRight(tag[:], " "))))
}

// proseWords fit a tag's width and stand before amounts in what people write.
var proseWords = strings.Fields("free used ram size max min peak cpu swap disk heap pool vm page " +
	"avg sum all each now was npp pp mem rss ws in of to at is and the a only over gpu rate cost " +
	"time node port took has got with")

// Read takes one line.
func (t *plain) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	var r plainRow
	text := trim(l.Text)
	if len(text) == 0 || len(text) > maxPlain || !r.read(text) {
		return t.other(l, text)
	}
	t.blank, t.words = false, t.words && len(t.rows) == 0
	if t.sizeAt == 0 && len(t.rows) == 0 {
		_, t.bulleted = unbullet(text)
	}
	if l.Open && !ended(l.Text) {
		return ingest.LinePartial
	}
	for pool, size := range r.sizes {
		if size > 0 {
			t.sizes[pool], t.sizeAt = size, l.No
		}
	}
	if t.sizeAt == l.No {
		return ingest.LineNoise
	}
	if proseWord(r.tag) && !r.sure {
		return ingest.LineForeign
	}
	t.sure = t.sure || r.sure
	if r.more == nil {
		r.more = []figureRow{r.figureRow}
	}
	for _, f := range r.more {
		t.tag(&f, l, warn)
	}
	return ingest.LineRow
}

// other is a line that tells nothing of a tag. It may tell other figures; else in a
// list with marks the other items, and in a paragraph the other lines, are words about
// the same machine.
func (t *plain) other(l ingest.Line, text []byte) ingest.LineKind {
	if len(text) == 0 {
		t.blank, t.times = t.blank || !l.Open, 0
		return ingest.LineForeign
	}
	rest, marked := unbullet(text)
	if t.stated.read(rest, l) {
		if l.Open && !ended(l.Text) {
			t.stated.drop()
			return ingest.LinePartial
		}
		if t.empty() && len(t.rows) == 0 && t.sizeAt == 0 {
			t.bulleted, t.words = marked, true
		}
		t.stated.keep(l)
		t.blank = false
		return ingest.LineRow
	}
	if n, word := eventsIn(rest); n > 0 && !l.Open {
		t.events(l, n, word)
		if t.empty() && len(t.rows) == 0 && t.sizeAt == 0 {
			t.words = true
			return ingest.LineNoise
		}
	}
	if t.words && !t.blank {
		return ingest.LineNoise
	}
	if marked && t.bulleted && bytes.IndexByte(rest, '`') != 0 {
		return ingest.LineNoise
	}
	return ingest.LineForeign
}

// tag keeps what a line tells about one tag.
func (t *plain) tag(f *figureRow, l ingest.Line, warn func(string)) {
	if f.known[0] != 0 && !t.warnedPool {
		t.warnedPool = true
		warn("the list does not say which pool a tag is in")
	}
	f.line = l.No
	f.keep(&t.figures, addUp)
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
	if !t.listed() && t.sizeAt == 0 && t.empty() {
		return 0
	}
	return ingest.BlockComplete
}

// listed reports whether the rows are surely those of tags.
func (t *plain) listed() bool { return t.sure || len(t.rows) > 1 }

// Merge adds what was read to the snapshot.
func (t *plain) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	t.stated.merge(s, source)
	if s.VM == nil && t.sizeAt > 0 {
		s.VM = &ingest.VM{
			NonPaged: t.sizes[ingest.NonPaged], Paged: t.sizes[ingest.Paged], Source: source(t.sizeAt),
		}
	}
	if t.listed() {
		t.figures.merge(s, source)
	}
}

// Differs reports whether another moment begins.
func (t *plain) Differs(before ingest.TableReader) bool {
	b, ok := before.(pooled)
	return ok && t.differs(b.table())
}
