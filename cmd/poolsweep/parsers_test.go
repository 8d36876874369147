package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"poolsweep/ingest"
)

// newParsers returns parsers that run this test program as poolsweep.
func newParsers(t *testing.T, limits parserLimits) *parsers {
	t.Setenv(asPoolsweep, "1")
	ps := &parsers{command: []string{os.Args[0]}, limits: limits}
	t.Cleanup(ps.close)
	return ps
}

func parse(t *testing.T, ps *parsers, drop io.Reader) answer {
	t.Helper()
	a, err := ps.parse(order{Path: "LAB-1/a.log", File: "a.log", Below: []string{"LAB-1"}}, drop)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func sample(t *testing.T) []byte {
	t.Helper()
	files, _ := filepath.Glob("../../samples/*/*/*.log")
	if len(files) == 0 {
		t.Fatal("no samples")
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParsersReadAsASweepDoes(t *testing.T) {
	ps := newParsers(t, defaultParserLimits())
	log := sample(t)
	in := input{path: "LAB-1/a.log", place: ingest.Place{File: "a.log", Below: []string{"LAB-1"}},
		open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(log)), nil }}
	want := newReader(t.Context()).input(in)[0].doc
	for range 3 { // one process, again and again
		a := parse(t, ps, bytes.NewReader(log))
		if len(a.Documents) != 1 || !reflect.DeepEqual(a.Documents[0], want) {
			t.Fatalf("documents %+v, want one: %+v", a.Documents, want)
		}
	}
	if len(ps.idle) != 1 {
		t.Errorf("%d processes, want 1", len(ps.idle))
	}
}

func TestParsersRefuseWhatIsNoLog(t *testing.T) {
	ps := newParsers(t, defaultParserLimits())
	for text, want := range map[string]ingest.Reason{
		"":                            ingest.ReasonEmpty,
		"PAGEDU64" + "\x00\x01\x02":   ingest.ReasonNotALog,
		"Rar!\x1a\x07":                ingest.ReasonArchive,
		"PK\x03\x04" + "cut off here": ingest.ReasonArchive,
	} {
		if a := parse(t, ps, strings.NewReader(text)); a.Reason != want || len(a.Documents) != 0 || a.Detail == "" {
			t.Errorf("%.8q: %+v, want %s", text, a, want)
		}
	}
}

// What a drop does to its parser costs that drop: the next one is read.
func TestParserThatBreaksCostsOneDrop(t *testing.T) {
	ps := newParsers(t, parserLimits{memory: 256 << 20})
	log := sample(t)
	for fault, want := range map[string]ingest.Reason{
		"panic":    ingest.ReasonCrashedParser,
		"exit":     ingest.ReasonCrashedParser,
		"loop":     ingest.ReasonLimitCPU,
		"allocate": ingest.ReasonLimitMemory,
	} {
		ps.limits.step = time.Minute // a busy machine is slow to fill the memory
		if want == ingest.ReasonLimitCPU {
			ps.limits.step = 2 * time.Second
		}
		t.Setenv(parserFault, fault)
		if a := parse(t, ps, strings.NewReader(faultMark+"\n")); a.Reason != want {
			t.Errorf("%s: %s (%s), want %s", fault, a.Reason, a.Detail, want)
		}
		if a := parse(t, ps, bytes.NewReader(log)); len(a.Documents) != 1 {
			t.Errorf("after %s: a good drop was refused: %s", fault, a.Reason)
		}
		ps.close() // the next fault needs a process that knows of it
	}
}

func TestParserOfADropThatCannotBeReadIsLetGo(t *testing.T) {
	ps := newParsers(t, defaultParserLimits())
	broken := errors.New("the share went away")
	drop := io.MultiReader(strings.NewReader("Opened log file\n"), iotest.ErrReader(broken))
	if _, err := ps.parse(order{Path: "x"}, drop); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
	if a := parse(t, ps, bytes.NewReader(sample(t))); len(a.Documents) != 1 {
		t.Errorf("the next drop was refused: %s", a.Reason)
	}
}

// Set in the environment, asPoolsweep makes this test program run as poolsweep, and
// parserFault says what a drop with faultMark in it does to its parser.
const (
	asPoolsweep = "POOLSWEEP_TEST_RUN"
	parserFault = "POOLSWEEP_TEST_FAULT"
	faultMark   = "this line breaks the parser"
)

func runAsPoolsweep() {
	if fault := os.Getenv(parserFault); fault != "" && len(os.Args) > 1 && os.Args[1] == "parse" {
		con := &console{out: os.Stdout, err: os.Stderr}
		cmd := newParse(con, &faulty{os.Stdin, fault})
		cmd.SetArgs(os.Args[2:])
		if cmd.Execute() != nil {
			os.Exit(exitFailed)
		}
		os.Exit(exitDone)
	}
	silence /= 10
	main()
}

// faulty passes a parser's input on until the mark comes by.
type faulty struct {
	io.Reader
	fault string
}

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if !bytes.Contains(p[:n], []byte(faultMark)) {
		return n, err
	}
	switch f.fault {
	case "panic":
		panic("as the test wants it")
	case "exit":
		os.Exit(9)
	case "loop":
		for {
			time.Sleep(time.Millisecond)
		}
	case "allocate":
		for {
			hoard = append(hoard, make([]byte, 16<<20))
			clear(hoard[len(hoard)-1])
			time.Sleep(10 * time.Millisecond)
		}
	}
	return n, err
}

var hoard [][]byte

func TestLogWithMoreInItThanAnyMachineHasIsRefused(t *testing.T) {
	text := func(size int) *ingest.Document {
		return &ingest.Document{Warnings: []ingest.Warning{{Text: strings.Repeat("x", size)}}}
	}
	tags := func(n int) *ingest.Document {
		return &ingest.Document{Snapshots: []*ingest.Snapshot{{Tags: make([]ingest.TagUsage, n)}}}
	}
	for _, d := range []*ingest.Document{text(mostKept - 4096), tags(mostTags)} {
		if err := bounded(d); err != nil {
			t.Error(err)
		}
	}
	for _, d := range []*ingest.Document{text(mostKept), tags(mostTags + 1)} {
		if err := bounded(d); err == nil || codeOf(err) != ingest.ReasonLimitMemory {
			t.Errorf("%v, want %s", err, ingest.ReasonLimitMemory)
		}
	}
}
