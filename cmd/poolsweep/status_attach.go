package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"poolsweep/ingest/store"
)

// statusAttachment is one revision of a case in one ticket.
type statusAttachment struct {
	Case     string                `json:"case"`
	Revision int                   `json:"revision"`
	Ticket   string                `json:"ticket"`
	State    store.AttachmentState `json:"state"`
	Attempts int                   `json:"attempts"`
	Queued   time.Time             `json:"queued"`
	Next     time.Time             `json:"next"` // of the attempts
	Error    string                `json:"error"`
	Comment  string                `json:"comment"`
	File     string                `json:"file"`
	Since    time.Time             `json:"since"`
}

func (st *status) addAttachments(ctx context.Context, db *store.Store) error {
	rows, err := db.Attachments(ctx)
	for _, a := range rows {
		st.Attachments = append(st.Attachments, statusAttachment{a.Case, a.Revision, a.Ticket, a.State, a.Attempts,
			a.QueuedAt, a.NextAt, a.Error, a.Comment, a.File, a.ChangedAt})
	}
	return err
}

// printAttachments lists what is not in its ticket, or all.
func (st *status) printAttachments(w io.Writer, all bool) {
	rows := newTable("case", "rev", "ticket", "state", "since", "error")
	for _, a := range st.Attachments {
		if all || a.State != store.Attached {
			rows.AppendRow(table.Row{a.Case, a.Revision, plain(a.Ticket), a.State, a.Since.Format(time.DateTime),
				plain(a.Error)})
		}
	}
	if rows.Length() > 0 {
		fmt.Fprintf(w, "\n%s\n", rows.Render())
	}
}

// attachLate is when a revision that is not in its ticket needs a person.
const attachLate = time.Hour

// trouble says why an attachment needs a person, "" when it does not.
func (a *statusAttachment) trouble(now time.Time) string {
	if a.State == store.AttachRefused || a.State == store.AttachPending && now.Sub(a.Queued) > attachLate {
		return fmt.Sprintf("%s revision %d to %s: %s: %s", a.Case, a.Revision, plain(a.Ticket), a.State,
			cmp.Or(plain(a.Error), "no attempt came to its end"))
	}
	return ""
}
