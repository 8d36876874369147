package tooltext

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// says reads a text and writes what its lines state.
func says(text string) string {
	var all []string
	for _, s := range read([]byte(text + "\n")) {
		for _, r := range s.Running {
			all = append(all, fmt.Sprintf("%s(%d) %d", r.Image, r.PID, r.Handles))
		}
		for _, h := range s.Handles {
			all = append(all, fmt.Sprintf("%s %s %d", h.Process, h.Type, h.Count))
		}
		for _, t := range s.Tallies {
			all = append(all, fmt.Sprintf("%s %d", t.What, t.Count))
		}
		for _, z := range s.Zombies {
			all = append(all, fmt.Sprintf("%s(%d) holds %d %d %d", z.Holder, z.PID, z.Held, z.Processes, z.Threads))
		}
		for _, c := range s.Changes {
			all = append(all, changeText(c))
		}
		if s.Processes != nil {
			all = append(all, fmt.Sprintf("processes %d", s.Processes.Listed))
		}
		if s.VM != nil {
			all = append(all, fmt.Sprintf("nonpaged %d paged %d", s.VM.NonPaged>>20, s.VM.Paged>>20))
		}
		if s.RAM > 0 {
			all = append(all, fmt.Sprintf("ram %d", s.RAM>>20))
		}
	}
	return strings.Join(all, "; ")
}

func checkSays(t *testing.T, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		if got := says(text); got != want {
			t.Errorf("%q states %q, want %q", text, got, want)
		}
	}
}

func TestStatedHandles(t *testing.T) {
	checkSays(t, map[string]string{
		"- System (PID 4) owns ~2.25 million handles.":                    "System(4) 2250000",
		"- **The System process (PID 4) held 6,031,877 handles.**":        "System(4) 6031877",
		"`lsass.exe` has approximately **31,207 handles**.":               "lsass.exe(0) 31207",
		"LSASS (612) had about 31.2K handles open":                        "lsass.exe(612) 31200",
		"qzhost.exe: 112,142 handles":                                     "qzhost.exe(0) 112142",
		"C:\\tools\\qzhost.exe (PID 88) is holding 41,000 kernel handles": "qzhost.exe(88) 41000",
		"System process - 1.76 M handles":                                 "System(0) 1760000",
		"the service host containing only `Qzinfo` has 30,811 handles":    "svchost.exe (Qzinfo)(0) 30811",
		"The `Qzinfo` service host had 30,811 handles":                    "svchost.exe (Qzinfo)(0) 30811",
		"The long-lived Qz desktop process has only 857 handles, so what": "Qz desktop(0) 857",
		"In all 134M handles are held by System (PID 4).":                 "System(4) 134000000",
		"Handle listed 4,111 Token handles in LSASS.":                     "lsass.exe Token 4111",
		"qz.exe had 50,207 handles, including 40,111 Token handles":       "qz.exe(0) 50207; qz.exe Token 40111",
		"qz.exe had 50,207 handles; 40,111 of them are Token handles":     "qz.exe(0) 50207; qz.exe Token 40111",
		"- System (PID 4) owns 700 handles.\n- 650 are File handles.":     "System(4) 700; System File 650",
		"- lsass has 700 handles.\n- csrss has 650 handles.":              "lsass.exe(0) 700; csrss.exe(0) 650",
		"- lsass has 700 handles.\n- words\n- lsass has 650 handles.":     "lsass.exe(0) 700",
		"Registry key handles: qz.exe has 9,100 registry key handles.":    "qz.exe Key 9100",
	})
}

func TestStatedHandlesNearMisses(t *testing.T) {
	cases := map[string]string{}
	for _, text := range []string{
		"66316 Handles", "There are 40,000 handles.", "The system has 300,000 handles.", "System has 300,000 handles.",
		"qz.exe has up to 9,000 handles", "qz.exe has fewer than 9,000 handles", "qz.exe had more than 9,000 handles",
		"qz.exe has 9,000 USER handles", "qz.exe has 9,000 GDI handles", "qz.exe has 9,000 door handles",
		"each Qz process has 120 handles", "qz.exe has 97% handles", "qz.exe has 12 MB handles", "40,804 Token handles",
		"none has 9,000 handles", "qz.exe crashed 12 times, handles leak", "It handles 9,000 requests of qz.exe",
		"- qz.exe has 700 handles.\n- 900 are File handles.",
		"- qz.exe has 700 handles.\n- Nothing else.\n- 650 are File handles.",
		"New version of handle table at e1002000 with 1144 Entries in use", "qz.exe 9,000", "a long process has 12 handles",
		"HandleCount: 1144.", "qz.exe has -12 handles", "qz.exe has 3-5 handles", "qz.exe has 0.5 handles",
	} {
		cases[text] = ""
	}
	cases["- qz.exe has 700 handles.\n- 900 are File handles."] = "qz.exe(0) 700"
	cases["- qz.exe has 700 handles.\n- Nothing else.\n- 650 are File handles."] = "qz.exe(0) 700"
	checkSays(t, cases)
}

