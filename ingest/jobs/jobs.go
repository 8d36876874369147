// Package jobs hands the drops that are to be read to whichever process is free. The
// jobs lie in the history's database, and River does the rest: a job is there once,
// is taken by one process, and is tried again when that failed. Who works on the jobs
// of one process must be able to end at any time.
package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Drop is the job to read one drop as its watcher saw it.
type Drop struct {
	Share string `json:"share" river:"unique"`
	Name  string `json:"name" river:"unique"` // text, whatever the file system has
	Stamp string `json:"stamp" river:"unique"`
	// Reason is why it may be incomplete. One to be read Twice counts when it has the
	// hash First.
	Reason string `json:"reason,omitempty"`
	Twice  bool   `json:"twice,omitempty"`
	First  string `json:"first,omitempty"`

	Rank int `json:"-"` // 0 goes before 1, and so on to 3
}

// Kind is River's name for it.
func (Drop) Kind() string { return "read" }

// Times of the queue that nobody needs to set.
const (
	// fetchPause is at least between two looks for jobs, fetchEvery at most.
	fetchPause = 20 * time.Millisecond
	fetchEvery = time.Second
	// unstarted is how long a job that was given to this process may not have begun
	// here: the answer that gave it was lost.
	unstarted = 10 * time.Second
	// kept is how long jobs that are done with are remembered.
	kept = 10 * time.Minute
)

// Attempts is how often a job is tried. Only what ends the process, or fails in it,
// counts: a database that is away does not.
const Attempts = 8

// Taken is a job that this process is to do.
type Taken struct {
	Drop
	Last     bool // the attempt is the last one
	complete func(context.Context, pgx.Tx) error
}

// Options say what a process does with jobs.
type Options struct {
	Node string // tells this process from all others
	// Shares are those that drops are read from, none by a process that only adds jobs.
	// Each has so many Hands of its own: a share that hangs keeps no other waiting.
	Shares []string
	Hands  int
	// Work does a job. It returns nil when the job was completed, in a transaction
	// joined by Complete; or the error of a context that ended, and then any other process
	// does it.
	Work func(context.Context, *Taken) error
	// EndAfter is how long jobs may still run when the process ends.
	EndAfter time.Duration
	Log      *slog.Logger
}

// Jobs are those of one database.
type Jobs struct {
	river *river.Client[pgx.Tx]
	pool  *pgxpool.Pool
	o     Options

	mu    sync.Mutex
	doing map[int64]bool
}

// New finds the jobs of a database.
func New(pool *pgxpool.Pool, o Options) (*Jobs, error) {
	j := &Jobs{pool: pool, o: o, doing: map[int64]bool{}}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{jobs: j})
	c := &river.Config{ID: o.Node, Logger: o.Log, MaxAttempts: Attempts, Workers: workers,
		JobTimeout: -1, SoftStopTimeout: o.EndAfter, FetchCooldown: fetchPause, FetchPollInterval: fetchEvery,
		CompletedJobRetentionPeriod: kept}
	if len(o.Shares) > 0 {
		c.Queues = map[string]river.QueueConfig{}
		for _, share := range o.Shares {
			c.Queues[queueOf(share)] = river.QueueConfig{MaxWorkers: o.Hands}
		}
	}
	var err error
	j.river, err = river.NewClient(riverpgxv5.New(pool), c)
	return j, err
}

// queueOf names the queue of a share: River wants letters and digits.
func queueOf(share string) string {
	sum := sha256.Sum256([]byte(share))
	return "read-" + hex.EncodeToString(sum[:6])
}

// tablesLock is the advisory lock of a process that makes River's tables.
const tablesLock = 0x6a6f6273

// Migrate makes River's tables or brings them up to date, one process at a time.
func Migrate(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, tablesLock); err != nil {
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: log})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	_, odd := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, tablesLock)
	if err = errors.Join(err, odd); err != nil {
		return fmt.Errorf("make the tables of the job queue: %w", err)
	}
	return nil
}

