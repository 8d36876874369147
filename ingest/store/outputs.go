package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Output is a report file that is wanted.
type Output struct {
	Path      string // below the output folder, with forward slashes
	Kind      string // "case", "fleet"
	Subject   string // id of the case
	Wanted    int64  // revision that should be there, 0 none: the file has to go
	Written   int64  // revision that is there, 0 none
	SHA256    string // of the file that is there
	Reason    string // why it could not be written
	ChangedAt time.Time
}

// Due reports whether the file is not what it should be. One that has to go is due
// until it is Withdrawn: a crash may have come before it counted as written.
func (o Output) Due() bool { return o.Written != o.Wanted || o.Wanted == 0 }

func want(ctx context.Context, tx querier, kind, subject string, paths []string, revision int64, now time.Time) error {
	for _, path := range paths {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO output (path, kind, subject, wanted, changed_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (path) DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at,
				written = CASE WHEN output.wanted = 0 THEN 0 ELSE output.written END`,
			path, kind, subject, revision, millis(now))
		if err != nil {
			return fmt.Errorf("want %s: %w", path, err)
		}
	}
	return nil
}

// Want notes that files about the whole fleet are due again.
func (s *Store) Want(ctx context.Context, paths []string, now time.Time) error {
	return s.within(ctx, func(tx querier) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(wanted), 0) FROM output WHERE kind = 'fleet'`).Scan(&newest); err != nil {
			return err
		}
		return want(ctx, tx, "fleet", "", paths, newest+1, now)
	})
}

// Outputs returns all report files by path.
func (s *Store) Outputs(ctx context.Context) ([]Output, error) {
	var out []Output
	err := s.rows(ctx, "list outputs", `
		SELECT path, kind, subject, wanted, written, sha256, reason, changed_at FROM output ORDER BY path`, nil, func(rows *sql.Rows) error {
		var o Output
		var at int64
		if err := rows.Scan(&o.Path, &o.Kind, &o.Subject, &o.Wanted, &o.Written, &o.SHA256, &o.Reason, &at); err != nil {
			return err
		}
		o.ChangedAt = fromMillis(at)
		out = append(out, o)
		return nil
	})
	return out, err
}

// Wrote notes that a revision of a file is on disk, synced.
func (s *Store) Wrote(ctx context.Context, path string, revision int64, sha256 string, now time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE output SET written = $1, sha256 = $2, reason = '', changed_at = $3 WHERE path = $4`,
		revision, sha256, millis(now), path)
	return s.explain(err)
}

// NotWritten notes why a file that is due could not be written; it stays due.
func (s *Store) NotWritten(ctx context.Context, path, reason string, now time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE output SET reason = $1, changed_at = $2 WHERE path = $3`, reason, millis(now), path)
	return s.explain(err)
}

// unwant has the files of cases go: those about the cases that a condition holds for.
func unwant(ctx context.Context, tx querier, where string, arg any) error {
	_, err := tx.ExecContext(ctx, `UPDATE output SET wanted = 0, reason = '' WHERE kind = 'case' AND subject IN (`+where+`)`, arg)
	return err
}

// Withdrawn notes that a file that had to go is gone.
func (s *Store) Withdrawn(ctx context.Context, path string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM output WHERE path = $1 AND wanted = 0`, path)
	return s.explain(err)
}
