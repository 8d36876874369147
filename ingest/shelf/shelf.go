// Package shelf puts the tables of many snapshots away, packed to a tenth of what
// they take, and lends them out for as long as they are looked at. What remains of a
// snapshot meanwhile tells whose it is and when it was taken, which commands it holds,
// and what its reader warned of.
package shelf

import (
	"iter"
	"reflect"
	"sync"

	"poolsweep/ingest"
)

// Shelf holds the tables of snapshots. It may be used from several goroutines.
type Shelf struct {
	mu    sync.Mutex
	boxes map[*ingest.Snapshot]*box
	words dictionary
}

// box holds the tables of one snapshot.
type box struct {
	mu     sync.Mutex
	packed []byte
	lent   int // how often; nobody else may look at the tables when 0
}

// New returns an empty shelf.
func New() *Shelf {
	return &Shelf{boxes: map[*ingest.Snapshot]*box{}, words: newDictionary()}
}

// Put takes the tables of a document's snapshots off them.
func (s *Shelf) Put(d *ingest.Document) {
	for _, snap := range d.Snapshots {
		s.Take(snap)
	}
}

// Take takes the tables of a snapshot off it.
func (s *Shelf) Take(snap *ingest.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boxes[snap] = &box{packed: s.words.pack(snap)}
	Drop(snap)
}

// Lend gives snapshots their tables until back is called. Those whose tables were
// never put away stay as they are.
func (s *Shelf) Lend(snaps []*ingest.Snapshot) (back func()) {
	s.mu.Lock()
	words := s.words.reader()
	boxes := make([]*box, len(snaps))
	for i, snap := range snaps {
		boxes[i] = s.boxes[snap]
	}
	s.mu.Unlock()
	for i, b := range boxes {
		if b != nil {
			b.open(snaps[i], words)
		}
	}
	return func() {
		for i, b := range boxes {
			if b != nil {
				b.close(snaps[i])
			}
		}
	}
}

func (b *box) open(snap *ingest.Snapshot, words reader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent == 0 {
		words.unpack(b.packed, snap)
	}
	b.lent++
}

func (b *box) close(snap *ingest.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent--; b.lent == 0 {
		Drop(snap)
	}
}

// Whole returns the documents one after the other, each with its tables while it is
// looked at.
func (s *Shelf) Whole(docs []*ingest.Document) iter.Seq[*ingest.Document] {
	return func(yield func(*ingest.Document) bool) {
		for _, d := range docs {
			back := s.Lend(d.Snapshots)
			more := yield(d)
			back()
			if !more {
				return
			}
		}
	}
}

// Rewrite has a document changed with its tables at hand, and puts those away anew.
func (s *Shelf) Rewrite(d *ingest.Document, change func(*ingest.Document)) {
	s.Lend(d.Snapshots) // for good: Put makes new boxes
	change(d)
	s.Put(d)
}

// tableFields are the fields of a snapshot that are put away: all lists but that of
// its blocks and that of its warnings, which tell how far a log was read.
var tableFields = listFields()

func listFields() []int {
	var out []int
	t := reflect.TypeFor[ingest.Snapshot]()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Slice && f.Name != "Blocks" && f.Name != "Warnings" {
			out = append(out, i)
		}
	}
	return out
}

// Drop takes the tables of a snapshot off it for good.
func Drop(snap *ingest.Snapshot) {
	v := reflect.ValueOf(snap).Elem()
	for _, i := range tableFields {
		v.Field(i).SetZero()
	}
}
