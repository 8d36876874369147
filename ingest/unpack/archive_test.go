package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"poolsweep/ingest/unpack"
)

// opened describes what is in an archive and in the archives in it, a line each:
// "name 12", "name: reason", "name 12, then reason", "name -> link".
func opened(limits unpack.Limits, name string, data []byte, atAnyPlace bool) []string {
	u := unpack.NewUnpacker(limits, int64(len(data)))
	a := unpack.Archive{Name: name, Reader: bytes.NewReader(data)}
	if atAnyPlace {
		a.At, a.Size = bytes.NewReader(data), int64(len(data))
	}
	return walked(u, a, "")
}

func walked(u *unpack.Unpacker, a unpack.Archive, above string) []string {
	var lines []string
	err := u.Walk(a, func(e *unpack.Entry) error {
		name := above + e.Name
		switch {
		case e.Link:
			lines = append(lines, name+" is a link")
			return nil
		case e.Alone:
			name += " alone"
		}
		lines = append(lines, entry(u, e, a.Inside+1, name)...)
		return nil
	})
	if err != nil {
		lines = append(lines, above+"! "+err.Error())
	}
	return lines
}

func entry(u *unpack.Unpacker, e *unpack.Entry, inside int, name string) []string {
	c, err := e.Open()
	if err != nil {
		return []string{name + ": " + err.Error()}
	}
	defer c.Close()
	head := make([]byte, unpack.Sniffed)
	n, _ := io.ReadFull(c, head)
	all := io.MultiReader(bytes.NewReader(head[:n]), c)
	if unpack.Kind(head[:n]) != "" {
		return walked(u, unpack.Archive{Name: e.Name, Inside: inside, Reader: all}, name+"!")
	}
	size, err := io.Copy(io.Discard, struct{ io.Reader }{all})
	line := fmt.Sprintf("%s %d", name, size)
	switch {
	case err != nil:
		line += ": " + err.Error()
	case c.Damage() != nil:
		line += ", then " + c.Damage().Error()
	}
	return []string{line}
}

func same(t *testing.T, name string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const long = 100_000

func TestWalkOpensAllKinds(t *testing.T) {
	text := strings.Repeat(table, 2000)[:long]
	inner := tarOf(t, tarred("LAB-1/a.log", text), tarred("LAB-2/b.log", ""))
	files := []file{{name: "LAB-1/a.log", text: text}, {name: "LAB-2/b.log", text: "x"}}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"run.zip", zipOf(t, files...), []string{"LAB-1/a.log 100000", "LAB-2/b.log 1"}},
		{"run.7z", sevenZipOf(files, 2), []string{"LAB-1/a.log 100000", "LAB-2/b.log 1"}},
		{"run.tar", inner, []string{"LAB-1/a.log 100000", "LAB-2/b.log 0"}},
		{"run.tar.gz", gzipOf(t, inner), []string{"LAB-1/a.log 100000", "LAB-2/b.log 0"}},
		{"run.tgz", zstdOf(t, inner), []string{"LAB-1/a.log 100000", "LAB-2/b.log 0"}},
		{"no ending", xzOf(t, inner), []string{"LAB-1/a.log 100000", "LAB-2/b.log 0"}},
		{"a.log.gz", gzipOf(t, []byte(text)), []string{"a.log alone 100000"}},
		{"a.log.zst", zstdOf(t, []byte(text)), []string{"a.log alone 100000"}},
		{"a.log.XZ", xzOf(t, []byte(text)), []string{"a.log alone 100000"}},
		{"two members.gz", append(gzipOf(t, []byte(text)), gzipOf(t, []byte(text))...),
			[]string{"two members alone 200000"}},
		{"run.zip", zipOf(t, file{name: "x.zip", text: string(zipOf(t, files...))}, file{name: "y.log.gz",
			text: string(gzipOf(t, []byte(text)))}),
			[]string{"x.zip!LAB-1/a.log 100000", "x.zip!LAB-2/b.log 1", "y.log.gz!y.log alone 100000"}},
		{"no archive", []byte(table), []string{"! is no archive"}},
	} {
		for _, atAnyPlace := range []bool{true, false} {
			same(t, c.name, opened(unpack.DefaultLimits(), c.name, c.data, atAnyPlace), c.want...)
		}
	}
}

