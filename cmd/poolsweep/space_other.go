//go:build !linux && !darwin && !freebsd && !windows

package main

import "errors"

// freeSpace does not know where systems that poolsweep is not built for keep it.
func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
