package tooltext

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"poolsweep/ingest"
)

// tasklistTable describes the list of processes of cmd.exe, which tells no handles.
var tasklistTable = ingest.Table{
	Command: "tasklist",
	Names:   []string{"tasklist", "tasklist.exe"},
	Begins:  func(text []byte) bool { return isTaskRule(text) || isTaskHead(text) },
	New:     func(string) ingest.TableReader { return &processList{} },
}

// processTable describes lists of processes with their handles: Get-Process of
// PowerShell, pslist, and columns copied from Process Explorer or typed by hand.
var processTable = ingest.Table{
	Command: "Get-Process",
	Names:   []string{"get-process", "gps", "ps", "pslist", "pslist.exe", "pslist64", "pslist64.exe"},
	Begins: func(text []byte) bool {
		if !bytes.Contains(text, []byte("andle")) && !bytes.Contains(text, []byte("Hnd")) {
			return false
		}
		h, ok := processHead(text)
		return ok && h.handles >= 0 && !isShellPrompt(text)
	},
	New: func(string) ingest.TableReader { return &processList{} },
}

// processList reads a table of processes in any of these forms:
//
//	Image Name                     PID Session Name        Session#    Mem Usage
//	========================= ======== ================ =========== ============
//	System                           4 Services                   0      1,500 K
//
//	Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName
//	-------  ------    -----      -----     ------     --  -- -----------
//	    412      21     9340      18128       1.05   4321   1 conhost
type processList struct {
	head  head
	tasks []wordAt // columns of tasklist
	begun bool
	csv   bool
	list  []ingest.ProcessHandles
	whole bool // the system's own processes are listed, so all are
	idle  bool // "System Idle Process" is listed, which is none
	blank bool
	words rowWords
}

// isTaskRule recognises the rule of tasklist, in any language. The column of the
// process identifier grew from six to eight with Windows Vista.
func isTaskRule(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("========================= ======"))
	return ok && (bytes.HasPrefix(rest, []byte(" ===")) || bytes.HasPrefix(rest, []byte("== ===")))
}

// isTaskHead recognises the English headings, also as comma separated values.
func isTaskHead(text []byte) bool {
	if bytes.HasPrefix(text, []byte(`"Image Name","PID"`)) {
		return true
	}
	rest, ok := bytes.CutPrefix(text, []byte("Image Name "))
	return ok && bytes.HasPrefix(trim(rest), []byte("PID Se"))
}

// Read takes one line.
func (p *processList) Read(l ingest.Line, _ func(string)) ingest.LineKind {
	text := bytes.TrimRight(l.Text, " ") // behind a tab stands a column, be it blank
	if len(trim(text)) == 0 {
		p.blank = !l.Open
		return ingest.LineForeign
	}
	kind := p.line(l, text)
	if kind != ingest.LineForeign {
		p.blank = false
	}
	return kind
}

func (p *processList) line(l ingest.Line, text []byte) ingest.LineKind {
	switch {
	case isShellPrompt(text):
		return ingest.LineForeign
	case !p.begun:
		return p.first(text)
	case len(p.list) == 0 && isTaskRule(trim(text)):
		p.words.split(text)
		p.tasks = slices.Clone(p.words.at)
		return ingest.LineNoise
	case len(p.list) == 0 && (isRule(text) || p.csv && isTaskHead(text)):
		return ingest.LineNoise
	}
	process, ok := p.process(text)
	if p.tasks != nil && blank(text[0]) && !ok { // "tasklist /svc" goes on below the first service
		return ingest.LineNoise
	}
	switch {
	case ok && !(l.Open && p.cut(text)):
		p.add(l, process)
		return ingest.LineRow
	case l.Open:
		return ingest.LinePartial
	}
	return ingest.LineForeign
}

// cut reports whether a row at the end of the file may have lost a part that is kept.
func (p *processList) cut(text []byte) bool {
	if p.tasks != nil {
		return utf8.RuneCount(text) <= p.tasks[1].to
	}
	return p.head.open()
}

// first finds out which form the table has.
func (p *processList) first(text []byte) ingest.LineKind {
	text = trim(text)
	head, ok := processHead(text)
	switch {
	case isTaskRule(text):
		p.words.split(text)
		p.tasks = slices.Clone(p.words.at)
	case text[0] == '"' && bytes.Contains(text, []byte(`","`)):
		p.csv = true
	case isTaskHead(text):
	case ok:
		p.head = head
	default:
		return ingest.LineForeign
	}
	p.begun = true
	return ingest.LineNoise
}

