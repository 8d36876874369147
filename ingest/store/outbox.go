package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"poolsweep/ingest"
)

// MailState is what became of a mail to one recipient.
type MailState string

// States of a mail. Between Dotted and the server's answer nobody can know whether it
// was sent: one that stays MailDotted is in doubt.
const (
	MailPending MailState = "pending"
	MailDotted  MailState = "dot" // its end was about to be sent, or was
	MailSent    MailState = "sent"
	MailRefused MailState = "refused"
	MailHeld    MailState = "held" // in doubt, and for a person to decide
)

// ErrLeaseLost is returned to a sender that another one has taken the mail over from.
var ErrLeaseLost = errors.New("another sender has taken this mail over")

// ErrNotHeld is returned for a decision on a mail that waits for none, or that cannot be
// sent any more.
var ErrNotHeld = errors.New("the mail is not held, or its text is gone")

// MailKey names a mail: a period of a series, and who gets it.
type MailKey struct {
	Series, Key string
	Recipient   string // bare address
}

// Mail is one mail to one recipient.
type Mail struct {
	MailKey
	Sender     string // address of the envelope
	MessageID  string // the same at each sending
	State      MailState
	Reason     ingest.Reason
	Again      bool // sent again although it may have arrived: a possible duplicate
	Attempts   int
	QueuedAt   time.Time
	NextAt     time.Time // no attempt before
	AnsweredAt time.Time // when a server first put it off
	DotAt      time.Time // when its end was last about to be sent
	Error      string    // of the last attempt
	Answer     string    // of the server that took it
	ChangedAt  time.Time
	HasSmall   bool // there is a smaller text
	Withdrawn  bool // its text was taken back, and has to be made again
}

// Claim is the right to send a mail, until the lease ends or another sender claims it.
type Claim struct {
	Mail
	Text  []byte // to be sent, with its Message-ID
	token int64
	lease time.Duration
}

// Letter is a mail for the outbox.
type Letter struct {
	Recipient string
	Sender    string
	Text      []byte // the whole message but its Message-ID, lines ended by CRLF
	Small     []byte // the same for a server that takes no larger one; may be nil
}

// MessageID names a mail for all times. It shows the period to who reads a mail log;
// the hash makes it unique.
func MessageID(install string, m MailKey) string {
	sum := sha256.Sum256([]byte(m.Series + "\x00" + m.Key + "\x00" + strings.ToLower(m.Recipient)))
	return fmt.Sprintf("<w.%s.%s.%s@%s>", atom(m.Key), atom(m.Series), hex.EncodeToString(sum[:8]), install)
}

// atom keeps of a name what may stand in a Message-ID.
func atom(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r == '-') {
			return r
		}
		return '-'
	}, name)
}

// headed is a mail's text as it goes out.
func headed(messageID string, text []byte) []byte {
	return append([]byte("Message-ID: "+messageID+"\r\n"), text...)
}

// Queue puts the mails of a frozen period into the outbox, with their texts, in one
// transaction. A mail that is there already stays as it is, but for one that was
// withdrawn, which gets its new text.
func (s *Store) Queue(ctx context.Context, series, key, install string, letters []Letter, now time.Time) error {
	err := s.within(ctx, func(tx querier) error {
		n, err := count(tx.ExecContext(ctx, `
			UPDATE period SET state = $1, changed_at = $2 WHERE series = $3 AND key = $4 AND state = $5`,
			string(Queued), millis(now), series, key, string(Frozen)))
		if err != nil || n == 0 {
			return err // queued before
		}
		for _, l := range letters {
			if err := l.put(ctx, tx, MailKey{series, key, l.Recipient}, install, now); err != nil {
				return fmt.Errorf("mail to %s: %w", l.Recipient, err)
			}
		}
		return tidyMails(ctx, tx, now)
	})
	if err != nil {
		return fmt.Errorf("queue %s %s: %w", series, key, err)
	}
	return nil
}

