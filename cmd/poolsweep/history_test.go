package main

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/samples"
	"poolsweep/templates"
)

// bench is a service on a history of its own, whose clocks a test sets.
type bench struct {
	*service
	dir  string
	wall time.Time
	run  time.Duration // since some start
}

// newBench makes a service that watches one folder with some of the samples, all of
// them read, and has judged them. It leaves the workbook to tests that look at one.
func newBench(t testing.TB, folders ...string) *bench {
	t.Helper()
	dir := t.TempDir()
	return newBenchOn(t, dir, &config{State: filepath.Join(dir, "state")}, folders...)
}

// newBenchOn makes one in a folder, with its history where a configuration says.
func newBenchOn(t testing.TB, dir string, cfg *config, folders ...string) *bench {
	t.Helper()
	b := &bench{dir: dir, wall: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	cfg.Out, cfg.Drops = filepath.Join(dir, "out"), []dropConfig{{Path: filepath.Join(dir, "drop")}}
	if err := cfg.watchable(); err != nil {
		t.Fatal(err)
	}
	words, err := templates.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	db, err := openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b.service = &service{cfg: cfg, know: known(t), words: words, store: db, log: slog.New(slog.DiscardHandler),
		now: func() time.Time { return b.wall }, mono: func() time.Duration { return b.run }, quotes: make(chan struct{}, 1)}
	for _, f := range folders {
		b.drop(t, f)
	}
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := b.newUpkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// drop lays a folder of the samples into the watched folder and reads it.
func (b *bench) drop(t testing.TB, folder string) {
	t.Helper()
	share := b.cfg.Drops[0].Path
	err := fs.WalkDir(samples.Logs, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(samples.Logs, name)
		if err != nil {
			return err
		}
		machine, file := path.Base(path.Dir(name)), path.Base(name)
		lies := filepath.Join(share, machine, file)
		if err := os.MkdirAll(filepath.Dir(lies), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(lies, text, 0o600); err != nil {
			return err
		}
		in := input{path: "drop/" + machine + "/" + file, place: ingest.Place{File: file, Below: []string{machine}},
			open: func() (io.ReadCloser, error) { return os.Open(lies) }}
		doc := newReader(t.Context()).input(in)[0].doc
		_, err = b.store.Record(t.Context(), store.Reading{Documents: []*ingest.Document{doc}, Drop: store.Drop{Share: share,
			Name: machine + "/" + file, State: store.Analysed, Machine: machineOf(doc), SHA256: doc.SHA256, Bytes: doc.Bytes}}, b.wall)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// command runs a command on the bench's history, which it closes and opens again.
func (b *bench) command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = runs(t, append(args, "--state", b.cfg.State, "--out", b.cfg.Out)...)
	var err error
	if b.store, err = store.Open(context.Background(), b.cfg.State); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.store.Close() })
	return code, stdout, stderr
}

// caseOf returns the id of the case that a machine has.
func (b *bench) caseOf(t *testing.T, machine string) string {
	t.Helper()
	cases, err := b.store.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if strings.Join(c.Machines, ",") == machine {
			return c.ID
		}
	}
	t.Fatalf("no case of %s alone in %+v", machine, cases)
	return ""
}

// holding lists the files below the history and the reports that hold a text.
func (b *bench) holding(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	for _, dir := range []string{b.cfg.State, b.cfg.Out} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			if strings.Contains(strings.ToUpper(string(content)+name), strings.ToUpper(text)) {
				found = append(found, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
