package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// zombies reads what tools print that look for handles to dead processes:
//
//	1115 zombies held by svchost.exe(2496)
//	    1081 zombies of svchost.exe (process: 1081 - thread: 0)
//
// No command of the debugger prints it: it is found by its first line.
type zombies struct {
	p       *parser
	holders []ingest.Zombies
	dead    []ingest.Tally
	index   map[string]int // the names of the dead
}

// maxZombieNames is how many names are kept, of holders and of the dead.
const maxZombieNames = 10000

func newZombies(p *parser, _ typed) (body, string) {
	return &zombies{p: p, index: map[string]int{}}, "zombies"
}

// zombiesHeader recognises a holder.
func zombiesHeader(text []byte) bool {
	_, name := zombieLine(text, " held by ")
	return name != nil
}

// zombieLine reads "1115 zombies held by NAME" and "1081 zombies of NAME (…)".
func zombieLine(text []byte, relation string) (count int64, name []byte) {
	v, n := number(text)
	rest, ok := bytes.CutPrefix(text[n:], []byte(" zombies"))
	if !ok {
		rest, ok = bytes.CutPrefix(text[n:], []byte(" zombie"))
	}
	name, found := bytes.CutPrefix(rest, []byte(relation))
	name = trim(name)
	if n == 0 || !ok || !found || len(name) == 0 || v > 1<<40 {
		return 0, nil
	}
	return int64(v), name
}

func (s *zombies) read(b *block, l line) verdict {
	text := trim(l.text)
	if count, name := zombieLine(text, " held by "); name != nil {
		if l.open && name[len(name)-1] != ')' {
			return partial
		}
		b.begun = true
		b.Command = "zombies"
		if len(s.holders) < maxZombieNames {
			s.holders = append(s.holders, s.holder(l, name, count))
		}
		return row
	}
	count, name := zombieLine(text, " of ")
	if name == nil || len(s.holders) == 0 {
		return foreign
	}
	if l.open && name[len(name)-1] != ')' {
		return partial
	}
	if i := bytes.Index(name, []byte(" (")); i > 0 {
		s.kinds(name[i+len(" ("):])
		name = name[:i]
	}
	s.died(l, s.p.intern(name), count)
	return row
}

// holder takes "svchost.exe(2496)" apart.
func (s *zombies) holder(l line, name []byte, held int64) ingest.Zombies {
	z := ingest.Zombies{Held: held, Source: s.p.source(l.no)}
	if i := bytes.LastIndexByte(name, '('); i > 0 {
		if pid, n := number(name[i+1:]); n > 0 && string(name[i+1+n:]) == ")" {
			z.PID, name = pid, trim(name[:i])
		}
	}
	z.Holder = s.p.intern(name)
	return z
}

// kinds adds "process: 1081 - thread: 0)" to what the last holder keeps.
func (s *zombies) kinds(text []byte) {
	z := &s.holders[len(s.holders)-1]
	for _, kind := range []struct {
		label string
		count *int64
	}{{"process: ", &z.Processes}, {"thread: ", &z.Threads}} {
		_, after, _ := bytes.Cut(text, []byte(kind.label))
		if v, n := number(after); n > 0 && v < 1<<40 {
			*kind.count += int64(v)
		}
	}
}

// died adds up the dead of one name, whoever holds them.
func (s *zombies) died(l line, name string, count int64) {
	i, ok := s.index[name]
	if !ok {
		if len(s.dead) == maxZombieNames {
			return
		}
		i = len(s.dead)
		s.index[name] = i
		s.dead = append(s.dead, ingest.Tally{What: "zombies of " + name, Source: s.p.source(l.no)})
	}
	s.dead[i].Count += count
}

func (s *zombies) finish(b *block, end ending) { b.State = listed(end) }

func (s *zombies) merge(m *moment) {
	m.snap.Zombies = append(m.snap.Zombies, s.holders...)
	for _, t := range s.dead {
		m.tally(t.What, t.Count, t.Source)
	}
}
