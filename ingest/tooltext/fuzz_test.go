package tooltext

import (
	"bytes"
	"math"
	"os"
	"testing"
)

// FuzzTables checks what holds for every text: no panic, rows with a place and
// figures in range, and the same result with other line ends.
func FuzzTables(f *testing.F) {
	for _, path := range poolLogs(f) {
		log, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(log)
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		snaps := hosted(log)
		checkSnapshots(t, snaps)
		for _, s := range snaps {
			for _, u := range s.Tags {
				if u.Bytes > math.MaxInt64 || u.Line > bytes.Count(log, []byte("\n"))+1 {
					t.Errorf("row %+v", u)
				}
			}
		}
		if bytes.IndexByte(log, '\r') < 0 {
			want := dumped(snaps)
			if got := dumped(hosted(bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n")))); got != want {
				t.Errorf("with CRLF:\n%s\nwant:\n%s", got, want)
			}
		}
	})
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
