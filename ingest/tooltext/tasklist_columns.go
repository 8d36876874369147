package tooltext

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// head is the line of headings above a table of processes with named columns.
type head struct {
	names    []string // the columns, folded
	image    int      // where the name of the process stands
	pid      int      // -1: not printed
	handles  int      // -1: not printed
	optional int      // a column that is blank for some processes, -1 without one
	tabs     bool     // columns are separated by tabs
}

// processColumns are the headings that are understood, folded, with what stands
// below: 'i' the image, 'p' the identifier, 'h' the handles, 'c' a time that may
// be blank, 'n' any other number.
var processColumns = map[string]byte{
	"processname": 'i', "process name": 'i', "name": 'i', "process": 'i', "image": 'i', "image name": 'i',
	"id": 'p', "pid": 'p', "process id": 'p', "processid": 'p',
	"handles": 'h', "handlecount": 'h', "handle count": 'h', "hnd": 'h', "#handles": 'h',
	"cpu": 'c', "cpu(s)": 'c', "cpu time": 'c', "elapsed time": 'n',
	"npm(k)": 'n', "pm(k)": 'n', "pm(m)": 'n', "ws(k)": 'n', "ws(m)": 'n', "vm(m)": 'n', "vm(k)": 'n',
	"si": 'n', "session": 'n', "threads": 'n', "thread count": 'n', "thd": 'n', "pri": 'n', "priv": 'n', "ws": 'n',
	"vm": 'n', "pm": 'n', "npm": 'n', "gdi": 'n', "gdi objects": 'n', "user objects": 'n',
}

// processHead reads a line of headings. All columns have to be understood, for
// only then the place of each is certain.
func processHead(text []byte) (h head, ok bool) {
	h = head{image: -1, pid: -1, handles: -1, optional: -1}
	text = trim(text)
	if len(text) > 300 {
		return h, false
	}
	folded := strings.ToLower(string(text))
	h.tabs = strings.Contains(folded, "\t")
	if h.tabs {
		for _, cell := range strings.Split(folded, "\t") {
			h.names = append(h.names, strings.TrimSpace(cell))
		}
	} else if h.names = namesIn(strings.Fields(folded)); h.names == nil {
		return h, false
	}
	for i, name := range h.names {
		at := map[byte]*int{'i': &h.image, 'p': &h.pid, 'h': &h.handles, 'c': &h.optional}[processColumns[name]]
		if at == nil {
			continue
		}
		if *at >= 0 {
			return h, false
		}
		*at = i
	}
	return h, h.image >= 0 && (h.handles >= 0 || h.pid >= 0 && len(h.names) > 2)
}

