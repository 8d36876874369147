package windbg

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// maxTagDescription is how much of a description is kept.
const maxTagDescription = 200

// usualTags is about how many tags a machine has; tables of 500 to 2,500 are seen.
const usualTags = 1000

// poolused reads the tables of !poolused. All layouts print a tag of exactly
// four columns, which may hold blanks, dots and digits, then the numbers of the
// nonpaged half, then those of the paged half, then what the tag is used for:
//
//	Tag    Allocs     Used    Allocs     Used                (2000, XP: description glued)
//	AcpA        3      192         1      504ACPI Pooltags , Binary: acpi.sys
//
//	Tag     Allocs         Used     Allocs         Used      (7 and later: TAB before it)
//	IoWI   5769999    646239888          0            0	Io work items , Binary: nt!io
//
//	Tag       Allocs       Frees      Diff         Used       Allocs  …   (flags with bit 0)
//	ALPC        4528        2111      2417      1440624            0  …
//
//	Tag    Allocs    Frees     Diff     Used *  Allocs    Frees     Diff     Used   (the same, 2003)
//	Proc    12980        1    12979  8618056 *       0        0        0        0	Process objects
type poolused struct {
	p     *parser
	flags uint64
	part  bool          // a tag was asked for: TOTAL is not that of the pool
	usual int           // how many rows to expect
	few   bool          // rows were left out on demand: TOTAL is not theirs
	typed ingest.Source // of the command

	head    poolHead
	only    ingest.Pool // the pool named above a table of one half
	wrap    wrapped
	edge    int // where the last number of the row before ended
	pushed  int // how far the last number read was pushed to the right
	rows    []ingest.TagUsage
	number  int // of this table, by which its rows are found by their tags
	sum     [8]uint64
	total   []ingest.PoolTotal
	correct bool // TOTAL agrees with the rows
}

func newPoolused(p *parser, c typed) (body, string) {
	flags, tag := poolArguments(c.args)
	t := &poolused{p: p, flags: flags, part: tag != "", typed: p.source(c.line), number: p.memory.table()}
	if !t.part {
		t.usual = p.memory.rows + 16 // the tables of a log, and of a lab, are about the same
		t.rows = p.memory.takeRoom()
	}
	t.few = strings.HasPrefix(tag, "/")
	return t, fmt.Sprintf("!poolused %d %s", t.flags, tag)
}

func (t *poolused) read(b *block, l line) verdict {
	if t.wrap.held.text != nil {
		if v, ok := t.rejoin(b, l); ok {
			return v
		}
	}
	v := t.readLine(b, l)
	if v == foreign && (t.continues(l) || t.hold(l)) {
		return noise
	}
	return v
}

// readLine takes a line as it stands.
func (t *poolused) readLine(b *block, l line) verdict {
	if t.head.each == 0 {
		return t.preamble(b, l)
	}
	if text := unindent(l.text); bytes.HasPrefix(text, []byte("TOTAL")) {
		var v [8]uint64
		// The TOTAL of XP does not stand below its columns.
		if end := t.numbers(text, len("TOTAL"), len(text), &v); end > 0 {
			return t.close(b, l, &v, end == len(text))
		}
	}
	if b.Rows == 0 && len(unindent(l.text)) == 0 {
		return noise // between header and rows
	}
	return t.row(b, l)
}

// preamble reads what stands above the rows: captions, sizes of the debugger's
// cache, rows of progress dots.
func (t *poolused) preamble(b *block, l line) verdict {
	t.head = columnHeader(l.text)
	if t.head.each > 0 {
		b.begun = true
		if len(t.head.pools) == 1 && (t.only == ingest.Paged || t.only == 0 && t.flags&poolSortPaged != 0) {
			t.head.pools = bothPools[1:]
		}
		if b.Command == "" {
			b.Command = t.concluded()
			b.key = b.Command
		}
		return noise
	}
	switch text := trim(l.text); {
	case isCaption(text):
		if !b.typed {
			t.flags = sortedBy(text)
		}
	case string(text) == "NonPaged":
		t.only = ingest.NonPaged
	case string(text) == "Paged":
		t.only = ingest.Paged
	case bytes.HasPrefix(text, []byte("Pool Used:")), bytes.HasPrefix(text, []byte("NonPaged ")):
	case len(text) > 0 && len(bytes.Trim(text, ".")) == 0: // progress
	default:
		return foreign
	}
	return noise
}

// sortedBy returns the flag that prints a caption.
func sortedBy(caption []byte) uint64 {
	switch {
	case bytes.Contains(caption, []byte("NonPaged")):
		return poolSortNonPaged
	case bytes.Contains(caption, []byte("Paged")):
		return poolSortPaged
	}
	return 0
}

