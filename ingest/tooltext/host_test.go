package tooltext

import (
	"bytes"
	"fmt"
	"strings"

	"poolsweep/ingest"
)

// host feeds lines to the tables the way the debugger's block machine does:
// Begins on every line between blocks, then Read until something else begins.
type host struct {
	tables []ingest.Table
	snaps  []*ingest.Snapshot
	ran    map[string]ingest.TableReader

	table    *ingest.Table
	reader   ingest.TableReader
	block    ingest.Block
	warnings []ingest.Warning
	blank    bool
	cut      bool
}

const logName = "test.log"

func at(line int) ingest.Source { return ingest.Source{File: logName, Line: line} }

// hosted reads a whole log.
func hosted(log []byte) []*ingest.Snapshot { return hostedBy(Tables(), log) }

func hostedBy(tables []ingest.Table, log []byte) []*ingest.Snapshot {
	h := &host{tables: tables}
	for no := 1; len(log) > 0; no++ {
		text, rest, ended := bytes.Cut(log, []byte("\n"))
		text = bytes.TrimRight(text, "\r")
		line := append(make([]byte, 0, len(text)), text...)
		h.read(ingest.Line{No: no, Text: line, Open: !ended})
		for i := range line {
			line[i] = '#' // nothing may keep a part of the line
		}
		log = rest
	}
	if h.reader != nil {
		h.close(true)
	}
	return h.snaps
}

func (h *host) read(l ingest.Line) {
	if h.reader == nil {
		h.between(l)
		return
	}
	warn := func(message string) {
		h.warnings = append(h.warnings, ingest.Warning{Source: at(l.No), Message: message, Text: string(l.Text)})
	}
	switch kind := h.reader.Read(l, warn); kind {
	case ingest.LineRow:
		h.block.Rows++
		h.block.LastLine, h.blank = l.No, false
	case ingest.LineNoise:
		h.block.LastLine, h.blank = l.No, false
	case ingest.LineLast:
		h.block.LastLine = l.No
		h.close(false)
	case ingest.LinePartial:
		h.block.LastLine, h.cut = l.No, true
		warn("file ends in the middle of a row")
	case ingest.LineForeign:
		h.foreign(l, warn)
	default:
		panic(fmt.Sprintf("Read(%q) = %d", l.Text, kind))
	}
}

func (h *host) foreign(l ingest.Line, warn func(string)) {
	text := trim(l.Text)
	if l.No == h.block.Line {
		panic(fmt.Sprintf("%s begins with %q and calls it foreign", h.table.Command, l.Text))
	}
	switch {
	case len(text) == 0:
		h.blank = h.blank || !l.Open
	case h.begins(text) != nil && (h.block.Rows > 0 || h.begins(text) != h.table), h.block.Rows == 0,
		h.blank && strings.Trim(string(text), ". ") != "":
		h.close(l.Open && h.blank)
		h.between(l)
	default:
		h.block.Unread++
		h.block.LastLine = l.No
		h.cut = h.cut || l.Open
		warn("line not understood")
	}
}

func (h *host) begins(text []byte) *ingest.Table {
	for i := range h.tables {
		if h.tables[i].Begins(text) {
			return &h.tables[i]
		}
	}
	return nil
}

func (h *host) between(l ingest.Line) {
	if h.table = h.begins(l.Text[skipBlanks(l.Text, 0):]); h.table == nil {
		return
	}
	h.reader = h.table.New("")
	h.block = ingest.Block{Source: at(l.No), Command: h.table.Command, LastLine: l.No}
	h.warnings, h.blank, h.cut = nil, false, false
	h.read(l)
}

func (h *host) close(atEOF bool) {
	r := h.reader
	h.reader = nil
	if h.block.State = r.Finish(atEOF); h.block.State == 0 {
		return
	}
	if h.cut {
		h.block.State = ingest.BlockCut
	} else if h.block.Unread > 0 {
		h.block.State = ingest.BlockUnclosed
	}
	before := h.ran[h.block.Command]
	if len(h.snaps) == 0 || before != nil && r.Differs(before) {
		h.snaps = append(h.snaps, &ingest.Snapshot{Source: h.block.Source})
		h.ran = map[string]ingest.TableReader{}
	}
	h.ran[h.block.Command] = r
	s := h.snaps[len(h.snaps)-1]
	r.Merge(s, at)
	s.Blocks = append(s.Blocks, h.block)
	s.Warnings = append(s.Warnings, h.warnings...)
}

// dumped prints what tables put into snapshots, one fact a line.
func dumped(snaps []*ingest.Snapshot) string {
	var b strings.Builder
	for i, s := range snaps {
		fmt.Fprintf(&b, "snapshot %d %s ram=%d\n", i+1, s.Source, s.RAM)
		for _, k := range s.Blocks {
			fmt.Fprintf(&b, "  block %d-%d %s rows=%d unread=%d %s\n", k.Line, k.LastLine, k.Command, k.Rows, k.Unread, k.State)
		}
		if v := s.VM; v != nil {
			fmt.Fprintf(&b, "  vm %d physical=%d nonpaged=%d paged=%d\n", v.Line, v.Physical, v.NonPaged, v.Paged)
		}
		for _, u := range s.Tags {
			fmt.Fprintf(&b, "  %d %q %s %s%s\n", u.Line, u.Tag, u.Pool, usageText(u.Usage), described(u))
		}
		for _, t := range s.Totals {
			fmt.Fprintf(&b, "  %d TOTAL %s %s\n", t.Line, t.Pool, usageText(t.Usage))
		}
		for _, h := range s.Handles {
			fmt.Fprintf(&b, "  %d handles %q %q %d\n", h.Line, h.Process, h.Type, h.Count)
		}
		for _, w := range s.Warnings {
			fmt.Fprintf(&b, "  warning %s\n", w)
		}
	}
	return b.String()
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
