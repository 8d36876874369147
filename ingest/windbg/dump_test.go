package windbg

import (
	"fmt"
	"io"
	"strings"
	"time"

	"poolsweep/ingest"
)

// dump writes all that is in a document as readable text, one fact a line.
func dump(w io.Writer, d *ingest.Document) {
	fmt.Fprintf(w, "document %d lines", d.Lines)
	if d.Outside > 0 || d.Passed > 0 {
		fmt.Fprintf(w, ", %d outside, %d passed over", d.Outside, d.Passed)
	}
	fmt.Fprintln(w)
	for _, s := range d.Skipped {
		fmt.Fprintf(w, "skipped %s x%d :%d\n", s.Command, s.Count, s.Line)
	}
	dumpWarnings(w, "", d.Warnings)
	for i, s := range d.Snapshots {
		fmt.Fprintf(w, "\nsnapshot %d :%d\n", i+1, s.Line)
		dumpIdentity(w, s)
		for _, b := range s.Blocks {
			fmt.Fprintf(w, "  block %s :%d-%d rows %d unread %d %s\n",
				b.Command, b.Line, b.LastLine, b.Rows, b.Unread, b.State)
		}
		dumpPools(w, s)
		dumpFilters(w, s)
		dumpVolumes(w, s)
		dumpRest(w, s)
		dumpFacts(w, s)
		dumpWarnings(w, "  ", s.Warnings)
	}
}

func dumpWarnings(w io.Writer, indent string, all []ingest.Warning) {
	for _, x := range all {
		fmt.Fprintf(w, "%swarning :%d %s", indent, x.Line, x.Message)
		if x.Text != "" {
			fmt.Fprintf(w, " %q", x.Text)
		}
		fmt.Fprintln(w)
	}
}

func dumpIdentity(w io.Writer, s *ingest.Snapshot) {
	if s.Machine.Name != "" {
		fmt.Fprintf(w, "  machine %s from %s\n", s.Machine.Name, s.Machine.From)
	}
	if !s.At.IsZero() {
		fmt.Fprintf(w, "  at %s\n", s.At.Format(time.RFC3339Nano))
	}
	if s.UptimeOK {
		fmt.Fprintf(w, "  uptime %s\n", s.Uptime)
	}
	if s.OS.Text != "" {
		fmt.Fprintf(w, "  os %q build %d bits %d sp %d procs %d\n",
			s.OS.Text, s.OS.Build, s.OS.Bits, s.OS.ServicePack, s.OS.Processors)
	}
	if s.RAM > 0 {
		fmt.Fprintf(w, "  ram %d\n", s.RAM)
	}
}

func usage(u ingest.Usage) string {
	text := fmt.Sprintf("outstanding %d bytes %d", u.Outstanding, u.Bytes)
	if u.Counted {
		text += fmt.Sprintf(" allocs %d frees %d", u.Allocs, u.Frees)
	}
	return text
}

func dumpPools(w io.Writer, s *ingest.Snapshot) {
	for _, t := range s.Tags {
		fmt.Fprintf(w, "  tag %q %s %s %q :%d\n", t.Tag, t.Pool, usage(t.Usage), t.Description, t.Line)
	}
	for _, t := range s.Totals {
		fmt.Fprintf(w, "  total %s %s :%d\n", t.Pool, usage(t.Usage), t.Line)
	}
}

func dumpFilters(w io.Writer, s *ingest.Snapshot) {
	if s.FilterSet {
		fmt.Fprintf(w, "  filter list\n")
	}
	for _, f := range s.Filters {
		fmt.Fprintf(w, "  filter %s %q %s %x :%d\n", f.Frame, f.Name, f.Altitude, f.Address, f.Line)
		for _, i := range f.Instances {
			fmt.Fprintf(w, "    instance %q %s x%d %x :%d\n", i.Name, i.Altitude, i.Count, i.First, i.Line)
		}
	}
}

func dumpVolumes(w io.Writer, s *ingest.Snapshot) {
	for _, v := range s.Volumes {
		fmt.Fprintf(w, "  volume %s %q %x :%d\n", v.Frame, v.Name, v.Address, v.Line)
		for _, i := range v.Instances {
			fmt.Fprintf(w, "    instance %q on %q %s x%d %x :%d\n", i.Name, i.Volume, i.Altitude, i.Count, i.First, i.Line)
		}
	}
}

func dumpRest(w io.Writer, s *ingest.Snapshot) {
	for _, m := range s.Modules {
		fmt.Fprintf(w, "  module %x-%x %s %q %q %q unloaded %t :%d\n",
			m.Start, m.End, m.Name, m.Symbols, m.Image, m.Version, m.Unloaded, m.Line)
		if m.Built != "" || m.Company != "" {
			fmt.Fprintf(w, "    built %q company %q\n", m.Built, m.Company)
		}
	}
	for _, c := range s.Scans {
		fmt.Fprintf(w, "  scan %q :%d\n", c.Pattern, c.Line)
		for _, h := range c.Hits {
			fmt.Fprintf(w, "    hit %x %q %s:%d\n", h.Address, h.Text, h.Module, h.Line)
		}
	}
	if p := s.Processes; p != nil {
		fmt.Fprintf(w, "  processes %d zombies %d :%d\n", p.Listed, p.Zombies, p.Line)
	}
	if v := s.VM; v != nil {
		fmt.Fprintf(w, "  vm physical %d nonpaged %d of %d paged %d of %d alert %t :%d\n",
			v.Physical, v.NonPaged, v.NonPagedMax, v.Paged, v.PagedMax, v.NonPagedAlert, v.Line)
	}
}

// dumped returns the dump of a document.
func dumped(d *ingest.Document) string {
	var b strings.Builder
	dump(&b, d)
	return b.String()
}
