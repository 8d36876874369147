package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"poolsweep/ingest"
	"poolsweep/report"
)

// input is one file to read.
type input struct {
	path  string // as given, with forward slashes
	place ingest.Place
	open  func() (io.ReadCloser, error)
	given bool // by itself, not found in a folder
}

// catch is what the paths on a command line lead to.
type catch struct {
	inputs  []input
	refused []report.Refused
	notes   []string // what was passed over, and why
	own     []fs.FileInfo
	taken   map[string]bool // paths of inputs
}

// find looks up files and folders in the order given, folders in the order of
// their names. Where poolsweep itself writes (own) is passed over in folders, so
// that a second sweep of "." reads the same as the first.
func find(paths, own []string) *catch {
	c := &catch{taken: map[string]bool{}}
	for _, p := range own {
		if info, err := os.Stat(p); err == nil {
			c.own = append(c.own, info)
		}
	}
	for _, p := range paths {
		c.add(p)
	}
	return c
}

// add takes up a path from the command line.
func (c *catch) add(given string) {
	shown := path.Clean(filepath.ToSlash(given))
	info, err := os.Stat(given)
	switch {
	case err != nil:
		c.refuse(shown, err)
	case info.IsDir():
		c.walk(folder(given), shown, nameOf(given))
	case !info.Mode().IsRegular():
		c.refuse(shown, errors.New("is neither a file nor a folder"))
	default:
		c.take(input{
			path:  shown,
			place: ingest.Place{File: path.Base(shown), Outside: nameOf(filepath.Dir(given))},
			open:  func() (io.ReadCloser, error) { return os.Open(given) },
			given: true,
		})
	}
}

// nameOf returns the name of a folder, also of "." and "..".
func nameOf(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil || filepath.Dir(abs) == abs {
		return ""
	}
	return filepath.Base(abs)
}

// Why files are passed over.
const (
	hiddenNote = "hidden, passed over"
	noLogNote  = "no log by its ending, passed over"
	linkNote   = "a link or no regular file, passed over"

	decisionsNote = "what people decided about cases, for the watcher; passed over"
)

// noLog are endings of what else lies in a lab's folders, and of files that are
// still being copied there. Dumps are not among them: they may hold what nobody
// made a log of, so they are refused aloud. A file that is given by itself is read
// whatever its ending.
var noLog = regexp.MustCompile(`(?i)\.(md|html?|pdf|docx?|xlsx?|json|xml|ya?ml|ini|reg|` +
	`png|jpe?g|gif|bmp|mp4|go|py|js|c|h|cpp|cs|ps1|bat|cmd|exe|dll|sys|inf|cat|pdb|lnk|part|tmp|filepart|crdownload)$`)

// walk takes up all files of a folder.
func (c *catch) walk(fsys fs.FS, shown, outside string) {
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		at := path.Join(shown, name)
		switch {
		case err != nil:
			c.refuse(at, err)
			return skip(d)
		case name == ".":
			return nil
		case strings.HasPrefix(d.Name(), "."):
			c.notes = append(c.notes, at+": "+hiddenNote)
			return skip(d)
		case c.isOwn(fsys, name, d):
			c.notes = append(c.notes, at+": written by poolsweep, passed over")
			return skip(d)
		case d.IsDir():
			return nil
		case name == defaultDecisions:
			c.notes = append(c.notes, at+": "+decisionsNote)
			return nil
		case noLog.MatchString(d.Name()):
			c.notes = append(c.notes, at+": "+noLogNote)
			return nil
		case !d.Type().IsRegular():
			c.notes = append(c.notes, at+": "+linkNote)
			return nil
		}
		place := ingest.PlaceBelow(name)
		place.Outside = outside
		c.take(input{
			path:  at,
			place: place,
			open:  func() (io.ReadCloser, error) { return fsys.Open(name) },
		})
		return nil
	})
}

// skip leaves out a folder with all below it.
func skip(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// isOwn reports whether an entry was written by poolsweep: it is where this run
// writes, or a folder that holds both summaries of an earlier one.
func (c *catch) isOwn(fsys fs.FS, name string, d fs.DirEntry) bool {
	if info, err := d.Info(); err == nil {
		if slices.ContainsFunc(c.own, func(o fs.FileInfo) bool { return os.SameFile(o, info) }) {
			return true
		}
	}
	if !d.IsDir() {
		return false
	}
	_, noBook := fs.Stat(fsys, path.Join(name, bookFile))
	_, noJSON := fs.Stat(fsys, path.Join(name, jsonFile))
	return noBook == nil && noJSON == nil
}

// take adds a file unless the same path was given before.
func (c *catch) take(in input) {
	if !c.taken[in.path] {
		c.taken[in.path] = true
		c.inputs = append(c.inputs, in)
	}
}

func (c *catch) refuse(at string, err error) {
	c.refused = append(c.refused, report.Refused{Path: at, Reason: reason(err)})
}

// reason words an error of the file system without the path, which stands
// before it anyway, and alike on all platforms where that matters.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read: permission denied"
	}
	var r *ingest.Refusal
	if errors.As(err, &r) && r.Err != nil {
		return reason(r.Err)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Op + ": " + p.Err.Error()
	}
	return err.Error()
}

// folder is a folder on disk. Unlike os.DirFS it opens every name the disk
// holds, also one that is no UTF-8, as old archives with Chinese names leave them.
type folder string

// Open opens a file or folder by its slash-separated path.
func (f folder) Open(name string) (fs.File, error) { return os.Open(f.join(name)) }

// ReadDir lists a folder by name.
func (f folder) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(f.join(name)) }

// Stat follows links, as fs.Stat says.
func (f folder) Stat(name string) (fs.FileInfo, error) { return os.Stat(f.join(name)) }

func (f folder) join(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }
