package windbg

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLines(t *testing.T) {
	big := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		name, in string
		want     []string // "+" marks a line without its end, ">" one that is cut short
	}{
		{"empty", "", nil},
		{"lf", "a\nb\n", []string{"a", "b"}},
		{"crlf", "a\r\nb\r\n", []string{"a", "b"}},
		{"cr", "a\rb\r", []string{"a", "b"}},
		{"doubled cr", "a\r\r\n\r\r\nb\r\r\n", []string{"a", "", "b"}},
		{"mixed", "a\rb\nc\r\nd", []string{"a", "b", "c", "d+"}},
		{"cr at the end", "a\n\r\r", []string{"a", "", ""}},
		{"no end", "a\nb", []string{"a", "b+"}},
		{"nuls", "a\x00b\n\x00\x00\nc\x00", []string{"ab", "", "c+"}},
		{"as long as is kept", big + "\na\n", []string{big, "a"}},
		{"too long", big + "yz\na\n", []string{big + ">", "a"}},
		{"much too long", strings.Repeat(big, 9) + "\r\na\n", []string{big + ">", "a"}},
		{"too long at the end", "a\n" + big + big, []string{"a", big + ">"}},
		{"too long with cr", big + big + "\ra\r", []string{big + ">", "a"}},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r },
			iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader,
		} {
			var got []string
			in := newLines(wrap(strings.NewReader(c.in)), make([]byte, bufferSize))
			for in.next() {
				text := string(in.text)
				if in.open {
					text += "+"
				}
				if in.long {
					text += ">"
				}
				got = append(got, text)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") || in.no != len(c.want) {
				t.Errorf("%s: %d lines %.200q, want %.200q", c.name, in.no, got, c.want)
			}
		}
	}
}

func TestLinesThatFitAPatternArePassedOver(t *testing.T) {
	p := &pattern{text: []byte("at 00ff here"), lo: 3, hi: 7}
	for _, c := range []struct {
		name, in string
		passed   int
		next     string
	}{
		{"some", "at 1234 here\nat abcd here\nat x\n", 2, "at x"},
		{"none", "at x\n", 0, "at x"},
		{"no address", "at 12g4 here\n", 0, "at 12g4 here"},
		{"another end", "at 1234 there\n", 0, "at 1234 there"},
		{"another begin", "on 1234 here\n", 0, "on 1234 here"},
		{"cut short", "at 1234 here\nat 1234 here", 1, "at 1234 here"},
		{"crlf is read line by line", "at 1234 here\r\n", 0, "at 1234 here"},
	} {
		in := newLines(strings.NewReader("first\n"+c.in), make([]byte, bufferSize))
		in.next()
		n := in.passLike(p)
		if no := in.no; n != c.passed || no != 1+n || !in.next() || string(in.text) != c.next || in.no != no+1 {
			t.Errorf("%s: passed %d up to line %d, then line %d %q", c.name, n, no, in.no, in.text)
		}
	}
}

// TestLinesOfAHugeLineNeedNoMoreMemory reads a line of 100 MB.
func TestLinesOfAHugeLineNeedNoMoreMemory(t *testing.T) {
	in := newLines(io.MultiReader(io.LimitReader(letters{}, 100e6), strings.NewReader("\nnext\n")), make([]byte, bufferSize))
	if !in.next() || !in.long || len(in.text) != maxLine {
		t.Fatalf("first line: long %t, %d bytes", in.long, len(in.text))
	}
	if !in.next() || string(in.text) != "next" || in.no != 2 {
		t.Errorf("second line %d %q", in.no, in.text)
	}
	if len(in.buf) != bufferSize {
		t.Errorf("buffer of %d bytes", len(in.buf))
	}
}

// letters never ends.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte("A"), len(p)))
	return len(p), nil
}
