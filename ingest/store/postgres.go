package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// session is what a session asks for unless the URL says otherwise. A process that
// stands still holds up the others only so long, and the server finds out in half a
// minute that a host is gone, whose locks it then lets go.
var session = map[string]string{
	"application_name":                    "poolsweep",
	"synchronous_commit":                  "on",
	"lock_timeout":                        "60s",
	"idle_in_transaction_session_timeout": "60s",
	"tcp_keepalives_idle":                 "15",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
}

// promises are the server's settings without which a loss of power loses what was
// acknowledged.
var promises = []string{"fsync", "full_page_writes", "synchronous_commit"}

const (
	connectTimeout = 10 * time.Second
	connections    = 10 // of a process, unless the URL says otherwise

	// schemaLock is the advisory lock of a process that brings the schema up to date.
	schemaLock = 0x706f6f6c

	// A transaction that met another one is tried again, after a pause that grows.
	tries      = 60
	firstPause = 5 * time.Millisecond
	mostPause  = 200 * time.Millisecond
)

// postgres is a database on a PostgreSQL server. Its two faces share their sessions:
// database/sql for our statements, pgx for a Join.
type postgres struct {
	*pgxpool.Pool
	db   *sql.DB
	name string
}

func openPostgres(ctx context.Context, url string) (*postgres, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open database: its URL cannot be read: want postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	c := cfg.ConnConfig
	for name, value := range session {
		if c.RuntimeParams[name] == "" {
			c.RuntimeParams[name] = value
		}
	}
	c.ConnectTimeout = connectTimeout
	if !strings.Contains(url, "pool_max_conns=") {
		cfg.MaxConns = connections
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	p := &postgres{Pool: pool, db: stdlib.OpenDBFromPool(pool),
		name: fmt.Sprintf("database %s on %s:%d", c.Database, c.Host, c.Port)}
	if err := p.readBack(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", p, errors.Join(p.explain(err), p.close()))
	}
	return p, nil
}

// readBack makes sure that the server keeps what it acknowledges.
func (p *postgres) readBack(ctx context.Context) error {
	for _, name := range promises {
		var got string
		if err := p.db.QueryRowContext(ctx, "SHOW "+name).Scan(&got); err != nil {
			return err
		}
		if got == "off" {
			return fmt.Errorf("%s is off: the server would lose what it acknowledged when the power fails", name)
		}
	}
	return nil
}

func (p *postgres) String() string { return p.name }

func (p *postgres) pool() *sql.DB { return p.db }

func (p *postgres) statements() querier { return mended{p.db} }

func (p *postgres) close() error {
	err := p.db.Close()
	p.Pool.Close()
	return err
}

// alone holds a lock that ends with its session.
func (p *postgres) alone(ctx context.Context, fn func() error) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, schemaLock); err != nil {
		return err
	}
	err = fn()
	_, odd := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, schemaLock)
	return errors.Join(err, odd)
}

