package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"poolsweep/ingest"
)

// Case is one defect as the history knows it.
type Case struct {
	ID         string
	Signature  string
	Names      []string // its signature, then what else names it, strongest first; not read back
	Verdict    string
	Confidence float64
	Title      string
	Machines   []string // names
	FirstSeen  time.Time
	LastSeen   time.Time
	Revision   int    // newest
	Summary    []byte // JSON of the newest revision
	Before     []byte // JSON of the one before it; empty when there is none
}

// Finding is a case as a judgement sees it now.
type Finding struct {
	Case
	Digest  string   // of all that a reader sees, so that equal means unchanged
	Outputs []string // report files of the case, below the output folder
}

// Judgement is what came of judging machines again.
type Judgement struct {
	Machines []Machine // with the Changed that was judged
	Findings []Finding // of the cases that these machines have
}

// Judge stores a judgement in one transaction: the machines' verdicts, a new
// revision of each case that looks different from its last one, and that the
// reports of such a case are due. It returns the revised cases' ids.
func (s *Store) Judge(ctx context.Context, j Judgement, now time.Time) (revised []string, err error) {
	err = s.within(ctx, func(tx querier) error {
		revised = nil
		for _, m := range j.Machines {
			_, err := tx.ExecContext(ctx, `UPDATE machine SET judged = $1, verdict = $2, confidence = $3 WHERE machine = $4`,
				m.Changed, m.Verdict, m.Confidence, ingest.MachineKey(m.Name))
			if err != nil {
				return fmt.Errorf("store verdict on %s: %w", m.Name, err)
			}
		}
		for _, f := range j.Findings {
			fresh, err := f.put(ctx, tx, now)
			if err != nil {
				return fmt.Errorf("store case %s: %w", f.ID, err)
			}
			if fresh {
				revised = append(revised, f.ID)
			}
		}
		return nil
	})
	return revised, err
}

// put stores a finding and reports whether it made a revision.
func (f *Finding) put(ctx context.Context, tx querier, now time.Time) (bool, error) {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO case_file (id, signature, verdict, confidence, title, first_seen, last_seen)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (id) DO UPDATE SET signature = excluded.signature, verdict = excluded.verdict,
			confidence = excluded.confidence, title = excluded.title, last_seen = excluded.last_seen`,
		f.ID, f.Signature, f.Verdict, f.Confidence, f.Title, millis(now))
	if err != nil {
		return false, err
	}
	for i, name := range f.Names {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO case_name (id, name, ord) VALUES ($1, $2, $3)
			ON CONFLICT (id, name) DO UPDATE SET ord = excluded.ord`, f.ID, name, i)
		if err != nil {
			return false, err
		}
	}
	for _, m := range f.Machines {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO case_machine (id, machine, first_seen, last_seen) VALUES ($1, $2, $3, $3)
			ON CONFLICT (id, machine) DO UPDATE SET last_seen = excluded.last_seen`, f.ID, ingest.MachineKey(m), millis(now))
		if err != nil {
			return false, err
		}
	}
	var number int64
	var digest string
	err = tx.QueryRowContext(ctx, `SELECT number, digest FROM revision WHERE id = $1 ORDER BY number DESC LIMIT 1`, f.ID).
		Scan(&number, &digest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	if digest == f.Digest {
		return false, nil
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO revision (id, number, at, digest, summary) VALUES ($1, $2, $3, $4, $5)`,
		f.ID, number+1, millis(now), f.Digest, string(f.Summary))
	if err != nil {
		return false, err
	}
	return true, want(ctx, tx, "case", f.ID, f.Outputs, number+1, now)
}

// Cases returns all cases by id.
func (s *Store) Cases(ctx context.Context) ([]Case, error) {
	var out []Case
	err := s.rows(ctx, "list cases", `
		SELECT c.id, c.signature, c.verdict, c.confidence, c.title, c.first_seen, c.last_seen, r.number, r.summary,
			COALESCE((SELECT summary FROM revision WHERE id = c.id AND number = r.number - 1), '')
		FROM case_file c JOIN revision r ON r.id = c.id
		WHERE r.number = (SELECT MAX(number) FROM revision WHERE id = c.id) ORDER BY c.id`, nil, func(rows *sql.Rows) error {
		var c Case
		var first, last int64
		err := rows.Scan(&c.ID, &c.Signature, &c.Verdict, &c.Confidence, &c.Title, &first, &last, &c.Revision, &c.Summary, &c.Before)
		if err != nil {
			return err
		}
		c.FirstSeen, c.LastSeen = fromMillis(first), fromMillis(last)
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.addMachines(ctx, out)
}

// addMachines fills in the machines of cases that are sorted by id.
func (s *Store) addMachines(ctx context.Context, cases []Case) error {
	return s.rows(ctx, "list machines of cases", `
		SELECT c.id, m.name FROM case_machine c JOIN machine m ON m.machine = c.machine ORDER BY c.id, m.machine`, nil, func(rows *sql.Rows) error {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return err
		}
		i, found := slices.BinarySearchFunc(cases, id, func(c Case, id string) int { return cmp.Compare(c.ID, id) })
		if found {
			cases[i].Machines = append(cases[i].Machines, name)
		}
		return nil
	})
}
