package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"poolsweep/ingest/jobs"
	"poolsweep/ingest/store"
)

// cluster is this process among the others that work on the history of a database
// server. Each is a node that beats. What one node alone may do is a lease that it
// renews with its beat: the duty, and the watch over each share. A node that falls
// silent loses them, and the jobs that it had; should it only have been slow, then
// some work is done twice, which the history takes once.
type cluster struct {
	self   store.Node
	jobs   *jobs.Jobs
	places map[string]*share // where it reads drops that others watch, by path
	beats  chan beat
	heard  time.Duration // by mono, when the last beat began that was answered
	away   bool          // that was too long ago
	look   time.Duration // by mono: no look for news before
}

// beat is what a node was told when it beat.
type beat struct {
	began   time.Duration
	holders map[string]store.Node // of the leases
	err     error
}

// silence is after how long without a beat a node counts no more. It beats four times
// in it. Tests have no time for that.
var silence = 20 * time.Second

func beatEvery() time.Duration { return silence / 4 }

// Times of a cluster that nobody needs to set.
const (
	lookEvery   = 200 * time.Millisecond // for what came of drops
	newsEvery   = time.Second            // for what other nodes recorded
	againAfter  = time.Second            // to record what the server did not take
	handsFactor = 8                      // drops read at once from a share for each parser
)

// dutyLease is for the work that one node does for all.
const dutyLease = "duty"

// leaseOf is for the watch over a share.
func leaseOf(share string) string { return "share " + share }

// roles of nodes.
const (
	roleWatch = "watch"
	roleWork  = "work"
)

// join makes this process a node of a history on a database server, and does nothing
// for a history of its own. It fails while nodes of another version are at work.
func (s *service) join(ctx context.Context) error {
	pool := s.store.Pool()
	if pool == nil {
		return nil
	}
	log := slog.New(warnings{s.log.Handler()})
	if err := jobs.Migrate(ctx, pool, log); err != nil {
		return err
	}
	self := store.Node{ID: rand.Text(), Host: helloName(), Role: s.role, Version: tool + revision()}
	if err := s.store.Beat(ctx, self, silence); err != nil {
		return err
	}
	c := &cluster{self: self, places: map[string]*share{}, beats: make(chan beat), heard: s.mono()}
	s.cluster = c
	o := jobs.Options{Node: self.ID, Work: s.work, EndAfter: endAfter, Log: log, Hands: handsFactor * s.parsersAtOnce()}
	for i := range s.cfg.Drops {
		sh, err := s.cfg.Drops[i].place()
		if err != nil {
			return err
		}
		if c.places[sh.path] = sh; s.reads {
			o.Shares = append(o.Shares, sh.path)
		}
	}
	var err error
	c.jobs, err = jobs.New(pool, o)
	return err
}

// leave ends being a node. What it had is free at once.
func (s *service) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), beatEvery())
	defer cancel()
	if err := s.store.Leave(ctx, s.cluster.self.ID); err != nil {
		s.log.Warn("the other nodes were not told of the end; they find out by themselves", "after", silence, "err", err)
	}
}

// startCluster has this node beat and do jobs until the context ends.
func (s *service) startCluster(ctx context.Context) error {
	c := s.cluster
	if s.reads {
		if err := c.jobs.Start(ctx); err != nil {
			return err
		}
		s.working.Go(c.jobs.Ended)
	}
	leases := []string{dutyLease}
	for _, sh := range s.shares {
		leases = append(leases, leaseOf(sh.path))
	}
	go func() {
		for ctx.Err() == nil {
			b := s.beat(ctx, leases)
			select {
			case c.beats <- b:
			case <-ctx.Done():
			}
			pause(ctx, beatEvery())
		}
	}()
	return nil
}

