package decide

import (
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/templates"
)

var at = ingest.Source{File: "decisions.txt", Line: 7}

// TestParseReadsWhatItWrites holds the grammar and its spelling together.
func TestParseReadsWhatItWrites(t *testing.T) {
	for line, spelled := range map[string]string{
		"PS-1A2B3C4D dup PS-0000BEEF":                    "",
		"ps-1a2b3c4d DUP ps-0000beef":                    "PS-1A2B3C4D dup PS-0000BEEF",
		"PS-1A2B3C4D fixed-in AcmeVault.sys 4.3.0.2":     "",
		"PS-1A2B3C4D snooze until 2026-12-15":            "",
		"PS-1A2B3C4D snooze until 4.3":                   "",
		"PS-1A2B3C4D snooze until AcmeVault 4.3":         "",
		"PS-1A2B3C4D snooze UNTIL Worse":                 "PS-1A2B3C4D snooze until worse",
		"PS-1A2B3C4D owner storage filters":              "",
		"PS-1A2B3C4D owner 存储组 # asked on Monday":        "PS-1A2B3C4D owner 存储组",
		"PS-1A2B3C4D ticket https://t.example/LAB-12#c3": "",
		"PS-1A2B3C4D not-a-bug because #12 says so":      "",
		"PS-1A2B3C4D clear snooze # it is back":          "PS-1A2B3C4D clear snooze",
	} {
		if spelled == "" {
			spelled = line
		}
		d, fault := Parse(line, at)
		if fault != nil {
			t.Errorf("%q: %+v", line, fault)
			continue
		}
		if d.String() != spelled || d.Source != at {
			t.Errorf("%q: reads as %q of %s", line, d, d.Source)
		}
		again, fault := Parse(d.String(), at)
		if fault != nil || *again != *d {
			t.Errorf("%q reads back as %+v (%+v), was %+v", d, again, fault, d)
		}
	}
}

func TestParseSaysWhatIsExpected(t *testing.T) {
	for line, want := range map[string]struct {
		rule  analyze.Rule
		found string
	}{
		"LAB-014 owner storage":                             {analyze.WantCase, "LAB-014"},
		"PS-1A2B3C4 owner storage":                          {analyze.WantCase, "PS-1A2B3C4"},
		"PS-1A2B3C4D":                                       {analyze.WantVerb, ""},
		"PS-1A2B3C4D ownr storage":                          {analyze.WantVerb, "ownr"},
		"PS-1A2B3C4D owner":                                 {analyze.WantTeam, ""},
		"PS-1A2B3C4D owner # nobody":                        {analyze.WantTeam, ""},
		"PS-1A2B3C4D clear":                                 {analyze.WantCleared, ""},
		"PS-1A2B3C4D clear clear":                           {analyze.WantCleared, "clear"},
		"PS-1A2B3C4D clear owner storage":                   {analyze.WantEnd, "storage"},
		"PS-1A2B3C4D dup":                                   {analyze.WantOther, ""},
		"PS-1A2B3C4D dup ps-1a2b3c4d":                       {analyze.WantOther, "ps-1a2b3c4d"},
		"PS-1A2B3C4D dup PS-0000BEEF PS-0000BEED":           {analyze.WantEnd, "PS-0000BEED"},
		"PS-1A2B3C4D fixed-in 4.3":                          {analyze.WantModule, "4.3"},
		"PS-1A2B3C4D fixed-in AcmeVault":                    {analyze.WantVersion, ""},
		"PS-1A2B3C4D fixed-in AcmeVault v4":                 {analyze.WantVersion, "v4"},
		"PS-1A2B3C4D snooze 2026-12-15":                     {analyze.WantUntil, "2026-12-15"},
		"PS-1A2B3C4D snooze until":                          {analyze.WantUntil, ""},
		"PS-1A2B3C4D snooze until 2026-13-15":               {analyze.WantUntil, "2026-13-15"},
		"PS-1A2B3C4D snooze until Monday":                   {analyze.WantUntil, ""},
		"PS-1A2B3C4D ticket LAB-12":                         {analyze.WantURL, "LAB-12"},
		"PS-1A2B3C4D ticket javascript:alert(1)":            {analyze.WantURL, "javascript:alert(1)"},
		"PS-1A2B3C4D ticket file:///etc/passwd":             {analyze.WantURL, "file:///etc/passwd"},
		"PS-1A2B3C4D ticket https://me:secret@t.example/1":  {analyze.WantURL, "https://me:secret@t.example/1"},
		"PS-1A2B3C4D not-a-bug":                             {analyze.WantBecause, ""},
		"PS-1A2B3C4D not-a-bug it is a cache":               {analyze.WantBecause, "it"},
		"PS-1A2B3C4D not-a-bug because":                     {analyze.WantBecause, ""},
		"PS-1A2B3C4D owner storage\u202egnp":                {analyze.WantPrintable, ""},
		"PS-1A2B3C4D owner storage\x1b[2J":                  {analyze.WantPrintable, ""},
		"PS-1A2B3C4D owner \uFFFD":                          {analyze.WantPrintable, ""},
		"PS-1A2B3C4D owner " + strings.Repeat("x", longest): {analyze.WantShorter, ""},
	} {
		d, fault := Parse(line, at)
		if fault == nil {
			t.Errorf("%q reads as %q", line, d)
			continue
		}
		if fault.Why.Rule != want.rule || fault.Why.Facts["found"] != want.found {
			t.Errorf("%q: %s, found %q; want %s, %q", line, fault.Why.Rule, fault.Why.Facts["found"], want.rule, want.found)
		}
		if fault.Source != at || fault.Text != line {
			t.Errorf("%q: answered as %q of %s", line, fault.Text, fault.Source)
		}
	}
}

