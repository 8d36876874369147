package windbg

import (
	"fmt"
	"strings"

	"poolsweep/ingest"
)

// verdict is what a command's reader says about a line.
type verdict uint8

const (
	foreign verdict = iota + 1 // not known: the block machine decides
	row                        // a row that was understood
	noise                      // belongs to the output, carries no row
	last                       // the line the output ends with
	partial                    // a row that the end of the file cuts
	bad                        // a row of the output that is not whole
)

// ending is what ended a block.
type ending uint8

const (
	byItself ending = iota + 1 // the closing line of the output
	byPrompt                   // the next prompt
	byText                     // something that is no output of the command
	byEOF
)

// body reads the output of one command.
type body interface {
	// read takes one line. The line's text is only valid during the call.
	read(b *block, l line) verdict
	// finish says in b.State how the output ended.
	finish(b *block, end ending)
	// merge adds what was read to the snapshot.
	merge(m *moment)
}

// figures is a body whose figures change from one moment to the next. When it
// differs from what the same command printed before, another snapshot begins.
type figures interface {
	body
	differs(before body) bool
}

// block is the output of one command while it is being read.
type block struct {
	ingest.Block
	p      *parser
	cmd    *command
	body   body
	key    string // equal for commands that print the same: word and arguments
	typed  bool   // the command was typed at a prompt, not concluded from a header
	begun  bool   // output of the expected shape was seen
	blank  bool   // a blank line follows the last row
	from   int    // line of the header the block was found by; 0 without one
	aside  bool   // lines were passed over that tell nothing
	cut    bool   // the file ends in the middle of a row
	lines  int    // lines beside the rows, without blank ones
	doubts doubts
	lost   string // the first line seen instead of the expected output
	lostAt int
}

// open starts a block.
func (p *parser) open(cmd *command, c typed, atPrompt bool) {
	b := &block{
		Block: ingest.Block{Source: p.source(c.line), Command: c.text, LastLine: c.line},
		p:     p, cmd: cmd, typed: atPrompt,
	}
	b.body, b.key = cmd.body(p, c)
	p.block, p.state, p.opened = b, inside, c.line
}

// close ends the block and adds what it told to the snapshot it belongs to.
func (p *parser) close(end ending) {
	b := p.block
	p.block, p.state = nil, between
	if !b.begun && !b.typed {
		p.doc.Outside += b.lines
		return // a caption in prose
	}
	if b.cmd.minor && (b.aside || !b.begun) && b.Rows+b.Unread == 0 && !b.cut {
		word, _, _ := strings.Cut(b.Command, " ")
		p.unused(word, b.Line)
		p.doc.Passed += b.lines
		return
	}
	b.finish(end)
	if b.State == 0 {
		p.doc.Outside += b.Rows + b.lines
		return // the table turned out to be none of its kind
	}
	if _, ok := b.body.(sessionOutput); ok {
		p.asked = append(p.asked, b)
		return // its lines decide only now which snapshot they belong to
	}
	p.settle()
	if h, ok := b.body.(hosted); ok && len(h.moments()) > 1 {
		p.compare(b, h)
		return
	}
	if p.cur == nil || p.cur.sealed {
		p.next(b.Line)
	}
	before := p.cur.runs[b.key]
	if f, ok := b.body.(figures); ok && before != nil && (p.later.line > 0 || f.differs(before)) {
		p.next(b.Line)
	}
	m := p.cur
	m.runs[b.key] = b.body
	b.body.merge(m)
	p.record(append(p.asked, b))
}

// record adds finished blocks to the current snapshot.
func (p *parser) record(blocks []*block) {
	for _, b := range blocks {
		p.cur.snap.Blocks = append(p.cur.snap.Blocks, b.Block)
		p.cur.snap.Warnings = append(p.cur.snap.Warnings, b.doubts.list()...)
	}
	p.asked = p.asked[:0]
}

func (b *block) finish(end ending) {
	b.body.finish(b, end)
	if b.Unread > 0 && b.State == ingest.BlockComplete {
		b.State = ingest.BlockUnclosed
	}
	if b.cut {
		b.State = ingest.BlockCut
	}
	if !b.begun {
		b.State = ingest.BlockUnclosed
		b.doubts.add(b.p.source(max(b.lostAt, b.Line)), "no output found for "+b.Command, b.lost)
	}
}

// listed is the state of an output without a closing line: complete when
// something follows, because a log that stops right there may have lost the rest.
func listed(end ending) ingest.BlockState {
	if end == byEOF {
		return ingest.BlockUnclosed
	}
	return ingest.BlockComplete
}

// warn adds a warning about a line. The same message again is only counted.
func (b *block) warn(l line, message string) {
	b.doubts.add(b.p.source(l.no), message, excerpt(l.text))
}

// unread counts a line inside the output that was not understood.
func (b *block) unread(l line) {
	b.Unread++
	b.LastLine = max(b.LastLine, l.no)
	b.count(l)
	b.warn(l, "line not understood in the output of "+b.Command)
}

// stray remembers the first line printed in place of the expected output, such
// as "unable to get nt!PoolTrackTable".
func (b *block) stray(l line) {
	if b.lostAt == 0 {
		b.lost, b.lostAt = excerpt(l.text), l.no
	}
	b.LastLine = l.no
	b.count(l)
}

// count counts a line that is no row.
func (b *block) count(l line) {
	if len(unindent(l.text)) > 0 {
		b.lines++
	}
}

// doubts collects warnings; a message that comes again is counted, so that a
// damaged log of any size gives few of them.
type doubts struct {
	warnings []ingest.Warning
	again    []int
}

const maxDoubts = 50

func (d *doubts) add(at ingest.Source, message, text string) {
	for i := range d.warnings {
		if d.warnings[i].Message == message {
			d.again[i]++
			return
		}
	}
	if len(d.warnings) == maxDoubts {
		d.again[maxDoubts-1]++
		return
	}
	d.warnings = append(d.warnings, ingest.Warning{Source: at, Message: message, Text: text})
	d.again = append(d.again, 0)
}

// list returns the warnings in the order they came up.
func (d *doubts) list() []ingest.Warning {
	for i, n := range d.again {
		if n > 0 {
			d.warnings[i].Message += fmt.Sprintf(" (and %d more)", n)
		}
	}
	return d.warnings
}
