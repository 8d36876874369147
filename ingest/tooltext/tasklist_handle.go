package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

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
