package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

// newReloader returns a reloader of a file, whose log it writes to out.
func newReloader(t *testing.T, b *bench, out *bytes.Buffer) *reloader {
	t.Helper()
	file := filepath.Join(b.dir, "lab.yaml")
	writeConfig(t, file, "", time.Time{})
	w := &watchFlags{settings: settings{config: file}}
	return &reloader{file: file, load: func() (*setup, error) { return w.load(&console{err: out}) }, store: b.store,
		log: slog.New(slog.NewTextHandler(out, nil)), now: b.now, every: time.Millisecond, loaded: fileStamp(file), hangup: make(chan os.Signal, 1)}
}

// writeConfig writes a configuration that watches, with some lines more.
func writeConfig(t *testing.T, file, more string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(file, []byte("drops: [path: drop]\nout: out\nstate: state\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	if !at.IsZero() {
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReloadTakesAChangedFile(t *testing.T) {
	b := newBench(t)
	var out bytes.Buffer
	r := newReloader(t, b, &out)
	go func() {
		time.Sleep(20 * time.Millisecond)
		writeConfig(t, r.file, "scan: 7s\n", time.Time{})
	}()
	next := r.wait(t.Context(), b.cfg)
	if next == nil || next.cfg.Scan.Duration != 7*time.Second || next.know == nil {
		t.Fatalf("%+v\n%s", next, &out)
	}
	if got := b.health(t, partConfig); got != "" {
		t.Errorf("health %q", got)
	}
}

func TestReloadPassesOverWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ more, says string }{
		"key":     {"scam: 7s\n", `lab.yaml:4: unknown key`},
		"value":   {"identity: ip\n", `lab.yaml:4: identity: `},
		"no YAML": {"\x00", "lab.yaml"},
		"tags":    {"tag_maps: [none.txt]\n", "read tag map"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var out bytes.Buffer
			r := newReloader(t, b, &out)
			writeConfig(t, r.file, c.more, time.Now().Add(time.Hour))
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			if next := r.wait(ctx, b.cfg); next != nil {
				t.Fatalf("took %+v", next.cfg)
			}
			if got := b.health(t, partConfig); got != ingest.ReasonConfig {
				t.Errorf("health %q", got)
			}
			if got := out.String(); strings.Count(got, "not taken") != 1 || !strings.Contains(got, c.says) {
				t.Errorf("said\n%s", got)
			}
			// Put right again, it is taken.
			writeConfig(t, r.file, "scan: 9s\n", time.Now().Add(2*time.Hour))
			if next := r.wait(t.Context(), b.cfg); next == nil || next.cfg.Scan.Duration != 9*time.Second {
				t.Errorf("%+v\n%s", next, &out)
			}
			if got := b.health(t, partConfig); got != "" {
				t.Errorf("health %q", got)
			}
		})
	}
}

func TestReloadKeepsTheStateFolder(t *testing.T) {
	b := newBench(t)
	var out bytes.Buffer
	r := newReloader(t, b, &out)
	old := *b.cfg
	old.State = filepath.Join(b.dir, "elsewhere")
	r.hangup <- os.Interrupt
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if next := r.wait(ctx, &old); next != nil || !strings.Contains(out.String(), "state, database: they cannot be changed while the watcher runs") {
		t.Errorf("%+v\n%s", next, &out)
	}
}

func TestReloadOnHangupReadsAnUnchangedFile(t *testing.T) {
	b := newBench(t)
	var out bytes.Buffer
	r := newReloader(t, b, &out)
	r.every = time.Hour
	r.hangup <- os.Interrupt
	if next := r.wait(t.Context(), b.cfg); next == nil {
		t.Errorf("took nothing:\n%s", &out)
	}
}

func TestReloadWithoutAFileDoesNothing(t *testing.T) {
	if next := (&reloader{}).wait(t.Context(), nil); next != nil {
		t.Errorf("%+v", next)
	}
}

func TestConfigThatEverybodyMayWriteIsRefused(t *testing.T) {
	if !modesCount {
		t.Skip("modes say nothing here")
	}
	file := filepath.Join(t.TempDir(), "lab.yaml")
	writeConfig(t, file, "", time.Time{})
	w := &watchFlags{settings: settings{config: file}}
	for mode, refused := range map[os.FileMode]bool{0o666: true, 0o602: true, 0o664: false, 0o644: false, 0o600: false} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := w.load(&console{})
		var f *failure
		if got := errors.As(err, &f) && strings.HasPrefix(f.hint, "chmod o-w"); got != refused {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestStateFolderIsClosedToOthers(t *testing.T) {
	if !modesCount {
		t.Skip("modes say nothing here")
	}
	for mode, want := range map[os.FileMode]os.FileMode{0o755: 0o700, 0o701: 0o700, 0o750: 0o750, 0o700: 0o700} {
		dir := t.TempDir()
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := closeOff(dir, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != want || (out.Len() > 0) != (mode != want) {
			t.Errorf("%o became %v, said %q", mode, info.Mode(), &out)
		}
	}
}

func TestOtherTagMapsHaveAllJudgedAgain(t *testing.T) {
	b := newBench(t, "healthy")
	asked := func() bool {
		_, err := os.Stat(filepath.Join(b.cfg.State, requestFile))
		return err == nil
	}
	same := &setup{cfg: b.cfg, know: known(t)} // read anew, and the same
	b.rejudge(same)
	b.rejudge(nil)
	if asked() {
		t.Error("nothing has changed, and all machines are judged again")
	}
	cfg := *b.cfg
	cfg.TagMaps = []string{filepath.Join(b.dir, "pooltag.txt")}
	if err := os.WriteFile(cfg.TagMaps[0], []byte("Abcd - ours.sys - blocks of ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := cfg.knowledge(&console{err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	b.rejudge(&setup{cfg: b.cfg, know: other})
	if !asked() {
		t.Error("the tag maps have changed, and machines without news are judged as before")
	}
}
