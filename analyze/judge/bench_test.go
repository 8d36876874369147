package judge

import (
	"fmt"
	"math"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// benchLogs makes logs of machines with so many tags each, an hour apart. Counts breathe,
// one tag of each machine grows.
func benchLogs(machines, snapshots, rows int) []*ingest.Document {
	var docs []*ingest.Document
	boot := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for m := range machines {
		for i := range snapshots {
			up := time.Duration(i+1) * time.Hour
			s := &ingest.Snapshot{At: boot.Add(up), Uptime: up, UptimeOK: true}
			s.Machine.Name = fmt.Sprintf("LAB-%03d", m)
			file := fmt.Sprintf("%s-%03d.log", s.Machine.Name, i)
			s.Source = ingest.Source{File: file, Line: 1}
			for n := range rows {
				tag := ingest.Tag{'a' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)}
				// Spread as in real tables: over three orders of magnitude around 3,000.
				share := (float64(n*617%rows) + 0.5) / float64(rows)
				count := int64(math.Exp(8+1.5*math.Sqrt2*math.Erfinv(2*share-1))) + int64((i*n+m)%17)
				if n == m%rows {
					count += int64(20_000 * i)
				}
				s.Tags = append(s.Tags, ingest.TagUsage{Tag: tag, Pool: ingest.NonPaged, Description: "made",
					Usage:  ingest.Usage{Outstanding: count, Bytes: uint64(count) * 96},
					Source: ingest.Source{File: file, Line: n + 2}})
			}
			docs = append(docs, &ingest.Document{File: file, Snapshots: []*ingest.Snapshot{s}})
		}
	}
	return docs
}

// BenchmarkJudge shows how the cost of judging grows with the rows of a table, with the
// machines and with the snapshots of a machine, each ten and a hundred times as many: a
// row costs about the same. It is meant for one processor, -cpu 1.
func BenchmarkJudge(b *testing.B) {
	base := know(b)
	for _, size := range []struct{ machines, snapshots, rows int }{{1, 4, 100}, {1, 4, 1000}, {1, 4, 10_000},
		{1, 4, 1000}, {10, 4, 1000}, {100, 4, 1000}, {1, 4, 1000}, {1, 40, 1000}, {1, 400, 1000}} {
		docs := benchLogs(size.machines, size.snapshots, size.rows)
		b.Run(fmt.Sprintf("%dx%dx%d", size.machines, size.snapshots, size.rows), func(b *testing.B) {
			for b.Loop() {
				Judge(docs, base, analyze.DefaultThresholds())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(docs)*size.rows), "ns/row")
		})
	}
}
