package windbg

import (
	"bytes"
	"reflect"

	"poolsweep/ingest"
)

// volumes reads !fltkd.volumes: the volumes of each frame, with the instances
// attached to them. A volume without any is a line alone:
//
//	Volume List: ffffcb0e0b3a5150 "Frame 0"
//	   FLT_VOLUME: ffffcb0e0bb26750 "\Device\Mup"
//	      FLT_INSTANCE: ffffcb0e0bb5fa80 "WdFilter Instance" "328010"
//
// The instances are those of !fltkd.filters, sorted another way. The filter is not
// printed, and the name of an instance need not be that of its filter.
type volumes struct {
	attachments
	frame string
	list  []ingest.Volume
	whole bool // nothing of the list is known to be missing
}

var (
	volumeList = []byte("Volume List: ")
	fltVolume  = []byte("FLT_VOLUME: ")
)

func newVolumes(p *parser, _ typed) (body, string) {
	return &volumes{attachments: attachments{p: p}}, "!fltkd.volumes"
}

// volumeListHeader recognises "Volume List: ffffcb0e0b3a5150 "Frame 0"".
func volumeListHeader(text []byte) bool { return addressBehind(text, volumeList) }

func (v *volumes) read(b *block, l line) verdict {
	if v.again(l.text) {
		return row
	}
	text := unindent(l.text)
	switch {
	case bytes.HasPrefix(text, fltInstance):
		return v.instance(b, l, text[len(fltInstance):])
	case bytes.HasPrefix(text, fltVolume):
		return v.volume(b, l, text[len(fltVolume):])
	case volumeListHeader(text):
		return v.header(b, l, text)
	case l.open && b.begun && isCutRow(text):
		return partial
	}
	return foreign
}

// header begins the volumes of a frame.
func (v *volumes) header(b *block, l line, text []byte) verdict {
	_, frame, ok := quotedAt(text[len(volumeList):])
	if l.open && !ok {
		return partial
	}
	v.frame, v.group = v.p.intern(frame), nil
	if b.Command == "" {
		b.Command = "!fltkd.volumes"
	}
	b.begun = true
	return noise
}

// volume begins the list of one volume's instances.
func (v *volumes) volume(b *block, l line, text []byte) verdict {
	addr, name, ok := quotedAt(text)
	if !ok || !b.begun {
		return brokenRow(b, l)
	}
	v.list = append(v.list, ingest.Volume{
		Name: v.p.intern(name), Frame: v.frame, Address: addr, Source: v.p.source(l.no),
	})
	v.begin()
	return row
}

// instance counts an attachment to the volume above it.
func (v *volumes) instance(b *block, l line, text []byte) verdict {
	if len(v.list) == 0 {
		return brokenRow(b, l)
	}
	last := &v.list[len(v.list)-1]
	if !v.count(b, l, text, &last.Instances) {
		return brokenRow(b, l)
	}
	last.Instances[len(last.Instances)-1].Volume = last.Name // groups are added at the end
	return row
}

func (v *volumes) finish(b *block, end ending) {
	v.whole = finishList(b, end)
}

// differs reports whether two whole lists show different moments.
func (v *volumes) differs(before body) bool {
	old, ok := before.(*volumes)
	return ok && v.whole && old.whole && !reflect.DeepEqual(bareVolumes(v.list), bareVolumes(old.list))
}

// bareVolumes returns the volumes without where they stand in the log.
func bareVolumes(list []ingest.Volume) []ingest.Volume {
	bare := make([]ingest.Volume, len(list))
	for i, v := range list {
		v.Source = ingest.Source{}
		v.Instances = bareInstances(v.Instances)
		bare[i] = v
	}
	return bare
}

// merge takes the longer one of several lists of one moment.
func (v *volumes) merge(m *moment) {
	if len(v.list) > len(m.snap.Volumes) {
		m.snap.Volumes = v.list
	}
}
