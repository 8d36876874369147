package tooltext

import (
	"slices"
	"strings"
	"unicode"

	"poolsweep/ingest"
)

// role is what a column of a table holds.
type role uint8

const (
	_ role = iota
	roleOther
	roleTag
	rolePool
	roleAllocs
	roleFrees
	roleOutstanding
	roleBytes
	roleFigure // bytes or a number of allocations: the cells tell
	roleText
	roleBinary
	roleTime
	roleChange // a difference beside figures: column.was tells of what
)

// column is a column of a table as its header describes it.
type column struct {
	role  role
	pool  ingest.Pool // 0 when the header names none
	unit  uint64      // of bytes without a unit of their own
	delta bool        // a difference between two moments
	count bool        // a roleFigure without a unit counts allocations
	late  int8        // -1 before, 1 after
	total bool        // of both pools

	moment int    // place of the moment in layout.labels
	was    role   // of roleChange: what the difference is of
	title  string // of a difference, as written
}

// figure reports whether the column holds numbers that poolsweep uses.
func (c column) figure() bool { return c.role >= roleAllocs && c.role <= roleFigure }

// Words of headers, by what they say. Tools and people write them in any case
// and glue them: "NonPagedUsed", "NP_MB", "Outstanding allocations (live)".
var (
	tagWords     = strings.Fields("tag tags pooltag 标记 标签 タグ 태그 etiqueta étiquette")
	tagBeside    = strings.Fields("pool name kernel id")
	poolWords    = strings.Fields("pool type pooltype kind typ tipo 类型 种类")
	ignoredWords = strings.Fields("share ratio percent pct avg average mean per rank rate peak " +
		"max min limit")
	nonPagedWords = strings.Fields("nonpaged np npp nonp nonpagedpool 非分页 非页面")
	pagedWords    = strings.Fields("paged pp pagedpool 分页 页面")
	byteWords     = strings.Fields("bytes byte used usage size memory mem 字节 octets")
	liveWords     = strings.Fields("outstanding diff live active net remaining unfreed leaked held inuse")
	countWords    = strings.Fields("count counts objects blocks number num entries contexts")
	freeWords     = strings.Fields("frees free freed deallocs 释放")
	allocWords    = strings.Fields("allocs alloc allocations allocated allocation 分配")
	deltaWords    = strings.Fields("delta change growth increase grown added difference differences δ")
	earlyWords    = strings.Fields("before pre first start initial old previous earlier prior")
	lateWords     = strings.Fields("after post last end now current final new latest")
	textWords     = strings.Fields("description desc comment note notes meaning remark what 描述")
	ownerWords    = strings.Fields("binary driver module file mapped owner source component image 驱动")
	timeWords     = strings.Fields("time date datetime timestamp when 时间")
)

// headerUnits are units of bytes in headers: "NP_MB", "Size (KB)".
var headerUnits = map[string]uint64{
	"kb": 1 << 10, "kib": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30,
}

// wordsOf cuts a header into lower-case words, also where the case changes:
// "NonPagedUsedMB" is non, paged, used, mb.
func wordsOf(name string) []string {
	var words []string
	runes := []rune(name)
	from := -1
	for i, r := range runes {
		inWord := unicode.IsLetter(r) || unicode.IsDigit(r)
		if from >= 0 && (!inWord || camelEdge(runes, i)) {
			words = append(words, strings.ToLower(string(runes[from:i])))
			from = -1
		}
		if inWord && from < 0 {
			from = i
		}
	}
	if from >= 0 {
		words = append(words, strings.ToLower(string(runes[from:])))
	}
	return joined(words)
}

// camelEdge reports whether a word of a camel-case name begins at i.
func camelEdge(r []rune, i int) bool {
	if !unicode.IsUpper(r[i]) {
		return false
	}
	return unicode.IsLower(r[i-1]) || unicode.IsUpper(r[i-1]) && i+1 < len(r) && unicode.IsLower(r[i+1])
}

