package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func newReport(con *console) *cobra.Command {
	var r remake
	cmd := &cobra.Command{
		Use:   "report [flags] [CASE...]",
		Short: "Make reports anew from the history",
		Long: `Make the write-up of any case, or the workbook, anew from what the watcher keeps: of
all, of a period, of some machines, for readers outside. The history is opened for
reading only, also beside a watcher that runs. All is judged again by today's rules,
and it is said on which snapshots.

A case is named by its id, the beginning of its id, or "worst": the first by
severity. The files are those of a sweep: cases/CASE.pdf and .json, poolsweep.xlsx
and poolsweep.json. They get their names when all are drawn and on disk.

Without a period the machines with a case are judged with their past as far as the
key history tells (30d), all others by their newest log, as the watcher does. With
one, by the snapshots in it and no others. Days and weeks are those of UTC; --to is
the last day that counts.

A group is one of the key groups in the configuration; what is said of it is judged
by its own machines alone. A case keeps its id and the number of its newest revision.

Exit codes:
  0  done
  1  failed, or there is no such case, or nothing in that period or of those machines
  2  the command line is wrong`,
		Example: `  poolsweep report PS-1A2B3C4D --config poolsweep.yaml
  poolsweep report 1a2b worst --state /var/lib/poolsweep --out again
  poolsweep report --workbook --week 2026-W47 --group building-3 --config poolsweep.yaml
  poolsweep report --all --from 2026-11-01 --to 2026-11-15 --config poolsweep.yaml
  poolsweep report worst --profile public --paper letter --config poolsweep.yaml
  poolsweep report --workbook --period 90d --machine 'LAB-0*' --state state`,
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd, con, args) },
	}
	r.flags(cmd)
	return cmd
}

// remake holds the flags of the command.
type remake struct {
	settings
	looks
	period                     periodFlags
	state, out, group, machine string
	workbook, all              bool
}

func (r *remake) flags(cmd *cobra.Command) {
	r.settings.flags(cmd)
	r.looks.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&r.state, "state", "", "the watcher's state folder `DIR`")
	f.StringVarP(&r.out, "out", "o", "poolsweep-report", "write the reports into folder `DIR`")
	f.BoolVar(&r.workbook, "workbook", false, "make the workbook and its JSON")
	f.BoolVar(&r.all, "all", false, "make the workbook and the write-ups of all cases")
	f.StringVar(&r.period.from, "from", "", "of snapshots from `DAY` on: 2026-11-01")
	f.StringVar(&r.period.to, "to", "", "of snapshots up to `DAY`, which counts as a whole")
	f.StringVar(&r.period.last, "period", "", "of snapshots of the last `TIME`: 12h, 30d")
	f.StringVar(&r.period.week, "week", "", "of snapshots of a calendar `WEEK`: 2026-W47")
	f.StringVar(&r.group, "group", "", "of the machines of a group of the configuration, by its `NAME`")
	f.StringVar(&r.machine, "machine", "", "of machines whose names fit a `PATTERN`: LAB-014, 'LAB-0*'")
}

func (r *remake) run(cmd *cobra.Command, con *console, names []string) error {
	if len(names) == 0 && !r.workbook && !r.all {
		return usageError(cmd, errors.New("nothing to make: name cases, or give --workbook or --all"))
	}
	cfg, err := r.settings.merge()
	if err != nil {
		return err
	}
	cfg.keepIn(r.state)
	sel, err := r.selection(cfg)
	if err != nil {
		return usageError(cmd, err)
	}
	if cfg.Out != "" && samePath(cfg.Out, r.out) {
		return usageError(cmd, fmt.Errorf("the watcher keeps its own reports in %s: give another --out",
			filepath.ToSlash(cfg.Out)))
	}
	h, err := openHistory(cmd, con, cfg)
	if err != nil {
		return err
	}
	defer h.db.Close()
	return r.remake(cmd.Context(), con.out, h, sel, names)
}

// selection reads what is to be judged, and puts the flags for the looks over the
// configuration.
func (r *remake) selection(cfg *config) (*selection, error) {
	if err := r.looks.over(cfg); err != nil {
		return nil, err
	}
	p, err := r.period.read(time.Now())
	if err != nil {
		return nil, err
	}
	sel := &selection{period: p, machine: r.machine}
	if _, err := filepath.Match(r.machine, ""); err != nil {
		return nil, fmt.Errorf("--machine: %q is no pattern; write * for any characters, ? for one", r.machine)
	}
	if r.group != "" {
		sel.group, err = cfg.group(r.group)
	}
	return sel, err
}

// remake judges, and writes what is asked for.
func (r *remake) remake(ctx context.Context, out io.Writer, h *history, sel *selection, names []string) error {
	ids, err := h.ids(names)
	if err != nil {
		return err
	}
	of := ids
	if r.workbook || r.all || slices.Contains(names, worst) {
		of = nil // all have to be judged in full
	}
	j, _, err := h.judge(ctx, sel, of)
	if err != nil {
		return err
	}
	wanted, err := r.wanted(h, j, names, ids)
	if err != nil {
		return err
	}
	basis := j.basis()
	if h.cfg.public() {
		if j, err = h.cfg.outside(j, h.know); err != nil {
			return err
		}
	}
	pages := keep(j.pages(r.out), func(p page) bool {
		name, err := filepath.Rel(r.out, p.path)
		return r.all || err == nil && wanted[filepath.ToSlash(name)]
	})
	if err := writeAll(ctx, pages); err != nil {
		return err
	}
	fmt.Fprintln(out, basis)
	printPages(out, pages)
	return nil
}

// wanted are the files to make, below the output folder.
func (r *remake) wanted(h *history, j *judgement, names, ids []string) (map[string]bool, error) {
	files := map[string]bool{}
	if r.workbook {
		files[bookFile], files[jsonFile] = true, true
	}
	if slices.Contains(names, worst) {
		if len(j.Result.Cases) == 0 {
			return nil, &failure{exitFailed, errors.New("there are no cases in what is selected"), ""}
		}
		ids = append(ids, j.Result.Cases[0].ID)
	}
	for _, id := range ids {
		c, err := h.found(j, id)
		if err != nil {
			return nil, err
		}
		writeup, object := caseFiles(c.ID)
		files[writeup], files[object] = true, true
	}
	return files, nil
}

// basis says what a judgement rests on.
func (j *judgement) basis() string {
	var first, last time.Time
	snapshots := 0
	for _, d := range j.Documents {
		for _, s := range d.Snapshots {
			snapshots++
			if !s.At.IsZero() && (first.IsZero() || s.At.Before(first)) {
				first = s.At
			}
			if s.At.After(last) {
				last = s.At
			}
		}
	}
	text := fmt.Sprintf("Judged by the rules of %s: %d snapshots of %d machines in %d logs",
		tool, snapshots, len(j.Result.Machines), len(j.Documents))
	if !first.IsZero() {
		text += fmt.Sprintf(", taken from %s to %s UTC", first.UTC().Format(time.DateTime), last.UTC().Format(time.DateTime))
	}
	return text + "."
}
