package main

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest/store"
)

// claiming is a log that says that it is of a machine.
func claiming(i int, machine string) []byte {
	head := fmt.Sprintf("#poolsweep/1 machine=%q time=\"2026-11-24T09:30:00+00:00\"\n", machine)
	return append([]byte(head), logText(i, machine, true)...)
}

// zipOf packs a text as a file of an archive.
func zipOf(name string, text []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create(name)
	_, _ = w.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// TestLogsOfAnotherMachine drops logs in a machine's folder that say to be of
// another, by themselves, by their names and in archives, L1 and B12: none of them
// counts for the other, and each is marked.
func TestLogsOfAnotherMachine(t *testing.T) {
	tr := newTrial(t, waits)
	tr.drop("LAB-02", 1)
	s := &site{tr, filepath.Join(tr.dir, "drop", "LAB-01")}
	tr.must(os.MkdirAll(s.dir, 0o700))
	end := fates{}
	for i := range 100 {
		name, text := fmt.Sprintf("LAB-02_%d.log", i), claiming(1000+i, "LAB-02")
		if i%3 == 2 {
			name, text = fmt.Sprintf("LAB-02_%d.zip", i), zipOf("LAB-02/LAB-02.log", text)
		}
		tr.must(os.WriteFile(s.at(name), text, 0o600))
		end[name] = "analysed IDENTITY_MISMATCH"
	}
	tr.must(tr.eventually(60*time.Second, func(st *status) []string { return tr.misses(st, s.dir, end) }))
	tr.ended()
	tr.wantDocuments(map[string]int{"LAB-01": 100, "LAB-02": 1})
}

// TestOldLogAgain replays a log under another name, L2: it is a duplicate.
func TestOldLogAgain(t *testing.T) {
	tr := newTrial(t, waits)
	s := tr.drop("LAB-01", 1)
	tr.must(s.put("x.log", 2), s.until("x.log", "analysed"), s.put("again.log", 1), s.until("again.log", "duplicate"))
	tr.ended()
	tr.wantDocuments(map[string]int{"LAB-01": 2})
}

// canaries are what names a person in a generated log.
var canaries = []string{"jcanary", "Jane Canary", "canary.jane@corp.example", "S-1-5-21-4242424242-4242", "10.42.42.42", "fe80::42:42ff:fe42", "cnry"}

// personal is a log of some real program's shape that names people wherever it can.
func personal(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 15))
	places := []string{
		`C:\Users\jcanary\AppData\Local\agent.exe`, `\Device\HarddiskVolume3\Users\Jane Canary\x.sys`, `/home/jcanary/kd.log`, `CORP\jcanary`,
		`canary.jane@corp.example`, `S-1-5-21-4242424242-4242424242-1001`, `\\10.42.42.42\share`, `fe80::42:42ff:fe42:1`, `C:\DOCUME~1\cnry\x`,
		`C:\Documents and Settings\jcanary\x.exe`, `\REGISTRY\USER\S-1-5-21-4242424242-4242424242-500`,
	}
	pick := func() string { return places[r.IntN(len(places))] }
	var b bytes.Buffer
	fmt.Fprintf(&b, "Opened log file '%s'\nnote of the engineer: %s\n", pick(), pick())
	fmt.Fprintf(&b, "0: kd> lm\nstart             end                 module name\nfffff800`00000000 fffff800`00010000   drv%d   (deferred)\n"+
		"    Image path: %s\n    Image name: drv%[1]d.sys\n", i, pick())
	fmt.Fprintf(&b, "0: kd> .dump %s\n0: kd> !process 0 0\nPROCESS ffff800000000000\n    Image: %s\n", pick(), pick())
	text := logText(i, "", true)
	row := 0
	for line := range bytes.Lines(text[bytes.IndexByte(text, '\n')+1:]) {
		if row++; row%7 == 3 {
			line = bytes.Replace(line, []byte("some driver's blocks"), []byte(pick()), 1)
		}
		b.Write(line)
		if row%20 == 0 {
			fmt.Fprintf(&b, "*** ERROR: %s could not be read\n", pick())
		}
	}
	return b.Bytes()
}

