package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// processes counts the records of "!process 0 0" and keeps the handles of each. A record is printed on three
// or four lines, the first one alone on x64, with all identities before:
//
//	PROCESS fffffa80032f4060
//	    SessionId: 1  Cid: 0c20    Peb: 7fffffd4000  ParentCid: 0c10
//	    DirBase: 23657000  ObjectTable: 00000000  HandleCount:   0.
//	    Image: cheatengine-x86_64.exe
//
// A process that exited has no object table any more. It is still listed while
// somebody holds a reference: a zombie. Cid is hexadecimal, HandleCount is not.
type processes struct {
	ingest.Processes
	p       *parser
	running []ingest.ProcessHandles
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
	s := &processes{Processes: ingest.Processes{Source: p.source(c.line)}, p: p}
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
		s.record(b, l, text)
		return row
	}
	if !b.begun {
		return foreign
	}
	switch {
	case labelled(text, "Image:"):
		s.started = false
		s.image(l, text)
	case bytes.Contains(text, []byte("ObjectTable:")):
		s.table(text)
	case labelled(text, "SessionId:"), labelled(text, "Cid:"):
		s.pid(text)
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

// maxRunning is how many processes are kept; all are counted.
const maxRunning = 1 << 16

// record begins a process. One whose image never came, as copies leave lines out,
// makes room for the next.
func (s *processes) record(b *block, l line, text []byte) {
	if k := len(s.running); k > 0 && s.running[k-1].Image == "" {
		s.running = s.running[:k-1]
	}
	if len(s.running) == maxRunning {
		b.warn(l, "more processes than are kept")
		return
	}
	s.running = append(s.running, ingest.ProcessHandles{Handles: -1, Source: s.p.source(l.no)})
	s.pid(text)
}

// current returns the process whose lines are being read, nil after its last line.
func (s *processes) current() *ingest.ProcessHandles {
	if k := len(s.running); k > 0 && s.running[k-1].Image == "" {
		return &s.running[k-1]
	}
	return nil
}

// pid reads "Cid: 0c20" wherever it stands: x86 prints it on the first line.
func (s *processes) pid(text []byte) {
	_, after, ok := bytes.Cut(text, []byte("Cid: "))
	if v, n := hex(after); ok && n > 0 && n <= 8 && s.current() != nil {
		s.current().PID = v
	}
}

// image reads "Image: System", the last line of a record.
func (s *processes) image(l line, text []byte) {
	if r := s.current(); r != nil && !l.open {
		r.Image = s.p.intern(trim(text[len("Image:"):]))
	}
}

// table reads "ObjectTable: 00000000": eight zeros even on x64. The handles end in
// a dot, or say "<Data Not Accessible>".
func (s *processes) table(text []byte) {
	_, after, _ := bytes.Cut(text, []byte("ObjectTable:"))
	table, n := address(unindent(after))
	exited := n > 0 && table == 0
	if exited {
		s.Zombies++
	}
	_, after, _ = bytes.Cut(text, []byte("HandleCount:"))
	v, n := number(unindent(after))
	r := s.current()
	if r == nil {
		return
	}
	r.Exited = exited
	if n > 0 && n < 16 && first(unindent(after)[n:]) == '.' {
		r.Handles = int64(v)
	}
}

// finish calls a record cut that has not come to its last line, "Image: …".
func (s *processes) finish(b *block, end ending) {
	b.State = listed(end)
	if s.current() != nil {
		s.running = s.running[:len(s.running)-1]
	}
	if end == byEOF && s.started && !b.cut {
		b.cut = true
		b.doubts.add(b.p.source(b.LastLine), "file ends in the middle of a record", "")
	}
}

func (s *processes) differs(before body) bool {
	old, ok := before.(*processes)
	return ok && (old.Listed != s.Listed || old.Zombies != s.Zombies)
}

// merge prefers the debugger's list to that of other tools, which shows no zombies.
func (s *processes) merge(m *moment) {
	if !m.listed && s.Listed > 0 {
		m.snap.Processes, m.snap.Running = &s.Processes, s.running
		m.listed = true
	}
}
