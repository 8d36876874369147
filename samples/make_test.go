package samples_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"poolsweep/samples"
)

var update = flag.Bool("update", false, "write the sample logs")

// sample is one log: where it lies, what it says and in which bytes.
type sample struct {
	path   string
	text   func() string
	encode func(string) []byte
}

var all = []sample{
	{"wavxdmgr-runaway/LAB-XP-07/LAB-XP-07_20121031.log", wavxRunaway, lf},
	{"wavxdmgr-before/LAB-XP-07/LAB-XP-07_20121022.log", wavxBefore, crlf},
	{"process-leak/TEST-2K3-11/stress-stopped.log", processLeak, lf},
	{"process-leak-listed/TEST-2K3-12/kd_20120411.log", processLeakListed, crlf},
	{"healthy/LAB-W10-21/kd_0bf4_2024-05-14_10-12-47-318.log", healthy, utf16le},
	{"healthy-many-volumes/LAB-W10-33/volumes.log", manyVolumes, lf},
	{"cut-off/LAB-W7-05/w7-pool.log", cutOff, crlf},
}

// TestSamples makes every log anew and compares it with the one on disk and in
// the program. A log that no generator makes fails as well.
func TestSamples(t *testing.T) {
	var made []string
	for _, s := range all {
		t.Run(s.path, func(t *testing.T) { check(t, s.path, s.encode(s.text())) })
		made = append(made, s.path)
	}
	err := fs.WalkDir(samples.Logs, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains(made, name) {
			t.Errorf("%s: no generator makes this log", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; go test ./samples -update writes it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from what is generated; go test ./samples -update writes it")
	}
	if embedded, err := samples.Logs.ReadFile(name); err != nil || !bytes.Equal(embedded, want) {
		t.Errorf("the embedded copy differs: %v", err)
	}
}

func lf(text string) []byte { return []byte(text) }

func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

// utf16le is what .logopen /u writes: little endian with a byte order mark.
func utf16le(text string) []byte {
	units := utf16.Encode([]rune("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n")))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
