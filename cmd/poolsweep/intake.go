package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"

	"poolsweep/ingest"
	"poolsweep/ingest/jobs"
	"poolsweep/ingest/store"
	"poolsweep/ingest/watch"
)

// intake is one drop on its way from the share into the store.
type intake struct {
	share *share
	entry watch.Entry

	stamp    watch.Stamp // of the file that was read
	sums     *sums
	sum      [sha256.Size]byte // of all that was read
	answer   answer
	again    ingest.Reason // the reading came to nothing: read it anew, for this reason
	err      error         // the same in words
	vanished bool

	job      *jobs.Taken // the drop is read for a watcher elsewhere
	recorded chan error  // what came of recording it then
}

// inMemory is the largest drop that is read before it is parsed, so that reading a
// slow share and parsing overlap.
const inMemory = 16 << 20

// reader reads the ready drops of one share, one at a time: a share that hangs
// costs this goroutine and no other.
func (s *service) reader(ctx context.Context, sh *share) {
	var parsing sync.WaitGroup
	defer parsing.Wait()
	for {
		in := sh.queue.pop(ctx)
		if in == nil {
			return
		}
		file, drop := s.load(in)
		if drop == nil {
			s.read <- in
			continue
		}
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			file.Close()
			return
		}
		work := func() {
			s.parse(in, file, drop)
			<-s.slots
			s.read <- in
		}
		if _, whole := drop.(*bytes.Reader); whole {
			parsing.Go(work)
		} else {
			work()
		}
	}
}

// fetch reads a drop and has it parsed, whatever that takes. One that was tried too
// often is refused.
func (s *service) fetch(in *intake) {
	file, drop := s.load(in)
	if drop == nil {
		return
	}
	if in.job.Last {
		defer file.Close()
		in.answer = answer{Reason: ingest.ReasonCrashedParser, Detail: fmt.Sprintf("reading it ended %d processes", jobs.Attempts-1)}
		if _, err := io.Copy(io.Discard, drop); err != nil {
			in.again, in.err = codeOf(err), err
		}
		return
	}
	s.slots <- struct{}{}
	s.parse(in, file, drop)
	<-s.slots
}

// load opens a drop, and reads it when it is small. Without a reader the drop is
// done with: in says why.
func (s *service) load(in *intake) (openDrop, io.Reader) {
	file, err := in.share.folder.Open(in.entry.Name)
	if err != nil {
		in.again, in.err, in.stamp = codeOf(err), err, in.entry.Stamp
		in.vanished = errors.Is(err, fs.ErrNotExist)
		return nil, nil
	}
	in.stamp = file.Stamp()
	if in.job != nil && !in.asWatched() {
		file.Close()
		in.again = ingest.ReasonChangedWhileRead
		return nil, nil
	}
	in.sums = s.newSums(in)
	if in.stamp.Size > inMemory {
		return file, io.TeeReader(file, in.sums)
	}
	all, err := io.ReadAll(file)
	if err == nil {
		_, err = in.sums.Write(all)
	}
	if err == nil {
		err = in.checkWhole(file)
	}
	if err != nil {
		file.Close()
		in.again, in.err = codeOf(err), err
		return nil, nil
	}
	return file, bytes.NewReader(all)
}

// asWatched reports whether what was opened is what the watcher of the drop saw, as far
// as two hosts see the same, and goes by the watcher's stamp from here on: only that can
// be compared with what it sees later.
func (in *intake) asWatched() bool {
	seen, open := in.entry.Stamp, in.stamp
	in.stamp = seen
	return seen.Size == open.Size && seen.Modified == open.Modified
}

// parse has the drop parsed and makes sure that what was read was one state of it.
func (s *service) parse(in *intake, file openDrop, drop io.Reader) {
	defer file.Close()
	name, place := in.entry.Name, ingest.PlaceBelow(in.entry.Name)
	o := order{Path: dropLabel(in.share.path, name), File: place.File, Below: place.Below,
		NameRule: s.cfg.NameRule, Redact: s.cfg.Redact == redactStrict}
	var err error
	if in.answer, err = s.parsers.parse(o, drop); err == nil {
		_, err = io.Copy(io.Discard, drop) // what a parser did not want belongs to the sum
	}
	if err == nil && in.stamp.Size > inMemory {
		err = in.checkWhole(file)
	}
	if err != nil {
		in.again, in.err = codeOf(err), err
		return
	}
	if s.cfg.Identity == identityFolder {
		in.claim()
	}
}

