package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// poolmonTable describes the screens and files of poolmon:
//
//	Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K
//	Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K
//	System pool information
//	Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc
//
//	Mbuf Paged    971161 (   3)    970979 (   0)      182   23296 (   384)    128
//
// Every part of it may be missing in a copy, down to a single row.
var poolmonTable = ingest.Table{
	Command: "poolmon",
	Names:   []string{"poolmon"},
	Begins:  poolmonBegins,
	New:     func(string) ingest.TableReader { return &poolmon{typeAt: -1} },
}

// poolmon reads one screen of poolmon, or one file that poolmon -n wrote.
type poolmon struct {
	figures
	typeAt   int    // column of "Type" in the header, -1 when none was seen
	exact    bool   // the header stands as poolmon prints it, so tags have their columns
	mapped   bool   // there is a Mapped_Driver column
	bulleted bool   // the copy begins every line with a mark of a list
	session  []byte // "Session 0", "All sessions": not the pools of the system
	beside   bool   // the system's pools, or another session, were told of the same moment
	failed   bool   // poolmon could not ask the kernel

	totals   []ingest.PoolTotal
	memory   uint64 // bytes of RAM
	nonPaged uint64 // bytes of pool as the header tells
	paged    uint64
	sizesAt  int // line of the header the sizes stand in
}

// poolmonBegins recognises the first line of a screen: any of the headers, or a
// row that was copied alone.
func poolmonBegins(text []byte) bool {
	text, _ = unbullet(text)
	if len(text) < 16 {
		return false
	}
	switch text[0] {
	case 'M', 'C', 'S', 'A', 'T', 'Q':
		if poolmonLineOf(text) != 0 {
			return true
		}
	}
	r, ok := splitPoolmon(text, -1)
	return ok && r.named() && (r.deltas == 3 || r.consistent())
}

// poolmonLine is what a line above the rows tells.
type poolmonLine uint8

const (
	_ poolmonLine = iota
	memoryLine
	commitLine
	systemLine
	sessionLine
	columnLine
	failedLine
	summaryLine
)

// poolmonLineOf recognises the lines above the rows, 0 for others.
func poolmonLineOf(text []byte) poolmonLine {
	has := func(prefix, within string) bool {
		return bytes.HasPrefix(text, []byte(prefix)) && bytes.Contains(text, []byte(within))
	}
	const session = "Session "
	switch {
	case has("Memory:", "Avail:"):
		return memoryLine
	case has("Commit:", "Limit:"):
		return commitLine
	case has("System pool information", ""):
		return systemLine
	case has("All sessions pool information", ""):
		return sessionLine
	case has(session, " pool information") && digit(text[len(session)]): // "Session 0 pool information"
		return sessionLine
	case has("Query pooltags Failed", ""):
		return failedLine
	case has("Summary1,", ":"), has("Summary2,", ":"):
		return summaryLine
	case has("Tag", "Allocs") && poolmonColumns(text):
		return columnLine
	}
	return 0
}

// poolmonColumns reports whether a header names poolmon's columns in their order.
func poolmonColumns(text []byte) bool {
	for _, name := range []string{"Tag", "Type", "Allocs", "Frees", "Diff", "Bytes", "Per", "Alloc"} {
		text = trim(text)
		if !bytes.HasPrefix(text, []byte(name)) {
			return false
		}
		text = text[len(name):]
	}
	return true
}

// unbullet cuts the mark off a line that a writer put into a list or a title:
// "- CM31 Paged 76680", "## Tag  Type".
func unbullet(text []byte) (rest []byte, marked bool) {
	at := skipBlanks(text, 0)
	from := at
	for at < len(text) && bytes.IndexByte([]byte("-*#>"), text[at]) >= 0 {
		at++
	}
	if at == from || at == len(text) || !blank(text[at]) {
		return text[from:], false
	}
	return text[skipBlanks(text, at):], true
}

// Read takes one line.
func (t *poolmon) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	text, alone := l.Text, t.typeAt < 0 && len(t.rows) == 0
	if rest, marked := unbullet(text); t.bulleted || alone && marked {
		text, t.bulleted = rest, true
	}
	if r, ok := splitPoolmon(text, t.typeAt); ok && r.named() {
		return t.row(&r, l, warn)
	}
	text, _ = unbullet(text)
	if kind := poolmonLineOf(text); kind != 0 {
		return t.above(kind, text, l, warn)
	}
	switch {
	case len(text) == 0:
		return ingest.LineForeign
	case bytes.HasPrefix(text, []byte("PoolMon:")), len(bytes.Trim(text, "-= ")) == 0:
		return ingest.LineNoise
	case l.Open && t.begun(text):
		return ingest.LinePartial
	}
	return ingest.LineForeign
}

