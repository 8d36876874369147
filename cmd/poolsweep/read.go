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
	twins   []report.OutputInput // inputs with the same bytes as one before them
}

// readAll reads the inputs, as many at a time as there are processors, and calls
// step after each. An input that cannot be read is refused and the rest goes on;
// the only error is the user's interrupt.
func readAll(ctx context.Context, inputs []input, step func()) (*reading, error) {
	docs := make([]*ingest.Document, len(inputs))
	errs := make([]error, len(inputs))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, in := range inputs {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				docs[i], errs[i] = readInput(ctx, in)
				step()
			}
			return nil
		})
	}
	_ = group.Wait() // errors are kept a file each
	if ctx.Err() != nil {
		return nil, interrupted(inputs, docs)
	}
	return sortOut(inputs, docs, errs), nil
}

// interrupted tells what an interrupt left undone.
func interrupted(inputs []input, docs []*ingest.Document) error {
	var first string
	left := 0
	for i, doc := range docs {
		if doc != nil {
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
func sortOut(inputs []input, docs []*ingest.Document, errs []error) *reading {
	r := &reading{}
	first := map[string]string{}
	for i, in := range inputs {
		if errs[i] != nil {
			r.refused = append(r.refused, report.Refused{Path: in.path, Reason: reason(errs[i])})
			continue
		}
		d := docs[i]
		if of, seen := first[d.SHA256]; seen {
			r.twins = append(r.twins, report.OutputInput{Path: in.path, SHA256: d.SHA256, Bytes: d.Bytes,
				Machine: machineOf(d), State: report.InputRead, Reason: "same content as " + of})
			continue
		}
		first[d.SHA256] = in.path
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

// readInput reads one file. A bug of ours in one log must not cost the others
// their reports, so a panic only refuses the file.
func readInput(ctx context.Context, in input) (doc *ingest.Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("the reader broke off, which is a bug: %v", p)
		}
	}()
	f, err := in.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw := &meter{ctx: ctx, r: f, sum: sha256.New()}
	head := bufio.NewReaderSize(raw, sniffed)
	if err := refuseBinary(head, in.path); err != nil {
		return nil, err
	}
	clean, encoding, err := unpack.Text(head)
	if err != nil {
		return nil, err
	}
	if doc, err = windbg.Read(clean, in.path, tooltext.Tables()...); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, head); err != nil { // what the reader left goes into the sum
		return nil, err
	}
	doc.SHA256, doc.Bytes, doc.Encoding = hex.EncodeToString(raw.sum.Sum(nil)), raw.bytes, encoding
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
