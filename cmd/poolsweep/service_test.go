package main

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest/watch"
)

// A machine that drops one log behind thousands of another's does not wait for them,
// also not when they were queued by an earlier scan.
func TestQueueServesFoldersInTurn(t *testing.T) {
	q := newQueue()
	item := func(name string) *intake { return &intake{entry: watch.Entry{Name: name}} }
	var many []*intake
	for i := range 3 {
		many = append(many, item(fmt.Sprintf("LAB-1/%d", i)))
	}
	q.push(append(many, item("LAB-2/0")))
	var got []string
	take := func() { got = append(got, q.pop(t.Context()).entry.Name) }
	take()
	q.push([]*intake{item("LAB-3/0"), item("LAB-2/1")})
	for range 5 {
		take()
	}
	want := "LAB-1/0 LAB-2/0 LAB-1/1 LAB-3/0 LAB-2/1 LAB-1/2"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if in := q.next(); in != nil {
		t.Errorf("%s is left", in.entry.Name)
	}
}
