package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/ingest/store"
	"poolsweep/report"
)

// ticketForm is a markup that tickets are printed in.
type ticketForm struct {
	name  string
	print func(*report.Ticket) []string
}

// ticketForms are all of them, the default first.
var ticketForms = []ticketForm{
	{"plain", (*report.Ticket).Plain},
	{"markdown", (*report.Ticket).Markdown},
	{"jira", (*report.Ticket).Jira},
}

func newTicket(con *console) *cobra.Command {
	var t ticket
	cmd := &cobra.Command{
		Use:   "ticket [flags] CASE [PATH...]",
		Short: "Print a case to be pasted into a bug tracker",
		Long: `Print what a bug tracker has to know of one case, as in section 14 of its write-up: the
figures with the lines they stand on, the reasons, the commands to run next, the
signature. Of logs when paths are given, else of the history that --state or
--config names; the history may be in use by a watcher.

A case is named by its id, the beginning of its id, or "worst": the first by
severity. Text that logs print cannot leave its place in the markup: no table or
code block is broken, nobody is called, nothing is linked.

The block is printed on standard output. The files to attach to the ticket are
listed on standard error: the write-up and the JSON object where they were written,
and the logs. With --profile public the logs are not listed, for they say all.
` + exitHelp,
		Example: `  poolsweep ticket PS-1A2B3C4D --config poolsweep.yaml
  poolsweep ticket worst drop/
  poolsweep ticket 1a2b --format markdown drop/ | gh issue create --title "Pool leak" --body-file -
  poolsweep ticket worst --format jira --profile public --state /var/lib/poolsweep`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, con, args[0], args[1:]) },
	}
	t.settings.flags(cmd)
	t.looks.profileFlag(cmd)
	cmd.Flags().StringVar(&t.format, "format", ticketForms[0].name,
		"print `FORM`: plain, markdown (GitHub, GitLab) or jira")
	cmd.Flags().StringVar(&t.state, "state", "", "the watcher's state folder `DIR`")
	cmd.Flags().StringVarP(&t.out, "out", "o", "", "look for the reports to attach in folder `DIR`")
	return cmd
}

// ticket holds the flags of the command.
type ticket struct {
	settings
	looks
	format, state, out string
}

func (t *ticket) run(cmd *cobra.Command, con *console, name string, paths []string) error {
	form := slices.IndexFunc(ticketForms, func(f ticketForm) bool { return f.name == t.format })
	if form < 0 {
		return usageError(cmd, fmt.Errorf("--format: %q is none of plain, markdown, jira", t.format))
	}
	cfg, err := t.settings.merge()
	if err != nil {
		return err
	}
	if err := t.looks.over(cfg); err != nil {
		return usageError(cmd, err)
	}
	if len(paths) > 0 && t.state != "" {
		return usageError(cmd, errors.New("give paths or --state, not both"))
	}
	print := ticketForms[form].print
	if len(paths) > 0 {
		return t.ofLogs(cmd, con, cfg, name, paths, print)
	}
	return t.ofHistory(cmd, con, cfg, name, print)
}

// ofLogs prints a case of logs.
func (t *ticket) ofLogs(cmd *cobra.Command, con *console, cfg *config, name string, paths []string,
	print func(*report.Ticket) []string) error {
	j, err := cfg.judge(cmd, con, paths, nil)
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range j.Result.Cases {
		ids = append(ids, c.ID)
	}
	if name == worst && len(ids) > 0 {
		name = ids[0]
	}
	id, err := pick(name, ids)
	if err != nil {
		return err
	}
	if err := j.printTicket(con.out, id, print); err != nil {
		return err
	}
	var logs []string
	for _, d := range j.Documents {
		if len(d.Snapshots) > 0 && concerns(j.find(id), d.Snapshots[0].Machine.Name) {
			log, _, _ := strings.Cut(d.File, "!") // an entry of an archive
			logs = append(logs, log)
		}
	}
	t.attach(con.err, cfg, id, "poolsweep sweep", logs)
	j.printInputs(con.err, con.verbose)
	return j.partial()
}

// ofHistory prints a case of a history.
func (t *ticket) ofHistory(cmd *cobra.Command, con *console, cfg *config, name string,
	print func(*report.Ticket) []string) error {
	cfg.keepIn(t.state)
	h, err := openHistory(cmd, con, cfg)
	if err != nil {
		return err
	}
	defer h.db.Close()
	ids, err := h.ids([]string{name})
	if err != nil {
		return err
	}
	j, held, err := h.judge(cmd.Context(), &selection{}, ids)
	if err != nil {
		return err
	}
	if name == worst {
		if len(j.Result.Cases) == 0 {
			return &failure{exitFailed, errors.New("there are no cases"), ""}
		}
		ids = []string{j.Result.Cases[0].ID}
	}
	c, err := h.found(j, ids[0])
	if err != nil {
		return err
	}
	logs := j.logsOf(c.ID, held)
	if cfg.public() {
		if j, err = cfg.outside(j, h.know); err != nil {
			return err
		}
	}
	if err := j.printTicket(con.out, c.ID, print); err != nil {
		return err
	}
	t.attach(con.err, cfg, c.ID, "poolsweep report "+c.ID, logs)
	return nil
}

// logsOf are the dropped files that a case was seen in.
func (j *judgement) logsOf(id string, held []store.Held) []string {
	var logs []string
	for _, h := range held {
		if concerns(j.find(id), machineOf(h.Document)) {
			logs = append(logs, dropPath(h.Share, h.Name))
		}
	}
	return logs
}

func (j *judgement) printTicket(w io.Writer, id string, print func(*report.Ticket) []string) error {
	t, err := report.NewTicket(j.Input, j.find(id))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, strings.Join(print(t), "\n"))
	return err
}

// attach lists the files to attach: the reports where they lie, or what makes them, and
// the logs unless names are to be kept.
func (t *ticket) attach(w io.Writer, cfg *config, id, maker string, logs []string) {
	out := t.out
	if out == "" {
		out = cfg.Out
	}
	var files []string
	writeup, object := caseFiles(id)
	for _, name := range []string{writeup, object} {
		file := filepath.Join(out, filepath.FromSlash(name))
		if _, err := os.Stat(file); out != "" && err == nil && !cfg.public() {
			files = append(files, plain(filepath.ToSlash(file)))
		} else {
			files = append(files, fmt.Sprintf("%s, which '%s%s' writes", path.Base(name), maker, profileNote(cfg)))
		}
	}
	if !cfg.public() {
		slices.Sort(logs)
		for _, log := range slices.Compact(logs) {
			files = append(files, plain(filepath.ToSlash(log)))
		}
	}
	printList(w, "Attach to the ticket:", files)
}

// profileNote is the flag that a command for readers outside needs.
func profileNote(cfg *config) string {
	if cfg.public() {
		return " --profile public"
	}
	return ""
}
