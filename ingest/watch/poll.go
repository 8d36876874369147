package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"poolsweep/ingest"
)

// kind of what has a name in the folder. Zero is anything else: a pipe, a socket,
// a device.
type kind uint8

const (
	_ kind = iota
	regular
	folder
	link
)

// sighting is what the system tells of a name or an open file.
type sighting struct {
	Stamp
	kind  kind
	birth int64 // when the file was made; zero if nobody knows
	links uint32
	dev   uint64
}

// presence tells when something was last seen.
type presence struct {
	seen   uint32        // number of the scan
	misses uint32        // scans since
	lost   time.Duration // when it was first missed
}

// goneScans is in how many scans a drop has to be missing: shares may leave a name
// out of one listing.
const goneScans = 3

// goneBy counts one more scan that missed it and reports whether it is gone.
func (p *presence) goneBy(now, after time.Duration) bool {
	if p.misses == 0 {
		p.lost = now
	}
	p.misses++
	return p.misses >= goneScans && now-p.lost >= after
}

// temp is a copy under way: a file seen under a temporary name.
type temp struct {
	birth, size int64
	last        time.Duration // seen
}

// walk is one poll.
type walk struct {
	*Folder
	Scan
	times    times
	dry      bool            // only look whether any drop is known
	matched  bool            // one is
	files    int             // that are drops by their names
	unlisted map[string]bool // folders that could not be listed
	path     []byte          // of the name at hand
}

// Poll looks at the folder once. The time is from any clock that only goes
// forward. With an error the folder was not there, or not whole, or cannot be
// trusted to be the same: then Scan.Share says so, all that waits goes on waiting,
// and nothing counts as missing.
func (f *Folder) Poll(now time.Duration) (Scan, error) {
	f.scan++
	f.now = now
	f.apply()
	w := walk{Folder: f, unlisted: map[string]bool{}}
	err := w.run()
	if err == nil {
		w.missed()
	} else {
		w.Share = ingest.ReasonShareSuspect
	}
	f.apply() // what was settled meanwhile must not be Ready
	w.report()
	if share := f.share.Load(); share != nil {
		w.Kind = share.kind
	}
	return w.Scan, err
}

// run opens the folder, for this poll alone so that it can be unmounted between,
// and visits what is in it.
func (w *walk) run() error {
	root, id, err := openRoot(w.Folder.path)
	if err != nil {
		return err
	}
	defer root.close()
	if err := w.trust(root, id); err != nil {
		return err
	}
	w.times = w.timesFor(w.share.Load().kind)
	if err := w.folder(root, 1); err != nil {
		return fmt.Errorf("list folder %q: %w", w.Folder.path, err)
	}
	if w.files == 0 && w.knows() && w.o.Marker == "" {
		return fmt.Errorf("folder %q %w", w.Folder.path, errEmpty)
	}
	return nil
}

// folder visits all names in a folder, whose path stands in w.path, then those in
// the folders in it.
func (w *walk) folder(d *dir, depth int) error {
	var below []string
	prefix := len(w.path)
	err := d.list(func(name []byte, s sighting, err error) {
		w.path = append(w.path[:prefix], name...)
		switch {
		case err != nil:
			w.add(Entry{State: Waiting, Reason: refusalOf(err), Err: err})
		case IsHelper(name):
			w.helper(s)
		case depth == 1 && s.kind == regular && w.o.Aside != "" && string(name) == w.o.Aside:
			w.Aside = &s.Stamp
		case s.kind == folder && depth < w.o.Depth:
			below = append(below, string(name))
		default:
			w.visit(d, name, s)
		}
	})
	for _, name := range below {
		w.path = append(w.path[:prefix], name...)
		w.below(d, name, depth)
	}
	w.path = w.path[:prefix]
	return err
}

// below visits a folder in the folder. If it cannot be listed, that is no word
// about the drops in it.
func (w *walk) below(d *dir, name string, depth int) {
	at := string(w.path)
	sub, err := d.sub(name)
	if err == nil {
		w.path = append(w.path, '/')
		err = w.folder(sub, depth+1)
		sub.close()
	}
	if err == nil || isGone(err) {
		return
	}
	w.path = append(w.path[:0], at...)
	w.add(Entry{State: stateOf(refusalOf(err)), Reason: refusalOf(err), Err: err})
	if !w.dry {
		w.unlisted[at] = true
	}
}

