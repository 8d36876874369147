package tooltext

import (
	"bytes"
	"math/bits"
)

// amount is a number as people write it: "7,695.3 MB", "15.120.687", "134M",
// "~583k", "-12".
type amount struct {
	digits   uint64 // all digits, without the point
	decimals int    // how many of them stand behind the point
	dotted   bool   // "2.719": the dot may part thousands or decimals
	unit     uint64 // 1 for bytes, 1<<20 for MB; 0 when none is written
	thousand uint64 // what the unit means for a count: "2.9K" are 2,900
	letter   bool   // the unit is a single letter, which counts use, too
	minus    bool
	signed   bool // "+503,677" is a difference
}

// maxDigits keeps digits within 64 bits.
const maxDigits = 18

// readAmount reads the amount that text begins with and returns the column after
// it, 0 when there is none that can be read surely.
func readAmount(text []byte) (a amount, end int) {
	at := 0
	for _, mark := range []string{"~", "≈", "+", "-", "\u2212"} {
		if bytes.HasPrefix(text[at:], []byte(mark)) {
			a.minus = a.minus || mark == "-" || mark == "\u2212"
			a.signed = a.signed || a.minus || mark == "+"
			at = skipBlanks(text, at+len(mark))
		}
	}
	n := a.read(text[at:])
	if n == 0 {
		return a, 0
	}
	at += n
	if n, ok := a.readUnit(text[at:]); ok {
		return a, at + n
	}
	return a, 0
}

// read reads the digits with what parts them. Windows prints numbers by the
// user's region, and scripts keep that: 15,120,687 and 15.120.687 and 15 120 687
// (with a no-break space) and 15'120'687 are the same figure. Groups of three
// behind equal marks are thousands; the last mark of another kind, and a mark
// before any other number of digits, is the decimal point.
func (a *amount) read(text []byte) int {
	var marks [8]span // byte columns of the marks
	groups, count, at := 0, 0, 0
	for at < len(text) {
		if digit(text[at]) {
			a.digits = a.digits*10 + uint64(text[at]-'0')
			at++
			if count++; count > maxDigits {
				return 0
			}
			continue
		}
		width := markWidth(text[at:])
		if count == 0 || width == 0 || at+width == len(text) || !digit(text[at+width]) {
			break
		}
		if text[at] == ' ' && !threeDigits(text[at+width:]) {
			break
		}
		if groups == len(marks) {
			return 0
		}
		marks[groups] = span{at, at + width}
		groups++
		at += width
	}
	if count == 0 || !a.point(text[:at], marks[:groups]) {
		return 0
	}
	return at
}

// markWidth returns how many bytes a mark between digits takes, 0 for others.
func markWidth(text []byte) int {
	for _, mark := range []string{",", ".", "'", " ", "’", "\u00a0", "\u202f", "\u2009"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return len(mark)
		}
	}
	return 0
}

// threeDigits reports whether text begins with three digits and no more.
func threeDigits(text []byte) bool {
	_, n := decimal(text[:min(len(text), 4)])
	return n == 3
}

// point finds out which of the marks is the decimal point:
//
//	7,695.5   the last of two kinds          0.29, 21353.25, 64,5   alone, not before three digits
//	7.695,5   the same in other regions      7,695                  alone, before three: thousands
//	2.719     may be both, the unit tells    0,291                  no thousands begin with a zero
//
// It fails where the groups do not make sense.
func (a *amount) point(text []byte, marks []span) bool {
	if len(marks) == 0 {
		return true
	}
	last := marks[len(marks)-1]
	tail := len(text) - last.to
	mark := string(text[last.from:last.to])
	same := func(m span) bool { return string(text[m.from:m.to]) == mark }
	isPoint := mark == "." || mark == ","
	alone := len(marks) == 1
	switch {
	case alone && isPoint && (tail != 3 || text[0] == '0' || last.from > 3):
		a.decimals, marks = tail, nil
	case alone && mark == ".":
		a.dotted = true
	case !alone && isPoint && !same(marks[0]):
		a.decimals, marks = tail, marks[:len(marks)-1]
	}
	return groupsOfThree(text, marks, len(text)-a.decimals)
}

