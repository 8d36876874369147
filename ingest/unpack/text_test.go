package unpack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"poolsweep/ingest/unpack"
)

const (
	table = "0: kd> !poolused 2\r\n Tag    Allocs     Used\r\n NtFC      312    99840\r\n TOTAL     312    99840\r\n"

	chinese  = "打开日志文件 'c:\\x.log'\r\n系统进程：分配的非分页缓冲池，名称“文件系统”。\r\n"
	big5     = "開啟記錄檔 'c:\\x.log'\r\n系統處理程序的未分頁集區配置，名稱「檔案」。\r\n"
	japan    = "ログ ファイルを開きました 'c:\\x.log'\r\n非ページ プールの使用量が多いプロセス。\r\n"
	korea    = "로그 파일을 열었습니다 'c:\\x.log'\r\n비페이징 풀 사용량이 많은 프로세스의 이름을 확인하십시오.\r\n"
	russian  = "Открыт файл журнала 'c:\\x.log'\r\nСлишком много памяти в невыгружаемом пуле\r\n"
	german   = "Geöffnete Protokolldatei für 'c:\\x.log'\r\nZu große Auslagerung, Größe überschritten – „später“\r\n"
	dos      = "Geöffnete Protokolldatei für 'c:\\x.log'\r\nGröße überschritten, später erhöhen\r\n"
	american = "┌────────────┬─────╖\r\n│ pool       ╞═════╡\r\n└────────────┴─────╜\r\n"
)

// spelled are texts in the encodings that Text must tell by itself.
var spelled = []struct {
	name string // as Decoder.Encoding names it
	enc  encoding.Encoding
	text string
}{
	{unpack.UTF8, encoding.Nop, chinese + table},
	{unpack.UTF8, unicode.UTF8BOM, german + table},
	{unpack.UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), chinese + table + "😀 é\r\n"},
	{unpack.UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), chinese + table + "😀 é\r\n"},
	{unpack.UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), table + chinese + "😀 é\r\n"},
	{unpack.UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), table + chinese + "😀 é\r\n"},
	{unpack.UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), chinese + table},
	{unpack.UTF32LE, utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), table + chinese + "😀\r\n"},
	{unpack.UTF32BE, utf32.UTF32(utf32.BigEndian, utf32.UseBOM), table + chinese + "😀\r\n"},
	{unpack.GB18030, simplifiedchinese.GBK, table + chinese},
	{unpack.GB18030, simplifiedchinese.GB18030, chinese + table + "é\r\n"},
	{unpack.Big5, traditionalchinese.Big5, table + big5},
	{unpack.ShiftJIS, japanese.ShiftJIS, table + japan},
	{unpack.EUCKR, korean.EUCKR, table + korea},
	{unpack.CP1251, charmap.Windows1251, table + russian},
	{unpack.CP1252, charmap.Windows1252, table + german},
	{unpack.CP850, charmap.CodePage850, table + dos},
	{unpack.CP437, charmap.CodePage437, table + american},
}

func encode(t testing.TB, enc encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decode reads all of data and returns the text, the encodings and the warnings.
func decode(t testing.TB, in io.Reader) (text, encodings, warnings string) {
	t.Helper()
	d, _, err := unpack.Text(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(got), d.Encoding(), fmt.Sprint(d.Warnings("x.log"))
}

func TestTextDecodes(t *testing.T) {
	for _, c := range spelled {
		for _, times := range []int{1, 2000} { // 2000: characters across all buffer ends
			text := strings.Repeat(c.text, times)
			data := encode(t, c.enc, text)
			got, name, warnings := decode(t, bytes.NewReader(data))
			if got != text || name != c.name || warnings != "[]" {
				t.Errorf("%v: found %s %s\n%.300q\nwant\n%.300q", c.enc, name, warnings, got, text)
			}
		}
	}
}

func TestTextDecodesByteByByte(t *testing.T) {
	for _, c := range spelled {
		data := encode(t, c.enc, c.text)
		if got, name, _ := decode(t, iotest.OneByteReader(bytes.NewReader(data))); got != c.text || name != c.name {
			t.Errorf("%v: found %s\n%q\nwant\n%q", c.enc, name, got, c.text)
		}
	}
}

// ascii keeps what parsers go by.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		return -1
	}, text)
}

// TestTextKeepsTheTableOfDamagedLogs: whatever is cut off, lost or overwritten
// among the localized words, the lines of the table stay whole.
func TestTextKeepsTheTableOfDamagedLogs(t *testing.T) {
	for _, c := range spelled {
		if strings.Contains(c.name, "32") || c.name == unpack.UTF16BE {
			continue // where a byte less makes another encoding
		}
		words := strings.ReplaceAll(c.text, table, "")
		data := encode(t, c.enc, words+table)
		for at := 4; at < len(data)-len(encode(t, c.enc, table))-4; at++ { // not in the line end before it
			for name, damaged := range map[string][]byte{
				"overwritten": append(append(bytes.Clone(data[:at]), 0xff), data[at+1:]...),
				"one lost":    append(bytes.Clone(data[:at]), data[at+1:]...),
			} {
				got, _, _ := decode(t, bytes.NewReader(damaged))
				if !strings.Contains(got, table) {
					t.Fatalf("%v %s, %s at %d:\n%q", c.enc, c.name, name, at, got)
				}
			}
		}
	}
}

