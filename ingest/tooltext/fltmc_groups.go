package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// place is where the attachments of one row are counted.
type place struct{ filter, group int }

// groups finds the group of a row. Nearly all rows of a driver that attaches
// without end print like one before, so whole lines are remembered.
type groups struct {
	lines map[string]place
	named map[string]place // by filter, instance, altitude and volume; by filter alone
	count int
	key   []byte

	last   []byte // the line before, when it was a row
	lastAt place
}

const (
	maxLines  = 1 << 14 // how many different lines are remembered
	maxGroups = 1 << 14 // how many groups of a list are told apart
)

// again counts a line that was read before.
func (g *groups) again(list []ingest.Filter, line []byte) bool {
	if len(g.last) == 0 || len(line) == 0 {
		return false
	}
	at := g.lastAt
	if !bytes.Equal(line, g.last) {
		// Rows that print the same are counted, never taken for copies: volumes
		// without a name are several, and a runaway filter is what is looked for.
		var ok bool
		if at, ok = g.lines[string(line)]; !ok {
			return false
		}
		g.last, g.lastAt = append(g.last[:0], line...), at
	}
	list[at.filter].Instances[at.group].Count++
	return true
}

// remember makes a line one that again counts.
func (g *groups) remember(line []byte, at place) {
	if g.lines == nil {
		g.lines = map[string]place{}
	}
	if len(g.lines) < maxLines {
		g.lines[string(line)] = at
	}
	g.last, g.lastAt = append(g.last[:0], line...), at
}

// attachment is a row of "fltmc instances".
type attachment struct {
	filter, volume, altitude, name, frame []byte
	legacy, detached                      bool
}

// attach counts an attachment of a filter.
func (f *fltmc) attach(l ingest.Line, row attachment, warn func(string)) bool {
	g := &f.groups
	if g.named == nil {
		g.named = map[string]place{}
	}
	// The list is not sorted by volume, so the filter need not be that of the row
	// before; and its altitude is that of the first instance until "fltmc filters"
	// tells the filter's own.
	owner, ok := g.named[string(row.filter)]
	if !ok {
		if len(f.list) == maxFilters {
			return false
		}
		owner = place{filter: len(f.list)}
		f.list = append(f.list, ingest.Filter{
			Name: f.keep(row.filter), Altitude: ingest.Altitude(f.keep(row.altitude)),
			Frame: f.keep(row.frame), Legacy: row.legacy, Source: ingest.Source{Line: l.No},
		})
		g.named[string(row.filter)] = owner
	}
	at, ok := g.named[string(g.keyOf(row))]
	if !ok {
		at = f.newGroup(l, owner, row, warn)
	}
	f.list[at.filter].Instances[at.group].Count++
	if whole := f.words.text; !l.Open && len(whole) > 0 && bytes.HasSuffix(l.Text, whole) {
		g.remember(l.Text, at) // a row broken in two is not
	}
	return true
}

// keyOf puts together what tells groups apart, in memory used again.
func (g *groups) keyOf(row attachment) []byte {
	g.key = append(append(g.key[:0], row.filter...), 0)
	g.key = append(append(g.key, row.altitude...), 0)
	g.key = append(append(g.key, row.volume...), 0)
	g.key = append(append(g.key, row.name...), 0)
	if row.detached {
		g.key = append(g.key, '!')
	}
	return g.key
}

// newGroup makes a group for the first attachment of its kind. A list with too
// many of them has one group a filter and altitude for all others.
func (f *fltmc) newGroup(l ingest.Line, owner place, row attachment, warn func(string)) place {
	g := &f.groups
	if g.count >= maxGroups {
		warn("more volumes and instance names than are told apart, counted without a name")
		row.volume, row.name = nil, nil
	}
	key := g.keyOf(row)
	at, ok := g.named[string(key)]
	if ok {
		return at
	}
	filter := &f.list[owner.filter]
	at = place{owner.filter, len(filter.Instances)}
	filter.Instances = append(filter.Instances, ingest.Instance{
		Name: f.keep(row.name), Altitude: ingest.Altitude(f.keep(row.altitude)), Volume: f.keep(row.volume), Detached: row.detached,
		Source: ingest.Source{Line: l.No},
	})
	g.named[string(key)] = at
	g.count++
	return at
}
