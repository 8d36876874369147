package pdf

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"poolsweep/report"
)

var keep = flag.String("keep", "", "write the fixtures' PDFs into this folder, to look at them")

func write(t testing.TB, m *report.Writeup, p Paper) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKeepFixtures(t *testing.T) {
	if *keep == "" {
		t.Skip("no folder given with -keep")
	}
	for name, m := range fixtures() {
		if err := os.WriteFile(filepath.Join(*keep, name+".pdf"), write(t, m, A4), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
