package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"poolsweep/ingest"
)

// Removed counts what was taken out of the history.
type Removed struct {
	Documents int64
	Cases     int64
	Drops     int64
}

// Retain removes the documents read before a moment, the drops that went and the
// cases that were last seen before it. The machines stay known, and are judged again;
// the reports of the cases have to go.
func (s *Store) Retain(ctx context.Context, before time.Time) (Removed, error) {
	var r Removed
	err := s.within(ctx, func(tx querier) (err error) {
		cut := millis(before)
		_, err = tx.ExecContext(ctx, `
			UPDATE machine SET changed = changed + 1 WHERE machine IN (SELECT s.machine FROM snapshot s
				JOIN document d ON d.sha256 = s.sha256 AND d.machine = s.delivered WHERE d.read_at < $1)`, cut)
		if err != nil {
			return err
		}
		if r.Documents, err = removeDocuments(ctx, tx, `read_at < $1`, cut); err != nil {
			return err
		}
		r.Drops, err = count(tx.ExecContext(ctx, `DELETE FROM drop_file WHERE state = $1 AND changed_at < $2`, string(Gone), cut))
		if err != nil {
			return err
		}
		if r.Cases, err = removeCases(ctx, tx, cut); err != nil {
			return err
		}
		return forgetHeld(ctx, tx, cut)
	})
	return r, s.settle(ctx, err, "remove old documents")
}

// removeCases removes the cases that were last seen before a moment.
func removeCases(ctx context.Context, tx querier, cut int64) (int64, error) {
	const old = `SELECT id FROM case_file WHERE last_seen < $1`
	if err := unwant(ctx, tx, old, cut); err != nil {
		return 0, err
	}
	for _, table := range []string{"revision", "period_case", "attachment", "case_machine"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE id IN (`+old+`)`, cut); err != nil {
			return 0, err
		}
	}
	n, err := count(tx.ExecContext(ctx, `DELETE FROM case_file WHERE last_seen < $1`, cut))
	if err != nil {
		return 0, err
	}
	return n, forgetNames(ctx, tx)
}

// Purge removes a machine and all that came from it. Its name does not stay
// anywhere in the database file; the reports of its cases have to go, and are made
// anew when other machines have the case, too. So have mails that are not sent yet.
func (s *Store) Purge(ctx context.Context, machine string, now time.Time) (Removed, error) {
	var r Removed
	err := s.within(ctx, func(tx querier) (err error) {
		key := ingest.MachineKey(machine)
		if r.Drops, err = purgeDrops(ctx, tx, key); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE machine SET changed = changed + 1 WHERE machine IN (SELECT o.machine FROM snapshot o
				JOIN snapshot s ON s.sha256 = o.sha256 AND s.delivered = o.delivered WHERE s.machine = $1)`, key); err != nil {
			return err
		}
		r.Documents, err = removeDocuments(ctx, tx, `machine = $1 OR EXISTS (
			SELECT 1 FROM snapshot s WHERE s.sha256 = document.sha256 AND s.delivered = document.machine AND s.machine = $1)`, key)
		if err != nil {
			return err
		}
		if r.Cases, err = purgeCases(ctx, tx, key); err != nil {
			return err
		}
		return withdraw(ctx, tx, now)
	})
	return r, s.settle(ctx, err, "purge machine")
}

// Of reports whether a drop is a machine's: by what was read, or, where nothing was,
// by the place it lies in.
func (d *Drop) Of(machine string) bool {
	name := d.Machine
	if name == "" {
		name = ingest.PlaceBelow(d.Name).Machine().Name
	}
	return ingest.MachineKey(name) == ingest.MachineKey(machine)
}

// purgeDrops removes the drops of a machine, and those with documents of it.
func purgeDrops(ctx context.Context, tx querier, key string) (int64, error) {
	var gone []Drop
	err := eachRow(ctx, tx, `
		SELECT share, name, machine, sha256 IN (
			SELECT sha256 FROM document WHERE machine = $1 UNION SELECT sha256 FROM snapshot WHERE machine = $1)
		FROM drop_file`, []any{key}, func(rows *sql.Rows) error {
		var d Drop
		var held bool
		err := rows.Scan(&d.Share, &d.Name, &d.Machine, &held)
		if d.Name = Unescape(d.Name); held || d.Of(key) {
			gone = append(gone, d)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, d := range gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM drop_file WHERE share = $1 AND name = $2`, d.Share, Escape(d.Name)); err != nil {
			return 0, err
		}
	}
	return int64(len(gone)), nil
}

// removeDocuments deletes the documents that a condition holds for, their snapshots,
// and that mails counted them.
func removeDocuments(ctx context.Context, tx querier, where string, arg any) (int64, error) {
	_, err := tx.ExecContext(ctx, `
		DELETE FROM snapshot WHERE EXISTS (SELECT 1 FROM document
			WHERE document.sha256 = snapshot.sha256 AND document.machine = snapshot.delivered AND (`+where+`))`, arg)
	if err != nil {
		return 0, err
	}
	n, err := count(tx.ExecContext(ctx, `DELETE FROM document WHERE NOT EXISTS (SELECT 1 FROM snapshot s
		WHERE s.sha256 = document.sha256 AND s.delivered = document.machine) OR (`+where+`)`, arg))
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM period_document WHERE NOT EXISTS (SELECT 1 FROM document d
		WHERE d.sha256 = period_document.sha256 AND d.machine = period_document.machine)`)
	return n, err
}

// purgeCases takes a machine out of its cases, whose summaries may name it: a
// case it alone has goes, the others begin a new revision when judged next.
func purgeCases(ctx context.Context, tx querier, key string) (int64, error) {
	if err := unwant(ctx, tx, `SELECT id FROM case_machine WHERE machine = $1`, key); err != nil {
		return 0, err
	}
	for _, statement := range []string{
		`UPDATE machine SET changed = changed + 1 WHERE machine <> $1 AND machine IN (
			SELECT machine FROM case_machine WHERE id IN (SELECT id FROM case_machine WHERE machine = $1))`,
		`DELETE FROM revision WHERE id IN (SELECT id FROM case_machine WHERE machine = $1)`,
		`DELETE FROM period_case WHERE id IN (SELECT id FROM case_machine WHERE machine = $1)`,
		`DELETE FROM attachment WHERE id IN (SELECT id FROM case_machine WHERE machine = $1)`,
		`DELETE FROM case_machine WHERE machine = $1`,
		`DELETE FROM machine WHERE machine = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, key); err != nil {
			return 0, err
		}
	}
	n, err := count(tx.ExecContext(ctx, `DELETE FROM case_file WHERE id NOT IN (SELECT id FROM case_machine)`))
	if err != nil {
		return 0, err
	}
	return n, forgetNames(ctx, tx)
}

func count(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// settle removes what is left of removed rows.
func (s *Store) settle(ctx context.Context, err error, what string) error {
	if err == nil {
		err = s.engine.erase(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, s.explain(err))
	}
	return nil
}
