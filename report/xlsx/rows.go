package xlsx

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"poolsweep/report"
)

// rowWriter writes the rows of a table as XML into the part of its sheet, which
// excelize has made without them. excelize itself would hold each cell in memory,
// or stream at a third of the speed and lose the sparklines and the newer form of
// the data bars. A row looks like this:
//
//	<row r="5" ht="29" customHeight="1"><c r="A5" s="3" t="inlineStr"><is><t>Thre</t></is></c>
//	<c r="B5" s="4"><v>1024</v></c></row>
type rowWriter struct {
	to     io.Writer
	buf    []byte
	opens  []string // `<c r="A`, by column
	number []byte   // the row's
}

// flushAt is the size of a chunk that goes to the deflater.
const flushAt = 32 << 10

func newRowWriter(to io.Writer, columns int) *rowWriter {
	w := &rowWriter{to: to, buf: make([]byte, 0, flushAt*2), opens: make([]string, columns)}
	for i := range w.opens {
		w.opens[i] = `<c r="` + letters(i)
	}
	return w
}

// begin starts a row; height 0 is the usual one.
func (w *rowWriter) begin(row int, height float64) {
	w.number = strconv.AppendInt(w.number[:0], int64(row), 10)
	w.buf = append(append(append(w.buf, `<row r="`...), w.number...), '"')
	if height > 0 {
		w.buf = strconv.AppendFloat(append(w.buf, ` ht="`...), height, 'f', -1, 64)
		w.buf = append(w.buf, `" customHeight="1"`...)
	}
	w.buf = append(w.buf, '>')
}

// end completes a row.
func (w *rowWriter) end() error {
	w.buf = append(w.buf, `</row>`...)
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

func (w *rowWriter) flush() error {
	_, err := w.to.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// open starts a cell: what stands in it follows, or close.
func (w *rowWriter) open(col, style int) {
	w.buf = append(append(append(w.buf, w.opens[col]...), w.number...), `" s="`...)
	w.buf = append(strconv.AppendInt(w.buf, int64(style), 10), '"')
}

// empty writes a cell that has a look only.
func (w *rowWriter) empty(col, style int) {
	w.open(col, style)
	w.buf = append(w.buf, `/>`...)
}

// text writes a typed string: whatever it begins with, it is no formula.
func (w *rowWriter) text(col, style int, s string) {
	w.open(col, style)
	w.buf = append(w.buf, ` t="inlineStr"><is><t`...)
	if outer(s) {
		w.buf = append(w.buf, ` xml:space="preserve"`...)
	}
	w.buf = appendText(append(w.buf, '>'), s)
	w.buf = append(w.buf, `</t></is></c>`...)
}

// outer reports whether s has blanks at an end or lines, which a reader of XML may
// otherwise drop.
func outer(s string) bool {
	return s != "" && (s[0] <= ' ' || s[len(s)-1] <= ' ' || strings.IndexByte(s, '\n') >= 0)
}

// appendText appends a text as XML. Line ends are \n already.
func appendText(to []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var as string
		switch s[i] {
		case '&':
			as = "&amp;"
		case '<':
			as = "&lt;"
		case '>':
			as = "&gt;"
		case '_':
			if !beginsEscape(s[i:]) {
				continue
			}
			as = "_x005F_"
		default:
			continue
		}
		to = append(append(to, s[from:i]...), as...)
		from = i + 1
	}
	return append(to, s[from:]...)
}

// whole writes a whole number, as text with all its digits when a spreadsheet
// would round it.
func (w *rowWriter) whole(col, style int, magnitude uint64, negative bool) {
	if magnitude > exact {
		digits := grouped(strconv.FormatUint(magnitude, 10))
		if negative {
			digits = "-" + digits
		}
		w.text(col, style, digits)
		return
	}
	w.open(col, style)
	w.buf = append(w.buf, `><v>`...)
	if negative {
		w.buf = append(w.buf, '-')
	}
	w.buf = append(strconv.AppendUint(w.buf, magnitude, 10), `</v></c>`...)
}

// float writes a number. What is none, such as a ratio to zero, is an empty cell:
// Excel would call the file damaged.
func (w *rowWriter) float(col, style int, f float64) {
	if !finite(f) {
		w.empty(col, style)
		return
	}
	w.open(col, style)
	w.buf = strconv.AppendFloat(append(w.buf, `><v>`...), f, 'g', -1, 64)
	w.buf = append(w.buf, `</v></c>`...)
}

// finite reports whether f is a number that a cell can hold.
func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// A spreadsheet counts days from the end of 1899, and until March 1900 wrongly: it
// knows a 29 February of that year.
const unixEpochDay, firstGoodDay, lastDay, daySeconds = 25569, 61, 2958465, 86400

// time writes a moment as its clock stands: as text where a spreadsheet has no date, for a log of
// a machine with a wrong clock may be of 1601.
func (w *rowWriter) time(col, style int, t time.Time) {
	days := float64(t.Unix())/daySeconds + unixEpochDay
	switch {
	case t.IsZero():
		w.empty(col, style)
	case days < firstGoodDay || days >= lastDay+1:
		w.text(col, style, t.Format("2006-01-02 15:04"))
	default:
		w.float(col, style, days)
	}
}

// value writes a value of the model as its column looks.
func (w *rowWriter) value(col int, v any, l *look) error {
	id := l.ids[report.TonePlain]
	switch x := v.(type) {
	case nil, []float64:
		w.empty(col, id)
	case string:
		w.text(col, id, text(x))
	case int64:
		w.whole(col, id, magnitude(x), x < 0)
	case uint64:
		w.whole(col, id, x, false)
	case float64:
		w.float(col, id, x)
	case time.Time:
		w.time(col, id, l.clock(x))
	case report.Link:
		w.text(col, id, text(x.Text))
	case report.Tagged:
		w.text(col, l.ids[x.Tone], text(x.Text))
	default:
		return fmt.Errorf("no cell holds a %T", v)
	}
	return nil
}

// clock returns a moment whose clock in UTC is the one that the column shows: a
// spreadsheet knows no time zones.
func (l *look) clock(t time.Time) time.Time {
	if t.IsZero() || l.kind == report.KindTime {
		return t.UTC()
	}
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// magnitude returns n without its sign, which -n would not for the smallest n.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
