package windbg

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// checkFacts checks what holds for the facts around the pool tables.
func checkFacts(t *testing.T, s *ingest.Snapshot, inRange func(string, int)) {
	t.Helper()
	once := map[fact]bool{}
	keep := func(f fact, line int) {
		inRange(f.kind, line)
		if once[f] {
			t.Errorf("%+v is kept twice", f)
		}
		once[f] = true
	}
	for _, d := range s.Verified {
		keep(fact{kind: "verified", name: ingest.ModuleKey(d.Module)}, d.Line)
		if d.Module == "" {
			t.Errorf("driver %+v", d)
		}
		for _, b := range d.Blocks {
			inRange("blocks", b.Line)
			if b.Count < 1 {
				t.Errorf("blocks %+v", b)
			}
		}
	}
	if c := s.Bugcheck; c != nil && (c.Code == 0 || c.Known < 0 || c.Known > 4) {
		t.Errorf("bugcheck %+v", c)
	}
	for _, r := range s.Running {
		inRange("process", r.Line)
		if r.Image == "" || r.Handles < -1 {
			t.Errorf("process %+v", r)
		}
	}
	for _, h := range s.Handles {
		inRange("handles", h.Line)
		if h.Count < 0 {
			t.Errorf("handles %+v", h)
		}
	}
	for _, o := range s.Objects {
		keep(fact{kind: "object", at: o.Address}, o.Line)
	}
	for _, f := range s.Found {
		inRange("blocks", f.Line)
		if f.Count < len(f.First) || len(f.First) == 0 || len(f.First) > ingest.KeptAddresses {
			t.Errorf("blocks %+v", f)
		}
	}
	for _, x := range s.Tallies {
		keep(fact{kind: "tally", name: x.What}, x.Line)
	}
}

// TestHex reads numbers that do not say they are hexadecimal, and what ends them.
func TestHex(t *testing.T) {
	for text, want := range map[string]string{
		"0x1a for": "1a 4", "00000950 bytes": "950 8", "c0": "c0 2", "0": "0 1", "0x": "0 0", "": "0 0", "xyz": "0 0",
		"00000000`00000062 x": "62 17", "ffffe708`861aeea8": "ffffe708861aeea8 17", "`1": "0 0", "0`1": "0 1",
		"12345678901234567": "0 0", "FFFFE708861AEEA8)": "ffffe708861aeea8 16",
	} {
		v, n := hex([]byte(text))
		if got := fmt.Sprintf("%x %d", v, n); got != want {
			t.Errorf("hex(%q) = %s, want %s", text, got, want)
		}
	}
}

// TestVerifiedRows reads one line of a list of verified drivers.
func TestVerifiedRows(t *testing.T) {
	for line, want := range map[string]string{
		"0x8645a000  0x00001008  mdrv  0x9a3bf687  My!Dispatch+0x2": `"mdrv" 4104 "My!Dispatch+0x2"`,
		"0x8645a000  0x00000008  Io    0x9a3bf687  My!Dispatch":     `"Io  " 8 "My!Dispatch"`,
		"0x8645a000  0x00000008  Dh 1  0x9a3bf687":                  `"Dh 1" 8 "0x9a3bf687"`,
		"8645a000     0x0000003c     Vprt      88c62963":            `"Vprt" 60 "88c62963"`,
		"0x8645a000 0x00000008 b 0x9a3bf687 My!Dispatch":            `"b   " 8 "My!Dispatch"`,
		"0x8645a000  0x00000008  1394  0x9a3bf687":                  `"1394" 8 "0x9a3bf687"`,
		"0x8645a000  0x00000008  mdrv":                              "",
		"0x8645a000  bytes  mdrv  0x9a3bf687":                       "",
		"0x8645a000  0x00000008  longtag  0x9a3bf687":               "",
		"8645a000 nt!VerifierExAllocatePoolWithTag+0x49":            "",
	} {
		s, b := oneBlock(t, "kd> !verifier 3\nDriver Verification List\nMODULE: 0x84226b28 My.sys (Loaded)\n"+line+"\nkd> ")
		got := ""
		for _, x := range s.Verified[0].Blocks {
			got += fmt.Sprintf("%q %d %q", x.Tag, x.Bytes, x.Caller)
		}
		if got != want || b.Rows+b.Unread != 2 {
			t.Errorf("%q: %s, %+v; want %s", line, got, b, want)
		}
	}
}

