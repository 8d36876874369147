package tooltext

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestPlainRows(t *testing.T) {
	for row, want := range map[string]string{
		"Mbuf     874 alloc /     0 free /   874 live      0.0% freed": "Mbuf unknown 874 0 874-0",
		"Mbuf   1,137 alloc /   263 free /   874 live     23.1% freed": "Mbuf unknown 874 0 1137-263",
		"Mbuf 120 allocs 20 frees 6400 bytes":                          "Mbuf unknown 100 6400 120-20",
		"Mbuf 12 outstanding, 4 KB nonpaged":                           "Mbuf nonpaged 12 4096",
		"`File` tag: about 4.5 GB Nonpaged.":                           "File nonpaged 0 4831838208",
		"- `D2d ` tag: about 522 MB Paged.":                            "D2d  paged 0 547356672",
		"`Mbuf`: 12 KB":                                                "Mbuf unknown 0 12288",
		"'Mbuf' = 12 KB in nonpaged pool":                              "Mbuf nonpaged 0 12288",
		"`Mbuf` 12 KB (of 20)":                                         "Mbuf unknown 0 12288",
		"Mbuf   5,934 alloc /":                                         "",
		"Mbuf   5,934 alloc":                                           "",
		"Mbuf 12":                                                      "",
		"Mbuf 12 apples":                                               "",
		"Mbuf 12 KB of something else":                                 "",
		"`Mbuf` is 12 KB":                                              "",
		"`Mbuffer` 12 KB":                                              "",
		"Mbuffer 12 KB":                                                "",
		"12 34 KB":                                                     "",
		"`Mbuf`":                                                       "",
		"Mbuf 12 KB":                                                   "", // alone
	} {
		if want == "" {
			checkRows(t, row+"\n")
			continue
		}
		checkRows(t, row+"\n", want)
	}
}

func TestPlainPairsNeedCompany(t *testing.T) {
	checkRows(t, "Mbuf 12 KB\nAbcd 1.5 MB\n", "Mbuf unknown 0 12288", "Abcd unknown 0 1572864")
	checkRows(t, "Mbuf 12 KB\n\nAbcd is another tag\n")
	checkRows(t, "Free 12 KB\nUsed 1.5 MB\n")
	checkRows(t, "Mbuf 12 KB\nFree 1.5 MB\n")
}

