package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/ingest/watch"
	"poolsweep/templates"
)

// service is the watcher: one scanner and one reader a share, parsers in processes
// of their own, and one goroutine, that of run, that owns the order of things. The
// scan is the truth, the store's transaction the promise: whatever is lost in
// between is found again by the next scan.
type service struct {
	cfg     *config
	know    *knowledge.Base
	words   *templates.Words
	store   *store.Store
	parsers *parsers
	log     *slog.Logger
	notify  notifier
	now     func() time.Time     // by the wall, for what people read
	mono    func() time.Duration // since some start, for all waiting

	shares  []*share
	scans   chan scanned
	read    chan *intake
	slots   chan struct{} // one a drop that is being parsed
	quotes  chan struct{} // one while a drop is read again for its lines
	judged  chan round
	duty    context.Context // of what one process does alone; nil when another does it
	endDuty context.CancelFunc
	role    string          // the command that this process runs
	reads   bool            // it does jobs
	cluster *cluster        // nil when no other process works on the history
	working *sync.WaitGroup // what is to end before the service does
	judging bool
	trouble ingest.Reason        // why the store takes nothing now
	fresh   bool                 // something was recorded since the last judgement began
	rest    time.Duration        // by mono: no judgement before
	broken  bool                 // a judgement broke off: reports may be due that no error tells of
	stale   bool                 // something was recorded since the fleet's workbook was made
	book    time.Duration        // by mono: no new workbook before
	tracks  map[string]heldTrack // machines' pasts, by folded name, as last read for the workbook
	upkeep  upkeep
	mailing mailing

	typed  *int            // decisions of the command line that are stored; nil before the first look
	unread map[string]bool // files of decisions that could not be read
}

// share is one watched folder.
type share struct {
	path    string
	drop    dropConfig
	folder  feed
	wake    chan struct{}    // an event: scan now
	queue   *queue           // ready drops, for the reader
	quota   quota            // of each machine
	flying  map[string]bool  // taken up, and not yet recorded
	landed  map[string]bool  // handed back since the last scan came in, which may not know it
	noted   map[string]noted // what the store knows of drops that are not read yet
	scanned time.Duration    // by mono, when the last scan ended
	state   store.Share

	end      context.CancelFunc // of the watch over it; nil when this process has it not
	scanning atomic.Bool        // its scanner has not ended
	holder   store.Node         // that watches it, as last told

	bulletin bulletin // the decisions in it
}

// queue holds drops between two goroutines and hands them out in turn from each
// machine's folder, so that one machine with thousands does not keep the others
// waiting. It has no end, because the one that fills it must never wait for a share.
type queue struct {
	mu      sync.Mutex
	folders map[string][]*intake
	turn    []string      // the folders that have some
	more    chan struct{} // something was added
}

func newQueue() *queue {
	return &queue{folders: map[string][]*intake{}, more: make(chan struct{}, 1)}
}

func (q *queue) push(items []*intake) {
	q.mu.Lock()
	for _, in := range items {
		folder := folderOf(in.entry.Name)
		if len(q.folders[folder]) == 0 {
			q.turn = append(q.turn, folder)
		}
		q.folders[folder] = append(q.folders[folder], in)
	}
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// pop waits for an item, or returns nil when the context ends.
func (q *queue) pop(ctx context.Context) *intake {
	for ctx.Err() == nil {
		if in := q.next(); in != nil {
			return in
		}
		select {
		case <-q.more:
		case <-ctx.Done():
		}
	}
	return nil
}

// next returns the first item of the folder whose turn it is, or nil.
func (q *queue) next() *intake {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turn) == 0 {
		return nil
	}
	folder := q.turn[0]
	q.turn = q.turn[1:]
	in, rest := q.folders[folder][0], q.folders[folder][1:]
	if len(rest) > 0 {
		q.folders[folder] = rest
		q.turn = append(q.turn, folder)
	} else {
		delete(q.folders, folder)
	}
	return in
}

// noted is what was last stored about a drop.
type noted struct {
	state  store.State
	reason ingest.Reason
}

// scanned is the outcome of one scan.
type scanned struct {
	*share
	watch.Scan
	err    error
	posted *posted // what stands in the file of decisions, when that changed
}

