package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// object reads !object:
//
//	Object: ffffc00b07481d00  Type: (ffffe0083b768690) Directory
//	    ObjectHeader: ffffc00b07481cd0 (new version)
//	    HandleCount: 0  PointerCount: 3
//	    Directory Object: ffffc00b07481eb0  Name: Filters
//
// Flags leave out the counts; such an answer says nothing. The table of a
// directory's entries is not kept.
type object struct {
	p    *parser
	list []ingest.Object
}

// maxObjects is how many objects of one output are kept.
const maxObjects = 1000

func newObject(p *parser, c typed) (body, string) { return &object{p: p}, c.text }

// objectHeader recognises the first line.
func objectHeader(text []byte) bool {
	_, _, ok := objectLine(text)
	return ok
}

// objectLine reads "Object: ADDRESS  Type: (ADDRESS) Directory".
func objectLine(text []byte) (addr uint64, kind []byte, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("Object: "))
	addr, n := address(rest)
	rest, found := bytes.CutPrefix(unindent(rest[n:]), []byte("Type: ("))
	_, k := address(rest)
	kind, closed := bytes.CutPrefix(rest[k:], []byte(")"))
	return addr, trim(kind), ok && found && closed && n > 0 && k > 0
}

// objectCounts reads "HandleCount: 1  PointerCount: 131245".
func objectCounts(text []byte) (handles, pointers int64, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("HandleCount: "))
	h, n := number(unindent(rest))
	rest, found := bytes.CutPrefix(unindent(unindent(rest)[n:]), []byte("PointerCount: "))
	p, k := number(unindent(rest))
	const most = 1 << 62
	whole := k > 0 && k == len(trim(rest))
	return int64(h), int64(p), ok && found && n > 0 && whole && h < most && p < most
}

func (s *object) read(b *block, l line) verdict {
	text := trim(l.text)
	if addr, kind, ok := objectLine(text); ok {
		return s.begin(b, l, addr, kind)
	}
	if len(s.list) == 0 {
		return b.other(text)
	}
	o := &s.list[len(s.list)-1]
	_, n := hex(text)
	switch {
	case n > 0 && bytes.HasPrefix(text[n:], []byte(": Object: ")): // the list of !handle
		return noise
	case bytes.HasPrefix(text, []byte("HandleCount: ")):
		handles, pointers, ok := objectCounts(text)
		if !ok || l.open {
			return broken(l)
		}
		o.Handles, o.Pointers = handles, pointers
		return noise
	case bytes.HasPrefix(text, []byte("Directory Object: ")):
		_, name, ok := bytes.Cut(text, []byte("Name: "))
		if ok && !l.open {
			o.Name = s.p.intern(trim(name))
		}
		return noise
	case bytes.HasPrefix(text, []byte("ObjectHeader: ")), bytes.HasPrefix(text, []byte("Hash Address ")),
		bytes.HasPrefix(text, []byte("---- ---")):
		return noise
	}
	return b.other(text)
}

// begin takes the first line of an object.
func (s *object) begin(b *block, l line, addr uint64, kind []byte) verdict {
	if l.open {
		return partial
	}
	b.begun = true
	if b.Command == "" {
		b.Command = "!object"
	}
	if len(s.list) == maxObjects {
		b.warn(l, "more objects than are kept")
		return row
	}
	s.list = append(s.list, ingest.Object{
		Address: addr, Type: s.p.intern(kind), Handles: -1, Source: s.p.source(l.no),
	})
	return row
}

// finish takes an empty line as the end, too.
func (s *object) finish(b *block, end ending) {
	b.State = listed(end)
	if len(s.list) > 0 && b.blank {
		b.State = ingest.BlockComplete
	}
}

// merge adds the objects whose counts were printed.
func (s *object) merge(m *moment) {
	for _, o := range s.list {
		if o.Handles < 0 {
			continue
		}
		if _, known := m.place(fact{kind: "object", at: o.Address}, 0); !known {
			m.snap.Objects = append(m.snap.Objects, o)
		}
	}
}
