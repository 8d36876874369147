package series

import "poolsweep/ingest"

// Fall is a tag before and after a restart.
type Fall struct {
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

// Restart compares a tag in the snapshots on both sides of a restart. ok is false when
// one of them does not show it, or the age gives a factor no meaning.
func Restart(before, after *ingest.Snapshot, key Key, th Thresholds) (age Age, fall Fall, ok bool) {
	age = ageAfter(before, after, th)
	if age == OtherAge {
		return age, Fall{}, false
	}
	was, is := before.Find(key.Tag, key.Pool), after.Find(key.Tag, key.Pool)
	if was == nil || is == nil || was.Outstanding <= 0 {
		return age, Fall{}, false
	}
	return age, Fall{*was, *is, float64(was.Outstanding) / float64(max(1, is.Outstanding))}, true
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
