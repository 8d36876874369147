package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// bugcheck reads the stop code and its arguments wherever they are printed:
//
//	BugCheck C4, {62, ffffe708861aeea8, ffffe7088602d8a0, 3}      when a dump is opened
//	Bugcheck code 000000C4                                        .bugcheck
//	Arguments 00000000`00000062 ffffe708`861aeea8 …
//	*** Fatal System Error: 0x000000c4                            a live target stops
//	                       (0x0000000000000062,0xFFFFE708861AEEA8,…)
//	DRIVER_VERIFIER_DETECTED_VIOLATION (c4)                       !analyze -v
//	Arg1: 0000000000000062, A driver has forgotten to free its pool allocations prior to unloading.
//
// Whatever else an analysis prints, stacks and lists among it, has no rows.
type bugcheck struct {
	p *parser
	ingest.Bugcheck
	fatal    bool // the arguments stand on the next line
	analysis bool // the box "Bugcheck Analysis" was printed
	over     bool // "Followup:" was printed, a line of dashes ends it
}

// Stop 0xC4 with 0x62: a driver was unloaded with pool blocks left. Its second
// argument points to the driver's name, its fourth counts the blocks.
const (
	stopVerifier = 0xc4
	leftAtUnload = 0x62
)

// analyzes leaves out "!analyze -show CODE", which explains any code.
func analyzes(c typed) bool { return !strings.Contains(c.args, "-show") }

// newBugcheck gives all commands one key: a dump has one stop code.
func newBugcheck(p *parser, c typed) (body, string) {
	return &bugcheck{p: p, Bugcheck: ingest.Bugcheck{Source: p.source(c.line)}}, "bugcheck"
}

// bugcheckHeader recognises the lines that give a stop code, and the box above an analysis.
func bugcheckHeader(text []byte) bool {
	switch text[0] {
	case 'B':
		_, _, ok := stopLine(text)
		return ok
	case '*':
		_, ok := fatalError(text)
		return ok || analysisBox(text)
	}
	return false
}

// analysisBox recognises "*      Bugcheck Analysis      *".
func analysisBox(text []byte) bool {
	return string(bytes.Trim(text, "* \t")) == "Bugcheck Analysis"
}

// fatalError reads "*** Fatal System Error: 0x000000c4".
func fatalError(text []byte) (code uint64, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("*** Fatal System Error: 0x"))
	code, end, whole := hexWord(rest)
	return code, ok && whole && len(rest)-len(end) == 8
}

// stopLine reads the forms that begin with the code: "BugCheck C4, {62, …}",
// "Bugcheck: C4 (62, …)" and "Bugcheck code 000000C4", the last without arguments.
func stopLine(text []byte) (code uint64, args []byte, ok bool) {
	for _, form := range [...]struct{ begin, open, close string }{
		{"BugCheck ", ", {", "}"}, {"Bugcheck: ", " (", ")"}, {"Bugcheck code ", "", ""},
	} {
		rest, found := bytes.CutPrefix(text, []byte(form.begin))
		if !found {
			continue
		}
		v, n := hex(rest)
		if rest = trim(rest[n:]); n == 0 || n > 8 || form.open == "" {
			return v, nil, n == 8 && len(rest) == 0
		}
		inside, opened := bytes.CutPrefix(rest, []byte(strings.TrimLeft(form.open, " ")))
		inside, closed := bytes.CutSuffix(inside, []byte(form.close))
		return v, inside, opened && closed
	}
	return 0, nil, false
}

func (c *bugcheck) read(b *block, l line) verdict {
	text := trim(l.text)
	if v, done := c.session(b, l, text); done {
		return v
	}
	if len(text) == 0 {
		return foreign
	}
	if b.begun && (!b.typed || len(b.p.hints) > 0) && c.ended(b, text) {
		return foreign
	}
	v := c.figures(b, l, text)
	if v == foreign {
		v = c.prose(b, text)
	}
	if v != foreign && !b.begun {
		b.begun = true
		if b.Command == "" {
			b.Command = ".bugcheck"
			if c.analysis {
				b.Command = "!analyze"
			}
		}
	}
	return v
}

// ended reports whether a line begins another output, where no prompt parts them:
// in a copy without prompts, or of "!analyze -v; !poolused 2". The stop may stand
// below the box that begins an analysis.
func (c *bugcheck) ended(b *block, text []byte) bool {
	cmd := b.p.headed(text)
	return cmd != nil && (cmd != b.cmd || !b.typed && (c.Code != 0 || analysisBox(text)))
}

// session takes session lines as part of a typed analysis, which reconnects to
// the dump, but for those that no command prints.
func (c *bugcheck) session(b *block, l line, text []byte) (v verdict, done bool) {
	i := sessionIndex(text)
	if i < 0 {
		return 0, false
	}
	switch sessionLines[i].begin {
	case "Opened log file", "Closing open log file", "quit:", "Loading Dump File",
		"Microsoft (R) Windows Debugger":
		return foreign, true // no command prints these
	}
	if !b.typed || !strings.HasPrefix(b.Command, "!") {
		return foreign, true
	}
	b.begun = true
	b.p.sessionLine(l, true)
	return row, true
}