func TestStatedSessions(t *testing.T) {
	checkSays(t, map[string]string{
		"- Windows retains **5,311 interactive `QzOffline` logon sessions**.":                                                                           "logon sessions 5311",
		"5,311 logon sessions, 5,300 of them orphaned sessions":                                                                                         "logon sessions 5311; logon sessions without a process 5300",
		"- 5,311 logon sessions.\n- A join found 5,300 fully orphaned sessions and 11 sessions":                                                         "logon sessions 5311; logon sessions without a process 5300",
		"It counted 5,311 logon sessions; all 5,300 were logon type 2 and none had an associated live process. The 1:1 match between orphaned sessions": "logon sessions 5311; logon sessions without a process 5300",
		"12 orphaned sessions":                "",
		"12 SMB sessions, none had a process": "",
		"5,311 terminal sessions":             "",
	})
}

func TestStatedDead(t *testing.T) {
	checkSays(t, map[string]string{
		"The dump has 109,500 dead threads against 4,810 live.":           "dead threads 109500; live threads 4810",
		"There are 1,400 zombie processes.":                               "dead processes 1400",
		"1,400 zombies held by the Qz process (PID 88)":                   "Qz(88) holds 1400 1400 0",
		"41,000 terminated threads kept by qz.exe":                        "qz.exe(0) holds 41000 0 41000",
		"40,123 Proc allocations, but 291 running processes":              "processes 291",
		"40,123 Proc allocations against 291 live processes and no more.": "processes 291",
		"3 running processes":                                             "",
		"300 running processes of qz.exe":                                 "",
		"300 Qz processes":                                                "",
		"more than 300 dead threads":                                      "",
		"12 threads":                                                      "",
	})
}

func TestStatedPoolsAndMemory(t *testing.T) {
	checkSays(t, map[string]string{
		"- kernel pools are approximately **11.5 GiB paged + 5.5 GiB nonpaged = 17 GiB**.": "nonpaged 5632 paged 11776",
		"Pools: 2 GB paged, 1 GB non-paged":                                                "nonpaged 1024 paged 2048",
		"- Physical memory 20 GB, load 91 to 97%":                                          "ram 20480",
		"RAM: 64 GB":      "ram 65536",
		"RAM: 64 GB used": "", "RAM 12 of 64 GB": "", "Physical memory in use 12 GB": "",
		"pools grew by 2 GB paged, 1 GB nonpaged": "", "The pools hold 2 GB paged": "", "2 GB paged and 1 GB nonpaged": "",
		"pool limits: 2 GB paged maximum, 1 GB nonpaged": "",
	})
}

func TestStatedDifferences(t *testing.T) {
	checkSays(t, map[string]string{
		"Objects\\Processes: +320":                                    "processes +320",
		"Memory\\Pool Nonpaged Bytes: +372,736 bytes (~0.37 MB)":      "nonpaged pool +372736 bytes",
		"- threads +1000, events +1000, semaphores +999":              "threads +1000; events +1000; semaphores +999",
		"start qz, 40 launches\nObjects\\Processes: +80\nfailures: 0": "processes +80 per 40 launches",
		"`Qzfc` +1,204 per hour":                                      "pool tag Qzfc unknown +1204 per 1h0m0s",
		"handles: +16 per tab":                                        "handles +16 per 1 tab",
		"It leaks 16 kernel handles per terminal tab.":                "handles +16 per 1 terminal tab",
		"Nonpaged pool: +512 MB/h":                                    "nonpaged pool +536870912 bytes per 1h0m0s",
		"apples: +12":                                                 "", "threads 12": "", "threads: 12%": "", "40 launches": "", "threads: +12 apples": "",
		"   +0x510 Threads           : 0y1": "", "We saw it today: threads +12 of them, or so": "",
	})
}

func TestStatedTextIsNoPartOfAnotherOutput(t *testing.T) {
	const table = "Tag,NP_KB\nQzfc,12\n"
	text := "qz.exe has 9,100 handles.\nThat is a lot,\n" + table + "\nand lsass had 41,000 handles.\nMore words.\n\n" +
		"Other words.\n"
	snaps := read([]byte(text))
	if len(snaps) != 1 || len(snaps[0].Tags) != 1 || len(snaps[0].Running) != 2 || len(snaps[0].Blocks) != 3 {
		t.Fatal(dumped(snaps))
	}
	for _, b := range snaps[0].Blocks {
		if b.Unread > 0 || b.State != ingest.BlockComplete {
			t.Errorf("block %+v", b)
		}
	}
}

func TestStatedFiguresNeverReplaceThoseOfATool(t *testing.T) {
	s := &ingest.Snapshot{
		RAM: 5, Processes: &ingest.Processes{Listed: 31}, VM: &ingest.VM{Paged: 7},
		Running: []ingest.ProcessHandles{{Image: "LSASS.EXE", Handles: 12}},
		Handles: []ingest.HandleCount{{Process: "qz.exe", Type: "Key", Count: 3}},
	}
	block(statedTable, "lsass.exe has 9,100 handles.\nqz.exe has 50 Key handles.\n40 running processes.\n"+
		"RAM: 64 GB\npools: 2 GB paged, 1 GB nonpaged\n").Merge(s, at)
	if s.RAM != 5 || s.Processes.Listed != 31 || s.VM.Paged != 7 || s.Running[0].Handles != 12 || len(s.Running) != 1 ||
		len(s.Handles) != 1 || s.Handles[0].Count != 3 {
		t.Errorf("%+v", s)
	}
}
