package knowledge

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// TagMap is a lab's own map of tags to drivers: a pooltag.txt, as the debugger
// and poolmon /g read it, or a localtag.txt, as poolmon /c takes it.
type TagMap struct {
	File, SHA256 string // what it was read from

	exact    map[ingest.Tag]mapEntry
	patterns []mapEntry // longest literal beginning first
}

// mapEntry is one tag of a map. A tag may stand on several lines.
type mapEntry struct {
	pattern string // four characters, or fewer with * and ?
	modules []string
	text    string
	at      ingest.Source // of the first line that names a module, else of the first
}

// lineLimit is the longest line of a tag map; longer ones are no map.
const lineLimit = 64 << 10

// ReadTagMap reads a map. One line is
//
//	<tag> - <binary> - <description>
//	<tag> - <driver>
//
// The tag may hold blanks ("Irp  - nt!io - ...") and, as poolmon allows, end in *
// or hold ?; it never begins with one. Lines that begin with "rem" or "//" are
// remarks. What is no such line becomes a warning.
func ReadTagMap(file string, r io.Reader) (*TagMap, []ingest.Warning, error) {
	m := &TagMap{File: file, exact: map[ingest.Tag]mapEntry{}}
	hash := sha256.New()
	r = io.TeeReader(r, hash)
	var warnings []ingest.Warning
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineLimit)
	for no := 1; lines.Scan(); no++ {
		line := strings.TrimRight(strings.TrimPrefix(lines.Text(), "\ufeff"), " \t\r")
		if line == "" || remark(line) {
			continue
		}
		at := ingest.Source{File: file, Line: no}
		entry, problem := parseEntry(line)
		if problem != "" {
			warnings = append(warnings, ingest.Warning{Source: at, Message: problem, Text: line})
			continue
		}
		entry.at = at
		m.add(entry)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("read tag map %s: %w", file, err)
	}
	m.SHA256 = hex.EncodeToString(hash.Sum(nil))
	m.sort()
	return m, warnings, nil
}

// remark reports whether a line is a comment: pooltag.txt begins its own with
// "rem", as a batch file does, or with two slashes.
func remark(line string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	return strings.EqualFold(word, "rem") || strings.HasPrefix(word, "//")
}

// parseEntry reads one line, and says what is wrong with it.
func parseEntry(line string) (mapEntry, string) {
	tag, rest, found := cutDash(line)
	if !found {
		return mapEntry{}, "want TAG - DRIVER - DESCRIPTION"
	}
	binary, text, _ := cutDash(rest)
	// A tag is printed in four columns; a shorter one is padded on the right.
	if len(tag) > 4 {
		tag = strings.Trim(tag, " \t")
	}
	wild := strings.ContainsAny(tag, "*?")
	if len(tag) == 0 || len(tag) > 4 && !(wild && len(tag) == 5 && strings.HasSuffix(tag, "*")) {
		return mapEntry{}, "a tag has 1 to 4 characters"
	}
	if tag[0] == '*' || tag[0] == '?' {
		return mapEntry{}, "a tag pattern begins with a character of the tag"
	}
	if !wild {
		tag += strings.Repeat(" ", 4-len(tag))
	}
	return mapEntry{pattern: tag, modules: modulesIn(binary), text: strings.TrimSpace(text)}, ""
}

