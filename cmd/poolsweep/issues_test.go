package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const issueFolder = top + "/analyze/knowledge/issues"

// matchedIn returns the issues that the cases of a log match, and the holders
// that the cases name.
func matchedIn(t *testing.T, log string) (ids, holders []string) {
	t.Helper()
	j, err := (&config{}).readAndJudge(t.Context(), &console{out: io.Discard, err: io.Discard}, find([]string{log}, nil), known(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range j.Result.Cases {
		if c.Known != nil {
			ids = append(ids, c.Known.ID)
		}
		holders = append(holders, c.Holder.Module)
	}
	return ids, holders
}

// TestEachIssueMatchesItsLog holds every issue against the log beside it, and
// wants it to match no other issue's log.
func TestEachIssueMatchesItsLog(t *testing.T) {
	know := known(t)
	logs, err := filepath.Glob(filepath.Join(issueFolder, "*.log"))
	if err != nil || len(logs) != len(know.Issues) {
		t.Errorf("%d logs for %d issues (%v)", len(logs), len(know.Issues), err)
	}
	for _, issue := range know.Issues {
		log := filepath.Join(issueFolder, issue.ID+".log")
		if ids, _ := matchedIn(t, log); len(ids) != 1 || ids[0] != issue.ID {
			t.Errorf("%s matches %v", filepath.Base(log), ids)
		}
	}
}

// TestAnIssueNamesNoHolder: tags that the kernel allocates for others have no
// holder in the log, and a published issue is no reason to name one.
func TestAnIssueNamesNoHolder(t *testing.T) {
	for _, id := range []string{"netkvm-descriptor-lists", "ntfc-container-hosts", "fmfn-without-minifilter", "process-reference-on-error-path"} {
		if _, holders := matchedIn(t, filepath.Join(issueFolder, id+".log")); len(holders) != 1 || holders[0] != "" {
			t.Errorf("%s: holders %q", id, holders)
		}
	}
}

// TestIssueOfAnotherVersionDoesNotMatch raises the file version in an issue's log.
func TestIssueOfAnotherVersionDoesNotMatch(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(issueFolder, "mfeavfk-stream-contexts.log"))
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "LAB-014.log")
	mended := strings.Replace(string(text), "5.5.2.1017", "5.6.0.1017", 1)
	if err := os.WriteFile(log, []byte(mended), 0o666); err != nil {
		t.Fatal(err)
	}
	if ids, holders := matchedIn(t, log); len(ids) != 0 || len(holders) != 1 {
		t.Errorf("matches %v, holders %v", ids, holders)
	}
}
