package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/report"
	"poolsweep/report/tracker"
	"poolsweep/templates"
)

// attacher brings revisions of cases into the tickets that people named for them, each
// once. A crash between a comment and its record leaves a doubt, so every attempt first
// asks the tracker for the mark that the comment bears.
type attacher struct {
	cfg   *config
	know  *knowledge.Base
	words *templates.Words
	store *store.Store
	times attachTimes
	now   func() time.Time
	log   *slog.Logger
	held  map[string]time.Time // trackers, by address, that are left alone until then

	quotes chan struct{} // one while a drop is read again for its lines
}

// attachTimes are the waits of an attacher.
type attachTimes struct {
	poll    time.Duration   // between two looks at what is due
	pause   time.Duration   // between two tickets
	lease   time.Duration   // longer than an attempt takes
	backoff []time.Duration // after each failed attempt, the last one for all that follow
	refused time.Duration   // after an answer that needs a person
}

func defaultAttachTimes() attachTimes {
	return attachTimes{poll: time.Minute, pause: 5 * time.Second, lease: 10 * time.Minute,
		backoff: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}, refused: time.Hour}
}

// delivery is the newest revision of a case, and the ticket that it goes into.
type delivery struct {
	store.Attachment
	mark  string         // that its comment bears
	to    *trackerConfig // nil: the ticket belongs to none
	quiet bool           // people decided that the case is another's, or no bug
	ready bool           // its write-up is written, and nothing newer waits to be judged
}

// deliveries are those of all cases with a ticket.
func (a *attacher) deliveries(ctx context.Context) ([]delivery, error) {
	cases, err := a.store.Cases(ctx)
	if err != nil {
		return nil, err
	}
	decided, _, err := decidedCases(ctx, a.store, cases, a.now())
	if err != nil {
		return nil, err
	}
	ready, err := a.readiness(ctx)
	if err != nil {
		return nil, err
	}
	var out []delivery
	for i := range cases {
		c := &cases[i]
		d, named := decided[c.ID]
		if !named || d.Ticket == "" {
			continue
		}
		out = append(out, delivery{
			Attachment: store.Attachment{Case: c.ID, Signature: c.Signature, Revision: c.Revision, Ticket: d.Ticket},
			mark:       markOf(c), to: a.cfg.tracker(d.Ticket), quiet: d.Duplicate != "" || d.Closed != nil, ready: ready(c)})
	}
	return out, nil
}

// readiness tells of which cases the newest revision is written, and is the newest that
// can be: all that is known of the machines was judged.
func (a *attacher) readiness(ctx context.Context) (func(*store.Case) bool, error) {
	machines, err := a.store.Machines(ctx)
	if err != nil {
		return nil, err
	}
	outputs, err := a.store.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	unjudged, written := map[string]bool{}, map[string]bool{}
	for _, m := range machines {
		unjudged[ingest.MachineKey(m.Name)] = m.Changed != m.Judged
	}
	for _, o := range outputs {
		written[o.Path] = !o.Due()
	}
	return func(c *store.Case) bool {
		return written[report.WriteupFile(c.ID)] &&
			!slices.ContainsFunc(c.Machines, func(m string) bool { return unjudged[ingest.MachineKey(m)] })
	}, nil
}

// markOf is what a comment bears to be found by: the signature, what the revision says
// and its number. The same history read anew counts its revisions anew; what says the
// same stays one.
func markOf(c *store.Case) string {
	sum := sha256.Sum256(append([]byte(c.Signature+"\x00"), c.Summary...))
	return fmt.Sprintf("poolsweep-%s-r%d", hex.EncodeToString(sum[:8]), c.Revision)
}

// message is what goes into a ticket.
type message struct {
	in     report.Input
	of     *analyze.Case
	remark report.Remark
	pdf    []byte // nil: none goes with it
}

