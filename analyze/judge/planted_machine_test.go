package judge_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"poolsweep/ingest"
)

// machine is a generated machine: what was printed about it, and what is true.
type machine struct {
	truth
	name  string
	snaps []*ingest.Snapshot
}

// documents returns the machine as the readers would: a file a snapshot.
func (m machine) documents() []*ingest.Document {
	var docs []*ingest.Document
	for _, s := range m.snaps {
		docs = append(docs, &ingest.Document{File: s.File, Snapshots: []*ingest.Snapshot{s}})
	}
	return docs
}

// style is the tool that printed the pool table.
type style uint8

const (
	verbose style = iota // !poolused 3: allocations, frees, TOTAL
	short                // !poolused 2: no frees, TOTAL
	poolmon              // allocations, frees; no TOTAL, no dictionary
	excerpt              // the first rows of !poolused 3, as people post them
)

// host is a machine under construction.
type host struct {
	*ingest.Snapshot
	r     *rand.Rand
	style style
	keep  int // rows that noise must not cut off
}

// newHost starts a machine without tables.
func newHost(r *rand.Rand, name string, bits int, gb float64) *host {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(600)) * time.Hour)
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: name, From: ingest.NameFromFolder},
		Source: ingest.Source{File: name + ".log", Line: 1}, At: at, UptimeOK: true,
		Uptime: time.Duration(1+r.IntN(400)) * time.Hour, RAM: uint64(gb * (1 << 30)),
		OS: ingest.OS{Bits: bits, Build: 19045}}
	if bits == 32 {
		s.OS.Build = 2600
	}
	return &host{Snapshot: s, r: r, style: style(r.IntN(3))}
}

func (h *host) at(line int) ingest.Source { return ingest.Source{File: h.File, Line: line} }

// spread draws from a lognormal distribution around a median.
func (h *host) spread(median, sigma float64) float64 {
	return median * math.Exp(sigma*h.r.NormFloat64())
}

// between draws evenly on a logarithmic scale.
func (h *host) between(low, high float64) int64 {
	return int64(low * math.Pow(high/low, h.r.Float64()))
}

func (h *host) one(in int) bool { return h.r.IntN(in) == 0 }

// row adds a tag of which a share of all allocations was freed.
func (h *host) row(tag string, pool ingest.Pool, count int64, each, freed float64, description string) {
	u := ingest.Usage{Outstanding: count, Bytes: uint64(float64(count) * each), Counted: true}
	u.Allocs = uint64(float64(count) / (1 - freed))
	u.Allocs = max(u.Allocs, uint64(count))
	u.Frees = u.Allocs - uint64(count)
	h.Tags = append(h.Tags, ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool, Usage: u, Description: description})
}

// set gives a tag of Windows another count, and keeps its other figures.
func (h *host) set(tag string, count int64) {
	for i, t := range h.Tags {
		if t.Tag == ingest.MustTag(tag) {
			each, freed := t.BytesEach(), float64(t.Frees)/float64(max(1, t.Allocs))
			h.Tags = slices.Delete(h.Tags, i, i+1)
			h.row(tag, t.Pool, count, each, freed, t.Description)
			return
		}
	}
}

func (h *host) count(tag string) int64 {
	for _, t := range h.Tags {
		if t.Tag == ingest.MustTag(tag) {
			return t.Outstanding
		}
	}
	return 0
}

