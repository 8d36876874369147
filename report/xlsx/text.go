package xlsx

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// cellLimit is how many UTF-16 units a cell holds. excelize cuts silently what
// is longer.
const cellLimit = 32767

// cutMark ends a text that did not fit.
const cutMark = " […]"

// text returns s as a cell can hold it. Line ends become \n and tabs blanks, for
// a cell has no tab stops; what XML cannot carry becomes U+FFFD; what is too long
// is cut where one can see it.
func text(s string) string {
	if plain(s) {
		return s
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0xfffe || r == 0xffff {
			return utf8.RuneError
		}
		return r
	}, s)
	if units(s) <= cellLimit {
		return s
	}
	return cut(s, cellLimit-units(cutMark)) + cutMark
}

// plain reports whether s is short printable ASCII: nearly every cell is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= cellLimit
}

// escaped protects what reads like an escape of the format: Excel would show
// _x0041_ as "A". excelize does so in streamed sheets only. Each underscore that
// begins such a group is escaped itself, for groups may share one.
func escaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if beginsEscape(s[i:]) {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

func beginsEscape(s string) bool {
	const digits = "0123456789abcdefABCDEF"
	return len(s) >= 7 && s[:2] == "_x" && s[6] == '_' && strings.Trim(s[2:6], digits) == ""
}

// units counts UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// exact is the largest whole number that a spreadsheet shows with all its digits:
// it counts in float64 and shows no more than 15 of them.
const exact = 999_999_999_999_999

// grouped returns a number too large for a spreadsheet as text with all its
// digits.
func grouped(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// lines estimates how many lines a wrapped text takes in a column. A column's
// width counts digits of a larger size than ours; Chinese characters take two.
func lines(s string, width float64) int {
	places := max(int(width*1.2)-1, 1)
	n := 0
	for paragraph := range strings.Lines(s) {
		n += max((uniseg.StringWidth(paragraph)+places-1)/places, 1)
	}
	return n
}

// rowHeight returns the height in points of a row of that many lines, 0 for the
// usual one. Excel would find it out itself, LibreOffice does not.
func rowHeight(lines int) float64 {
	const line, most = 13.5, 400
	if lines < 2 {
		return 0
	}
	return min(float64(lines)*line+2, most)
}
