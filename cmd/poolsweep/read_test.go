package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	"poolsweep/ingest"
)

// shortLog is the smallest log with a table: one tag, its total and the next prompt.
const shortLog = `0: kd> !poolused 2
   Sorting by  NonPaged Pool Consumed

  Pool Used:
            NonPaged            Paged
 Tag    Allocs     Used    Allocs     Used
 Thre      291   186240         0        0	Thread objects , Binary: nt!ps
TOTAL      291   186240         0        0
0: kd> q
`

func textInput(path, text string) input {
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	return input{path: path, place: ingest.Place{File: path}, open: open}
}

// exploding panics when it is read, as a bug in the reader would.
type exploding struct{}

func (exploding) Read([]byte) (int, error) { panic("index out of range") }
func (exploding) Close() error             { return nil }

func TestReadAllGoesOnAfterABadInput(t *testing.T) {
	inputs := []input{
		textInput("LAB-1.log", shortLog),
		{path: "LAB-2.log", open: func() (io.ReadCloser, error) { return exploding{}, nil }},
		{path: "LAB-3.log", open: func() (io.ReadCloser, error) { return nil, errors.New("share is gone") }},
		textInput("LAB-4.log", ""),
		textInput("LAB-5.log", shortLog),
		textInput("LAB-6.log", strings.Replace(shortLog, "q\n", "lm\n", 1)),
	}
	steps := make(chan bool, len(inputs))
	r, err := readAll(t.Context(), inputs, keepTables, func() { steps <- true })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range r.docs {
		got = append(got, fmt.Sprintf("%s is %s, %d bytes", d.File, machineOf(d), d.Bytes))
	}
	for _, f := range r.refused {
		got = append(got, f.Path+": "+f.Reason)
	}
	for _, w := range r.asides {
		got = append(got, w.Path+" "+w.State+": "+w.Reason)
	}
	want(t, strings.Join(got, "\n"),
		fmt.Sprintf("LAB-1.log is LAB-1, %d bytes", len(shortLog)),
		fmt.Sprintf("LAB-6.log is LAB-6, %d bytes", len(shortLog)+1),
		"LAB-2.log: the reader broke off, which is a bug: index out of range",
		"LAB-3.log: share is gone",
		"LAB-4.log: is empty",
		"LAB-5.log read: same content as LAB-1.log")
	if len(steps) != len(inputs) {
		t.Errorf("%d steps for %d inputs", len(steps), len(inputs))
	}
}

// last is a reader that has nothing to give until it is told that all others are done.
type last struct{ told chan bool }

func (l last) Read([]byte) (int, error) {
	<-l.told
	return 0, io.EOF
}

// TestAHugeLogHoldsNoOtherUp reads twenty logs while the first one does not end.
func TestAHugeLogHoldsNoOtherUp(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("a single processor reads one log after the other")
	}
	told := make(chan bool)
	huge := input{path: "LAB-00.log", place: ingest.Place{File: "LAB-00.log"}, open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(shortLog), last{told})), nil
	}}
	inputs := []input{huge}
	for i := range 20 {
		inputs = append(inputs, textInput(fmt.Sprintf("LAB-%02d.log", i+1), shortLog+strings.Repeat("\n", i+1)))
	}
	var done atomic.Int32
	r, err := readAll(t.Context(), inputs, keepTables, func() {
		if int(done.Add(1)) == len(inputs)-1 {
			close(told)
		}
	})
	if err != nil || len(r.docs) != len(inputs) || r.docs[0].File != huge.path {
		t.Errorf("%d documents of %d inputs, error %v", len(r.docs), len(inputs), err)
	}
}

func TestReadInputHashesTheBytesAsFound(t *testing.T) {
	var wide strings.Builder
	wide.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(shortLog)) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	for encoding, text := range map[string]string{"utf-8": shortLog, "utf-16le": wide.String()} {
		o := newReader(t.Context()).input(textInput("LAB-1.log", text))[0]
		d := o.doc
		if o.err != nil {
			t.Fatal(o.err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); d.SHA256 != sum || d.Bytes != int64(len(text)) {
			t.Errorf("%s: %d bytes, sha256 %s; want %d, %s", encoding, d.Bytes, d.SHA256, len(text), sum)
		}
		if d.Encoding != encoding || len(d.Snapshots) != 1 || len(d.Snapshots[0].Tags) != 1 {
			t.Errorf("%s: read as %s, %d snapshots", encoding, d.Encoding, len(d.Snapshots))
		}
	}
}

// endless is a log that never ends; after some reads the user interrupts.
type endless struct {
	reads  int
	cancel context.CancelFunc
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads++; e.reads == 5 {
		e.cancel()
	}
	return copy(p, "x\n"), nil
}

func (e *endless) Close() error { return nil }

func TestReadAllIsInterruptedWithinALog(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	open := func() (io.ReadCloser, error) { return &endless{cancel: cancel}, nil }
	long := input{path: "long.log", open: open}
	_, err := readAll(ctx, []input{long}, keepTables, func() {})
	if err == nil || !strings.Contains(err.Error(), "1 of 1 logs were not read, from long.log on") {
		t.Errorf("got %v", err)
	}
}
