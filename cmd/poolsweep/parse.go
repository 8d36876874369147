package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/metrics"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest"
	"poolsweep/ingest/redact"
	"poolsweep/ingest/unpack"
)

// The watcher has drops parsed by processes of their own, so that no drop can
// take the watcher down, whatever it does to the parser. Both sides talk in gobs
// over the standard streams: an order, the bytes in parts, one answer.

// order asks for one drop to be read. What follows are its bytes.
type order struct {
	Path     string // as shown in the reports
	File     string // its last element
	Below    []string
	NameRule string // pattern; empty when there is none
	Redact   bool   // take out what names people, so that it never leaves the parser
}

// part is a piece of a drop's bytes; the last one is empty.
type part struct{ Bytes []byte }

// answer is what came of a drop.
type answer struct {
	Documents []*ingest.Document // several when the drop is an archive
	Whole     bool               // it is an archive, whole to its end
	Reason    ingest.Reason      // why there is none
	Detail    string             // the same in words
}

// exitMemory is how a parser ends that has taken too much memory.
const exitMemory = 77

// newParse returns the command that the watcher starts for itself.
func newParse(con *console, in io.Reader) *cobra.Command {
	var memory int64
	cmd := &cobra.Command{
		Use:    "parse",
		Short:  "Parse drops for the watcher",
		Hidden: true,
		Args:   usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if memory > 0 {
				go guardMemory(memory, func() { os.Exit(exitMemory) })
			}
			// A Ctrl-C reaches all processes of a terminal. The drop at hand is no worse for
			// it: the watcher ends its parsers itself, by ending their input.
			return parseDrops(context.WithoutCancel(cmd.Context()), in, con.out)
		},
	}
	cmd.Flags().Int64Var(&memory, "memory", 0, "end when more than so many `BYTES` are in use")
	return cmd
}

// parseDrops answers orders until the input ends.
func parseDrops(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("take order: %w", err)
		}
		drop := &stream{parts: orders}
		a := parseDrop(ctx, o, drop)
		if _, err := io.Copy(io.Discard, drop); err != nil {
			return fmt.Errorf("take drop: %w", err)
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

func parseDrop(ctx context.Context, o order, drop *stream) answer {
	rule, err := nameRule(o.NameRule)
	if err != nil {
		return answer{Reason: ingest.ReasonIOError, Detail: err.Error()}
	}
	in := input{path: o.Path, place: ingest.Place{File: o.File, Below: o.Below, Rule: rule}, open: drop.open}
	var a answer
	for _, part := range newReader(ctx).input(in) {
		a.Whole = a.Whole || part.whole
		if part.doc != nil {
			part.err = bounded(part.doc)
		}
		switch {
		case part.err != nil && a.Reason == "":
			a.Reason, a.Detail = codeOf(part.err), reason(part.err)
		case part.err == nil && part.doc != nil:
			a.Documents = append(a.Documents, part.doc)
		}
	}
	if len(a.Documents) > 0 {
		a.Reason, a.Detail = "", ""
	}
	if o.Redact {
		for _, d := range a.Documents {
			redact.Document(d, o.Path)
		}
		a.Detail = redact.Text(a.Detail, o.Path)
	}
	return a
}

// What may be kept of one log. Machines have up to three thousand tags, and logs of
// many moments take some megabytes; the watcher, which judges many logs together,
// needs two kilobytes and more for each tag.
const (
	mostTags = 50_000 // of one moment
	mostKept = 16 << 20
)

// bounded refuses a log with more in it than any machine has.
func bounded(d *ingest.Document) error {
	for _, s := range d.Snapshots {
		if len(s.Tags) > mostTags {
			return &ingest.Refusal{Reason: ingest.ReasonLimitMemory,
				Err: fmt.Errorf("it has %d tags, at most %d are kept", len(s.Tags), mostTags)}
		}
	}
	var size byteCount
	if err := gob.NewEncoder(&size).Encode(d); err != nil {
		return err
	}
	if size > mostKept {
		return &ingest.Refusal{Reason: ingest.ReasonLimitMemory,
			Err: fmt.Errorf("what stands in it takes %d MiB, at most %d are kept of a log", size>>20, mostKept>>20)}
	}
	return nil
}

// byteCount counts what is written.
type byteCount int64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

// codeOf returns the reason code of an error of the readers.
func codeOf(err error) ingest.Reason {
	var r *ingest.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ingest.ReasonIOError
}

// stream is the drop as it comes over the pipe.
type stream struct {
	parts *gob.Decoder
	rest  []byte
	ended bool
}

func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		var next part
		if err := s.parts.Decode(&next); err != nil {
			return 0, err
		}
		s.rest, s.ended = next.Bytes, len(next.Bytes) == 0
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// open returns the drop as the readers want it. Archives with their directory at
// the end are read from any place in them, so an archive is taken in whole.
func (s *stream) open() (io.ReadCloser, error) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(s, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = head[:n]
	if unpack.Kind(head[:min(n, unpack.Sniffed)]) == "" {
		return io.NopCloser(io.MultiReader(bytes.NewReader(head), s)), nil
	}
	rest, err := io.ReadAll(s)
	if err != nil {
		return nil, err
	}
	return wholeFile{bytes.NewReader(append(head, rest...))}, nil
}

// wholeFile is a file in memory with what archives ask of one.
type wholeFile struct{ *bytes.Reader }

func (wholeFile) Close() error { return nil }

// guardMemory calls end when the program holds more memory than it may. It looks
// ten times a second: a drop that takes a gigabyte faster than that is stopped by
// the system.
func guardMemory(limit int64, end func()) {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(100 * time.Millisecond) {
		metrics.Read(sample)
		if int64(sample[0].Value.Uint64()-sample[1].Value.Uint64()) > limit {
			end()
		}
	}
}
