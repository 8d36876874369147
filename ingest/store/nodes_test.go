package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"poolsweep/ingest"
)

const testSilence = 300 * time.Millisecond

func beat(t *testing.T, s *Store, id, version string) {
	t.Helper()
	if err := s.Beat(t.Context(), Node{ID: id, Host: "host-" + id, Role: "work", Version: version}, testSilence); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s *Store, lease, id, want string) {
	t.Helper()
	n, err := s.Hold(t.Context(), lease, id, testSilence)
	if err != nil || n.ID != want {
		t.Errorf("%s asks for %s: %s has it, want %s; %v", id, lease, n.ID, want, err)
	}
}

func TestLeaseGoesFromASilentNodeToTheNext(t *testing.T) {
	s := newServed(t)
	beat(t, s, "a", "1")
	beat(t, s, "b", "1")
	holds(t, s, "duty", "a", "a")
	holds(t, s, "duty", "b", "a")
	holds(t, s, "share /srv/drop", "b", "b")
	time.Sleep(2 * testSilence)
	beat(t, s, "b", "1")
	holds(t, s, "duty", "b", "b")
	beat(t, s, "a", "1") // it was only slow
	holds(t, s, "duty", "a", "b")
	if err := s.Leave(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "duty", "a", "a")
	nodes, err := s.Nodes(t.Context())
	if err != nil || len(nodes) != 1 || nodes[0].Host != "host-a" || !nodes[0].Alive(testSilence) || nodes[0].Started.IsZero() {
		t.Errorf("nodes: %+v, %v", nodes, err)
	}
}

func TestOneNodeGetsALeaseThatAllAskFor(t *testing.T) {
	s := newServed(t)
	winners := make([]string, 8)
	var all errgroup.Group
	for i := range winners {
		id := fmt.Sprint(i)
		beat(t, s, id, "1")
		all.Go(func() error {
			n, err := s.Hold(t.Context(), "duty", id, time.Minute)
			winners[i] = n.ID
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, w := range winners {
		if w != winners[0] || w == "" {
			t.Errorf("holders: %q", winners)
		}
	}
}

func TestNodeOfAnotherVersionWaitsForTheOthersEnd(t *testing.T) {
	s := newServed(t)
	beat(t, s, "old", "1")
	var other *VersionError
	err := s.Beat(t.Context(), Node{ID: "new", Version: "2"}, testSilence)
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "work on host-old (1)") {
		t.Errorf("beside an old one: %v", err)
	}
	time.Sleep(2 * testSilence)
	beat(t, s, "new", "2")
	if err := s.Beat(t.Context(), Node{ID: "old", Version: "1"}, testSilence); !errors.As(err, &other) {
		t.Errorf("the old one comes back: %v", err)
	}
}

func TestOutcomesAreThereUntilNoticed(t *testing.T) {
	s := newServed(t)
	share := "/srv/drop"
	done := Outcome{Share: share, Name: "LAB-1/\xff.log", Stamp: "1 2 3 4", SHA256: "aa", Settled: true}
	again := Outcome{Share: share, Name: "LAB-2/b.log", Stamp: "1 2 3 4", Reason: ingest.ReasonChangedWhileRead}
	for range 2 { // a commit whose answer was lost is made again
		if _, err := s.RecordAll(t.Context(), []Reading{reading("LAB-1", "a.log", "aa")}, noon, done, again); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.RecordAll(t.Context(), nil, noon, Outcome{Share: "/srv/other", Name: "c.log"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Outcomes(t.Context(), share)
	if err != nil || fmt.Sprint(got) != fmt.Sprint([]Outcome{done, again}) {
		t.Errorf("outcomes: %+v, %v", got, err)
	}
	if err := s.Noticed(t.Context(), got[:1]); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Outcomes(t.Context(), share); err != nil || len(got) != 1 || got[0] != again {
		t.Errorf("after one was noticed: %+v, %v", got, err)
	}
}
