package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/ingest/store/pgtest"
)

// newServed makes a bench whose history is on a database server, and returns the file
// of its configuration.
func newServed(t *testing.T, s *pgtest.Server, folders ...string) (*bench, string) {
	t.Helper()
	dir := t.TempDir()
	b := newBenchOn(t, dir, &config{Database: s.URL("postgres")}, folders...)
	file := filepath.Join(dir, "lab.yaml")
	text := fmt.Sprintf("database: %s\nout: out\ndrops: [{path: drop}]\n", b.cfg.Database)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return b, file
}

// TestCommandsWorkOverADatabase runs the commands as on another host than the
// watcher's, beside it.
func TestCommandsWorkOverADatabase(t *testing.T) {
	b, file := newServed(t, pgtest.New(t, os.Getenv), "process-leak", "wavxdmgr-runaway", "healthy")
	id := b.caseOf(t, "LAB-XP-07")
	says := func(want string, args ...string) {
		t.Helper()
		code, out, errs := runs(t, append(args, "--config", file)...)
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("%s exits %d, says\n%s%s\nwant %q", args[0], code, out, errs, want)
		}
	}
	news := func(want bool) {
		t.Helper()
		b.fresh = false
		if err := b.takeAsked(t.Context()); err != nil || b.fresh != want {
			t.Errorf("the watcher has news: %t, want %t; %v", b.fresh, want, err)
		}
		if err := b.judge(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	says(id, "status")
	says(id, "ticket", id)
	d := &doctor{now: b.wall}
	if d.checkHistory(t.Context(), b.cfg); len(d.found) != 1 || !strings.Contains(d.found[0].Says, "answers; 3 machines") {
		t.Errorf("the doctor finds %+v", d.found)
	}
	news(false)
	says("takes it up", "decide", id, "owner", "storage")
	if got := b.inForce(t, id); got != "owner storage" {
		t.Errorf("in force: %q", got)
	}
	says(id+" owner storage", "decide")
	news(true)
	news(false)
	says("will be judged again", "reanalyze")
	news(true)
	says("Removed LAB-XP-07", "purge", "--machine", "LAB-XP-07", "--yes")
	news(true)
	if _, err := os.Stat(filepath.Join(b.cfg.Out, "cases", id+".pdf")); !os.IsNotExist(err) {
		t.Error("the report of the purged machine's case is still there:", err)
	}
	news(false)
}

func TestServerThatIsAwayIsOutlasted(t *testing.T) {
	if testing.Short() {
		t.Skip("not a short test")
	}
	server := pgtest.New(t, os.Getenv)
	b, file := newServed(t, server)
	if err := server.Stop(true); err != nil {
		t.Fatal(err)
	}
	err := b.store.PutHealth(t.Context(), store.Health{Part: "x"})
	for _, odd := range []error{err, nil} { // what does not ask the server tells nothing
		if err := b.outlast(t.Context(), odd); err != nil || b.trouble != ingest.ReasonDBAway {
			t.Errorf("%v: trouble %q, %v", odd, b.trouble, err)
		}
	}
	code, _, errs := runs(t, "status", "--config", file)
	if code != exitFailed || !strings.Contains(errs, store.ErrAway.Error()) || !strings.Contains(errs, "see that the database server runs") {
		t.Errorf("status exits %d, says %s", code, errs)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := b.outlast(t.Context(), nil); err != nil || b.trouble != "" {
		t.Errorf("the server is back: trouble %q, %v", b.trouble, err)
	}
}

func TestDatabaseKeysThatCannotBeMeant(t *testing.T) {
	for name, c := range map[string]*config{
		"password": {Database: "postgres://me:secret@db/x"},
		"no url":   {Database: "host=db password=secret"},
		"broken":   {Database: "postgres://me:secret@db:port/x"},
		"twice":    {Database: "postgres://db/x", DatabaseFile: "url"},
		"folder":   {State: "state", DatabaseFile: "url"},
	} {
		found := c.databaseProblems()
		if len(found) != 1 || strings.Contains(found[0].words, "secret") {
			t.Errorf("%s: %v", name, found)
		}
	}
	if found := (&config{Database: "postgres://me@db/x"}).databaseProblems(); len(found) > 0 {
		t.Errorf("refused: %v", found)
	}
}

func TestDatabaseFileHoldsTheURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	c := &config{DatabaseFile: file}
	for _, step := range []struct {
		text string
		mode os.FileMode
		want string // of the error
	}{{"postgres://me:secret@db/x \n", 0o600, ""}, {"secret", 0o600, "does not begin with postgres://"}, {"postgres://me:secret@db/x", 0o644, "everybody may open"}} {
		if step.want == "everybody may open" && !modesCount {
			continue
		}
		if err := errors.Join(os.WriteFile(file, []byte(step.text), step.mode), os.Chmod(file, step.mode)); err != nil {
			t.Fatal(err)
		}
		place, err := c.place()
		switch {
		case step.want == "" && (err != nil || place != "postgres://me:secret@db/x"):
			t.Errorf("%q: %v", place, err)
		case step.want != "" && (err == nil || !strings.Contains(err.Error(), step.want) || strings.Contains(err.Error(), "secret")):
			t.Errorf("%v, want %q", err, step.want)
		}
	}
}
