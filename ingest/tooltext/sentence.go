package tooltext

import (
	"strings"
	"unicode/utf8"
)

// token is a word, a number or a mark of what people write.
type token struct {
	text  string // as written, of a number without its sign
	n     int64  // the number, where it counts things
	bytes uint64 // the number, where it has a unit of bytes

	number bool // it is one
	count  bool // n holds it
	sized  bool // bytes holds it
	signed bool // a sign stands before it
}

// is reports whether the token is one of the words, in any case.
func (t token) is(words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// in reports whether the token is a word of a list of lower-case words.
func (t token) in(list []string) bool {
	return t.text != "" && has([]string{strings.ToLower(t.text)}, list)
}

// word reports whether the token is a word.
func (t token) word() bool {
	return !t.number && (len(t.text) > 1 || t.text != "" && letter(t.text[0]))
}

// ends reports whether the token ends a sentence.
func (t token) ends() bool { return t.text == "." || t.text == ";" || t.text == "!" || t.text == "?" }

// tokens cuts a line into words, numbers and marks. Marks of bold text, code and
// quotes are left out.
func tokens(line string) []token {
	var all []token
	for at := 0; at < len(line); {
		switch c := line[at]; {
		case blank(c) || strings.IndexByte("*`\"_", c) >= 0:
			at++
		case startsNumber(line[at:]):
			t, n := numberToken(line[at:])
			all = append(all, t)
			at += n
		case wordByte(line, at):
			n := wordLength(line[at:])
			all = append(all, token{text: line[at : at+n]})
			at += n
		default:
			_, n := utf8.DecodeRuneInString(line[at:])
			all = append(all, token{text: dashless(line[at : at+n])})
			at += n
		}
	}
	return multiplied(all)
}

// dashless writes all dashes as one.
func dashless(mark string) string {
	if mark == "—" || mark == "–" || mark == "\u2212" {
		return "-"
	}
	return mark
}

// startsNumber reports whether a number begins here, with its sign or "~".
func startsNumber(text string) bool {
	for _, mark := range []string{"~", "≈", "+", "-", "\u2212"} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			text = rest
			break
		}
	}
	return text != "" && digit(text[0])
}

// numberToken reads a number. What begins with a digit and is none, a share or an
// address, is a word.
func numberToken(text string) (t token, n int) {
	a, n := readAmount([]byte(text))
	if n == 0 {
		n = strings.IndexAny(text, " \t,;)*`")
		if n < 0 {
			n = len(text)
		}
		return token{text: text[:max(n, 1)]}, max(n, 1)
	}
	t.number, t.signed = true, a.signed
	if a.unit > 0 && !a.letter {
		t.bytes, t.sized = a.bytes(1)
		return t, n
	}
	t.n, t.count = a.count()
	t.text = strings.TrimLeft(text[:n], "~≈+- ") // "million" may follow
	return t, n
}

// wordByte reports whether a word goes on at a byte: letters of any language, digits,
// and what names hold inside them: "lsass.exe", "long-lived", `LAB\user`.
func wordByte(text string, at int) bool {
	c := text[at]
	switch {
	case letter(c), digit(c):
		return true
	case c >= utf8.RuneSelf:
		r, _ := utf8.DecodeRuneInString(text[at:])
		return r != '—' && r != '–' && r != '\u2212' && r != '≈' && r != '→' && r != utf8.RuneError
	}
	return false
}

// wordLength returns the length of the word that text begins with.
func wordLength(text string) int {
	at := 0
	for at < len(text) {
		_, n := utf8.DecodeRuneInString(text[at:])
		switch next := at + n; {
		case wordByte(text, at):
			at = next
		case strings.IndexByte("-_.'\\:/", text[at]) >= 0 && next < len(text) && wordByte(text, next):
			at = next
		default:
			return at
		}
	}
	return at
}

// multiplied joins "1.05" and "million".
func multiplied(all []token) []token {
	kept := all[:0]
	for _, t := range all {
		times := uint64(0)
		switch {
		case t.is("million", "mio", "M"):
			times = 1e6
		case t.is("thousand", "k"):
			times = 1e3
		}
		if last := len(kept) - 1; times > 0 && last >= 0 && kept[last].number && !kept[last].sized {
			if n, ok := kept[last].times(times); ok {
				kept[last].n, kept[last].count = n, true
				continue
			}
		}
		kept = append(kept, t)
	}
	return kept
}

// times returns the number multiplied.
func (t token) times(by uint64) (int64, bool) {
	var a amount
	if n := a.read([]byte(t.text)); n == 0 {
		return 0, false
	}
	if a.dotted {
		a.decimals = 3
	}
	n, ok := scaled(a.digits, by, a.decimals)
	return int64(n), ok
}
