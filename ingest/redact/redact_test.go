package redact

import (
	"reflect"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func redacted(s string) string {
	d := &ingest.Document{Warnings: []ingest.Warning{{Message: s}}}
	Document(d, "")
	return d.Warnings[0].Message
}

func TestPersonalDataIsReplaced(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Users\jdoe\AppData\x.exe`:                         `C:\Users\user-1\AppData\x.exe`,
		`\Device\HarddiskVolume3\Users\Jane Doe\x.exe`:        `\Device\HarddiskVolume3\Users\user-1\x.exe`,
		`C:\\Users\\jdoe\\x`:                                  `C:\\Users\\user-1\\x`,
		`C:\Users\jdoe holds 12 handles`:                      `C:\Users\user-1 holds 12 handles`,
		`"C:\users\jdoe"`:                                     `"C:\users\user-1"`,
		`C:\Documents and Settings\jdoe\x`:                    `C:\Documents and Settings\user-1\x`,
		`C:\DOCUME~1\JDOE~1\x`:                                `C:\DOCUME~1\user-1\x`,
		`/home/jdoe/kd.log and /home/asmith`:                  `/home/user-1/kd.log and /home/user-2`,
		`C:/Users/jdoe/kd.log`:                                `C:/Users/user-1/kd.log`,
		`\\filer\home\jdoe\kd.log`:                            `\\filer\home\user-1\kd.log`,
		`\REGISTRY\USER\S-1-5-21-1004336348-1177238915-512\x`: `\REGISTRY\USER\sid-1\x`,
		`S-1-12-1-111-222-333-444, s-1-5-21-1-2-3-4`:          `sid-1, sid-2`,
		`ask jane.doe+lab@corp.example.com, or jdoe@corp`:     `ask mail-1, or mail-2`,
		`runs as CORP\jdoe`:                                   `runs as user-1`,
		`CORP\jdoe, CORP\j.smith; LAB-014\svc$.`:              `user-1, user-2; user-3.`,
		`CORP\JDoe has C:\Users\jdoe\x open`:                  `user-1 has C:\Users\user-1\x open`,
		`from 10.20.30.40:445 and 10.20.30.40.`:               `from ip-1:445 and ip-1.`,
		`peer fe80::1c2d:3e4f%11, 2001:db8:0:0:0:0:2:1`:       `peer ip-1%11, ip-2`,
		`::ffff:10.1.2.3 [2001:db8::8]`:                       `ip-1 [ip-2]`,
		`C:\Users\user-1\x of 10.1.1.1, CORP\user-2`:          `C:\Users\user-1\x of ip-1, user-2`,
	} {
		if got := redacted(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if again := redacted(want); again != want {
			t.Errorf("%q does not stay: %q", want, again)
		}
	}
}

// What only looks like it is read by the analysis.
func TestTechnicalTextStays(t *testing.T) {
	for _, s := range []string{
		`\SystemRoot\system32\drivers\WavxDMgr.sys`, `system32\drivers`, `\Driver\disk`, `\FileSystem\Filters\FltMgr`,
		`\Device\HarddiskVolume3`, `C:\Program Files\Vendor\agent.exe`, `NT AUTHORITY\SYSTEM`, `BUILTIN\Administrators`, `CORP\Administrator`,
		`C:\Users\Public\x`, `C:\Documents and Settings\All Users\x`, `S-1-5-18`, `S-1-5-32-544`, `drv\x.sys`,
		`nt!ExAllocatePoolWithTag+0x21`, `fltmgr!FltpCreate`, `_DriverEntry@8`, `r @rcx`, `dx @$curprocess`, `mod!a::b`, `std::vector`, `10:20:30`,
		"fffff802`53800000", `10.0.22621.1`, `6.1.7601.17514`, `version 12.0.0.101`, `v4.1.2.3`, `127.0.0.1`, `::1`, `0.0.0.0`, `1.2.3.4.5`,
		`Process objects , Binary: nt!ps`, `0: kd> !poolused 2`, `Windows 10 Kernel Version 22621 MP (4 procs) Free x64`, `328010.5`,
	} {
		if got := redacted(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// The file stays as it is, so that it can be found; a name in an archive does not.
func TestSourceStays(t *testing.T) {
	source := "drop/LAB-1/10.1.1.1/home/jdoe.zip"
	d := &ingest.Document{File: source + "!Users/jdoe/kd.log", Warnings: []ingest.Warning{{Text: "see " + source}}}
	Document(d, source)
	if d.File != source+"!Users/user-1/kd.log" || strings.Contains(d.Warnings[0].Text, "jdoe") {
		t.Errorf("%q %q", d.File, d.Warnings[0].Text)
	}
}

func TestMachineNamedAfterAUserInAnArchive(t *testing.T) {
	for _, c := range []struct {
		source, inside string
		from           ingest.NameSource
		want           string
	}{
		{"drop/LAB-1/x.zip", "!Users/jdoe/kd.log", ingest.NameFromFolder, "user-1"},
		{"drop/LAB-1/x.zip", "!Users/jdoe/kd.log", ingest.NameFromLog, "jdoe"}, // the machine is called so
		{"drop/LAB-1/x.zip", "!jdoe/kd.log", ingest.NameFromFolder, "jdoe"},
		{"drop/jdoe/x.zip", "!Users/jdoe/kd.log", ingest.NameFromFolder, "jdoe"},
	} {
		s := &ingest.Snapshot{Machine: ingest.Machine{Name: "jdoe", From: c.from}}
		s.Warnings = []ingest.Warning{{Message: `the folder names machine "jdoe"`}}
		Document(&ingest.Document{File: c.source + c.inside, Snapshots: []*ingest.Snapshot{s}}, c.source)
		if s.Machine.Name != c.want || s.Warnings[0].Message != `the folder names machine "`+c.want+`"` {
			t.Errorf("%s%s by %s: %q, %q", c.source, c.inside, c.from, s.Machine.Name, s.Warnings[0].Message)
		}
	}
}

const canary = `CORP\canary C:\Users\canary\x canary@corp.example S-1-5-21-7-7-7-777 10.7.7.7`

// fill puts a text into every field that can hold one, and counts them.
func fill(v reflect.Value, text string) (texts int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			texts += fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				texts += fill(v.Field(i), text)
			} else if v.Type().PkgPath() == "poolsweep/ingest" {
				panic("a field of " + v.Type().String() + " cannot be redacted")
			}
		}
	case reflect.String:
		v.SetString(text)
		return 1
	}
	return texts
}

