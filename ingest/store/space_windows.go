package store

import "golang.org/x/sys/windows"

// noSpace are the system's words for a disk, a quota or a file that may not take more.
var noSpace = []error{windows.ERROR_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_FILE_TOO_LARGE}