func TestWalkTakesNamesForLabels(t *testing.T) {
	names := []file{{name: "../../etc/x.log"}, {name: `C:\logs\x.log`}, {name: "/abs/x.log"}, {name: "CON"},
		{name: "same.log"}, {name: "same.log"}, {name: "a\x1b[31mb\n.log"}, {name: strings.Repeat("n", 2000)}}
	want := []string{"../../etc/x.log 0", "C:/logs/x.log 0", "/abs/x.log 0", "CON 0", "same.log 0", "same.log#2 0",
		"a\ufffd[31mb\ufffd.log 0", strings.Repeat("n", 1024) + "… 0"}
	same(t, "zip", opened(unpack.DefaultLimits(), "x.zip", zipOf(t, names...), true), want...)

	headers := []tar.Header{
		tarred("../up.log", "x"),
		{Name: "link.log", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "hard.log", Typeflag: tar.TypeLink, Linkname: "../up.log"},
		{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3},
		{Name: "folder/", Typeflag: tar.TypeDir},
		tarred("COM1", "y"),
	}
	same(t, "tar", opened(unpack.DefaultLimits(), "x.tar", tarOf(t, headers...), true),
		"../up.log 1", "link.log is a link", "hard.log is a link", "null is a link", "COM1 1")
}

func TestFoldersNeverLeadOut(t *testing.T) {
	for name, want := range map[string]string{
		"a.log": " a.log", "x/y/a.log": "x y a.log", "../../x/a.log": "x a.log", "C:/x/./a.log": "x a.log",
		"/x//a.log": "x a.log",
	} {
		folders, file := unpack.Folders(name)
		if got := strings.Join(folders, " ") + " " + file; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestWalkDecodesNames(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{string(encode(t, simplifiedchinese.GBK, "实验室/第一台.log")), "实验室/第一台.log"},
		{"实验室/第一台.log", "实验室/第一台.log"},
		{string(encode(t, charmap.CodePage437, "Prüfstand/später.log")), "Prüfstand/später.log"},
	} {
		mark := func(h *zip.FileHeader, packed []byte) []byte { h.NonUTF8 = true; return packed }
		same(t, "zip", opened(unpack.DefaultLimits(), "x.zip", zipOf(t, file{c.raw, "x", mark}), true), c.want+" 1")
	}
	gbk := string(encode(t, simplifiedchinese.GBK, "实验室/第一台.log"))
	block := tarOf(t, tarred(strings.Repeat("n", len(gbk)), "x"))
	copy(block, gbk) // Go's writer would make UTF-8 of it
	var sum int
	for i, c := range block[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	copy(block[148:], fmt.Sprintf("%06o\x00 ", sum))
	same(t, "tar", opened(unpack.DefaultLimits(), "x.tar", block, true), "实验室/第一台.log 1")
}

func TestWalkKeepsWhatIsBeforeDamage(t *testing.T) {
	text := noise(long)
	files := []file{{name: "a.log", text: text}, {name: "b.log", text: text}}
	stored := func(change func(*zip.FileHeader)) func(*zip.FileHeader, []byte) []byte {
		return func(h *zip.FileHeader, packed []byte) []byte { change(h); return packed }
	}
	cutTar := gzipOf(t, tarOf(t, tarred("a.log", text), tarred("b.log", text)))
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"wrong checksum", zipOf(t, file{"a.log", text, stored(func(h *zip.FileHeader) { h.CRC32++ })}, files[1]),
			[]string{"a.log 100000, then zip: checksum error", "b.log 100000"}},
		{"less than stated", zipOf(t, file{"a.log", text, stored(func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 40 })}),
			[]string{"a.log 100000, then unexpected EOF"}},
		{"encrypted", zipOf(t, file{"a.log", text, stored(func(h *zip.FileHeader) { h.Flags |= 1 })}, files[1]),
			[]string{"a.log: is encrypted; unpack it with its password first", "b.log 100000"}},
		{"deflate64", zipOf(t, file{"a.log", text, stored(func(h *zip.FileHeader) { h.Method = 9 })}),
			[]string{"a.log: is packed with deflate64, as Windows does above 2 GiB; unpack it first"}},
		{"another method", zipOf(t, file{"a.log", text, stored(func(h *zip.FileHeader) { h.Method = 98 })}),
			[]string{"a.log: is packed with method 98 of zip, which cannot be read; unpack it first"}},
		{"cut zip", zipOf(t, files...)[:90_000],
			[]string{"! its table of contents cannot be read: zip: not a valid zip file"}},
		{"cut 7z", sevenZipOf(files, 2)[:90_000], []string{"! its table of contents cannot be read: unexpected EOF"}},
		{"cut gz", gzipOf(t, []byte(text))[:30_000], []string{"cut gz alone ", ", then unexpected EOF"}},
		{"cut tar", tarOf(t, tarred("a.log", text), tarred("b.log", text))[:150_000],
			[]string{"a.log 100000", "b.log 48624, then unexpected EOF", "! unexpected EOF"}},
		{"cut tar.gz", cutTar[:len(cutTar)/3*2], []string{"a.log 100000", "b.log ", "! unexpected EOF"}},
		{"garbage behind", append(gzipOf(t, []byte(text)), "garbage"...),
			[]string{"garbage behind alone 100000, then unexpected EOF"}},
	} {
		got := opened(unpack.DefaultLimits(), c.name, c.data, true)
		if strings.HasPrefix(c.name, "cut") && strings.HasSuffix(c.name, "gz") {
			all := strings.Join(got, "\n")
			for _, part := range c.want {
				if !strings.Contains(all, part) {
					t.Errorf("%s: no %q in\n%s", c.name, part, all)
				}
			}
			continue
		}
		same(t, c.name, got, c.want...)
	}
}

