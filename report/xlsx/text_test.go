package xlsx

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain ~ text", "plain ~ text"},
		{"a\r\nb\rc\nd", "a\nb\nc\nd"},
		{"a\tb", "a b"},
		{"\x00\x1f\ufffe\uffff", "\ufffd\ufffd\ufffd\ufffd"},
		{"\xff", "\ufffd"},
		{"文件😀", "文件😀"},
		{strings.Repeat("x", cellLimit), strings.Repeat("x", cellLimit)},
		{strings.Repeat("x", cellLimit+1), strings.Repeat("x", cellLimit-4) + " […]"},
		{strings.Repeat("文", cellLimit), strings.Repeat("文", cellLimit)},
		{strings.Repeat("😀", 16384), strings.Repeat("😀", 16381) + " […]"},
	} {
		if got := text(c.in); got != c.want {
			t.Errorf("text(%.20q) has %d bytes, want %d: %.20q", c.in, len(got), len(c.want), got)
		}
	}
}

func TestEscaped(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a_b", "a_b"},
		{"_x0041_", "_x005F_x0041_"},
		{"_x00e9_", "_x005F_x00e9_"},
		{"a_x0041_b_x0042_", "a_x005F_x0041_b_x005F_x0042_"},
		{"_x0041_x0042_", "_x005F_x0041_x005F_x0042_"},
		{"_x005F_", "_x005F_x005F_"},
		{"_x004_", "_x004_"},
		{"_x004G_", "_x004G_"},
		{"_x0041", "_x0041"},
		{"_X0041_", "_X0041_"},
	} {
		if got := escaped(c.in); got != c.want {
			t.Errorf("escaped(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1", "1"}, {"123", "123"}, {"1234", "1,234"},
		{"18446744073709551615", "18,446,744,073,709,551,615"},
	} {
		if got := grouped(c.in); got != c.want {
			t.Errorf("grouped(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestRowHeightFollowsTheLines(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float64
		want  float64
	}{
		{"", 30, 0},
		{strings.Repeat("x", 35), 30, 0},
		{strings.Repeat("x", 36), 30, 29},
		{strings.Repeat("文", 18), 30, 29},
		{"one\n\nthree", 30, 42.5},
		{strings.Repeat("x", 30000), 30, 400},
		{"x", 0, 0},
	} {
		if got := rowHeight(lines(c.text, c.width)); got != c.want {
			t.Errorf("a row of %.10q in %g characters is %g high, want %g", c.text, c.width, got, c.want)
		}
	}
}
