//go:build unix

package store

import "syscall"

// noSpace are the system's words for a disk, a quota or a file that may not take more.
var noSpace = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
