package windbg

import (
	"bytes"
	"slices"

	"poolsweep/ingest"
)

// modules reads lm in all its uses: the whole list, "lm a ADDR" for the module
// at an address, "lm m NAME", lmvm with details.
//
//	start             end                 module name
//	fffff802`53800000 fffff802`54246000   nt         (pdb symbols)          c:\symbols\ntkrnlmp.pdb
//	a7ddb000 a7e14180   WavxDMgr   (deferred)
//
//	Unloaded modules:
//	f9f53000 f9f61000   swmidi.sys
type modules struct {
	p        *parser
	list     []ingest.Module
	single   bool // only the modules asked for are listed
	unloaded bool // below "Unloaded modules:"
}

// newModules makes the whole command line the key: "lm a" is asked many times.
func newModules(p *parser, c typed) (body, string) {
	return &modules{p: p, single: c.args != ""}, c.text
}

// modulesHeader recognises "start    end        module name"; on x64 the columns are wider.
func modulesHeader(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("start ")) {
		return false
	}
	return string(bytes.Join(bytes.Fields(text), []byte(" "))) == "start end module name"
}

var unloadedModules = []byte("Unloaded modules:")

// read takes every line with two addresses in front for a module.
func (m *modules) read(b *block, l line) verdict {
	text := unindent(l.text)
	if !b.begun {
		return m.header(b, text)
	}
	if bytes.HasPrefix(text, unloadedModules) {
		m.unloaded = true
		return noise
	}
	if mod, ok := m.module(text); ok {
		mod.Source = m.p.source(l.no)
		m.list = append(m.list, mod)
		return row
	}
	if _, n := address(text); n > 0 {
		return broken(l)
	}
	return m.detail(l.text)
}

// header waits for the column header. "Browse full module list" stands above it
// where the debugger shows links.
func (m *modules) header(b *block, text []byte) verdict {
	switch {
	case modulesHeader(text):
		b.begun = true
		if b.Command == "" {
			b.Command = "lm"
		}
	case !bytes.HasPrefix(text, []byte("Browse ")):
		return foreign
	}
	return noise
}

// module reads a row. Between name and parenthesis may stand a letter; older
// debuggers print the file alone, or inside the parenthesis.
func (m *modules) module(text []byte) (mod ingest.Module, ok bool) {
	var n int
	if mod.Start, n = address(text); n == 0 || !blank(first(text[n:])) {
		return mod, false
	}
	text = unindent(text[n:])
	if mod.End, n = address(text); n == 0 || !blank(first(text[n:])) || mod.End <= mod.Start {
		return mod, false
	}
	name, rest := word(text[n:])
	mod.Name, mod.Unloaded = m.p.keep(name), m.unloaded
	rest = trim(rest)
	if len(rest) > 2 && blank(rest[1]) && rest[2] == '(' { // "C (pdb symbols)", "T (no symbols)"
		rest = rest[2:]
	}
	if first(rest) == '(' {
		symbols, path, closed := bytes.Cut(rest[1:], []byte(")"))
		mod.Symbols, rest = m.p.intern(symbols), trim(path)
		ok = closed
	}
	mod.Image = m.p.keep(rest)
	return mod, mod.Name != "" && (ok || m.unloaded || mod.Image != "")
}

// word splits text after its first word.
func word(text []byte) (first, rest []byte) {
	text = unindent(text)
	if i := bytes.IndexAny(text, " \t"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, nil
}

// detail reads the lines of lmvm below a row, "    Image path: \SystemRoot\…".
// Copies lose their indentation; some have no label ("Image was built with /Brepro flag.").
func (m *modules) detail(text []byte) verdict {
	label, value, labelled := bytes.Cut(trim(text), []byte(":"))
	if bytes.HasPrefix(label, []byte("Browse ")) {
		return noise
	}
	if len(m.list) == 0 || len(label) == 0 || len(label) > 60 || elided(text) {
		return foreign
	}
	if !blank(first(text)) && !(m.single && labelled) {
		return foreign
	}
	mod := &m.list[len(m.list)-1]
	value = trim(value)
	switch string(label) {
	case "Image path":
		mod.Image = m.p.keep(value)
	case "File version", "FileVersion":
		if mod.Version == "" {
			mod.Version = m.p.intern(value)
		}
	}
	return noise
}

// finish takes the answer about one module as complete; a whole list that
// stops with the file may be cut.
func (m *modules) finish(b *block, end ending) {
	b.State = listed(end)
	if m.single && b.lostAt == 0 && end != byEOF { // no module there prints nothing
		b.begun = true
		return
	}
	if m.single && b.begun && (b.Rows > 0 || b.blank) {
		b.State = ingest.BlockComplete
	}
}

// merge adds modules that are not known yet. lm prints the same module for every
// address asked about; lmvm completes it.
func (m *modules) merge(to *moment) {
	if len(to.modules) == 0 {
		to.modules = make(map[moduleKey]int, len(m.list))
		to.snap.Modules = slices.Grow(to.snap.Modules, len(m.list))
	}
	for _, mod := range m.list {
		i, ok := to.modules[keyOf(mod)]
		if !ok {
			to.modules[keyOf(mod)] = len(to.snap.Modules)
			to.snap.Modules = append(to.snap.Modules, mod)
			continue
		}
		known := &to.snap.Modules[i]
		if mod.Version != "" && known.Version == "" {
			known.Version, known.Image = mod.Version, mod.Image
		}
		if known.Image == "" {
			known.Image = mod.Image
		}
	}
}
