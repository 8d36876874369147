// Package unpack turns what lies in the drop folder into clean UTF-8 text: it
// opens archives within limits, finds out how a log is encoded and decodes it
// while it streams.
package unpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"poolsweep/ingest"
)

// Names of the encodings that Text tells apart. ASCII counts as UTF-8.
const (
	UTF8     = "utf-8"
	UTF16LE  = "utf-16le"
	UTF16BE  = "utf-16be"
	UTF32LE  = "utf-32le"
	UTF32BE  = "utf-32be"
	GB18030  = "gb18030" // also for what calls itself GBK or GB2312
	Big5     = "big5"
	ShiftJIS = "shift-jis"
	EUCKR    = "euc-kr"
	CP1252   = "windows-1252"
	CP1251   = "windows-1251"
	CP850    = "cp850"
	CP437    = "cp437"
)

// window is how much of a text is held at a time. Encodings are guessed, and
// terminal sequences removed, within it.
const window = 32 << 10

// windows are the buffers of texts that were read to their end.
var windows = sync.Pool{New: func() any { return new([window]byte) }}

// Decoder hands out a text as clean UTF-8: decoded part by part, without byte
// order marks, NULs, terminal sequences and invisible characters. Line ends stay
// as they are.
type Decoder struct {
	src        io.Reader
	buf        []byte // nil after the end
	start, end int    // what was read and not yet decoded
	limit      int    // end of the part to decode before more is read
	err        error  // what reading ended with, io.EOF too

	mode   string // UTF8 stands for all encodings of 8-bit units
	turned bool   // the mode has just changed: it must not change back before a byte is taken

	ready []byte // clean text not yet handed out
	plain bool   // ready is known to be ASCII
	text  []byte // decoded text; spare holds it cleaned
	spare []byte

	guess  *legacy // of the 8-bit lines that are no UTF-8; nil before the first
	sample []byte  // such lines
	marked bool    // multi-byte UTF-8 was seen

	names  []string // of encodings, in order of appearance
	lines  int      // lines ended so far
	inLine bool     // the text handed out does not end with a line end
	nuls   int      // NUL bytes just passed, not yet accounted for
	lost   loss     // undecodable bytes
	holes  loss     // NUL bytes of holes
}

// loss counts what is missing from a text.
type loss struct{ count, line int }

// Text returns the text in r as UTF-8, and the encoding that it begins in. A text
// may change its encoding on the way, as ".logappend" to the log of another
// debugger, or ">>" of cmd and PowerShell, make it: Decoder.Encoding knows all.
func Text(r io.Reader) (*Decoder, string, error) {
	d := &Decoder{src: r, buf: windows.Get().(*[window]byte)[:], mode: UTF8}
	if d.fill(); d.err != nil && !errors.Is(d.err, io.EOF) {
		return nil, "", fmt.Errorf("detect encoding: %w", d.err)
	}
	d.mode, d.start = detect(d.buf[:d.end])
	return d, d.mode, nil
}

