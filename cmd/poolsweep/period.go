package main

import (
	"errors"
	"fmt"
	"time"
)

// period is a span of time from a moment to before another; zero is open.
type period struct{ from, to time.Time }

// has reports whether a moment lies in the period.
func (p period) has(t time.Time) bool {
	return !t.Before(p.from) && (p.to.IsZero() || t.Before(p.to))
}

func (p period) open() bool { return p.from.IsZero() && p.to.IsZero() }

// periodFlags are the ways to name a period. Days and weeks are those of UTC.
type periodFlags struct{ from, to, last, week string }

// read returns the period that the flags name.
func (f *periodFlags) read(now time.Time) (period, error) {
	ways := 0
	for _, given := range []bool{f.from+f.to != "", f.last != "", f.week != ""} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return period{}, errors.New("give --from and --to, or --period, or --week, not several of them")
	}
	switch {
	case f.last != "":
		d, err := parseDuration(f.last)
		if err != nil {
			return period{}, fmt.Errorf("--period: %w", err)
		}
		return period{from: now.Add(-d)}, nil
	case f.week != "":
		return isoWeek(f.week)
	}
	return f.days()
}

// days returns the period between two days, the last one whole.
func (f *periodFlags) days() (p period, err error) {
	if p.from, err = day("--from", f.from); err != nil {
		return p, err
	}
	if p.to, err = day("--to", f.to); err != nil {
		return p, err
	}
	if !p.to.IsZero() {
		p.to = p.to.AddDate(0, 0, 1)
	}
	if !p.to.IsZero() && !p.from.Before(p.to) {
		return p, fmt.Errorf("--to %s is before --from %s", f.to, f.from)
	}
	return p, nil
}

func day(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%s: %q is no day; write 2026-11-24", flag, text)
	}
	return t, nil
}

// isoWeek reads 2026-W47: the week that begins on Monday, the first of a year being
// the one with its first Thursday.
func isoWeek(text string) (period, error) {
	wrong := fmt.Errorf("--week: %q is no week; write 2026-W47", text)
	var year, week int
	n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week)
	if n != 2 || err != nil || text != fmt.Sprintf("%04d-W%02d", year, week) {
		return period{}, wrong
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // lies in the first week
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(week-1))
	if y, w := monday.ISOWeek(); y != year || w != week {
		return period{}, wrong
	}
	return period{monday, monday.AddDate(0, 0, 7)}, nil
}
