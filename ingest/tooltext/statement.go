package tooltext

import (
	"bytes"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// statement is what one line of words tells about a machine:
//
//	The System process (PID 4) held 7,112,425 handles, including 7,040,118 File handles.
//	Windows retains 4,209 interactive logon sessions; 4,204 orphaned sessions have no process.
//	1,204 zombie processes held by host.exe
//
// A number counts only where the words around it leave no choice.
type statement struct {
	running   []ingest.ProcessHandles
	handles   []ingest.HandleCount
	tallies   []ingest.Tally
	zombies   []ingest.Zombies
	changes   []ingest.Change
	processes int       // that run
	sizes     [3]uint64 // of whole pools
	physical  uint64    // bytes of memory

	subject  owner // that the sentence gave handles to
	total    int64 // of that process
	carried  bool  // the subject is that of the line before
	sessions bool  // logon sessions were spoken of
	last     int64 // the number of sessions told last
}

// maxStatement bounds the lines that may tell something.
const maxStatement = 1000

// countedNouns are looked for before a line is cut into words.
var countedNouns = [][]byte{
	[]byte("andles"), []byte(" sessions"), []byte(" zombie"), []byte(" threads"), []byte(" processes"),
	[]byte("GiB"), []byte(" GB"), []byte(" MB"), []byte("hysical "), []byte(" +"), []byte(": -"),
}

// mayState is a cheap look whether a line of words may tell a figure.
func mayState(text []byte) bool {
	if len(text) < len("RAM: 8 GB") || len(text) > maxStatement || !slices.ContainsFunc(text, digit) {
		return false
	}
	for _, noun := range countedNouns {
		if bytes.Contains(text, noun) {
			return true
		}
	}
	return false
}

// read reads a line. What the line before spoke of is in the statement already.
func (s *statement) read(text []byte) bool {
	if !mayState(text) {
		return false
	}
	if s.differences(text) {
		return true
	}
	all := tokens(string(text))
	s.memory(all)
	s.pools(all)
	s.rate(text)
	for i, t := range all {
		if !t.count || t.signed || t.n < 0 {
			continue
		}
		s.number(all, i)
	}
	s.withoutProcess(all)
	return s.tells()
}

// tells reports whether a figure was found.
func (s *statement) tells() bool {
	return len(s.running)+len(s.handles)+len(s.tallies)+len(s.zombies)+len(s.changes)+s.processes > 0 ||
		s.sizes != [3]uint64{} || s.physical > 0
}

// quantity is what a number counts, as far as the words behind it tell.
type quantity struct {
	noun  string   // "handles", "sessions", "threads", "processes"; "" for others
	words []string // before the noun, lower case
	is    bool     // "12 are File handles": a part of what was spoken of before
	end   int      // of the first token behind the noun
}

// maxBefore is how many words may stand between a number and what it counts.
const maxBefore = 5

// nounAt reads the words behind a number.
func nounAt(all []token, at int) (c quantity) {
	if at+1 < len(all) && all[at].is("of") && all[at+1].is("them", "these", "those", "which") {
		at += 2
		c.is = true
	}
	if at < len(all) && all[at].is("are", "is", "were", "was") {
		at++
		c.is = true
	}
	for ; at < len(all) && len(c.words) <= maxBefore && all[at].word(); at++ {
		switch w := strings.ToLower(all[at].text); w {
		case "between", "of", "to", "in", "on", "at", "by", "and", "or", "with", "for", "from", "than", "that", "match":
			return c // what follows is another thing's name
		case "handles", "sessions", "threads", "processes":
			c.noun, c.end = w, at+1
			return c
		case "zombies":
			c.noun, c.end = "processes", at+1
			c.words = append(c.words, "zombie")
			return c
		default:
			c.words = append(c.words, w)
		}
	}
	return c
}

// number reads what the number at i counts.
func (s *statement) number(all []token, i int) {
	c := nounAt(all, i+1)
	if c.noun == "" {
		return
	}
	if c.end < len(all) && all[c.end].is("per", "each", "every", "/") {
		s.each(all, i, c)
		return
	}
	switch c.noun {
	case "handles":
		s.handle(all, i, c)
	case "sessions":
		s.session(all[i].n, c)
	default:
		s.live(all, i, c)
	}
}

// each keeps what one event costs: "leaks 16 handles per tab".
func (s *statement) each(all []token, i int, c quantity) {
	var change ingest.Change
	text := "per"
	for _, t := range all[c.end+1 : min(len(all), c.end+3)] {
		if !t.word() {
			break
		}
		text += " " + t.text
	}
	over(text, &change)
	if i > 0 && all[i-1].in(boundWords) || change.Per == 0 && change.Events == 0 {
		return
	}
	change.What, _ = subject(strings.Join(append(c.words, c.noun), " "))
	change.Delta = all[i].n
	s.changes = append(s.changes, change)
}

// boundWords make a number a bound.
var boundWords = strings.Fields("than under below to exceeding maximum max limit")

// handle keeps a number of handles, of the process that the sentence names.
func (s *statement) handle(all []token, i int, c quantity) {
	kind, ok := handleKind(c.words)
	if !ok || i > 0 && all[i-1].in(boundWords) {
		return
	}
	who, found := before(all, i)
	if !found {
		who, found = after(all, c.end)
	}
	n := all[i].n
	switch {
	case found && kind == "" && !c.is:
		s.subject, s.total, s.carried = who, n, false
		s.running = append(s.running, ingest.ProcessHandles{Image: who.image, PID: who.pid, Handles: n})
	case found:
		s.subject, s.total, s.carried = who, 0, false
		s.typed(who, kind, n)
	case kind != "" && s.subject.image != "" && (s.total == 0 || n <= s.total) && s.goesOn(all, i, c):
		s.typed(s.subject, kind, n)
	}
}

// typed keeps handles of one type.
func (s *statement) typed(who owner, kind string, n int64) {
	s.handles = append(s.handles, ingest.HandleCount{Process: who.image, Type: kind, Count: n})
}

// goesOn reports whether a number is a part of the handles that were spoken of: "12 of
// them are File handles", also on the next line, and "…, including 12 File handles".
func (s *statement) goesOn(all []token, i int, c quantity) bool {
	switch {
	case c.is:
		return i == 0 || !s.carried || all[i-1].is("-", "+")
	case s.carried || i == 0:
		return false
	}
	return all[i-1].is("including", "which", "with")
}

// neutralWords say nothing of a handle's type.
var neutralWords = strings.Fields("open total live active kernel outstanding leaked object system-wide registry " +
	"explicit system")

// handleKinds are the types of objects whose handles people count.
var handleKinds = map[string]string{
	"file": "File", "token": "Token", "key": "Key", "event": "Event", "thread": "Thread", "process": "Process",
	"section": "Section", "semaphore": "Semaphore", "mutant": "Mutant", "mutex": "Mutant", "timer": "Timer",
	"directory": "Directory", "port": "ALPC Port", "alpc": "ALPC Port", "desktop": "Desktop", "job": "Job",
	"iocompletion": "IoCompletion", "etwregistration": "EtwRegistration", "session": "Session",
	"waitcompletionpacket": "WaitCompletionPacket", "tpworkerfactory": "TpWorkerFactory",
}

// handleKind returns the type that the words before "handles" name, "" for all
// handles. USER and GDI handles are no handles of the kernel, and unknown words may
// mean anything.
func handleKind(words []string) (kind string, ok bool) {
	for _, w := range words {
		named := handleKinds[w]
		switch {
		case named != "" && (kind == "" || kind == named):
			kind = named
		case !has([]string{w}, neutralWords):
			return "", false
		}
	}
	return kind, true
}

// Tallies of logon sessions, and of what is dead and alive.
const (
	sessionsTally = "logon sessions"
	orphansTally  = "logon sessions without a process"
)

// session keeps a number of logon sessions.
func (s *statement) session(n int64, c quantity) {
	logon := has(c.words, []string{"logon"})
	if !logon && !s.sessions {
		return
	}
	switch orphaned := has(c.words, []string{"orphaned", "orphan"}); {
	case orphaned:
		s.tally(orphansTally, n)
	case logon:
		s.sessions = true
		s.tally(sessionsTally, n)
	}
	s.last = n
}

// withoutProcess reads "all 3,784 were interactive and none had a live process".
func (s *statement) withoutProcess(all []token) {
	n := s.last
	for i, t := range all {
		switch {
		case t.ends():
			n = s.last
		case t.count && i > 0 && all[i-1].is("all", "these", "those"):
			n = t.n
		}
		if !s.sessions || n == 0 || !t.is("none") || i+1 == len(all) {
			continue
		}
		for k := i + 1; k < min(len(all), i+8); k++ {
			if all[k].is("process", "processes") && (all[i+1].is("had", "has", "have", "with") || all[i+1].is("of")) {
				s.tally(orphansTally, n)
			}
		}
	}
}

// tally keeps a number of things; the first of a kind counts.
func (s *statement) tally(what string, n int64) {
	for _, t := range s.tallies {
		if t.What == what {
			return
		}
	}
	s.tallies = append(s.tallies, ingest.Tally{What: what, Count: n})
}

var (
	deadWords  = strings.Fields("dead zombie exited terminated defunct")
	aliveWords = strings.Fields("live running active living")
	calmWords  = strings.Fields("system kernel windows total still already")
)

// partWords go on with whose the dead or the living are: not all of the machine's.
var partWords = strings.Fields("held kept owned of named in from for with belonging called")

// leastProcesses is how many processes the smallest system runs: fewer are those of
// one program.
const leastProcesses = 20

// live keeps numbers of dead and live threads and processes.
func (s *statement) live(all []token, i int, c quantity) {
	dead, alive := has(c.words, deadWords), has(c.words, aliveWords)
	for _, w := range c.words {
		if !has([]string{w}, deadWords) && !has([]string{w}, aliveWords) && !has([]string{w}, calmWords) {
			return
		}
	}
	n := all[i].n
	who, held := after(all, c.end)
	switch {
	case dead == alive, i > 0 && all[i-1].in(boundWords):
	case dead && held:
		z := ingest.Zombies{Holder: who.image, PID: who.pid, Held: n}
		if c.noun == "threads" {
			z.Threads = n
		} else {
			z.Processes = n
		}
		s.zombies = append(s.zombies, z)
	case c.end < len(all) && all[c.end].in(partWords):
	case dead:
		s.tally("dead "+c.noun, n)
		s.beside(all[c.end:], c.noun)
	case n >= leastProcesses && c.noun == "processes":
		s.processes = int(n)
	case n >= leastProcesses:
		s.tally("live threads", n)
	}
}

// beside reads what the dead are compared with: "against 4,800 live".
func (s *statement) beside(all []token, noun string) {
	if len(all) < 3 || !all[0].is("against", "and", "vs", "versus") {
		return
	}
	if all[1].in(nearWords) {
		all = all[1:]
	}
	if len(all) < 3 || !all[1].count || all[1].n < leastProcesses || !all[2].in(aliveWords) {
		return
	}
	if len(all) > 3 && all[3].word() {
		return // the noun follows and tells itself
	}
	if noun == "processes" {
		s.processes = int(all[1].n)
		return
	}
	s.tally("live threads", all[1].n)
}

// memory reads how much memory the machine has, at the begin of a line: "Physical
// memory 19.5 GB, load …", "RAM: 32 GB".
func (s *statement) memory(all []token) {
	at := 0
	for at < len(all) && all[at].is("-", "installed", "total", "the") {
		at++
	}
	switch {
	case at+1 < len(all) && all[at].is("physical") && all[at+1].is("memory", "RAM"):
		at += 2
	case at < len(all) && all[at].is("RAM"):
		at++
	default:
		return
	}
	for at < len(all) && all[at].is(":", "=", "is", "about", "of") {
		at++
	}
	alone := at+1 == len(all) || at+1 < len(all) && (all[at+1].is(",", "(") || all[at+1].ends())
	if at < len(all) && all[at].sized && all[at].bytes >= 1<<28 && alone {
		s.physical = all[at].bytes
	}
}

// pools reads what both pools hold in a sentence: "kernel pools are approximately 11.5
// GiB paged + 5.5 GiB nonpaged".
func (s *statement) pools(all []token) {
	spoken := false
	var sizes [3]uint64
	for i, t := range all {
		if t.in(deltaWords) || t.is("leak", "leaked", "leaks", "grew", "grows", "per", "limit", "maximum") {
			return
		}
		spoken = spoken || t.is("pool", "pools")
		if !t.sized || t.signed || !spoken || i+1 == len(all) {
			continue
		}
		if pool := poolOf(wordsOf(all[i+1].text)); pool != 0 && sizes[pool] == 0 {
			sizes[pool] = t.bytes
		}
	}
	if sizes[ingest.NonPaged] > 0 && sizes[ingest.Paged] > 0 {
		s.sizes = sizes
	}
}

// maxDifferences bounds the differences on one line.
const maxDifferences = 8

// differences reads a line that holds nothing but differences with their names:
//
//	Objects\Processes: +320
//	Memory\Pool Nonpaged Bytes: +372,736 bytes (~0.37 MB)
//	threads +1000, events +1000, semaphores +999
//
// The first name has to be one that poolsweep knows, or a tag in backticks.
func (s *statement) differences(text []byte) bool {
	rest := bytes.TrimRight(text, ". ")
	for n := 0; len(rest) > 0 && n < maxDifferences; n++ {
		at := signAt(rest)
		if at < 1 {
			break
		}
		part, more := rest[at:], []byte(nil)
		if end := bytes.Index(part, []byte(", ")); end > 0 {
			part, more = part[:end], part[end+2:]
		}
		change, ok := namedChange(string(bytes.Trim(rest[:at], "*:= \t")), part)
		if !ok || n == 0 && !change.known {
			break
		}
		s.changes = append(s.changes, change.Change)
		if rest = more; len(more) == 0 {
			return true
		}
	}
	s.changes = nil
	return false
}

// signAt returns where the first signed number of a line stands, -1 without one.
func signAt(text []byte) int {
	for i := 1; i+1 < len(text); i++ {
		if (text[i] == '+' || text[i] == '-') && digit(text[i+1]) && bytes.IndexByte([]byte(" :=*"), text[i-1]) >= 0 {
			return i
		}
	}
	return -1
}

// statedChange is a change with what is known of its name.
type statedChange struct {
	ingest.Change
	known bool
}

// namedChange makes a change of a name and a number with a sign.
func namedChange(name string, value []byte) (c statedChange, ok bool) {
	const longest = 4 // words: a longer name is a sentence
	words := wordsOf(name)
	if len(words) == 0 || len(words) > longest || strings.ContainsAny(name, ".,;!?()|") {
		return c, false
	}
	var signed bool
	c.Change, signed, ok = readChange(bytes.TrimRight(value, "* "), unitNamed(words))
	if !ok || !signed {
		return c, false
	}
	if tag, quoted := quotedTag(name); quoted {
		c.What, c.Tag, c.known = ingest.ChangeTag, tag, true
		return c, true
	}
	c.What, c.known = subject(name)
	return c, sizedRight(c.Change)
}
