package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files lists the files below the working folder.
func files(t *testing.T) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func textPage(path, s string) page {
	return page{filepath.FromSlash(path), func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}}
}

func TestWriteAllMakesFoldersAndReplaces(t *testing.T) {
	tree(t, "out/a")
	if err := writeAll(t.Context(), []page{textPage("out/a", "new"), textPage("out/cases/b", "b")}); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t), "out/a out/cases/b"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if b, _ := os.ReadFile("out/a"); string(b) != "new" {
		t.Errorf("out/a holds %q", b)
	}
}

func TestWriteAllKeepsTheOldFilesWhenAPageFails(t *testing.T) {
	tree(t, "out/a")
	broken := page{filepath.FromSlash("out/b"), func(io.Writer) error { return errors.New("no glyph") }}
	err := writeAll(t.Context(), []page{textPage("out/a", "new"), broken, textPage("out/c", "c")})
	if err == nil || !strings.Contains(err.Error(), "no glyph") {
		t.Errorf("got %v, want the page's error", err)
	}
	if got, want := files(t), "out/a"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if b, _ := os.ReadFile("out/a"); string(b) != "out/a" {
		t.Errorf("out/a was replaced by %q", b)
	}
}

func TestWriteAllLeavesNothingWhenInterrupted(t *testing.T) {
	tree(t)
	ctx, cancel := context.WithCancel(t.Context())
	stops := page{"a", func(io.Writer) error { cancel(); return nil }}
	pages := []page{stops, textPage("b", "b"), textPage("c", "c"), textPage("d", "d")}
	if err := writeAll(ctx, pages); err == nil {
		t.Error("no error")
	}
	if got := files(t); got != "" {
		t.Errorf("files %s, want none", got)
	}
}

func TestWriteAllHintsWhenAFileIsInTheWay(t *testing.T) {
	tree(t, "out/a/in-the-way")
	err := writeAll(t.Context(), []page{textPage("out/a", "new")})
	var f *failure
	if !errors.As(err, &f) || f.hint == "" {
		t.Errorf("got %v without a hint", err)
	}
	if got, want := files(t), "out/a/in-the-way"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}
