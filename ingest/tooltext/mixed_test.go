package tooltext

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// commands lists the blocks of a log with their rows and states.
func commands(log string) []string {
	var blocks []string
	for _, s := range read([]byte(log)) {
		for _, b := range s.Blocks {
			blocks = append(blocks, fmt.Sprintf("%d %s %d %s", b.Line, b.Command, b.Rows, b.State))
		}
	}
	return blocks
}

func TestSeveralKindsInOneLog(t *testing.T) {
	const (
		screen = " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n" +
			" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64\n"
		csv      = "Tag,NP_KB\nAbcd,1\n"
		markdown = "| Tag | Paged KB |\n|---|---|\n| `Efgh` | 2 |\n"
		record   = "Tag : Ijkl\nType : Nonp\nDiff : 3\n"
		list     = "- `Mnop` tag: 4 KB Paged.\n"
		prose    = "\nSome words about it.\n\n"
	)
	for _, c := range []struct {
		log  string
		want []string
	}{
		{screen + prose + csv + prose + markdown + prose + record + prose + list, []string{
			"1 poolmon 1 complete", "6 pool tag table 1 complete", "11 pool tag table 1 complete",
			"17 pool tag records 1 complete", "23 pool tag list 1 complete"}},
		{list + prose + record + prose + markdown + prose + csv + prose + screen, []string{
			"1 pool tag list 1 complete", "5 pool tag records 1 complete", "11 pool tag table 1 complete",
			"17 pool tag table 1 complete", "22 poolmon 1 complete"}},
		{screen + csv, []string{"1 poolmon 1 complete", "3 pool tag table 1 complete"}},
		{csv + screen, []string{"1 pool tag table 1 complete", "3 poolmon 1 complete"}},
		{csv + markdown, []string{"1 pool tag table 1 complete", "3 pool tag table 1 complete"}},
		{markdown + "\n" + record, []string{"1 pool tag table 1 complete", "5 pool tag records 1 complete"}},
		{screen + "\n" + screen, []string{"1 poolmon 1 complete", "4 poolmon 1 complete"}},
		{prose, nil},
		{"", nil},
		{"\n\n\n", nil},
	} {
		if got := commands(c.log); !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %q\nwant %q", c.log, got, c.want)
		}
	}
}

func TestLastLineWithoutItsEnd(t *testing.T) {
	for _, c := range []struct{ log, rows, state string }{
		{"Tag,NP_KB\nMbuf,1\nAbcd,12", "Mbuf nonpaged 0 1024", "cut"},
		{"Tag,NP_KB\nMbuf,1\nAbcd,", "Mbuf nonpaged 0 1024", "cut"},
		{"Tag,NP_KB\nMbuf,1\nAb", "Mbuf nonpaged 0 1024", "cut"},
		{"Tag,NP_KB\nMbuf,1\n", "Mbuf nonpaged 0 1024", "complete"},
		{"Tag,NP_KB,Note\nMbuf,1,x\nAbcd,12,y", "Mbuf nonpaged 0 1024|Abcd nonpaged 0 12288", "complete"},
		{"\"Tag\",\"NP_KB\"\n\"Mbuf\",\"1\"\n\"Abcd\",\"12\"", "Mbuf nonpaged 0 1024|Abcd nonpaged 0 12288", "complete"},
		{"\"Tag\",\"NP_KB\"\n\"Mbuf\",\"1\"\n\"Abcd\",\"12", "Mbuf nonpaged 0 1024", "cut"},
		{"| Tag | NP_KB |\n|---|---|\n| Mbuf | 1 |\n| Abcd | 12 |", "Mbuf nonpaged 0 1024|Abcd nonpaged 0 12288", "complete"},
		{"| Tag | NP_KB |\n|---|---|\n| Mbuf | 1 |\n| Abcd | 12", "Mbuf nonpaged 0 1024", "cut"},
		{"Tag  NP_KB\n---  -----\nMbuf     1\nAbcd    12", "Mbuf nonpaged 0 1024|Abcd nonpaged 0 12288", "complete"},
		{"Tag  NP_KB\n---  -----\nMbuf     1\nAbcd   1", "Mbuf nonpaged 0 1024", "cut"},
		{"Tag  NP_KB  share\nMbuf     1   12%\nAbcd    12   1", "Mbuf nonpaged 0 1024|Abcd nonpaged 0 12288", "complete"},
		{"`Mbuf` tag: 1 KB Paged.\n`Abcd` tag: 2 KB Paged.", "Mbuf paged 0 1024|Abcd paged 0 2048", "complete"},
		{"`Mbuf` tag: 1 KB Paged.\n`Abcd` tag: 2 KB", "Mbuf paged 0 1024", "cut"},
		{"Tag : Mbuf\nType : Nonp\nDiff : 3\nBytes : 4", "Mbuf nonpaged 3 0", "cut"},
		{"Tag : Mbuf\nType : Nonp\nDiff : 3\n\nTag : Ab", "Mbuf nonpaged 3 0", "cut"},
	} {
		rows, _ := rowsOf(c.log)
		blocks := commands(c.log)
		if got := strings.Join(rows, "|"); got != c.rows || len(blocks) != 1 || !strings.HasSuffix(blocks[0], c.state) {
			t.Errorf("%q:\n got %q in %q\nwant %q, %s", c.log, got, blocks, c.rows, c.state)
		}
	}
}

