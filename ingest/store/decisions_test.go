package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put takes lines as what stands in a file and returns those that came or went.
func put(t *testing.T, s *Store, origin string, minute int, texts ...string) string {
	t.Helper()
	var lines []DecisionLine
	for i, text := range texts {
		if text != "" {
			lines = append(lines, DecisionLine{File: origin, Line: i + 1, Text: text, Note: "why"})
		}
	}
	came, went, err := s.PutDecisions(context.Background(), origin, lines, noon.Add(time.Duration(minute)*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range slices.Concat(came, went) {
		out = append(out, l.Text)
	}
	return strings.Join(out, " ")
}

// standing lists what stands, with its line and the minute that it came.
func standing(t *testing.T, s *Store) string {
	t.Helper()
	lines, err := s.Decisions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s:%d %s %d", l.Origin, l.Line, l.Text, int(l.From.Sub(noon).Minutes())))
	}
	return strings.Join(out, ", ")
}

func TestDecisionsAreReadAgainWithoutChange(t *testing.T) {
	s, _ := newStore(t)
	if got := put(t, s, "f", 0, "a", "b"); got != "a b" {
		t.Errorf("came: %q", got)
	}
	if got := put(t, s, "f", 1, "a", "b"); got != "" {
		t.Errorf("read again: %q", got)
	}
	if got := put(t, s, "f", 2, "b", "", "c", "a"); got != "c" {
		t.Errorf("moved: %q", got)
	}
	if got, want := standing(t, s), "f:1 b 0, f:3 c 2, f:4 a 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALineThatIsRemovedIsWithdrawn(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "f", 0, "a", "b")
	put(t, s, "g", 0, "a")
	if got := put(t, s, "f", 5, "b"); got != "a" {
		t.Errorf("went: %q", got)
	}
	if got, want := standing(t, s), "f:1 b 0, g:1 a 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := put(t, s, "f", 9, "a", "b"); got != "a" { // decided anew
		t.Errorf("came back: %q", got)
	}
	if got, want := standing(t, s), "f:1 a 9, f:2 b 0, g:1 a 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	all, err := s.DecisionHistory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := DecisionLine{Origin: "f", File: "f", Line: 1, Text: "a", Note: "why", From: noon, Ended: noon.Add(5 * time.Minute)}
	if len(all) != 4 || all[0] != want {
		t.Errorf("history: %s", cmp.Diff(want, all[0]))
	}
}

// The same text twice, with another between, is decided twice: the second has its time.
func TestTheSameTextTwiceIsTwoLines(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "f", 0, "a")
	put(t, s, "f", 1, "a", "b")
	put(t, s, "f", 2, "a", "b", "a")
	if got, want := standing(t, s), "f:1 a 0, f:2 b 1, f:3 a 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	put(t, s, "f", 3, "a", "b")
	if got, want := standing(t, s), "f:1 a 0, f:2 b 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALineThatBlinksGoesOn(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "f", 0, "a")
	put(t, s, "f", 0)
	put(t, s, "f", 0, "a")
	if got, want := standing(t, s), "f:1 a 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNoLongerReadDoesNotHold(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "f", 0, "a", "b")
	put(t, s, "g", 0, "c")
	if err := s.KeepDecisions(context.Background(), []string{"g", "h"}, noon); err != nil {
		t.Fatal(err)
	}
	if got, want := standing(t, s), "g:1 c 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNamesOfADecidedCaseOutliveIt(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	put(t, s, "f", 0, "PS-1 owner storage")
	f := Finding{Case: Case{ID: "PS-1", Signature: "v1|a", Names: []string{"v1|a", "v1|z", "v1|core|b"}, Machines: []string{"LAB-1"}}, Digest: "d"}
	for range 2 {
		other := f
		other.ID = "PS-2"
		if _, err := s.Judge(ctx, Judgement{Findings: []Finding{f, other}}, noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Purge(ctx, "LAB-1", noon); err != nil {
		t.Fatal(err)
	}
	names, err := s.CaseNames(ctx)
	if diff := cmp.Diff(map[string][]string{"PS-1": {"v1|a", "v1|z", "v1|core|b"}}, names); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	put(t, s, "f", 1)
	if _, err := s.Retain(ctx, noon); err != nil {
		t.Fatal(err)
	}
	if names, err := s.CaseNames(ctx); len(names) != 0 || err != nil {
		t.Errorf("left when nothing is decided: %v, %v", names, err)
	}
}
