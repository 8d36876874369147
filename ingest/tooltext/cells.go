package tooltext

import (
	"bytes"
	"slices"

	"poolsweep/ingest"
)

// maxColumns bounds the columns of a table. The widest that scripts print have
// four figures of each pool, names, shares and times: fewer than twenty.
const maxColumns = 32

// cells are the columns of one line, as spans of its text.
type cells struct {
	at [maxColumns]span
	n  int
}

// add appends a cell. It fails for a line with more cells than tables have.
func (c *cells) add(from, to int) bool {
	if c.n == len(c.at) {
		return false
	}
	c.at[c.n] = span{from, to}
	c.n++
	return true
}

// grid is how a table parts its columns.
type grid struct {
	mark  byte   // ',', ';', tab or '|'; 0 when columns only stand below each other
	heads []span // where the names stand, for columns without a mark
	ruled bool   // a rule of dashes below the names tells their extent
	loose bool   // the last column is text and takes the rest of the line
}

// headerOf reads a line of column names: how they are parted and what they say.
// It fails for a line that is no header of a table of pool tags.
func headerOf(text []byte) (g grid, t layout, ok bool) {
	for _, mark := range []byte{'|', '\t', ';', ','} {
		var c cells
		g.mark = mark
		if bytes.IndexByte(text, mark) < 0 || !g.split(text, &c) || c.n < 2 {
			continue
		}
		if t, ok = layoutOf(namesOf(text, c.at[:c.n])); ok {
			return g, t, true
		}
	}
	g.mark, g.heads = 0, headings(text)
	isNumber := func(s span) bool { return digit(text[s.from]) }
	if len(g.heads) > maxColumns || slices.ContainsFunc(g.heads, isNumber) {
		return g, t, false
	}
	t, ok = layoutOf(namesOf(text, g.heads))
	return g, t, ok && 2*t.known() >= len(t.columns) // else a sentence
}

// namesOf returns the names that stand in the spans of a header.
func namesOf(text []byte, heads []span) []string {
	var names []string
	for _, s := range heads {
		names = append(names, string(text[min(s.from, len(text)):min(s.to, len(text))]))
	}
	return names
}

// headings cuts a line of names that only blanks part. Names of one word are
// usual; a pool, a unit in parentheses and "Per" belong to their neighbour.
func headings(text []byte) []span {
	var heads []span
	for _, w := range words(text) {
		if last := len(heads) - 1; last >= 0 && w.from == heads[last].to+1 &&
			oneName(string(text[heads[last].from:heads[last].to]), string(text[w.from:w.to])) {
			heads[last].to = w.to
			continue
		}
		heads = append(heads, w)
	}
	return heads
}

// oneName reports whether two words with one blank between are one name: "Paged
// Allocs", "Size (MB)", "Per Alloc", "Pool Tag", "Source Description".
func oneName(before, word string) bool {
	if bytes.IndexByte([]byte(before), '(') >= 0 && before[len(before)-1] != ')' || word[0] == '(' {
		return true
	}
	a, b := columnOf(before), columnOf(word)
	switch {
	case b.role == roleTag:
		return a.role == rolePool
	case a.role == roleFigure && !a.count:
		return b.figure() && b.pool == 0
	case a.role == roleBinary:
		return b.role == roleText
	}
	w := wordsOf(before)
	return len(w) == 1 && (w[0] == "per" || w[0] == "non")
}

// rule reports whether a line only draws: "|---|---:|", "---- ------", "+====+".
func rule(text []byte) bool {
	return bytes.IndexByte(text, '-') >= 0 && len(bytes.Trim(text, "-=+|: \t")) == 0 ||
		len(text) > 2 && len(bytes.Trim(text, "= \t")) == 0
}

// words returns where the words of a line stand.
func words(text []byte) []span {
	var found []span
	for at := skipBlanks(text, 0); at < len(text); at = skipBlanks(text, at) {
		from := at
		for at < len(text) && !blank(text[at]) {
			at++
		}
		found = append(found, span{from, at})
	}
	return found
}

