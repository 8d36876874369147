package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a dump with testdata/name.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (-update makes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it.\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("from line %d on:\n%s", i+1, g[i])
		}
	}
	return "the golden file goes on"
}

// dumper writes a view model as text, in the order a reader meets it.
type dumper struct{ strings.Builder }

func (d *dumper) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

var tones = [...]string{"", "muted", "good", "notice", "warning", "alarm"}

// toned writes a text with its tone: "7,204 <alarm>".
func toned(text string, tone Tone) string {
	if tone == TonePlain {
		return text
	}
	return text + " <" + tones[tone] + ">"
}

func dumpWriteup(w *Writeup) string {
	var d dumper
	d.line("%s · %s · %s", w.ID, w.Revision, w.Lang)
	d.line("# %s\n%s", w.Title, w.Subtitle)
	d.line("[%s]", toned(strings.Join([]string{w.Band.Verdict, w.Band.Class, w.Band.Confidence}, " | "),
		w.Band.Tone))
	for _, p := range w.Figures {
		d.line("%s: %s", p.Label, p.Value)
	}
	d.line("\n## %s", w.Labels.Attribution)
	for _, a := range w.Attribution {
		d.line("%s: %s | %s | %s | known=%v", a.Role, a.Module, a.Weight, a.Basis, a.Known)
	}
	d.line("\n## %s", w.Labels.Evidence)
	d.table(&w.Evidence)
	d.timeline(w.Timeline)
	d.chart(w.Chart)
	for _, p := range w.Points {
		d.line("\n## %s", toned(p.Title, p.Tone))
		d.items("- ", p.Items)
		if p.More != "" {
			d.line("%s", p.More)
		}
	}
	d.line("")
	for _, n := range w.Notes {
		d.line("%s: %s", n.Label, n.Value)
		if n.Bar != nil {
			d.line("[bar filled to %.3f]", *n.Bar)
		}
		if n.Link != "" {
			d.line("<%s>", n.Link)
		}
	}
	d.line("\n## %s", w.NextTitle)
	for _, s := range w.Next {
		d.line("- `%s` (%s): %s", s.Command, s.Where, s.Why)
	}
	for _, s := range w.Sections {
		d.section(s)
	}
	d.line("\nfooter: %s | %s | %s | %s", w.Footer.Left, w.Footer.Hash, w.Footer.Tool, w.Labels.PageOf)
	d.line("created: %s", w.Created.UTC().Format(time.RFC3339))
	return d.String()
}

func (d *dumper) items(mark string, items []string) {
	for _, i := range items {
		d.line("%s%s", mark, i)
	}
}

func (d *dumper) section(s Section) {
	d.line("\n%d %s%s", s.Number, s.Title, map[bool]string{true: " (appendix)"}[s.Appendix])
	for _, b := range s.Blocks {
		if b.Title != "" {
			d.line("[%s]", b.Title)
		}
		switch {
		case b.Text != "":
			d.line("%s", b.Text)
		case b.Table != nil:
			d.table(b.Table)
		case b.Chart != nil:
			d.chart(b.Chart)
		case b.Ratios != nil:
			d.ratios(b.Ratios)
		case b.Matrix != nil:
			d.matrix(b.Matrix)
		default:
			d.items("- ", b.Bullets)
			d.items("-> ", b.Chain)
			d.items("| ", b.Code)
			for _, l := range b.Links {
				d.line("- %s <%s>", l.Text, l.URL)
			}
			for _, s := range b.Steps {
				d.line("- `%s` (%s): %s / %s", s.Command, s.Where, s.Why, s.Outcome)
			}
		}
	}
}

func (d *dumper) table(t *Table) {
	if t.Caption != "" {
		d.line("[%s]", t.Caption)
	}
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	d.line("  %s", strings.Join(titles, " | "))
	for _, r := range t.Rows {
		var cells []string
		for _, c := range r {
			cells = append(cells, toned(c.Text, c.Tone))
		}
		d.line("  %s", strings.Join(cells, " | "))
	}
	d.note(t.Note)
}

func (d *dumper) chart(c *Chart) {
	if c == nil {
		return
	}
	d.line("(chart: %s; %s; log=%v)", c.Title, c.Unit, c.Log)
	for _, b := range c.Bars {
		if b.Head != "" {
			d.line(" == %s", b.Head)
		}
		d.line("  %s: %g %s%s", b.Label, b.Value, toned(b.Text, b.Tone), dumpSpan(b.Band))
	}
	for _, m := range c.Marks {
		d.line("  at %g: %s", m.Value, m.Label)
	}
	d.note(c.Note)
}

