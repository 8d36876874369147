package ingest

import (
	"testing"
	"time"
)

func TestChangeByTheHour(t *testing.T) {
	for _, c := range []struct {
		change Change
		want   float64
		ok     bool
	}{
		{Change{Delta: 6, Per: time.Minute}, 360, true},
		{Change{Delta: -48, Per: 24 * time.Hour}, -2, true},
		{Change{Delta: 6}, 0, false},
	} {
		if got, ok := c.change.Hourly(); got != c.want || ok != c.ok {
			t.Errorf("Hourly of %+v = %v, %v; want %v, %v", c.change, got, ok, c.want, c.ok)
		}
	}
}

func TestChangeOfOneEvent(t *testing.T) {
	if got, ok := (Change{Delta: 320, Events: 32}).Each(); got != 10 || !ok {
		t.Errorf("Each = %v, %v; want 10, true", got, ok)
	}
	if _, ok := (Change{Delta: 320}).Each(); ok {
		t.Error("Each is known without a count of events")
	}
}
