package tooltext

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// shell feeds lines to the tables the way the debugger's block machine does in
// logs of a Windows command prompt: a typed command opens a block, and so does a
// line that a table recognises.
type shell struct {
	tables []ingest.Table
	snaps  []*ingest.Snapshot
	ran    map[string]ingest.TableReader

	table    *ingest.Table
	reader   ingest.TableReader
	typed    bool
	begun    bool
	blank    bool
	cut      bool
	block    ingest.Block
	warnings []ingest.Warning
}

// shellTables are what is typed at the prompt of a shell.
var shellTables = []ingest.Table{fltmcTable, findstrTable, driverqueryTable, tasklistTable, processTable, handleTable}

// session reads a whole log. Every line is overwritten after it was read.
func session(log []byte) []*ingest.Snapshot {
	s := &shell{tables: shellTables}
	for no := 1; len(log) > 0; no++ {
		text, rest, ended := bytes.Cut(log, []byte("\n"))
		line := bytes.Clone(bytes.TrimRight(text, "\r"))
		s.read(ingest.Line{No: no, Text: line, Open: !ended})
		for i := range line {
			line[i] = '#'
		}
		log = rest
	}
	s.close(true)
	return s.snaps
}

func (s *shell) read(l ingest.Line) {
	if s.reader == nil {
		s.between(l)
		return
	}
	kind := s.reader.Read(l, func(message string) { s.warn(l, message) })
	if kind != ingest.LineForeign {
		s.begun, s.blank = true, false
		s.block.LastLine = l.No
		if s.block.Command == "" {
			s.block.Command = s.table.Command
		}
	}
	switch kind {
	case ingest.LineRow:
		s.block.Rows++
	case ingest.LineLast:
		s.close(false)
	case ingest.LinePartial:
		s.cut = true
	case ingest.LineForeign:
		s.foreign(l)
	}
}

func (s *shell) foreign(l ingest.Line) {
	text := trim(l.Text)
	_, prompt := shellCommand(text)
	switch table := s.begins(text); {
	case prompt, table != nil && (s.begun || table != s.table):
		s.close(false)
		s.between(l)
	case len(text) == 0:
		s.blank = s.blank || !l.Open
	case !s.begun:
	case s.blank:
		s.close(l.Open)
		s.between(l)
	default:
		s.block.Unread++
		s.block.LastLine = l.No
		s.cut = s.cut || l.Open
		s.warn(l, "line not understood")
	}
}

func (s *shell) warn(l ingest.Line, message string) {
	for _, w := range s.warnings {
		if w.Message == message {
			return
		}
	}
	s.warnings = append(s.warnings, ingest.Warning{Source: at(l.No), Message: message, Text: string(l.Text)})
}

func (s *shell) begins(text []byte) *ingest.Table {
	for i := range s.tables {
		if s.tables[i].Begins(text) {
			return &s.tables[i]
		}
	}
	return nil
}

func (s *shell) between(l ingest.Line) {
	s.typed = false
	text := l.Text[skipBlanks(l.Text, 0):]
	command, ok := shellCommand(text)
	if word, _, _ := strings.Cut(strings.ToLower(string(command)), " "); ok {
		for i := range s.tables {
			if slices.Contains(s.tables[i].Names, word) {
				s.open(&s.tables[i], string(command), l.No)
				s.typed = true
				return
			}
		}
	}
	if table := s.begins(text); table != nil {
		s.open(table, "", l.No)
		s.read(l)
	}
}

func (s *shell) open(table *ingest.Table, command string, line int) {
	s.table, s.reader = table, table.New(command)
	s.block = ingest.Block{Source: at(line), Command: command, LastLine: line}
	s.warnings, s.begun, s.blank, s.cut = nil, false, false, false
}

func (s *shell) close(atEOF bool) {
	r := s.reader
	s.reader = nil
	if r == nil || !s.begun && !s.typed {
		return
	}
	s.block.State = r.Finish(atEOF)
	if s.block.Unread > 0 {
		s.block.State = ingest.BlockUnclosed
	}
	if s.cut {
		s.block.State = ingest.BlockCut
	}
	before := s.ran[s.table.Command]
	if len(s.snaps) == 0 || before != nil && r.Differs(before) {
		s.snaps = append(s.snaps, &ingest.Snapshot{Source: s.block.Source})
		s.ran = map[string]ingest.TableReader{}
	}
	s.ran[s.table.Command] = r
	snap := s.snaps[len(s.snaps)-1]
	r.Merge(snap, at)
	snap.Blocks = append(snap.Blocks, s.block)
	snap.Warnings = append(snap.Warnings, s.warnings...)
}

// inventory prints what the tables of this file's kind put into snapshots.
func inventory(snaps []*ingest.Snapshot) string {
	var b strings.Builder
	for i, s := range snaps {
		fmt.Fprintf(&b, "snapshot %d %s\n", i+1, s.Source)
		for _, k := range s.Blocks {
			fmt.Fprintf(&b, "  block %d-%d %s rows=%d unread=%d %s\n", k.Line, k.LastLine, k.Command, k.Rows, k.Unread, k.State)
		}
		inventoryFilters(&b, s)
		for _, m := range s.Modules {
			fmt.Fprintf(&b, "  %d module %s image=%q built=%q\n", m.Line, m.Name, m.Image, m.Built)
		}
		if p := s.Processes; p != nil {
			fmt.Fprintf(&b, "  %d processes %d\n", p.Line, p.Listed)
		}
		for _, p := range s.Running {
			fmt.Fprintf(&b, "  %d process %q pid=%d handles=%d\n", p.Line, p.Image, p.PID, p.Handles)
		}
		for _, h := range s.Handles {
			fmt.Fprintf(&b, "  %d handles %q %q %d\n", h.Line, h.Process, h.Type, h.Count)
		}
		for _, h := range s.FileHits {
			fmt.Fprintf(&b, "  %d hit %q %q\n", h.Line, h.Pattern, h.File)
		}
		for _, w := range s.Warnings {
			fmt.Fprintf(&b, "  warning %s\n", w)
		}
	}
	return b.String()
}

func inventoryFilters(b *strings.Builder, s *ingest.Snapshot) {
	if s.FilterSet {
		fmt.Fprintf(b, "  filter list\n")
	}
	for _, f := range s.Filters {
		fmt.Fprintf(b, "  %d filter %q altitude=%s frame=%q legacy=%t attached=%d\n",
			f.Line, f.Name, f.Altitude, f.Frame, f.Legacy, f.Attached())
		inventoryGroups(b, f.Instances)
	}
	for _, v := range s.Volumes {
		fmt.Fprintf(b, "  %d volume %q device=%q frame=%q\n", v.Line, v.Name, v.Device, v.Frame)
		inventoryGroups(b, v.Instances)
	}
}

func inventoryGroups(b *strings.Builder, groups []ingest.Instance) {
	for _, i := range groups {
		fmt.Fprintf(b, "    %d %q altitude=%s volume=%q x%d\n", i.Line, i.Name, i.Altitude, i.Volume, i.Count)
	}
}
