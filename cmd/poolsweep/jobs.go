package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"poolsweep/ingest"
	"poolsweep/ingest/jobs"
	"poolsweep/ingest/store"
	"poolsweep/ingest/watch"
)

// hand has other processes read the drops that are ready: one job a drop, added in the
// transaction that notes what else the scan saw.
func (s *service) hand(ctx context.Context, sh *share, entries []watch.Entry) error {
	var drops []jobs.Drop
	var ready []string
	behind := map[string]int{} // drops under way by machine's folder
	for name := range sh.flying {
		behind[folderOf(name)]++
	}
	for i := range entries {
		e := &entries[i]
		if e.State != watch.Ready || sh.flying[e.Name] {
			continue
		}
		folder := folderOf(e.Name)
		ready, drops = append(ready, e.Name), append(drops, sh.job(e, behind[folder]))
		behind[folder]++
	}
	db := s.store
	if len(drops) > 0 {
		db = db.Joined(s.cluster.jobs.Add(drops))
	}
	if err := s.note(ctx, db, sh, entries, len(drops) > 0); err != nil {
		return err
	}
	for _, name := range ready {
		sh.flying[name] = true
	}
	return nil
}

// folderOf is the folder that a drop lies in, mostly that of its machine.
func folderOf(name string) string {
	folder, _, _ := strings.Cut(name, "/")
	return folder
}

// ranks are how many drops of one folder may be under way until the next ones have to
// let those of other folders go first.
var ranks = []int{16, 64, 256}

// job is the one to read a drop with so many of its folder before it.
func (sh *share) job(e *watch.Entry, behind int) jobs.Drop {
	d := jobs.Drop{Share: sh.path, Name: store.Escape(e.Name), Stamp: stampText(e.Stamp), Reason: string(e.Reason), Twice: e.Twice}
	if e.Twice && e.Hash != [32]byte{} {
		d.First = hex.EncodeToString(e.Hash[:])
	}
	for _, most := range ranks {
		if behind >= most {
			d.Rank++
		}
	}
	return d
}

// notice hands the drops of a share back to it that other processes have read.
func (s *service) notice(ctx context.Context, sh *share) error {
	outcomes, err := s.store.Outcomes(ctx, sh.path)
	if err != nil || len(outcomes) == 0 {
		return err
	}
	for _, o := range outcomes {
		e, ok := settledEntry(store.Drop{Name: o.Name, Stamp: o.Stamp, SHA256: o.SHA256})
		switch {
		case !ok:
			return fmt.Errorf("outcome of drop %q: %q is no stamp", o.Name, o.Stamp)
		case o.Settled:
			sh.folder.Settle(e.Name, e.Stamp, e.Hash)
		default:
			sh.folder.Again(e.Name, e.Stamp, e.Hash, o.Reason)
		}
		sh.land(o.Name)
	}
	return s.store.Noticed(ctx, outcomes)
}

// miss looks for drops that were handed to others and are not under way any more, as
// when somebody deleted their jobs. They are taken up again.
func (s *service) miss(ctx context.Context, sh *share) error {
	if len(sh.flying) == 0 {
		return nil
	}
	underway, err := s.cluster.jobs.Underway(ctx, sh.path)
	if err != nil {
		s.log.Warn("jobs not looked for; it is tried again", "err", err)
		return nil
	}
	if err := s.notice(ctx, sh); err != nil { // what ended before the look
		return err
	}
	for name := range sh.flying {
		if !underway[store.Escape(name)] {
			s.log.Warn("nobody reads this drop any more; it is taken up again", "share", sh.path, "file", name)
			sh.land(name)
		}
	}
	return nil
}

// place is where a node reads the drops that another one watches: the path has to be
// the same on all hosts.
func (d *dropConfig) place() (*share, error) {
	path, err := sharePath(d.Path)
	if err != nil {
		return nil, err
	}
	if d.inBucket() {
		from, err := d.feed("", nil)
		return &share{path: path, folder: from}, err
	}
	o := d.options()
	o.Unpolled = true
	return &share{path: path, folder: folderFeed{watch.New(path, o)}}, nil
}

// work does a job: it reads a drop, and waits until the outcome is recorded. Should the
// server not take it, it is offered again for as long as the process runs.
func (s *service) work(ctx context.Context, job *jobs.Taken) error {
	in, err := s.intakeOf(job)
	if err != nil {
		return err
	}
	read := make(chan struct{})
	go func() { s.fetch(in); close(read) }()
	select {
	case <-read:
	case <-ctx.Done(): // a share that hangs
		return ctx.Err()
	}
	for {
		select {
		case s.read <- in:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case err = <-in.recorded:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		pause(ctx, againAfter)
	}
}

// intakeOf makes an intake of a job.
func (s *service) intakeOf(job *jobs.Taken) (*intake, error) {
	e, ok := settledEntry(store.Drop{Name: store.Unescape(job.Name), Stamp: job.Stamp, SHA256: job.First})
	sh := s.cluster.places[job.Share]
	if sh == nil || !ok {
		return nil, fmt.Errorf("job to read %q in %q, which this node cannot", job.Name, job.Share)
	}
	e.State, e.Reason, e.Twice = watch.Ready, ingest.Reason(job.Reason), job.Twice
	return &intake{share: sh, entry: e, job: job, recorded: make(chan error, 1)}, nil
}

// outcome is what the watcher of the drop is told.
func (in *intake) outcome() store.Outcome {
	return store.Outcome{Share: in.share.path, Name: in.entry.Name, Stamp: stampText(in.stamp),
		SHA256: hex.EncodeToString(in.sum[:]), Settled: in.again == "", Reason: in.again}
}
