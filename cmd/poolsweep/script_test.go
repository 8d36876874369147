package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what scripts and documents show")

func TestMain(m *testing.M) {
	if os.Getenv(asPoolsweep) != "" {
		runAsPoolsweep()
	}
	if job := os.Getenv(asSender); job != "" {
		runAsSender(job)
	}
	testscript.Main(m, map[string]func(){"poolsweep": main})
}

// TestScripts runs the command lines in testdata/script. $SAMPLES is the folder
// of the sample logs.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLES", samples)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"onejson": oneJSON,
			"binary":  binary,
			"cut":     cut,
			"pack":    pack,
			"same":    same,
		},
	})
}

// exits runs poolsweep and wants an exit code: exits 3 sweep drop.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := "0"
	if err := ts.Exec("poolsweep", args[1:]...); err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exits %s, want %s", code, args[0])
	}
}

// oneJSON wants a file, or stdout, to be one JSON object of our schema.
func oneJSON(ts *testscript.TestScript, _ bool, args []string) {
	var object struct{ Schema string }
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &object); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if object.Schema != "poolsweep/1" {
		ts.Fatalf("%s: schema %q", args[0], object.Schema)
	}
}

// binary writes a file that begins like the named kind: binary dump MEMORY.DMP.
func binary(ts *testscript.TestScript, _ bool, args []string) {
	start := map[string]string{"dump": "PAGEDU64\x0f\x00\x00\x00", "empty": "", "zip": "PK\x03\x04"}[args[0]]
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(start), 0o666))
}

// cut shortens a file by one byte, which no archive of scripts can hold: cut FILE.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)-1]), 0o666))
}

// pack makes an archive of a folder, of the kind its ending names; .gz takes one
// file: pack run.tar.gz run, pack x.log.gz x.log.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	target, from := args[0], args[1]
	switch {
	case strings.HasSuffix(target, ".zip"):
		w := zip.NewWriter(&out)
		ts.Check(w.AddFS(os.DirFS(ts.MkAbs(from))))
		ts.Check(w.Close())
	case strings.HasSuffix(target, ".tar.gz"):
		z := gzip.NewWriter(&out)
		w := tar.NewWriter(z)
		ts.Check(w.AddFS(os.DirFS(ts.MkAbs(from))))
		ts.Check(w.Close())
		ts.Check(z.Close())
	case strings.HasSuffix(target, ".gz"):
		z := gzip.NewWriter(&out)
		_, err := z.Write([]byte(ts.ReadFile(from)))
		ts.Check(err)
		ts.Check(z.Close())
	default:
		ts.Fatalf("no kind of archive: %s", target)
	}
	ts.Check(os.WriteFile(ts.MkAbs(target), out.Bytes(), 0o666))
}

// same wants two folders to hold the same files with the same bytes: same one two.
func same(ts *testscript.TestScript, _ bool, args []string) {
	one, two := contents(ts, args[0]), contents(ts, args[1])
	if diff := cmp.Diff(slices.Sorted(maps.Keys(one)), slices.Sorted(maps.Keys(two))); diff != "" {
		ts.Fatalf("%s and %s hold other files:\n%s", args[0], args[1], diff)
	}
	for name := range one {
		if one[name] != two[name] {
			ts.Fatalf("%s differs in %s and %s", name, args[0], args[1])
		}
	}
}

// contents returns the files below a folder by name.
func contents(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	fsys := os.DirFS(ts.MkAbs(dir))
	ts.Check(fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		files[name] = string(text)
		return err
	}))
	if len(files) == 0 {
		ts.Fatalf("%s is empty", dir)
	}
	return files
}
