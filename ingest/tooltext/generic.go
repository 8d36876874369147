package tooltext

import (
	"bytes"
	"cmp"
	"slices"

	"poolsweep/ingest"
)

// genericTable describes tables of pool tags as scripts print and people post
// them, whatever they call their columns:
//
//	"Tag","PagedUsedBytes","Binary"        Tag    NP_MB    share       | Tag | Current bytes |
//	"Mbuf","2490368","mbuf.sys"            ---    -----    -----       |---|---:|
//	                                       Mbuf   812.5    61.0%       | `Mbuf` | 7,695.5 MB |
//
// A column of tags and one of figures make such a table.
var genericTable = ingest.Table{
	Command: "pool tag table",
	Begins:  genericBegins,
	New:     func(string) ingest.TableReader { return &generic{} },
}

// maxHeader bounds the lines that may be a header.
const maxHeader = 1000

// genericBegins recognises the line of column names.
func genericBegins(text []byte) bool {
	if !namesTags(text) {
		return false
	}
	_, _, ok := headerOf(text)
	return ok
}

// namesTags is a cheap look for a column of tags: nearly all lines of a log stop here.
func namesTags(text []byte) bool {
	if len(text) < len("Tag MB") || len(text) > maxHeader {
		return false
	}
	for _, word := range []string{"Tag", "tag", "TAG"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return text[min(2, len(text)-1)] >= 0x80 && bytes.ContainsAny(text, ",;\t|")
}

// generic reads a table with a line of column names.
type generic struct {
	figures           // of the only moment, or the first
	later   []figures // of the other moments
	differences
	grid
	layout
	head  []byte
	first int  // line of the names
	good  int  // rows with a tag
	bad   int  // rows without
	bound bool // a cell of the line being read tells a bound

	told []figureRow // by the line being read, one a moment

	warnedPool, warnedTime, warnedBound bool
}

// Read takes one line.
func (t *generic) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	if t.head == nil {
		return t.header(l)
	}
	text := trim(l.Text)
	switch {
	case len(text) == 0:
		return ingest.LineForeign
	case rule(text):
		if t.mark == 0 && l.No == t.first+1 {
			t.underline(l.Text)
		}
		return ingest.LineNoise
	case t.good > 0 && bytes.Equal(text, trim(t.head)):
		return ingest.LineForeign // the next table of this kind
	case bytes.HasPrefix(text, []byte("---")):
		return ingest.LineNoise // "--- total tagged nonpaged = 21982 MB"
	}
	return t.row(l, warn)
}

// header takes the line of column names.
func (t *generic) header(l ingest.Line) ingest.LineKind {
	grid, layout, ok := headerOf(l.Text)
	if !ok {
		return ingest.LineForeign
	}
	t.head, t.first, t.grid, t.layout = bytes.Clone(l.Text), l.No, grid, layout
	t.told = make([]figureRow, max(1, len(t.labels)))
	t.later = make([]figures, len(t.told)-1)
	t.loosen()
	return ingest.LineNoise
}

// loosen lets the last column take the rest of the line where it holds text.
func (t *generic) loosen() {
	last := t.columns[len(t.columns)-1].role
	t.loose = last == roleText || last == roleBinary || last == roleOther
}

// underline takes the extent of the columns from the rule below their names,
// where the names make sense that way, too.
func (t *generic) underline(rule []byte) {
	heads := words(rule)
	if found, ok := layoutOf(namesOf(t.head, heads)); ok && len(heads) <= maxColumns {
		t.layout, t.heads, t.ruled = found, heads, true
		t.loosen()
	}
}

// row reads a row. A cell of digits below "Tag" is the number of the row in most
// tables; only four of them, or quotes, make a tag like 8042 of it.
func (t *generic) row(l ingest.Line, warn func(string)) ingest.LineKind {
	var c cells
	if !t.split(l.Text, &c) || c.n <= t.tag {
		return t.broken(l)
	}
	cell := l.Text[c.at[t.tag].from:c.at[t.tag].to]
	tag, remark, quoted, ok := tagOf(cell)
	if !ok || !quoted && len(bytes.Trim(cell, "0123456789.,% ")) == 0 && len(trim(cell)) < len(tag) {
		if isTotal(unmarked(cell)) {
			return ingest.LineNoise
		}
		t.bad++
		return t.broken(l)
	}
	clear(t.told)
	pool, ok := t.read(l.Text, &c)
	if !ok {
		return t.broken(l)
	}
	if l.Open && !t.closed(l.Text, &c) {
		return ingest.LinePartial
	}
	t.good++
	t.differ(l, &c, tag, pool)
	description := t.describe(l.Text, &c, remark)
	for i := range t.told {
		f := &t.told[i]
		t.doubts(f, warn)
		f.tag, f.description, f.line = tag, description, l.No
		if t.keepRow(f, t.at(i)) && t.timed && !t.warnedTime {
			t.warnedTime = true
			warn("the table shows a tag at several times: the last one counts")
		}
	}
	if t.bound && !t.warnedBound {
		t.warnedBound = true
		warn("a bound is no figure: the tag is left out of that moment")
	}
	return ingest.LineRow
}

// at returns the figures of a moment.
func (t *generic) at(moment int) *figures {
	if moment == 0 {
		return &t.figures
	}
	return &t.later[moment-1]
}

// broken is a line that is no row; at the end of the file it may be the begin of one.
func (t *generic) broken(l ingest.Line) ingest.LineKind {
	if l.Open && t.good > 0 && (t.mark == 0 || bytes.IndexByte(l.Text, t.mark) >= 0) {
		return ingest.LinePartial
	}
	return ingest.LineForeign
}

