package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
	"poolsweep/samples"
)

func logInput(path, text string) input {
	return input{path: path, open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// asRead is the document of a log that was read.
func asRead(file, text string) *ingest.Document {
	sum := sha256.Sum256([]byte(text))
	return &ingest.Document{File: file, SHA256: hex.EncodeToString(sum[:])}
}

// quoted are the lines that a quoter finds in inputs.
func quoted(docs []*ingest.Document, inputs []input, wanted ...ingest.Source) map[ingest.Source]string {
	q := newQuoter(docs, wanted)
	for _, in := range inputs {
		q.input(in)
	}
	return q.lines
}

func TestQuoteFindsLinesAsTheyArePrinted(t *testing.T) {
	long := strings.Repeat("x", 3*quoteBuffer)
	text := "one\r\ntwo\rthree\n" + long + "\n\n  FMis  1  2\t\r\r\nlast"
	inputs := []input{logInput("a.log", text), logInput("b.log", "other"),
		{path: "gone.log", open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}}
	docs := []*ingest.Document{asRead("a.log", text), asRead("b.log", "another one"), asRead("gone.log", "x")}
	at := func(file string, line int) ingest.Source { return ingest.Source{File: file, Line: line} }
	var wanted []ingest.Source
	for line := range 9 {
		wanted = append(wanted, at("a.log", line))
	}
	wanted = append(wanted, at("b.log", 1), at("gone.log", 1))
	got := quoted(docs, inputs, wanted...)
	want := map[ingest.Source]string{at("a.log", 1): "one", at("a.log", 2): "two", at("a.log", 3): "three",
		at("a.log", 4): long[:mostQuoted], at("a.log", 5): "", at("a.log", 6): "  FMis  1  2\t", at("a.log", 7): "last"}
	if !maps.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestQuoteFindsLinesInArchives(t *testing.T) {
	inner := zipped(t, "deep/b.log", "first\nsecond\n")
	outer := zipped(t, "LAB-1/a.log", "alpha\nbeta\n", "in.zip", inner)
	in := input{path: "drop.zip", place: ingest.Place{File: "drop.zip"}, open: func() (io.ReadCloser, error) {
		return wholeFile{bytes.NewReader([]byte(outer))}, nil
	}}
	docs := []*ingest.Document{asRead("drop.zip!LAB-1/a.log", "alpha\nbeta\n"), asRead("drop.zip!in.zip!deep/b.log", "first\nsecond\n")}
	a, b := ingest.Source{File: docs[0].File, Line: 2}, ingest.Source{File: docs[1].File, Line: 1}
	if got := quoted(docs, []input{in}, a, b); !maps.Equal(got, map[ingest.Source]string{a: "beta", b: "first"}) {
		t.Errorf("%q", got)
	}
	docs[0].SHA256 = "of another day"
	if got := quoted(docs, []input{in}, a, b); !maps.Equal(got, map[ingest.Source]string{b: "first"}) {
		t.Errorf("after a change: %q", got)
	}
}

// quotes counts the lines that the write-up of the runaway sample quotes.
func quotes(t *testing.T, b *bench) int {
	t.Helper()
	j, _, err := b.history().judge(t.Context(), &selection{}, nil)
	if err != nil || len(j.Result.Cases) == 0 || j.quote == nil {
		t.Fatalf("%v, cases %d", err, len(j.Result.Cases))
	}
	lines := j.quote(&j.Result.Cases[0])
	for at, text := range lines {
		if at.Line == 68 && !strings.HasPrefix(text, " FMis     10841      6503328 ") {
			t.Errorf("line 68: %q", text)
		}
	}
	return len(lines)
}

func TestHistoryQuotesDropsThatStillLieThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, "wavxdmgr-runaway")
	if n := quotes(t, b); n != 13 {
		t.Errorf("%d lines are quoted", n)
	}
	b.quotes <- struct{}{} // a share hangs
	if n := quotes(t, b); n != 0 {
		t.Errorf("%d lines are quoted beside a drop that hangs", n)
	}
	<-b.quotes
	names, err := fs.Glob(samples.Logs, "wavxdmgr-runaway/*/*.log")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	drop := filepath.Join(append([]string{b.cfg.Drops[0].Path}, strings.Split(names[0], "/")[1:]...)...)
	text, err := os.ReadFile(drop)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(drop, slices.Concat(text, []byte("0: kd> q\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := quotes(t, b); n != 0 {
		t.Errorf("%d lines of a drop that changed are quoted", n)
	}
	if err := os.Remove(drop); err != nil {
		t.Fatal(err)
	}
	if n := quotes(t, b); n != 0 {
		t.Errorf("%d lines of a drop that is gone are quoted", n)
	}
}

func TestAHistoryThatIsRedactedIsNotQuoted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "wavxdmgr-runaway")
	b.cfg.Redact = redactStrict
	j, _, err := b.history().judge(t.Context(), &selection{}, nil)
	if err != nil || j.quote != nil {
		t.Errorf("%v, quoted %v", err, j.quote != nil)
	}
}
