package windbg

import (
	"bytes"
	"fmt"

	"poolsweep/ingest"
)

// handles reads !handle. In the kernel it prints a process and its table:
//
//	PROCESS ffffa604f683b180
//	    SessionId: 0  Cid: 0390    Peb: 810b68e000  ParentCid: 02e0
//	    DirBase: 86f7f000  ObjectTable: ffff8000ada76080  HandleCount: 1144.
//	    Image: lsass.exe
//	Handle table at ffff8000ada76080 with 1144 entries in use
//	01f0: Object: ffffa604f6825060  GrantedAccess: 001f0003 (Protected) (Inherit) Entry: ffff8000adccb7c0
//	Object: ffffa604f6825060  Type: (ffffa604f24ead20) Event
//
// and in a process, "!handle 0 0", a summary:
//
//	66316 Handles
//	Type            Count
//	Event           339
type handles struct {
	p      *parser
	counts []ownedHandles
	only   string // the type that was asked for

	owner   string // address of the process whose table is being read
	process string // its image, or its address until that is known
	entries int64  // of that table
	listed  int64
	types   []ownedHandles // of the entries listed, in order of first use
	index   map[string]int

	handles, sum int64 // of the summary
	table        bool  // its column names were seen
}

// ownedHandles is a count with what identifies its process: images come twice.
type ownedHandles struct {
	ingest.HandleCount
	owner string
}

// maxHandleTypes is how many types of objects are told apart; Windows has some 70.
const maxHandleTypes = 500

func newHandles(p *parser, c typed) (body, string) {
	h := &handles{p: p, handles: -1, index: map[string]int{}}
	if fields := bytes.Fields([]byte(c.args)); len(fields) > 3 && len(fields[3]) < 40 {
		h.only = string(fields[3])
	}
	return h, c.text
}

// handlesHeader recognises the first line of a summary: "66316 Handles".
func handlesHeader(text []byte) bool {
	_, ok := handleTotal(text)
	return ok
}

func handleTotal(text []byte) (total int64, ok bool) {
	v, n := number(text)
	return int64(v), n > 0 && n < 16 && string(trim(text[n:])) == "Handles" && blank(text[n])
}

func (h *handles) read(b *block, l line) verdict {
	text := trim(l.text)
	if total, ok := handleTotal(text); ok {
		h.handles = total
		h.add("", "", total, l)
		return noise
	}
	if h.handles >= 0 {
		return h.summary(b, l, text)
	}
	switch {
	case isRecord(text):
		h.flush()
		_, after, _ := bytes.Cut(text, []byte("PROCESS "))
		addr, _ := address(after)
		h.owner = fmt.Sprintf("%x", addr)
		h.process = h.owner
		b.begun = true
		return noise
	case bytes.HasPrefix(text, []byte("Image: ")) && h.process != "" && !l.open:
		h.process = h.p.intern(trim(text[len("Image: "):]))
		return noise
	case bytes.Contains(text, []byte("andle table at ")):
		return h.head(b, l, text)
	}
	return h.entry(b, l, text)
}

// head reads "Handle table at ADDRESS with 1144 entries in use"; older systems
// say "New version of handle table" and "Entries".
func (h *handles) head(b *block, l line, text []byte) verdict {
	_, rest, _ := bytes.Cut(text, []byte("andle table at "))
	_, n := address(rest)
	rest, ok := bytes.CutPrefix(rest[n:], []byte(" with "))
	entries, k := number(rest)
	if n == 0 || !ok || k == 0 || k > 15 || !bytes.HasSuffix(rest, []byte("ntries in use")) {
		return broken(l)
	}
	b.begun = true
	h.flush()
	h.entries, h.listed = int64(entries), 0
	if h.process != "" {
		h.add(h.process, "", h.entries, l)
	}
	return row
}

