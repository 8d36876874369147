package main

import (
	"fmt"
	"io"
	"iter"
	"path"
	"path/filepath"
	"strings"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/bucket"
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

// bucketFeed are the drops of a bucket.
type bucketFeed struct{ *bucket.Bucket }

// Open asks for a drop of the bucket.
func (b bucketFeed) Open(name string) (openDrop, error) {
	file, err := b.Bucket.Open(name)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// inBucket reports whether the drops are in a bucket.
func (d *dropConfig) inBucket() bool { return bucket.IsPath(d.Path) }

// feed returns what finds the drops, with those that are settled already.
func (d *dropConfig) feed(aside string, settled iter.Seq[watch.Entry]) (feed, error) {
	if !d.inBucket() {
		path, err := sharePath(d.Path)
		o := d.options()
		o.Settled, o.Aside = settled, aside
		return folderFeed{watch.New(path, o)}, err
	}
	o, err := d.bucketOptions()
	if err != nil {
		return nil, err
	}
	o.Settled, o.Aside = settled, aside
	b, err := bucket.New(o)
	return bucketFeed{b}, err
}

// sharePath is the path that a share is known by, from the root.
func sharePath(path string) (string, error) {
	if bucket.IsPath(path) {
		return strings.TrimRight(path, "/"), nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("watch %s: %w", path, err)
	}
	return abs, nil
}

// dropPath is where a drop lies, by its share and its name in it.
func dropPath(share, name string) string {
	if bucket.IsPath(share) {
		return share + "/" + name
	}
	return filepath.Join(share, filepath.FromSlash(name))
}

// dropLabel is what a drop is called in what was read from it: by its share's last folder,
// whatever the system writes between folders, and its name.
func dropLabel(share, name string) string {
	return path.Join(path.Base(strings.ReplaceAll(share, `\`, "/")), name)
}
