package unpack

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// detect names the encoding of a text by its beginning and returns the length of
// its byte order mark. ".logopen /u" writes UTF-16LE with a mark; copies made by
// other tools often lose the mark.
func detect(head []byte) (name string, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}):
		return UTF32LE, 4
	case bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return UTF32BE, 4
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return UTF16BE, 2
	}
	head = head[:min(len(head), 512)]
	if allText(head[:min(len(head), 8)]) {
		return UTF8, 0 // it may go on in UTF-16
	}
	return byParity(head), 0
}

// byParity tells UTF-16 without a mark by its NUL bytes. Debugger output is
// mostly ASCII, and ASCII in UTF-16 has a NUL as every second byte: at odd
// offsets when little-endian, at even ones when big-endian. NULs on both sides
// are no UTF-16 but the hole a crash leaves in a file.
func byParity(head []byte) string {
	var nuls [2]int
	for i, c := range head {
		if c == 0 {
			nuls[i&1]++
		}
	}
	even, odd, pairs := nuls[0], nuls[1], len(head)/2
	switch {
	case odd*4 > pairs && even*8 < odd:
		return UTF16LE
	case even*4 > pairs && odd*8 < even:
		return UTF16BE
	}
	return UTF8
}

// textByte reports whether c stands in ASCII text.
func textByte(c byte) bool { return c-0x20 < 0x5f || c == '\n' || c == '\r' || c == '\t' }

func allText(head []byte) bool {
	for _, c := range head {
		if !textByte(c) {
			return false
		}
	}
	return true
}

// unitsOf counts how many of the first units of raw, three at most, are ASCII
// text in UTF-16 with the low byte at offset low.
func unitsOf(raw []byte, low int) int {
	n := 0
	for n < 3 && 2*n+1 < len(raw) && textByte(raw[2*n+low]) && raw[2*n+1-low] == 0 {
		n++
	}
	return n
}

// wideFrom looks for UTF-16 around the first NUL in 8-bit text and returns where
// it begins. A mark makes it sure, or three units of ASCII, two at the end of a file.
func wideFrom(raw []byte, nul int, atEnd bool) (begin int, name string, ok bool) {
	if i := bytes.Index(raw[:nul], []byte("\xff\xfe")); i >= 0 {
		return i, UTF16LE, true
	}
	if i := bytes.Index(raw[:nul], []byte("\xfe\xff")); i >= 0 {
		return i, UTF16BE, true
	}
	if i := bytes.LastIndexByte(raw[:nul], '\n') + 1; hanLine(raw[i:]) {
		return i, UTF16LE, true
	}
	sure := func(begin, low int) bool {
		n := unitsOf(raw[begin:], low)
		return n == 3 || n == 2 && atEnd && begin+4 >= len(raw)-1
	}
	switch {
	case (nul == 0 || raw[nul-1] == '\n') && sure(nul, 1):
		return nul, UTF16BE, true
	case nul > 0 && sure(nul-1, 0):
		return nul - 1, UTF16LE, true
	}
	return 0, "", false
}

// hanLine reports whether a line begins in UTF-16LE with other than ASCII, as
// what PowerShell appends on a Chinese machine does: sixteen units of nothing but
// Hanzi, punctuation and ASCII, both bytes beyond ASCII and NULs among them.
func hanLine(line []byte) bool {
	line = line[:min(len(line), 32)&^1]
	var beyond, nuls bool
	for i := 0; i < len(line); i += 2 {
		lo, hi := line[i], line[i+1]
		switch {
		case hi == 0 && textByte(lo):
			nuls = true
		case !in(hi, 0x4e, 0x9f) && hi != 0x30 && hi != 0xff && hi != 0x20:
			return false
		}
		beyond = beyond || lo >= 0x80 || hi >= 0x80
	}
	return beyond && nuls && len(line) >= 6
}

// lookAhead is how many bytes decide whether UTF-16 goes on as 8-bit text.
const lookAhead = 64

// narrowAt reports whether 8-bit text begins in the middle of UTF-16. Two ASCII
// bytes are a Han character as well, but never many in a row. Within a line, where
// the earlier log was cut, all of a long piece must be ASCII.
func narrowAt(raw []byte, lineStart bool) bool {
	raw = raw[:min(len(raw), lookAhead)]
	if !lineStart && !(textByte(raw[0]) && textByte(raw[1])) {
		return false // nearly always
	}
	nul := bytes.IndexByte(raw, 0)
	if nul >= 0 {
		raw = raw[:nul]
	}
	ascii := 0
	for _, c := range raw {
		if textByte(c) {
			ascii++
		}
	}
	line := lineStart && len(raw) >= 3 && bytes.IndexByte(raw, '\n') >= 0
	switch {
	case ascii == len(raw):
		return line || len(raw) >= 24
	case !lineStart || nul >= 0:
		return false
	}
	return ascii*4 >= len(raw)*3 || bytes.Contains(raw, []byte("\r\n")) || utf8.Valid(raw)
}

