package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/tooltext"
	"poolsweep/ingest/windbg"
	"poolsweep/templates"
)

// script returns one file of a collection, with LF line ends.
func script(t *testing.T, kind, ending string) string {
	t.Helper()
	all, err := templates.Collection{Kind: kind}.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if strings.HasSuffix(s.Name, ending) {
			return strings.ReplaceAll(string(s.Text), "\r\n", "\n")
		}
	}
	t.Fatalf("%s has no %s", kind, ending)
	return ""
}

// reads returns the only snapshot of a log as lab machines write it, with CRLF.
func reads(t *testing.T, log string) (*ingest.Document, *ingest.Snapshot) {
	t.Helper()
	r := strings.NewReader(strings.ReplaceAll(log, "\n", "\r\n"))
	d, err := windbg.Read(r, "x.log", tooltext.Tables()...)
	if err != nil {
		t.Fatal(err)
	}
	d.NameMachines(ingest.Place{File: "x.log"})
	if len(d.Snapshots) != 1 {
		t.Fatalf("%d snapshots, want 1:\n%s", len(d.Snapshots), log)
	}
	return d, d.Snapshots[0]
}

var setHeader = regexp.MustCompile(`(?m)^(?:if defined (\w+) )?set HEADER=(.*)$`)

// batchHeader returns the line that a .cmd file puts on top of a log, given the
// values of its variables.
func batchHeader(cmd string, values map[string]string) string {
	for _, m := range setHeader.FindAllStringSubmatch(cmd, -1) {
		if _, given := values[m[1]]; m[1] != "" && !given {
			continue
		}
		line := m[2]
		for name, value := range values {
			line = strings.ReplaceAll(line, "%"+name+"%", value)
		}
		values["HEADER"] = line
	}
	return values["HEADER"]
}

// kdPrinted returns what kd appends to a log, each command echoed as from a script
// file. Addresses of 64 bits are parted by a back quote, which stands as ~ here.
func kdPrinted() string { return strings.ReplaceAll(printedByKd, "~", "`") }

const printedByKd = `
Opened log file 'C:\Temp\poolsweep\x.log.part'
lkd> .time
Debug session time: Tue Nov 24 09:30:16.250 2026 (UTC + 8:00)
System Uptime: 4 days 8:30:02.113
lkd> vertarget
Windows 10 Kernel Version 19041 MP (4 procs) Free x64
Product: WinNt, suite: TerminalServer SingleUserTS
Built by: 19041.1.amd64fre.vb_release.191206-1406
Machine Name:
Kernel base = 0xfffff805~31a00000 PsLoadedModuleList = 0xfffff805~3262a270
Debug session time: Tue Nov 24 09:30:16.281 2026 (UTC + 8:00)
System Uptime: 4 days 8:30:02.144
lkd> !poolused 3
   Sorting by  NonPaged Pool Consumed

               NonPaged                  Paged
 Tag     Allocs     Frees      Diff     Used   Allocs     Frees      Diff     Used
 Abcd      5000      1000      4000   512000        0         0         0        0
TOTAL      5000      1000      4000   512000        0         0         0        0
lkd> lm n t
start             end                 module name
fffff805~31a00000 fffff805~32a46000   nt       ntkrnlmp.exe Tue Nov 03 10:20:30 2026 (00000000)
lkd> .echo poolsweep-collect: end of log
poolsweep-collect: end of log
lkd> .logclose
Closing open log file C:\Temp\poolsweep\x.log.part
`

func TestLiveLogIsReadWhole(t *testing.T) {
	header := batchHeader(script(t, "live", ".cmd"), map[string]string{
		"MACHINE": "LAB-014", "NOW": "2026-11-24T09:30:15+08:00", "BOOT": "2026-11-20T01:00:14+08:00",
		"OSVER": "10.0.19045",
	})
	const want = `#poolsweep/1 machine="LAB-014" time="2026-11-24T09:30:15+08:00" ` +
		`boot="2026-11-20T01:00:14+08:00" os="10.0.19045" run="live"`
	if header != want {
		t.Errorf("header %s\nwant   %s", header, want)
	}
	d, s := reads(t, header+kdPrinted())
	if d.Partial() || len(d.Skipped) > 0 {
		t.Errorf("not all was read: %v %v, passed over %v", d.Warnings, s.Warnings, d.Skipped)
	}
	if want := (ingest.Machine{Name: "LAB-014", From: ingest.NameFromHeader}); s.Machine != want {
		t.Errorf("machine %v, want %v", s.Machine, want)
	}
	abcd := s.Find(ingest.Tag{'A', 'b', 'c', 'd'}, ingest.NonPaged)
	if s.At.Format(time.RFC3339) != "2026-11-24T09:30:16+08:00" || abcd == nil {
		t.Errorf("taken %v, tags %v", s.At, s.Tags)
	}
}

