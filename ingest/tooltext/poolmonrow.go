package tooltext

import (
	"bytes"
	"math"

	"poolsweep/ingest"
)

// poolmonRow is a row as printed:
//
//	Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc  Mapped_Driver
//	Mbuf Paged    971161 (   3)    970979 (   0)      182   23296 (   384)    128 [mbuf.sys - buffers]
//
// The deltas in parentheses are those of the last screen; files have none.
type poolmonRow struct {
	tag    []byte // all that stands before the pool
	typeAt int    // column of the pool
	pool   ingest.Pool
	v      [5]uint64 // Allocs, Frees, Diff, Bytes, Per Alloc
	minus  bool      // Diff is negative
	deltas int
	rest   []byte // after the last number
}

// maxTag bounds how far behind the begin of a tag its pool is looked for.
const maxTag = 20

// typed finds the pool's name and returns its column and the one after it.
func (t *poolmon) typed(text []byte) (typeAt, end int, pool ingest.Pool) {
	return poolType(text, t.typeAt)
}

// poolType looks for "Nonp" or "Paged" behind a tag, in the column of the
// header first.
func poolType(text []byte, column int) (at, end int, pool ingest.Pool) {
	if column > 1 {
		if end, pool = poolAt(text, column); pool != 0 && skipBlanks(text, 0) < column {
			return column, end, pool
		}
	}
	from := skipBlanks(text, 0) + 2
	for i := from; i < len(text) && i <= from+maxTag; i++ {
		if text[i] != 'N' && text[i] != 'P' {
			continue
		}
		if end, pool = poolAt(text, i); pool != 0 {
			return i, end, pool
		}
	}
	return 0, 0, 0
}

// poolAt reads a pool's name that begins in the column.
func poolAt(text []byte, at int) (end int, pool ingest.Pool) {
	if at >= len(text) || !blank(text[at-1]) {
		return 0, 0
	}
	switch word := text[at:]; {
	case bytes.HasPrefix(word, []byte("Nonp")):
		end, pool = at+len("Nonp"), ingest.NonPaged
	case bytes.HasPrefix(word, []byte("Paged")):
		end, pool = at+len("Paged"), ingest.Paged
	default:
		return 0, 0
	}
	if end < len(text) && !blank(text[end]) {
		return 0, 0
	}
	return end, pool
}

// splitPoolmon cuts a row into its parts. column is where the header says the
// pool stands, -1 when unknown.
func splitPoolmon(text []byte, column int) (r poolmonRow, ok bool) {
	at, end, pool := poolType(text, column)
	if pool == 0 {
		return r, false
	}
	r = poolmonRow{tag: text[:at], typeAt: at, pool: pool}
	var spans [len(r.v)]span
	found := 0
	for found < len(spans) {
		if end, ok = r.group(text, end); !ok {
			return r, false
		}
		from := skipBlanks(text, end)
		if found == 2 && from < len(text) && text[from] == '-' {
			r.minus = true
			from++
		}
		value, n := decimal(text[from:])
		if n == 0 {
			n = digits(text[from:]) // too long: two numbers that touch
		}
		if n == 0 || from == end && end > 0 && text[end-1] != ')' && !r.minus {
			break
		}
		r.v[found], spans[found] = value, span{from, from + n}
		end = from + n
		found++
	}
	r.rest = trim(text[end:])
	if found == len(spans)-1 {
		return r, r.unglue(text, spans[:found])
	}
	return r, found == len(spans) && !r.goesOn(text, end) && r.fits(spans[:])
}

// digits returns how many digits text begins with.
func digits(text []byte) int {
	n := 0
	for n < len(text) && digit(text[n]) {
		n++
	}
	return n
}

// fits reports whether all numbers are possible.
func (r *poolmonRow) fits(spans []span) bool {
	for i, s := range spans {
		if s.to-s.from > maxDigits || r.v[i] > math.MaxInt64 {
			return false
		}
	}
	return true
}

// span is a piece of a line: the column it begins in and the one after it.
type span struct{ from, to int }

// group skips a delta, "(   3)" or "( -64)". It fails for any other parenthesis.
func (r *poolmonRow) group(text []byte, at int) (end int, ok bool) {
	from := skipBlanks(text, at)
	if from == len(text) || text[from] != '(' {
		return at, true
	}
	from = skipBlanks(text, from+1)
	if from < len(text) && text[from] == '-' {
		from++
	}
	_, n := decimal(text[from:])
	from = skipBlanks(text, from+n)
	if n == 0 || from == len(text) || text[from] != ')' {
		return at, false
	}
	r.deltas++
	return from + 1, true
}

// goesOn reports whether a sixth number, or letters without a blank, follow the
// last one: then the line is no row of poolmon.
func (r *poolmonRow) goesOn(text []byte, end int) bool {
	return len(r.rest) > 0 && (digit(r.rest[0]) || !blank(text[end]) && r.rest[0] != '[')
}

// consistent reports whether the numbers fit together as poolmon calculates
// them. Allocations and frees are counters of 32 bits.
func (r *poolmonRow) consistent() bool {
	diff, bytes, each := r.v[2], r.v[3], r.v[4]
	if r.minus {
		return uint32(r.v[1]-r.v[0]) == uint32(diff)
	}
	if uint32(r.v[0]-r.v[1]) != uint32(diff) {
		return false
	}
	return diff == 0 && each == 0 || diff > 0 && bytes/diff == each
}

// filled is how many digits the narrowest column of poolmon holds: a number that
// touches the one before it is not shorter.
const filled = 8

