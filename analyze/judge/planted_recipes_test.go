package judge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// truth is what is known about a generated machine because it was made so.
type truth struct {
	bad    bool
	kind   analyze.Kind
	form   analyze.Class // evidence that the case rests on
	lead   string        // tag that has to lead the case; empty: none to check
	holder string        // module that the log carries; empty: nobody may be named
	firm   bool          // the figures carry more than a suspicion
}

func defect(kind analyze.Kind, form analyze.Class, lead, holder string) truth {
	return truth{bad: true, firm: true, kind: kind, form: form, lead: lead, holder: holder}
}

// recipe makes one class of machine: so many of each 1,000.
type recipe struct {
	name  string
	share int
	make  func(h *host) truth
}

// healthy are machines without a defect, in the variety that labs have.
var healthy = []recipe{
	{name: "desktop", share: 90, make: desktop},
	{name: "server", share: 60, make: server},
	{name: "virtual machine", share: 60, make: virtual},
	{name: "32-bit XP", share: 60, make: xp},
	{name: "file server, cached files", share: 60, make: fileServer},
	{name: "scanner's context on each cached file", share: 30, make: scanner},
	{name: "60 volumes", share: 40, make: manyVolumes},
	{name: "build farm, big trace buffers", share: 30, make: buildFarm},
	{name: "terminal server", share: 30, make: terminals},
	{name: "RAM disk", share: 10, make: ramDisk},
	{name: "Driver Verifier on", share: 20, make: verifierOn},
	{name: "large private pair", share: 20, make: largePair},
	{name: "database with many handles", share: 20, make: database},
	{name: "excerpt of a table", share: 30, make: excerptOnly},
	{name: "filters only", share: 20, make: filtersOnly},
	{name: "several boots", share: 30, make: server},
}

func desktop(h *host) truth {
	h.windows(h.spread(190, 0.3), h.spread(90_000, 0.9), 0.12)
	h.drivers(60 + h.r.IntN(160))
	h.filters(2 + h.r.IntN(6))
	if h.one(2) {
		h.live()
	}
	return truth{}
}

func server(h *host) truth {
	h.windows(h.spread(140, 0.4), h.spread(60_000, 1), 0.12)
	h.drivers(40 + h.r.IntN(120))
	h.filters(3 + h.r.IntN(12))
	if h.one(3) {
		h.live()
	}
	return truth{}
}

func virtual(h *host) truth {
	h.RAM = 4 << 30
	h.windows(h.spread(95, 0.2), h.spread(11_000, 0.4), 0.12)
	h.drivers(20 + h.r.IntN(60))
	h.filters(2 + h.r.IntN(3))
	return truth{}
}

func xp(h *host) truth {
	h.OS, h.RAM = ingest.OS{Bits: 32, Build: 2600}, 1<<30
	h.windows(h.spread(45, 0.3), h.spread(4_000, 0.5), 0.12)
	h.set("EtwB", 8)
	h.drivers(20 + h.r.IntN(100))
	h.filters(2 + h.r.IntN(4))
	return truth{}
}

// fileServer holds so many cached files that their tags stand close together.
func fileServer(h *host) truth {
	h.RAM = 64 << 30
	h.windows(h.spread(150, 0.3), float64(h.between(150_000, 800_000)), 0.004)
	h.drivers(40 + h.r.IntN(120))
	h.filters(4 + h.r.IntN(20))
	return truth{}
}

// scanner is a file server whose virus scanner keeps one context of its own for
// each stream list that the filter manager keeps: both go with the cached file.
func scanner(h *host) truth {
	fileServer(h)
	tag := h.tagName()
	h.row(tag, ingest.NonPaged, h.count("FMsl")-int64(h.r.IntN(40)), float64(h.between(150, 900)), 0.97, unknown(tag))
	return truth{}
}

// manyVolumes has volumes by the dozen, and filters that take them all.
func manyVolumes(h *host) truth {
	h.windows(h.spread(160, 0.3), h.spread(60_000, 0.6), 0.12)
	h.drivers(40 + h.r.IntN(120))
	h.filters(40 + h.r.IntN(40))
	return truth{}
}

func buildFarm(h *host) truth {
	h.RAM = 128 << 30
	h.windows(h.spread(400, 0.4), float64(h.between(200_000, 550_000)), 0.08)
	h.set("EtwB", h.between(3_000, 40_000))
	h.drivers(60 + h.r.IntN(160))
	h.filters(3 + h.r.IntN(5))
	h.live()
	return truth{}
}