// joined writes "non paged" and "gi b" as one word.
func joined(words []string) []string {
	for i := 0; i+1 < len(words); i++ {
		switch w, next := words[i], words[i+1]; {
		case w == "non" && strings.HasPrefix(next, "page"):
			words[i] = "nonpaged"
		case next == "b" && (w == "ki" || w == "mi" || w == "gi"):
			words[i] += next
		default:
			continue
		}
		words = slices.Delete(words, i+1, i+2)
	}
	return words
}

// has reports whether one of the words is in the list.
func has(words, list []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
}

// columnOf reads the name of a column.
func columnOf(name string) column {
	words := wordsOf(name)
	c := column{role: roleOther, pool: poolOf(words)}
	c.delta, c.total = has(words, deltaWords), slices.Contains(words, "total")
	for _, w := range words {
		if unit := headerUnits[w]; unit > 0 {
			c.unit = unit
		}
	}
	switch {
	case has(words, earlyWords):
		c.late = -1
	case has(words, lateWords):
		c.late = 1
	}
	switch {
	case len(words) == 0, has(words, ignoredWords), strings.Contains(name, "%"):
	case isTagName(words):
		c.role = roleTag
	case !has(words, poolWords) || has(words, byteWords) || has(words, allocWords) || c.pool != 0:
		c.figureOf(words)
	default:
		c.role = rolePool
	}
	return c
}

// isTagName reports whether a header names the column of tags. "Tag count" is none.
func isTagName(words []string) bool {
	return has(words, tagWords) && !slices.ContainsFunc(words, func(w string) bool {
		return !slices.Contains(tagWords, w) && !slices.Contains(tagBeside, w)
	})
}

// poolOf returns the pool that the words name.
func poolOf(words []string) ingest.Pool {
	switch {
	case has(words, nonPagedWords):
		return ingest.NonPaged
	case has(words, pagedWords):
		return ingest.Paged
	}
	return 0
}

// figureOf finds out what numbers, or which text, a column holds. A unit makes
// bytes of anything; "Outstanding allocations (allocs - frees)" is what its first
// word says; "Before" and "NonPaged" alone leave it to the cells.
func (c *column) figureOf(words []string) {
	frees, allocs := has(words, freeWords), has(words, allocWords)
	isBytes := c.unit > 0 || has(words, byteWords)
	switch {
	case slices.Contains(words, "by"): // "Used by"
		c.role = roleText
	case isBytes && frees && !has(words, liveWords):
	case isBytes:
		c.role = roleBytes
	case has(words, liveWords), allocs && (frees || c.late > 0), has(words, countWords) && !frees && !allocs:
		c.role = roleOutstanding
	case frees:
		c.role = roleFrees
	case allocs:
		c.role = roleAllocs
	case has(words, timeWords):
		c.role = roleTime
	case has(words, textWords):
		c.role = roleText
	case has(words, ownerWords):
		c.role = roleBinary
	case c.delta, c.late != 0:
		c.role, c.count = roleFigure, true
	case c.pool != 0:
		c.role = roleFigure
	}
}

// layout is what a header tells about the rows below it.
type layout struct {
	columns []column
	tag     int
	pool    int         // column that names the pool, -1
	one     ingest.Pool // the only pool the header names
	deltas  bool        // all figures are differences
	timed   bool        // rows of one tag at several times
	labels  []string    // the moments that the columns compare, nil without
}

// layoutOf reads the names of all columns. "Tag, Bytes" is the least that makes a
// table; "Tag, Commit, Date" and "Type, Count" are tables of other things. It fails
// for those: no column of tags, no figures, or names that come twice.
func layoutOf(names []string) (layout, bool) {
	t := layout{tag: -1, pool: -1}
	for i, name := range names {
		if name != "" && slices.Contains(names[:i], name) {
			return t, false // !poolused prints "Allocs Used Allocs Used"
		}
		c := columnOf(name)
		t.columns = append(t.columns, c)
		switch {
		case c.role == roleTag && t.tag < 0:
			t.tag = i
		case c.role == rolePool && t.pool < 0:
			t.pool = i
		case c.role == roleTime:
			t.timed = true
		}
	}
	if t.tag < 0 {
		return t, false
	}
	t.moments(names)
	t.setApart(names)
	t.pools()
	t.choose()
	return t, slices.ContainsFunc(t.columns, column.figure)
}