// spoken collects the texts that still hold a canary, by field.
func spoken(v reflect.Value, name string, found map[string]int) {
	switch v.Kind() {
	case reflect.Pointer:
		spoken(v.Elem(), name, found)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			spoken(v.Index(i), name, found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			spoken(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name, found)
		}
	case reflect.String:
		for _, word := range []string{"canary", "7-7-7", "7.7.7"} {
			if strings.Contains(v.String(), word) {
				found[name]++
			}
		}
	}
}

// TestNoTextIsForgotten fills every text of a document, whatever the structs are
// like by now, and finds the canaries in those alone that are meant to stay.
func TestNoTextIsForgotten(t *testing.T) {
	d := &ingest.Document{}
	if n := fill(reflect.ValueOf(d).Elem(), canary); n < 100 {
		t.Fatalf("only %d texts were filled", n)
	}
	Document(d, "")
	found := map[string]int{}
	spoken(reflect.ValueOf(d), "", found)
	for name := range found {
		if !kept[name] {
			t.Errorf("%s still names a person", name)
		}
	}
	if len(found) != len(kept) {
		t.Errorf("kept are %v, want %v", found, kept)
	}
}

func TestSameInputSameOutput(t *testing.T) {
	texts := []string{`CORP\b`, `CORP\a`, `C:\Users\b\x`}
	for range 3 {
		d := &ingest.Document{}
		for _, s := range texts {
			d.Warnings = append(d.Warnings, ingest.Warning{Message: s})
		}
		Document(d, "")
		if d.Warnings[0].Message != "user-1" || d.Warnings[1].Message != "user-2" || d.Warnings[2].Message != `C:\Users\user-1\x` {
			t.Fatalf("%+v", d.Warnings)
		}
	}
}
