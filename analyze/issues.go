package analyze

import (
	"strings"

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
	facts := Facts{"title": match.Title, "reference": match.References[0], "fixed": match.FixedIn}
	switch {
	case len(match.Unread) > 0:
		d.unsure(RuleIssueVersion, Facts{"title": match.Title, "modules": match.Unread})
		for _, module := range match.Unread {
			d.next("lmvm "+ingest.ModuleKey(module), NextVersion, Facts{"module": module})
		}
	case !match.Pattern():
		d.why(d.th.Weights.KnownIssue, RuleIssueFits, facts)
		d.then(ChainIssue, facts)
	}
	for _, m := range match.Mitigation {
		d.Mitigation = append(d.Mitigation, Reason{MitigateIssue, Facts{"text": m}, nil})
	}
}

// subject is the case and its machine as an issue asks for them.
func (d *draft) subject() knowledge.Subject {
	s := knowledge.Subject{Kind: d.Kind.String(), Object: d.Object, Holder: d.Holder.Module, Modules: d.Modules,
		NoDiskFilter: d.noDiskFilter(), Build: d.OS.Build}
	for _, m := range d.Core {
		s.Tags = append(s.Tags, m.Tag)
	}
	for _, f := range d.Snapshot.Filters {
		s.Filters = append(s.Filters, f.Name)
	}
	return s
}

// noDiskFilter reports whether the log lists where the filters are attached, and
// none is on a disk volume. A legacy filter is no minifilter. The named pipe, mail
// slot and redirector devices are no disks:
//
//	npsvctrig             \Device\NamedPipe                          46000     npsvctrig
func (d *draft) noDiskFilter() bool {
	listed := false
	for _, f := range d.Snapshot.Filters {
		for _, i := range f.Instances {
			if f.Legacy {
				continue
			}
			if !pipeVolume(i.Volume) {
				return false
			}
			listed = true
		}
	}
	return listed
}

func pipeVolume(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "namedpipe") || strings.HasSuffix(name, "mailslot") || strings.HasSuffix(name, `\mup`)
}
