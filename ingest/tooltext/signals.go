package tooltext

import (
	"bytes"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// signalTable describes Markdown tables about a machine as a whole, a figure a row or a
// condition a row:
//
//	| signal | before | after |        | Condition | Non-paged pool growth |
//	|---|---|---|                      |---|---|
//	| threads | **+76** | **0** |      | VM up, idle | **21.5 GB/hr** |
//
//	| Metric | Day 1 | Day 5 |         | Metric | Value |
//	| Paged pool | 1.0 GB | 9.5 GB |   | System handles | 161,000 |
//
// A number with a sign or a rate is a difference. One without is a state of the
// machine, and is read only where the name of its column leaves no choice.
var signalTable = ingest.Table{
	Command: "signal table",
	Begins: func(text []byte) bool {
		_, ok := signalHead(text)
		return ok
	},
	New: func(string) ingest.TableReader { return &signals{told: map[signalKey]int64{}} },
}

var (
	// signalWords name a column of names of figures.
	signalWords = strings.Fields("signal signals metric metrics counter counters resource measure measurement " +
		"item object objects quantity indicator figure what")
	// valueWords name the only column of their values.
	valueWords = strings.Fields("value values now current observed measured amount size")
	// growthWords make differences of all figures of a column.
	growthWords = append([]string{"leaked", "leak", "rate", "rise", "gained"}, deltaWords...)
)

// signalColumn is a column of figures.
type signalColumn struct {
	title  string
	growth bool   // all its figures are differences
	unit   uint64 // of bytes, where the title tells
	moment int    // place of its moment, -1 for none

	what string // of a table of conditions: what grows
	tag  ingest.Tag
}

// signalTitles is what the head of such a table says.
type signalTitles struct {
	columns    []signalColumn // the first one excepted
	conditions bool           // the first column names conditions, not figures
	labels     []string       // of the moments that the columns compare
}

// signalHead reads the line of column names.
func signalHead(text []byte) (h signalTitles, ok bool) {
	var c cells
	if bytes.IndexByte(text, '|') < 0 || len(text) > maxHeader || rule(text) || !piped(text, &c) || c.n < 2 {
		return h, false
	}
	names := namesOf(text, c.at[:c.n])
	for i, name := range names {
		names[i] = string(bytes.Trim(unmarked([]byte(name)), " *"))
	}
	for _, name := range names[1:] {
		h.columns = append(h.columns, growthColumn(name))
	}
	grows := func(c signalColumn) bool { return c.what != "" }
	switch {
	case slices.ContainsFunc(h.columns, grows):
		h.conditions = true
		return h, true
	case names[0] != "" && !namesSignals(names[0]) || slices.ContainsFunc(names[1:], isFigure):
		return h, false
	}
	h.compare()
	return h, names[0] != "" || len(h.labels) > 1
}

// namesSignals reports whether a title is that of a column of names.
func namesSignals(title string) bool {
	words := wordsOf(title)
	return has(words, signalWords) && !slices.ContainsFunc(words, func(w string) bool {
		return !has([]string{w}, signalWords) && w != "name" && w != "type"
	})
}

// isFigure reports whether a title is none, but the cell of a row.
func isFigure(title string) bool {
	return title == "" || stateOf(title) == "" && startsNumber(title)
}

// growthColumn reads the title of a column.
func growthColumn(title string) signalColumn {
	words := wordsOf(title)
	c := signalColumn{title: title, growth: has(words, growthWords), unit: unitNamed(words), moment: -1}
	what, known := subject(withoutGrowth(title))
	tag, quoted := quotedTag(title)
	switch {
	case !c.growth:
	case quoted:
		c.what, c.tag = ingest.ChangeTag, tag
	case known:
		c.what = what
	}
	return c
}

// withoutGrowth returns what grows: "Handle growth per tab" is of handles.
func withoutGrowth(title string) string {
	words := strings.Fields(spread.ReplaceAllString(title, ""))
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return has(wordsOf(w), growthWords) }), " ")
}

// unitNamed returns the unit of bytes among the words of a name, 0 for none.
func unitNamed(words []string) uint64 {
	for _, w := range words {
		if unit := headerUnits[w]; unit > 0 {
			return unit
		}
	}
	if has(words, []string{"bytes"}) {
		return 1
	}
	return 0
}

// compare finds the moments of the columns: the only column of values, or all that
// are no differences.
func (h *signalTitles) compare() {
	var states []string
	for _, c := range h.columns {
		if !c.growth {
			states = append(states, stateOf(c.title))
		}
	}
	valued := len(h.columns) == 1 && has(wordsOf(h.columns[0].title), valueWords)
	if !valued && (len(states) < 2 || slices.Contains(states, "")) {
		return
	}
	next := 0
	for i := range h.columns {
		if c := &h.columns[i]; !c.growth {
			c.moment = next
			h.labels = append(h.labels, c.title)
			next++
		}
	}
}

