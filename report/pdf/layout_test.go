package pdf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"poolsweep/report"
)

// only is a write-up of one section with these blocks.
func only(blocks ...report.Block) *report.Writeup {
	return &report.Writeup{Sections: []report.Section{{Number: 1, Title: "t", Blocks: blocks}}}
}

// find returns the page and the operation of the first text that holds s.
func find(t *testing.T, d *document, s string) (int, op) {
	t.Helper()
	for n, p := range d.pages {
		for _, o := range p.ops {
			if o.kind == opText && strings.Contains(o.text, s) {
				return n, o
			}
		}
	}
	t.Fatalf("%q is not drawn", s)
	return 0, op{}
}

// count is how many operations of a kind stand on a page.
func count(p *page, kind opKind) int {
	n := 0
	for _, o := range p.ops {
		if o.kind == kind {
			n++
		}
	}
	return n
}

func TestPageOneKeepsItsOrder(t *testing.T) {
	m := runaway()
	d := layout(m, A4)
	last := -1.0
	for _, s := range []string{m.ID, "attached itself", "LAB-014", m.Band.Verdict, m.Figures[0].Label,
		"Attribution", "SEyeFilter.sys", "Evidence", "33,947,232", m.Chart.Title, m.Chart.Unit, "Why",
		"Why not",
		"Unsure", "Seen on", "Do next", "!for_each_module", "What happened", "Ticket text", "Contents"} {
		page, o := find(t, d, s)
		if at := float64(page)*d.height + o.y; at <= last {
			t.Errorf("%q stands above what should come before it", s)
		} else {
			last = at
		}
	}
}

func TestNumbersStandUnderEachOther(t *testing.T) {
	d := layout(runaway(), A4)
	_, first := find(t, d, "33,947,232")
	for _, number := range []string{"21,825,376", "6,503,328", "433,240"} {
		if _, o := find(t, d, number); o.x+o.w-first.x-first.w > 0.01 || first.x+first.w-o.x-o.w > 0.01 {
			t.Errorf("%s ends at %.2f, not at %.2f", number, o.x+o.w, first.x+first.w)
		}
	}
}

func TestContentsPrintThePagesOfTheOutline(t *testing.T) {
	d := layout(runaway(), A4)
	for _, e := range d.contents {
		want := fmt.Sprint(d.bookmarks[e.section+1].page + 1)
		printed := slices.ContainsFunc(e.page.ops, func(o op) bool {
			return o.y == e.baseline && o.text == want && o.x+o.w-e.x < 0.01 && e.x-o.x-o.w < 0.01
		})
		if !printed {
			t.Errorf("section %d: page %s is not in the contents", e.section+1, want)
		}
	}
}

func TestBookmarksNameEachSection(t *testing.T) {
	out := tool(t, chinese(), "qpdf", "--json", "--json-key=outlines", "FILE")
	for _, want := range []string{"PS-1A2B3C4D WavxDMgr 对卷重复附加了", "1 发生了什么", "3 附录：原始日志行"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is no bookmark in\n%s", want, out)
		}
	}
}

func TestCodeShrinksBeforeItBreaks(t *testing.T) {
	for _, test := range []struct {
		name  string
		n     int // characters
		size  float64
		lines int
	}{
		{"short", 40, 7.5, 1},
		{"needs a smaller size", 115, 7, 1},
		{"a row of a log", 147, 5.5, 1},
		{"breaks", 200, 5.5, 2},
	} {
		text := strings.Repeat("x", test.n)
		d := layout(only(report.Block{Code: []string{text}}), A4)
		lines, drawn := 0, ""
		for _, o := range d.pages[1].ops {
			if o.kind == opText && o.face == goMono {
				lines, drawn = lines+1, drawn+o.text
				if o.size != test.size {
					t.Errorf("%s: size %v, want %v", test.name, o.size, test.size)
				}
			}
		}
		if lines != test.lines || drawn != text {
			t.Errorf("%s: %d lines, want %d", test.name, lines, test.lines)
		}
	}
}

