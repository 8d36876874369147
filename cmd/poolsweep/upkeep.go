package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// upkeep is what the service does once a day for the history.
type upkeep struct {
	clock   wallClock
	running bool
	ended   chan error
	last    time.Time     // by the wall, when it was last done
	rest    time.Duration // by mono: no new try before
}

const (
	upkeepEvery = 24 * time.Hour
	upkeepRetry = time.Hour
	backupsKept = 2
	backupNames = "poolsweep-20060102T150405Z.db"
)

// Parts of the service whose health is stored.
const (
	partClock  = "clock"
	partUpkeep = "upkeep"
	partConfig = "config"
)

// newUpkeep goes on where the last run ended.
func (s *service) newUpkeep(ctx context.Context) error {
	s.upkeep = upkeep{ended: make(chan error, 1)}
	health, err := s.store.Health(ctx)
	for _, h := range health {
		switch {
		case h.Part == partUpkeep && h.Reason == "":
			s.upkeep.last = h.At
		case h.Part == partClock:
			s.upkeep.clock.resume(h.At, s.now())
		}
	}
	return err
}

// startUpkeep looks at the clock and begins the day's upkeep when it is due, which
// ends with ctx. While the clock is in doubt nothing is removed.
func (s *service) startUpkeep(ctx, whole context.Context) error {
	u := &s.upkeep
	doubted := u.clock.suspect()
	if u.clock.look(s.now(), s.mono()) {
		if err := s.putClock(whole, doubted); err != nil {
			return err
		}
	}
	since := s.now().Sub(u.last).Abs() // a last time in the future was written by a clock that was wrong
	if u.running || !u.clock.trusted() || since < upkeepEvery || s.mono() < u.rest {
		return nil
	}
	u.running, u.rest = true, s.mono()+upkeepRetry
	now := s.now()
	go func() {
		err := s.keepUp(ctx, now)
		if ctx.Err() != nil {
			err = ctx.Err() // whatever was broken off by it
		}
		u.ended <- err
	}()
	return nil
}

// putClock stores whether the clock is trusted.
func (s *service) putClock(ctx context.Context, doubted bool) error {
	h := store.Health{Part: partClock, At: s.now()}
	if c := &s.upkeep.clock; c.suspect() {
		h.Reason = ingest.ReasonClockSuspect
		h.Detail = fmt.Sprintf("the clock says %s and last leapt by %s; nothing is removed until it has been right for %s",
			c.wall.UTC().Format(time.DateTime), c.leapt.Round(time.Minute), clockTrust*clockEvery)
	}
	switch suspect := h.Reason != ""; {
	case suspect && !doubted:
		s.log.Warn("clock is not trusted: nothing is removed", "reason", h.Reason, "detail", h.Detail)
	case doubted && !suspect:
		s.log.Info("clock is trusted again")
	}
	return s.store.PutHealth(ctx, h)
}

// keepUp removes what is older than the history is kept, and backs up the rest.
func (s *service) keepUp(ctx context.Context, now time.Time) error {
	removed, err := s.store.Retain(ctx, now.Add(-s.cfg.Keep.Duration))
	if err != nil {
		return err
	}
	s.log.Info("history kept up", "documents removed", removed.Documents, "cases removed", removed.Cases, "drops removed", removed.Drops)
	if err := removeMails(s.cfg.mailFolder(), now.Add(-s.cfg.Keep.Duration)); err != nil {
		return err
	}
	if s.store.Served() {
		return nil // a server has backups of its own
	}
	return backUp(ctx, s.store, s.cfg.State, now)
}

// removeMails removes the mails that lie on disk since before a moment.
func removeMails(folder string, before time.Time) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, odd := e.Info()
		if odd == nil && info.ModTime().Before(before) {
			odd = os.RemoveAll(filepath.Join(folder, e.Name()))
		}
		if odd != nil && !errors.Is(odd, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("remove mail: %w", odd))
		}
	}
	return err
}

// endUpkeep stores how it went. A failure does not end the service: all is tried
// again.
func (s *service) endUpkeep(ctx context.Context, err error) error {
	s.upkeep.running = false
	s.fresh = true // cases may have lost their machines, and reports their cases
	if errors.Is(err, context.Canceled) {
		return nil
	}
	h := store.Health{Part: partUpkeep, At: s.now()}
	if err != nil {
		h.Reason, h.Detail = upkeepReason(err), err.Error()
		s.log.Error("upkeep failed; it is tried again", "reason", h.Reason, "err", err)
	} else {
		s.upkeep.last = h.At
	}
	return s.store.PutHealth(ctx, h)
}

func upkeepReason(err error) ingest.Reason {
	switch {
	case errors.Is(err, store.ErrFull):
		return ingest.ReasonDBFull
	case errors.Is(err, store.ErrDamaged):
		return ingest.ReasonDBDamaged
	}
	return ingest.ReasonIOError
}

// backupFolder is where the backups lie.
func backupFolder(state string) string { return filepath.Join(state, "backup") }

// backUp makes a backup that is checked before it gets its name, and removes the
// oldest ones.
func backUp(ctx context.Context, db *store.Store, state string, now time.Time) error {
	folder := backupFolder(state)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make backup folder: %w", err)
	}
	draft := filepath.Join(folder, "poolsweep.tmp")
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove unfinished backup: %w", err)
	}
	if err := db.Backup(ctx, draft); err != nil {
		_ = os.Remove(draft) // the next one removes it otherwise
		return err
	}
	if err := os.Rename(draft, filepath.Join(folder, now.UTC().Format(backupNames))); err != nil {
		return fmt.Errorf("name backup: %w", err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("name backup: %w", err)
	}
	return removeBackups(state, backupsKept)
}

// removeBackups removes all backups but the newest few.
func removeBackups(state string, keep int) error {
	files, err := backups(state)
	if err != nil {
		return err
	}
	for _, f := range files[:max(0, len(files)-keep)] {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("remove backup: %w", err)
		}
	}
	return nil
}

// backups lists the backups, oldest first.
func backups(state string) ([]string, error) {
	entries, err := os.ReadDir(backupFolder(state)) // by name, and so by time
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "poolsweep-") {
			files = append(files, filepath.Join(backupFolder(state), e.Name()))
		}
	}
	return files, err
}

// withdraw removes the reports that have to go: their case is gone, or names a
// machine that was purged.
func (s *service) withdraw(ctx context.Context) error {
	outputs, err := s.store.Outputs(ctx)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if o.Wanted != 0 {
			continue
		}
		if err := os.Remove(filepath.Join(s.cfg.Out, filepath.FromSlash(o.Path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Error("report not removed; it stays due", "file", o.Path, "err", err)
			if err := s.store.NotWritten(ctx, o.Path, err.Error(), s.now()); err != nil {
				return err
			}
			continue
		}
		s.log.Info("report removed", "file", o.Path)
		if err := s.store.Withdrawn(ctx, o.Path); err != nil {
			return err
		}
	}
	return nil
}
