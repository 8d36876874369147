package tooltext

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"poolsweep/ingest"
)

// fltmcTable describes all lists of fltmc: which one a block holds is told by the
// command, by the rule below the column headings, or by the shape of the rows.
var fltmcTable = ingest.Table{
	Command: "fltmc",
	Names:   []string{"fltmc", "fltmc.exe"},
	Begins:  fltmcBegins,
	New:     newFltmc,
}

// fltmcList is one of the lists that fltmc prints.
type fltmcList uint8

const (
	_ fltmcList = iota
	listsFilters
	listsInstances
	listsVolumes
)

// fltmcColumns is which list it is and what columns it has.
type fltmcColumns struct {
	kind     fltmcList
	old      bool // of Windows 2000 to 2003: no altitude of filters, no frame of instances
	noFilter bool // "fltmc instances -f NAME" prints no column of filters
	noVolume bool // "fltmc instances -v C:" prints no column of volumes
}

// fltmc reads what the filter manager's console tool lists:
//
//	Filter Name                     Num Instances    Altitude    Frame
//	------------------------------  -------------  ------------  -----
//	WdFilter                                5       328010         0
//
// The headings are translated and may be broken in two by the console; the rule
// below them is not translated. Columns are pushed right by long names, so rows
// are read by their shape, from the right.
type fltmc struct {
	fltmcColumns
	command string // as typed, or ""
	only    asked
	words   rowWords
	rows    int
	ruled   bool // the rule below the headings was seen
	headed  bool // the headings were seen
	headOff bool // the first line was a row: the begin of the list is missing
	bare    bool // the rule has no column for SprtFtrs
	masked  bool // a row of instances printed it nevertheless
	blank   bool // the last line was empty
	failed  bool // an error was printed in place of the list
	whole   bool // nothing is known to be missing
	reason  bool // the sentence that explains the error is still to come

	ruler int    // width of the rule's first line
	width int    // of a console that broke the rule in two, 0 otherwise
	half  []byte // the first part of a row that such a console broke

	earlier *fltmc // what fltmc listed before at the same moment

	list    []ingest.Filter // sources have the line only, the file comes with Merge
	volumes []ingest.Volume
	groups  groups
	texts   map[string]string
}

func newFltmc(command string) ingest.TableReader {
	f := &fltmc{command: command, only: askedOf(command), texts: map[string]string{}}
	f.kind = f.only.kind
	return f
}

// Read takes one line.
func (f *fltmc) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	if f.groups.again(f.list, l.Text) {
		f.blank = false
		return ingest.LineRow
	}
	text := trim(unquoted(l.Text))
	if len(text) == 0 {
		f.blank = !l.Open
		f.reason = false
		return ingest.LineForeign
	}
	if f.half != nil {
		if kind, ok := f.joined(l, warn); ok {
			return kind
		}
	}
	f.words.split(text)
	kind := f.line(l, text, warn)
	if kind != ingest.LineForeign {
		f.blank = false
	}
	return kind
}

// line says what a line is that was not printed before.
func (f *fltmc) line(l ingest.Line, text []byte, warn func(string)) ingest.LineKind {
	switch {
	case isShellPrompt(text):
		return ingest.LineForeign
	case f.reason: // "Access is denied." in whatever language
		f.reason = false
		return ingest.LineNoise
	case f.failed:
		return ingest.LineForeign
	case isRule(text):
		return f.rule(text)
	}
	if kind := f.row(l, text, warn); kind != ingest.LineForeign {
		return kind
	}
	if code := failure(text); code != "" && f.rows == 0 {
		f.failed, f.reason = true, true
		warn("fltmc failed (" + code + "): that nothing is listed does not mean that there are no filters")
		return ingest.LineNoise
	}
	return f.heading(text)
}

// heading recognises what stands above the rule: the column headings in any
// language, their broken ends, "D: Volume instances:".
func (f *fltmc) heading(text []byte) ingest.LineKind {
	if f.ruled || f.rows > 0 {
		return ingest.LineForeign
	}
	name, column := caption(text)
	known := fltmcHeadings(text)
	switch {
	case len(name) > 0:
		f.only.take(column, f.keep(name))
	case known.kind != 0:
		f.fltmcColumns, f.headed = known, true
	case f.headed && !hasDigit(text): // "tatus", broken off by the console
	case f.words.columns() > 2 && !hasDigit(text): // in another language
		f.headed = true
	default:
		return ingest.LineForeign
	}
	return ingest.LineNoise
}

