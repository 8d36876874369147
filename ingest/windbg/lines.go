package windbg

import (
	"bytes"
	"errors"
	"io"
)

const (
	bufferSize = 128 << 10
	// maxLine is how much of a line is kept. The longest lines that debuggers print
	// themselves, rows of progress dots, stay far below.
	maxLine = 64 << 10
)

// line is one line of a log.
type line struct {
	text []byte // without its end, valid until the next line is read
	no   int    // counts from 1
	open bool   // the file stops here without a line end: the line may be cut
	long bool   // only the first maxLine bytes are in text

	mended bool // markup was removed from text
}

// lines splits a stream at LF, CRLF or CR without ever holding more than its
// buffer. CRs right before a LF, as doubled by careless conversions, are part of
// the line end.
type lines struct {
	line // the line that next has found
	err  error

	src        io.Reader
	buf        []byte
	start, end int  // what was read and not yet handed out
	lf         int  // first LF at or after start; end when there is none
	cr, nul    bool // such a byte was seen so far, lines must be searched for it
	skip       bool // the rest of a long line has to be dropped
	eof        bool
}

// newLines returns a reader that stands before the first line of src. It reads into
// buf, whatever is in it.
func newLines(src io.Reader, buf []byte) *lines {
	return &lines{src: src, buf: buf}
}

// next reads the next line. It returns false at the end and after a read error.
func (r *lines) next() bool {
	if r.lf < r.end && !r.cr && !r.nul && !r.skip && r.lf-r.start <= maxLine { // nearly always
		r.line = line{text: r.buf[r.start:r.lf], no: r.no + 1}
		r.start = r.lf + 1
		r.lf = r.search(r.start)
		return true
	}
	for {
		size, after, found := r.find()
		full := size > maxLine || r.end-r.start == len(r.buf)
		switch {
		case r.skip && (found || full):
			r.skip = !found
			r.advance(after)
			continue
		case r.skip && r.eof:
			return false
		case found, full:
			r.take(size, after, found)
			return true
		case !r.eof:
			r.fill()
			continue
		case r.err != nil || r.start == r.end:
			return false
		}
		r.take(r.end-r.start, r.end, true)
		r.open = true
		return true
	}
}

// passLike passes over the lines that follow and fit a pattern, as far as they were
// read, and returns how many.
func (r *lines) passLike(p *pattern) (n int) {
	if r.cr || r.nul || r.skip {
		return 0
	}
	at := r.start
	for size := len(p.text); at+size < r.end && r.buf[at+size] == '\n' && p.fits(r.buf[at:at+size]); at += size + 1 {
		n++
	}
	r.no += n
	r.advance(at)
	return n
}

// find returns the length of the line at start and where reading goes on after
// it. When the buffer holds no line end, found is false and size is all of it but
// CRs that may belong to a line end.
func (r *lines) find() (size, after int, found bool) {
	size, after, found = r.lf-r.start, min(r.lf+1, r.end), r.lf < r.end
	if !r.cr {
		return size, after, found
	}
	i := bytes.IndexByte(r.buf[r.start:r.lf], '\r')
	switch {
	case i < 0:
		return size, after, found
	case len(bytes.TrimLeft(r.buf[r.start+i:r.lf], "\r")) > 0:
		return i, r.start + i + 1, true
	case found: // CRLF
		return i, after, true
	case r.eof:
		return i, r.start + i + 1, true
	case i > 0:
		return i, r.start + i, false
	}
	return size, after, false
}

// take hands out size bytes as the next line.
func (r *lines) take(size, after int, whole bool) {
	r.text = r.buf[r.start : r.start+min(size, maxLine)]
	r.long = size > maxLine || !whole
	r.skip = !whole
	r.open = false
	r.no++
	if r.nul && bytes.IndexByte(r.text, 0) >= 0 {
		r.text = dropNULs(r.text)
	}
	r.advance(after)
}

// dropNULs removes NUL bytes in place: a power cut leaves them where a file was
// extended but its data never written.
func dropNULs(text []byte) []byte {
	kept := text[:0]
	for _, c := range text {
		if c != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// advance goes on at start, behind what was handed out or dropped.
func (r *lines) advance(start int) {
	r.start = start
	if r.lf < start {
		r.lf = r.search(start)
	}
}

// search returns the first LF at or after from, or end.
func (r *lines) search(from int) int {
	if i := bytes.IndexByte(r.buf[from:r.end], '\n'); i >= 0 {
		return from + i
	}
	return r.end
}

// fill reads more. The line that is being assembled moves to the front first.
func (r *lines) fill() {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.lf -= r.start
		r.start = 0
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		fresh := r.buf[r.end : r.end+n]
		r.cr = r.cr || bytes.IndexByte(fresh, '\r') >= 0
		r.nul = r.nul || bytes.IndexByte(fresh, 0) >= 0
		from := r.end
		r.end += n
		if r.lf == from {
			r.lf = r.search(from)
		}
		if err != nil {
			r.eof = true
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
		}
		if n > 0 || err != nil {
			return
		}
	}
	r.eof, r.err = true, io.ErrNoProgress
}
