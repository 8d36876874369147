package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// processes counts the records of "!process 0 0". A record is printed on three
// or four lines, the first one alone on x64, with all identities before:
//
//	PROCESS fffffa80032f4060
//	    SessionId: 1  Cid: 0c20    Peb: 7fffffd4000  ParentCid: 0c10
//	    DirBase: 23657000  ObjectTable: 00000000  HandleCount:   0.
//	    Image: cheatengine-x86_64.exe
//
// A process that exited has no object table any more. It is still listed while
// somebody holds a reference: a zombie.
type processes struct {
	ingest.Processes
	details bool // flags other than 0: threads, stacks and more between the records
	started bool // a record's Image line is still to come
}

// listsAllProcesses leaves out lists of one process or of one name.
func listsAllProcesses(c typed) bool {
	fields := strings.Fields(c.args)
	return len(fields) >= 2 && fields[0] == "0" && (len(fields) == 2 || fields[2][0] >= 0x80)
}

// newProcesses gives all flags one key: they count the same records.
func newProcesses(p *parser, c typed) (body, string) {
	flags := strings.Fields(c.args)
	s := &processes{Processes: ingest.Processes{Source: p.source(c.line)}}
	s.details = len(flags) > 1 && flags[1] != "0"
	return s, "!process 0"
}

var activeProcesses = []byte("**** NT ACTIVE PROCESS DUMP ****")

// processesHeader recognises the banner, printed when all processes are listed.
func processesHeader(text []byte) bool { return bytes.HasPrefix(text, activeProcesses) }

func (s *processes) read(b *block, l line) verdict {
	text := unindent(l.text)
	if processesHeader(text) && !b.begun {
		b.begun = true
		if b.Command == "" {
			b.Command = "!process 0 0"
		}
		return noise
	}
	if isRecord(text) {
		b.begun, s.started = true, true
		s.Listed++
		return row
	}
	if !b.begun {
		return foreign
	}
	switch {
	case labelled(text, "Image:"):
		s.started = false
	case bytes.Contains(text, []byte("ObjectTable:")):
		s.table(text)
	case labelled(text, "SessionId:"), labelled(text, "Cid:"):
	case s.details && len(text) > 0 && !elided(text):
	default:
		return foreign
	}
	return noise
}

// isRecord recognises the first line of a record, also with the marks of a
// clickable link around it that copies from a browser keep.
func isRecord(text []byte) bool {
	if bytes.HasPrefix(text, []byte("<font")) {
		_, text, _ = bytes.Cut(text, []byte(">"))
	}
	rest, ok := bytes.CutPrefix(text, []byte("PROCESS "))
	_, n := address(rest)
	return ok && n > 0
}

// labelled reports whether a line of a record begins with a label.
func labelled(text []byte, label string) bool { return bytes.HasPrefix(text, []byte(label)) }

// table reads "ObjectTable: 00000000": eight zeros even on x64.
func (s *processes) table(text []byte) {
	_, after, _ := bytes.Cut(text, []byte("ObjectTable:"))
	if table, n := address(unindent(after)); n > 0 && table == 0 {
		s.Zombies++
	}
}

// finish calls a record cut that has not come to its last line, "Image: …".
func (s *processes) finish(b *block, end ending) {
	b.State = listed(end)
	if end == byEOF && s.started && !b.cut {
		b.cut = true
		b.doubts.add(b.p.source(b.LastLine), "file ends in the middle of a record", "")
	}
}

func (s *processes) differs(before body) bool {
	old, ok := before.(*processes)
	return ok && (old.Listed != s.Listed || old.Zombies != s.Zombies)
}

func (s *processes) merge(m *moment) {
	if m.snap.Processes == nil && s.Listed > 0 {
		m.snap.Processes = &s.Processes
	}
}
