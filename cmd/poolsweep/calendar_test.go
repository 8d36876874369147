package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func (l slot) show() string {
	return fmt.Sprintf("%s %s to %s at %s", l.key, l.from.Format("Mon 2006-01-02"), l.to.Format("Mon 2006-01-02"), l.due.Format("Mon 15:04 -0700"))
}

func TestSlotsOfAWeek(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, berlin) // a Tuesday
	for _, c := range []struct {
		day  time.Weekday
		hour int
		want string
	}{
		{time.Monday, 7, "2026-W47 Mon 2026-11-16 to Mon 2026-11-23 at Mon 07:00 +0100"},
		{time.Tuesday, 12, "2026-W48 Tue 2026-11-17 to Tue 2026-11-24 at Tue 12:00 +0100"},
		{time.Tuesday, 13, "2026-W47 Tue 2026-11-10 to Tue 2026-11-17 at Tue 13:00 +0100"},
		{time.Friday, 15, "2026-W47 Fri 2026-11-13 to Fri 2026-11-20 at Fri 15:00 +0100"},
		{time.Sunday, 0, "2026-W47 Sun 2026-11-15 to Sun 2026-11-22 at Sun 00:00 +0100"},
	} {
		s := schedule{c.day, c.hour, berlin}
		l := s.latest(now)
		if l.show() != c.want {
			t.Errorf("%v %d: %s, want %s", c.day, c.hour, l.show(), c.want)
		}
		if again, err := s.week(l.key); err != nil || again != l {
			t.Errorf("%v: week %s is %s, %v", c.day, l.key, again.show(), err)
		}
		if next := s.after(s.before(l)); next != l {
			t.Errorf("%v: a week back and forth is %s", c.day, next.show())
		}
	}
}

// Ten years of every weekday at every hour in zones that put their clocks forward and
// back, one of them at midnight: one mail for each ISO week, each of seven days that
// begin where the last ones ended.
func TestOneSlotForEachWeekOfTenYears(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"} {
		z := zone(t, name)
		for day := time.Sunday; day <= time.Saturday; day++ {
			for _, hour := range []int{0, 2, 23} {
				s := schedule{day, hour, z}
				last := s.latest(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
				end := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
				for now := last.due; now.Before(end); now = now.Add(11 * time.Hour) {
					l := s.latest(now)
					if l.key == last.key {
						continue
					}
					if l != s.after(last) || !l.from.Equal(last.to) || l.key <= last.key || l.due.After(now) || l.due.Weekday() != day {
						t.Fatalf("%s %v %d: %s after %s", name, day, hour, l.show(), last.show())
					}
					last = l
				}
			}
		}
	}
}

func TestWeek53AndTheYearsEnds(t *testing.T) {
	s := schedule{time.Monday, 7, time.UTC}
	var got []string
	for _, l := range s.since("2026-W51", time.Date(2027, 1, 18, 8, 0, 0, 0, time.UTC)) {
		got = append(got, l.key+" "+l.due.Format(time.DateOnly))
	}
	want := "2026-W52 2026-12-28|2026-W53 2027-01-04|2027-W01 2027-01-11|2027-W02 2027-01-18"
	if strings.Join(got, "|") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if _, err := s.week("2027-W53"); err == nil {
		t.Error("2027 has no week 53")
	}
}
