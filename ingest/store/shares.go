package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"poolsweep/ingest"
)

// Share is a folder that machines drop logs into, as last scanned.
type Share struct {
	Path      string
	Kind      string        // of file system: "local", "smb", …
	Reason    ingest.Reason // empty when all is well
	Files     int
	Ignored   int
	ScannedAt time.Time
}

// PutShare stores what the last scan of a share saw.
func (s *Store) PutShare(ctx context.Context, sh Share) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO share (path, kind, reason, files, ignored, scanned_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, files = excluded.files,
			ignored = excluded.ignored, scanned_at = excluded.scanned_at`,
		sh.Path, sh.Kind, string(sh.Reason), sh.Files, sh.Ignored, millis(sh.ScannedAt))
	if err != nil {
		return fmt.Errorf("store share: %w", s.explain(err))
	}
	return nil
}

// Shares returns all shares by path.
func (s *Store) Shares(ctx context.Context) ([]Share, error) {
	var out []Share
	err := s.rows(ctx, "list shares", `
		SELECT path, kind, reason, files, ignored, scanned_at FROM share ORDER BY path`, nil, func(rows *sql.Rows) error {
		var sh Share
		var at int64
		if err := rows.Scan(&sh.Path, &sh.Kind, &sh.Reason, &sh.Files, &sh.Ignored, &at); err != nil {
			return err
		}
		sh.ScannedAt = fromMillis(at)
		out = append(out, sh)
		return nil
	})
	return out, err
}

// KeepShares forgets the shares that are not among some. What was read from them
// stays.
func (s *Store) KeepShares(ctx context.Context, paths []string) error {
	shares, err := s.Shares(ctx)
	if err != nil {
		return err
	}
	for _, sh := range shares {
		if slices.Contains(paths, sh.Path) {
			continue
		}
		if _, err := s.db.ExecContext(ctx, `DELETE FROM share WHERE path = $1`, sh.Path); err != nil {
			return fmt.Errorf("forget share: %w", s.explain(err))
		}
	}
	return nil
}
