//go:build unix

package watch

import (
	"os"

	"golang.org/x/sys/unix"
)

// handle is an open file: bare, because an os.File for each of many thousand files
// that are only looked at costs more than looking.
type handle = int

// openFile never waits for the other end of a pipe and never becomes our terminal.
const openFile = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NOCTTY

// retry repeats a call that a signal broke off.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// readAt fills a part from an open file.
func readAt(fd handle, part []byte, at int64) error {
	for len(part) > 0 {
		n, err := retry(func() (int, error) { return unix.Pread(fd, part, at) })
		if err != nil {
			return err
		}
		if n == 0 {
			return errShort
		}
		part, at = part[n:], at+int64(n)
	}
	return nil
}

func closeHandle(fd handle) { _ = unix.Close(fd) }

// fileOf makes a file of a handle, which it takes over.
func fileOf(fd handle, name string) *os.File { return os.NewFile(uintptr(fd), name) }

// nameUnsafe is for systems where a name can be more than the name of a file.
func nameUnsafe([]byte) bool { return false }
