package store

import (
	"context"
	"database/sql"
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

// File is the name of the database in the state folder.
const File = "poolsweep.db"

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

// sqliteFile is a file in a state folder.
type sqliteFile struct {
	*sql.DB
	folder string
	lock   *os.File // nil when opened beside the process that holds it
}

// holdSQLite opens the file in a folder for this process alone, and makes both
// when there are none.
func holdSQLite(ctx context.Context, folder string) (*sqliteFile, error) {
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
	e, err := openSQLite(ctx, folder, "rwc")
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	e.lock = lock
	return e, nil
}

// shareSQLite opens the file that is in a folder beside the process that holds it.
func shareSQLite(ctx context.Context, folder string) (*sqliteFile, error) {
	if _, err := os.Stat(filepath.Join(folder, File)); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	return openSQLite(ctx, folder, "rw")
}

func openSQLite(ctx context.Context, folder, mode string) (*sqliteFile, error) {
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
	e := &sqliteFile{DB: db, folder: folder}
	if err := e.readBack(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", e, errors.Join(e.explain(err), db.Close()))
	}
	return e, nil
}

// dsnOf names a database file for the driver.
func dsnOf(file string, options url.Values) (string, error) {
	name, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: options.Encode()}).String(), nil
}

// readBack makes sure that the settings took: SQLite passes over a pragma that
// it does not like without a word.
func (e *sqliteFile) readBack(ctx context.Context) error {
	for _, p := range settings {
		var got string
		if err := e.QueryRowContext(ctx, "PRAGMA "+p.pragma).Scan(&got); err != nil {
			return err
		}
		if !strings.EqualFold(got, p.reads) {
			return fmt.Errorf("set %s: it reads %q, want %q", p.pragma, got, p.reads)
		}
	}
	return nil
}

func (e *sqliteFile) pool() *sql.DB { return e.DB }

func (e *sqliteFile) statements() querier { return e.DB }

func (e *sqliteFile) String() string { return filepath.Join(e.folder, File) }

func (e *sqliteFile) newest(one string) string {
	return `SELECT k.sha256, k.delivered FROM machine m JOIN snapshot k ON (k.sha256, k.delivered, k.ord) = (` + one + `)`
}

func (e *sqliteFile) schema(files fs.FS) (goose.Dialect, fs.FS) { return goose.DialectSQLite3, files }

// alone needs no lock of its own: the folder's is held by who brings it up to date.
func (e *sqliteFile) alone(_ context.Context, fn func() error) error { return fn() }

// within needs no second try: there is one writer at a time, who waits for the other
// when the transaction begins.
func (e *sqliteFile) within(ctx context.Context, fn func(querier) error, _ Join) error {
	tx, err := e.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// erase empties the write-ahead log, where removed rows still stand.
func (e *sqliteFile) erase(ctx context.Context) error {
	_, err := e.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

func (e *sqliteFile) check(ctx context.Context, deep bool) error {
	pragma := "quick_check"
	if deep {
		pragma = "integrity_check"
	}
	var word string
	if err := e.QueryRowContext(ctx, "PRAGMA "+pragma+"(1)").Scan(&word); err != nil {
		return err
	}
	if word != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, word)
	}
	return nil
}

func (e *sqliteFile) backup(ctx context.Context, file string) error {
	_, err := e.ExecContext(ctx, "VACUUM INTO $1", file)
	if err == nil {
		err = syncFile(file)
	}
	if err == nil {
		err = checkCopy(ctx, file)
	}
	return err
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
	return (&sqliteFile{DB: db}).check(ctx, true)
}

func (e *sqliteFile) explain(err error) error {
	var odd *sqlite.Error
	if !errors.As(err, &odd) {
		return err
	}
	switch odd.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case sqlite3.SQLITE_IOERR:
		return e.explainIO(odd.Code(), err)
	}
	return err
}

// explainIO tells why reading or writing failed. A write that a quota or a limit on
// the size of files stopped left nothing behind, and may be tried again like one that
// found the disk full; SQLite has but one code for these and for a disk that fails.
// After a failed sync nobody knows what is on disk, so that is never tried again.
func (e *sqliteFile) explainIO(code int, err error) error {
	switch code {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE:
		cause := e.tryWrite()
		for _, word := range noSpace {
			if errors.Is(cause, word) {
				return fmt.Errorf("%w: %w (%w)", ErrFull, err, cause)
			}
		}
	}
	return fmt.Errorf("%w: %w", ErrDisk, err)
}

// tryWrite does what SQLite could not: it writes a few blocks to a file of its own,
// as far from its beginning as the database files reach, and returns the system's
// answer.
func (e *sqliteFile) tryWrite() error {
	var end int64
	for _, name := range []string{File, File + "-wal", File + "-shm"} {
		if info, err := os.Stat(filepath.Join(e.folder, name)); err == nil {
			end = max(end, info.Size())
		}
	}
	f, err := os.CreateTemp(e.folder, "probe-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteAt(make([]byte, 64<<10), end)
	return errors.Join(err, f.Close())
}

func (e *sqliteFile) close() error {
	err := e.Close()
	if e.lock != nil {
		err = errors.Join(err, e.lock.Close())
	}
	return err
}
