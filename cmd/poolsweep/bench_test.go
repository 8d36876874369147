package main

import (
	"io"
	"testing"
)

// BenchmarkSweepSamples measures reading and judging all samples, and drawing
// all their reports, each by itself.
func BenchmarkSweepSamples(b *testing.B) {
	j := judged(b)
	var bytes int64
	for _, d := range j.Documents {
		bytes += d.Bytes
	}
	b.Run("judge", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			judged(b)
		}
	})
	for _, p := range j.pages("") {
		b.Run(p.path, func(b *testing.B) {
			for b.Loop() {
				if err := p.draw(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
