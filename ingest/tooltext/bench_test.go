package tooltext

import (
	"bytes"
	"fmt"
	"testing"

	"poolsweep/ingest"
)

// benchmark reads the lines of one block again and again.
func benchmark(b *testing.B, table ingest.Table, text []byte, rows int) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	warn := func(message string) { b.Error(message) }
	for b.Loop() {
		r, read := table.New(""), 0
		for i, line := range lines {
			if r.Read(ingest.Line{No: i + 1, Text: line}, warn) == ingest.LineRow {
				read++
			}
		}
		var s ingest.Snapshot
		r.Merge(&s, at)
		if read != rows || len(s.Tags) != rows {
			b.Fatalf("%d rows, %d tags, want %d", read, len(s.Tags), rows)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkReadPoolmon reads a file of 3,000 rows that poolmon -n wrote.
func BenchmarkReadPoolmon(b *testing.B) {
	var text bytes.Buffer
	text.WriteString(" Memory:16656880K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K\n" +
		" Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:710920K P:983564K\n\n" +
		" Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n")
	for i := range 3000 {
		pool := [2]string{"Nonp ", "Paged"}[i%2]
		fmt.Fprintf(&text, " T%03x %s %9d %9d %9d %8d %10d\n", i, pool, 5*i, 2*i, 3*i, 240*3*i, min(i, 1)*240)
	}
	benchmark(b, poolmonTable, text.Bytes(), 3000)
}

// BenchmarkReadCSV reads a table of 3,000 rows as a script writes it.
func BenchmarkReadCSV(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("\"Tag\",\"Type\",\"Allocs\",\"Frees\",\"Diff\",\"Bytes\",\"Description\"\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "\"T%03x\",\"Nonp\",\"%d\",\"%d\",\"%d\",\"%d\",\"buffers\"\n", i, 5*i, 2*i, 3*i, 720*i)
	}
	benchmark(b, genericTable, text.Bytes(), 3000)
}

// BenchmarkBegins asks all tables about lines that begin none: the cost that
// every line between blocks has.
func BenchmarkBegins(b *testing.B) {
	lines := [][]byte{
		[]byte("fffff805`12340000 fffff805`12348000   mbuf       (deferred)"),
		[]byte("Loading Kernel Symbols"),
		[]byte("ChildEBP RetAddr  Args to Child"),
		[]byte("The target has been up for a while, and pool is short."),
	}
	for _, t := range []ingest.Table{poolmonTable, poolmonxTable, genericTable, listTable, plainTable, statedTable} {
		b.Run(t.Command, func(b *testing.B) {
			for b.Loop() {
				for _, line := range lines {
					if t.Begins(line) {
						b.Fatalf("%q begins %s", line, t.Command)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(lines)), "ns/line")
		})
	}
}
