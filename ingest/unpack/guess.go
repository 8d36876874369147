package unpack

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// legacy is an encoding of 8-bit units other than UTF-8.
type legacy struct {
	name  string
	multi encoding.Encoding // nil for one byte a character
	table *charmap.Charmap
	// char returns the length of the character at the front of text, 0 when it is
	// none, and whether it is one of those that make up most of real texts.
	char func(text []byte) (size int, common bool)
}

// Encodings are tried in this order; the first of equals wins.
var multis = []*legacy{
	{name: GB18030, multi: simplifiedchinese.GB18030, char: gbChar},
	{name: EUCKR, multi: korean.EUCKR, char: krChar},
	{name: ShiftJIS, multi: japanese.ShiftJIS, char: sjisChar},
	{name: Big5, multi: traditionalchinese.Big5, char: big5Char},
}

var (
	damaged = &legacy{name: UTF8} // UTF-8 with holes
	cp1252  = &legacy{name: CP1252, table: charmap.Windows1252}
	cp1251  = &legacy{name: CP1251, table: charmap.Windows1251}
	cp850   = &legacy{name: CP850, table: charmap.CodePage850}
	cp437   = &legacy{name: CP437, table: charmap.CodePage437}
)

func in(c, from, to byte) bool { return c >= from && c <= to }

// pair returns the length of a character of two bytes at the front of text.
func pair(text []byte, from, to, low byte) int {
	if len(text) < 2 || !in(text[0], from, to) || text[1] < low || text[1] == 0x7f || text[1] == 0xff {
		return 0
	}
	return 2
}

// gbChar knows the first level of GB2312, the 3,755 Hanzi in daily use, and its
// punctuation.
func gbChar(text []byte) (int, bool) {
	if len(text) >= 4 && in(text[0], 0x81, 0xfe) && in(text[1], '0', '9') &&
		in(text[2], 0x81, 0xfe) && in(text[3], '0', '9') {
		return 4, false
	}
	n := pair(text, 0x81, 0xfe, 0x40)
	return n, n > 0 && text[1] >= 0xa1 && (in(text[0], 0xb0, 0xd7) || in(text[0], 0xa1, 0xa3))
}

// krChar knows the 2,350 Hangul of KS X 1001.
func krChar(text []byte) (int, bool) {
	n := pair(text, 0x81, 0xfe, 0x41)
	return n, n > 0 && text[1] >= 0xa1 && in(text[0], 0xb0, 0xc8)
}

// sjisChar knows kana, the first level of kanji and punctuation.
func sjisChar(text []byte) (int, bool) {
	if in(text[0], 0xa1, 0xdf) {
		return 1, false // half-width kana
	}
	n := pair(text, 0x81, 0xfc, 0x40)
	return n, n > 0 && (in(text[0], 0x81, 0x83) || in(text[0], 0x88, 0x97))
}

// big5Char knows the 5,401 Hanzi in daily use and punctuation.
func big5Char(text []byte) (int, bool) {
	n := pair(text, 0x81, 0xfe, 0x40)
	if n > 0 && in(text[1], 0x80, 0xa0) {
		return 0, false
	}
	return n, n > 0 && (in(text[0], 0xa4, 0xc6) || text[0] == 0xa1)
}

// enough is how much of the lines that are no UTF-8 decides about their encoding.
const enough = 8 << 10

// learn guesses the encoding of the 8-bit lines in chunk, unless enough of them
// were seen before.
func (d *Decoder) learn(chunk []byte) {
	if len(d.sample) >= enough {
		return
	}
	for line := range bytes.Lines(chunk) {
		if len(d.sample) < enough && !utf8.Valid(line) {
			d.sample = append(d.sample, line[:min(len(line), enough)]...)
		}
	}
	d.guess = guess(d.sample, d.marked, cp1252)
}

// guess names the encoding of lines that are not, or not all, valid UTF-8: UTF-8
// with damage, the East Asian encoding in which most characters are common ones,
// or one byte a character. marked tells that the file holds UTF-8 elsewhere.
func guess(sample []byte, marked bool, fallback *legacy) *legacy {
	good, bad := sequences(sample)
	if good >= 2*bad {
		return damaged
	}
	if ruled(sample) { // before Chinese: "────" in cp437 reads "哪哪" in GBK
		return oem(sample)
	}
	if cyrillic(sample) { // before Chinese, too: all its words are rare Hanzi
		return cp1251
	}
	if best := eastAsian(sample); best != nil && paired(sample) {
		return best
	}
	if marked && torn(sample) {
		return damaged
	}
	if isOEM(sample) {
		return oem(sample)
	}
	return fallback
}

// sequences counts characters of several bytes that are UTF-8, by lead bytes that
// are rare in other encodings, and places that are no UTF-8.
func sequences(sample []byte) (good, bad int) {
	for len(sample) > 0 {
		r, n := utf8.DecodeRune(sample)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 2 || n == 2 && sample[0] <= 0xc3:
			good++
		}
		sample = sample[n:]
	}
	return good, bad
}

// torn reports whether all that is no UTF-8 could be a part of a character: a
// lead byte without all, or following bytes without their lead.
func torn(sample []byte) bool {
	for len(sample) > 0 {
		r, n := utf8.DecodeRune(sample)
		if r == utf8.RuneError && n == 1 {
			if c := sample[0]; c >= 0xc2 && (len(sample) < 2 || !in(sample[1], 0x80, 0xbf)) {
				return false
			}
		}
		sample = sample[n:]
	}
	return true
}

