package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"poolsweep/ingest/store/pgtest"
)

const share = "/srv/drop"

// newPool connects to a server of the test's own.
func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	s := pgtest.New(t, os.Getenv)
	pool, err := pgxpool.New(context.Background(), s.URL("postgres", "pool_max_conns", "20"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var all sync.WaitGroup
	for range 4 { // as when all nodes of a cluster come up at once
		all.Go(func() {
			if err := Migrate(t.Context(), pool, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return pool
}

// node is a process that works, as far as a test needs one.
type node struct {
	*Jobs
	end context.CancelFunc
}

func newNode(t *testing.T, pool *pgxpool.Pool, name string, hands int, work func(context.Context, *Taken) error) *node {
	t.Helper()
	o := Options{Node: name, Hands: hands, Work: work, EndAfter: time.Second, Log: slog.New(slog.DiscardHandler)}
	if hands > 0 {
		o.Shares = []string{share}
	}
	j, err := New(pool, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	if hands > 0 {
		if err := j.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { end(); j.Ended() })
	}
	return &node{j, end}
}

// in runs what joins a transaction in one of its own.
func in(t *testing.T, pool *pgxpool.Pool, join func(context.Context, pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return join(t.Context(), tx) }); err != nil {
		t.Error(err)
	}
}

// doer does jobs and writes their drops' names down.
func doer(t *testing.T, pool *pgxpool.Pool, did *[]string) func(context.Context, *Taken) error {
	var mu sync.Mutex
	return func(_ context.Context, job *Taken) error {
		mu.Lock()
		*did = append(*did, job.Name)
		mu.Unlock()
		in(t, pool, Complete([]*Taken{job}))
		return nil
	}
}

func drop(i int) Drop {
	return Drop{Share: share, Name: fmt.Sprintf("LAB-1/%03d.log", i), Stamp: "1 2 3 4"}
}

// counts waits for jobs to stand so.
func counts(t *testing.T, pool *pgxpool.Pool, want Counts) {
	t.Helper()
	var got Counts
	for range 500 {
		var err error
		if got, err = Count(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("jobs: %+v, want %+v", got, want)
}

func TestJobIsDoneOnceHoweverOftenItIsAdded(t *testing.T) {
	pool := newPool(t)
	var did []string
	adder := newNode(t, pool, "adder", 0, nil)
	for range 3 {
		in(t, pool, adder.Add([]Drop{drop(1), drop(2)}))
	}
	counts(t, pool, Counts{Waiting: 2})
	names, err := adder.Underway(t.Context(), share)
	if err != nil || len(names) != 2 || !names["LAB-1/002.log"] {
		t.Errorf("under way: %v, %v", names, err)
	}
	newNode(t, pool, "worker", 2, doer(t, pool, &did))
	counts(t, pool, Counts{})
	if slices.Sort(did); !slices.Equal(did, []string{"LAB-1/001.log", "LAB-1/002.log"}) {
		t.Errorf("did %v", did)
	}
	in(t, pool, adder.Add([]Drop{drop(1)})) // it is to be read again
	counts(t, pool, Counts{})
	if len(did) != 3 {
		t.Errorf("did %v", did)
	}
}

func TestJobsOfAFolderThatFloodsComeLast(t *testing.T) {
	pool := newPool(t)
	var did []string
	flood, single := drop(1), drop(2)
	flood.Rank = 2
	in(t, pool, newNode(t, pool, "adder", 0, nil).Add([]Drop{flood, single}))
	newNode(t, pool, "worker", 1, doer(t, pool, &did))
	counts(t, pool, Counts{})
	if !slices.Equal(did, []string{single.Name, flood.Name}) {
		t.Errorf("did %v", did)
	}
}

// A node that is killed leaves jobs behind that run. Here it only stops to beat.
func TestJobsOfAGoneNodeAreFreedAndSometimeGivenUp(t *testing.T) {
	pool := newPool(t)
	taken := make(chan bool, Attempts+1) // whether it was the last attempt
	over := make(chan struct{})
	defer close(over)
	hang := func(_ context.Context, job *Taken) error {
		taken <- job.Last
		<-over // it does not even end when its node is stopped
		return errors.New("ended")
	}
	in(t, pool, newNode(t, pool, "adder", 0, nil).Add([]Drop{drop(1)}))
	for i := range Attempts + 1 {
		n := newNode(t, pool, fmt.Sprint("node-", i), 1, hang)
		if last := <-taken; last != (i >= Attempts-1) {
			t.Errorf("attempt %d: last is %t", i+1, last)
		}
		counts(t, pool, Counts{Running: 1})
		if freed, err := n.Rescue(t.Context(), []string{n.o.Node}); freed != 0 || err != nil {
			t.Errorf("%d freed of a node alive, %v", freed, err)
		}
		n.river.Stop(doneContext()) // it takes no other job
		if freed, err := n.Rescue(t.Context(), []string{"other"}); freed != 1 || err != nil {
			t.Errorf("%d freed of a node that is gone, %v", freed, err)
		}
	}
}

// doneContext is one that ended already.
func doneContext() context.Context {
	ctx, end := context.WithCancel(context.Background())
	end()
	return ctx
}

// A job whose answer got lost on its way here is given to this node, which does not know.
func TestJobThatANodeDoesNotKnowOfIsFreed(t *testing.T) {
	pool := newPool(t)
	n := newNode(t, pool, "node", 0, nil)
	in(t, pool, n.Add([]Drop{drop(1)}))
	for age, want := range map[time.Duration]int64{unstarted / 2: 0, 2 * unstarted: 1} {
		_, err := pool.Exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = ARRAY['node'],
			attempted_at = now() - $1 * INTERVAL '1 ms'`, age.Milliseconds())
		if err != nil {
			t.Fatal(err)
		}
		if freed, err := n.Rescue(t.Context(), []string{"node"}); freed != want || err != nil {
			t.Errorf("after %s: %d freed, want %d; %v", age, freed, want, err)
		}
	}
}

func TestJobThatEndsWithItsNodeCountsNoAttempt(t *testing.T) {
	pool := newPool(t)
	taken := make(chan struct{}, 1)
	in(t, pool, newNode(t, pool, "adder", 0, nil).Add([]Drop{drop(1)}))
	n := newNode(t, pool, "node", 1, func(ctx context.Context, _ *Taken) error {
		taken <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	<-taken
	n.end()
	n.Ended()
	var attempt int
	if err := pool.QueryRow(t.Context(), `SELECT attempt FROM river_job WHERE state = 'available'`).Scan(&attempt); err != nil || attempt != 0 {
		t.Errorf("attempt %d, %v", attempt, err)
	}
}