// unglue parts two numbers that fill their columns and touch: of all places to
// cut, only one gives numbers that fit together.
//
//	Mbuf Nonp 21000000001999999999 ...   is 2100000000 and 1999999999
func (r *poolmonRow) unglue(text []byte, spans []span) bool {
	found := 0
	var right poolmonRow
	for i, s := range spans {
		for cut := s.from + 1; cut <= s.to-filled; cut++ {
			try := *r
			copy(try.v[i+2:], r.v[i+1:len(spans)])
			var a, b int
			try.v[i], a = decimal(text[s.from:cut])
			try.v[i+1], b = decimal(text[cut:s.to])
			if a > 0 && b > 0 && text[cut] != '0' && try.v[2] > 0 && try.consistent() {
				found++
				right = try
			}
		}
	}
	if found != 1 {
		return false
	}
	*r = right
	return true
}

// named reports whether what stands before the pool is a tag, or the name of a
// total. Bytes beyond ASCII are no longer those of the tag: the text was decoded.
func (r *poolmonRow) named() bool {
	name := trim(r.tag)
	for _, c := range name {
		if c >= 0x80 {
			return false
		}
	}
	return len(name) > 0 && (len(name) <= len(ingest.Tag{}) || r.total())
}

// total reports whether the row is that of all tags of a pool.
func (r *poolmonRow) total() bool { return bytes.EqualFold(trim(r.tag), []byte("Total")) }

// row keeps a row.
func (t *poolmon) row(r *poolmonRow, l ingest.Line, warn func(string)) ingest.LineKind {
	if l.Open && len(r.rest) == 0 && !r.consistent() {
		return ingest.LinePartial
	}
	u := ingest.TagUsage{Pool: r.pool, Usage: r.usage(warn), Source: ingest.Source{Line: l.No}}
	if r.total() {
		t.totals = append(t.totals, ingest.PoolTotal{Pool: u.Pool, Usage: u.Usage, Source: u.Source})
		return ingest.LineNoise
	}
	tag, ok := t.tag(r)
	if !ok {
		return ingest.LineForeign
	}
	u.Tag = tag
	if t.mapped || len(r.rest) > 0 && r.rest[0] == '[' || bytes.HasPrefix(r.rest, []byte("Unknown ")) {
		u.Description = t.owner(r.rest)
	}
	t.add(u, addUp)
	return ingest.LineRow
}

// usage returns what the row tells, as printed. Diff may be negative: drivers free
// under another tag than they allocate. The kernel's counters have 32 bits, so on a
// busy machine allocations wrap around before frees do:
//
//	Wrap Nonp         10 4294967290        16       256         16
func (r *poolmonRow) usage(warn func(string)) ingest.Usage {
	u := ingest.Usage{
		Outstanding: int64(r.v[2]), Bytes: r.v[3], Allocs: r.v[0], Frees: r.v[1], Counted: true,
	}
	if r.minus {
		u.Outstanding = -u.Outstanding
	}
	switch {
	case u.Allocs-u.Frees == uint64(u.Outstanding):
	case uint32(u.Allocs-u.Frees) == uint32(u.Outstanding):
		warn("allocations and frees were counted beyond 32 bits and are left out")
		u.Allocs, u.Frees, u.Counted = 0, 0, false
	default:
		warn("the difference is not allocations minus frees")
	}
	return u
}

// tag returns the tag of a row: "Dh 1", "Io  ", " Lbl" are tags. Where the columns
// are those of poolmon, blanks at its begin count; in a copy that lost them only
// the word itself is left.
func (t *poolmon) tag(r *poolmonRow) (ingest.Tag, bool) {
	const width = len(ingest.Tag{})
	from := len(r.tag) - width - 1
	exact := t.exact || t.typeAt < 0 && from <= 1
	if exact && from >= 0 && skipBlanks(r.tag, 0) >= from && blank(r.tag[from+width]) {
		return ingest.Tag(r.tag[from : from+width]), true
	}
	name := trim(r.tag)
	if len(name) == 0 || len(name) > width {
		return ingest.Tag{}, false
	}
	return padded(name), true
}

// owner reads the Mapped_Driver column. The file stands before the dash; a name
// in brackets of its own is the driver that localtag.txt found the tag in:
//
//	[mbuf.sys  -  buffers]   [mbuf][mbuf.sys    -  buffers]   [mbuf]
//	[Gdi Objects]            Unknown Driver                   [mbuf.sys - buff
//
// "Unknown Driver" tells nothing.
func (t *poolmon) owner(text []byte) string {
	if string(text) == "Unknown Driver" {
		return ""
	}
	if len(text) == 0 || text[0] != '[' {
		return t.keep(text)
	}
	var driver []byte
	if at := bytes.Index(text, []byte("][")); at > 0 {
		driver, text = text[1:at], text[at+1:]
	}
	text = trim(bytes.TrimSuffix(text[1:], []byte("]")))
	file, use, found := bytes.Cut(text, []byte(" - "))
	if !found {
		file, use, found = bytes.Cut(text, []byte("- "))
	}
	switch {
	case found && len(bytes.Fields(file)) == 1:
		return t.owned(use, file)
	case len(driver) > 0:
		return t.owned(text, driver)
	case driverName(text):
		return t.owned(nil, text)
	}
	return t.keep(text)
}

// driverName reports whether a bracket holds a file's name and no words about
// what a tag is used for.
func driverName(text []byte) bool {
	for _, c := range text {
		if c != '_' && c != '-' && c != '.' && !digit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(text) > 0
}
