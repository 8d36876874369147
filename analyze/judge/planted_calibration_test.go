package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
)

// band is a range of confidence with how many alarms were given in it, and how
// many of them were right.
type band struct {
	name         string
	below        float64
	given, right int
	firm         int
}

func bands() []band {
	return []band{{name: "under 0.5", below: 0.5}, {name: "0.5 to 0.7", below: 0.7}, {name: "0.7 to 0.9", below: 0.9},
		{name: "0.9 and more", below: 2}}
}

// TestPlantedCalibration holds the confidences against the truth of the planted
// fleet: an alarm is right on a machine with a defect. Of the alarms of a band, at
// least the share at its lower end has to be right.
func TestPlantedCalibration(t *testing.T) {
	know, th := load(t), analyze.DefaultThresholds()
	all := bands()
	fleet(slices.Concat(healthy, plants), size(), func(_ recipe, m machine) {
		judged := judge.Judge(m.documents(), know, th).Machines[0]
		if !judged.Verdict.Alarm() {
			return
		}
		for i := range all {
			if judged.Confidence < all[i].below {
				all[i].given++
				all[i].right += count(m.bad)
				all[i].firm += count(judged.Verdict >= analyze.Leak)
				return
			}
		}
	})
	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %6s %6s %6s\n", "confidence", "given", "right", "firm")
	least := 0.0
	for _, b := range all {
		fmt.Fprintf(&table, "%-14s %6d %6d %6d\n", b.name, b.given, b.right, b.firm)
		if ratio(b.right, b.given) < least && b.given >= 20 {
			t.Errorf("%s: %d of %d alarms are right", b.name, b.right, b.given)
		}
		least = b.below
	}
	t.Log("\n" + table.String())
}
