package windbg

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// paste undoes what mail, Markdown and web pages do to a log. A line is read as it
// stands first. Only one that nothing recognises is mended and tried again, so that
// clean logs pay nothing, and no tag that looks like markup is ever changed.
type paste struct {
	// quote stands in front of every line of a quotation, such as "> ". It is learned
	// from a line that begins an output behind it, never from a row: ">abc" is a tag.
	quote []byte
	// marked says that lines of this output were only understood when mended: the
	// others are mended at once.
	marked bool

	buf, spare []byte // the lines mended last and before
}

// unquote removes the quotation's mark from a line. A quotation ends with a line that
// lacks it; inside a block such a line may be one that a mail program has wrapped.
func (s *paste) unquote(l line, inside bool) line {
	short := bytes.TrimRight(s.quote, " \t")
	citation := bytes.IndexByte(short, '>') >= 0
	switch {
	case bytes.HasPrefix(l.text, s.quote):
		l.text = l.text[len(s.quote):]
	case citation && bytes.HasPrefix(l.text, short), bytes.Equal(l.text, short):
		l.text = l.text[len(short):]
	case len(trim(l.text)) > 0 && !(citation && inside && first(l.text) != '>'):
		s.quote = nil
	}
	return l
}

// learn takes over what made a line understood: the mark of a quotation, markup.
func (s *paste) learn(l line, mark []byte) {
	s.marked = s.marked || l.mended
	if len(mark) > 0 {
		s.quote = bytes.Clone(mark)
	}
}

// mend returns the line without the mark of a quotation and without markup. The mark
// is empty where there is none.
func (s *paste) mend(l line) (mended line, mark []byte) {
	if n := quoteMark(l.text); n > 0 {
		mark, l.text = l.text[:n], l.text[n:]
	}
	return s.clean(l), mark
}

// mayHidePrompt tells cheaply whether mending a line may bring forth a prompt.
func mayHidePrompt(text []byte) bool {
	text = unindent(text)
	return len(text) > 0 && bytes.IndexByte([]byte(">-*+|`<&"), text[0]) >= 0 || bytes.IndexByte(text, '&') >= 0
}

// quoteMark returns the length of what a mail program or Markdown puts in front of a
// line: "> ", ">> ", "> > ", "| ", "- ", "* ", "+ ".
func quoteMark(text []byte) int {
	i := skipBlanks(text, 0)
	if i == len(text) {
		return 0
	}
	switch text[i] {
	case '>':
		for i < len(text) && text[i] == '>' {
			i++
			if i < len(text) && text[i] == ' ' {
				i++
			}
		}
		return i
	case '-', '*', '+', '|':
		if i+1 < len(text) && text[i+1] == ' ' {
			return i + 2
		}
	}
	return 0
}

// clean removes markup: entities, tags of links and fonts, escapes of Markdown,
// typographic quotes and dashes, invisible characters, code fences. The text is valid
// until the line after the next one is cleaned.
func (s *paste) clean(l line) line {
	if l.mended || !marksIn(l.text) {
		return l
	}
	changed := false
	s.buf, s.spare = s.spare[:0], s.buf
	for i := 0; i < len(l.text); {
		n := 0
		switch c := l.text[i]; {
		case c == '&':
			s.buf, n = entity(s.buf, l.text[i:])
		case c == '<':
			n = tagLength(l.text[i:])
		case c == '\\' && i+1 < len(l.text) && bytes.IndexByte([]byte("_*`.-#+!()[]<>|~&"), l.text[i+1]) >= 0:
			s.buf, n = append(s.buf, l.text[i+1]), 2
		case c >= utf8.RuneSelf:
			s.buf, n = typographic(s.buf, l.text[i:])
		}
		if n > 0 {
			changed, i = true, i+n
			continue
		}
		s.buf = append(s.buf, l.text[i])
		i++
	}
	text := uncoded(s.buf)
	if changed || len(text) < len(s.buf) {
		l.text, l.mended = text, true
	}
	return l
}