// concluded returns the command that prints such a table, for tables without one.
func (t *poolused) concluded() string {
	if t.head.each == 4 {
		t.flags |= poolVerbose
	}
	if t.flags == 0 {
		return "!poolused"
	}
	return fmt.Sprintf("!poolused %d", t.flags)
}

// row reads one row of the table.
func (t *poolused) row(b *block, l line) verdict {
	var v [8]uint64
	tag, end := t.split(l.text, &v)
	if end == 0 {
		if l.open && t.looksLikeRow(l.text) {
			return partial
		}
		return foreign
	}
	if l.open && end == len(l.text) && !t.fits(l.text) {
		return partial
	}
	t.edge = end
	t.wrap.tag, t.wrap.no = tag, l.no
	t.add(b, l, tag, &v, trim(l.text[end:]))
	return row
}

// split returns a row's tag and numbers, and the column after them, 0 when the
// line is no row.
func (t *poolused) split(text []byte, v *[8]uint64) (tag ingest.Tag, end int) {
	at := t.head.tag
	if t.head.loose || len(text) <= at+4 || text[at+4] != ' ' || len(unindent(text[:at])) > 0 {
		return t.collapsed(text, v)
	}
	copy(tag[:], text[at:])
	if end = t.numbers(text, at+4, t.head.edge, v); end > 0 {
		return tag, end
	}
	return tag, t.byColumn(text, at+4, v)
}

// byColumn reads numbers that fill their columns so that no blank is left
// between them: 268072 and 145831168 in "  8042160   268072145831168 *".
func (t *poolused) byColumn(text []byte, at int, v *[8]uint64) int {
	if len(text) < t.head.edge {
		return 0
	}
	for i, end := range t.head.ends {
		field := bytes.TrimLeft(text[at:end], " \t*")
		value, n := number(field)
		if n == 0 || n < len(field) {
			return 0
		}
		v[i], at = value, end
	}
	if at < len(text) && digit(text[at]) {
		return 0
	}
	return at
}

// fits reports whether the last number of the file's last row has all its
// digits: without a description behind it, only its column tells.
func (t *poolused) fits(text []byte) bool {
	end := len(text)
	switch {
	case t.head.loose:
		return false
	case t.pushed > 0 && end != t.head.edge+t.pushed, t.pushed == 0 && end != t.edge && end != t.head.edge:
		return false
	}
	from := end - lastNumber(text)
	return blank(text[from-1]) && blank(text[from-2]) // a number that fills its column may go on
}

// looksLikeRow reports whether the line begins as a row does: tag and a number.
func (t *poolused) looksLikeRow(text []byte) bool {
	at := t.head.tag + len(ingest.Tag{})
	if len(text) <= at {
		return true // not even the tag is there
	}
	next := skipBlanks(text, at)
	return next > at && (next == len(text) || digit(text[next]))
}

// numbers reads the numbers of a row from column at and returns the column
// after them, 0 when they are not all there. The last number may end at edge.
func (t *poolused) numbers(text []byte, at, edge int, v *[8]uint64) int {
	count := t.head.numbers()
	t.pushed = 0
	for i := range count {
		from := skipBlanks(text, at)
		if i == 4 && from < len(text) && text[from] == '*' { // between the halves, 2003 verbose
			from = skipBlanks(text, from+1)
		}
		value, end := uint64(0), from // as number does, but for a call at each of millions
		for end < len(text) && digit(text[end]) {
			value = value*10 + uint64(text[end]-'0')
			end++
		}
		if end-from >= 20 {
			var n int
			value, n = number(text[from:])
			end = from + n
		}
		if end == from || from == at || i < count-1 && end < len(text) && !blank(text[end]) {
			return 0
		}
		if ends := t.head.ends; i == count-2 && len(ends) == count {
			// A number wider than its column pushes what follows to the right:
			// * 11143633 11136234     7399   716480
			t.pushed = max(0, end-ends[i])
			edge += t.pushed
		}
		v[i], at = value, end
	}
	if at <= edge || at < len(text) && text[at] == '\t' { // a description behind a tab is not glued
		return at
	}
	if digits := lastNumber(text[:at]); at-digits < edge && digits < at-edge+8 {
		// The description is glued to the last number and begins with a digit
		// itself ("03Com adapter"): the number ends where its column does.
		v[count-1], _ = number(text[at-digits : edge])
		return edge
	}
	return at
}

// lastNumber returns how many digits text ends with.
func lastNumber(text []byte) int {
	n := 0
	for n < len(text) && digit(text[len(text)-1-n]) {
		n++
	}
	return n
}