// handleLines begin the lines that tell nothing about how many handles there are.
// The counts are those of the object behind a handle.
var handleLines = []string{
	"ObjectHeader: ", "HandleCount: ", "Directory Object: ", "SessionId: ", "DirBase: ",
	"Searching for ", "processor number ",
}

// entry reads "01f0: Object: ADDRESS …" and the line that tells its type.
func (h *handles) entry(b *block, l line, text []byte) verdict {
	_, n := hex(text)
	if rest, ok := bytes.CutPrefix(text[n:], []byte(": Object: ")); ok && n > 0 {
		if !bytes.Contains(rest, []byte("GrantedAccess: ")) {
			return broken(l)
		}
		b.begun = true
		h.listed++
		return row
	}
	if _, kind, ok := objectLine(text); ok {
		if l.open || len(kind) == 0 {
			return broken(l)
		}
		h.count(l, kind)
		return noise
	}
	for _, begin := range handleLines {
		if bytes.HasPrefix(text, []byte(begin)) {
			b.begun = true
			return noise
		}
	}
	if n > 0 && bytes.HasPrefix(text[n:], []byte(": free handle")) {
		return noise
	}
	return b.other(text)
}

// count counts an entry of a type.
func (h *handles) count(l line, kind []byte) {
	i, ok := h.index[string(kind)]
	if !ok {
		if len(h.types) == maxHandleTypes {
			return
		}
		i = len(h.types)
		name := h.p.intern(kind)
		h.index[name] = i
		h.types = append(h.types, h.counted(h.process, name, 0, l))
	}
	h.types[i].Count++
}

// flush keeps the types of a table of which all entries were listed, or all of
// the type that was asked for. A list of a few handles says nothing about a type.
func (h *handles) flush() {
	if h.process != "" && (h.listed == h.entries || h.only != "") {
		h.counts = append(h.counts, h.types...)
	}
	h.types, h.entries, h.listed = nil, 0, 0
	clear(h.index)
}

func (h *handles) add(process, kind string, count int64, l line) {
	h.counts = append(h.counts, h.counted(process, kind, count, l))
}

func (h *handles) counted(process, kind string, count int64, l line) ownedHandles {
	c := ingest.HandleCount{Process: process, Type: kind, Count: count, Source: h.p.source(l.no)}
	return ownedHandles{c, h.owner}
}

// summary reads the table of types until it adds up to all handles.
func (h *handles) summary(b *block, l line, text []byte) verdict {
	name, rest := word(text)
	count, n := number(unindent(rest))
	switch {
	case string(name) == "Type" && string(trim(rest)) == "Count":
		b.begun, h.table = true, true
		if b.Command == "" {
			b.Command = "!handle 0 0"
		}
		return noise
	case !h.table && len(text) > 0 && !b.typed:
		return foreign // "12 Handles" was the end of a sentence
	case !h.table || n == 0 || n > 15 || h.sum >= h.handles:
		return b.other(text)
	case n < len(unindent(rest)) && !blank(unindent(rest)[n]):
		return b.other(text)
	}
	if l.open && h.sum+int64(count) != h.handles {
		return partial
	}
	h.sum += int64(count)
	if h.sum > h.handles {
		b.warn(l, "more handles by type than in all")
	}
	h.add("", h.p.intern(name), int64(count), l)
	return row
}

// finish calls a summary complete when its types add up.
func (h *handles) finish(b *block, end ending) {
	h.flush()
	b.State = listed(end)
	switch {
	case h.table && h.sum == h.handles:
		b.State = ingest.BlockComplete
	case h.table:
		b.State = ingest.BlockUnclosed
	}
}

func (h *handles) merge(m *moment) { m.holds(h.counts) }

// holds adds counts of handles; the first of one process and type stays.
func (m *moment) holds(counts []ownedHandles) {
	for _, c := range counts {
		if _, known := m.place(fact{kind: "handles", name: c.owner, more: c.Type}, 0); !known {
			m.snap.Handles = append(m.snap.Handles, c.HandleCount)
		}
	}
}