// process reads a row.
func (p *processList) process(text []byte) (ingest.ProcessHandles, bool) {
	switch {
	case p.csv:
		return taskValues(text)
	case p.tasks != nil:
		return taskRow(text, p.tasks)
	case p.head.names != nil:
		return p.head.row(text, &p.words)
	}
	return ingest.ProcessHandles{}, false
}

// taskRow reads a row of tasklist. The columns behind the identifier do not count:
// some are of wide characters, some are blank.
func taskRow(text []byte, columns []wordAt) (ingest.ProcessHandles, bool) {
	cells, ok := cutAt(text, columns[:min(3, len(columns))])
	if !ok || len(cells) < 3 || cells[1] == "" {
		return ingest.ProcessHandles{}, false
	}
	return processOf(cells[0], cells[1], "")
}

// taskValues reads "System","4","Services","0","1,500 K".
func taskValues(text []byte) (ingest.ProcessHandles, bool) {
	cells, ok := commaSeparated(text)
	if !ok {
		return ingest.ProcessHandles{}, false
	}
	return processOf(cells[0], cells[1], "")
}

// processOf makes a process of the texts in its columns; those that are not
// printed are "".
func processOf(image, pid, handles string) (p ingest.ProcessHandles, ok bool) {
	p = ingest.ProcessHandles{Image: strings.ToValidUTF8(image, "\ufffd"), Handles: -1}
	if pid != "" {
		n := 0
		if p.PID, n = decimal([]byte(pid)); n != len(pid) {
			return p, false
		}
	}
	if handles != "" {
		n, ok := groupedNumber(handles)
		if !ok {
			return p, false
		}
		p.Handles = n
	}
	const longest = 260
	return p, image != "" && len(image) <= longest && !strings.ContainsAny(image, `<>|"`)
}

// groupedNumber reads a number with or without separators: 12345, 12,345, 12.345.
func groupedNumber(text string) (int64, bool) {
	separator := ""
	if i := strings.IndexAny(text, ",."); i > 0 && i < 4 {
		separator = text[i : i+1]
	}
	if separator != "" {
		groups := strings.Split(text, separator)
		for _, group := range groups[1:] {
			if len(group) != 3 {
				return 0, false
			}
		}
		text = strings.Join(groups, "")
	}
	n, digits := decimal([]byte(text))
	return int64(n), digits == len(text) && digits > 0 && n < 1<<62
}

func (p *processList) add(l ingest.Line, process ingest.ProcessHandles) {
	process.Source = ingest.Source{Line: l.No}
	p.list = append(p.list, process)
	switch { // a list cut short by "select -first 20" seldom has these
	case process.PID == 0 && (process.Image == "Idle" || process.Image == "System Idle Process"):
		p.idle, p.whole = true, true
	case process.Image == "System":
		p.whole = true
	}
}

// Finish takes an empty line, or what follows, for the end of the list.
func (p *processList) Finish(atEOF bool) ingest.BlockState {
	if len(p.list) == 0 || atEOF && !p.blank {
		p.whole = false
		return ingest.BlockUnclosed
	}
	return ingest.BlockComplete
}

// Merge adds the processes to the snapshot, and how many there are when all are
// listed and the debugger has not counted them. The idle process is none.
func (p *processList) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	type key struct {
		image string
		pid   uint64
	}
	keyOf := func(r ingest.ProcessHandles) key { return key{ingest.ModuleKey(r.Image), r.PID} }
	known := map[key]int{}
	for i, r := range s.Running {
		known[keyOf(r)] = i
	}
	for _, r := range p.list {
		r.Source = source(r.Line)
		i, ok := known[keyOf(r)]
		switch {
		case !ok || r.PID == 0:
			s.Running = append(s.Running, r)
		case s.Running[i].Handles < 0:
			s.Running[i].Handles = r.Handles
		}
	}
	if s.Processes == nil && p.whole {
		listed := len(p.list)
		if p.idle {
			listed--
		}
		s.Processes = &ingest.Processes{Listed: listed, Source: source(p.list[0].Line)}
	}
}

// Differs reports whether a process has other handles than before, or whether two
// whole lists are of other processes.
func (p *processList) Differs(before ingest.TableReader) bool {
	old, ok := before.(*processList)
	if !ok {
		return false
	}
	handles := map[uint64]ingest.ProcessHandles{}
	for _, r := range old.list {
		if r.PID > 0 {
			handles[r.PID] = r
		}
	}
	for _, r := range p.list {
		was, ok := handles[r.PID]
		if ok && (was.Image != r.Image || was.Handles >= 0 && r.Handles >= 0 && was.Handles != r.Handles) {
			return true
		}
		if !ok && r.PID > 0 && old.whole && p.whole {
			return true
		}
	}
	return old.whole && p.whole && len(old.list) != len(p.list)
}
