package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest/store"
)

// examined runs the doctor on a bench's folders and returns what each check found.
func (b *bench) examined(t *testing.T, args ...string) (code int, found map[string]checkup) {
	t.Helper()
	t.Setenv(asPoolsweep, "1")
	args = append([]string{"doctor", "--json", "--drop", b.cfg.Drops[0].Path, "--out", b.cfg.Out, "--state", b.cfg.State}, args...)
	code, out, _ := runs(t, args...)
	var r struct {
		Schema string
		Checks []checkup
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Schema != "poolsweep-doctor/1" {
		t.Fatalf("%v: %s", err, out)
	}
	found = map[string]checkup{}
	for _, c := range r.Checks {
		kind, _, _ := strings.Cut(c.Check, " ")
		if worst := found[kind].Result; worst != resultFail && (worst != resultWarn || c.Result != resultOK) {
			found[kind] = c
		}
		if (c.Result == resultOK) != (c.Mend == "") {
			t.Errorf("%+v: says how to mend it only when something is wrong", c)
		}
	}
	return code, found
}

func TestDoctorFindsAHealthyServiceWell(t *testing.T) {
	b := newBench(t, "healthy")
	if err := os.Chmod(b.cfg.State, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--deep"}} {
		code, found := b.examined(t, args...)
		if code != exitDone || len(found) != 7 {
			t.Errorf("exits %d, %d checks", code, len(found))
		}
		for _, c := range found {
			if c.Result == resultFail {
				t.Errorf("%+v", c)
			}
		}
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	damage := func(b *bench, t *testing.T) {
		if err := b.store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.cfg.State, store.File), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		spoil         func(b *bench, t *testing.T)
		check, result string
		says, mend    string
		args          []string
		unixOnly      bool
	}{
		"no drop folder": {func(b *bench, t *testing.T) { os.RemoveAll(b.cfg.Drops[0].Path) },
			"drop", resultFail, "no such file", "make or mount the folder", nil, true},
		"folder open to all": {func(b *bench, t *testing.T) { os.Chmod(b.cfg.State, 0o755) },
			"state", resultWarn, "open to everybody", "chmod 700", nil, true},
		"reports open to all": {func(b *bench, t *testing.T) { os.MkdirAll(b.cfg.Out, 0o700); os.Chmod(b.cfg.Out, 0o777) },
			"out", resultWarn, "everybody may write", "chmod o-w", nil, true},
		"file in place of a folder": {func(b *bench, t *testing.T) { os.RemoveAll(b.cfg.Out); os.WriteFile(b.cfg.Out, nil, 0o600) },
			"out", resultFail, "is no folder", "let the watcher's user write", nil, false},
		"damaged database": {damage, "database", resultFail, "is damaged", "folder backup", nil, false},
		"clock behind": {func(b *bench, t *testing.T) {
			if err := b.store.PutShare(t.Context(), store.Share{Path: "/x", ScannedAt: time.Now().Add(2 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}, "clock", resultWarn, "ahead of it", "set the clock", nil, false},
		"overlap": {func(b *bench, t *testing.T) {}, "configuration", resultFail, "their logs would be read twice", "configuring.md",
			[]string{"--drop", "/x", "--drop", "/x/y"}, false},
		"tag map": {func(b *bench, t *testing.T) {}, "configuration", resultFail, "read tag map none.txt", "give the path",
			[]string{"--tag-map", "none.txt"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.unixOnly && !modesCount {
				t.Skip("modes say nothing here")
			}
			b := newBench(t, "healthy")
			c.spoil(b, t)
			code, found := b.examined(t, c.args...)
			got := found[c.check]
			if got.Result != c.result || !strings.Contains(got.Says, c.says) || !strings.Contains(got.Mend, c.mend) {
				t.Errorf("%+v", got)
			}
			if wantFail := c.result == resultFail; wantFail != (code == exitFailed) {
				t.Errorf("exits %d", code)
			}
		})
	}
}

func TestDoctorSaysWhatTheWatcherMakes(t *testing.T) {
	b := newBench(t)
	b.cfg.Out, b.cfg.State = filepath.Join(b.dir, "a", "out"), filepath.Join(b.dir, "a", "state")
	if err := os.MkdirAll(b.cfg.Drops[0].Path, 0o700); err != nil {
		t.Fatal(err)
	}
	code, found := b.examined(t)
	if code != exitDone || !strings.Contains(found["database"].Says, "none yet") {
		t.Errorf("exits %d: %+v", code, found)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "a")); !os.IsNotExist(err) {
		t.Error("the doctor made the folder")
	}
}

func TestDoctorDoubtsAWrongClock(t *testing.T) {
	for year, want := range map[int]string{1970: resultFail, earliestYear - 1: resultFail, earliestYear: resultOK, latestYear: resultOK, latestYear + 1: resultFail} {
		d := &doctor{now: time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC)}
		if d.checkClock(); d.found[0].Result != want {
			t.Errorf("%d: %+v", year, d.found)
		}
	}
}

func TestDoctorPrintsOneLineACheck(t *testing.T) {
	d := &doctor{}
	d.ok("a", "fine")
	d.warn("b\x1b[2J", "odd", "mend it")
	var out strings.Builder
	if err := d.report(&out, false); err != nil {
		t.Errorf("warnings alone: %v", err)
	}
	d.fail("c", &failure{exitUsage, os.ErrNotExist, "its own hint"}, "another")
	out.Reset()
	if err := d.report(&out, false); err == nil {
		t.Error("no error with a failed check")
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || lines[0] != "ok       a: fine" || strings.Contains(lines[1], "\x1b") || lines[2] != "FAIL     c: file does not exist -> its own hint" {
		t.Errorf("%q", lines)
	}
}

func TestRoomIsHeldAgainstWhatIsWanted(t *testing.T) {
	dir := t.TempDir()
	free, err := freeSpace(dir)
	if err != nil || free <= 0 {
		t.Skipf("free space unknown: %v", err)
	}
	d := &doctor{}
	if !d.roomy("x", dir, 1) || d.roomy("x", dir, 1<<62) || len(d.found) != 1 || d.found[0].Result == resultOK {
		t.Errorf("%d free: %+v", free, d.found)
	}
}
