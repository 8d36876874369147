package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// engine is what differs between the databases; the statements do not.
type engine interface {
	fmt.Stringer // names the database, without a secret
	pool() *sql.DB
	// statements runs statements, each a transaction of its own.
	statements() querier
	// alone runs fn while no other process does the same.
	alone(ctx context.Context, fn func() error) error
	// within runs fn, and join if the engine has it, as if no other transaction ran.
	within(ctx context.Context, fn func(querier) error, join Join) error
	// newest finds, with a query for one machine m, the documents of all machines.
	newest(one string) string
	// schema gives the migrations in the database's words.
	schema(files fs.FS) (goose.Dialect, fs.FS)
	// explain adds to an error what a caller tells apart.
	explain(err error) error
	check(ctx context.Context, deep bool) error
	backup(ctx context.Context, file string) error
	// erase removes what is left of removed rows.
	erase(ctx context.Context) error
	close() error
}

// querier is what statements run on.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Served reports whether a place is a database server, not a state folder.
func Served(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// hold opens a place for a process that writes the whole history.
func hold(ctx context.Context, place string) (engine, error) {
	if Served(place) {
		return openPostgres(ctx, place)
	}
	return holdSQLite(ctx, place)
}

// share opens a place beside such a process.
func share(ctx context.Context, place string) (engine, error) {
	if Served(place) {
		return openPostgres(ctx, place)
	}
	return shareSQLite(ctx, place)
}
