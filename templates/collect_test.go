package templates

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scripts returns the files of a collection by ending, with LF line ends.
func scripts(t *testing.T, c Collection) map[string]string {
	t.Helper()
	all, err := c.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, s := range all {
		ending, ok := strings.CutPrefix(s.Name, "poolsweep-collect.")
		if !ok {
			t.Errorf("%s: scripts name each other, so their names are fixed", s.Name)
		}
		texts[ending] = strings.ReplaceAll(string(s.Text), "\r\n", "\n")
	}
	return texts
}

func TestScriptsAreCleanASCIIWithCRLF(t *testing.T) {
	for _, kind := range CollectionKinds() {
		all, err := Collection{Kind: kind, Drop: `\\srv\lab\drop`, Machine: "LAB-014"}.Scripts()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			at := kind + " " + s.Name
			if bytes.Count(s.Text, []byte("\n")) != bytes.Count(s.Text, []byte("\r\n")) ||
				bytes.Count(s.Text, []byte("\r")) != bytes.Count(s.Text, []byte("\r\n")) {
				t.Errorf("%s: has line ends other than CRLF", at)
			}
			if !bytes.HasSuffix(s.Text, []byte("\r\n")) || bytes.HasSuffix(s.Text, []byte("\r\n\r\n")) {
				t.Errorf("%s: does not end with one line end", at)
			}
			for no, line := range strings.Split(string(s.Text), "\r\n") {
				if !plain(line) {
					t.Errorf("%s:%d: more than printable ASCII: %q", at, no+1, line)
				}
				if strings.Contains(line, "{{") || strings.Contains(line, "<no value>") {
					t.Errorf("%s:%d: template left: %s", at, no+1, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s:%d: blanks at the end: %q", at, no+1, line)
				}
			}
		}
	}
}

func TestScriptsOfEachKind(t *testing.T) {
	for kind, want := range map[string]string{
		"live": "cmd wds", "dump": "cmd wds", "dumps": "cmd wds", "nodebugger": "ps1",
	} {
		var endings []string
		for ending := range scripts(t, Collection{Kind: kind}) {
			endings = append(endings, ending)
		}
		slices.Sort(endings)
		if got := strings.Join(endings, " "); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

// readOnly lists all that kd may be told to do on a lab machine. The last four
// end the log and the session.
var readOnly = []string{
	".time", "vertarget", "!vm 1", "!poolused 3", "!poolused 5", "!fltkd.filters", "!fltkd.volumes",
	"lm n t", "lmv", "!verifier 3", "!process 0 0", "!analyze -v",
	".echo " + endMark, ".logclose", "qd", "q",
}

func TestDebuggerOnlyReads(t *testing.T) {
	for kind, analyzes := range map[string]bool{"live": false, "dump": true, "dumps": true} {
		var did []string
		for line := range strings.Lines(scripts(t, Collection{Kind: kind})["wds"]) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(line, "*") {
				continue // a comment, to the end of the line whatever stands in it
			}
			if !slices.Contains(readOnly, line) {
				t.Errorf("%s: %q is not in the list of commands that only read", kind, line)
			}
			did = append(did, line)
		}
		for _, want := range []string{"!poolused 3", "!poolused 5", ".time", "!fltkd.filters"} {
			if !slices.Contains(did, want) {
				t.Errorf("%s: lacks %s", kind, want)
			}
		}
		if slices.Contains(did, "!analyze -v") != analyzes {
			t.Errorf("%s: !analyze -v is for dumps", kind)
		}
		const end = ".echo " + endMark + " .logclose qd q"
		if got := strings.Join(did[max(0, len(did)-4):], " "); got != end {
			t.Errorf("%s: ends with %s, want %s", kind, got, end)
		}
	}
}

var (
	labels = regexp.MustCompile(`(?m)^:(\w+)$`)
	jumps  = regexp.MustCompile(`\b(?:goto|call :) ?(\w+)`)
)

func TestBatchLabels(t *testing.T) {
	for _, kind := range []string{"live", "dump", "dumps"} {
		text := scripts(t, Collection{Kind: kind})["cmd"]
		defined := map[string]bool{}
		for _, m := range labels.FindAllStringSubmatch(text, -1) {
			if defined[m[1]] {
				t.Errorf("%s: label %s stands twice", kind, m[1])
			}
			defined[m[1]] = true
		}
		for _, m := range jumps.FindAllStringSubmatch(text, -1) {
			if !defined[m[1]] {
				t.Errorf("%s: jump to %s, which is no label", kind, m[1])
			}
		}
	}
}

// A line whose quotes are cut out shows the variables outside them.
var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	variable = regexp.MustCompile(`%[A-Za-z(]|%%~?[a-z]`)
)

