package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// shown matches a block of docs/configuring.md: a kind of text, and the text.
var shown = regexp.MustCompile("(?s)```(\\w*)\n(.*?)```\n")

// TestConfiguringShowsFilesThatAreRead reads the files that the document shows.
func TestConfiguringShowsFilesThatAreRead(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(top, "docs", "configuring.md"))
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for _, m := range shown.FindAllStringSubmatch(string(doc), -1) {
		kind, text := m[1], m[2]
		switch {
		case strings.HasPrefix(text, "# lab.yaml"):
			file := filepath.Join(t.TempDir(), "lab.yaml")
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := readConfig(file); err != nil {
				t.Error(err)
			}
			read["config"]++
		case strings.HasPrefix(text, "# known-issues/acme-queue.yaml"):
			lab := fstest.MapFS{"acme-queue.yaml": {Data: []byte(text)}}
			if err := known(t).AddIssues(lab, ".", ""); err != nil {
				t.Error(err)
			}
			read["issue"]++
		case kind == "":
			m, warnings, err := knowledge.ReadTagMap("pooltag.txt", strings.NewReader(text))
			if err != nil || len(warnings) > 0 || m.Len() != 4 {
				t.Errorf("tag map: %v, %v", err, warnings)
			}
			read["map"]++
		}
	}
	if read["config"] != 5 || read["issue"] != 1 || read["map"] != 1 {
		t.Errorf("read %v, want five, one, one", read)
	}
}

func TestConfiguringNamesEveryKeyOfAMatch(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(top, "docs", "configuring.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = knowledge.Decode("x", []byte("{none: 1}"), &knowledge.Condition{})
	_, keys, found := strings.Cut(err.Error(), "allowed are ")
	if !found {
		t.Fatal(err)
	}
	for _, key := range strings.Split(keys, ", ") {
		if !strings.Contains(string(doc), "| `"+key+"` |") {
			t.Errorf("docs/configuring.md does not explain %s", key)
		}
	}
}

func TestConfigPathsCountFromItsFolder(t *testing.T) {
	dir := t.TempDir()
	abs := filepath.Join(dir, "abs.txt")
	file := filepath.Join(dir, "lab.yaml")
	text := "tag_maps: ['" + abs + "', sub/x.txt]\nissues: ../issues\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.TagMaps[0] != abs || c.TagMaps[1] != filepath.Join(dir, "sub", "x.txt") ||
		c.Issues != filepath.Join(filepath.Dir(dir), "issues") {
		t.Errorf("%+v", c)
	}
}

func TestEmptyConfigChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte("# nothing yet\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(file)
	if err != nil || len(c.TagMaps) != 0 || c.Issues != "" || c.NameRule != "" {
		t.Errorf("%+v, %v", c, err)
	}
	know, err := c.knowledge(&console{})
	if err != nil || know.Tag(ingest.MustTag("Irp ")).Module != "nt" {
		t.Errorf("knowledge %v", err)
	}
}

func TestDurationsAreWrittenAsTheyAreGiven(t *testing.T) {
	for _, text := range []string{"5s", "10m", "1h", "1h30m", "1m30s", "30d", "400d", "100ms", "25h"} {
		var d duration
		if err := d.UnmarshalYAML(&yaml.Node{Kind: yaml.ScalarNode, Value: text}); err != nil || d.String() != text {
			t.Errorf("%s is written %s, %v", text, d, err)
		}
	}
}

func TestTheLabsZoneReachesItsReports(t *testing.T) {
	for zone, want := range map[string]string{"": "", "UTC": "", "Asia/Shanghai": "Asia/Shanghai"} {
		cfg := &config{Zone: zone}
		words, err := words("")
		if err != nil {
			t.Fatal(err)
		}
		j, err := cfg.newJudgement(nil, nil, nil, known(t), words, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if j.Zone != nil {
			got = j.Zone.String()
		}
		if got != want {
			t.Errorf("zone %q: reports are in %q", zone, got)
		}
	}
}
