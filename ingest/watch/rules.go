package watch

import (
	"bytes"
	"errors"
	"io/fs"
	"time"

	"poolsweep/ingest"
)

// pending is what is kept of a drop that is not settled. Times are those of the
// polls: nothing is concluded from the clock of whoever wrote it.
type pending struct {
	name string
	presence
	Stamp
	since   time.Duration // it is a candidate
	changed time.Duration // last, as far as seen
	renamed bool          // from a temporary name
	links   uint32
	linked  time.Duration // since when it has a second name
	end     ending        // of the file with this stamp; zero if not yet looked at
	holes   bool          // a reader found some

	reading reading       // the first, if there are to be two
	again   ingest.Reason // why the last reading came to nothing
	restart bool          // it has to stand still anew

	verdict
}

// reading is what the first of two readings found.
type reading struct {
	done bool
	hash [32]byte
	at   time.Duration
}

// verdict is the outcome of one look.
type verdict struct {
	state  State
	reason ingest.Reason
	wait   time.Duration
	err    error
	twice  bool
}

func (p *pending) entry() Entry {
	return Entry{
		Name: p.name, State: p.state, Reason: p.reason, Wait: p.wait, Err: p.err,
		Stamp: p.Stamp, Twice: p.twice, Hash: p.reading.hash,
	}
}

// candidate looks at the drop at hand, which is new or may have changed. What
// counts is what its open handle says: listings of Windows and of shares are late.
func (w *walk) candidate(d *dir, base string) {
	h, s, err := d.open(base)
	if isGone(err) {
		return // it counts as missing
	}
	if err == nil {
		defer closeHandle(h)
		if i, ok := w.index[string(w.path)]; ok && w.settled[i].Same(s.Stamp) {
			w.still(i)
			return
		}
	}
	p := w.take()
	if err != nil {
		reason := refusalOf(err)
		p.verdict = verdict{state: stateOf(reason), reason: reason, err: err}
		return
	}
	w.notice(p, s)
	p.verdict = w.judge(p, s, look{d, h, base})
}

// take returns the pending drop at hand, a new one if need be.
func (w *walk) take() *pending {
	p := w.pending[string(w.path)]
	if p == nil {
		p = &pending{name: string(w.path), since: w.now, changed: w.now}
		w.pending[p.name] = p
		if i, ok := w.index[p.name]; ok {
			w.settled[i].changed = true
		}
	}
	p.seen, p.misses = w.scan, 0
	return p
}

// notice compares with the last look. Whatever changed begins the wait anew, and
// makes what is known of the content worthless.
func (w *walk) notice(p *pending, s sighting) {
	switch {
	case p.Stamp == (Stamp{}):
		p.changed = w.now
		p.renamed = w.wasTemp(s)
	case p.Stamp != s.Stamp:
		p.changed = w.now
		if p.state != Waiting { // it stood still once
			p.since = w.now
		}
		// A name given by link and unlink changes the second time, not the content.
		p.renamed = p.renamed && p.Size == s.Size && p.Modified == s.Modified
		p.end, p.holes, p.reading = 0, false, reading{}
	case p.restart:
		p.changed = w.now
		p.renamed, p.reading = false, reading{}
	}
	p.restart = false
	if s.links > 1 && p.links <= 1 {
		p.linked = w.now
	}
	p.Stamp, p.links = s.Stamp, s.links
}

// wasTemp reports whether a new drop was seen under a temporary name before. The
// number of a deleted file is soon given to a new one, so its birth has to agree;
// where nobody knows that, as on NFS version 3, its size.
func (w *walk) wasTemp(s sighting) bool {
	t, ok := w.temps[s.ID]
	if !ok || s.ID == 0 || s.birth != t.birth {
		return false
	}
	return s.Size == t.size || s.birth != 0 && s.Size > t.size
}

// judge decides whether a drop is complete.
func (w *walk) judge(p *pending, s sighting, l look) verdict {
	switch {
	case s.kind != regular:
		return verdict{state: Refused, reason: ingest.ReasonNotRegular}
	case s.links > 1:
		return w.judgeLinked(p)
	case s.Size > w.o.MaxBytes:
		return verdict{state: Refused, reason: ingest.ReasonTooBig}
	}
	if v, more := w.quiet(p, w.times.end, ""); more && !p.renamed {
		return v
	}
	if p.end == 0 {
		end, err := l.ending(s.Size)
		if errors.Is(err, errShort) { // it was cut off since it was opened
			p.changed = w.now
			return verdict{state: Waiting, reason: ingest.ReasonChanging, wait: w.times.end}
		}
		if err != nil {
			return verdict{state: Waiting, reason: ingest.ReasonIOError, err: err}
		}
		p.end = end
	}
	need, doubt := p.needs(w.times)
	if v, more := w.quiet(p, need, doubt); more {
		return v
	}
	if s.Size == 0 {
		return verdict{state: Refused, reason: ingest.ReasonEmpty}
	}
	return w.judgeQuiet(p, doubt, l)
}