// groupsOfThree reports whether equal marks part groups of three digits.
func groupsOfThree(text []byte, marks []span, end int) bool {
	for i, m := range marks {
		next := end
		if i+1 < len(marks) {
			next = marks[i+1].from
		} else if end < len(text) {
			next = m.to + 3 // the decimal point follows
		}
		if next-m.to != 3 || !bytes.Equal(text[m.from:m.to], text[marks[0].from:marks[0].to]) {
			return false
		}
	}
	return len(marks) == 0 || marks[0].from <= 3
}

// amountUnits are the units of bytes; all of them count in steps of 1,024, as
// Windows does.
var amountUnits = []struct {
	names []string
	shift uint
}{
	{[]string{"b", "byte", "bytes"}, 0},
	{[]string{"k", "kb", "kib", "kbytes"}, 10},
	{[]string{"m", "mb", "mib", "mbytes"}, 20},
	{[]string{"g", "gb", "gib", "gbytes"}, 30},
	{[]string{"t", "tb", "tib"}, 40},
}

// readUnit reads a unit behind the digits. It fails where something else makes
// the number no amount: "%", a rate, letters that are no unit.
func (a *amount) readUnit(text []byte) (n int, ok bool) {
	at := 0
	for at < len(text) && (blank(text[at]) || text[at] == 0xc2 || text[at] == 0xa0) {
		at++
	}
	end := at
	for end < len(text) && letter(text[end]) {
		end++
	}
	if isShare(text[end:]) || end > at && isRate(text[end:]) {
		return 0, false
	}
	shift, found := unitShift(text[at:end])
	switch {
	case found && end-at == 1 && at > 0: // "5 K" may be a tag or a column of letters
		return 0, true
	case found:
		a.unit, a.thousand, a.letter = 1<<shift, pow10(3*int(shift)/10), end == 1
		return end, true
	case at == 0 && end > 0: // "12th", "0x1f"
		return 0, false
	}
	return 0, true
}

// isShare reports whether a percent sign follows: "97.1%" of something.
func isShare(text []byte) bool { return len(text) > 0 && text[0] == '%' }

// isRate reports whether a unit goes on as that of a rate: "GB/hr", "MB/s". In
// "12 MB / 3 live" and "12 MB/3" the slash parts two figures.
func isRate(text []byte) bool { return len(text) > 1 && text[0] == '/' && letter(text[1]) }

// unitShift returns the power of two a unit stands for.
func unitShift(name []byte) (shift uint, ok bool) {
	if len(name) == 0 || len(name) > len("kbytes") {
		return 0, false
	}
	for _, u := range amountUnits {
		for _, n := range u.names {
			if bytes.EqualFold(name, []byte(n)) {
				return u.shift, true
			}
		}
	}
	return 0, false
}

// letter reports whether c is an ASCII letter.
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// pow10 returns 10 to the power of n.
func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// bytes returns the amount in bytes. Without a unit bigger than bytes a dot before
// three digits parts thousands, because nobody holds half a byte. unit is that of the column, used where the
// amount has none of its own.
func (a amount) bytes(unit uint64) (uint64, bool) {
	if a.unit != 0 {
		unit = a.unit
	}
	if a.minus {
		return 0, a.digits == 0
	}
	decimals := a.decimals
	if a.dotted && unit > 1 {
		decimals = 3 // "2.719 GB"
	}
	return scaled(a.digits, max(unit, 1), decimals)
}

// count returns the amount as a number of things: "12,345", "2.9K", "~583k". A
// number with decimals left is none.
func (a amount) count() (int64, bool) {
	times := max(a.thousand, 1)
	decimals := a.decimals
	if a.dotted && times > 1 {
		decimals = 3
	}
	if times < pow10(decimals) {
		return 0, false // half a thing
	}
	n, ok := scaled(a.digits, times, decimals)
	if a.minus {
		return -int64(n), ok
	}
	return int64(n), ok
}

// scaled returns digits * times / 10^decimals, rounded, where it fits.
func scaled(digits, times uint64, decimals int) (uint64, bool) {
	hi, lo := bits.Mul64(digits, times)
	by := pow10(decimals)
	lo, carry := bits.Add64(lo, by/2, 0)
	hi += carry
	if hi >= by {
		return 0, false
	}
	n, _ := bits.Div64(hi, lo, by)
	return n, n <= 1<<63-1
}