// collapsed reads a row of a copy that lost its columns: "Dh 1 5 344 2 384ACPI".
// The tag is what stands before the first run of numbers of the right length; a
// run that is longer by one begins with a tag of digits.
func (t *poolused) collapsed(text []byte, v *[8]uint64) (tag ingest.Tag, end int) {
	from := skipBlanks(text, 0)
	for at := from; at < len(text) && at <= from+len(tag); at++ {
		if !blank(text[at]) || at == from {
			continue
		}
		stop := t.numbers(text, at, len(text), v)
		if stop == 0 || t.longer(text, stop) && at < from+len(tag)-1 && t.numbersAfterWord(text, at) {
			continue
		}
		return padded(text[from:at]), stop
	}
	return tag, 0
}

// longer reports whether another number follows.
func (t *poolused) longer(text []byte, at int) bool {
	next := skipBlanks(text, at)
	_, n := number(text[next:])
	return n > 0 && next > at && (next+n == len(text) || blank(text[next+n]))
}

// numbersAfterWord reports whether a row's numbers follow the next word, too.
func (t *poolused) numbersAfterWord(text []byte, at int) bool {
	at = skipBlanks(text, at)
	for at < len(text) && !blank(text[at]) {
		at++
	}
	var v [8]uint64
	return t.numbers(text, at, len(text), &v) > 0
}

// padded returns a tag whose blanks at the end a copy has lost: "Io" is "Io  ".
func padded(text []byte) ingest.Tag {
	tag := ingest.Tag{' ', ' ', ' ', ' '}
	copy(tag[:], bytes.TrimRight(text, " \t"))
	return tag
}

// add keeps the halves of a row that hold anything.
func (t *poolused) add(b *block, l line, tag ingest.Tag, v *[8]uint64, description []byte) {
	for i := range t.head.numbers() {
		t.sum[i] += v[i]
	}
	k := t.p.memory.of(tag)
	if description = description[:min(len(description), maxTagDescription)]; string(description) != k.printed {
		k.printed, k.description = string(description), t.describe(description)
	}
	empty := allZero(v[:])
	for i, pool := range t.head.pools {
		n := v[i*t.head.each : (i+1)*t.head.each]
		if allZero(n) && !(empty && i == 0) {
			continue
		}
		u := t.at(k, pool)
		if u.Line == 0 {
			u.Tag, u.Pool, u.Description, u.Source = tag, pool, k.description, b.p.source(l.no)
		}
		t.count(b, l, &u.Usage, n)
	}
}