// Times of the service that nobody needs to set.
const (
	scanPause    = 100 * time.Millisecond // at least between two scans
	shareSilence = time.Minute            // until a share that does not answer is down
	endAfter     = 8 * time.Second        // for what is being read, when the service ends
	mostRecorded = 64                     // drops in one transaction
	mostHistory  = 256                    // logs of one machine that are judged together
	judgePause   = 1 * time.Second        // at least between two judgements
	judgeShare   = 4                      // a pause is so many times as long as the judgement took
	checkEvery   = 10 * time.Second       // for silent shares and due work
)

// run watches until the context ends, and then lets what is under way come to its
// end. Its error says why the service cannot go on.
func (s *service) run(ctx context.Context) error {
	s.scans, s.read, s.judged = make(chan scanned), make(chan *intake), make(chan round, 1)
	s.slots, s.quotes = make(chan struct{}, s.parsersAtOnce()), make(chan struct{}, 1)
	s.working = new(sync.WaitGroup)
	going, stop := context.WithCancel(ctx)
	defer stop()
	if err := s.start(ctx, going); err != nil {
		return err
	}
	err := s.loop(going)
	stop()
	return errors.Join(err, s.finish())
}

// start begins all that this process does. In a cluster most of that is for the node
// that the others leave it to.
func (s *service) start(ctx, going context.Context) error {
	if s.cluster != nil {
		return s.startCluster(going)
	}
	if err := s.takeDuty(going); err != nil {
		return err
	}
	for _, sh := range s.shares {
		if err := s.startShare(ctx, going, sh); err != nil {
			return err
		}
		s.working.Go(func() { s.reader(going, sh) })
	}
	return nil
}

// parsersAtOnce is how many drops are parsed at a time.
func (s *service) parsersAtOnce() int { return max(2, runtime.GOMAXPROCS(0)) }

