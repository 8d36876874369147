package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// page is one file to write.
type page struct {
	path string
	draw func(io.Writer) error
}

// drawnPage is a file whose bytes are known.
func drawnPage(path string, body []byte) page {
	return page{path, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	}}
}

// writeAll writes pages, all or none: each is drawn into a temporary
// file beside its place, and only when all are drawn and on disk do they get
// their names. An interrupt before that leaves nothing behind.
func writeAll(ctx context.Context, pages []page) (err error) {
	drafts := make([]string, len(pages))
	defer func() {
		for _, d := range drafts {
			if d != "" {
				_ = os.Remove(d) // gone already when it got its name
			}
		}
	}()
	group, going := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range pages {
		group.Go(func() (err error) {
			if err := going.Err(); err != nil {
				return err
			}
			drafts[i], err = draft(p.path, p.draw)
			return err
		})
	}
	err = group.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted: no report was written")
	}
	if err != nil {
		return err
	}
	for i, p := range pages {
		if err := os.Rename(drafts[i], p.path); err != nil {
			return &failure{exitFailed, fmt.Errorf("write report: %w", err),
				"close the file if another program, such as Excel, has it open"}
		}
	}
	return syncFolders(pages)
}

// syncFolders makes the new names durable: without it a file that was renamed and
// is on disk may have its old name, or none, after a loss of power.
func syncFolders(pages []page) error {
	done := map[string]bool{}
	for _, p := range pages {
		folder := filepath.Dir(p.path)
		if done[folder] {
			continue
		}
		done[folder] = true
		if err := syncFolder(folder); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// draft draws a temporary file beside path and returns its own path, also with an
// error. Its name hides it from a sweep, and holds the process so that two runs
// into one folder do not draw into one file.
func draft(path string, draw func(io.Writer) error) (string, error) {
	folder, base := filepath.Split(path)
	if err := os.MkdirAll(filepath.Clean(folder), 0o777); err != nil {
		return "", fmt.Errorf("make output folder: %w", err)
	}
	f, err := os.Create(filepath.Join(folder, fmt.Sprintf(".%s.%d.tmp", base, os.Getpid())))
	if err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(draw(w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return f.Name(), fmt.Errorf("write %s: %w", base, err)
	}
	return f.Name(), nil
}
