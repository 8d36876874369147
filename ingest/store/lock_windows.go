package store

import (
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks a byte far behind the text, for Windows keeps others from
// reading what is locked, and the owner's number should stay readable.
func tryLock(f *os.File) error {
	at := &windows.Overlapped{OffsetHigh: math.MaxInt32}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
}
