package series

import (
	"testing"

	"poolsweep/ingest"
)

func TestRestartComparesATagOnBothSides(t *testing.T) {
	before := at(100).tag("Leak", 76_000, 1).tag("Gone", 5, 1).tag("Even", 2_000, 1).tag("Zero", 0, 1)
	after := at(2).tag("Even", 1_000, 1).tag("Leak", 100, 1).tag("Zero", 4, 1).tag("Gone", 0, 1)
	for tag, factor := range map[string]float64{"Even": 2, "Gone": 5, "Leak": 760, "Zero": 0, "None": 0} {
		key := Key{ingest.MustTag(tag), ingest.NonPaged}
		age, f, ok := Restart(before.Snapshot, after.Snapshot, key, DefaultThresholds())
		if age != Young || ok != (factor > 0) || f.Factor != factor || ok && (f.Before.Tag != key.Tag || f.After.Tag != key.Tag) {
			t.Errorf("%s: age %d, fell %v times, want %v", tag, age, f.Factor, factor)
		}
	}
}

func TestAgeAfterARestart(t *testing.T) {
	for _, c := range []struct {
		name   string
		before float64
		after  moment
		want   Age
	}{
		{"a tenth", 100, at(10), Young},
		{"just over a tenth", 100, at(10.1), OtherAge},
		{"just under half", 100, at(49.9), OtherAge},
		{"half", 100, at(50), Comparable},
		{"twice", 100, at(200), Comparable},
		{"just over twice", 100, at(200.1), OtherAge},
		{"not known", 100, at(10).unaged(), OtherAge},
	} {
		key := Key{ingest.MustTag("Leak"), ingest.NonPaged}
		got, _, ok := Restart(at(c.before).tag("Leak", 9, 1).Snapshot, c.after.tag("Leak", 1, 1).Snapshot, key, DefaultThresholds())
		if got != c.want || ok != (got != OtherAge) {
			t.Errorf("%s: %d, want %d; a factor: %t", c.name, got, c.want, ok)
		}
	}
}
