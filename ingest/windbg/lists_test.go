package windbg

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// TestModuleRows reads one row below the header of lm.
func TestModuleRows(t *testing.T) {
	for row, want := range map[string]string{
		"fffff802`53800000 fffff802`54246000   nt         (pdb symbols)          c:\\sym (x86)\\nt.pdb": `nt "pdb symbols" "c:\\sym (x86)\\nt.pdb"`,
		"a7ddb000 a7e14180   WavxDMgr   (deferred)             ":                                        `WavxDMgr "deferred" ""`,
		"00400000 0042d000   Prymes     C (pdb symbols)              Prymes.pdb":                        `Prymes "pdb symbols" "Prymes.pdb"`,
		"00400000 0042d000   Prymes   T (no symbols)":                                                   `Prymes "no symbols" ""`,
		"fb008000 fb00ba80   serenum      e:\\mysymbols\\SereEnum.pdb":                                  `serenum "" "e:\\mysymbols\\SereEnum.pdb"`,
		"77f70000 77fb8000   ntdll     (C:\\debug\\ntdll.dll, c:\\sym\\ntdll.DBG)":                      `ntdll "C:\\debug\\ntdll.dll, c:\\sym\\ntdll.DBG" ""`,
		"80010000 80012320   Aha154x   (service symbols: DWARF Private Symbols)   x.ko":                 `Aha154x "service symbols: DWARF Private Symbols" "x.ko"`,
		"  80010000 80012320   qz  (deferred)":                                                          `qz "deferred" ""`,
		"80010000 8000f000   backwards   (deferred)":                                                    "",
		"80010000   one   (deferred)":                                                                   "",
		"80010000 80012320":                                                                             "",
		"80010000 80012320   open   (deferred":                                                          "",
	} {
		s, b := oneBlock(t, "kd> lm\nstart    end        module name\n"+row+"\nkd> ")
		got := ""
		for _, m := range s.Modules {
			got += fmt.Sprintf("%s %q %q", m.Name, m.Symbols, m.Image)
		}
		if got != want || b.Rows+b.Unread != 1 {
			t.Errorf("%q: %s, %+v; want %s", row, got, b, want)
		}
	}
}

// TestModulesAreListedOnce asks about the same module in several ways.
func TestModulesAreListedOnce(t *testing.T) {
	head := "start    end        module name\n80100000 801b7b40   qz   (deferred)\n"
	s := only(t, "kd> lm a 80100010\n"+head+"kd> lmvm qz\n"+head+
		"    Image path: \\SystemRoot\\qz.sys\n    Image name: qz.sys\n    File version:     7.1.2.3\n"+
		"kd> lm\n"+head+"80200000 80210000   other   (deferred)\n\nUnloaded modules:\n80100000 801b7b40   qz.sys\n80300000 80310000   qz.sys\n\nkd> ")
	var got []string
	for _, m := range s.Modules {
		got = append(got, fmt.Sprintf("%x %s %s %s %t :%d", m.Start, m.Name, m.Image, m.Version, m.Unloaded, m.Line))
	}
	want := `80100000 qz \SystemRoot\qz.sys 7.1.2.3 false :3
80200000 other   false :13
80100000 qz.sys   true :16
80300000 qz.sys   true :17`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	if m := s.ModuleAt(0x80100020); m == nil || m.Name != "qz" {
		t.Errorf("module at 80100020: %+v", m)
	}
}

// TestAnswersAboutOneModule checks when "lm a" is complete.
func TestAnswersAboutOneModule(t *testing.T) {
	head := "start    end        module name\n"
	for log, want := range map[string]ingest.BlockState{
		"kd> lm a 80100010\n" + head + "80100000 801b7b40   qz   (deferred)\n":     ingest.BlockComplete,
		"kd> lm a 80100010\n" + head + "80100000 801b7b40   qz   (deferred)\nkd> ": ingest.BlockComplete,
		"kd> lm a 80100010\n" + head + "kd> ":                                      ingest.BlockComplete,
		"kd> lm a 80100010\nkd> ":                                                  ingest.BlockComplete,
		"kd> lm a 80100010\n" + head:                                               ingest.BlockUnclosed,
		"kd> lm a 80100010\n":                                                      ingest.BlockUnclosed,
		"kd> lm a 80100010\n" + head + "80100000 801b7b4":                          ingest.BlockCut,
		"kd> lm\n" + head + "80100000 801b7b40   qz   (deferred)\n":                ingest.BlockUnclosed,
		"kd> lm\nkd> ": ingest.BlockUnclosed,
	} {
		if _, b := oneBlock(t, log); b.State != want {
			t.Errorf("%q: %s, want %s", log, b.State, want)
		}
	}
}

