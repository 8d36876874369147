package tooltext

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

// cut returns the cells of a line, parted by bars.
func cut(g *grid, line string) string {
	var c cells
	if !g.split([]byte(line), &c) {
		return "none"
	}
	var parts []string
	for _, s := range c.at[:c.n] {
		parts = append(parts, line[s.from:s.to])
	}
	return strings.Join(parts, "|")
}

func TestSplitDelimited(t *testing.T) {
	g := grid{mark: ','}
	for line, want := range map[string]string{
		`Mbuf,12,4096`:             `Mbuf|12|4096`,
		`"Mbuf","12","4096"`:       `Mbuf|12|4096`,
		`"D2d ", 12 ,"1,024"`:      `D2d |12|1,024`,
		`"say ""so""",12`:          `say ""so""|12`,
		`Mbuf,,`:                   `Mbuf||`,
		`"",1`:                     `|1`,
		`"Mbuf" ,1`:                `Mbuf|1`,
		`Mbuf`:                     `none`,
		``:                         `none`,
		`"Mbuf,12`:                 `none`,
		`"Mbuf"x,12`:               `none`,
		strings.Repeat("1,", 40):   `none`,
		`a,"b` + "\t" + `c",d"e,f`: "a|b\tc|d\"e|f",
	} {
		if got := cut(&g, line); got != want {
			t.Errorf("split(%q) = %q, want %q", line, got, want)
		}
	}
	tabs := grid{mark: '\t'}
	if got := cut(&tabs, "Io  \t12\t\tx y"); got != "Io|12||x y" {
		t.Errorf("tabs: %q", got)
	}
}

