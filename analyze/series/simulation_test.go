package series

import (
	"math"
	"math/rand/v2"
	"testing"
)

// share returns how many of so many drawn series are called growing.
func share(draw func() []float64) float64 {
	const runs = 1_000
	th, growing := DefaultThresholds(), 0
	for range runs {
		if t := CountTrend(hourly(draw()...), th); t.Class == Growing {
			growing++
		}
	}
	return float64(growing) / runs
}

// walk draws a random walk around a level, its steps a share of it.
func walk(r *rand.Rand, n int, level, step float64) []float64 {
	out, x := make([]float64, n), level
	for i := range out {
		out[i] = max(0, math.Round(x))
		x += step * level * r.NormFloat64()
	}
	return out
}

// wave draws at least one whole period from any phase.
func wave(r *rand.Rand, n int, level, height float64) []float64 {
	out := make([]float64, n)
	periods, phase := 1+4*r.Float64(), 2*math.Pi*r.Float64()
	for i := range out {
		x := phase + 2*math.Pi*periods*float64(i)/float64(n-1)
		out[i] = math.Round(level * (1 + height*math.Sin(x) + 0.01*r.NormFloat64()))
	}
	return out
}

// leak draws a line that triples its level, with noise of 10 % of what it gained
// in all.
func leak(r *rand.Rand, n int, level float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Round(level * (1 + 2*float64(i)/float64(n-1) + 0.2*r.NormFloat64()))
	}
	return out
}

// saturate draws a warm-up: four time constants toward its level.
func saturate(r *rand.Rand, n int, level float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Round(level * (0.2 + 0.8*(1-math.Exp(-4*float64(i)/float64(n-1))) + 0.01*r.NormFloat64()))
	}
	return out
}

func TestSimulatedSeriesAreNamedRight(t *testing.T) {
	r := rand.New(rand.NewPCG(1968, 63))
	for _, n := range []int{4, 5, 6, 7, 8, 10, 14, 20, 30, 52} {
		for _, c := range []struct {
			name  string
			draw  func() []float64
			from  int // points; fewer cannot tell
			least float64
			most  float64
		}{
			{"walk in steps of 1 %", func() []float64 { return walk(r, n, 1e5, 0.01) }, 4, 0, 0.01},
			{"walk in steps of 3 %", func() []float64 { return walk(r, n, 1e5, 0.03) }, 4, 0, 0.01},
			{"walk in steps of 5 %", func() []float64 { return walk(r, n, 1e5, 0.05) }, 4, 0, 0.01},
			{"wave of 5 %", func() []float64 { return wave(r, n, 1e5, 0.05) }, 8, 0, 0.01},
			{"wave of 50 %", func() []float64 { return wave(r, n, 1e5, 0.5) }, 8, 0, 0.01},
			{"warm-up", func() []float64 { return saturate(r, n, 1e5) }, 5, 0, 0.05},
			{"leak with 10 % noise", func() []float64 { return leak(r, n, 1e5) }, 7, 0.95, 1},
		} {
			got := share(c.draw)
			if n >= c.from && (got < c.least || got > c.most) {
				t.Errorf("%d points, %s: %.1f %% called growing", n, c.name, 100*got)
			}
			t.Logf("%d points, %s: %.1f %%", n, c.name, 100*got)
		}
	}
}
