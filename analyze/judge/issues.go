package judge

import (
	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// issueReasons matches the case with the published defects. A match is a small
// weight beside the figures, and none at all when the log does not print the
// version that the issue asks for; it names no holder.
func (d *draft) issueReasons() {
	match, found := d.know.Match(d.subject())
	if !found {
		return
	}
	d.Known = match.Issue
	facts := analyze.Facts{"title": match.Title, "reference": match.References[0], "fixed": match.FixedIn}
	switch {
	case len(match.Unread) > 0:
		d.unsure(analyze.RuleIssueVersion, analyze.Facts{"title": match.Title, "modules": match.Unread})
		for _, module := range match.Unread {
			d.next("lmvm "+ingest.ModuleKey(module), analyze.NextVersion, analyze.Facts{"module": module})
		}
	case !match.Pattern():
		d.why(d.th.Weights.KnownIssue, analyze.RuleIssueFits, facts)
		d.then(analyze.ChainIssue, facts)
	}
	for _, m := range match.Mitigation {
		d.Mitigation = append(d.Mitigation, analyze.Reason{Rule: analyze.MitigateIssue, Facts: analyze.Facts{"text": m}})
	}
}

// subject is the case and its machine as an issue asks for them.
func (d *draft) subject() knowledge.Subject {
	_, bare := d.noDiskFilter()
	s := knowledge.Subject{Kind: d.Kind.String(), Object: d.Object, Holder: d.Holder.Module, Modules: d.Modules,
		NoDiskFilter: bare, Build: d.OS.Build}
	for _, m := range d.Core {
		s.Tags = append(s.Tags, m.Tag)
	}
	for _, f := range d.Snapshot.Filters {
		s.Filters = append(s.Filters, f.Name)
	}
	return s
}
