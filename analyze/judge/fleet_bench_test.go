package judge

import (
	"fmt"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
)

// daily is a lab whose machines sent a log a day for a fortnight, each with a table of a
// busy machine; every fourth machine has the same leak.
func daily(machines int) []*ingest.Document {
	const days, tags = 14, 1500
	var docs []*ingest.Document
	for i := range machines {
		for n := range days {
			m := snap(fmt.Sprintf("LAB-%04d", i))
			m.File = fmt.Sprintf("LAB-%04d/%02d.log", i, n)
			m.At = m.At.Add(time.Duration(24*n) * time.Hour)
			m.Uptime += time.Duration(24*n) * time.Hour
			for k := range tags {
				size := int64(k*k%977 + 3)
				tag := fmt.Sprintf("%c%c%02d", 'A'+k%26, 'a'+k/100, k%100)
				m.row(ingest.Pool(1+k%2), tag, size+int64((i+k*n)%7), uint64(size)*208, "a structure , Binary: driver.sys")
			}
			if i%4 == 0 {
				m.unknown("Leak", int64(20_000*(n+1)), uint64(20_000*(n+1))*112)
			}
			for k := range m.Tags {
				m.Tags[k].Source = ingest.Source{File: m.File, Line: 10 + k}
			}
			m.summed()
			docs = append(docs, &ingest.Document{File: m.File, Snapshots: []*ingest.Snapshot{m.Snapshot}})
		}
	}
	return docs
}

// BenchmarkFleet shows what a machine costs in fleets of several sizes: the same.
func BenchmarkFleet(b *testing.B) {
	for _, machines := range []int{10, 20, 40} {
		b.Run(fmt.Sprintf("machines=%d", machines), func(b *testing.B) {
			tables, docs := shelf.New(), daily(machines)
			for _, d := range docs {
				tables.Put(d)
			}
			base := know(b)
			for b.Loop() {
				r := JudgeLent(docs, tables, base, analyze.DefaultThresholds())
				if len(r.Machines) != machines || len(r.Cases) == 0 {
					b.Fatalf("%d machines, %d cases", len(r.Machines), len(r.Cases))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*machines), "ms/machine")
		})
	}
}
