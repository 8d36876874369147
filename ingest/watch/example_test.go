package watch_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/watch"
)

// handle is what is done with a drop that is ready: all of it may run in another
// goroutine than Poll.
func handle(f *watch.Folder, e watch.Entry) {
	file, err := f.Open(e.Name)
	if err != nil {
		return // the next poll tells why
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	hash := sha256.Sum256(text)
	same, errStat := file.Unchanged()
	switch {
	case err != nil || errStat != nil:
		f.Again(e.Name, file.Stamp(), hash, ingest.ReasonIOError)
	case !same:
		f.Again(e.Name, file.Stamp(), hash, ingest.ReasonChangedWhileRead)
	case file.Holes() && e.Reason != ingest.ReasonNULTail:
		f.Again(e.Name, file.Stamp(), hash, ingest.ReasonNULTail)
	case !e.Confirmed(hash):
		f.Again(e.Name, file.Stamp(), hash, ingest.ReasonIncomplete)
	default:
		fmt.Printf("%s: %d bytes, label %q\n", e.Name, len(text), e.Reason)
		// Here the outcome is stored, with name, stamp and hash. Only then:
		f.Settle(e.Name, file.Stamp(), hash)
	}
}

func ExampleFolder() {
	drop, _ := os.MkdirTemp("", "drop")
	defer os.RemoveAll(drop)
	_ = os.WriteFile(filepath.Join(drop, "LAB01.log"), []byte("Closing open log file c:\\x.log\r\n"), 0o644)
	_ = os.WriteFile(filepath.Join(drop, "LAB02.log"), []byte("0: kd> !vm\r\n"), 0o644)

	f := watch.New(drop, watch.Options{Kind: "local"})
	for now := time.Duration(0); now <= 10*time.Minute; now += 5 * time.Minute {
		scan, err := f.Poll(now)
		if err != nil {
			fmt.Println(err)
		}
		for _, e := range scan.Entries {
			if e.State == watch.Ready {
				handle(f, e)
				continue
			}
			fmt.Printf("%s: %s, %s, %v\n", e.Name, e.State, e.Reason, e.Wait)
		}
	}
	// Output:
	// LAB01.log: waiting, CHANGING, 2s
	// LAB02.log: waiting, CHANGING, 2s
	// LAB01.log: 32 bytes, label ""
	// LAB02.log: waiting, INCOMPLETE, 5m0s
	// LAB02.log: 12 bytes, label "INCOMPLETE"
}
