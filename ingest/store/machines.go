package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"poolsweep/ingest"
)

// Machine is a lab machine in the history.
type Machine struct {
	Name       string // as spelled last
	Changed    int64  // counts what was added or taken away
	Judged     int64  // value of Changed that the judgement below is about
	FirstSeen  time.Time
	LastSeen   time.Time
	Verdict    string
	Confidence float64
}

// changed notes that a machine has to be judged again.
func changed(ctx context.Context, tx querier, machine string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO machine (machine, name, changed, first_seen, last_seen) VALUES ($1, $2, 1, $3, $3)
		ON CONFLICT (machine) DO UPDATE SET changed = machine.changed + 1, name = excluded.name, last_seen = excluded.last_seen`,
		ingest.MachineKey(machine), machine, millis(now))
	return err
}

// Machines returns all machines by name.
func (s *Store) Machines(ctx context.Context) ([]Machine, error) {
	var out []Machine
	err := s.rows(ctx, "list machines", `
		SELECT name, changed, judged, first_seen, last_seen, verdict, confidence FROM machine ORDER BY machine`, nil, func(rows *sql.Rows) error {
		var m Machine
		var first, last int64
		if err := rows.Scan(&m.Name, &m.Changed, &m.Judged, &first, &last, &m.Verdict, &m.Confidence); err != nil {
			return err
		}
		m.FirstSeen, m.LastSeen = fromMillis(first), fromMillis(last)
		out = append(out, m)
		return nil
	})
	return out, err
}

// Unjudged reports whether a machine has to be judged, or a report has to go.
func (s *Store) Unjudged(ctx context.Context) (bool, error) {
	var some bool
	err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM machine WHERE changed <> judged)
		OR EXISTS (SELECT 1 FROM output WHERE wanted = 0)`).Scan(&some)
	if err != nil {
		return false, fmt.Errorf("look for news: %w", s.explain(err))
	}
	return some, nil
}

// Reopen has the machines of some cases judged again.
func (s *Store) Reopen(ctx context.Context, cases []string) error {
	return s.within(ctx, func(tx querier) error {
		for _, id := range cases {
			_, err := tx.ExecContext(ctx, `
				UPDATE machine SET changed = changed + 1 WHERE machine IN (SELECT machine FROM case_machine WHERE id = $1)`, id)
			if err != nil {
				return fmt.Errorf("reopen case %s: %w", id, err)
			}
		}
		return nil
	})
}

// Reanalyse has every machine judged again, as after a change of the rules.
func (s *Store) Reanalyse(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `UPDATE machine SET changed = changed + 1`)
	return s.explain(err)
}
