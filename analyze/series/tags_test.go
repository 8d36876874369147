package series

import (
	"testing"

	"poolsweep/ingest"
)

// table is a session of five snapshots an hour apart: four tags that move a
// little, and what is added.
func table(add func(m moment, i int) moment) []moment {
	var out []moment
	for i := range 5 {
		n := int64(i)
		m := at(float64(2+i)).tag("Aaaa", 900+n%2, 90_000).tag("Bbbb", 700-n%3, 70_000).tag("Cccc", 500, 50_000+uint64(i%2)).
			tag("Dddd", 4_000+n, 400_000)
		out = append(out, add(m, i))
	}
	return out
}

func classOf(t *testing.T, b *Boot, name string) Class {
	t.Helper()
	m := b.Moves(DefaultThresholds())
	tag, shown := m.Number(Key{ingest.MustTag(name), ingest.NonPaged})
	if !shown {
		t.Fatalf("no tag %s", name)
	}
	return m.Tag(tag).Class
}

func TestTagsAreClassed(t *testing.T) {
	th := DefaultThresholds()
	big := th.RetainedBytes
	for _, c := range []struct {
		name string
		add  func(m moment, i int) moment
		want Class
	}{
		{"grows", func(m moment, i int) moment { return m.tag("Xxxx", int64(1_000+900*i), 1<<20) }, Growing},
		{"kept to the byte", func(m moment, _ int) moment { return m.tag("Xxxx", 9_000, big) }, Retained},
		{"kept, just under the size", func(m moment, _ int) moment { return m.tag("Xxxx", 9_000, big-1) }, Steady},
		{"breathes by the share", func(m moment, i int) moment { return m.tag("Xxxx", 9_000+9*int64(i%2), big) }, Retained},
		{"breathes by more", func(m moment, i int) moment { return m.tag("Xxxx", 9_000+10*int64(i%2), big) }, Steady},
		{"turned over once", func(m moment, i int) moment {
			return m.tag("Xxxx", 4_000, 1<<20).counted(uint64(9_000+1_000*i), uint64(5_000+1_000*i))
		}, Busy},
		{"turned over not quite", func(m moment, i int) moment {
			return m.tag("Xxxx", 4_000, 1<<20).counted(uint64(9_000+999*i), uint64(5_000+999*i))
		}, Steady},
		{"bytes without counts", func(m moment, i int) moment { return m.tag("Xxxx", 0, uint64(50+20*i)<<20) }, Growing},
	} {
		if got := classOf(t, oneBoot(t, table(c.add)...), "Xxxx"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestBusyGainsLittleOfWhatItMakes(t *testing.T) {
	turn := func(gain int64) Class {
		return classOf(t, oneBoot(t, table(func(m moment, i int) moment {
			n := 1_000 + gain*int64(i)/4
			allocs := uint64(2_000 + 100*i) // 400 made in all
			return m.tag("Xxxx", n, 1<<20).counted(allocs, allocs-uint64(n))
		})...), "Xxxx")
	}
	th := DefaultThresholds()
	th.BusyTurns = 0.4
	boot := func(gain int64) *Tag {
		tag := Tag{Class: Steady, Rows: []ingest.TagUsage{{Usage: ingest.Usage{Allocs: 2_000, Counted: true}},
			{Usage: ingest.Usage{Allocs: 2_400, Counted: true}}}, Count: Trend{Points: hourly(1_000, 1_000+float64(gain))},
			Bytes: Trend{Points: hourly(1, 1)}}
		tag.useOrKeep(1, th)
		return &tag
	}
	for gain, want := range map[int64]Class{40: Busy, 39: Busy, 41: Steady} {
		if got := boot(gain).Class; got != want {
			t.Errorf("400 made, %d kept: %s, want %s", gain, got, want)
		}
	}
	if got := turn(0); got != Steady {
		t.Errorf("less than one turn: %s", got)
	}
}

func TestIdleMachinesRetainNothing(t *testing.T) {
	idle := func(moving int) *Boot {
		var out []moment
		for i := range 4 {
			m := at(float64(1+i)).tag("Xxxx", 9_000, DefaultThresholds().RetainedBytes)
			for j, name := range []string{"Aaaa", "Bbbb", "Cccc"} {
				n := int64(900)
				if j < moving {
					n += int64(i % 2)
				}
				m = m.tag(name, n, 90_000)
			}
			out = append(out, m)
		}
		return oneBoot(t, out...)
	}
	for moving, want := range map[int]Class{1: Steady, 2: Retained, 3: Retained} {
		if got := classOf(t, idle(moving), "Xxxx"); got != want {
			t.Errorf("%d of 4 tags moved: %s, want %s", moving, got, want)
		}
	}
}

func TestTagsInOneSnapshotOnlyAreNoSeries(t *testing.T) {
	boot := oneBoot(t, at(1).tag("Aaaa", 1, 1), at(2).tag("Aaaa", 2, 1).tag("Bbbb", 5, 1))
	m := boot.Moves(DefaultThresholds())
	if len(m.Keys) != 2 || m.Series(1) || m.Tag(1) != nil {
		t.Errorf("a series of %v", m.Keys[1])
	}
	if got := m.Tag(0); got.Tag != ingest.MustTag("Aaaa") || got.Class != Insufficient ||
		got.Latest().Outstanding != 2 || got.Count.Points[1].Source.Line != 1 {
		t.Errorf("latest %+v", got.Latest())
	}
}
