package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestShowCounts(t *testing.T) {
	s := &ingest.Snapshot{
		Handles: []ingest.HandleCount{{Process: "qz.exe", Type: "Key", Count: 65}, {Process: "qz.exe", Count: 70}},
		Zombies: []ingest.Zombies{{Holder: "host.exe", PID: 8, Held: 12, Processes: 11, Threads: 1}},
		Tallies: []ingest.Tally{{What: "logon sessions", Count: 41}},
	}
	for i := range 30 {
		s.Running = append(s.Running, ingest.ProcessHandles{Image: fmt.Sprintf("p%02d.exe", i), Handles: int64(i - 1)})
	}
	var out bytes.Buffer
	showCounts(&out, s)
	for _, want := range []string{"p29.exe", "p10.exe", "Key handles", "all handles", "host.exe", "threads 1", "logon sessions"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "p09.exe") || strings.Index(out.String(), "p29") > strings.Index(out.String(), "p28") {
		t.Errorf("not the processes with most handles:\n%s", &out)
	}
	out.Reset()
	if showCounts(&out, &ingest.Snapshot{}); out.Len() > 0 {
		t.Errorf("nothing is shown as %q", &out)
	}
}

func TestShowChanges(t *testing.T) {
	var out bytes.Buffer
	showChanges(&out, []ingest.Change{
		{What: ingest.ChangeNonPaged, Delta: 512, Bytes: true, Per: time.Hour, Label: "idle"},
		{What: ingest.ChangeTag, Tag: ingest.MustTag("Irp"), Pool: ingest.NonPaged, Delta: -3, Events: 30, Event: "runs"},
		{What: ingest.ChangeThreads, Delta: 0},
	})
	for _, want := range []string{"nonpaged pool, bytes", "+512", "1h0m0s", "idle", "'Irp ' nonpaged", "-3", "30 runs", "threads", "+0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	out.Reset()
	if showChanges(&out, nil); out.Len() > 0 {
		t.Errorf("nothing is shown as %q", &out)
	}
}