// TestTextKeepsWhatIsBeforeACut: the lines before the end of a cut-off log are as
// they were.
func TestTextKeepsWhatIsBeforeACut(t *testing.T) {
	for _, c := range spelled {
		data := encode(t, c.enc, c.text)
		for cut := range len(data) {
			got, _, _ := decode(t, bytes.NewReader(data[:cut]))
			whole := strings.LastIndexByte(got, '\n') + 1
			if whole > 0 && !strings.HasPrefix(ascii(c.text), ascii(got[:whole])) {
				t.Fatalf("%v %s cut at %d:\n%q", c.enc, c.name, cut, got)
			}
		}
	}
}

// TestTextFollowsASwitch: a log continued in another encoding, with and without a
// mark, after a whole line or in the middle of one.
func TestTextFollowsASwitch(t *testing.T) {
	for _, first := range spelled {
		for _, second := range spelled {
			for _, cut := range []string{"", "0: kd> !vm", "0: kd> q"} {
				text := first.text + cut + second.text
				if !tellable(first.name, second.name) || cut != "" && !strings.HasPrefix(second.text, table) {
					continue
				}
				data := append(encode(t, first.enc, first.text+cut), encode(t, second.enc, second.text)...)
				if got, _, _ := decode(t, bytes.NewReader(data)); got != text {
					t.Errorf("%v then %v after %q:\n%q\nwant\n%q", first.name, second.name, cut, got, text)
				}
			}
		}
	}
}

// tellable reports whether a change between two encodings can be seen: from one
// code page to another it cannot. UTF-16BE and UTF-32 are never appended.
func tellable(first, second string) bool {
	rare := func(name string) bool { return strings.Contains(name, "32") || name == unpack.UTF16BE }
	unicode := func(name string) bool { return strings.HasPrefix(name, "utf") }
	return !rare(first) && !rare(second) && (first == second || unicode(first) || unicode(second))
}

func TestTextNamesAllEncodings(t *testing.T) {
	wide := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	for _, c := range []struct {
		data []byte
		want string
	}{
		{[]byte(table), "utf-8"},
		{nil, "utf-8"},
		{append([]byte(table), encode(t, wide, table)...), "utf-8, utf-16le"},
		{append(encode(t, wide, table), table...), "utf-16le, utf-8"},
		{append([]byte(table), encode(t, simplifiedchinese.GBK, chinese)...), "gb18030"},
		{append([]byte(chinese), encode(t, simplifiedchinese.GBK, chinese)...), "utf-8, gb18030"},
	} {
		if _, name, _ := decode(t, bytes.NewReader(c.data)); name != c.want {
			t.Errorf("%.40q: found %s, want %s", c.data, name, c.want)
		}
	}
}

func TestTextCounts(t *testing.T) {
	wide := func(text string) string {
		return string(encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text))
	}
	hole := strings.Repeat("\x00", 4096)
	for _, c := range []struct{ name, data, text, warnings string }{
		{"an undefined byte", "a\r\nb\r\nGr\xf6\xdfe \x81 x\r\nc", "a\r\nb\r\nGröße \ufffd x\r\nc",
			"[x.log:3: 1 bytes that are no windows-1252 were replaced; the first is here]"},
		{"half a character", "名称\n名\xe7\xa7\n", "名称\n名\ufffd\n",
			"[x.log:2: 1 bytes that are no utf-8 were replaced; the first is here]"},
		{"half a unit", wide("a\nb")[:7], "a\n",
			"[x.log:2: 1 bytes that are no utf-16le were replaced; the first is here]"},
		{"half a pair", wide("a\n😀\n")[:8] + wide("b\n")[2:], "a\n\ufffdb\n",
			"[x.log:2: 2 bytes that are no utf-16le were replaced; the first is here]"},
		{"a hole", "a\n Irp 11" + hole + "0 7\n", "a\n Irp 11\ufffd0 7\n",
			"[x.log:2: 4096 NUL bytes, as a power cut leaves them, stand for lost text; the first is here]"},
		{"a hole at the end", "a\n Irp" + hole, "a\n Irp",
			"[x.log:2: 4096 NUL bytes, as a power cut leaves them, stand for lost text; the first is here]"},
		{"a hole in UTF-16", wide("a\nb") + hole + wide("c d e\n")[2:], "a\nb\ufffdc d e\n",
			"[x.log:2: 4096 NUL bytes, as a power cut leaves them, stand for lost text; the first is here]"},
		{"padding", "ab\x00\x00 12\n", "ab   12\n", "[]"},
		{"an end mark of C", "ab\n\x00", "ab\n", "[]"},
		{"lone CRs", "a\rb\rGr\xf6\xdfe\x81\r", "a\rb\rGröße\ufffd\r",
			"[x.log:3: 1 bytes that are no windows-1252 were replaced; the first is here]"},
	} {
		text, _, warnings := decode(t, strings.NewReader(c.data))
		if text != c.text || warnings != c.warnings {
			t.Errorf("%s:\n%q %s\nwant\n%q %s", c.name, text, warnings, c.text, c.warnings)
		}
	}
}

