package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/report"
)

func TestWideSheetsTakeSeveralPagesAbreast(t *testing.T) {
	for _, c := range []struct {
		widths []float64
		want   int
	}{
		{nil, 1},
		{[]float64{20}, 1},
		{[]float64{110, 100}, 1},
		{[]float64{110, 101}, 2},
		{[]float64{20, 100, 100, 100}, 3}, // the first column stands on each page
		{slices.Repeat([]float64{10}, 40), 2},
		{[]float64{300}, 1},
		{[]float64{10, 300, 10}, 3},
	} {
		if got := abreast(c.widths, perPage); got != c.want {
			t.Errorf("columns of %v take %d pages, want %d", c.widths, got, c.want)
		}
	}
}

// A sentence stays on the first page, and out of the column that is on each.
func TestASentenceIsNotCutBetweenPages(t *testing.T) {
	for _, c := range []struct {
		widths []float64
		pages  int
		want   string
	}{
		{[]float64{20, 30, 40}, 1, "1 3 90"},
		{[]float64{20, 30, 40, 50, 60, 70}, 2, "2 3 70"},
		{slices.Repeat([]float64{10}, 60), 3, "2 17 160"},
		{[]float64{10, 300}, 2, "2 2 300"},
		{[]float64{100, 10, 110, 10}, 2, "2 2 10"},
	} {
		from, to, width := spread(c.widths, c.pages)
		if got := fmt.Sprint(from, to, width); got != c.want {
			t.Errorf("over %v on %d pages it takes %s, want %s", c.widths, c.pages, got, c.want)
		}
	}
}

func TestTitlesKeepTheirWordsWhole(t *testing.T) {
	for _, c := range []struct {
		title string
		width float64
		want  int
	}{{"", 9, 1}, {"Bytes", 3, 1}, {"Most of any peer", 8, 2}, {"Other machines, median", 9, 3}, {"其他 机器", 4, 2}, {"其他机器的中位数", 9, 2}, {"其他机器", 3, 3}} {
		if got := titleLines(c.title, c.width); got != c.want {
			t.Errorf("%q takes %d lines of %g, want %d", c.title, got, c.width, c.want)
		}
	}
}

func TestLinksEndAtExcelsLimit(t *testing.T) {
	g := &grid{page: &page{book: &book{}}}
	s := &survey{}
	for range mostLinks + 3 {
		g.noteLink(s, "A5", report.Link{Text: "x", Target: "x.pdf"})
	}
	if len(s.links) != mostLinks || len(s.files) != mostLinks {
		t.Errorf("%d links to %d files, want %d", len(s.links), len(s.files), mostLinks)
	}
}

func TestMendedCharts(t *testing.T) {
	const drawing = `<xdr:twoCellAnchor editAs="oneCell"><xdr:from><xdr:col>2</xdr:col></xdr:from><xdr:to>` +
		`<xdr:col>2</xdr:col><xdr:colOff>50</xdr:colOff><xdr:row>3</xdr:row><xdr:rowOff>40</xdr:rowOff></xdr:to>` +
		`<x/></xdr:twoCellAnchor><xdr:twoCellAnchor><y/></xdr:twoCellAnchor>`
	const want = `<xdr:oneCellAnchor><xdr:from><xdr:col>2</xdr:col></xdr:from><xdr:ext cx="50" cy="40"/>` +
		`<x/></xdr:oneCellAnchor><xdr:twoCellAnchor><y/></xdr:twoCellAnchor>`
	if got := string(mended("xl/drawings/drawing1.xml", []byte(drawing))); got != want {
		t.Errorf("the drawing became\n%s\nwant\n%s", got, want)
	}
	const axis = `<a:bodyPr rot="-5400000">`
	for form, want := range map[string]string{`<barDir val="bar">`: "0", `<barDir val="col">`: "-5400000"} {
		got := string(mended("xl/charts/chart1.xml", []byte(form+axis+flatTitle)))
		if !strings.Contains(got, `rot="`+want+`"`) || !strings.HasSuffix(got, "></title>") {
			t.Errorf("the axis of %s became %s", form, got)
		}
	}
}

// A column is as wide as its longest number, with separators.
func TestColumnsHoldTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		largest float64
		kind    report.CellKind
		want    float64
	}{
		{-1, report.KindCount, 0},
		{0, report.KindCount, 1 + around},
		{999, report.KindCount, 4 + around},
		{1e12, report.KindBytes, 17 + around},
		{12, report.KindRatio, 8 + around},
	} {
		if got := numberWidth(c.kind, c.largest); got != c.want {
			t.Errorf("%g is %g wide, want %g", c.largest, got, c.want)
		}
	}
}
