package windbg

import "bytes"

// targets keeps apart what a debugger with several dumps open prints: its prompts
// carry the number of the one that a command is for, "||1:0: kd> !vm", and the
// banners of all stand above the first prompt.
type targets struct {
	current int // the number in the last prompt; 0 where there is none
	seen    bool
	loaded  []session       // what the banners told, in order
	moments map[int]*moment // the snapshots of those that are not current
}

// targetOf returns the number of the target that a prompt names.
func targetOf(text []byte) (n int, ok bool) {
	text, ok = bytes.CutPrefix(unindent(text), []byte("||"))
	v, digits := number(text)
	if !ok || digits == 0 || digits > 4 {
		return 0, false
	}
	return int(v), true
}

// load notes that another dump is being opened: what was told so far is about the
// one before.
func (p *parser) load() {
	if p.session.known() {
		p.targets.loaded = append(p.targets.loaded, p.session)
	}
}

// target turns to the snapshot of the target that the prompt names.
func (p *parser) target(l line) {
	n, ok := targetOf(l.text)
	t := &p.targets
	if !ok || t.seen && n == t.current {
		return
	}
	if !t.seen {
		t.seen, t.moments = true, map[int]*moment{}
		if p.session.known() && len(t.loaded) > 0 {
			t.loaded = append(t.loaded, p.session)
		}
		if n >= len(t.loaded) {
			t.current = n
			return
		}
	} else {
		p.flush()
		t.moments[t.current] = p.cur
		p.cur, p.session = t.moments[n], session{}
	}
	p.later, t.current = session{}, n
	if p.cur == nil && n < len(t.loaded) {
		p.session = t.loaded[n]
		p.session.line = l.no
	}
}
