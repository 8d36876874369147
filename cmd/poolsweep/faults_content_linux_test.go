package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	bytesOf "encoding/binary"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

var seeds = flag.Int("seeds", 2, "malformed logs of each class")

// malformed is a class of content that is no good log. Each gets a good log, and a
// source of chance.
type malformed struct {
	id   string
	make func(good []byte, r *rand.Rand) []byte
	end  string // as in fates
}

// read is the fate of what is read as far as it can be.
const read = "analysed, incomplete INCOMPLETE"

// refusedAs is the fate of what is refused, with the reason that it is refused for.
func refusedAs(reasons ...string) string {
	for i := range reasons {
		reasons[i] = "refused " + reasons[i]
	}
	return strings.Join(reasons, ", ")
}

var classes = []malformed{
	{"M1", func([]byte, *rand.Rand) []byte { return nil }, refusedAs("EMPTY")},
	{"M2", func(_ []byte, r *rand.Rand) []byte { return bytes.Repeat([]byte(" \n"), 1+r.IntN(9999)) }, refusedAs("NOT_A_LOG")},
	{"M3", func(g []byte, _ *rand.Rand) []byte { return g[:bytes.IndexByte(g, '\n')+1] }, refusedAs("NO_SECTIONS")},
	{"M4", func(g []byte, r *rand.Rand) []byte { return g[:len(g)/4+r.IntN(len(g)/2)] }, read},
	{"M5", func(g []byte, r *rand.Rand) []byte { w := wide(g); return w[:len(w)/2+r.IntN(len(w)/4)|1] }, read},
	{"M6", func(g []byte, _ *rand.Rand) []byte { return append([]byte("\xff\xfe"), wide(g)...) }, "analysed"},
	{"M7", func(g []byte, _ *rand.Rand) []byte { return wide(g) }, "analysed"},
	{"M8", func(g []byte, _ *rand.Rand) []byte { return append(bytes.Clone(g), wide(g)...) }, read},
	{"M9", func(g []byte, r *rand.Rand) []byte { return otherUnicode(g, r.IntN(3)) }, read + ", incomplete NUL_TAIL, " + refusedAs("ENCODING", "NOT_A_LOG")},
	{"M10", func(g []byte, r *rand.Rand) []byte { return bytes.ReplaceAll(g, []byte("some"), scrap(r, 4)) }, "analysed"},
	{"M11", func(g []byte, _ *rand.Rand) []byte { return bytes.ReplaceAll(g, []byte("er's"), []byte("er\x00s")) }, "analysed, refused NOT_A_LOG"},
	{"M12", func(g []byte, r *rand.Rand) []byte {
		return append(bytes.Clone(g), make([]byte, 4096+r.IntN(65536))...)
	}, "incomplete NUL_TAIL"},
	{"M13", func(_ []byte, r *rand.Rand) []byte { return make([]byte, 1+r.IntN(1<<20)) }, refusedAs("NUL_TAIL", "NOT_A_LOG")},
	{"M14", longLine, "analysed"},
	{"M15", func(g []byte, r *rand.Rand) []byte {
		return bytes.ReplaceAll(g, []byte("\n"), []byte([]string{"\r", "\r\n", "\f\n", "\v\n"}[r.IntN(4)]))
	}, read},
	{"M16", func(g []byte, _ *rand.Rand) []byte {
		return bytes.Replace(g, []byte("some"), []byte("\x1b[2J\b\b\asome"), 15)
	}, "analysed"},
	{"M17", numbers, "analysed"},
	{"M18", manyTags, "analysed, refused LIMIT_MEM"},
	{"M19", hostileTags, "analysed"},
	{"M20", func(g []byte, r *rand.Rand) []byte { return twice(g, r) }, "analysed"},
	{"M21", holed, read + ", refused NO_SECTIONS"},
	{"M22", binaryFile, refusedAs("NOT_A_LOG", "NO_SECTIONS")},
	{"M23", packed, refusedAs("ARCHIVE", "NOT_A_LOG", "NO_SECTIONS", "TOO_BIG", "LIMIT_MEM")},
	{"M24", almost, "analysed"},
}