// TestHits reads one line below a search.
func TestHits(t *testing.T) {
	for row, want := range map[string]string{
		"a7e0f300  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.":          `a7e0f300 "tsni....h.T.P.T."`,
		"fffff880`0496e3aa  74 73 6e 69 3b c1 0f 42-c1 41 8d 49 fd 8b d0 ff  tsni;..B.A.I....": `fffff8800496e3aa "tsni;..B.A.I...."`,
		"fffff8800496e3aa  74 73 6e 69 3b c1 0f 42-c1 41 8d 49 fd 8b d0 ff  tsni  .B.A.I...":   `fffff8800496e3aa "tsni  .B.A.I..."`,
		"a7e0f300  74 73 6e 69                                      tsni":                      `a7e0f300 "tsni"`,
		"a7e0f300  0074 0073 006e 0069 0000 0041 0042 0043  tsni.ABC":                          `a7e0f300 "tsni.ABC"`,
		"a7e0f300 74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80 tsni....h.T.P.T.":            `a7e0f300 "tsni....h.T.P.T."`,
		"a7e0f300  746e7374": "",
		"a7e0f300":           "",
		"a7e0f3  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.": "",
	} {
		s, b := oneBlock(t, "kd> !for_each_module s -a @#Base @#End \"tsni\"\n"+row+"\nkd> ")
		got := ""
		for _, h := range s.Scans[0].Hits {
			got += fmt.Sprintf("%x %q", h.Address, h.Text)
		}
		if got != want || b.Rows+b.Unread != 1 || s.Scans[0].Pattern != "tsni" {
			t.Errorf("%q: %s, %+v; want %s", row, got, b, want)
		}
	}
}

func TestHitsAreBounded(t *testing.T) {
	hit := "a7e0f300  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.\n"
	s, b := oneBlock(t, "kd> s -a 80000000 L?0x1000 \"tsni\"\n"+strings.Repeat(hit, maxHits+5)+"kd> ")
	if len(s.Scans[0].Hits) != maxHits || b.Rows != maxHits+5 || messages(s) != "more hits than are kept (and 4 more)" {
		t.Errorf("%d hits, %+v, %s", len(s.Scans[0].Hits), b, messages(s))
	}
}

// TestEverySearchIsKept repeats a search with other patterns and with the same.
func TestEverySearchIsKept(t *testing.T) {
	s := only(t, "kd> s -a 80000000 L?0x1000 \"Aaaa\"\nkd> s -a 80000000 L?0x1000 \"Bbbb\"\nkd> s -a 80000000 L?0x1000 \"Aaaa\"\nkd> ")
	if len(s.Scans) != 3 || s.Scans[1].Pattern != "Bbbb" || s.Scans[2].Line != 3 {
		t.Errorf("scans %+v", s.Scans)
	}
}

