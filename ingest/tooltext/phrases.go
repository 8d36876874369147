package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// figureRow is what one row tells about a tag, by pool. Index 0 is for figures
// that do not say which.
type figureRow struct {
	tag         ingest.Tag
	description string
	line        int
	usage       [3]ingest.Usage
	known       [3]uint8 // of each pool
}

// Bits of figureRow.known. A row that does not print a figure is not one that
// prints 0: only what is known may be compared, completed or left out.
const (
	knowsBytes = 1 << iota
	knowsOutstanding
	knowsAllocs
	knowsFrees

	counted = knowsAllocs | knowsFrees
)

// any reports whether the row holds a figure.
func (f *figureRow) any() bool { return f.known != [3]uint8{} }

// tells reports whether the row says what a tag holds: bytes, or how many
// allocations are outstanding.
func (f *figureRow) tells() bool {
	for _, known := range f.known {
		if known&(knowsBytes|knowsOutstanding) > 0 || known&counted == counted {
			return true
		}
	}
	return false
}

// set takes an amount for a column. It fails where the amount cannot be that:
// "12 MB" allocations, a negative number of bytes, half a byte.
func (f *figureRow) set(a amount, c column) bool {
	if c.role == roleFigure {
		switch {
		case a.unit != 0 && !a.letter || c.unit != 0:
			c.role = roleBytes
		case c.count:
			c.role = roleOutstanding
		case a.unit != 0:
			c.role = roleBytes
		default:
			return true // a bare number below "NonPaged" may be anything
		}
	}
	u := &f.usage[c.pool]
	if c.role == roleBytes {
		n, ok := a.bytes(c.unit)
		u.Bytes = n
		f.known[c.pool] |= knowsBytes
		return ok && (c.unit > 1 || a.unit > 1 || a.decimals == 0)
	}
	n, ok := a.count()
	if a.unit == 1 || a.unit != 0 && !a.letter || n < 0 && c.role != roleOutstanding {
		return false // "12 MB" is no number of allocations
	}
	switch c.role {
	case roleOutstanding:
		u.Outstanding = n
		f.known[c.pool] |= knowsOutstanding
	case roleAllocs:
		u.Allocs = uint64(n)
		f.known[c.pool] |= knowsAllocs
	case roleFrees:
		u.Frees = uint64(n)
		f.known[c.pool] |= knowsFrees
	}
	return ok
}

// cell reads a cell of a column with figures: an amount, or several that name
// themselves, "7,695.5 MB / 3,708 outstanding". The same amount may follow in
// another unit: "18,574,637,216 (17.299 GiB)". "<5 MB" is no figure.
func (f *figureRow) cell(cell []byte, c column) bool {
	cell = bytes.Trim(cell, "`")
	a, end := readAmount(cell)
	if end > 0 {
		if rest := trim(cell[end:]); len(rest) == 0 || rest[0] == '(' {
			return f.set(a, c)
		}
	}
	return f.phrases(cell, c)
}

// phrases reads figures that name themselves, parted by slashes, commas or
// nothing: "874 alloc /     0 free /   874 live      0.0% freed". It fails at the
// first word that is no name of a figure.
func (f *figureRow) phrases(text []byte, c column) bool {
	found := false
	for at := 0; ; {
		at = skipFiller(text, at)
		if at == len(text) || text[at] == '(' || text[at] == '#' {
			return found
		}
		next := phrase{column: c, at: at}
		if !next.read(text) {
			return false
		}
		at = next.at
		if next.percent {
			continue
		}
		if next.bare() {
			return false
		}
		before := f.known
		if !f.set(next.amount, next.column) || f.known == before {
			return false // the same figure twice may be of two machines
		}
		found = true
	}
}

// fillers stand between figures without a meaning of their own.
var fillers = [][]byte{
	[]byte("about"), []byte("approx."), []byte("approximately"), []byte("ca."), []byte("and"),
}

// skipFiller returns the column of the next number.
func skipFiller(text []byte, at int) int {
	for at < len(text) {
		from := at
		for at < len(text) && bytes.IndexByte([]byte(" \t/,;:|="), text[at]) >= 0 {
			at++
		}
		for _, word := range fillers {
			if bytes.HasPrefix(text[at:], word) && at+len(word) < len(text) && blank(text[at+len(word)]) {
				at += len(word)
			}
		}
		if at == from {
			break
		}
	}
	return at
}

// phrase is one figure with the words behind it.
type phrase struct {
	amount
	column
	at      int
	percent bool
	named   bool
}

// bare reports whether neither a unit nor a word tells what the number is.
func (p *phrase) bare() bool { return !p.named && p.unitOf() == 0 }

// unitOf returns the unit that is written, or that of the column.
func (p *phrase) unitOf() uint64 { return max(p.amount.unit, p.column.unit) }