// signalKey names a figure of one moment.
type signalKey struct {
	moment int
	name   string
}

// signals reads such a table.
type signals struct {
	signalTitles
	differences
	head    []byte
	moments []stated
	tags    []figures
	told    map[signalKey]int64 // the figures of moments
	good    int
	blank   bool // an empty line ended the table
}

// Read takes one line.
func (t *signals) Read(l ingest.Line, _ func(string)) ingest.LineKind {
	text := trim(l.Text)
	switch {
	case t.head == nil:
		return t.header(text)
	case len(text) == 0:
		t.blank = !l.Open
		return ingest.LineForeign
	case t.blank, signalTable.Begins(text):
		return ingest.LineForeign // the next table
	case rule(text):
		return ingest.LineNoise
	}
	var c cells
	if !piped(text, &c) || c.n < 2 {
		return ingest.LineForeign
	}
	if l.Open && text[len(text)-1] != '|' {
		return ingest.LinePartial
	}
	if !t.row(text, &c, l.No) {
		return ingest.LineNoise // of something that poolsweep does not count
	}
	t.good++
	return ingest.LineRow
}

// header takes the line of column names.
func (t *signals) header(text []byte) ingest.LineKind {
	h, ok := signalHead(text)
	if !ok {
		return ingest.LineForeign
	}
	t.head, t.signalTitles = bytes.Clone(text), h
	t.moments = make([]stated, max(1, len(h.labels)))
	t.tags = make([]figures, len(t.moments))
	return ingest.LineNoise
}

// row reads a row: every cell that is not empty has to be a figure. A row of signed
// cells states differences, one of bare numbers states of the machine; a row of both
// may mean anything.
func (t *signals) row(text []byte, c *cells, line int) bool {
	name := string(unmarked(text[c.at[0].from:c.at[0].to]))
	var grown, changes []ingest.Change
	signed, states := false, false
	for i, col := range t.columns[:min(c.n-1, len(t.columns))] {
		cell := unmarked(text[c.at[i+1].from:c.at[i+1].to])
		if empty(cell) || t.conditions && col.what == "" {
			continue
		}
		change, sign, ok := t.change(name, cell, col)
		change.Line = line
		switch {
		case ok && col.growth:
			grown = append(grown, change)
		case ok && (sign || change.Delta == 0):
			signed = signed || sign
			changes = append(changes, change)
		case col.moment >= 0:
			states = true
		default:
			return false
		}
	}
	switch {
	case signed && states:
		return false
	case states:
		if !t.figures(name, text, c, line) {
			return false
		}
		changes = nil
	case !signed && len(grown)+len(t.changes) == 0:
		return false // nothing but zeros
	}
	for _, change := range append(changes, grown...) {
		t.state(change)
	}
	return true
}

// change reads a cell as a difference.
func (t *signals) change(name string, cell []byte, col signalColumn) (c ingest.Change, signed, ok bool) {
	unit := col.unit
	if !t.conditions {
		unit = max(unit, unitNamed(wordsOf(name)))
	}
	c, signed, ok = readChange(cell, unit)
	if c.Per == 0 && c.Events == 0 {
		over(col.title, &c)
	}
	c.Label = col.title
	if t.conditions {
		c.What, c.Tag, c.Label = col.what, col.tag, name
		return c, signed, ok && col.what != "" && sizedRight(c)
	}
	if tag, quoted := quotedTag(name); quoted {
		c.What, c.Tag = ingest.ChangeTag, tag
	} else {
		c.What, _ = subject(name)
	}
	return c, signed, ok && sizedRight(c)
}

// sizedRight reports whether the difference has the kind of unit that its subject has:
// a number without a unit is no amount of memory, and no megabytes are threads.
func sizedRight(c ingest.Change) bool {
	switch c.What {
	case ingest.ChangeNonPaged, ingest.ChangePaged:
		return c.Bytes || c.Delta == 0
	case ingest.ChangeHandles, ingest.ChangeThreads, ingest.ChangeProcesses:
		return !c.Bytes
	}
	return true
}

