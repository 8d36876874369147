package samples_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// windows10 is a desktop of the 22H2 line.
func windows10(name string, at time.Time, uptime string) target {
	return target{
		version: "Windows 10 Kernel Version 19041 MP (8 procs) Free x64",
		product: "Product: WinNt, suite: TerminalServer SingleUserTS",
		build:   "Edition build lab: 19041.1.amd64fre.vb_release.191206-1406",
		name:    name, base: "0xfffff806`1c400000", modules: "0xfffff806`1d02a2b0", at: at, uptime: uptime,
	}
}

// windows10Modules is what such a desktop loads; extra are drivers of the machine at hand.
func windows10Modules(extra string) []image {
	return slices.Concat(
		layout(0xffffc46e_00800000, "win32kbase:2d7000 win32kfull:3b3000 win32k:9a000 cdd:49000"),
		layout(0xfffff806_17400000, `
			kd_02_8086:9e000 mcupdate_GenuineIntel:201000 CLFS:6a000 tm:26000 PSHED:1a000 BOOTVID:b000
			FLTMGR:72000 msrpc:61000 ksecdd:2c000 clipsp:114000 cmimcext:f000 werkernel:12000 ntosext:d000
			CI:eb000 cng:ba000 Wdf01000:d1000 WDFLDR:13000 SleepStudyHelper:f000 WppRecorder:11000
			acpiex:26000 mssecflt:5e000 SgrmAgent:1a000 ACPI:cc000 WMILIB:c000 intelpep:5b000 msisadrv:b000
			pci:6f000 vdrvroot:14000 pdc:2f000 CEA:19000 partmgr:31000 spaceport:aa000 volmgr:1a000
			volmgrx:63000 mountmgr:1e000 stornvme:35000 storport:b1000 EhStorClass:1c000 fileinfo:1a000
			Wof:40000 WdFilter:7e000 Ntfs:2d9000 Fs_Rec:d000 ndis:16f000 NETIO:98000 ksecpkg:32000
			tcpip:2ec000 fwpkclnt:7a000 wfplwfs:30000 fvevol:c9000 volume:b000 volsnap:70000 rdyboost:4d000
			mup:26000 iorate:12000 disk:1c000 CLASSPNP:6c000`),
		layout(0xfffff806_1c400000, "nt:1046000 hal:6000"),
		layout(0xfffff806_2e000000, `
			crashdmp:21000 cdrom:30000 filecrypt:15000 tbs:e000 Null:a000 Beep:a000 dxgkrnl:3a4000
			watchdog:18000 BasicDisplay:16000 BasicRender:11000 Npfs:1c000 Msfs:11000 CimFS:22000 tdx:23000
			TDI:10000 netbt:59000 afunix:13000 afd:a7000 vwififlt:1a000 pacer:2b000 ndiscap:14000
			netbios:14000 Vid:a2000 winhvr:21000 rdbss:7c000 csc:93000 nsiproxy:12000 npsvctrig:e000
			mssmbios:10000 gpuenergydrv:b000 dfsc:2c000 bam:17000 ahcache:50000 CompositeBus:12000
			kdnic:d000 umbus:15000 igdkmd64:1f7b000 HDAudBus:2c000 portcls:66000 drmk:21000 ks:79000
			USBXHCI:9c000 ucx01000:48000 TeeDriverW8x64:46000 e1d68x64:9a000 i8042prt:25000 kbdclass:14000
			mouclass:13000 CmBatt:14000 BATTC:f000 wmiacpi:c000 intelppm:41000 UEFI:c000 NdisVirtualBus:d000
			swenum:c000 rdpbus:e000 UsbHub3:a3000 USBD:e000 RTKVHD64:61b000 ksthunk:f000 HIDUSB:12000
			HIDCLASS:3f000 HIDPARSE:13000 luafv:29000 wcifs:36000 cldflt:86000 storqosflt:1a000
			bindflt:27000 mslldp:19000 lltdio:18000 rspndr:1b000 wanarp:1d000 msquic:5a000 HTTP:18e000
			bowser:25000 mpsdrv:1a000 mrxsmb:94000 mrxsmb20:45000 Ndu:28000 peauth:d6000 srvnet:51000
			srv2:c7000 tcpipreg:14000 condrv:12000 `+extra))
}

// peers are the filters of an ordinary Windows 10 machine, one instance a
// volume for those that attach everywhere, and more, highest altitude first.
func peers(m string, volumes int, more ...filter) []filter {
	fs := append(more,
		attach(m, true, "bindflt", "409800", "bindflt Instance", 1),
		attach(m, true, "WdFilter", "328010", "WdFilter Instance", volumes+2),
		attach(m, true, "storqosflt", "244000", "storqosflt", 0),
		attach(m, true, "wcifs", "189900", "wcifs Instance", 0),
		attach(m, true, "CldFlt", "180451", "CldFlt", 0),
		attach(m, true, "FileCrypt", "141100", "FileCrypt Instance", 0),
		attach(m, true, "luafv", "135000", "luafv", 1),
		attach(m, true, "npsvctrig", "46000", "npsvctrig", 1),
		attach(m, true, "Wof", "40700", "Wof Instance", volumes),
		attach(m, true, "FileInfo", "40500", "FileInfo", volumes+2),
	)
	slices.SortFunc(fs, func(a, b filter) int { return cmp.Compare(height(b), height(a)) })
	return fs
}

