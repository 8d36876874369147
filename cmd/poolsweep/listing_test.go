package main

import (
	"bytes"
	"testing"

	"poolsweep/ingest"
)

// TestListingsLookLikeTables sets the same rows out both ways.
func TestListingsLookLikeTables(t *testing.T) {
	for name, rows := range map[string][][]any{
		"numbers":         {{1, int64(-20), "a"}, {300, int64(4), "bc"}},
		"large numbers":   {{7, uint64(1 << 63), ""}},
		"a gap":           {{1, "", "x"}, {20, 3, "y"}},
		"only words":      {{"a", "b ", "c"}, {"", "", ""}},
		"blanks at ends":  {{" a", "b  ", "  "}, {1, 2, "c  "}},
		"wide characters": {{1, "内存池", "x"}, {2, "é", "yy"}, {3, "a\tb", "\t"}},
		"wider headers":   {{1, 2, 3}},
	} {
		header := []string{"line", "outstanding", "description"}
		l, table := newListing(header...), newTable("line", "outstanding", "description")
		for _, cells := range rows {
			l.row(cells...)
			table.AppendRow(cells)
		}
		var out bytes.Buffer
		l.write(&out)
		if got, want := out.String(), table.Render()+"\n"; got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

func TestListingRefusesWhatIsNoFact(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a cell of another type is taken")
		}
	}()
	newListing("pool").row(ingest.Paged)
}

func BenchmarkListing(b *testing.B) {
	for b.Loop() {
		l := newListing("line", "tag", "pool", "outstanding", "bytes", "allocs", "frees", "description")
		for i := range 2000 {
			l.row(i, "'Proc'", "nonpaged", int64(3*i), uint64(240*i), "", "", "Process objects , Binary: nt!ps")
		}
		l.write(&bytes.Buffer{})
	}
}