// rule takes the line of dashes below the headings, or its end, which a narrow
// console prints on a line of its own.
func (f *fltmc) rule(text []byte) ingest.LineKind {
	switch {
	case f.rows > 0:
		return ingest.LineForeign
	case f.ruled:
		f.width = f.ruler
		return ingest.LineNoise
	}
	f.ruled, f.ruler = true, utf8.RuneCount(text)
	runs := dashes(text)
	if known, ok := ruledColumns(runs); ok {
		f.fltmcColumns = known
	} else {
		f.kind = max(f.kind, listsFilters)
		f.old = f.kind == listsFilters && len(runs) == 3 || f.kind == listsInstances && len(runs) == 4
	}
	full := 7
	if f.noFilter || f.noVolume {
		full--
	}
	f.bare = f.kind == listsInstances && len(runs) == full-1
	return ingest.LineNoise
}

// row reads a row of the list that is printed, and says why not when it is none.
func (f *fltmc) row(l ingest.Line, text []byte, warn func(string)) ingest.LineKind {
	if !f.ruled && f.kind == 0 {
		f.headOff = f.rowShape()
	}
	ok := false
	switch f.kind {
	case listsFilters:
		ok = f.filter(l)
	case listsInstances:
		ok = f.instance(l, warn)
	case listsVolumes:
		ok = f.volume(l)
	}
	switch {
	case ok:
		f.rows++
		return ingest.LineRow
	case !f.ruled && f.rows == 0:
	case l.Open:
		return ingest.LinePartial
	case f.breaks(text), f.width > 0 && f.words.len() == 1 && !hasDigit(text): // or the end of "Detached"
		return ingest.LineNoise
	}
	return ingest.LineForeign
}

// rowShape decides by the first row which list it is where the headings are lost.
func (f *fltmc) rowShape() bool {
	switch {
	case f.words.hasMask():
		f.kind = listsInstances
	case f.words.filterColumns():
		f.kind = listsFilters
	}
	return f.kind != 0
}

// Finish takes an empty line after the list as its end, for the list has no
// other: one that stops with the file may have lost the rest.
func (f *fltmc) Finish(atEOF bool) ingest.BlockState {
	if f.failed || f.headOff || f.half != nil || !f.ruled && f.rows == 0 || atEOF && !f.blank {
		return ingest.BlockUnclosed
	}
	f.whole = true
	return ingest.BlockComplete
}

// Differs reports whether two lists of the same kind show different moments.
// Between them may stand lists of other kinds, all of one moment.
func (f *fltmc) Differs(before ingest.TableReader) bool {
	old, ok := before.(*fltmc)
	if !ok {
		return false
	}
	f.earlier = old
	for old != nil && (old.fltmcColumns != f.fltmcColumns || old.only != f.only || old.failed) {
		old = old.earlier
	}
	return old != nil && !f.failed && f.differs(old)
}

// differs compares lists of one kind. A list whose end is missing may be the
// begin of the other one.
func (f *fltmc) differs(old *fltmc) bool {
	n := min(len(old.list), len(f.list))
	if n > 0 && !(old.whole && f.whole) {
		n--
	}
	if !slices.EqualFunc(old.list[:n], f.list[:n], sameFilter) {
		return true
	}
	return old.whole && f.whole && len(old.list) != len(f.list)
}

// sameFilter compares what is printed, not where.
func sameFilter(a, b ingest.Filter) bool {
	return a.Name == b.Name && a.Altitude == b.Altitude &&
		slices.EqualFunc(a.Instances, b.Instances, func(a, b ingest.Instance) bool {
			return sameGroup(a, b) && a.Count == b.Count
		})
}

func sameGroup(a, b ingest.Instance) bool {
	return a.Name == b.Name && a.Altitude == b.Altitude && a.Volume == b.Volume && a.Detached == b.Detached
}

// maxTexts is how many texts are kept for reuse.
const maxTexts = 1 << 14

// keep returns the text as a string, the same one for the same bytes.
func (f *fltmc) keep(text []byte) string {
	if s, ok := f.texts[string(text)]; ok {
		return s
	}
	s := string(bytes.ToValidUTF8(text, []byte("\ufffd")))
	if len(f.texts) < maxTexts {
		f.texts[string(text)] = s
	}
	return s
}

// breaks keeps the first part of a row that a narrow console broke in two. The
// console's width is known from the rule.
func (f *fltmc) breaks(text []byte) bool {
	n := utf8.RuneCount(text)
	if f.width == 0 || n > f.width || n < f.width/2 {
		return false
	}
	f.half = append(append(f.half[:0], text...), bytes.Repeat([]byte(" "), f.width-n)...)
	return true
}

// joined reads the line as the end of a row that began on the line before.
func (f *fltmc) joined(l ingest.Line, warn func(string)) (ingest.LineKind, bool) {
	whole := append(f.half, bytes.TrimRight(l.Text, " \t")...)
	f.half = nil
	f.words.split(whole)
	if kind := f.row(l, nil, warn); kind != ingest.LineForeign {
		return kind, true
	}
	warn("the line before begins a row that does not go on here")
	return 0, false
}