// wide decodes UTF-16 from the front of raw until something else begins, and
// returns how many bytes it took.
func (d *Decoder) wide(raw []byte) int {
	d.found(d.mode)
	low := 0
	if d.mode == UTF16BE {
		low = 1
	}
	d.text = slices.Grow(d.text, len(raw)*3/2) // a unit makes three bytes at most
	i := 0
	for i+1 < len(raw) {
		i += 2 * d.asciiUnits(raw[i:], low)
		if i+1 >= len(raw) {
			break
		}
		n := d.unit(d.buf[d.start+i:d.end], low)
		i += n
		if n == 0 || d.nuls > 0 {
			break
		}
	}
	d.ready = d.text
	return i
}

// asciiUnits decodes ASCII characters, four at a time, until another one or a NUL
// and returns how many.
func (d *Decoder) asciiUnits(raw []byte, low int) int {
	const (
		beyond = 0xff80ff80ff80ff80 // bits that ASCII in UTF-16 does not have
		ones   = 0x0001000100010001
		borrow = 0x8000800080008000 // taken from a NUL when one is subtracted
	)
	n := 0
	text := d.text[len(d.text):cap(d.text)]
	// From the low byte on, UTF-16BE looks like UTF-16LE but for the first byte.
	if len(raw) > 0 && raw[1-low] == 0 || low == 0 {
		units := raw[low:]
		for len(units) >= 8 && n+4 <= len(text) {
			x := binary.LittleEndian.Uint64(units)
			if x&beyond|(x-ones)&borrow != 0 {
				break
			}
			x = (x | x>>8) & 0x0000ffff0000ffff
			binary.LittleEndian.PutUint32(text[n:], uint32(x|x>>16))
			n += 4
			units = units[8:]
		}
	}
	d.text = d.text[:len(d.text)+n]
	for ; 2*n+1 < len(raw); n++ {
		c := raw[2*n+low]
		if c >= 0x80 || c == 0 || raw[2*n+1-low] != 0 {
			break
		}
		d.text = append(d.text, c)
	}
	return n
}

// unit decodes one character that is not ASCII and returns its length. It
// returns 0 where UTF-16 in this byte order ends.
func (d *Decoder) unit(raw []byte, low int) int {
	u := uint16(raw[low]) | uint16(raw[1-low])<<8
	lineStart := len(d.text) == 0 && !d.inLine || len(d.text) > 0 && d.text[len(d.text)-1] == '\n'
	switch {
	case u == 0:
		return d.units0(raw, low)
	case u == 0xfeff: // the mark of an appended log
		return 2
	case u == 0xfffe:
		d.mode = map[string]string{UTF16LE: UTF16BE, UTF16BE: UTF16LE}[d.mode]
		return 0
	case d.narrowHere(raw, lineStart):
		d.mode = UTF8
		return 0
	case raw[low] == 0 && unitsOf(raw, 1-low) == 3: // a byte is missing, or one too many
		d.lose(1)
		return 1
	case !utf16.IsSurrogate(rune(u)):
		d.text = utf8.AppendRune(d.text, rune(u))
		return 2
	}
	return d.surrogates(raw, low)
}

// narrowHere reports whether UTF-16 ends before a character that is not ASCII.
func (d *Decoder) narrowHere(raw []byte, lineStart bool) bool {
	if raw[0] == 0 || raw[1] == 0 || d.turned && len(d.text) == 0 {
		return false
	}
	return narrowAt(raw, lineStart)
}

// surrogates decodes a pair. Half a one cannot be decoded.
func (d *Decoder) surrogates(raw []byte, low int) int {
	if len(raw) >= 4 {
		hi := rune(raw[low]) | rune(raw[1-low])<<8
		lo := rune(raw[2+low]) | rune(raw[3-low])<<8
		if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
			d.text = utf8.AppendRune(d.text, r)
			return 4
		}
	}
	d.lose(2)
	return 2
}

// units0 passes NULs. In big-endian text the last one belongs to the character
// behind it.
func (d *Decoder) units0(raw []byte, low int) int {
	if len(d.text) > 0 {
		return 0 // hand out the text before them first
	}
	n := d.passNULs(raw)
	if low == 1 && n < len(raw) && n > 1 {
		d.nuls--
		n--
	}
	return n
}

// lose replaces n undecodable bytes.
func (d *Decoder) lose(n int) {
	d.add(&d.lost, n, d.text)
	d.text = append(d.text, "\ufffd"...)
}

// quads decodes UTF-32, which no debugger writes but some editors do.
func (d *Decoder) quads(raw []byte) int {
	d.found(d.mode)
	order := binary.ByteOrder(binary.LittleEndian)
	if d.mode == UTF32BE {
		order = binary.BigEndian
	}
	i := 0
	for i+4 <= len(raw) {
		switch r := rune(order.Uint32(raw[i:])); {
		case !utf8.ValidRune(r): // a byte is missing
			d.lose(1)
			i++
			continue
		case r != 0:
			d.text = utf8.AppendRune(d.text, r)
		}
		i += 4
	}
	d.ready = d.text
	return i
}
