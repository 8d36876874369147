package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// PeriodState is how far the mail of a period is.
type PeriodState string

// States of a period.
const (
	Frozen  PeriodState = "frozen"  // what it tells is settled; its mails are not yet made
	Queued  PeriodState = "queued"  // its mails are in the outbox
	Done    PeriodState = "done"    // none of them is under way any more
	Skipped PeriodState = "skipped" // too long ago when the service came back: no mail
)

// Period is one mail of a series, such as the one of a week or of a case's revision.
type Period struct {
	Series    string
	Key       string // "2026-W47"; later ones sort behind earlier ones
	Zone      string // that From and To are whole days in
	State     PeriodState
	From, To  time.Time
	Dated     time.Time // the mail's Date
	Documents []DocumentID
	Cases     []CaseState
	ChangedAt time.Time
}

// DocumentID names a document of the history.
type DocumentID struct {
	SHA256  string
	Machine string // key of the machine it counts for
	ReadAt  time.Time
	// What is read back only: its size, and when its snapshots were taken. One without
	// a time counts by when it was read.
	Bytes          int64
	Oldest, Newest time.Time
}

// CaseState is how a case stood in a period.
type CaseState struct {
	ID      string
	Summary []byte // JSON
}

// Freeze settles what a period tells, in one transaction, and reports whether it was
// the first to do so: a period that is there already stays as it is. The state is
// Frozen or Skipped. That a document is in another period of the series is an error.
func (s *Store) Freeze(ctx context.Context, p Period, now time.Time) (first bool, err error) {
	err = s.within(ctx, func(tx querier) error {
		n, err := count(tx.ExecContext(ctx, `
			INSERT INTO period (series, key, zone, state, from_at, to_at, dated, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (series, key) DO UPDATE SET zone = excluded.zone,
				state = excluded.state, from_at = excluded.from_at, to_at = excluded.to_at, dated = excluded.dated,
				changed_at = excluded.changed_at WHERE period.state = $9 AND excluded.state <> $9`,
			p.Series, p.Key, p.Zone, string(p.State), millis(p.From), millis(p.To), millis(p.Dated), millis(now), string(Skipped)))
		if first = n == 1; err != nil || !first {
			return err
		}
		return p.putContent(ctx, tx)
	})
	if err != nil {
		return false, fmt.Errorf("freeze %s %s: %w", p.Series, p.Key, err)
	}
	return first, nil
}

func (p *Period) putContent(ctx context.Context, tx querier) error {
	for _, d := range p.Documents {
		_, err := tx.ExecContext(ctx, `INSERT INTO period_document (series, sha256, machine, key) VALUES ($1, $2, $3, $4)`,
			p.Series, d.SHA256, d.Machine, p.Key)
		if err != nil {
			return fmt.Errorf("document %s of %s: %w", d.SHA256, d.Machine, err)
		}
	}
	for _, c := range p.Cases {
		_, err := tx.ExecContext(ctx, `INSERT INTO period_case (series, key, id, summary) VALUES ($1, $2, $3, $4)`,
			p.Series, p.Key, c.ID, string(c.Summary))
		if err != nil {
			return fmt.Errorf("case %s: %w", c.ID, err)
		}
	}
	return nil
}

const periodColumns = `SELECT series, key, zone, state, from_at, to_at, dated, changed_at FROM period `

func scanPeriod(row interface{ Scan(...any) error }) (Period, error) {
	var p Period
	var from, to, dated, changed int64
	err := row.Scan(&p.Series, &p.Key, &p.Zone, &p.State, &from, &to, &dated, &changed)
	p.From, p.To, p.Dated, p.ChangedAt = fromMillis(from), fromMillis(to), fromMillis(dated), fromMillis(changed)
	return p, err
}

