package knowledge

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"poolsweep/ingest"
)

const gib = 1 << 30

// Band is what is usual for one tag, or for a whole pool, on healthy machines.
// An upper edge of 0 is not known.
type Band struct {
	Count   Edges
	Bytes   Edges
	Source  Text // where the band is from, in words; empty for a learned one
	Firm    bool // nothing but a defect is known to lead far above it
	Learned bool // from the lab's own healthy machines
	Samples int  // machines that a learned band rests on
}

// Edges are the lower and upper end of a band.
type Edges struct{ Lo, Hi uint64 }

// bands is the starter pack as its file spells it.
type bands struct {
	Pools []poolBand
	Tags  []tagBand
	byTag map[ingest.Tag][]usual // the same Tags
}

type scope struct {
	Bits   int
	Builds Builds
}

func (s scope) covers(os ingest.OS) bool {
	return (s.Bits == 0 || s.Bits == os.Bits) && s.Builds.Contains(os.Build)
}

type poolBand struct {
	Pool    string
	PerGB   []float64 `yaml:"per_gb"` // MB for each GB of memory, low and high
	FloorMB float64   `yaml:"floor_mb"`
	Bits    int
	Builds  Builds
	Source  Text
}

type tagBand struct {
	Tag    string
	Source Text
	Count  []uint64
	MB     []float64
	Firm   bool
	Bits   int
	Builds Builds
}

func (b *Base) loadBands() error {
	if err := decodeEmbedded("bands.yaml", &b.bands); err != nil {
		return err
	}
	for i, p := range b.bands.Pools {
		if poolNamed(p.Pool) == 0 || !ordered(p.PerGB) || len(p.PerGB) == 0 || len(p.Source) == 0 {
			return fmt.Errorf("read bands.yaml: pool band %d needs a pool, per_gb: [low, high] and a source", i+1)
		}
	}
	b.bands.byTag = map[ingest.Tag][]usual{}
	for i, t := range b.bands.Tags {
		tag, err := ingest.ParseTag(t.Tag)
		if err != nil {
			return fmt.Errorf("read bands.yaml: tag band %d: %w", i+1, err)
		}
		if len(t.Source) == 0 || !ordered(t.Count) || !ordered(t.MB) || len(t.Count)+len(t.MB) == 0 {
			return fmt.Errorf("read bands.yaml: band of tag %q needs a source, and count or mb as [low, high]", t.Tag)
		}
		b.bands.byTag[tag] = append(b.bands.byTag[tag], usual{scope{t.Bits, t.Builds}, t.band()})
	}
	return nil
}

func poolNamed(name string) ingest.Pool {
	switch name {
	case ingest.NonPaged.String():
		return ingest.NonPaged
	case ingest.Paged.String():
		return ingest.Paged
	}
	return 0
}

// ordered reports whether a pair is [low, high], or not given at all.
func ordered[T cmp.Ordered](pair []T) bool {
	return len(pair) == 0 || len(pair) == 2 && pair[0] <= pair[1]
}

// PoolBand returns what is usual for a whole pool on a machine with so much
// memory, and whether that is known. Small machines have a share that does not
// shrink with their memory, which is the floor.
func (b *Base) PoolBand(pool ingest.Pool, os ingest.OS, ram uint64) (Band, bool) {
	if ram == 0 {
		return Band{}, false
	}
	for _, p := range b.bands.Pools {
		if poolNamed(p.Pool) == pool && (scope{p.Bits, p.Builds}).covers(os) {
			gb := float64(ram) / gib
			edges := Edges{megabytes(p.PerGB[0] * gb), megabytes(max(p.FloorMB, p.PerGB[1]*gb))}
			return Band{Bytes: edges, Source: p.Source}, true
		}
	}
	return Band{}, false
}

// usual is a band of the starter pack and the systems that it is of.
type usual struct {
	scope
	band *Band
}

// Band returns what is usual for a tag in a pool, which nobody changes, nil when that
// is not known. What was learned from the lab's own machines replaces the starter pack.
func (b *Base) Band(tag ingest.Tag, pool ingest.Pool, os ingest.OS) *Band {
	if band, found := b.learned[learnedKey{tag, pool, os.Bits}]; found {
		return band
	}
	for _, u := range b.bands.byTag[tag] {
		if u.covers(os) {
			return u.band
		}
	}
	return nil
}

func (t tagBand) band() *Band {
	band := &Band{Source: t.Source, Firm: t.Firm}
	if len(t.Count) == 2 {
		band.Count = Edges{t.Count[0], t.Count[1]}
	}
	if len(t.MB) == 2 {
		band.Bytes = Edges{megabytes(t.MB[0]), megabytes(t.MB[1])}
	}
	return band
}

func megabytes(mb float64) uint64 { return uint64(mb * (1 << 20)) }

// Sample is one tag on one machine at one moment, to learn bands from.
type Sample struct {
	Bits  int
	Tag   ingest.Tag
	Pool  ingest.Pool
	Count int64
	Bytes uint64
}

// Learned holds the bands that were learned from a lab's own machines.
type Learned map[learnedKey]*Band

type learnedKey struct {
	tag  ingest.Tag
	pool ingest.Pool
	bits int
}

// LearnMachines is how many healthy machines must show a tag before its band is
// learned. The median of so many stands even when two of them are unnoticed
// leaks, and the spread of fewer is mostly luck.
const LearnMachines = 8

// A learned band reaches so many robust standard deviations (1.4826 · MAD, which
// equals the standard deviation of a normal distribution) from the median, and
// never less than half the median: the load of a machine alone moves its counts
// that far, and machines of one image differ by nearly nothing.
const (
	learnDeviations = 5
	madToSigma      = 1.4826
	learnLeast      = 0.5
)

// Learn makes bands from the samples of healthy machines, one list a machine with each
// tag once.
func Learn(healthy [][]Sample) Learned {
	all := map[learnedKey]*figures{}
	for _, samples := range healthy {
		for _, s := range samples {
			key := learnedKey{s.Tag, s.Pool, s.Bits}
			f := all[key]
			if f == nil {
				f = &figures{}
				all[key] = f
			}
			f.counts = append(f.counts, float64(s.Count))
			f.sizes = append(f.sizes, float64(s.Bytes))
		}
	}
	out := Learned{}
	for key, f := range all {
		if n := len(f.counts); n >= LearnMachines {
			out[key] = &Band{Count: learnEdges(f.counts), Bytes: learnEdges(f.sizes), Learned: true, Samples: n}
		}
	}
	return out
}

// figures are those of a tag on all machines that show it.
type figures struct{ counts, sizes []float64 }

// learnEdges returns the band around the median of the values.
func learnEdges(values []float64) Edges {
	middle := median(values)
	off := make([]float64, len(values))
	for i, v := range values {
		off[i] = math.Abs(v - middle)
	}
	reach := max(learnDeviations*madToSigma*median(off), learnLeast*middle)
	return Edges{uint64(max(0, middle-reach)), uint64(math.Ceil(middle + reach))}
}

// median returns the middle value, of an even number the mean of the middle two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// WithLearned returns the same knowledge with learned bands over the starter pack.
func (b *Base) WithLearned(l Learned) *Base {
	with := *b
	with.learned = l
	return &with
}
