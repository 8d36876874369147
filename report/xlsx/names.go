package xlsx

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"poolsweep/report"
)

// nameSheets gives each page a name that Excel accepts: at most 31 UTF-16 units,
// without :\/?*[], without an apostrophe at either end, not "History", and none
// equal to another without case.
func nameSheets(pages []*page) {
	const most = 31
	taken := taken{}
	for _, p := range pages {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`:\/?*[]`, r) || !unicode.IsPrint(r) {
				return '_'
			}
			return r
		}, p.sheet.Name)
		number := ""
		if p.number > 1 {
			number = fmt.Sprintf(" %d", p.number)
		}
		name = strings.Trim(cut(name, most-len(number)), "' ") + number
		if name == "" || strings.EqualFold(name, "history") {
			name += "_"
		}
		p.name = taken.claim(name, most, " (%d)")
	}
	for _, p := range pages {
		p.data = taken.claim("_"+p.name, most, " (%d)")
	}
}

// nameTables gives each page's table a name: letters, digits and _ only. The
// prefix keeps "Q1" from being the name of a cell.
func nameTables(pages []*page) {
	taken := taken{}
	for _, p := range pages {
		name := strings.Map(func(r rune) rune {
			if r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > 0xffff {
				return '_'
			}
			return r
		}, p.name)
		p.table = taken.claim("Table_"+name, 200, "_%d")
	}
}

// columnTitles returns the titles of a table's columns. Excel wants each on one
// line, not empty, and different from the others without case.
func columnTitles(columns []report.SheetColumn) []string {
	taken, titles := taken{}, make([]string, len(columns))
	for i, c := range columns {
		title := cut(strings.Join(strings.Fields(text(c.Title)), " "), 255)
		if title == "" {
			title = fmt.Sprintf("#%d", i+1)
		}
		titles[i] = taken.claim(title, 255, " (%d)")
	}
	return titles
}

// taken holds the names in use, in lower case.
type taken map[string]bool

// claim returns name, or name with the lowest number that makes it unique,
// within most UTF-16 units.
func (t taken) claim(name string, most int, suffix string) string {
	unique := cut(name, most)
	for n := 2; t[strings.ToLower(unique)]; n++ {
		number := fmt.Sprintf(suffix, n)
		unique = cut(name, most-len(number)) + number
	}
	t[strings.ToLower(unique)] = true
	return unique
}

// cut returns as many whole runes of s as fit into most UTF-16 units, the unit
// in which Excel counts.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > most {
			return s[:i]
		}
	}
	return s
}

// quoted returns a sheet name as references need it.
func quoted(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'" }

// sheetTarget returns the place that a link within the workbook leads to, by the
// names that Excel got, on the page that holds the row. It fails when there is no
// such sheet.
func (b *book) sheetTarget(l report.Link) (string, bool) {
	for _, p := range b.pages {
		switch row := l.Row - 1 - p.from; {
		case p.sheet.Name != l.Target:
		case l.Row <= 0 || l.Row > p.sheet.Len:
			return quoted(p.name) + "!A1", true
		case row < p.len:
			return quoted(p.name) + "!" + place(1, firstRow+row), true
		}
	}
	return "", false
}

// mostTarget is how long an address may be.
const mostTarget = 2079

// fileTarget returns a relative path as a hyperlink's address. Excel reads it as
// a URI, so blanks, % and # are escaped; letters of any script stay, as Excel
// itself writes them. An address over Excel's limit is refused.
func fileTarget(path string) (string, bool) {
	// An address of another kind, a program's or another host's, is never made to click.
	if strings.ContainsAny(path, `:\`) || strings.HasPrefix(path, "/") {
		return "", false
	}
	var b strings.Builder
	for _, r := range path {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("\"#%<>?\\^`{|}", r) {
			fmt.Fprintf(&b, "%%%02X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String(), path != "" && b.Len() <= mostTarget
}
