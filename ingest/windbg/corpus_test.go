package windbg

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// TestSharedFacts checks the facts around the pool tables of some of those logs.
func TestSharedFacts(t *testing.T) {
	for pattern, want := range map[string]string{
		"corpus/pool/016-*.txt": "videoprt.sys 2/160 19/2132 Vprt x3, usbport.sys 225/286832 7/252 usbp x3, special pool",
		"corpus/pool/018-*.txt": "MyDriver.sys 3/4184 0/0 VMdl x1 mdrv x1 Vfwi x1, special pool",
		"corpus/pool/020-*.txt": "stop c4 62 3",
		"corpus/pool/023-*.txt": "buggy.sys 0/0 0/0, stop c4 d2 b0",
		"corpus/pool/027-*.txt": "SeSd nonpaged x17, SeSd paged x4",
		"corpus/pool/038-*.txt": "MmSt paged x1 of nt!mm",
		"corpus/pool/077-*.txt": "Proc nonpaged x36",
		"corpus/pool/105-*.txt": "V2lg nonpaged x1 large of vhdmp.sys",
		"corpus/ctx/010-*.txt":  "System 3279, lsass.exe 1144",
		"corpus/ctx/023-*.txt":  "locks 2263, locks held 3",
		"corpus/ctx/033-*.txt":  "MyDriver.sys 3/4184 0/0 VMdl x1 mdrv x1 Vfwi x1, stop c4 62 3 by MyDriver.sys, special pool",
		"incidents/022-*/*.txt": "ebpfcore.sys 1/4 0/0 ebpf x1",
		"incidents/023-*/*.txt": "svchost.exe(2496) holds 1115: 1115 processes 0 threads, zombies of svchost.exe 1081, zombies of MicrosoftEdgeUpdate.exe 34",
		"incidents/039-*/*.txt": "stop c4 62 12 by ebpfcore.sys, special pool",
		"incidents/061-*/*.txt": "MyDriver.sys 3/4184 0/0 VMdl x1 mdrv x1 Vfwi x1, special pool",
		"incidents/114-*/*.txt": "stop c4 62 3",
		"incidents/116-*/*.txt": "stop c4 62 2 by ebpfcore.sys",
		"corpus/pool/017-*.txt": "",
		"corpus/pool/022-*.txt": "",
		"corpus/pool/054-*.txt": "",
		"corpus/ctx/024-*.txt":  "",
		"incidents/029-*/*.txt": "",
		"corpus/pool/036-*.txt": "",
	} {
		for _, path := range shared(t, pattern) {
			if got := facts(readFile(t, path)); got != want {
				t.Errorf("%s: %s\nwant %s", path, got, want)
			}
		}
	}
}

// facts says in short what dumpFacts says at length.
func facts(d *ingest.Document) string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, s := range d.Snapshots {
		for _, v := range s.Verified {
			text := fmt.Sprintf("%s %d/%d %d/%d", v.Module, v.NonPaged.Allocs, v.NonPaged.Bytes, v.Paged.Allocs, v.Paged.Bytes)
			for _, b := range v.Blocks {
				text += fmt.Sprintf(" %s x%d", b.Tag, b.Count)
			}
			add("%s", text)
		}
		if c := s.Bugcheck; c != nil {
			add("stop %x %x %x%s", c.Code, c.Args[0], c.Args[3], labelledText(" by ", c.Driver))
		}
		for _, h := range s.Handles {
			add("%s%s %d", h.Process, labelledText(" ", h.Type), h.Count)
		}
		for _, f := range s.Found {
			large := map[bool]string{true: " large"}[f.Large]
			add("%s %s x%d%s%s", f.Tag, f.Pool, f.Count, large, labelledText(" of ", f.Owner))
		}
		for _, z := range s.Zombies {
			add("%s(%d) holds %d: %d processes %d threads", z.Holder, z.PID, z.Held, z.Processes, z.Threads)
		}
		for _, x := range s.Tallies {
			if option, ok := strings.CutPrefix(x.What, "verifier option: "); ok {
				add("%s", option)
				continue
			}
			add("%s %d", x.What, x.Count)
		}
	}
	return strings.Join(all, ", ")
}

func labelledText(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}
