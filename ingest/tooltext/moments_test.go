package tooltext

import (
	"slices"
	"strings"
	"testing"
)

func TestStateOf(t *testing.T) {
	for name, want := range map[string]string{
		"Pre-reboot":               "pre reboot",
		"Post-reboot baseline":     "post reboot baseline",
		"Bytes before":             "before",
		"T0 (MB)":                  "t0",
		"T+1h count":               "t 1h",
		"Day 2":                    "day 2",
		"2031-05-01":               "2031 05 01",
		"14:05 nonpaged bytes":     "14 05",
		"Outstanding after 30 min": "after 30 min",
		"After stopping Qzsvc":     "after stopping qzsvc",
		"Baseline":                 "baseline",
		"Now":                      "now",
		// other machines, other figures, and numbers alone
		"WSL on": "", "Affected PC": "", "Run": "", "2": "", "Allocs 2": "", "Bytes": "", "share": "", "": "",
		"Clean boot": "", "Bytes freed": "", "Stopped after a day": "",
		"after a long and winding road of words": "",
	} {
		if got := stateOf(name); got != want {
			t.Errorf("stateOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestMomentsAreNamedInTheirOrder(t *testing.T) {
	for names, want := range map[string]string{
		"Tag|Before|After":          "Before,After",
		"Tag|Now|Before":            "Before,Now",
		"Tag|2031-05-08|2031-05-01": "2031-05-01,2031-05-08",
		"Tag|Bytes before|Live before|Bytes after|Live after": "before,after",
		"Tag|**T0**|`T+1h`|Description":                       "T0,T+1h",
		"Tag|Before|After|Growth":                             "Before,After",
		"Tag|Allocs|Frees|Diff":                               "",
		"Tag|Bytes|Bytes before":                              "",
		"Tag|Bytes before":                                    "",
		"Tag|Time|Bytes before|Bytes after":                   "",
		"Tag|Machine A|Machine B":                             "",
		"Tag|Before|After|Live":                               "",
		"Tag|Current bytes|Outstanding allocations":           "",
		"Tag|Peak|Now":                                        "",
	} {
		l, _ := layoutOf(strings.Split(names, "|"))
		if got := strings.Join(l.labels, ","); got != want {
			t.Errorf("layoutOf(%q) compares %q, want %q", names, got, want)
		}
	}
}

func TestBounded(t *testing.T) {
	for _, cell := range []string{"<5 MB", "< 5 MB", "≤5", ">1 GB", "&lt;5 MB", "under 1 MB", "Less than 2 MB"} {
		if !bounded([]byte(cell)) {
			t.Errorf("%q is no bound", cell)
		}
	}
	for _, cell := range []string{"5 MB", "", "~5", "-5", "undetected"} {
		if bounded([]byte(cell)) {
			t.Errorf("%q is a bound", cell)
		}
	}
}

func TestAComparisonGivesASnapshotAMoment(t *testing.T) {
	snaps := read(fileOrFail(t, "testdata/table/compared-moments.log"))
	var labels []string
	for _, s := range snaps {
		labels = append(labels, s.Label)
	}
	if want := []string{"T0", "T+1h", "", "Before", "After"}; !slices.Equal(labels, want) {
		t.Fatalf("snapshots %q, want %q", labels, want)
	}
	if len(snaps[0].Changes) != 0 || len(snaps[1].Changes) != 3 || len(snaps[1].Blocks) != 2 {
		t.Errorf("%s", dumped(snaps))
	}
}