// stock is how tags of Windows stand on a healthy machine: pool, count, bytes
// each, share freed, description. Counts of f rows are per cached file, of p rows
// per process, of a rows per machine. "_" stands for a blank. The figures are
// made up, in the order of magnitude that machines show.
const stock = `
Proc N p 1.04 2600 .990 Process objects , Binary: nt!ps
Thre N p 11 2100 .995 Thread objects , Binary: nt!ps
Toke P p 9 1900 .990 Token objects , Binary: nt!se
SeTd P p 9.1 150 .990 Security Token dynamic part , Binary: nt!se
SeAt P p 21 104 .990 Security Attributes , Binary: nt!se
SeTl N p 9.1 80 .990 Security Token Lock , Binary: nt!se
Even N p 62 110 .998 Event objects , Binary: nt!ob
Sema N p 9 112 .995 Semaphore objects , Binary: nt!ob
Muta N p 6 120 .990 Mutant objects , Binary: nt!ob
Key_ P p 30 130 .990 Key objects , Binary: nt!cm
Sect P p 12 130 .980 Section objects , Binary: nt!mm
Vad_ N p 70 150 .990 Mm virtual address descriptors , Binary: nt!mm
VadS N p 60 90 .990 Mm virtual address descriptors (short) , Binary: nt!mm
Obtb P p 1.6 5200 .960 object tables via EX handle.c , Binary: nt!ob
ALPC N p 16 700 .980 ALPC port objects , Binary: nt!alpc
AlMs P p 3 400 .999 ALPC message , Binary: nt!alpc
EtwR N p 75 180 .900 Etw registration , Binary: nt!etw
Irp_ N p 9 620 .999 Io, IRP packets
IoWI N p 0.3 112 .999 Io work item , Binary: nt!io
Mdl_ N p 4 170 .999 Io, Mdls
File N f 1.04 390 .990 File objects , Binary: nt!io
MmCa N f 0.84 260 .960 Mm control areas for mapped files , Binary: nt!mm
MmSt P f 0.60 1100 .950 Mm section object prototype ptes , Binary: nt!mm
FMsl N f 1.01 200 .970 STREAM_LIST_CTRL structure , Binary: fltmgr.sys
FMfn P f 0.90 440 .990 NAME_CACHE_NODE structure , Binary: fltmgr.sys
IoNm P f 0.33 190 .999 Io parsing names , Binary: nt!io
NtxF N f 1.00 380 .970 FCB_NONPAGED NtfsStrucSup.c , Binary: ntfs.sys
NtfF P f 0.98 1400 .970 FCB_INDEX , Binary: ntfs.sys
NtFs P f 1.60 70 .985 StrucSup.c , Binary: ntfs.sys
Ntfx N f 1.00 340 .970 General Allocation , Binary: ntfs.sys
CcSc N f 0.24 560 .990 Cache Manager Shared Cache Map , Binary: nt!cc
NtFC N a 40 96 .999 Create.c , Binary: ntfs.sys
CM31 P a 5200 4700 .300 Internal Configuration manager allocations , Binary: nt!cm
CM25 P a 1300 4300 .300 Internal Configuration manager allocations , Binary: nt!cm
CMkb P a 9000 300 .700 Configuration manager KCB , Binary: nt!cm
EtwB N a 160 38000 .100 Etw Buffer , Binary: nt!etw
HalD N a 150 290000 .050 Hal DMA buffers , Binary: hal.dll
Cont N a 300 38000 .050 Contiguous physical memory allocations for device drivers
Devi N a 600 520 .300 Device objects
Driv N a 240 640 .200 Driver objects
MmCi N a 2100 420 .600 Mm control areas for images , Binary: nt!mm
MmSe P a 2000 160 .600 Mm segments , Binary: nt!mm
Strg P a 700 90 .999 Dynamic Translated strings
Pp__ P a 900 70 .950 Pnp general allocations , Binary: nt!pnp
FMct N a 420 220 .400 TRACK_COMPLETION_NODES structure , Binary: fltmgr.sys
FMwi N a 30 128 .999 Work item structures , Binary: fltmgr.sys
Afde N a 900 260 .999 Afd endpoint structure , Binary: afd.sys
TCPt N a 260 540 .999 TCP/IP network protocol , Binary: TCP
NDnb N a 2100 420 .900 NDIS_TAG_NBL , Binary: ndis.sys
UlHT N a 4 65536 .100 Hash Table , Binary: http.sys
Wmit P a 300 260 .300 Wmi Trace , Binary: nt!wmi
Gfnt P a 700 180 .990 UMFD , Binary: win32k.sys
Ussy P a 90 260 .990 USERTAG_SYSTEM , Binary: win32k!AllocateAndLinkHidTLCInfo
`