// figures reads the lines that say something.
func (c *bugcheck) figures(b *block, l line, text []byte) verdict {
	if c.fatal {
		c.fatal = false
		if inside, ok := bytes.CutPrefix(text, []byte("(")); ok {
			return c.fatalArguments(l, inside)
		}
	}
	if analysisBox(text) {
		c.analysis = true
		return noise
	}
	if code, args, ok := stopLine(text); ok {
		c.stop(l, code)
		c.arguments(bytes.Split(args, []byte(",")))
		return row
	}
	if code, ok := fatalError(text); ok {
		c.stop(l, code)
		c.fatal = true
		return row
	}
	if rest, ok := bytes.CutPrefix(text, []byte("Arguments ")); ok {
		return c.dotArguments(l, rest)
	}
	if v := c.analyzed(l, text); v != foreign {
		return v
	}
	if c.over && len(bytes.Trim(text, "-")) == 0 {
		return last
	}
	c.over = c.over || bytes.HasPrefix(text, []byte("Followup:"))
	return foreign
}

// stop takes the code. The first one printed stays: an analysis names it in its
// title and once more as "BUGCHECK_CODE:  c4".
func (c *bugcheck) stop(l line, code uint64) {
	if c.Code == 0 {
		c.Code = uint32(code)
		c.Source = c.p.source(l.no)
	}
}

// arguments takes a list of numbers.
func (c *bugcheck) arguments(list [][]byte) bool {
	if len(list) > len(c.Args) {
		return false
	}
	var args [4]uint64
	for i, text := range list {
		// A live target prints 0xFFFFE708861AEEA8, dumps print no 0x at all.
		v, rest, ok := hexWord(bytes.Replace(trim(text), []byte("0X"), []byte("0x"), 1))
		if !ok || len(rest) > 0 {
			return false
		}
		args[i] = v
	}
	if len(list) > c.Known {
		c.Args, c.Known = args, len(list)
	}
	return true
}

// fatalArguments reads the line below "*** Fatal System Error".
func (c *bugcheck) fatalArguments(l line, inside []byte) verdict {
	list, closed := bytes.CutSuffix(inside, []byte(")"))
	if !closed || !c.arguments(bytes.Split(list, []byte(","))) {
		return broken(l)
	}
	return last
}

// dotArguments reads the second line of .bugcheck, "Arguments 00000062 9707712c
// 9c1faf70 00000003": four numbers of the same width.
func (c *bugcheck) dotArguments(l line, text []byte) verdict {
	list := bytes.Fields(text)
	if len(list) != len(c.Args) || l.open && len(list[3]) < len(list[0]) || !c.arguments(list) {
		return broken(l)
	}
	return last
}

// analyzed reads the lines of !analyze that are kept.
func (c *bugcheck) analyzed(l line, text []byte) verdict {
	if code, ok := title(text); ok && c.Code == 0 {
		c.stop(l, code)
		return row
	}
	if i := argument(text); i >= 0 {
		return c.numbered(l, i, text[len("Arg1:"):])
	}
	label, value, ok := bytes.Cut(text, []byte(":"))
	value = trim(value)
	switch {
	case !ok || len(value) == 0:
		return foreign
	case string(label) == "BUGCHECK_CODE" && !l.open:
		if code, rest, ok := hexWord(value); ok && len(rest) == 0 && code != 0 {
			c.stop(l, code)
		}
	case string(label) == "IMAGE_NAME" && !l.open:
		c.guess(value)
	case string(label) == "MODULE_NAME" && !l.open && c.Image == "":
		c.guess(value)
	case string(trim(label)) == "Probably caused by" && c.Image == "":
		name, _, _ := bytes.Cut(value, []byte(" ("))
		c.guess(trim(name))
	default:
		return foreign
	}
	return noise
}

// guess keeps a name the debugger suspects, but not "Unknown_Image".
func (c *bugcheck) guess(name []byte) {
	if !bytes.HasPrefix(name, []byte("Unknown_")) && string(name) != "hardware" {
		c.Image = c.p.intern(name)
	}
}

// title reads the code behind the name of the stop: "SYSTEM_SERVICE_EXCEPTION (3b)".
func title(text []byte) (code uint64, ok bool) {
	name, rest, found := bytes.Cut(text, []byte(" ("))
	inside, closed := bytes.CutSuffix(rest, []byte(")"))
	v, n := hex(inside)
	if !found || !closed || n == 0 || n > 8 || n < len(inside) || v == 0 || bytes.IndexByte(name, '_') < 0 {
		return 0, false
	}
	for _, c := range name {
		if c != '_' && !digit(c) && (c < 'A' || c > 'Z') {
			return 0, false
		}
	}
	return v, true
}

