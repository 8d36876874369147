package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/report"
)

func newExplain(con *console) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "explain [CASE|SIGNATURE|MACHINE] PATH...",
		Short: "Print how a verdict came about",
		Long: `Judge logs and print the decision trail of one case: each reason with its weight
and the probability after it, the signs that came near and did not fire, who was
considered as owner and holder, how the case was put together, what the next log
should show. Of a machine it prints why it got its verdict. Nothing is written.

A case is named by its id, the beginning of its id, or a signature: its own, one
that was joined with it, or part of one. What is no such name is a path; without a
name the cases are listed. Quote signatures: the shell takes | for a pipe.

A log's machine: ` + ingest.NameRule + "\n" + exitHelp,
		Example: `  poolsweep explain drop/
  poolsweep explain PS-1A2B3C4D drop/
  poolsweep explain 1a2b drop/
  poolsweep explain 'v1|pool-leak|no-frees|nonpaged|41626364|-' drop/
  poolsweep explain LAB-014 drop/`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, paths := split(args)
			if len(paths) == 0 {
				return usageError(cmd, fmt.Errorf("no logs to judge for %q", name))
			}
			conf, err := s.merge()
			if err != nil {
				return err
			}
			j, err := conf.judge(cmd, con, paths, nil)
			if err != nil {
				return err
			}
			if err := j.explain(con.out, name); err != nil {
				return err
			}
			j.printInputs(con.err, con.verbose)
			return j.partial()
		},
	}
	s.flags(cmd)
	return cmd
}

// split takes the name off the paths: the first argument, unless it is a path.
func split(args []string) (name string, paths []string) {
	if _, err := os.Lstat(args[0]); err == nil {
		return "", args
	}
	return args[0], args[1:]
}

// explain prints the trail of what the name means, or the cases when there is none.
func (j *judgement) explain(w io.Writer, name string) error {
	if name == "" {
		return j.listCases(w)
	}
	cases, machine := j.named(name)
	var e *report.Explanation
	var err error
	switch {
	case len(cases) == 1:
		e, err = report.ExplainCase(j.Input, cases[0])
	case len(cases) > 1:
		var ids []string
		for _, c := range cases {
			ids = append(ids, c.ID)
		}
		return &failure{exitFailed, fmt.Errorf("%q names %d cases: %s", name, len(cases), strings.Join(ids, ", ")),
			"give more of the id"}
	case machine != nil:
		e, err = report.ExplainMachine(j.Input, machine)
	default:
		return &failure{exitFailed, fmt.Errorf("no case, signature or machine %q", name),
			"'poolsweep explain PATH...' lists the cases"}
	}
	if err != nil {
		return err
	}
	printExplanation(w, e)
	return nil
}

// named returns the cases that a name means, or the machine of that name. An exact
// id or signature wins over the beginning of one.
func (j *judgement) named(name string) ([]*analyze.Case, *analyze.Machine) {
	var exact, begun []*analyze.Case
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		switch {
		case strings.EqualFold(c.ID, name), c.Signature == name, slices.Contains(c.Aliases, name):
			exact = append(exact, c)
		case begins(c.ID, name), slices.ContainsFunc(c.Alternates, func(a analyze.Alternate) bool { return a.Text == name }):
			begun = append(begun, c)
		}
	}
	if len(exact) > 0 {
		return exact, nil
	}
	for i := range j.Result.Machines {
		if m := &j.Result.Machines[i]; strings.EqualFold(m.Name, name) {
			return nil, m
		}
	}
	return begun, nil
}

// idDigits is the least of an id that is taken for one.
const idDigits = 2

// begins reports whether a case's id begins so: "PS-1A2", or "1a2" alone.
func begins(id, name string) bool {
	name = strings.ToUpper(name)
	if !strings.HasPrefix(name, "PS-") {
		name = "PS-" + name
	}
	return len(name) >= len("PS-")+idDigits && strings.HasPrefix(id, name)
}

func (j *judgement) listCases(w io.Writer) error {
	if len(j.Result.Cases) == 0 {
		fmt.Fprintln(w, "no cases")
		return nil
	}
	t := newTable("case", "verdict", "confidence", "machines", "signature")
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		t.AppendRow([]any{c.ID, paint(c.Verdict, colourful(w)), fmt.Sprintf("%.2f", c.Confidence), len(c.Machines), c.Signature})
	}
	fmt.Fprintln(w, t.Render())
	return nil
}

// explainWidth is how wide a line of an explanation may be.
const explainWidth = 100

func printExplanation(w io.Writer, e *report.Explanation) {
	fmt.Fprintln(w, e.Title)
	for _, part := range e.Parts {
		fmt.Fprintf(w, "\n%s\n", part.Title)
		for _, line := range part.Lines {
			wrap(w, line)
		}
	}
}

// wrap prints a line with a hanging indent. It breaks at blanks only, so that
// signatures and file names stay whole, and keeps the blanks that it does not break at.
func wrap(w io.Writer, line string) {
	indent := "  "
	for len(line) > explainWidth-len(indent) {
		at := strings.LastIndexByte(line[:explainWidth-len(indent)], ' ')
		if at <= 0 {
			at = strings.IndexByte(line, ' ')
		}
		if at <= 0 {
			break
		}
		fmt.Fprintf(w, "%s%s\n", indent, strings.TrimRight(line[:at], " "))
		line, indent = strings.TrimLeft(line[at:], " "), "      "
	}
	fmt.Fprintf(w, "%s%s\n", indent, line)
}

// judge reads and judges paths as the configuration tells, but for what poolsweep
// itself writes there.
func (c *config) judge(cmd *cobra.Command, con *console, paths, own []string) (*judgement, error) {
	rule, err := nameRule(c.NameRule)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	know, err := c.knowledge(con)
	if err != nil {
		return nil, err
	}
	found := find(paths, own)
	found.nameBy(rule)
	j, err := c.readAndJudge(cmd.Context(), con, found, know)
	if err == nil && len(j.Documents) == 0 {
		j.printInputs(con.err, con.verbose)
		err = nothingRead(j, paths)
	}
	return j, err
}
