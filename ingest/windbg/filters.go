package windbg

import (
	"bytes"
	"reflect"
	"slices"

	"poolsweep/ingest"
)

// filters reads !fltkd.filters and !fltkd.frames. One list a frame of the filter
// manager, the drivers in it, and below each its instances:
//
//	Filter List: ffffcb0e0b3a50d0 "Frame 0"
//	   FLT_FILTER: ffffcb0e0b3ba020 "WdFilter" "328010"
//	      FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"
//
//	Frame List: fffff8050fcbb780
//	   FLTP_FRAME: ffffcb0e0b3a5020 "Frame 0" "0 to 409800"
//	      FLT_FILTER: ffffcb0e0b3ba020 "WdFilter" "328010"
type filters struct {
	attachments
	second bool // never replaces a list: !fltkd.frames prints the same again
	frame  string
	list   []ingest.Filter
	whole  bool // nothing of the list is known to be missing
}

var (
	filterList = []byte("Filter List: ")
	frameList  = []byte("Frame List: ")
	fltFilter  = []byte("FLT_FILTER: ")
	fltFrame   = []byte("FLTP_FRAME: ")
)

// newFilters ignores the arguments, nearly always somebody's remarks.
func newFilters(p *parser, _ typed) (body, string) {
	return &filters{attachments: attachments{p: p}}, "!fltkd.filters"
}

// newFrames reads !fltkd.frames.
func newFrames(p *parser, _ typed) (body, string) {
	return &filters{attachments: attachments{p: p}, second: true}, "!fltkd.frames"
}

// filterListHeader recognises "Filter List: ffffcb0e0b3a50d0 "Frame 0"".
func filterListHeader(text []byte) bool { return addressBehind(text, filterList) }

// frameListHeader recognises "Frame List: fffff8050fcbb780".
func frameListHeader(text []byte) bool { return addressBehind(text, frameList) }

// addressBehind reports whether an address follows the label that text begins with.
func addressBehind(text, label []byte) bool {
	rest, ok := bytes.CutPrefix(text, label)
	_, n := address(rest)
	return ok && n > 0
}

// read goes by the keyword and not by the indentation: copies change it, and
// !fltkd.frames prints the same rows three columns further right.
func (f *filters) read(b *block, l line) verdict {
	if f.again(l.text) {
		return row
	}
	text := unindent(l.text)
	switch {
	case bytes.HasPrefix(text, fltInstance):
		return f.instance(b, l, text[len(fltInstance):])
	case bytes.HasPrefix(text, fltFilter):
		return f.filter(b, l, text[len(fltFilter):])
	case filterListHeader(text):
		return f.header(b, l, text, "!fltkd.filters")
	case frameListHeader(text):
		return f.header(b, l, nil, "!fltkd.frames")
	case b.begun && bytes.HasPrefix(text, fltFrame):
		return f.header(b, l, text, "")
	case l.open && b.begun && isCutRow(text):
		return partial
	}
	return foreign
}

// isCutRow reports whether the text may be the begin of a row's keyword.
func isCutRow(text []byte) bool {
	keywords := [][]byte{fltInstance, fltFilter, fltFrame, filterList, frameList, fltVolume, volumeList}
	begins := func(keyword []byte) bool { return bytes.HasPrefix(keyword, text) }
	return len(text) > 0 && slices.ContainsFunc(keywords, begins)
}

// header begins a frame, named behind its address: `"Frame 0"`, or with a range of
// altitudes `"Frame 0" "0 to 409800"`. Older filter managers have one frame, the
// copy in an article may show any: the name is taken as printed.
func (f *filters) header(b *block, l line, text []byte, command string) verdict {
	_, frame, _ := bytes.Cut(text, []byte(`"`))
	if l.open && text != nil && bytes.IndexByte(frame, '"') < 0 {
		return partial
	}
	name, _, _ := bytes.Cut(frame, []byte(`"`))
	f.frame = f.p.intern(trim(name))
	if b.Command == "" {
		b.Command = command
	}
	b.begun = true
	f.group = nil
	return noise
}

// brokenRow is the verdict on a row of a list that is not whole. Behind an empty line
// it may begin another output, where FLT_FILTER stands without names.
func brokenRow(b *block, l line) verdict {
	switch {
	case l.open:
		return partial
	case b.blank:
		return foreign
	}
	return bad
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
	addr, name, altitude, ok := namesOf(text)
	if !ok || !b.begun {
		return brokenRow(b, l)
	}
	f.list = append(f.list, ingest.Filter{
		Frame: f.frame, Name: f.p.intern(name), Altitude: ingest.Altitude(f.p.intern(altitude)),
		Address: addr, Source: f.p.source(l.no),
	})
	f.begin()
	return row
}

// instance counts an attachment of the filter above it.
func (f *filters) instance(b *block, l line, text []byte) verdict {
	if !b.begun || len(f.list) == 0 || !f.count(b, l, text, &f.list[len(f.list)-1].Instances) {
		return brokenRow(b, l)
	}
	return row
}

func (f *filters) finish(b *block, end ending) {
	f.whole = finishList(b, end)
}

// finishList ends a list and reports whether it is whole. An empty line after it is
// taken as its end: it has no other.
func finishList(b *block, end ending) bool {
	b.State = listed(end)
	if b.blank && b.begun {
		b.State = ingest.BlockComplete
	}
	return b.State == ingest.BlockComplete && !b.cut && b.Unread == 0
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
		f.Instances = bareInstances(f.Instances)
		bare[i] = f
	}
	return bare
}

// bareInstances returns the groups without where they stand in the log.
func bareInstances(list []ingest.Instance) []ingest.Instance {
	bare := slices.Clone(list)
	for i := range bare {
		bare[i].Source = ingest.Source{}
	}
	return bare
}

// merge takes the fuller one of several lists of one moment.
func (f *filters) merge(m *moment) {
	if f.frame == "" && len(f.list) == 0 {
		return
	}
	if !m.snap.FilterSet || !f.second && attached(f.list) > attached(m.snap.Filters) {
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