// isTotal reports whether the name of a row is that of a sum.
func isTotal(name []byte) bool {
	for _, word := range []string{"total", "totals", "sum", "summe", "gesamt", "合计", "总计", "合計"} {
		if bytes.EqualFold(name, []byte(word)) {
			return true
		}
	}
	return false
}

// closed reports whether the last row of the file has its figures whole: something
// stands behind the last of them, or it ends where its column does.
func (t *generic) closed(text []byte, c *cells) bool {
	last := 0
	for i, col := range t.columns {
		if col.figure() || col.role == roleChange {
			last = i
		}
	}
	if c.n <= last || c.at[last].to == 0 {
		return false
	}
	return len(trim(text[c.at[last].to:])) > 0 || t.ruled && c.at[last].to == t.heads[last].to
}

// read reads the figures of a row, and the pool that it names.
func (t *generic) read(text []byte, c *cells) (pool ingest.Pool, ok bool) {
	t.bound = false
	if t.pool >= 0 && t.pool < c.n {
		pool = poolNamed(text[c.at[t.pool].from:c.at[t.pool].to])
	}
	for i, col := range t.columns[:min(c.n, len(t.columns))] {
		if !col.figure() {
			continue
		}
		if col.pool == 0 {
			col.pool = pool
		}
		cell := unmarked(text[c.at[i].from:c.at[i].to])
		switch {
		case empty(cell):
		case t.labels != nil && bounded(cell):
			t.bound = true
		case !t.told[col.moment].cell(cell, col):
			return pool, false
		}
	}
	tells := func(f figureRow) bool { return f.tells() }
	return pool, slices.ContainsFunc(t.told, tells)
}

// differ keeps the differences that a row states.
func (t *generic) differ(l ingest.Line, c *cells, tag ingest.Tag, pool ingest.Pool) {
	for i, col := range t.columns[:min(c.n, len(t.columns))] {
		role := col.was
		if t.deltas && col.figure() {
			role = col.role
		} else if col.role != roleChange {
			continue
		}
		unit := col.unit
		if role == roleBytes {
			unit = max(unit, 1)
		}
		change, _, ok := readChange(l.Text[c.at[i].from:c.at[i].to], unit)
		if !ok {
			continue
		}
		if change.Per == 0 && change.Events == 0 {
			over(col.title, &change)
		}
		change.What, change.Tag, change.Pool = ingest.ChangeTag, tag, cmp.Or(col.pool, pool)
		change.Label, change.Line = col.title, l.No
		t.state(change)
	}
}

// empty reports whether a cell says that there is nothing to say. It is no zero.
func empty(cell []byte) bool {
	switch string(cell) {
	case "", "-", "–", "—", "n/a", "N/A", "NaN", "?":
		return true
	}
	return false
}

// describe joins what the row says in words about the tag.
func (t *generic) describe(text []byte, c *cells, remark []byte) string {
	var binary []byte
	for i, col := range t.columns[:min(c.n, len(t.columns))] {
		cell := bytes.Trim(unmarked(text[c.at[i].from:c.at[i].to]), "`")
		switch {
		case empty(cell):
		case col.role == roleText && t.mark != 0 && t.mark != '|':
			remark = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
		case col.role == roleText:
			remark = cell
		case col.role == roleBinary:
			binary = cell
		}
	}
	return t.owned(remark, binary)
}

// doubts warns once about what the header leaves open. Scripts that list one pool
// name it in the text above, where no reader of tables sees it.
func (t *generic) doubts(f *figureRow, warn func(string)) {
	if t.good == 1 && t.deltas {
		warn("the figures are differences between two moments")
	}
	if f.known[0] != 0 && !t.warnedPool {
		t.warnedPool = true
		warn("the table does not say which pool a tag is in")
	}
}

// keepRow keeps what the row tells of each pool. It reports whether the tag was
// there before.
func (t *generic) keepRow(f *figureRow, to *figures) (again bool) {
	how := addUp
	if t.timed {
		how = replace
	}
	return f.keep(to, how)
}

// Finish tells whether the table is whole; it has no closing line. A header
// whose rows are no rows of tags was none.
func (t *generic) Finish(bool) ingest.BlockState {
	if t.good == 0 || t.bad > t.good {
		return 0
	}
	return ingest.BlockComplete
}

// Merge adds the rows to the snapshot, unless they are those of something else.
func (t *generic) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if t.Finish(false) != 0 {
		t.merge(s, source)
		t.mergeChanges(s, source)
	}
}

// Moments names what the columns compare.
func (t *generic) Moments() []string { return t.labels }

// MergeMoment adds the rows of one moment. What the table says to have changed since
// stands with the last one.
func (t *generic) MergeMoment(i int, s *ingest.Snapshot, source func(line int) ingest.Source) {
	t.at(i).merge(s, source)
	if i == len(t.labels)-1 {
		t.mergeChanges(s, source)
	}
}

// Differs reports whether another moment begins. A comparison is compared as a whole.
func (t *generic) Differs(before ingest.TableReader) bool {
	if old, ok := before.(*generic); ok && t.labels != nil {
		return !slices.Equal(old.labels, t.labels) || !t.sameMoments(old)
	}
	b, ok := before.(pooled)
	return ok && t.differs(b.table())
}

// sameMoments reports whether no moment has other figures than in another comparison.
func (t *generic) sameMoments(old *generic) bool {
	for i := range t.labels {
		if t.at(i).differs(old.at(i)) {
			return false
		}
	}
	return true
}
