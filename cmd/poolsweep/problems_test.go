package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigProblemsSayTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":       {"out: o\nstat: s\n", `lab.yaml:2: unknown key "stat"; did you mean "state"?`},
		"negative time":     {"out: o\nscan: -5s\n", `lab.yaml:2: "-5s" is no time`},
		"no time":           {"keep: long\n", `lab.yaml:1: "long" is no time`},
		"time too long":     {"keep: 99999d\n", `lab.yaml:1: "99999d" is no time`},
		"no number of days": {"keep: 9999999999999999d\n", `lab.yaml:1: "9999999999999999d" is no time`},
		"redact":            {"redact: all\n", `lab.yaml:1: redact: "all" is neither none nor strict`},
		"identity":          {"\n\nidentity: ip\n", `lab.yaml:3: identity: "ip" is neither folder nor log`},
		"depth":             {"drops:\n  - path: a\n    depth: 3\n", "lab.yaml:3: drops: depth: 3 is neither"},
		"size":              {"drops:\n  - path: a\n    max_bytes: -1\n", "lab.yaml:3: drops: max_bytes: -1 is no size"},
		"quota":             {"drops:\n  - path: a\n    quota: -1\n", "lab.yaml:3: drops: quota: -1 is no number"},
		"zone":              {"zone: Berlin\n", `lab.yaml:1: zone: "Berlin" is no time zone`},
		"zone of this disk": {"lang: en\nzone: local\n", `lab.yaml:2: zone: "local" is no time zone`},
		"kind":              {"drops:\n  - path: a\n  - path: b\n    kind: ftp\n", `lab.yaml:4: drops: kind: "ftp" is none of`},
		"marker":            {"drops: [{path: a, marker: ../x}]\n", `lab.yaml:1: drops: marker: "../x" is no name`},
		"no path":           {"drops:\n  - depth: 1\n", "lab.yaml:2: drops: path: no folder is given"},
		"the same twice":    {"drops:\n  - path: a\n  - path: b/../a\n", "lab.yaml:3: drops: path: "},
		"one in another":    {"drops:\n  - path: a/b\n  - path: a\n", "lab.yaml:3: drops: path: "},
		"alias":             {"drops:\n  - &d {path: a, depth: 1}\n  - *d\n", "lab.yaml:2: drops: path: "},
		"out in a drop":     {"drops: [path: a]\nout: a/out\n", "lab.yaml:2: out: "},
		"state in a drop":   {"state: a\ndrops: [path: a]\n", "lab.yaml:1: state: "},
		"out is state":      {"out: a\nstate: ./a\n", "lab.yaml:2: state: the history needs a folder of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("lab.yaml", []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readConfig("lab.yaml"); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestConfigSaysAllProblemsAtOnce(t *testing.T) {
	c := &config{Identity: "x", Drops: []dropConfig{{Path: "a", Depth: 9, Kind: "x"}}}
	if got := len(c.problems()); got != 3 {
		t.Errorf("%d problems, want 3: %v", got, c.problems())
	}
	if err := locate("", nil, c.problems()); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

func TestNeighbouringDropsAreFine(t *testing.T) {
	c := &config{Drops: []dropConfig{{Path: "a"}, {Path: "ab"}, {Path: "b/a"}, {Path: ".a"}}, Out: "out", State: "state"}
	if wrong := c.problems(); len(wrong) > 0 {
		t.Errorf("%v", wrong)
	}
}

func TestWatchPathsCountFromTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "lab.yaml")
	if err := os.WriteFile(file, []byte("drops: [path: d]\nout: o\nstate: ../s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Drops[0].Path != filepath.Join(dir, "d") || c.Out != filepath.Join(dir, "o") || c.State != filepath.Join(filepath.Dir(dir), "s") {
		t.Errorf("%+v", c)
	}
}
