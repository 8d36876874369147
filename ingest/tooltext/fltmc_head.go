package tooltext

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// asked is what a command line of fltmc asks for.
type asked struct {
	kind   fltmcList
	filter string // of "instances -f NAME"
	volume string // of "instances -v C:"
	picked bool   // the output went through findstr or the like
}

// askedOf reads a command line: "fltmc", "fltmc.exe instances -v D:",
// "fltmc filters | findstr Wd". Commands that list nothing have no kind.
func askedOf(command string) asked {
	var a asked
	command, after, piped := strings.Cut(command, "|")
	if piped { // a pipe into more, sort or a file leaves the list whole
		word, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(after)), " ")
		switch strings.TrimSuffix(word, ".exe") {
		case "findstr", "find", "select-string", "sls", "where-object", "where", "?":
			a.picked = true
		}
	}
	fields := strings.Fields(command)
	if len(fields) == 0 {
		return a
	}
	a.kind = listsFilters
	for i, field := range fields[1:] { // "fltmc" alone lists the filters
		value := ""
		if i+2 < len(fields) {
			value = fields[i+2]
		}
		switch strings.ToLower(field) {
		case "instances":
			a.kind = listsInstances
		case "volumes":
			a.kind = listsVolumes
		case "load", "unload", "attach", "detach", "help", "/?", "-?": // these list nothing
			return asked{}
		case "-f", "/f":
			a.filter = value
		case "-v", "/v":
			a.volume = value
		}
	}
	return a
}

// take keeps the name from the line above a list of one filter or one volume.
func (a *asked) take(volume bool, name string) {
	if volume && a.volume == "" {
		a.volume = name
	}
	if !volume && a.filter == "" {
		a.filter = name
	}
}

// caption reads the line above a list of one volume, "D: Volume instances:", and
// reports whether it names a volume.
func caption(text []byte) (name []byte, volume bool) {
	for _, tail := range []string{" Volume instances:", " Filter instances:", " instances:"} {
		if rest, ok := bytes.CutSuffix(text, []byte(tail)); ok && len(rest) > 0 {
			volume = len(rest) > 1 && isVolumeName(rest)
			if volume || isServiceName(rest) {
				return rest, volume
			}
		}
	}
	return nil, false
}

// fltmcBegins recognises the first line of a list: the English headings, the rule
// below those in any language, a row where the headings are lost, and an error.
func fltmcBegins(text []byte) bool {
	text = trim(unquoted(text))
	if len(text) < 20 || isShellPrompt(text) {
		return false
	}
	switch text[0] {
	case '-':
		_, ok := ruledColumns(dashes(text))
		return ok && isRule(text)
	case 'F', 'D', 'V':
		if fltmcHeadings(text).kind != 0 {
			return true
		}
	}
	if name, _ := caption(text); len(name) > 0 {
		// " instances:" alone ends many a sentence that has nothing to do with fltmc.
		return bytes.HasSuffix(text, []byte(" Volume instances:")) ||
			bytes.HasSuffix(text, []byte(" Filter instances:"))
	}
	return rowAlone(text) || failedAlone(text)
}

// rowAlone recognises a row without headings above it.
func rowAlone(text []byte) bool {
	// Most lines of a log are sorted out by their length or their last character.
	const narrowest = 60 // where the last column of "fltmc filters" stands
	last := text[len(text)-1]
	if len(text) < narrowest || !digit(last) && last != '>' && (last|0x20 < 'a' || last|0x20 > 'z') {
		return false
	}
	var at [mostWords]wordAt
	w := rowWords{at: at[:0]}
	w.split(text)
	return w.filterColumns() || w.hasMask()
}

// failedAlone recognises an error of fltmc in English.
func failedAlone(text []byte) bool {
	before, _, ok := bytes.Cut(text, []byte(" failed with error: 0x"))
	if !ok || failure(text) == "" {
		return false
	}
	switch string(before) {
	case "Filter listing", "Instance listing", "Volume listing", "Load", "Unload", "Attach", "Detach":
		return true
	}
	return false
}

// failure returns what an error line tells: the code of a failed call, wherever
// in the sentence a language puts it, or that the tool could not be run.
//
//	Filter listing failed with error: 0x80070005
//	Access is denied.
func failure(text []byte) string {
	for rest := text; ; {
		i := bytes.Index(rest, []byte("0x"))
		if i < 0 {
			break
		}
		rest = rest[i+2:]
		if len(rest) >= 8 && isMask(rest[:8]) && (rest[0] == '8' || rest[0]|0x20 == 'c') {
			return "error 0x" + string(rest[:8])
		}
	}
	switch {
	case bytes.HasPrefix(text, []byte("Access is denied")):
		return "access denied"
	case bytes.Contains(text, []byte("is not recognized as ")):
		return "no such command"
	}
	return ""
}

