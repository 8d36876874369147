package tooltext

import (
	"bytes"
	"math"
	"testing"

	"poolsweep/ingest"
)

// FuzzTables reads tables of pool tags, see checkText.
func FuzzTables(f *testing.F) { fuzz(f, poolKinds) }

// FuzzFltmc reads what is typed at the prompt of a shell, see checkText.
func FuzzFltmc(f *testing.F) { fuzz(f, shellKinds) }

// fuzz checks texts that are like the logs of some folders of testdata.
func fuzz(f *testing.F, kinds []string) {
	for _, path := range logsOf(f, kinds) {
		f.Add(fileOrFail(f, path))
	}
	f.Fuzz(checkText)
}

// checkText checks what holds for every text: no panic, rows with a place and
// figures in range, and the same result with other line ends.
func checkText(t *testing.T, log []byte) {
	for line := range bytes.SplitSeq(log, []byte("\n")) {
		checkBegins(t, bytes.TrimRight(bytes.TrimLeft(line, " \t"), "\r"))
	}
	snaps := read(log)
	checkSnapshots(t, snaps)
	count := func(end string) int { return bytes.Count(log, []byte(end)) }
	lines := count("\n") + count("\r") - count("\r\n") + 1 // a CR alone ends a line, too
	for _, s := range snaps {
		for _, u := range s.Tags {
			if u.Bytes > math.MaxInt64 || u.Line > lines {
				t.Errorf("row %+v", u)
			}
		}
	}
	if bytes.IndexByte(log, '\r') < 0 {
		checkCRLF(t, log)
	}
}

// checkBegins checks that a reader takes the line that its table recognises: a host
// would ask again and again otherwise.
func checkBegins(t testing.TB, line []byte) {
	t.Helper()
	for _, table := range Tables() {
		if table.Begins(line) && table.New("").Read(ingest.Line{No: 1, Text: line}, func(string) {}) == ingest.LineForeign {
			t.Errorf("%s begins with %q, and does not read it", table.Command, line)
		}
	}
}

// FuzzReadAmount checks that an amount lies within its text.
func FuzzReadAmount(f *testing.F) {
	for _, text := range []string{"7,695.5 MB", "15.120.687", "1\u00a0204", "~583k", "2.719 GB", "97.1%", "-5"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, end := readAmount(text)
		if end < 0 || end > len(text) {
			t.Fatalf("end %d of %d", end, len(text))
		}
		if n, ok := a.bytes(1); end > 0 && ok && n > math.MaxInt64 {
			t.Errorf("%d bytes", n)
		}
	})
}