// eastAsian returns the encoding that makes the most sense, or nil. Hangul and
// Hanzi share their bytes: Korean needs only the first 25 rows, of which Chinese
// text of some length uses hardly half.
func eastAsian(sample []byte) *legacy {
	var best *legacy
	most := 0.6
	for _, l := range multis {
		share, kinds := sense(sample, l.char)
		if l.name == EUCKR && (kinds < 6 || share < 0.95) {
			continue
		}
		if kinds >= 2 && (share > most || share >= 0.95 && l.name == EUCKR) {
			best, most = l, share
		}
	}
	return best
}

// paired reports whether bytes beyond ASCII stand together, as in East Asian
// words. An umlaut stands alone, though with the letter behind it it may pass for a
// character of two bytes.
func paired(sample []byte) bool {
	var all, pairs int
	for i, c := range sample {
		if c >= 0x80 {
			all++
			if i > 0 && sample[i-1] >= 0x80 || i+1 < len(sample) && sample[i+1] >= 0x80 {
				pairs++
			}
		}
	}
	return pairs*2 > all
}

// sense returns which share of the characters beyond ASCII are common ones, and
// how many different ones there are.
func sense(sample []byte, char func([]byte) (int, bool)) (share float64, kinds int) {
	var common, all int
	seen := map[[2]byte]bool{}
	for len(sample) > 0 {
		if sample[0] < 0x80 {
			sample = sample[1:]
			continue
		}
		all++
		n, ok := char(sample)
		switch {
		case n == 0:
			all += 2 // what cannot be is worse than what is rare
			n = 1
		case ok:
			common++
			seen[[2]byte(sample)] = true
		}
		sample = sample[n:]
	}
	return float64(common) / float64(max(all, 1)), len(seen)
}

// cyrillic reports whether the bytes beyond ASCII come in words of lower-case
// Cyrillic letters.
func cyrillic(sample []byte) bool {
	var all, lower, words int
	before := byte(0)
	for _, c := range sample {
		if c >= 0x80 {
			all++
			if c >= 0xe0 {
				lower++
			}
			if before < 0x80 {
				words++
			}
		}
		before = c
	}
	return all >= 6 && lower*10 >= all*6 && all*2 >= words*5
}

// ruled reports whether most bytes beyond ASCII are lines drawn with box
// characters of the old DOS code pages.
func ruled(sample []byte) bool {
	var all, drawn int
	for i, c := range sample {
		if c < 0x80 {
			continue
		}
		all++
		if i > 0 && sample[i-1] == c && (c == 0xc4 || c == 0xcd || c == 0xdb || in(c, 0xb0, 0xb2)) {
			drawn++
		}
	}
	return drawn*2 > all
}

func letter(c byte) bool { return in(c|0x20, 'a', 'z') }

// isOEM weighs the letters inside words: umlauts and accents stand at 0x80 to
// 0xa5 in the code pages of cmd, where Windows has punctuation, and at 0xc0 and up
// in those of Windows.
func isOEM(sample []byte) bool {
	var dos, windows int
	for i, c := range sample {
		if c < 0x80 || i == 0 || i+1 == len(sample) || !letter(sample[i-1]) && !letter(sample[i+1]) {
			continue
		}
		switch {
		case in(c, 0x91, 0x97) && c != 0x94, c == 0x85, c == 0xe1: // quotes and dashes, or letters
		case in(c, 0x80, 0xa5):
			dos++
		case c >= 0xc0:
			windows++
		}
	}
	return dos > windows
}

// oem tells the code page of western Europe from the American one by what has
// letters in the one, and box characters between others in the other.
func oem(sample []byte) *legacy {
	for i, c := range sample {
		mixed := in(c, 0xb5, 0xb8) || c == 0xbd || c == 0xbe || c == 0xc6 || c == 0xc7 || in(c, 0xcf, 0xd8)
		if mixed && (i > 0 && in(sample[i-1], 0xb0, 0xdf) || i+1 < len(sample) && in(sample[i+1], 0xb0, 0xdf)) {
			return cp437
		}
	}
	return cp850
}

// append decodes text behind dst, and counts what it had to replace.
func (l *legacy) append(dst, text []byte) ([]byte, int) {
	begin := len(dst)
	switch {
	case l.multi != nil:
		// No byte makes more than three, and what is unknown is replaced, so there
		// is neither a short buffer nor an error.
		dst = slices.Grow(dst, 3*len(text))
		n, _, _ := l.multi.NewDecoder().Transform(dst[begin:cap(dst)], text, true)
		dst = dst[:begin+n]
	case l.table != nil:
		for _, c := range text {
			r := l.table.DecodeByte(c)
			if in(c, 0x80, 0x9f) && r < 0xa0 {
				r = utf8.RuneError // no character, only a control code
			}
			dst = utf8.AppendRune(dst, r)
		}
	default:
		dst = append(dst, bytes.ToValidUTF8(text, []byte("\ufffd"))...)
	}
	return dst, bytes.Count(dst[begin:], []byte("\ufffd"))
}
