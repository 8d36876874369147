package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/report"
)

// newTable returns an empty table without lines, which reads well on a terminal
// and parts well with awk.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.AppendHeader(header)
	return t
}

// printTable prints what was found: a row a machine, or one for each of its cases.
func (j *judgement) printTable(w io.Writer) {
	t := newTable("machine", "verdict", "case", "confidence", "file")
	colours := colourful(w)
	row := func(m *analyze.Machine, v analyze.Verdict, id string, confidence float64) {
		t.AppendRow(table.Row{m.Name, paint(v, colours), id, fmt.Sprintf("%.2f", confidence), m.Latest().File})
	}
	for i := range j.Result.Machines {
		m := &j.Result.Machines[i]
		if len(m.Cases) == 0 {
			row(m, m.Verdict, "-", m.Confidence)
		}
		for _, id := range m.Cases {
			c := j.find(id)
			row(m, c.Verdict, id, c.Confidence)
		}
	}
	fmt.Fprintln(w, t.Render())
}

// find returns the case of an id that a machine lists.
func (j *judgement) find(id string) *analyze.Case {
	for i := range j.Result.Cases {
		if c := &j.Result.Cases[i]; c.ID == id {
			return c
		}
	}
	panic("analysis names case " + id + " but holds none of that id")
}

// paint returns a verdict in the colour of its gravity, or plain.
func paint(v analyze.Verdict, colours bool) string {
	if !colours {
		return v.String()
	}
	switch v {
	case analyze.Leak, analyze.Runaway:
		return text.FgRed.Sprint(v)
	case analyze.Suspect:
		return text.FgYellow.Sprint(v)
	case analyze.Healthy:
		return text.FgGreen.Sprint(v)
	}
	return v.String()
}

// plain makes a text from a log or a folder safe for a terminal and for a line of
// its own: what does not show is escaped.
func plain(s string) string {
	q := strconv.QuoteToGraphic(s)
	if q = q[1 : len(q)-1]; !strings.Contains(q, `\`) {
		return q
	}
	return strings.ReplaceAll(q, `\"`, `"`)
}

// warned is how many warnings of one input are printed; a log that was pasted
// through a web page may hold thousands.
const warned = 3

// passed is how many files that were passed over are printed.
const passed = 10

// printInputs lists what was not, or not fully, read with its lines, and what
// was passed over, the latter whole only when all is asked for.
func (j *judgement) printInputs(w io.Writer, all bool) {
	var unread, doubts, notes []string
	for _, in := range j.output.Inputs {
		switch {
		case in.State != report.InputRead:
			unread = append(unread, j.complaints(in)...)
		case len(in.Warnings) > 0:
			doubts = append(doubts, j.complaints(in)...)
		case in.Reason != "" && !strings.HasPrefix(in.Reason, unpacked): // whose files are listed themselves
			notes = append(notes, in.Path+": "+in.Reason)
		}
	}
	printList(w, "Not, or not fully, read:", unread)
	printList(w, "Read, but worth knowing:", doubts)
	notes = append(notes, j.notes...)
	if more := len(notes) - passed; more > 0 && !all {
		notes = append(notes[:passed], fmt.Sprintf("and %d more; -v prints all", more))
	}
	printList(w, "Passed over:", notes)
}

// complaints tells what is wrong with an input, a line each.
func (j *judgement) complaints(in report.OutputInput) []string {
	if len(in.Warnings) == 0 {
		at := ingest.Source{File: in.Path, Line: j.lineCut(in.Path)}
		return []string{at.String() + ": " + in.Reason}
	}
	var lines []string
	for _, warning := range in.Warnings[:min(warned, len(in.Warnings))] {
		at := ingest.Source{File: warning.File, Line: warning.Line}
		lines = append(lines, at.String()+": "+warning.Text)
	}
	if more := len(in.Warnings) - warned; more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more warnings; 'poolsweep show' prints all", in.Path, more))
	}
	return lines
}

// lineCut returns the last line of the first block in a file that breaks off, 0
// when none does.
func (j *judgement) lineCut(file string) int {
	for _, d := range j.Documents {
		if d.File != file {
			continue
		}
		for _, s := range d.Snapshots {
			for _, b := range s.Blocks {
				if b.State == ingest.BlockCut || b.State == ingest.BlockUnclosed {
					return b.LastLine
				}
			}
		}
	}
	return 0
}

func printList(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// printPages lists the files written.
func printPages(w io.Writer, pages []page) {
	var paths []string
	for _, p := range pages {
		paths = append(paths, filepath.ToSlash(p.path))
	}
	printList(w, "Written:", paths)
}

// printEarlier lists what an earlier run left in the output folder. It stays, since
// somebody may have been sent there; but nobody should take it for this run's.
func printEarlier(w io.Writer, out string, pages []page) {
	var left []string
	writeup, object := caseFiles("PS-????????")
	for _, pattern := range []string{report.OverviewFile, writeup, object} {
		found, _ := fs.Glob(os.DirFS(out), pattern) // an error is of a pattern only
		for _, name := range found {
			path := filepath.Join(out, filepath.FromSlash(name))
			if !slices.ContainsFunc(pages, func(p page) bool { return p.path == path }) {
				left = append(left, filepath.ToSlash(path))
			}
		}
	}
	slices.Sort(left)
	printList(w, "Left from an earlier run, not of this one:", left)
}