// noise is text that does not pack well.
func noise(n int) string {
	var b strings.Builder
	for x := uint64(1); b.Len() < n; x = x*6364136223846793005 + 1442695040888963407 {
		fmt.Fprintf(&b, "%016x\n", x)
	}
	return b.String()[:n]
}

func TestWalkStopsAtLimits(t *testing.T) {
	limits := unpack.Limits{Bytes: 3 << 20, Entry: 1 << 20, Ratio: 100, Free: 1 << 16, Entries: 10, Depth: 3,
		Held: 1 << 16, Window: 1 << 24}
	var many []file
	for i := range 12 {
		many = append(many, file{name: fmt.Sprint(i), text: "x"})
	}
	big := noise(1<<20 + 1)
	nested := zipOf(t, file{name: "a.log", text: "x"})
	for range 4 {
		nested = zipOf(t, file{name: "n.zip", text: string(nested)})
	}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"entry", zipOf(t, file{name: "big", text: big}, file{name: "small", text: "x"}),
			[]string{`big: unpacks to more than 1 MiB (limit "Entry"); unpack it by hand and give the folder`, "small 1"}},
		{"ratio", zipOf(t, file{name: "zeros", text: strings.Repeat("\x00", 1<<19)}, file{name: "noise", text: big[:1<<19]}),
			[]string{`zeros: unpacks to more than 100 times its size (limit "Ratio"); unpack it by hand and give the folder`,
				"noise 524288"}},
		{"entries", zipOf(t, many...), []string{"0 1", "1 1", "2 1", "3 1", "4 1", "5 1", "6 1", "7 1", "8 1", "9 1",
			`! holds more than 10 files and folders (limit "Entries"); unpack it by hand and give the folder`}},
		{"depth", nested, []string{`n.zip!n.zip!n.zip!! lies in 3 archives inside each other (limit "Depth"); ` +
			`unpack it by hand and give the folder`}},
		{"held", zipOf(t, file{name: "n.zip", text: string(zipOf(t, file{name: "a", text: big}))}, file{name: "b", text: "x"}),
			[]string{`n.zip!! is a zip of more than 64 KiB inside an archive (limit "Held"); unpack it by hand and give the folder`,
				"b 1"}},
		{"bytes", zipOf(t, file{name: "a", text: big[:1<<20]}, file{name: "b", text: big[:1<<20]},
			file{name: "c", text: big[:1<<20]}, file{name: "d", text: "x"}, file{name: "e", text: "x"}),
			[]string{"a 1048576", "b 1048576", "c 1048576",
				`d: would make it more than 3 MiB unpacked from one archive (limit "Bytes"); unpack it by hand and give the folder`,
				`e: would make it more than 3 MiB unpacked from one archive (limit "Bytes"); unpack it by hand and give the folder`}},
		{"bytes of a tar", gzipOf(t, tarOf(t, tarred("a", big[:1<<20]), tarred("b", big[:1<<20]), tarred("c", big[:1<<20-9999]), tarred("d", big[:1<<20]))),
			[]string{"a 1048576", "b 1048576", "c 1038577",
				`d ?: unpacks to more than 3 MiB (limit "Bytes"); unpack it by hand and give the folder`,
				`! unpacks to more than 3 MiB (limit "Bytes"); unpack it by hand and give the folder`}},
	} {
		got := opened(limits, c.name, c.data, true)
		for i, line := range got { // how far it came depends on the sizes of buffers
			if c.name == "bytes of a tar" && strings.HasPrefix(line, "d ") {
				_, reason, _ := strings.Cut(line, ":")
				got[i] = "d ?:" + reason
			}
		}
		same(t, c.name, got, c.want...)
	}
}

