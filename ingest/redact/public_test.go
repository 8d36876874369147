package redact

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// of returns the redaction of a run with some machines and logs.
func of(machines []string, files ...string) *Public {
	return NewPublic(slices.Values([]*ingest.Document(nil)), machines, files)
}

func TestPlaceholdersStandInTheOrderOfTheNames(t *testing.T) {
	var names, files []string
	for c := 'L'; c >= 'A'; c-- {
		names, files = append(names, "lab-"+string(c)), append(files, "drop/"+string(c)+".log")
	}
	u := of(names, files...)
	if a, l := u.Machine("LAB-a"), u.Machine("lab-L"); a != "machine-01" || l != "machine-12" {
		t.Errorf("machines %s, %s", a, l)
	}
	if a, l := u.Path("drop/A.log"), u.Path("drop/L.log"); a != "log-01.log" || l != "log-12.log" {
		t.Errorf("files %s, %s", a, l)
	}
	if u.Machine("other") != Removed || u.Path("other") != Removed || u.Machine("") != "" || u.Path("") != "" {
		t.Error("what is not known has no placeholder of its own")
	}
}

func TestPublicText(t *testing.T) {
	for in, want := range map[string]string{
		`same content as drop/LAB-1/a.log`:                   `same content as log-1.log`,
		`the folder names machine "LAB-1", the log "x"`:      `the folder names machine "machine-1", the log [redacted]`,
		`LAB-1 and lab-1.corp.example, not XLAB-1 or LAB-12`: `machine-1 and machine-1.corp.example, not XLAB-1 or LAB-12`,
		`LAB-1 LAB-1 LAB-1`:                                  `machine-1 machine-1 machine-1`,
		`open \\filer\lab\x.doc now`:                         `open path-1`,
		`see https://wiki.corp.example/x, or ftp://x`:        `see [link] or [link]`,
		`in /home/jdoe/kd.log:12`:                            `in path-1:12`,
		`C:\Users\jdoe\acme.sys -x jdoe`:                     `path-1\acme.sys [redacted]`,
		`C:\Windows\System32\drivers\acme.sys`:               `C:\Windows\System32\drivers\acme.sys`,
		`\SystemRoot\system32\DRIVERS\acme.sys`:              `\SystemRoot\system32\DRIVERS\acme.sys`,
		`\Device\HarddiskVolume3`:                            `\Device\HarddiskVolume3`,
		`\Device\Mup`:                                        `\Device\Mup`,
		`\Device\Mup\filer\share`:                            `path-1`,
		`CORP\jdoe runs nt!ps, fltmgr.sys, I/O`:              `user-1 runs nt!ps, fltmgr.sys, I/O`,
		`table has no TOTAL row`:                             `table has no TOTAL row`,
	} {
		u := of([]string{"LAB-1"}, "drop/LAB-1/a.log")
		if got := u.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPublicCommands(t *testing.T) {
	for in, want := range map[string]string{
		"!poolused 2":                    "!poolused 2",
		"!poolused 2 Proc":               "!poolused 2 Proc",
		"!poolfind canary 0":             "!poolfind [redacted] 0",
		"!process 0 0 jdoe.exe":          "!process 0 0 [redacted]",
		"lm":                             "lm",
		"lmvm acme":                      "lmvm [redacted]",
		"!fltkd.filter 8971bb58":         "!fltkd.filter 8971bb58",
		"fltmc instances -f jdoe":        "fltmc instances -f [redacted]",
		".logopen /t C:\\Users\\jdoe\\x": ".logopen /t [redacted]",
		`\\filer\x`:                      "[redacted]",
		"":                               "",
	} {
		if got := command(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever holds text loses what names somebody, but for what is listed to stay.
func TestPublicForgetsNoField(t *testing.T) {
	const word = "qanary"
	text := `LAB-qanary "qanary" C:\qanary\x \\qanary\x qanary@x.example CORP\qanary https://qanary`
	d := &ingest.Document{}
	fill(reflect.ValueOf(d).Elem(), text)
	u := NewPublic(slices.Values([]*ingest.Document{d}), []string{"LAB-qanary"}, nil)
	u.Document(d)
	seen := map[string]bool{}
	eachText(reflect.ValueOf(d), "", func(field, now string) string {
		seen[field] = true
		switch {
		case asTheyAre[field]:
			if now != text {
				t.Errorf("%s became %q", field, now)
			}
		case programs[field]: // names of drivers and programs stay, paths and accounts do not
			if strings.Contains(now, `\qanary`) || strings.Contains(now, "qanary@") || strings.Contains(now, "//qanary") {
				t.Errorf("%s: %q", field, now)
			}
		case strings.Contains(now, word):
			t.Errorf("%s: %q", field, now)
		}
		return now
	})
	for _, list := range []map[string]bool{asTheyAre, verbatim, programs} {
		for field := range list {
			if !seen[field] {
				t.Errorf("%s is listed, and there is no such field", field)
			}
		}
	}
}

func TestWordsOfTheLab(t *testing.T) {
	in := `Ask jdoe@corp.example, see https://wiki.corp.example/x and \\filer\notes`
	if got, want := Words(in), `Ask mail-1, see [link] and path-1`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A machine may be called like what the analysis goes by.
func TestMachineCalledLikeACounter(t *testing.T) {
	d := &ingest.Document{Snapshots: []*ingest.Snapshot{{
		Machine: ingest.Machine{Name: "handles"}, Modules: []ingest.Module{{Name: "handles"}},
		Changes: []ingest.Change{{What: ingest.ChangeHandles, Label: "handles before"}},
	}}}
	NewPublic(slices.Values([]*ingest.Document{d}), nil, nil).Document(d)
	s := d.Snapshots[0]
	if s.Machine.Name != "machine-1" || s.Modules[0].Name != "handles" || s.Changes[0].What != ingest.ChangeHandles ||
		s.Changes[0].Label != "machine-1 before" {
		t.Errorf("machine %q, module %q, change %q, %q", s.Machine.Name, s.Modules[0].Name, s.Changes[0].What, s.Changes[0].Label)
	}
}
