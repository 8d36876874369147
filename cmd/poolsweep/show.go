package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/report"
)

func newShow(con *console) *cobra.Command {
	var brief bool
	cmd := &cobra.Command{
		Use:   "show LOG...",
		Short: "Print what was understood of a log",
		Long: `Print what the reader understood of logs, each fact with its line: whose log it
is, the blocks of output, the rows in them, the commands passed over and the
warnings. Nothing is judged and no file is written.

A log's machine: ` + ingest.NameRule + "\n" + exitHelp,
		Example: `  poolsweep show LAB-014_20261124.log
  poolsweep show drop/LAB-014
  poolsweep show --brief drop`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			found := find(args, nil)
			step, done := progress(con.err, len(found.inputs))
			tables := shelf.New()
			take, show := tables.Take, func(w io.Writer, d *ingest.Document) { showDocument(w, d, tables) }
			if brief {
				take, show = shelf.Drop, showBrief
			}
			read, err := readAll(cmd.Context(), found.inputs, take, step)
			done()
			if err != nil {
				return err
			}
			con.explainNames(read.docs)
			return showAll(con, read, found.refused, show)
		},
	}
	cmd.Flags().BoolVar(&brief, "brief", false, "print a line for each snapshot instead of its facts")
	return cmd
}

// showAll prints all documents and says what came of the rest.
func showAll(con *console, read *reading, refused []report.Refused, show func(io.Writer, *ingest.Document)) error {
	unread := len(refused) + len(read.refused)
	out := bufio.NewWriterSize(con.out, 64<<10)
	for i, d := range read.docs {
		if i > 0 {
			fmt.Fprintln(out)
		}
		show(out, d)
		if d.Partial() {
			unread++
		}
	}
	if err := out.Flush(); err != nil {
		return &failure{exitFailed, fmt.Errorf("print: %w", err), ""}
	}
	for _, r := range append(refused, read.refused...) {
		con.note("%s: %s", r.Path, r.Reason)
	}
	for _, t := range read.asides {
		con.note("%s: %s", t.Path, t.Reason)
		if t.State != report.InputRead {
			unread++
		}
	}
	switch {
	case len(read.docs) == 0:
		return &failure{exitFailed, errors.New("none of the input could be read"), ""}
	case unread > 0:
		return &failure{exitPartial, fmt.Errorf("not, or not fully, read: %d of %d logs",
			unread, len(read.docs)+len(read.refused)+len(refused)), ""}
	}
	return nil
}

// showDocument prints all facts of a document, whose tables are on a shelf.
func showDocument(w io.Writer, d *ingest.Document, tables *shelf.Shelf) {
	showFile(w, d)
	for i, s := range d.Snapshots {
		fmt.Fprintf(w, "\nSnapshot %d of %d, from line %d\n", i+1, len(d.Snapshots), s.Line)
		back := tables.Lend(d.Snapshots[i : i+1])
		showIdentity(w, s)
		showBlocks(w, s.Blocks)
		showPools(w, s)
		showFilters(w, s.Filters)
		showModules(w, s)
		showCounts(w, s)
		showChanges(w, s.Changes)
		showWarnings(w, s.Warnings)
		back()
	}
	if len(d.Skipped) > 0 {
		fmt.Fprint(w, "\nCommands passed over\n")
		t := newListing("line", "command", "times")
		for _, c := range d.Skipped {
			t.row(c.Line, c.Command, c.Count)
		}
		t.write(w)
	}
	showWarnings(w, d.Warnings)
}

// showFile prints what is known of the file as a whole.
func showFile(w io.Writer, d *ingest.Document) {
	fmt.Fprintf(w, "%s\n  %s, %d bytes, %d lines, sha256 %s\n", d.File, d.Encoding, d.Bytes, d.Lines, d.SHA256)
	if d.Outside+d.Passed > 0 {
		fmt.Fprintf(w, "  %d lines outside any output, %d printed by commands that are not read\n", d.Outside, d.Passed)
	}
}

// showBrief prints a line for each snapshot of a document.
func showBrief(w io.Writer, d *ingest.Document) {
	showFile(w, d)
	fmt.Fprintln(w)
	t := newListing("line", "machine", "taken", "outputs", "rows", "unread", "warnings")
	for _, s := range d.Snapshots {
		var taken string
		if !s.At.IsZero() {
			taken = s.At.Format(time.RFC3339)
		}
		rows, unread := 0, 0
		for _, b := range s.Blocks {
			rows, unread = rows+b.Rows, unread+b.Unread
		}
		t.row(s.Line, s.Machine.Name, taken, len(s.Blocks), rows, unread, len(s.Warnings))
	}
	t.write(w)
	showWarnings(w, d.Warnings)
}

