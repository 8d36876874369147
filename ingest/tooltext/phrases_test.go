package tooltext

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// told prints what a row knows, by pool.
func told(f figureRow) string {
	var parts []string
	for pool, known := range f.known {
		u := f.usage[pool]
		for _, k := range []struct {
			bit  uint8
			name string
			n    any
		}{
			{knowsBytes, "bytes", u.Bytes}, {knowsOutstanding, "live", u.Outstanding},
			{knowsAllocs, "allocs", u.Allocs}, {knowsFrees, "frees", u.Frees},
		} {
			if known&k.bit > 0 {
				parts = append(parts, fmt.Sprintf("%s%s=%v", strings.Repeat("-", pool), k.name, k.n))
			}
		}
	}
	return strings.Join(parts, " ")
}

// In told, "-" stands before figures of nonpaged pool and "--" before those of paged.

func TestCellOfAColumn(t *testing.T) {
	bytes := column{role: roleBytes}
	megabytes := column{role: roleBytes, unit: 1 << 20, pool: ingest.Paged}
	live := column{role: roleOutstanding}
	allocs := column{role: roleAllocs}
	frees := column{role: roleFrees, pool: ingest.NonPaged}
	after := column{role: roleFigure, count: true, late: 1}
	bare := column{role: roleFigure, pool: ingest.NonPaged}
	for _, c := range []struct {
		cell string
		col  column
		want string // "refused" where the cell is none of such a column
	}{
		{"4096", bytes, "bytes=4096"},
		{"4,096", bytes, "bytes=4096"},
		{"4 KB", bytes, "bytes=4096"},
		{"4 KB (4,096 bytes)", bytes, "bytes=4096"},
		{"`4096`", bytes, "bytes=4096"},
		{"1.5", megabytes, "--bytes=1572864"},
		{"1.5 KB", megabytes, "--bytes=1536"},
		{"1.5", bytes, "refused"},
		{"-4096", bytes, "refused"},
		{"12", live, "live=12"},
		{"-12", live, "live=-12"},
		{"+12", live, "live=12"},
		{"12K", live, "live=12000"},
		{"12 KB", live, "refused"},
		{"12 bytes", live, "refused"},
		{"1.5", live, "refused"},
		{"12", allocs, "allocs=12"},
		{"-12", allocs, "refused"},
		{"12", frees, "-frees=12"},
		{"12", after, "live=12"},
		{"12 MB", after, "bytes=12582912"},
		{"12M", after, "live=12000000"},
		{"12 MB / 3 outstanding", after, "bytes=12582912 live=3"},
		{"3 outstanding, 12 MB", after, "bytes=12582912 live=3"},
		{"12 MB paged", after, "--bytes=12582912"},
		{"12 MB / 3", after, "refused"},
		{"12 MB / lots", after, "refused"},
		{"12 MB", bare, "-bytes=12582912"},
		{"12", bare, ""}, // may be anything
		{"", bytes, "refused"},
		{"many", bytes, "refused"},
		{"<5 MB", bytes, "refused"},
		{"97.1%", bytes, "refused"},
	} {
		var f figureRow
		got := "refused"
		if f.cell([]byte(c.cell), c.col) {
			got = told(f)
		}
		if got != c.want {
			t.Errorf("cell(%q, %+v) = %q, want %q", c.cell, c.col, got, c.want)
		}
	}
}

func TestPhrases(t *testing.T) {
	for text, want := range map[string]string{
		"874 alloc /     0 free /   874 live      0.0% freed": "live=874 allocs=874 frees=0",
		"12 allocs; 2 frees; 640 bytes":                       "bytes=640 allocs=12 frees=2",
		"about 4.5 GB Nonpaged.":                              "-bytes=4831838208",
		"approx. 4 KB":                                        "bytes=4096",
		"= 4 KB in use":                                       "bytes=4096",
		"4 KB used, 3 live":                                   "bytes=4096 live=3",
		"4 KB paged, 8 KB nonpaged":                           "-bytes=8192 --bytes=4096",
		"4 KB # a note":                                       "bytes=4096",
		"4 KB (a note)":                                       "bytes=4096",
		"12 outstanding allocations":                          "live=12",
		"12 allocations outstanding":                          "live=12",
		"":                                                    "refused",
		"12":                                                  "refused",
		"12 apples":                                           "refused",
		"4 KB of it":                                          "refused",
		"4 KB and":                                            "refused",
		"5%":                                                  "refused",
		"4 KB/s":                                              "refused",
	} {
		var f figureRow
		got := "refused"
		if f.phrases([]byte(text), column{role: roleFigure}) {
			got = told(f)
		}
		if got != want {
			t.Errorf("phrases(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSettleAndMove(t *testing.T) {
	nonPaged := column{role: roleBytes, pool: ingest.NonPaged}
	paged := column{role: roleBytes, pool: ingest.Paged}
	live := column{role: roleOutstanding}
	for _, c := range []struct {
		cols []column
		want string
	}{
		{[]column{live}, "live=7"},
		{[]column{live, nonPaged}, "-bytes=7 -live=7"},
		{[]column{live, paged}, "--bytes=7 --live=7"},
		{[]column{live, paged, nonPaged}, "live=7 -bytes=7 --bytes=7"},
	} {
		var f figureRow
		for _, col := range c.cols {
			f.cell([]byte("7"), col)
		}
		f.settle()
		if got := told(f); got != c.want {
			t.Errorf("settled %q, want %q", got, c.want)
		}
	}
	var f figureRow
	f.cell([]byte("7"), column{role: roleBytes})
	f.cell([]byte("9"), nonPaged)
	f.move(ingest.NonPaged)
	if got := told(f); got != "-bytes=9" {
		t.Errorf("moved %q: what a pool tells of itself counts", got)
	}
}

func TestKeepLeavesOutTheEmptyHalf(t *testing.T) {
	for _, c := range []struct{ nonPaged, paged, want string }{
		{"12", "0", "nonpaged 12"},
		{"0", "12", "paged 12"},
		{"12", "13", "nonpaged 12 paged 13"},
		{"0", "0", "nonpaged 0"},
	} {
		var f figureRow
		f.tag = ingest.MustTag("Mbuf")
		f.cell([]byte(c.nonPaged), column{role: roleBytes, pool: ingest.NonPaged})
		f.cell([]byte(c.paged), column{role: roleBytes, pool: ingest.Paged})
		var to figures
		f.keep(&to, addUp)
		var got []string
		for _, u := range to.rows {
			got = append(got, fmt.Sprintf("%s %d", u.Pool, u.Bytes))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s and %s: kept %q, want %q", c.nonPaged, c.paged, got, c.want)
		}
	}
}
