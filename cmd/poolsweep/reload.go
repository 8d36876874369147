package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/templates"
)

// setup is a configuration with the knowledge that it names, ready to be used.
type setup struct {
	cfg   *config
	know  *knowledge.Base
	words *templates.Words
}

// load reads the configuration with the flags over it, and all that it names.
func (w *watchFlags) load(con *console) (*setup, error) {
	cfg, err := w.merge()
	if err != nil {
		return nil, err
	}
	if err := guarded(w.config); err != nil {
		return nil, err
	}
	if cfg.Mail.Server != "" { // with the files that it needs
		if _, err := cfg.Mail.client(); err != nil {
			return nil, err
		}
	}
	for i := range cfg.Drops {
		if _, err := cfg.Drops[i].feed("", nil); err != nil {
			return nil, err
		}
	}
	words, err := words(cfg.Lang)
	if err != nil {
		return nil, err
	}
	know, err := cfg.knowledge(con)
	return &setup{cfg, know, words}, err
}

// reloader waits for another configuration: the file has changed and stood still
// since, or the signal to read all again has come.
type reloader struct {
	file   string
	load   func() (*setup, error)
	store  *store.Store
	log    *slog.Logger
	now    func() time.Time
	every  time.Duration // between two looks at the file
	loaded string        // stamp of the file in force
	hangup chan os.Signal
}

// reloadEvery is how long two looks at the configuration lie apart; it is read when
// both find the same.
const reloadEvery = 5 * time.Second

// wait returns the next setup, nil when the context ends before there is one. What
// cannot be used is told and passed over: the old one holds.
func (r *reloader) wait(ctx context.Context, old *config) *setup {
	if r.file == "" {
		return nil
	}
	look := time.NewTicker(r.every)
	defer look.Stop()
	seen := r.loaded
	for {
		asked := false
		select {
		case <-ctx.Done():
			return nil
		case <-r.hangup:
			asked = true
		case <-look.C:
		}
		stamp := fileStamp(r.file)
		stood := stamp == seen
		seen = stamp
		if !asked && (!stood || stamp == r.loaded) {
			continue
		}
		r.loaded = stamp
		if next := r.try(ctx, old); next != nil {
			return next
		}
	}
}

// try reads the configuration anew.
func (r *reloader) try(ctx context.Context, old *config) *setup {
	next, err := r.load()
	if err == nil && !sameHistory(next.cfg, old) {
		err = errors.New("state, database: they cannot be changed while the watcher runs; restart it")
	}
	h := store.Health{Part: partConfig, At: r.now()}
	if err != nil {
		h.Reason, h.Detail = ingest.ReasonConfig, strings.ReplaceAll(err.Error(), "\n", "; ")
		r.log.Error("configuration not taken: the old one holds", "file", r.file, "err", err)
	} else {
		r.log.Info("configuration read anew", "file", r.file)
	}
	if err := r.store.PutHealth(ctx, h); err != nil {
		r.log.Warn("state of the configuration not stored", "err", err)
	}
	if err != nil {
		return nil
	}
	return next
}

// fileStamp is what changes when a file is written; of one that is missing it is
// empty.
func fileStamp(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// logLines makes records of what commands would say on a terminal.
type logLines struct{ log *slog.Logger }

func (l logLines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.log.Warn("configuration", "says", strings.TrimPrefix(strings.TrimSpace(line), "poolsweep: "))
	}
	return len(p), nil
}