func TestPoolType(t *testing.T) {
	for _, c := range []struct {
		line   string
		column int
		at     int
		pool   ingest.Pool
	}{
		{" Mbuf Nonp  1", -1, 6, ingest.NonPaged},
		{"Mbuf Paged 1", -1, 5, ingest.Paged},
		{" A    Paged 1", 6, 6, ingest.Paged},
		{"         Mbuf Nonp 1", -1, 14, ingest.NonPaged},
		{"Mbuf        Nonp 1", -1, 12, ingest.NonPaged},
		{" Nonp Paged 1", 6, 6, ingest.Paged},
		{" Nonp Paged 1", -1, 6, ingest.Paged},
		{"      Paged 1", 6, 0, 0},
		{"Mbuf Nonpage 1", -1, 0, 0},
		{"MbufNonp 1", -1, 0, 0},
		{"Mbuf" + strings.Repeat(" ", 30) + "Nonp 1", -1, 0, 0},
		{"", -1, 0, 0},
		{"", 6, 0, 0},
		{"Nonp", -1, 0, 0},
	} {
		at, _, pool := poolType([]byte(c.line), c.column)
		if at != c.at || pool != c.pool {
			t.Errorf("poolType(%q, %d) = %d, %s, want %d, %s", c.line, c.column, at, pool, c.at, c.pool)
		}
	}
}

func TestSplitPoolmon(t *testing.T) {
	for line, want := range map[string]string{
		" Mbuf Nonp 120 (  0) 20 (  0) 100 6400 (  0) 64":         "[120 20 100 6400 64] 3 false \"\"",
		" Mbuf Nonp 120 20 100 6400 64":                           "[120 20 100 6400 64] 0 false \"\"",
		" Mbuf Nonp 20 120 -100 0 0":                              "[20 120 100 0 0] 0 true \"\"",
		" Mbuf Nonp 120(0) 20(0) 100 6400(0) 64 [mbuf.sys - x y]": "[120 20 100 6400 64] 3 false \"[mbuf.sys - x y]\"",
		" Mbuf Nonp 120 20 100 6400 64   Unknown Driver":          "[120 20 100 6400 64] 0 false \"Unknown Driver\"",
		" Mbuf Nonp 120 20 100 6400 64[x]":                        "[120 20 100 6400 64] 0 false \"[x]\"",
		" Mbuf Nonp 4000000000 10000000003000000000 3000000000 1": "[4000000000 1000000000 3000000000 3000000000 1] 0 false \"\"",
		" Mbuf Nonp 120 20 100 6400":                              "none",
		" Mbuf Nonp 120 20 100":                                   "none",
		" Mbuf Nonp 162180 10 162170 10":                          "none", // cut, not two numbers that touch
		" Mbuf Nonp 120 20 100 6400 64 1":                         "none",
		" Mbuf Nonp 120 20 100 6400 64x":                          "none",
		" Mbuf Nonp 120 ( 1 2) 20 100 6400 64":                    "none",
		" Mbuf Nonp 120 (-) 20 100 6400 64":                       "none",
		" Mbuf Nonp a b c d e":                                    "none",
		" Mbuf Nonp":                                              "none",
	} {
		r, ok := splitPoolmon([]byte(line), -1)
		got := "none"
		if ok {
			got = fmt.Sprintf("%v %d %v %q", r.v, r.deltas, r.minus, r.rest)
		}
		if got != want {
			t.Errorf("splitPoolmon(%q) = %s, want %s", line, got, want)
		}
	}
}