// split cuts a line into cells. It fails for lines that are none of the table.
func (g *grid) split(text []byte, c *cells) bool {
	c.n = 0
	switch g.mark {
	case 0:
		return g.aligned(text, c)
	case '|':
		return piped(text, c)
	}
	return delimited(text, g.mark, c)
}

// piped cuts a line of a Markdown table, "| `D2d ` | Paged | **12** |". The outer
// bars may be missing; a bar behind a backslash belongs to the cell.
func piped(text []byte, c *cells) bool {
	at, end := skipBlanks(text, 0), len(bytes.TrimRight(text, " \t"))
	if at < end && text[at] == '|' {
		at++
	}
	if end > at && text[end-1] == '|' && (end < 2 || text[end-2] != '\\') {
		end--
	}
	from, bars := at, at > skipBlanks(text, 0)
	for ; at <= end; at++ {
		if at < end && (text[at] != '|' || at > 0 && text[at-1] == '\\') {
			continue
		}
		if !c.add(trimmed(text, from, at)) {
			return false
		}
		bars = bars || at < end
		from = at + 1
	}
	return bars
}

// trimmed returns the span without blanks at its ends.
func trimmed(text []byte, from, to int) (int, int) {
	for from < to && blank(text[from]) {
		from++
	}
	for from < to && blank(text[to-1]) {
		to--
	}
	return from, to
}

// delimited cuts a line of separated values, as Export-Csv and Excel write them:
// `"D2d ","Nonp","1,204"`, `Mbuf;Nonp;1.204`. A cell in quotes keeps its blanks
// and may hold the mark.
func delimited(text []byte, mark byte, c *cells) bool {
	for at := 0; ; at++ {
		for at < len(text) && text[at] == ' ' {
			at++
		}
		if at < len(text) && text[at] == '"' {
			end := closing(text, at+1)
			if end < 0 || !c.add(at+1, end) {
				return false
			}
			at = end + 1
			for at < len(text) && text[at] == ' ' {
				at++
			}
			if at < len(text) && text[at] != mark {
				return false
			}
		} else {
			from := at
			for at < len(text) && text[at] != mark {
				at++
			}
			if !c.add(trimmed(text, from, at)) {
				return false
			}
		}
		if at >= len(text) {
			return c.n > 1
		}
	}
}

// closing returns the column of the quote that ends a cell; doubled quotes stand
// for one.
func closing(text []byte, at int) int {
	for ; at < len(text); at++ {
		if text[at] != '"' {
			continue
		}
		if at+1 == len(text) || text[at+1] != '"' {
			return at
		}
		at++
	}
	return -1
}

// remarks begin what a person wrote behind a row: "<-- 65.5% of installed RAM".
var remarks = [][]byte{
	[]byte("<--"), []byte("<=="), []byte("<-"), []byte("==>"), []byte("-->"), []byte("←"), []byte(" //"),
}

// withoutRemark cuts a remark off.
func withoutRemark(text []byte) []byte {
	for _, mark := range remarks {
		if at := bytes.Index(text, mark); at > 0 {
			text = text[:at]
		}
	}
	return text
}

// aligned cuts a line whose columns stand below their names. Where every column
// has one word, their order tells, wherever they stand; else each word belongs to
// the name it stands below:
//
//	Tag    NP_MB      share
//	Mbuf   9353.5    87.1%        three words, three names
//	Dh 1   9353.5    87.1%        "1" stands below no name and goes on with "Dh"
func (g *grid) aligned(text []byte, c *cells) bool {
	var words cells
	text = withoutRemark(text)
	for at := skipBlanks(text, 0); at < len(text); at = skipBlanks(text, at) {
		from := at
		for at < len(text) && !blank(text[at]) {
			at++
		}
		if last := words.n - 1; last >= 0 && isUnit(text[from:at]) && digit(text[words.at[last].to-1]) {
			words.at[last].to = at
			continue
		}
		if !words.add(from, at) {
			return false
		}
	}
	switch count := len(g.heads); {
	case words.n < 2:
		return false
	case !g.ruled && words.n == count:
		*c = words
		return true
	case !g.ruled && g.loose && words.n > count:
		*c = words
		c.n = count
		c.at[count-1].to = words.at[words.n-1].to
		return true
	}
	return g.below(&words, c)
}

