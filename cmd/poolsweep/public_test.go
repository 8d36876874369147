package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"poolsweep/report"
)

// logsOfAllKinds are the samples and the logs of the known issues, by file.
func logsOfAllKinds(t *testing.T) map[string]string {
	t.Helper()
	logs := map[string]string{}
	for _, pattern := range []string{"../../samples/*/*/*.log", "../../analyze/knowledge/issues/*.log"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no logs %s: %v", pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			logs[f] = string(text)
		}
	}
	return logs
}

// judgedAs judges files by a profile.
func judgedAs(t *testing.T, profile string, files ...string) *judgement {
	t.Helper()
	j, err := (&config{Profile: profile}).readAndJudge(t.Context(), &console{out: io.Discard, err: io.Discard}, find(files, nil), known(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// substance is what the profile must not change.
func substance(o *report.Output) any {
	var cases []any
	for _, c := range o.Cases {
		c.Machines, c.Seen, c.Sightings, c.Evidence, c.Next = make([]string, len(c.Machines)), nil, nil, nil, nil
		for i := range c.Members {
			c.Members[i].File = ""
		}
		if e := c.Exhausts; e != nil {
			e.Source = ""
		}
		// Sentences name machines and files.
		c.Why, c.WhyNot, c.Unsure, c.Limits, c.Mitigation, c.Notes, c.Missed, c.Trail = nil, nil, nil, nil, nil, nil, nil, nil
		c.Title = ""
		for _, m := range []*report.OutputModule{c.Owner, c.Holder, c.Trigger, c.Amplifier} {
			if m != nil {
				m.Source = ""
			}
		}
		c.Shared, c.Alternatives = report.OutputContrast{}, nil
		cases = append(cases, c)
	}
	var machines []any
	for _, m := range o.Machines {
		machines = append(machines, []any{m.Verdict, m.Confidence, m.Cases, m.Snapshots, m.Boots, m.UptimeS})
	}
	return []any{cases, machines}
}

func TestPublicProfileJudgesAlike(t *testing.T) {
	t.Parallel()
	var all []string
	for file := range logsOfAllKinds(t) {
		all = append(all, file)
		engineer, public := judgedAs(t, report.ProfileEngineer, file), judgedAs(t, report.ProfilePublic, file)
		if diff := cmp.Diff(substance(engineer.output), substance(public.output)); diff != "" {
			t.Errorf("%s (-engineer +public):\n%s", file, diff)
		}
	}
	engineer, public := judgedAs(t, report.ProfileEngineer, all...), judgedAs(t, report.ProfilePublic, all...)
	if diff := cmp.Diff(substance(engineer.output), substance(public.output)); diff != "" {
		t.Errorf("all together (-engineer +public):\n%s", diff)
	}
}

// traces are lines that name somebody or some place, as logs of all kinds have them.
// %[1]s is a word that stands in none of our own.
var traces = strings.Split(strings.TrimSpace(`
Opened log file 'C:\Users\%[1]suser\Desktop\%[1]slog.log'
Computer Name: %[1]sHOST
Machine Name: %[1]sHOST
0: kd> .logopen \\%[1]sserver\share\%[1]sfile.log
0: kd> !object \Device\Mup\%[1]sserver\share\%[1]sdir
0: kd> !process 0 0 %[1]s.exe
0: kd> .sympath srv*C:\Users\%[1]suser\sym*https://%[1]s.example/sym
0: kd> lm
fffff802`+"`10000000 fffff802`10010000"+`   acme  (deferred) Image path: C:\Users\%[1]suser\acme.sys
    Image path: \\%[1]sserver\drivers\acme.sys
    Loaded symbol image file: C:\%[1]s dir\acme.sys
C:\Users\%[1]suser> fltmc instances
C:\Users\%[1]suser> findstr /m /l Abcd C:\%[1]sdir\*.sys
C:\%[1]sdir\acme.sys
%[1]sserver\%[1]suser  runs as CORP\%[1]suser, %[1]suser@%[1]s.example, S-1-5-21-1-2-3-4
 Abc1   250000  broken row of %[1]suser at \\%[1]sserver\x
Machine %[1]sHOST: nonpaged pool grows by 21.4 MB/hr when %[1]suser logs on
\Device\Mup\%[1]sserver\share\x.doc
`), "\n")

// planted writes the logs with traces before, behind and between their lines, in
// folders with a name that must not show.
func planted(t *testing.T, canary string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), canary+"drop")
	for file, text := range logsOfAllKinds(t) {
		lines := strings.SplitAfter(text, "\n")
		var b strings.Builder
		for i, trace := range traces {
			from, to := i*len(lines)/len(traces), (i+1)*len(lines)/len(traces)
			fmt.Fprintf(&b, trace+"\n", canary)
			b.WriteString(strings.Join(lines[from:to], ""))
		}
		name := filepath.Base(file)
		at := filepath.Join(dir, canary+"-"+name[:4], canary+name)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, one := range []struct{ at, text string }{{at, b.String()}, {at + "-plain-" + canary + ".log", text}} {
			if err := os.WriteFile(one.at, []byte(one.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, canary+".log"), []byte("MZ\x90\x00\x03"), 0o600); err != nil { // to be refused
		t.Fatal(err)
	}
	return dir
}

func TestPublicReportsNameNobody(t *testing.T) {
	t.Parallel()
	const canary = "Qanary"
	dir, out := planted(t, canary), t.TempDir()
	tags, issues := filepath.Join(dir, canary+"tags.txt"), filepath.Join(dir, canary+"issues")
	write := func(file, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(tags, "Abc1 - acme.sys - Acme requests\n")
	write(filepath.Join(issues, "own.yaml"), strings.ReplaceAll(`
id: own
title: See https://CANARY.example
match: {object: process}
mechanism: 'Seen on \\CANARYserver\x.'
mitigation: ['Ask admin@CANARY.example.']
references: [https://CANARY.example/1]
`, "CANARY", canary))
	code, _, errs := runs(t, "sweep", "--profile", "public", "--tag-map", tags, "--issues", issues, "--out", out, dir)
	if code != exitPartial {
		t.Fatalf("exits %d: %s", code, errs)
	}
	read := 0
	err := filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for part, text := range textsOf(t, name) {
			read++
			at := strings.Index(strings.ToLower(text), strings.ToLower(canary))
			if at >= 0 {
				t.Errorf("%s: %q", part, text[max(0, at-90):min(len(text), at+40)])
			}
			if strings.HasSuffix(part, ".pdf") && !strings.Contains(text, "Redacted for sharing") {
				t.Errorf("%s does not say that it is redacted", part)
			}
		}
		return nil
	})
	if err != nil || read < 20 {
		t.Fatalf("read %d texts: %v", read, err)
	}
	for _, form := range ticketForms {
		code, text, _ := runs(t, "ticket", "worst", "--format", form.name, "--profile", "public", dir)
		if code != exitPartial || strings.Contains(text, canary) || !strings.Contains(text, "Redacted for sharing") {
			t.Errorf("ticket as %s: exits %d\n%s", form.name, code, text)
		}
	}
}

// textsOf returns the texts in a report: what a reader sees and what lies beneath it.
func textsOf(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{name: string(raw)}
	switch filepath.Ext(name) {
	case ".xlsx":
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			texts[name+"!"+f.Name] = string(text)
		}
	case ".pdf":
		tool, err := exec.LookPath("pdftotext")
		if err != nil {
			t.Skip("pdftotext is not installed")
		}
		text, err := exec.Command(tool, "-raw", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		info, _ := exec.Command("pdfinfo", name).Output()
		texts[name] = strings.Join(strings.Fields(string(text)+string(info)), " ")
	}
	return texts
}