// beat says that this node is at work, asks for its leases, and frees the jobs of
// nodes that are not.
func (s *service) beat(ctx context.Context, leases []string) beat {
	ctx, cancel := context.WithTimeout(ctx, beatEvery())
	defer cancel()
	b := beat{began: s.mono(), holders: map[string]store.Node{}}
	if b.err = s.store.Beat(ctx, s.cluster.self, silence); b.err != nil {
		return b
	}
	for _, lease := range leases {
		if b.holders[lease], b.err = s.store.Hold(ctx, lease, s.cluster.self.ID, silence); b.err != nil {
			return b
		}
	}
	nodes, err := s.store.Nodes(ctx)
	var alive []string
	for i := range nodes {
		if nodes[i].Alive(silence) {
			alive = append(alive, nodes[i].ID)
		}
	}
	if err == nil {
		var freed int64
		if freed, err = s.cluster.jobs.Rescue(ctx, alive); freed > 0 {
			s.log.Info("jobs freed whose node is gone", "jobs", freed)
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("jobs not looked through; it is tried again", "err", err)
	}
	return b
}

// beaten takes up what a beat told. Without an answer all is as it was until the
// others must think that this node is gone.
func (s *service) beaten(ctx, going context.Context, b beat) error {
	var version *store.VersionError
	switch c := s.cluster; {
	case errors.As(b.err, &version):
		return b.err
	case b.err == nil:
		c.heard, c.away = b.began, false
	case s.mono()-c.heard < silence-beatEvery():
		return nil
	case !c.away:
		c.away = true
		s.log.Warn("the database server does not answer: nothing is taken up until it does", "err", b.err)
	}
	for _, sh := range s.shares {
		if err := s.holdShare(ctx, going, sh, b.holders[leaseOf(sh.path)]); err != nil {
			return err
		}
	}
	return s.holdDuty(going, b.holders[dutyLease].ID == s.cluster.self.ID)
}

// holdDuty begins or ends the duty.
func (s *service) holdDuty(going context.Context, mine bool) error {
	switch busy := s.judging || s.upkeep.running || s.mailing.running; {
	case mine && s.duty == nil && !busy: // what an earlier duty began has ended
		var ctx context.Context
		ctx, s.endDuty = context.WithCancel(going)
		if err := s.takeDuty(ctx); err != nil {
			s.endDuty()
			return err
		}
		s.log.Info("this node judges, makes the reports and sends the mails")
	case !mine && s.duty != nil:
		s.endDuty()
		s.duty = nil
		s.log.Info("another node judges")
	}
	return nil
}

// holdShare begins or ends the watch over a share.
func (s *service) holdShare(ctx, going context.Context, sh *share, holder store.Node) error {
	if mine := holder.ID == s.cluster.self.ID; mine || sh.end != nil {
		switch {
		case mine && sh.end == nil && !sh.scanning.Load():
			sh.holder = holder
			if err := s.cluster.forget(ctx, s.store, sh.path); err != nil {
				return err
			}
			return s.startShare(ctx, going, sh)
		case !mine:
			sh.end()
			sh.end = nil
		}
	}
	if holder.ID != sh.holder.ID && holder.ID != "" {
		s.log.Info("share is watched by another node; this one waits", "share", sh.path, "host", holder.Host, "since", holder.Started)
	}
	sh.holder = holder
	return nil
}

// reconcile looks after what nobody tells of.
func (s *service) reconcile(ctx context.Context) error {
	for _, sh := range s.shares {
		if sh.end == nil {
			continue
		}
		if err := s.miss(ctx, sh); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what came of drops for the watcher before: the history has it.
func (c *cluster) forget(ctx context.Context, db *store.Store, share string) error {
	old, err := db.Outcomes(ctx, share)
	if err != nil {
		return err
	}
	return db.Noticed(ctx, old)
}

// look takes up what other nodes did: for the shares that this one watches, and for
// its duty.
func (s *service) look(ctx context.Context) error {
	for _, sh := range s.shares {
		if sh.end == nil || len(sh.flying) == 0 {
			continue
		}
		if err := s.notice(ctx, sh); err != nil {
			return err
		}
	}
	if s.duty == nil || s.mono() < s.cluster.look {
		return nil
	}
	s.cluster.look = s.mono() + newsEvery
	return s.takeNews(ctx)
}