// TestWalkRefusesMemoryThatHeadersAskFor: the header of an xz block asks for 1.5
// GiB, that of a zstd frame for 2 GiB.
func TestWalkRefusesMemoryThatHeadersAskFor(t *testing.T) {
	modest := xzOf(t, []byte(table))
	greedy := bytes.Clone(modest)
	header := greedy[12:][:(int(greedy[12])+1)*4]
	header[4] = 37 // (2|1) << (37/2+11)
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00}
	const want = `needs more than 128 MiB of memory to unpack (limit "Window"); unpack it by hand and give the folder`
	same(t, "xz", opened(unpack.DefaultLimits(), "a.xz", greedy, false), "! "+want)
	second := append(bytes.Clone(modest), greedy...)
	same(t, "xz, second stream", opened(unpack.DefaultLimits(), "a.xz", second, false), "! "+want)
	same(t, "zstd", opened(unpack.DefaultLimits(), "a.zst", frame, false), "a alone 0: "+want)
}

// TestWalkDefusesBombs: ten gigabytes of zeros, a zip of one entry many times, a
// hundred thousand entries, and zips in zips.
func TestWalkDefusesBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks gigabytes")
	}
	const pieces = 10 << 30 / zeros
	limits := unpack.DefaultLimits()
	limits.Ratio = 20 // to be quick
	block := make([]byte, zeros)
	zeroZip := zipOf(t, file{"zeros.log", "", func(h *zip.FileHeader, _ []byte) []byte {
		h.UncompressedSize64 = 10 << 30
		return zeroDeflate(t, pieces)
	}}, file{name: "good.log", text: table})
	crowd := make([]file, 100_000)
	for i := range crowd {
		crowd[i].name = fmt.Sprintf("%d.log", i)
	}
	nested := zipOf(t, file{name: "zeros.log", text: string(block)})
	for range 8 {
		nested = zipOf(t, file{name: "a.zip", text: string(nested)}, file{name: "b.zip", text: string(nested)})
	}
	for _, c := range []struct {
		name   string
		data   []byte
		reason string
	}{
		{"gz", bytes.Repeat(gzipOf(t, block), pieces), "20 times its size"},
		{"zst", bytes.Repeat(zstdOf(t, block), pieces), "20 times its size"},
		{"xz", bytes.Repeat(xzOf(t, block), pieces), "20 times its size"},
		{"zip", zeroZip, "more than 8 GiB"},
		{"overlap", overlapped(t), "lies over another entry"},
		{"crowd", zipOf(t, crowd...), "more than 20000 files"},
		{"nested", nested, "3 archives inside each other"},
		{"7z", sevenZipOf([]file{{name: "a", text: "x"}}, 1<<32-1), "more than 20000 files"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := strings.Join(opened(limits, c.name, c.data, true), "\n")
		runtime.ReadMemStats(&after)
		if !strings.Contains(got, c.reason) {
			t.Errorf("%s: no %q in\n%.500s", c.name, c.reason, got)
		}
		if c.name == "zip" && !strings.Contains(got, fmt.Sprintf("good.log %d", len(table))) {
			t.Errorf("%s: the good entry was not read\n%.500s", c.name, got)
		}
		mib := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %d bytes packed, %d MiB allocated in all", c.name, len(c.data), mib)
		if mib > 200 {
			t.Errorf("%s: %d MiB were allocated", c.name, mib)
		}
	}
}

