package pdf

import (
	"math"
	"slices"
	"strings"
	"testing"

	"poolsweep/report"
)

func TestAxis(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		name   string
		values []float64
		log    bool
		want   []float64
	}{
		{"nothing", nil, false, []float64{0, 1}},
		{"nothing positive", []float64{0, -3, nan}, true, []float64{0, 1}},
		{"linear", []float64{3, 10841}, false, []float64{0, 2000, 4000, 6000, 8000, 10000, 12000}},
		{"linear ends on a tick", []float64{500}, false, []float64{0, 100, 200, 300, 400, 500}},
		{"below one", []float64{0.4}, false, []float64{0, 0.1, 0.2, 0.3, 0.4}},
		{"decades", []float64{60, 62403}, true, []float64{10, 100, 1000, 10000, 100000}},
		{"the lowest keeps a length", []float64{10841, 62403}, true, []float64{1000, 10000, 100000}},
		{"counts start at one", []float64{1}, true, []float64{1, 10}},
		{"below one", []float64{0.5}, true, []float64{0.1, 1}},
		{"infinite", []float64{1e28, inf}, true, []float64{1e27, 1e28, 1e29, 1e30}},
	} {
		got := newAxis(test.values, test.log).ticks
		same := slices.EqualFunc(got, test.want, func(a,
			b float64) bool {
			return math.Abs(a-b) <= 1e-9*math.Abs(b)
		})
		if !same {
			t.Errorf("%s: ticks %v, want %v", test.name, got, test.want)
		}
	}
}

func TestAxisPlacesValues(t *testing.T) {
	log, linear := newAxis([]float64{20, 100000}, true), newAxis([]float64{100}, false)
	for _, test := range []struct {
		axis    axis
		v, want float64
	}{
		{log, 10, 0}, {log, 1000, 0.5}, {log, 100000, 1}, {log, 1, 0}, {log, 0, 0}, {log, 1e9, 1},
		{linear, 0, 0}, {linear, 25, 0.25}, {linear, 100, 1}, {linear, -5, 0}, {linear, math.NaN(), 0},
	} {
		if got := test.axis.at(test.v); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("at(%v) = %v, want %v", test.v, got, test.want)
		}
	}
}

