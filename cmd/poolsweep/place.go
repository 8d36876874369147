package main

import (
	"context"
	"errors"
	"strings"

	"poolsweep/ingest/store"
)

// keepIn has the history kept in a folder, if one is given, whatever the configuration
// says.
func (c *config) keepIn(state string) {
	if state != "" {
		c.State, c.Database, c.DatabaseFile = state, "", ""
	}
}

// kept reports whether there is a place for the history.
func (c *config) kept() bool { return c.State != "" || c.Database != "" || c.DatabaseFile != "" }

// errNoHistory is for a command line that names no history.
var errNoHistory = errors.New("no state folder: give --state, or --config")

// sameHistory reports whether two configurations keep the history at one place.
func sameHistory(a, b *config) bool {
	if a.State != "" && b.State != "" {
		return samePath(a.State, b.State)
	}
	return a.State == b.State && a.Database == b.Database && a.DatabaseFile == b.DatabaseFile
}

// place is where the history is kept: the state folder, or the URL of a database. It is
// never shown, for it may hold a password.
func (c *config) place() (string, error) {
	const hint = "write postgres://USER:PASSWORD@HOST:5432/DATABASE into the first line of the file, " +
		"for the watcher's user alone"
	switch {
	case c.State != "":
		return c.State, nil
	case c.Database != "":
		return c.Database, nil
	}
	return readSecret("database_file", c.DatabaseFile, exitUsage, func(line string) (string, error) {
		if line = strings.TrimSpace(line); !store.Served(line) {
			return "", errors.New("its first line does not begin with postgres://")
		}
		return line, nil
	}, hint)
}

// mendState is for a history that cannot be opened for no reason of its own.
const mendState = "let this user read and write the state folder"

// openStore opens the history of a configuration to work on it.
func openStore(ctx context.Context, c *config) (*store.Store, error) {
	return c.open(ctx, store.Open, mendState)
}

// openBeside opens the history of a configuration beside its watcher.
func openBeside(ctx context.Context, c *config) (*store.Store, error) {
	return c.open(ctx, store.OpenBeside, "give the --state of a watcher that has run")
}

func (c *config) open(ctx context.Context, open func(context.Context, string) (*store.Store, error),
	hint string) (*store.Store, error) {
	place, err := c.place()
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, place)
	if err != nil {
		return nil, openFailure(err, hint)
	}
	return db, nil
}

// openFailure adds what to do about a history that cannot be opened; hint is for what
// has no name.
func openFailure(err error, hint string) error {
	switch {
	case errors.Is(err, store.ErrInUse):
		hint = "end the other watcher first, or give this one a --state of its own"
	case errors.Is(err, store.ErrNewer):
		hint = "run the newer poolsweep, or give another --state"
	case errors.Is(err, store.ErrOlder):
		hint = "start the watcher of this poolsweep, which brings it up to date"
	case errors.Is(err, store.ErrNetwork):
		hint = "give a --state on a disk of this machine"
	case errors.Is(err, store.ErrAway):
		hint = "see that the database server runs and takes connections from this host, and that the URL is right"
	case errors.Is(err, store.ErrDisk):
		hint = "look into the system's log for what is wrong with the disk; what was not recorded is read again at the next start"
	case errors.Is(err, store.ErrDamaged):
		hint = "put the newest file of its folder backup in its place, or move it away: the watcher then reads all logs that are still there again"
	}
	return &failure{exitFailed, err, hint}
}
