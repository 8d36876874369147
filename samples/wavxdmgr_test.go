package samples_test

import (
	"fmt"
	"slices"
	"time"
)

// attachments is how often a filter was attached in the published case: the
// FMis count of its table.
const attachments = 10841

// wavxRows are the published rows of !poolused 2: outstanding and bytes,
// nonpaged then paged.
var wavxRows = []row{
	short("tsni", 62403, 33947232, 0, 0, "", ""),
	short("FMvo", 21652, 21825376, 0, 0, "FLT_VOLUME structure", "fltmgr.sys"),
	short("SBcx", 10828, 11780864, 0, 0, "", ""),
	short("Devi", 32861, 10905648, 0, 0, "Device objects", ""),
	short("FMis", attachments, 6503328, 0, 0, "FLT_INSTANCE structure", "fltmgr.sys"),
	short("Drti", 10844, 5899136, 0, 0, "", ""),
	short("FMrr", 21682, 2425184, 0, 0, "Per-processor Cache-aware rundown ref structure", "fltmgr.sys"),
	short("FMct", 10841, 2339864, 0, 0, "TRACK_COMPLETION_NODES structure", "fltmgr.sys"),
	short("Tef2", 220, 2242016, 0, 0, "", ""),
	short("WPSd", 278, 1677896, 0, 0, "", ""),
	short("MmCm", 30, 963440, 0, 0, "Calls made to MmAllocateContiguousMemory", "nt!mm"),
	short("Pp  ", 10822, 779184, 287, 33456, "", ""),
	short("DmaB", 34, 729088, 0, 0, "", ""),
	short("Io  ", 16786, 693632, 156, 6480, "general IO allocations", "nt!io"),
	short("Thre", 1033, 661120, 0, 0, "Thread objects", "nt!ps"),
	short("File", 3038, 465648, 0, 0, "File objects", ""),
	short("FMwi", 10831, 433240, 0, 0, "Work item structures", "fltmgr.sys"),
	short("iAEC", 183, 361992, 0, 0, "", ""),
	short("SEY4", 2970, 332752, 0, 0, "", ""),
}

// wavxBeforeRows are the same tags nine days earlier, before anything asked the
// driver for names: objects in the same proportion, for four attachments.
var wavxBeforeRows = []row{
	short("tsni", 23, 12512, 0, 0, "", ""),
	short("FMvo", 10, 10080, 0, 0, "FLT_VOLUME structure", "fltmgr.sys"),
	short("SBcx", 6, 6528, 0, 0, "", ""),
	short("Devi", 368, 144312, 0, 0, "Device objects", ""),
	short("FMis", 17, 10200, 0, 0, "FLT_INSTANCE structure", "fltmgr.sys"),
	short("Drti", 7, 3808, 0, 0, "", ""),
	short("FMrr", 36, 4032, 0, 0, "Per-processor Cache-aware rundown ref structure", "fltmgr.sys"),
	short("FMct", 17, 3672, 0, 0, "TRACK_COMPLETION_NODES structure", "fltmgr.sys"),
	short("Tef2", 214, 2180864, 0, 0, "", ""),
	short("WPSd", 271, 1635648, 0, 0, "", ""),
	short("MmCm", 30, 963440, 0, 0, "Calls made to MmAllocateContiguousMemory", "nt!mm"),
	short("Pp  ", 6, 432, 281, 32760, "", ""),
	short("DmaB", 34, 729088, 0, 0, "", ""),
	short("Io  ", 3871, 162440, 151, 6272, "general IO allocations", "nt!io"),
	short("Thre", 958, 613120, 0, 0, "Thread objects", "nt!ps"),
	short("File", 2904, 445112, 0, 0, "File objects", ""),
	short("FMwi", 11, 440, 0, 0, "Work item structures", "fltmgr.sys"),
	short("iAEC", 181, 358032, 0, 0, "", ""),
}

// short makes a row of the four-column layout, where no frees are known.
func short(tag string, np, npBytes, pg, pgBytes int64, desc, binary string) row {
	return row{tag, usage{np, 0, npBytes}, usage{pg, 0, pgBytes}, describe(tag, desc, binary)}
}

