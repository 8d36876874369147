package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
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

// printMails lists the mails that did not simply go out, or all.
func (st *status) printMails(w io.Writer, all bool) {
	mails := newTable("mail", "period", "recipient", "state", "reason", "since", "error")
	for _, m := range st.Mails {
		if all || m.State != store.MailSent || m.PossibleDuplicate || m.Reason != "" {
			state := string(m.State)
			if m.PossibleDuplicate {
				state += ", possible duplicate"
			}
			mails.AppendRow(table.Row{plain(m.Series), plain(m.Period), plain(m.Recipient), state, m.Reason,
				m.Since.Format(time.DateTime), plain(m.Error)})
		}
	}
	if mails.Length() > 0 {
		fmt.Fprintf(w, "\n%s\n", mails.Render())
	}
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
		return fmt.Sprintf("%s: %s: perhaps sent %s; ask whether it came", what, m.Reason, m.Since.Format(time.DateTime))
	case m.State == store.MailRefused && age < recent:
		return fmt.Sprintf("%s: %s: %s", what, m.Reason, plain(m.Error))
	case m.State == store.MailPending && now.Sub(m.Queued) > mailLate:
		return fmt.Sprintf("%s: not sent since %s: %s", what, m.Queued.Format(time.DateTime),
			cmp.Or(plain(m.Error), "no attempt yet"))
	}
	return ""
}
