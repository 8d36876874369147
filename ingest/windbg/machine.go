// Package windbg reads what kernel debuggers print (WinDbg, kd, livekd) into
// snapshots. It works in two layers: a block machine that finds out which line
// belongs to which command's output, and one reader a command for the lines inside.
// Nothing in a text is an error: what cannot be read becomes a warning.
package windbg

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"poolsweep/ingest"
)

// Read reads clean UTF-8 text from r. The name stands in every Source. Tables
// describes what other tools print; their output is read wherever it stands
// between the debugger's. Only a failing r is an error.
func Read(r io.Reader, name string, tables ...ingest.Table) (*ingest.Document, error) {
	return ReadEach(r, name, func(*ingest.Snapshot) {}, tables...)
}

// ReadEach is Read for logs of any length: each snapshot is handed to done as soon as
// nothing more can come to it. Tables that it takes off it has to copy: the room of
// their rows is used again.
func ReadEach(r io.Reader, name string, done func(*ingest.Snapshot), tables ...ingest.Table) (*ingest.Document, error) {
	m := memories.Get().(*memory)
	defer memories.Put(m)
	p := newParser(name, m)
	p.done = done
	for _, t := range tables {
		p.hosted = append(p.hosted, hostedCommand(t))
	}
	in := newLines(r, m.buf)
	for in.next() {
		p.read(in.line)
		if p.repeating != nil && p.paste.quote == nil {
			p.repeating.pass(in, p.block)
		}
		p.repeating = nil
	}
	if in.err != nil {
		return nil, fmt.Errorf("read %s: %w", name, in.err)
	}
	return p.finish(in.no), nil
}

// state is where the block machine stands. Every line moves it on by one method
// of parser.
type state uint8

const (
	// between: no output is being read. At the start, after a block, after an empty
	// prompt. Prompts and the headers of pasted tables are looked for.
	//   "0: kd> !poolused 2", "Filter List: …"  → inside
	//   "0: kd> !analyze -v"                    → skipping
	between state = iota + 1
	// inside: the lines belong to the block of a command we read.
	//   " NtFC   1204   385280   0   0"         → inside
	//   "TOTAL …", prose after a blank line     → between
	//   "0: kd> …"                              → as from between
	inside
	// skipping: the output of a command we do not read. Whatever stands there, even
	// the header of a table, belongs to that command; only session lines count.
	//   "0: kd> …"                              → as from between
	skipping
)

// parser is the block machine and what it has found so far.
type parser struct {
	doc    *ingest.Document
	doubts doubts // about the file as a whole

	state  state
	block  *block  // the block being read when inside
	opened int     // line of the last block
	hints  []typed // commands typed without their output seen yet

	repeating *attachments // the list whose last line came again, and may go on so

	cur     *moment  // the snapshot being put together; nil before the first fact
	session session  // what session lines told since the last block
	asked   []*block // .time and the like since then
	later   session  // a time told by .time that no snapshot has taken yet

	compared []*moment // the snapshots of the last table that compares moments

	done   func(*ingest.Snapshot) // is handed the snapshots that are whole
	handed int                    // how many it has

	targets targets    // where several dumps are open
	hosted  []*command // the tables of other tools
	paste   paste

	memory *memory           // of the logs read before
	names  map[string]string // repeated texts, kept once
	texts  strings.Builder   // the others, many in one piece of memory
}