// argument returns which argument a line "Arg2: ffffe708861aeea8, …" is about, from 0, or -1.
func argument(text []byte) int {
	if len(text) < len("Arg1:") || !bytes.HasPrefix(text, []byte("Arg")) || text[4] != ':' {
		return -1
	}
	if i := int(text[3]) - '1'; i >= 0 && i < 4 {
		return i
	}
	return -1
}

// numbered takes one argument. Some tools put the name of the driver in place of
// its address: "Arg2: mydriver.sys, name of the driver having the issue."
func (c *bugcheck) numbered(l line, i int, text []byte) verdict {
	value, meaning, _ := bytes.Cut(trim(text), []byte(","))
	v, n := hex(value)
	switch {
	case n > 0 && n == len(value) && l.open && len(value) != 16 && len(meaning) == 0:
		return partial
	case n > 0 && n == len(value):
		if i == c.Known { // else it is known from a line above, or one is missing
			c.Args[i], c.Known = v, i+1
		}
		return row
	case i == 1 && bytes.Contains(meaning, []byte("name of the driver")) && bytes.IndexByte(value, '.') > 0:
		c.Driver = c.p.intern(value)
		c.Known = max(c.Known, i+1)
		return row
	}
	return broken(l)
}

// prose accepts the rest. A typed analysis ends at the prompt; a copy without
// one ends where a paragraph begins that no analysis has.
func (c *bugcheck) prose(b *block, text []byte) verdict {
	switch {
	case b.typed && strings.HasPrefix(b.Command, "!"):
		b.aside = true
		return noise
	case b.typed:
		return b.other(text)
	case !b.begun, elided(text):
		return foreign
	case c.analysis && (!b.blank || analysisLine(text)), c.analysis && chatter(text):
		return noise
	}
	if bytes.HasPrefix(text, []byte("Probably caused by")) {
		return noise
	}
	return foreign
}

// analysisLines begin the paragraphs of an analysis that are no "LABEL:  value".
var analysisLines = []string{
	"Debugging Details:", "Arguments:", "Key ", "Value:", "Use !analyze -v", "Followup:", "---",
}

// analysisLine recognises how the paragraphs of an analysis begin: with one of
// those, with the name of the stop, or with a label in capitals, "MODULE_NAME: nt".
func analysisLine(text []byte) bool {
	for _, begin := range analysisLines {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	if _, ok := title(text); ok {
		return true
	}
	label, _, ok := bytes.Cut(text, []byte(":"))
	for _, c := range label {
		if c != '_' && !digit(c) && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return ok && len(label) > 3
}

// finish calls a stop without its arguments unclosed.
func (c *bugcheck) finish(b *block, end ending) { b.State = listed(end) }

// differs compares code and arguments as far as both are known. A minidump sets a
// flag in the upper bits of the code, and texts widen arguments of 32 bits.
func (c *bugcheck) differs(before body) bool {
	old, ok := before.(*bugcheck)
	if !ok || c.Code == 0 || old.Code == 0 {
		return false
	}
	if (c.Code^old.Code)&0x0fffffff != 0 {
		return true
	}
	for i := range min(c.Known, old.Known) {
		named := i == 1 && c.Driver+old.Driver != "" // in place of its address
		if uint32(c.Args[i]) != uint32(old.Args[i]) && !named {
			return true
		}
	}
	return false
}

// merge keeps the first stop code and completes it.
func (c *bugcheck) merge(m *moment) {
	known := m.snap.Bugcheck
	switch {
	case c.Code == 0:
	case known == nil:
		m.snap.Bugcheck = &c.Bugcheck
	default:
		if c.Known > known.Known {
			known.Args, known.Known = c.Args, c.Known
		}
		if known.Driver == "" {
			known.Driver = c.Driver
		}
		if known.Image == "" {
			known.Image = c.Image
		}
	}
}

// nameLeaker finds the driver of a stop C4/62 in the rest of the snapshot: the
// text at the address given, or the only driver that holds as many blocks as were
// left, or the only one whose blocks somebody asked for without learning that it
// holds another number.
func (m *moment) nameLeaker() {
	c := m.snap.Bugcheck
	if c == nil || c.Code != stopVerifier || c.Known < 2 || c.Args[0] != leftAtUnload || c.Driver != "" {
		return
	}
	if s, ok := m.runs[memoryKey(c.Args[1])].(*memoryText); ok && s.text != "" {
		c.Driver = s.text
		return
	}
	holders := 0
	for _, d := range m.snap.Verified {
		if held := d.NonPaged.Allocs + d.Paged.Allocs; c.Known == 4 && held > 0 && held == c.Args[3] {
			holders++
			c.Driver = d.Module
		}
	}
	if holders != 1 {
		c.Driver = ""
	}
	if c.Driver != "" || len(m.asked) != 1 {
		return
	}
	for key, name := range m.asked {
		if _, listed := m.facts[fact{kind: "verified", name: key}]; !listed {
			c.Driver = name
		}
	}
}
