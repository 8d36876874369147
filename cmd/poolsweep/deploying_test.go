package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestDeployingShowsCommandsThatExist parses the command lines of the document and
// of the unit.
func TestDeployingShowsCommandsThatExist(t *testing.T) {
	shown := 0
	for _, name := range []string{"deploying.md", "poolsweep.service", "poolsweep-work.service"} {
		text, err := os.ReadFile(filepath.Join(top, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^(?:ExecStart=\S*/|sudo -u poolsweep )?poolsweep ([^#\n]*)`).FindAllStringSubmatch(string(text), -1) {
			shown++
			root := newRoot(&console{})
			cmd, args, err := root.Find(strings.Fields(m[1]))
			if err == nil {
				err = cmd.ParseFlags(args)
			}
			if err == nil {
				err = cobra.OnlyValidArgs(cmd, cmd.Flags().Args())
			}
			if err != nil || cmd == root {
				t.Errorf("%s: poolsweep %s: %v", name, m[1], err)
			}
		}
	}
	if shown < 8 {
		t.Errorf("found %d command lines", shown)
	}
}

// Each record that the document explains is one that is logged.
func TestDeployingNamesRecordsThatAreLogged(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(top, "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	files, _ := filepath.Glob("*.go")
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	_, table, _ := strings.Cut(string(doc), "| record | tells |")
	records := 0
	for _, row := range strings.Split(table, "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			records++
			if !strings.Contains(code.String(), `("`+m[1]) {
				t.Errorf("nothing logs %q", m[1])
			}
		}
	}
	if records < 10 {
		t.Errorf("found %d records", records)
	}
}

// TestUnitTakesAwayWhatIsNotNeeded has systemd weigh the units: 10 is wide open.
func TestUnitTakesAwayWhatIsNotNeeded(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze")
	}
	for _, unit := range []string{"poolsweep.service", "poolsweep-work.service"} {
		out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", "--no-pager",
			filepath.Join(top, "docs", unit)).CombinedOutput()
		switch {
		case err == nil:
		case !strings.Contains(string(out), "Overall exposure level"): // it is too old, or may not run here
			t.Skipf("%v: %s", err, out)
		default:
			t.Errorf("%s: exposure above 1.5: %v\n%s", unit, err, out)
		}
	}
}