// read reads the number and the words behind it: "3,708 outstanding", "4.5 GB Nonpaged".
func (p *phrase) read(text []byte) bool {
	a, n := readAmount(text[p.at:])
	if n == 0 {
		return p.share(text)
	}
	p.amount, p.at = a, p.at+n
	for range 4 {
		from := skipBlanks(text, p.at)
		end := from
		for end < len(text) && (letter(text[end]) || text[end] == '-' && end > from) {
			end++
		}
		if end == from {
			break
		}
		if !p.word(string(text[from:end])) {
			return false
		}
		p.at = end
	}
	if p.at < len(text) && text[p.at] == '.' && p.at+1 == len(text) {
		p.at++
	}
	if p.column.role == roleFigure && !p.column.count {
		p.column.count = p.named && p.amount.unit == 0
	}
	return true
}

// word takes a word behind the number.
func (p *phrase) word(w string) bool {
	c := columnOf(w)
	switch {
	case c.pool != 0:
		p.column.pool = c.pool
		return true
	case w == "pool" || w == "in" || w == "use":
		return true
	case c.figure() && c.role != roleFigure:
		if !p.named || c.role == roleOutstanding { // "outstanding allocations"
			p.column.role = c.role
		}
		p.named = true
		return true
	}
	return false
}

// share skips a percentage and the word behind it.
func (p *phrase) share(text []byte) bool {
	at := p.at
	for at < len(text) && (digit(text[at]) || text[at] == '.' || text[at] == ',') {
		at++
	}
	end := skipBlanks(text, at)
	if at == p.at || end == len(text) || text[end] != '%' {
		return false
	}
	p.percent = true
	p.at = end + 1
	for from := skipBlanks(text, p.at); from < len(text) && letter(text[from]); from++ {
		p.at = from + 1
	}
	return true
}

// keep adds the row, once for each pool that it tells something of. The empty
// half of a row with both pools is left out.
func (f *figureRow) keep(to *figures, how twice) (again bool) {
	filled := false
	for pool := range f.known {
		f.complete(pool)
		filled = filled || f.usage[pool] != (ingest.Usage{Counted: f.usage[pool].Counted})
	}
	first := true
	for pool, known := range f.known {
		u := f.usage[pool]
		nothing := u == (ingest.Usage{Counted: u.Counted})
		if known == 0 || nothing && (filled || !first) {
			continue
		}
		first = false
		again = to.add(ingest.TagUsage{
			Tag: f.tag, Pool: ingest.Pool(pool), Usage: u,
			Description: f.description, Source: ingest.Source{Line: f.line},
		}, how) || again
	}
	return again
}

// complete derives what is outstanding where only its parts are printed. Without
// frees, allocations since boot say nothing about leaks and are dropped.
func (f *figureRow) complete(pool int) {
	u := &f.usage[pool]
	u.Counted = f.known[pool]&counted == counted
	if u.Counted && f.known[pool]&knowsOutstanding == 0 {
		u.Outstanding = int64(u.Allocs - u.Frees)
	}
	if !u.Counted {
		u.Allocs, u.Frees = 0, 0
	}
}

// poolNamed reads a cell that names a pool: "Nonp", "Paged", "NP", "NonPagedNx".
func poolNamed(cell []byte) ingest.Pool {
	cell = bytes.Trim(unmarked(cell), "`")
	if len(cell) == 0 || len(cell) > 40 {
		return 0
	}
	switch starts := func(name string) bool {
		return len(cell) >= len(name) && bytes.EqualFold(cell[:len(name)], []byte(name))
	}; {
	case starts("nonp"), starts("npnx"), len(cell) == 1 && starts("n"):
		return ingest.NonPaged
	case starts("paged"), len(cell) == 1 && starts("p"):
		return ingest.Paged
	}
	return poolOf(wordsOf(string(cell)))
}

// settle gives the figures that name no pool to the only one that the row names:
//
//	Nonpaged bytes:       8,574,637,216
//	Outstanding:            110,418,754      of nonpaged pool, too
func (f *figureRow) settle() {
	switch n, p := f.known[ingest.NonPaged] > 0, f.known[ingest.Paged] > 0; {
	case n && !p:
		f.move(ingest.NonPaged)
	case p && !n:
		f.move(ingest.Paged)
	}
}

// move gives the figures that name no pool to one.
func (f *figureRow) move(pool ingest.Pool) {
	from, to := &f.usage[0], &f.usage[pool]
	for _, m := range []struct {
		bit uint8
		set func()
	}{
		{knowsBytes, func() { to.Bytes = from.Bytes }},
		{knowsOutstanding, func() { to.Outstanding = from.Outstanding }},
		{knowsAllocs, func() { to.Allocs = from.Allocs }},
		{knowsFrees, func() { to.Frees = from.Frees }},
	} {
		if f.known[0]&m.bit > 0 && f.known[pool]&m.bit == 0 {
			m.set()
			f.known[pool] |= m.bit
		}
	}
	f.known[0], f.usage[0] = 0, ingest.Usage{}
}
