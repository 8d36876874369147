package windbg

import (
	"bytes"
	"fmt"
	"testing"

	"poolsweep/ingest"
)

// benchmark reads the log again and again and reports bytes and rows a second. The
// tables of a snapshot are dropped when it is read, as those of long logs are put away.
func benchmark(b *testing.B, text []byte) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		d, err := ReadEach(bytes.NewReader(text), "bench.log", func(s *ingest.Snapshot) { s.Tags = nil })
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range d.Snapshots {
			if len(s.Warnings) > 0 {
				b.Fatal(s.Warnings[0])
			}
			for _, block := range s.Blocks {
				if block.State != ingest.BlockComplete {
					b.Fatalf("%+v", block)
				}
				rows += block.Rows
			}
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkReadPoolused reads one table of 2,000 tags.
func BenchmarkReadPoolused(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("0: kd> !poolused 2\n Sorting by NonPaged Pool Consumed\n\n" +
		"               NonPaged                  Paged\n" +
		" Tag     Allocs         Used     Allocs         Used\n\n")
	var allocs, used int
	for i := range 2000 {
		allocs, used = allocs+3*i, used+240*i
		fmt.Fprintf(&text, " T%03x%10d %12d %10d %12d\tbuffers of driver %d , Binary: drv%03d.sys\n", i, 3*i, 240*i, 0, 0, i, i%300)
	}
	fmt.Fprintf(&text, "\nTOTAL%10d %12d %10d %12d\n0: kd> ", allocs, used, 0, 0)
	benchmark(b, text.Bytes())
}

// BenchmarkGrowth reads logs of 1, 10 and 100 snapshots, and tables of 200, 2,000 and
// 20,000 tags: the rows a second should stay about the same.
func BenchmarkGrowth(b *testing.B) {
	for _, size := range []struct{ snapshots, rows int }{{1, 1000}, {10, 1000}, {100, 1000}, {1, 200}, {1, 2000}, {1, 20000}} {
		var text bytes.Buffer
		for s := range size.snapshots {
			writeTable(&text, size.rows, s+1)
		}
		text.WriteString("0: kd> ")
		b.Run(fmt.Sprintf("snapshots=%d/rows=%d", size.snapshots, size.rows), func(b *testing.B) { benchmark(b, text.Bytes()) })
	}
}

// writeTable writes a table of tags, no figure of which is that of another seed.
func writeTable(text *bytes.Buffer, rows, seed int) {
	text.WriteString("0: kd> !poolused 2\n Tag     Allocs         Used     Allocs         Used\n\n")
	allocs := 0
	for i := range rows {
		n := seed + i%1000
		allocs += n
		fmt.Fprintf(text, " %04x%10d %12d %10d %12d\tbuffers of driver %d , Binary: drv%03d.sys\n", i, n, 240*n, 0, 0, i, i%300)
	}
	fmt.Fprintf(text, "\nTOTAL%10d %12d %10d %12d\n", allocs, 240*allocs, 0, 0)
}

// BenchmarkReadFilters reads a list of a filter that attached 200,000 times.
func BenchmarkReadFilters(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("0: kd> !fltkd.filters\n\nFilter List: ffffcb0e0b3a50d0 \"Frame 0\" \n")
	for f := range 12 {
		fmt.Fprintf(&text, "   FLT_FILTER: ffffcb0e0b3b%04x \"Flt%d\" \"%d\"\n", 16*f, f, 400000-f*1000)
		count := 8
		if f == 5 {
			count = 200000
		}
		for i := range count {
			fmt.Fprintf(&text, "      FLT_INSTANCE: ffffcb0e%08x \"Flt%d Instance\" \"%d\"\n", i*16, f, 400000-f*1000)
		}
	}
	text.WriteString("\n0: kd> ")
	benchmark(b, text.Bytes())
}

// BenchmarkReadModules reads a list of 300 modules.
func BenchmarkReadModules(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("0: kd> lm\nstart             end                 module name\n")
	for i := range 300 {
		fmt.Fprintf(&text, "fffff805`%08x fffff805`%08x   drv%03d     (deferred)             \n", i<<16, i<<16+0x8000, i)
	}
	text.WriteString("0: kd> ")
	benchmark(b, text.Bytes())
}

// BenchmarkReadPoolfind reads a list of 200,000 blocks.
func BenchmarkReadPoolfind(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("0: kd> !poolfind Proc -nonpaged\n")
	for i := range 200000 {
		fmt.Fprintf(&text, "ffffd48c%08x : tag Proc, size     0xb70, Nonpaged pool\n", i*0xb80)
	}
	text.WriteString("0: kd> ")
	benchmark(b, text.Bytes())
}
