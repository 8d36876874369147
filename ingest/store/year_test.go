package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"poolsweep/ingest"
)

var (
	year   = flag.Int("year", 0, "fill a history with so many `DAYS` of 500 machines, two logs a day each, and measure it")
	yearIn = flag.String("year-in", "", "measure the history of so many days in `DIR`, filled before")
)

const (
	yearMachines = 500
	yearCases    = 60
	yearBatch    = 50 // logs recorded together, as when many machines drop at one hour
)

// specimen is a made-up machine whose logs follow each other: nearly all figures
// move from one to the next, as on a machine that works.
type specimen struct {
	name    string
	r       *rand.Rand
	booted  time.Time
	tags    []ingest.TagUsage
	sizes   []uint64 // bytes of an allocation, by tag
	modules []ingest.Module
	filters []ingest.Filter
}

func newSpecimen(n int) *specimen {
	m := &specimen{name: fmt.Sprintf("LAB-%03d", n), r: rand.New(rand.NewPCG(uint64(n), 7))}
	for i := range 460 {
		pool := ingest.NonPaged
		if i%2 == 1 {
			pool = ingest.Paged
		}
		tag := fmt.Sprintf("%c%c%c%c", 'A'+i%26, 'a'+i/26%26, 'a'+(i*7)%26, 'a'+(i*11)%26)
		m.tags = append(m.tags, ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool,
			Description: fmt.Sprintf("What part %d of the system keeps here , Binary: drv%d.sys", i, i%180)})
		m.sizes = append(m.sizes, 16*(1+uint64(m.r.ExpFloat64()*20)))
	}
	for i := range 180 {
		m.modules = append(m.modules, ingest.Module{Name: fmt.Sprintf("drv%d", i), Symbols: "deferred",
			Image:   fmt.Sprintf(`\SystemRoot\System32\drivers\drv%d.sys`, i),
			Version: fmt.Sprintf("10.0.%d.%d", 17000+i, m.r.IntN(4000)), Built: fmt.Sprintf("%08X", m.r.Uint32())})
	}
	for i := range 14 {
		f := ingest.Filter{Frame: "Frame 0", Name: fmt.Sprintf("flt%d", i), Altitude: ingest.Altitude(fmt.Sprint(40_000 + i*25_000))}
		for v := range 6 {
			f.Instances = append(f.Instances, ingest.Instance{Name: f.Name + " Instance", Altitude: f.Altitude,
				Volume: fmt.Sprintf(`\Device\HarddiskVolume%d`, v), Count: 1})
		}
		m.filters = append(m.filters, f)
	}
	return m
}

// boot loads the modules elsewhere and begins all counts anew.
func (m *specimen) boot(at time.Time) {
	m.booted = at
	address := 0xfffff800_00000000 + m.r.Uint64N(1<<30)<<12
	for i := range m.modules {
		m.modules[i].Start = address
		address += (1 + m.r.Uint64N(300)) << 12
		m.modules[i].End = address
	}
	for i := range m.tags {
		m.tags[i].Usage = ingest.Usage{Counted: true, Allocs: uint64(m.r.ExpFloat64() * 3000), Outstanding: int64(m.r.ExpFloat64() * 800)}
	}
}

