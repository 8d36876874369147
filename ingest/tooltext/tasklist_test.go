package tooltext

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestProcessHead(t *testing.T) {
	for text, want := range map[string]string{
		"Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName":       "image 7 pid 5 handles 0 optional 4",
		" NPM(K)    PM(M)      WS(M)     CPU(s)      Id  SI ProcessName":              "image 6 pid 4 handles -1 optional 3",
		"Name                 Id Handles":                                             "image 0 pid 1 handles 2 optional -1",
		"Image PID Handles":                                                           "image 0 pid 1 handles 2 optional -1",
		"Process ID Process Name Handle Count":                                        "image 1 pid 0 handles 2 optional -1",
		"Process\tPID\tDescription\tHandles":                                          "image 0 pid 1 handles 3 optional -1",
		"Name                Pid Pri Thd  Hnd   Priv        CPU Time    Elapsed Time": "image 0 pid 1 handles 4 optional 6",

		"Name Id":                       "",
		"Handles of the process":        "",
		"PID Handles":                   "",
		"Image Name PID Handles":        "",
		"Name Image Handles":            "",
		"Tag Name Handles Bytes":        "",
		"":                              "",
		strings.Repeat("Handles ", 100): "",
	} {
		h, ok := processHead([]byte(text))
		got := fmt.Sprintf("image %d pid %d handles %d optional %d", h.image, h.pid, h.handles, h.optional)
		if text == "Image Name PID Handles" { // two words, one column
			want = "image 0 pid 1 handles 2 optional -1"
		}
		if ok != (want != "") || ok && got != want {
			t.Errorf("processHead(%q) = %s, %t", text, got, ok)
		}
	}
}

func TestProcessRow(t *testing.T) {
	const get = "Handles NPM(K) PM(K) WS(K) CPU(s) Id SI ProcessName"
	for _, c := range []struct{ head, row, want string }{
		{get, "412 21 9340 18128 1.05 4321 1 conhost", "conhost 4321 412"},
		{get, "412 21 9340 18128 4321 1 conhost", "conhost 4321 412"},
		{get, "0 0 40400 38120 88 0 Memory Compression", "Memory Compression 88 0"},
		{get, "0 0 40400 38120 0.5 88 0 Memory Compression", "Memory Compression 88 0"},
		{get, "412 21 9340 18128 1.05 4321 1", ""},
		{get, "412 21 9340 x 1.05 4321 1 conhost", ""},
		{"Name Id Handles", "kestrel agent 7 4312 812,345", "kestrel agent 7 4312 812345"},
		{"Name Id Handles", "4312 812", ""},
		{"Name Id Handles", "kestrel 43x12 812", ""},
		{"Name Id Handles", "kestrel 4312 8,12", ""},
		{"Id Name Handles", "4312 kestrel agent 812.345", "kestrel agent 4312 812345"},
		{"Id Name Handles", "kestrel agent 812", ""},
		{"Process\tPID\tHandles", " kestrel.exe\t4312\t812", "kestrel.exe 4312 812"},
		{"Process\tPID\tHandles", "kestrel.exe\t4312", ""},
		{"Process\tPID\tHandles", "kestrel.exe\t\t", ""},
	} {
		h, ok := processHead([]byte(c.head))
		if !ok {
			t.Fatalf("%q is no head", c.head)
		}
		var w rowWords
		got := ""
		if p, ok := h.row([]byte(c.row), &w); ok {
			got = fmt.Sprintf("%s %d %d", p.Image, p.PID, p.Handles)
		}
		if got != c.want {
			t.Errorf("%q below %q is %q, want %q", c.row, c.head, got, c.want)
		}
	}
}

func TestGroupedNumber(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "812345": 812345, "812,345": 812345, "1.812.345": 1812345, "4611686018427387903": 1<<62 - 1,
		"": -1, "8,12": -1, "1.812,345": -1, ",812": -1, "12x": -1, "-4": -1, "4611686018427387904": -1,
		"99999999999999999999999": -1,
	} {
		n, ok := groupedNumber(text)
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("groupedNumber(%q) = %d, %t", text, n, ok)
		}
	}
}

// processes is a table of "name pid handles" triples.
func processes(rows ...string) string {
	return "Name Id Handles\n" + strings.Join(rows, "\n") + "\n\nThat is all.\n"
}

func TestProcessListMoments(t *testing.T) {
	first := processes("System 4 2000", "kestrel 4312 100")
	for _, c := range []struct {
		name, second string
		snapshots    int
	}{
		{"the same again", first, 1},
		{"more handles", processes("System 4 2000", "kestrel 4312 101"), 2},
		{"one more process", processes("System 4 2000", "kestrel 4312 100", "other 4320 1"), 2},
		{"the top of the list", processes("kestrel 4312 100"), 1},
		{"the number used again", processes("other 4312 100"), 2},
	} {
		if snaps := read([]byte(first + c.second)); len(snaps) != c.snapshots {
			t.Errorf("%s: %d snapshots, want %d\n%s", c.name, len(snaps), c.snapshots, dumped(snaps))
		}
	}
}

// TestProcessListBesideTheDebugger keeps the debugger's count of processes, and
// adds the handles to the processes it listed.
func TestProcessListBesideTheDebugger(t *testing.T) {
	s := &ingest.Snapshot{
		Processes: &ingest.Processes{Listed: 120, Zombies: 30},
		Running:   []ingest.ProcessHandles{{Image: "kestrel.exe", PID: 4312, Handles: -1}, {Image: "System", PID: 4, Handles: 1}},
	}
	p := processTable.New("")
	for i, text := range []string{"Name Id Handles", "System 4 2000", "kestrel 4312 100", "", ""} {
		p.Read(ingest.Line{No: i + 1, Text: []byte(text)}, func(string) {})
	}
	if state := p.Finish(true); state != ingest.BlockComplete {
		t.Errorf("state %s", state)
	}
	p.Merge(s, at)
	if s.Processes.Listed != 120 || len(s.Running) != 2 || s.Running[0].Handles != 100 || s.Running[1].Handles != 1 {
		t.Errorf("processes %+v, running %+v", s.Processes, s.Running)
	}
}

func TestHandleSummaryMoments(t *testing.T) {
	summary := func(files int) string {
		return fmt.Sprintf("Handle type summary:\n  Event  : 10\n  File  : %d\nTotal handles: %d\n\n", files, files+10)
	}
	if snaps := read([]byte(summary(5) + summary(5))); len(snaps) != 1 || len(snaps[0].Handles) != 3 {
		t.Errorf("the same twice:\n%s", dumped(snaps))
	}
	if snaps := read([]byte(summary(5) + summary(6))); len(snaps) != 2 {
		t.Errorf("another moment:\n%s", dumped(snaps))
	}
	cut := read([]byte("Handle type summary:\n  Event  : 10\n  File  : 5"))
	if len(cut) != 1 || len(cut[0].Handles) != 1 || cut[0].Blocks[0].State != ingest.BlockCut {
		t.Errorf("cut:\n%s", dumped(cut))
	}
}
