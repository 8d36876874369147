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
	"si": 'n', "session": 'n', "threads": 'n', "thread count": 'n', "thd": 'n', "pri": 'n', "priv": 'n',
	"ws": 'n', "vm": 'n', "pm": 'n', "npm": 'n', "gdi": 'n', "gdi objects": 'n', "user objects": 'n',
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
		at := h.place(processColumns[name])
		if at == nil {
			continue
		}
		if *at >= 0 { // two columns of the same kind: which one counts is not known
			return h, false
		}
		*at = i
	}
	return h, h.image >= 0 && (h.handles >= 0 || h.pid >= 0 && len(h.names) > 2)
}

// place returns where the column of a kind is remembered, nil for those that do
// not count.
func (h *head) place(kind byte) *int {
	switch kind {
	case 'i':
		return &h.image
	case 'p':
		return &h.pid
	case 'h':
		return &h.handles
	case 'c':
		return &h.optional
	}
	return nil
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
		// Process Explorer pads the names of its tree with blanks, and saves all
		// columns with tabs between them, blank ones too.
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
	// Get-Process leaves the processor time of other users' processes blank. All
	// other columns are numbers, so a row with one word less has lost that one.
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