func terminals(h *host) truth {
	h.RAM = 96 << 30
	h.windows(h.spread(1_500, 0.25), h.spread(120_000, 0.5), 0.12)
	h.drivers(40 + h.r.IntN(120))
	h.filters(4)
	h.live()
	return truth{}
}

// ramDisk keeps its disk in the pool: one driver's tag holds most of it, by
// design. One snapshot cannot tell, so a suspicion is right here.
func ramDisk(h *host) truth {
	server(h)
	tag := h.tagName()
	h.row(tag, ingest.NonPaged, int64(8+h.r.IntN(56)), 256<<20, 0, unknown(tag))
	return truth{}
}

// verifierOn has loaded drivers under Driver Verifier, which hold what they use,
// and a page for each of their allocations.
func verifierOn(h *host) truth {
	desktop(h)
	for i := range 2 + h.r.IntN(3) {
		n := uint64(h.between(10, 20_000))
		h.Verified = append(h.Verified, ingest.VerifiedDriver{Module: fmt.Sprintf("drv%02d.sys", i), State: "Loaded",
			NonPaged: ingest.VerifiedPool{Allocs: n, Bytes: n * 4096}, Source: h.at(7000 + i)})
	}
	return truth{}
}

// largePair has a driver with two tags for each of its many connections.
func largePair(h *host) truth {
	server(h)
	a, b := h.tagName(), h.tagName()
	n := h.between(20_000, 150_000)
	h.row(a, ingest.NonPaged, n, 320, 0.9, unknown(a))
	h.row(b, ingest.NonPaged, n, 180, 0.9, unknown(b))
	return truth{}
}

// database has one process with as many handles as databases need.
func database(h *host) truth {
	server(h)
	h.processes(8_000)
	h.Running = append(h.Running, ingest.ProcessHandles{Image: "sqlservr.exe", PID: 4_400, Handles: h.between(4_000, 50_000),
		Source: h.at(9100)})
	return truth{}
}

// processes lists processes with up to so many handles.
func (h *host) processes(most int64) {
	for i := range 20 + h.r.IntN(40) {
		h.Running = append(h.Running, ingest.ProcessHandles{Image: fmt.Sprintf("app%02d.exe", i), PID: uint64(400 + 4*i),
			Handles: min(most, int64(h.spread(400, 0.9))), Source: h.at(9000 + i)})
	}
}

func excerptOnly(h *host) truth {
	desktop(h)
	h.style, h.Processes = excerpt, nil
	return truth{}
}

func filtersOnly(h *host) truth {
	h.filters(2 + h.r.IntN(60))
	h.Tags = nil
	return truth{}
}

// base puts a healthy machine under a defect.
func base(h *host) {
	[]func(*host) truth{desktop, server, virtual, fileServer, buildFarm}[h.r.IntN(5)](h)
	h.Processes = nil
}

// plants are machines with one defect each, above the documented thresholds.
var plants = []recipe{
	{name: "no frees, own tag", share: 40, make: noFrees},
	{name: "object gap: process", share: 20, make: keptProcesses},
	{name: "object gap: thread", share: 12, make: objects("Thre", 60_000, 2_000_000)},
	{name: "object gap: token", share: 16, make: tokens},
	{name: "object gap: file", share: 16, make: files},
	{name: "object gap: event", share: 12, make: objects("Even", 400_000, 5_000_000)},
	{name: "object gap: irp", share: 12, make: objects("Irp ", 150_000, 9_000_000)},
	{name: "object gap: work item", share: 16, make: workItems},
	{name: "object gap: mdl", share: 12, make: objects("Mdl ", 700_000, 5_000_000)},
	{name: "lockstep, private tag", share: 40, make: lockstep},
	{name: "runaway filter, large", share: 30, make: runaway(1_500, 60_000, true)},
	{name: "runaway filter, small", share: 20, make: runaway(250, 900, true)},
	{name: "runaway filter, FMis disagrees", share: 20, make: runaway(1_500, 60_000, false)},
	{name: "runaway filter, listing only", share: 16, make: runawayListing},
	{name: "runaway filter, pool only", share: 16, make: runawayPool},
	{name: "dominant share", share: 30, make: dominant},
	{name: "Verifier leftovers", share: 30, make: leftovers},
	{name: "stop C4/62", share: 20, make: stop},
	{name: "handle outlier", share: 20, make: handles},
}