// pools settles which pool the columns belong to. One pool in the header is that
// of all figures; beside figures of both pools, others are totals, unless a
// column tells the pool of each row.
func (t *layout) pools() {
	var both [3]bool
	for _, c := range t.columns {
		if c.figure() {
			both[c.pool] = true
		}
	}
	switch {
	case both[ingest.NonPaged] && !both[ingest.Paged]:
		t.one = ingest.NonPaged
	case both[ingest.Paged] && !both[ingest.NonPaged]:
		t.one = ingest.Paged
	}
	for i := range t.columns {
		c := &t.columns[i]
		switch {
		case !c.figure() || c.pool != 0, t.pool >= 0 && !c.total: // the row tells
		case both[ingest.NonPaged] && both[ingest.Paged], c.total && t.one != 0:
			c.role = roleOther
		default:
			c.pool = t.one
		}
	}
}

// choose keeps one column for each figure: that of now rather than that of
// before, that of a moment rather than a difference, the finest unit. Of
//
//	| Tag | Bytes before | Bytes after | MB after | Growth |
//
// "Bytes after" is left. A table of nothing but differences keeps those.
func (t *layout) choose() {
	t.deltas = true
	for i := range t.columns {
		for k := range t.columns {
			a, b := t.columns[i], t.columns[k]
			if i != k && a.figure() && sameFigure(a, b) && b.better(a, k > i) {
				t.columns[i].role = roleOther
			}
		}
		if c := t.columns[i]; c.figure() && !c.delta {
			t.deltas = false
		}
	}
	for i := range t.columns {
		c := &t.columns[i]
		if c.role == roleAllocs && !t.holds(roleFrees, c.pool) && !t.holds(roleOutstanding, c.pool) {
			c.role = roleOutstanding // what the short form of !poolused calls Allocs
		}
	}
}

// setApart sets the columns of differences apart where others tell figures. Beside
// allocations and frees "delta" is what the debugger calls Diff.
func (t *layout) setApart(names []string) {
	figure := func(c column) bool { return c.figure() && !c.delta }
	counts := func(c column) bool { return c.role == roleAllocs || c.role == roleFrees }
	compares := slices.ContainsFunc(t.columns, figure)
	counted := slices.ContainsFunc(t.columns, counts) && t.labels == nil
	for i := range t.columns {
		c := &t.columns[i]
		if !c.figure() || !c.delta {
			continue
		}
		c.title = strings.Trim(names[i], " *`_")
		if compares && !counted {
			c.was, c.role = c.role, roleChange
		}
	}
}

// sameFigure reports whether two columns tell the same at different moments, or
// in different units. A bare "before" may be anything.
func sameFigure(a, b column) bool {
	if a.pool != b.pool || !b.figure() || a.moment != b.moment {
		return false
	}
	return a.role == b.role || (a.role == roleFigure || b.role == roleFigure) && (a.late < 0 || a.delta)
}

// better reports whether the column tells more about now than a. Of two that are
// equal in all that counts the later one stands nearer to now.
func (c column) better(a column, behind bool) bool {
	switch {
	case c.delta != a.delta:
		return !c.delta
	case c.late != a.late:
		return c.late > a.late
	case c.unit != a.unit:
		return c.unit < a.unit
	}
	return behind
}

// known returns how many columns say what they hold.
func (t *layout) known() int {
	n := 0
	for _, c := range t.columns {
		if c.role != roleOther {
			n++
		}
	}
	return n
}

// holds reports whether the table has such a column for the pool.
func (t *layout) holds(r role, pool ingest.Pool) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.role == r && c.pool == pool })
}
