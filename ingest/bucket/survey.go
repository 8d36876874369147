package bucket

import (
	"slices"

	"poolsweep/ingest/watch"
)

// surveyed is how many keys a survey looks at.
const surveyed = 1000

// Survey tells what a bucket holds.
type Survey struct {
	Drops  int    // among the keys that were looked at
	More   bool   // there are more keys
	Tried  string // the drop that was opened; empty: there is none
	Closed error  // why it could not be
}

// Survey looks at the bucket without taking up any drop. Its error says why the bucket
// cannot be watched.
func (b *Bucket) Survey() (Survey, error) {
	w := &walk{Bucket: b, Scan: watch.Scan{Kind: Kind}, deep: map[string]bool{}}
	more, err := w.list(surveyed)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Drops: len(w.found), More: more}
	at := slices.IndexFunc(w.found, func(l listed) bool { return l.stamp.Size > 0 })
	if at < 0 {
		return s, nil
	}
	s.Tried = w.found[at].name
	file, err := b.Open(s.Tried)
	if err != nil {
		s.Closed = err
		return s, nil
	}
	return s, file.Close()
}
