// Package unpack turns what lies in the drop folder into clean UTF-8 text: it
// finds out how a log is encoded and decodes it while it streams.
package unpack

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Names of the encodings that Text tells apart.
const (
	UTF8    = "utf-8"
	UTF16LE = "utf-16le"
	UTF16BE = "utf-16be"
)

// window is how much of the beginning decides about a text without a byte order mark.
const window = 64 << 10

// Text returns the text in r as UTF-8 without a byte order mark, and the name of
// the encoding it was found in. UTF-8 and ASCII pass through untouched.
func Text(r io.Reader) (io.Reader, string, error) {
	src := bufio.NewReaderSize(r, window)
	head, err := src.Peek(window)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("detect encoding: %w", err)
	}
	name, mark := detect(head)
	if _, err := src.Discard(mark); err != nil {
		return nil, "", fmt.Errorf("skip byte order mark: %w", err)
	}
	switch name {
	case UTF16LE:
		return transform.NewReader(src, newNarrow(unicode.LittleEndian, 0)), name, nil
	case UTF16BE:
		return transform.NewReader(src, newNarrow(unicode.BigEndian, 1)), name, nil
	}
	return src, name, nil
}

// detect names the encoding of a text by its beginning and returns the length of
// its byte order mark. ".logopen /u" writes UTF-16LE with a mark; copies made by
// other tools often lose the mark.
func detect(head []byte) (name string, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return UTF16BE, 2
	}
	return byParity(head), 0
}

// byParity tells UTF-16 without a mark by its NUL bytes. Debugger output is
// mostly ASCII, and ASCII in UTF-16 has a NUL as every second byte: at odd
// offsets when little-endian, at even ones when big-endian. NULs on both sides
// are no UTF-16 but the hole a crash leaves in a file.
func byParity(head []byte) string {
	if bytes.IndexByte(head, 0) < 0 {
		return UTF8
	}
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

// narrow decodes UTF-16: runs of ASCII, nearly all of a debugger log, by itself,
// everything else with the decoder of golang.org/x/text.
type narrow struct {
	transform.Transformer     // decodes what is not ASCII
	low                   int // offset of the low-order byte in a unit
}

func newNarrow(order unicode.Endianness, low int) *narrow {
	return &narrow{unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder(), low}
}

// Transform implements transform.Transformer.
func (n *narrow) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for {
		k := n.ascii(dst[nDst:], src[nSrc:])
		nDst, nSrc = nDst+k, nSrc+2*k
		if nSrc == len(src) {
			return nDst, nSrc, nil
		}
		if nDst == len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		one, whole := n.char(src[nSrc:])
		if !whole && !atEOF {
			return nDst, nSrc, transform.ErrShortSrc
		}
		d, s, err := n.Transformer.Transform(dst[nDst:], one, true)
		nDst, nSrc = nDst+d, nSrc+s
		if err != nil {
			return nDst, nSrc, err
		}
	}
}

// ascii copies ASCII characters until another one, or the end, and returns how
// many. Four at a time, they are told by the bits that no ASCII unit has set.
func (n *narrow) ascii(dst, src []byte) int {
	limit := min(len(dst), len(src)/2)
	shift, others := 8*n.low, uint64(0xff80ff80ff80ff80)
	if n.low == 1 {
		others = 0x80ff80ff80ff80ff
	}
	i := 0
	for ; i+4 <= limit; i += 4 {
		x := binary.LittleEndian.Uint64(src[2*i:])
		if x&others != 0 {
			break
		}
		x >>= shift
		four := dst[i : i+4 : i+4]
		four[0], four[1], four[2], four[3] = byte(x), byte(x>>16), byte(x>>32), byte(x>>48)
	}
	for ; i < limit; i++ {
		c := src[2*i+n.low]
		if c >= 0x80 || src[2*i+1-n.low] != 0 {
			break
		}
		dst[i] = c
	}
	return i
}

// char returns the bytes of the first character of src, one unit or a pair of
// surrogates, and whether all of them are there.
func (n *narrow) char(src []byte) (one []byte, whole bool) {
	if len(src) < 2 {
		return src, false
	}
	if first := src[1-n.low]; first&0xfc != 0xd8 { // not a leading surrogate
		return src[:2], true
	}
	return src[:min(4, len(src))], len(src) >= 4
}
