package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// statusMail is one mail to one recipient.
type statusMail struct {
	Series            string          `json:"series"`
	Period            string          `json:"period"`
	Recipient         string          `json:"recipient"`
	MessageID         string          `json:"message_id"`
	State             store.MailState `json:"state"`
	Reason            ingest.Reason   `json:"reason"`
	PossibleDuplicate bool            `json:"possible_duplicate"`
	Attempts          int             `json:"attempts"`
	Queued            time.Time       `json:"queued"`
	Next              time.Time       `json:"next"` // of the attempts
	Error             string          `json:"error"`
	Answer            string          `json:"answer"` // of the server that took it
	Since             time.Time       `json:"since"`
}

func (st *status) addMails(ctx context.Context, db *store.Store) error {
	mails, err := db.Outbox(ctx)
	for _, m := range mails {
		st.Mails = append(st.Mails, statusMail{m.Series, m.Key, m.Recipient, m.MessageID, m.State, m.Reason, m.Again,
			m.Attempts, m.QueuedAt, m.NextAt, m.Error, m.Answer, m.ChangedAt})
	}
	return err
}

// statusPeriod is a week or a notice that mails are made of.
type statusPeriod struct {
	Series string            `json:"series"`
	Period string            `json:"period"`
	State  store.PeriodState `json:"state"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Since  time.Time         `json:"since"`
}

func (st *status) addPeriods(ctx context.Context, db *store.Store) error {
	periods, err := db.Periods(ctx, "")
	for _, p := range periods {
		st.Periods = append(st.Periods, statusPeriod{p.Series, p.Key, p.State, p.From, p.To, p.ChangedAt})
	}
	return err
}

// printPeriods lists the periods whose mails are under way, or all. The first one of a
// series marks when the group was set up.
func (st *status) printPeriods(w io.Writer, all bool) {
	periods := newTable("mail", "period", "state", "since")
	for i, p := range st.Periods {
		began := i == 0 || st.Periods[i-1].Series != p.Series
		missed := p.State == store.Skipped && !began && !strings.HasPrefix(p.Series, noticeSeries)
		if all || missed || p.State == store.Frozen || p.State == store.Queued {
			periods.AppendRow(table.Row{plain(p.Series), plain(p.Period), p.State, p.Since.Format(time.DateTime)})
		}
	}
	if periods.Length() > 0 {
		fmt.Fprintf(w, "\n%s\n", periods.Render())
	}
}

// printMails lists the mails that did not simply go out, or all.
func (st *status) printMails(w io.Writer, all bool) {
	mails := newTable("mail", "period", "recipient", "state", "reason", "since", "id", "error")
	for _, m := range st.Mails {
		if all || m.State != store.MailSent || m.PossibleDuplicate || m.Reason != "" {
			state := string(m.State)
			if m.PossibleDuplicate {
				state += ", possible duplicate"
			}
			mails.AppendRow(table.Row{plain(m.Series), plain(m.Period), plain(m.Recipient), state, m.Reason,
				m.Since.Format(time.DateTime), plain(m.id()), plain(m.Error)})
		}
	}
	if mails.Length() > 0 {
		fmt.Fprintf(w, "\n%s\n", mails.Render())
	}
}

// id is the part of the Message-ID that no other mail has.
func (m *statusMail) id() string {
	before, _, _ := strings.Cut(m.MessageID, "@")
	return before[strings.LastIndexByte(before, '.')+1:]
}

// Times after which a mail needs a person, or no longer does.
const (
	mailLate    = time.Hour           // not sent by then: the server does not take it
	mailDoubted = 30 * 24 * time.Hour // by then a recipient knows whether it came
)

// trouble says why a mail needs a person, "" when it does not.
func (m *statusMail) trouble(now time.Time) string {
	age := now.Sub(m.Since)
	what := fmt.Sprintf("mail %s %s to %s", plain(m.Series), plain(m.Period), plain(m.Recipient))
	switch {
	case m.Reason == ingest.ReasonMailInDoubt && age < mailDoubted:
		return fmt.Sprintf("%s: %s: perhaps sent %s; ask whether it came, then say 'poolsweep mail arrived %s' or 'resend'", what, m.Reason,
			m.Since.Format(time.DateTime), m.id())
	case m.State == store.MailRefused && age < recent:
		return fmt.Sprintf("%s: %s: %s", what, m.Reason, plain(m.Error))
	case m.State == store.MailPending && now.Sub(m.Queued) > mailLate:
		return fmt.Sprintf("%s: not sent since %s: %s", what, m.Queued.Format(time.DateTime),
			cmp.Or(plain(m.Error), "no attempt yet"))
	}
	return ""
}
