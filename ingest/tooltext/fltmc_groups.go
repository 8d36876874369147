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

// attach counts an attachment of the filter.
func (f *fltmc) attach(l ingest.Line, owner ingest.Filter, in ingest.Instance, warn func(string)) bool {
	g := &f.groups
	if g.named == nil {
		g.named = map[string]place{}
	}
	at, ok := g.named[owner.Name]
	if !ok {
		if len(f.list) == maxFilters {
			return false
		}
		owner.Altitude, owner.Source = in.Altitude, in.Source
		at = place{filter: len(f.list)}
		f.list = append(f.list, owner)
		g.named[owner.Name] = at
	}
	filter := &f.list[at.filter]
	at = f.groupOf(at, in, warn)
	filter.Instances[at.group].Count++
	if whole := f.words.text; !l.Open && len(whole) > 0 && bytes.HasSuffix(l.Text, whole) {
		g.remember(l.Text, at) // a row broken in two is not
	}
	return true
}

// groupOf returns the group of an attachment, and makes one for the first of its
// kind. A list with too many of them has one group a filter for all others.
func (f *fltmc) groupOf(at place, in ingest.Instance, warn func(string)) place {
	g := &f.groups
	filter := &f.list[at.filter]
	if g.count >= maxGroups {
		warn("more volumes and instance names than are told apart, counted without a name")
		in = ingest.Instance{Altitude: in.Altitude, Source: in.Source}
	}
	key := filter.Name + "\x00" + in.Name + "\x00" + string(in.Altitude) + "\x00" + in.Volume
	found, ok := g.named[key]
	if !ok {
		found = place{at.filter, len(filter.Instances)}
		filter.Instances = append(filter.Instances, in)
		g.named[key] = found
		g.count++
	}
	return found
}
