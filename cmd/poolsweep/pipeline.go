package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/report"
	"poolsweep/report/jsonout"
	"poolsweep/report/pdf"
	"poolsweep/report/xlsx"
	"poolsweep/templates"
)

// Files below the output folder; those of the cases are named by report.WriteupFile.
const (
	bookFile = "poolsweep.xlsx"
	jsonFile = "poolsweep.json"
)

// judgement is all there is to say about a set of inputs.
type judgement struct {
	report.Input
	output *report.Output
	paper  pdf.Paper
	shelf  *shelf.Shelf                                 // with the documents' tables
	notes  []string                                     // on what was passed over
	quote  func(*analyze.Case) map[ingest.Source]string // finds the lines to quote; nil: Lines has them
}

// readAndJudge reads what was found and judges it by what is known.
func (c *config) readAndJudge(ctx context.Context, con *console, found *catch,
	know *knowledge.Base) (*judgement, error) {
	words, err := words(c.Lang)
	if err != nil {
		return nil, err
	}
	step, done := progress(con.err, len(found.inputs))
	tables := shelf.New()
	read, err := readAll(ctx, found.inputs, tables.Take, step)
	done()
	if err != nil {
		return nil, err
	}
	con.explainNames(read.docs)
	read.refused = append(found.refused, read.refused...)
	if c.public() {
		read.redact(tables)
	}
	j, err := c.newJudgement(read.docs, tables, read.refused, know, words, nil)
	if err != nil {
		return nil, err
	}
	if !c.public() { // a log may be called as another's placeholder
		q := newQuoter(read.docs, j.cited())
		for _, in := range found.inputs {
			q.input(in)
		}
		j.Lines = q.lines
		of, err := lying(c.all(), swept(read.docs))
		if err != nil {
			return nil, err
		}
		j.Groups = c.groupNames(j.Result.Machines, of)
	}
	j.notes = append(found.notes, read.notes...)
	j.output.Inputs = append(j.output.Inputs, read.asides...)
	return j, nil
}

// cited are the lines that the write-ups quote.
func (j *judgement) cited() []ingest.Source {
	var cited []ingest.Source
	for i := range j.Result.Cases {
		cited = append(cited, report.Cited(&j.Result.Cases[i])...)
	}
	return cited
}

// newJudgement judges documents, whose tables are on a shelf, by what is known. Refused
// are the files of which no document came; r is what people decided, nil for nothing.
func (c *config) newJudgement(docs []*ingest.Document, tables *shelf.Shelf, refused []report.Refused, know *knowledge.Base,
	words *templates.Words, r *ruling) (*judgement, error) {
	j := &judgement{paper: c.sheet(), shelf: tables, Input: report.Input{
		Documents: docs,
		Refused:   refused,
		Result:    judge.JudgeLent(docs, tables, know, analyze.DefaultThresholds()),
		Tool:      tool,
		Lang:      words.Lang(),
		Words:     words,
		Profile:   c.Profile,
		Zone:      c.zone(),
		Issues:    len(know.Issues),
	}}
	for _, m := range know.TagMaps() {
		j.TagMaps = append(j.TagMaps, report.TagMap{File: m.File, SHA256: m.SHA256})
	}
	if r != nil {
		j.Decided, j.Faults = r.settle(j.Result)
	}
	var err error
	j.output, err = report.NewOutput(j.Input)
	return j, err
}

// drawJSON writes the whole JSON object.
func (j *judgement) drawJSON(w io.Writer) error { return jsonout.Write(w, j.output) }

// pages returns the reports to write below a folder.
func (j *judgement) pages(out string) []page {
	at := func(name string) string { return filepath.Join(out, filepath.FromSlash(name)) }
	pages := []page{
		{at(bookFile), j.drawBook},
		{at(jsonFile), j.drawJSON},
	}
	if len(j.Result.Cases) == 0 {
		pages = append(pages, page{at(report.OverviewFile), j.drawOverview})
	}
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		writeup, object := caseFiles(c.ID)
		pages = append(pages,
			page{at(writeup), func(w io.Writer) error { return j.drawWriteup(w, c) }},
			page{at(object), func(w io.Writer) error { return j.drawCase(w, c) }})
	}
	return pages
}

// caseFiles are the reports of a case below the output folder: the write-up and the
// JSON object.
func caseFiles(id string) (writeup, object string) {
	writeup = report.WriteupFile(id)
	return writeup, strings.TrimSuffix(writeup, ".pdf") + ".json"
}

func (j *judgement) drawBook(w io.Writer) error {
	in := j.Input
	if in.Past == nil {
		in.Past = judge.Whole(in.Result, analyze.DefaultThresholds())
	}
	book, err := report.NewBook(in)
	if err != nil {
		return err
	}
	return xlsx.Write(w, book)
}

func (j *judgement) drawWriteup(w io.Writer, c *analyze.Case) error {
	in := j.Input
	if j.quote != nil {
		in.Lines = j.quote(c)
	}
	writeup, err := report.NewWriteup(in, c)
	if err != nil {
		return err
	}
	return pdf.Write(w, writeup, j.paper)
}

// drawOverview writes the page that stands for the write-ups where there is no case.
func (j *judgement) drawOverview(w io.Writer) error {
	overview, err := report.NewOverview(j.Input)
	if err != nil {
		return err
	}
	return pdf.Write(w, overview, j.paper)
}

// drawCase writes the JSON object with one case and its machines and inputs only.
func (j *judgement) drawCase(w io.Writer, c *analyze.Case) error {
	one := *j.output
	one.Cases = keep(one.Cases, func(o report.OutputCase) bool { return o.ID == c.ID })
	one.Machines = keep(one.Machines, func(m report.OutputMachine) bool { return concerns(c, m.Name) })
	one.Inputs = keep(one.Inputs, func(in report.OutputInput) bool { return concerns(c, in.Machine) })
	return jsonout.Write(w, &one)
}

// concerns reports whether a machine has a case.
func concerns(c *analyze.Case, machine string) bool {
	return slices.ContainsFunc(c.Machines, func(name string) bool { return strings.EqualFold(name, machine) })
}

// keep returns the items that pass, in a new slice.
func keep[T any](items []T, pass func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool { return !pass(item) })
}

// unread counts the inputs that were not, or not fully, read.
func (j *judgement) unread() int {
	return len(keep(j.output.Inputs, func(in report.OutputInput) bool { return in.State != report.InputRead }))
}

// partial returns a failure when some input was not, or not fully, read.
func (j *judgement) partial() error {
	if j.unread() == 0 {
		return nil
	}
	return &failure{exitPartial, fmt.Errorf("not, or not fully, read: %d of %d inputs",
		j.unread(), len(j.output.Inputs)), ""}
}
