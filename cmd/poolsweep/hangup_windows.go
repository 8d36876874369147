package main

import "os"

// notifyHangup does nothing: Windows has no such signal, and a change of the file is
// noticed without.
func notifyHangup(chan<- os.Signal) {}