func TestTextCleans(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"colours", "\x1b[1;33m NtFC\x1b[0m   12\x1b[K\r\n", " NtFC   12\r\n"},
		{"a title", "\x1b]0;kd - C:\\dbg\x07a\x1b]8;;http://x\x1b\\b\n", "ab\n"},
		{"a title without its end", "\x1b]0;kd\na\n", "]0;kd\na\n"},
		{"a moved cursor", " NtFC\x1b[6C12\x1b[Cx\n", " NtFC      12 x\n"},
		{"a cursor moved far", "a\x1b[999999999Cb", "a" + strings.Repeat(" ", 200) + "b"},
		{"another line", "a\x1b[5;1Hb\n\x1b[6;1Hc", "a\nb\nc"},
		{"a character set", "\x1b(Ba\x1b=b\x1b>\n", "ab\n"},
		{"a torn sequence", "a\x1b[12", "a"},
		{"a lone escape", "a\x1b", "a"},
		{"form feeds", "a\n\fTOTAL\fb\n", "a\nTOTAL b\n"},
		{"an end mark of DOS", "a\n\x1a", "a\n"},
		{"a mark in the middle", "a\n\ufeffb\n", "a\nb\n"},
		{"invisible characters", "Mach\u200bine\u00ad Name\u200f:\u2060 x\n", "Machine Name: x\n"},
		{"blanks of web pages", "a\u00a0\u00a0b\u202fc\n", "a  b c\n"},
		{"line separators", "a\u2028b\u0085c\n", "a\nb\nc\n"},
		{"what stays", "名称，“é”…\tx\b\n", "名称，“é”…\tx\b\n"},
	} {
		wide := encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), c.data)
		for _, data := range []string{c.data, string(wide)} {
			if got, _, _ := decode(t, strings.NewReader(data)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	}
}

// TestTextTakesShortWordsForChinese: a word of two characters in GBK may be valid
// UTF-8, and its letters may come before the guess.
func TestTextTakesShortWordsForChinese(t *testing.T) {
	text := "系统进程\r\n目录\r\n分配\r\n"
	if got, name, _ := decode(t, bytes.NewReader(encode(t, simplifiedchinese.GBK, text))); got != text {
		t.Errorf("%s: %q", name, got)
	}
}

func TestTextReportsReadErrors(t *testing.T) {
	broken := errors.New("share gone")
	if _, _, err := unpack.Text(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
	long := strings.NewReader(strings.Repeat(table, 9000))
	d, _, err := unpack.Text(io.MultiReader(long, iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(d); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
}

// repeated is a text of size bytes without holding it.
type repeated struct {
	piece []byte
	at    int
	left  int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], r.piece[r.at:])
	r.at = (r.at + n) % len(r.piece)
	r.left -= int64(n)
	return n, nil
}

func TestTextOfAGigabyteNeedsLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a gigabyte")
	}
	for _, data := range [][]byte{[]byte(table), encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), table)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, _, err := unpack.Text(&repeated{piece: data, left: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, d); err != nil || n < 1<<29 {
			t.Errorf("%d bytes, err %v", n, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%d bytes were allocated", used)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, c := range spelled {
		f.Add(encode(f, c.enc, c.text))
		f.Add(append(encode(f, c.enc, c.text), encode(f, spelled[2].enc, table)...))
	}
	f.Add([]byte("a\x1b[9C\x1b]0;x\x07\f\x1a\x00\x00\x00\x00\x00b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, name, warnings := decode(t, bytes.NewReader(data))
		slow, again, warned := decode(t, iotest.OneByteReader(bytes.NewReader(data)))
		if text != slow || name != again || warnings != warned {
			t.Errorf("byte by byte: %s %s\n%q\nat once: %s %s\n%q", again, warned, slow, name, warnings, text)
		}
		if strings.ToValidUTF8(text, "") != text {
			t.Errorf("no UTF-8: %q", text)
		}
		if strings.ContainsAny(text, "\x00\f\x1a\x1b\ufeff") {
			t.Errorf("not clean: %q", text)
		}
		if len(text) > 200*(len(data)+1) {
			t.Errorf("%d bytes from %d", len(text), len(data))
		}
	})
}

func BenchmarkText(b *testing.B) {
	row := `      FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"` + "\r\n"
	for _, c := range []struct {
		name string
		enc  encoding.Encoding
		text string
	}{
		{"ascii", encoding.Nop, row},
		{"utf8", encoding.Nop, chinese + table},
		{"utf16le", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), row},
		{"utf16le-chinese", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), chinese + table},
		{"gb18030", simplifiedchinese.GB18030, chinese + table},
		{"colours", encoding.Nop, "\x1b[1m" + row + "\x1b[0m"},
	} {
		data := encode(b, c.enc, strings.Repeat(c.text, (8<<20)/len(c.text)))
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				d, _, err := unpack.Text(bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