// compose judges the case and draws what is told of it: from one judgement, so that the
// comment and the write-up agree.
func (a *attacher) compose(ctx context.Context, d *delivery) (*message, error) {
	h := &history{cfg: a.cfg, db: a.store, know: a.know, words: a.words, now: a.now(), quotes: a.quotes}
	if p := cmp.Or(d.to.Profile, a.cfg.Profile); p != a.cfg.Profile {
		own := *a.cfg // what a lab knows is read otherwise for readers outside
		own.Profile = p
		know, err := own.knowledge(&console{out: io.Discard, err: io.Discard})
		if err != nil {
			return nil, err
		}
		h.cfg, h.know = &own, know
	}
	var err error
	if h.cases, err = a.store.Cases(ctx); err != nil {
		return nil, err
	}
	j, _, err := h.judge(ctx, &selection{}, []string{d.Case})
	if err != nil {
		return nil, err
	}
	c, err := h.found(j, d.Case)
	if err != nil {
		return nil, err
	}
	m := &message{remark: report.Remark{Revision: d.Revision}}
	if h.cfg.public() {
		if j, err = h.cfg.outside(j, h.know); err != nil {
			return nil, err
		}
	} else if a.cfg.Out != "" {
		m.remark.Path = filepath.ToSlash(filepath.Join(a.cfg.Out, filepath.FromSlash(report.WriteupFile(d.Case))))
	}
	m.in, m.of = j.Input, j.find(c.ID)
	if d.to.Attach == attachPDF && tracker.Kind(d.to.Kind).TakesFiles() {
		var pdf bytes.Buffer
		err = j.drawWriteup(&pdf, m.of)
		m.remark.File, m.pdf = fmt.Sprintf("%s-r%d.pdf", d.Case, d.Revision), pdf.Bytes()
	}
	return m, err
}

// text is the comment, with a link to the file in the tracker's markup. The mark does
// not show in Markdown. Jira has no text that does not show and survives its versions:
// there the mark is the last line.
func (m *message) text(kind tracker.Kind, mark, link string) (string, error) {
	t, err := report.NewComment(m.in, m.of, m.remark)
	if err != nil {
		return "", err
	}
	most := kind.Longest() - len(mark) - len(link) - len("<!--  -->\n\n\n")
	if kind == tracker.Jira {
		return t.Within(most, (*report.Ticket).Jira) + "\n\n" + mark, nil
	}
	text := "<!-- " + mark + " -->\n" + t.Within(most, (*report.Ticket).Markdown)
	if link != "" {
		text += "\n\n" + link
	}
	return text, nil
}

// attempt brings a delivery into its ticket, unless it is there.
func (a *attacher) attempt(ctx context.Context, d *delivery) error {
	client, err := d.to.client()
	if err != nil {
		return err
	}
	issue, err := client.Issue(d.Ticket)
	if err != nil {
		return &failure{exitFailed, err, "give the address of the ticket's own page"}
	}
	found, err := client.Find(ctx, issue, d.mark)
	if err != nil {
		return err
	}
	if found == nil {
		found, err = a.post(ctx, client, issue, d)
	}
	if err == nil {
		d.Comment = found.Page
	}
	return err
}

// post adds the file, and then the comment: so the comment is there last, and its mark
// says that all is.
func (a *attacher) post(ctx context.Context, client *tracker.Tracker, issue *tracker.Issue,
	d *delivery) (*tracker.Comment, error) {
	m, err := a.compose(ctx, d)
	if err != nil {
		return nil, err
	}
	var link string
	if m.pdf != nil {
		link, err = client.Upload(ctx, issue, m.remark.File, m.pdf)
		var status *tracker.StatusError
		if errors.As(err, &status) && status.UnwantedFile() {
			a.log.Warn("tracker does not take the write-up; the comment says where it lies", "case", d.Case, "err", err)
			m.remark.File, err = "", nil
		}
	}
	if err != nil {
		return nil, err
	}
	text, err := m.text(client.Kind, d.mark, link)
	if err != nil {
		return nil, err
	}
	d.File = m.remark.File
	return client.Comment(ctx, issue, text)
}

// bring makes an attempt and stores what came of it. It reports false when somebody
// else is at it, or it is there.
func (a *attacher) bring(ctx context.Context, d *delivery) (mine bool, err error) {
	mine, err = a.store.ClaimAttachment(ctx, &d.Attachment, a.times.lease, a.now())
	if err != nil || !mine {
		return false, err
	}
	err = a.attempt(ctx, d)
	a.conclude(ctx, d, err)
	return true, errors.Join(err, a.store.SettleAttachment(context.WithoutCancel(ctx), &d.Attachment, a.now()))
}

