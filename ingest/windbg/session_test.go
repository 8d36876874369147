package windbg

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestReadTime(t *testing.T) {
	for in, want := range map[string]string{
		"Wed Jan 31 14:47:08 2001":                  "2001-01-31T14:47:08Z",
		"Tue Jun 17 02:28:23.000 2008 (GMT-7)":      "2008-06-17T02:28:23-07:00",
		"Tue Jun 17 02:28:23.000 2008 (GMT+5:30)":   "2008-06-17T02:28:23+05:30",
		"Fri Sep 29 11:46:06.702 2023 (UTC - 7:00)": "2023-09-29T11:46:06.702-07:00",
		"Sun Jul  9 01:02:03.5 2023 (UTC + 9:00)":   "2023-07-09T01:02:03.5+09:00",
		"Sun Jul  9 01:02:03 2023 (UTC + 0:00)":     "2023-07-09T01:02:03Z",
		"Sun Jul  9 01:02:03 2023 (UTC)":            "2023-07-09T01:02:03Z",
		"Sun Nov 29 10:54:34.000 2076":              "2076-11-29T10:54:34Z",
		"Sun Feb 30 10:54:34.000 2020":              "",
		"Sun Jul  9 01:02:03 2023 (CET)":            "",
		"Sun Jul  9 01:02:03 2023 (UTC + 15:00)":    "",
		"Sun Jul  9 01:02:03 2023 (UTC + 1:75)":     "",
		"Sun Jul  9 01:02:03 2023 (UTC ~ 1:00)":     "",
		"01-15-2019 07:10:47.095":                   "",
		"not available":                             "",
	} {
		var s session
		err := readTime(&s, []byte(in))
		got := ""
		if err == nil {
			got = s.at.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("readTime(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestReadUptime(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0 days 0:10:16.931":  10*time.Minute + 16931*time.Millisecond,
		"0 days 01:31:58":     time.Hour + 31*time.Minute + 58*time.Second,
		"1 days 21:45:06.836": 45*time.Hour + 45*time.Minute + 6836*time.Millisecond,
		"38 days 3:18:11.520": 915*time.Hour + 18*time.Minute + 11520*time.Millisecond,
		"not available":       -1,
		"1 days":              -2,
		"-1 days 0:00:00":     -2,
		"99999 days 0:00:00":  -2,
		"1 days 0:00":         -2,
		"1 days 0:00:xx":      -2,
		"28m:16.641":          -2,
	} {
		var s session
		err := readUptime(&s, []byte(in))
		switch {
		case want == -2 && err == nil, want != -2 && err != nil, s.uptimeOK != (want >= 0), s.uptimeOK && s.uptime != want:
			t.Errorf("readUptime(%q) = %v, %t, %v", in, s.uptime, s.uptimeOK, err)
		}
	}
}

func TestReadOS(t *testing.T) {
	for in, want := range map[string]ingest.OS{
		"Windows 10 Kernel Version 22621 MP (4 procs) Free x64":                            {Build: 22621, Bits: 64, Processors: 4},
		"Windows XP Kernel Version 2600 (Service Pack 3) MP (2 procs) Free x86 compatible": {Build: 2600, Bits: 32, ServicePack: 3, Processors: 2},
		"Windows XP Kernel Version 2505 UP Free x86 compatible":                            {Build: 2505, Bits: 32, Processors: 1},
		"Windows 10 Kernel Version 19041 MP (8 procs) Free ARM 64-bit (AArch64)":           {Build: 19041, Bits: 64, Processors: 8},
		"Windows 8.1 Kernel Version 9600 MP (4 procs) Free ARM (NT) Thumb-2":               {Build: 9600, Bits: 32, Processors: 4},
		"Windows Server 2008/Windows Vista Kernel Version 6002 (Service Pack 2) MP (16 procs) Free x64": {
			Build: 6002, Bits: 64, ServicePack: 2, Processors: 16},
		"Windows 10 Kernel Version": {},
	} {
		want.Text = in
		var s session
		if err := readOS(&s, []byte(strings.TrimPrefix(in, "Windows "))); err != nil || s.os != want {
			t.Errorf("readOS(%q) = %+v, %v", in, s.os, err)
		}
	}
}

func TestReadMachine(t *testing.T) {
	for in, want := range map[string]string{
		"LAB-014": "LAB-014", `"LAB-014"`: "LAB-014", "”VMOA2024974-01″": "VMOA2024974-01",
		"": "", `""`: "", "Not Found": "", `\\HOST\share`: "", "c:": "", strings.Repeat("x", 64): "",
	} {
		var s session
		if err := readMachine(&s, []byte(in)); err != nil || s.machine.Name != want {
			t.Errorf("readMachine(%q) = %q, %v", in, s.machine.Name, err)
		}
	}
}

// at prints what .time does for an hour of one day.
func at(hour int, uptime string) string {
	return fmt.Sprintf("Debug session time: Mon Mar  3 %02d:00:00.000 2025 (UTC + 1:00)\nSystem Uptime: %s\n", hour, uptime)
}

// banner prints the begin of a session.
func banner(machine, base string, hour int, uptime string) string {
	return "Opened log file 'c:\\kd.log'\n\nMicrosoft (R) Windows Debugger Version 10.0.22621.2428 AMD64\n\n" +
		"Windows 10 Kernel Version 22621 MP (4 procs) Free x64\nMachine Name:" + machine +
		"\nKernel base = 0x" + base + " PsLoadedModuleList = 0xfffff802`53c1f990\n" + at(hour, uptime)
}

const (
	baseA = "fffff802`53800000"
	baseB = "fffff803`11800000"
	list  = "0: kd> !fltkd.filters\n\nFilter List: ffffcb0e0b3a50d0 \"Frame 0\" \n" +
		"   FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n"
	image = "0: kd> lm a fffff802`54300010\nstart             end                 module name\n" +
		"fffff802`54300000 fffff802`54301000   qzplug     (deferred)\n"
)

// pool prints a table with n allocations.
func pool(n int64) string { return "0: kd> !poolused 2\n" + table(usageRow{"AbA1", n, 64 * n, 0, 0}) }

// TestSnapshots checks how logs fall into snapshots: hour, machine, modules and
// blocks of each.
func TestSnapshots(t *testing.T) {
	for _, c := range []struct{ name, log, want string }{
		{"one session", banner(" QZ1", baseA, 8, "1 days 0:00:00") + pool(1) + list + image,
			"8 QZ1 1 !poolused 2|!fltkd.filters|lm a fffff802`54300010"},
		{"no banner", pool(1) + list, "? ? 0 !poolused 2|!fltkd.filters"},
		{"later session of the same boot",
			banner(" QZ1", baseA, 8, "1 days 0:00:00") + image + pool(1) + banner("", baseA, 9, "1 days 1:00:00") + list,
			"8 QZ1 1 lm a fffff802`54300010|!poolused 2; 9 QZ1 1 !fltkd.filters"},
		{"after a boot",
			banner(" QZ1", baseA, 8, "1 days 0:00:00") + image + pool(1) + banner("", baseB, 9, "0 days 0:20:00") + list,
			"8 QZ1 1 lm a fffff802`54300010|!poolused 2; 9 QZ1 0 !fltkd.filters"},
		{"a boot told by uptime alone",
			"0: kd> .time\n" + at(8, "1 days 0:00:00") + image + pool(1) + "0: kd> .time\n" + at(9, "0 days 0:20:00") + list,
			"8 ? 1 .time|lm a fffff802`54300010|!poolused 2; 9 ? 0 .time|!fltkd.filters"},
		{"another machine",
			banner(" QZ1", baseA, 8, "1 days 0:00:00") + image + pool(1) + banner(" QZ2", baseB, 8, "2 days 0:00:00") + list,
			"8 QZ1 1 lm a fffff802`54300010|!poolused 2; 8 QZ2 0 !fltkd.filters"},
		{"the banner twice", banner(" QZ1", baseA, 8, "1 days 0:00:00") + banner(" QZ1", baseA, 8, "1 days 0:00:00") + pool(1) +
			banner(" QZ1", baseA, 8, "1 days 0:00:00") + list, "8 QZ1 0 !poolused 2|!fltkd.filters"},
		{"the log opened again", banner(" QZ1", baseA, 8, "1 days 0:00:00") + pool(1) + "Opened log file 'c:\\kd.log'\n" + list,
			"8 QZ1 0 !poolused 2|!fltkd.filters"},
		{"a look at the clock", banner("", baseA, 8, "1 days 0:00:00") + pool(1) + "0: kd> .time\n" + at(9, "1 days 1:00:00") + list,
			"8 ? 0 !poolused 2|.time|!fltkd.filters"},
		{"the same figures later", banner("", baseA, 8, "1 days 0:00:00") + pool(1) + "0: kd> .time\n" + at(9, "1 days 1:00:00") + pool(1),
			"8 ? 0 !poolused 2; 9 ? 0 .time|!poolused 2"},
		{"other figures without a time", banner(" QZ1", baseA, 8, "1 days 0:00:00") + image + pool(1) + pool(2),
			"8 QZ1 1 lm a fffff802`54300010|!poolused 2; ? QZ1 1 !poolused 2"},
		{"the time after the table", pool(1) + "0: kd> .time\n" + at(9, "1 days 1:00:00"), "9 ? 0 !poolused 2|.time"},
		{"a name after the table", pool(1) + "0: kd> !peb\n        COMPUTERNAME=QZ3\n" + list,
			"? QZ3 0 !poolused 2|!fltkd.filters"},
		{"the same module asked for twice", image + image, "? ? 1 lm a fffff802`54300010|lm a fffff802`54300010"},
		{"a banner and nothing else", banner("", baseA, 8, "1 days 0:00:00"), "8 ? 0 "},
	} {
		var got []string
		for _, s := range read(t, c.log+"0: kd> ").Snapshots {
			got = append(got, summary(s))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, text, c.want)
		}
	}
}

// summary tells hour, machine, number of modules and commands of a snapshot.
func summary(s *ingest.Snapshot) string {
	hour, machine := "?", "?"
	if !s.At.IsZero() {
		hour = fmt.Sprint(s.At.Hour())
	}
	if s.Machine.Name != "" {
		machine = s.Machine.Name
	}
	var commands []string
	for _, b := range s.Blocks {
		commands = append(commands, b.Command)
	}
	return fmt.Sprintf("%s %s %d %s", hour, machine, len(s.Modules), strings.Join(commands, "|"))
}

// TestMemoryIsCarriedOver checks that a snapshot without !vm has the machine's memory.
func TestMemoryIsCarriedOver(t *testing.T) {
	d := read(t, pool(1)+"0: kd> !vm\nPhysical Memory: 1000 ( 4000 Kb)\nCommit limit: 1 ( 4 Kb)\n"+pool(2)+"0: kd> ")
	if len(d.Snapshots) != 2 || d.Snapshots[1].RAM != 4000<<10 || d.Snapshots[1].VM != nil {
		t.Errorf("%s", dumped(d))
	}
}

// TestBrokenSessionLinesAreWarnings checks that they are told with their place.
func TestBrokenSessionLinesAreWarnings(t *testing.T) {
	d := read(t, "Kernel base = nowhere\nDebug session time: noon\nSystem Uptime: long\n"+pool(1)+"0: kd> ")
	var got []string
	for _, w := range d.Warnings {
		got = append(got, w.String())
	}
	want := `test.log:1: kernel base is no address: "Kernel base = nowhere"
test.log:2: session time not understood: "Debug session time: noon"
test.log:3: uptime not understood: "System Uptime: long"`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
}
