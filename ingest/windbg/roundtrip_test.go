package windbg

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// anyTag draws four printable bytes; a driver may choose any of them.
func anyTag(r *rand.Rand, seen map[ingest.Tag]bool) ingest.Tag {
	for {
		var t ingest.Tag
		for i := range t {
			t[i] = byte(' ' + r.IntN(95))
		}
		if t[0] != ' ' && t.String() != "TOTA" && !seen[t] {
			seen[t] = true
			return t
		}
	}
}

// anyUsage draws figures of up to eight digits, small ones as often as large.
func anyUsage(r *rand.Rand, counted bool) ingest.Usage {
	number := func() uint64 { return r.Uint64N(1 << (1 + r.IntN(26))) }
	u := ingest.Usage{Outstanding: 1 + int64(number()), Bytes: 8 + number(), Counted: counted}
	if counted {
		u.Frees = number()
		u.Allocs = u.Frees + uint64(u.Outstanding)
	}
	return u
}

// tableLayout prints rows of a pool table the way one debugger does.
type tableLayout struct {
	name, head string
	counted    bool
	row        string // of tag and four or eight numbers
	total      string
	known      string // what stands between the last number and a known description
}

var tableLayouts = []tableLayout{
	{"compact since Windows 7", " Sorting by Tag\n\n               NonPaged                  Paged\n" +
		" Tag     Allocs         Used     Allocs         Used\n\n", false, " %s %9d %12d %10d %12d", "\nTOTAL %9d %12d %10d %12d", "\t"},
	{"verbose since Windows 7", " Sorting by Tag\n\n                            NonPaged                                         Paged\n" +
		" Tag       Allocs       Frees      Diff         Used       Allocs       Frees      Diff         Used\n\n",
		true, " %s %11d %11d %9d %12d %12d %11d %9d %12d", "\nTOTAL %11d %11d %9d %12d %12d %11d %9d %12d", "\t"},
	{"compact of XP, glued", "   Sorting by  Tag\n\n  Pool Used:\n            NonPaged            Paged\n" +
		" Tag    Allocs     Used    Allocs     Used\n", false, " %s %8d %8d %9d %8d", " TOTAL    %8d %8d   %8d %8d", ""},
	{"verbose of 2003", "   Sorting by  Tag\n\n  Pool Used:\n            NonPaged                    Paged\n" +
		" Tag    Allocs    Frees     Diff     Used *  Allocs    Frees     Diff     Used\n",
		true, " %s %8d %8d %8d %8d * %8d %8d %8d %8d", " TOTAL %11d %8d %8d %8d %8d %8d %8d %8d", "\t"},
}

func (l tableLayout) figures(u ingest.Usage) []any {
	if l.counted {
		return []any{u.Allocs, u.Frees, u.Outstanding, u.Bytes}
	}
	return []any{u.Outstanding, u.Bytes}
}

// TestPoolTablesRoundTrip prints random rows in each layout and reads them back:
// every tag, figure and description, and a TOTAL row without complaint.
func TestPoolTablesRoundTrip(t *testing.T) {
	for _, l := range tableLayouts {
		r := rand.New(rand.NewPCG(19, 93))
		for run := range 40 {
			log, want := l.print(r, 1+r.IntN(60))
			d, err := Read(strings.NewReader(log), "a.log")
			if err != nil || len(d.Snapshots) != 1 {
				t.Fatalf("%s: %v, %d snapshots\n%s", l.name, err, len(d.Snapshots), log)
			}
			s := d.Snapshots[0]
			for i := range s.Tags {
				s.Tags[i].Source = ingest.Source{}
			}
			if diff := firstDifference(s.Tags, want); diff != "" {
				t.Fatalf("%s, run %d: %s\n%v", l.name, run, diff, s.Warnings)
			}
			if len(s.Warnings) > 0 || len(s.Totals) != 2 || !s.Blocks[0].Complete() {
				t.Fatalf("%s, run %d: %v, %d totals, %s\n%s", l.name, run, s.Warnings, len(s.Totals), s.Blocks[0].State, log)
			}
		}
	}
}