func TestConsistent(t *testing.T) {
	for _, c := range []struct {
		v     [5]uint64
		minus bool
		want  bool
	}{
		{[5]uint64{120, 20, 100, 6400, 64}, false, true},
		{[5]uint64{120, 20, 100, 6463, 64}, false, true},
		{[5]uint64{120, 20, 100, 6500, 64}, false, false},
		{[5]uint64{120, 20, 99, 6400, 64}, false, false},
		{[5]uint64{20, 20, 0, 0, 0}, false, true},
		{[5]uint64{20, 20, 0, 0, 5}, false, false},
		{[5]uint64{10, 4294967290, 16, 256, 16}, false, true},
		{[5]uint64{20, 120, 100, 0, 0}, true, true},
		{[5]uint64{20, 120, 99, 0, 0}, true, false},
	} {
		r := poolmonRow{v: c.v, minus: c.minus}
		if got := r.consistent(); got != c.want {
			t.Errorf("%+v is consistent: %v", c, got)
		}
	}
}

func TestPoolmonColumns(t *testing.T) {
	for line, want := range map[string]bool{
		"Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc":                true,
		"Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc  Mapped_Driver": true,
		"Tag Type Allocs Frees Diff Bytes Per Alloc":                                                   true,
		"Tag Type Allocs Frees Diff Bytes":                                                             false,
		"Tag Allocs Frees Diff Bytes Per Alloc":                                                        false,
		"Tag Type Frees Allocs Diff Bytes Per Alloc":                                                   false,
		"": false,
	} {
		if got := poolmonColumns([]byte(line)); got != want {
			t.Errorf("poolmonColumns(%q) = %v", line, got)
		}
	}
}

func TestReadAmountTakesTheUnitBehindBlanks(t *testing.T) {
	for text, want := range map[string]uint64{
		"12MB": 12 << 20, "12 MB": 12 << 20, "12\tMB": 12 << 20, "12\u00a0MB": 12 << 20, "12 mb": 12 << 20,
		"12 MiB": 12 << 20, "12 Mbytes": 12 << 20, "12 kB": 12 << 10, "12 TB": 12 << 40, "12T": 12 << 40,
		"12 B": 12, "12B": 12, "12 byte": 12, "12 Kb": 12 << 10, "12 GiB)": 12 << 30, "12 KB/3 live": 12 << 10,
	} {
		a, end := readAmount([]byte(text))
		if n, ok := a.bytes(0); n != want || !ok || end == 0 {
			t.Errorf("readAmount(%q) = %d, %v", text, n, ok)
		}
	}
}

func TestLeadingTag(t *testing.T) {
	for text, want := range map[string]string{
		"Mbuf 12 KB":         "Mbuf|12 KB",
		"Io   12 KB":         "Io  |12 KB",
		"`D2d ` tag: 12 KB":  "D2d |: 12 KB",
		"`D2d `: 12 KB":      "D2d |: 12 KB",
		"\"Mbuf\" = 12 KB":   "Mbuf|= 12 KB",
		"Mbuf ~12 KB":        "Mbuf|~12 KB",
		"8042 12 KB":         "none",
		"12: 12 KB":          "none",
		"Mbuf grew by 12 KB": "none",
		"Mbuffer 12 KB":      "none",
		"`Mbuffer` 12 KB":    "none",
		"`Mbuf`":             "none",
		"`":                  "none",
		"``12 KB":            "none",
		"Mbuf":               "none",
		"naïf 12 KB":         "none",
	} {
		tag, rest, _, ok := leadingTag([]byte(text))
		got := "none"
		if ok {
			got = tag.String() + "|" + string(rest)
		}
		if got != want {
			t.Errorf("leadingTag(%q) = %q, want %q", text, got, want)
		}
	}
}