func TestSplitPiped(t *testing.T) {
	g := grid{mark: '|'}
	for line, want := range map[string]string{
		"| `Mbuf` | 12 |":         "`Mbuf`|12",
		"  | `D2d ` | **12** |  ": "`D2d `|**12**",
		"Mbuf | 12":               "Mbuf|12",
		"| Mbuf | 12":             "Mbuf|12",
		"Mbuf | 12 |":             "Mbuf|12",
		`| a\|b | 12 |`:           `a\|b|12`,
		"| | |":                   "|",
		"no bars":                 "none",
		"":                        "none",
		strings.Repeat("|1", 40):  "none",
	} {
		if got := cut(&g, line); got != want {
			t.Errorf("split(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestSplitAligned(t *testing.T) {
	header := "Tag    NP_MB      share"
	g, _, ok := headerOf([]byte(header))
	if got := strings.Join(namesOf([]byte(header), g.heads), "|"); got != "Tag|NP_MB|share" || !ok {
		t.Fatalf("names %q", got)
	}
	for line, want := range map[string]string{
		"Mbuf   9353.5    87.1%":           "Mbuf|9353.5|87.1%",
		"HalX      64.4     0.60%":         "HalX|64.4|0.60%",
		"Mbuf 12 MB 4%":                    "Mbuf|12 MB|4%",
		"Mbuf   9353.5    87.1%  <-- look": "Mbuf|9353.5|87.1%",
		"Dh 1   9353.5    87.1%":           "Dh 1|9353.5|87.1%",
		"Mbuf   9353.5":                    "Mbuf|9353.5|",
		"Mbuf":                             "none",
		"Mbuf1234567890 12345 1 2 3":       "none",
		"       9353.5    87.1%":           "|9353.5|87.1%",
		strings.Repeat("1 ", 40):           "none",
	} {
		if got := cut(&g, line); got != want {
			t.Errorf("split(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestSplitRuledKeepsEmptyCells(t *testing.T) {
	//       0         1         2         3         4
	header := "Tag  Type  Allocs NonPagedUsed Description"
	rule := "---  ----  ------ ------------ -----------"
	g := grid{heads: words([]byte(rule)), ruled: true}
	if got := strings.Join(namesOf([]byte(header), g.heads), "|"); got != "Tag|Type|Allocs|NonPagedUsed|Description" {
		t.Fatalf("names %q", got)
	}
	for line, want := range map[string]string{
		"Mbuf Nonp      12         4096 packet buffers": "Mbuf|Nonp|12|4096|packet buffers",
		"Mbuf           12              packet buffers": "Mbuf||12||packet buffers",
		"Dh 1 Nonp      12         4096":                "Dh 1|Nonp|12|4096|",
		"Mbuf Nonp1234567890123456789 1":                "none",
	} {
		if got := cut(&g, line); got != want {
			t.Errorf("split(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestHeadings(t *testing.T) {
	for line, want := range map[string]string{
		"Tag Type Allocs Frees Diff Bytes Per Alloc":              "Tag|Type|Allocs|Frees|Diff|Bytes|Per Alloc",
		"Tag  Paged Allocs  Paged Frees  Non Paged Allocs":        "Tag|Paged Allocs|Paged Frees|Non Paged Allocs",
		"Tag Paged Allocs Paged Usage Non Paged Usage":            "Tag|Paged Allocs|Paged Usage|Non Paged Usage",
		"Pool Tag   Size (MB)   Used (in KB)":                     "Pool Tag|Size (MB)|Used (in KB)",
		"Tag  Type     NonPagedUsed PagedUsed Source Description": "Tag|Type|NonPagedUsed|PagedUsed|Source Description",
		"Tag NonPaged Paged":                                      "Tag|NonPaged|Paged",
		"":                                                        "",
	} {
		heads := headings([]byte(line))
		if got := strings.Join(namesOf([]byte(line), heads), "|"); got != want {
			t.Errorf("headings(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestRule(t *testing.T) {
	for _, line := range []string{"---", "|---|---:|", "---- ------  --", "+-----+----+", "| :--: | :--: |", "=====", "=== ==="} {
		if !rule([]byte(line)) {
			t.Errorf("rule(%q) is false", line)
		}
	}
	for _, line := range []string{"", "|", "| - x |", "Mbuf", "--- total", "12 - 3", "=="} {
		if rule([]byte(line)) {
			t.Errorf("rule(%q) is true", line)
		}
	}
}

func TestTagOf(t *testing.T) {
	for _, c := range []struct{ cell, tag, remark string }{
		{"Mbuf", "Mbuf", ""},
		{"Io", "Io  ", ""},
		{" Io ", "Io  ", ""},
		{"`D2d `", "D2d ", ""},
		{"' Lbl'", " Lbl", ""},
		{"' Lbl '", "", ""}, // five bytes
		{"`Lbl`", "Lbl ", ""},
		{"'Lbl '", "Lbl ", ""},
		{`"Mbuf"`, "Mbuf", ""},
		{"**Mbuf**", "Mbuf", ""},
		{"**`Mbuf`**", "Mbuf", ""},
		{"`Mbuf` (packet buffers)", "Mbuf", "packet buffers"},
		{"`Mbuf` (`PACKET_BUFFER`)", "Mbuf", "PACKET_BUFFER"},
		{"Mbuf (packet buffers)", "Mbuf", "packet buffers"},
		{"`Mbuf` tag", "Mbuf", "tag"},
		{`\_a\_b`, "_a_b", ""},
		{`a\*`, `a\* `, ""}, // fits as it stands
		{"Dh 1", "Dh 1", ""},
		{".UMD", ".UMD", ""},
		{"8042", "8042", ""},
		{"", "", ""},
		{"    ", "", ""},
		{"` `", "", ""},
		{"Mbufs", "", ""},
		{"`Mbuf` and more", "", ""},
		{"naïv", "", ""},
		{"a\tb", "", ""},
	} {
		tag, remark, _, ok := tagOf([]byte(c.cell))
		if ok != (c.tag != "") || ok && (tag != ingest.MustTag(c.tag) || string(remark) != c.remark) {
			t.Errorf("tagOf(%q) = %q, %q, %v, want %q, %q", c.cell, tag, remark, ok, c.tag, c.remark)
		}
	}
}

func TestHeaderOfFindsTheMark(t *testing.T) {
	for header, want := range map[string]byte{
		"Tag,Bytes":                     ',',
		"Tag;Bytes":                     ';',
		"Tag\tBytes":                    '\t',
		"| Tag | Bytes |":               '|',
		"Tag | Bytes":                   '|',
		"Tag  Bytes":                    0,
		`"Tag","Bytes, in use"`:         ',',
		"Tag;Size, in bytes;Count":      ';',
		"| Tag | Bytes; now | Outst, n": '|',
	} {
		if g, l, ok := headerOf([]byte(header)); g.mark != want || !ok {
			t.Errorf("headerOf(%q): mark %q, columns %q", header, g.mark, chosen(l))
		}
	}
}