func (l *Letter) put(ctx context.Context, tx querier, m MailKey, install string, now time.Time) error {
	text, err := putText(ctx, tx, l.Text)
	if err != nil {
		return err
	}
	small, err := putText(ctx, tx, l.Small)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO outbox (series, key, recipient, sender, message_id, sha256, small, state, queued_at, next_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9)
		ON CONFLICT (series, key, recipient) DO UPDATE SET sha256 = excluded.sha256, small = excluded.small,
			next_at = excluded.next_at WHERE outbox.sha256 = '' AND outbox.state = excluded.state`,
		m.Series, m.Key, m.Recipient, l.Sender, MessageID(install, m), text, small, string(MailPending), millis(now))
	return err
}

func putText(ctx context.Context, tx querier, text []byte) (string, error) {
	if text == nil {
		return "", nil
	}
	sum := sha256.Sum256(text)
	name := hex.EncodeToString(sum[:])
	_, err := tx.ExecContext(ctx, `
		INSERT INTO blob (sha256, body) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING`, name, text)
	return name, err
}

// tidyMails follows each change of mails: what is done with is dropped and marked so.
func tidyMails(ctx context.Context, tx querier, now time.Time) error {
	if err := dropTexts(ctx, tx); err != nil {
		return err
	}
	return finishPeriods(ctx, tx, now)
}

// dropTexts removes the texts that cannot be sent any more.
func dropTexts(ctx context.Context, tx querier) error {
	const needed = `FROM outbox WHERE state IN ($1, $2, $3)`
	_, err := tx.ExecContext(ctx, `
		DELETE FROM blob WHERE sha256 NOT IN (SELECT sha256 `+needed+`) AND sha256 NOT IN (SELECT small `+needed+`)`,
		string(MailPending), string(MailDotted), string(MailHeld))
	return err
}

// finishPeriods marks the periods of which no mail is under way any more.
func finishPeriods(ctx context.Context, tx querier, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE period SET state = $1, changed_at = $2 WHERE state = $3 AND NOT EXISTS (SELECT 1 FROM outbox o
			WHERE o.series = period.series AND o.key = period.key AND o.state IN ($4, $5))`,
		string(Done), millis(now), string(Queued), string(MailPending), string(MailDotted))
	return err
}

// longestWait bounds how far ahead a time of the outbox can be: no wait between two
// attempts is as long. What lies beyond was written by a clock that was wrong.
const longestWait = 3 * time.Hour

// claimable are the mails that may be claimed: not put off, not leased, and not behind an
// earlier one of their series to the same recipient that still has to go.
const claimable = ` FROM outbox o WHERE state IN ($1, $2) AND sha256 <> '' AND (next_at <= $3 OR next_at > $4)
	AND (lease_until <= $3 OR lease_until > $4)
	AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.series = o.series AND e.recipient = o.recipient
		AND e.state = $1 AND e.queued_at < o.queued_at)
	ORDER BY queued_at, series, key, recipient LIMIT 1`

