package redact

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"poolsweep/ingest"
)

// Removed stands in the place of text that is taken out as a whole: lines of a log as
// they were, arguments of commands, what our own messages quote.
const Removed = "[redacted]"

// Public redacts all that one run reports on for readers outside: beside what Document
// takes out also machines' names, files' names and paths, and all verbatim text. What
// the analysis goes by stays: tags, modules, filters, programs, figures, line numbers.
//
// Placeholders are numbered in the order of the names they stand for, with leading
// zeros, so that whatever is sorted by them comes out as it would by the names.
type Public struct {
	machines map[string]string // by ingest.MachineKey
	paths    map[string]string
	longest  []string          // paths, longest first
	stands   map[string]string // what free text must not say, in lower case, with its placeholder
	words    []string          // the same, longest first
	p        *placeholders
}

// NewPublic returns the redaction of a run with these documents, further machines, and
// further files. It reads the documents and changes none.
func NewPublic(docs iter.Seq[*ingest.Document], machines, files []string) *Public {
	names, paths := map[string]string{}, map[string]bool{}
	for _, m := range machines {
		names[ingest.MachineKey(m)] = m
	}
	for _, f := range files {
		paths[f] = true
	}
	u := &Public{machines: map[string]string{}, paths: map[string]string{}, p: newPlaceholders("")}
	for d := range docs {
		paths[d.File] = true
		for _, s := range d.Snapshots {
			names[ingest.MachineKey(s.Machine.Name)] = s.Machine.Name
		}
		eachText(reflect.ValueOf(d), "", func(_, s string) string { u.p.text(s); return s }) // to learn who is named
	}
	delete(names, "")
	delete(paths, "")
	number(slices.Sorted(maps.Keys(names)), "machine-%0*d", u.machines)
	number(slices.Sorted(maps.Keys(paths)), "log-%0*d.log", u.paths)
	u.longest = longestFirst(slices.Collect(maps.Keys(u.paths)))
	u.stands = u.named()
	u.words = longestFirst(slices.Collect(maps.Keys(u.stands)))
	return u
}

// number gives each name its placeholder.
func number(names []string, form string, into map[string]string) {
	width := len(strconv.Itoa(len(names)))
	for i, name := range names {
		into[name] = fmt.Sprintf(form, width, i+1)
	}
}

