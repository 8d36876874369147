package pdf

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func texts(lines []line) []string {
	var list []string
	for _, l := range lines {
		text := ""
		for _, r := range l.runs {
			text += r.text
		}
		list = append(list, text)
	}
	return list
}

func TestCleanSpellsOutWhatCannotBeDrawn(t *testing.T) {
	for _, test := range []struct {
		name, in, want string
		weight         weight
	}{
		{"plain", "WavxDMgr – Ж 卷", "WavxDMgr – Ж 卷", regular},
		{"emoji", "a\U0001F600", "a<U+1F600>", bold},
		{"right to left override", "x\u202Esys.txt", "x<U+202E>sys.txt", regular},
		{"control", "\x00\x1b[2J", "<U+0000><U+001B>[2J", regular},
		{"bad bytes", "a\xffb\xc3", "a<0xFF>b<0xC3>", regular},
		{"zero width", "a\u200bb", "a<U+200B>b", regular},
		{"hebrew", "א", "<U+05D0>", mono},
		{"windows line ends", "a\r\nb", "a\nb", regular},
		{"tab in prose", "a\tb", "a b", regular},
		{"tab in fixed width", "ab\tc\n\td", "ab      c\n        d", mono},
		{"replacement character stays", "\ufffd", "\ufffd", regular},
	} {
		if got := newGlyphs().clean(test.in, test.weight); got != test.want {
			t.Errorf("%s: clean(%q) = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	g := newGlyphs()
	fixed := style{mono, 10, ink} // each character is 6 wide
	for _, test := range []struct {
		name, in string
		width    float64
		want     []string
	}{
		{"empty", "", 60, []string{""}},
		{"fits exactly", "0123456789", 60, []string{"0123456789"}},
		{"a space at the break is dropped", "01234 56789 x", 66, []string{"01234 56789", "x"}},
		{"line end", "a\n\nb", 60, []string{"a", "", "b"}},
		{"a long word breaks anywhere, from where it stands", "ab 0123456789abcdef", 60,
			[]string{"ab 0123456", "789abcdef"}},
		{"and the next goes on behind it", "0123456789ab cd", 60, []string{"0123456789", "ab cd"}},
		{"leading blanks stay", "    x", 60, []string{"    x"}},
	} {
		if got := texts(g.wrap(test.in, fixed, test.width)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestWrapKeepsChinesePunctuationWithItsWord(t *testing.T) {
	g := newGlyphs()
	st := style{regular, 10, ink} // each character is 10 wide
	got := texts(g.wrap("失控的附加，内存耗尽。", st, 50))
	if want := []string{"失控的附", "加，内存耗", "尽。"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestARunIsOneFace(t *testing.T) {
	g := newGlyphs()
	l := g.cut("tag 标记 x", style{bold, 10, ink})
	var faces []face
	for _, r := range l.runs {
		faces = append(faces, r.face)
	}
	if !slices.Equal(faces, []face{goBold, hanBold, goBold}) {
		t.Errorf("faces %v", faces)
	}
	if want := g.measure("tag 标记 x", l.style); math.Abs(l.width-want) > 1e-9 {
		t.Errorf("width %v, want %v", l.width, want)
	}
}

func TestFitShrinksNoFurtherThanNeeded(t *testing.T) {
	g := newGlyphs()
	st := style{mono, 10, ink}
	for _, test := range []struct {
		text        string
		width, want float64
	}{{"0123456789", 60, 10}, {"0123456789", 58, 9.5}, {"0123456789", 42, 7}, {"0123456789", 1, 6.5}} {
		got := g.fit(test.text, st, test.width, 6.5).size
		if got != test.want {
			t.Errorf("fit into %v: %v, want %v", test.width, got, test.want)
		}
	}
}

// checkWrap holds for any text and width: nothing is lost but blanks at line
// ends, and no line is too wide unless it is a single character.
func checkWrap(t *testing.T, s string, width float64) {
	g := newGlyphs()
	st := style{regular, 9, ink}
	lines := g.wrap(s, st, width)
	all := texts(lines)
	if got, want := squeeze(strings.Join(all, "")), squeeze(g.clean(s, regular)); got != want {
		t.Fatalf("wrap(%q, %v) draws %q, want %q", s, width, got, want)
	}
	for i, l := range lines {
		if !utf8.ValidString(all[i]) {
			t.Fatalf("line %q is no UTF-8", all[i])
		}
		if l.width > width+1e-6 && utf8.RuneCountInString(all[i]) > 1 {
			t.Fatalf("line %q is %v wide, more than %v", all[i], l.width, width)
		}
	}
}

func FuzzWrap(f *testing.F) {
	for _, s := range []string{"", "plain words to wrap",
		"路径 C:\\a\\b 的驱动", strings.Repeat("x", 300), "a\xff\u202e\U0001F600 \t\n b"} {
		f.Add(s, uint16(40))
	}
	f.Fuzz(func(t *testing.T, s string, width uint16) {
		checkWrap(t, s, 12+float64(width%600))
	})
}

func TestWidthsAgreeWithTheFaces(t *testing.T) {
	g := newGlyphs()
	for _, test := range []struct {
		weight weight
		r      rune
		want   glyph
	}{
		{mono, 'M', glyph{goMono, 600}}, {mono, ' ', glyph{goMono, 600}},
		{regular, '卷', glyph{hanRegular, 1000}}, {bold, '，', glyph{hanBold, 1000}},
		{regular, '\U0001F600', glyph{}}, {regular, '\uffff', glyph{}},
	} {
		if got := g.find(test.weight, test.r); got != test.want {
			t.Errorf("%q: %+v, want %+v", test.r, got, test.want)
		}
	}
}