// Start begins to do jobs, until the context ends.
func (j *Jobs) Start(ctx context.Context) error { return j.river.Start(ctx) }

// Ended waits until all jobs have ended after the context of Start did.
func (j *Jobs) Ended() { <-j.river.Stopped() }

// worker has River's jobs done.
type worker struct {
	river.WorkerDefaults[Drop]
	jobs *Jobs
}

// Work does one job.
func (w *worker) Work(ctx context.Context, job *river.Job[Drop]) error {
	w.jobs.begin(job.ID)
	defer w.jobs.end(job.ID)
	return w.jobs.o.Work(ctx, &Taken{job.Args, job.Attempt >= job.MaxAttempts, func(inTx context.Context, tx pgx.Tx) error {
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		if errors.Is(err, rivertype.ErrNotFound) { // another process did it, and it is forgotten
			return nil
		}
		return err
	}})
}

func (j *Jobs) begin(id int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doing[id] = true
}

func (j *Jobs) end(id int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.doing, id)
}

// Complete joins a transaction: when it is committed, the jobs are done with.
func Complete(taken []*Taken) func(context.Context, pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error {
		for _, t := range taken {
			if err := t.complete(ctx, tx); err != nil {
				return fmt.Errorf("complete job of %q: %w", t.Name, err)
			}
		}
		return nil
	}
}

// Add joins a transaction: when it is committed, the drops are to be read. Those that
// are already are left alone.
func (j *Jobs) Add(drops []Drop) func(context.Context, pgx.Tx) error {
	params := make([]river.InsertManyParams, len(drops))
	for i, d := range drops {
		params[i] = river.InsertManyParams{Args: d, InsertOpts: &river.InsertOpts{Queue: queueOf(d.Share), Priority: 1 + min(d.Rank, 3),
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: open}}}
	}
	return func(ctx context.Context, tx pgx.Tx) error {
		if len(params) == 0 {
			return nil
		}
		_, err := j.river.InsertManyTx(ctx, tx, params)
		return err
	}
}

// open are the states of a job that is not done with.
var open = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// Underway returns the names of the drops of a share that are to be read or being read.
func (j *Jobs) Underway(ctx context.Context, share string) (map[string]bool, error) {
	rows, err := j.pool.Query(ctx, `
		SELECT args->>'name' FROM river_job WHERE queue = $1 AND state = ANY($2::text[]::river_job_state[])`, queueOf(share), open)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	found := map[string]bool{}
	for _, n := range names {
		found[n] = true
	}
	return found, err
}

// Rescue lets others do the jobs of processes that are not among the nodes alive, and
// those of this one that it does not know of, and returns their number.
func (j *Jobs) Rescue(ctx context.Context, alive []string) (int64, error) {
	j.mu.Lock()
	doing := slices.AppendSeq([]int64{}, maps.Keys(j.doing)) // nil would be NULL
	j.mu.Unlock()
	done, err := j.pool.Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = GREATEST(max_attempts, attempt + 1)
		WHERE state = 'running' AND (attempted_by[array_upper(attempted_by, 1)] <> ALL($1)
			OR attempted_by[array_upper(attempted_by, 1)] = $2 AND id <> ALL($3) AND attempted_at < now() - $4 * INTERVAL '1 ms')`,
		alive, j.o.Node, doing, unstarted.Milliseconds())
	return done.RowsAffected(), err
}

// Counts are the jobs of a database by how they stand.
type Counts struct{ Waiting, Running, Failed int }

// Count counts the jobs of a database.
func Count(ctx context.Context, pool *pgxpool.Pool) (c Counts, err error) {
	err = pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE state IN ('available', 'pending', 'scheduled', 'retryable')),
			count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'discarded') FROM river_job`).
		Scan(&c.Waiting, &c.Running, &c.Failed)
	return c, err
}
