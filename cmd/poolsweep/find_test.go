package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// tree makes files, named with slashes, below a new folder and changes into it.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.FromSlash(name), []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// taken returns what was found, a line each: path, then the machine its place names.
func taken(c *catch) string {
	var lines []string
	for _, in := range c.inputs {
		lines = append(lines, in.path+" "+in.place.Machine().Name)
	}
	for _, r := range c.refused {
		lines = append(lines, "refused "+r.Path+": "+r.Reason)
	}
	for _, n := range c.notes {
		lines = append(lines, "note "+n)
	}
	return strings.Join(lines, "\n")
}

func want(t *testing.T, got string, lines ...string) {
	t.Helper()
	if all := strings.Join(lines, "\n"); got != all {
		t.Errorf("got:\n%s\nwant:\n%s", got, all)
	}
}

func TestFindTakesFoldersInOrderOfNames(t *testing.T) {
	tree(t, "drop/LAB-2/log.log", "drop/LAB-1/2026-11-24/b.log", "drop/LAB-1/2026-11-24/a.log", "LAB-9/kd.log")
	want(t, taken(find([]string{"LAB-9/kd.log", "drop"}, nil)),
		"LAB-9/kd.log LAB-9",
		"drop/LAB-1/2026-11-24/a.log LAB-1",
		"drop/LAB-1/2026-11-24/b.log LAB-1",
		"drop/LAB-2/log.log LAB-2")
}

func TestFindTakesAPathOnce(t *testing.T) {
	tree(t, "LAB-1/a.log")
	want(t, taken(find([]string{"LAB-1/a.log", "LAB-1", "./LAB-1/"}, nil)), "LAB-1/a.log a")
}

func TestFindNamesTheFolderItStandsIn(t *testing.T) {
	tree(t, "LAB-1/poolused.log")
	t.Chdir("LAB-1")
	want(t, taken(find([]string{"."}, nil)), "poolused.log LAB-1")
	want(t, taken(find([]string{"poolused.log"}, nil)), "poolused.log LAB-1")
}

func TestFindPassesOverWhatPoolsweepWrote(t *testing.T) {
	tree(t, "a.log", "all.json", "out/poolsweep.xlsx",
		"old/poolsweep.xlsx", "old/poolsweep.json", "old/cases/x.pdf")
	want(t, taken(find([]string{"."}, []string{"out", "all.json", "not-there-yet"})),
		"a.log a",
		"note all.json: written by poolsweep, passed over",
		"note old: written by poolsweep, passed over",
		"note out: written by poolsweep, passed over")
}

func TestFindPassesOverHiddenFilesAndLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs rights on Windows")
	}
	tree(t, "drop/a.log", "drop/.a.log.swp", "drop/.git/config")
	if err := os.Symlink("a.log", "drop/link.log"); err != nil {
		t.Fatal(err)
	}
	want(t, taken(find([]string{"drop"}, nil)),
		"drop/a.log a",
		"note drop/.a.log.swp: hidden, passed over",
		"note drop/.git: hidden, passed over",
		"note drop/link.log: a link or no regular file, passed over")
}

func TestFindPassesOverWhatIsNoLogByItsEnding(t *testing.T) {
	tree(t, "drop/a", "drop/a.txt", "drop/MEMORY.DMP", "drop/old.zip",
		"drop/README.md", "drop/screen.PNG", "drop/x.sys")
	want(t, taken(find([]string{"drop", "drop/README.md"}, nil)),
		"drop/MEMORY.DMP MEMORY",
		"drop/a a",
		"drop/a.txt a",
		"drop/old.zip old",
		"drop/README.md README.md",
		"note drop/README.md: no log by its ending, passed over",
		"note drop/screen.PNG: no log by its ending, passed over",
		"note drop/x.sys: no log by its ending, passed over")
}

func TestFindRefusesWhatIsNotThere(t *testing.T) {
	tree(t, "a.log")
	want(t, taken(find([]string{"b.log", "a.log", "no/such"}, nil)),
		"a.log a",
		"refused b.log: does not exist",
		"refused no/such: does not exist")
}

func TestFindOpensNamesThatAreNoUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux keeps any byte in a name")
	}
	const name = "\xca\xb5\xd1\xe9\xca\xd2/1.log" // a Chinese word in GBK, as old archives leave it
	tree(t, "drop/"+name)
	c := find([]string{"drop"}, nil)
	if len(c.inputs) != 1 {
		t.Fatalf("found %s", taken(c))
	}
	f, err := c.inputs[0].open()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestWalkOfEmbeddedFilesKeepsTheirFolders(t *testing.T) {
	c := &catch{taken: map[string]bool{}}
	c.walk(fstest.MapFS{"wavx/LAB-014/1.log": {Data: []byte("x")}}, "samples", "")
	want(t, taken(c), "samples/wavx/LAB-014/1.log LAB-014")
}
