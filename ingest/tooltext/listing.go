package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// listTable describes records of one tag each, a property a line, as
// Format-List prints them and people write them down:
//
//	Tag             : Mbuf              Mbuf:
//	Type            : Nonp
//	Allocs          : 1204              Allocs: 1,204
//	NonPagedUsed    : 2490368           Bytes: 2,490,368
var listTable = ingest.Table{
	Command: "pool tag records",
	Begins:  listBegins,
	New:     func(string) ingest.TableReader { return &listing{} },
}

// maxProperty bounds the names of properties.
const maxProperty = 60

// property cuts a line at its first colon or equals sign.
func property(text []byte) (name, value []byte, ok bool) {
	at := bytes.IndexAny(text[:min(len(text), maxProperty)], ":=")
	if at < 1 {
		return nil, nil, false
	}
	return trim(text[:at]), trim(text[at+1:]), true
}

// listBegins recognises the line that names a tag, or the pool above it.
func listBegins(text []byte) bool {
	text, _ = unbullet(text)
	if len(text) < 2 || len(text) > maxHeader {
		return false
	}
	if _, ok := heading(text); ok {
		return true
	}
	switch text[0] {
	case 'T', 't', 'P', 'p', 'K', 'k': // Tag, Type, Pool, Key
	default:
		return false
	}
	name, value, ok := property(text)
	if !ok {
		return false
	}
	switch columnOf(string(name)).role {
	case roleTag:
		_, _, _, ok = tagOf(value)
		return ok
	case rolePool:
		return poolNamed(value) != 0
	}
	return false
}

// heading reads a line that holds a tag and a colon, "Mbux:" or "**`D2d `**:". Prose
// has such lines, too ("Note:"): only figures below make a record of it.
func heading(text []byte) (ingest.Tag, bool) {
	text = trim(text)
	if len(text) < 2 || len(text) > len("**`Tag1`**:") || text[len(text)-1] != ':' {
		return ingest.Tag{}, false
	}
	name := bytes.TrimSuffix(text, []byte(":"))
	tag, _, quoted, ok := tagOf(name)
	return tag, ok && (quoted || !bytes.ContainsAny(name, " \t:\\/."))
}

// listing reads such records.
type listing struct {
	figures
	cur    figureRow
	pool   ingest.Pool // named by a property of its own
	tagged bool
	good   int

	warnedPool bool
}

// Read takes one line.
func (t *listing) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	text, _ := unbullet(l.Text)
	text = trim(text)
	if len(text) == 0 {
		if t.cur.any() {
			t.flush()
		}
		return ingest.LineForeign
	}
	if tag, ok := heading(text); ok {
		return t.begin(tag, l)
	}
	name, value, ok := property(text)
	if !ok {
		return ingest.LineForeign
	}
	c := columnOf(string(name))
	if c.role == roleTag {
		if tag, _, _, ok := tagOf(value); ok {
			return t.begin(tag, l)
		}
		return ingest.LineForeign
	}
	if pool := poolNamed(value); c.role == rolePool && pool != 0 {
		if t.cur.any() && t.pool != 0 {
			t.flush()
		}
		t.pool = pool
		return ingest.LineNoise
	}
	return t.property(c, value, l, warn)
}

// begin begins the record of a tag.
func (t *listing) begin(tag ingest.Tag, l ingest.Line) ingest.LineKind {
	if l.Open {
		return ingest.LinePartial
	}
	if t.tagged {
		t.flush()
	}
	t.cur.tag, t.cur.line, t.tagged = tag, l.No, true
	return ingest.LineNoise
}

// property takes a property of the record. The first of a kind counts: what is
// said again below is about another moment, as in
//
//	Bytes: 2,749,905,184
//	Bytes ten minutes ago: 2,372,982,192
func (t *listing) property(c column, value []byte, l ingest.Line, warn func(string)) ingest.LineKind {
	switch {
	case !t.tagged:
		return ingest.LineForeign
	case c.role == roleText:
		t.cur.description = t.owned(value, nil)
		return ingest.LineNoise
	case c.role == roleBinary:
		t.cur.description = t.owned(nil, value)
		return ingest.LineNoise
	case !c.figure() || c.delta || c.late < 0:
		return ingest.LineNoise
	case l.Open && !ended(value):
		return ingest.LinePartial
	}
	before := t.cur
	if !t.cur.cell(value, c) {
		t.cur = before
		return ingest.LineForeign
	}
	if before.known == t.cur.known {
		t.cur = before
		return ingest.LineNoise
	}
	if before.any() {
		return ingest.LineNoise
	}
	t.good++
	if t.pool == 0 && c.pool == 0 && !t.warnedPool {
		t.warnedPool = true
		warn("the record does not say which pool its tag is in")
	}
	return ingest.LineRow
}

// flush ends a record: at an empty line, at the next tag, at the end. Figures
// that do not name a pool belong to the only one that the record names.
func (t *listing) flush() {
	if t.pool != 0 {
		t.cur.move(t.pool)
	}
	t.cur.settle()
	if t.tagged && t.cur.tells() {
		t.cur.keep(&t.figures, addUp)
	}
	t.cur, t.pool, t.tagged = figureRow{}, 0, false
}

// Finish tells whether the records are whole.
func (t *listing) Finish(bool) ingest.BlockState {
	t.flush()
	if t.good == 0 {
		return 0
	}
	return ingest.BlockComplete
}

// Merge adds the records to the snapshot.
func (t *listing) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) { t.merge(s, source) }

// Differs reports whether another moment begins.
func (t *listing) Differs(before ingest.TableReader) bool {
	b, ok := before.(pooled)
	return ok && t.differs(b.table())
}