func longestFirst(s []string) []string {
	slices.SortFunc(s, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return s
}

// named are the names of machines, with and without their domain, and of users. One
// of two letters is too likely a word.
func (u *Public) named() map[string]string {
	out := map[string]string{}
	add := func(name, given string) {
		if name = strings.ToLower(name); len(name) > 2 && out[name] == "" {
			out[name] = given
		}
	}
	for _, key := range slices.Sorted(maps.Keys(u.machines)) {
		host, _, _ := strings.Cut(key, ".")
		add(key, u.machines[key])
		add(host, u.machines[key])
	}
	for _, key := range slices.Sorted(maps.Keys(u.p.given)) {
		if user, ok := strings.CutPrefix(key, "user "); ok {
			add(user, u.p.given[key])
		}
	}
	return out
}

// Document redacts a document in place.
func (u *Public) Document(d *ingest.Document) {
	file := d.File
	eachText(reflect.ValueOf(d), "", func(name, s string) string { return u.field(name, s, file) })
}

// Machine returns what stands for a machine.
func (u *Public) Machine(name string) string {
	if name == "" {
		return ""
	}
	if given := u.machines[ingest.MachineKey(name)]; given != "" {
		return given
	}
	return Removed
}

// Path returns what stands for a file.
func (u *Public) Path(file string) string {
	if file == "" {
		return ""
	}
	if given := u.paths[file]; given != "" {
		return given
	}
	return Removed
}

// asTheyAre are texts that name no person and no place, and that the analysis goes by.
var asTheyAre = map[string]bool{
	"Document.SHA256": true, "Document.Encoding": true, "Module.Name": true, "Module.Version": true,
	"Filter.Name": true, "Filter.Frame": true, "Filter.Altitude": true, "Instance.Altitude": true, "Volume.Frame": true,
}

// changes are what a log may say that changed, in our words: the analysis goes by them,
// whatever a machine is called.
var changes = map[string]bool{
	ingest.ChangeHandles: true, ingest.ChangeThreads: true, ingest.ChangeProcesses: true,
	ingest.ChangeNonPaged: true, ingest.ChangePaged: true, ingest.ChangeTag: true,
}

// verbatim are texts as the log had them that the analysis does not look at.
var verbatim = map[string]bool{"Warning.Text": true, "ScanHit.Text": true, "Object.Name": true}

// programs are names of drivers and programs, some with the path that they lie in.
var programs = map[string]bool{
	"Module.Image": true, "ScanHit.Module": true, "VerifiedDriver.Module": true, "VerifiedBlocks.Caller": true,
	"Bugcheck.Driver": true, "Bugcheck.Image": true, "ProcessHandles.Image": true, "HandleCount.Process": true,
	"Zombies.Holder": true, "FileHit.File": true, "Instance.Name": true, "Instance.Volume": true,
	"Volume.Name": true, "Volume.Device": true, "TagUsage.Description": true, "PoolBlocks.Owner": true,
	"Module.Symbols": true, "Module.Built": true, "Module.Company": true, "VerifiedDriver.State": true,
	"HandleCount.Type": true, "Tally.What": true, "Object.Type": true, "OS.Text": true,
}

// field redacts the text of a field of a document that was read from a file.
func (u *Public) field(name, s, file string) string {
	switch {
	case s == "" || asTheyAre[name], name == "Change.What" && changes[s]:
		return s
	case name == "Machine.Name":
		return u.Machine(s)
	case name == "Document.File", name == "Source.File":
		return u.Path(s)
	case name == "Block.Command", name == "SkippedCommand.Command":
		return command(s)
	case name == "Scan.Pattern", name == "FileHit.Pattern":
		return pattern(s)
	case verbatim[name]:
		return Removed
	case programs[name]:
		return u.p.text(u.folders(s))
	}
	return u.free(s, []string{file})
}

// quoted is what our own messages quote.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// Text redacts a sentence of ours about files, such as why one was refused.
func (u *Public) Text(s string) string { return u.free(s, u.longest) }

// free redacts free text, ours or the log's, that may name some files.
func (u *Public) free(s string, files []string) string {
	for _, file := range files {
		if file != "" && strings.Contains(s, file) {
			s = u.without(s, file, u.paths[file])
		}
	}
	s = quoted.ReplaceAllStringFunc(s, func(q string) string {
		name, err := strconv.Unquote(q)
		if given := u.machines[ingest.MachineKey(name)]; err == nil && given != "" {
			return strconv.Quote(given)
		}
		return Removed
	})
	s = u.p.text(u.folders(s))
	lower := strings.ToLower(s)
	for _, w := range u.words {
		if strings.Contains(lower, w) {
			s = u.without(s, w, u.stands[w])
		}
	}
	return s
}

// without replaces a word wherever it stands by itself, in any case.
func (u *Public) without(s, word, given string) string {
	standing := regexp.MustCompile(`(?i)(^|[^\pL\pN_])` + regexp.QuoteMeta(word) + `($|[^\pL\pN_])`)
	for range 2 { // twice: two that stand side by side share what is between them
		s = standing.ReplaceAllString(s, "${1}"+given+"${2}")
	}
	return s
}

var (
	// links are addresses with a scheme: the host in it is a name of the lab's.
	links = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>)]+`)
	// rooted are paths that begin at a drive, a server, the kernel's name for a server, or
	// the root of a Unix system.
	rooted = regexp.MustCompile(`(?i)\\Device\\(?:Mup|LanmanRedirector|WebDavRedirector)\\[^\t\r\n"|]+` +
		`|\\Device\\HarddiskVolume\d+\\[^\t\r\n"<>|,;]+` +
		`|\\\\[^\s\\"<>|][^\t\r\n"<>|,;]*|\b[a-z]:[\\/][^\t\r\n"<>|,;:]*|(?:^|[\s(=])/(?:[^\s/"<>|,;:]+/)+[^\s"<>|,;:]*` +
		`|(?:\\(?:\?\?|SystemRoot|Users|Documents and Settings|DosDevices)\\)[^\t\r\n"<>|,;:]*`)
	// driver is how what may stay of a path ends.
	driver = regexp.MustCompile(`(?i)[^\\/\s]+\.(sys|exe|dll|drv)\b`)
	// system are folders that all machines have.
	system = regexp.MustCompile(`(?i)^(([a-z]:|\\SystemRoot|\\\?\?|\\Device\\HarddiskVolume\d+)*[\\/]+)?` +
		`((windows|winnt|system32|syswow64|drivers|systemroot)[\\/]+)*$`)
)