// The published filters. Of WavxDMgr's instances only the first were printed;
// the rest of them is made here.
var (
	sEye = filter{"897e5ba8", "SEyeFilter", "382020", sames("SEyeFilter - Top Instance", "382020",
		"89965510", "89964b50")}
	wavxPeers = []filter{
		{"89e8be68", "SPBBCDrv", "365100", sames("SPBBCDrv", "365100", "89987420", "89984008")},
		{"89e4aba8", "eeCtrl", "329010", sames("eeCtrl", "329010", "89ec5c28", "899ba008")},
		{"89ab9568", "SRTSP", "329000",
			sames("SRTSP", "329000", "89981de0", "89982270", "896dd780", "896be9d8")},
		{"893e0e30", "vfsmfd", "263410", append(
			sames("VEAI", "263400", "893f6008", "89649008", "895ee008", "895f0008"),
			instance{"893f67c0", "Default", "263410"})},
	}
	wavxFirst = sames("WavxDMgr Instance", "145300",
		"89cf58b0", "8997b400", "896de608", "896d7998", "89230cf0", "87018878", "870076a8",
		"87018b30", "870032d0", "8700e970", "87003008", "87003580", "86fffdb0", "86ff02d0")
)

// sames makes instances of one name.
func sames(name, altitude string, addresses ...string) []instance {
	var is []instance
	for _, a := range addresses {
		is = append(is, instance{a, name, altitude})
	}
	return is
}

// wavxFilters completes the published listing to FMis instances: pool grows
// downwards, about nine kilobytes an attachment.
func wavxFilters() []filter {
	wavx := filter{"8971bb58", "WavxDMgr", "145300", slices.Clone(wavxFirst)}
	filters := append([]filter{sEye}, wavxPeers...)
	address := uint32(0x86ff02d0)
	for missing := attachments - attached(filters) - int64(len(wavxFirst)); missing > 0; missing-- {
		address -= 0x260 + uint32(noise(fmt.Sprint("wavx", missing))*17300)&^7
		wavx.instances = append(wavx.instances,
			sames("WavxDMgr Instance", "145300", fmt.Sprintf("%08x", address))...)
	}
	return append(filters, wavx)
}

// wavxScans are the published searches and look-ups: tag, hit line, address.
var wavxScans = []struct{ tag, hits string }{
	{"tsni", "a7e0f300  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.\n" +
		"a7e10ba3  74 73 6e 69 68 14 02 00-00 53 53 53 68 e0 f2 e0  tsnih....SSSh...\n"},
	{"SBcx", "a7e0e114  53 42 63 78 00 00 00 00-00 00 00 00 00 00 00 00  SBcx............\n"},
	{"Drti", "a7dde5ad  44 72 74 69 68 18 02 00-00 6a 00 ff 15 e8 df e0  Drtih....j......\n"},
}

// xpModules is the layout of the machine's kernel space; sEyeToo adds the filter
// that was installed between the two logs.
func xpModules(sEyeToo bool) []image {
	late := "kmixer:2a900 srv:52200 HTTP:40a80 wdmaud:14880 mrxdav:2c380"
	if sEyeToo {
		late += " SEyeFlt:1d280"
	}
	regions := [][]image{
		layout(0x804d7000, "nt:216780"),
		layout(0x806ee000, "hal:20300"),
		layout(0xa7011000, late+" ParVdm:1a80 sysaudio:eb80 Fastfat:23280"),
		layout(0xa7ddb000, `
			WavxDMgr:39180 NAVEX15:14ba80 NAVENG:15d00 SRTSP:4de00 eeCtrl:5c980 SYMEVENT:24100
			EraserUtilRebootDrv:1b680 mrxsmb:6f400 rdbss:2ac00 afd:21f80 netbt:27a00 tcpip:58980 ipsec:12880
			SYMTDI:2e180 SPBBCDrv:6ba80 vfsmfd:1b580`),
		layout(0xb8f21000, `
			dump_iaStor:d3e00 Wdf01000:7c100 ialmnt5:5c7400 VIDEOPRT:13c80 HDAudBus:25280 b57xp32:28e80
			USBPORT:23380 portcls:24080 drmk:e800 ks:22a80 update:5d380 psched:11b00 ndiswan:16480
			rdpdr:2fc00`),
		layout(0xba0c3000, `
			iaStor:d4a00 Mup:1a780 NDIS:2c800 Ntfs:8c480 KSecDD:16800 sr:11e80 fltmgr:1f780 dmio:25780
			ftdisk:1e900 atapi:17900 pci:10c80 ACPI:2dd80`),
		layout(0xba8a8000, `
			isapnp:9080 MountMgr:a580 VolSnap:cd80 disk:8e80 CLASSPNP:cd00 i8042prt:cc80 raspptp:bd00
			usbhub:e880 NDProxy:9e80 Msfs:4a80 Npfs:7880 kbdclass:6080 mouclass:5a80 usbuhci:5080 TDI:4d80`),
		layout(0xbf800000, "win32k:1c3800 dxg:11600 ialmdd5:e8200"),
	}
	return slices.Concat(regions...)
}