// TestVerifiedDriverLines reads the line that begins a driver.
func TestVerifiedDriverLines(t *testing.T) {
	for line, want := range map[string]string{
		"MODULE: 0x84226b28 My.sys (Loaded)":                                          "My.sys Loaded 0 0",
		"nt!_VF_TARGET_DRIVER 0xffffcb8438730e10: a b.sys (Loaded and Unloaded)":      "a b.sys Loaded and Unloaded 0 0",
		"fffffa8003b6f670 Loaded           000000a0       00000854    videoprt.sys":   "videoprt.sys Loaded 160 2132",
		"8459ca50 Loaded and Unloaded 000000a0 100000000 x.sys":                       "x.sys Loaded and Unloaded 160 4294967296",
		"8459ca50 Loaded  a0  854  x.sys":                                             "",
		"8459ca50 Loaded  000000a0  00000854  nosys":                                  "",
		"MODULE: 0x84226b28 My.sys":                                                   "",
		"MODULE: My.sys (Loaded)":                                                     "",
		"MODULE: 0x84226b28 (Loaded)":                                                 "",
		"fffff8800420f2ca USBPORT!USBPORT_DM_IoTimerDpc+0x9a":                         "",
		"fffff8800420f2ca Loaded 00000000 00000000 USBPORT!USBPORT_DM_IoTimerDpc.x+9": "",
	} {
		s := only(t, "kd> !verifier 1\nDriver Verification List\n"+line+"\nkd> ")
		got := ""
		for _, d := range s.Verified {
			got += fmt.Sprintf("%s %s %d %d", d.Module, d.State, d.NonPaged.Bytes, d.Paged.Bytes)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

// TestStopLines reads every form of a stop code, alone in a text.
func TestStopLines(t *testing.T) {
	for text, want := range map[string]string{
		"BugCheck C4, {62, 9707712c, 9c1faf70, 3}":                                "c4 4 3",
		"BugCheck 1000007E, {ffffffffc0000005, 1, 2, 3}":                          "1000007e 4 3",
		"Bugcheck: C4 (62, FFFFE708861AEEA8, 1, 12)":                              "c4 4 12",
		"Bugcheck code 000000C4\nArguments 00000062 9707712c 9c1faf70 00000003":   "c4 4 3",
		"*** Fatal System Error: 0x000000c4\n    (0x00000062,0x1,0x2,0x0000001F)": "c4 4 1f",
		"*** Fatal System Error: 0x000000c4\nsomething else":                      "c4 0 0",
		"BugCheck C4, {62, 9707712c, 9c1faf70":                                    "",
		"Bugcheck code C4":                                                        "",
		"BugCheck C4 was found.":                                                  "",
		"Bugcheck: This is a myfault.sys dump.":                                   "",
		"This bugcheck C4, {62, 1, 2, 3} is known.":                               "",
		"*** Fatal System Error: unknown":                                         "",
		"SYSTEM_SERVICE_EXCEPTION (3b)\nArg1: 00000000c0000005, x":                "",
	} {
		d := read(t, text+"\n\nwords\n")
		got := ""
		if len(d.Snapshots) > 0 && d.Snapshots[0].Bugcheck != nil {
			c := d.Snapshots[0].Bugcheck
			got = fmt.Sprintf("%x %d %x", c.Code, c.Known, c.Args[3])
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestTheLeakerIsNamedByTheTextAlone varies what stands beside a stop C4/62.
func TestTheLeakerIsNamedByTheTextAlone(t *testing.T) {
	const stop = "kd> .bugcheck\nBugcheck code 000000C4\nArguments 00000062 9707712c 9c1faf70 00000003\n"
	driver := func(name string, allocs int) string {
		return fmt.Sprintf("MODULE: 0x84226b28 %s (Loaded)\n  Current Pool Allocations: ( 0x%08x / 0x00000000 )\n", name, allocs)
	}
	list := "kd> !verifier 1\nDriver Verification List\n"
	for _, c := range []struct{ name, log, want string }{
		{"nothing", stop, ""},
		{"the name at the address", stop + "kd> dS 9707712c\n98077130  \"a.sys\"\n", "a.sys"},
		{"another text", stop + "kd> da 9707712d\n98077130  \"a.sys\"\n", ""},
		{"the name before the stop", "kd> dS 9707712c\n98077130  \"a.sys\"\n" + stop, "a.sys"},
		{"one that holds as many", stop + list + driver("a.sys", 3) + driver("b.sys", 4), "a.sys"},
		{"two that do", stop + list + driver("a.sys", 3) + driver("b.sys", 3), ""},
		{"none that does", stop + list + driver("a.sys", 2), ""},
		{"one asked for", stop + "kd> !verifier 3 a.sys\n", "a.sys"},
		{"asked for twice", stop + "kd> !verifier 3 a.sys\nkd> !verifier 3 A.SYS\n", "A.SYS"},
		{"two asked for", stop + "kd> !verifier 3 a.sys\nkd> !verifier 3 b.sys\n", ""},
		{"asked for and holding others", stop + "kd> !verifier 3 a.sys\nDriver Verification List\n" + driver("a.sys", 2), ""},
		{"another stop", strings.ReplaceAll(stop, "00000062", "000000d2") + list + driver("a.sys", 3), ""},
		{"a later dump", stop + "kd> .bugcheck\nBugcheck code 0000000A\nArguments 1 2 3 4\nkd> !verifier 3 a.sys\n", ""},
	} {
		d := read(t, c.log+"kd> ")
		if got := d.Snapshots[0].Bugcheck.Driver; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAnAnalysisGivesNoOtherRows puts every output of ours into an analysis.
func TestAnAnalysisGivesNoOtherRows(t *testing.T) {
	var inside strings.Builder
	for _, o := range outputs {
		_, text, _ := strings.Cut(o.text, "\n")
		if o.name != "time" {
			inside.WriteString(text + "\n")
		}
	}
	s, b := oneBlock(t, "kd> !analyze -v\nA_STOP (c4)\n"+inside.String()+"ffff : tag Proc, size 0x10, Paged pool\nkd> ")
	if len(s.Tags)+len(s.Filters)+len(s.Modules)+len(s.Scans)+len(s.Found) > 0 || s.VM != nil || s.Processes != nil || !b.Complete() {
		t.Errorf("%s", dumped(read(t, inside.String())))
	}
}

// TestBlockRows reads one row of !poolfind in every layout.
func TestBlockRows(t *testing.T) {
	for line, want := range map[string]string{
		"ffffd48ca040f340 : tag Proc, size     0xb70, Nonpaged pool":         `"Proc" nonpaged 2928`,
		"ffffd48ca040f340 : tag Io  , size         0, Paged pool":            `"Io  " paged 0`,
		"ffffd48ca040f340 : tag a, b, size      0x10, Paged pool":            `"a, b" paged 16`,
		"8040f340 : tag Dh 1, size 0x10, Session paged pool":                 `"Dh 1" unknown 16`,
		"826fa130 size:   c0 previous size:   40  (Allocated) SeSd":          `"SeSd" unknown 192`,
		"826fa130 size: c0 previous size: 40 (Allocated) Io":                 `"Io  " unknown 192`,
		"*826fa130 : large page allocation, tag is Gh05, size is 0x10 bytes": `"Gh05" unknown 16`,
		"826fa130 size:   c0 previous size:   40  (Free)      SeSd":          "",
		"ffffd48ca040f340 : tag Procs, size     0xb70, Nonpaged pool":        "",
		"ffffd48ca040f340 : tag Proc, size     b, Nonpaged":                  `"Proc" unknown 11`,
		"ffffd48ca040f340 : tag Proc, size":                                  "",
		"826fa130 size:   c0 previous size:   40  (Allocated)":               "",
		"826fa130 size:   c0 previous size:   40":                            "",
	} {
		s, b := oneBlock(t, "kd> !poolfind x\nScanning large pool allocation table for Tag: x (1 : 2)\n"+line+"\nkd> ")
		got := ""
		for _, f := range s.Found {
			got += fmt.Sprintf("%q %s %d", f.Tag, f.Pool, f.Bytes)
		}
		if got != want || b.Rows+b.Unread != 1 {
			t.Errorf("%q: %s, %+v; want %s", line, got, b, want)
		}
	}
}

// TestTagGroupsAreBounded lists more tags than any machine has.
func TestTagGroupsAreBounded(t *testing.T) {
	var log strings.Builder
	log.WriteString("kd> !poolfind *\n")
	for i := range maxBlockGroups + 10 {
		fmt.Fprintf(&log, "ffffd48c%08x : tag %04x, size 0x10, Paged pool\n", i*0x10, i)
	}
	s, b := oneBlock(t, log.String()+"kd> ")
	if len(s.Found) != maxBlockGroups || b.Rows != maxBlockGroups+10 || messages(s) != "more tags than are kept (and 9 more)" {
		t.Errorf("%d groups, %+v, %s", len(s.Found), b, messages(s))
	}
}

// TestMinorCommandsWithoutOutput checks that they count as not read, without a warning.
func TestMinorCommandsWithoutOutput(t *testing.T) {
	for _, c := range commands {
		if !c.minor {
			continue
		}
		for _, output := range []string{"", "Unable to read that.\n", "\nSomething:\n  with an indent\n"} {
			d := read(t, "kd> "+c.names[0]+" 80000000\n"+output+"kd> "+pool(1)+"kd> ")
			if len(d.Skipped) != 1 || len(d.Snapshots) != 1 || len(d.Snapshots[0].Blocks) != 1 || len(d.Snapshots[0].Warnings) > 0 {
				t.Errorf("%s: %s", c.names[0], dumped(d))
			}
		}
	}
}

// TestSeveralCommandsOnALine checks that no output swallows the next one's.
func TestSeveralCommandsOnALine(t *testing.T) {
	for _, path := range cases(t) {
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		typed, output, _ := strings.Cut(string(log), "\n")
		command, ok := prompt([]byte(typed))
		ours := regexp.MustCompile(`testdata.(verifier|bugcheck|poolfind|pool|handle|object|counts).`).MatchString(path)
		if !ok || !ours || newParser(name, newMemory()).named(newTyped(command, 1)) == nil {
			continue
		}
		for at := range len(output) {
			if rest, ok := prompt([]byte(output[at:])); ok && (at == 0 || output[at-1] == '\n') && len(rest) > 0 {
				output = output[:at]
				break
			}
		}
		d := read(t, typed+"; !poolused 2\n"+strings.TrimRight(output, "\n")+"\n"+table(usageRow{"Zz 9", 1, 64, 0, 0})+"kd> ")
		found := false
		for _, s := range d.Snapshots {
			found = found || s.Find(ingest.MustTag("Zz 9"), ingest.NonPaged) != nil
		}
		if !found {
			t.Errorf("%s: the table is not found:\n%s", path, dumped(d))
		}
	}
}

// TestHeadersAreRead checks that every line taken for a header is one for the
// reader, too, whole or cut.
func TestHeadersAreRead(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		for _, text := range bytes.Split(log, []byte("\n")) {
			for at := range len(text) + 1 {
				p := newParser(name, newMemory())
				cmd := p.headed(text[:at])
				if cmd == nil {
					continue
				}
				p.open(cmd, typed{line: 1}, false)
				if v := p.block.body.read(p.block, line{text: text[:at], no: 1, open: at < len(text)}); v == foreign {
					t.Errorf("%q is a header and is not read", text[:at])
				}
			}
		}
	})
}

// rowsOf is an endless listing that is made while it is read.
type rowsOf struct {
	head, row string // row has one verb for the number
	left, no  int
	buf, rest []byte
}

func (r *rowsOf) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.head != "" {
		r.rest, r.head = []byte(r.head), ""
	}
	if len(r.rest) == 0 {
		r.buf = r.buf[:0]
		for len(r.buf) < 1<<16 && r.left > 0 {
			r.buf = fmt.Appendf(r.buf, r.row, r.no*0x150)
			r.no++
			r.left--
		}
		r.rest = r.buf
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestListingsTakeNoMemory reads many rows and looks at what is allocated.
func TestListingsTakeNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("counts allocations, to which the race detector adds its own")
	}
	const rows = 300000
	for _, r := range []*rowsOf{
		{head: "kd> !poolfind Proc\n", row: "ffffd48c%08x : tag Proc, size     0xb70, Nonpaged pool\n"},
		{head: "kd> !poolfind Proc 0\n", row: "%08x size:   c0 previous size:   40  (Allocated) Proc\n"},
		{head: "kd> !irpfind\n", row: "fffffa80%08x [0000000000000000] irpStack: ( f, 0)  fffffa8019c29050 [ \\Driver\\usbhuci]\n"},
		{head: "kd> !pool 80000000\n", row: " %08x size:   c0 previous size:   40  (Allocated)  Proc\n"},
		{head: "kd> !verifier 3\nDriver Verification List\nMODULE: 0x84226b28 My.sys (Loaded)\n", row: "  0x%08x  0x00000020  VMdl  0x9a3bf6ac  My!Dispatch\n"},
		{head: "kd> !handle 0 3\nPROCESS 80a02a60  Cid: 0002\n  Image: a.exe\nHandle table at 80a03788 with 9 entries in use\n",
			row: "%x: Object: ffffa604f6825060  GrantedAccess: 001f0003 Entry: ffff8000adccb7c0\n"},
	} {
		command, _, _ := strings.Cut(r.head, "\n")
		r.left = rows
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := Read(r, name)
		runtime.ReadMemStats(&after)
		if err != nil || len(d.Snapshots) != 1 || d.Snapshots[0].Blocks[0].Rows < rows {
			t.Fatalf("%s: %v, %s", command, err, dumped(d))
		}
		made := (after.TotalAlloc - before.TotalAlloc) / rows // the generator makes some itself
		if made > 40 {
			t.Errorf("%s: %d bytes allocated a row", command, made)
		}
	}
}