// showIdentity prints what is known of machine and moment, and only that.
func showIdentity(w io.Writer, s *ingest.Snapshot) {
	fmt.Fprintf(w, "  machine  %s, by %s\n", s.Machine.Name, s.Machine.From)
	if s.Label != "" {
		fmt.Fprintf(w, "  moment   %s\n", s.Label)
	}
	if s.OS.Text != "" {
		fmt.Fprintf(w, "  system   %s\n", s.OS.Text)
	}
	if !s.At.IsZero() {
		fmt.Fprintf(w, "  taken    %s\n", s.At.Format(time.RFC3339))
	}
	if s.UptimeOK {
		fmt.Fprintf(w, "  uptime   %s\n", s.Uptime)
	}
	if s.RAM > 0 {
		fmt.Fprintf(w, "  memory   %d bytes\n", s.RAM)
	}
	if v := s.VM; v != nil {
		fmt.Fprintf(w, "  !vm      nonpaged %d of %d, paged %d of %d bytes, line %d\n",
			v.NonPaged, v.NonPagedMax, v.Paged, v.PagedMax, v.Line)
	}
	if p := s.Processes; p != nil {
		fmt.Fprintf(w, "  !process %d listed, %d live, line %d\n", p.Listed, p.Live(), p.Line)
	}
}

func showBlocks(w io.Writer, blocks []ingest.Block) {
	if len(blocks) == 0 {
		return
	}
	fmt.Fprint(w, "\nBlocks\n")
	t := newListing("lines", "command", "rows", "unread", "state")
	for _, b := range blocks {
		t.row(fmt.Sprintf("%d-%d", b.Line, b.LastLine), b.Command, b.Rows, b.Unread, b.State.String())
	}
	t.write(w)
}

func showPools(w io.Writer, s *ingest.Snapshot) {
	if len(s.Tags)+len(s.Totals) == 0 {
		return
	}
	fmt.Fprint(w, "\nPool tags\n")
	t := newListing("line", "tag", "pool", "outstanding", "bytes", "allocs", "frees", "description")
	for _, r := range s.Tags {
		tag := "'" + r.Tag.String() + "'" // quoted: blanks are part of a tag
		t.row(append(figures(r.Line, tag, r.Pool, &r.Usage), r.Description)...)
	}
	for _, r := range s.Totals {
		t.row(append(figures(r.Line, "TOTAL", r.Pool, &r.Usage), "")...)
	}
	t.write(w)
}

// figures returns the columns of a row up to its description; a table of outstanding
// allocations alone leaves two empty.
func figures(line int, tag string, pool ingest.Pool, u *ingest.Usage) []any {
	if !u.Counted {
		return []any{line, tag, pool.String(), u.Outstanding, u.Bytes, "", ""}
	}
	return []any{line, tag, pool.String(), u.Outstanding, u.Bytes, u.Allocs, u.Frees}
}

func showFilters(w io.Writer, filters []ingest.Filter) {
	if len(filters) == 0 {
		return
	}
	fmt.Fprint(w, "\nMinifilters\n")
	t := newListing("line", "frame", "filter", "altitude", "instances", "instance", "volume")
	for _, f := range filters {
		t.row(f.Line, f.Frame, f.Name, string(f.Altitude), f.Attached(), "", "")
		for _, i := range f.Instances {
			t.row(i.Line, "", "", string(i.Altitude), i.Count, i.Name, i.Volume)
		}
	}
	t.write(w)
}

func showModules(w io.Writer, s *ingest.Snapshot) {
	if len(s.Modules) > 0 {
		fmt.Fprint(w, "\nModules\n")
		t := newListing("line", "start", "end", "module", "version", "image", "state")
		for _, m := range s.Modules {
			t.row(m.Line, address(m.Start), address(m.End), m.Name, m.Version, m.Image, loaded(m))
		}
		t.write(w)
	}
	for _, scan := range s.Scans {
		fmt.Fprintf(w, "\nMemory search for %q, line %d\n", scan.Pattern, scan.Line)
		t := newListing("line", "address", "module", "text")
		for _, h := range scan.Hits {
			name := ""
			if m := s.ModuleAt(h.Address); m != nil {
				name = m.Name
			}
			t.row(h.Line, address(h.Address), name, h.Text)
		}
		t.write(w)
	}
}

func address(a uint64) string { return fmt.Sprintf("%016x", a) }

func loaded(m ingest.Module) string {
	if m.Unloaded {
		return "unloaded"
	}
	return "loaded"
}

func showWarnings(w io.Writer, warnings []ingest.Warning) {
	if len(warnings) == 0 {
		return
	}
	fmt.Fprint(w, "\nWarnings\n")
	for _, warning := range warnings {
		fmt.Fprintf(w, "  %s\n", warning)
	}
}
