package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
)

// modesCount tells whether the mode of a file says who may do what with it. On
// Windows that is in its access list.
const modesCount = runtime.GOOS != "windows"

// Bits of a mode that are about everybody.
const (
	othersAny   fs.FileMode = 0o007
	othersWrite fs.FileMode = 0o002
)

// guarded refuses a configuration that everybody may write: whoever does so tells
// the service what to read and where to write.
func guarded(file string) error {
	if file == "" || !modesCount {
		return nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return err // it was there a moment ago
	}
	if info.Mode()&othersWrite != 0 {
		shown := filepath.ToSlash(file)
		return &failure{exitUsage, fmt.Errorf("%s: everybody may write to it", shown), "chmod o-w " + shown}
	}
	return nil
}

// closeOff takes the history's folder away from everybody else: it holds what
// stands in the logs.
func closeOff(folder string, log *slog.Logger) error {
	info, err := os.Stat(folder)
	if err != nil || !modesCount || info.Mode()&othersAny == 0 {
		return err
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		return &failure{exitFailed, fmt.Errorf("close state folder to others: %w", err), "chmod 700 " + filepath.ToSlash(folder)}
	}
	log.Warn("state folder was open to everybody; it is closed now", "folder", folder, "was", info.Mode().Perm().String())
	return nil
}
