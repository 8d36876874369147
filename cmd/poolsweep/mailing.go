package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// mailing is what makes the mails of the service, in the background.
type mailing struct {
	running bool
	ended   chan error
	rest    time.Duration // by mono: no new look before
	said    ingest.Reason // that was stored last
	judged  bool          // since notices were last looked for
	notices time.Duration // by mono, when they are looked for although nothing was judged
}

// Times of the mailing.
const (
	mailEvery = time.Minute
	mailRetry = 10 * time.Minute
	// noticeEvery is when cases that had to wait for a new day are looked for.
	noticeEvery = time.Hour
)

// partMail is the part of the service that makes mails.
const partMail = "mail"

// mailFolder is where all mails lie, below the folder of the reports.
func (c *config) mailFolder() string { return filepath.Join(c.Out, "mail") }

// mails reports whether any group gets mails.
func (c *config) mails() bool {
	for i := range c.Groups {
		if g := &c.Groups[i]; g.Weekday != "" || g.Notices {
			return true
		}
	}
	return false
}

// startMailing looks whether mails are due, and makes them. A week is not closed while
// the clock is in doubt: its mail could never be made again.
func (s *service) startMailing(ctx context.Context) {
	m, clock := &s.mailing, &s.upkeep.clock
	if !s.cfg.mails() || m.running || s.mono() < m.rest {
		return
	}
	if clock.wall.IsZero() || clock.suspect() || clock.leap(s.now(), s.mono()) != 0 {
		return
	}
	notices := m.judged || s.mono() >= m.notices
	if m.running, m.rest = true, s.mono()+mailEvery; notices {
		m.judged, m.notices = false, s.mono()+noticeEvery
	}
	now := s.now()
	go func() {
		err := s.makeMails(ctx, now, notices)
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		m.ended <- err
	}()
}

// makeMails makes the mails of all groups, with notices or without. One that fails
// keeps no other waiting.
func (s *service) makeMails(ctx context.Context, now time.Time, notices bool) error {
	cases, err := s.store.Cases(ctx)
	if err != nil {
		return err
	}
	h := s.history()
	h.now, h.cases = now, cases
	var failed error
	for i := range s.cfg.Groups {
		g := &s.cfg.Groups[i]
		if g.Weekday == "" && !(g.Notices && notices) {
			continue
		}
		d, err := h.desk(g, s.cfg.mailFolder(), s.log)
		if err == nil && g.Weekday != "" {
			err = d.weeks(ctx)
		}
		if err == nil && g.Notices && notices {
			if err = d.bringNotices(ctx); err == nil {
				err = d.notices(ctx)
			}
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// endMailing stores how it went. A failure does not end the service.
func (s *service) endMailing(ctx context.Context, err error) error {
	s.mailing.running = false
	if errors.Is(err, context.Canceled) {
		return nil
	}
	h := store.Health{Part: partMail, At: s.now()}
	if err != nil {
		s.mailing.rest, s.mailing.judged = s.mono()+mailRetry, true
		h.Reason, h.Detail = upkeepReason(err), err.Error()
		s.log.Error("mails not made; it is tried again", "reason", h.Reason, "err", err)
	}
	if (h.Reason == "") == (s.mailing.said == "") {
		return nil
	}
	s.mailing.said = h.Reason
	return s.store.PutHealth(ctx, h)
}

// startSending sends what is in the outbox, until the context ends.
func (s *service) startSending(ctx context.Context) error {
	if s.cfg.Mail.Server == "" {
		return nil
	}
	sender, err := s.cfg.Mail.sender(s.store, s.log)
	if err != nil {
		return err
	}
	sender.mono = s.mono
	s.working.Go(func() { sender.run(ctx) })
	return nil
}
