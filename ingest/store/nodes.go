package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"poolsweep/ingest"
)

// The methods of this file are for a history on a database server, which several
// processes work on. A node that was not heard of for as long as a silence lasts counts no
// more, and others take over what it did; so nodes beat a few times in it.

// forgotten is how long a silent node is still listed.
const forgotten = 24 * time.Hour

// serverNow is the server's clock as millis has it: hosts' clocks differ.
const serverNow = `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT`

// Node is a process that works on the history.
type Node struct {
	ID      string
	Host    string
	Role    string
	Version string        // of the program
	Started time.Time     // by the server's clock
	Silent  time.Duration // since it was last heard of
}

// Alive reports whether a node still counts.
func (n *Node) Alive(silence time.Duration) bool { return n.Silent < silence }

// VersionError says that nodes of another version are at work. They judge by other
// rules, and each would undo what the other found.
type VersionError struct{ Others []Node }

func (e *VersionError) Error() string {
	var who []string
	for _, n := range e.Others {
		who = append(who, fmt.Sprintf("%s on %s (%s)", n.Role, n.Host, n.Version))
	}
	return "nodes of another version are at work: " + strings.Join(who, ", ")
}

// Beat says that a node is at work, the first time and then again and again. A node
// that meets others of another version gets a *VersionError and does not count.
func (s *Store) Beat(ctx context.Context, n Node, silence time.Duration) error {
	return s.within(ctx, func(tx querier) error {
		others, err := nodes(ctx, tx, `WHERE id <> $1 AND version <> $2 AND beat_at > `+serverNow+` - $3`, n.ID, n.Version, silence.Milliseconds())
		if err != nil {
			return err
		}
		if len(others) > 0 {
			return &VersionError{others}
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO node (id, host, role, version, started_at, beat_at) VALUES ($1, $2, $3, $4, `+serverNow+`, `+serverNow+`)
			ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at`, n.ID, n.Host, n.Role, n.Version)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM node WHERE beat_at < `+serverNow+` - $1`, forgotten.Milliseconds())
		return err
	})
}

// Leave says that a node has ended, and gives back what it held.
func (s *Store) Leave(ctx context.Context, node string) error {
	return s.within(ctx, func(tx querier) error {
		for _, statement := range []string{`DELETE FROM lease WHERE node = $1`, `DELETE FROM node WHERE id = $1`} {
			if _, err := tx.ExecContext(ctx, statement, node); err != nil {
				return err
			}
		}
		return nil
	})
}

// Hold takes a lease for a node, or keeps it, and returns the node that has it now:
// another one, if that is heard of.
func (s *Store) Hold(ctx context.Context, lease, node string, silence time.Duration) (Node, error) {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO lease (name, node) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET node = excluded.node
		WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.id = lease.node AND n.beat_at > `+serverNow+` - $3)`,
		lease, node, silence.Milliseconds())
	if err != nil {
		return Node{}, fmt.Errorf("hold %s: %w", lease, s.explain(err))
	}
	holders, err := nodes(ctx, s.db, `WHERE id = (SELECT node FROM lease WHERE name = $1)`, lease)
	if err != nil || len(holders) == 0 {
		return Node{}, s.explain(err)
	}
	return holders[0], nil
}

// Nodes returns all nodes that were heard of in the last day, by host and start.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	out, err := nodes(ctx, s.db, "")
	return out, s.explain(err)
}

func nodes(ctx context.Context, q querier, where string, args ...any) ([]Node, error) {
	var out []Node
	err := eachRow(ctx, q, `
		SELECT id, host, role, version, started_at, `+serverNow+` - beat_at FROM node `+where+` ORDER BY host, started_at, id`,
		args, func(rows *sql.Rows) error {
			var n Node
			var started, silent int64
			err := rows.Scan(&n.ID, &n.Host, &n.Role, &n.Version, &started, &silent)
			n.Started, n.Silent = fromMillis(started), time.Duration(max(0, silent))*time.Millisecond
			out = append(out, n)
			return err
		})
	return out, err
}

// Outcome is what came of a drop that was read for its watcher.
type Outcome struct {
	Share, Name string
	Stamp       string // opaque here, as that of a Drop
	SHA256      string
	Settled     bool          // it is recorded
	Reason      ingest.Reason // otherwise why it has to be read again
}

func putOutcomes(ctx context.Context, tx querier, outcomes []Outcome) error {
	for _, o := range outcomes {
		settled := 0
		if o.Settled {
			settled = 1
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO outcome (share, name, stamp, sha256, reason, settled) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (share, name, stamp) DO UPDATE SET sha256 = excluded.sha256, reason = excluded.reason, settled = excluded.settled`,
			o.Share, Escape(o.Name), o.Stamp, o.SHA256, string(o.Reason), settled)
		if err != nil {
			return fmt.Errorf("tell outcome of drop %q: %w", o.Name, err)
		}
	}
	return nil
}

// Outcomes returns what came of the drops of a share.
func (s *Store) Outcomes(ctx context.Context, share string) ([]Outcome, error) {
	var out []Outcome
	err := s.rows(ctx, "list outcomes", `SELECT name, stamp, sha256, reason, settled FROM outcome WHERE share = $1 ORDER BY name, stamp`,
		[]any{share}, func(rows *sql.Rows) error {
			o := Outcome{Share: share}
			var settled int64
			if err := rows.Scan(&o.Name, &o.Stamp, &o.SHA256, &o.Reason, &settled); err != nil {
				return err
			}
			o.Name, o.Settled = Unescape(o.Name), settled != 0
			out = append(out, o)
			return nil
		})
	return out, err
}

// Noticed removes outcomes that their watcher has taken notice of.
func (s *Store) Noticed(ctx context.Context, outcomes []Outcome) error {
	return s.within(ctx, func(tx querier) error {
		for _, o := range outcomes {
			_, err := tx.ExecContext(ctx, `DELETE FROM outcome WHERE share = $1 AND name = $2 AND stamp = $3`, o.Share, Escape(o.Name), o.Stamp)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
