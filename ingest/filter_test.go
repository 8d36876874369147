package ingest_test

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestAltitudesCompareByValue(t *testing.T) {
	ascending := []ingest.Altitude{
		"", "0x1", "abc", // no numbers, by text
		"0", "40.5", "40.51", "145300", "189899", "189900", "189900.25", "385250.1", "385250.5",
		"409800", "123456789012345678901234567890", "123456789012345678901234567890.000000000000000000001",
	}
	for i, a := range ascending {
		for k, b := range ascending {
			want := 0
			switch {
			case i < k:
				want = -1
			case i > k:
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("Altitude(%q).Compare(%q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestAltitudesAreEqualWithMeaninglessZeros(t *testing.T) {
	for _, pair := range [][2]ingest.Altitude{{"40700", "040700"}, {"189900.5", "189900.500"}, {"0", "00.0"}, {"7", "7.0"}} {
		if pair[0].Compare(pair[1]) != 0 {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
}

func TestAltitudeValid(t *testing.T) {
	for a, want := range map[ingest.Altitude]bool{
		"145300": true, "385250.5": true, "0": true, "": false, ".5": false, "5.": false, "1.2.3": false,
		"-5": false, "1e5": false, " 5": false, "<Legacy>": false, "٣": false,
	} {
		if got := a.Valid(); got != want {
			t.Errorf("Altitude(%q).Valid() = %t", a, got)
		}
	}
}

func TestAttachedSumsAllGroups(t *testing.T) {
	f := ingest.Filter{Instances: []ingest.Instance{{Count: 3}, {Count: 10000000}}}
	if got := f.Attached(); got != 10000003 {
		t.Errorf("attached %d", got)
	}
	if got := (ingest.Filter{}).Attached(); got != 0 {
		t.Errorf("a filter without instances is attached %d times", got)
	}
}

// FuzzAltitude checks that the order is one: total, antisymmetric, transitive.
func FuzzAltitude(f *testing.F) {
	f.Add("145300", "385250.5", "40.5")
	f.Add("", "x", "0.0")
	f.Add("00", "0", "000.000")
	f.Fuzz(func(t *testing.T, x, y, z string) {
		a, b, c := ingest.Altitude(x), ingest.Altitude(y), ingest.Altitude(z)
		if a.Compare(a) != 0 {
			t.Errorf("%q is not equal to itself", a)
		}
		if a.Compare(b) != -b.Compare(a) {
			t.Errorf("%q against %q is %d, the other way %d", a, b, a.Compare(b), b.Compare(a))
		}
		if a.Valid() && !b.Valid() && a.Compare(b) != 1 {
			t.Errorf("%q is not above %q", a, b)
		}
		all := []ingest.Altitude{a, b, c}
		slices.SortFunc(all, ingest.Altitude.Compare)
		if all[0].Compare(all[2]) > 0 {
			t.Errorf("sorted %q", all)
		}
		if a.Valid() && !strings.Contains(x, ".") && (a+".0").Compare(a) != 0 {
			t.Errorf("%q.0 is not %q", a, a)
		}
	})
}
