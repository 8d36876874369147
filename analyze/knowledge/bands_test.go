package knowledge

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

var win10 = ingest.OS{Bits: 64, Build: 19041}

func TestPoolBandGrowsWithMemory(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		pool ingest.Pool
		gb   uint64
		want Edges // MB
	}{
		{ingest.NonPaged, 16, Edges{160, 800}},
		{ingest.Paged, 16, Edges{320, 1200}},
		{ingest.Paged, 2, Edges{40, 150}}, // 150 either way: where the floor ends
		{ingest.Paged, 1, Edges{20, 150}},
	} {
		band, known := b.PoolBand(c.pool, win10, c.gb<<30)
		if got := (Edges{band.Bytes.Lo >> 20, band.Bytes.Hi >> 20}); !known || got != c.want || len(band.Source) == 0 {
			t.Errorf("%v with %d GB: %v %+v, want %v", c.pool, c.gb, known, band, c.want)
		}
	}
	if _, known := b.PoolBand(ingest.Paged, win10, 0); known {
		t.Error("band without knowing the memory")
	}
	if _, known := b.PoolBand(ingest.Paged, ingest.OS{Bits: 32}, 1<<30); known {
		t.Error("32-bit machines have other pools")
	}
}

func TestBandOfTag(t *testing.T) {
	b := load(t)
	band := b.Band(ingest.MustTag("Thre"), ingest.NonPaged, win10)
	if band == nil || band.Count != (Edges{1000, 4000}) || band.Bytes.Hi != 13<<20 || band.Learned {
		t.Errorf("Thre %+v", band)
	}
	if b.Band(ingest.MustTag("Abcd"), ingest.NonPaged, win10) != nil {
		t.Error("band of a tag nobody knows")
	}
}

func TestBandsLieBelowWhatLeaks(t *testing.T) {
	// Counts of leaks in public reports: a band that holds one of them is too wide.
	b := load(t)
	for tag, leaked := range map[string]uint64{"Thre": 309_082, "Toke": 1_500_000, "File": 6_600_000, "FMfn": 4_500_000,
		"IoNm": 13_400_000, "Irp ": 10_900_000, "Even": 65_905} {
		if band := b.Band(ingest.MustTag(tag), ingest.NonPaged, win10); band == nil || 2*band.Count.Hi >= leaked {
			t.Errorf("%s: twice the upper edge is %d, leaks were seen from %d", tag, 2*band.Count.Hi, leaked)
		}
	}
}

// healthy returns samples of a tag on n machines around a count.
func healthy(n int, count int64) [][]Sample {
	var out [][]Sample
	for i := range n {
		out = append(out, []Sample{{Bits: 64, Tag: ingest.MustTag("Aq1 "), Pool: ingest.NonPaged,
			Count: count + int64(i), Bytes: uint64(count) * 100}})
	}
	return out
}

func TestLearnNeedsEnoughMachines(t *testing.T) {
	for n, want := range map[int]int{LearnMachines - 1: 0, LearnMachines: 1, LearnMachines + 1: 1} {
		if got := Learn(healthy(n, 1000)); len(got) != want {
			t.Errorf("%d machines: %d bands, want %d", n, len(got), want)
		}
	}
}

func TestLearnedBandStandsWithUnnoticedLeaks(t *testing.T) {
	samples := healthy(LearnMachines, 1000)
	samples[0][0].Count, samples[1][0].Count = 900_000, 2_000_000
	b := load(t).WithLearned(Learn(samples))
	band := b.Band(ingest.MustTag("Aq1 "), ingest.NonPaged, win10)
	if band == nil || !band.Learned || band.Samples != LearnMachines || band.Count.Hi < 1500 || band.Count.Hi > 2000 {
		t.Fatalf("band %+v, want an upper edge near 1,500", band)
	}
	// Half the median lies between the edges when the machines are alike.
	if band.Bytes != (Edges{50_000, 150_000}) {
		t.Errorf("bytes %v", band.Bytes)
	}
	if b.Band(ingest.MustTag("Aq1 "), ingest.NonPaged, ingest.OS{Bits: 32}) != nil {
		t.Error("a band of 64-bit machines for a 32-bit one")
	}
}

func TestLearnedBandReplacesThePack(t *testing.T) {
	samples := healthy(LearnMachines, 10)
	for i := range samples {
		samples[i][0].Tag = ingest.MustTag("Thre")
	}
	b := load(t)
	with := b.WithLearned(Learn(samples))
	if band := with.Band(ingest.MustTag("Thre"), ingest.NonPaged, win10); !band.Learned {
		t.Errorf("band %+v", band)
	}
	if band := b.Band(ingest.MustTag("Thre"), ingest.NonPaged, win10); band.Learned {
		t.Error("the knowledge learned from was changed")
	}
}

func TestEachIsANumberOrARange(t *testing.T) {
	b := load(t)
	proc := b.Tag(ingest.MustTag("Proc"))
	if r := proc.EachOn(64); !r.Contains(3500) || r.Contains(700) {
		t.Errorf("Proc on 64 bits %v", r)
	}
	if r := proc.EachOn(32); !r.Contains(664) || r.Contains(3500) {
		t.Errorf("Proc on 32 bits %v", r)
	}
	if r := b.Tag(ingest.MustTag("SeTd")).EachOn(64); r != (Range{144, 144}) {
		t.Errorf("SeTd %v", r)
	}
	if b.Tag(ingest.MustTag("ObDi")).EachOn(64).Known() {
		t.Error("a size out of nothing")
	}
	for _, bad := range []string{"[1, 2, 3]", "[2, 1]", "0", "[]", "{a: 1}", "x"} {
		var r Range
		if err := Decode("f", []byte(bad), &r); err == nil {
			t.Errorf("%s is read as %v", bad, r)
		}
	}
}

func TestDecodeNamesLineAndNearestKey(t *testing.T) {
	var rows []tagRow
	err := Decode("my.yaml", []byte("- {tag: Aq1, text: a}\n- {tag: Aq2, modul: x.sys}\n"), &rows)
	if err == nil || !strings.HasPrefix(err.Error(), `my.yaml:2: unknown key "modul"; did you mean "module"? allowed are each, each32,`) {
		t.Errorf("error %v", err)
	}
	err = Decode("my.yaml", []byte("- {tag: Aq1, entirely: x}\n"), &rows)
	if err == nil || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("error %v", err)
	}
	if err := Decode("my.yaml", nil, &rows); err != nil {
		t.Errorf("an empty file: %v", err)
	}
	if err := Decode("my.yaml", []byte("[]\n---\n[]\n"), &rows); err == nil {
		t.Error("two documents are read as one")
	}
}
