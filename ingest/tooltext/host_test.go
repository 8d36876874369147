package tooltext

import (
	"bytes"
	"fmt"
	"strings"

	"poolsweep/ingest"
	"poolsweep/ingest/windbg"
)

const logName = "test.log"

func at(line int) ingest.Source { return ingest.Source{File: logName, Line: line} }

// read reads a whole log the way the program does.
func read(log []byte) []*ingest.Snapshot {
	var tables []ingest.Table
	for _, t := range Tables() {
		tables = append(tables, checked(t))
	}
	d, err := windbg.Read(bytes.NewReader(log), logName, tables...)
	if err != nil {
		panic(err) // a reader of bytes in memory does not fail
	}
	return d.Snapshots
}

// checked makes a table whose readers are held to the rules of ingest.Table.
func checked(t ingest.Table) ingest.Table {
	table := t
	table.New = func(command string) ingest.TableReader { return checkedReader{t.New(command), t} }
	return table
}

type checkedReader struct {
	ingest.TableReader
	table ingest.Table
}

// Read gives the reader a line that is overwritten afterwards, so that nothing may
// keep a part of it, and asks for an answer that there is.
func (r checkedReader) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	text := bytes.Clone(l.Text)
	kind := r.TableReader.Read(ingest.Line{No: l.No, Text: text, Open: l.Open}, warn)
	if kind < ingest.LineForeign || kind > ingest.LinePartial {
		panic(fmt.Sprintf("%s: Read(%q) = %d", r.table.Command, l.Text, kind))
	}
	for i := range text {
		text[i] = '#'
	}
	return kind
}

// Moments and MergeMoment pass on what a comparison tells.
func (r checkedReader) Moments() []string {
	if c, ok := r.TableReader.(ingest.Comparison); ok {
		return c.Moments()
	}
	return nil
}

func (r checkedReader) MergeMoment(i int, s *ingest.Snapshot, source func(int) ingest.Source) {
	r.TableReader.(ingest.Comparison).MergeMoment(i, s, source)
}

func (r checkedReader) Differs(before ingest.TableReader) bool {
	return r.TableReader.Differs(before.(checkedReader).TableReader)
}

// dumped prints what snapshots hold of tables, one fact a line.
func dumped(snaps []*ingest.Snapshot) string {
	var b strings.Builder
	for i, s := range snaps {
		fmt.Fprintf(&b, "snapshot %d %s ram=%d%s\n", i+1, s.Source, s.RAM, labelled(s))
		for _, k := range s.Blocks {
			fmt.Fprintf(&b, "  block %d-%d %s rows=%d unread=%d %s\n", k.Line, k.LastLine, k.Command, k.Rows, k.Unread, k.State)
		}
		dumpPools(&b, s)
		dumpFilters(&b, s)
		for _, m := range s.Modules {
			fmt.Fprintf(&b, "  %d module %s image=%q built=%q\n", m.Line, m.Name, m.Image, m.Built)
		}
		dumpProcesses(&b, s)
		dumpStated(&b, s)
		for _, h := range s.FileHits {
			fmt.Fprintf(&b, "  %d hit %q %q\n", h.Line, h.Pattern, h.File)
		}
		for _, w := range s.Warnings {
			fmt.Fprintf(&b, "  warning %s\n", w)
		}
	}
	return b.String()
}

func dumpPools(b *strings.Builder, s *ingest.Snapshot) {
	if v := s.VM; v != nil {
		fmt.Fprintf(b, "  vm %d physical=%d nonpaged=%d paged=%d\n", v.Line, v.Physical, v.NonPaged, v.Paged)
	}
	for _, u := range s.Tags {
		fmt.Fprintf(b, "  %d %q %s %s%s\n", u.Line, u.Tag, u.Pool, usageText(u.Usage), described(u))
	}
	for _, t := range s.Totals {
		fmt.Fprintf(b, "  %d TOTAL %s %s\n", t.Line, t.Pool, usageText(t.Usage))
	}
}

