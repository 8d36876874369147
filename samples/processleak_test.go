package samples_test

import (
	"fmt"
	"slices"
	"time"
)

// leakTop are the first published rows of !poolused 7, in the order printed.
var leakTop = []row{
	full("Proc", usage{12980, 1, 8618056}, usage{}, "Process objects", "nt!ps"),
	full("LSwi", usage{1, 0, 2576384}, usage{}, "initial work context", ""),
	full("SePa", usage{955604, 942626, 2247904}, usage{17, 16, 16},
		"Process audit image names and captured polity structures", "nt!se"),
	full("TCPt", usage{47617, 47580, 1423848}, usage{1, 1, 0}, "TCP/IP network protocol", "TCP"),
	full("SeTd", usage{372125, 359104, 833344}, usage{372125, 359104, 1145088},
		"Security Token dynamic part", "nt!se"),
}

// leakDriver are the published rows of the driver under test after it was
// stopped: everything it allocated under its own tags was freed.
var leakDriver = []row{
	full("SEY6", usage{}, usage{1, 1, 0}, "", ""),
	full("SEYC", usage{1448369, 1448369, 0}, usage{}, "", ""),
	full("SEYB", usage{}, usage{47738, 47738, 0}, "", ""),
	full("SEY5", usage{}, usage{1, 1, 0}, "", ""),
	full("SEYA", usage{46294, 46294, 0}, usage{}, "", ""),
	full("SEY4", usage{1186033, 1186033, 0}, usage{}, "", ""),
	full("SEY3", usage{1, 1, 0}, usage{1, 1, 0}, "", ""),
	full("SEY9", usage{}, usage{47008, 47008, 0}, "", ""),
	full("SEY2", usage{}, usage{1, 1, 0}, "", ""),
	full("SEY1", usage{}, usage{54507, 54507, 0}, "", ""),
	full("SEYD", usage{1419958, 1419958, 0}, usage{}, "", ""),
}

// leakTotal is the published TOTAL row.
var leakTotal = [2]usage{{79306657, 79234060, 22806272}, {38472704, 38412253, 29841272}}

// full makes a row of the eight-column layout.
func full(tag string, np, pg usage, desc, binary string) row {
	return row{tag, np, pg, describe(tag, desc, binary)}
}

// share is a tag that takes part of what a table lacks to its TOTAL.
type share struct {
	tag  string
	part int64 // of the sum of all parts
	each int64 // bytes of one allocation, when allocations are what is lacking
}

// Tags that take the rest: objects of which a stressed server has more, buffers
// of any size, and the tags that turn over fastest.
var (
	nonpagedObjects = []share{{"Even", 5, 48}, {"MmCa", 3, 120}, {"Ntfn", 2, 120}, {"Vad ", 4, 48},
		{"Sema", 1, 56}}
	nonpagedBuffers = []share{{"NDpp", 4, 0}, {"Pool", 3, 0}, {"Ddk ", 2, 0}, {"Io  ", 1, 0}, {"usbp", 2, 0},
		{"Cont", 3, 0}, {"NDam", 1, 0}}
	nonpagedChurn = []share{{"Irp ", 31, 0}, {"Io  ", 17, 0}, {"File", 9, 0}, {"Even", 11, 0}, {"Mdl ", 12, 0},
		{"AfdB", 4, 0}, {"NDpp", 7, 0}, {"FMic", 5, 0}, {"Strg", 2, 0}, {"Ntf0", 2, 0}}
	pagedObjects = []share{{"IoNm", 9, 96}, {"ObNm", 4, 48}, {"Key ", 3, 64}, {"MmSb", 5, 88}, {"NtFs", 4, 40},
		{"Ntfc", 3, 88}, {"CMnb", 2, 48}}
	pagedBuffers = []share{{"CM35", 11, 0}, {"MmSt", 8, 0}, {"Ntff", 3, 0}, {"NtFd", 2, 0}, {"CMAl", 1, 0}}
	pagedChurn   = []share{{"IoNm", 19, 0}, {"Strg", 7, 0}, {"SeAc", 5, 0}, {"SeSc", 4, 0}, {"ObNm", 9, 0},
		{"CM  ", 6, 0}, {"Ntfc", 8, 0}, {"FMfn", 5, 0}, {"ObSt", 3, 0}, {"Toke", 1, 0}}
)