// isUnit reports whether a word is a unit of two letters or more.
func isUnit(word []byte) bool {
	_, ok := unitShift(word)
	return ok && len(word) > 1
}

// below puts every word into the column whose name it stands below. A word
// between two names goes on with the text of the left one: numbers end where
// their names end, or reach below them. Cells may be empty.
//
//	---  ----  ------ ------------ -----------
//	Mbuf           12              packet buffers
func (g *grid) below(words, c *cells) bool {
	c.n = len(g.heads)
	for i := range c.n {
		c.at[i] = span{-1, -1}
	}
	for _, w := range words.at[:words.n] {
		column, ok := g.column(w)
		if !ok {
			return false
		}
		if c.at[column].from < 0 {
			c.at[column].from = w.from
		}
		c.at[column].to = w.to
	}
	for i := range c.n {
		if c.at[i].from < 0 {
			c.at[i] = span{}
		}
	}
	return true
}

// column returns the column that a word stands below, none for a word below two.
func (g *grid) column(w span) (column int, ok bool) {
	left, found := -1, 0
	for i, h := range g.heads {
		switch {
		case w.from >= h.to:
			left = i
		case w.to > h.from:
			column = i
			found++
		}
	}
	if found == 0 {
		return left, left >= 0
	}
	return column, found == 1
}

// tagOf reads a cell that holds a tag. Quotes of any kind keep blanks that belong
// to it; what follows in parentheses is a remark: "`WCsc` (wcifs stream context)".
func tagOf(cell []byte) (tag ingest.Tag, remark []byte, quoted, ok bool) {
	cell = unmarked(cell)
	if len(cell) == 0 {
		return tag, nil, false, false
	}
	name := cell
	if quote := cell[0]; len(cell) > 2 && (quote == '`' || quote == '\'' || quote == '"') {
		end := bytes.IndexByte(cell[1:], quote)
		if end > 0 {
			name, remark, quoted = cell[1:1+end], trim(cell[end+2:]), true
		}
	} else if at := bytes.IndexByte(cell, '('); at > 1 && blank(cell[at-1]) {
		name, remark = trim(cell[:at]), cell[at:]
	}
	if len(remark) > 0 && remark[0] != '(' && !bytes.HasPrefix(remark, []byte("tag")) {
		return tag, nil, false, false
	}
	tag, ok = spelled(name)
	return tag, bytes.Trim(remark, "() `"), quoted, ok
}

// spelled reads the characters of a tag, without the backslashes that Markdown
// needs.
func spelled(name []byte) (tag ingest.Tag, ok bool) {
	tag = ingest.Tag{' ', ' ', ' ', ' '}
	n := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && len(name) > len(tag) && i+1 < len(name) {
			i++
			c = name[i]
		}
		if n == len(tag) || c < 0x20 || c > 0x7e {
			return tag, false
		}
		tag[n] = c
		n++
		ok = ok || c != ' '
	}
	return tag, ok
}

// unmarked cuts the marks of bold and struck text off a cell.
func unmarked(cell []byte) []byte {
	cell = trim(cell)
	for _, mark := range []string{"**", "__", "~~"} {
		n := len(mark)
		if len(cell) > 2*n && string(cell[:n]) == mark && string(cell[len(cell)-n:]) == mark {
			cell = trim(cell[n : len(cell)-n])
		}
	}
	return cell
}