// within runs a transaction until it met no other one. Serializable transactions see
// and change the history as if they ran one after the other, as they do on SQLite; one
// that would not is refused by the server, and tried again.
func (p *postgres) within(ctx context.Context, fn func(querier) error, join Join) error {
	for try := 1; ; try++ {
		err := p.try(ctx, fn, join)
		if !collided(err) || try == tries {
			return err
		}
		select {
		case <-time.After(min(time.Duration(try)*firstPause, mostPause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try runs a transaction once. It is begun on the session that belongs to conn, so
// that what runs on either is part of it.
func (p *postgres) try(ctx context.Context, fn func(querier) error, join Join) error {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var tx pgx.Tx
	err = conn.Raw(func(c any) (err error) {
		tx, err = c.(*stdlib.Conn).Conn().BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
		return err
	})
	if err != nil {
		return err
	}
	err = fn(mended{conn})
	if err == nil && join != nil {
		err = join(ctx, tx)
	}
	if err != nil {
		_ = tx.Rollback(ctx) // or the session is closed, which undoes it as well
		return err
	}
	return tx.Commit(ctx)
}

// mended runs statements with text that PostgreSQL takes. SQLite keeps any bytes; here
// each that is no UTF-8, and each NUL, becomes U+FFFD, as ingest.MachineKey has it.
// They come from the names of folders, and from logs.
type mended struct{ querier }

func (m mended) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return m.querier.ExecContext(ctx, query, mend(args)...)
}

func (m mended) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return m.querier.QueryContext(ctx, query, mend(args)...)
}

func (m mended) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return m.querier.QueryRowContext(ctx, query, mend(args)...)
}

// mend changes the arguments, which belong to one call.
func mend(args []any) []any {
	for i, arg := range args {
		if text, ok := arg.(string); ok && (!utf8.ValidString(text) || strings.Contains(text, "\x00")) {
			args[i] = strings.Map(func(r rune) rune { return cmp.Or(r, utf8.RuneError) }, text)
		}
	}
	return args
}

// collided reports whether a transaction could not be run as if it were alone.
func collided(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// reasons are the classes of SQLSTATE, or single ones, that a caller tells apart.
var reasons = map[string]error{
	"08": ErrAway, "57P01": ErrAway, "57P02": ErrAway, "57P03": ErrAway, "57P05": ErrAway, // shut down, or starting
	"53": ErrAway, "25P03": ErrAway, // out of connections or memory; a transaction stood still for too long
	"25006": ErrAway, // a standby, not yet the primary
	"40":    ErrBusy, "55P03": ErrBusy, "57014": ErrBusy,
	"53100": ErrFull,
	"58030": ErrDisk,
	"XX001": ErrDamaged, "XX002": ErrDamaged,
}

func (p *postgres) explain(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var e *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &e):
		return explainState(err, e)
	case errors.As(err, &connect): // its own text names the user
		return fmt.Errorf("%w: %s", ErrAway, strings.ReplaceAll(connect.Unwrap().Error(), "\n", "; "))
	case lost(err):
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

func explainState(err error, e *pgconn.PgError) error {
	if strings.HasPrefix(e.Code, "28") || e.Code == "3D000" { // the server's text names the user
		return fmt.Errorf("the server refuses this user, password or database (SQLSTATE %s)", e.Code)
	}
	for _, code := range []string{e.Code, e.Code[:2]} {
		if reason := reasons[code]; reason != nil {
			return fmt.Errorf("%w: %w", reason, err)
		}
	}
	return err
}

// lost reports whether an error says that a session was cut.
func lost(err error) bool {
	for _, word := range []error{driver.ErrBadConn, pgconn.ErrConnClosed, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, word) {
			return true
		}
	}
	var cut net.Error
	return errors.As(err, &cut)
}

func (p *postgres) check(ctx context.Context, _ bool) error { return p.db.PingContext(ctx) }

func (p *postgres) backup(context.Context, string) error {
	return errors.New("a database on a server is backed up with pg_dump or the server's own backups")
}

// erase leaves removed rows to the server's vacuum.
func (p *postgres) erase(context.Context) error { return nil }

// newest asks machine by machine: a join as SQLite has it would hold each machine
// against all snapshots.
func (p *postgres) newest(one string) string {
	return `SELECT k.sha256, k.delivered FROM machine m CROSS JOIN LATERAL (` + one + `) k`
}

func (p *postgres) schema(files fs.FS) (goose.Dialect, fs.FS) {
	return goose.DialectPostgres, postgresSchema{files}
}

// postgresSchema is the schema in PostgreSQL's words: BLOB is its BYTEA, and text
// sorts by its bytes, as on SQLite, whatever the language of the database.
type postgresSchema struct{ fs.FS }

var postgresWords = strings.NewReplacer(" BLOB ", " BYTEA ", " TEXT ", ` TEXT COLLATE "C" `)

// Open returns a migration translated.
func (s postgresSchema) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return translated{f, bytes.NewReader([]byte(postgresWords.Replace(string(text))))}, nil
}

// translated is a file with another text.
type translated struct {
	fs.File
	text io.Reader
}

func (t translated) Read(b []byte) (int, error) { return t.text.Read(b) }