// checkWhole makes sure that what was read was one state of the file, whole.
func (in *intake) checkWhole(file openDrop) error {
	same, err := file.Unchanged()
	switch {
	case err != nil:
		return &ingest.Refusal{Reason: ingest.ReasonIOError, Err: err}
	case !same:
		return &ingest.Refusal{Reason: ingest.ReasonChangedWhileRead}
	case file.Holes() && in.entry.Reason != ingest.ReasonNULTail:
		return &ingest.Refusal{Reason: ingest.ReasonNULTail, Err: errors.New("holds a run of NULs")}
	}
	return nil
}

// claim gives a drop in a machine's folder to that machine, whatever its text says:
// who may write there is a matter of rights, what stands in a text is not.
func (in *intake) claim() {
	m := ingest.PlaceBelow(in.entry.Name).Machine()
	if m.From != ingest.NameFromFolder {
		return
	}
	for _, d := range in.answer.Documents {
		if d.Claim(m) {
			in.answer.Reason = ingest.ReasonIdentityMismatch
		}
	}
}

// ripe collects the drops that are done with by now: to record them together waits
// for the disk once.
func (s *service) ripe(first *intake) []*intake {
	done := []*intake{first}
	for len(done) < mostRecorded {
		select {
		case in := <-s.read:
			done = append(done, in)
		default:
			return done
		}
	}
	return done
}

// took records what came of drops and hands them back.
func (s *service) took(ctx context.Context, done []*intake) error {
	var recorded []*intake
	var readings []store.Reading
	for _, in := range done {
		if in.job == nil {
			in.share.land(in.entry.Name)
		}
		if in.sums != nil {
			in.sum = in.sums.sum()
		}
		if s.worth(in) {
			recorded = append(recorded, in)
			readings = append(readings, in.reading())
		}
	}
	states, err := s.record(ctx, done, readings)
	if err == nil {
		for i, in := range recorded {
			s.tell(in, readings[i], states[i])
		}
	}
	for _, in := range done {
		in.handBack(err)
	}
	return err
}

// land notes that a drop is on its way no more.
func (sh *share) land(name string) {
	delete(sh.flying, name)
	delete(sh.noted, name)
	sh.landed[name] = true
}

// record stores readings; and in the same transaction that the jobs of drops are done,
// and what came of them.
func (s *service) record(ctx context.Context, done []*intake, readings []store.Reading) ([]store.State, error) {
	db := s.store
	var taken []*jobs.Taken
	var outcomes []store.Outcome
	for _, in := range done {
		if in.job != nil {
			taken, outcomes = append(taken, in.job), append(outcomes, in.outcome())
		}
	}
	switch {
	case len(taken) > 0:
		db = db.Joined(jobs.Complete(taken))
	case len(readings) == 0:
		return nil, nil
	}
	return db.RecordAll(ctx, readings, s.now(), outcomes...)
}

// handBack gives a drop back to its folder, or tells whoever does its job. An error says
// that it was not recorded.
func (in *intake) handBack(err error) {
	folder, name := in.share.folder, in.entry.Name
	switch {
	case in.job != nil:
		in.recorded <- err
	case in.vanished: // the scan will find that it is gone
	case in.again != "":
		folder.Again(name, in.stamp, in.sum, in.again)
	case err != nil:
		folder.Again(name, in.stamp, in.sum, ingest.ReasonIOError)
	default:
		folder.Settle(name, in.stamp, in.sum)
	}
}

// worth reports whether a drop came to something that is recorded. Otherwise it is to
// be read again.
func (s *service) worth(in *intake) bool {
	switch {
	case in.vanished:
		return false
	case in.again != "":
		s.log.Info("drop not read", "share", in.share.path, "file", in.entry.Name, "reason", in.again, "err", in.err)
		return false
	case !in.entry.Confirmed(in.sum):
		in.again = ingest.ReasonIncomplete
		return false
	}
	return true
}

