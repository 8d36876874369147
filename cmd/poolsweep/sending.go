package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/report/smtp"
)

// doubtPolicy is what is done about a mail that was perhaps sent.
type doubtPolicy string

// Policies. SMTP has one moment that nobody can close: between the final dot and the
// record of the server's answer. Who crashes there does not know.
const (
	doubtVerify doubtPolicy = "verify"      // ask a witness of what the server took
	doubtHold   doubtPolicy = "hold"        // leave it to a person: it may be missing, never double
	doubtResend doubtPolicy = "resend-once" // it may be double, with the same Message-ID
)

// sender sends what is due in the outbox, one mail after the other, each on a
// connection of its own. Several senders may work on one outbox.
type sender struct {
	store   *store.Store
	deliver func(ctx context.Context, m smtp.Message, beforeDot func() error) smtp.Outcome
	policy  func(series string) doubtPolicy
	witness witness // for doubtVerify
	times   sendTimes
	owner   string // tells this sender from others, for who looks into the outbox
	clock   wallClock
	now     func() time.Time
	mono    func() time.Duration
	log     *slog.Logger
}

// sendTimes are the waits of a sender.
type sendTimes struct {
	poll     time.Duration   // between two looks into the outbox
	lease    time.Duration   // a sender that is silent for so long is given up
	patience time.Duration   // after the dot, in which the server may still be at work
	certain  time.Duration   // until a witness that has not seen the mail is believed
	asked    time.Duration   // until a witness may have forgotten it
	backoff  []time.Duration // after each attempt, the last one for all that follow
	giveUp   time.Duration   // for mails that a server puts off again and again
}

func defaultSendTimes() sendTimes {
	return sendTimes{
		poll: 10 * time.Second, lease: time.Minute,
		patience: 10 * time.Minute, // as long as the client waits for an answer
		certain:  2 * time.Hour,    // for a queue that is slow to deliver to the witness
		asked:    24 * time.Hour,   // logs are rotated
		backoff: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
			time.Hour},
		giveUp: 5 * 24 * time.Hour, // what mail servers allow each other
	}
}

// run sends until the context ends. A full disk or a busy database passes.
func (s *sender) run(ctx context.Context) {
	health, err := s.store.Health(ctx)
	if err != nil {
		s.log.Error("last time not known; the clock is believed", "err", err)
	}
	for _, h := range health {
		if h.Part == partClock {
			s.clock.resume(h.At, s.now())
		}
	}
	for ctx.Err() == nil {
		if err := s.pass(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("sending is broken off; it is tried again", "err", err)
		}
		pause(ctx, s.times.poll)
	}
}

// pass sends all that is due. While the clock is in doubt nothing is sent: waits and
// leases go by it.
func (s *sender) pass(ctx context.Context) error {
	for ctx.Err() == nil {
		s.clock.look(s.now(), s.mono())
		if s.clock.suspect() || s.clock.leap(s.now(), s.mono()) != 0 {
			return nil
		}
		c, err := s.store.Claim(ctx, s.owner, s.times.lease, s.now())
		if err != nil || c == nil {
			return err
		}
		if c.State == store.MailDotted {
			s.resolve(c)
		} else {
			s.send(ctx, c)
		}
		if err := s.settle(context.WithoutCancel(ctx), c); err != nil {
			return err
		}
	}
	return nil
}

// settle stores what became of a mail. Who took it over meanwhile knows better.
func (s *sender) settle(ctx context.Context, c *store.Claim) error {
	err := s.store.Settle(ctx, c, s.now())
	if errors.Is(err, store.ErrLeaseLost) {
		s.log.Warn("mail was taken over by another sender", "series", c.Series, "key", c.Key, "recipient", c.Recipient)
		return nil
	}
	if err == nil {
		s.log.Info("mail", "series", c.Series, "key", c.Key, "recipient", c.Recipient, "state", c.State, "reason", c.Reason,
			"attempts", c.Attempts, "err", c.Error)
	}
	return err
}

