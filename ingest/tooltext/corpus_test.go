package tooltext

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// presentRow is a row of poolmon as a plain pattern knows it, apart from the reader.
var presentRow = regexp.MustCompile(
	`(?m)^[ \t>-]*\S.{0,3} +(Nonp|Paged) +\d+( +\( *-?\d+\))? +\d+( +\( *-?\d+\))? +-?\d+ +\d+( +\( *-?\d+\))? +\d+`)

// TestCorpus counts the rows read of public outputs kept beside the project.
func TestCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared")
	logs, err := filepath.Glob(filepath.Join(root, "corpus", "pool", "*.txt"))
	if err != nil || len(logs) == 0 {
		t.Skipf("no corpus in %s", root)
	}
	more, err := filepath.Glob(filepath.Join(root, "incidents", "*", "log*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(logs, more...) {
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		present := len(presentRow.FindAll(bytes.ReplaceAll(log, []byte("\r"), nil), -1))
		snaps := hosted(log)
		checkSnapshots(t, snaps)
		read, tags, warnings := 0, 0, 0
		for _, s := range snaps {
			tags += len(s.Tags)
			warnings += len(s.Warnings)
			for _, b := range s.Blocks {
				read += b.Rows
			}
		}
		if present > 0 || read > 0 {
			name, _ := filepath.Rel(root, path)
			t.Logf("%-62s rows %3d / %3d poolmon, %d tags, %d warnings", name, read, present, tags, warnings)
		}
		if read < present {
			t.Errorf("%s: %d rows read, %d present", path, read, present)
		}
	}
}
