package watch

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

func wide(order binary.AppendByteOrder, text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// inEachEncoding writes a text as debuggers do.
func inEachEncoding(text string) map[string][]byte {
	le, be := wide(binary.LittleEndian, text), wide(binary.BigEndian, text)
	return map[string][]byte{
		"utf-8": []byte(text), "utf-16le": le, "utf-16be": be,
		// .logappend goes on in UTF-16 behind an odd number of bytes.
		"utf-16le behind ascii": append([]byte("abc"), wide(binary.LittleEndian, "\n"+text)...),
		"utf-16be behind ascii": append([]byte("abc"), wide(binary.BigEndian, "\n"+text)...),
	}
}

func TestEndingReadsTheLastLine(t *testing.T) {
	for _, c := range []struct {
		text string
		want ending
	}{
		{"Closing open log file C:\\logs\\LAB01.log\r\n", endClosed},
		{"0: kd> .logclose\r\nClosing open log file c:\\t\\a.log", endClosed},
		{"0: kd> .logclose\nClosing open log file c:\\日志\\机器.log\n\n \t\r\n", endClosed},
		{"quit:\r\n", endQuit},
		{"0: kd> q\r\nquit:\r\nClosing open log file c:\\a.log\r\n", endClosed},
		{"0: kd> q\r\nquit:", endQuit},
		{"quit: now\r\n", endOpen},
		{"see Closing open log file x\r\n", endOpen},
		{"Closing open log file x\r\nOpened log file 'x'\r\n", endOpen},
		{"Closing open log fil", endOpen},
		{"nothing special\r\n", endOpen},
		{"中文结尾\r\n", endOpen},
		{"\r\n \r\n", endOpen},
		{"", endOpen},
	} {
		for encoding, b := range inEachEncoding(c.text) {
			if got := endingOf(b); got != c.want {
				t.Errorf("%q in %s: got %d, want %d", c.text, encoding, got, c.want)
			}
		}
	}
}

// zipEnd is the end of a zip's directory, but for the length of its comment.
const zipEnd = "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00\x40\x00\x00\x00"

func TestEndingSeesUnwrittenSpace(t *testing.T) {
	closing := "Closing open log file c:\\a.log\r\n"
	for encoding, b := range inEachEncoding(closing) {
		if got := endingOf(append(bytes.Clone(b), 0, 0)); got != endNUL {
			t.Errorf("%s and two NULs: got %d", encoding, got)
		}
		if got := endingOf(append(bytes.Clone(b), make([]byte, 4000)...)); got != endNUL {
			t.Errorf("%s and many NULs: got %d", encoding, got)
		}
	}
	for _, c := range []struct {
		name string
		tail []byte
		want ending
	}{
		{"text and one NUL", []byte(closing + "\x00"), endNUL},
		{"one NUL alone", []byte{0}, endNUL},
		{"UTF-16 with half a character more", append(wide(binary.LittleEndian, closing), 'x'), endClosed},
		{"UTF-16BE with half a character more", append(wide(binary.BigEndian, closing), 0), endClosed},
		{"Chinese UTF-16 and a line end", wide(binary.LittleEndian, "没有找到任何匹配的标签\r\n\r\n\r\n"), endOpen},
		{"Chinese UTF-16 and a bare line end", wide(binary.LittleEndian, "没有找到\n任何匹配\n"), endOpen},
		{"one line of UTF-16 behind much ASCII",
			append(bytes.Repeat([]byte("0"), 150), wide(binary.LittleEndian, "\n"+closing)...), endClosed},
		{"zip", []byte("PK\x01\x02name" + zipEnd + "\x00\x00"), endClosed},
		{"zip with a comment", []byte(zipEnd + "\x03\x00abc"), endClosed},
		{"zip whose comment is not yet written", []byte(zipEnd + "\x03\x00a"), endOpen},
		{"zip and unwritten space", []byte(zipEnd + "\x00\x00\x00"), endNUL},
		{"zip cut off in its directory", []byte("PK\x01\x02name" + zipEnd[:10] + "\x00\x00"), endNUL},
		{"a NUL inside", []byte("a\x00b\r\n" + closing), endClosed},
	} {
		if got := endingOf(c.tail); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestHolesAreRunsOfAPage(t *testing.T) {
	text := strings.Repeat("Nonp 12\r\n", 1500)
	for _, c := range []struct {
		name string
		run  int
		want bool
	}{
		{"none", 0, false}, {"one NUL", 1, false},
		{"just under", holeBytes - 1, false}, {"at", holeBytes, true}, {"over", holeBytes + 1, true},
	} {
		file := []byte(text + strings.Repeat("\x00", c.run) + text)
		for _, part := range []int{1, 7, 1000, 2048, 4096, 5000, 1 << 20} {
			var h holes
			for rest := file; len(rest) > 0; rest = rest[min(part, len(rest)):] {
				h.see(rest[:min(part, len(rest))])
			}
			if h.found != c.want {
				t.Errorf("%s in parts of %d: got %v", c.name, part, h.found)
			}
		}
	}
	var h holes
	h.see(wide(binary.LittleEndian, strings.Repeat("plain ", 9000)))
	if h.found {
		t.Error("UTF-16 is taken for a hole")
	}
}

// FuzzEnding holds the detector against what it says: an end line stays one in any
// encoding and behind anything, and never behind NULs or before other text.
func FuzzEnding(f *testing.F) {
	f.Add([]byte("Closing open log file x\r\n"))
	f.Add(wide(binary.LittleEndian, "quit:\r\n"))
	f.Add([]byte{0, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > tailBytes {
			b = b[len(b)-tailBytes:]
		}
		before := bytes.Clone(b)
		got := endingOf(b)
		if !bytes.Equal(b, before) {
			t.Fatal("the bytes were changed")
		}
		if got < endOpen || got > endNUL {
			t.Fatalf("got %d", got)
		}
		if end := endingOf(append(bytes.Clone(b), 0, 0)); end != endNUL {
			t.Fatalf("with NULs behind: %d", end)
		}
		if end := endingOf(append(bytes.Clone(b), "\nClosing open log file x\r\n"...)); end != endClosed {
			t.Fatalf("with an end line behind: %d", end)
		}
		if end := endingOf(append(bytes.Clone(b), "\nx\n"...)); end != endOpen {
			t.Fatalf("with other text behind: %d", end)
		}
		odd := append(bytes.Clone(b), wide(binary.LittleEndian, "\nClosing open log file x\n")...)
		if end := endingOf(odd); end != endClosed {
			t.Fatalf("with an end line in UTF-16 behind: %d", end)
		}
	})
}
