package report

import (
	"time"

	"poolsweep/analyze"
)

// OutputSeen is a case on one machine.
type OutputSeen struct {
	Machine  string     `json:"machine"`
	First    *time.Time `json:"first_seen"` // null when the session time is unknown
	AtLeast  bool       `json:"at_least"`   // the machine's first log shows it: it may be older
	Last     *time.Time `json:"last_seen"`
	Shown    int        `json:"shown"` // snapshots that show it
	Of       int        `json:"of"`    // of so many that could
	Events   int64      `json:"events"`
	Change   int64      `json:"change"` // of the events within the last boot session
	Movement string     `json:"movement"`
	Holder   *string    `json:"holder"` // established by this machine's logs, or null
}

// OutputSighting is one snapshot that shows a case.
type OutputSighting struct {
	Machine    string     `json:"machine"`
	File       string     `json:"file"`
	Line       int        `json:"line"`
	At         *time.Time `json:"at"`
	UptimeS    int64      `json:"uptime_s"` // 0 when not printed
	Signature  string     `json:"signature"`
	Events     int64      `json:"events"`
	Bytes      uint64     `json:"bytes"`
	Verdict    string     `json:"verdict"`
	Confidence float64    `json:"confidence"`
	Holder     *string    `json:"holder"`
}

// OutputContrast is what the machines with a case have in common and others lack.
type OutputContrast struct {
	Drivers OutputListed   `json:"drivers"`
	Filters OutputListed   `json:"filters"`
	Rows    []OutputShared `json:"rows"` // by contrast, largest first
}

// OutputListed counts the machines that one sort of list was compared on.
type OutputListed struct {
	Affected   int `json:"affected"`
	Unaffected int `json:"unaffected"`
	Unknown    int `json:"unknown"` // machines whose logs do not print the list
	Common     int `json:"common"`  // names that all of them have, left out
}

// OutputShared is one driver or filter, or one version of it.
type OutputShared struct {
	Kind       string `json:"kind"` // "driver" or "filter"
	Name       string `json:"name"`
	Version    string `json:"version"` // empty: whatever the version
	Affected   int    `json:"affected"`
	Unaffected int    `json:"unaffected"`
}

// OutputStep of the trail: a reason with what it did to the odds.
type OutputTrail struct {
	Text        string  `json:"text"`
	Weight      float64 `json:"weight"`      // log-odds
	Probability float64 `json:"probability"` // after the step
}

func outputSeen(all []analyze.Presence) []OutputSeen {
	var out []OutputSeen
	for _, p := range all {
		out = append(out, OutputSeen{Machine: p.Machine, First: known(p.First), AtLeast: p.AtLeast, Last: known(p.Last), Shown: p.Shown,
			Of: p.Of, Events: p.Events, Change: p.Change, Movement: p.Movement.String(), Holder: known(p.Holder)})
	}
	return out
}

func outputSightings(all []analyze.Sighting) []OutputSighting {
	var out []OutputSighting
	for _, g := range all {
		out = append(out, OutputSighting{Machine: g.Machine, File: g.Snapshot.File, Line: g.Snapshot.Line, At: known(g.At()),
			UptimeS: int64(g.Snapshot.Uptime / time.Second), Signature: g.Signature, Events: g.Events, Bytes: g.Bytes,
			Verdict: g.Verdict.String(), Confidence: g.Confidence, Holder: known(g.Holder)})
	}
	return out
}

func outputContrast(c *analyze.Contrast) OutputContrast {
	out := OutputContrast{Drivers: OutputListed(c.Drivers), Filters: OutputListed(c.Filters)}
	for _, r := range c.Rows {
		kind := "driver"
		if r.Filter {
			kind = "filter"
		}
		out.Rows = append(out.Rows, OutputShared{kind, r.Name, r.Version, r.Affected, r.Unaffected})
	}
	return out
}

func (s *speaker) outputTrail(all []analyze.TrailStep) []OutputTrail {
	var out []OutputTrail
	for _, t := range all {
		out = append(out, OutputTrail{s.reason(t.Reason), t.Weight, t.Probability()})
	}
	return out
}

func alternateTexts(all []analyze.Alternate) []string {
	var out []string
	for _, a := range all {
		out = append(out, a.Text)
	}
	return out
}
