package windbg

import (
	"os"
	"path/filepath"
	"testing"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
)

// shared finds logs that lie beside the checkout on some machines.
func shared(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no files ../shared/%s beside the checkout", pattern)
	}
	return files
}

// readFile reads a log as the program does.
func readFile(t *testing.T, path string) *ingest.Document {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, _, err := unpack.Text(f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(text, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadSharedLogs(t *testing.T) {
	for _, pattern := range []string{"seeds/*.txt", "corpus/*/*.txt", "incidents/*/*.txt"} {
		for _, path := range shared(t, pattern) {
			d := readFile(t, path)
			checkInvariants(t, d)
			for _, s := range d.Snapshots {
				for _, b := range s.Blocks {
					t.Logf("%-60s %-40s rows %5d unread %3d %s", filepath.Base(path), b.Command, b.Rows, b.Unread, b.State)
				}
				for _, w := range s.Warnings {
					t.Log("    ", w)
				}
			}
			for _, w := range d.Warnings {
				t.Log("    ", w)
			}
		}
	}
}