// firstDifference tells where two lists of rows differ, in words.
func firstDifference(got, want []ingest.TagUsage) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d: read %q %s %+v %q, want %q %s %+v %q", i, got[i].Tag, got[i].Pool, got[i].Usage,
				got[i].Description, want[i].Tag, want[i].Pool, want[i].Usage, want[i].Description)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("read %d rows, want %d", len(got), len(want))
	}
	return ""
}

// print makes a table of n rows and returns what should be read of it.
func (l tableLayout) print(r *rand.Rand, n int) (string, []ingest.TagUsage) {
	var b strings.Builder
	b.WriteString("0: kd> !poolused\n" + l.head)
	var want []ingest.TagUsage
	var sum [2]ingest.Usage
	seen := map[ingest.Tag]bool{}
	for range n {
		tag := anyTag(r, seen)
		description := fmt.Sprintf("UNKNOWN pooltag '%s', please update pooltag.txt", tag)
		if r.IntN(2) == 0 {
			description = "Some structure , Binary: some.sys"
		}
		values := []any{tag.String()}
		halves := 1 + r.IntN(3) // bit 0 nonpaged, bit 1 paged
		for i, pool := range []ingest.Pool{ingest.NonPaged, ingest.Paged} {
			var u ingest.Usage
			if halves>>i&1 == 1 {
				u = anyUsage(r, l.counted)
				want = append(want, ingest.TagUsage{Tag: tag, Pool: pool, Usage: u, Description: description})
			}
			values = append(values, l.figures(u)...)
			sum[i].Outstanding += u.Outstanding
			sum[i].Bytes += u.Bytes
			sum[i].Allocs += u.Allocs
			sum[i].Frees += u.Frees
		}
		fmt.Fprintf(&b, l.row+l.known+"%s\n", append(values, description)...)
	}
	fmt.Fprintf(&b, l.total+"\n0: kd> q\n", append(l.figures(sum[0]), l.figures(sum[1])...)...)
	return b.String(), want
}

// TestFilterListsRoundTrip prints random filters with their instances and counts
// them back.
func TestFilterListsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 11))
	for range 60 {
		var b strings.Builder
		b.WriteString("0: kd> !fltkd.filters\n\nFilter List: ffffcb0e0b3a50d0 \"Frame 0\" \n")
		type filter struct {
			name, altitude string
			instances      int
		}
		var want []filter
		for i := range 1 + r.IntN(12) {
			f := filter{fmt.Sprintf("Flt %c%d", 'A'+r.IntN(26), i), fmt.Sprintf("%d.%d", 40000+r.IntN(380000), r.IntN(100)), r.IntN(300)}
			want = append(want, f)
			fmt.Fprintf(&b, "   FLT_FILTER: %016x %q %q\n", r.Uint64(), f.name, f.altitude)
			for range f.instances {
				fmt.Fprintf(&b, "      FLT_INSTANCE: %016x %q %q\n", r.Uint64(), f.name+" Instance", f.altitude)
			}
		}
		d, err := Read(strings.NewReader(b.String()+"0: kd> q\n"), "a.log")
		if err != nil {
			t.Fatal(err)
		}
		var got []filter
		for _, f := range d.Snapshots[0].Filters {
			got = append(got, filter{f.Name, string(f.Altitude), f.Attached()})
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %v, want %v", got, want)
		}
	}
}

