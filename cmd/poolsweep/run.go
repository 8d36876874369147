package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/ingest"
)

// Exit codes, listed in the help of each command.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitPartial
)

// exitHelp ends the long help of each command that reads logs.
const exitHelp = `
Exit codes:
  0  done
  1  failed: nothing could be read or written
  2  the command line is wrong
  3  done, but some input was not, or not fully, read`

// failure is an error that knows its exit code and what to do about it.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// usageError returns a failure of the command line of cmd.
func usageError(cmd *cobra.Command, err error) error {
	return &failure{exitUsage, err, fmt.Sprintf("see '%s --help'", cmd.CommandPath())}
}

// console is where a command speaks: answers on out, everything else on err.
type console struct {
	out, err io.Writer
	verbose  bool
}

// note prints a line for the user that is no part of the answer.
func (c *console) note(format string, args ...any) {
	fmt.Fprintf(c.err, "poolsweep: "+format+"\n", args...)
}

// explainNames tells by which rule each log got its machine's name, when asked to.
func (c *console) explainNames(docs []*ingest.Document) {
	if !c.verbose {
		return
	}
	fmt.Fprintln(c.err, ingest.NameRule)
	for _, d := range docs {
		for _, s := range d.Snapshots {
			c.note("%s: machine %s, by %s", s.Source, s.Machine.Name, s.Machine.From)
		}
	}
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	con := &console{out: stdout, err: stderr}
	root := newRoot(con)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	con.note("%v", err)
	var f *failure
	if !errors.As(err, &f) {
		return exitFailed
	}
	if f.hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", f.hint)
	}
	return f.code
}

func newRoot(con *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "poolsweep",
		Short: "Find pool memory leaks in kernel debugger logs",
		Long: `Poolsweep reads the text logs of a kernel debugger (!poolused, !fltkd.filters, lm,
!vm and others), finds which pool tags leak together, says which driver holds
them as far as the log carries it, and writes a workbook, a PDF write-up for
each case and JSON.
` + exitHelp,
		Example: `  poolsweep demo
  poolsweep sweep --out reports drop/
  poolsweep show LAB-014_20261124.log
  poolsweep explain PS-1A2B3C4D drop/
  poolsweep ticket PS-1A2B3C4D drop/`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError(cmd, errors.New("no command given"))
		},
		SuggestionsMinimumDistance: 2,

		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(con.out)
	root.SetErr(con.err)
	root.SetFlagErrorFunc(usageError)
	root.PersistentFlags().BoolVarP(&con.verbose, "verbose", "v", false,
		"say which log got which machine's name, by which rule")
	root.AddCommand(newDemo(con), newSweep(con), newShow(con), newExplain(con), newCollect(con), newVersion(con),
		newWatch(con), newWork(con), newStatus(con), newInit(con), newDoctor(con), newReport(con), newWeekly(con), newMail(con),
		newTicket(con), newDecide(con), newAttach(con), newReanalyze(con), newPurge(con), newParse(con, os.Stdin))
	return root
}

// noSuchCommand refuses the words that cobra found no command for.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return usageError(cmd, err)
}

// usage makes a wrong number of arguments a failure of the command line.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError(cmd, err)
		}
		return nil
	}
}
