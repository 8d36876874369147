package knowledge

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

const poolTags = `rem
rem  Our own copy: tag - binary - description
rem
Aq1  - acmeq.sys    - AcmeQ requests
AqB  - acmeq.sys
Irp  - acmeq.sys    - not true
Dh 1 - win32k!dh    - handles of the display
Sh12 - one.sys      - first user
// second user of the same tag
Sh12 - two.sys      - second user
Un00 - <unknown>    - nobody knows
Bo00 - nt!store or rdyboost.sys - both
Vx*  - vax.sys      - all of them
VxA? - vaxa.sys     - the narrower pattern
VxAB - vaxab.sys    - one tag of it
Proc - nt!ps        - Process objects
just a line of text
*abc - all.sys      - begins with a wildcard
toolong - x.sys     - seven characters
`

func labMap(t *testing.T, text string) (*TagMap, []ingest.Warning) {
	t.Helper()
	m, warnings, err := ReadTagMap("lab/pooltag.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m, warnings
}

func TestTagMapLiesOverOurs(t *testing.T) {
	b := load(t)
	m, _ := labMap(t, poolTags)
	b.AddTagMap(m)
	const sum = "bdeaf5077d08e62589517e13c93fa55651b68e5df5726cb594e9b5f2c3940d8f"
	if got := b.TagMaps(); len(got) != 1 || got[0].File != "lab/pooltag.txt" || got[0].SHA256 != sum {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		tag, module string
		several     []string
		line        int
	}{
		{"Aq1 ", "acmeq.sys", nil, 4},
		{"AqB ", "acmeq.sys", nil, 5},
		{"aqb ", "", nil, 0}, // case is part of a tag
		{"Dh 1", "win32k", nil, 7},
		{"Sh12", "", []string{"one.sys", "two.sys"}, 8},
		{"Un00", "", nil, 0},
		{"Bo00", "", []string{"nt", "rdyboost.sys"}, 12},
		{"VxAB", "vaxab.sys", nil, 15}, // the tag itself before any pattern
		{"VxAC", "vaxa.sys", nil, 14},  // the longer beginning before the shorter
		{"VxB ", "vax.sys", nil, 13},
		{"Vx  ", "vax.sys", nil, 13},
		{"WCsc", "wcifs.sys", nil, 0}, // ours
	} {
		got := b.Tag(ingest.MustTag(c.tag))
		if got.Module != c.module || !slices.Equal(got.Several, c.several) || got.Lab.Line != c.line {
			t.Errorf("%q: module %q, several %v, line %d; want %q, %v, %d", c.tag, got.Module, got.Several, got.Lab.Line,
				c.module, c.several, c.line)
		}
	}
	if got := b.Tag(ingest.MustTag("Aq1 ")); got.Text != "AcmeQ requests" || got.Source != "lab/pooltag.txt:4" {
		t.Errorf("text %q, source %q", got.Text, got.Source)
	}
	if got := b.Tag(ingest.MustTag("Un00")); !got.Known() || got.Text != "nobody knows" {
		t.Errorf("a tag without a driver keeps its text: %+v", got)
	}
}

func TestTagMapNeverGivesAGenericTagAway(t *testing.T) {
	b := load(t)
	m, _ := labMap(t, poolTags)
	warnings := b.AddTagMap(m)
	if got := b.Tag(ingest.MustTag("Irp ")); !got.Generic || got.Module != "nt" || got.Lab.File != "" {
		t.Errorf("Irp: %+v", got)
	}
	// The line that repeats what we say ourselves (Proc, nt) is no reason to warn.
	if len(warnings) != 1 || warnings[0].Line != 6 || !strings.Contains(warnings[0].Message, `"Irp " is allocated by the kernel`) {
		t.Errorf("warnings %v", warnings)
	}
}

func TestTagMapWarnsOfLinesThatAreNone(t *testing.T) {
	_, warnings := labMap(t, poolTags)
	var lines []int
	for _, w := range warnings {
		lines = append(lines, w.Line)
	}
	if !slices.Equal(lines, []int{17, 18, 19}) {
		t.Errorf("warnings %v", warnings)
	}
}

func TestLocalTagLines(t *testing.T) {
	m, warnings := labMap(t, "\ufeffAq1 - acmeq\r\nAqC - acmeq, other\r\n")
	if len(warnings) != 0 {
		t.Errorf("warnings %v", warnings)
	}
	b := load(t)
	b.AddTagMap(m)
	if got := b.Tag(ingest.MustTag("Aq1 ")); got.Module != "acmeq" {
		t.Errorf("Aq1: %+v", got)
	}
}

func TestFirstTagMapThatKnowsATagCounts(t *testing.T) {
	b := load(t)
	for _, text := range []string{"Aq1 - first.sys - a", "Aq1 - second.sys - b\nAq2 - second.sys - c"} {
		m, _ := labMap(t, text)
		b.AddTagMap(m)
	}
	if one, two := b.Tag(ingest.MustTag("Aq1 ")).Module, b.Tag(ingest.MustTag("Aq2 ")).Module; one != "first.sys" || two != "second.sys" {
		t.Errorf("Aq1 %q, Aq2 %q", one, two)
	}
}

func TestTagsOf(t *testing.T) {
	b := load(t)
	m, _ := labMap(t, "WCxx - wcifs.sys - of the lab\nWCse - other.sys - moved\n")
	b.AddTagMap(m)
	if got, want := b.TagsOf("WCIFS"), tags("WCfc", "WCfn", "WCri", "WCsc", "WCss", "WCxx"); !slices.Equal(got, want) {
		t.Errorf("tags of wcifs %v, want %v", got, want)
	}
	if got := b.TagsOf("nt"); len(got) != 0 {
		t.Errorf("tags that the kernel allocates for others %v", got)
	}
}

func FuzzReadTagMap(f *testing.F) {
	f.Add(poolTags)
	f.Add("A - b - c - d\n - - -\n? - x")
	f.Fuzz(func(t *testing.T, text string) {
		m, warnings, err := ReadTagMap("map", strings.NewReader(text))
		if err != nil {
			return
		}
		lines := strings.Count(text, "\n") + 1
		for _, w := range warnings {
			if w.Line < 1 || w.Line > lines {
				t.Errorf("warning at line %d of %d", w.Line, lines)
			}
		}
		for tag, e := range m.exact {
			if e.at.Line < 1 || e.at.Line > lines || e.pattern != string(tag[:]) {
				t.Errorf("entry %+v of tag %q", e, tag)
			}
		}
		m.find(ingest.MustTag("Irp "))
	})
}