// TestModuleListsRoundTrip prints random module ranges of both widths.
func TestModuleListsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(64, 32))
	for run := range 60 {
		wide := run%2 == 0
		var b strings.Builder
		b.WriteString("0: kd> lm\nstart    end        module name\n")
		var want []ingest.Module
		at := uint64(0x80000000)
		if wide {
			at = 0xfffff80100000000
		}
		for i := range 1 + r.IntN(40) {
			m := ingest.Module{Start: at, End: at + 0x1000 + r.Uint64N(0x80000), Name: fmt.Sprintf("drv%d_%c", i, 'a'+r.IntN(26)), Symbols: "deferred"}
			at = m.End&^0xfff + 0x1000
			fmt.Fprintf(&b, "%s %s   %-10s (deferred)             \n", printed(m.Start, wide), printed(m.End, wide), m.Name)
			want = append(want, m)
		}
		d, err := Read(strings.NewReader(b.String()+"0: kd> q\n"), "a.log")
		if err != nil {
			t.Fatal(err)
		}
		got := d.Snapshots[0].Modules
		for i := range got {
			got[i].Source = ingest.Source{}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, want %+v\n%s", got, want, b.String())
		}
	}
}

// printed writes an address as lm does.
func printed(address uint64, wide bool) string {
	if wide {
		return fmt.Sprintf("%08x`%08x", address>>32, address&0xffffffff)
	}
	return fmt.Sprintf("%08x", address)
}

// TestBlockListsRoundTrip prints random blocks as !poolfind does and counts them.
func TestBlockListsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 16))
	for range 60 {
		n, held := 1+r.IntN(400), uint64(0)
		var b strings.Builder
		b.WriteString("0: kd> !poolfind Qbuf -nonpaged\n\nSearching nonpaged pool (ffff830000000000 : ffff930000000000) for tag 0x66756251 (Qbuf)\n\n")
		for range n {
			size := 16 * (1 + r.Uint64N(200))
			held += size
			fmt.Fprintf(&b, "ffff8300%08x : tag Qbuf, size %9s, Nonpaged pool\n", r.Uint32()&^15, fmt.Sprintf("%#x", size))
		}
		b.WriteString("\n...terminating - searched pool to ffffda000fb7df50\n0: kd> q\n")
		d, err := Read(strings.NewReader(b.String()), "a.log")
		if err != nil || len(d.Snapshots) != 1 || len(d.Snapshots[0].Found) != 1 {
			t.Fatalf("%v\n%s", err, b.String())
		}
		f := d.Snapshots[0].Found[0]
		if f.Count != n || f.Bytes != held || f.Tag.String() != "Qbuf" || f.Pool != ingest.NonPaged {
			t.Fatalf("read %d blocks of %d bytes, want %d of %d", f.Count, f.Bytes, n, held)
		}
	}
}

// TestProcessListsRoundTrip prints random processes, living and exited.
func TestProcessListsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range 60 {
		var b strings.Builder
		b.WriteString("0: kd> !process 0 0\n**** NT ACTIVE PROCESS DUMP ****\n")
		exited, handles := 0, int64(0)
		n := 1 + r.IntN(120)
		for i := range n {
			table, open := r.Uint64()|1, 1+r.Int64N(4000)
			if r.IntN(4) == 0 {
				table, open = 0, 0
				exited++
			}
			handles += open
			fmt.Fprintf(&b, "PROCESS %016x\n    SessionId: %d  Cid: %04x    Peb: 7fffffd4000  ParentCid: 0c10\n"+
				"    DirBase: 23657000  ObjectTable: %016x  HandleCount: %3d.\n    Image: app%d.exe\n\n",
				r.Uint64()|0xffff<<48, r.IntN(3), 4*(i+1), table, open, i)
		}
		d, err := Read(strings.NewReader(b.String()+"0: kd> q\n"), "a.log")
		if err != nil {
			t.Fatal(err)
		}
		s := d.Snapshots[0]
		sum := int64(0)
		for _, p := range s.Running {
			sum += p.Handles
		}
		if s.Processes == nil || s.Processes.Listed != n || s.Processes.Zombies != exited || sum != handles {
			t.Fatalf("read %+v with %d handles, want %d listed, %d exited, %d handles\n%s", s.Processes, sum, n, exited, handles, b.String())
		}
	}
}