// Read hands out the next clean text. Only a failure of the source is an error.
func (d *Decoder) Read(p []byte) (int, error) {
	for len(d.ready) == 0 {
		if !d.step() {
			d.release()
			return 0, d.err
		}
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

// release gives the buffer away when all is handed out.
func (d *Decoder) release() {
	if d.buf != nil {
		windows.Put((*[window]byte)(d.buf))
		d.buf, d.start, d.end, d.limit = nil, 0, 0, 0
	}
}

// Encoding names the encodings found so far, in their order: "utf-8", or
// "utf-16le, utf-8" for a log that was continued in another one.
func (d *Decoder) Encoding() string {
	names := d.names
	if i := slices.Index(names, UTF8); i >= 0 && !d.marked && d.guess != nil {
		names = slices.Delete(slices.Clone(names), i, i+1) // it was plain ASCII
	}
	if len(names) == 0 {
		return d.mode
	}
	return strings.Join(names, ", ")
}

// Warnings tells, after the last Read, what could not be decoded.
func (d *Decoder) Warnings(file string) []ingest.Warning {
	var all []ingest.Warning
	for _, l := range []struct {
		loss
		what string
	}{
		{d.lost, "bytes that are no " + d.Encoding() + " were replaced; the first is here"},
		{d.holes, "NUL bytes, as a power cut leaves them, stand for lost text; the first is here"},
	} {
		if l.count > 0 {
			all = append(all, ingest.Warning{Source: ingest.Source{File: file, Line: l.line},
				Message: fmt.Sprintf("%d %s", l.count, l.what)})
		}
	}
	return all
}

// add counts what is lost at the end of the decoded text.
func (d *Decoder) add(l *loss, n int, text []byte) {
	if l.count == 0 {
		l.line = d.lines + lineEnds(text) + 1
	}
	l.count += n
}

// step decodes a part of what was read. It returns false when all is handed out.
func (d *Decoder) step() bool {
	if d.start >= d.limit {
		d.fill()
	}
	raw, mode := d.buf[d.start:d.limit], d.mode
	d.text, d.ready, d.plain = d.text[:0], nil, false
	n := 0
	switch {
	case d.nuls > 0 && (len(raw) == 0 || raw[0] != 0):
		d.ready = d.hole(len(raw) == 0)
		d.hand()
		return true
	case len(raw) == 0:
		return false
	case mode == UTF8:
		n = d.narrow(raw)
	case mode == UTF32LE || mode == UTF32BE:
		n = d.quads(raw)
	default:
		n = d.wide(raw)
	}
	d.turned = n == 0 && mode != d.mode
	if n == 0 && mode == d.mode {
		d.part(raw)
		return true
	}
	d.start += n
	d.hand()
	return true
}

// part deals with a part of a unit: the rest is not yet read, or lost at the end.
func (d *Decoder) part(raw []byte) {
	if d.err == nil {
		d.limit = d.start
		return
	}
	d.add(&d.lost, len(raw), nil)
	d.start = d.end
}

// hand cleans what was decoded and keeps count of its lines.
func (d *Decoder) hand() {
	if len(d.ready) == 0 {
		return
	}
	if d.ready = d.clean(d.ready); len(d.ready) == 0 {
		return
	}
	d.lines += lineEnds(d.ready)
	d.inLine = d.within(d.ready)
}

// fill reads until the buffer is full or the source at its end.
func (d *Decoder) fill() {
	if d.err == nil {
		copy(d.buf, d.buf[d.start:d.end])
		d.end -= d.start
		d.start = 0
		var n int
		n, d.err = io.ReadFull(d.src, d.buf[d.end:])
		d.end += n
		if errors.Is(d.err, io.ErrUnexpectedEOF) {
			d.err = io.EOF
		}
	}
	d.limit = d.end
	if d.err == nil {
		d.limit = wholeLines(d.buf)
	}
}

// wholeLines returns how much of a full buffer to decode before more is read:
// whole lines, as far as that can be, so that neither characters nor terminal
// sequences are torn apart, and what follows is at hand when it decides.
func wholeLines(buf []byte) int {
	half := len(buf) / 2
	for _, end := range []byte{'\n', '\r'} {
		i := bytes.LastIndexByte(buf[half:len(buf)-lookAhead], end) + half
		switch {
		case i < half:
		case buf[i+1] == 0: // UTF-16LE
			return i + 2
		default:
			return i + 1
		}
	}
	end := len(buf) - lookAhead
	for end > half && buf[end-1] >= 0x80 && end > len(buf)-2*lookAhead {
		end--
	}
	return end
}

// found records that an encoding was used.
func (d *Decoder) found(name string) {
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
}

// maxBlanks is the longest run of NULs that counts as blanks: fields padded with
// NULs are four bytes wide at most. Longer runs are holes.
const maxBlanks = 3

// hole returns what stands for a run of NULs. A few are blanks, so that columns
// keep their places. Many are where a file was extended but its data never
// written: the halves of two lines on both sides must not become one good row.
func (d *Decoder) hole(atEnd bool) []byte {
	n := d.nuls
	d.nuls = 0
	switch {
	case n <= maxBlanks && atEnd:
		return nil
	case n <= maxBlanks:
		return append(d.text, "   "[:n]...)
	}
	d.add(&d.holes, n, nil)
	if atEnd || d.lines == 0 && !d.inLine {
		return nil
	}
	return append(d.text, "\ufffd"...)
}

// passNULs takes the NULs in front of raw.
func (d *Decoder) passNULs(raw []byte) int {
	n := len(raw) - len(bytes.TrimLeft(raw, "\x00"))
	d.nuls += n
	return n
}

// lineEnds counts LF, CRLF and CR, as the readers of lines do.
func lineEnds(text []byte) int {
	lf := bytes.Count(text, []byte("\n"))
	cr := bytes.Count(text, []byte("\r"))
	if i := bytes.IndexByte(text, '\r'); cr == 0 || cr == lf && i+1 < len(text) && text[i+1] == '\n' {
		return lf // the usual ones, without a look at each
	}
	for i := range text {
		if text[i] == '\r' && i+1 < len(text) && (text[i+1] == '\n' || text[i+1] == '\r') {
			cr--
		}
	}
	return lf + cr
}
