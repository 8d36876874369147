package mail

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"poolsweep/report"
)

func TestBodiesGolden(t *testing.T) {
	plain, page := bodies(t, weekly(3))
	golden(t, "weekly.txt", plain)
	golden(t, "weekly.html", page)
	quiet := weekly(0)
	quiet.Brief, quiet.Bars, quiet.Lists, quiet.Files = true, report.Progress{}, nil, nil
	quiet.Alive[0].Label = ""
	plain, _ = bodies(t, quiet)
	golden(t, "brief.txt", plain)
}

// Mail readers cut off what is longer than about 100 KB.
func TestPagesAreSmall(t *testing.T) {
	for _, n := range []int{0, 1, 3, 60} {
		if _, page := bodies(t, weekly(n)); len(page) > 40<<10 {
			t.Errorf("%d cases: %d bytes", n, len(page))
		}
	}
}

// said collects the words of a model, but for those that steer how it is laid out.
func said(v reflect.Value, out []string) []string {
	switch v.Kind() {
	case reflect.String:
		out = append(out, v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			out = said(v.Elem(), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = said(v.Index(i), out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch v.Type().Field(i).Name {
			case "Lang", "Subject", "Date", "Attach", "Name", "Columns", "Timeline":
			default:
				out = said(v.Field(i), out)
			}
		}
	}
	return out
}

func TestBothBodiesSayTheSame(t *testing.T) {
	w := weekly(12)
	w.Notices = []string{"2 logs came late"}
	plain, page := bodies(t, w)
	words := said(reflect.ValueOf(*w), nil)
	if len(words) < 50 {
		t.Fatalf("only %d texts", len(words))
	}
	for _, text := range words {
		if !strings.Contains(plain, text) {
			t.Errorf("the text lacks %q", text)
		}
		if !strings.Contains(html.UnescapeString(page), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// everywhere puts a text into each place of a mail.
func everywhere(text string) *report.Weekly {
	w := weekly(2)
	w.Lang, w.Subject, w.Heading, w.Covers, w.State, w.More = text, text, text, text, text, text
	w.Notices, w.NeedsTitle, w.CountsTitle, w.Total, w.AliveTitle = []string{text}, text, text, text, text
	pair := report.Pair{Label: text, Value: text}
	w.Files, w.Alive = []report.Pair{pair}, []report.Pair{pair}
	w.Counts = []report.Count{{Label: text, Value: text}}
	w.Lists = []report.Points{{Title: text, Items: []string{text}, More: text}}
	w.Bars = report.Progress{Title: text, Bars: []report.ProgressBar{{Label: text, Text: text}}, More: text}
	for i := range w.Cases {
		w.Cases[i] = report.WeeklyCase{ID: text, Title: text, State: report.Tagged{Text: text}, Facts: []report.Pair{pair},
			Ticket: &report.WebLink{Text: text, URL: text}, NextTitle: text, Next: report.Step{Command: text}}
	}
	w.Cases[1].Next = report.Step{Why: text}
	return w
}

// shape is a page without what it says: its tags and their names of attributes.
var shape = regexp.MustCompile(`<(/?[a-zA-Z!][^\s>]*)`)

// No name can end a tag, begin one, or lead somewhere.
func TestNamesStayText(t *testing.T) {
	_, usual := bodies(t, everywhere("LAB-014"))
	for _, bad := range []string{hostile, "javascript:alert(1)", "' onmouseover='x", "</title><style>", "-->", "{{.}}"} {
		_, page := bodies(t, everywhere(bad))
		if got, want := len(shape.FindAllString(page, -1)), len(shape.FindAllString(usual, -1)); got != want {
			t.Errorf("%q: %d tags, want %d", bad, got, want)
		}
		for _, never := range []string{"<script", "onerror=alert", `href="javascript`, "<style>"} {
			if i := strings.Index(page, never); i >= 0 && !strings.Contains(page[:i], "&lt;img") {
				t.Errorf("%q: the page holds %q", bad, never)
			}
		}
	}
}

// Every tag that is opened is closed again, in order.
func TestPagesAreWellFormed(t *testing.T) {
	_, page := bodies(t, weekly(3))
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose, d.Entity = []string{"meta", "img"}, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A page loads nothing from anywhere and runs nothing.
func TestPagesNeedNothingElse(t *testing.T) {
	_, page := bodies(t, weekly(3))
	for _, never := range []string{"<script", "<style", "<link", "@import", "url(", "src=\"http"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
}
