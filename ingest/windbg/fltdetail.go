package windbg

import (
	"bytes"

	"poolsweep/ingest"
)

// fltDetail reads the record of one filter, instance or volume:
//
//	FLT_FILTER: ffffcc8edb552a30 "PrjFlt" "189800"
//	   FLT_OBJECT: ffffcc8edb552a30  [02000000] Filter
//	   DriverObject             : ffffcc8ed9687d00
//	   InstanceList             : (ffffcc8edb552aa0)
//	      FLT_INSTANCE: ffffcc8edba16820 "PrjFlt Instance" "189800"
//
// Nothing of it is kept: what it lists is a part of !fltkd.filters, and would count
// twice. Where the rows of a list were copied without its head, the line below the
// first one tells: it is another row then.
type fltDetail struct {
	p     *parser
	saved *line // the first line, until it is clear what it begins
}

func newFltDetail(p *parser, c typed) (body, string) { return &fltDetail{p: p}, c.text }

// fltRecords are the words a record begins with, and the command that prints it.
var fltRecords = []struct {
	keyword []byte
	command string
}{
	{fltFilter, "!fltkd.filter"},
	{fltInstance, "!fltkd.instance"},
	{fltVolume, "!fltkd.volume"},
	{fltFrame, "!fltkd.frame"},
}

// recordCommand returns the command that prints a record with such a first line.
func recordCommand(text []byte) string {
	for _, r := range fltRecords {
		if addressBehind(text, r.keyword) {
			return r.command
		}
	}
	return ""
}

func fltDetailHeader(text []byte) bool { return recordCommand(text) != "" }

func (d *fltDetail) read(b *block, l line) verdict {
	text := unindent(l.text)
	command := recordCommand(text)
	switch {
	case !b.begun && command == "":
		return foreign
	case !b.begun:
		b.begun = true
		if b.Command == "" {
			b.Command = command
			d.saved = &line{text: bytes.Clone(l.text), no: l.no}
		}
		return noise
	case d.saved != nil && (command == "!fltkd.filter" || command == "!fltkd.instance"):
		return d.becomeList(b, l)
	}
	d.saved = nil
	if command != "" || isDetail(text) && (!b.blank || blank(l.text[0])) {
		return noise
	}
	return foreign
}

// isDetail recognises "   Flags                    : [00000006] FilteringInitiated"
// and the lines of nested structures, "ALLOCATE_CONTEXT_NODE: ffffcc8edb4dc3b0 …".
func isDetail(text []byte) bool {
	label, _, ok := bytes.Cut(text, []byte(":"))
	return ok && len(label) > 0 && len(label) < 40 && !elided(text)
}

// becomeList reads the first line again, and this one, as rows of !fltkd.filters.
func (d *fltDetail) becomeList(b *block, l line) verdict {
	list := &filters{attachments: attachments{p: d.p}, second: true}
	b.body, b.key, b.Command = list, "rows of !fltkd.filters", "!fltkd.filters"
	if list.read(b, *d.saved) == row {
		b.Rows++
	} else {
		b.unread(*d.saved)
	}
	return list.read(b, l)
}

func (d *fltDetail) finish(b *block, end ending) {
	b.State = listed(end)
	if b.blank && b.begun {
		b.State = ingest.BlockComplete
	}
}

// merge has nothing to add.
func (d *fltDetail) merge(*moment) {}
