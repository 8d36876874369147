package report

import "time"

// Profiles: whom reports are for. The reports of both are made alike; for readers
// outside the documents were redacted before they were judged.
const (
	ProfileEngineer = "engineer" // all that the logs say; also an empty Profile
	ProfilePublic   = "public"
)

// Scope is the part of a history that reports are made from.
type Scope struct {
	From, To       time.Time // snapshots from one moment to before the other; zero: open
	Group, Machine string    // of machines: the name of a group, a pattern of names; empty: all
}

// notices say on the first page what a reader has to know before all else: that
// names were taken out, that only a part of a history was looked at.
func (s *speaker) notices() []Pair {
	var out []Pair
	public := s.in.Profile == ProfilePublic
	if public {
		out = append(out, Pair{s.label("fact.profile"), s.label("notice.public")})
	}
	sc := s.in.Scope
	if sc == nil {
		return out
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.DateOnly)
	}
	last := sc.To
	if !last.IsZero() {
		last = last.Add(-time.Nanosecond)
	}
	f := facts{"from": day(sc.From), "to": day(last), "group": sc.Group, "machine": sc.Machine, "some": false}
	if public { // both are the lab's own names
		f["some"], f["group"], f["machine"] = sc.Group+sc.Machine != "", "", ""
	}
	return append(out, Pair{s.label("fact.scope"), s.say("notice.scope", f)})
}

// values are the second halves of pairs.
func values(pairs []Pair) []string {
	var out []string
	for _, p := range pairs {
		out = append(out, p.Value)
	}
	return out
}
