package tooltext

import (
	"bytes"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// imitated are the logs of testdata that the debugger's block machine does not read
// right: it gives a line to the table once more without what it takes for markup,
// "C:\>" as "C:>", and "C:\&gt; findstr KeTp" as if it was typed twice.
var imitated = []string{
	"findstr/hits-and-none", "findstr/strings", "driverquery/list", "fltmc/instances-at-80-columns",
}

// shell imitates the block machine for them in logs of a Windows command prompt: a
// typed command opens a block, and so does a line that a table recognises.
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
