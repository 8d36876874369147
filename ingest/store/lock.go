package store

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// lockFile names the owner of a state folder. The lock on it goes with the
// process, however that ends, so a left-over file means nothing.
const lockFile = "poolsweep.lock"

// lockFolder takes the state folder for this process.
func lockFolder(folder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state folder: %w", err)
	}
	if err := tryLock(f); err != nil {
		owner, _ := io.ReadAll(io.LimitReader(f, 20)) // only to name it
		f.Close()
		return nil, fmt.Errorf("lock %s: %w (process %s)", folder, ErrInUse, strings.TrimSpace(string(owner)))
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock state folder: %w", err)
	}
	return f, nil
}
