package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/ingest/watch"
	"poolsweep/samples"
)

// options are how a folder is watched.
func (d *dropConfig) options() watch.Options {
	return watch.Options{Depth: d.Depth, Marker: d.Marker, Kind: d.Kind, MaxBytes: d.MaxBytes,
		EndWait: d.EndWait.Duration, QuietWait: d.QuietWait.Duration, LongWait: d.LongWait.Duration}
}

// errSilent means that a folder does not answer.
var errSilent = fmt.Errorf("it does not answer within %s", answerWithin)

// answered waits for what a folder or a bucket answers, for as long as that may take.
func answered[T any](ask func() (T, error)) (T, error) {
	type outcome struct {
		says T
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		says, err := ask()
		done <- outcome{says, err}
	}()
	select {
	case o := <-done:
		return o.says, o.err
	case <-time.After(answerWithin):
		return outcome{}.says, errSilent
	}
}

// Space below which reports and history are in danger. A backup takes as much as the
// history, so that is asked for beside.
const (
	spaceScarce = 1 << 30
	spaceNone   = 100 << 20
)

// checkOut looks at the folder for reports.
func (d *doctor) checkOut(folder string) {
	check := "out " + filepath.ToSlash(folder)
	there, ok := d.writable(check, folder)
	if !ok {
		return
	}
	info, err := os.Stat(folder)
	switch {
	case err == nil && modesCount && info.Mode()&othersWrite != 0:
		d.warn(check, "everybody may write to it", "chmod o-w "+filepath.ToSlash(folder))
	case d.roomy(check, there, spaceScarce):
		d.ok(check, "can be written"+made(folder, there))
	}
}

// checkState looks at the folder for the history.
func (d *doctor) checkState(folder string) {
	check := "state " + filepath.ToSlash(folder)
	there, ok := d.writable(check, folder)
	if !ok {
		return
	}
	if store.OnNetwork(there) {
		d.fail(check, store.ErrNetwork, "give a folder on a disk of this machine")
		return
	}
	size := int64(0)
	if info, err := os.Stat(filepath.Join(folder, store.File)); err == nil {
		size = info.Size()
	}
	info, err := os.Stat(folder)
	switch {
	case err == nil && modesCount && info.Mode()&othersAny != 0:
		d.warn(check, "it is open to everybody, and holds what stands in the logs", "chmod 700 "+filepath.ToSlash(folder)+"; the watcher does so when it starts")
	case d.roomy(check, there, spaceScarce+2*size):
		d.ok(check, "can be written, on a disk of this machine"+made(folder, there))
	}
}

func made(folder, there string) string {
	if folder == there {
		return ""
	}
	return "; the watcher makes it"
}

// writable makes sure that a folder can be written, or be made: it returns the
// folder itself or the nearest above it that is there.
func (d *doctor) writable(check, folder string) (there string, ok bool) {
	there = folder
	info, err := os.Stat(there)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
		info, err = os.Stat(there)
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", filepath.ToSlash(there))
	}
	if err == nil {
		err = tryWrite(there)
	}
	if err != nil {
		d.fail(check, err, "let the watcher's user write to "+filepath.ToSlash(there))
	}
	return there, err == nil
}

func tryWrite(folder string) error {
	f, err := os.CreateTemp(folder, ".poolsweep-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// roomy makes sure that there is space. Where the system does not tell, there may be.
func (d *doctor) roomy(check, folder string, wanted int64) bool {
	free, err := freeSpace(folder)
	says := fmt.Sprintf("%d MiB are free", free>>20)
	mend := fmt.Sprintf("make room: %d MiB are wanted", wanted>>20)
	switch {
	case err != nil:
		return true
	case free < spaceNone:
		d.fail(check, errors.New(says), mend)
	case free < wanted:
		d.warn(check, says, mend)
	default:
		return true
	}
	return false
}

// checkHistory reads the database for damage, and holds its times against the clock.
func (d *doctor) checkHistory(ctx context.Context, cfg *config) {
	const check = "database"
	if _, err := os.Stat(filepath.Join(cfg.State, store.File)); cfg.State != "" && errors.Is(err, fs.ErrNotExist) {
		d.ok(check, "none yet; the watcher makes it")
		return
	}
	db, err := openBeside(ctx, cfg)
	if errors.Is(err, store.ErrNone) {
		d.ok(check, "none yet; the watcher makes it")
		return
	}
	if err != nil {
		d.fail(check, err, mendState)
		return
	}
	defer db.Close()
	if err := db.Check(ctx, d.deep); err != nil {
		d.fail(check, openFailure(err, mendState), "")
		return
	}
	machines, err := db.Machines(ctx)
	if err != nil {
		d.fail(check, err, mendState)
		return
	}
	says := fmt.Sprintf("answers; %d machines; its backups are the server's", len(machines))
	if cfg.State != "" {
		files, err := backups(cfg.State)
		if err != nil {
			d.fail("backup", err, "let the watcher's user write to "+filepath.ToSlash(backupFolder(cfg.State)))
			return
		}
		says = fmt.Sprintf("opens and is whole; %d machines, %d backups", len(machines), len(files))
	}
	d.ok(check, says)
	if shares, err := db.Shares(ctx); err == nil {
		for _, sh := range shares {
			if ahead := sh.ScannedAt.Sub(d.now); ahead > clockLeap {
				d.warn("clock", fmt.Sprintf("the history was written %s ahead of it", ahead.Round(time.Minute)), "set the clock")
				return
			}
		}
	}
}

// sampleLog is a small log that shows a leak.
const sampleLog = "process-leak/TEST-2K3-11/stress-stopped.log"

// parseSample has a process read a sample, as the watcher does with each drop, and
// returns how many blocks of output it found.
func parseSample() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find own program: %w", err)
	}
	text, err := samples.Logs.ReadFile(sampleLog)
	if err != nil {
		return 0, err
	}
	ps := &parsers{command: []string{self}, limits: defaultParserLimits()}
	defer ps.close()
	a, err := ps.parse(order{Path: sampleLog, File: filepath.Base(sampleLog)}, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	if a.Reason != "" || !hasOutput(a.Documents) {
		return 0, fmt.Errorf("the sample was not read: %s %s", a.Reason, a.Detail)
	}
	blocks := 0
	for _, snap := range a.Documents[0].Snapshots {
		blocks += len(snap.Blocks)
	}
	return blocks, nil
}