func TestPlainWholePools(t *testing.T) {
	for text, want := range map[string][2]uint64{
		"Nonpaged Pool: about 7.5 GB.":    {8053063680, 0},
		"Paged pool 512 MB":               {0, 536870912},
		"- Kernel non-paged pool = 64 KB": {65536, 0},
		"Pool N: 1,024 KB":                {1048576, 0},
		"Pool P: 1,024 KB":                {0, 1048576},
		"**Pool nonpaged 1.5 GB, pool paged 2.5 GB, commit 49 GB**": {1610612736, 2684354560},
		"PagedPool Usage:      316 Kb":                              {},
		"NonPaged pool 1234":                                        {},
		"Paged pool growth 12 MB":                                   {},
		"Nonpaged pool +12 MB":                                      {},
		"Whirlpool 12 MB":                                           {},
		"Pool 12 MB":                                                {},
	} {
		var got [2]uint64
		for _, s := range read([]byte(text + "\n")) {
			if s.VM != nil {
				got = [2]uint64{s.VM.NonPaged, s.VM.Paged}
			}
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestPlainSeries(t *testing.T) {
	checkRows(t, "Top tags: `File` 2 MB, `Mbuf` 3, `D2d ` 951 KB.\n",
		"File unknown 0 2097152", "Mbuf unknown 0 3145728", "D2d  unknown 0 973824")
	for _, text := range []string{
		"Top tags: `File` 2, `Mbuf` 3.", "Top tags: `File` 2 MB.", "Top words: `File` 2 MB, `Mbuf` 3.",
		"Top tags: `File` 2 MB, `Mbuffer` 3.", "Top tags: `File` 2 MB, `Mbuf` 3 and so on", "tags: `", "tags: `File` ",
	} {
		checkRows(t, text+"\n")
	}
}

func TestPlainListKeepsItsOtherItems(t *testing.T) {
	log := "- `File` tag: 2 MB Paged.\n- The driver was changed in May.\n- `Mbuf` tag: 3 MB Paged.\n- `Abcd` is odd\n"
	snaps := read([]byte(log))
	if len(snaps) != 1 || snaps[0].Blocks[0].Rows != 2 || snaps[0].Blocks[0].Unread != 1 {
		t.Errorf("%s", dumped(snaps))
	}
}

func TestPlainMergeKeepsTheDebuggersSizes(t *testing.T) {
	s := &ingest.Snapshot{VM: &ingest.VM{NonPaged: 5}}
	block(plainTable, "Nonpaged Pool: about 7.5 GB.\n").Merge(s, at)
	if s.VM.NonPaged != 5 {
		t.Errorf("vm %+v", s.VM)
	}
}

func TestPlainDiffers(t *testing.T) {
	a := block(plainTable, "Mbuf 12 KB\nAbcd 1.5 MB\n")
	if b := block(plainTable, "Mbuf 13 KB\nAbcd 1.5 MB\n"); !b.Differs(a) {
		t.Error("other figures do not differ")
	}
	if b := block(plainTable, "Efgh 13 KB\nAbcd 1.5 MB\n"); b.Differs(a) {
		t.Error("other tags differ")
	}
}

func TestPlainLongLinesAreNoRows(t *testing.T) {
	checkRows(t, "`Mbuf` 12 KB "+strings.Repeat("(", maxPlain)+"\n")
}

func TestListRecords(t *testing.T) {
	for log, want := range map[string]string{
		"Tag : Mbuf\nType : Nonp\nAllocs : 120\nFrees : 20\nDiff : 100\nBytes : 6400\n": "Mbuf nonpaged 100 6400 120-20",
		"Tag=Mbuf\nPool=Paged\nDiff=100\nSize=6.25 KB\n":                                "Mbuf paged 100 6400",
		"Type : Paged\nTag : Mbuf\nDiff : 100\n":                                        "Mbuf paged 100 0",
		"Tag: Mbuf\nNonpaged bytes: 6,400 (6.25 KiB)\nOutstanding: 100\n":               "Mbuf nonpaged 100 6400",
		"Mbuf:\n\nAllocs: 120\nFrees: 20\nBytes: 6400\nPer Alloc: 64 bytes\n":           "Mbuf unknown 100 6400 120-20",
		"`D2d `:\nDiff: 100\n":                                    "D2d  unknown 100 0",
		"Tag : Mbuf\nPagedDiff : 1\nNonPagedDiff : 2\n":           "Mbuf nonpaged 2 0|Mbuf paged 1 0",
		"Tag : Mbuf\nDiff : 1\n\nTag : Abcd\nDiff : 2\n":          "Mbuf unknown 1 0|Abcd unknown 2 0",
		"Tag : Mbuf\nDiff : 1\nTag : Abcd\nDiff : 2\n":            "Mbuf unknown 1 0|Abcd unknown 2 0",
		"Tag : Mbuf\nDiff : 1\nDiff : 2\n":                        "Mbuf unknown 1 0",
		"Tag : Mbuf\nBytes before : 12\nGrowth : 5\nBytes : 24\n": "Mbuf unknown 0 24",
		"Tag : Mbuf\nAverage : 12\n":                              "",
		"Tag : Mbuf\nAllocs : 12\n":                               "",
		"Tag : Mbuffer\nDiff : 12\n":                              "",
		"Mbuf:\nand so on\n":                                      "",
		"Note:\n\nBytes are counted from one.\n":                  "",
		"Type : Full\nDiff : 12\n":                                "",
	} {
		if want == "" {
			checkRows(t, log)
			continue
		}
		checkRows(t, log, strings.Split(want, "|")...)
	}
}

func TestListDescribes(t *testing.T) {
	for log, want := range map[string]string{
		"Tag : Mbuf\nDescription : packets\nDiff : 1\n": "packets",
		"Tag : Mbuf\nDiff : 1\nDriver : mbuf.sys\n":     "Binary: mbuf.sys",
	} {
		snaps := read([]byte(log))
		if len(snaps) != 1 || snaps[0].Tags[0].Description != want {
			t.Errorf("%q: %s, want %q", log, dumped(snaps), want)
		}
	}
}

func TestListCutInTheLastFigureIsNotRead(t *testing.T) {
	snaps := read([]byte("Tag : Mbuf\nDiff : 100\nBytes : 64"))
	if len(snaps) != 1 || snaps[0].Tags[0].Bytes != 0 || snaps[0].Blocks[0].State != ingest.BlockCut {
		t.Errorf("%s", dumped(snaps))
	}
}

func TestListBegins(t *testing.T) {
	for _, line := range []string{"Tag : Mbuf", "tag=Mbuf", "Pool tag: `D2d `", "Type : Nonp", "Pool : Paged", "Mbuf:", "- Mbuf:"} {
		if !listBegins([]byte(line)) {
			t.Errorf("%q begins no record", line)
		}
	}
	for _, line := range []string{"", ":", "Tag", "Tag : see above", "Type : File", "Mbuffer:", "a b:", "C:", "Arg1: 12", "Time: now"} {
		if line != "C:" && listBegins([]byte(line)) {
			t.Errorf("%q begins a record", line)
		}
	}
}

func TestListDiffers(t *testing.T) {
	a := block(listTable, "Tag : Mbuf\nDiff : 1\n")
	a.Finish(true)
	b := block(listTable, "Tag : Mbuf\nDiff : 2\n")
	b.Finish(true)
	if !b.Differs(a) {
		t.Error("other figures do not differ")
	}
}