// send makes an attempt to hand a mail in. A context that ends breaks it off, but
// for a while after the dot, so that the answer can still come.
func (s *sender) send(ctx context.Context, c *store.Claim) {
	whole := context.WithoutCancel(ctx)
	sending, end := context.WithCancel(whole)
	defer end()
	var dotted atomic.Bool
	defer context.AfterFunc(ctx, func() {
		if dotted.Load() {
			time.AfterFunc(endAfter, end)
		} else {
			end()
		}
	})()
	stop := s.renew(sending, c)
	defer stop()
	s.conclude(c, s.deliver(sending, smtp.Message{From: c.Sender, To: c.Recipient, Text: c.Text}, func() error {
		dotted.Store(true)
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.store.Dot(whole, c, s.times.patience, s.now())
	}))
	if ctx.Err() != nil && c.State == store.MailPending { // broken off by us, and no fault of the server's
		c.NextAt, c.Error = s.now(), ""
	}
}

// renew keeps a lease while its mail is being sent.
func (s *sender) renew(ctx context.Context, c *store.Claim) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(s.times.lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := s.store.Renew(ctx, c, s.now()); err != nil && ctx.Err() == nil {
				s.log.Warn("lease of a mail not renewed", "recipient", c.Recipient, "err", err)
			}
		}
	})
	return func() { cancel(); renewing.Wait() }
}

// conclude says what an attempt means for a mail.
func (s *sender) conclude(c *store.Claim, out smtp.Outcome) {
	now := s.now()
	c.Answer, c.Error = out.Answer, ""
	if out.Err != nil {
		c.Error = out.Err.Error()
	}
	if c.Reason != ingest.ReasonMailTooBig { // which stays true of a mail without its files
		c.Reason = ""
	}
	switch out.Kind {
	case smtp.Sent:
		c.State = store.MailSent
	case smtp.InDoubt:
		c.State, c.Reason, c.NextAt = store.MailDotted, ingest.ReasonMailInDoubt, now.Add(s.times.patience)
	case smtp.TooBig:
		c.State, c.Reason, c.NextAt = store.MailPending, ingest.ReasonMailTooBig, now
		if !c.HasSmall {
			c.State = store.MailRefused
		}
		c.HasSmall = false
	case smtp.Permanent:
		c.State, c.Reason = store.MailRefused, ingest.ReasonMailRefused
	default:
		s.putOff(c, out.Answered, now)
	}
}

// putOff has a mail tried again later. Only a server that says so itself can make the
// sender give up: one that does not answer is waited for, however long it takes.
func (s *sender) putOff(c *store.Claim, answered bool, now time.Time) {
	wait := s.times.backoff[min(c.Attempts, len(s.times.backoff))-1]
	c.State, c.NextAt = store.MailPending, now.Add(wait)
	if !answered {
		return
	}
	if c.AnsweredAt.IsZero() {
		c.AnsweredAt = now
	}
	if now.Sub(c.AnsweredAt) > s.times.giveUp {
		c.State, c.Reason = store.MailRefused, ingest.ReasonMailRefused
		c.Error = fmt.Sprintf("put off since %s: %s", c.AnsweredAt.Format(time.DateTime), c.Error)
	}
}

// resolve decides about a mail that was perhaps sent.
func (s *sender) resolve(c *store.Claim) {
	c.Reason = ingest.ReasonMailInDoubt
	switch policy := s.policy(c.Series); {
	case policy == doubtVerify && s.witness != nil:
		s.ask(c)
	case policy == doubtResend && !c.Again:
		c.State, c.Again, c.NextAt = store.MailPending, true, s.now()
	default:
		c.State = store.MailHeld
	}
}

// ask decides by what a witness saw. One that saw the mail is believed at once, one
// that did not only when the mail cannot still be on its way to it.
func (s *sender) ask(c *store.Claim) {
	now := s.now()
	seen, err := s.witness.saw(c.MessageID, c.DotAt)
	c.NextAt = now.Add(s.times.patience)
	switch age := now.Sub(c.DotAt); {
	case seen:
		c.State, c.Reason, c.Answer, c.Error = store.MailSent, "", "seen by the "+s.witness.String(), ""
	case age > s.times.asked:
		c.State, c.Error = store.MailHeld, fmt.Sprintf("not seen by the %s, which may have forgotten it", s.witness)
	case err != nil:
		c.Error = fmt.Sprintf("ask the %s: %v", s.witness, err)
	case age >= s.times.certain:
		c.State, c.Reason, c.NextAt, c.Error = store.MailPending, "", now, fmt.Sprintf("not seen by the %s", s.witness)
	}
}
