package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"poolsweep/ingest"
)

// State says where a drop stands on its way into the history.
type State string

// States of a drop.
const (
	Waiting    State = "waiting"    // not known to be completely written
	Incomplete State = "incomplete" // analysed, though its end never came
	Analysed   State = "analysed"
	Duplicate  State = "duplicate"  // the machine delivered the same bytes before
	Superseded State = "superseded" // a longer drop begins with its bytes
	Refused    State = "refused"
	Gone       State = "gone" // was there once
)

// Drop is one file in a share.
type Drop struct {
	Share, Name string // Name below the share, as the file system has it
	State       State
	Reason      ingest.Reason
	Machine     string // as the machine spells itself; empty unknown
	SHA256      string
	Bytes       int64
	Stamp       string // size, times and identity when it was read; opaque here
	FirstSeen   time.Time
	ChangedAt   time.Time // of State or Reason
}

// Note stores what a scan saw of drops that are not read yet, or no more: their
// states and reasons. A drop whose content was read keeps what is known of it.
func (s *Store) Note(ctx context.Context, drops []Drop, now time.Time) error {
	return s.within(ctx, func(tx querier) error {
		for _, d := range drops {
			if err := putDrop(ctx, tx, d, now); err != nil {
				return fmt.Errorf("note drop %q: %w", d.Name, err)
			}
		}
		return nil
	})
}

func putDrop(ctx context.Context, tx querier, d Drop, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO drop_file (share, name, state, reason, machine, sha256, bytes, stamp, first_seen, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		ON CONFLICT (share, name) DO UPDATE SET
			state = excluded.state, reason = excluded.reason, bytes = excluded.bytes,
			machine = CASE WHEN excluded.machine = '' THEN drop_file.machine ELSE excluded.machine END,
			sha256 = CASE WHEN excluded.sha256 = '' THEN drop_file.sha256 ELSE excluded.sha256 END,
			stamp = CASE WHEN excluded.stamp = '' THEN drop_file.stamp ELSE excluded.stamp END,
			changed_at = CASE WHEN drop_file.state = excluded.state AND drop_file.reason = excluded.reason
				THEN drop_file.changed_at ELSE excluded.changed_at END`,
		d.Share, Escape(d.Name), string(d.State), string(d.Reason), d.Machine, d.SHA256, d.Bytes, d.Stamp, millis(now))
	return err
}

// Drops calls each with the drops of a share, or of all shares when share is
// empty, by share and name.
func (s *Store) Drops(ctx context.Context, share string, each func(Drop) error) error {
	return s.drops(ctx, each, `$1 = '' OR share = $1`, share)
}

// Doubted calls each with the drops that wait, were refused or were read with a doubt:
// those with a reason.
func (s *Store) Doubted(ctx context.Context, each func(Drop) error) error {
	return s.drops(ctx, each, `reason <> ''`)
}

// Places calls each with the folders that drops of a machine lie in, below their share,
// each once.
func (s *Store) Places(ctx context.Context, each func(share, folder, machine string)) error {
	return s.rows(ctx, "list folders", `
		SELECT DISTINCT share, RTRIM(name, REPLACE(name, '/', '')), machine FROM drop_file WHERE machine <> ''`, nil,
		func(rows *sql.Rows) error {
			var share, folder, machine string
			err := rows.Scan(&share, &folder, &machine)
			each(share, Unescape(folder), machine)
			return err
		})
}

func (s *Store) drops(ctx context.Context, each func(Drop) error, where string, args ...any) error {
	return s.rows(ctx, "list drops", `
		SELECT share, name, state, reason, machine, sha256, bytes, stamp, first_seen, changed_at
		FROM drop_file WHERE `+where+` ORDER BY share, name`, args, func(rows *sql.Rows) error {
		var d Drop
		var first, changed int64
		err := rows.Scan(&d.Share, &d.Name, &d.State, &d.Reason, &d.Machine, &d.SHA256, &d.Bytes, &d.Stamp, &first, &changed)
		if err != nil {
			return err
		}
		d.Name, d.FirstSeen, d.ChangedAt = Unescape(d.Name), fromMillis(first), fromMillis(changed)
		if err := each(d); err != nil {
			return err
		}
		return nil
	})
}

// Counts returns how many drops are in each state.
func (s *Store) Counts(ctx context.Context) (map[State]int, error) {
	counts := map[State]int{}
	err := s.rows(ctx, "count drops", `SELECT state, COUNT(*) FROM drop_file GROUP BY state`, nil, func(rows *sql.Rows) error {
		var state State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		counts[state] = n
		return nil
	})
	return counts, err
}

// Escape makes text of a name whose bytes need not be UTF-8: a backslash and
// each byte that is none become \xNN.
func Escape(name string) string {
	if utf8.ValidString(name) && !strings.ContainsAny(name, "\\\x00") {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && n == 1 || r == '\\' || r == 0 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:n])
		}
		name = name[n:]
	}
	return b.String()
}

// Unescape undoes Escape.
func Unescape(text string) string {
	before, after, found := strings.Cut(text, `\x`)
	if !found {
		return text
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		c, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8)
		if err != nil {
			return text // not written by Escape
		}
		b.WriteByte(byte(c))
		before, after, found = strings.Cut(after[2:], `\x`)
	}
	b.WriteString(before)
	return b.String()
}
