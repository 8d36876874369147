package judge

import (
	"fmt"
	"math"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// benchLogs makes logs of machines with 1,000 tags each, an hour apart. Counts breathe, one
// tag of each machine grows.
func benchLogs(machines, snapshots int) []*ingest.Document {
	var docs []*ingest.Document
	boot := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for m := range machines {
		for i := range snapshots {
			up := time.Duration(i+1) * time.Hour
			s := &ingest.Snapshot{At: boot.Add(up), Uptime: up, UptimeOK: true}
			s.Machine.Name = fmt.Sprintf("LAB-%03d", m)
			file := fmt.Sprintf("%s-%03d.log", s.Machine.Name, i)
			s.Source = ingest.Source{File: file, Line: 1}
			for n := range 1000 {
				tag := ingest.Tag{'a' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10), 'x'}
				// Spread over orders of magnitude, as in real tables.
				count := int64(math.Exp(5+float64(n*617%1000)/90)) + int64((i*n+m)%17)
				if n == m%1000 {
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

// BenchmarkJudge shows how the cost of judging grows with machines and with
// snapshots of a machine: rows a second stay about the same.
func BenchmarkJudge(b *testing.B) {
	base := know(b)
	for _, size := range [][2]int{{1, 4}, {10, 4}, {1, 40}} {
		docs := benchLogs(size[0], size[1])
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				Judge(docs, base, analyze.DefaultThresholds())
			}
			b.ReportMetric(float64(1000*len(docs)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
