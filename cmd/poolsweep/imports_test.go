package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "poolsweep"
	top    = "../.." // the module's root, seen from here
)

// mayImport is the import rule: what the packages of a folder, and those below
// "folder/*", may import of ours. The first entry that fits a folder counts.
var mayImport = []struct {
	folder string
	ours   []string
}{
	{"ingest", nil},
	{"ingest/bucket", []string{"ingest", "ingest/watch"}},
	{"ingest/*", []string{"ingest"}},
	{"ingest/store/pgtest", nil},
	{"analyze", []string{"ingest", "analyze/knowledge", "analyze/series"}},
	{"analyze/fleet", []string{"ingest", "analyze", "analyze/series"}},
	{"analyze/decide", []string{"ingest", "analyze", "analyze/knowledge", "analyze/series"}},
	{"analyze/judge", []string{"ingest", "analyze", "analyze/cluster", "analyze/knowledge", "analyze/series", "analyze/fleet"}},
	{"analyze/*", []string{"ingest"}},
	{"report", []string{"analyze", "ingest", "templates"}},
	{"report/fonts", nil},
	{"report/*", []string{"report", "report/fonts", "templates"}},
	{"templates", nil},
	{"samples", nil},
	{"cmd/*", []string{"*"}},
}

// soleImporter names the one folder that may import a library with traps.
var soleImporter = map[string]string{
	"github.com/jung-kurt/gofpdf":       "report/pdf",
	"github.com/xuri/excelize/v2":       "report/xlsx",
	"github.com/spf13/cobra":            "cmd/poolsweep",
	"github.com/vbauerster/mpb/v8":      "cmd/poolsweep",
	"github.com/jedib0t/go-pretty/v6":   "cmd/poolsweep",
	"github.com/wneessen/go-mail":       "report/mail",
	"github.com/minio/minio-go/v7":      "ingest/bucket",
	"github.com/riverqueue/river":       "ingest/jobs",
	"github.com/rogpeppe/go-internal":   "", // tests only
	"github.com/google/go-cmp":          "",
	"github.com/johannesboyne/gofakes3": "",
}

// cmdOnly are the calls that make a run depend on more than its input.
var cmdOnly = []string{
	"time.Now", "time.Since", "time.Until",
	"os.Getenv", "os.LookupEnv", "os.Getwd", "os.Hostname",
}

// topFolders is all that lies in the root of the module.
var topFolders = []string{".ci", "analyze", "cmd", "docs", "ingest", "report", "samples", "templates"}

// source is one Go file that is no test.
type source struct {
	folder string
	path   string
	file   *ast.File
}

// sources parses all files of the module itself: asking the go command instead
// would let a cached test pass over a breach.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != top) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, source{path.Dir(rel), rel, file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Fatalf("found %d source files below %s, want the module", len(all), top)
	}
	return all
}

func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser accepted it
		}
		paths = append(paths, p)
	}
	return paths
}

// allowed returns what a folder may import of ours.
func allowed(folder string) ([]string, bool) {
	for _, rule := range mayImport {
		if ok, _ := path.Match(rule.folder, folder); ok {
			return rule.ours, true
		}
	}
	return nil, false
}

func TestImportsFlowOneWay(t *testing.T) {
	for _, s := range sources(t) {
		ours, known := allowed(s.folder)
		if !known {
			t.Errorf("%s: no rule says what folder %s may import", s.path, s.folder)
			continue
		}
		for _, imp := range s.imports() {
			rest, own := strings.CutPrefix(imp, module+"/")
			if own && !slices.Contains(ours, rest) && !slices.Contains(ours, "*") {
				t.Errorf("%s imports %s; folder %s may import %v", s.path, rest, s.folder, ours)
			}
		}
	}
}

func TestLibrariesHaveOneImporter(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range s.imports() {
			for lib, folder := range soleImporter {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && s.folder != folder {
					t.Errorf("%s imports %s, which only %q may", s.path, imp, folder)
				}
			}
		}
	}
}

func TestOnlyCommandsAskClockAndEnvironment(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.folder, "cmd/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(cmdOnly, pkg.Name+"."+sel.Sel.Name) {
					t.Errorf("%s uses %s.%s", s.path, pkg.Name, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestTopFolders(t *testing.T) {
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	made := []string{".git", "poolsweep-demo", "poolsweep-out"} // by git and by runs of poolsweep
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(topFolders, e.Name()) && !slices.Contains(made, e.Name()) {
			t.Errorf("folder %s is in no rule", e.Name())
		}
	}
	for _, f := range topFolders {
		if info, err := os.Stat(filepath.Join(top, f)); err != nil || !info.IsDir() {
			t.Errorf("folder %s is missing", f)
		}
	}
}
