package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// lay writes files below a folder.
func lay(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSurveyTellsTheRules(t *testing.T) {
	dir := lay(t, "a.log", "LAB-1/b.log", "LAB-1/c.log", "LAB-1/.hidden", "LAB-1/x.tmp", "LAB-1/deep/d.log", "marker")
	for _, c := range []struct {
		o           Options
		files       int
		kind        string
		quiet, long time.Duration
	}{
		{Options{Kind: local}, 4, local, 10 * time.Second, 10 * time.Minute},
		{Options{Kind: local, Depth: 1, Marker: "marker"}, 2, local, 10 * time.Second, 10 * time.Minute},
		{Options{Kind: smb}, 4, smb, 30 * time.Second, 30 * time.Minute},
		{Options{Kind: smb, QuietWait: time.Second, LongWait: time.Hour}, 4, smb, time.Second, time.Hour},
	} {
		s, err := New(dir, c.o).Survey()
		if err != nil || s.Files != c.files || s.Kind != c.kind || s.Quiet != c.quiet || s.Long != c.long || !s.Tried || len(s.Closed) > 0 {
			t.Errorf("%+v: %+v, %v", c.o, s, err)
		}
		if s.Kind == smb && s.Probes != probes(smb) {
			t.Errorf("on a share: probes %v", s.Probes)
		}
	}
}

func TestSurveySaysWhyAFolderCannotBeWatched(t *testing.T) {
	dir := lay(t)
	if _, err := New(filepath.Join(dir, "none"), Options{}).Survey(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := New(dir, Options{Marker: "m"}).Survey(); !errors.Is(err, errMarker) {
		t.Errorf("no marker: %v", err)
	}
	s, err := New(dir, Options{}).Survey()
	if err != nil || s.Tried || s.Files != 0 {
		t.Errorf("empty: %+v, %v", s, err)
	}
}

func TestSurveyListsWhatMayNotBeRead(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("root may read all, and Windows keeps rights elsewhere")
	}
	dir := lay(t, "LAB-1/a.log", "b.log")
	for _, name := range []string{"LAB-1", "b.log"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(filepath.Join(dir, name), 0o700)
	}
	if s, err := New(dir, Options{}).Survey(); err != nil || len(s.Closed) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}