// TestMalformedLogs drops all classes of bad content mixed with as many good logs:
// every good one is analysed, every bad one has its fate, and no process ends.
func TestMalformedLogs(t *testing.T) {
	tr := newTrial(t, waits)
	var faults []fault
	for _, c := range classes {
		for seed := range *seeds {
			r := rand.New(rand.NewPCG(uint64(seed), uint64(len(faults))))
			faults = append(faults, fault{fmt.Sprintf("%s-%d", c.id, seed), func(s *site) error {
				return os.WriteFile(s.at("m.log"), c.make(s.text(seed), r), 0o600)
			}, fates{"m.log": c.end}})
		}
	}
	tr.run(faults)
	tr.ended()
	tr.t.Logf("%d malformed logs of %d classes among %d good ones", len(faults), len(classes), len(tr.plans))
}

// wide is a text in UTF-16LE without a mark.
func wide(text []byte) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(string(text))) {
		out = bytesOf.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func otherUnicode(g []byte, kind int) []byte {
	switch kind {
	case 0:
		return append([]byte("\xef\xbb\xbf"), g...)
	case 1:
		out := []byte("\xfe\xff")
		for _, u := range utf16.Encode([]rune(string(g))) {
			out = bytesOf.BigEndian.AppendUint16(out, u)
		}
		return out
	}
	out := []byte("\xff\xfe\x00\x00")
	for _, r := range string(g) {
		out = bytesOf.LittleEndian.AppendUint32(out, uint32(r))
	}
	return out
}

// scrap is n bytes of no encoding that we know.
func scrap(r *rand.Rand, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(0x80 + r.IntN(0x80))
	}
	return out
}

// longLine puts a line of megabytes before a log; of a gigabyte with -long.
func longLine(g []byte, r *rand.Rand) []byte {
	size := 8<<20 + r.IntN(1<<20)
	if *long {
		size = 1 << 30
	}
	return append(append(bytes.Repeat([]byte("A"), size), '\n'), g...)
}

// numbers puts figures into rows that no counter ever shows.
func numbers(g []byte, r *rand.Rand) []byte {
	odd := []string{"18446744073709551616", "-1", "1e9", "ffff`f000", "1,234", "١٢٣", strings.Repeat("9", 400), "NaN", "0x", "99999999999999999999999999"}
	lines := strings.Split(string(g), "\n")
	for range 5 {
		at := 8 + r.IntN(50)
		f := strings.Fields(lines[at])
		lines[at] = strings.Replace(lines[at], f[1+r.IntN(2)], odd[r.IntN(len(odd))], 1)
	}
	return []byte(strings.Join(lines, "\n"))
}

// manyTags is a table with a row for each of a great many tags, or of one tag.
func manyTags(g []byte, r *rand.Rand) []byte {
	rows := 50_000
	if *long {
		rows = 1_000_000
	}
	total, same := bytes.Index(g, []byte(" TOTAL")), r.IntN(2) == 0
	var b bytes.Buffer
	b.Write(g[:total])
	for i := range rows {
		if same {
			i = 0
		}
		fmt.Fprintf(&b, " %c%c%c%c  %8d %8d         0        0\n", 'A'+i%26, 'A'+i/26%26, 'A'+i/676%26, 'A'+i/17576%60, 3, 96)
	}
	b.Write(g[total:])
	return b.Bytes()
}

// hostileTags names tags and drivers as an attacker would.
func hostileTags(g []byte, r *rand.Rand) []byte {
	for i, s := range hostileStrings {
		row := fmt.Sprintf(" T%03d ", i)
		tag := append([]byte(s), "    "...)[:4]
		if !bytes.ContainsAny(tag, "\n\r\t") && r.IntN(3) > 0 {
			g = bytes.Replace(g, []byte(row), fmt.Appendf(nil, " %s ", tag), 1)
		}
		g = bytes.Replace(g, fmt.Appendf(nil, "Binary: drv%d.sys", i), []byte("Binary: "+strings.NewReplacer("\n", "", "\r", "").Replace(s)), 1)
	}
	return g
}

