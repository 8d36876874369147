package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"poolsweep/ingest"
)

// Reading is what came of one drop that was read to its end.
type Reading struct {
	Drop                          // State Analysed, Incomplete or Refused; the stamp is of the bytes read
	Documents  []*ingest.Document // none when refused, several from an archive
	Supersedes []string           // hashes of earlier contents that this one begins with
}

// Record takes a reading into the history and returns the state the drop has now.
// See RecordAll.
func (s *Store) Record(ctx context.Context, r Reading, now time.Time) (State, error) {
	states, err := s.RecordAll(ctx, []Reading{r}, now)
	if err != nil {
		return "", err
	}
	return states[0], nil
}

// RecordAll takes readings into the history in one transaction, for each waits for
// the disk, and returns the states the drops have now. The same content from the
// same machine counts once, however often and under whatever name it is delivered,
// so recording a reading again after a crash changes nothing. Outcomes are for the
// watchers of the drops, where those are other processes.
func (s *Store) RecordAll(ctx context.Context, readings []Reading, now time.Time, outcomes ...Outcome) ([]State, error) {
	bodies := make([][][]byte, len(readings))
	for i, r := range readings {
		for _, d := range r.Documents {
			body, err := pack(d)
			if err != nil {
				return nil, fmt.Errorf("record drop %q: %w", r.Name, err)
			}
			bodies[i] = append(bodies[i], body)
		}
	}
	states := make([]State, len(readings))
	return states, s.within(ctx, func(tx querier) error {
		for i, r := range readings { // a copy: the transaction may be tried again
			err := r.enter(ctx, tx, bodies[i], now)
			if err == nil {
				err = putDrop(ctx, tx, r.Drop, now)
			}
			if err != nil {
				return fmt.Errorf("record drop %q: %w", r.Name, err)
			}
			states[i] = r.State
		}
		return putOutcomes(ctx, tx, outcomes)
	})
}

// enter adds the reading's documents. When none of them is new, the drop is a
// duplicate, unless it is the very file that they came from.
func (r *Reading) enter(ctx context.Context, tx querier, bodies [][]byte, now time.Time) error {
	fresh := len(r.Documents) == 0
	var known State
	for i, d := range r.Documents {
		state, err := r.known(ctx, tx, d)
		switch {
		case err != nil:
			return err
		case state != "":
			known = state
			continue
		}
		fresh = true
		if err := r.insert(ctx, tx, d, bodies[i], now); err != nil {
			return err
		}
	}
	if !fresh {
		r.State = known
	}
	return r.supersede(ctx, tx, now)
}

// owner returns the key of the machine that a document counts for.
func owner(d *ingest.Document) string {
	if len(d.Snapshots) == 0 {
		return ""
	}
	return ingest.MachineKey(d.Snapshots[0].Machine.Name)
}

// known returns the state of a drop with a document that is stored already, or ""
// for a new one.
func (r *Reading) known(ctx context.Context, tx querier, d *ingest.Document) (State, error) {
	var share, name, by string
	err := tx.QueryRowContext(ctx, `SELECT share, name, superseded_by FROM document WHERE sha256 = $1 AND machine = $2`,
		d.SHA256, owner(d)).Scan(&share, &name, &by)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	case by != "":
		return Superseded, nil
	case share != r.Share || Unescape(name) != r.Name:
		return Duplicate, nil
	}
	return r.State, nil
}

func (r *Reading) insert(ctx context.Context, tx querier, d *ingest.Document, body []byte, now time.Time) error {
	incomplete := 0
	if r.State == Incomplete {
		incomplete = 1
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO document (sha256, machine, share, name, bytes, read_at, incomplete, format, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.SHA256, owner(d), r.Share, Escape(r.Name), d.Bytes, millis(now), incomplete, format, body)
	if err != nil {
		return err
	}
	for i, snap := range d.Snapshots {
		uptime := int64(-1)
		if snap.UptimeOK {
			uptime = snap.Uptime.Milliseconds()
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO snapshot (sha256, delivered, ord, machine, at, uptime, moment) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			d.SHA256, owner(d), i, ingest.MachineKey(snap.Machine.Name), millis(snap.At), uptime, cmp.Or(millis(snap.At), millis(now)))
		if err != nil {
			return err
		}
		if err := changed(ctx, tx, snap.Machine.Name, now); err != nil {
			return err
		}
	}
	return nil
}

// supersede takes the earlier contents out of all judgements.
func (r *Reading) supersede(ctx context.Context, tx querier, now time.Time) error {
	for _, old := range r.Supersedes {
		_, err := tx.ExecContext(ctx, `UPDATE document SET superseded_by = $1 WHERE sha256 = $2 AND machine = $3`,
			r.SHA256, old, ingest.MachineKey(r.Machine))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE drop_file SET state = $1, changed_at = $2
			WHERE sha256 = $3 AND (share <> $4 OR name <> $5) AND state IN ($6, $7, $8)`,
			string(Superseded), millis(now), old, r.Share, Escape(r.Name), string(Analysed), string(Incomplete), string(Duplicate))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE machine SET changed = changed + 1
			WHERE machine IN (SELECT machine FROM snapshot WHERE sha256 = $1 AND delivered = $2)`, old, ingest.MachineKey(r.Machine))
		if err != nil {
			return err
		}
	}
	return nil
}

// Held is a stored document with what the history knows about it.
type Held struct {
	*ingest.Document
	Share, Name string
	Machine     string // key of the machine it counts for
	ReadAt      time.Time
	Incomplete  bool
}