// height is good enough to order the few altitudes of the samples.
func height(f filter) float64 {
	h, _ := strconv.ParseFloat(f.altitude, 64)
	return h
}

// filterTags makes the filter manager's tags agree with the listing.
func (t table) filterTags(filters []filter, volumes int64) {
	n := attached(filters)
	for tag, u := range map[string]usage{
		"FMis": {n + 214, 214, n * 1024},
		"FMvo": {volumes + 31, 31, volumes * 4096},
		"FMfl": {int64(len(filters)), 0, int64(len(filters)) * 1104},
		"FMrr": {n + volumes + 77, 68, (n + volumes + 9) * 1040},
	} {
		t.find(tag).np = u
	}
}

// healthy is a desktop in daily use, with nothing to find.
func healthy() string {
	const name = "LAB-W10-21"
	filters := peers(name, 4,
		attach(name, true, "SysmonDrv", "385201", "Sysmon Instance", 5),
		attach(name, true, "UCPD", "385250.5", "UCPD - Top Instance", 5))
	t := machine{seed: name, scale: 0.83, granule: 16}.background(slices.Concat(nt6Tags, nt10Tags)...)
	t.filterTags(filters, 6)
	t.find("Proc").np = usage{11877, 11718, 159 * 3504}
	s := open(`C:\kdlogs\kd_0bf4_2024-05-14_10-12-47-318.log`, "0: kd>")
	at := time.Date(2024, 5, 14, 10, 12, 58, 604e6, lab)
	s.run("vertarget", windows10("", at, "4 days 1:20:33.417").vertarget())
	s.run(".sympath", sympath)
	s.run("!vm", vmPlain(windows10PageFiles, vmNT10(t, 4177316, 2604418, 388)))
	s.run("!poolused 3", "...\n"+t.sorted(nonpaged).verbose(byNonPaged))
	s.run("!poolused 5", "...\n"+t.sorted(paged).verbose(byPaged))
	s.run("!fltkd.filters", listing("ffffb60c07e6a0d0", "Frame 0", filters))
	s.run("lm", lm(windows10Modules("SysmonDrv:2a000 UCPD:1b000 WdNisDrv:18000"), x64Symbols))
	s.run("!process 0 0", processes64(desktop()))
	return s.close()
}

const windows10PageFiles = "Page File: \\??\\C:\\pagefile.sys\n" +
	"  Current:   2490368 Kb  Free Space:   2433020 Kb\n  Minimum:   2490368 Kb  Maximum:     50127792 Kb\n" +
	"Page File: \\??\\C:\\swapfile.sys\n" +
	"  Current:     16384 Kb  Free Space:     16376 Kb\n  Minimum:     16384 Kb  Maximum:     25063896 Kb\n" +
	"No Name for Paging File\n" +
	"  Current:  66837056 Kb  Free Space:  66101180 Kb\n  Minimum:  66837056 Kb  Maximum:     66837056 Kb\n"

// desktop is 150 live processes and two that have exited but are still listed.
func desktop() []process {
	next := uint32(0x88)
	ps := []process{
		{cid: 4, session: "none", image: "System"},
		{cid: 0x7c, parent: 4, session: "none", image: "Registry"},
	}
	ps = append(ps, tree(&next, 4, "none", "smss.exe MemCompression")...)
	ps = append(ps, tree(&next, 0x1c8, "0", "csrss.exe wininit.exe")...)
	ps = append(ps, tree(&next, 0x230, "1", "csrss.exe winlogon.exe")...)
	ps = append(ps, tree(&next, cid(ps, "wininit.exe"), "0", "services.exe lsass.exe fontdrvhost.exe")...)
	ps = append(ps, tree(&next, cid(ps, "winlogon.exe"), "1", "fontdrvhost.exe dwm.exe")...)
	ps = append(ps, tree(&next, cid(ps, "services.exe"), "0", `
			svchost.exe*71 spoolsv.exe MsMpEng.exe NisSrv.exe Sysmon64.exe igfxCUIService.exe
			RtkAudUService64.exe*2 SearchIndexer.exe WmiPrvSE.exe*3 dllhost.exe SgrmBroker.exe`)...)
	ps = append(ps, tree(&next, cid(ps, "svchost.exe"), "1", `
			sihost.exe svchost.exe*5 taskhostw.exe*2 ctfmon.exe explorer.exe StartMenuExperienceHost.exe
			RuntimeBroker.exe*7 SearchApp.exe TextInputHost.exe SecurityHealthSystray.exe
			RtkAudUService64.exe OneDrive.exe ApplicationFrameHost.exe ShellExperienceHost.exe dllhost.exe*2
			smartscreen.exe`)...)
	ps = append(ps, tree(&next, cid(ps, "explorer.exe"), "1", "msedge.exe*14 WINWORD.EXE EXCEL.EXE notepad.exe cmd.exe"+
		" conhost.exe Teams.exe*4")...)
	zombies := tree(&next, cid(ps, "svchost.exe"), "1", "msedge.exe backgroundTaskHost.exe")
	for i := range zombies {
		zombies[i].zombie = true
	}
	return append(ps, zombies...)
}

