package fleet

import (
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/series"
	"poolsweep/ingest"
)

// TestClearNeedsTimeAfterARestart: the case was seen at 10 h of uptime at the least,
// so after a restart 5 h without it say something, and less does not.
func TestClearNeedsTimeAfterARestart(t *testing.T) {
	start := time.Date(2031, 11, 3, 0, 0, 0, 0, time.UTC)
	shows := at(start, 10*time.Hour)
	reboot := start.Add(20 * time.Hour)
	undated := at(reboot, 9*time.Hour)
	undated.At = time.Time{}
	for _, c := range []struct {
		name string
		s    *ingest.Snapshot
		want int
	}{
		{"same boot", at(start, 11*time.Hour), 1},
		{"half the time", at(reboot, 5*time.Hour), 1},
		{"less", at(reboot, 5*time.Hour-time.Second), 0},
		{"undated", undated, 0},
	} {
		th := series.DefaultThresholds()
		both := []*ingest.Snapshot{shows, c.s}
		link := links(&analyze.Machine{Snapshots: both, Sessions: series.Boots(both, th)})
		got := absences([]analyze.Sighting{{Snapshot: shows}}, both, link, th)
		if len(got) != c.want {
			t.Errorf("%s: clear at %v", c.name, got)
		}
	}
}

// at is a snapshot taken some time after the machine was started.
func at(started time.Time, uptime time.Duration) *ingest.Snapshot {
	return &ingest.Snapshot{Machine: ingest.Machine{Name: "A"}, At: started.Add(uptime), Uptime: uptime, UptimeOK: true}
}