// TestProcessRecords reads one record in every layout.
func TestProcessRecords(t *testing.T) {
	for _, c := range []struct {
		name, record    string
		listed, zombies int
	}{
		{"x64", "PROCESS fffffa80032f4060\n    SessionId: 1  Cid: 0c20    Peb: 7fffffd4000  ParentCid: 0c10\n" +
			"    DirBase: 23657000  ObjectTable: fffff8a0025bd440  HandleCount: 1056.\n    Image: a.exe\n", 1, 0},
		{"exited", "PROCESS fffffa80032f4060\n    SessionId: 1  Cid: 0c20    Peb: 7fffffd4000  ParentCid: 0c10\n" +
			"    DirBase: 23657000  ObjectTable: 00000000  HandleCount:   0.\n    Image: a.exe\n", 1, 1},
		{"exited, wide zero", "PROCESS fffffa80032f4060\n    SessionId: 1  Cid: 0c20    Peb: 7fffffd4000  ParentCid: 0c10\n" +
			"    DirBase: 23657000  ObjectTable: 0000000000000000  HandleCount:   0.\n    Image: a.exe\n", 1, 1},
		{"no handles but a table", "PROCESS fffffa80032f4060\n    SessionId: none  Cid: 0c20    Peb: 00000000  ParentCid: 0004\n" +
			"    DirBase: 23657000  ObjectTable: fffff8a0025bd440  HandleCount:   0.\n    Image: Registry\n", 1, 0},
		{"handles unreadable", "PROCESS fffffa80032f4060\n    SessionId: none  Cid: 0c20    Peb: 00000000  ParentCid: 0004\n" +
			"    DirBase: 23657000  ObjectTable: fffff8a0025bd440  HandleCount: <Data Not Accessible>\n    Image: System\n", 1, 0},
		{"x86", "PROCESS 89068700  SessionId: 0  Cid: 0ec4    Peb: 7ffda000  ParentCid: 0b0c\n" +
			"    DirBase: 0ac80a80  ObjectTable: 00000000  HandleCount:   0.\n    Image: a.exe\n", 1, 1},
		{"NT 4", "PROCESS 80a02a60  Cid: 0002    Peb: 00000000  ParentCid: 0000\n" +
			"    DirBase: 00006e05  ObjectTable: 80a03788  TableSize: 150.\n    Image: System\n", 1, 0},
		{"none", "", 0, 0},
	} {
		s, b := oneBlock(t, "kd> !process 0 0\n**** NT ACTIVE PROCESS DUMP ****\n"+c.record+"\nkd> ")
		if b.Rows != c.listed || !b.Complete() || b.Unread != 0 || (s.Processes != nil) != (c.listed > 0) {
			t.Errorf("%s: %+v", c.name, b)
			continue
		}
		if p := s.Processes; p != nil && (p.Listed != c.listed || p.Zombies != c.zombies) {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

// TestFigures reads one line of !vm.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  ingest.VM
	}{
		{"Physical Memory:          2037490 (    8149960 Kb)", ingest.VM{Physical: 8149960 << 10}},
		{"\tPhysical Memory:      130940 (    523760 Kb)", ingest.VM{Physical: 523760 << 10}},
		{"        Physical Memory:     16268   (   65072 Kb)", ingest.VM{Physical: 65072 << 10}},
		{"Physical Memory: 2097038 ( 8388152 Kb)", ingest.VM{Physical: 8388152 << 10}},
		{"NonPagedPool Usage:           268 (       1072 Kb)", ingest.VM{NonPaged: 1072 << 10}},
		{"NonPagedPool Usage: 268 ( 1072 Kb)\nNonPagedPoolNx Usage: 300 ( 1200 Kb)", ingest.VM{NonPaged: 2272 << 10}},
		{"NonPagedPool Usage: 268 ( 1072 Kb)\nNonPagedPool Usage: 300 ( 1200 Kb)", ingest.VM{NonPaged: 1072 << 10}},
		{"NonPagedPool Max: 4294967296 (17179869184 Kb)", ingest.VM{NonPagedMax: 17179869184 << 10}},
		{"PagedPool 0 Usage:  4660 (     18640 Kb)\nPagedPool Usage: 6065 (     24260 Kb)", ingest.VM{Paged: 24260 << 10}},
		{"PagedPool Maximum:     65536 (    262144 Kb)", ingest.VM{PagedMax: 262144 << 10}},
		{"********** Excessive NonPaged Pool Usage *****", ingest.VM{NonPagedAlert: true}},
	} {
		s, b := oneBlock(t, "kd> !vm\n"+c.lines+"\nkd> ")
		got := *s.VM
		got.Source = ingest.Source{}
		if got != c.want || b.Unread != 0 || s.RAM != c.want.Physical {
			t.Errorf("%q: %+v, %+v; want %+v", c.lines, got, b, c.want)
		}
	}
}

// TestImpossibleFigures checks that they are left out with a warning.
func TestImpossibleFigures(t *testing.T) {
	for line, want := range map[string]string{
		"PagedPool Usage:  18446735300397918280 (18446708980463018272 Kb)":      "impossible figure, ignored",
		"PagedPool Usage:  99999999999999999999999 (9999999999999999999999 Kb)": "impossible figure, ignored",
		"NonPagedPool Usage: 29559056 ( 118236224 Kb)":                          "pool usage of more than the physical memory, ignored",
		"NonPagedPoolNx Usage: 29559056 ( 118236224 Kb)":                        "pool usage of more than the physical memory, ignored",
		"NonPagedPool Usage: 1000 ( 4000 Kb)":                                   "",
		"NonPagedPool Max: 29559056 ( 118236224 Kb)":                            "",
		"PagedPool Commit:  18446735300397918280 (18446708980463018272 Kb)":     "",
	} {
		s, b := oneBlock(t, "kd> !vm\nPhysical Memory: 1000 ( 4000 Kb)\n"+line+"\nkd> ")
		if messages(s) != want || b.Unread != 0 {
			t.Errorf("%q: %q, %+v", line, messages(s), b)
		}
		if s.VM.Paged != 0 || want != "" && s.VM.NonPaged != 0 {
			t.Errorf("%q: %+v", line, s.VM)
		}
	}
}