// xp is the machine of both logs.
func xp(at time.Time, uptime string) target {
	return target{
		version: "Windows XP Kernel Version 2600 (Service Pack 3) MP (2 procs) Free x86 compatible",
		product: "Product: WinNt, suite: TerminalServer SingleUserTS",
		build:   "Built by: 2600.xpsp_sp3_qfe.120504-1627",
		base:    "0x804d7000", modules: "0x8055d7e0", at: at, uptime: uptime,
	}
}

// wavxRunaway is the published session, completed.
func wavxRunaway() string {
	t := machine{seed: "LAB-XP-07", scale: 1, granule: 8, event: attachments}.background(nt5Tags...)
	t.trim(332752)
	t.set(wavxRows...)
	s := open(`C:\kdlogs\LAB-XP-07_20121031.log`, "0: kd>")
	s.run("vertarget", xp(time.Date(2012, 10, 31, 16, 22, 41, 156e6, lab), "0 days 2:47:19.875").vertarget())
	s.run(".sympath", sympath)
	s.run("!running -it", xpRunning)
	s.run("!vm", vmTabbed(pageFile("\t", `Page File: \??\C:\pagefile.sys`, 2095104, 1877412, 4190208),
		vmXP(t, 523004, 211876, 65536, 143)))
	s.run("!poolused 2", "\n"+t.sorted(nonpaged).compact(byNonPaged))
	s.run("!fltkd.filters", listing("8999805c", "Frame 1", wavxFilters()))
	images := xpModules(true)
	for _, scan := range wavxScans {
		s.run(`!for_each_module s -a @#Base @#End "`+scan.tag+`"`, scan.hits+"\n")
		for hit := range lines(scan.hits) {
			s.run("lm a "+hit[:8], lm(holding(images, hit[:8]), nil)+"\n")
		}
	}
	s.run("lm", lm(images, xpSymbols))
	return s.close()
}

// wavxBefore is a routine log of the same machine, nine days earlier.
func wavxBefore() string {
	t := machine{seed: "LAB-XP-07", scale: 0.94, granule: 8}.background(nt5Tags...)
	t.set(wavxBeforeRows...)
	wavx := attach("LAB-XP-07 before", false, "WavxDMgr", "145300", "WavxDMgr Instance", 4)
	s := open(`C:\kdlogs\LAB-XP-07_20121022.log`, "0: kd>")
	s.run("vertarget", xp(time.Date(2012, 10, 22, 10, 5, 12, 281e6, lab), "1 days 1:31:50.609").vertarget())
	s.run("!vm", vmTabbed(pageFile("\t", `Page File: \??\C:\pagefile.sys`, 2095104, 2051288, 4190208),
		vmXP(t, 523004, 318440, 65536, 131)))
	s.run("!poolused 2", "\n"+t.sorted(nonpaged).compact(byNonPaged))
	s.run("!fltkd.filters", listing("899a1024", "Frame 1", append(slices.Clone(wavxPeers), wavx)))
	s.run(".sympath", sympath)
	s.run("lm", lm(xpModules(false), xpSymbols))
	return s.close()
}

const xpRunning = `
System Processors:  (00000003)
  Idle Processors:  (00000002)

     Prcb      Current   Next
  0  ffdff120  89d4b020            ................

ChildEBP RetAddr
b8e05c94 80700bd7 nt!RtlpBreakWithStatusInstruction
b8e05c94 80700162 hal!HalpClockInterrupt+0xd3
b8e05d38 804e3d78 nt!KiDispatchInterrupt+0x7f

`
