// Package store keeps the history: which drops were read, what stood in them,
// how machines and cases were judged, and which reports are due. It is one SQLite
// file in a state folder, or a PostgreSQL database that several hosts share; a
// transaction that has returned survives a loss of power.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// Errors that a caller tells apart.
var (
	ErrInUse   = errors.New("the state folder is in use by another watcher")
	ErrNewer   = errors.New("the database was written by a newer poolsweep")
	ErrOlder   = errors.New("the database was written by an older poolsweep")
	ErrNone    = errors.New("there is no history yet")
	ErrDamaged = errors.New("the database is damaged")
	ErrFull    = errors.New("no space is left for the database")
	ErrDisk    = errors.New("the disk of the database fails")
	ErrBusy    = errors.New("another program holds the database")
	ErrAway    = errors.New("the database server cannot be reached, or takes no work now")
	ErrNetwork = errors.New("the state folder is on a network file system, where the database's locks do not hold")
)

// Store is an open history. Its methods may be called by several goroutines, and on a
// database server by several processes.
type Store struct {
	db     querier
	engine engine
	join   Join
}

// Join does more in a transaction before it is committed. It may be called again when
// the transaction is.
type Join func(context.Context, pgx.Tx) error

// Open opens the history at a place for writing, makes it when there is none, and
// brings an older one up to date. The place is a state folder, which one process at a
// time may have open so, and the next one gets ErrInUse; or the URL of a PostgreSQL
// database, which any number of processes may.
func Open(ctx context.Context, place string) (*Store, error) {
	e, err := hold(ctx, place)
	if err != nil {
		return nil, err
	}
	s := &Store{db: e.statements(), engine: e}
	if err := e.alone(ctx, func() error { return s.migrate(ctx) }); err != nil {
		return nil, fmt.Errorf("open %s: %w", e, errors.Join(s.explain(err), e.close()))
	}
	return s, nil
}

// OpenBeside opens a history beside the process that holds it: to read, and to send
// what is in the outbox, where leases keep the senders apart.
func OpenBeside(ctx context.Context, place string) (*Store, error) {
	e, err := share(ctx, place)
	if err != nil {
		return nil, err
	}
	s := &Store{db: e.statements(), engine: e}
	version, newest, err := s.version(ctx)
	switch {
	case version == 0 && err == nil:
		err = ErrNone
	case version < newest && err == nil:
		err = ErrOlder
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e, errors.Join(s.explain(err), e.close()))
	}
	return s, nil
}

// Served reports whether the history is on a database server.
func (s *Store) Served() bool { return s.Pool() != nil }

// Pool returns the connections to the database server, or nil where there is none.
func (s *Store) Pool() *pgxpool.Pool {
	if p, ok := s.engine.(*postgres); ok {
		return p.Pool
	}
	return nil
}

// Joined returns the same history with transactions that do more: what join does on a
// database server is durable together with what the store's method did, or undone.
func (s *Store) Joined(join Join) *Store {
	joined := *s
	joined.join = join
	return &joined
}

// OnNetwork reports whether a folder is on a network file system, where a history
// cannot be kept.
func OnNetwork(folder string) bool { return network(folder) }

func (s *Store) migrate(ctx context.Context) error {
	version, newest, err := s.version(ctx)
	if err != nil || version == newest {
		return err
	}
	p, err := s.migrations()
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func (s *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, err
	}
	dialect, files := s.engine.schema(files)
	return goose.NewProvider(dialect, s.engine.pool(), files)
}

// version returns the newest migration that the database has and that this program has.
// A database with more than that is refused.
func (s *Store) version(ctx context.Context) (has, newest int64, err error) {
	p, err := s.migrations()
	if err != nil {
		return 0, 0, err
	}
	sources := p.ListSources()
	newest = sources[len(sources)-1].Version
	has, err = p.GetDBVersion(ctx)
	if err == nil && has > newest {
		err = fmt.Errorf("%w (schema %d, known up to %d)", ErrNewer, has, newest)
	}
	return has, newest, err
}

// Close ends the use of the history.
func (s *Store) Close() error { return s.engine.close() }

// String names the place of the history, without a secret.
func (s *Store) String() string { return s.engine.String() }

// Check reads the database for damage: its pages and rows, and when deep also
// whether the indexes agree with them. On a database server it asks only whether it
// is there: its pages are checked by their checksums whenever they are read.
func (s *Store) Check(ctx context.Context, deep bool) error {
	return s.explain(s.engine.check(ctx, deep))
}

// Backup writes a whole copy of the database to a new file, makes it durable and
// reads it for damage. That of a database server is made with its own tools.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.engine.backup(ctx, file); err != nil {
		return fmt.Errorf("back up: %w", s.explain(err))
	}
	return nil
}

// rows calls scan for each row of a query. What says what is listed, for errors.
func (s *Store) rows(ctx context.Context, what, query string, args []any, scan func(*sql.Rows) error) error {
	if err := eachRow(ctx, s.db, query, args, scan); err != nil {
		return fmt.Errorf("%s: %w", what, s.explain(err))
	}
	return nil
}

// eachRow calls scan for each row of a query, within a transaction too.
func eachRow(ctx context.Context, q querier, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// within runs fn in one transaction. What fn did is durable when within returns nil,
// and undone otherwise. On a database server fn is called again when the transaction
// met another one, so it must not build on what an earlier call left behind.
func (s *Store) within(ctx context.Context, fn func(querier) error) error {
	return s.explain(s.engine.within(ctx, fn, s.join))
}

// explain adds to a database's errors what a caller tells apart.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	return s.engine.explain(err)
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
