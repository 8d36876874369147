package tooltext

import (
	"bytes"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// stated collects what the lines of one text state, see statement.
type stated struct {
	statement             // all that was kept
	now         statement // what the line being read tells
	told        int       // the last line that told something
	times       int64     // of events on a line of their own: "30 iterations"
	event       string
	processesAt int
	sizesAt     int
}

// maxFacts bounds what is kept of one text.
const maxFacts = 10000

// read reads a line. A process that was spoken of on the line before is remembered.
func (f *stated) read(text []byte, l ingest.Line) bool {
	f.now = statement{sessions: f.sessions}
	if f.told == l.No-1 {
		f.now.subject, f.now.total, f.now.carried = f.subject, f.total, true
	}
	return f.now.read(text)
}

// drop forgets the line: the file ends in it.
func (f *stated) drop() { f.now = statement{} }

// empty reports whether nothing was kept.
func (f *stated) empty() bool { return !f.statement.tells() }

// keep adds what the line tells.
func (f *stated) keep(l ingest.Line) {
	s, at := &f.now, ingest.Source{Line: l.No}
	f.told, f.subject, f.total, f.sessions = l.No, s.subject, s.total, s.sessions
	if len(f.running)+len(f.handles)+len(f.tallies)+len(f.zombies)+len(f.changes) > maxFacts {
		return
	}
	for _, r := range s.running {
		r.Source = at
		f.running = append(f.running, r)
	}
	for _, h := range s.handles {
		h.Source = at
		f.handles = append(f.handles, h)
	}
	for _, t := range s.tallies {
		t.Source = at
		f.tallies = append(f.tallies, t)
	}
	for _, z := range s.zombies {
		z.Source = at
		f.zombies = append(f.zombies, z)
	}
	for _, c := range s.changes {
		c.Source = at
		if c.Per == 0 && c.Events == 0 {
			c.Events, c.Event = f.times, f.event
		}
		f.changes = append(f.changes, c)
	}
	f.whole(s, l)
}

// whole keeps the figures of the machine as a whole, the first of each.
func (f *stated) whole(s *statement, l ingest.Line) {
	if f.processes == 0 && s.processes > 0 {
		f.processes, f.processesAt = s.processes, l.No
	}
	if f.sizes == [3]uint64{} && s.sizes != f.sizes {
		f.sizes, f.sizesAt = s.sizes, l.No
	}
	if f.physical == 0 {
		f.physical = s.physical
	}
}

// eventWords end a line that tells how often something was done: "cmd /c exit, 30
// iterations".
var eventWords = strings.Fields("iterations runs launches cycles loops repetitions starts connects connections opens")

// maxEventLine bounds such a line.
const maxEventLine = 80

// eventsIn returns how many events a line tells of at its end, and their word; 0 for
// other lines.
func eventsIn(text []byte) (n int64, word string) {
	for len(text) > 0 && bytes.IndexByte([]byte(").: "), text[len(text)-1]) >= 0 {
		text = text[:len(text)-1]
	}
	if len(text) > maxEventLine || len(text) < len("9 runs") || text[len(text)-1]|0x20 != 's' {
		return 0, ""
	}
	from := bytes.LastIndexByte(text, ' ')
	if from < 1 || !digit(text[from-1]) {
		return 0, ""
	}
	begin := from
	for begin > 0 && digit(text[begin-1]) {
		begin--
	}
	v, digits := decimal(text[begin:from])
	alone := begin == 0 || bytes.IndexByte([]byte(" ,:(x"), text[begin-1]) >= 0
	word = strings.ToLower(string(text[from+1:]))
	if digits > 6 || !alone || !has([]string{word}, eventWords) {
		return 0, ""
	}
	return int64(v), word
}

// events notes how often something was done: what is said to have changed below
// changed by that.
func (f *stated) events(l ingest.Line, n int64, word string) {
	f.told, f.times, f.event = l.No, n, word
}

// merge adds what no other output of the moment told.
func (f *stated) merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	for _, r := range f.running {
		same := func(o ingest.ProcessHandles) bool { return strings.EqualFold(o.Image, r.Image) }
		if !slices.ContainsFunc(s.Running, same) {
			r.Source = source(r.Line)
			s.Running = append(s.Running, r)
		}
	}
	for _, h := range f.handles {
		same := func(o ingest.HandleCount) bool {
			return strings.EqualFold(o.Process, h.Process) && o.Type == h.Type
		}
		if !slices.ContainsFunc(s.Handles, same) {
			h.Source = source(h.Line)
			s.Handles = append(s.Handles, h)
		}
	}
	for _, t := range f.tallies {
		if !slices.ContainsFunc(s.Tallies, func(o ingest.Tally) bool { return o.What == t.What }) {
			t.Source = source(t.Line)
			s.Tallies = append(s.Tallies, t)
		}
	}
	for _, z := range f.zombies {
		if !slices.ContainsFunc(s.Zombies, func(o ingest.Zombies) bool { return strings.EqualFold(o.Holder, z.Holder) }) {
			z.Source = source(z.Line)
			s.Zombies = append(s.Zombies, z)
		}
	}
	(&differences{changes: f.changes}).mergeChanges(s, source)
	f.mergeWhole(s, source)
}

// mergeWhole adds the figures of the machine as a whole.
func (f *stated) mergeWhole(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if s.Processes == nil && f.processes > 0 {
		s.Processes = &ingest.Processes{Listed: f.processes, Source: source(f.processesAt)}
	}
	if s.VM == nil && f.sizesAt > 0 {
		s.VM = &ingest.VM{NonPaged: f.sizes[ingest.NonPaged], Paged: f.sizes[ingest.Paged], Source: source(f.sizesAt)}
	}
	if s.RAM == 0 {
		s.RAM = f.physical
	}
}
