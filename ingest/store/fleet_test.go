package store

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"poolsweep/ingest/store/pgtest"
)

var fleet = flag.Int("fleet", 0,
	"fill histories of a hundredth, a tenth and all of so many `MACHINES`, a log a week each for a year,\n"+
		"on SQLite and PostgreSQL, and measure them")

const (
	fleetWeeks   = 52
	fleetCases   = 300 // at most; a case for every ten machines
	fleetBatch   = 100
	fleetRefused = 100 // one in so many logs
)

const sevenDays = 7 * 24 * time.Hour

// TestFleet measures how what is asked of a history grows with it, on both databases
// in one run. The tables in the logs are small, for a year of whole ones would fill
// the disk; nothing that is measured here reads them, but for what a log takes.
func TestFleet(t *testing.T) {
	if *fleet == 0 {
		t.Skip("only with -fleet")
	}
	for _, machines := range []int{max(1, *fleet/100), max(1, *fleet/10), *fleet} {
		for _, on := range databases {
			t.Run(fmt.Sprintf("%d machines, %s", machines, on), func(t *testing.T) {
				s := on.open(t)
				fillFleet(t, s, machines)
				measureFleet(t, s, machines)
			})
		}
	}
}

// database is one that benchmarks and measurements run on.
type database string

var databases = []database{"sqlite", "postgres"}

// open opens a new history, on a server of its own.
func (d database) open(t testing.TB) *Store {
	t.Helper()
	if d == "sqlite" {
		return openStore(t, t.TempDir())
	}
	return openStore(t, pgtest.New(t, os.Getenv).URL("postgres"))
}

// small is a specimen with little in its tables.
func small(n int) *specimen {
	m := newSpecimen(n)
	m.tags, m.modules, m.filters = m.tags[:12], m.modules[:8], m.filters[:2]
	return m
}

// fillFleet records a log of each machine, as in one week, and has the database copy
// that week over the year.
func fillFleet(t *testing.T, s *Store, machines int) {
	t.Helper()
	start := time.Now()
	for from := 0; from < machines; from += fleetBatch {
		var batch []Reading
		for n := from; n < min(from+fleetBatch, machines); n++ {
			r := small(n).read(noon.Add(time.Duration(n) * time.Second))
			if n%fleetRefused == 0 {
				r.State, r.Reason, r.Documents = Refused, "NO_SECTIONS", nil
			}
			batch = append(batch, r)
		}
		if _, err := s.RecordAll(t.Context(), batch, noon); err != nil {
			t.Fatal(err)
		}
	}
	for w := range fleetWeeks - 1 {
		if err := s.copyWeek(t.Context(), w+1); err != nil {
			t.Fatal(err)
		}
	}
	revise(t, s, machines, min(fleetCases, machines/10), noon.Add(fleetWeeks*sevenDays))
	if _, err := s.db.ExecContext(t.Context(), `ANALYZE`); err != nil { // as a server does by itself in time
		t.Fatal(err)
	}
	t.Logf("%d logs, filled in %s", machines*fleetWeeks, time.Since(start).Round(time.Second))
}

// copyWeek makes a later week out of the first one.
func (s *Store) copyWeek(ctx context.Context, w int) error {
	name, later, first := fmt.Sprintf("w%02d-", w), int64(w)*sevenDays.Milliseconds(), millis(noon.Add(sevenDays))
	return s.within(ctx, func(tx querier) error {
		for _, statement := range []string{
			`INSERT INTO document (sha256, machine, share, name, bytes, read_at, incomplete, format, body)
				SELECT $1 || sha256, machine, share, $1 || name, bytes, read_at + $2, incomplete, format, body
				FROM document WHERE read_at < $3`,
			`INSERT INTO snapshot (sha256, delivered, ord, machine, at, uptime, moment)
				SELECT $1 || sha256, delivered, ord, machine, at + $2, uptime, moment + $2 FROM snapshot WHERE moment < $3`,
			`INSERT INTO drop_file (share, name, state, reason, machine, sha256, bytes, stamp, first_seen, changed_at)
				SELECT share, $1 || name, state, reason, machine, $1 || sha256, bytes, stamp, first_seen + $2, changed_at + $2
				FROM drop_file WHERE first_seen < $3`,
		} {
			if _, err := tx.ExecContext(ctx, statement, name, later, first); err != nil {
				return err
			}
		}
		return nil
	})
}

// measureFleet times what is asked of the history. It fails when what 'poolsweep
// status' asks for takes more than a second.
func measureFleet(t *testing.T, s *Store, machines int) {
	t.Helper()
	ended := noon.Add(fleetWeeks * sevenDays)
	size, err := s.bytes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	logs, tables := int64(machines*fleetWeeks), int64(bodyBytes(t, small(0)))*(fleetRefused-1)/fleetRefused
	t.Logf("%-32s %d MB, %d bytes a log beside its tables", "size", size/1e6, size/logs-tables)
	took := timed(t, "status", func(ctx context.Context) error { return askStatus(ctx, s, false) })
	if took > time.Second {
		t.Errorf("status takes %s", took)
	}
	measureQueries(t, s, ended)
	timed(t, "what a week's mail counts", func(ctx context.Context) error {
		ids, err := s.Unreported(ctx, "weekly", ended.Add(-sevenDays), ended)
		t.Logf("  %d documents", len(ids))
		return err
	})
	timed(t, "news for the watcher", func(ctx context.Context) error { _, err := s.Unjudged(ctx); return err })
}

// bytes is what the tables and indexes take.
func (s *Store) bytes(ctx context.Context) (n int64, err error) {
	query := `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)`
	if s.Served() {
		query = `SELECT SUM(pg_total_relation_size(oid))::BIGINT FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`
	}
	err = s.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

func bodyBytes(t *testing.T, m *specimen) int {
	t.Helper()
	body, err := pack(m.log(noon))
	if err != nil {
		t.Fatal(err)
	}
	return len(body)
}

// BenchmarkRecordAll records logs with whole tables, as many in a transaction as the
// watcher does when it is behind, on both databases.
func BenchmarkRecordAll(b *testing.B) {
	for _, on := range databases {
		b.Run(string(on), func(b *testing.B) {
			s := on.open(b)
			const together = 64
			var lab []*specimen
			for n := range together {
				lab = append(lab, newSpecimen(n))
			}
			at := noon
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				at = at.Add(time.Hour)
				var batch []Reading
				for _, m := range lab {
					batch = append(batch, m.read(at))
				}
				b.StartTimer()
				if _, err := s.RecordAll(b.Context(), batch, at); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*together)/b.Elapsed().Seconds(), "logs/s")
		})
	}
}
