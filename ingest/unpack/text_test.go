package unpack_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"

	"poolsweep/ingest/unpack"
)

const sample = "0: kd> !poolused 2\r\n NtFC   12   345\t名称 😀 é\n"

// wide encodes UTF-8 text as UTF-16.
func wide(t testing.TB, text string, order unicode.Endianness, mark unicode.BOMPolicy) []byte {
	t.Helper()
	b, err := unicode.UTF16(order, mark).NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextDecodes(t *testing.T) {
	long := strings.Repeat(sample, 5000) // several windows, surrogates across all buffer ends
	for _, text := range []string{sample, long} {
		for _, c := range []struct {
			name, encoding string
			data           []byte
		}{
			{"plain", unpack.UTF8, []byte(text)},
			{"utf-8 with mark", unpack.UTF8, []byte("\ufeff" + text)},
			{"utf-16le with mark", unpack.UTF16LE, wide(t, text, unicode.LittleEndian, unicode.UseBOM)},
			{"utf-16be with mark", unpack.UTF16BE, wide(t, text, unicode.BigEndian, unicode.UseBOM)},
			{"utf-16le without mark", unpack.UTF16LE, wide(t, text, unicode.LittleEndian, unicode.IgnoreBOM)},
			{"utf-16be without mark", unpack.UTF16BE, wide(t, text, unicode.BigEndian, unicode.IgnoreBOM)},
		} {
			for _, slow := range []bool{false, true} {
				var in io.Reader = bytes.NewReader(c.data)
				if slow {
					in = iotest.OneByteReader(in)
				}
				out, encoding, err := unpack.Text(in)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				got, err := io.ReadAll(out)
				if err != nil || encoding != c.encoding || string(got) != text {
					t.Errorf("%s: encoding %q, %d bytes, err %v; want %q, %d bytes",
						c.name, encoding, len(got), err, c.encoding, len(text))
				}
			}
		}
	}
}

func TestTextKeepsHolesOfACrashAsTheyAre(t *testing.T) {
	data := "Opened log file 'c:\\x.log'\n" + strings.Repeat("\x00", 4096)
	out, encoding, err := unpack.Text(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(out)
	if encoding != unpack.UTF8 || string(got) != data {
		t.Errorf("encoding %q, %d bytes; want utf-8 and all %d bytes", encoding, len(got), len(data))
	}
}

func TestTextDecodesHalfAUnitAtTheEnd(t *testing.T) {
	data := wide(t, sample, unicode.LittleEndian, unicode.UseBOM)
	out, _, err := unpack.Text(bytes.NewReader(data[:len(data)-1]))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(out)
	if want := strings.TrimSuffix(sample, "\n") + "\ufffd"; err != nil || string(got) != want {
		t.Errorf("got %q, err %v; want %q", got, err, want)
	}
}

func TestTextOfAnEmptyFile(t *testing.T) {
	out, encoding, err := unpack.Text(strings.NewReader(""))
	if err != nil || encoding != unpack.UTF8 {
		t.Fatalf("encoding %q, err %v", encoding, err)
	}
	if got, err := io.ReadAll(out); len(got) != 0 || err != nil {
		t.Errorf("got %q, err %v", got, err)
	}
}

func TestTextReportsReadErrors(t *testing.T) {
	broken := errors.New("share gone")
	if _, _, err := unpack.Text(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
}

func BenchmarkTextUTF16(b *testing.B) {
	data := wide(b, strings.Repeat(`      FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"`+"\n", 50000),
		unicode.LittleEndian, unicode.UseBOM)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		out, _, err := unpack.Text(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, out); err != nil {
			b.Fatal(err)
		}
	}
}