// TestRedactedLogsNameNobody drops logs that name people, L5, by themselves and in
// archives: no name is in the history, the reports or the watcher's log.
func TestRedactedLogsNameNobody(t *testing.T) {
	tr := newTrial(t, waits+"redact: strict\n")
	s := &site{tr, filepath.Join(tr.dir, "drop", "LAB-01")}
	tr.must(os.MkdirAll(s.dir, 0o700))
	end := fates{}
	for i := range 200 {
		name, text := fmt.Sprintf("p%d.log", i), personal(i)
		if i%10 == 9 {
			name, text = fmt.Sprintf("p%d.zip", i), zipOf("Users/jcanary/kd.log", text)
		}
		tr.must(os.WriteFile(s.at(name), text, 0o600))
		end[name] = "analysed, analysed IDENTITY_MISMATCH"
	}
	tr.must(tr.eventually(90*time.Second, func(st *status) []string { return tr.misses(st, s.dir, end) }))
	tr.ended()
	tr.wantSilent(canaries...)
	spoken, placeholders := tr.texts()
	for _, c := range canaries {
		if n := strings.Count(spoken, c); n > 0 {
			at := strings.Index(spoken, c)
			t.Errorf("%q is told %d times, first in %q", c, n, spoken[max(0, at-60):min(len(spoken), at+60)])
		}
	}
	t.Logf("200 logs, %d placeholders", placeholders)
	if placeholders < 200 {
		t.Errorf("only %d placeholders: the logs named nobody", placeholders)
	}
}

// texts returns what the history and the reports hold, unpacked.
func (tr *trial) texts() (all string, placeholders int) {
	var b strings.Builder
	db, err := store.Open(context.Background(), filepath.Join(tr.dir, "state"))
	tr.must(err)
	defer db.Close()
	held, err := db.Documents(context.Background(), "LAB-01", time.Time{})
	tr.must(err)
	for _, h := range held {
		text, err := json.Marshal(h.Document)
		tr.must(err)
		b.Write(text)
	}
	for _, text := range tr.reports() {
		b.WriteString(text)
	}
	return b.String(), len(regexp.MustCompile(`(user|sid|mail|ip)-\d`).FindAllString(b.String(), -1))
}

// reports returns the reports' texts by file, with what is packed in them.
func (tr *trial) reports() map[string]string {
	all := map[string]string{}
	out := os.DirFS(filepath.Join(tr.dir, "out"))
	tr.must(fs.WalkDir(out, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(out, name)
		switch filepath.Ext(name) {
		case ".xlsx":
			err = errors.Join(err, unzipInto(all, name, text))
		case ".pdf":
			text = append(text, inflated(text)...)
		}
		all[name] = string(text)
		return err
	}))
	return all
}

func unzipInto(all map[string]string, name string, text []byte) error {
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return err
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		part, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		all[name+"/"+f.Name] = string(part)
	}
	return nil
}

