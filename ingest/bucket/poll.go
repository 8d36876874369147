package bucket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

const (
	// listWithin and mostKeys bound one poll, on a server that lists without an end too:
	// a gigabyte holds what is kept of so many keys.
	listWithin = 10 * time.Minute
	mostKeys   = 2_000_000
	// mostListed is how many waiting, ignored and refused entries a scan holds each.
	mostListed = 10_000
	// A missing drop is gone after so many scans and so much time: some servers leave
	// a key out of a list for a while.
	goneScans = 3
	goneAfter = 10 * time.Minute
)

// walk is one poll.
type walk struct {
	*Bucket
	watch.Scan
	found []listed
	deep  map[string]bool // folders below the depth that is watched
}

// listed is a drop as the server lists it.
type listed struct {
	name, etag string
	stamp      watch.Stamp
}

// Poll lists the bucket once. The time is from any clock that only goes forward. With
// an error the server did not answer, or not to the end: then Scan.Share says so, all
// that waits goes on waiting, and nothing counts as missing. A list that is empty is
// an answer like any other, since a server that is not there gives none.
func (b *Bucket) Poll(now time.Duration) (watch.Scan, error) {
	w := &walk{Bucket: b, Scan: watch.Scan{Kind: Kind}, deep: map[string]bool{}}
	more, err := w.list(mostKeys)
	if more {
		err = fmt.Errorf("list %s: it has more than %d keys", w.o.Place, mostKeys)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scan++
	b.now = now
	if err != nil {
		w.distrust()
	} else {
		for _, l := range w.found {
			w.see(l)
		}
		w.missed()
	}
	slices.SortFunc(w.Entries, func(x, y watch.Entry) int { return strings.Compare(x.Name, y.Name) })
	return w.Scan, err
}

// list asks for keys, a thousand a call, and reports whether there are more than so many.
func (w *walk) list(most int) (more bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), listWithin)
	defer cancel()
	noOwner := false
	o := minio.ListObjectsOptions{Prefix: w.o.Place.Prefix, Recursive: true, FetchOwner: &noOwner}
	for info := range w.core.Client.ListObjectsIter(ctx, w.o.Place.Name, o) {
		if info.Err != nil {
			return false, fmt.Errorf("list %s: %w", w.o.Place, explain(info.Err))
		}
		if most--; most < 0 {
			return true, nil
		}
		w.key(&info)
	}
	if ctx.Err() != nil {
		return false, fmt.Errorf("list %s: it does not end within %s", w.o.Place, listWithin)
	}
	return false, nil
}

// key sorts one key in by its name. One that ends in a slash and has no bytes is what
// tools make to show a folder.
func (w *walk) key(info *minio.ObjectInfo) {
	name, below := strings.CutPrefix(info.Key, w.o.Place.Prefix)
	s := stampOf(info)
	folder := strings.HasSuffix(name, "/") || name == ""
	elements := strings.Split(name, "/")
	switch {
	case !below: // the server was not asked for it
	case folder && s.Size == 0:
	case slices.ContainsFunc(elements, func(e string) bool { return watch.IsHelper([]byte(e)) }):
		w.put(watch.Entry{Name: name, State: watch.Ignored, Reason: ingest.ReasonTempName, Stamp: s})
	case folder:
		w.put(watch.Entry{Name: name, State: watch.Refused, Reason: ingest.ReasonNotRegular, Stamp: s})
	case isUnsafe(name):
		w.put(watch.Entry{Name: name, State: watch.Refused, Reason: ingest.ReasonNameUnsafe, Stamp: s})
	case len(elements) > w.o.Depth:
		w.tooDeep(strings.Join(elements[:w.o.Depth], "/") + "/")
	case w.o.Aside != "" && name == w.o.Aside:
		w.Aside = &s
	default:
		w.found = append(w.found, listed{name, info.ETag, s})
	}
}

// tooDeep notes a folder that lies too deep, once for all that is in it.
func (w *walk) tooDeep(folder string) {
	if !w.deep[folder] && len(w.deep) < mostListed {
		w.deep[folder] = true
		w.put(watch.Entry{Name: folder, State: watch.Refused, Reason: ingest.ReasonTooDeep})
	}
}

// see compares a drop with what is kept of it and tells where it stands.
func (w *walk) see(l listed) {
	o := w.objects[l.name]
	if o == nil || !o.stamp.Same(l.stamp) {
		o = &object{stamp: l.stamp}
		w.objects[l.name] = o
	}
	o.seen, o.misses = w.scan, 0
	if o.settled {
		w.Counts[watch.Settled]++
		return
	}
	o.etag = l.etag
	e := w.judge(o)
	e.Name, e.Stamp = l.name, l.stamp
	w.put(e)
}

// judge decides whether a drop is to be read.
func (w *walk) judge(o *object) watch.Entry {
	left := o.until - w.now
	switch {
	case o.stamp.Size == 0:
		return watch.Entry{State: watch.Refused, Reason: ingest.ReasonEmpty}
	case o.stamp.Size > w.o.MaxBytes:
		return watch.Entry{State: watch.Refused, Reason: ingest.ReasonTooBig}
	case left > 0 && o.again == ingest.ReasonPermission:
		return watch.Entry{State: watch.Refused, Reason: o.again}
	case left > 0:
		return watch.Entry{State: watch.Waiting, Reason: o.again, Wait: left}
	}
	return watch.Entry{State: watch.Ready}
}

// missed counts what was not listed, and forgets what is gone.
func (w *walk) missed() {
	for name, o := range w.objects {
		if o.seen == w.scan {
			continue
		}
		if o.misses == 0 {
			o.lost = w.now
		}
		if o.misses++; o.misses >= goneScans && w.now-o.lost >= goneAfter {
			delete(w.objects, name)
			w.put(watch.Entry{Name: name, State: watch.Gone, Stamp: o.stamp})
		}
	}
}

// distrust reports what is known when the server did not tell all.
func (w *walk) distrust() {
	w.Share, w.Aside = ingest.ReasonShareSuspect, nil
	w.Entries = nil
	clear(w.Counts[:])
	for name, o := range w.objects {
		if o.settled {
			w.Counts[watch.Settled]++
			continue
		}
		w.put(watch.Entry{Name: name, State: watch.Waiting, Reason: w.Share, Stamp: o.stamp})
	}
}

func (w *walk) put(e watch.Entry) {
	w.Counts[e.State]++
	bounded := e.State == watch.Waiting || e.State == watch.Ignored || e.State == watch.Refused
	if !bounded || w.Counts[e.State] <= mostListed {
		w.Entries = append(w.Entries, e)
	}
}
