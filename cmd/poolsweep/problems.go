package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolsweep/ingest/store"
	"poolsweep/templates"
)

// problem is what is wrong with a value of the configuration.
type problem struct {
	key   []any // the way to it: "drops", 1, "path"
	words string
}

// problems are all values that cannot be meant. What a watcher needs and is left
// out is none: a sweep needs it not.
func (c *config) problems() []problem {
	var all []problem
	wrong := func(words string, key ...any) { all = append(all, problem{key, words}) }
	for i, file := range c.TagMaps {
		if file == "" {
			wrong("a path is empty", "tag_maps", i)
		}
	}
	if _, err := nameRule(c.NameRule); err != nil {
		wrong(err.Error(), "name_rule")
	}
	if langs := templates.Languages(); c.Lang != "" && !slices.Contains(langs, c.Lang) {
		wrong(fmt.Sprintf("%q is none of %s", c.Lang, strings.Join(langs, ", ")), "lang")
	}
	if !isZone(c.Zone) {
		wrong(noZone(c.Zone), "zone")
	}
	if c.Identity != "" && c.Identity != identityFolder && c.Identity != identityLog {
		wrong(fmt.Sprintf("%q is neither %s nor %s", c.Identity, identityFolder, identityLog), "identity")
	}
	if c.Redact != "" && c.Redact != redactNone && c.Redact != redactStrict {
		wrong(fmt.Sprintf("%q is neither %s nor %s", c.Redact, redactNone, redactStrict), "redact")
	}
	if c.Paper != "" && !slices.Contains(papers, c.Paper) {
		wrong(neither(c.Paper, papers), "paper")
	}
	if c.Profile != "" && !slices.Contains(profiles, c.Profile) {
		wrong(neither(c.Profile, profiles), "profile")
	}
	for i := range c.Groups {
		all = append(all, c.groupProblems(i)...)
	}
	if strings.ContainsAny(c.Decisions, `/\\`) || c.Decisions == "." || c.Decisions == ".." {
		wrong(fmt.Sprintf("%q is no name of a file in the folders", c.Decisions), "decisions")
	}
	for i := range c.Trackers {
		all = append(all, c.trackerProblems(i)...)
	}
	all = append(all, c.Mail.problems()...)
	if c.Out != "" && c.State != "" && samePath(c.Out, c.State) {
		wrong("the history needs a folder of its own, apart from the reports", "state")
	}
	all = append(all, c.databaseProblems()...)
	for i := range c.Drops {
		all = append(all, c.dropProblems(i)...)
	}
	return all
}

func noZone(name string) string { return fmt.Sprintf("%q is no time zone; write Europe/Berlin", name) }

// databaseProblems says what is wrong with the keys of a database.
func (c *config) databaseProblems() []problem {
	at := func(key, says string) []problem { return []problem{{[]any{key}, says}} }
	u, err := url.Parse(c.Database)
	switch {
	case c.Database != "" && c.DatabaseFile != "":
		return at("database", "it stands in database_file, too; give one of them")
	case c.State != "" && (c.Database != "" || c.DatabaseFile != ""):
		return at("state", "the history is kept in the database; take this key away")
	case c.Database == "":
		return nil
	case err != nil || !store.Served(c.Database): // the error would show what may be a password
		return at("database", "it is no postgres://HOST:5432/DATABASE")
	}
	if _, secret := u.User.Password(); secret {
		return at("database", "a password stands in it; write all of it into a file, and name that with database_file")
	}
	return nil
}

// kinds are how a watched folder may behave.
var kinds = []string{"local", "smb", "nfs", "fuse"}

// dropProblems are those of one watched folder, by itself and among the others.
func (c *config) dropProblems(i int) []problem {
	d := &c.Drops[i]
	var all []problem
	wrong := func(key, format string, args ...any) {
		all = append(all, problem{[]any{"drops", i, key}, fmt.Sprintf(format, args...)})
	}
	if d.Depth < 0 || d.Depth > 2 {
		wrong("depth", "%d is neither 1 nor 2", d.Depth)
	}
	if d.MaxBytes < 0 {
		wrong("max_bytes", "%d is no size", d.MaxBytes)
	}
	if d.Quota < 0 {
		wrong("quota", "%d is no number of logs", d.Quota)
	}
	if d.Kind != "" && !slices.Contains(kinds, d.Kind) {
		wrong("kind", "%q is none of %s", d.Kind, strings.Join(kinds, ", "))
	}
	if strings.ContainsAny(d.Marker, `/\`) || d.Marker == "." || d.Marker == ".." {
		wrong("marker", "%q is no name of a file in the folder", d.Marker)
	}
	d.bucketProblems(wrong)
	if d.Path == "" {
		wrong("path", "no folder is given")
		return all
	}
	for _, other := range c.Drops[:i] {
		if other.Path != "" && (inside(d.Path, other.Path) || inside(other.Path, d.Path)) {
			wrong("path", "%s and %s are one, or one lies in the other: their logs would be read twice",
				filepath.ToSlash(d.Path), filepath.ToSlash(other.Path))
		}
	}
	// What is written where logs are dropped would be read as logs, and the folder is
	// not ours to write to.
	for _, own := range []struct{ key, path string }{{"out", c.Out}, {"state", c.State}} {
		if own.path != "" && inside(own.path, d.Path) {
			all = append(all, problem{[]any{own.key}, fmt.Sprintf("%s lies in the watched folder %s; give another",
				filepath.ToSlash(own.path), filepath.ToSlash(d.Path))})
		}
	}
	return all
}

// inside reports whether a path is a folder or lies below it. It asks no file
// system: a share that hangs must not keep the watcher from starting.
func inside(name, folder string) bool {
	a, errA := filepath.Abs(name)
	b, errB := filepath.Abs(folder)
	rel, err := filepath.Rel(b, a)
	return errors.Join(errA, errB, err) == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// samePath reports whether two paths lead to one place.
func samePath(a, b string) bool { return inside(a, b) && inside(b, a) }

// locate makes one error of problems, each with its line in the file's text.
func locate(file string, text []byte, wrong []problem) error {
	var doc yaml.Node
	if len(text) > 0 {
		_ = yaml.Unmarshal(text, &doc) // it was read before; without a line the key has to do
	}
	var errs []error
	for _, p := range wrong {
		var place, keys strings.Builder
		if file != "" {
			fmt.Fprintf(&place, "%s:%d: ", file, lineOf(&doc, p.key))
		}
		for _, k := range p.key {
			if name, ok := k.(string); ok {
				keys.WriteString(name + ": ")
			}
		}
		errs = append(errs, fmt.Errorf("%s%s%s", &place, &keys, p.words))
	}
	return errors.Join(errs...)
}

// lineOf returns the line of a value, or of the nearest thing around it that has one.
func lineOf(doc *yaml.Node, key []any) int {
	at := doc
	if at.Kind == yaml.DocumentNode {
		at = at.Content[0]
	}
	for _, k := range key {
		next := child(at, k)
		if next == nil {
			break
		}
		at = next
	}
	return at.Line
}

// child returns a value of a mapping, or an item of a list.
func child(n *yaml.Node, key any) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if i, ok := key.(int); ok {
		if n.Kind != yaml.SequenceNode || i >= len(n.Content) {
			return nil
		}
		return n.Content[i]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
