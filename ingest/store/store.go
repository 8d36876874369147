// Package store keeps the history: which drops were read, what stood in them,
// how machines and cases were judged, and which reports are due. It is one
// SQLite file; a transaction that has returned survives a loss of power.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema/*.sql
var schema embed.FS

// File is the name of the database in the state folder.
const File = "poolsweep.db"

// Errors that a caller tells apart.
var (
	ErrInUse   = errors.New("the state folder is in use by another watcher")
	ErrNewer   = errors.New("the database was written by a newer poolsweep")
	ErrOlder   = errors.New("the database was written by an older poolsweep")
	ErrDamaged = errors.New("the database is damaged")
	ErrFull    = errors.New("no space is left for the database")
	ErrDisk    = errors.New("the disk of the database fails")
	ErrBusy    = errors.New("another program holds the database")
	ErrNetwork = errors.New("the state folder is on a network file system, where the database's locks do not hold")
)

// Store is an open history. Its methods may be called by several goroutines.
type Store struct {
	db     *sql.DB
	folder string
	lock   *os.File // nil when opened beside the process that holds it
}

// busyTimeout is how long a statement waits for another program's lock before
// it fails visibly.
const busyTimeout = 60 * time.Second

// settings are the pragmas that decide what survives a loss of power, with the
// values they must read back. In WAL mode only FULL keeps what was acknowledged:
// with NORMAL every simulated power cut lost some.
var settings = []struct{ pragma, value, reads string }{
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"foreign_keys", "ON", "1"},
	{"secure_delete", "ON", "1"}, // a purged machine's bytes are overwritten at once
}

// Open opens the history in a folder for writing, makes it when there is none,
// and brings an older one up to date. One process at a time may have it open
// so; the next one gets ErrInUse.
func Open(ctx context.Context, folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	if OnNetwork(folder) {
		return nil, fmt.Errorf("open %s: %w", folder, ErrNetwork)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, folder, "rwc")
	if err == nil {
		if err = s.migrate(ctx); err != nil {
			err = errors.Join(s.explain(err), s.db.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Join(folder, File), errors.Join(err, lock.Close()))
	}
	s.lock = lock
	return s, nil
}

// OpenBeside opens a history beside the process that holds it: to read, and to send
// what is in the outbox, where leases keep the senders apart.
func OpenBeside(ctx context.Context, folder string) (*Store, error) {
	name := filepath.Join(folder, File)
	if _, err := os.Stat(name); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	s, err := open(ctx, folder, "rw")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	older, err := s.known(ctx)
	if older {
		err = ErrOlder
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, errors.Join(s.explain(err), s.db.Close()))
	}
	return s, nil
}

// OnNetwork reports whether a folder is on a network file system, where a history
// cannot be kept.
func OnNetwork(folder string) bool { return network(folder) }

func open(ctx context.Context, folder, mode string) (*Store, error) {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()))
	for _, p := range settings {
		q.Add("_pragma", p.pragma+"("+p.value+")")
	}
	dsn, err := dsnOf(filepath.Join(folder, File), q)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, folder: folder}
	if err := s.readBack(ctx); err != nil {
		return nil, errors.Join(s.explain(err), db.Close())
	}
	return s, nil
}

// readBack makes sure that the settings took: SQLite passes over a pragma that
// it does not like without a word.
func (s *Store) readBack(ctx context.Context) error {
	for _, p := range settings {
		var got string
		if err := s.db.QueryRowContext(ctx, "PRAGMA "+p.pragma).Scan(&got); err != nil {
			return err
		}
		if !strings.EqualFold(got, p.reads) {
			return fmt.Errorf("set %s: it reads %q, want %q", p.pragma, got, p.reads)
		}
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	if _, err := s.known(ctx); err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func (s *Store) migrations() (*goose.Provider, error) {
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, s.db, dir)
}

// known refuses a database with migrations that this program does not have, and
// tells whether it lacks some.
func (s *Store) known(ctx context.Context) (older bool, err error) {
	p, err := s.migrations()
	if err != nil {
		return false, err
	}
	version, err := p.GetDBVersion(ctx)
	if err != nil {
		return false, err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	if version > newest {
		return false, fmt.Errorf("%w (schema %d, known up to %d)", ErrNewer, version, newest)
	}
	return version < newest, nil
}

// Close ends the use of the history.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// Check reads the database for damage: its pages and rows, and when deep also
// whether the indexes agree with them.
func (s *Store) Check(ctx context.Context, deep bool) error {
	pragma := "quick_check"
	if deep {
		pragma = "integrity_check"
	}
	var word string
	if err := s.db.QueryRowContext(ctx, "PRAGMA "+pragma+"(1)").Scan(&word); err != nil {
		return s.explain(err)
	}
	if word != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, word)
	}
	return nil
}

// Backup writes a whole copy of the database to a new file, makes it durable and
// reads it for damage.
func (s *Store) Backup(ctx context.Context, file string) error {
	_, err := s.db.ExecContext(ctx, "VACUUM INTO $1", file)
	if err == nil {
		err = syncFile(file)
	}
	if err == nil {
		err = checkCopy(ctx, file)
	}
	if err != nil {
		return fmt.Errorf("back up: %w", s.explain(err))
	}
	return nil
}

func syncFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// checkCopy reads a database that nobody writes to for damage, and leaves no file
// beside it.
func checkCopy(ctx context.Context, file string) error {
	dsn, err := dsnOf(file, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return (&Store{db: db}).Check(ctx, true)
}

// dsnOf names a database file for the driver.
func dsnOf(file string, options url.Values) (string, error) {
	name, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: options.Encode()}).String(), nil
}

// rows calls scan for each row of a query. What says what is listed, for errors.
func (s *Store) rows(ctx context.Context, what, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, s.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, s.explain(err))
		}
	}
	return s.explain(rows.Err())
}

// within runs fn in one transaction. What fn did is durable when within returns
// nil, and undone otherwise.
func (s *Store) within(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	if err := fn(tx); err != nil {
		return errors.Join(s.explain(err), ignoreDone(tx.Rollback()))
	}
	return s.explain(tx.Commit())
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// explain adds to SQLite's errors what a caller tells apart.
func (s *Store) explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case sqlite3.SQLITE_IOERR:
		return s.explainIO(e.Code(), err)
	}
	return err
}

// explainIO tells why reading or writing failed. A write that a quota or a limit on
// the size of files stopped left nothing behind, and may be tried again like one that
// found the disk full; SQLite has but one code for these and for a disk that fails.
// After a failed sync nobody knows what is on disk, so that is never tried again.
func (s *Store) explainIO(code int, err error) error {
	switch code {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE:
		cause := s.tryWrite()
		for _, e := range noSpace {
			if errors.Is(cause, e) {
				return fmt.Errorf("%w: %w (%w)", ErrFull, err, cause)
			}
		}
	}
	return fmt.Errorf("%w: %w", ErrDisk, err)
}

// tryWrite does what SQLite could not: it writes a few blocks to a file of its own,
// as far from its beginning as the database files reach, and returns the system's
// answer.
func (s *Store) tryWrite() error {
	var end int64
	for _, name := range []string{File, File + "-wal", File + "-shm"} {
		if info, err := os.Stat(filepath.Join(s.folder, name)); err == nil {
			end = max(end, info.Size())
		}
	}
	f, err := os.CreateTemp(s.folder, "probe-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteAt(make([]byte, 64<<10), end)
	return errors.Join(err, f.Close())
}

// millis is the database's form of a time; 0 stands for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