func usageText(u ingest.Usage) string {
	text := fmt.Sprintf("outstanding=%d bytes=%d", u.Outstanding, u.Bytes)
	if u.Counted {
		text += fmt.Sprintf(" allocs=%d frees=%d", u.Allocs, u.Frees)
	}
	return text
}

func described(u ingest.TagUsage) string {
	if u.Description == "" {
		return ""
	}
	return fmt.Sprintf(" %q binary=%q", u.Description, u.Binary())
}

func dumpFilters(b *strings.Builder, s *ingest.Snapshot) {
	if s.FilterSet {
		fmt.Fprintf(b, "  filter list\n")
	}
	for _, f := range s.Filters {
		fmt.Fprintf(b, "  %d filter %q altitude=%s frame=%q legacy=%t attached=%d\n",
			f.Line, f.Name, f.Altitude, f.Frame, f.Legacy, f.Attached())
		dumpGroups(b, f.Instances)
	}
	for _, v := range s.Volumes {
		fmt.Fprintf(b, "  %d volume %q device=%q frame=%q\n", v.Line, v.Name, v.Device, v.Frame)
		dumpGroups(b, v.Instances)
	}
}

func dumpGroups(b *strings.Builder, groups []ingest.Instance) {
	for _, i := range groups {
		fmt.Fprintf(b, "    %d %q altitude=%s volume=%q x%d", i.Line, i.Name, i.Altitude, i.Volume, i.Count)
		if i.Detached {
			b.WriteString(" detached")
		}
		b.WriteString("\n")
	}
}

// linesOf counts the lines that facts stand on: one may tell of two processes.
func linesOf(running []ingest.ProcessHandles) int {
	lines := map[int]bool{}
	for _, r := range running {
		lines[r.Line] = true
	}
	return len(lines)
}

func dumpProcesses(b *strings.Builder, s *ingest.Snapshot) {
	if p := s.Processes; p != nil {
		fmt.Fprintf(b, "  %d processes %d\n", p.Line, p.Listed)
	}
	for _, p := range s.Running {
		fmt.Fprintf(b, "  %d process %q pid=%d handles=%d\n", p.Line, p.Image, p.PID, p.Handles)
	}
	for _, h := range s.Handles {
		fmt.Fprintf(b, "  %d handles %q %q %d\n", h.Line, h.Process, h.Type, h.Count)
	}
}

func labelled(s *ingest.Snapshot) string {
	if s.Label == "" {
		return ""
	}
	return fmt.Sprintf(" %q", s.Label)
}

// dumpStated writes what people count and compare themselves.
func dumpStated(b *strings.Builder, s *ingest.Snapshot) {
	for _, z := range s.Zombies {
		fmt.Fprintf(b, "  %d zombies of %q pid=%d held=%d processes=%d threads=%d\n",
			z.Line, z.Holder, z.PID, z.Held, z.Processes, z.Threads)
	}
	for _, t := range s.Tallies {
		fmt.Fprintf(b, "  %d tally %q %d\n", t.Line, t.What, t.Count)
	}
	for _, c := range s.Changes {
		fmt.Fprintf(b, "  %d change %s\n", c.Line, changeText(c))
	}
}

// changeText writes a change in a few words: `pool tag Mbuf paged +12 bytes per 1h0m0s "after"`.
func changeText(c ingest.Change) string {
	words := []string{c.What}
	if c.What == ingest.ChangeTag {
		words = append(words, c.Tag.String(), c.Pool.String())
	}
	words = append(words, fmt.Sprintf("%+d", c.Delta))
	if c.Bytes {
		words = append(words, "bytes")
	}
	if c.Per > 0 {
		words = append(words, "per", c.Per.String())
	}
	if c.Events > 0 {
		words = append(words, fmt.Sprintf("per %d %s", c.Events, c.Event))
	}
	if c.Label != "" {
		words = append(words, fmt.Sprintf("%q", c.Label))
	}
	return strings.Join(words, " ")
}
