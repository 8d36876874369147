package windbg

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// blank reports whether c separates columns.
func blank(c byte) bool { return c == ' ' || c == '\t' }

// digit reports whether c is a decimal digit.
func digit(c byte) bool { return c-'0' < 10 }

// trim removes blanks on both sides.
func trim(text []byte) []byte {
	text = unindent(text)
	for len(text) > 0 && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// unindent removes the blanks in front: a log pasted into an article is indented.
func unindent(text []byte) []byte {
	for i, c := range text {
		if !blank(c) {
			return text[i:]
		}
	}
	return nil
}

// number reads the decimal digits at the start of text and returns how many
// there are: none, too, when the value does not fit 64 bits.
func number(text []byte) (v uint64, n int) {
	for n < len(text) && digit(text[n]) {
		v = v*10 + uint64(text[n]-'0')
		n++
	}
	if n < 20 {
		return v, n
	}
	if _, err := strconv.ParseUint(string(text[:n]), 10, 64); err != nil {
		return 0, 0
	}
	return v, n
}

// hexValues maps a byte to its value as a hex digit, or to 0xff. Debuggers print
// lower case, drivers that print lists of their own upper case.
var hexValues = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i := range byte(16) {
		values["0123456789abcdef"[i]] = i
		values["0123456789ABCDEF"[i]] = i
	}
	return values
}()

// address reads an address at the start of text and returns its length, 0 when
// there is none. lm prints fffff801`14b40000 where !fltkd.filters prints
// fffff80114b40000; markdown copies put a backslash before the backtick.
func address(text []byte) (v uint64, n int) {
	if bytes.HasPrefix(text, []byte("0x")) {
		n = 2
	}
	digits := 0
	for ; n < len(text); n++ {
		c := text[n]
		if d := hexValues[c]; d < 16 {
			v = v<<4 | uint64(d)
			digits++
		} else if digits != 8 || c != '`' && c != '\\' {
			break
		}
	}
	if digits != 8 && digits != 16 {
		return 0, 0
	}
	return v, n // 8 digits on x86, 16 on x64: nothing else is an address
}

// skipBlanks returns the first index at or after i that holds no blank.
func skipBlanks(text []byte, i int) int {
	for i < len(text) && blank(text[i]) {
		i++
	}
	return i
}

// elided reports whether somebody cut the output here: "...", "....",
// "... and so on", "<snipped>". A row of a table never begins so: its tag
// ".UMD" has no second dot.
func elided(text []byte) bool {
	text = unindent(text)
	return bytes.HasPrefix(text, []byte("..")) || bytes.HasPrefix(text, []byte("<snip")) ||
		bytes.HasPrefix(text, []byte("[...")) || bytes.HasPrefix(text, []byte("…"))
}

// complaint recognises what the debugger prints in the middle of an output when it
// misses symbols or memory: a box of asterisks, "*** WARNING: Unable to verify
// timestamp for x.sys", "Could not read field "Number" of fltmgr!_X from address: …".
func complaint(text []byte) bool {
	text = unindent(text)
	return bytes.HasPrefix(text, []byte("***")) || bytes.HasPrefix(text, []byte("Could not read field ")) ||
		bytes.HasPrefix(text, []byte("unable to get ")) || bytes.HasPrefix(text, []byte("Unable to read "))
}

// excerpt returns the beginning of a line for a warning.
func excerpt(text []byte) string {
	const most = 120
	begin := string(text[:min(len(text), most+utf8.UTFMax)])
	s := strings.TrimRight(strings.ToValidUTF8(begin, "\ufffd"), " \t")
	if len(s) <= most {
		return s
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
