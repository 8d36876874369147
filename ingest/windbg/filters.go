package windbg

import (
	"bytes"
	"reflect"

	"poolsweep/ingest"
)

// filters reads !fltkd.filters. One list a frame of the filter manager, the
// drivers in it, and below each the volumes it is attached to:
//
//	Filter List: ffffcb0e0b3a50d0 "Frame 0"
//	   FLT_FILTER: ffffcb0e0b3ba020 "WdFilter" "328010"
//	      FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"
//
// A driver that attaches without end prints millions of such lines. They are
// counted as they pass; a line that differs from the one before by its address
// alone, as nearly all do, costs one comparison.
type filters struct {
	p      *parser
	frame  string
	list   []ingest.Filter
	whole  bool           // nothing of the list is known to be missing
	groups map[string]int // name and altitude of an instance → its group in the last filter

	group  *ingest.Instance // the group of the line before, when it keeps no more addresses
	before []byte           // that line
	lo, hi int              // where the address stands in it
}

// maxGroups is how many differently named instances of one filter are told apart.
const maxGroups = 1000

var (
	filterList   = []byte("Filter List: ")
	fltFilter    = []byte("FLT_FILTER: ")
	fltInstance  = []byte("FLT_INSTANCE: ")
	betweenNames = []byte(`" "`)
)

// newFilters ignores the arguments, nearly always somebody's remarks.
func newFilters(p *parser, _ typed) (body, string) {
	return &filters{p: p}, "!fltkd.filters"
}

// filterListHeader recognises "Filter List: ffffcb0e0b3a50d0 "Frame 0"".
func filterListHeader(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, filterList)
	_, n := address(rest)
	return ok && n > 0
}

// read goes by the keyword and not by the indentation: copies change it, and
// !fltkd.frames prints the same rows three columns further right.
func (f *filters) read(b *block, l line) verdict {
	if f.again(l.text) {
		f.group.Count++
		return row
	}
	text := unindent(l.text)
	switch {
	case bytes.HasPrefix(text, fltInstance):
		return f.instance(b, l, text[len(fltInstance):])
	case bytes.HasPrefix(text, fltFilter):
		return f.filter(b, l, text[len(fltFilter):])
	case filterListHeader(text):
		return f.header(b, l, text)
	case l.open && b.begun && isCutRow(text):
		return partial
	}
	return foreign
}

// again reports whether the line is the one before but for the address.
func (f *filters) again(text []byte) bool {
	if len(text) != len(f.before) || f.group == nil ||
		!bytes.Equal(text[f.hi:], f.before[f.hi:]) || !bytes.Equal(text[:f.lo], f.before[:f.lo]) {
		return false
	}
	for _, c := range text[f.lo:f.hi] {
		if hexValues[c] > 15 {
			return false
		}
	}
	return true
}

// isCutRow reports whether the text may be the begin of a row's keyword.
func isCutRow(text []byte) bool {
	return len(text) > 0 && (bytes.HasPrefix(fltInstance, text) || bytes.HasPrefix(fltFilter, text) ||
		bytes.HasPrefix(filterList, text))
}

// header begins a frame. Older filter managers have one frame, the copy in an
// article may show any: its name is taken as printed.
func (f *filters) header(b *block, l line, text []byte) verdict {
	_, frame, _ := bytes.Cut(text, []byte(`"`))
	if l.open && bytes.IndexByte(frame, '"') < 0 {
		return partial
	}
	f.frame = f.p.intern(bytes.TrimRight(frame, "\" \t"))
	if b.Command == "" {
		b.Command = "!fltkd.filters"
	}
	b.begun = true
	f.group = nil
	return noise
}

// broken is the verdict on a row that is not whole.
func broken(l line) verdict {
	if l.open {
		return partial
	}
	return foreign
}

// filter begins the list of one driver's instances.
//
//	FLT_FILTER: ffffcb0e0b3ba020 "WdFilter" "328010"
func (f *filters) filter(b *block, l line, text []byte) verdict {
	addr, name, altitude, ok := f.names(text)
	if !ok || !b.begun {
		return broken(l)
	}
	f.list = append(f.list, ingest.Filter{
		Frame: f.frame, Name: f.p.intern(name), Altitude: ingest.Altitude(f.p.intern(altitude)),
		Address: addr, Source: f.p.source(l.no),
	})
	f.groups, f.group = map[string]int{}, nil
	return row
}