func dumpSpan(s *Span) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" [%g to %g]", s.Low, s.High)
}

func (d *dumper) note(text string) {
	if text != "" {
		d.line("  note: %s", text)
	}
}

func (d *dumper) timeline(t *Timeline) {
	if t == nil {
		return
	}
	d.line("(timeline: %s; %s; %s)", t.Title, t.Unit, t.Clock)
	d.scale("x", t.X)
	d.scale("y", t.Y)
	for _, l := range t.Lines {
		d.line("  %s: %s", l.Label, toned(l.Text, l.Tone))
		for _, part := range l.Parts {
			d.line("    %.0f", part)
		}
	}
	for _, m := range t.Restarts {
		d.line("  restart at %.0f: %q", m.Value, m.Label)
	}
	for _, m := range t.Levels {
		d.line("  level %.0f: %s", m.Value, m.Label)
	}
	if f := t.Fan; f != nil {
		d.line("  fan %.0f around %.0f", f.Edge, f.Middle)
	}
	d.note(t.Note)
}

func (d *dumper) scale(name string, s Scale) {
	var ticks []string
	for _, t := range s.Ticks {
		ticks = append(ticks, strings.TrimSpace(t.Text+" "+t.Sub))
	}
	d.line("  %s %.6g to %.6g: %s", name, s.From, s.To, strings.Join(ticks, " | "))
}

func (d *dumper) ratios(r *Ratios) {
	d.line("(ratios: %s; %s)", r.Title, r.Unit)
	d.scale("x", r.X)
	for _, g := range r.Rungs {
		d.line("  %s", g.Label)
		for _, t := range g.Tags {
			d.line("    %s: %.4f within %.4f, %s", t.Label, t.Off, t.Within, toned(t.Text, t.Tone))
		}
	}
	d.note(r.Note)
}

func (d *dumper) matrix(m *Matrix) {
	d.line("(matrix: %s; over %s)", m.Title, strings.Join(m.Columns, " | "))
	for _, r := range m.Rows {
		texts := []string{r.Label}
		for _, q := range r.Quotients {
			texts = append(texts, q.Text+map[bool]string{false: " (off)"}[q.Agrees])
		}
		d.line("  %s", strings.Join(texts, " | "))
	}
	d.note(m.Note)
}

// dumpedRows is up to how many rows a sheet is dumped whole.
const dumpedRows = 16

func dumpBook(b *Workbook) string {
	var d dumper
	d.line("%s · %s · %s", b.Title, b.Tool, b.Created.UTC().Format(time.RFC3339))
	for _, s := range b.Sheets {
		d.line("\n# %s (%s)\n%s", s.Name, s.Heading, s.Intro)
		for _, g := range s.Groups {
			d.line("[%s]", g.Title)
			for _, p := range g.Pairs {
				d.line("  %s: %s", p.Label, p.Value)
			}
		}
		for _, f := range s.Figures {
			d.line("%s: %s (%s)", f.Label, toned(dumpValue(f.Value), f.Tone), f.Note)
		}
		for _, c := range s.Charts {
			d.sheetChart(&s, &c)
		}
		i := 0
		for r := range s.All() {
			if i++; s.Len > dumpedRows && i > 2 && i < s.Len {
				continue // a long list goes on alike
			}
			d.line("row %d", i)
			for j, v := range r {
				d.line("  %s: %s", s.Columns[j].Title, dumpValue(v))
			}
		}
	}
	return d.String()
}

// sheetChart writes a chart with its own data, or with where they stand.
func (d *dumper) sheetChart(s *Sheet, c *SheetChart) {
	if len(c.Series) == 0 && c.Empty == "" {
		d.line("(chart: %s of %s by %s, top %d)", c.Title, s.Columns[c.Value].Title, s.Columns[c.Category].Title, c.Top)
		return
	}
	d.line("(chart: %s; %s)", c.Title, c.Unit)
	var names []string
	for _, series := range c.Series {
		names = append(names, toned(series.Name, series.Tone))
	}
	d.line("  %s: %s", c.Head, strings.Join(names, " | "))
	for i, label := range c.Labels {
		var values []string
		for _, series := range c.Series {
			values = append(values, fmt.Sprint(series.Values[i]))
		}
		d.line("  %s: %s", label, strings.Join(values, " | "))
	}
}

// dumpValue writes a sheet's value with its type, nil as "-".
func dumpValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case time.Time:
		return v.Format(time.RFC3339)
	case Tagged:
		return toned(v.Text, v.Tone)
	case Link:
		return v.Text + " -> " + v.Target
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprintf("%v (%T)", v, v)
}