// fltmcHeadings recognises the English column headings and what they tell of the
// columns. "Attitude" and "Height" are found in copies.
func fltmcHeadings(text []byte) fltmcColumns {
	has := func(word string) bool { return bytes.Contains(text, []byte(word)) }
	altitude := has("Altitude") || has("Attitude") || has("Height")
	begins := func(word string) bool { return bytes.HasPrefix(text, []byte(word)) && hasGap(text) }
	switch {
	case begins("Filter Name") && has("Num Instances"): // 2003 has no altitude here
		return fltmcColumns{kind: listsFilters, old: !altitude}
	case begins("Filter ") && altitude && (has("Volume") || has("Instance")):
		return fltmcColumns{kind: listsInstances, noVolume: !has("Volume Name")}
	case begins("Volume Name") && altitude:
		return fltmcColumns{kind: listsInstances, noFilter: true}
	case begins("Dos Name") && has("Volume Name"):
		return fltmcColumns{kind: listsVolumes}
	}
	return fltmcColumns{}
}

// hasGap reports whether the text has more than one word.
func hasGap(text []byte) bool { return bytes.IndexByte(text, ' ') > 0 }

func hasDigit(text []byte) bool { return bytes.ContainsAny(text, "0123456789") }

// columns counts the groups of words with wide gaps between them.
func (w *rowWords) columns() int {
	n := 0
	for _, at := range w.at {
		if at.apart {
			n++
		}
	}
	return n
}

// isRule recognises the line below the column headings. Word processors make
// long dashes of its hyphens.
func isRule(text []byte) bool {
	for i, r := range string(text) {
		switch r {
		case '-', '–', '—', '─', ' ', '\t':
		default:
			return false
		}
		if i > 400 {
			return false
		}
	}
	return len(text) > 1
}

// dashes returns how long the groups of dashes are.
func dashes(text []byte) []int {
	var runs []int
	for _, run := range bytes.Fields(text) {
		runs = append(runs, utf8.RuneCount(run))
	}
	return runs
}

// ruledColumns tells the columns by the rule, which no language changes much:
//
//	30 13 12 5          filters; 30 13 5 without an altitude
//	20 37 12 22 5 8 8   instances; without the first or second for one filter or volume
//	29 29 16 20         instances on Windows Server 2003
//	30 39 10 8          volumes
func ruledColumns(runs []int) (fltmcColumns, bool) {
	n := len(runs)
	if n < 3 {
		return fltmcColumns{}, false
	}
	short := runs[n-1] < 11
	switch first, second := runs[0], runs[1]; {
	case first == 30 && second >= 30 && n < 5:
		return fltmcColumns{kind: listsVolumes}, true
	case first == 30 && second > 9 && second < 20 && (n == 3 || n == 4) && short:
		return fltmcColumns{kind: listsFilters, old: n == 3}, true
	case first == 20 && second == 37:
		return fltmcColumns{kind: listsInstances}, true
	case first == 20 && second == 12:
		return fltmcColumns{kind: listsInstances, noVolume: true}, true
	case first == 37 && second == 12:
		return fltmcColumns{kind: listsInstances, noFilter: true}, true
	case first == 29 && second == 29 && n == 4:
		return fltmcColumns{kind: listsInstances, old: true}, true
	}
	return fltmcColumns{}, false
}

// isShellPrompt recognises the prompts of cmd.exe and PowerShell:
//
//	C:\Windows\system32>      PS C:\>      \\server\share>      C:\&gt; (as web pages keep it)
func isShellPrompt(text []byte) bool {
	_, ok := shellCommand(text)
	return ok
}

// shellCommand returns what was typed behind the prompt of a shell.
func shellCommand(text []byte) (command []byte, ok bool) {
	text, _ = bytes.CutPrefix(text, []byte("PS "))
	// Volumes begin like prompts, but no ">" follows: C:\Program Files\Vault.
	if len(text) < 3 || text[1] != ':' && text[1] != '\\' || text[2] != '\\' && text[0] != '\\' {
		return nil, false
	}
	const longest = 260
	head := text[:min(len(text), longest)]
	// Both marks may be there: "C:\&gt; findstr X > out.txt" has the prompt's first.
	from := bytes.IndexByte(head, '>')
	end := from + 1
	if i := bytes.Index(head, []byte("&gt;")); i >= 0 && (from < 0 || i < from) {
		from, end = i, i+len("&gt;")
	}
	if from < 0 || bytes.ContainsAny(head[:from], `<"|?*`) {
		return nil, false
	}
	return trim(text[end:]), true
}