// complete brings a half of the table to the TOTAL: first the objects held,
// then the bytes, then allocations that were freed again.
func (t table) complete(half func(*row) *usage, want usage, objects, buffers, churn []share) {
	lack := func() usage {
		u := want
		for i := range t {
			h := half(&t[i])
			u = usage{u.allocs - h.allocs, u.frees - h.frees, u.bytes - h.bytes}
		}
		return u
	}
	t.deal(half, lack().held(), objects, func(u *usage, n int64, s share) {
		u.allocs, u.bytes = u.allocs+n, u.bytes+n*s.each
	})
	t.deal(half, lack().bytes, buffers, func(u *usage, n int64, _ share) { u.bytes += n })
	t.deal(half, lack().frees, churn, func(u *usage, n int64, _ share) {
		u.allocs, u.frees = u.allocs+n, u.frees+n
	})
}

// deal hands out an amount by parts, in steps of eight; the last share takes the rest.
func (t table) deal(half func(*row) *usage, amount int64, shares []share, give func(*usage, int64, share)) {
	if amount < 0 {
		panic(fmt.Sprintf("the background exceeds the TOTAL by %d", -amount))
	}
	var parts int64
	for _, s := range shares {
		parts += s.part
	}
	left := amount
	for i, s := range shares {
		n := amount * s.part / parts &^ 7
		if i == len(shares)-1 {
			n = left
		}
		give(half(t.find(s.tag)), n, s)
		left -= n
	}
}

// server2003 is the target of both machines.
func server2003(at time.Time, uptime string) target {
	return target{
		version: "Windows Server 2003 Kernel Version 3790 (Service Pack 2) MP (2 procs) Free x86 compatible",
		product: "Product: Server, suite: TerminalServer SingleUserTS",
		build:   "Built by: 3790.srv03_sp2_gdr.101019-0340",
		base:    "0x80800000", modules: "0x808a6ea8", at: at, uptime: uptime,
	}
}

// server2003Modules are the drivers of a virtual test server; extra load last.
func server2003Modules(extra string) []image {
	return slices.Concat(
		layout(0x80800000, "nt:25a000 hal:2c000"),
		layout(0xb9b01000, `
			HTTP:53d00 Cdfs:11400 Fastfat:25e80 srv:5b100 mrxsmb:6f380 rdbss:2f300 netbt:2b400 afd:27400
			tcpip:5f680 ipsec:15a00 RDPWD:26700 dump_symmpi:e000 `+extra),
		layout(0xbf800000, "win32k:1c7b00 dxg:17a00 vmx_fb:1c480"),
		layout(0xf5a13000, `
			update:63e00 redbook:e900 rasl2tp:e480 raspptp:10100 ndiswan:17200 psched:14200 ks:22d00
			USBPORT:23500 VIDEOPRT:14280 rdpdr:30180`),
		layout(0xf7192000, `
			Ntfs:99200 KSecDD:1bc00 Mup:1b680 NDIS:37500 fltmgr:21200 symmpi:18680 SCSIPORT:1be00
			volsnap:29b80 dmio:29c00 ftdisk:1f600 pci:17280 ACPI:34280 CLASSPNP:e780 disk:f280
			MountMgr:10480 isapnp:d980 agp440:b980 vmci:f080 e1000325:1e280 i8042prt:f500 raspti:7e00
			TDI:7a80 usbhub:11b80 kbdclass:a300 mouclass:9280 usbuhci:8480 Npfs:9f80 Msfs:7080 intelide:5380
			dmload:4900 PartMgr:8280 vmmouse:3880 swenum:1480 mnmdd:2480 RDPCDD:1480 Null:e00 Beep:1280`),
	)
}

// processLeak is the published session: the stress test is over, the driver is
// unloaded, Verifier stayed silent.
func processLeak() string {
	t := machine{seed: "TEST-2K3-11", scale: 0.93, granule: 8, event: 12979}.background(nt5Tags...)
	t.trim(833344)
	t.set(leakTop...)
	t.set(leakDriver...)
	t.complete(func(r *row) *usage { return &r.np }, leakTotal[0],
		nonpagedObjects, nonpagedBuffers, nonpagedChurn)
	t.complete(func(r *row) *usage { return &r.paged }, leakTotal[1],
		pagedObjects, pagedBuffers, pagedChurn)
	s := open(`C:\kdlogs\stress-stopped.log`, "0: kd>")
	at := time.Date(2012, 4, 3, 15, 47, 2, 375e6, lab)
	s.run("vertarget", server2003(at, "0 days 6:38:11.781").vertarget())
	s.run("!poolused 7", t.sorted(nonpaged).starred())
	s.run("!running -it", runningIdle)
	s.run("lm", lm(server2003Modules(""), serverSymbols)+unloaded(
		image{0xb9e41000, 0xb9e5e000, "SEye.sys"}, image{0xf7a2c000, 0xf7a31000, "Flpydisk.SYS"},
		image{0xf7a24000, 0xf7a2b000, "Fdc.SYS"}))
	return s.close()
}

