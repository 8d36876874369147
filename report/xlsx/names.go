package xlsx

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"poolsweep/report"
)

// sheetNames returns a name for each sheet that Excel accepts: at most 31
// UTF-16 units, without :\/?*[], without an apostrophe at either end, not
// "History", and none equal to another without case.
func sheetNames(sheets []report.Sheet) []string {
	taken, names := taken{}, make([]string, len(sheets))
	for i, s := range sheets {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`:\/?*[]`, r) || !unicode.IsPrint(r) {
				return '_'
			}
			return r
		}, s.Name)
		name = strings.Trim(cut(name, 31), "' ")
		if name == "" || strings.EqualFold(name, "history") {
			name += "_"
		}
		names[i] = taken.claim(name, 31, " (%d)")
	}
	return names
}

// tableNames returns a table name for each sheet name: letters, digits and _
// only. The prefix keeps "Q1" from being the name of a cell.
func tableNames(sheets []string) []string {
	taken, names := taken{}, make([]string, len(sheets))
	for i, s := range sheets {
		name := strings.Map(func(r rune) rune {
			if r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > 0xffff {
				return '_'
			}
			return r
		}, s)
		names[i] = taken.claim("Table_"+name, 200, "_%d")
	}
	return names
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
// names that Excel got. It fails when there is no such sheet.
func (b *book) sheetTarget(l report.Link) (string, bool) {
	for i, s := range b.model.Sheets {
		if s.Name == l.Target {
			row := 1
			if l.Row > 0 {
				row = firstRow + l.Row - 1
			}
			return quoted(b.names[i]) + "!" + place(1, row), true
		}
	}
	return "", false
}

// fileTarget returns a relative path as a hyperlink's address. Excel reads it as
// a URI, so blanks, % and # are escaped; letters of any script stay, as Excel
// itself writes them. An address over Excel's limit is refused.
func fileTarget(path string) (string, bool) {
	const most = 2079
	var b strings.Builder
	for _, r := range path {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("\"#%<>?\\^`{|}", r) {
			fmt.Fprintf(&b, "%%%02X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String(), path != "" && b.Len() <= most
}
