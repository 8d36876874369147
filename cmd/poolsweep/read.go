package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"poolsweep/ingest"
	"poolsweep/ingest/tooltext"
	"poolsweep/ingest/unpack"
	"poolsweep/ingest/windbg"
	"poolsweep/report"
)

// reading is what came of all inputs, in their order.
type reading struct {
	docs    []*ingest.Document
	refused []report.Refused
	asides  []report.OutputInput // inputs without a document of their own: copies, archives
	notes   []string             // files in archives that were passed over
}

// outcome is what came of one file: a document, the reason of a refusal, or the
// account of an archive, whose files have outcomes of their own.
type outcome struct {
	path    string
	doc     *ingest.Document
	err     error
	archive *report.OutputInput
	note    string // it was passed over
	damaged bool   // what stands in an archive is not all there
	whole   bool   // the archive that was given ends as its writer ended it
}

// reader reads inputs, as many files at a time as there are processors.
type reader struct {
	ctx    context.Context
	limits unpack.Limits
	slots  chan struct{}
	take   func(*ingest.Snapshot) // what becomes of the tables of each snapshot
}

func newReader(ctx context.Context) *reader {
	return &reader{ctx: ctx, limits: unpack.DefaultLimits(), slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		take: keepTables}
}

// keepTables leaves the tables where they are.
func keepTables(*ingest.Snapshot) {}

// slot waits until a file may be read and returns what to call after it.
func (r *reader) slot() (done func()) {
	r.slots <- struct{}{}
	return func() { <-r.slots }
}

// readAll reads the inputs, lets take put away the tables of each snapshot when it is
// read, and calls step after each input. One that cannot be read is refused and the
// rest goes on; the only error is the user's interrupt.
func readAll(ctx context.Context, inputs []input, take func(*ingest.Snapshot), step func()) (*reading, error) {
	r := newReader(ctx)
	r.take = take
	outcomes := make([][]outcome, len(inputs))
	var group errgroup.Group
	group.SetLimit(cap(r.slots))
	for i, in := range inputs {
		group.Go(func() error {
			if ctx.Err() == nil {
				outcomes[i] = r.input(in)
				step()
			}
			return nil
		})
	}
	_ = group.Wait() // errors are kept a file each
	if ctx.Err() != nil {
		return nil, interrupted(inputs, outcomes)
	}
	return sortOut(slices.Concat(outcomes...)), nil
}

// interrupted tells what an interrupt left undone.
func interrupted(inputs []input, outcomes [][]outcome) error {
	var first string
	left := 0
	for i, of := range outcomes {
		cut := func(o outcome) bool { return errors.Is(o.err, context.Canceled) }
		if of != nil && !slices.ContainsFunc(of, cut) {
			continue
		}
		if left == 0 {
			first = inputs[i].path
		}
		left++
	}
	if left == 0 {
		return &failure{exitFailed, errors.New("interrupted: all logs were read, nothing was written"), ""}
	}
	err := fmt.Errorf("interrupted: %d of %d logs were not read, from %s on; nothing was written",
		left, len(inputs), first)
	return &failure{exitFailed, err, "run the same command again"}
}

// sortOut keeps the first of several documents with the same content.
func sortOut(outcomes []outcome) *reading {
	r := &reading{}
	first := map[string]string{}
	for _, o := range outcomes {
		switch {
		case o.note != "":
			r.notes = append(r.notes, o.path+": "+o.note)
			continue
		case o.archive != nil:
			r.asides = append(r.asides, *o.archive)
			continue
		case o.err != nil:
			r.refused = append(r.refused, report.Refused{Path: o.path, Reason: reason(o.err)})
			continue
		}
		d := o.doc
		if of, seen := first[d.SHA256]; seen {
			r.asides = append(r.asides, report.OutputInput{Path: o.path, SHA256: d.SHA256, Bytes: d.Bytes,
				Machine: machineOf(d), State: report.InputRead, Reason: "same content as " + of})
			continue
		}
		first[d.SHA256] = o.path
		r.docs = append(r.docs, d)
	}
	return r
}

func machineOf(d *ingest.Document) string {
	if len(d.Snapshots) == 0 {
		return ""
	}
	return d.Snapshots[0].Machine.Name
}

// survive makes a bug of ours in one file cost only that file.
func survive(path string, outcomes *[]outcome) {
	if p := recover(); p != nil {
		err := &ingest.Refusal{Reason: ingest.ReasonCrashedParser,
			Err: fmt.Errorf("the reader broke off, which is a bug: %v", p)}
		*outcomes = append(*outcomes, outcome{path: path, err: err})
	}
}

// input reads one input: a log, or an archive of logs.
func (r *reader) input(in input) (outcomes []outcome) {
	defer survive(in.path, &outcomes)
	f, err := in.open()
	if err != nil {
		return []outcome{{path: in.path, err: err}}
	}
	defer f.Close()
	raw := newMeter(r.ctx, f)
	head, done := newHead(raw)
	defer done()
	if isArchive(head) {
		return r.given(in, f, raw, head)
	}
	defer r.slot()()
	doc, err := r.document(head, raw, in)
	return []outcome{{path: in.path, doc: doc, err: err}}
}

// heads are the readers of files that were read.
var heads = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, sniffed) }}

// newHead returns a reader that can look ahead, and what to call when it is done with.
func newHead(raw io.Reader) (head *bufio.Reader, done func()) {
	head = heads.Get().(*bufio.Reader)
	head.Reset(raw)
	return head, func() {
		head.Reset(nil)
		heads.Put(head)
	}
}

// isArchive reports whether a file is an archive that can be opened.
func isArchive(head *bufio.Reader) bool {
	start, _ := head.Peek(unpack.Sniffed) // what fails here fails again when read
	return unpack.Kind(start) != ""
}

// document reads a log.
func (r *reader) document(head *bufio.Reader, raw *meter, in input) (*ingest.Document, error) {
	if err := refuseBinary(head, in.place.File); err != nil {
		return nil, err
	}
	clean, _, err := unpack.Text(head)
	if err != nil {
		return nil, &ingest.Refusal{Reason: ingest.ReasonEncoding, Err: err}
	}
	doc, err := windbg.ReadEach(clean, in.path, r.take, tooltext.Tables()...)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, head); err != nil { // what the reader left goes into the sum
		return nil, err
	}
	doc.SHA256, doc.Bytes, doc.Encoding = raw.hex(), raw.bytes, clean.Encoding()
	doc.Warnings = append(doc.Warnings, clean.Warnings(doc.File)...)
	if len(doc.Snapshots) == 0 { // a log with nothing to read still belongs to a machine
		doc.Snapshots = []*ingest.Snapshot{{Source: ingest.Source{File: doc.File}}}
	}
	doc.NameMachines(in.place)
	return doc, nil
}

// meter counts and hashes the bytes of a file as found, and ends the reading of
// a long one when the user interrupts.
type meter struct {
	ctx   context.Context
	r     io.Reader
	sum   hash.Hash
	bytes int64
}

func newMeter(ctx context.Context, r io.Reader) *meter {
	return &meter{ctx: ctx, r: r, sum: sha256.New()}
}

// hex returns the sum of all bytes read.
func (m *meter) hex() string { return hex.EncodeToString(m.sum.Sum(nil)) }

// Read passes on the next bytes.
func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.sum.Write(p[:n])
	m.bytes += int64(n)
	return n, err
}
