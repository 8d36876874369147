package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// AttachmentState is what became of a revision that goes into a ticket.
type AttachmentState string

// States of an attachment. What was refused is tried again, too, but needs a person.
const (
	AttachPending AttachmentState = "pending"
	AttachRefused AttachmentState = "refused"
	Attached      AttachmentState = "attached"
)

// Attachment is one revision of a case in one ticket.
type Attachment struct {
	Case      string // id
	Signature string
	Revision  int
	Ticket    string // URL
	State     AttachmentState
	Attempts  int
	QueuedAt  time.Time
	NextAt    time.Time // no attempt before, but by a person
	Error     string    // of the last attempt
	Comment   string    // URL
	File      string    // name of what was attached; empty: nothing
	ChangedAt time.Time
}

// ClaimAttachment gives the right to bring a revision into a ticket until the lease
// ends. It reports false when it is there, or somebody else is about to bring it.
// Older revisions that never came there are given up.
func (s *Store) ClaimAttachment(ctx context.Context, a *Attachment, lease time.Duration,
	now time.Time) (mine bool, err error) {
	err = s.within(ctx, func(tx querier) error {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM attachment WHERE id = $1 AND ticket = $2 AND revision < $3 AND state <> $4`,
			a.Case, a.Ticket, a.Revision, string(Attached))
		if err != nil {
			return err
		}
		// A lease that ends later than one from now was written by a clock that was wrong.
		n, err := count(tx.ExecContext(ctx, `
			INSERT INTO attachment (id, signature, revision, ticket, state, lease_until, attempts, queued_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)
			ON CONFLICT (signature, revision, ticket) DO UPDATE
				SET id = excluded.id, lease_until = excluded.lease_until, attempts = attachment.attempts + 1
				WHERE attachment.state <> $8 AND (attachment.lease_until <= $7 OR attachment.lease_until > $6)`,
			a.Case, a.Signature, a.Revision, a.Ticket, string(AttachPending), millis(now.Add(lease)), millis(now),
			string(Attached)))
		if mine = n > 0; err != nil || !mine {
			return err
		}
		return tx.QueryRowContext(ctx, `
			SELECT attempts FROM attachment WHERE signature = $1 AND revision = $2 AND ticket = $3`,
			a.Signature, a.Revision, a.Ticket).Scan(&a.Attempts)
	})
	if err != nil {
		return false, fmt.Errorf("claim attachment of %s: %w", a.Case, err)
	}
	return mine, nil
}

// SettleAttachment stores what became of a claimed attachment: its State, NextAt, Error,
// Comment and File. One that is known to be there stays so.
func (s *Store) SettleAttachment(ctx context.Context, a *Attachment, now time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE attachment SET state = $1, next_at = $2, error = $3, comment = $4, file = $5, changed_at = $6, lease_until = 0
		WHERE signature = $7 AND revision = $8 AND ticket = $9 AND state <> $10`,
		string(a.State), millis(a.NextAt), a.Error, a.Comment, a.File, millis(now), a.Signature, a.Revision, a.Ticket,
		string(Attached))
	if err != nil {
		return fmt.Errorf("store attachment of %s: %w", a.Case, s.explain(err))
	}
	return nil
}

// ForgetAttachment gives up an attachment that is not there.
func (s *Store) ForgetAttachment(ctx context.Context, a *Attachment) error {
	_, err := s.db.ExecContext(ctx, `
		DELETE FROM attachment WHERE signature = $1 AND revision = $2 AND ticket = $3 AND state <> $4`,
		a.Signature, a.Revision, a.Ticket, string(Attached))
	return s.explain(err)
}

// Attachments returns all attachments, by case, ticket and revision.
func (s *Store) Attachments(ctx context.Context) ([]Attachment, error) {
	var out []Attachment
	err := s.rows(ctx, "list attachments", `
		SELECT id, signature, revision, ticket, state, attempts, queued_at, next_at, error, comment, file, changed_at
		FROM attachment ORDER BY id, ticket, revision`, nil, func(rows *sql.Rows) error {
		var a Attachment
		var queued, next, changed int64
		err := rows.Scan(&a.Case, &a.Signature, &a.Revision, &a.Ticket, &a.State, &a.Attempts, &queued, &next, &a.Error,
			&a.Comment, &a.File, &changed)
		a.QueuedAt, a.NextAt, a.ChangedAt = fromMillis(queued), fromMillis(next), fromMillis(changed)
		out = append(out, a)
		return err
	})
	return out, err
}
