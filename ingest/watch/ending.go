package watch

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// tailBytes is how much of a file's end is looked at. The line that closes a log
// holds its path: 32,767 characters at most by Windows' rules, in practice 260.
const tailBytes = 4 << 10

// ending is what the end of a file says about its being whole.
type ending uint8

const (
	_ ending = iota
	// endOpen says nothing: a killed debugger, a log of another tool, or a writer
	// that pauses.
	endOpen
	// endClosed is what .logclose prints, and .logopen for the log before:
	//
	//	Closing open log file C:\logs\LAB01.log
	endClosed
	// endQuit is the command that ends the debugger. The debugger may still close
	// the log behind it:
	//
	//	0: kd> q
	//	quit:
	endQuit
	// endNUL is space that was reserved and not yet written.
	endNUL
)

var (
	closingLine = []byte("Closing open log file")
	quitLine    = []byte("quit:")
)

// endingOf judges the last bytes of a file. The encoding is not guessed: the last
// line is read in each way in which a debugger writes, also with half a character
// missing, and one that reads as an end line in any of them is one.
func endingOf(tail []byte) ending {
	if endsZip(tail) {
		return endClosed
	}
	if endsInNUL(tail) {
		return endNUL
	}
	ways := [...][]byte{
		tail,
		narrowed(tail, binary.LittleEndian),
		narrowed(tail, binary.BigEndian),
		narrowed(tail[:max(0, len(tail)-1)], binary.LittleEndian),
		narrowed(tail[:max(0, len(tail)-1)], binary.BigEndian),
	}
	found := endOpen
	for _, text := range ways {
		switch line := lastLine(text); {
		case bytes.HasPrefix(line, closingLine):
			return endClosed
		case bytes.Equal(line, quitLine):
			found = endQuit
		}
	}
	return found
}

// endsZip reports whether a file ends as a zip archive does: with the end of its
// directory, which is written last and tells how many bytes of comment follow it,
// mostly none. Those last bytes are NULs then, and no unwritten space.
func endsZip(tail []byte) bool {
	const length, comment = 22, 20
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	return at >= 0 && at+length <= len(tail) &&
		at+length+int(binary.LittleEndian.Uint16(tail[at+comment:])) == len(tail)
}

// gzipTail is the length of what ends a gzip archive: a checksum, and the length of
// what is packed, whose last byte is NUL below 16 MiB.
const gzipTail = 8

// gzipHead is how one begins.
var gzipHead = []byte{0x1f, 0x8b}

// narrowed decodes UTF-16 whose last unit ends where the bytes end.
func narrowed(b []byte, order binary.ByteOrder) []byte {
	b = b[len(b)%2:]
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return []byte(string(utf16.Decode(units)))
}

// lastLine returns the last line that is not blank, without blanks around it.
func lastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return bytes.TrimSpace(text[bytes.LastIndexAny(text, "\r\n")+1:])
}

// endsInNUL reports whether a file ends in unwritten space. In UTF-16 the last
// byte may be NUL as half of a character: "\n" is 0A 00. So one NUL counts only
// where the bytes before it are no UTF-16, two are no character in any encoding.
func endsInNUL(tail []byte) bool {
	n := len(tail)
	if n == 0 || tail[n-1] != 0 {
		return false
	}
	if n == 1 || tail[n-2] == 0 {
		return true
	}
	return !halvesAreNUL(tail)
}

// halvesAreNUL reports whether bytes that end in one NUL are UTF-16: its last two
// characters are ASCII, such as "\r\n", or an eighth of the last hundred are, as in
// Chinese text.
func halvesAreNUL(b []byte) bool {
	n := len(b)
	if n >= 3 && b[n-3] == 0 {
		return true
	}
	pairs, nul := 0, 0
	for i := n - 1; i >= max(0, n-200); i -= 2 {
		pairs++
		if b[i] == 0 {
			nul++
		}
	}
	return pairs > 1 && nul*8 >= pairs
}

// holeBytes is the length of a run of NULs that is a hole in a file: a copy tool
// that writes back to front, or several parts at a time, leaves whole pages open.
// Logs with NULs in them have single ones.
const holeBytes = 4 << 10

// holes looks for holes in a file that is read part by part.
type holes struct {
	run   int // NULs at the end of what was seen
	found bool
}

// see takes the next part.
func (h *holes) see(part []byte) {
	if h.found {
		return
	}
	lead := leadingNULs(part)
	if h.run+lead >= holeBytes {
		h.found = true
		return
	}
	if lead == len(part) {
		h.run += lead
		return
	}
	// A run inside the part covers one of these places whole, or its half before.
	for at := lead; at < len(part); at += holeBytes / 2 {
		if part[at] == 0 && runAround(part, at) >= holeBytes {
			h.found = true
			return
		}
	}
	h.run = trailingNULs(part)
}

func leadingNULs(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

func trailingNULs(b []byte) int {
	for i := len(b); i > 0; i-- {
		if b[i-1] != 0 {
			return len(b) - i
		}
	}
	return len(b)
}

// runAround returns the length of the run of NULs around a place.
func runAround(b []byte, at int) int { return trailingNULs(b[:at]) + leadingNULs(b[at:]) }
