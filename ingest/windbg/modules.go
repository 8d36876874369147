package windbg

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// modules reads lm in all its uses: the whole list, "lm a ADDR" for the module
// at an address, "lm m NAME", "lm t n" with time stamps, "lm f" with paths, lmvm with
// details.
//
//	start             end                 module name
//	fffff802`53800000 fffff802`54246000   nt         (pdb symbols)          c:\symbols\ntkrnlmp.pdb
//	fffff802`54300000 fffff802`54301000   acpiex     acpiex.sys   Tue Nov  3 07:47:09 2026 (69F8A1BD)
//	a7ddb000 a7e14180   WavxDMgr   (deferred)
//
//	Unloaded modules:
//	f9f53000 f9f61000   swmidi.sys
type modules struct {
	p        *parser
	list     []ingest.Module // in the reader's memory: merge copies it
	single   bool            // only the modules asked for are listed
	unloaded bool            // below "Unloaded modules:"
	path     bool            // the path of the last module's image is known
}

// newModules makes the whole command line the key: "lm a" is asked many times.
func newModules(p *parser, c typed) (body, string) {
	return &modules{p: p, single: asksForModules(c), list: p.memory.modules[:0]}, c.text
}

// moduleOptions are the letters that lm understands: they may be glued to it and to
// each other, and all that follows an m is a pattern ("lmDvmntfs").
const moduleOptions = "DceifklnopstuvMma1"

// isModuleCommand recognises lm with its options.
func isModuleCommand(word string) bool {
	options, ok := strings.CutPrefix(word, "lm")
	if i := strings.IndexAny(options, "mMa"); i >= 0 {
		options = options[:i]
	}
	return ok && strings.Trim(options, moduleOptions) == ""
}

// listsModules leaves out "lm 1m", which prints bare names.
func listsModules(c typed) bool {
	for _, options := range append([]string{strings.TrimPrefix(c.word, "lm")}, strings.Fields(c.args)...) {
		options, _, pattern := strings.Cut(options, "m")
		if strings.Contains(options, "1") && strings.Trim(options, moduleOptions) == "" {
			return false
		}
		if pattern || strings.Contains(options, "a") {
			return true
		}
	}
	return true
}

// asksForModules reports whether a pattern or an address was given.
func asksForModules(c typed) bool {
	for _, f := range append(strings.Fields(c.args), strings.TrimPrefix(c.word, "lm")) {
		if strings.Trim(f, "Dceifklnopstuv") != "" {
			return true
		}
	}
	return false
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
	switch mod, ok := m.module(text); {
	case ok && mod.Start == mod.End:
		return noise // NT prints drivers that are not loaded yet so: fe660000 fe660000   Parport
	case ok && mod.Start < mod.End:
		mod.Source = m.p.source(l.no)
		m.list = append(m.list, mod)
		m.path = false
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
	if mod.End, n = address(text); n == 0 || !blank(first(text[n:])) {
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
	} else if at := builtAt.FindIndex(rest); at != nil {
		mod.Built, rest = m.p.keep(trim(rest[at[0]:])), trim(rest[:at[0]])
		ok = true
	}
	mod.Image = m.p.keep(rest)
	return mod, mod.Name != "" && (ok || m.unloaded || mod.Image != "")
}

// builtAt finds the time stamp at the end of a row of "lm t"; one that is no time is
// printed as "***** Invalid (99C0087B)".
var builtAt = regexp.MustCompile(
	`(^|\s)([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}|\*+ Invalid) \([0-9A-Fa-f]{8}\)$`)

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
	if !blank(first(text)) && !(m.single && labelled) && !bytes.HasPrefix(label, []byte("Image was built")) {
		return foreign
	}
	m.property(&m.list[len(m.list)-1], string(label), trim(value))
	return noise
}

// property takes over what lmvm tells of a module. The time stamp of a reproducible
// build is a hash: "99C0087B (This is a reproducible build file hash, not a timestamp)".
func (m *modules) property(mod *ingest.Module, label string, value []byte) {
	switch label {
	case "Image path":
		mod.Image, m.path = m.p.keep(value), true
	case "Image name":
		if !m.path {
			mod.Image = m.p.keep(value)
		}
	case "File version", "FileVersion":
		mod.Version = cmp.Or(mod.Version, m.p.intern(value))
	case "CompanyName":
		mod.Company = m.p.intern(value)
	case "Timestamp":
		value, _, _ = bytes.Cut(value, []byte(" (This is a "))
		if !bytes.HasPrefix(value, []byte("unavailable")) {
			mod.Built = m.p.keep(value)
		}
	}
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
	for i := range m.list {
		to.know(&m.list[i])
	}
	clear(m.list) // their texts must not be held for the room
	m.p.memory.modules, m.list = m.list, nil
}

// know adds a module, or completes what is known of it.
func (m *moment) know(mod *ingest.Module) {
	key := keyOf(mod)
	i, ok := m.modules[key]
	if !ok {
		m.modules[key] = len(m.snap.Modules)
		m.snap.Modules = append(m.snap.Modules, *mod)
		return
	}
	known := &m.snap.Modules[i]
	if mod.Built != "" && known.Built == "" || mod.Version != "" && known.Version == "" {
		known.Image = cmp.Or(mod.Image, known.Image) // more is told: the image, not a file of symbols
	}
	known.Image = cmp.Or(known.Image, mod.Image)
	known.Version = cmp.Or(known.Version, mod.Version)
	known.Built = cmp.Or(known.Built, mod.Built)
	known.Company = cmp.Or(known.Company, mod.Company)
}
