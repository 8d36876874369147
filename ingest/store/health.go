package store

import (
	"context"
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
		return fmt.Errorf("store health of %s: %w", h.Part, explain(err))
	}
	return nil
}

// Health returns how all parts do, by name.
func (s *Store) Health(ctx context.Context) ([]Health, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT part, reason, detail, at FROM health ORDER BY part`)
	if err != nil {
		return nil, fmt.Errorf("list health: %w", explain(err))
	}
	defer rows.Close()
	var out []Health
	for rows.Next() {
		var h Health
		var at int64
		if err := rows.Scan(&h.Part, &h.Reason, &h.Detail, &at); err != nil {
			return nil, fmt.Errorf("list health: %w", explain(err))
		}
		h.At = fromMillis(at)
		out = append(out, h)
	}
	return out, explain(rows.Err())
}