// Periods returns the periods of a series by key, or of all series when none is named,
// without their content.
func (s *Store) Periods(ctx context.Context, series string) ([]Period, error) {
	var out []Period
	const query = periodColumns + `WHERE series = $1 OR $1 = '' ORDER BY series, key`
	err := s.rows(ctx, "list periods", query, []any{series}, func(rows *sql.Rows) error {
		p, err := scanPeriod(rows)
		out = append(out, p)
		return err
	})
	return out, err
}

// Period returns a period whole, or nil when there is none.
func (s *Store) Period(ctx context.Context, series, key string) (*Period, error) {
	p, err := scanPeriod(s.db.QueryRowContext(ctx, periodColumns+`WHERE series = $1 AND key = $2`, series, key))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read period %s %s: %w", series, key, s.explain(err))
	}
	err = s.rows(ctx, "list documents of a period", documentColumns+`FROM period_document p
		JOIN document d ON d.sha256 = p.sha256 AND d.machine = p.machine
		WHERE p.series = $1 AND p.key = $2 ORDER BY p.machine, p.sha256`, []any{series, key}, addDocuments(&p.Documents))
	if err != nil {
		return nil, err
	}
	p.Cases, err = s.CaseStates(ctx, series, key)
	return &p, err
}

// CaseStates returns how the cases stood in a period, by id.
func (s *Store) CaseStates(ctx context.Context, series, key string) ([]CaseState, error) {
	var out []CaseState
	const cases = `SELECT id, summary FROM period_case WHERE series = $1 AND key = $2 ORDER BY id`
	err := s.rows(ctx, "list cases of a period", cases, []any{series, key}, func(rows *sql.Rows) error {
		var c CaseState
		err := rows.Scan(&c.ID, &c.Summary)
		out = append(out, c)
		return err
	})
	return out, err
}

// documentColumns are those of a DocumentID, of a document d.
const documentColumns = `SELECT d.sha256, d.machine, d.read_at, d.bytes, (SELECT COALESCE(MIN(s.moment), 0) FROM snapshot s
	WHERE s.sha256 = d.sha256 AND s.delivered = d.machine), (SELECT COALESCE(MAX(s.moment), 0) FROM snapshot s
	WHERE s.sha256 = d.sha256 AND s.delivered = d.machine) `

// Unreported returns the documents in force that no period of a series counts yet: of
// those read from a moment on, the ones with a snapshot from before another.
func (s *Store) Unreported(ctx context.Context, series string, read, until time.Time) ([]DocumentID, error) {
	var out []DocumentID
	return out, s.rows(ctx, "list documents not reported", documentColumns+`FROM document d
		WHERE read_at >= $1 AND superseded_by = '' AND NOT EXISTS (
			SELECT 1 FROM period_document p WHERE p.series = $2 AND p.sha256 = d.sha256 AND p.machine = d.machine)
		AND EXISTS (SELECT 1 FROM snapshot s WHERE s.sha256 = d.sha256 AND s.delivered = d.machine AND s.moment < $3)
		ORDER BY d.machine, d.sha256`, []any{millis(read), series, millis(until)}, addDocuments(&out))
}

func addDocuments(out *[]DocumentID) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var d DocumentID
		var at, oldest, newest int64
		err := rows.Scan(&d.SHA256, &d.Machine, &at, &d.Bytes, &oldest, &newest)
		d.ReadAt, d.Oldest, d.Newest = fromMillis(at), fromMillis(oldest), fromMillis(newest)
		*out = append(*out, d)
		return err
	}
}

// InstallID returns what this installation is called, for ever: what was given first.
func (s *Store) InstallID(ctx context.Context, fresh string) (id string, err error) {
	_, err = s.db.ExecContext(ctx, `INSERT INTO install (one, id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`, fresh)
	if err == nil {
		err = s.db.QueryRowContext(ctx, `SELECT id FROM install`).Scan(&id)
	}
	if err != nil {
		return "", fmt.Errorf("name installation: %w", s.explain(err))
	}
	return id, nil
}