// conclude says what an attempt means for a delivery, and for others to its tracker.
func (a *attacher) conclude(ctx context.Context, d *delivery, err error) {
	d.State, d.Error = store.Attached, ""
	if err == nil {
		return
	}
	d.State, d.File = store.AttachPending, ""
	if ctx.Err() != nil { // broken off by us, and no fault of the tracker's
		d.NextAt = a.now()
		return
	}
	d.Error = err.Error()
	wait := a.times.backoff[min(d.Attempts, len(a.times.backoff))-1]
	var status *tracker.StatusError
	var ours *failure
	answered := errors.As(err, &status)
	if answered && !status.Passes() || errors.As(err, &ours) {
		d.State, wait = store.AttachRefused, a.times.refused
	}
	if answered {
		wait = max(wait, status.Wait)
	}
	d.NextAt = a.now().Add(wait)
	if ours == nil && !(answered && onlyThis(status.Status)) {
		a.held[d.to.URL] = d.NextAt
	}
}

// onlyThis reports whether a refusal is about one ticket, and says nothing of others.
func onlyThis(status int) bool {
	return status == http.StatusNotFound || status == http.StatusGone || status == http.StatusUnprocessableEntity
}

// run brings what is due until the context ends.
func (a *attacher) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.pass(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("telling trackers is broken off; it is tried again", "err", err)
		}
		pause(ctx, a.times.poll)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// pass brings all that is due, one ticket after the other.
func (a *attacher) pass(ctx context.Context) error {
	due, err := a.due(ctx)
	for i := 0; err == nil && i < len(due) && ctx.Err() == nil; i++ {
		d := &due[i]
		if a.now().Before(a.held[d.to.URL]) {
			continue
		}
		mine, bad := a.bring(ctx, d)
		switch {
		case bad != nil && d.Error == "": // not the tracker's
			err = bad
		case bad != nil:
			a.log.Warn("ticket not reached", "case", d.Case, "ticket", d.Ticket, "state", d.State, "attempts", d.Attempts,
				"next", d.NextAt, "err", bad)
		case mine:
			a.log.Info("ticket", "case", d.Case, "revision", d.Revision, "comment", d.Comment, "file", d.File)
		}
		if mine {
			pause(ctx, a.times.pause)
		}
	}
	return err
}

// due are the deliveries to be made now. What is no longer to be made is given up.
func (a *attacher) due(ctx context.Context) ([]delivery, error) {
	all, err := a.deliveries(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.store.Attachments(ctx)
	if err != nil {
		return nil, err
	}
	var due []delivery
	for _, d := range all {
		if d.to != nil && d.to.Attach != attachOff && !d.quiet && d.ready && !a.early(&d, rows) {
			due = append(due, d)
		}
	}
	for i := range rows {
		r := &rows[i]
		wanted := slices.ContainsFunc(all, func(d delivery) bool {
			return d.Case == r.Case && d.Ticket == r.Ticket && d.to != nil && d.to.Attach != attachOff && !d.quiet
		})
		if r.State != store.Attached && !wanted {
			if err := a.store.ForgetAttachment(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	return due, nil
}

// early reports whether a delivery is there, was put off, or would be the next comment
// too soon. A time further ahead than any wait was written by a clock that was wrong.
func (a *attacher) early(d *delivery, rows []store.Attachment) bool {
	now := a.now()
	waits := func(until time.Time, most time.Duration) bool { return now.Before(until) && until.Sub(now) <= most }
	return slices.ContainsFunc(rows, func(r store.Attachment) bool {
		switch {
		case r.Ticket != d.Ticket:
			return false
		case r.Signature == d.Signature && r.Revision == d.Revision:
			return r.State == store.Attached || waits(r.NextAt, tracker.LongestWait)
		}
		every := d.to.Every.Duration
		return r.Case == d.Case && r.State == store.Attached && waits(r.ChangedAt.Add(every), every)
	})
}

// telling reports whether some tracker is told of cases.
func (c *config) telling() bool {
	return slices.ContainsFunc(c.Trackers, func(t trackerConfig) bool { return t.Attach != attachOff })
}

// attacher brings what the service writes into tickets.
func (s *service) attacher() *attacher {
	return &attacher{cfg: s.cfg, know: s.know, words: s.words, store: s.store, times: defaultAttachTimes(), now: s.now,
		log: s.log, held: map[string]time.Time{}, quotes: make(chan struct{}, 1)}
}
