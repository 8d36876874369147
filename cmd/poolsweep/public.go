package main

import (
	"slices"
	"strings"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/redact"
	"poolsweep/ingest/shelf"
	"poolsweep/report"
)

// redact takes out of a reading what readers outside must not see, before it is judged:
// so no report can hold it. What poolsweep says on the terminal about files that were
// passed over stays, for who ran it.
func (r *reading) redact(tables *shelf.Shelf) {
	var machines, files []string
	for _, in := range r.refused {
		files = append(files, in.Path)
	}
	for _, in := range r.asides {
		files, machines = append(files, in.Path), append(machines, in.Machine)
	}
	u := hide(tables, r.docs, machines, files)
	for i := range r.refused {
		in := &r.refused[i]
		in.Path, in.Reason = u.Path(in.Path), u.Text(in.Reason)
	}
	for i := range r.asides {
		in := &r.asides[i]
		in.Path, in.Machine, in.Reason = u.Path(in.Path), u.Machine(in.Machine), u.Text(in.Reason)
	}
}

// hide takes out of documents what readers outside must not see, and returns what does
// so with other texts about the same machines and files.
func hide(tables *shelf.Shelf, docs []*ingest.Document, machines, files []string) *redact.Public {
	u := redact.NewPublic(tables.Whole(docs), machines, files)
	for _, d := range docs {
		tables.Rewrite(d, u.Document)
	}
	return u
}

// outside returns a judgement of the same documents for readers outside. They are
// redacted in place: the judgement given is of no use after it.
func (c *config) outside(j *judgement, know *knowledge.Base) (*judgement, error) {
	var machines []string
	for _, r := range j.Revisions {
		if r.Before != nil {
			machines = append(machines, r.Before.Machines...)
		}
	}
	u := hide(j.shelf, j.Documents, machines, nil)
	out, err := c.newJudgement(j.Documents, j.shelf, nil, know, j.Words, nil)
	if err != nil {
		return nil, err
	}
	out.Revisions = map[string]report.Revision{}
	for id, r := range j.Revisions {
		if r.Before != nil {
			before := *r.Before
			before.Decided, before.Regression, before.Clean = nil, false, 0 // as in what is written now
			before.Machines = nil
			for _, m := range r.Before.Machines {
				before.Machines = append(before.Machines, u.Machine(m))
			}
			r.Before = &before
		}
		out.Revisions[id] = r
	}
	out.Scope = j.Scope
	return out, nil
}

// publicIssues stands for the folder of the lab's own known issues.
const publicIssues = "own-issues"

// redactIssues takes links, paths and accounts out of the lab's own known issues; those
// that poolsweep knows by itself are published.
func redactIssues(issues []knowledge.Issue) {
	for i := range issues {
		own := &issues[i]
		if !strings.HasPrefix(own.Source.File, publicIssues+"/") {
			continue
		}
		for _, text := range slices.Concat([]knowledge.Text{own.Title, own.Mechanism, own.FixedIn}, own.Mitigation) {
			for lang := range text {
				text[lang] = redact.Words(text[lang])
			}
		}
		for k := range own.References {
			own.References[k] = redact.Words(own.References[k])
		}
	}
}
