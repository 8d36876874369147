package main

import (
	"io"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// feed is where the drops of a share come from. Its methods mean what those of
// watch.Folder do.
type feed interface {
	Poll(now time.Duration) (watch.Scan, error)
	Open(name string) (openDrop, error)
	Settle(name string, s watch.Stamp, hash [32]byte)
	Again(name string, s watch.Stamp, hash [32]byte, why ingest.Reason)
}

// openDrop is a drop that is being read, as watch.File is.
type openDrop interface {
	io.ReadCloser
	Stamp() watch.Stamp
	Unchanged() (bool, error)
	Holes() bool
}

// folderFeed are the drops of a watched folder.
type folderFeed struct{ *watch.Folder }

// Open opens a drop in the folder.
func (f folderFeed) Open(name string) (openDrop, error) {
	file, err := f.Folder.Open(name)
	if err != nil {
		return nil, err // and no file that is none
	}
	return file, nil
}
