package main

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"poolsweep/ingest/store"
)

// groupConfig is a group of machines that gets reports of its own: those whose names
// fit one pattern, and those with a log in a folder that fits one.
type groupConfig struct {
	Name string `yaml:"name"`
	// Machines are patterns of machines' names, such as LAB-0*. Case does not matter.
	Machines []string `yaml:"machines"`
	// Folders are patterns of folders that logs lie in, such as drop/building-3: of
	// watched folders, or of folders in them. What lies below one counts as well.
	Folders []string `yaml:"folders"`
}

// fits reports whether a text fits a pattern of the configuration, which was checked
// when it was read. Machines' names have no separators, so that one in a pattern of
// theirs fits nothing.
func fits(pattern, text string) bool {
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(text))
	return ok && err == nil
}

// anyFits reports whether a text fits one of several patterns.
func anyFits(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, text) })
}

// holdsFolder reports whether a drop lies in one of the group's folders, or below.
func (g *groupConfig) holdsFolder(d store.Drop) bool {
	lies := path.Dir(path.Join(rooted(d.Share), d.Name))
	for _, pattern := range g.Folders {
		for at := lies; ; at = path.Dir(at) {
			if fits(rooted(pattern), at) {
				return true
			}
			if at == path.Dir(at) {
				break
			}
		}
	}
	return false
}

// rooted is a path that counts from the root, with forward slashes.
func rooted(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil { // the working folder is gone: only paths from the root can fit
		abs = name
	}
	return filepath.ToSlash(abs)
}

// group returns the group of a name.
func (c *config) group(name string) (*groupConfig, error) {
	var known []string
	for i := range c.Groups {
		if strings.EqualFold(c.Groups[i].Name, name) {
			return &c.Groups[i], nil
		}
		known = append(known, c.Groups[i].Name)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("no group %q: the configuration has none; docs/reports.md shows the key groups", name)
	}
	return nil, fmt.Errorf("no group %q: the configuration has %s", name, strings.Join(known, ", "))
}

// groupProblems are those of one group, by itself and among the others.
func (c *config) groupProblems(i int) []problem {
	g := &c.Groups[i]
	var all []problem
	wrong := func(words string, key ...any) {
		all = append(all, problem{append([]any{"groups", i}, key...), words})
	}
	switch {
	case strings.TrimSpace(g.Name) == "":
		wrong("a group has no name", "name")
	case plain(g.Name) != g.Name:
		wrong(fmt.Sprintf("%q holds what does not show", g.Name), "name")
	}
	for _, other := range c.Groups[:i] {
		if g.Name != "" && strings.EqualFold(other.Name, g.Name) {
			wrong(fmt.Sprintf("there are two groups %q", g.Name), "name")
		}
	}
	if len(g.Machines)+len(g.Folders) == 0 {
		wrong("the group has neither machines nor folders, so no machine is in it")
	}
	for _, of := range []struct {
		key      string
		patterns []string
	}{{"machines", g.Machines}, {"folders", g.Folders}} {
		for k, p := range of.patterns {
			switch _, err := path.Match(filepath.ToSlash(p), ""); {
			case p == "":
				wrong("a pattern is empty", of.key, k)
			case err != nil:
				wrong(fmt.Sprintf("%q is no pattern; write * for any characters, ? for one", p), of.key, k)
			case of.key == "machines" && strings.ContainsAny(p, `/\`):
				wrong(fmt.Sprintf("%q is a folder, no machine; put it under folders", p), of.key, k)
			}
		}
	}
	return all
}