func TestBatchQuotesEveryPath(t *testing.T) {
	// What is safe without quotes: fixed words, and values whose quotes are in them.
	safe := strings.NewReplacer("%ARCH%", "", "%CODE%", "", "%RANDOM%", "",
		"%HEADER%", "", "%TARGET%", "", "%ROOTS%", "")
	for _, kind := range []string{"live", "dump", "dumps"} {
		text := scripts(t, Collection{Kind: kind})["cmd"]
		for no, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "rem ") || strings.Contains(line, "for /f") {
				continue
			}
			bare := safe.Replace(quoted.ReplaceAllString(line, `""`))
			bare = regexp.MustCompile(`for (/r|/d)? ?("")? ?%%[a-z] in`).ReplaceAllString(bare, "")
			if variable.MatchString(bare) {
				t.Errorf("%s:%d: a variable outside quotes: %s", kind, no+1, line)
			}
		}
	}
}

func TestScriptsNeverLetAReaderSeeHalfALog(t *testing.T) {
	for _, kind := range []string{"live", "dump", "dumps"} {
		text := scripts(t, Collection{Kind: kind})["cmd"]
		for _, part := range []string{
			`copy /y /b "%FILE%" "%DROP%\%FILE%.part"`,
			`ren "%DROP%\%FILE%.part" "%FILE%"`,
			"DisableDelayedExpansion",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: lacks %s", kind, part)
			}
		}
	}
	text := scripts(t, Collection{Kind: "nodebugger"})["ps1"]
	for _, part := range []string{`::Copy($file, "$to.part", $true)`, `::Move("$to.part", $to)`} {
		if !strings.Contains(text, part) {
			t.Errorf("nodebugger: lacks %s", part)
		}
	}
}

func TestScriptsQuoteWhatTheyAreGiven(t *testing.T) {
	c := Collection{Kind: "dumps", Drop: `\\srv\lab 100%\it's "here"`}
	if _, err := c.Scripts(); err == nil {
		t.Error("takes a quote in a path")
	}
	c.Drop = `\\srv\lab 100%\it's & here`
	c.Machine = "LAB 1%"
	cmd := scripts(t, c)["cmd"]
	for _, want := range []string{
		"set \"DROP=\\\\srv\\lab 100%%\\it's & here\"\n", "set \"MACHINE=LAB 1%%\"\n",
	} {
		if !strings.Contains(cmd, want) {
			t.Errorf("lacks %s", want)
		}
	}
	c.Kind = "nodebugger"
	if ps1 := scripts(t, c)["ps1"]; !strings.Contains(ps1, `$Drop = '\\srv\lab 100%\it''s & here'`) {
		t.Error("PowerShell gets the path unquoted")
	}
}

func TestCollectionRefuses(t *testing.T) {
	for _, tt := range []struct {
		c    Collection
		says string
	}{
		{Collection{}, `unknown kind ""`},
		{Collection{Kind: "kd"}, "known are live, dump, dumps, nodebugger"},
		{Collection{Kind: "live", Drop: `\srv\lab`}, `is not of the form`}, // a shell ate a backslash
		{Collection{Kind: "live", Drop: `drop`}, `is not of the form`},
		{Collection{Kind: "live", Drop: `//srv/lab`}, `is not of the form`},
		{Collection{Kind: "live", Drop: `\\srv`}, `is not of the form`},
		{Collection{Kind: "live", Drop: `D:\a|b`}, `is not of the form`},
		{Collection{Kind: "live", Drop: `\\srv\实验室`}, "set POOLSWEEP_DROP"},
		{Collection{Kind: "live", Drop: "D:\\a\r\ndel b"}, "set POOLSWEEP_DROP"},
		{Collection{Kind: "live", Machine: `a"b`}, "machine name"},
		{Collection{Kind: "live", Machine: `..\b`}, "machine name"},
		{Collection{Kind: "live", Machine: "LAB-1 "}, "machine name"},
		{Collection{Kind: "live", Machine: strings.Repeat("x", 64)}, "machine name"},
	} {
		_, err := tt.c.Scripts()
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: %v, want %q", tt.c, err, tt.says)
		}
	}
	for _, drop := range []string{`\\srv\lab`, `\\srv\lab\drop 2\`, `D:\`, `d:\logs`, ""} {
		if _, err := (Collection{Kind: "live", Drop: drop}).Scripts(); err != nil {
			t.Errorf("%q is refused: %v", drop, err)
		}
	}
}