// windows adds the tags of Windows for so many processes and cached files.
// Tables differ in each tag by a sixth, in closeness of the file tags by tight.
func (h *host) windows(processes, files, tight float64) {
	for _, line := range strings.Split(strings.TrimSpace(stock), "\n") {
		f := strings.Fields(line)
		number := func(i int) float64 { x, _ := strconv.ParseFloat(f[i], 64); return x }
		n, sigma := number(3), 0.16
		switch f[2] {
		case "p":
			n *= processes
		case "f":
			n, sigma = n*files, tight
		}
		pool, each := ingest.NonPaged, number(4)
		if f[1] == "P" {
			pool = ingest.Paged
		}
		if h.OS.Bits == 32 {
			each *= 0.6
		}
		tag := strings.ReplaceAll(f[0], "_", " ")
		h.row(tag, pool, max(1, int64(h.spread(n, sigma))), each, number(5), strings.Join(f[6:], " "))
	}
}

// tagName makes a tag that no dictionary knows.
func (h *host) tagName() string {
	const upper, lower = "BGJKQXYZ", "bdghjkpqvwxz"
	for {
		tag := string([]byte{upper[h.r.IntN(len(upper))], lower[h.r.IntN(len(lower))], lower[h.r.IntN(len(lower))],
			lower[h.r.IntN(len(lower))]})
		if h.count(tag) == 0 {
			return tag
		}
	}
}

// unknown is what the debugger prints for a tag without a line in its dictionary.
func unknown(tag string) string {
	return "UNKNOWN pooltag '" + tag + "', please update pooltag.txt"
}

// drivers adds tags of other makers: most small, some large; one lab in three has a
// line in its pooltag.txt for each, the others for one tag in three. Some drivers
// keep two tags for each thing they serve.
func (h *host) drivers(n int) {
	careful := h.one(3)
	for i := range n {
		tag, pool := h.tagName(), ingest.Pool(1+h.r.IntN(2))
		count := int64(h.spread(260, 1.9))
		if count > 60_000 {
			count = h.between(20_000, 60_000)
		}
		text := unknown(tag)
		if careful || h.one(3) {
			text = fmt.Sprintf("maker's allocations , Binary: drv%02d.sys", i%40)
		}
		freed := min(0.9999, h.r.Float64()*1.3)
		if count > 2_000 {
			freed = max(0.2, freed) // what is never freed is made at the start, and little of it
		}
		h.row(tag, pool, 1+count, h.spread(300, 1.2), freed, text)
		if h.one(25) {
			twin := h.tagName()
			h.row(twin, pool, 1+count, h.spread(120, 0.5), freed, unknown(twin))
		}
	}
}

// inbox are filters that come with Windows or with common products.
var inbox = []ingest.Filter{{Name: "bindflt", Altitude: "409800"}, {Name: "WdFilter", Altitude: "328010"},
	{Name: "storqosflt", Altitude: "244000"}, {Name: "wcifs", Altitude: "189900"}, {Name: "CldFlt", Altitude: "180451"},
	{Name: "FileCrypt", Altitude: "141100"}, {Name: "luafv", Altitude: "135000"}, {Name: "npsvctrig", Altitude: "46000"},
	{Name: "Wof", Altitude: "40700"}, {Name: "FileInfo", Altitude: "40500"}}

// filters lists the filters of a machine with so many volumes, and the pool's
// structures for their instances.
func (h *host) filters(volumes int) {
	total := 0
	for _, f := range inbox {
		n := volumes
		switch {
		case f.Name == "wcifs" || f.Name == "CldFlt" || f.Name == "storqosflt":
			n = 0
		case f.Name == "luafv" || f.Name == "npsvctrig":
			n = 1
		case h.one(4):
			n = max(1, volumes-h.r.IntN(3))
		}
		h.attach(f.Name, f.Altitude, n)
		total += n
	}
	h.row("FMis", ingest.NonPaged, int64(total), 600, 0.3, "FLT_INSTANCE structure , Binary: fltmgr.sys")
	h.row("FMvo", ingest.NonPaged, int64(volumes+1), 1000, 0.3, "FLT_VOLUME structure , Binary: fltmgr.sys")
}

