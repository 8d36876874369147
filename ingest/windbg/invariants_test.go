package windbg

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

// checkInvariants checks what holds for every document, whatever was read.
func checkInvariants(t *testing.T, d *ingest.Document) {
	t.Helper()
	inRange := func(what string, line int) {
		if line < 1 || line > d.Lines {
			t.Errorf("%s on line %d of %d", what, line, d.Lines)
		}
	}
	blocks, before := 0, 0
	for _, s := range d.Snapshots {
		inRange("snapshot", s.Line)
		if s.Line < before {
			t.Errorf("snapshot on line %d begins before one on line %d", s.Line, before)
		}
		before = s.Line
		end := 0
		for _, b := range s.Blocks {
			blocks++
			inRange("block", b.Line)
			if b.Line < s.Line {
				t.Errorf("block %s on line %d of a snapshot from line %d on", b.Command, b.Line, s.Line)
			}
			inRange("block end", b.LastLine)
			if b.Line > b.LastLine || b.Line < end {
				t.Errorf("block %s on lines %d-%d after line %d", b.Command, b.Line, b.LastLine, end)
			}
			end = b.Line
			if b.State == 0 || b.Rows < 0 || b.Rows+b.Unread > b.LastLine-b.Line+1 {
				t.Errorf("block %+v", b)
			}
		}
		checkTags(t, s, inRange)
		for _, f := range s.Filters {
			inRange("filter", f.Line)
			for _, i := range f.Instances {
				inRange("instance", i.Line)
				if i.Count < len(i.First) || len(i.First) == 0 || len(i.First) > ingest.KeptAddresses {
					t.Errorf("instance %+v", i)
				}
			}
		}
		for _, m := range s.Modules {
			inRange("module", m.Line)
			if m.Start >= m.End || m.Name == "" {
				t.Errorf("module %+v", m)
			}
		}
		checkFacts(t, s, inRange)
		for _, w := range s.Warnings {
			inRange("warning", w.Line)
		}
	}
	if known := len(d.Warnings) > 0; blocks == 0 && !known {
		t.Error("nothing was found and no warning says so")
	}
}

// checkTags checks that rows are unique and that those of a complete table sum
// up to its TOTAL.
func checkTags(t *testing.T, s *ingest.Snapshot, inRange func(string, int)) {
	t.Helper()
	seen := map[rowKey]bool{}
	for _, u := range s.Tags {
		inRange("tag", u.Line)
		key := keyOfRow(u)
		if seen[key] {
			t.Errorf("tag %q twice in the %s pool", u.Tag, u.Pool)
		}
		seen[key] = true
	}
	for _, w := range s.Warnings {
		if strings.Contains(w.Message, "do not add up") || strings.Contains(w.Message, "below zero") {
			return
		}
	}
	tables, partial := 0, false
	for _, b := range s.Blocks {
		if c := newTyped([]byte(b.Command), 1); strings.HasSuffix(c.word, "poolused") && b.Rows > 0 {
			tables++
			_, tag := poolArguments(c.args)
			partial = partial || tag != "" || b.State != ingest.BlockComplete
		}
	}
	if tables != 1 || partial {
		return // tables of different moments on a live target may disagree a little
	}
	for _, total := range s.Totals {
		if sum := s.Sum(total.Pool); sum.Bytes != total.Bytes && uint32(sum.Bytes) != uint32(total.Bytes) {
			t.Errorf("%s: rows sum to %d, TOTAL says %d, no warning", total.Pool, sum.Bytes, total.Bytes)
		}
	}
}