func newParser(name string, m *memory) *parser {
	return &parser{
		doc:   &ingest.Document{File: strings.ReplaceAll(name, `\`, "/")},
		state: between,
		done:  func(*ingest.Snapshot) {},
		names: map[string]string{}, memory: m,
	}
}

func (p *parser) read(l line) {
	if l.long {
		p.doubts.add(p.source(l.no), "line longer than 64 KiB, the rest of it is not read", excerpt(l.text))
	}
	if p.paste.quote != nil {
		l = p.paste.unquote(l, p.state == inside)
		if p.paste.quote == nil && p.state == inside {
			p.block.blank = p.block.begun // what follows is of another writer
		}
	}
	if p.paste.marked {
		l = p.paste.clean(l)
	}
	switch p.state {
	case inside:
		p.inside(l)
	case skipping:
		p.skipping(l)
	default:
		p.between(l)
	}
}

// finish ends the document after its last line.
func (p *parser) finish(count int) *ingest.Document {
	if p.state == inside {
		p.close(byEOF)
	}
	p.flush()
	if p.cur != nil {
		p.cur.nameLeaker()
	}
	p.forget()
	p.doc.Lines = count
	blocks := 0
	for _, s := range p.doc.Snapshots {
		blocks += len(s.Blocks)
	}
	switch {
	case blocks > 0:
	case p.cur != nil:
		p.doubts.add(p.source(0), "nothing but lines about the session was found, no output of a known command", "")
	default:
		p.doubts.add(p.source(0), "no known debugger output was found", "")
	}
	p.doc.Warnings = p.doubts.list()
	p.handOver()
	return p.doc
}

// handOver hands over all snapshots so far.
func (p *parser) handOver() {
	for _, s := range p.doc.Snapshots[p.handed:] {
		rows := s.Tags
		p.done(s)
		p.memory.release(rows, s)
	}
	p.handed = len(p.doc.Snapshots)
}

// flush assigns what session lines and .time have told to the current snapshot.
func (p *parser) flush() {
	p.settle()
	if p.cur == nil && len(p.asked) > 0 {
		p.next(p.asked[0].Line)
	}
	if p.cur != nil {
		p.record(p.asked)
	}
}

// between looks for the begin of a block.
func (p *parser) between(l line) {
	if command, ok := prompt(l.text); ok {
		p.command(command, l)
		return
	}
	if p.sessionLine(l, false) {
		return
	}
	if command, ok := shellPrompt(l.text); ok {
		p.shell(command, l)
		return
	}
	if cmd := p.headed(l.text); cmd != nil {
		p.paste.marked = l.mended
		p.open(cmd, p.hinted(cmd, l), false)
		p.block.from = l.no
		p.inside(l)
		return
	}
	m, mark := p.paste.mend(l)
	if p.begins(m, mark) {
		p.paste.learn(m, mark)
		p.between(m)
		return
	}
	if !p.hint(m) && len(trim(m.text)) > 0 {
		p.doc.Outside++
	}
}

// begins reports whether a line that had to be mended begins an output. Of the
// debugger's own lines only those in a quotation count: a list may name any machine.
func (p *parser) begins(l line, mark []byte) bool {
	if len(mark) == 0 && !l.mended {
		return false
	}
	_, shell := shellPrompt(l.text)
	quotation := len(mark) == 0 || bytes.IndexByte(mark, '>') >= 0
	return shell || promptLength(l.text) > 0 || p.headed(l.text) != nil || quotation && isSessionLine(l.text)
}

// skipping drops the output of an unknown command.
func (p *parser) skipping(l line) {
	if command, ok := prompt(l.text); ok {
		p.command(command, l)
		return
	}
	if _, ok := shellPrompt(l.text); ok {
		p.state = between
		p.between(l)
		return
	}
	if p.sessionLine(l, false) {
		return
	}
	if mayHidePrompt(l.text) {
		m, mark := p.paste.mend(l)
		if _, shell := shellPrompt(m.text); shell || promptLength(m.text) > 0 {
			p.paste.learn(m, mark)
			p.skipping(m)
			return
		}
	}
	if len(trim(l.text)) > 0 {
		p.doc.Passed++
	}
}

// shell starts the output of a tool that was typed at a Windows command prompt.
func (p *parser) shell(text []byte, l line) {
	c := newTyped(text, l.no)
	if cmd := p.hosts(strings.ToLower(c.word)); cmd != nil {
		p.open(cmd, c, true)
	}
}

// inside hands the line to the block's reader, once more without markup where it
// says nothing to the reader as it stands.
func (p *parser) inside(l line) {
	b := p.block
	v := b.body.read(b, l)
	if v == row { // nearly always
		b.Rows++
		b.LastLine, b.blank = l.no, false
		return
	}
	v = sober(v, l)
	if v == noise && b.begun && b.cmd.generous { // a command behind it on the same line prints the next table
		if cmd := p.headed(l.text); cmd != nil && cmd != b.cmd {
			v = foreign
		}
	}
	if v == noise || v == foreign || v == bad {
		l, v = p.mended(b, l, v)
	}
	switch v {
	case row:
		b.Rows++
		b.LastLine, b.blank = l.no, false
	case noise:
		b.LastLine, b.blank = l.no, false
		b.count(l)
	case last:
		b.LastLine = l.no
		b.count(l)
		p.close(byItself)
	case partial:
		b.cut = true
		b.LastLine = l.no
		b.warn(l, "file ends in the middle of a row")
	case bad:
		b.unread(l)
	case foreign:
		p.foreign(b, l)
	}
}

// mended returns the line without markup if it tells more then: a row, or the begin of
// another output in a quotation.
func (p *parser) mended(b *block, l line, v verdict) (line, verdict) {
	if _, ok := shellPrompt(l.text); ok {
		return l, v // its backslash is no markup
	}
	if _, ok := b.body.(hosted); ok && v == noise {
		return l, v // other tools' tables mend their lines themselves, and remember each
	}
	m := p.paste.clean(l)
	if m.mended && !l.mended {
		switch w := sober(b.body.read(b, m), m); {
		case len(trim(m.text)) == 0 && v != noise: // a code fence
			m.open = false
			return m, foreign
		case w == row, w == last, w == noise && v != noise, w == foreign && p.begins(m, nil):
			p.paste.learn(m, nil)
			return m, w
		}
	}
	if v != foreign || quoteMark(l.text) == 0 {
		return l, v
	}
	if m, mark := p.paste.mend(l); p.begins(m, mark) {
		p.paste.learn(m, mark)
		return m, foreign
	}
	return l, v
}

// sober corrects a reader of "Label: value" lines that is too generous: prompts and the
// debugger's own lines belong to no output.
func sober(v verdict, l line) verdict {
	if (v == noise || v == partial) && (promptLength(l.text) > 0 || isSessionLine(l.text)) {
		return foreign
	}
	return v
}

// foreign decides about a line the block's reader does not know.
func (p *parser) foreign(b *block, l line) {
	switch command, ok := prompt(l.text); {
	case ok:
		p.close(byPrompt)
		p.command(command, l)
	case len(trim(l.text)) == 0 && l.open && b.begun && !b.blank: // the indentation of a row
		b.cut = true
		b.warn(l, "file ends in the middle of a row")
	case len(trim(l.text)) == 0:
		b.blank = b.blank || !l.open
	case p.endsWith(b, l):
		p.close(byText)
		if b.from != l.no { // else it looks like a header and is none
			p.between(l)
		}
	case !b.begun: // the debugger loads symbols, sizes its cache, …
		b.stray(l)
	case elided(l.text):
		b.unread(l)
	case complaint(l.text):
		b.LastLine = l.no
	case b.blank && l.open: // too short to tell what would stand there
		p.close(byEOF)
		p.between(l)
	case b.blank:
		p.close(byText)
		p.between(l)
	default:
		b.unread(l)
		b.cut = b.cut || l.open
	}
}

// endsWith reports whether a line inside a block begins something else: the
// session's own lines, or the header of a table pasted right below.
func (p *parser) endsWith(b *block, l line) bool {
	if cmd := p.headed(l.text); cmd != nil && (b.begun || cmd != b.cmd) {
		return true
	}
	if !b.typed && !b.begun { // only a caption was seen, and no table follows
		return true
	}
	if _, ok := shellPrompt(l.text); ok {
		return true
	}
	return isSessionLine(l.text)
}

// command starts what a typed command line asks for.
func (p *parser) command(text []byte, l line) {
	p.state = between
	p.paste.marked = l.mended
	p.target(l)
	p.forget()
	if clean := p.paste.clean(line{text: text}); clean.mended {
		text = clean.text
	}
	for _, c := range commandsIn(text, l.no) {
		cmd := p.named(c)
		switch {
		case cmd != nil && p.state != inside:
			p.open(cmd, c, true)
			if v, ok := p.block.body.(*vm); ok {
				v.typedRest(p.block, l, []byte(c.args))
			}
		case cmd != nil:
			c.outside = p.doc.Outside
			p.hints = append(p.hints, c)
		case !quiet(c.word):
			p.skip(c)
		}
	}
}

// quiet reports whether a command prints nothing of its own, or what other
// commands print: a comment, a script, a loop.
func quiet(word string) bool {
	switch {
	case strings.HasPrefix(word, "*"), strings.HasPrefix(word, "$"):
		return true
	}
	switch word {
	case ".foreach", ".block", ".if", ".else", ".for", ".echo", ".logopen", ".logappend", ".logclose":
		return true
	}
	return false
}

// maxSkipped bounds how many different unknown commands are told apart.
const maxSkipped = 500

// skip passes over the output of a command that is not read.
func (p *parser) skip(c typed) {
	if p.state == between {
		p.state = skipping
	}
	p.unused(c.word, c.line)
}

// unused counts a command that told nothing.
func (p *parser) unused(word string, no int) {
	for i := range p.doc.Skipped {
		if p.doc.Skipped[i].Command == word {
			p.doc.Skipped[i].Count++
			return
		}
	}
	if len(p.doc.Skipped) < maxSkipped {
		p.doc.Skipped = append(p.doc.Skipped, ingest.SkippedCommand{Command: word, Count: 1, Line: no})
	}
}

// hint remembers a command that stands alone on a line without a prompt: copies
// of a log often lose the prompt, and articles name the command above its output.
func (p *parser) hint(l line) bool {
	text := trim(l.text)
	if len(text) < 2 || text[0] != '!' && !bytes.HasPrefix(text, []byte("lm")) {
		return false
	}
	c := newTyped(text, l.no)
	if p.named(c) == nil {
		return false
	}
	p.forget()
	c.bare, c.outside = true, p.doc.Outside
	p.hints = append(p.hints, c)
	return true
}

// forget drops the commands whose output was not found.
func (p *parser) forget() {
	for _, c := range p.hints {
		if c.bare {
			p.doc.Outside++
		}
	}
	p.hints = p.hints[:0]
}

// hinted returns the command line that a table found by its header belongs to.
func (p *parser) hinted(cmd *command, l line) typed {
	for i, c := range p.hints {
		if p.named(c) == cmd {
			p.hints = append(p.hints[:0], p.hints[i+1:]...)
			switch {
			case c.line >= p.opened:
				p.doc.Outside = c.outside // what stands between is in the block
			case c.bare:
				p.doc.Outside++
				fallthrough
			default: // another output came in between
				c.line = l.no
			}
			return c
		}
	}
	return typed{line: l.no}
}

// source returns the place of a line of the file.
func (p *parser) source(no int) ingest.Source {
	return ingest.Source{File: p.doc.File, Line: no}
}

// maxNames bounds the texts kept for reuse.
const maxNames = 1 << 14

// intern returns the text as a string, the same one for the same bytes.
func (p *parser) intern(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if s, ok := p.names[string(text)]; ok {
		return s
	}
	s := strings.ToValidUTF8(string(text), "\ufffd")
	if len(p.names) < maxNames {
		p.names[string(text)] = s
	}
	return s
}

// keep returns the text as a string, for texts that seldom come twice.
func (p *parser) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	const piece = 16 << 10
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	if p.texts.Cap()-p.texts.Len() < len(text) {
		p.texts = strings.Builder{} // strings made so far keep the old piece alive
		p.texts.Grow(max(piece, len(text)))
	}
	from := p.texts.Len()
	p.texts.Write(text)
	return p.texts.String()[from:]
}