// ownTag adds the tag of a leaking driver and returns the module that the log
// names for it: by the dictionary, by a search, or not at all.
func (h *host) ownTag(count int64, each, freed float64) (tag, module string) {
	tag = h.tagName()
	way := h.r.IntN(3)
	text := unknown(tag)
	if way == 0 && h.style != poolmon {
		text, module = "contexts of a driver , Binary: leaky.sys", "leaky.sys"
	}
	if way == 1 {
		h.driver("leaky", tag, true)
		module = "leaky"
	}
	h.row(tag, ingest.NonPaged, count, each, freed, text)
	h.protect(tag)
	return tag, module
}

func noFrees(h *host) truth {
	base(h)
	if h.style == short {
		h.style = verbose
	}
	tag, module := h.ownTag(h.between(120_000, 9_000_000), h.spread(200, 0.6), 0.009*h.r.Float64())
	return defect(analyze.PoolLeak, analyze.NoFrees, tag, module)
}

// keptProcesses keeps process objects, with their address space and their token.
func keptProcesses(h *host) truth {
	base(h)
	h.live()
	n := h.between(4_000, 120_000)
	h.set("Proc", h.count("Proc")+n)
	h.row("MiP2", ingest.NonPaged, n+int64(h.r.IntN(200)), 320, 0.9, "Mm process address space , Binary: nt!mm")
	h.protect("Proc", "MiP2")
	return object("Proc")
}

func object(tag string) truth {
	return defect(analyze.ObjectLeak, analyze.ObjectGap, tag, "")
}

// objects keeps objects of one kind, and nothing beside them.
func objects(tag string, low, high float64) func(*host) truth {
	return func(h *host) truth {
		base(h)
		h.set(tag, h.between(low, high))
		h.protect(tag)
		return object(tag)
	}
}

// tokens keeps tokens, each with its parts.
func tokens(h *host) truth {
	base(h)
	n := h.between(300_000, 4_000_000)
	h.set("Toke", n+int64(h.r.IntN(900)))
	h.set("SeTd", n+int64(h.r.IntN(900)))
	h.set("SeAt", 2*n+int64(h.r.IntN(9_000)))
	h.protect("Toke", "SeTd")
	return object("Toke")
}

// files keeps file objects with their names; no control areas stand beside them.
func files(h *host) truth {
	base(h)
	n := max(h.between(1_200_000, 14_000_000), 12*h.count("MmCa"))
	h.set("File", n)
	h.set("IoNm", n-int64(h.r.IntN(int(n/50))))
	h.protect("File", "MmCa")
	return object("File")
}

// workItems queues work items of a driver that keeps a context for each: the
// context leads, and names the driver where the log does.
func workItems(h *host) truth {
	base(h)
	n := h.between(150_000, 6_000_000)
	h.set("IoWI", n+h.count("IoWI")) // those of everybody else
	tag, module := h.ownTag(n, h.spread(180, 0.5), 0.3)
	h.protect("IoWI", tag)
	t := object(tag)
	t.holder = module
	return t
}

// lockstep leaks a private context with the shared structures that go with it.
func lockstep(h *host) truth {
	base(h)
	n := h.between(80_000, 5_000_000)
	noise := func(n int64) int64 { return n + int64(h.r.NormFloat64()*0.0003*float64(n)) }
	tag, module := h.ownTag(n, 1_500, 0.5)
	h.row("FOCX", ingest.NonPaged, noise(n), 300, 0.5, "File object contexts , Binary: nt!io")
	h.row("FMfc", ingest.NonPaged, noise(n), 192, 0.5, "FLTMGR_FILE_OBJECT_CONTEXT structure , Binary: fltmgr.sys")
	h.row("IoFE", ingest.NonPaged, noise(2*n), 120, 0.5, "File object extensions , Binary: nt!io")
	h.protect(tag, "FOCX", "FMfc", "IoFE")
	return defect(analyze.PoolLeak, analyze.Lockstep, tag, module)
}

// runaway attaches one filter again and again; its own tags stand in step.
func runaway(low, high float64, agrees bool) func(*host) truth {
	return func(h *host) truth {
		base(h)
		before := h.attached()
		n := max(h.between(low, high), 12*int64(before/5))
		h.attach("RunFlt", "145300", int(n))
		fmis := int64(before) + n
		if !agrees {
			fmis += n / 5
		}
		h.set("FMis", fmis)
		h.set("FMct", fmis)
		tag := h.tagName()
		h.row(tag, ingest.NonPaged, fmis-int64(h.r.IntN(2)), h.spread(500, 0.4), 0.1, unknown(tag))
		h.driver("RunFlt", tag, h.one(2))
		h.protect("FMis", tag)
		return attachment("RunFlt")
	}
}