func TestLogWithoutClockIsReadToo(t *testing.T) {
	header := batchHeader(script(t, "live", ".cmd"), map[string]string{"MACHINE": "LAB-XP-07"})
	if want := `#poolsweep/1 machine="LAB-XP-07" run="live"`; header != want {
		t.Errorf("header %s\nwant   %s", header, want)
	}
	if _, s := reads(t, header+kdPrinted()); s.Machine.Name != "LAB-XP-07" || s.At.IsZero() {
		t.Errorf("machine %v, taken %v", s.Machine, s.At)
	}
}

func TestDumpIsNeverNamedAfterTheAnalyst(t *testing.T) {
	for _, kind := range []string{"dump", "dumps"} {
		cmd := script(t, kind, ".cmd")
		if strings.Contains(cmd, "COMPUTERNAME") {
			t.Errorf("%s: asks for this machine's name", kind)
		}
		if got, want := batchHeader(cmd, map[string]string{}), `#poolsweep/1 run="dump"`; got != want {
			t.Errorf("%s: header %s, want %s", kind, got, want)
		}
		header := batchHeader(cmd, map[string]string{"MACHINE": "LAB-014"})
		d, s := reads(t, header+strings.ReplaceAll(kdPrinted(), "lkd>", "0: kd>"))
		if s.Machine.Name != "LAB-014" || d.Partial() {
			t.Errorf("%s: %s gives %v, warnings %v %v", kind, header, s.Machine, d.Warnings, s.Warnings)
		}
		if s.At.Format(time.RFC3339) != "2026-11-24T09:30:16+08:00" {
			t.Errorf("%s: taken %v, want the debugger's time", kind, s.At)
		}
	}
}

func TestReaderKnowsWhatTheScriptAsks(t *testing.T) {
	var log strings.Builder
	for line := range strings.Lines(script(t, "dump", ".wds")) {
		if !strings.HasPrefix(line, "q") {
			log.WriteString("0: kd> " + line)
		}
		if strings.HasPrefix(line, "!analyze") { // without an answer it counts as passed over
			log.WriteString("MEMORY_MANAGEMENT (1a)\nArguments:\nArg1: 0000000000041790\n")
		}
	}
	d, err := windbg.Read(strings.NewReader(log.String()), "x.log", tooltext.Tables()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Skipped {
		t.Errorf("%s is asked for and not read", c.Command)
	}
}

var placeholder = regexp.MustCompile(`\{(\d)(?:,(-?\d+))?\}`)

// formatted fills a .NET format as PowerShell's -f does.
func formatted(format string, values ...any) string {
	return placeholder.ReplaceAllStringFunc(format, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		index, _ := strconv.Atoi(m[1])
		width, _ := strconv.Atoi(m[2])
		return fmt.Sprintf("%*v", width, values[index])
	})
}

// psFormat returns the text in single quotes that a PowerShell script formats and
// that begins so.
func psFormat(t *testing.T, ps1, begin string) string {
	t.Helper()
	m := regexp.MustCompile(`'(` + regexp.QuoteMeta(begin) + `[^']*)'`).FindStringSubmatch(ps1)
	if m == nil {
		t.Fatalf("the script prints nothing that begins with %q", begin)
	}
	return m[1]
}

