package windbg

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"poolsweep/ingest"
)

// moment is a snapshot while it is put together, with what is needed to merge
// the outputs of several commands without counting anything twice.
type moment struct {
	snap      *ingest.Snapshot
	base      uint64        // kernel base: changes with every boot
	dump      string        // path of the dump
	at        time.Time     // session time as printed by the debugger
	uptime    time.Duration // as printed by the debugger
	uptimeOK  bool
	collected collection
	runs      map[string]body   // what every command printed last
	sealed    bool              // one of several that a table compares: other outputs are not of it
	borrowed  bool              // snap.Tags are still the rows of the first table
	listed    bool              // snap.Processes are those of the debugger
	rows      map[rowKey]int    // index into snap.Tags; nil before a second table
	modules   map[moduleKey]int // index into snap.Modules
	facts     map[fact]int      // what is kept once, with its index in the snapshot
	asked     map[string]string // drivers whose allocations !verifier was asked for
}

// rowKey identifies a row of a pool table by tag and pool: the same tag may be
// used in both.
type rowKey uint64

// keyOfRow packs both into a number.
func keyOfRow(u ingest.TagUsage) rowKey {
	return rowKey(binary.BigEndian.Uint32(u.Tag[:]))<<8 | rowKey(u.Pool)
}

// indexOf finds rows again.
func indexOf(rows []ingest.TagUsage) map[rowKey]int {
	index := make(map[rowKey]int, len(rows))
	for i, u := range rows {
		index[keyOfRow(u)] = i
	}
	return index
}

// moduleKey identifies a module: unloaded ones come back at the same addresses.
type moduleKey struct {
	start, end uint64
	unloaded   bool
}

// settle assigns the session lines seen since the last block: they complete the
// current snapshot, or begin a new one when they tell of another moment.
func (p *parser) settle() {
	s := p.session
	p.session = session{}
	switch {
	case !s.known():
	case p.cur == nil, p.cur.sealed, s.elsewhere(p.cur):
		p.later = s
		p.next(s.line)
	case len(p.cur.snap.Blocks) == 0:
		p.cur.identify(s)
	default:
		p.cur.complete(s)
		if !s.at.IsZero() && !s.at.Equal(p.cur.at) {
			p.later = s
		}
	}
}

// next begins a snapshot at a line, with the identity that is known by then.
func (p *parser) next(no int) {
	s := p.later
	p.later = session{}
	if s.line > 0 {
		no = s.line
	}
	if len(p.asked) > 0 {
		no = min(no, p.asked[0].Line)
	}
	m := &moment{
		snap:    &ingest.Snapshot{Source: p.source(no)},
		runs:    map[string]body{},
		modules: map[moduleKey]int{},
		asked:   map[string]string{},
	}
	m.identify(s)
	if p.cur != nil {
		p.cur.nameLeaker()
		m.inherit(p.cur, s)
	}
	if !p.targets.seen && len(p.compared) == 0 { // else the reader may come back to an older one
		p.handOver()
	}
	p.cur = m
	p.doc.Snapshots = append(p.doc.Snapshots, m.snap)
}

// identify takes over what session lines told, the later ones winning.
func (m *moment) identify(s session) {
	before := session{
		machine: m.snap.Machine, os: m.snap.OS, at: m.at, uptime: m.uptime, uptimeOK: m.uptimeOK,
		collected: m.collected,
	}
	m.snap.Machine, m.snap.OS, m.at = s.machine, s.os, s.at
	m.uptime, m.uptimeOK = s.uptime, s.uptimeOK
	m.collected = s.collected
	if s.base != 0 {
		m.base = s.base
	}
	if s.dump != "" {
		m.dump = s.dump
	}
	m.complete(before)
	m.complete(session{also: s.also})
}

// complete takes over what the snapshot does not know yet.
func (m *moment) complete(s session) {
	switch {
	case m.snap.Machine.Name == "":
		m.snap.Machine = s.machine
	case m.snap.Machine.From == ingest.NameFromHeader && differ(s.machine.Name, m.snap.Machine.Name):
		s.also = s.machine.Name
	}
	if m.snap.OS.Text == "" {
		m.snap.OS = s.os
	}
	if m.at.IsZero() {
		m.at = s.at
		if !m.uptimeOK {
			m.uptime, m.uptimeOK = s.uptime, s.uptimeOK
		}
	}
	if m.base == 0 {
		m.base = s.base
	}
	if m.collected.time.IsZero() {
		m.collected = s.collected
	}
	m.alsoNamed(s.also)
	m.tellTime()
}

// tellTime sets the snapshot's time. That of the collection header stands in where the
// debugger prints none.
func (m *moment) tellTime() {
	m.snap.At, m.snap.Uptime, m.snap.UptimeOK = m.at, m.uptime, m.uptimeOK
	if c := m.collected; m.at.IsZero() && !c.time.IsZero() {
		m.snap.At = c.time
		if up := c.time.Sub(c.boot); !m.uptimeOK && !c.boot.IsZero() && up >= 0 {
			m.snap.Uptime, m.snap.UptimeOK = up, true
		}
	}
}

// alsoNamed warns about a name in the log that is not that of the collection header.
func (m *moment) alsoNamed(name string) {
	message := fmt.Sprintf("the collection header names machine %q, the log %q; the header is believed",
		m.snap.Machine.Name, name)
	known := slices.ContainsFunc(m.snap.Warnings, func(w ingest.Warning) bool { return w.Message == message })
	if name != "" && !known {
		m.snap.Warnings = append(m.snap.Warnings, ingest.Warning{Source: m.snap.Source, Message: message})
	}
}

// inherit carries over what stays the same on one machine, and the modules when
// it was not booted in between. The lines s begin the new snapshot.
func (m *moment) inherit(from *moment, s session) {
	if s.os.Text != "" && from.snap.OS.Text != "" && s.os.Text != from.snap.OS.Text || s.another(from) {
		return // another machine's dump in the same log
	}
	rebooted := s.rebooted(from)
	if rebooted && differ(s.dump, from.dump) && from.snap.Machine.From != ingest.NameFromHeader {
		return // another dump: nothing tells that it is of the same machine
	}
	m.complete(session{machine: from.snap.Machine, os: from.snap.OS})
	m.snap.RAM = from.snap.RAM
	m.dump = cmp.Or(m.dump, from.dump)
	if rebooted {
		return
	}
	m.base = from.base
	m.snap.Modules = slices.Clone(from.snap.Modules)
	for i := range m.snap.Modules {
		m.modules[keyOf(&m.snap.Modules[i])] = i
	}
}

// keyOf identifies a module by what every print of it has in common.
func keyOf(m *ingest.Module) moduleKey { return moduleKey{m.Start, m.End, m.Unloaded} }
