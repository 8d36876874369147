package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"poolsweep/samples"
)

// consoles matches a block of a document that shows a command and its output.
var consoles = regexp.MustCompile("(?s)```console\n(.*?)```\n")

// TestDocsShowRealOutput runs the commands that the documents show, in a folder
// with the samples, and compares what they print.
func TestDocsShowRealOutput(t *testing.T) {
	for _, name := range []string{"README.md", "docs/getting-started.md"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join(top, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			if err := os.CopyFS("samples", samples.Logs); err != nil {
				t.Fatal(err)
			}
			blocks := 0
			real := consoles.ReplaceAllFunc(doc, func(block []byte) []byte {
				blocks++
				return replay(t, block)
			})
			if blocks == 0 {
				t.Error("shows no output")
			}
			if *update {
				if err := os.WriteFile(file, real, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			lines := func(text []byte) []string { return strings.Split(string(text), "\n") }
			if diff := cmp.Diff(lines(doc), lines(real)); diff != "" {
				t.Errorf("shows other output than the commands print; -update rewrites it (-shown +real):\n%s", diff)
			}
		})
	}
}

// replay runs the commands of a block and returns it with what they print now.
func replay(t *testing.T, block []byte) []byte {
	var b bytes.Buffer
	b.WriteString("```console\n")
	for _, line := range strings.Split(string(block), "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue // output of the command before
		}
		b.WriteString(line + "\n" + printed(t, command))
	}
	b.WriteString("```\n")
	return b.Bytes()
}

var commandLine = regexp.MustCompile(`^(?:go run \./cmd/)?poolsweep ([^|]*?)(?: \| head -(\d+))?$`)

// printed returns what a command line prints on a terminal.
func printed(t *testing.T, command string) string {
	m := commandLine.FindStringSubmatch(command)
	if m == nil {
		t.Fatalf("%q is no command of poolsweep", command)
	}
	var out bytes.Buffer
	run(t.Context(), strings.Fields(m[1]), &out, &out)
	lines := strings.SplitAfter(out.String(), "\n")
	if n, err := strconv.Atoi(m[2]); err == nil && n < len(lines) {
		lines = lines[:n]
	}
	return strings.Join(lines, "")
}

func TestReadmeOpensWithTheTwoCommands(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	const opening = "# poolsweep\n\n```sh\ngo run ./cmd/poolsweep demo\ngo test ./...\n```\n"
	if !strings.HasPrefix(string(readme), opening) {
		t.Errorf("README.md does not open with:\n%s", opening)
	}
}

// links are the relative links of a document.
var links = regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)

func TestDocsLinkToFilesThatExist(t *testing.T) {
	docs, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, filepath.Join(top, "README.md")) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(doc), filepath.FromSlash(string(m[1])))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			}
		}
	}
}