func TestTickText(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.1: "0.1", 2.5: "2.5", 100: "100", 1000: "1,000", 100000: "100,000",
		1e6: "1,000,000", 1e7: "10M", 25e6: "25M", 1e9: "1G", 1.5e9: "1.5G", 2e13: "20T", 1e17: "1e+17"} {
		if got := tickText(v); got != want {
			t.Errorf("tickText(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestSpreadGivesWhatATextNeeds(t *testing.T) {
	half := []float64{0.5, 0.5}
	for _, test := range []struct {
		name                      string
		least, whole, share, want []float64
	}{
		{"no wider than needed", []float64{5, 5}, []float64{10, 20}, half, []float64{10 + slack, 20 + slack}},
		{"what is spare goes by shares", []float64{5, 5}, []float64{60, 30}, []float64{0.2, 0.8}, []float64{62, 38}},
		{"who lacks little gets it", []float64{10, 10, 10}, []float64{15, 200, 12}, half, []float64{15, 73, 12}},
		{"who lacks much shares the rest", []float64{10, 30}, []float64{90, 300}, half, []float64{40, 60}},
		{"too little for all", []float64{60, 90}, []float64{60, 90}, half, []float64{40, 60}},
	} {
		got := spread(test.least, test.whole, test.share, 100)
		if !slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestHeaderIsRepeatedAndRowsStayWhole(t *testing.T) {
	d := layout(&report.Writeup{Sections: []report.Section{{Number: 1, Title: "t",
		Blocks: []report.Block{{Table: bigTable(600)}}}}}, A4)
	if len(d.pages) < 5 {
		t.Fatalf("%d pages", len(d.pages))
	}
	rows := 0
	for n, p := range d.pages[1:] {
		titles, tags, numbers := 0, 0, 0
		for _, o := range p.ops {
			switch {
			case o.text == "Outstanding":
				titles++
			case o.kind == opText && o.face == goMono:
				tags++
			case o.kind == opText && o.y < d.bottom() && strings.Trim(o.text, "0123456789") == "" &&
				o.size == cellText.size:
				numbers++
			}
		}
		if titles != 1 || tags != numbers {
			t.Errorf("page %d: %d headers, %d tags, %d numbers", n+1, titles, tags, numbers)
		}
		rows += tags
	}
	if rows != 600 {
		t.Errorf("%d rows", rows)
	}
}

func TestAHeadingIsNeverAlone(t *testing.T) {
	// A section is pushed down line by line over the end of the page.
	for n := range 60 {
		m := &report.Writeup{Sections: []report.Section{
			{Number: 1, Title: "first", Blocks: []report.Block{{Text: strings.Repeat("line\n", n+1)}}},
			{Number: 2, Title: "second", Blocks: []report.Block{{Text: "a\nb"}}}}}
		d := layout(m, A4)
		second := d.bookmarks[2]
		for _, o := range d.pages[second.page].ops {
			if o.text == "a" && o.y > second.y {
				second.title = ""
			}
		}
		if second.title != "" {
			t.Fatalf("after %d lines the heading stands without its text", n+1)
		}
	}
}

func TestNoLineIsLeftAloneAtAPageEnd(t *testing.T) {
	for n := 40; n < 70; n++ {
		m := &report.Writeup{Sections: []report.Section{{Number: 1, Title: "t", Blocks: []report.Block{
			{Text: strings.Repeat("filler\n", n)}, {Text: "p1\np2\np3\np4"}}}}}
		on := map[int]int{}
		for i, p := range layout(m, A4).pages {
			for _, o := range p.ops {
				if len(o.text) == 2 && o.text[0] == 'p' {
					on[i]++
				}
			}
		}
		for page, lines := range on {
			if lines == 1 {
				t.Errorf("%d lines before: one line alone on page %d", n, page+1)
			}
		}
	}
}

func TestAppendixStartsAPage(t *testing.T) {
	m := runaway()
	d := layout(m, A4)
	last := d.bookmarks[len(d.bookmarks)-1]
	if last.y > marginTop {
		t.Errorf("the appendix starts at %v", last.y)
	}
	if before := d.bookmarks[len(d.bookmarks)-2]; before.page == last.page {
		t.Errorf("the appendix shares page %d", last.page+1)
	}
}

func TestContentsLeadToTheirPages(t *testing.T) {
	d := layout(runaway(), A4)
	targets := map[int]bool{}
	for _, p := range d.pages {
		for _, o := range p.ops {
			if o.kind == opLink {
				targets[o.target] = true
			}
		}
	}
	if len(targets) != len(d.m.Sections) || targets[0] {
		t.Errorf("links lead to %v", targets)
	}
	if short := layout(leak(), A4); len(short.contents) != 0 {
		t.Error("one section has a table of contents")
	}
}

// luminance is the relative luminance of WCAG 2.
func luminance(c color) float64 {
	part := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
}

func TestLeadCutsAfterTheFirstPhrase(t *testing.T) {
	for value, want := range map[string][2]string{
		"3,880 events/h, 17.8 MB/h: mean": {"3,880 events/h", "17.8 MB/h: mean"},
		"no date: one snapshot":           {"no date", "one snapshot"},
		"12 (of 40)":                      {"12", "(of 40)"},
		"只有一次快照，无法计算":                     {"只有一次快照", "无法计算"},
		"10,841":                          {"10,841", ""},
		"":                                {"", ""},
	} {
		if first, rest := lead(value); first != want[0] || rest != want[1] {
			t.Errorf("lead(%q) = %q, %q", value, first, rest)
		}
	}
}

func TestTonesCarryWhiteText(t *testing.T) {
	for tone, c := range toneColors {
		if contrast := 1.05 / (luminance(c) + 0.05); contrast < 4.5 {
			t.Errorf("tone %d: contrast to white is %.1f", tone, contrast)
		}
	}
}

func TestBarsDifferInGrey(t *testing.T) {
	for i, a := range barFills {
		for j, b := range barFills[:i] {
			near := math.Abs(math.Sqrt(luminance(a.fill))-math.Sqrt(luminance(b.fill))) < 0.05
			if near && a.hatch == b.hatch && a.outline == b.outline {
				t.Errorf("bars of tones %d and %d look the same in grey", i, j)
			}
		}
	}
}

func TestMarkLabelsDoNotOverlap(t *testing.T) {
	c := manyBars(3)
	for _, label := range []string{"first of the marks", "second of the marks", "third of the marks"} {
		c.Marks = append(c.Marks, report.Mark{Value: 1e9, Label: label})
	}
	d := &document{glyphs: newGlyphs(), width: 595, height: 842}
	d.turn()
	p := d.plan(c)
	if p.levels != 3 {
		t.Errorf("%d levels for three labels at one place", p.levels)
	}
	for i, a := range p.marks {
		for _, b := range p.marks[:i] {
			if a.level == b.level && a.at < b.at+b.line.width && b.at < a.at+a.line.width {
				t.Errorf("labels %d overlap", i)
			}
		}
	}
}