// judgeLinked lets a drop with a second name wait for a while: some programs
// deliver by linking a finished file into the folder and unlinking its old name.
// Later it is refused: a link to a file that its maker may not read would have us
// read it.
func (w *walk) judgeLinked(p *pending) verdict {
	if left := w.o.LinkWait - (w.now - p.linked); left > 0 {
		return verdict{state: Waiting, reason: ingest.ReasonHardLink, wait: left}
	}
	return verdict{state: Refused, reason: ingest.ReasonHardLink}
}

// needs returns for how long a drop has to stand still, and why it may be
// incomplete even then.
func (p *pending) needs(t times) (time.Duration, ingest.Reason) {
	need, doubt := t.long, ingest.Reason("")
	switch {
	case p.Size == 0:
		doubt = ingest.ReasonEmpty
	case p.end == endNUL || p.holes:
		doubt = ingest.ReasonNULTail
	case p.end == endClosed:
		need = t.end
	case p.end == endQuit:
		need = 2 * t.quiet
	case !p.renamed:
		doubt = ingest.ReasonIncomplete
	}
	if p.renamed {
		need = 0 // whoever renamed it knows
	}
	return need, doubt
}

// quiet returns the verdict on a drop that has not stood still for long enough.
func (w *walk) quiet(p *pending, need time.Duration, doubt ingest.Reason) (verdict, bool) {
	left := need - (w.now - p.changed)
	if left <= 0 {
		return verdict{}, false
	}
	reason := doubt
	switch {
	case w.now-p.since >= w.o.GiveUp:
		reason = ingest.ReasonNeverStable
	case p.again != "":
		reason = p.again
	case doubt == "":
		reason = ingest.ReasonChanging
	}
	return verdict{state: Waiting, reason: reason, wait: left}, true
}

// judgeQuiet decides about a drop that has stood still for long enough: is it in
// a writer's hands, and has it been read as often as needed?
func (w *walk) judgeQuiet(p *pending, doubt ingest.Reason, l look) verdict {
	kind := w.share.Load().kind
	if probes(kind) {
		switch writersOf(l.dir, l.handle, l.base) {
		case someWriter:
			if left := w.o.GiveUp - (w.now - p.changed); left > 0 {
				return verdict{state: Waiting, reason: ingest.ReasonOpenForWrite, wait: left}
			}
			doubt = ingest.ReasonOpenForWrite
		case writersUnknown:
			// As little is known as on a share, so it takes as long.
			w.Unprobed++
			need, _ := p.needs(w.timesFor(smb))
			if v, more := w.quiet(p, need, doubt); more {
				return v
			}
		}
	}
	shown := p.renamed || p.end == endClosed || p.end == endQuit
	twice := kind != local && !(shown && !p.holes)
	if left := w.times.quiet - (w.now - p.reading.at); twice && p.reading.done && left > 0 {
		return verdict{state: Waiting, reason: doubt, wait: left}
	}
	p.again = ""
	return verdict{state: Ready, reason: doubt, twice: twice}
}

// stateOf tells what becomes of a drop that cannot be opened. What may pass by
// itself is no refusal.
func stateOf(r ingest.Reason) State {
	if r == ingest.ReasonIOError || r == ingest.ReasonOpenForWrite {
		return Waiting
	}
	return Refused
}

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// writers is whether somebody has a file open for writing.
type writers uint8

const (
	writersUnknown writers = iota
	noWriter
	someWriter
)

// look is a file opened to be looked at.
type look struct {
	dir    *dir
	handle handle
	base   string
}

// errShort means that a file ended before its size.
var errShort = errors.New("ends before its size")

// ending reads the end of the file. What a gzip archive ends in says nothing.
func (l look) ending(size int64) (ending, error) {
	tail := make([]byte, min(size, tailBytes))
	if err := readAt(l.handle, tail, size-int64(len(tail))); err != nil {
		return 0, err
	}
	end := endingOf(tail)
	if end == endNUL && trailingNULs(tail) <= gzipTail && size > gzipTail {
		head := make([]byte, len(gzipHead))
		if err := readAt(l.handle, head, 0); err != nil {
			return 0, err
		}
		if bytes.Equal(head, gzipHead) {
			end = endOpen
		}
	}
	return end, nil
}
