package unpack

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// clean removes from UTF-8 text what is no part of it but came with it: terminal
// sequences, form feeds, the end mark of DOS, invisible characters. What took room
// on the screen becomes blanks, so that columns keep their places.
func (d *Decoder) clean(text []byte) []byte {
	first := len(text)
	for _, c := range []byte{esc, formFeed, dosEnd} {
		if i := bytes.IndexByte(text[:first], c); i >= 0 {
			first = i
		}
	}
	if !d.plain && !ascii(text[:first]) {
		first = odd(text[:first])
	}
	if first == len(text) {
		return text
	}
	out := append(d.spare[:0], text[:first]...)
	for i := first; i < len(text); {
		n := 1
		switch c := text[i]; {
		case c == esc:
			out, n = d.escape(out, text[i:])
		case c == formFeed: // a new page begins a line, or parts two words
			if d.within(out) {
				out = append(out, ' ')
			}
		case c == dosEnd: // vanishes
		case c >= 0x80:
			_, n = utf8.DecodeRune(text[i:])
			if by, ok := replaced(text[i : i+n]); ok {
				out = append(out, by...)
			} else {
				out = append(out, text[i:i+n]...)
			}
		default:
			out = append(out, c)
		}
		i += n
	}
	d.spare = out
	return out
}

// Control codes that have no place in a line.
const (
	formFeed = '\f'
	dosEnd   = 0x1a // "copy a+b c" leaves it at the end
	esc      = 0x1b
)

// odd returns the first place in text with a character that is replaced.
func odd(text []byte) int {
	for i, c := range text {
		if c != 0xc2 && c != 0xe2 && c != 0xef { // what those begin with
			continue
		}
		_, n := utf8.DecodeRune(text[i:])
		if _, ok := replaced(text[i : i+n]); ok {
			return i
		}
	}
	return len(text)
}

// replaced returns what stands for a character that is not what it seems: blanks
// of web pages, line ends of word processors, and the invisible marks that tell
// where a line may break or which way it runs.
func replaced(char []byte) (by string, ok bool) {
	switch string(char) {
	case "\u00a0", "\u2007", "\u202f":
		return " ", true
	case "\u0085", "\u2028", "\u2029":
		return "\n", true
	case "\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff":
		return "", true
	}
	return "", false
}

// within reports whether the cleaned text does not end with a line end.
func (d *Decoder) within(out []byte) bool {
	if len(out) == 0 {
		return d.inLine
	}
	last := out[len(out)-1]
	return last != '\n' && last != '\r'
}

// longest is the longest terminal sequence that is taken for one. A title is the
// longest in use.
const longest = 1024

// escape passes over the terminal sequence at the front of text. A console that
// is recorded moves the cursor instead of printing blanks, or to another line
// instead of ending one.
func (d *Decoder) escape(out, text []byte) ([]byte, int) {
	text = text[:min(len(text), longest)]
	if len(text) < 2 {
		return out, len(text)
	}
	switch c := text[1]; {
	case c == '[':
		return d.control(out, text)
	case bytes.IndexByte([]byte("]PX^_"), c) >= 0: // a title, a link; ended by BEL or ESC \
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line = text[:i]
		}
		if i := bytes.IndexByte(line, '\a'); i >= 0 {
			return out, i + 1
		}
		if i := bytes.Index(line, []byte("\x1b\\")); i >= 0 {
			return out, i + 2
		}
	case in(c, 0x20, 0x2f) && len(text) > 2 && in(text[2], 0x30, 0x7e): // a character set
		return out, 3
	case bytes.IndexByte([]byte(`78=>cDEHMNOZ\`), c) >= 0:
		return out, 2
	}
	return out, 1
}

// control passes over a control sequence: ESC, "[", parameters, a final letter.
func (d *Decoder) control(out, text []byte) ([]byte, int) {
	n := 2
	for n < len(text) && in(text[n], 0x20, 0x3f) {
		n++
	}
	if n == len(text) || !in(text[n], 0x40, 0x7e) {
		return out, n
	}
	switch text[n] {
	case 'C': // so many columns to the right
		count, err := strconv.Atoi(string(text[2:n]))
		if err != nil {
			count = 1
		}
		out = append(out, bytes.Repeat([]byte(" "), min(max(count, 1), 200))...)
	case 'H', 'f': // to another place
		if d.within(out) {
			out = append(out, '\n')
		}
	}
	return out, n + 1
}
