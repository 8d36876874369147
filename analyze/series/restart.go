package series

import (
	"slices"

	"poolsweep/ingest"
)

// Fall is a tag before and after a restart.
type Fall struct {
	Key
	Before, After ingest.TagUsage
	Factor        float64 // of outstanding before to after, at least one counted as left
}

// Age says how long the machine had run after a restart beside the time before.
type Age uint8

const (
	_ Age = iota
	// Young: figures are those of an empty machine: what fell was in use or leaked.
	Young
	// Comparable: as long as before: what fell is no longer made.
	Comparable
	// OtherAge: neither, or an uptime is not known: a fall says nothing.
	OtherAge
)

// Restart compares the snapshots on both sides of a restart: tags that stand in
// both, in order of their keys. No factors where the age gives them no meaning.
func Restart(before, after *ingest.Snapshot, th Thresholds) (Age, []Fall) {
	age := ageAfter(before, after, th)
	if age == OtherAge {
		return age, nil
	}
	var out []Fall
	later := index(after)
	for _, was := range before.Tags {
		i, ok := later[Key{was.Tag, was.Pool}]
		if !ok || was.Outstanding <= 0 {
			continue
		}
		is := after.Tags[i]
		factor := float64(was.Outstanding) / float64(max(1, is.Outstanding))
		out = append(out, Fall{Key{was.Tag, was.Pool}, was, is, factor})
	}
	slices.SortFunc(out, func(a, b Fall) int { return a.Compare(b.Key) })
	return age, out
}

func ageAfter(before, after *ingest.Snapshot, th Thresholds) Age {
	if !before.UptimeOK || !after.UptimeOK || before.Uptime <= 0 {
		return OtherAge
	}
	switch share := after.Uptime.Hours() / before.Uptime.Hours(); {
	case share <= th.LowUptime:
		return Young
	case share >= th.CloseUptime && share <= 1/th.CloseUptime:
		return Comparable
	}
	return OtherAge
}
