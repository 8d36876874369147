package windbg

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
)

var update = flag.Bool("update", false, "write the golden files anew")

// name is how every test log is called, so that dumps do not depend on folders.
const name = "test.log"

// cases returns the logs in testdata.
func cases(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs in testdata: %v", err)
	}
	return files
}

// eachCase runs a test for every log in testdata.
func eachCase(t *testing.T, test func(t *testing.T, log []byte)) {
	t.Helper()
	for _, path := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.ToSlash(path)[len("testdata/"):], ".log"), func(t *testing.T) {
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			test(t, log)
		})
	}
}

func mustRead(t testing.TB, r io.Reader) *ingest.Document {
	t.Helper()
	d, err := Read(r, name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadGolden(t *testing.T) {
	for _, path := range cases(t) {
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d := mustRead(t, bytes.NewReader(log))
			checkInvariants(t, d)
			got := dumped(d)
			golden := strings.TrimSuffix(path, ".log") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestReadIsTheSameForEveryEncodingAndLineEnd(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		want := dumped(mustRead(t, bytes.NewReader(log)))
		crlf := bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n"))
		for form, data := range map[string][]byte{
			"crlf":     crlf,
			"crcrlf":   bytes.ReplaceAll(log, []byte("\n"), []byte("\r\r\n")),
			"cr":       bytes.ReplaceAll(log, []byte("\n"), []byte("\r")),
			"utf-16le": utf16(t, crlf, unicode.LittleEndian),
			"utf-16be": utf16(t, crlf, unicode.BigEndian),
			"utf-8":    append([]byte("\ufeff"), log...),
		} {
			text, _, err := unpack.Text(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if got := dumped(mustRead(t, text)); got != want {
				t.Errorf("%s:\n%s\nwant:\n%s", form, got, want)
			}
		}
	})
}

func utf16(t *testing.T, text []byte, order unicode.Endianness) []byte {
	t.Helper()
	b, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadIsTheSameByteByByte(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		want := dumped(mustRead(t, bytes.NewReader(log)))
		for form, r := range map[string]io.Reader{
			"one byte": iotest.OneByteReader(bytes.NewReader(log)),
			"data+err": iotest.DataErrReader(bytes.NewReader(log)),
		} {
			if got := dumped(mustRead(t, r)); got != want {
				t.Errorf("%s:\n%s\nwant:\n%s", form, got, want)
			}
		}
	})
}

// TestReadKeepsNoPartOfTheLineBuffer overwrites every line after it was read.
func TestReadKeepsNoPartOfTheLineBuffer(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		want := dumped(mustRead(t, bytes.NewReader(log)))
		p, in := newParser(name, newMemory()), newLines(bytes.NewReader(log), make([]byte, bufferSize))
		for in.next() {
			p.read(in.line)
			for i := range in.text {
				in.text[i] = '#'
			}
		}
		if got := dumped(p.finish(in.no)); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestSnapshotsAreWholeWhenHandedOver takes the tables of each snapshot off as soon as
// it is handed over: it was whole then, and no other misses them.
func TestSnapshotsAreWholeWhenHandedOver(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		want := mustRead(t, bytes.NewReader(log))
		var whole []*ingest.Snapshot
		got, err := ReadEach(bytes.NewReader(log), name, func(s *ingest.Snapshot) {
			kept := *s
			kept.Tags = slices.Clone(s.Tags) // as ReadEach asks for
			whole = append(whole, &kept)
			s.Tags, s.Totals, s.Filters, s.Modules, s.Tallies, s.Volumes = nil, nil, nil, nil, nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(whole) != len(got.Snapshots) {
			t.Errorf("%d of %d snapshots were handed over", len(whole), len(got.Snapshots))
		}
		got.Snapshots = whole
		if got, want := dumped(got), dumped(want); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestReadOfACutLogKeepsWhatStandsBefore cuts every log after each line and in
// the middle of each line.
func TestReadOfACutLogKeepsWhatStandsBefore(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		if len(log) > 20000 {
			return
		}
		whole := mustRead(t, bytes.NewReader(log))
		for at := range log {
			if at%7 != 0 && log[at] != '\n' {
				continue
			}
			cut := mustRead(t, bytes.NewReader(log[:at+1]))
			checkInvariants(t, cut)
			checkCut(t, cut, whole, at)
			if t.Failed() {
				t.Fatalf("cut after %q", log[max(0, at-80):at+1])
			}
		}
	})
}

// checkCut compares a cut document with the whole one.
func checkCut(t *testing.T, cut, whole *ingest.Document, at int) {
	t.Helper()
	if len(cut.Snapshots) > len(whole.Snapshots) {
		t.Errorf("cut at %d: %d snapshots, the whole log has %d", at, len(cut.Snapshots), len(whole.Snapshots))
		return
	}
	for i, s := range cut.Snapshots {
		last := i == len(cut.Snapshots)-1 || endsLast(cut, s)
		full := whole.Snapshots[i]
		for _, u := range s.Tags {
			if f := full.Find(u.Tag, u.Pool); f == nil || f.Line == u.Line && f.Usage != u.Usage && !twice(full, u) {
				t.Errorf("cut at %d: row %+v, whole %+v", at, u, f)
			}
		}
		for k, b := range s.Blocks {
			if k >= len(full.Blocks) || last && k == len(s.Blocks)-1 {
				checkLast(t, s, b, full, k, at)
				continue
			}
			if b != full.Blocks[k] {
				t.Errorf("cut at %d: block %+v, whole %+v", at, b, full.Blocks[k])
			}
		}
	}
}

// endsLast reports whether the last block of the log is of this snapshot: where several
// dumps are open, it need not be the last snapshot.
func endsLast(d *ingest.Document, s *ingest.Snapshot) bool {
	lastLine := func(s *ingest.Snapshot) int {
		n := 0
		for _, b := range s.Blocks {
			n = max(n, b.Line)
		}
		return n
	}
	for _, other := range d.Snapshots {
		if lastLine(other) > lastLine(s) {
			return false
		}
	}
	return true
}

// twice reports whether a tag is printed twice in one table and added up.
func twice(full *ingest.Snapshot, u ingest.TagUsage) bool {
	return strings.Contains(u.Tag.String(), ".a") && len(full.Tags) == 1
}

// checkLast checks that a block with fewer rows than the whole log has says so.
func checkLast(t *testing.T, s *ingest.Snapshot, b ingest.Block, full *ingest.Snapshot, k, at int) {
	t.Helper()
	if k >= len(full.Blocks) {
		if !b.Complete() || b.Command == ".time" {
			return // what is left does not tell yet that a new snapshot begins
		}
		t.Errorf("cut at %d: block %+v more than in the whole log", at, b)
		return
	}
	if f := full.Blocks[k]; b.Command == f.Command && b.Rows < f.Rows && b.Complete() && !naturalEnd(b, f) {
		t.Errorf("cut at %d: block %+v is complete, whole %+v", at, b, f)
	}
}

// naturalEnd reports whether a shorter list may end where the cut is: after an
// empty line, or after the answer about one module.
func naturalEnd(b, f ingest.Block) bool {
	list := []string{"!for_each_module", "s -", "!fltkd", "lm m", "lmvm", "!vm", ".time", "vertarget"}
	return slices.ContainsFunc(list, func(c string) bool { return strings.HasPrefix(b.Command, c) }) && b.LastLine < f.LastLine
}

func TestReadErrors(t *testing.T) {
	r := io.MultiReader(strings.NewReader("0: kd> !poolused 2\n"), iotest.ErrReader(iotest.ErrTimeout))
	if d, err := Read(r, name); err == nil || d != nil || !strings.Contains(err.Error(), "read test.log: timeout") {
		t.Errorf("document %v, err %v", d, err)
	}
	if _, err := Read(stuck{}, name); err == nil {
		t.Error("a reader that makes no progress is no error")
	}
}

// stuck never returns anything.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