// tell logs what was recorded, and that there is something to judge.
func (s *service) tell(in *intake, r store.Reading, state store.State) {
	if len(r.Documents) > 0 {
		s.fresh, s.stale = true, true
	}
	s.log.Info("drop recorded", "share", r.Share, "file", r.Name, "machine", r.Machine, "state", state, "reason", r.Reason, "bytes", r.Bytes)
	if in.answer.Detail != "" {
		s.log.Warn("drop not understood", "share", r.Share, "file", r.Name, "reason", in.answer.Reason, "detail", in.answer.Detail)
	}
}

// reading is what the store is told.
func (in *intake) reading() store.Reading {
	r := store.Reading{Drop: store.Drop{Share: in.share.path, Name: in.entry.Name, State: store.Analysed, Reason: in.answer.Reason,
		SHA256: hex.EncodeToString(in.sum[:]), Bytes: in.stamp.Size, Stamp: stampText(in.stamp)}, Documents: in.answer.Documents, Supersedes: in.sums.found}
	switch {
	case len(r.Documents) == 0:
		r.State = store.Refused
	case !hasOutput(r.Documents):
		r.State, r.Reason, r.Documents = store.Refused, ingest.ReasonNoSections, nil
	default:
		r.Machine = machineOf(r.Documents[0])
		// An archive shows its end only to who unpacks it.
		if in.entry.Reason != "" && !(in.entry.Reason == ingest.ReasonIncomplete && in.answer.Whole) {
			r.State, r.Reason = store.Incomplete, in.entry.Reason
		}
	}
	return r
}

// hasOutput reports whether anything in the documents was output of a tool.
func hasOutput(docs []*ingest.Document) bool {
	for _, d := range docs {
		for _, snap := range d.Snapshots {
			if len(snap.Blocks) > 0 {
				return true
			}
		}
	}
	return false
}

// sums hashes a drop and notices when what has come so far is a whole content that
// its machine delivered before: then the drop is that content, grown.
type sums struct {
	hash    hash.Hash
	bytes   int64
	earlier []store.Content // not yet passed, shortest first
	found   []string
}

// newSums knows what the drop's machine delivered before, as far as its place tells
// the machine. Should the store not answer, nothing is superseded.
func (s *service) newSums(in *intake) *sums {
	earlier, err := s.store.Earlier(context.Background(), ingest.PlaceBelow(in.entry.Name).Machine().Name)
	if err != nil {
		s.log.Warn("earlier contents unknown", "file", in.entry.Name, "err", err)
	}
	return &sums{hash: sha256.New(), earlier: earlier}
}

func (s *sums) Write(p []byte) (int, error) {
	n := len(p)
	for len(s.earlier) > 0 && s.earlier[0].Bytes <= s.bytes+int64(len(p)) {
		next := s.earlier[0]
		s.earlier = s.earlier[1:]
		if next.Bytes < s.bytes { // passed: it had the length of an earlier one
			continue
		}
		upTo := next.Bytes - s.bytes
		s.hash.Write(p[:upTo])
		s.bytes, p = next.Bytes, p[upTo:]
		if hex.EncodeToString(s.hash.Sum(nil)) == next.SHA256 {
			s.found = append(s.found, next.SHA256)
		}
	}
	s.hash.Write(p)
	s.bytes += int64(len(p))
	return n, nil
}

// sum returns the hash of all, and takes it off what was found: a content does not
// grow into itself.
func (s *sums) sum() (sum [sha256.Size]byte) {
	s.hash.Sum(sum[:0])
	if n := len(s.found); n > 0 && s.found[n-1] == hex.EncodeToString(sum[:]) {
		s.found = s.found[:n-1]
	}
	return sum
}

// stampText is the store's form of a stamp.
func stampText(s watch.Stamp) string {
	return fmt.Sprintf("%d %d %d %d", s.Size, s.Modified, s.Changed, s.ID)
}

// settledEntry returns what a folder has to know of a drop that is done with.
func settledEntry(d store.Drop) (watch.Entry, bool) {
	e := watch.Entry{Name: d.Name, State: watch.Settled}
	n, err := fmt.Sscanf(d.Stamp, "%d %d %d %d", &e.Stamp.Size, &e.Stamp.Modified, &e.Stamp.Changed, &e.Stamp.ID)
	if n != 4 || err != nil || d.State == store.Waiting || d.State == store.Gone {
		return e, false
	}
	sum, err := hex.DecodeString(d.SHA256)
	copy(e.Hash[:], sum)
	return e, err == nil
}