func TestCodeKeepsItsBlanksAndEmptyLines(t *testing.T) {
	d := layout(only(report.Block{Code: []string{"  two", "", "a  b"}}), A4)
	_, two := find(t, d, "  two")
	_, ab := find(t, d, "a  b")
	if gap, want := ab.y-two.y, 2*leading(two.size); gap < want-0.01 || gap > want+0.01 {
		t.Errorf("the empty line is %.2f high with its neighbour, want %.2f", gap, want)
	}
}

func TestAChainHasAnArrowBetweenSteps(t *testing.T) {
	d := layout(only(report.Block{Chain: []string{"first", "second", "third"}}), A4)
	if n := count(d.pages[1], opArrow); n != 2 {
		t.Errorf("%d arrows for three steps", n)
	}
	if n := count(d.pages[1], opCircle); n != 3 {
		t.Errorf("%d numbers for three steps", n)
	}
	lone := layout(only(report.Block{Chain: []string{"alone"}}), A4)
	if count(lone.pages[1], opArrow) != 0 {
		t.Error("a single step has an arrow")
	}
}

func TestAChartIsNotTornApart(t *testing.T) {
	filler := report.Block{Text: strings.Repeat("line\n", 52)}
	d := layout(only(filler, report.Block{Chart: manyBars(12)}), A4)
	first, _ := find(t, d, "Many bars")
	last, _ := find(t, d, "B11")
	if first != 2 || last != 2 {
		t.Errorf("title on page %d, last bar on page %d", first+1, last+1)
	}
}

func TestAChartLongerThanAPageGoesOn(t *testing.T) {
	d := layout(only(report.Block{Chart: manyBars(150)}), A4)
	for i := range 150 {
		find(t, d, fmt.Sprint("B", i))
	}
	units := 0
	for _, p := range d.pages {
		for _, o := range p.ops {
			if o.text == "bytes" {
				units++
			}
		}
	}
	if units != len(d.pages)-1 {
		t.Errorf("%d axes on %d pages", units, len(d.pages)-1)
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	c := &report.Chart{Bars: []report.Bar{{Label: "all", Value: 100}, {Label: "half", Value: 50},
		{Label: "trace", Value: 1e-9}, {Label: "none"}, {Label: "below", Value: -4}}}
	d := layout(only(report.Block{Chart: c}), A4)
	var lengths []float64
	for _, o := range d.pages[1].ops {
		if o.kind == opRect && o.color == barFills[report.TonePlain].fill {
			lengths = append(lengths, o.w)
		}
	}
	if len(lengths) != 3 {
		t.Fatalf("%d bars drawn, want those of the three positive values", len(lengths))
	}
	if ratio := lengths[1] / lengths[0]; ratio < 0.499 || ratio > 0.501 {
		t.Errorf("half the value is %.3f of the length", ratio)
	}
	if lengths[2] != 1.2 {
		t.Errorf("the smallest bar is %v long", lengths[2])
	}
}

func TestARowTallerThanAPageIsCut(t *testing.T) {
	table := &report.Table{Columns: []report.Column{{Title: "Tall", Share: 0.5}, {Title: "Short",
		Share: 0.5}},
		Rows: [][]report.Cell{cells("before", "b"), cells(strings.Repeat("tall\n", 90)+"end", "s"),
			cells("after", "a")}}
	d := layout(only(report.Block{Table: table}), A4)
	tall := 0
	for _, p := range d.pages[1:] {
		header := false
		for _, o := range p.ops {
			header = header || o.text == "Tall"
			if o.text == "tall" {
				tall++
			}
		}
		if !header {
			t.Error("a page of the table has no header")
		}
	}
	if end, _ := find(t, d, "end"); tall != 90 || end == 0 {
		t.Errorf("%d of 90 lines, the end on page %d", tall, end+1)
	}
	find(t, d, "after")
}

func TestTheCommandStaysWithItsReason(t *testing.T) {
	for n := range 30 {
		m := &report.Writeup{NextTitle: "Do next", Subtitle: strings.Repeat("line\n", 30+n),
			Next: []report.Step{{Why: "because", Where: "debugger", Command: "!command"}}}
		d := layout(m, A4)
		title, _ := find(t, d, "Do next")
		why, _ := find(t, d, "because")
		command, _ := find(t, d, "!command")
		if title != why || why != command {
			t.Fatalf("%d lines before: title, reason and command on pages %d, %d, %d", 30+n, title+1, why+1,
				command+1)
		}
	}
}

func TestFigureRowsAreBalanced(t *testing.T) {
	for n, want := range map[int][]int{1: {1}, 5: {5}, 6: {3, 3}, 7: {4, 3}, 10: {5, 5}, 11: {4, 4, 3}} {
		m := &report.Writeup{}
		for i := range n {
			m.Figures = append(m.Figures, report.Pair{Label: fmt.Sprint("L", i), Value: "1"})
		}
		var rows []int
		last := 0.0
		for _, o := range layout(m, A4).pages[0].ops {
			if !strings.HasPrefix(o.text, "L") {
				continue
			}
			if o.y != last {
				rows, last = append(rows, 0), o.y
			}
			rows[len(rows)-1]++
		}
		if !slices.Equal(rows, want) {
			t.Errorf("%d figures stand in rows of %v, want %v", n, rows, want)
		}
	}
}

func TestFooterStandsOnEveryPage(t *testing.T) {
	m := runaway()
	m.Labels.PageOf = ""
	d := layout(m, Letter)
	for i, p := range d.pages {
		var b strings.Builder
		for _, o := range p.ops {
			if o.kind == opText && o.y > d.height-40 {
				b.WriteString(o.text + " ")
			}
		}
		for _, want := range []string{m.Footer.Left, m.Footer.Hash, m.Footer.Tool,
			fmt.Sprintf("%d / %d", i+1, len(d.pages))} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("page %d: %q is not in the footer %q", i+1, want, b.String())
			}
		}
	}
}

