package mail

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"strings"
	"testing"

	"poolsweep/report"
)

func drawn(t *testing.T, w *report.Weekly) []File {
	t.Helper()
	files, err := draw(w)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPicturesAreSmallAndTheSameEachTime(t *testing.T) {
	first, again := drawn(t, weekly(3)), drawn(t, weekly(3))
	if len(first) != 2 {
		t.Fatalf("%d pictures", len(first))
	}
	sum := 0
	for i, f := range first {
		if !bytes.Equal(f.Body, again[i].Body) {
			t.Errorf("%s differs", f.Name)
		}
		img, err := png.Decode(bytes.NewReader(f.Body))
		if err != nil {
			t.Fatal(err)
		}
		if size := img.Bounds().Size(); size.X != pictureWidth*density {
			t.Errorf("%s is %d wide", f.Name, size.X)
		}
		sum += len(f.Body)
	}
	if sum > 30<<10 {
		t.Errorf("pictures of %d bytes", sum)
	}
	t.Logf("%d bytes", sum)
}

// crowded are pictures with as many lines as there can be, and longer texts than there
// is room for.
func crowded(label string) *report.Weekly {
	columns, times := openCases(), course()
	for i := range 5 {
		columns.Series = append(columns.Series, report.ChartSeries{Name: label, Values: []float64{1, 1, 1}})
		times.Lines = append(times.Lines, report.Line{Label: label, Text: "3", Parts: [][]report.Point{{{X: 7000,
			Y: float64(i)}}}})
	}
	columns.Title, columns.Unit, times.Title, times.Unit = label, label, label, label
	times.Levels[0].Label, times.X.Ticks[1].Text, times.Restarts[0].Label = label, label, label
	return &report.Weekly{Charts: []report.WeeklyChart{{Name: "a.png", Columns: columns, Y: counts(4)},
		{Name: "b.png", Timeline: times}}}
}

func TestCrowdedPicturesAreBounded(t *testing.T) {
	for _, label := range []string{"x", strings.Repeat("漢字 wide ", 200), "\x00\U0001F600\u202e", ""} {
		sum := 0
		for _, f := range drawn(t, crowded(label)) {
			sum += len(f.Body)
		}
		if sum > 40<<10 {
			t.Errorf("%q: %d bytes", label[:min(9, len(label))], sum)
		}
		t.Logf("%d bytes", sum)
	}
}

// A picture that makes a mail too long gives way to its words, the last one first.
func TestPicturesGiveWayToWords(t *testing.T) {
	w := crowded("漢字")
	w.Charts[0].Alt, w.Charts[1].Alt = "the first in words", "the second in words"
	for bytes, left := range map[int]int{1000: 2, 75_000: 1, 95_000: 0} {
		w.Notices = []string{strings.Repeat("x", bytes)}
		m, err := New(w)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Pictures) != left || strings.Count(m.HTML, "<img") != left {
			t.Errorf("%d bytes: %d pictures, want %d", bytes, len(m.Pictures), left)
		}
		for _, alt := range []string{"the first in words", "the second in words"} {
			if !strings.Contains(m.HTML, alt) {
				t.Errorf("%d bytes: no %q", bytes, alt)
			}
		}
	}
	if w.Charts[1].Name == "" {
		t.Error("the model was changed")
	}
}

func TestTextsAreCutToFit(t *testing.T) {
	c, err := newCanvas(100, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "short", strings.Repeat("wide 漢字", 99)} {
		for _, w := range []weight{regular, bold} {
			got := c.fit(w, text, 60)
			if c.width(w, got) > 60 || got != text && !strings.HasSuffix(got, "…") {
				t.Errorf("%q is %g wide", got, c.width(w, got))
			}
		}
	}
}

// What the picture shows is a place on the screen: a higher value stands higher.
func TestColumnsStandOnTheAxis(t *testing.T) {
	w := weekly(0)
	img, err := png.Decode(bytes.NewReader(drawn(t, w)[0].Body))
	if err != nil {
		t.Fatal(err)
	}
	heights := map[int]bool{}
	for x := range img.Bounds().Dx() {
		n := 0
		for y := range img.Bounds().Dy() {
			if img.At(x, y) == (series[0]) {
				n++
			}
		}
		heights[n] = true
	}
	one := int(plotHeight * density / 4)
	if !heights[one] || !heights[3*one] {
		t.Errorf("columns of %v points, want %d and %d", heights, one, 3*one)
	}
}

func TestPageHoldsItsPictures(t *testing.T) {
	m := message(t)
	page := m.Page()
	if strings.Contains(page, "cid:") || !strings.Contains(page, base64.StdEncoding.EncodeToString(m.Pictures[1].Body)) {
		t.Error("pictures are missing")
	}
	if strings.Count(m.HTML, `src="cid:`) != 2 {
		t.Errorf("the mail refers to %d pictures", strings.Count(m.HTML, `src="cid:`))
	}
}