// Claim gives a sender the mail that waits for longest, or nil when none is due.
func (s *Store) Claim(ctx context.Context, owner string, lease time.Duration, now time.Time) (*Claim, error) {
	var c *Claim
	err := s.within(ctx, func(tx querier) error {
		c = nil
		m, token, err := scanMail(tx.QueryRowContext(ctx, mailColumns+claimable,
			string(MailPending), string(MailDotted), millis(now), millis(now.Add(longestWait))))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := count(tx.ExecContext(ctx, `
			UPDATE outbox SET owner = $1, token = token + 1, lease_until = $2, attempts = attempts + 1
			WHERE series = $3 AND key = $4 AND recipient = $5 AND token = $6`,
			owner, millis(now.Add(lease)), m.Series, m.Key, m.Recipient, token))
		if err != nil || n == 0 { // another sender was faster: the next call finds what is left
			return err
		}
		m.Attempts++
		c = &Claim{Mail: m, token: token + 1, lease: lease}
		c.Text, err = c.text(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim mail: %w", err)
	}
	return c, nil
}

func (c *Claim) text(ctx context.Context, tx querier) ([]byte, error) {
	var name string
	var text []byte
	err := tx.QueryRowContext(ctx, `
		SELECT b.sha256, b.body FROM outbox o JOIN blob b ON b.sha256 = o.sha256
		WHERE o.series = $1 AND o.key = $2 AND o.recipient = $3`, c.Series, c.Key, c.Recipient).Scan(&name, &text)
	if err != nil {
		return nil, fmt.Errorf("text of the mail to %s: %w", c.Recipient, err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != name {
		return nil, fmt.Errorf("%w: text of the mail to %s", ErrDamaged, c.Recipient)
	}
	return headed(c.MessageID, text), nil
}

// mine updates a claimed mail if the claim still counts.
func (c *Claim) mine(ctx context.Context, tx querier, set string, args ...any) error {
	where := fmt.Sprintf(` WHERE series = $%d AND key = $%d AND recipient = $%d AND token = $%d`,
		len(args)+1, len(args)+2, len(args)+3, len(args)+4)
	args = append(args, c.Series, c.Key, c.Recipient, c.token)
	n, err := count(tx.ExecContext(ctx, `UPDATE outbox SET `+set+where, args...))
	if err == nil && n == 0 {
		err = ErrLeaseLost
	}
	return err
}

// Renew makes a lease begin anew.
func (s *Store) Renew(ctx context.Context, c *Claim, now time.Time) error {
	return s.within(ctx, func(tx querier) error {
		return c.mine(ctx, tx, `lease_until = $1`, millis(now.Add(c.lease)))
	})
}

// Dot notes that the mail's end is about to be sent. When the sender does not come
// back, the mail is in doubt, and nobody claims it again before patience is over: the
// server may still be at work.
func (s *Store) Dot(ctx context.Context, c *Claim, patience time.Duration, now time.Time) error {
	return s.within(ctx, func(tx querier) error {
		return c.mine(ctx, tx, `state = $1, dot_at = $2, lease_until = $3, next_at = $4, changed_at = $2`,
			string(MailDotted), millis(now), millis(now.Add(c.lease)), millis(now.Add(patience)))
	})
}

// Settle stores what the sender made of a mail: its State, Reason, Again, NextAt,
// AnsweredAt, Error, Answer, and from now on its smaller text if HasSmall has become
// false. It ends the claim, and the texts that nobody needs any more go.
func (s *Store) Settle(ctx context.Context, c *Claim, now time.Time) error {
	err := s.within(ctx, func(tx querier) error {
		err := c.mine(ctx, tx, `state = $1, reason = $2, again = $3, next_at = $4, answered_at = $5, error = $6, answer = $7,
			changed_at = $8, lease_until = 0`,
			string(c.State), string(c.Reason), bit(c.Again), millis(c.NextAt), millis(c.AnsweredAt), c.Error, c.Answer,
			millis(now))
		if err == nil && !c.HasSmall {
			err = c.mine(ctx, tx, `sha256 = CASE WHEN small <> '' THEN small ELSE sha256 END, small = ''`)
		}
		if err == nil {
			err = tidyMails(ctx, tx, now)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("settle mail to %s: %w", c.Recipient, err)
	}
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Resend puts a held mail into the outbox again: a person found that it did not arrive,
// or would rather have it twice. The text of one that was taken back is gone.
func (s *Store) Resend(ctx context.Context, m MailKey, now time.Time) error {
	return s.decide(ctx, m, now, `UPDATE outbox SET state = $1, again = 1, next_at = $2, changed_at = $2, token = token + 1
		WHERE series = $3 AND key = $4 AND recipient = $5 AND state = $6 AND sha256 IN (SELECT sha256 FROM blob)`, string(MailPending))
}

// Arrived settles a held mail as sent: a person found that it arrived.
func (s *Store) Arrived(ctx context.Context, m MailKey, now time.Time) error {
	return s.decide(ctx, m, now, `UPDATE outbox SET state = $1, reason = '', error = '', changed_at = $2, token = token + 1
		WHERE series = $3 AND key = $4 AND recipient = $5 AND state = $6`, string(MailSent))
}

// decide does to a held mail what a person decided.
func (s *Store) decide(ctx context.Context, m MailKey, now time.Time, update, state string) error {
	err := s.within(ctx, func(tx querier) error {
		n, err := count(tx.ExecContext(ctx, update, state, millis(now), m.Series, m.Key, m.Recipient, string(MailHeld)))
		if err == nil && n == 0 {
			err = ErrNotHeld
		}
		if err == nil { // a period is under way again with its mail
			_, err = tx.ExecContext(ctx, `UPDATE period SET state = $1, changed_at = $2 WHERE series = $3 AND key = $4 AND state = $5`,
				string(Queued), millis(now), m.Series, m.Key, string(Done))
		}
		if err == nil {
			err = tidyMails(ctx, tx, now)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("decide on the mail to %s: %w", m.Recipient, err)
	}
	return nil
}

// withdraw takes back the texts of all mails that are not settled: one of them may
// tell of a machine that has to go. Those that cannot have been sent yet are made
// again, for their period is frozen only; the others stay in doubt.
func withdraw(ctx context.Context, tx querier, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE period SET state = $1, changed_at = $2 WHERE state = $3 AND EXISTS (SELECT 1 FROM outbox o
			WHERE o.series = period.series AND o.key = period.key AND o.state = $4)`,
		string(Frozen), millis(now), string(Queued), string(MailPending))
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			UPDATE outbox SET sha256 = '', small = '', token = token + 1, lease_until = 0, changed_at = $1,
				state = CASE WHEN state = $2 THEN $3 ELSE state END WHERE state IN ($2, $3, $4)`,
			millis(now), string(MailDotted), string(MailHeld), string(MailPending))
	}
	if err == nil {
		err = tidyMails(ctx, tx, now)
	}
	return err
}

// forgetHeld lets go of the texts of mails that nobody decided on since a moment.
func forgetHeld(ctx context.Context, tx querier, cut int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET sha256 = '', small = '' WHERE state = $1 AND changed_at < $2`,
		string(MailHeld), cut)
	if err != nil {
		return err
	}
	return dropTexts(ctx, tx)
}

const mailColumns = `SELECT series, key, recipient, sender, message_id, state, reason, again, attempts, queued_at,
	next_at, answered_at, dot_at, error, answer, changed_at, small, sha256, token `

func scanMail(row interface{ Scan(...any) error }) (Mail, int64, error) {
	var m Mail
	var queued, next, answered, dot, changed, token int64
	var small, text string
	err := row.Scan(&m.Series, &m.Key, &m.Recipient, &m.Sender, &m.MessageID, &m.State, &m.Reason, &m.Again, &m.Attempts,
		&queued, &next, &answered, &dot, &m.Error, &m.Answer, &changed, &small, &text, &token)
	m.QueuedAt, m.NextAt, m.AnsweredAt = fromMillis(queued), fromMillis(next), fromMillis(answered)
	m.DotAt, m.ChangedAt = fromMillis(dot), fromMillis(changed)
	m.HasSmall, m.Withdrawn = small != "", text == "" && m.State == MailPending
	return m, token, err
}

// Outbox returns all mails, the newest period of each series last.
func (s *Store) Outbox(ctx context.Context) ([]Mail, error) {
	var out []Mail
	const query = mailColumns + `FROM outbox ORDER BY series, key, recipient`
	err := s.rows(ctx, "list outbox", query, nil, func(rows *sql.Rows) error {
		m, _, err := scanMail(rows)
		out = append(out, m)
		return err
	})
	return out, err
}