func (h *host) attach(name string, altitude ingest.Altitude, n int) {
	f := ingest.Filter{Frame: "Frame 0", Name: name, Altitude: altitude, Source: h.at(3000 + len(h.Filters))}
	if n > 0 {
		f.Instances = []ingest.Instance{{Name: name, Altitude: altitude, Count: n}}
	}
	h.Filters, h.FilterSet = append(h.Filters, f), true
}

func (h *host) attached() int {
	n := 0
	for _, f := range h.Filters {
		n += f.Attached()
	}
	return n
}

// driver puts an image into the module list and, when found is set, lets a
// search for the tag hit it.
func (h *host) driver(name, tag string, found bool) {
	start := 0xfffff80500000000 + uint64(h.r.IntN(1<<20))<<12
	h.Modules = append(h.Modules, ingest.Module{Name: name, Start: start, End: start + 0x40000,
		Source: h.at(4000 + len(h.Modules))})
	if found {
		h.Scans = append(h.Scans, ingest.Scan{Pattern: tag, Source: h.at(5000),
			Hits: []ingest.ScanHit{{Address: start + 0x2170, Source: h.at(5001)}}})
	}
}

// live lists the processes: as many as the pool holds objects, less a few.
func (h *host) live() {
	n := int(float64(h.count("Proc")) / (1 + 0.1*h.r.Float64()))
	h.Processes = &ingest.Processes{Listed: n, Source: h.at(6000)}
}

// protect keeps the rows of the tags out of reach of what cuts tables.
func (h *host) protect(tags ...string) {
	h.sortRows()
	for i, t := range h.Tags {
		if slices.Contains(tags, t.Tag.String()) {
			h.keep = max(h.keep, i+1)
		}
	}
}

func (h *host) sortRows() {
	slices.SortStableFunc(h.Tags, func(a, b ingest.TagUsage) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag))
	})
}

// print writes the table as the tool of the host's style does.
func (h *host) print() *ingest.Snapshot {
	h.sortRows()
	if h.style == excerpt {
		h.Tags = h.Tags[:min(len(h.Tags), max(h.keep, 12+h.r.IntN(20)))]
	}
	for i := range h.Tags {
		t := &h.Tags[i]
		t.Source = h.at(11 + i)
		switch h.style {
		case short:
			t.Counted, t.Allocs, t.Frees = false, 0, 0
		case poolmon:
			t.Description = ""
		}
	}
	if len(h.Tags) == 0 {
		return h.Snapshot
	}
	b := ingest.Block{Source: h.at(9), LastLine: 12 + len(h.Tags), Rows: len(h.Tags),
		Command: [...]string{"!poolused 3", "!poolused 2", "poolmon", "!poolused 3"}[h.style], State: ingest.BlockComplete}
	if h.style == excerpt {
		b.State = ingest.BlockUnclosed
	}
	h.Blocks = append(h.Blocks, b)
	if h.style == verbose || h.style == short {
		for _, p := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
			h.Totals = append(h.Totals, ingest.PoolTotal{Pool: p, Usage: h.Sum(p), Source: h.at(b.LastLine)})
		}
	}
	return h.Snapshot
}

// spoil damages what was printed, as interrupted sessions and live machines do:
// the end of the table is lost, or rows and TOTAL were read at two moments.
func (h *host) spoil() {
	if len(h.Tags) == 0 || len(h.Blocks) == 0 {
		return
	}
	switch h.r.IntN(3) {
	case 0:
		at := max(h.keep, len(h.Tags)/2)
		h.Tags, h.Totals = h.Tags[:at], nil
		h.Blocks[0].State, h.Blocks[0].LastLine, h.Blocks[0].Rows = ingest.BlockCut, 11+at, at
	case 1:
		if h.style != poolmon {
			h.Totals, h.Blocks[0].State = nil, ingest.BlockUnclosed
		}
	case 2:
		for i := range h.Totals {
			h.Totals[i].Outstanding += int64(h.r.IntN(400)) - 200
			h.Totals[i].Bytes += uint64(h.r.IntN(90_000))
		}
	}
}