// inflated returns the packed streams of a PDF.
func inflated(pdf []byte) (all []byte) {
	for _, part := range bytes.Split(pdf, []byte("stream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(r)
		all = append(all, text...)
	}
	return all
}

// TestHostileStringsStayText drops logs whose tags, drivers, commands and machines
// are named as attackers would, P13, of a pool that leaks, so that there are cases:
// nothing in the reports is active.
func TestHostileStringsStayText(t *testing.T) {
	tr := newTrial(t, waits)
	end := map[string]fates{}
	for i, h := range hostileStrings {
		machine := fmt.Sprintf("%s-%d", strings.NewReplacer("/", "_", "\x00", "_").Replace(h[:min(len(h), 200)]), i)
		machine = strings.TrimLeft(machine, ".")
		s := &site{tr, filepath.Join(tr.dir, "drop", machine)}
		tr.must(os.MkdirAll(s.dir, 0o700))
		for day := range 4 {
			tr.must(os.WriteFile(s.at(fmt.Sprintf("d%d.log", day)), leaking(h, i, day), 0o600))
		}
		end[s.dir] = all("analysed", "d0.log", "d1.log", "d2.log", "d3.log")
	}
	tr.must(tr.eventually(90*time.Second, func(st *status) (out []string) {
		for dir, fates := range end {
			out = append(out, tr.misses(st, dir, fates)...)
		}
		return out
	}))
	tr.ended()
	cases := 0
	for name, text := range tr.reports() {
		if strings.HasPrefix(name, "cases/") && strings.HasSuffix(name, ".pdf") {
			cases++
		}
		tr.wantInactive(name, text)
	}
	if cases == 0 {
		t.Error("no case was written")
	}
	t.Logf("%d strings, %d write-ups", len(hostileStrings), cases)
}

// leaking is a log of one day of a machine whose pool grows, with a string in each
// place that reaches a report.
func leaking(h string, i, day int) []byte {
	word := strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ").Replace(h)
	tag := (strings.ReplaceAll(word, "\t", " ") + "    ")[:4]
	var b bytes.Buffer
	fmt.Fprintf(&b, "Opened log file '%s.log'\n", word)
	fmt.Fprintf(&b, "Debug session time: Tue Nov %d 09:30:00.000 2026 (UTC + 0:00)\nSystem Uptime: %d days 1:00:00.000\n", 3+day, 1+day)
	fmt.Fprintf(&b, "0: kd> lm\nstart             end                 module name\nfffff800`00000000 fffff800`00010000   %s   (deferred)\n    Image path: %s\n", word, word)
	fmt.Fprintf(&b, "0: kd> !poolused 2\n   Sorting by  NonPaged Pool Consumed\n\n  Pool Used:\n            NonPaged            Paged\n Tag    Allocs     Used    Allocs     Used\n")
	leak := 4_000_000 * (day + 1)
	fmt.Fprintf(&b, " %s  %8d %8d         0        0\t%s , Binary: %s\n", tag, leak, leak*144, word, word)
	fmt.Fprintf(&b, " Ntfx  %8d %8d         0        0\tof %s , Binary: ntfs.sys\n", 100+i, (100+i)*96, word)
	fmt.Fprintf(&b, " TOTAL %8d %8d         0        0\n", leak+100+i, leak*144+(100+i)*96)
	fmt.Fprintf(&b, "0: kd> .echo %s\n%s\n0: kd> .logclose\nClosing open log file x.log\n", word, word)
	return b.Bytes()
}

// active are the objects of a PDF that do something.
var active = regexp.MustCompile(`/(JS|JavaScript|Launch|URI|OpenAction|AA|SubmitForm|ImportData|GoToR|EmbeddedFile|RichMedia)\b`)

// outward are the links of a workbook that leave it; those to the write-ups beside
// it are its own.
var (
	outward   = regexp.MustCompile(`<Relationship [^>]*TargetMode="External"[^>]*>`)
	toWriteup = regexp.MustCompile(`Target="cases/PS-[0-9A-F]{8}\.pdf"`)
)

// wantInactive makes sure that a report, or a part of one, does nothing.
func (tr *trial) wantInactive(name, text string) {
	tr.t.Helper()
	switch {
	case strings.HasSuffix(name, ".json"):
		if !json.Valid([]byte(text)) {
			tr.t.Errorf("%s is no JSON", name)
		}
	case strings.HasSuffix(name, ".pdf"):
		objects := regexp.MustCompile(`(?s)stream\n.*?endstream`).ReplaceAllString(text, "")
		objects = regexp.MustCompile(`(?s)\((\\.|[^\\)])*\)`).ReplaceAllString(objects, "()")
		if found := active.FindString(objects); found != "" {
			tr.t.Errorf("%s holds %s", name, found)
		}
	case strings.Contains(name, ".xlsx/"):
		if strings.Contains(name, "/worksheets/") && (strings.Contains(text, "<f>") || strings.Contains(text, "<f ")) {
			tr.t.Errorf("%s holds a formula", name)
		}
		for _, link := range outward.FindAllString(text, -1) {
			if !toWriteup.MatchString(link) {
				tr.t.Errorf("%s leads out: %s", name, link)
			}
		}
		if err := wellFormed(text); err != nil {
			tr.t.Errorf("%s: %v", name, err)
		}
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
