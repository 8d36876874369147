package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// memusage reads the summary of !memusage, pages of physical memory by state:
//
//	   Zeroed:      218 (     872 kb)
//	Active/Valid:   321846 ( 1287384 kb)
//	    TOTAL:   503644 ( 2014576 kb)
//
// The list of files below it is not kept.
type memusage struct {
	p     *parser
	pages []ingest.Tally
	total bool
}

func newMemusage(p *parser, c typed) (body, string) { return &memusage{p: p}, "!memusage" }

// memusageHeader recognises the progress messages above the summary.
func memusageHeader(text []byte) bool {
	return string(trim(text)) == "loading PFN database" ||
		bytes.HasPrefix(text, []byte("Compiling memory usage data ("))
}

// pageStates are the labels of the summary.
var pageStates = []string{
	"Zeroed", "Free", "Standby", "Modified", "ModifiedNoWrite", "Active/Valid", "Active",
	"Transition", "SLIST/Temp", "Bad", "Unknown", "TOTAL",
}

func (s *memusage) read(b *block, l line) verdict {
	text := trim(l.text)
	if memusageHeader(text) {
		b.begun = true
		if b.Command == "" {
			b.Command = "!memusage"
		}
		return noise
	}
	label, rest, _ := bytes.Cut(text, []byte(":"))
	for _, state := range pageStates {
		if string(label) == state && !s.total {
			return s.state(b, l, state, unindent(rest))
		}
	}
	if s.total && b.typed && len(text) > 0 && !elided(text) && b.p.headed(text) == nil {
		return noise // the list below stands apart
	}
	for _, begin := range []string{"loading ", "Dangling ", "Building ", "Finished ", "Scanning PFN"} {
		if b.begun && bytes.HasPrefix(bytes.TrimLeft(text, " "), []byte(begin)) {
			return noise
		}
	}
	return b.other(text)
}

// state reads "218 (     872 kb)".
func (s *memusage) state(b *block, l line, name string, text []byte) verdict {
	pages, n := number(text)
	if n == 0 || pages > 1<<48 || !bytes.HasSuffix(text, []byte(")")) {
		return broken(l)
	}
	b.begun = true
	s.total = name == "TOTAL"
	s.pages = append(s.pages, ingest.Tally{
		What: "pages: " + strings.ToLower(name), Count: int64(pages), Source: s.p.source(l.no),
	})
	return row
}

// finish takes TOTAL as the end of what is kept.
func (s *memusage) finish(b *block, end ending) {
	b.State = listed(end)
	if s.total {
		b.State = ingest.BlockComplete
	}
}

func (s *memusage) merge(m *moment) {
	for _, t := range s.pages {
		m.tally(t.What, t.Count, t.Source)
	}
}