// begun reports whether the text may be the begin of a row: tag and pool, the
// first numbers.
func (t *poolmon) begun(text []byte) bool {
	_, at, pool := t.typed(text)
	if pool == 0 {
		return len(text) <= len(ingest.Tag{}) && len(t.rows) > 0
	}
	return len(bytes.Trim(text[at:], " ()-0123456789")) == 0
}

// above takes a line above the rows. One that comes again begins another screen.
func (t *poolmon) above(kind poolmonLine, text []byte, l ingest.Line, warn func(string)) ingest.LineKind {
	if len(t.rows) > 0 || kind == memoryLine && t.sizesAt > 0 {
		return ingest.LineForeign
	}
	switch kind {
	case memoryLine:
		t.memory = kilobytes(text, "Memory:")
	case commitLine:
		t.nonPaged = kilobytes(text, "Pool N:")
		if at := bytes.Index(text, []byte("Pool N:")); at >= 0 {
			t.paged = kilobytes(text[at:], " P:")
		}
	case summaryLine:
		t.summary(text)
	case sessionLine:
		t.session = bytes.Clone(text)
		warn("pool of a session: its tags are not those of the system's pools")
	case columnLine:
		t.columns(l.Text)
	case failedLine:
		t.failed = true
		warn("poolmon could not read the pool tags: pool tagging is switched off")
		return ingest.LineLast
	}
	if kind == memoryLine || kind == commitLine || kind == summaryLine {
		t.sizesAt = l.No
	}
	return ingest.LineNoise
}

// kilobytes returns the bytes of "Label: 1234K", 0 when the label is not there.
// Wide values touch the label ("Memory:33473120K"), and "P:" stands on both lines
// with two meanings: resident paged memory, then the paged pool.
func kilobytes(text []byte, label string) uint64 {
	at := bytes.Index(text, []byte(label))
	if at < 0 {
		return 0
	}
	text = text[skipBlanks(text, at+len(label)):]
	value, n := decimal(text)
	if n == len(text) || n == 0 || text[n] != 'K' || value > 1<<50 {
		return 0
	}
	return value << 10
}

// summary reads the header lines as a support script writes them, in kilobytes:
//
//	Summary1,date time,Memory,Avail,PageFlts,InRam Krnl,P
//	Summary2,date time,Commit,Limit,Peak,Pool N,P
func (t *poolmon) summary(text []byte) {
	fields := bytes.Split(text, []byte(","))
	if len(fields) < 7 {
		return
	}
	number := func(i int) uint64 {
		value, n := decimal(fields[i])
		if n != len(fields[i]) || value > 1<<50 {
			return 0
		}
		return value << 10
	}
	if text[len("Summary")] == '1' {
		t.memory = number(2)
		return
	}
	t.nonPaged, t.paged = number(5), number(6)
}

// columns takes the line of column names.
func (t *poolmon) columns(text []byte) {
	if t.bulleted {
		text, _ = unbullet(text)
	}
	tag := bytes.Index(text, []byte("Tag"))
	t.typeAt = bytes.Index(text, []byte("Type"))
	t.exact = t.typeAt == tag+len("Tag  ")
	t.mapped = bytes.Contains(text, []byte("Mapped"))
}

// Finish tells whether the screen is whole. It has no closing line: where it
// ends, it ends, and cut rows are known by themselves.
func (t *poolmon) Finish(bool) ingest.BlockState {
	if t.failed {
		return ingest.BlockUnclosed
	}
	return ingest.BlockComplete
}

// Merge adds what was read to the snapshot. The rows of a session count where
// nothing else is known: their pools are not part of the system's.
func (t *poolmon) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if s.RAM == 0 {
		s.RAM = t.memory
	}
	if s.VM == nil && t.nonPaged > 0 {
		s.VM = &ingest.VM{
			Physical: t.memory, NonPaged: t.nonPaged, Paged: t.paged, Source: source(t.sizesAt),
		}
	}
	if t.session != nil && (t.beside || len(s.Tags) > 0) {
		return
	}
	t.merge(s, source)
	for _, total := range t.totals {
		if s.Total(total.Pool) == nil {
			total.Source = source(total.Line)
			s.Totals = append(s.Totals, total)
		}
	}
}

// Differs reports whether another moment begins: other figures for a tag, or the
// system's pools after those of a session. Tables of sessions that follow belong
// to the moment of the first table.
func (t *poolmon) Differs(before ingest.TableReader) bool {
	b, ok := before.(*poolmon)
	switch {
	case !ok:
		return false
	case t.session != nil:
		t.beside = b.beside || len(b.rows) > 0 && !bytes.Equal(t.session, b.session)
		return !t.beside && t.differs(&b.figures)
	}
	return b.session != nil && len(b.rows) > 0 || t.differs(&b.figures)
}
