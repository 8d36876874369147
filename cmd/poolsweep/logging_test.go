package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// hostile are names that a machine could give to a file, or that a terminal or a
// reader of logs would take for something else.
var hostile = []string{
	"a\nlevel=ERROR msg=\"forged\"", "a\r\nb", "\x1b[2J\x1b]0;title\x07", "LAB\u202egol.exe", "\xff\xfe.log",
	"a\u2028b", "a\u0085b", `"quoted" \ back`, "a=b c", "",
}

func TestLogHoldsOneRecordALine(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		for _, name := range hostile {
			var out bytes.Buffer
			log, err := (&logFlags{form: form, level: "info"}).logger(&out)
			if err != nil {
				t.Fatal(err)
			}
			log.Info("drop recorded", "file", name)
			line, rest, _ := strings.Cut(out.String(), "\n")
			breaks := unicode.IsControl
			if form == "json" { // whose readers undo what has to be escaped there
				breaks = func(r rune) bool { return r < ' ' }
			}
			if rest != "" || strings.ContainsFunc(line, breaks) {
				t.Errorf("%s, %q: logged %q", form, name, out.String())
			}
			var record map[string]any
			if form == "json" && json.Unmarshal([]byte(line), &record) != nil {
				t.Errorf("%q: no JSON: %s", name, line)
			}
		}
	}
}

func TestLogLevels(t *testing.T) {
	var out bytes.Buffer
	log, err := (&logFlags{form: "text", level: "warn"}).logger(&out)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("logged %q", got)
	}
	for _, wrong := range []logFlags{{"xml", "info"}, {"text", "loud"}} {
		if _, err := wrong.logger(&out); err == nil {
			t.Errorf("%+v: no error", wrong)
		}
	}
}

func TestLastWordsKeepTheBeginning(t *testing.T) {
	var l lastWords
	for range 3 {
		if n, err := l.Write([]byte("\npanic: " + strings.Repeat("x", lastWordsBytes/2))); n != 8+lastWordsBytes/2 || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := l.String(); !strings.HasPrefix(got, "panic: xxx") || len(got) != lastWordsBytes-1 {
		t.Errorf("kept %d bytes: %.20q", len(got), got)
	}
}
