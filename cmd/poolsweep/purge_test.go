package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPurgeTakesOneMachineOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "process-leak-listed", "wavxdmgr-runaway", "healthy")
	if err := backUp(t.Context(), b.store, b.cfg.State, b.wall); err != nil {
		t.Fatal(err)
	}
	id := b.caseOf(t, "LAB-XP-07")
	report := filepath.Join(b.cfg.Out, "cases", id+".pdf")

	code, out, _ := b.command(t, "purge", "--machine", "lab-xp-07")
	if code != exitDone || !strings.Contains(out, "Would remove LAB-XP-07: 1 documents, 1 drops of the history, the reports of 1 cases ("+id+").") ||
		!strings.Contains(out, "1 of its logs still lie in the watched folders") || !strings.Contains(out, "say --yes") {
		t.Errorf("exits %d, says\n%s", code, out)
	}
	if _, err := os.Stat(report); err != nil {
		t.Fatal("without --yes the report went:", err)
	}
	if err := os.RemoveAll(filepath.Join(b.cfg.Drops[0].Path, "LAB-XP-07")); err != nil {
		t.Fatal(err)
	}
	code, out, errs := b.command(t, "purge", "--machine", "lab-xp-07", "--yes")
	if code != exitDone || errs != "" || !strings.HasPrefix(out, "Removed LAB-XP-07: 1 documents") || strings.Contains(out, "still") {
		t.Errorf("exits %d, says\n%s%s", code, out, errs)
	}
	if _, err := os.Stat(report); !os.IsNotExist(err) {
		t.Error("its report is still there:", err)
	}
	if found := b.holding(t, "LAB-XP-07"); len(found) > 0 {
		t.Errorf("still holding its name: %v", found)
	}
	if files, err := backups(b.cfg.State); err != nil || len(files) != 1 {
		t.Errorf("backups %v, %v: want a new one", files, err)
	}
	if code, _, errs := b.command(t, "purge", "--machine", "LAB-XP-07", "--yes"); code != exitFailed || !strings.Contains(errs, "no machine LAB-XP-07") {
		t.Errorf("the second time exits %d, says %s", code, errs)
	}
}

func TestPurgeMakesSharedReportsAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, "process-leak", "process-leak-listed")
	id := b.caseOf(t, "TEST-2K3-11,TEST-2K3-12")
	code, out, errs := b.command(t, "purge", "--machine", "TEST-2K3-12", "--yes")
	if code != exitDone || !strings.Contains(out, "1 cases stay") || !strings.Contains(out, "1 of its logs still lie") {
		t.Errorf("exits %d, says\n%s%s", code, out, errs)
	}
	if b.caseOf(t, "TEST-2K3-11") != id {
		t.Error("the other machine's case is another one")
	}
	if found := b.holding(t, "TEST-2K3-12"); len(found) > 0 {
		t.Errorf("still holding its name: %v", found)
	}
	if _, err := os.Stat(filepath.Join(b.cfg.Out, "cases", id+".pdf")); err != nil {
		t.Error(err)
	}
	if got := b.holding(t, "TEST-2K3-11"); len(got) < 3 {
		t.Errorf("the other machine is only in %v", got)
	}
}
