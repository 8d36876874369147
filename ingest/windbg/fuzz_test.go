package windbg

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"poolsweep/ingest"
)

// FuzzRead checks the invariants of every document, that it does not depend on
// how the bytes arrive, and that reading from a block's first line finds the
// same block.
func FuzzRead(f *testing.F) {
	for _, path := range cases(f) {
		log, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(log) < 8000 {
			f.Add(log)
		}
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		d := mustRead(t, bytes.NewReader(log))
		checkInvariants(t, d)
		want := dumped(d)
		if got := dumped(mustRead(t, iotest.HalfReader(bytes.NewReader(log)))); got != want {
			t.Errorf("read in halves:\n%s\nwant:\n%s", got, want)
		}
		if bytes.IndexByte(log, '\r') < 0 && !strings.Contains(want, "64 KiB") {
			crlf := bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n"))
			if got := dumped(mustRead(t, bytes.NewReader(crlf))); got != want {
				t.Errorf("with CRLF:\n%s\nwant:\n%s", got, want)
			}
			checkBlocksAlone(t, log, d)
		}
	})
}

// checkBlocksAlone reads every block typed at a prompt again, from its first line on.
func checkBlocksAlone(t *testing.T, log []byte, d *ingest.Document) {
	t.Helper()
	all := bytes.SplitAfter(log, []byte("\n"))
	for _, s := range d.Snapshots {
		for _, b := range s.Blocks {
			text := bytes.ReplaceAll(all[b.Line-1], []byte{0}, nil)
			if _, ok := prompt(bytes.TrimRight(text, "\n")); !ok || bytes.IndexByte(text, ';') >= 0 || b.Rows == 0 {
				continue
			}
			alone := mustRead(t, bytes.NewReader(bytes.Join(all[b.Line-1:], nil)))
			if len(alone.Snapshots) == 0 {
				t.Fatalf("block %+v is not found when read alone", b)
			}
			if got := alone.Snapshots[0].Blocks[0]; got.Rows != b.Rows || got.State != b.State || got.Command != b.Command {
				t.Errorf("block %+v, read alone %+v", b, got)
			}
		}
	}
}
