package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
	"poolsweep/report"
)

// given reads an archive among the inputs as if what is in it lay in a folder of
// its name.
func (r *reader) given(in input, f io.ReadCloser, raw *meter, head *bufio.Reader) []outcome {
	a := opened(in.place.File, f, head)
	start, _ := head.Peek(unpack.Sniffed)
	all := r.archive(unpack.NewUnpacker(r.limits, a.Size), a, in, raw)
	// All kinds but tar end in something that is checked: a tar may end after any file.
	last := &all[len(all)-1]
	last.whole = unpack.Kind(start) != unpack.Tar && last.archive != nil && last.archive.State == report.InputRead &&
		!slices.ContainsFunc(all, func(o outcome) bool { return o.damaged })
	return all
}

// opened is the archive in an open file, of which head has the beginning.
func opened(name string, f io.Reader, head *bufio.Reader) unpack.Archive {
	a := unpack.Archive{Name: name, Reader: head}
	a.At, _ = f.(io.ReaderAt)
	switch f := f.(type) {
	case fs.File:
		if info, err := f.Stat(); err == nil {
			a.Size = info.Size()
		}
	case wholeFile:
		a.Size = f.Size()
	}
	return a
}

// archive reads all logs in an archive and gives account of it.
func (r *reader) archive(u *unpack.Unpacker, a unpack.Archive, in input, raw *meter) []outcome {
	var group sync.WaitGroup
	var parts []*[]outcome
	err := u.Walk(a, func(e *unpack.Entry) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		part := &[]outcome{}
		parts = append(parts, part)
		file := in.within(e)
		if why := passOver(e); why != "" {
			*part = []outcome{{path: file.path, note: why}}
			return nil
		}
		read := func() { *part = r.entry(u, e, file, a.Inside+1) }
		switch {
		case e.Lasting:
			done := r.slot()
			group.Go(func() { defer done(); read() })
		case a.Inside == 0:
			defer r.slot()()
			read()
		default: // within a file that has its slot
			read()
		}
		return nil
	})
	group.Wait()
	var all []outcome
	for _, part := range parts {
		all = append(all, *part...)
	}
	slices.SortStableFunc(all, func(a, b outcome) int { return strings.Compare(a.path, b.path) })
	if _, copied := io.Copy(io.Discard, a.Reader); err == nil { // the rest goes into the sum
		err = copied
	}
	return append(all, account(in.path, raw, all, err))
}

// unpacked begins the account of an archive that was read.
const unpacked = "unpacked, files:"

// account says what became of an archive as a whole.
func account(path string, raw *meter, all []outcome, err error) outcome {
	files := 0
	for _, o := range all {
		if o.note == "" && o.archive == nil {
			files++
		}
	}
	sum := &report.OutputInput{Path: path, SHA256: raw.hex(), Bytes: raw.bytes, State: report.InputRead,
		Reason: fmt.Sprintf("%s %d", unpacked, files)}
	switch {
	case err != nil && (files == 0 || errors.Is(err, context.Canceled)):
		return outcome{path: path, err: &ingest.Refusal{Reason: ingest.ReasonArchive, Err: fmt.Errorf("cannot be unpacked: %w", err)}}
	case err != nil:
		sum.State = report.InputPartial
		sum.Reason = fmt.Sprintf("unpacked in part, files: %d; %v", files, err)
	case files == 0:
		return outcome{path: path, err: errNoLogs}
	}
	return outcome{path: path, archive: sum}
}

// entry reads one file of an archive, which may be an archive again.
func (r *reader) entry(u *unpack.Unpacker, e *unpack.Entry, in input, inside int) (outcomes []outcome) {
	defer survive(in.path, &outcomes)
	c, err := e.Open()
	if err != nil {
		return []outcome{{path: in.path, err: err}}
	}
	defer c.Close()
	raw := newMeter(r.ctx, c)
	head, done := newHead(raw)
	defer done()
	if isArchive(head) {
		return r.archive(u, unpack.Archive{Name: in.place.File, Inside: inside, Reader: head}, in, raw)
	}
	doc, err := r.document(head, raw, in)
	switch damage := c.Damage(); {
	case damage != nil && err != nil:
		err = fmt.Errorf("cannot be unpacked: %w", damage)
	case damage != nil:
		doc.Warnings = append(doc.Warnings, ingest.Warning{Source: ingest.Source{File: doc.File, Line: doc.Lines},
			Message: fmt.Sprintf("the archive is damaged here: %v; what came before it was read", damage)})
	}
	return []outcome{{path: in.path, doc: doc, err: err, damaged: c.Damage() != nil}}
}

// within returns the place of an entry in the archive in. The archive's name
// counts as a folder's: run.zip!LAB-014/x.log lies in run/LAB-014.
func (in input) within(e *unpack.Entry) input {
	file := input{path: in.path + "!" + e.Name, place: in.place}
	folders, name := unpack.Folders(e.Name)
	file.place.File = name
	switch {
	case e.Alone:
	case in.given:
		file.place.Outside, file.place.Below = unpack.Stem(in.place.File), folders
	default:
		file.place.Below = slices.Concat(in.place.Below, []string{unpack.Stem(in.place.File)}, folders)
	}
	return file
}

// passOver says why an entry is no input, as in a folder, or returns "".
func passOver(e *unpack.Entry) string {
	folders, name := unpack.Folders(e.Name)
	hidden := func(part string) bool { return strings.HasPrefix(part, ".") }
	switch {
	case e.Link:
		return linkNote
	case slices.ContainsFunc(append(folders, name), hidden):
		return hiddenNote
	case noLog.MatchString(name):
		return noLogNote
	}
	return ""
}
