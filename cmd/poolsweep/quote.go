package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/ingest/unpack"
	"poolsweep/ingest/watch"
	"poolsweep/report"
)

// Lines of logs as reports quote them: what is longer than any row that a debugger
// prints is cut.
const (
	quoteBuffer = 64 << 10
	mostQuoted  = 240
)

// quoter reads logs again for some of their lines. They are looked up rather than kept:
// a history that kept each row as text would be twice as large, and any row may be one
// that a later case rests on.
type quoter struct {
	wanted map[string]map[int]bool // numbers of lines, by file
	sums   map[string]string       // of the files when they were read
	lines  map[ingest.Source]string
}

func newQuoter(docs []*ingest.Document, wanted []ingest.Source) *quoter {
	q := &quoter{wanted: map[string]map[int]bool{}, sums: map[string]string{}, lines: map[ingest.Source]string{}}
	for _, w := range wanted {
		if q.wanted[w.File] == nil {
			q.wanted[w.File] = map[int]bool{}
		}
		q.wanted[w.File][w.Line] = true
	}
	for _, d := range docs {
		q.sums[d.File] = d.SHA256
	}
	return q
}

// wants reports whether lines of a file, or of one in it, are wanted.
func (q *quoter) wants(file string) bool {
	for name := range q.wanted {
		if name == file || strings.HasPrefix(name, file+"!") {
			return true
		}
	}
	return false
}

// input finds the wanted lines of one input. What can no longer be read, or is no longer
// what was read, stays away: the report then gives the figure in its place.
func (q *quoter) input(in input) {
	if !q.wants(in.path) {
		return
	}
	f, err := in.open()
	if err != nil {
		return
	}
	defer f.Close()
	head := bufio.NewReaderSize(f, sniffed)
	if !isArchive(head) {
		q.log(in.path, head)
		return
	}
	a := opened(in.place.File, f, head)
	q.archive(unpack.NewUnpacker(unpack.DefaultLimits(), a.Size), a, in.path)
}

// archive finds those of the files in an archive. One that breaks off has given what
// came before.
func (q *quoter) archive(u *unpack.Unpacker, a unpack.Archive, file string) {
	_ = u.Walk(a, func(e *unpack.Entry) error {
		inner := file + "!" + e.Name
		if e.Link || !q.wants(inner) {
			return nil
		}
		c, err := e.Open()
		if err != nil {
			return nil
		}
		defer c.Close()
		head := bufio.NewReaderSize(c, sniffed)
		if isArchive(head) {
			_, name := unpack.Folders(e.Name)
			q.archive(u, unpack.Archive{Name: name, Inside: a.Inside + 1, Reader: head}, inner)
		} else {
			q.log(inner, head)
		}
		return nil
	})
}

// log finds those of a log, if it still is the one that was read.
func (q *quoter) log(file string, r io.Reader) {
	sum := sha256.New()
	raw := io.TeeReader(r, sum)
	found := map[ingest.Source]string{}
	err := eachLine(raw, func(no int, text []byte) {
		if q.wanted[file][no] {
			found[ingest.Source{File: file, Line: no}] = string(text[:min(mostQuoted, len(text))])
		}
	})
	if err == nil {
		_, err = io.Copy(io.Discard, raw)
	}
	if err != nil || hex.EncodeToString(sum.Sum(nil)) != q.sums[file] {
		return
	}
	for at, text := range found {
		q.lines[at] = text
	}
}

// eachLine calls see with each line of a log, counted as its reader counts them: LF,
// CRLF and CR end a line, and so does LF after several CRs.
func eachLine(r io.Reader, see func(no int, text []byte)) error {
	clean, _, err := unpack.Text(r)
	if err != nil {
		return err
	}
	buf := bufio.NewReaderSize(clean, quoteBuffer)
	for no := 1; ; {
		part, err := buf.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			part = bytes.Clone(part)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = buf.ReadSlice('\n')
			}
		}
		for text := range bytes.SplitSeq(bytes.TrimRight(part, "\r\n"), []byte("\r")) {
			see(no, text)
			no++
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// quoteWait is how long a write-up waits for the drop that it quotes: a share may hang.
const quoteWait = 10 * time.Second

// quoting returns how the lines that a case's figures were read from are found in the
// drops, where these still lie in the watched folders. One drop is read at a time: while
// a share hangs, reports do without.
func (h *history) quoting(ctx context.Context, held []store.Held) func(*analyze.Case) map[ingest.Source]string {
	return func(c *analyze.Case) map[ingest.Source]string {
		select {
		case h.quotes <- struct{}{}:
		default:
			return nil
		}
		q := newQuoter(documents(held), report.Cited(c))
		done := make(chan struct{})
		go func() {
			for _, in := range q.drops(held) {
				q.input(in)
			}
			<-h.quotes
			close(done)
		}()
		select {
		case <-done:
			return q.lines
		case <-time.After(quoteWait):
		case <-ctx.Done():
		}
		return nil
	}
}

// drops are the drops that lines are wanted of, each once.
func (q *quoter) drops(held []store.Held) []input {
	var all []input
	for _, h := range held {
		file := dropLabel(h.Share, h.Name)
		in := input{path: file, place: ingest.PlaceBelow(h.Name), open: func() (io.ReadCloser, error) { return reopen(h.Share, h.Name) }}
		if q.wants(file) && !slices.ContainsFunc(all, func(o input) bool { return o.path == file }) {
			all = append(all, in)
		}
	}
	return all
}

// reopen opens a drop once more. Archives are read from any place in them, so that a
// small drop is taken into memory.
func reopen(share, name string) (io.ReadCloser, error) {
	f, err := watch.New(share, watch.Options{Unpolled: true}).Open(name)
	if err != nil || f.Stamp().Size > inMemory {
		return f, err
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	return wholeFile{bytes.NewReader(all)}, err
}