func attachment(holder string) truth {
	return defect(analyze.RunawayAttachment, analyze.PeerGap, "", holder)
}

func runawayListing(h *host) truth {
	h.filters(2 + h.r.IntN(20))
	h.Tags = nil
	h.attach("RunFlt", "145300", int(h.between(1_500, 60_000)))
	return attachment("RunFlt")
}

// runawayPool shows no listing of filters: only the pool tells.
func runawayPool(h *host) truth {
	base(h)
	n := h.between(5_000, 60_000)
	h.Filters, h.FilterSet = nil, false
	h.set("FMis", n)
	h.set("FMct", n)
	h.protect("FMis", "FMct")
	t := attachment("")
	t.form = analyze.Lockstep
	return t
}

// dominant leaks buffers in a table without frees: only their share shows.
func dominant(h *host) truth {
	base(h)
	h.style = short
	held := 2*h.Sum(ingest.NonPaged).Bytes + 600<<20
	tag, module := h.ownTag(int64(held/262_144), 262_144, 0.2)
	t := defect(analyze.PoolLeak, analyze.Share, tag, module)
	t.firm = false
	return t
}

func leftovers(h *host) truth {
	n := uint64(h.between(1, 3_000))
	tag := h.tagName()
	at := h.at(7000)
	v := ingest.VerifiedDriver{Module: "leaky.sys", State: "Loaded and Unloaded", Source: at,
		NonPaged: ingest.VerifiedPool{Allocs: n, Bytes: n * 96},
		Blocks: []ingest.VerifiedBlocks{{Tag: ingest.MustTag(tag), Count: int(n), Bytes: n * 96, Caller: "leaky!start+0x41",
			Source: at}}}
	h.Verified = []ingest.VerifiedDriver{v, {Module: "fine.sys", State: "Loaded", Source: v.Source,
		NonPaged: ingest.VerifiedPool{Allocs: 40, Bytes: 4_000}}}
	return defect(analyze.PoolLeak, analyze.Verified, tag, "leaky.sys")
}

func stop(h *host) truth {
	h.Bugcheck = &ingest.Bugcheck{Code: 0xC4, Args: [4]uint64{0x62, 0xfffff8051234, 0xfffff8055678, uint64(h.between(1, 3_000))},
		Known: 4, Image: "bystander.sys", Source: h.at(8000)}
	t := defect(analyze.PoolLeak, analyze.Verified, "", "")
	if h.one(2) {
		h.Bugcheck.Driver, t.holder = "leaky.sys", "leaky.sys"
	}
	return t
}

// handles has a process far above all others, in a healthy pool.
func handles(h *host) truth {
	server(h)
	h.processes(8_000)
	h.Running = append(h.Running, ingest.ProcessHandles{Image: "leaky.exe", PID: 4_400, Handles: h.between(100_000, 900_000),
		Source: h.at(9100)})
	t := defect(analyze.ObjectLeak, analyze.HandleGap, "", "")
	t.firm = false
	return t
}

// build makes the machine of a recipe: one in eight logs is damaged.
func (c recipe) build(r *rand.Rand, name string) machine {
	h := newHost(r, name, 64, float64(int(8)<<r.IntN(4)))
	m := machine{name: name, truth: c.make(h)}
	m.snaps = append(m.snaps, h.print())
	if strings.Contains(c.name, "boots") {
		m.snaps = append(m.snaps, restarted(h))
	}
	if h.one(8) {
		h.spoil()
	}
	return m
}

// restarted is the same machine after a restart: all counts are lower.
func restarted(h *host) *ingest.Snapshot {
	s := *h.Snapshot
	s.At, s.Uptime = s.At.Add(40*time.Hour), time.Hour
	s.Tags = slices.Clone(s.Tags)
	s.Totals = nil
	for i := range s.Tags {
		t := &s.Tags[i]
		t.Outstanding, t.Bytes = t.Outstanding/2, t.Bytes/2
		t.Allocs, t.Frees = t.Allocs/20+uint64(t.Outstanding), t.Allocs/20
	}
	if h.style == verbose || h.style == short {
		for _, p := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
			s.Totals = append(s.Totals, ingest.PoolTotal{Pool: p, Usage: s.Sum(p)})
		}
	}
	return &s
}