func TestNoDebuggerLogIsReadWhole(t *testing.T) {
	ps1 := script(t, "nodebugger", ".ps1")
	row := psFormat(t, ps1, " {0} {1,-5}")
	log := strings.Join([]string{
		formatted(psFormat(t, ps1, ingest.HeaderPrefix), "LAB-014", "2026-11-24T09:30:15+08:00",
			"2026-11-20T08:00:00+08:00", "10.0.19045"),
		"# Microsoft Windows 10 Pro 10.0.19045, 16657340 KB of memory, 9100000 KB free",
		"", `C:\>poolmon -n`,
		formatted(psFormat(t, ps1, " Memory:"), 16657340, 9100000),
		formatted(psFormat(t, ps1, " Commit:"), 8200000, 20000000, 9900000, 710920, 983564), "",
		psFormat(t, ps1, " Tag  Type"), "",
		formatted(row, "Abcd", "Nonp", 4294967295, 4294000000, 967295, uint64(123813760), 128),
		formatted(row, "Io .", "Paged", 10, 10, 0, 0, 0),
		formatted(row, ".UMD", "Paged", 3, 4, -1, 0, 0),
		"", `C:\>fltmc filters`, "",
		"Filter Name                     Num Instances    Altitude    Frame",
		"------------------------------  -------------  ------------  -----",
		"WdFilter                                5       328010         0",
		"", `C:\>fltmc instances`, "",
		"Filter                Volume Name                              Altitude     " +
			"   Instance Name       Frame   SprtFtrs  VlStatus",
		"--------------------  -------------------------------------  ------------  " +
			"----------------------  -----   --------  --------",
		"WdFilter              C:                                        328010     " +
			"WdFilter Instance         0     00000003",
		"", `C:\>driverquery /v /fo csv`,
		`"Module Name","Display Name","Description","Driver Type","Start Mode","State","Status","Accept Stop",` +
			`"Accept Pause","Paged Pool(bytes)","Code(bytes)","BSS(bytes)","Link Date","Path","Init(bytes)"`,
		`"acme","Acme","Acme","Kernel ","Boot","Running","OK","TRUE","FALSE","4,096","8,192","0",` +
			`"5/18/2025 3:28:03 PM","C:\Windows\system32\drivers\acme.sys","4,096"`,
		"", `C:\>tasklist`, "",
		"Image Name                     PID Session Name        Session#    Mem Usage",
		"========================= ======== ================ =========== ============",
		"System Idle Process              0 Services                   0          8 K",
		"System                           4 Services                   0      1,500 K",
		"", "# poolsweep-collect: end of log", "",
	}, "\n")
	d, s := reads(t, log)
	if d.Partial() {
		t.Errorf("not all was read: %v %v", d.Warnings, s.Warnings)
	}
	for _, b := range s.Blocks {
		if !b.Complete() || b.Unread > 0 || b.Rows == 0 {
			t.Errorf("%s: %s, %d rows, %d lines unread", b.Command, b.State, b.Rows, b.Unread)
		}
	}
	if len(s.Blocks) != 5 || len(s.Filters) != 1 || len(s.Modules) != 1 || s.RAM != 16657340<<10 {
		t.Errorf("%d blocks, %d filters, %d modules, %d bytes of memory",
			len(s.Blocks), len(s.Filters), len(s.Modules), s.RAM)
	}
	if s.Machine.Name != "LAB-014" || s.At.Format(time.RFC3339) != "2026-11-24T09:30:15+08:00" {
		t.Errorf("machine %v, taken %v", s.Machine, s.At)
	}
	row1 := s.Find(ingest.Tag{'A', 'b', 'c', 'd'}, ingest.NonPaged)
	if row1 == nil || row1.Outstanding != 967295 || row1.Frees != 4294000000 || !row1.Counted {
		t.Errorf("first row is %+v", row1)
	}
	if s.Find(ingest.Tag{'I', 'o', ' ', '.'}, ingest.Paged) == nil {
		t.Errorf("tags are %v", s.Tags)
	}
}

func TestRefusedFltmcIsNoEmptyList(t *testing.T) {
	_, s := reads(t, `#poolsweep/1 machine="LAB-014" time="2026-11-24T09:30:15+08:00" run="nodebugger"

C:\>fltmc filters

Operation failed with error: 0x80070005
Access is denied.

C:\>tasklist

Image Name                     PID Session Name        Session#    Mem Usage
========================= ======== ================ =========== ============
System                           4 Services                   0      1,500 K

# poolsweep-collect: end of log
`)
	if s.FilterSet {
		t.Error("a refusal counts as a list of no filters")
	}
}
