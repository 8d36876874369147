package tooltext

import (
	"bytes"
	"strings"
	"unicode"

	"poolsweep/ingest"
)

// driverqueryTable describes the list of installed drivers in its three forms.
var driverqueryTable = ingest.Table{
	Command: "driverquery",
	Names:   []string{"driverquery", "driverquery.exe"},
	Begins:  driverqueryBegins,
	New:     func(string) ingest.TableReader { return &driverquery{} },
}

// driverquery reads a table, whose headings are translated while the rule below
// them is not, comma separated values, or one property a line:
//
//	Module Name  Display Name           Driver Type   Link Date
//	============ ====================== ============= ======================
//	3ware        3ware                  Kernel        5/18/2025 3:28:03 PM
//
//	"3ware","3ware","Kernel ","5/18/2025 3:28:03 PM"
//
//	Module Name:       3ware
//
// It tells no addresses. With /v the path of the file is told.
type driverquery struct {
	form    form
	columns []wordAt // of a table, in characters
	link    int      // column of the link date
	path    int      // column of the path, -1 where there is none
	list    []ingest.Module
	blank   bool
}

// form is how a list is printed.
type form uint8

const (
	_ form = iota
	formTable
	formCSV
	formList
)

// moduleNames are the headings above the names of drivers, as translated.
var moduleNames = []string{"Module Name", "Modulname", "Nom du module", "Nombre de módulo", "Имя модуля",
	"モジュール名", "모듈 이름", "模块名"}

// heads reports whether the text begins with the heading above the names.
func heads(text []byte) (rest []byte, ok bool) {
	for _, name := range moduleNames {
		if rest, ok = bytes.CutPrefix(text, []byte(name)); ok {
			return rest, true
		}
	}
	return nil, false
}

// driverqueryBegins recognises the first line of any form.
func driverqueryBegins(text []byte) bool {
	if len(text) > 1 && text[0] == '"' {
		rest, ok := heads(text[1:])
		return ok && bytes.HasPrefix(rest, []byte(`","`)) && isDriverHead(text)
	}
	if isDriverRule(text) {
		return true
	}
	rest, ok := heads(text)
	if name, property := bytes.CutPrefix(rest, []byte(":")); ok && property {
		return isServiceName(trim(name))
	}
	return ok && bytes.Contains(rest, []byte("  "))
}

// isDriverHead recognises headings as comma separated values.
func isDriverHead(text []byte) bool { return text[0] == '"' && bytes.Count(text, []byte(`","`)) > 2 }

// isDriverRule recognises the rule of four columns, or of fifteen with /v. Lists
// of signed drivers have other widths.
func isDriverRule(text []byte) bool {
	return bytes.HasPrefix(text, []byte("============ ====================== ====="))
}

// Read takes one line.
func (d *driverquery) Read(l ingest.Line, _ func(string)) ingest.LineKind {
	text := bytes.TrimRight(l.Text, " \t")
	if len(text) == 0 {
		d.blank = !l.Open
		return ingest.LineForeign
	}
	kind := ingest.LineForeign
	switch {
	case isShellPrompt(text):
	case d.form == 0:
		return d.head(l, text)
	case d.form == formTable && d.columns == nil:
		if isDriverRule(text) {
			d.ruled(text)
		}
		return ingest.LineNoise
	case d.form == formTable:
		kind = d.row(l, text)
	case d.form == formCSV:
		kind = d.values(l, text)
	case d.form == formList:
		kind = d.property(l, text)
	}
	if kind != ingest.LineForeign {
		d.blank = false
	}
	return kind
}

// head finds out which form is printed.
func (d *driverquery) head(l ingest.Line, text []byte) ingest.LineKind {
	text, d.blank = trim(text), false
	rest, named := heads(bytes.TrimPrefix(text, []byte(`"`)))
	switch {
	case isDriverRule(text):
		d.form = formTable
		d.ruled(text)
	case isDriverHead(text):
		d.form = formCSV
		d.measure(bytes.Count(text, []byte(`","`)) + 1)
	case named && bytes.HasPrefix(rest, []byte(":")):
		d.form = formList
		return d.property(l, text)
	case named:
		d.form = formTable
	default:
		return ingest.LineForeign
	}
	return ingest.LineNoise
}

// ruled takes the columns of a table from the rule.
func (d *driverquery) ruled(text []byte) {
	var w rowWords
	w.split(text)
	d.columns = append(d.columns, w.at...)
	d.measure(len(d.columns))
}

// measure says where the properties stand that are kept: 15 columns with /v.
func (d *driverquery) measure(columns int) {
	d.link, d.path = 3, -1
	if columns == 15 {
		d.link, d.path = 12, 13
	}
}

// row cuts a row of a table at its columns.
func (d *driverquery) row(l ingest.Line, text []byte) ingest.LineKind {
	cells, ok := cutAt(text, d.columns)
	if !ok || len(cells[0]) == 0 {
		if l.Open {
			return ingest.LinePartial
		}
		return ingest.LineForeign
	}
	return d.add(l, cells)
}