// instance counts an attachment of the filter above it.
func (f *filters) instance(b *block, l line, text []byte) verdict {
	addr, name, altitude, ok := f.names(text)
	if !ok || !b.begun || len(f.list) == 0 {
		return broken(l)
	}
	last := &f.list[len(f.list)-1]
	key := text[bytes.IndexByte(text, '"'):]
	i, ok := f.groups[string(key)]
	if !ok {
		i = f.newGroup(b, l, key, name, altitude)
	}
	g := &last.Instances[i]
	g.Count++
	if len(g.First) < ingest.KeptAddresses {
		g.First = append(g.First, addr)
		f.group = nil
		return row
	}
	f.remember(g, l.text, text)
	return row
}

// newGroup adds a group to the last filter, or returns its last one when there are
// too many: a driver may name every attachment differently.
func (f *filters) newGroup(b *block, l line, key, name, altitude []byte) int {
	last := &f.list[len(f.list)-1]
	if len(last.Instances) == maxGroups {
		b.warn(l, "more differently named instances of one filter than are told apart, counted with others")
		return maxGroups - 1
	}
	f.groups[string(key)] = len(last.Instances)
	last.Instances = append(last.Instances, ingest.Instance{
		Name: f.p.intern(name), Altitude: ingest.Altitude(f.p.intern(altitude)), Source: f.p.source(l.no),
	})
	return len(last.Instances) - 1
}

// remember makes the line the pattern for the lines after it.
func (f *filters) remember(g *ingest.Instance, whole, text []byte) {
	f.group = g
	f.before = append(f.before[:0], whole...)
	f.lo = len(whole) - len(text)
	_, n := address(text)
	f.hi = f.lo + n
}

// names reads an address and two quoted names, `ffffcb0e0bb5fa80 "WdFilter Instance" "328010"`.
func (f *filters) names(text []byte) (addr uint64, name, altitude []byte, ok bool) {
	addr, n := address(text)
	text = trim(text[n:])
	if n == 0 || len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return 0, nil, nil, false
	}
	text = text[1 : len(text)-1]
	i := bytes.LastIndex(text, betweenNames)
	if i < 0 {
		return 0, nil, nil, false
	}
	return addr, text[:i], text[i+len(betweenNames):], true
}

// finish takes an empty line after the list as its end: the list has no other.
func (f *filters) finish(b *block, end ending) {
	b.State = listed(end)
	if b.blank && b.begun {
		b.State = ingest.BlockComplete
	}
	f.whole = b.State == ingest.BlockComplete && !b.cut && b.Unread == 0
}

// differs reports whether two lists show different moments. A list that is not
// whole may be the begin of the other one.
func (f *filters) differs(before body) bool {
	old, ok := before.(*filters)
	if !ok {
		return false
	}
	short, long := withoutPlaces(old.list), withoutPlaces(f.list)
	if len(short) > len(long) {
		short, long = long, short
	}
	same := len(short)
	if !old.whole || !f.whole {
		same = max(0, same-1)
	} else if len(short) < len(long) {
		return true
	}
	return !reflect.DeepEqual(short[:same], long[:same])
}

// withoutPlaces returns the filters without where they stand in the log.
func withoutPlaces(list []ingest.Filter) []ingest.Filter {
	bare := make([]ingest.Filter, len(list))
	for i, f := range list {
		f.Source = ingest.Source{}
		f.Instances = append([]ingest.Instance(nil), f.Instances...)
		for k := range f.Instances {
			f.Instances[k].Source = ingest.Source{}
		}
		bare[i] = f
	}
	return bare
}

// merge takes the fuller one of several lists of one moment.
func (f *filters) merge(m *moment) {
	if f.frame == "" && len(f.list) == 0 {
		return
	}
	if !m.snap.FilterSet || attached(f.list) > attached(m.snap.Filters) {
		m.snap.Filters = f.list
	}
	m.snap.FilterSet = true
}

// attached counts filters and instances.
func attached(list []ingest.Filter) int {
	n := len(list)
	for _, f := range list {
		n += f.Attached()
	}
	return n
}
