package windbg

import (
	"bytes"
	"strconv"

	"poolsweep/ingest"
)

// moduleInfo reads !lmi. Its addresses have no backtick, its numbers are hexadecimal:
//
//	Loaded Module Info: [tabletaudiosample]
//	         Module: tabletaudiosample
//	   Base Address: fffff8069ad90000
//	     Image Name: tabletaudiosample.sys
//	     Time Stamp: 58ebe848 Mon Apr 10 13:17:12 2017
//	           Size: 48000
type moduleInfo struct {
	p    *parser
	mod  ingest.Module
	size uint64
}

func newModuleInfo(p *parser, c typed) (body, string) { return &moduleInfo{p: p}, c.text }

var loadedModuleInfo = []byte("Loaded Module Info: [")

func moduleInfoHeader(text []byte) bool { return bytes.HasPrefix(text, loadedModuleInfo) }

func (m *moduleInfo) read(b *block, l line) verdict {
	text := trim(l.text)
	if moduleInfoHeader(text) {
		b.begun, m.mod.Source = true, m.p.source(l.no)
		if b.Command == "" {
			b.Command = "!lmi"
		}
		return row
	}
	label, value, ok := bytes.Cut(text, []byte(":"))
	if !b.begun || len(text) == 0 || elided(text) || b.blank && !ok {
		return foreign
	}
	switch value = trim(value); string(label) {
	case "Module":
		m.mod.Name = m.p.keep(value)
	case "Base Address":
		m.mod.Start, _ = address(value)
	case "Image Name":
		m.mod.Image = m.p.keep(value)
	case "Time Stamp":
		m.mod.Built = m.p.keep(value)
	case "Size":
		m.size, _ = strconv.ParseUint(string(value), 16, 32)
	default:
		if !blank(first(l.text)) && !ok {
			return foreign
		}
	}
	return noise
}

func (m *moduleInfo) finish(b *block, end ending) {
	b.State = listed(end)
	if b.blank && b.begun {
		b.State = ingest.BlockComplete
	}
}

// merge needs the size: without it the module has no end.
func (m *moduleInfo) merge(to *moment) {
	if m.mod.Name == "" || m.mod.Start == 0 || m.size == 0 {
		return
	}
	m.mod.End = m.mod.Start + m.size
	to.know(&m.mod)
}
