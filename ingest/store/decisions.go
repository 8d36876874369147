package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// DecisionLine is a line that people wrote about a case. What it says is no matter of
// the history: a line that cannot be understood is kept, too.
type DecisionLine struct {
	Origin string // the file or folder that is read as a whole
	File   string // as people know it
	Line   int
	Text   string
	Note   string
	From   time.Time // when it was first read
	Ended  time.Time // when it was gone; zero: it stands
}

// PutDecisions takes what stands in an origin now for what stood there before. A line
// that was there keeps its time, wherever it moved; one that is missing has ended. It
// returns the lines that came and those that went.
func (s *Store) PutDecisions(ctx context.Context, origin string, lines []DecisionLine,
	now time.Time) (came, went []DecisionLine, err error) {
	err = s.within(ctx, func(tx querier) (err error) {
		came = nil
		if _, err := tx.ExecContext(ctx, `UPDATE decision SET ord = -1 WHERE origin = $1 AND ended = 0`, origin); err != nil {
			return err
		}
		nth := map[string]int{}
		for ord, l := range lines {
			nth[l.Text]++
			fresh, err := l.put(ctx, tx, origin, nth[l.Text], ord, now)
			if err != nil {
				return err
			}
			if fresh {
				came = append(came, l)
			}
		}
		went, err = endDecisions(ctx, tx, `origin = $1 AND ord = -1`, origin, now)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("store decisions of %s: %w", origin, err)
	}
	return came, went, nil
}

// AddDecisions adds lines to those that stand in an origin.
func (s *Store) AddDecisions(ctx context.Context, origin string, lines []DecisionLine, now time.Time) error {
	err := s.within(ctx, func(tx querier) error {
		for _, l := range lines {
			var ord, nth int
			err := tx.QueryRowContext(ctx, `
				SELECT COALESCE(MAX(ord), -1) + 1, COALESCE(MAX(CASE WHEN text = $2 THEN nth END), 0) + 1
				FROM decision WHERE origin = $1 AND ended = 0`, origin, l.Text).Scan(&ord, &nth)
			if err == nil {
				_, err = l.put(ctx, tx, origin, nth, ord, now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store decisions of %s: %w", origin, err)
	}
	return nil
}

// put stores one line and reports whether it did not stand before.
func (l *DecisionLine) put(ctx context.Context, tx querier, origin string, nth, ord int, now time.Time) (bool, error) {
	n, err := count(tx.ExecContext(ctx, `
		UPDATE decision SET file = $1, line = $2, note = $3, ord = $4
		WHERE origin = $5 AND text = $6 AND nth = $7 AND ended = 0`, l.File, l.Line, l.Note, ord, origin, l.Text, nth))
	if n > 0 || err != nil {
		return false, err
	}
	// A line that went and came back in one millisecond goes on.
	_, err = tx.ExecContext(ctx, `
		INSERT INTO decision (origin, file, line, text, nth, note, ord, from_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (origin, text, nth, from_at) DO UPDATE SET ended = 0, ord = excluded.ord, line = excluded.line`,
		origin, l.File, l.Line, l.Text, nth, l.Note, ord, millis(now))
	return true, err
}

// endDecisions ends the lines that stand and for which a condition holds, and returns
// them.
func endDecisions(ctx context.Context, tx querier, where string, arg any, now time.Time) ([]DecisionLine, error) {
	var out []DecisionLine
	err := eachRow(ctx, tx, decisionColumns+`WHERE ended = 0 AND `+where+` ORDER BY origin, line`, []any{arg}, addDecision(&out))
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE decision SET ended = $2 WHERE ended = 0 AND `+where, arg, millis(now))
	return out, err
}

const decisionColumns = `SELECT origin, file, line, text, note, from_at, ended FROM decision `

func addDecision(out *[]DecisionLine) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var l DecisionLine
		var from, ended int64
		err := rows.Scan(&l.Origin, &l.File, &l.Line, &l.Text, &l.Note, &from, &ended)
		l.From, l.Ended = fromMillis(from), fromMillis(ended)
		*out = append(*out, l)
		return err
	}
}

// Decisions returns the lines that stand, each origin's in its order.
func (s *Store) Decisions(ctx context.Context) ([]DecisionLine, error) {
	var out []DecisionLine
	return out, s.rows(ctx, "list decisions", decisionColumns+`WHERE ended = 0 ORDER BY origin, ord`, nil, addDecision(&out))
}

// DecisionHistory returns all lines, also those that ended, by when they came.
func (s *Store) DecisionHistory(ctx context.Context) ([]DecisionLine, error) {
	var out []DecisionLine
	return out, s.rows(ctx, "list decisions", decisionColumns+`ORDER BY from_at, origin, ord, text`, nil, addDecision(&out))
}

// KeepDecisions ends the lines of all origins but these: what is no longer read does
// not hold any more.
func (s *Store) KeepDecisions(ctx context.Context, origins []string, now time.Time) error {
	standing, err := s.Decisions(ctx)
	if err != nil {
		return err
	}
	return s.within(ctx, func(tx querier) error {
		keep := map[string]bool{}
		for _, o := range origins {
			keep[o] = true
		}
		for _, l := range standing {
			if keep[l.Origin] {
				continue
			}
			keep[l.Origin] = true // is done
			if _, err := endDecisions(ctx, tx, `origin = $1`, l.Origin, now); err != nil {
				return fmt.Errorf("end decisions of %s: %w", l.Origin, err)
			}
		}
		return nil
	})
}

// forgetNames removes the names of cases that went, but of those that somebody decided
// about: their names lead to the cases that they are now.
func forgetNames(ctx context.Context, tx querier) error {
	_, err := tx.ExecContext(ctx, `
		DELETE FROM case_name WHERE id NOT IN (SELECT id FROM case_file)
			AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.ended = 0 AND d.text LIKE '%' || case_name.id || '%')`)
	return err
}

// CaseNames returns what each case that is known or was decided about is called, by its id: the
// signature first.
func (s *Store) CaseNames(ctx context.Context) (map[string][]string, error) {
	out := map[string][]string{}
	return out, s.rows(ctx, "list names of cases", `SELECT id, name FROM case_name ORDER BY id, ord, name`, nil,
		func(rows *sql.Rows) error {
			var id, name string
			err := rows.Scan(&id, &name)
			out[id] = append(out[id], name)
			return err
		})
}