// processLeakListed is a second server with the same defect, caught earlier and
// with its process list: 4,310 process objects for 41 processes that run.
func processLeakListed() string {
	const leaked = 4310
	t := machine{seed: "TEST-2K3-12", scale: 0.97, granule: 8, event: leaked}.background(nt5Tags...)
	t.set(
		full("Proc", usage{leaked + 3, 3, leaked * 664}, usage{}, "Process objects", "nt!ps"),
		full("LSwi", usage{1, 0, 2576384}, usage{}, "initial work context", ""),
		full("SePa", usage{317402, 317402 - leaked, 746576}, usage{11, 10, 16},
			"Process audit image names and captured polity structures", "nt!se"),
		full("SeTd", usage{123986, 123986 - 4322, 4322 * 64}, usage{123986, 123986 - 4322, 4322 * 88},
			"Security Token dynamic part", "nt!se"),
		full("SEY4", usage{393871, 393642, 25648}, usage{}, "", ""),
		full("SEYC", usage{481140, 481126, 1568}, usage{}, "", ""),
		full("SEYD", usage{471822, 471790, 3584}, usage{}, "", ""),
		full("SEYA", usage{15377, 15361, 1024}, usage{}, "", ""),
		full("SEYB", usage{}, usage{15860, 15854, 3120}, "", ""),
		full("SEY9", usage{}, usage{15611, 15611, 0}, "", ""),
		full("SEY1", usage{}, usage{18102, 18101, 520}, "", ""),
		full("SEY2", usage{}, usage{1, 0, 96}, "", ""),
		full("SEY3", usage{1, 0, 64}, usage{1, 0, 2048}, "", ""),
	)
	s := open(`C:\kdlogs\kd_20120411.log`, "1: kd>")
	at := time.Date(2012, 4, 11, 11, 20, 36, 812e6, lab)
	s.run("vertarget", server2003(at, "0 days 2:09:54.343").vertarget())
	s.run(".sympath", sympath)
	s.run("!vm", vmTabbed(pageFile("\t", `Page File: \??\C:\pagefile.sys`, 1572864, 1561004, 3145728),
		vmXP(t, 262004, 118233, 57344, 117)))
	s.run("!poolused 7", t.sorted(nonpaged).starred())
	s.run("!process 0 0", processes2000(serverProcesses()))
	s.run("lm", lm(server2003Modules("SEye:1d280"), serverSymbols))
	return s.close()
}

// serverProcesses are the 41 processes that run. Exited processes that only a
// reference keeps alive are not in the list the debugger walks.
func serverProcesses() []process {
	next := uint32(0x118)
	ps := []process{{cid: 4, session: "none", image: "System"}}
	ps = append(ps, tree(&next, 4, "none", "smss.exe")...)
	ps = append(ps, tree(&next, cid(ps, "smss.exe"), "0", "csrss.exe winlogon.exe")...)
	ps = append(ps, tree(&next, cid(ps, "winlogon.exe"), "0", "services.exe lsass.exe")...)
	ps = append(ps, tree(&next, cid(ps, "services.exe"), "0", `
			vmacthlp.exe svchost.exe*7 spoolsv.exe msdtc.exe dfssvc.exe inetinfo.exe vmtoolsd.exe
			wmiprvse.exe*2 alg.exe`)...)
	ps = append(ps, tree(&next, cid(ps, "winlogon.exe"), "0", "logon.scr rdpclip.exe")...)
	ps = append(ps, tree(&next, 0x6e8, "0", `
			explorer.exe vmtoolsd.exe ctfmon.exe cmd.exe*3 perfmon.exe mmc.exe taskmgr.exe stress.exe*5
			notepad.exe dbgview.exe`)...)
	return append(ps, tree(&next, cid(ps, "smss.exe"), "1", "csrss.exe")...)
}

var serverSymbols = pdbs{"nt": `ntkrpamp.pdb\0F4D2C6A9B7E4E3380C51A77D2E5B3F12\ntkrpamp.pdb`}

const runningIdle = `
System Processors:  (00000003)
  Idle Processors:  (00000003)

`