// log is what the machine prints at a moment: its tables, each row with its line.
func (m *specimen) log(at time.Time) *ingest.Document {
	if m.booted.IsZero() || m.r.IntN(12) == 0 {
		m.boot(at.Add(-time.Duration(m.r.IntN(7200)) * time.Second))
	}
	name := fmt.Sprintf("%s/%s.log", m.name, at.Format("20060102-1504"))
	sum := sha256.Sum256([]byte(name))
	source := func(line int) ingest.Source { return ingest.Source{File: "drop/" + name, Line: line} }
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: m.name, From: ingest.NameFromFolder}, Source: source(1), At: at,
		Uptime: at.Sub(m.booted), UptimeOK: true, OS: ingest.OS{Text: "Windows 10 Kernel Version 19041 MP (8 procs) Free x64", Build: 19041, Bits: 64, Processors: 8},
		RAM: 16 << 30, FilterSet: true, Modules: append([]ingest.Module(nil), m.modules...)}
	for i := range m.tags {
		u := &m.tags[i].Usage
		u.Outstanding = max(1, u.Outstanding+int64(m.r.NormFloat64()*(3+float64(u.Outstanding)/25)))
		u.Allocs += uint64(m.r.ExpFloat64() * float64(50*u.Outstanding))
		u.Allocs = max(u.Allocs, uint64(u.Outstanding))
		u.Frees = u.Allocs - uint64(u.Outstanding)
		u.Bytes = uint64(u.Outstanding)*m.sizes[i] + 16*m.r.Uint64N(64)
		m.tags[i].Source = source(20 + i)
	}
	s.Tags = append(s.Tags, m.tags...)
	for _, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
		s.Totals = append(s.Totals, ingest.PoolTotal{Pool: pool, Usage: s.Sum(pool), Source: source(490)})
	}
	for i := range s.Modules {
		s.Modules[i].Source = source(500 + i)
	}
	line := 700
	for _, f := range m.filters {
		f.Source, f.Address = source(line), 0xffff9000_00000000+m.r.Uint64N(1<<32)<<4
		f.Instances = append([]ingest.Instance(nil), f.Instances...)
		for i := range f.Instances {
			line++
			f.Instances[i].First, f.Instances[i].Source = []uint64{0xffff9000_00000000 + m.r.Uint64N(1<<32)<<4}, source(line)
		}
		line++
		s.Filters = append(s.Filters, f)
	}
	s.VM = &ingest.VM{Physical: s.RAM, NonPaged: s.Sum(ingest.NonPaged).Bytes, Paged: s.Sum(ingest.Paged).Bytes, Source: source(line + 1)}
	for i, command := range []string{"vertarget", "!vm 1", "!poolused 2", "!poolused 4", "lm", "!fltkd.filters"} {
		s.Blocks = append(s.Blocks, ingest.Block{Source: source(1 + 100*i), LastLine: 99 + 100*i, Command: command, Rows: 90, State: ingest.BlockComplete})
	}
	return &ingest.Document{File: "drop/" + name, SHA256: hex.EncodeToString(sum[:]), Bytes: 90_000 + m.r.Int64N(9000), Lines: line + 2,
		Encoding: "utf-8", Snapshots: []*ingest.Snapshot{s}}
}

// read is a log as it is recorded.
func (m *specimen) read(at time.Time) Reading {
	d := m.log(at)
	return Reading{Drop: Drop{Share: "/srv/drop", Name: d.File[len("drop/"):], State: Analysed, Machine: m.name, SHA256: d.SHA256, Bytes: d.Bytes,
		Stamp: fmt.Sprintf("%d %d %d %d", d.Bytes, at.UnixNano(), at.UnixNano()+77, m.r.Uint32())}, Documents: []*ingest.Document{d}}
}

// fill records the logs of so many days, and has cases revised each week.
func fill(t *testing.T, s *Store, days int) {
	var lab []*specimen
	for n := range yearMachines {
		lab = append(lab, newSpecimen(n))
	}
	made := make(chan []Reading, 2)
	go func() {
		defer close(made)
		for half := range 2 * days {
			for from := 0; from < yearMachines; from += yearBatch {
				var batch []Reading
				for i, m := range lab[from : from+yearBatch] {
					batch = append(batch, m.read(noon.Add(time.Duration(half)*12*time.Hour+time.Duration(from+i)*time.Second)))
				}
				made <- batch
			}
		}
	}()
	revised := noon
	for batch := range made {
		now := batch[0].Documents[0].Snapshots[0].At
		if _, err := s.RecordAll(t.Context(), batch, now); err != nil {
			t.Fatal(err)
		}
		if now.Sub(revised) > 7*24*time.Hour {
			revised = now
			revise(t, s, yearMachines, yearCases, now)
		}
	}
}

// revise has each case look different, on some machines.
func revise(t *testing.T, s *Store, machines, cases int, now time.Time) {
	t.Helper()
	var found []Finding
	for i := range cases {
		c := Case{ID: fmt.Sprintf("PS-%08X", i), Signature: fmt.Sprintf("v1 tag Ab%02d", i), Verdict: "leak", Confidence: 0.8, Title: "a case",
			Summary: fmt.Appendf(nil, `{"text":"%0500d"}`, now.UnixNano())}
		for m := range 1 + i%20 {
			c.Machines = append(c.Machines, fmt.Sprintf("LAB-%03d", (i*13+m)%machines))
		}
		found = append(found, Finding{Case: c, Digest: fmt.Sprint(now.UnixNano()), Outputs: []string{"cases/" + c.ID + ".pdf", "cases/" + c.ID + ".json"}})
	}
	if _, err := s.Judge(t.Context(), Judgement{nil, found}, now); err != nil {
		t.Fatal(err)
	}
}