// overlapped is a zip whose second entry is told to begin where the first does.
func overlapped(t testing.TB) []byte {
	data := zipOf(t, file{name: "a.log", text: table}, file{name: "b.log", text: table})
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[at+42:], 0)
	return data
}

func TestWalkReportsReadErrors(t *testing.T) {
	gone := errors.New("share gone")
	packed := gzipOf(t, []byte(noise(long)))
	u := unpack.NewUnpacker(unpack.DefaultLimits(), int64(len(packed)))
	r := io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), iotest.ErrReader(gone))
	got := walked(u, unpack.Archive{Name: "a.gz", Reader: r}, "")
	if len(got) != 1 || !strings.HasSuffix(got[0], ": share gone") {
		t.Errorf("got %q", got)
	}
}

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"run.zip": "run", "LAB-014.tar.gz": "LAB-014", "a.TGZ": "a", "a.log.gz": "a.log", ".zip": ".zip", "a": "a",
	} {
		if got := unpack.Stem(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzArchive(f *testing.F) {
	files := []file{{name: "LAB-1/a.log", text: table}, {name: "b", text: chinese}}
	inner := zipOf(f, files...)
	tarball := tarOf(f, tarred("../a", table), tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "a"})
	for _, seed := range [][]byte{inner, overlapped(f), sevenZipOf(files, 2), tarball, gzipOf(f, tarball),
		zstdOf(f, tarball), xzOf(f, tarball), gzipOf(f, inner), zipOf(f, file{name: "x.zip", text: string(inner)})} {
		f.Add(seed)
		f.Add(seed[:len(seed)*3/4])
	}
	limits := unpack.Limits{Bytes: 8 << 20, Entry: 1 << 20, Ratio: 100, Free: 1 << 16, Entries: 100, Depth: 3,
		Held: 1 << 20, Window: 1 << 23}
	f.Fuzz(func(t *testing.T, data []byte) {
		at, front := opened(limits, "x", data, true), opened(limits, "x", data, false)
		if strings.Join(at, "\n") != strings.Join(front, "\n") && len(data) < 1<<20 {
			t.Errorf("at any place:\n%s\nfrom the front:\n%s", strings.Join(at, "\n"), strings.Join(front, "\n"))
		}
		if len(at) > 2*100+2 {
			t.Errorf("%d entries", len(at))
		}
		for _, line := range at {
			if strings.ContainsAny(line, "\x00\x1b\n\\") || strings.ToValidUTF8(line, "") != line {
				t.Errorf("no label: %q", line)
			}
		}
	})
}