// cutDash cuts at the first dash between blanks. The blank that ends a tag of
// three characters and the one before the dash may be the same.
func cutDash(s string) (before, after string, found bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '-' || !blank(s[i-1]) || i+1 < len(s) && !blank(s[i+1]) {
			continue
		}
		return s[:i-1], strings.TrimLeft(s[i+1:], " \t"), true
	}
	return s, "", false
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// modulesIn returns the drivers that a map names for a tag: "nt!io" is the part
// io of module nt, "a.sys or b.sys" are two, "<unknown>" and prose are none.
func modulesIn(binary string) []string {
	words := strings.FieldsFunc(binary, func(r rune) bool { return strings.ContainsRune(" \t,/;[]", r) })
	words = slices.DeleteFunc(words, func(w string) bool { return w == "or" || w == "and" })
	var out []string
	for _, w := range words {
		name, _, _ := strings.Cut(w, "!")
		// One word is a driver, with or without its ending; of several only those
		// that look like files or parts of a module are.
		if len(words) > 1 && !strings.ContainsAny(w, ".!") || strings.ContainsAny(name, "<>*?()'\"") || name == "" {
			continue
		}
		if !namesModule(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func namesModule(modules []string, name string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return ingest.ModuleKey(m) == ingest.ModuleKey(name) })
}

// add keeps an entry, or joins it to the one of the same tag.
func (m *TagMap) add(e mapEntry) {
	if strings.ContainsAny(e.pattern, "*?") {
		m.patterns = append(m.patterns, e)
		return
	}
	tag := ingest.MustTag(e.pattern)
	old, seen := m.exact[tag]
	if !seen {
		m.exact[tag] = e
		return
	}
	if len(old.modules) == 0 {
		old.at = e.at
	}
	for _, name := range e.modules {
		if !namesModule(old.modules, name) {
			old.modules = append(old.modules, name)
		}
	}
	if old.text == "" {
		old.text = e.text
	}
	m.exact[tag] = old
}

// Len returns how many tags and patterns the map has.
func (m *TagMap) Len() int { return len(m.exact) + len(m.patterns) }

func (m *TagMap) sort() {
	slices.SortStableFunc(m.patterns, func(a, b mapEntry) int {
		return literal(b.pattern) - literal(a.pattern)
	})
}

// literal counts the characters before the first wildcard.
func literal(pattern string) int { return strings.IndexAny(pattern, "*?") }

func (m *TagMap) find(t ingest.Tag) (mapEntry, bool) {
	if e, found := m.exact[t]; found {
		return e, true
	}
	for _, e := range m.patterns {
		if fits(e.pattern, string(t[:])) {
			return e, true
		}
	}
	return mapEntry{}, false
}

// fits matches a tag with a pattern: * stands for any characters, ? for one.
func fits(pattern, tag string) bool {
	switch {
	case pattern == "":
		return strings.Trim(tag, " ") == ""
	case pattern[0] == '*':
		for i := range len(tag) + 1 {
			if fits(pattern[1:], tag[i:]) {
				return true
			}
		}
		return false
	}
	return tag != "" && (pattern[0] == '?' || pattern[0] == tag[0]) && fits(pattern[1:], tag[1:])
}

// over lays an entry over what our own map says about the tag.
func (e mapEntry) over(info TagInfo, t ingest.Tag) *TagInfo {
	info.Tag = t
	if e.text != "" {
		info.Text = e.text
	}
	switch len(e.modules) {
	case 0:
		return &info
	case 1:
		info.Module, info.Several = e.modules[0], nil
	default:
		info.Module, info.Several = "", e.modules
	}
	info.Lab, info.Source = e.at, e.at.String()
	return &info
}

// TagMaps returns the lab's own maps, in the order they are asked in.
func (b *Base) TagMaps() []*TagMap { return b.maps }

// AddTagMap puts a lab's own map below those added before and over ours. It
// warns of each line that wants to give a tag of the kernel's services to a
// driver.
func (b *Base) AddTagMap(m *TagMap) []ingest.Warning {
	b.maps = append(b.maps, m)
	var out []ingest.Warning
	for tag, e := range m.exact {
		ours := cmp.Or(b.tags[tag], noInfo)
		agrees := namesModule(e.modules, ours.Module) || ours.Module == "" && serving(e.modules)
		if !ours.Generic || len(e.modules) == 0 || agrees {
			continue
		}
		out = append(out, ingest.Warning{Source: e.at, Note: true,
			Message: fmt.Sprintf("tag %q is allocated by the kernel for any driver: it is not given to %s", tag,
				strings.Join(e.modules, ", "))})
	}
	slices.SortFunc(out, func(a, b ingest.Warning) int { return a.Line - b.Line })
	return out
}

// serving reports whether a map means the kernel itself.
func serving(modules []string) bool {
	return !slices.ContainsFunc(modules, func(m string) bool {
		key := ingest.ModuleKey(m)
		return key != "nt" && key != "ntoskrnl" && key != "hal"
	})
}
