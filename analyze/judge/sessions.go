package judge

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// What the readers count of logon sessions.
const (
	tallySessions = "logon sessions"
	tallyOrphans  = "logon sessions without a process"
)

// tallied returns a count that a log states, or nil.
func (e *exam) tallied(what string) *ingest.Tally {
	for i := range e.Tallies {
		if e.Tallies[i].What == what {
			return &e.Tallies[i]
		}
	}
	return nil
}

// sessionSign suspects that tokens are kept: a logon session lives as long as a
// token of it, and a session whose processes have all exited should be gone.
func sessionSign(e *exam, d *docket) {
	all, orphans := e.tallied(tallySessions), e.tallied(tallyOrphans)
	if all == nil || orphans == nil || d.taken[objectTags["token"]] || all.Count < e.th.SessionFloor ||
		float64(orphans.Count) < e.th.SessionShare*float64(all.Count) {
		return
	}
	d.file(e.sessionCase(*all, *orphans))
}

func (e *exam) sessionCase(all, orphans ingest.Tally) analyze.Case {
	d := e.draft(analyze.ObjectLeak, analyze.ObjectGap, analyze.Suspect)
	d.Object, d.Events = "token", orphans.Count
	d.why(d.th.Weights.Sessions, analyze.RuleSessions, analyze.Facts{"sessions": all.Count, "orphans": orphans.Count,
		"share": analyze.Percent(float64(orphans.Count) / float64(all.Count))}, all.Source, orphans.Source)
	d.then(analyze.ChainSessions, nil, orphans.Source)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": d.Object}}}
	d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": d.Object})
	tag := objectTags[d.Object]
	d.expect(tag, ingest.Paged, orphans.Count, analyze.ExpectObjects,
		analyze.Facts{"tag": tag, "handles": orphans.Count}, orphans.Source)
	d.nextForObject(d.Object, tag, ingest.Paged)
	return d.finish()
}