// helper notes a name that is no drop, and remembers the file: the name it gets in
// the end was waited for by whoever renames it.
func (w *walk) helper(s sighting) {
	w.add(Entry{State: Ignored, Reason: ingest.ReasonTempName, Stamp: s.Stamp})
	_, known := w.temps[s.ID]
	if s.kind == regular && s.ID != 0 && (known || len(w.temps) < w.o.Listed) && !w.dry {
		w.temps[s.ID] = temp{s.birth, s.Size, w.now}
	}
}

// visit looks at one name that is a drop, or should be.
func (w *walk) visit(d *dir, name []byte, s sighting) {
	reason := misplaced(name, s, d.dev)
	if reason != "" {
		w.add(Entry{State: Refused, Reason: reason, Stamp: s.Stamp})
		return
	}
	w.files++
	i, settled := w.index[string(w.path)]
	if w.dry {
		w.matched = w.matched || w.matches(i, settled, s.Stamp)
		return
	}
	if settled && w.settled[i].Same(s.Stamp) {
		w.still(i)
		return
	}
	w.candidate(d, string(name))
}

// misplaced tells by its name and listing why something cannot be a drop.
func misplaced(name []byte, s sighting, dev uint64) ingest.Reason {
	switch {
	case s.kind == link:
		return ingest.ReasonSymlink
	case s.dev != dev:
		return ingest.ReasonOtherDevice
	case s.kind == folder:
		return ingest.ReasonTooDeep
	case s.kind != regular:
		return ingest.ReasonNotRegular
	case nameUnsafe(name):
		return ingest.ReasonNameUnsafe
	}
	return ""
}

// matches reports whether the name at hand is known with this size and time.
func (w *walk) matches(i int32, settled bool, s Stamp) bool {
	alike := func(t Stamp) bool { return t.Size == s.Size && t.Modified == s.Modified }
	if settled && alike(w.settled[i].Stamp) {
		return true
	}
	p := w.pending[string(w.path)]
	return p != nil && alike(p.Stamp)
}

// still notes that a settled drop is as it was.
func (w *walk) still(i int32) {
	s := &w.settled[i]
	s.seen, s.misses = w.scan, 0
	if s.changed {
		s.changed = false
		delete(w.pending, s.name)
	}
}

// add notes the name at hand.
func (w *walk) add(e Entry) {
	e.Name = string(w.path)
	w.put(e)
}

func (w *walk) put(e Entry) {
	w.Counts[e.State]++
	bounded := e.State == Waiting || e.State == Ignored || e.State == Refused
	if !bounded || w.Counts[e.State] <= w.o.Listed {
		w.Entries = append(w.Entries, e)
	}
}

// missed counts what was not seen, and forgets what is gone.
func (w *walk) missed() {
	absent := 0
	for name, p := range w.pending {
		if p.seen == w.scan || w.unseen(name) {
			continue
		}
		absent++
		// Names that come and go by the thousand must not pile up.
		if w.missing > w.o.Listed || p.goneBy(w.now, w.o.GoneAfter) {
			delete(w.pending, name)
			w.unsettle(name)
			w.put(Entry{Name: name, State: Gone, Stamp: p.Stamp})
		}
	}
	w.missing = absent
	for i := len(w.settled) - 1; i >= 0; i-- {
		s := &w.settled[i]
		if s.seen == w.scan || s.changed || w.unseen(s.name) {
			continue
		}
		if s.goneBy(w.now, w.o.GoneAfter) {
			w.put(Entry{Name: s.name, State: Gone, Stamp: s.Stamp, Hash: s.hash})
			w.unsettle(s.name)
		}
	}
	maps.DeleteFunc(w.temps, func(_ uint64, t temp) bool { return w.now-t.last > w.o.GoneAfter })
}

// unseen reports whether a name lies in a folder that could not be listed.
func (w *walk) unseen(name string) bool {
	for at := strings.IndexByte(name, '/'); at >= 0 && len(w.unlisted) > 0; {
		if w.unlisted[name[:at]] {
			return true
		}
		next := strings.IndexByte(name[at+1:], '/')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return false
}

// report lists what is pending and counts what is settled.
func (w *walk) report() {
	suspect := w.Share != ""
	for _, name := range slices.Sorted(maps.Keys(w.pending)) {
		p := w.pending[name]
		switch {
		case suspect:
			w.put(Entry{Name: name, State: Waiting, Reason: w.Share, Stamp: p.Stamp})
		case p.seen == w.scan:
			w.put(p.entry())
		}
	}
	for i := range w.settled {
		if s := &w.settled[i]; !s.changed && (suspect || s.seen == w.scan) {
			w.Counts[Settled]++
		}
	}
	slices.SortFunc(w.Entries, byName)
}
