package unpack

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// narrow decodes 8-bit text from the front of raw until UTF-16 begins, and
// returns how many bytes it took.
func (d *Decoder) narrow(raw []byte) int {
	nul := bytes.IndexByte(raw, 0)
	if nul < 0 {
		d.eight(raw)
		return len(raw)
	}
	begin, name, wide := wideFrom(d.buf[d.start:d.end], nul, d.err != nil)
	wide = wide && (begin > 0 || !d.turned)
	switch {
	case wide && begin == 0:
		d.mode = name
		return 0
	case wide:
		nul = begin
	case nul == 0:
		return d.passNULs(raw)
	}
	d.eight(raw[:nul])
	return nul
}

// eight decodes 8-bit text without NULs. Nearly always it is ASCII or UTF-8 as a
// whole and passes as it is. Otherwise each line is looked at by itself, because
// tools that print UTF-8 and tools that print the code page write into one log.
func (d *Decoder) eight(chunk []byte) {
	d.ready = chunk
	if d.plain = ascii(chunk); d.plain {
		d.found(UTF8)
		return
	}
	if d.guess == nil && utf8.Valid(chunk) {
		d.marked = true
		d.found(UTF8)
		return
	}
	guessed := false
	for len(chunk) > 0 {
		end := bytes.IndexByte(chunk, '\n') + 1
		if end == 0 {
			end = len(chunk)
		}
		switch line := chunk[:end]; {
		case ascii(line):
			d.text = append(d.text, line...)
		case d.isUTF8(line):
			d.marked = true
			d.found(UTF8)
			d.text = append(d.text, line...)
		default:
			if !guessed {
				d.learn(chunk)
				guessed = true
			}
			d.found(d.guess.name)
			d.decode(line)
		}
		chunk = chunk[end:]
	}
	d.ready = d.text
}

// isUTF8 reports whether a line with bytes beyond ASCII is UTF-8. A word of two
// or three Chinese characters in GBK may pass as UTF-8 by chance, but only with
// sequences of two bytes, which Chinese UTF-8 never has.
func (d *Decoder) isUTF8(line []byte) bool {
	if !utf8.Valid(line) {
		return false
	}
	if d.guess == nil || d.guess.char == nil {
		return true
	}
	for _, c := range line {
		if c >= 0xe0 {
			return true
		}
	}
	return false
}

// decode decodes a line in the guessed encoding and counts what is lost. What it
// does not know becomes U+FFFD, never another character.
func (d *Decoder) decode(line []byte) {
	begin := len(d.text)
	var n int
	if d.text, n = d.guess.append(d.text, line); n > 0 {
		first := begin + bytes.Index(d.text[begin:], []byte("\ufffd"))
		d.add(&d.lost, n, d.text[:first])
	}
}

// ascii reports whether all bytes are ASCII.
func ascii(text []byte) bool {
	const high = 0x8080808080808080
	for len(text) >= 32 {
		x := binary.LittleEndian.Uint64(text) | binary.LittleEndian.Uint64(text[8:]) |
			binary.LittleEndian.Uint64(text[16:]) | binary.LittleEndian.Uint64(text[24:])
		if x&high != 0 {
			return false
		}
		text = text[32:]
	}
	for _, c := range text {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