// marksIn tells cheaply whether there may be anything to clean in a line.
func marksIn(text []byte) bool {
	if c := first(unindent(text)); c == '`' || c == '*' || c == '_' || c == '~' {
		return true
	}
	return bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '\\') >= 0 ||
		bytes.IndexByte(text, '<') >= 0 || !isASCII(text)
}

// isASCII looks at eight bytes at a time.
func isASCII(text []byte) bool {
	for len(text) >= 8 {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// uncoded removes the marks of code and of bold text around a line, and all of a line
// that fences code in.
func uncoded(text []byte) []byte {
	t := trim(text)
	if isFence(t) {
		return nil
	}
	for _, mark := range []string{"`", "**", "__"} {
		inner, begins := bytes.CutPrefix(t, []byte(mark))
		inner, ends := bytes.CutSuffix(inner, []byte(mark))
		if begins && ends && len(inner) > 0 && inner[0] != mark[0] && inner[len(inner)-1] != mark[0] {
			return inner
		}
	}
	return text
}

// isFence recognises "```", "~~~" and "```text".
func isFence(text []byte) bool {
	for _, mark := range []string{"```", "~~~"} {
		language, ok := bytes.CutPrefix(text, []byte(mark))
		if ok && len(language) < 20 && !bytes.ContainsAny(language, " `~") {
			return true
		}
	}
	return false
}

// entities are the names that web pages give to characters of logs.
var entities = map[string]string{
	"gt": ">", "lt": "<", "amp": "&", "quot": `"`, "apos": "'", "nbsp": " ", "ndash": "-", "mdash": "-",
	"lsquo": "'", "rsquo": "'", "ldquo": `"`, "rdquo": `"`, "hellip": "...", "lowbar": "_", "ast": "*",
}

// entity appends the character that text begins to name, "&gt;" or "&#8203;", and
// returns the length of the name, 0 when it is none.
func entity(dst, text []byte) ([]byte, int) {
	const longest = 8
	end := bytes.IndexByte(text[:min(len(text), longest+2)], ';')
	if end < 2 {
		return dst, 0
	}
	name := string(text[1:end])
	if plain, ok := entities[name]; ok {
		return append(dst, plain...), end + 1
	}
	if name[0] != '#' {
		return dst, 0
	}
	base, digits := 10, name[1:]
	if len(digits) > 0 && digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	r, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return dst, 0
	}
	one := utf8.AppendRune(nil, rune(r))
	if out, n := typographic(dst, one); n > 0 {
		return out, end + 1
	}
	return append(dst, one...), end + 1
}

// plain are the characters that editors put in the place of plain ones.
var plain = map[rune]string{
	'\u200b': "", '\u200c': "", '\u200d': "", '\u2060': "", '\ufeff': "", '\u00ad': "",
	'\u00a0': " ", '\u2002': " ", '\u2003': " ", '\u2009': " ", '\u202f': " ", '\u3000': " ",
	'‘': "'", '’': "'", '′': "'", '“': `"`, '”': `"`, '″': `"`, '„': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-", '…': "...",
}

// typographic appends the plain form of the character that text begins with, and
// returns its length, 0 when it stands for itself.
func typographic(dst, text []byte) ([]byte, int) {
	r, n := utf8.DecodeRune(text)
	if s, ok := plain[r]; ok {
		return append(dst, s...), n
	}
	return dst, 0
}

// markup lists the tags that debuggers with links (DML) and web pages use. "<Legacy>"
// and "<snipped>" are none.
var markup = map[string]bool{
	"font": true, "link": true, "exec": true, "col": true, "u": true, "b": true, "i": true, "a": true,
	"span": true, "br": true, "p": true, "pre": true, "code": true, "div": true, "tt": true, "strong": true,
	"em": true, "kbd": true, "samp": true,
}

// tagLength returns the length of the tag that text begins with, `<font color="#0000ff">`
// or "</font>", 0 when it is none.
func tagLength(text []byte) int {
	end := bytes.IndexByte(text, '>')
	if end < 2 {
		return 0
	}
	name := bytes.TrimPrefix(text[1:end], []byte("/"))
	if i := bytes.IndexAny(name, " /"); i >= 0 {
		name = name[:i]
	}
	if !markup[string(bytes.ToLower(name))] {
		return 0
	}
	return end + 1
}
