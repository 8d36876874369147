package windbg

import (
	"bytes"
	"fmt"
	"strings"

	"poolsweep/ingest"
)

// wrapped keeps what is needed to join lines that a console or a mail program has
// broken. Only what leaves no doubt is joined.
type wrapped struct {
	held line       // the begin of a row or header whose rest is to come
	tag  ingest.Tag // of the row right above
	no   int        // line of that row
}

// narrowest is how long a line is at least that was broken for its length.
const narrowest = 60

// rejoin reads a line as the rest of the one held back. ok is false when it is not.
func (t *poolused) rejoin(b *block, l line) (v verdict, ok bool) {
	held := t.wrap.held
	t.wrap.held = line{}
	for _, between := range []string{"", " "} { // the break may have cost the blank
		if l.open || t.head.each > 0 && t.beginsRow(l.text) {
			break
		}
		joined := line{text: bytes.Join([][]byte{held.text, l.text}, []byte(between)), no: held.no, open: l.open}
		if v = t.readLine(b, joined); v == row || v == last || v == noise && t.head.each > 0 {
			return v, true
		}
	}
	b.unread(held)
	return 0, false
}

// beginsRow reports whether a line may be a row of its own: a tag may be a number.
func (t *poolused) beginsRow(text []byte) bool {
	at := skipBlanks(text, 0)
	_, n := number(text[at:])
	return at == t.head.tag && n <= len(ingest.Tag{})
}

// hold keeps a line whose rest stands on the next one: names or numbers only, but not
// enough of them. Rows of four numbers are too short to be broken.
func (t *poolused) hold(l line) bool {
	fields := strings.Fields(string(l.text[:min(len(l.text), 2*narrowest)]))
	if l.open || len(l.text) < narrowest || len(l.text) > 2*narrowest || len(fields) < 5 {
		return false
	}
	if t.head.each == 0 {
		if !strings.HasPrefix(poolColumns[1].names, strings.Join(fields, " ")) {
			return false
		}
	} else if t.head.numbers() < 8 || !onlyNumbers(l.text[t.head.tag+len(ingest.Tag{})+1:]) {
		return false
	}
	t.wrap.held = line{text: bytes.Clone(l.text), no: l.no}
	return true
}

// onlyNumbers reports whether text holds digits and blanks alone.
func onlyNumbers(text []byte) bool { return len(bytes.Trim(text, "0123456789 \t*")) == 0 }

// continues reads a line as the rest of the description of the row right above, and
// completes it:
//
//	 Qbuf     61204     31336448          0            0	UNKNOWN pooltag 'Qbuf', please
//	update pooltag.txt
func (t *poolused) continues(l line) bool {
	rest := trim(l.text)
	if t.wrap.no != l.no-1 || len(rest) == 0 || len(rest) > maxTagDescription || blank(first(l.text)) {
		return false
	}
	found := false
	for _, pool := range bothPools {
		i, ok := t.p.memory.of(t.wrap.tag).find(t.number, pool)
		if !ok {
			continue
		}
		u := &t.rows[i]
		whole := u.Description + " " + string(rest)
		if !completes(u, whole) {
			return false
		}
		u.Description, found = whole, true
	}
	return found
}

// completes reports whether a description goes on as the debugger prints it: with the
// rest of its text about unknown tags, with the name of the binary.
func completes(u *ingest.TagUsage, whole string) bool {
	if strings.HasPrefix(whole, "UNKNOWN pooltag") {
		return whole == fmt.Sprintf("UNKNOWN pooltag '%s', please update pooltag.txt", u.Tag)
	}
	before, binary, ok := strings.Cut(whole, "Binary:")
	broken := strings.HasSuffix(u.Description, "Binary:") ||
		strings.HasSuffix(u.Description, ",") && len(before) <= len(u.Description)+1
	return ok && broken && len(strings.Fields(binary)) == 1
}
