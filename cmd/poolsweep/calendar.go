package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones, on systems that have none
)

// schedule is when the weekly mail of a group is made.
type schedule struct {
	day  time.Weekday
	hour int
	zone *time.Location
}

// slot is one mail of a schedule.
type slot struct {
	key      string    // the ISO week of the last day that it is about: "2026-W47"
	from, to time.Time // the seven days before the day that it is made on
	due      time.Time
}

// on returns the slot whose mail is made on a day, which is one of the schedule's
// weekday. Days are counted by the calendar: one of 23 or 25 hours is a day.
func (s schedule) on(year int, month time.Month, day int) slot {
	at := func(day, hour int) time.Time {
		t := time.Date(year, month, day, hour, 0, 0, 0, s.zone)
		if noon := time.Date(year, month, day, 12, 0, 0, 0, s.zone); t.Day() != noon.Day() {
			t = t.Add(time.Hour) // clocks that are put forward at midnight leave it out
		}
		return t
	}
	y, w := at(day-1, 0).ISOWeek()
	return slot{key: fmt.Sprintf("%04d-W%02d", y, w), from: at(day-7, 0), to: at(day, 0), due: at(day, s.hour)}
}

// latest returns the last slot that is due at a moment.
func (s schedule) latest(now time.Time) slot {
	now = now.In(s.zone)
	back := (int(now.Weekday()) - int(s.day) + 7) % 7
	l := s.on(now.Year(), now.Month(), now.Day()-back)
	if l.due.After(now) {
		l = s.before(l)
	}
	return l
}

// before and after return the slots a week away.
func (s schedule) before(l slot) slot { return s.on(l.to.Year(), l.to.Month(), l.to.Day()-7) }
func (s schedule) after(l slot) slot  { return s.on(l.to.Year(), l.to.Month(), l.to.Day()+7) }

// week returns the slot of an ISO week.
func (s schedule) week(key string) (slot, error) {
	p, err := isoWeek(key)
	if err != nil {
		return slot{}, err
	}
	// The last day that it is about lies in the week; the mail is made on the day after.
	ahead := 1 + (int(s.day)-int(time.Tuesday)+7)%7
	return s.on(p.from.Year(), p.from.Month(), p.from.Day()+ahead), nil
}

// since returns the slots that are due at a moment and come after a week, in order.
func (s schedule) since(last string, now time.Time) []slot {
	var out []slot
	for l := s.latest(now); l.key > last; l = s.before(l) {
		out = append(out, l)
	}
	slices.Reverse(out)
	return out
}

// weekday reads the name of a day.
func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return 0, false
}