// namesIn puts the words of headings together to the names of columns, nil when
// one is not known.
func namesIn(fields []string) []string {
	var names []string
	for i := 0; i < len(fields); i++ {
		name := fields[i]
		if i+1 < len(fields) {
			if two := name + " " + fields[i+1]; processColumns[two] != 0 {
				names = append(names, two)
				i++
				continue
			}
		}
		if processColumns[name] == 0 {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// open reports whether the last column is one whose end may be cut unseen.
func (h *head) open() bool {
	last := len(h.names) - 1
	return last >= 0 && (last == h.image || last == h.handles || last == h.pid)
}

// row reads a row below the headings.
func (h *head) row(text []byte, w *rowWords) (ingest.ProcessHandles, bool) {
	if h.tabs {
		cells := strings.Split(string(text), "\t")
		if len(cells) != len(h.names) {
			return ingest.ProcessHandles{}, false
		}
		return h.pick(cells)
	}
	w.split(text)
	cells := h.cells(w)
	if cells == nil {
		return ingest.ProcessHandles{}, false
	}
	return h.pick(cells)
}

// pick takes what is kept from the cells of a row.
func (h *head) pick(cells []string) (ingest.ProcessHandles, bool) {
	pid, handles := "", ""
	if h.pid >= 0 {
		pid = strings.TrimSpace(cells[h.pid])
	}
	if h.handles >= 0 {
		handles = strings.TrimSpace(cells[h.handles])
	}
	if h.handles >= 0 && handles == "" && pid == "" {
		return ingest.ProcessHandles{}, false
	}
	return processOf(strings.TrimSpace(cells[h.image]), pid, handles)
}

// cells gives every column its word. The name may hold blanks; all other columns
// are numbers, and that of the processor time may be blank.
func (h *head) cells(w *rowWords) []string {
	before, after := h.image, len(h.names)-1-h.image
	cells := make([]string, len(h.names))
	skipped := -1
	if !w.numbers(0, before) || !w.numbers(w.len()-after, w.len()) {
		if skipped = h.optional; skipped < 0 {
			return nil
		}
		if skipped < h.image {
			before--
		} else {
			after--
		}
		if !w.numbers(0, before) || !w.numbers(w.len()-after, w.len()) {
			return nil
		}
	}
	if w.len() <= before+after {
		return nil
	}
	cells[h.image] = string(w.join(before, w.len()-after))
	word := 0
	for i := range cells {
		switch {
		case i == skipped:
		case i == h.image:
			word = w.len() - after
		default:
			cells[i] = string(w.word(word))
			word++
		}
	}
	return cells
}

// numbers reports whether the words from i up to j are numbers or times.
func (w *rowWords) numbers(i, j int) bool {
	if i < 0 || j > w.len() {
		return false
	}
	for ; i < j; i++ {
		word := w.word(i)
		if !digit(word[0]) && word[0] != '-' || len(bytes.Trim(word, "0123456789.,:-")) > 0 {
			return false
		}
	}
	return true
}

// handleTable describes the summary of Sysinternals handle.
var handleTable = ingest.Table{
	Command: "handle -s",
	Names:   []string{"handle", "handle.exe", "handle64", "handle64.exe"},
	Begins:  func(text []byte) bool { return bytes.HasPrefix(text, []byte(handleSummary)) },
	New:     newHandleList,
}

const handleSummary = "Handle type summary:"

// handleList reads how many handles of each type stand open:
//
//	Handle type summary:
//	  <Unknown type>  : 4
//	  ALPC Port       : 5123
//	Total handles: 71234
type handleList struct {
	process string // of "handle -s -p NAME"
	begun   bool
	total   bool
	list    []ingest.HandleCount
}

func newHandleList(command string) ingest.TableReader {
	h := &handleList{}
	words := quotedWords(command)
	for i := 1; i+1 < len(words); i++ {
		if words[i] == "-p" || words[i] == "/p" {
			h.process = words[i+1]
		}
	}
	return h
}

// Read takes one line.
func (h *handleList) Read(l ingest.Line, _ func(string)) ingest.LineKind {
	text := trim(l.Text)
	switch {
	case len(text) == 0 || isShellPrompt(text):
		return ingest.LineForeign
	case bytes.HasPrefix(text, []byte(handleSummary)):
		h.begun = true
		return ingest.LineNoise
	case !h.begun:
		return h.banner(text)
	}
	i := bytes.LastIndexByte(text, ':')
	kind := ingest.LineRow
	switch {
	case l.Open:
		return ingest.LinePartial
	case i < 1:
		return ingest.LineForeign
	}
	n, ok := groupedNumber(string(trim(text[i+1:])))
	if !ok {
		return ingest.LineForeign
	}
	name := string(bytes.ToValidUTF8(trim(text[:i]), []byte("\ufffd")))
	if name == "Total handles" {
		name, kind, h.total = "", ingest.LineLast, true
	}
	h.list = append(h.list, ingest.HandleCount{Process: h.process, Type: name, Count: n,
		Source: ingest.Source{Line: l.No}})
	return kind
}

// banner recognises what the tool prints above the summary.
func (h *handleList) banner(text []byte) ingest.LineKind {
	if aside(text) || bytes.Contains(text, []byte(" - Handle viewer")) {
		return ingest.LineNoise
	}
	return ingest.LineForeign
}

// Finish takes the total for the end of the list.
func (h *handleList) Finish(bool) ingest.BlockState {
	if h.total {
		return ingest.BlockComplete
	}
	return ingest.BlockUnclosed
}

// Merge adds the counts that no other command told.
func (h *handleList) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	type key struct{ process, kind string }
	known := map[key]bool{}
	for _, c := range s.Handles {
		known[key{c.Process, c.Type}] = true
	}
	for _, c := range h.list {
		if k := (key{c.Process, c.Type}); !known[k] {
			known[k] = true
			c.Source = source(c.Line)
			s.Handles = append(s.Handles, c)
		}
	}
}

// Differs reports whether a type of the same process has another count.
func (h *handleList) Differs(before ingest.TableReader) bool {
	old, ok := before.(*handleList)
	if !ok || old.process != h.process {
		return false
	}
	counts := map[string]int64{}
	for _, c := range old.list {
		counts[c.Type] = c.Count
	}
	for _, c := range h.list {
		if was, ok := counts[c.Type]; ok && was != c.Count {
			return true
		}
	}
	return false
}
