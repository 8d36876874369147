package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/ingest"
	"poolsweep/report/jsonout"
)

func newSweep(con *console) *cobra.Command {
	var s sweep
	cmd := &cobra.Command{
		Use:   "sweep [flags] PATH...",
		Short: "Judge logs and write the reports",
		Long: `Read files and folders, judge every machine in them and write the reports:
poolsweep.xlsx, poolsweep.json, and a PDF and a JSON file for each case, or where
there is none, overview.pdf: what was looked at and what could not be judged. Folders
are read with all below them; hidden files, links, what poolsweep wrote itself and
files that are no logs by their ending (.md, .json, .exe and the like) are passed
over. Archives (.zip, .7z, .tar, .gz, .zst, .xz, also inside each other) are read
like folders of their names; none is unpacked to disk.

With --json - and no --out, nothing but the JSON object is printed and no file is
written.

With --profile public the reports are for readers outside: machines, files, users,
addresses and verbatim lines are taken out, each place marked; docs/reports.md says
what stays.

What the lab knows about its own drivers' tags and defects goes into files that
--config, --tag-map and --issues name; docs/configuring.md shows them.

A log's machine: ` + ingest.NameRule + "\n" + exitHelp,
		Example: `  poolsweep sweep drop/
  poolsweep sweep --out reports LAB-014_20261124.log LAB-015_20261124.log
  poolsweep sweep --json - drop/ | jq '.cases[].id'
  poolsweep sweep --name-rule '^\d+_(?P<machine>\w+)' drop/
  poolsweep sweep --config lab.yaml drop/
  poolsweep sweep --profile public --paper letter --out outside drop/
  poolsweep sweep --tag-map pooltag.txt --issues our-issues drop/`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.outGiven = cmd.Flags().Changed("out")
			return s.run(cmd, con, args)
		},
	}
	cmd.Flags().StringVarP(&s.out, "out", "o", "poolsweep-out", "write the reports into folder `DIR`")
	cmd.Flags().StringVar(&s.json, "json", "", "write the JSON object to `FILE`, too; - is standard output")
	s.looks.flags(cmd)
	s.settings.flags(cmd)
	return cmd
}

// sweep holds the flags of the command.
type sweep struct {
	settings
	looks
	out, json string
	outGiven  bool
}

// jsonOnly reports whether the JSON object is all that is asked for.
func (s *sweep) jsonOnly() bool { return s.json == "-" && !s.outGiven }

func (s *sweep) run(cmd *cobra.Command, con *console, args []string) error {
	conf, err := s.settings.merge()
	if err != nil {
		return err
	}
	if err := s.looks.over(conf); err != nil {
		return usageError(cmd, err)
	}
	j, err := conf.judge(cmd, con, args, s.writes())
	if err != nil {
		return err
	}
	pages := s.pages(j)
	if err := writeAll(cmd.Context(), pages); err != nil {
		return err
	}
	switch {
	case s.json == "-":
		j.printInputs(con.err, con.verbose)
		if err := jsonout.Write(con.out, j.output); err != nil {
			return err
		}
	default:
		j.printTable(con.out)
		j.printInputs(con.out, con.verbose)
		printPages(con.out, pages)
		printEarlier(con.out, s.out, pages)
	}
	return j.partial()
}

// writes returns where this run will write.
func (s *sweep) writes() []string {
	var own []string
	if !s.jsonOnly() {
		own = append(own, s.out)
	}
	if s.json != "" && s.json != "-" {
		own = append(own, s.json)
	}
	return own
}

func (s *sweep) pages(j *judgement) []page {
	var pages []page
	if !s.jsonOnly() {
		pages = j.pages(s.out)
	}
	if s.json != "" && s.json != "-" {
		pages = append(pages, page{s.json, j.drawJSON})
	}
	return pages
}

func nothingRead(j *judgement, args []string) error {
	if len(j.Refused) == 0 {
		err := fmt.Errorf("no logs in %s", strings.Join(args, ", "))
		return &failure{exitFailed, err, "give files, or folders with files in them"}
	}
	return &failure{exitFailed, errors.New("none of the input could be read"), "see the reasons above"}
}

// nameBy has the machines of all inputs named by a rule for files' names, if one is given.
func (c *catch) nameBy(rule *ingest.FileRule) {
	for i := range c.inputs {
		c.inputs[i].place.Rule = rule
	}
}
