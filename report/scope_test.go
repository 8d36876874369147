package report

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNoticesStandOnPageOneAndInTheBook(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		profile string
		scope   *Scope
		want    string
	}{
		{ProfileEngineer, nil, ""},
		{"", &Scope{From: day(16), To: day(23)}, "Made from a part of the history, snapshots from 2026-11-16 to 2026-11-22 (UTC)."},
		{"", &Scope{To: day(23)}, "Made from a part of the history, snapshots up to 2026-11-22 (UTC)."},
		{"", &Scope{From: day(16).Add(9 * time.Hour)}, "Made from a part of the history, snapshots from 2026-11-16 (UTC)."},
		{"", &Scope{Group: "north", Machine: "LAB-0*"}, "Made from a part of the history, of the group north, of machines LAB-0*."},
		{ProfilePublic, &Scope{Group: "north"}, "of some machines."},
	} {
		in := fleet(t)
		in.Profile, in.Scope = c.profile, c.scope
		w := writeup(t, in, runawayCase())
		text := strings.Join(w.Notices, "\n")
		if (text == "") != (c.want == "") || !strings.HasSuffix(text, c.want) {
			t.Errorf("%+v: %q, want %q", c.scope, text, c.want)
		}
		if public := c.profile == ProfilePublic; public != strings.HasPrefix(text, "Redacted for sharing") || public && strings.Contains(text, "north") {
			t.Errorf("%q, %+v: %q", c.profile, c.scope, text)
		}
		b, err := NewBook(in)
		if err != nil {
			t.Fatal(err)
		}
		if first := b.Sheets[0].Groups[0]; !slices.Equal(values(first.Pairs), w.Notices) && c.want != "" {
			t.Errorf("Read me begins with %+v, want %q", first, w.Notices)
		}
		k := runawayCase()
		ticket, err := NewTicket(in, &k)
		if err != nil || !slices.Equal(ticket.Notices, w.Notices) {
			t.Errorf("ticket says %q, %v", ticket.Notices, err)
		}
	}
}
