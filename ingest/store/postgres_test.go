package store

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"poolsweep/ingest/store/pgtest"
)

var server = flag.String("server", "", "run the tests on the PostgreSQL database at `URL` instead of SQLite")

// TestSuiteOnPostgres runs all tests of this package once more, on a server.
func TestSuiteOnPostgres(t *testing.T) {
	if *server != "" {
		t.Skip("runs on a server")
	}
	s := pgtest.New(t, os.Getenv)
	args := []string{"-test.count=1", "-server", s.URL("postgres")}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	if out, err := exec.CommandContext(t.Context(), os.Args[0], args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// free are the schemas on the server that no test uses now: making one takes half a
// second, emptying it a hundredth of that.
var free []string

// newPlace returns where a test may keep a history: a folder, or a schema of its own.
func newPlace(t testing.TB) string {
	t.Helper()
	if *server == "" {
		return t.TempDir()
	}
	var schema string
	if n := len(free); n > 0 {
		schema, free = free[n-1], free[:n-1]
	} else {
		schema = fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
		onServer(t, `CREATE SCHEMA `+schema)
	}
	t.Cleanup(func() {
		onServer(t, `DO $$ DECLARE name TEXT; BEGIN
			FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '`+schema+`' AND tablename <> 'goose_db_version' LOOP
				EXECUTE 'DELETE FROM `+schema+`.' || name;
			END LOOP;
			DELETE FROM `+schema+`.goose_db_version WHERE version_id = `+fmt.Sprint(newerVersion)+`; END $$`)
		free = append(free, schema)
	})
	separator := "?"
	if strings.Contains(*server, "?") {
		separator = "&"
	}
	return *server + separator + "search_path=" + schema
}

var schemas atomic.Int64

// onServer runs a statement on the server, whatever the test does there.
func onServer(t testing.TB, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, *server)
	if err == nil {
		_, err = conn.Exec(ctx, statement)
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		t.Error(err)
	}
}

// dump returns the rows of all tables of a history, those of each table as one text.
func dump(t *testing.T, place string) map[string]string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	out := map[string]string{}
	rows, err := conn.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 15 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		var text string
		if err := conn.QueryRow(ctx, `SELECT COALESCE(STRING_AGG(x::TEXT, ' '), '') FROM `+name+` x`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
	return out
}

// newServed opens a history on the server that the tests run on, if they do.
func newServed(t *testing.T) *Store {
	t.Helper()
	if *server == "" {
		t.Skip("is about PostgreSQL, and part of TestSuiteOnPostgres")
	}
	s, _ := newStore(t)
	return s
}

func TestJoinIsPartOfTheTransaction(t *testing.T) {
	s := newServed(t)
	ctx := context.Background()
	if s.Pool() == nil {
		t.Fatal("no pool")
	}
	odd := errors.New("odd")
	for _, end := range []error{odd, nil} {
		joined := s.Joined(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO health (part, at) SELECT state, 1 FROM drop_file`) // sees what the method did
			return errors.Join(err, end)
		})
		if _, err := joined.Record(ctx, reading("LAB-1", "a.log", "c"), noon); !errors.Is(err, end) {
			t.Errorf("err = %v, want %v", err, end)
		}
		health, err := s.Health(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if end != nil {
			want = 0
		}
		if got := len(contents(t, s, "LAB-1")); got != want || len(health) != want {
			t.Errorf("join ends with %v: %d documents, health %v", end, got, health)
		}
	}
}

func TestServerThatGoesAwayIsOutlasted(t *testing.T) {
	if *server != "" || testing.Short() {
		t.Skip("stops a server of its own")
	}
	srv := pgtest.New(t, os.Getenv)
	s := openStore(t, srv.URL("postgres"))
	record(t, s, reading("LAB-1", "a.log", "c1"), Analysed)
	if err := srv.Stop(true); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the session is cut, then none can be made
		_, err := s.Record(t.Context(), reading("LAB-1", "b.log", "c2"), noon)
		if !errors.Is(err, ErrAway) || strings.Contains(err.Error(), "user=") {
			t.Errorf("err = %v, want %v", err, ErrAway)
		}
		if _, err := s.Machines(t.Context()); !errors.Is(err, ErrAway) {
			t.Errorf("reading: %v, want %v", err, ErrAway)
		}
	}
	if _, err := Open(t.Context(), srv.URL("postgres")); !errors.Is(err, ErrAway) {
		t.Errorf("opening: %v, want %v", err, ErrAway)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	record(t, s, reading("LAB-1", "b.log", "c2"), Analysed)
	if got := contents(t, s, "LAB-1"); !slices.Equal(got, []string{"c1", "c2"}) {
		t.Errorf("documents %v", got)
	}
}

func TestTransactionsThatMeetAreRunInTurn(t *testing.T) {
	s, _ := newStore(t)
	const writers, each = 6, 5
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				name := fmt.Sprintf("%d-%d", w, i)
				// Each reading adds to the machine and supersedes what stood before.
				r := reading("LAB-1", name+".log", name)
				r.Supersedes = []string{fmt.Sprintf("%d-%d", w, i-1)}
				if _, err := s.Record(context.Background(), r, noon); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s, "LAB-1"); len(got) != writers {
		t.Errorf("in force: %v, want the last of each writer", got)
	}
	ms, err := s.Machines(context.Background())
	if want := int64(writers * (2*each - 1)); err != nil || ms[0].Changed != want {
		t.Errorf("changed %+v, want %d; %v", ms, want, err)
	}
}

func TestRefusalsOfAServerNameNoSecret(t *testing.T) {
	for _, url := range []string{"postgres://me:secret@[::bad/db", "postgres://me:secret@localhost:1/db?pool_max_conns=many",
		"postgres://me:secret@127.0.0.1:1/db"} {
		_, err := Open(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "me:") || strings.Contains(err.Error(), "user=") {
			t.Errorf("%v", err)
		}
	}
}