func TestPaperSizes(t *testing.T) {
	for paper, want := range map[Paper]string{A4: "595.28 841.89", Letter: "612.00 792.00", 0: "595.28 841.89"} {
		box := regexp.MustCompile(`/MediaBox \[0 0 ([0-9. ]+)\]`).FindSubmatch(write(t, leak(), paper))
		if box == nil || string(box[1]) != want {
			t.Errorf("paper %d is %q, want %s", paper, box, want)
		}
	}
}

func TestUnknownTonesAreDrawnPlain(t *testing.T) {
	if toneColor(99) != toneColors[report.TonePlain] || barStyle(99) != barFills[report.TonePlain] {
		t.Error("an unknown tone is not drawn like a plain one")
	}
}

func TestLoudCellsAreBoldToo(t *testing.T) {
	for tone, want := range map[report.Tone]weight{report.TonePlain: regular, report.ToneMuted: regular,
		report.ToneGood: regular, report.ToneNotice: regular, report.ToneWarning: bold,
		report.ToneAlarm: bold} {
		if got := cellTone(cellText, tone).weight; got != want {
			t.Errorf("tone %d: weight %d, want %d", tone, got, want)
		}
	}
	if cellTone(style{weight: mono}, report.ToneAlarm).weight != mono {
		t.Error("a tag in a loud row loses its fixed width")
	}
}

func TestATitleStaysWithItsBlock(t *testing.T) {
	for n := 40; n < 75; n++ {
		d := layout(only(report.Block{Text: strings.Repeat("line\n", n)},
			report.Block{Title: "the title", Bullets: []string{"the item"}}), A4)
		title, _ := find(t, d, "the title")
		if item, _ := find(t, d, "the item"); item != title {
			t.Fatalf("after %d lines the title stands on page %d, its block on page %d", n, title+1, item+1)
		}
	}
}
