package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/minio/minio-go/v7"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// File is an open drop.
type File struct {
	body  io.ReadCloser
	stamp watch.Stamp
	bytes int64 // read
}

// Open asks for a drop. One that a poll has listed has to be the same still, by its
// ETag. An error is a *ingest.Refusal, or tells that the drop does not exist.
func (b *Bucket) Open(name string) (*File, error) {
	if isUnsafe(name) {
		return nil, &ingest.Refusal{Reason: ingest.ReasonNameUnsafe}
	}
	b.mu.Lock()
	known := object{}
	if o := b.objects[name]; o != nil {
		known = *o
	}
	b.mu.Unlock()
	var o minio.GetObjectOptions
	if known.etag != "" {
		_ = o.SetMatchETag(known.etag) // it only refuses an empty one
	}
	body, info, _, err := b.core.GetObject(context.Background(), b.o.Place.Name, b.o.Place.Prefix+name, o)
	if err != nil {
		err = refusalOf(fmt.Errorf("open %s/%s: %w", b.o.Place, name, explain(err)))
		if errors.Is(err, fs.ErrNotExist) { // it is read no sooner because a list has it
			b.Again(name, known.stamp, [32]byte{}, ingest.ReasonIOError)
		}
		return nil, err
	}
	if reason := b.unfit(info.Size); reason != "" {
		body.Close()
		return nil, &ingest.Refusal{Reason: reason}
	}
	return &File{body: body, stamp: stampOf(&info)}, nil
}

// unfit tells by its size why an object must not be read. Without a size nothing
// shows that all of it has come.
func (b *Bucket) unfit(size int64) ingest.Reason {
	switch {
	case size < 0:
		return ingest.ReasonIOError
	case size > b.o.MaxBytes:
		return ingest.ReasonTooBig
	}
	return ""
}

// What a server may have against a call that the caller can do something about. They
// wrap what it said.
var (
	ErrDenied   = errors.New("the server does not allow it")
	ErrNoBucket = errors.New("the server has no such bucket")
	ErrClock    = errors.New("the clock here is not the server's")
	errChanged  = errors.New("another object has come since it was listed")
)

// meanings are those of the codes of S3.
var meanings = map[string]error{
	minio.AccessDenied:       ErrDenied,
	"InvalidAccessKeyId":     ErrDenied,
	"SignatureDoesNotMatch":  ErrDenied,
	"RequestTimeTooSkewed":   ErrClock,
	minio.NoSuchBucket:       ErrNoBucket,
	minio.NoSuchKey:          fs.ErrNotExist,
	minio.PreconditionFailed: errChanged,
}

// explain adds to an error what the server meant by it.
func explain(err error) error {
	if means := meanings[minio.ToErrorResponse(err).Code]; means != nil {
		return fmt.Errorf("%w: %w", means, err)
	}
	return err
}

// refusalOf gives an error its reason. That a drop is not there is none.
func refusalOf(err error) error {
	reason := ingest.ReasonIOError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, errChanged):
		reason = ingest.ReasonChangedWhileRead
	case errors.Is(err, ErrDenied):
		reason = ingest.ReasonPermission
	}
	return &ingest.Refusal{Reason: reason, Err: err}
}

// Stamp returns what the object is like that is being read.
func (f *File) Stamp() watch.Stamp { return f.stamp }

// Read reads on.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	f.bytes += int64(n)
	return n, err
}

// Unchanged reports, when all is read, whether that is the whole object. It is of one
// state: a server that takes a new object meanwhile goes on with the old one.
func (f *File) Unchanged() (bool, error) { return f.bytes == f.stamp.Size, nil }

// Holes reports that there are none: what looks like one was sent so.
func (f *File) Holes() bool { return false }

// Close ends the call.
func (f *File) Close() error { return f.body.Close() }