// Newest hands over the newest document in force of each machine, one after the
// other: together they may be more than fits into memory.
func (s *Store) Newest(ctx context.Context, take func(Held)) error {
	return s.each(ctx, take, s.engine.newest(newestSnapshot))
}

// newestSnapshot finds the newest snapshot in force of a machine m.
const newestSnapshot = `
	SELECT s.sha256, s.delivered, s.ord FROM snapshot s JOIN document n ON n.sha256 = s.sha256 AND n.machine = s.delivered
	WHERE s.machine = m.machine AND n.superseded_by = ''
	ORDER BY s.moment DESC, n.read_at DESC, s.sha256 DESC, s.ord DESC LIMIT 1`

// Documents returns the documents in force with snapshots of a machine from a
// moment on, oldest first. A snapshot without a time counts by when it was read.
func (s *Store) Documents(ctx context.Context, machine string, since time.Time) ([]Held, error) {
	return s.Recent(ctx, machine, since, math.MaxInt32)
}

// Recent returns of the same documents only the newest ones, up to a number.
func (s *Store) Recent(ctx context.Context, machine string, since time.Time, most int) ([]Held, error) {
	return s.held(ctx, `
		SELECT sha256, delivered FROM (
			SELECT s.sha256, s.delivered FROM snapshot s JOIN document n ON n.sha256 = s.sha256 AND n.machine = s.delivered
			WHERE s.machine = $1 AND s.moment >= $2 AND n.superseded_by = '' ORDER BY s.moment DESC, s.sha256 LIMIT $3) l`, ingest.MachineKey(machine), millis(since), most)
}

// AsOf returns what Recent would have returned at a moment, had the machine's snapshots
// ended there: those from since to before until, of documents read before read.
func (s *Store) AsOf(ctx context.Context, machine string, since, until, read time.Time, most int) ([]Held, error) {
	return s.held(ctx, `
		SELECT sha256, delivered FROM (
			SELECT s.sha256, s.delivered FROM snapshot s JOIN document n ON n.sha256 = s.sha256 AND n.machine = s.delivered
			WHERE s.machine = $1 AND s.moment >= $2 AND s.moment < $3 AND n.read_at < $4 AND n.superseded_by = ''
			ORDER BY s.moment DESC, s.sha256 LIMIT $5) l`,
		ingest.MachineKey(machine), millis(since), millis(until), millis(read), most)
}

// Known returns a hash of the documents that AsOf chooses from for some machines, the
// newest of each among them: it stays the same as long as the same are known.
func (s *Store) Known(ctx context.Context, machines map[string]bool, since, until, read time.Time) (string, error) {
	sum := sha256.New()
	err := s.rows(ctx, "list documents", `
		SELECT DISTINCT s.machine, s.sha256, s.delivered FROM snapshot s
		JOIN document n ON n.sha256 = s.sha256 AND n.machine = s.delivered
		WHERE s.moment < $2 AND n.read_at < $3 AND n.superseded_by = '' AND (s.moment >= $1 OR s.moment = (
			SELECT MAX(k.moment) FROM snapshot k WHERE k.machine = s.machine AND k.moment < $2)) ORDER BY 1, 2, 3`,
		[]any{millis(since), millis(until), millis(read)}, func(rows *sql.Rows) error {
			var machine, content, delivered string
			err := rows.Scan(&machine, &content, &delivered)
			if machines[machine] {
				fmt.Fprintf(sum, "%q %q %q\n", machine, content, delivered)
			}
			return err
		})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Content is a content in force, without what was read from it.
type Content struct {
	SHA256 string
	Bytes  int64
}

// Earlier returns the contents in force that a machine delivered, shortest
// first. A drop that begins with one of them supersedes it.
func (s *Store) Earlier(ctx context.Context, machine string) ([]Content, error) {
	var out []Content
	err := s.rows(ctx, "list contents", `
		SELECT sha256, bytes FROM document WHERE machine = $1 AND superseded_by = '' ORDER BY bytes, sha256`, []any{ingest.MachineKey(machine)}, func(rows *sql.Rows) error {
		var c Content
		if err := rows.Scan(&c.SHA256, &c.Bytes); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// held returns the documents whose keys a query lists, oldest first.
func (s *Store) held(ctx context.Context, keys string, args ...any) ([]Held, error) {
	var out []Held
	err := s.each(ctx, func(h Held) { out = append(out, h) }, keys, args...)
	return out, err
}

// each hands over the documents whose keys a query lists, oldest first. The keys lead
// to the documents, which must not be looked through for them.
func (s *Store) each(ctx context.Context, take func(Held), keys string, args ...any) error {
	return s.rows(ctx, "load documents", `
		SELECT d.share, d.name, d.machine, d.read_at, d.incomplete, d.format, d.body FROM document d
		WHERE (d.sha256, d.machine) IN (`+keys+`) ORDER BY d.read_at, d.sha256`, args, func(rows *sql.Rows) (err error) {
		var h Held
		var readAt, incomplete, version int64
		var body []byte
		if err := rows.Scan(&h.Share, &h.Name, &h.Machine, &readAt, &incomplete, &version, &body); err != nil {
			return err
		}
		if h.Document, err = unpack(version, body); err != nil {
			return err
		}
		h.Name, h.ReadAt, h.Incomplete = Unescape(h.Name), fromMillis(readAt), incomplete != 0
		take(h)
		return nil
	})
}
