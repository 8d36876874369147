package report

import (
	"fmt"

	"poolsweep/ingest"
)

// documentState returns how far a document was read, in the word of the
// poolsweep/1 schema.
func documentState(d *ingest.Document) string {
	if d.Partial() {
		return InputPartial
	}
	return InputRead
}

// documentWarnings returns all warnings of a document: those about the file, then
// those about its snapshots.
func documentWarnings(d *ingest.Document) []ingest.Warning {
	all := append([]ingest.Warning{}, d.Warnings...)
	for _, s := range d.Snapshots {
		all = append(all, s.Warnings...)
	}
	return all
}

// warningText words a warning without its place.
func warningText(w ingest.Warning) string {
	if w.Text == "" {
		return w.Message
	}
	return fmt.Sprintf("%s: %q", w.Message, w.Text)
}

// logQuality says why a document was read only in part: what is cut off, what has
// no end, how many warnings. It is empty when all was read.
func (s *speaker) logQuality(d *ingest.Document) string {
	if !d.Partial() {
		return ""
	}
	var cut, unclosed int
	for _, snap := range d.Snapshots {
		for _, b := range snap.Blocks {
			switch b.State {
			case ingest.BlockCut:
				cut++
			case ingest.BlockUnclosed:
				unclosed++
			}
		}
	}
	var parts []string
	for _, p := range []struct {
		name string
		n    int
	}{{"part.cut", cut}, {"part.unclosed", unclosed}, {"part.warnings", len(documentWarnings(d))}} {
		if p.n > 0 {
			parts = append(parts, s.say(p.name, facts{"n": p.n}))
		}
	}
	return s.list(parts)
}