// figures reads a row of states, one cell a moment.
func (t *signals) figures(name string, text []byte, c *cells, line int) bool {
	found := false
	for i, col := range t.columns[:min(c.n-1, len(t.columns))] {
		cell := unmarked(text[c.at[i+1].from:c.at[i+1].to])
		if col.moment < 0 || empty(cell) {
			continue
		}
		a, end := readAmount(cell)
		if million := tokens(string(cell)); len(million) == 1 && million[0].count {
			a, end = amount{digits: uint64(million[0].n), signed: million[0].signed}, len(cell)
		}
		if end == 0 || a.signed || !closesChange(trim(cell[end:])) {
			continue
		}
		if n, ok := t.figure(name, a, col, line); ok {
			t.told[signalKey{col.moment, name}] = n
			found = true
		}
	}
	return found
}

// figure keeps what one moment has of what a row names.
func (t *signals) figure(name string, a amount, col signalColumn, line int) (n int64, ok bool) {
	var s statement
	unit := max(col.unit, unitNamed(wordsOf(name)))
	if unit > 0 || a.unit > 0 && !a.letter {
		size, fits := a.bytes(unit)
		n, ok = int64(size), fits && s.sizeOf(name, size)
	} else if n, ok = a.count(); ok {
		ok = s.countOf(name, n)
	}
	if tag, quoted := quotedTag(name); quoted && !ok {
		f := figureRow{tag: tag, line: line}
		ok = f.set(a, column{role: roleFigure, count: true, unit: unit, pool: poolOf(wordsOf(name))}) && f.any()
		f.keep(&t.tags[col.moment], addUp)
		return n, ok
	}
	if ok {
		m := &t.moments[col.moment]
		m.now = s
		m.keep(ingest.Line{No: line})
	}
	return n, ok
}

// sizeOf keeps an amount of memory by its name.
func (s *statement) sizeOf(name string, size uint64) bool {
	words := wordsOf(name)
	plain := !slices.ContainsFunc(words, func(w string) bool {
		return poolOf([]string{w}) == 0 && !has([]string{w}, wholeWords) && !has([]string{w}, byteWords)
	})
	switch pool := poolOf(words); {
	case pool != 0 && plain:
		s.sizes[pool] = size
	case slices.Equal(words, []string{"ram"}), slices.Equal(words, []string{"physical", "memory"}),
		slices.Equal(words, []string{"installed", "ram"}):
		s.physical = size
	default:
		return false
	}
	return true
}

// countOf keeps a number of things by their name: "System handles", "Token handles",
// "Processes", "logon sessions".
func (s *statement) countOf(name string, n int64) bool {
	all := tokens(name)
	if last := len(all) - 1; last > 0 && all[last].is("count", "total") {
		all = all[:last]
	}
	last := len(all) - 1
	if last < 0 || n < 0 {
		return false
	}
	var words []string
	for _, t := range all[:last] {
		words = append(words, strings.ToLower(t.text))
	}
	kind, plain := handleKind(words)
	switch who, found := named(all[:last], true); {
	case all[last].is("handles", "handle") && found:
		s.running = append(s.running, ingest.ProcessHandles{Image: who.image, PID: who.pid, Handles: n})
	case all[last].is("handles", "handle") && plain:
		s.handles = append(s.handles, ingest.HandleCount{Type: kind, Count: n})
	case all[last].is("sessions") && has(words, []string{"logon"}):
		s.session(n, quantity{words: words})
	case all[last].is("processes", "threads") && n >= leastProcesses:
		if len(words) == 0 {
			words = aliveWords[:1]
		}
		noun := strings.ToLower(all[last].text)
		s.live([]token{{number: true, count: true, n: n}}, 0, quantity{noun: noun, words: words, end: 1})
	}
	return s.tells()
}

// Finish tells whether the table is whole; it has no closing line.
func (t *signals) Finish(bool) ingest.BlockState {
	if t.good == 0 {
		return 0
	}
	return ingest.BlockComplete
}

// Moments names what the columns compare, nil for differences alone.
func (t *signals) Moments() []string {
	if len(t.told) == 0 {
		return nil
	}
	return t.labels
}

// Merge adds what was read.
func (t *signals) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if len(t.moments) > 0 {
		t.MergeMoment(len(t.moments)-1, s, source)
	}
}

// MergeMoment adds the figures of one moment, the differences with the last one.
func (t *signals) MergeMoment(i int, s *ingest.Snapshot, source func(line int) ingest.Source) {
	t.moments[i].merge(s, source)
	t.tags[i].merge(s, source)
	if i == len(t.moments)-1 {
		t.mergeChanges(s, source)
	}
}

// Differs reports whether a figure of the same name is another one.
func (t *signals) Differs(before ingest.TableReader) bool {
	old, ok := before.(*signals)
	if !ok {
		return false
	}
	for key, n := range t.told {
		if was, known := old.told[key]; known && was != n {
			return true
		}
	}
	return false
}