// TestYear fills a history as a lab of 500 machines does and measures it. It fails
// when a year would not stay within 10 GB, or when what 'poolsweep status' asks for
// takes more than a second.
func TestYear(t *testing.T) {
	if *year == 0 {
		t.Skip("only with -year")
	}
	s, dir := yearStore(t)
	began, ended := noon, noon.Add(time.Duration(*year)*24*time.Hour)
	logs := *year * 2 * yearMachines
	size := folderBytes(t, dir)
	t.Logf("%.2f GB on disk, %d bytes a log; a year of 365,000 logs takes %.2f GB", float64(size)/1e9, size/int64(logs), float64(size)/float64(logs)*365_000/1e9)
	if each := float64(size) / float64(logs); each > 10e9/365_000 {
		t.Errorf("%.0f bytes a log, want at most %.0f", each, 10e9/365_000)
	}
	if took := timed(t, "status", func(ctx context.Context) error { return askStatus(ctx, s, false) }); took > time.Second {
		t.Errorf("status takes %s", took)
	}
	timed(t, "status of all drops", func(ctx context.Context) error { return askStatus(ctx, s, true) })
	measureQueries(t, s, ended)
	timed(t, "quick check", func(ctx context.Context) error { return s.Check(ctx, false) })
	timed(t, "backup", func(ctx context.Context) error { return s.Backup(ctx, filepath.Join(dir, "backup.db")) })
	timed(t, "retain, of the oldest month", func(ctx context.Context) error {
		r, err := s.Retain(ctx, began.Add(30*24*time.Hour))
		t.Logf("  %d documents removed", r.Documents)
		return err
	})
}

// yearStore returns a history of so many days, the one that is there or a new one.
func yearStore(t *testing.T) (*Store, string) {
	if *yearIn == "" {
		s, dir := newStore(t)
		start := time.Now()
		fill(t, s, *year)
		took := time.Since(start)
		t.Logf("recorded in %s: %.0f logs a second", took.Round(time.Second), float64(*year*2*yearMachines)/took.Seconds())
		return s, dir
	}
	s, err := Open(t.Context(), *yearIn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, *yearIn
}

// measureQueries times what the watcher asks for.
func measureQueries(t *testing.T, s *Store, ended time.Time) {
	t.Helper()
	timed(t, "counts", func(ctx context.Context) error { _, err := s.Counts(ctx); return err })
	timed(t, "machines", func(ctx context.Context) error { _, err := s.Machines(ctx); return err })
	timed(t, "cases", func(ctx context.Context) error { _, err := s.Cases(ctx); return err })
	timed(t, "newest of all machines", func(ctx context.Context) error { return s.Newest(ctx, func(Held) {}) })
	timed(t, "recent of one machine, 90 days", func(ctx context.Context) error {
		held, err := s.Recent(ctx, "LAB-007", ended.Add(-90*24*time.Hour), 256)
		t.Logf("  %d documents", len(held))
		return err
	})
	timed(t, "earlier contents of one machine", func(ctx context.Context) error { _, err := s.Earlier(ctx, "LAB-007"); return err })
	m := newSpecimen(yearMachines)
	timed(t, "one more log", func(ctx context.Context) error { _, err := s.Record(ctx, m.read(ended), ended); return err })
}

// askStatus asks for what 'poolsweep status' prints, with all drops as by --json.
func askStatus(ctx context.Context, s *Store, all bool) error {
	drops := func() error { return s.Doubted(ctx, func(Drop) error { return nil }) }
	if all {
		drops = func() error { return s.Drops(ctx, "", func(Drop) error { return nil }) }
	}
	_, errCounts := s.Counts(ctx)
	_, errCases := s.Cases(ctx)
	_, errOutputs := s.Outputs(ctx)
	return errors.Join(errCounts, drops(), errCases, errOutputs)
}

// timed says how long something takes.
func timed(t *testing.T, what string, do func(context.Context) error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := do(t.Context()); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	took := time.Since(start)
	t.Logf("%-32s %s", what, took.Round(100*time.Microsecond))
	return took
}

func folderBytes(t *testing.T, dir string) (sum int64) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
