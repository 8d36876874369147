// Package bucket finds drops in a bucket of a server that speaks S3. A server of
// that kind shows an object only when all of it has come, and replaces it whole. So
// what is listed is complete, and nothing has to stand still; an object is the same
// as long as its size, its time and its ETag are.
//
// A Bucket is stepped as a watch.Folder is: Poll lists all keys once, what it finds
// Ready is opened with Open, read, and handed back with Settle or Again. Keys are
// names that strangers chose: they are held to the rules of names in a folder, and
// are labels, never paths. Nothing is ever written to the bucket.
package bucket

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"iter"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// Kind is what a bucket is called where folders tell their file system.
const Kind = "s3"

// Options says which bucket it is and how it is watched. Zero values mean the
// defaults.
type Options struct {
	Place    Place
	Endpoint Endpoint
	Region   string // as the server names it; by default it is asked
	// Key signs all calls; without an ID they are sent unsigned.
	Key Key
	// Roots are the CAs that the server's certificate is held against, nil: the
	// system's.
	Roots *x509.CertPool
	// Depth 1 takes drops that lie below the prefix directly, 2 (the default) also
	// from the folders there, one a machine.
	Depth int
	// Aside is the name of an object below the prefix that is no drop: see
	// watch.Scan.Aside.
	Aside    string
	MaxBytes int64 // 2 GiB
	// Patience is how long the server may be silent, in the middle of an answer too:
	// 30 s.
	Patience time.Duration
	// Settled are the drops handed back earlier, as they are stored: Name and Stamp
	// count.
	Settled iter.Seq[watch.Entry]
}

// Key is the right to read a bucket.
type Key struct {
	ID, Secret string
	Session    string // of a right for a while, else empty
}

// Bucket is a watched bucket, or the part of one below a prefix. Poll belongs to one
// goroutine; the other methods may be called at any time by any.
type Bucket struct {
	o    Options
	core minio.Core

	mu      sync.Mutex // never held over a call to the server
	scan    uint32     // number of the poll
	now     time.Duration
	objects map[string]*object // all that were seen or settled, by name
}

// object is what is kept of a drop.
type object struct {
	stamp   watch.Stamp
	etag    string // of one that is not settled
	settled bool

	seen   uint32        // number of the scan
	misses uint32        // scans since
	lost   time.Duration // when it was first missed

	again ingest.Reason // why the last reading came to nothing
	pause time.Duration // after it
	until time.Duration // not read before
}

// An object whose reading fails is read again after a pause, each twice as long as
// the one before: a thousand that may not be read are then no burden to the server.
const (
	firstPause = 5 * time.Second
	longPause  = 10 * time.Minute
)

// New returns the bucket that the options name. The server is not asked before the
// first poll.
func New(o Options) (*Bucket, error) {
	o.Depth = cmp.Or(o.Depth, 2)
	o.MaxBytes = cmp.Or(o.MaxBytes, 2<<30)
	o.Patience = cmp.Or(o.Patience, 30*time.Second)
	var creds *credentials.Credentials
	if o.Key.ID != "" {
		creds = credentials.NewStaticV4(o.Key.ID, o.Key.Secret, o.Key.Session)
	}
	client, err := minio.New(o.Endpoint.Host, &minio.Options{
		Creds: creds, Secure: !o.Endpoint.Plain, Region: o.Region, Transport: newLine(o.Roots, o.Patience), MaxRetries: tries,
	})
	if err != nil {
		return nil, err
	}
	b := &Bucket{o: o, core: minio.Core{Client: client}, objects: map[string]*object{}}
	if o.Settled != nil {
		for e := range o.Settled {
			b.objects[e.Name] = &object{stamp: e.Stamp, settled: true}
		}
	}
	return b, nil
}

// tries is how often a call is made that the server could not answer just then. More
// is not needed: the next scan tries again.
const tries = 3

// Settle hands back a drop whose outcome is stored, be it good or bad: it is not
// Ready again before its stamp differs. The hash is not needed to tell that.
func (b *Bucket) Settle(name string, s watch.Stamp, _ [32]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[name]
	switch {
	case o == nil:
		b.objects[name] = &object{stamp: s, settled: true, seen: b.scan}
	case o.stamp.Same(s): // another has come since: that one is not settled
		*o = object{stamp: s, settled: true, seen: o.seen}
	}
}

// Again hands back a drop whose reading came to nothing, so that it becomes Ready
// again after a pause.
func (b *Bucket) Again(name string, s watch.Stamp, _ [32]byte, why ingest.Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[name]
	if o == nil || !o.stamp.Same(s) {
		return // another has come since, which is read anyway
	}
	o.settled, o.again = false, why
	o.pause = min(max(2*o.pause, firstPause), longPause)
	o.until = b.now + o.pause
}

// stampOf is the stamp of an object. The header of an object has its time in seconds,
// the list in milliseconds on some servers. The ETag goes where a file has its time of
// change: nobody can set it either.
func stampOf(o *minio.ObjectInfo) watch.Stamp {
	s := watch.Stamp{Size: o.Size, Modified: o.LastModified.Unix() * int64(time.Second)}
	if o.ETag != "" {
		sum := sha256.Sum256([]byte(o.ETag))
		s.Changed = int64(binary.BigEndian.Uint64(sum[:]))
	}
	return s
}
