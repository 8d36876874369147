package tooltext

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// findstrTable describes searches of driver files for a text. The output is a
// list of files and nothing else, so only the command line gives it away.
var findstrTable = ingest.Table{
	Command: "findstr",
	Names:   []string{"findstr", "findstr.exe", "strings", "strings.exe", "strings64", "strings64.exe"},
	Begins: func(text []byte) bool {
		command, ok := shellCommand(text)
		return ok && searchedIn(string(command)) != ""
	},
	New: newFindstr,
}

// findstr reads the files in which a tag was found:
//
//	C:\Windows\System32\drivers> findstr /m /l /s NFeS *.sys
//	C:\Windows\System32\drivers\mfeavfk.sys
//
// Where a prompt follows at once the search found none, and that is kept too.
type findstr struct {
	pattern string // "" until the command line is known
	hits    []ingest.FileHit
	line    int  // of the command, or the first line after it
	other   bool // something else than files was printed
	prompt  bool // the next prompt was seen
}

func newFindstr(command string) ingest.TableReader { return &findstr{pattern: searchedIn(command)} }

// searchedIn returns the text that a command line searches for, or "":
//
//	findstr /m /l /s NFeS *.sys     findstr /smil /c:"MF eS" *.sys     strings *.sys | findstr Leak
func searchedIn(command string) string {
	for part := range strings.SplitSeq(command, "|") {
		words := quotedWords(part)
		if len(words) == 0 || strings.TrimSuffix(strings.ToLower(words[0]), ".exe") != "findstr" {
			continue
		}
		for _, word := range words[1:] {
			if word == "" || word[0] != '/' && word[0] != '-' {
				return word
			}
			// The options /c:"text" name the text, the others how to search.
			if len(word) > 3 && strings.EqualFold(word[1:3], "c:") {
				return word[3:]
			}
		}
	}
	return ""
}

// quotedWords splits a command line at the blanks outside quotes, and removes the quotes.
func quotedWords(text string) []string {
	var words []string
	var word strings.Builder
	started, quoted := false, false
	for _, r := range text {
		switch {
		case r == '"':
			started, quoted = true, !quoted
		case (r == ' ' || r == '\t') && !quoted:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			started = true
			word.WriteRune(r)
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

// Read takes one line.
func (f *findstr) Read(l ingest.Line, _ func(string)) ingest.LineKind {
	text := trim(l.Text)
	if command, ok := shellCommand(text); ok {
		if f.line > 0 || f.pattern != "" {
			f.prompt = true
			if f.line == 0 { // nothing stands between the two prompts
				f.line = l.No
			}
			if len(command) == 0 { // hosts may not know the prompt as web pages keep it
				return ingest.LineLast
			}
			return ingest.LineForeign
		}
		f.pattern, f.line = searchedIn(string(command)), l.No
		return ingest.LineNoise
	}
	if f.line == 0 {
		f.line = l.No
	}
	switch file := fileOf(text); {
	case f.pattern == "" || len(text) == 0:
	case aside(text):
		return ingest.LineNoise
	case file == nil && l.Open: // the begin of a path, or a bare prompt being typed
		f.other = true
		return ingest.LinePartial
	case file == nil:
		f.other = true
	case len(f.hits) > 0 && f.hits[len(f.hits)-1].File == string(file): // once more in the same file
		return ingest.LineRow
	default:
		name := string(bytes.ToValidUTF8(file, []byte("\ufffd")))
		place := ingest.Source{Line: l.No}
		f.hits = append(f.hits, ingest.FileHit{Pattern: f.pattern, File: name, Source: place})
		return ingest.LineRow
	}
	return ingest.LineForeign
}

// fileOf returns the file that a line of output names, nil when it names none.
// Without /m findstr prints the matching line behind it, and strings its text:
//
//	mfeavfk.sys     drivers\mfeavfk.sys:…NFeS…     c:\drivers\mfeavfk.sys: NFeS
func fileOf(text []byte) []byte {
	drive := 0 // a colon ends the name, but not that behind the drive
	if len(text) > 2 && text[1] == ':' && text[2] == '\\' {
		drive = 2
	}
	name := text
	if i := bytes.IndexByte(text[drive:], ':'); i >= 0 {
		name = text[:drive+i]
	}
	const longest = 400
	if len(name) > longest || bytes.ContainsAny(name, `<>"|?*`+"\t") || !isImage(name) {
		return nil
	}
	return name
}

// isImage reports whether a name ends like that of a driver or a program.
func isImage(name []byte) bool {
	const shortest = len("x.sys")
	if len(name) < shortest || blank(name[0]) {
		return false
	}
	for _, ending := range []string{".sys", ".dll", ".exe", ".efi"} {
		if bytes.EqualFold(name[len(name)-len(ending):], []byte(ending)) {
			return true
		}
	}
	return false
}

// aside recognises what the tools print besides hits: the banner of strings and
// files that could not be read.
func aside(text []byte) bool {
	for _, begin := range []string{
		"FINDSTR: ", "Strings v", "Copyright (C)", "Sysinternals - ", "Access denied - ",
	} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	return false
}

// Finish takes the next prompt for the end of the search. A list that stops
// anywhere else may have lost hits.
func (f *findstr) Finish(atEOF bool) ingest.BlockState {
	if atEOF || f.pattern == "" || f.other {
		return ingest.BlockUnclosed
	}
	return ingest.BlockComplete
}

// Merge adds the files found, or that there are none.
func (f *findstr) Merge(s *ingest.Snapshot, source func(line int) ingest.Source) {
	if len(f.hits) == 0 && f.prompt && !f.other && f.pattern != "" {
		f.hits = []ingest.FileHit{{Pattern: f.pattern, Source: ingest.Source{Line: f.line}}}
	}
	for _, hit := range f.hits {
		hit.Source = source(hit.Line)
		s.FileHits = append(s.FileHits, hit)
	}
}

// Differs is false: files on disk are no figures of a moment.
func (f *findstr) Differs(ingest.TableReader) bool { return false }
