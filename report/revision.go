package report

import (
	"slices"
	"strings"

	"poolsweep/analyze"
)

// Summary is what a later revision of a case is compared with.
type Summary struct {
	Verdict    string   `json:"verdict"`
	Confidence float64  `json:"confidence"`
	Events     int64    `json:"events"`
	Bytes      uint64   `json:"bytes"`
	Tags       []string `json:"tags"`
	Holder     string   `json:"holder"`
	Machines   []string `json:"machines"`

	Decided    []string `json:"decided,omitempty"`    // lines of decisions without the case
	Regression bool     `json:"regression,omitempty"` // it came back in a version that should not have it
	Clean      int      `json:"clean,omitempty"`      // tenths of the way to be probably gone
}

// Summarize returns the summary of a case.
func (in Input) Summarize(c *analyze.Case) Summary {
	sum := Summary{Verdict: c.Verdict.String(), Confidence: c.Confidence, Events: c.Events, Bytes: c.Bytes,
		Holder: c.Holder.Module, Machines: slices.Clone(c.Machines)}
	for _, m := range c.Core {
		sum.Tags = append(sum.Tags, m.Tag.String())
	}
	d := in.Decided[c.ID]
	for i := range d.InForce {
		_, said, _ := strings.Cut(d.InForce[i].String(), " ") // without the case
		sum.Decided = append(sum.Decided, said)
	}
	sum.Regression = d.Regression()
	if d.Clean != nil {
		sum.Clean = int(10 * d.Clean.Share())
	}
	slices.Sort(sum.Tags)
	slices.Sort(sum.Machines)
	return sum
}

// Revision is how often a case was written up, and what it said the time before.
type Revision struct {
	Number int
	Before *Summary // nil at the first time
}

// revision returns the revision of a case; the first when nothing is known.
func (in Input) revision(id string) Revision {
	if r, known := in.Revisions[id]; known {
		return r
	}
	return Revision{Number: 1}
}

// changes words what a case says now and did not say the time before.
func (s *speaker) changes(before, now Summary) []string {
	var out []string
	say := func(differs bool, name string, f facts) {
		if differs {
			out = append(out, s.say("since."+name, f))
		}
	}
	word := func(verdict string) string { return s.label("verdict." + verdict) }
	say(before.Verdict != now.Verdict, "verdict", facts{"before": word(before.Verdict), "now": word(now.Verdict)})
	say(before.Events != now.Events, "events", facts{"before": before.Events, "now": now.Events})
	say(before.Bytes != now.Bytes, "bytes", facts{"before": before.Bytes, "now": now.Bytes})
	say(before.Holder != now.Holder, "holder", facts{"before": before.Holder, "now": now.Holder})
	tags := without(now.Tags, before.Tags)
	say(len(tags) > 0, "tags", s.few(tags))
	joined, left := without(now.Machines, before.Machines), without(before.Machines, now.Machines)
	say(len(joined) > 0, "joined", s.few(joined))
	say(len(left) > 0, "left", s.few(left))
	say(now.Regression && !before.Regression, "regression", nil)
	decided, taken := without(now.Decided, before.Decided), without(before.Decided, now.Decided)
	say(len(decided) > 0, "decided", facts{"lines": s.join("clauses.more", decided)})
	say(len(taken) > 0, "taken-back", facts{"lines": s.join("clauses.more", taken)})
	say(before.Clean != now.Clean, "clean", facts{"before": float64(before.Clean) / 10, "now": float64(now.Clean) / 10})
	say(before.Confidence != now.Confidence, "confidence", facts{"before": before.Confidence, "now": now.Confidence})
	return out
}

// without returns the names of a list that another does not have.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(other, name) })
}
