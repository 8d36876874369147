package main

import "context"

// takeDuty begins what only one process does for a history: judging, the reports,
// the upkeep, the mails and what trackers are told. What an earlier one left undone
// comes first, be it that it ended or that it was killed.
func (s *service) takeDuty(ctx context.Context) error {
	if err := s.newUpkeep(ctx); err != nil {
		return err
	}
	s.mailing = mailing{ended: make(chan error, 1)}
	if err := s.redo(ctx, missed); err != nil {
		return err
	}
	if err := s.takeAsked(ctx); err != nil {
		return err
	}
	if err := s.startSending(ctx); err != nil {
		return err
	}
	if s.cfg.telling() {
		s.working.Go(func() { s.attacher().run(ctx) })
	}
	s.duty, s.fresh = ctx, true
	return nil
}

// dutyTick does what is due of it by the clock.
func (s *service) dutyTick(ctx context.Context) error {
	if err := s.retry(ctx); err != nil {
		return err
	}
	if err := s.takeAsked(ctx); err != nil {
		return err
	}
	err := s.startUpkeep(s.duty, ctx)
	s.startMailing(s.duty)
	return err
}

// takeAsked takes up what other commands ask for: by files in the state folder, or by
// what they change on a database server.
func (s *service) takeAsked(ctx context.Context) error {
	if s.store.Served() {
		return s.takeNews(ctx)
	}
	if err := s.takeRequest(ctx); err != nil {
		return err
	}
	return s.takeTyped(ctx)
}
