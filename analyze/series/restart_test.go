package series

import (
	"testing"

	"poolsweep/ingest"
)

func TestRestartComparesTheTagsOfBothSides(t *testing.T) {
	before := at(100).tag("Leak", 76_000, 1).tag("Gone", 5, 1).tag("Even", 2_000, 1).tag("Zero", 0, 1)
	after := at(2).tag("Even", 1_000, 1).tag("Leak", 100, 1).tag("Zero", 4, 1).tag("Gone", 0, 1)
	age, falls := Restart(before.Snapshot, after.Snapshot, DefaultThresholds())
	if age != Young || len(falls) != 3 {
		t.Fatalf("age %d, %d falls", age, len(falls))
	}
	for i, want := range []struct {
		tag    string
		factor float64
	}{{"Even", 2}, {"Gone", 5}, {"Leak", 760}} {
		if f := falls[i]; f.Tag != ingest.MustTag(want.tag) || f.Factor != want.factor {
			t.Errorf("%s fell %v times, want %s %v", f.Tag, f.Factor, want.tag, want.factor)
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
		if got, _ := Restart(at(c.before).tag("Leak", 9, 1).Snapshot, c.after.tag("Leak", 1, 1).Snapshot, DefaultThresholds()); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