// manyVolumes is a healthy machine with 64 mounted volumes: every filter that
// attaches everywhere has about as many instances, none stands out.
func manyVolumes() string {
	const name, volumes = "LAB-W10-33", 64
	filters := peers(name, volumes,
		attach(name, true, "VBakFlt", "388420", "VBakFlt Instance", volumes),
		attach(name, true, "QuotaMon", "245010", "QuotaMon Default Instance", volumes-3))
	t := machine{seed: name, scale: 0.71, granule: 16}.background(slices.Concat(nt6Tags, nt10Tags)...)
	t.filterTags(filters, volumes+2)
	t.find("Vpb ").np = usage{311, 240, 71 * 112}
	s := open(`D:\logs\volumes.log`, "3: kd>")
	at := time.Date(2024, 6, 4, 9, 41, 7, 91e6, lab)
	s.run("vertarget", windows10(name, at, "0 days 19:04:51.022").vertarget())
	s.run("!vm", vmPlain(windows10PageFiles, vmNT10(t, 4177316, 3011204, 402)))
	s.run("!poolused 2", "..\n"+t.sorted(nonpaged).compact(byNonPaged))
	s.run("!poolused 4", "..\n"+t.sorted(paged).compact(byPaged))
	s.run("!fltkd.filters", listing("ffffb60c05c1e0d0", "Frame 0", filters))
	s.run("!fltkd.volumes", volumeListing(filters, volumes))
	s.run("lm", lm(windows10Modules("VBakFlt:2c000 QuotaMon:16000 vhdmp:c9000"), x64Symbols))
	return s.close()
}

// volumeListing prints !fltkd.volumes: the same instances once more, by volume.
func volumeListing(filters []filter, volumes int) string {
	var b strings.Builder
	b.WriteString("\nVolume List: ffffb60c05c1e150 \"Frame 0\" \n")
	names := []string{`\Device\Mup`, `\Device\NamedPipe`}
	for i := range volumes {
		names = append(names, fmt.Sprintf(`\Device\HarddiskVolume%d`, i+1))
	}
	left := make([][]instance, len(filters))
	for i, f := range filters {
		left[i] = f.instances
	}
	for i, n := range names {
		fmt.Fprintf(&b, "   FLT_VOLUME: %s \"%s\"\n", pooled(n, true), n)
		for j, is := range left {
			// Filters with an instance for every name attach to Mup and NamedPipe
			// as well, npsvctrig to NamedPipe alone; the others start at the first disk.
			pipe := i == 1 && filters[j].name == "npsvctrig"
			if len(is) == 0 || (i < 2 && len(is) <= volumes && !pipe) {
				continue
			}
			fmt.Fprintf(&b, "      FLT_INSTANCE: %s %q %q\n", is[0].address, is[0].name, is[0].altitude)
			left[j] = is[1:]
		}
	}
	return b.String()
}

// cutOff is a healthy Windows 7 machine whose log ends in the middle of a row:
// the debugger was killed while the table was being printed.
func cutOff() string {
	const name = "LAB-W7-05"
	t := machine{seed: name, scale: 0.31, granule: 16}.background(nt6Tags...)
	filters := []filter{
		attach(name, true, "MpFilter", "328000", "MpFilter Instance", 3),
		attach(name, true, "luafv", "135000", "luafv", 1),
		attach(name, true, "FileInfo", "45000", "FileInfo", 3),
	}
	t.filterTags(filters, 4)
	s := open(`C:\kdlogs\w7-pool.log`, "1: kd>")
	s.run("vertarget", target{
		version: "Windows 7 Kernel Version 7601 (Service Pack 1) MP (4 procs) Free x64",
		product: "Product: WinNt, suite: TerminalServer SingleUserTS",
		build:   "Built by: 7601.24384.amd64fre.win7sp1_ldr_escrow.190220-1800",
		base:    "0xfffff800`02a4d000", modules: "0xfffff800`02c86e50",
		at: time.Date(2019, 3, 14, 17, 3, 29, 714e6, lab), uptime: "6 days 2:11:08.490",
	}.vertarget())
	s.run("!vm", vmPlain(pageFile("", `Page File: \??\C:\pagefile.sys`, 4193296, 4101872, 12579888),
		vmNT6(t, 1048324, 604411, 765408, 301)))
	s.run("!fltkd.filters", listing("fffffa8004c0b0d0", "Frame 0", filters))
	s.run("!poolused 2", "..\n"+t.sorted(nonpaged).compact(byNonPaged))
	rows := strings.SplitAfter(s.String(), "\n")
	const cut = 171
	return strings.Join(rows[:cut], "") + rows[cut][:26]
}