// twice puts two logs behind each other, or into each other line by line.
func twice(g []byte, r *rand.Rand) []byte {
	if r.IntN(2) == 0 {
		return append(bytes.Clone(g), g...)
	}
	var b bytes.Buffer
	for line := range bytes.Lines(g) {
		b.Write(line)
		b.Write(line)
	}
	return b.Bytes()
}

// holed leaves lines out, or writes other words into them.
func holed(g []byte, r *rand.Rand) []byte {
	var b bytes.Buffer
	for i := range strings.Lines(string(g)) {
		switch r.IntN(6) {
		case 0:
		case 1:
			b.WriteString(strings.ToUpper(i))
		default:
			b.WriteString(i)
		}
	}
	return b.Bytes()
}

func binaryFile(_ []byte, r *rand.Rand) []byte {
	head := []string{"\x7fELF\x02\x01\x01\x00", "\x89PNG\r\n\x1a\n\x00", "PAGEDU64\x0f\x00", "MZ\x90\x00\x03\x00"}[r.IntN(4)]
	body := make([]byte, 1<<18)
	for i := range body {
		body[i] = byte(r.Uint32())
	}
	return append([]byte(head), body...)
}

// packed is an archive that is a trap.
func packed(_ []byte, r *rand.Rand) []byte {
	var b bytes.Buffer
	switch r.IntN(3) {
	case 0: // a bomb
		z := gzip.NewWriter(&b)
		zeros := make([]byte, 1<<20)
		for range 1 << 10 {
			_, _ = z.Write(zeros)
		}
		_ = z.Close()
	case 1: // names that lead out of it, and a link
		z := zip.NewWriter(&b)
		for _, name := range []string{"../../up.log", "/etc/passwd", `C:\x.log`} {
			w, _ := z.Create(name)
			_, _ = w.Write([]byte("nothing to see"))
		}
		h := &zip.FileHeader{Name: "link.log"}
		h.SetMode(fs.ModeSymlink | 0o777)
		w, _ := z.CreateHeader(h)
		_, _ = w.Write([]byte("/etc/passwd"))
		_ = z.Close()
	default: // broken off
		return append([]byte("PK\x03\x04\x14\x00"), scrap(r, 300)...)
	}
	return b.Bytes()
}

// almost is full of lines that begin like something and are not.
func almost(g []byte, r *rand.Rand) []byte {
	lines := []string{" Tag    Allocs     Used", "0: kd> !poolused", "   Sorting by  ", " TOTAL", strings.Repeat("(", 200), "fffff800`", "PROCESS ffff"}
	var b bytes.Buffer
	b.Write(g[:bytes.LastIndex(g, []byte("0: kd> .logclose"))])
	for range 20_000 {
		b.WriteString(lines[r.IntN(len(lines))] + "\n")
	}
	b.WriteString("0: kd> .logclose\nClosing open log file x.log\n")
	return b.Bytes()
}

// hostileStrings mean something to a spreadsheet, a printed page, a shell, a log or
// a web page.
var hostileStrings = []string{
	"=1+1", "=cmd|' /C calc'!A0", `=HYPERLINK("http://x.example","y")`, "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "_x0041_", "_x000D_",
	"_x0000_", "\x00", "\x01\x02", "\x1b[2J", "\uFFFE", "\xed\xa0\x80", "\xff\xfe", "[x]", "a:b", "*?", `..\..\up`, "../../up", "'quoted'", "''",
	"History", "javascript:alert(1)", "file:///etc/passwd", `\\host.example\x`, "http://x.example/", "mailto:x@example.org", ")", "(", `\`, `\)`, "<< /JS (x) >>",
	"/OpenAction", ")/URI(http://x.example)", "/Launch", "endobj", "stream", "%PDF", "<script>x</script>", "<img src=http://x.example>", "</td>", "&#x41;", "&amp;",
	"]]>", "<!DOCTYPE x>", "%s%n%d", "$(reboot)", "`id`", "'; DROP TABLE drop;--", "a\nINFO fake", "\u202Egol.exe", "\u2066x", "\u2028", "\U0001F4A9", "١٢٣",
	"LАB", strings.Repeat("W", 300),
}