// openShare opens a share, with what the store knows of it.
func (s *service) openShare(ctx context.Context, sh *share) error {
	var settled []watch.Entry
	err := s.store.Drops(ctx, sh.path, func(drop store.Drop) error {
		if e, ok := settledEntry(drop); ok {
			settled = append(settled, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sh.folder, err = sh.drop.feed(s.cfg.Decisions, slices.Values(settled))
	return err
}

// startShare begins to watch a share.
func (s *service) startShare(ctx, going context.Context, sh *share) error {
	if err := s.openShare(ctx, sh); err != nil {
		return err
	}
	sh.flying, sh.landed, sh.noted, sh.scanned = map[string]bool{}, map[string]bool{}, map[string]noted{}, s.mono()
	watching, end := context.WithCancel(going)
	sh.end = end
	sh.scanning.Store(true)
	go func() {
		s.scanner(watching, sh)
		sh.scanning.Store(false)
	}()
	return nil
}

func (s *service) loop(ctx context.Context) error {
	whole := context.WithoutCancel(ctx) // what is begun in the store is ended
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	var beats chan beat
	var looks <-chan time.Time
	if s.cluster != nil {
		beats = s.cluster.beats
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		looks = look.C
	}
	for {
		if s.duty != nil {
			s.startJudging(s.duty)
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case sc := <-s.scans:
			err = s.scan(whole, sc)
		case in := <-s.read:
			err = s.took(whole, s.ripe(in))
		case j := <-s.judged:
			err = s.endJudging(j)
		case ended := <-s.upkeep.ended:
			err = s.endUpkeep(whole, ended)
		case ended := <-s.mailing.ended:
			err = s.endMailing(whole, ended)
		case b := <-beats:
			err = s.beaten(whole, ctx, b)
		case <-looks:
			err = s.look(whole)
		case <-tick.C:
			err = s.tick(whole)
		}
		if err := s.outlast(whole, err); err != nil {
			return err
		}
	}
}

// tick does what is due by the clock.
func (s *service) tick(ctx context.Context) error {
	s.notify.say("WATCHDOG=1")
	if err := s.checkSilent(ctx); err != nil {
		return err
	}
	if s.cluster != nil {
		if err := s.reconcile(ctx); err != nil {
			return err
		}
	}
	if s.duty == nil {
		return nil
	}
	return s.dutyTick(ctx)
}

// outlast passes over an error that goes by itself: a full disk or quota, a database
// that another program holds, a server that is away. Nothing was acknowledged, so all
// comes up again. A disk that fails ends the service: whether what it said to have
// synced is there, only a new start finds out.
func (s *service) outlast(ctx context.Context, err error) error {
	var trouble ingest.Reason
	status := "watching"
	switch { // what the history cannot take now, the service manager shows
	case errors.Is(err, store.ErrFull):
		trouble, status = ingest.ReasonDBFull, "nothing is recorded until there is space"
	case errors.Is(err, store.ErrAway):
		trouble, status = ingest.ReasonDBAway, "nothing is recorded until the database server is back"
	}
	if s.trouble == ingest.ReasonDBAway && err == nil && s.store.Check(ctx, false) != nil {
		return nil // what went well did not ask the server
	}
	if trouble != s.trouble {
		s.log.Error("state", "reason", cmp.Or(trouble, s.trouble), "lasts", trouble != "", "err", err)
		if s.trouble = trouble; trouble != "" {
			status = fmt.Sprintf("%s: %s", trouble, status)
		}
		s.notify.say("STATUS=" + status)
	}
	if trouble != "" || errors.Is(err, store.ErrBusy) {
		return nil
	}
	return err
}

// finish records what the readers still bring, for as long as an end may take.
func (s *service) finish() error {
	done := make(chan struct{})
	go func() { s.working.Wait(); close(done) }()
	late := time.NewTimer(endAfter)
	defer late.Stop()
	ctx := context.Background() // what is recorded now was read already
	for {
		select {
		case in := <-s.read:
			if err := s.took(ctx, s.ripe(in)); err != nil {
				return err
			}
		case <-done:
			return s.finishWork(ctx)
		case <-late.C:
			s.log.Warn("readers do not end; what they read is read again at the next start")
			return nil
		}
	}
}

// finishWork waits for the work in the background, which ends with the service.
func (s *service) finishWork(ctx context.Context) error {
	var err error
	if s.judging {
		err = s.endJudging(<-s.judged)
	}
	if s.upkeep.running {
		err = errors.Join(err, s.endUpkeep(ctx, <-s.upkeep.ended))
	}
	if s.mailing.running {
		err = errors.Join(err, s.endMailing(ctx, <-s.mailing.ended))
	}
	return err
}

// scanner polls one share for ever: one scan at a time, however long one takes.
func (s *service) scanner(ctx context.Context, sh *share) {
	for {
		sc := scanned{share: sh}
		if sc.Scan, sc.err = sh.folder.Poll(s.mono()); sc.err == nil {
			sc.posted = sh.bulletin.look(sh.folder, sc.Aside)
		}
		pause := s.nextScan(sc.Entries) // which are the service's as soon as it has them
		select {
		case s.scans <- sc:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(pause):
		case <-sh.wake:
		case <-ctx.Done():
			return
		}
	}
}

// nextScan is when a scan is due again: sooner than usual when a drop may be ready
// by then.
func (s *service) nextScan(entries []watch.Entry) time.Duration {
	wait := s.cfg.Scan.Duration
	for _, e := range entries {
		if e.State == watch.Waiting && e.Wait > 0 {
			wait = min(wait, e.Wait)
		}
	}
	return max(wait, scanPause)
}

// scan takes up what a scan saw.
func (s *service) scan(ctx context.Context, sc scanned) error {
	sh := sc.share
	if sh.end == nil { // another node watches it by now
		return nil
	}
	sh.scanned = s.mono()
	if sc.err != nil {
		return s.putShare(ctx, sh, ingest.ReasonShareSuspect, sc.err)
	}
	files := 0
	for state, n := range sc.Counts {
		if watch.State(state) != watch.Gone && watch.State(state) != watch.Ignored {
			files += n
		}
	}
	sh.state.Kind, sh.state.Files, sh.state.Ignored = sc.Kind, files, sc.Counts[watch.Ignored]
	if err := s.putShare(ctx, sh, sc.Share, nil); err != nil {
		return err
	}
	if sc.posted != nil {
		if err := s.post(ctx, sh, sc.posted); err != nil {
			sh.bulletin.again.Store(true)
			return err
		}
	}
	// What a scan says of a drop that was handed back meanwhile is old: the drop
	// would be waiting in the store again, and be read again.
	entries := slices.DeleteFunc(sc.Entries, func(e watch.Entry) bool { return sh.landed[e.Name] })
	clear(sh.landed)
	sh.ration(entries, s.mono())
	err := s.takeUp(ctx, sh, entries)
	if err != nil {
		sh.unration(entries)
	}
	return err
}

// takeUp notes what a scan saw, and has the drops read that are ready.
func (s *service) takeUp(ctx context.Context, sh *share, entries []watch.Entry) error {
	if s.cluster != nil {
		return s.hand(ctx, sh, entries)
	}
	if err := s.note(ctx, s.store, sh, entries, false); err != nil {
		return err
	}
	sh.enqueue(entries)
	return nil
}

// putShare stores how a share does and says aloud when that changes.
func (s *service) putShare(ctx context.Context, sh *share, why ingest.Reason, err error) error {
	if sh.state.Reason != why {
		if why == "" {
			s.log.Info("share answers again", "share", sh.path)
		} else {
			s.log.Warn("share is not trusted: nothing in it is read or counts as gone", "share", sh.path, "reason", why, "err", err)
		}
	}
	sh.state.Path, sh.state.Reason, sh.state.ScannedAt = sh.path, why, s.now()
	return s.store.PutShare(ctx, sh.state)
}

// note stores the drops whose state or reason is another than before. With more to be
// done in the transaction there is one also without any.
func (s *service) note(ctx context.Context, db *store.Store, sh *share, entries []watch.Entry, more bool) error {
	var news []store.Drop
	for _, e := range entries {
		state, told := dropStates[e.State]
		if !told || sh.flying[e.Name] || sh.noted[e.Name] == (noted{state, e.Reason}) {
			continue
		}
		news = append(news, store.Drop{Share: sh.path, Name: e.Name, State: state, Reason: e.Reason, Bytes: e.Stamp.Size})
	}
	if len(news) == 0 && !more {
		return nil
	}
	if err := db.Note(ctx, news, s.now()); err != nil {
		return err
	}
	for _, d := range news {
		sh.noted[d.Name] = noted{d.State, d.Reason}
		switch d.State {
		case store.Gone:
			delete(sh.noted, d.Name)
		case store.Refused:
			s.log.Warn("drop refused", "share", sh.path, "file", d.Name, "reason", d.Reason)
		}
	}
	return nil
}

// dropStates are the states of a scan that the store is told of. What is ready is
// still waiting to be read; what is ignored was never a drop.
var dropStates = map[watch.State]store.State{
	watch.Waiting: store.Waiting, watch.Ready: store.Waiting, watch.Refused: store.Refused, watch.Gone: store.Gone,
}

// enqueue takes up the drops that are ready.
func (sh *share) enqueue(entries []watch.Entry) {
	var ready []*intake
	for _, e := range entries {
		if e.State == watch.Ready && !sh.flying[e.Name] {
			ready = append(ready, &intake{share: sh, entry: e})
			sh.flying[e.Name] = true
		}
	}
	if len(ready) > 0 {
		sh.queue.push(ready)
	}
}

// checkSilent marks the shares whose scan does not come back.
func (s *service) checkSilent(ctx context.Context) error {
	for _, sh := range s.shares {
		if sh.end != nil && s.mono()-sh.scanned > shareSilence+s.cfg.Scan.Duration && sh.state.Reason != ingest.ReasonShareDown {
			if err := s.putShare(ctx, sh, ingest.ReasonShareDown, errors.New("it does not answer")); err != nil {
				return err
			}
		}
	}
	return nil
}

// newShares makes the watched folders of the configuration, with what the store
// knows of them.
func (s *service) newShares(ctx context.Context) error {
	if s.role == roleWork {
		return nil
	}
	var paths []string
	for _, d := range s.cfg.Drops {
		path, err := sharePath(d.Path)
		if err != nil {
			return err
		}
		paths = append(paths, path)
		s.shares = append(s.shares, &share{path: path, drop: d, wake: make(chan struct{}, 1), queue: newQueue(),
			quota: quota{d.Quota, map[string]hourly{}}, bulletin: bulletin{name: s.cfg.Decisions}})
	}
	if err := s.keepDecisions(ctx); err != nil {
		return err
	}
	return s.store.KeepShares(ctx, paths)
}
