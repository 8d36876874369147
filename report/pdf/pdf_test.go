package pdf

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"poolsweep/report"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	keep   = flag.String("keep", "", "write the fixtures' PDFs into this folder, to look at them")
)

func write(t testing.TB, m *report.Writeup, p Paper) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tool runs a program over a fixture's PDF and returns what it prints.
func tool(t *testing.T, m *report.Writeup, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "case.pdf")
	if err := os.WriteFile(file, write(t, m, A4), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", file)
	}
	return program(t, name, args...)
}

// program returns what a program prints that may not be installed.
func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestKeepFixtures(t *testing.T) {
	if *keep == "" {
		t.Skip("no folder given with -keep")
	}
	for name, m := range fixtures() {
		if err := os.WriteFile(filepath.Join(*keep, name+".pdf"), write(t, m, A4), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// dump prints what stands on each page: place, face, size and words of each
// line, and the shapes between them.
func dump(d *document) string {
	var b strings.Builder
	for n, p := range d.pages {
		fmt.Fprintf(&b, "page %d\n", n+1)
		for i := 0; i < len(p.ops); i++ {
			o := p.ops[i]
			color := fmt.Sprintf("#%02x%02x%02x", o.color.r, o.color.g, o.color.b)
			fmt.Fprintf(&b, "%4.0f %4.0f ", o.x, o.y)
			if o.kind != opText {
				if len(o.points) > 0 {
					fmt.Fprintf(&b, "%s %v %s\n", map[opKind]string{opPath: "path", opArea: "area"}[o.kind], whole(o.points), color)
					continue
				}
				kind := [...]string{opRect: "rect", opFrame: "frame", opLine: "line", opDash: "dash",
					opArrow: "arrow", opCircle: "circle", opLink: "link", opWeb: "web"}[o.kind]
				fmt.Fprintf(&b, "%s %.0fx%.0f %s\n", kind, o.w, o.h, color)
				continue
			}
			text, faces, x := o.text, names[o.face], o.x+o.w
			for ; i+1 < len(p.ops) && p.ops[i+1].kind == opText && p.ops[i+1].y == o.y && p.ops[i+1].x == x; i++ {
				text, faces, x = text+p.ops[i+1].text, faces+"+", x+p.ops[i+1].w
			}
			fmt.Fprintf(&b, "%s %.1f %s %q\n", faces, o.size, color, text)
		}
	}
	for _, m := range d.bookmarks {
		fmt.Fprintf(&b, "bookmark page %d at %.0f: %s\n", m.page+1, m.y, m.title)
	}
	return b.String()
}

func TestPagesMatchGolden(t *testing.T) {
	for _, name := range []string{"runaway", "leak", "chinese", "charted", "empty"} {
		t.Run(name, func(t *testing.T) {
			got := dump(layout(fixtures()[name], A4))
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("pages differ from %s (run with -update and look at the difference)\n%s", file,
					firstDifference(got, string(want)))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

func TestEverythingStaysInsideTheMargins(t *testing.T) {
	const slack = 0.6
	for name, m := range fixtures() {
		for _, paper := range []Paper{A4, Letter} {
			d := layout(m, paper)
			for n, p := range d.pages {
				for _, o := range p.ops {
					left, right, top, bottom := extent(o)
					if left < marginX-slack || right > d.width-marginX+slack || top < 28 || bottom > d.height-14 {
						t.Errorf("%s, page %d: %+v leaves the page's text area", name, n+1, o)
					}
					if o.kind == opText && o.y > d.bottom()+slack && o.y < d.height-40 {
						t.Errorf("%s, page %d: %q stands between text and footer", name, n+1, o.text)
					}
				}
			}
		}
	}
}

// extent is the box an operation paints.
func extent(o op) (left, right, top, bottom float64) {
	switch o.kind {
	case opText:
		return o.x, o.x + o.w, o.y - o.size, o.y + o.size*0.3
	case opPath, opArea:
		left, top = o.points[0].x, o.points[0].y
		right, bottom = left, top
		for _, p := range o.points {
			left, right, top, bottom = min(left, p.x), max(right, p.x), min(top, p.y), max(bottom, p.y)
		}
		return
	case opCircle:
		return o.x - o.w, o.x + o.w, o.y - o.w, o.y + o.w
	case opArrow:
		return o.x - o.w, o.x + o.w, o.y - o.h, o.y
	}
	return o.x, o.x + o.w, min(o.y, o.y+o.h), max(o.y, o.y+o.h)
}

// whole rounds points to what a reader of a golden file can tell apart.
func whole(points []point) []point {
	out := make([]point, len(points))
	for i, p := range points {
		out[i] = point{math.Round(p.x), math.Round(p.y)}
	}
	return out
}

// strs collects every text of a model that is to be printed.
func strs(v reflect.Value, list []string) []string {
	switch v.Kind() {
	case reflect.String:
		return append(list, v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return strs(v.Elem(), list)
		}
	case reflect.Slice:
		for i := range v.Len() {
			list = strs(v.Index(i), list)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch v.Type().Field(i).Name {
			case "Lang", "Footer", "Labels", "Created":
			default:
				list = strs(v.Field(i), list)
			}
		}
	}
	return list
}

// squeeze removes blanks: a text is broken at them or around them.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestNoTextIsLost(t *testing.T) {
	for name, m := range fixtures() {
		d := layout(m, A4)
		var b strings.Builder
		for _, p := range d.pages {
			for _, o := range p.ops {
				if o.kind == opText && o.y <= d.bottom() {
					b.WriteString(o.text)
				}
			}
		}
		drawn := squeeze(b.String())
		for _, s := range strs(reflect.ValueOf(*m), nil) {
			// Texts longer than a page have the header of the next between them.
			clean := squeeze(d.glyphs.clean(s, regular))
			first, rest := lead(d.glyphs.clean(s, regular))
			cut := squeeze(first) + squeeze(rest) // as a figure's value may be
			if len(clean) < 1000 && !strings.Contains(drawn, clean) && !strings.Contains(drawn, cut) {
				t.Errorf("%s: %q is not on the pages", name, s)
			}
		}
	}
}

func TestOnlyDrawableTextIsDrawn(t *testing.T) {
	d := layout(hostile(), A4)
	for n, p := range d.pages {
		for _, o := range p.ops {
			if o.kind != opText {
				continue
			}
			if !utf8.ValidString(o.text) || o.face == noFace {
				t.Fatalf("page %d: %q in face %d", n+1, o.text, o.face)
			}
			for _, r := range o.text {
				if _, ok := d.glyphs.advance(o.face, r); !ok {
					t.Errorf("page %d: %s has no %U of %q", n+1, names[o.face], r, o.text)
				}
			}
		}
	}
}

func TestPageOneHoldsATypicalCase(t *testing.T) {
	for _, paper := range []Paper{A4, Letter} {
		for name, m := range map[string]*report.Writeup{"english": runaway(), "chinese": chinese()} {
			d := layout(m, paper)
			var b strings.Builder
			for _, o := range d.pages[0].ops {
				b.WriteString(o.text)
			}
			date, _ := lead(m.Figures[3].Value)
			for _, want := range []string{m.Band.Verdict, date, m.Attribution[3].Module, "433,240", m.Chart.Unit} {
				if !strings.Contains(squeeze(b.String()), squeeze(want)) {
					t.Errorf("%s, paper %d: %q is not on page one", name, paper, want)
				}
			}
		}
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	for name, m := range fixtures() {
		first := write(t, m, A4)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if !bytes.Equal(first, write(t, fixtures()[name], A4)) {
					t.Errorf("%s: two documents of one model differ", name)
				}
			})
		}
		wait.Wait()
	}
}

func TestDateIsTheInputsOrFixed(t *testing.T) {
	m := leak()
	m.Created = time.Date(2026, 3, 9, 16, 30, 0, 0, time.FixedZone("", 2*3600))
	if !bytes.Contains(write(t, m, A4), []byte("/CreationDate (D:20260309143000)")) {
		t.Error("the creation date is not the newest input's, in UTC")
	}
	m.Created = time.Time{}
	if !bytes.Contains(write(t, m, A4), []byte("/ModDate (D:20000101000000)")) {
		t.Error("a document without a date does not carry the fixed one")
	}
}

func TestFilesStaySmall(t *testing.T) {
	for name, limit := range map[string]int{"runaway": 120_000, "leak": 120_000, "chinese": 300_000} {
		if n := len(write(t, fixtures()[name], A4)); n > limit {
			t.Errorf("%s: %d bytes, more than %d", name, n, limit)
		}
	}
}

func TestChineseFaceIsLoadedOnlyWhenNeeded(t *testing.T) {
	if bytes.Contains(write(t, runaway(), A4), []byte("notosans")) {
		t.Error("a Latin document carries a Chinese face")
	}
	if !bytes.Contains(write(t, chinese(), A4), []byte("notosanssc")) {
		t.Error("a Chinese document carries no Chinese face")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteReportsAnErrorOfTheWriter(t *testing.T) {
	if err := Write(full{}, leak(), A4); err == nil || !strings.HasPrefix(err.Error(), "write pdf: ") {
		t.Errorf("error %v", err)
	}
}

func TestFilesAreSound(t *testing.T) {
	for name, m := range fixtures() {
		t.Run(name, func(t *testing.T) {
			if out := tool(t, m, "qpdf", "--check", "FILE"); strings.Contains(out, "WARNING") {
				t.Error(out)
			}
		})
	}
}

func TestCommandsCopyOutExactly(t *testing.T) {
	m := runaway()
	long := `findstr /m /l /s /c:"tsni" "C:\Windows\System32\drivers\*.sys" ` +
		`"D:\symbols and images\drivers\*.sys" > hits.txt`
	m.Next = append(m.Next, report.Step{Command: long, Where: "command prompt",
		Why: "A command that needs a smaller size."})
	lines := strings.Split(tool(t, m, "pdftotext", "FILE", "-"), "\n")
	have := make(map[string]bool)
	for _, l := range lines {
		have[l] = true
	}
	for _, s := range m.Next {
		if s.Command != "" && !have[s.Command] {
			t.Errorf("%q is not a line of its own", s.Command)
		}
	}
}

func TestChineseAndCyrillicCopyOut(t *testing.T) {
	text := tool(t, chinese(), "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{"失控的附加", "只有一次快照", "Компьютер «Лаборатория»", "第 1 页，共 2 页", "省略若干重复输出"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
}

func TestPropertiesAndPages(t *testing.T) {
	info := tool(t, runaway(), "pdfinfo", "FILE")
	for _, want := range []string{"PS-1A2B3C4D · WavxDMgr attached", "Runaway attachment", "poolsweep 0.1",
		"595.28 x 841.89"} {
		if !strings.Contains(info, want) {
			t.Errorf("%q is not in\n%s", want, info)
		}
	}
	text := tool(t, runaway(), "pdftotext", "FILE", "-")
	pages := len(layout(runaway(), A4).pages)
	for i := range pages {
		if want := fmt.Sprintf("page %d of %d", i+1, pages); !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestWordsStandWhereTheLayoutPutThem compares our widths with those of an
// independent reader: text that is wider there would be clipped.
func TestWordsStandWhereTheLayoutPutThem(t *testing.T) {
	for name, m := range fixtures() {
		t.Run(name, func(t *testing.T) {
			boxes := tool(t, m, "pdftotext", "-bbox", "FILE", "-")
			for l := range strings.Lines(boxes) {
				var x0, y0, x1, y1 float64
				l = strings.TrimSpace(l)
				if n, _ := fmt.Sscanf(l, `<word xMin="%f" yMin="%f" xMax="%f" yMax="%f"`, &x0, &y0, &x1, &y1); n == 4 &&
					(x0 < marginX-1 || x1 > 595.28-marginX+1 || y0 < 20 || y1 > 841.89-10) {
					t.Errorf("outside the margins: %s", l)
				}
			}
		})
	}
}

func benchmark(b *testing.B, m *report.Writeup) {
	write(b, m, A4)
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := Write(&out, m, A4); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len()), "pdf-bytes")
}

func BenchmarkWriteLatin(b *testing.B) { benchmark(b, runaway()) }

func BenchmarkWriteCJK(b *testing.B) { benchmark(b, chinese()) }
