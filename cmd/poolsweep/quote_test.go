package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func logInput(path, text string) input {
	return input{path: path, open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func TestQuoteFindsLinesAsTheyArePrinted(t *testing.T) {
	long := strings.Repeat("x", 3*quoteBuffer)
	inputs := []input{logInput("a.log", "one\r\ntwo\rthree\n"+long+"\n\n  FMis  1  2\t\r\r\nlast"),
		logInput("b.log", "other"), {path: "gone.log", open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}}
	at := func(file string, line int) ingest.Source { return ingest.Source{File: file, Line: line} }
	var wanted []ingest.Source
	for line := range 9 {
		wanted = append(wanted, at("a.log", line))
	}
	wanted = append(wanted, at("gone.log", 1), at("drop.zip/in.log", 1))
	got := quote(inputs, wanted)
	want := map[ingest.Source]string{at("a.log", 1): "one", at("a.log", 2): "two", at("a.log", 3): "three",
		at("a.log", 4): long[:mostQuoted], at("a.log", 5): "", at("a.log", 6): "  FMis  1  2\t", at("a.log", 7): "last"}
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d: %q", len(got), len(want), got)
	}
	for source, text := range want {
		if got[source] != text {
			t.Errorf("%v is %q, want %q", source, got[source], text)
		}
	}
}
