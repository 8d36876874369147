package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// Size of the lab that a week's mail is measured with.
const (
	labMachines  = 500
	labSnapshots = 14 // of each machine, one a day
	labTags      = 460
	labModules   = 180
	labLeaks     = 25 // machines of which one tag grows
)

// BenchmarkWeeklyMail measures the mail of a lab from its history: what it judges, and
// what it draws.
func BenchmarkWeeklyMail(b *testing.B) {
	for _, machines := range []int{labMachines / 10, labMachines} {
		bench := newBench(b)
		bench.cfg.Groups = []groupConfig{{Name: "Lab", Default: true, Recipients: []string{"all@lab.example"}, Weekday: "monday"}}
		bench.cfg.fill()
		bench.wall = bench.wall.AddDate(0, 0, 6) // a Monday
		bench.fillLab(b, machines)
		if err := bench.judge(b.Context(), true); err != nil {
			b.Fatal(err)
		}
		h := bench.history()
		h.cases, _ = bench.store.Cases(b.Context())
		d, err := h.desk(&bench.cfg.Groups[0], b.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		var w *week
		b.Run(fmt.Sprintf("judge-%d", machines), func(b *testing.B) {
			for b.Loop() {
				p := d.period(d.schedule.latest(d.now), store.Frozen)
				if w, err = d.judgeWeek(b.Context(), &p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(w.Result.Cases)), "cases")
		})
		b.Run(fmt.Sprintf("draw-%d", machines), func(b *testing.B) {
			for b.Loop() {
				if _, err := d.weekLetter(w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fillLab records a log a day of many machines, in one transaction for each 50.
func (b *bench) fillLab(t testing.TB, machines int) {
	var batch []store.Reading
	for n := range machines {
		m := newLabMachine(n)
		for day := range labSnapshots {
			at := b.wall.AddDate(0, 0, day-labSnapshots).Add(time.Duration(n) * time.Second)
			batch = append(batch, m.reading(b.cfg.Drops[0].Path, at))
			if len(batch) == 50 || n == machines-1 && day == labSnapshots-1 {
				if _, err := b.store.RecordAll(t.Context(), batch, at); err != nil {
					t.Fatal(err)
				}
				batch = nil
			}
		}
	}
}

// labMachine is a made-up machine whose figures move from log to log.
type labMachine struct {
	name    string
	r       *rand.Rand
	tags    []ingest.TagUsage
	modules []ingest.Module
	leak    int // the tag that grows, -1: none
}

func newLabMachine(n int) *labMachine {
	m := &labMachine{name: fmt.Sprintf("LAB-%03d", n), r: rand.New(rand.NewPCG(uint64(n), 7)), leak: -1}
	if n%(labMachines/labLeaks) == 0 {
		m.leak = 300 + n%5
	}
	for i := range labTags {
		tag := fmt.Sprintf("%c%c%c%c", 'A'+i%26, 'a'+i/26%26, 'a'+(i*7)%26, 'a'+(i*11)%26)
		held := int64(1 + m.r.ExpFloat64()*800)
		m.tags = append(m.tags, ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: ingest.NonPaged + ingest.Pool(i%2),
			Description: fmt.Sprintf("What part %d keeps here, Binary: drv%d.sys", i, i%labModules),
			Usage:       ingest.Usage{Counted: true, Allocs: uint64(held) * 100, Outstanding: held}})
	}
	for i := range labModules {
		m.modules = append(m.modules, ingest.Module{Name: fmt.Sprintf("drv%d", i), Start: uint64(i) << 20, End: uint64(i+1) << 20,
			Image: fmt.Sprintf(`\SystemRoot\System32\drivers\drv%d.sys`, i), Version: fmt.Sprintf("10.0.%d.%d", 17000+i, n%3)})
	}
	return m
}

// reading is the machine's log of a moment, read.
func (m *labMachine) reading(share string, at time.Time) store.Reading {
	name := fmt.Sprintf("%s/%s.log", m.name, at.Format("20060102-1504"))
	sum := sha256.Sum256([]byte(name))
	source := func(line int) ingest.Source { return ingest.Source{File: "drop/" + name, Line: line} }
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: m.name, From: ingest.NameFromFolder}, Source: source(1), At: at,
		Uptime: at.Sub(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)), UptimeOK: true, RAM: 16 << 30,
		OS:      ingest.OS{Text: "Windows 10 Kernel Version 19041 MP (8 procs) Free x64", Build: 19041, Bits: 64, Processors: 8},
		Modules: m.modules}
	for i := range m.tags {
		u := &m.tags[i].Usage
		u.Outstanding = max(1, u.Outstanding+int64(m.r.NormFloat64()*(3+float64(u.Outstanding)/25)))
		if i == m.leak {
			u.Outstanding += 20_000
		}
		u.Allocs += uint64(m.r.ExpFloat64() * float64(50*u.Outstanding))
		u.Allocs = max(u.Allocs, uint64(u.Outstanding))
		u.Frees, u.Bytes = u.Allocs-uint64(u.Outstanding), uint64(u.Outstanding)*uint64(64+16*(i%50))
		m.tags[i].Source = source(20 + i)
	}
	s.Tags = append(s.Tags, m.tags...)
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
		s.Totals = append(s.Totals, ingest.PoolTotal{Pool: pool, Usage: s.Sum(pool), Source: source(490)})
	}
	s.VM = &ingest.VM{Physical: s.RAM, NonPaged: s.Sum(ingest.NonPaged).Bytes, Paged: s.Sum(ingest.Paged).Bytes, Source: source(900)}
	for i, command := range []string{"vertarget", "!vm 1", "!poolused 2", "!poolused 4", "lm"} {
		s.Blocks = append(s.Blocks, ingest.Block{Source: source(1 + 100*i), LastLine: 99 + 100*i, Command: command, Rows: 90,
			State: ingest.BlockComplete})
	}
	doc := &ingest.Document{File: "drop/" + name, SHA256: hex.EncodeToString(sum[:]), Bytes: 90_000, Lines: 902, Encoding: "utf-8",
		Snapshots: []*ingest.Snapshot{s}}
	return store.Reading{Documents: []*ingest.Document{doc}, Drop: store.Drop{Share: share, Name: name, State: store.Analysed,
		Machine: m.name, SHA256: doc.SHA256, Bytes: doc.Bytes}}
}