// folders replaces paths and links. Of a path to a driver or a program its name stays,
// and a path of folders that all machines have stays whole.
func (u *Public) folders(s string) string {
	if !strings.ContainsAny(s, `\/`) {
		return s
	}
	s = links.ReplaceAllString(s, "[link]")
	return rooted.ReplaceAllStringFunc(s, u.folder)
}

// Words redacts what a lab wrote itself, such as a known issue of its own: links, paths,
// and what Document takes out.
func Words(s string) string {
	u := &Public{p: newPlaceholders("")}
	return u.p.text(u.folders(s))
}

func (u *Public) folder(found string) string {
	lead := found[:len(found)-len(strings.TrimLeft(found, " \t(="))]
	name := found[len(lead):]
	if at := driver.FindStringIndex(name); at != nil {
		end, kept := at[0], name[at[0]:at[1]]
		if system.MatchString(name[:end]) {
			return lead + name[:at[1]] + u.rest(name[at[1]:])
		}
		return lead + u.p.give("path", strings.TrimRight(name[:end], `\/`)) + `\` + kept + u.rest(name[at[1]:])
	}
	return lead + u.p.give("path", strings.TrimRight(name, `\/ `))
}

// rest is what follows a program in a command line: its arguments.
func (u *Public) rest(s string) string {
	if strings.TrimSpace(s) == "" {
		return s
	}
	return " " + Removed
}

var (
	// verb is the first word of a command: of the debugger, or of a tool.
	verb = regexp.MustCompile(`^[!.]?[A-Za-z]\w*(\.[A-Za-z]\w*)?$`)
	// harmless are arguments that are numbers or switches.
	harmless = regexp.MustCompile("^([-/]\\w{1,3}|(0x)?[0-9a-fA-F`]*[0-9][0-9a-fA-F`]*|\\*|@#?\\w{2,6}|[-/+*]?\\d+)$")
	// known are the arguments that tell what a tool lists.
	known = map[string]bool{"instances": true, "filters": true, "volumes": true}
	// tagged are the commands that take a tag.
	tagged = map[string]bool{"!poolused": true, "!poolfind": true, "!pooltag": true}
)

// command keeps the command and what it can be told by: whose arguments may name a
// user, a path or a machine, those go.
func command(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return s
	}
	for i, w := range words {
		switch {
		case i == 0 && verb.MatchString(w), i > 0 && (harmless.MatchString(w) || known[strings.ToLower(w)]),
			i > 0 && tagged[strings.ToLower(words[0])] && len(w) <= 4:
		default:
			words[i] = Removed
		}
	}
	return strings.Join(words, " ")
}

// pattern keeps what was searched for when it can be a tag.
func pattern(s string) string {
	if len(s) > len(ingest.Tag{}) {
		return Removed
	}
	return s
}