// cutAt cuts a row at its columns. Some consoles fill columns up by characters,
// some by their width. It fails when text stands between columns in either
// count: then the row was not printed in them.
func cutAt(text []byte, columns []wordAt) (cells []string, ok bool) {
	runes := []rune(string(text))
	if cells, ok = cutRunes(runes, columns); ok {
		return cells, true
	}
	var wide []rune
	for _, r := range runes {
		wide = append(wide, r)
		if isWide(r) {
			wide = append(wide, filler)
		}
	}
	return cutRunes(wide, columns)
}

// filler stands for the second half of a wide character while columns are counted.
const filler = -1

// isWide reports whether a console prints the character two columns wide.
func isWide(r rune) bool {
	return r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		r >= 0x3000 && r < 0x3040 || r > 0xff00 && r < 0xff61 || r == 'ー'
}

func cutRunes(runes []rune, columns []wordAt) (cells []string, ok bool) {
	for i, c := range columns {
		to := min(c.to, len(runes)) // blanks at the end of a line are often lost
		if i == len(columns)-1 {
			to = len(runes)
		}
		if i > 0 && c.from <= len(runes) && runes[c.from-1] != ' ' {
			return nil, false
		}
		var cell strings.Builder
		for _, r := range runes[min(c.from, to):to] {
			if r != filler {
				cell.WriteRune(r)
			}
		}
		cells = append(cells, strings.TrimSpace(cell.String()))
	}
	return cells, true
}

// values reads a row of comma separated values.
func (d *driverquery) values(l ingest.Line, text []byte) ingest.LineKind {
	cells, ok := commaSeparated(text)
	switch {
	case ok && len(cells) > d.link && cells[0] != "":
		return d.add(l, cells)
	case l.Open:
		return ingest.LinePartial
	}
	return ingest.LineForeign
}

// commaSeparated splits a line of quoted values, and fails when one is not closed.
func commaSeparated(text []byte) (cells []string, ok bool) {
	if text = trim(text); len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return nil, false
	}
	for _, cell := range strings.Split(string(text[1:len(text)-1]), `","`) {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells, len(cells) > 1
}

// property reads a line of the list form. Every driver begins with its name.
func (d *driverquery) property(l ingest.Line, text []byte) ingest.LineKind {
	label, value, ok := bytes.Cut(trim(text), []byte(":"))
	if !ok || len(label) > 60 || l.Open {
		if l.Open {
			return ingest.LinePartial
		}
		return ingest.LineForeign
	}
	// Each driver is a paragraph, and the name is its first property.
	if rest, first := heads(label); first && len(rest) == 0 {
		return d.add(l, []string{string(trim(value))})
	}
	if len(d.list) == 0 {
		return ingest.LineForeign
	}
	m := &d.list[len(d.list)-1]
	switch value := string(trim(value)); string(label) {
	case "Link Date":
		m.Built = value
	case "Path":
		m.Image = value
	}
	return ingest.LineNoise
}

// add keeps a driver.
func (d *driverquery) add(l ingest.Line, cells []string) ingest.LineKind {
	m := ingest.Module{Name: cells[0], Source: ingest.Source{Line: l.No}}
	switch {
	case !isServiceName([]byte(m.Name)) && !l.Open:
		return ingest.LineForeign
	// Of the last line of a cut file the name counts when something follows it;
	// the date, at the end of the row, does not.
	case l.Open && d.form == formTable && cells[1] == "":
		return ingest.LinePartial
	}
	if d.link > 0 && d.link < len(cells) && (!l.Open || d.form != formTable) {
		m.Built = cells[d.link]
	}
	if d.path > 0 && d.path < len(cells) {
		m.Image = cells[d.path]
	}
	d.list = append(d.list, m)
	return ingest.LineRow
}

// Finish takes an empty line, or what follows, for the end of the list.
func (d *driverquery) Finish(atEOF bool) ingest.BlockState {
	if len(d.list) == 0 || atEOF && !d.blank {
		return ingest.BlockUnclosed
	}
	return ingest.BlockComplete
}

// Merge adds the drivers that lm does not list, and what is new about the others.
func (d *driverquery) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	known := map[string]int{}
	for i, m := range s.Modules { // an unloaded image of the name is another one
		if !m.Unloaded {
			known[ingest.ModuleKey(m.Name)] = i
		}
	}
	for _, m := range d.list {
		key := ingest.ModuleKey(m.Name)
		i, ok := known[key]
		if !ok {
			known[key] = len(s.Modules)
			m.Source = source(m.Line)
			s.Modules = append(s.Modules, m)
			continue
		}
		if s.Modules[i].Built == "" {
			s.Modules[i].Built = m.Built
		}
		if s.Modules[i].Image == "" {
			s.Modules[i].Image = m.Image
		}
	}
}

// Differs is false: installed drivers are no figures of a moment.
func (d *driverquery) Differs(ingest.TableReader) bool { return false }