// describe returns a description as a string. What the dictionary says is mended, for
// the binary's name must be plain ("nt\!mm"). The text about unknown tags repeats the
// tag, whatever it is.
func (t *poolused) describe(text []byte) string {
	if bytes.ContainsAny(text, `\&`) && !bytes.HasPrefix(text, []byte("UNKNOWN pooltag")) {
		text = t.p.paste.clean(line{text: text}).text
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// allZero reports whether a tag never used the pool.
func allZero(v []uint64) bool {
	for _, n := range v {
		if n != 0 {
			return false
		}
	}
	return true
}

// at returns the row of a tag. Tags whose unprintable bytes are shown as dots may
// print alike: they are one tag for us, and hold what both hold.
func (t *poolused) at(k *knownTag, pool ingest.Pool) *ingest.TagUsage {
	i, found := k.row(t.number, pool, len(t.rows))
	if !found {
		if i == cap(t.rows) {
			t.rows = slices.Grow(t.rows, max(t.usual-i, i/2, 1))
		}
		t.rows = append(t.rows, ingest.TagUsage{})
	}
	return &t.rows[i]
}

// count adds the numbers of one pool by what they mean: the Allocs of a compact
// table are the outstanding allocations, which a verbose one calls Diff.
func (t *poolused) count(b *block, l line, u *ingest.Usage, v []uint64) {
	if len(v) == 2 {
		u.Outstanding += int64(v[0])
		u.Bytes += held(b, l, v[1])
		return
	}
	if allocs, frees, diff := v[0], v[1], v[2]; !same(allocs-frees, diff) {
		b.warn(l, "allocations less frees is not the difference printed")
	}
	u.Counted = true
	u.Allocs += v[0]
	u.Frees += v[1]
	u.Outstanding += int64(v[2])
	u.Bytes += held(b, l, v[3])
}

// held returns a number of bytes. Sums that went below zero are printed as huge
// unsigned numbers.
func held(b *block, l line, v uint64) uint64 {
	if v > math.MaxInt64 {
		b.warn(l, "bytes in use below zero, taken as none")
		return 0
	}
	return v
}

// same compares counters, which run over at 32 bits on x86.
func same(a, b uint64) bool { return a == b || b <= math.MaxUint32 && uint32(a) == uint32(b) }

// close compares the TOTAL row with the rows above it. At the end of the file a
// row that does not agree may have lost digits.
func (t *poolused) close(b *block, l line, v *[8]uint64, bare bool) verdict {
	var wrong []string
	for i, pool := range t.head.pools {
		from := i * t.head.each
		if text := t.compare(t.sum[from:from+t.head.each], v[from:]); text != "" && !t.few {
			wrong = append(wrong, pool.String()+" rows do not add up to TOTAL: "+text)
		}
	}
	if len(wrong) > 0 && l.open && bare {
		return partial
	}
	for _, message := range wrong {
		b.warn(l, message)
	}
	for i, pool := range t.head.pools {
		from := i * t.head.each
		total := ingest.PoolTotal{Pool: pool, Source: b.p.source(l.no)}
		t.count(b, l, &total.Usage, v[from:from+t.head.each])
		t.total = append(t.total, total)
	}
	t.correct = len(wrong) == 0
	return last
}

// compare names the sums of one pool's rows that differ from TOTAL.
func (t *poolused) compare(sum, total []uint64) string {
	var wrong []string
	for i, n := range sum {
		if !same(n, total[i]) {
			wrong = append(wrong, fmt.Sprintf("%s %d, TOTAL %d", poolNumbers[t.head.each][i], n, total[i]))
		}
	}
	return strings.Join(wrong, "; ")
}

// poolNumbers names the numbers of one pool in a compact and a verbose row.
var poolNumbers = map[int][]string{
	2: {"allocations", "bytes"},
	4: {"allocations ever", "frees", "allocations", "bytes"},
}

// finish calls a table complete when its TOTAL agrees. Many copies lack the row:
// the rows are good then, but nothing tells whether some are missing.
func (t *poolused) finish(b *block, _ ending) {
	if t.wrap.held.text != nil {
		b.unread(t.wrap.held)
	}
	b.State = ingest.BlockUnclosed
	if t.correct {
		b.State = ingest.BlockComplete
	}
	if !t.part {
		t.p.memory.rows = len(t.rows)
	}
}

// differs reports whether a table of the same command shows another moment. A
// row may be missing in one of two copies that were shortened differently, but
// not in two complete ones.
func (t *poolused) differs(before body) bool {
	old, ok := before.(*poolused)
	if !ok {
		return false
	}
	if t.correct && old.correct && len(t.rows) != len(old.rows) {
		return true
	}
	var index map[rowKey]int // of the old rows
	for i, u := range t.rows {
		known := i < len(old.rows) && keyOfRow(old.rows[i]) == keyOfRow(u) // mostly both have the same order
		if !known {
			if index == nil {
				index = indexOf(old.rows)
			}
			i, known = index[keyOfRow(u)]
		}
		if known && old.rows[i].Usage != u.Usage || !known && t.correct && old.correct {
			return true
		}
	}
	return false
}

// merge adds the rows the snapshot does not have. !poolused 2 and !poolused 4
// list the same tags in another order; verbose rows tell more and replace.
func (t *poolused) merge(m *moment) {
	if t.flags&poolOfTheSession != 0 {
		t.mergeSession(m)
		return
	}
	if m.rows == nil && len(m.snap.Tags) == 0 {
		m.snap.Tags, m.borrowed = t.rows, true
		t.mergeTotals(m)
		return
	}
	m.add(t.rows)
	t.mergeTotals(m)
}

// mergeSession keeps the sums of a session's pool. Its tags are not the machine's:
// beside the system's rows they would count twice and be compared with the wrong
// neighbours.
func (t *poolused) mergeSession(m *moment) {
	for _, pool := range bothPools {
		var outstanding, held int64
		for _, u := range t.rows {
			if u.Pool == pool {
				outstanding += u.Outstanding
				held += int64(u.Bytes)
			}
		}
		if outstanding > 0 {
			m.tally("session "+pool.String()+" pool: allocations", outstanding, t.typed)
			m.tally("session "+pool.String()+" pool: bytes", held, t.typed)
		}
	}
}

// add adds the rows the snapshot does not have; counted rows replace others.
func (m *moment) add(rows []ingest.TagUsage) {
	if m.rows == nil {
		m.rows = indexOf(m.snap.Tags)
	}
	for _, u := range rows {
		key := keyOfRow(u)
		i, ok := m.rows[key]
		switch {
		case !ok:
			m.rows[key] = len(m.snap.Tags)
			m.snap.Tags = append(m.snap.Tags, u)
		case u.Counted && !m.snap.Tags[i].Counted:
			if m.borrowed {
				m.snap.Tags, m.borrowed = slices.Clone(m.snap.Tags), false
			}
			m.snap.Tags[i] = u
		}
	}
}

// mergeTotals adds the TOTAL row. A table of one tag has the total of that tag.
func (t *poolused) mergeTotals(m *moment) {
	if t.part {
		return
	}
	for _, total := range t.total {
		switch old := m.snap.Total(total.Pool); {
		case old == nil:
			m.snap.Totals = append(m.snap.Totals, total)
		case total.Counted && !old.Counted:
			*old = total
		}
	}
}