// TestVirtualMemoryRoundTrips prints random figures as !vm does since Windows 7.
func TestVirtualMemoryRoundTrips(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 21))
	for range 200 {
		physical := 1<<18 + r.Uint64N(1<<24)
		part := func() uint64 { return 1 + r.Uint64N(physical/8) }
		nonpaged, nx, paged := part(), part(), part()
		var b strings.Builder
		b.WriteString("0: kd> !vm 1\nPage File: \\??\\C:\\pagefile.sys\n\n")
		for _, l := range []struct {
			label string
			pages uint64
		}{{"Physical Memory", physical}, {"Available Pages", part()}, {"NonPagedPool Usage", nonpaged}, {"NonPagedPoolNx Usage", nx},
			{"NonPagedPool Max", 4294967296}, {"PagedPool Usage", paged}, {"PagedPool Commit", 18446735300397918280}} {
			fmt.Fprintf(&b, "%-24s %10d (%11d Kb)\n", l.label+":", l.pages, l.pages*4)
		}
		d, err := Read(strings.NewReader(b.String()+"0: kd> q\n"), "a.log")
		if err != nil {
			t.Fatal(err)
		}
		vm := d.Snapshots[0].VM
		if vm == nil || vm.Physical != physical<<12 || vm.NonPaged != (nonpaged+nx)<<12 || vm.Paged != paged<<12 {
			t.Fatalf("read %+v\n%s", vm, b.String())
		}
	}
}

// TestVerifierListsRoundTrip prints random verified drivers with their blocks.
func TestVerifierListsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 62))
	for range 60 {
		var b strings.Builder
		b.WriteString("0: kd> !verifier 3\n\nVerify Flags Level 0x00000009\n\nDriver Verification List\n------------------------\n")
		type held struct {
			module  string
			allocs  uint64
			bytes   uint64
			blocks  int
			inLines uint64
		}
		var want []held
		for i := range 1 + r.IntN(5) {
			h := held{module: fmt.Sprintf("drv%d.sys", i), blocks: r.IntN(40)}
			var lines strings.Builder
			for range h.blocks {
				size := 1 + r.Uint64N(9000)
				h.inLines += size
				fmt.Fprintf(&lines, "      0xffffcb84%08x  0x%08x  Qb%02d  0xfffff803%08x  drv%d!Make+0x21\n", r.Uint32(), size, r.IntN(3), r.Uint32(), i)
			}
			h.allocs, h.bytes = uint64(h.blocks), h.inLines
			want = append(want, h)
			fmt.Fprintf(&b, "\nnt!_VF_TARGET_DRIVER 0xffffcb84%08x: %s (Loaded and Unloaded)\n\n"+
				"    Pool Allocation Statistics: ( NonPagedPool / PagedPool )\n\n"+
				"      Current Pool Allocations: ( 0x%08x / 0x00000000 )\n      Current Pool Bytes:       ( 0x%08x / 0x00000000 )\n"+
				"      Peak Pool Allocations:    ( 0x0000ffff / 0x00000001 )\n      Peak Pool Bytes:          ( 0x0fffffff / 0x0000003e )\n\n"+
				"    Pool Allocations:\n\n      Address             Length      Tag   Caller Address    \n"+
				"      ------------------  ----------  ----  ------------------\n%s", r.Uint32(), h.module, h.allocs, h.bytes, lines.String())
		}
		d, err := Read(strings.NewReader(b.String()+"\n0: kd> q\n"), "a.log")
		if err != nil {
			t.Fatal(err)
		}
		var got []held
		for _, v := range d.Snapshots[0].Verified {
			h := held{module: v.Module, allocs: v.NonPaged.Allocs, bytes: v.NonPaged.Bytes}
			for _, k := range v.Blocks {
				h.blocks += k.Count
				h.inLines += k.Bytes
			}
			got = append(got, h)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, want %+v\n%s", got, want, b.String())
		}
	}
}
