package watch

import (
	"fmt"
	"io"
	"os"
	"strings"

	"poolsweep/ingest"
)

// File is an open drop.
type File struct {
	file   *os.File
	handle handle
	stamp  Stamp
	bytes  int64 // read
	holes  holes
}

// Open opens a drop for reading and makes sure that it is one: a regular file with
// one name, below this folder and on its file system, reached through no link,
// whatever is put in its place meanwhile. The folder is opened anew and has to be
// the one that the last poll trusted, if it is polled. An error is a *ingest.Refusal, or
// tells that the drop does not exist.
func (f *Folder) Open(name string) (*File, error) {
	root, id, err := openRoot(f.path)
	if err != nil {
		return nil, &ingest.Refusal{Reason: ingest.ReasonShareSuspect, Err: err}
	}
	defer root.close()
	if err := f.trusted(root, id); err != nil {
		return nil, &ingest.Refusal{Reason: ingest.ReasonShareSuspect, Err: err}
	}
	file, err := f.open(root, strings.Split(name, "/"))
	switch err.(type) {
	case nil:
		return file, nil
	case *ingest.Refusal:
		return nil, err
	}
	err = fmt.Errorf("open drop %q: %w", name, err)
	if isGone(err) {
		return nil, err
	}
	return nil, &ingest.Refusal{Reason: refusalOf(err), Err: err}
}

// open goes down the elements of a name, one handle after the other.
func (f *Folder) open(d *dir, elements []string) (*File, error) {
	first := elements[0]
	if first == "" || first == "." || first == ".." || nameUnsafe([]byte(first)) {
		return nil, &ingest.Refusal{Reason: ingest.ReasonNameUnsafe}
	}
	if len(elements) > 1 {
		sub, err := d.sub(first)
		if err != nil {
			return nil, err
		}
		defer sub.close()
		return f.open(sub, elements[1:])
	}
	h, s, err := d.open(first)
	if err != nil {
		return nil, err
	}
	if reason := f.unfit(s); reason != "" {
		closeHandle(h)
		return nil, &ingest.Refusal{Reason: reason}
	}
	return &File{file: fileOf(h, first), handle: h, stamp: s.Stamp}, nil
}

// unfit tells why an open file must not be read.
func (f *Folder) unfit(s sighting) ingest.Reason {
	switch {
	case s.kind != regular:
		return ingest.ReasonNotRegular
	case s.links > 1:
		return ingest.ReasonHardLink
	case s.Size > f.o.MaxBytes:
		return ingest.ReasonTooBig
	}
	return ""
}

// Stamp returns what the file was like when it was opened.
func (f *File) Stamp() Stamp { return f.stamp }

// Read reads on, never past the size that the file had when it was opened.
func (f *File) Read(p []byte) (int, error) {
	left := f.stamp.Size - f.bytes
	if left == 0 {
		return 0, io.EOF
	}
	n, err := f.file.Read(p[:min(int64(len(p)), left)])
	f.bytes += int64(n)
	f.holes.see(p[:n])
	return n, err
}

// Unchanged reports, when all is read, whether that is one state of the file: as
// many bytes as it has, and it is what it was when it was opened. Another file may
// have taken its name meanwhile; that changes nothing but its last time of change.
func (f *File) Unchanged() (bool, error) {
	s, err := statHandle(f.handle)
	if err != nil {
		return false, fmt.Errorf("stat drop %q: %w", f.file.Name(), err)
	}
	if s.links == 0 {
		s.Changed = f.stamp.Changed
	}
	return s.Stamp == f.stamp && f.bytes == s.Size, nil
}

// Holes reports whether what was read holds a run of NULs as long as a page of
// memory: space that was reserved, or passed over by a copy that goes on.
func (f *File) Holes() bool { return f.holes.found }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