func TestFaultsAreWorded(t *testing.T) {
	_, fault := Parse("PS-1A2B3C4D ownr storage", at)
	for lang, want := range map[string]string{
		"en":    `found "ownr" where one of these words is expected: dup, fixed-in, snooze, owner, ticket, not-a-bug, clear`,
		"zh-CN": `此处是“ownr”，应为以下词之一：dup, fixed-in, snooze, owner, ticket, not-a-bug, clear`,
	} {
		words, err := templates.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := words.Sentence(string(fault.Why.Rule), fault.Why.Facts); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", lang, got, err, want)
		}
	}
}

func TestLinesTolerateEditors(t *testing.T) {
	got := Lines("\uFEFF# Fix is out,\r\n#  rolled out next week\r\nPS-1A2B3C4D\towner   storage\r\n\r\n# alone\r\n\r\n" +
		"  PS-0000BEEF dup PS-1A2B3C4D")
	want := []Line{
		{3, "PS-1A2B3C4D owner storage", "Fix is out, rolled out next week"},
		{7, "PS-0000BEEF dup PS-1A2B3C4D", ""},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Lines(""); len(got) != 0 {
		t.Errorf("an empty text has %+v", got)
	}
	long := Lines("x " + strings.Repeat("ä", longest))
	if n := len(long[0].Text); n > longest+4 {
		t.Errorf("a line of %d bytes is kept", n)
	}
	if _, fault := Parse(long[0].Text, at); fault == nil || fault.Why.Rule != analyze.WantShorter {
		t.Errorf("a line that was cut is %+v", fault)
	}
}

// FuzzParse: what can be read can be written and read again; nothing else happens.
func FuzzParse(f *testing.F) {
	f.Add("PS-1A2B3C4D snooze until AcmeVault 4.3 # x")
	f.Add("PS-1A2B3C4D ticket https://t.example/#1")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range Lines(text) {
			d, fault := Parse(l.Text, at)
			if (d == nil) == (fault == nil) {
				t.Fatalf("%q: %v, %v", l.Text, d, fault)
			}
			if d == nil {
				continue
			}
			if again, _ := Parse(d.String(), at); again == nil || *again != *d {
				t.Fatalf("%q reads back as %+v, was %+v", d, again, d)
			}
		}
	})
}
