package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"poolsweep/ingest"
)

// Health is how a part of the service does that is neither share, drop nor report.
type Health struct {
	Part   string        // "clock", "upkeep", "config"
	Reason ingest.Reason // empty when all is well
	Detail string        // the same in words
	At     time.Time
}

// PutHealth stores how a part does.
func (s *Store) PutHealth(ctx context.Context, h Health) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO health (part, reason, detail, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (part) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, at = excluded.at`,
		h.Part, string(h.Reason), h.Detail, millis(h.At))
	if err != nil {
		return fmt.Errorf("store health of %s: %w", h.Part, s.explain(err))
	}
	return nil
}

// Health returns how all parts do, by name.
func (s *Store) Health(ctx context.Context) ([]Health, error) {
	var out []Health
	err := s.rows(ctx, "list health", `SELECT part, reason, detail, at FROM health ORDER BY part`, nil, func(rows *sql.Rows) error {
		var h Health
		var at int64
		if err := rows.Scan(&h.Part, &h.Reason, &h.Detail, &at); err != nil {
			return err
		}
		h.At = fromMillis(at)
		out = append(out, h)
		return nil
	})
	return out, err
}
