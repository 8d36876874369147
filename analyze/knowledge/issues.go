package knowledge

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolsweep/ingest"
)

// Issue is a published defect that a case can be matched with. A match is
// evidence beside the figures, never the verdict.
type Issue struct {
	ID         string
	Title      Text
	Match      Condition
	Mechanism  Text
	Mitigation []Text
	References []string
	FixedIn    Text          `yaml:"fixed_in"` // version that mends it, in words
	Source     ingest.Source `yaml:"-"`        // file it was read from
}

// Condition is what a case and its machine must show to fit an issue. All that is
// given must hold; of a list, one entry.
type Condition struct {
	Kind         Kind                // of case: "pool-leak", "object-leak", "runaway-attachment"
	Object       Object              // leaked object: "process", "thread", …
	Tags         []Tag               // that lead the case
	Holders      []string            // modules that the case names as holder
	Modules      []string            // loaded on the machine, as lm or the filters list them
	Filters      []string            // registered with the filter manager
	NoDiskFilter bool                `yaml:"no_disk_filter"` // the log lists the filters, and none is on a disk volume
	Versions     map[string]Versions // file versions of modules
	Builds       Builds              // OS builds
}

// Tag is a pool tag as a YAML file spells it: up to four characters, short ones
// padded with blanks.
type Tag ingest.Tag

// UnmarshalYAML reads a tag.
func (t *Tag) UnmarshalYAML(node *yaml.Node) error {
	tag, err := ingest.ParseTag(node.Value)
	if err != nil || node.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a tag has 1 to 4 characters, have %q", node.Line, node.Value)
	}
	*t = Tag(tag)
	return nil
}

// Kind is a kind of case, Object a kind of kernel object, in the analysis' words.
type (
	Kind   string
	Object string
)

var (
	kinds   = []string{"object-leak", "pool-leak", "runaway-attachment"}
	objects = []string{"device", "driver", "event", "file", "file name", "filter instance", "irp", "key", "mdl",
		"mutant", "process", "section", "semaphore", "symbolic link", "thread", "token", "work item"}
)

// UnmarshalYAML reads a kind of case.
func (k *Kind) UnmarshalYAML(node *yaml.Node) error {
	*k = Kind(node.Value)
	return oneOf("kind", node, kinds)
}

// UnmarshalYAML reads a kind of object.
func (o *Object) UnmarshalYAML(node *yaml.Node) error {
	*o = Object(node.Value)
	return oneOf("object", node, objects)
}

func oneOf(what string, node *yaml.Node, allowed []string) error {
	if slices.Contains(allowed, node.Value) {
		return nil
	}
	return fmt.Errorf("line %d: %s %q%s", node.Line, what, node.Value, hint(node.Value, allowed))
}

// Pattern reports whether the issue describes a way in which drivers leak, not
// the defect of one product.
func (i *Issue) Pattern() bool {
	m := i.Match
	return len(m.Tags)+len(m.Holders)+len(m.Modules)+len(m.Filters)+len(m.Versions) == 0 && !m.NoDiskFilter
}

// AddIssues reads the issues in a folder of a file system, one file each. An
// issue with the id of one that is already known replaces it. label goes before
// the names of the files in messages.
func (b *Base) AddIssues(fsys fs.FS, dir, label string) error {
	files, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return fmt.Errorf("list issues in %s: %w", dir, err)
	}
	for _, file := range files {
		issue, err := readIssue(fsys, file, label)
		if err != nil {
			return err
		}
		b.Issues = slices.DeleteFunc(b.Issues, func(old Issue) bool { return old.ID == issue.ID })
		b.Issues = append(b.Issues, *issue)
	}
	slices.SortFunc(b.Issues, func(a, b Issue) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

func readIssue(fsys fs.FS, file, label string) (*Issue, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read issue: %w", err)
	}
	name := path.Join(label, file)
	issue := &Issue{Source: ingest.Source{File: name}}
	if err := Decode(name, text, issue); err != nil {
		return nil, err
	}
	if err := issue.check(strings.TrimSuffix(path.Base(file), ".yaml")); err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	return issue, nil
}

// check returns what is missing or wrong in an issue.
func (i *Issue) check(id string) error {
	switch m := i.Match; {
	case i.ID != id:
		return fmt.Errorf("id %q and the file's name must agree", i.ID)
	case len(i.Title) == 0 || len(i.Mechanism) == 0 || len(i.References) == 0:
		return fmt.Errorf("title, mechanism and references must be filled")
	case i.Pattern() && m.Object == "":
		return fmt.Errorf("match: needs tags, holders, modules, filters, versions, no_disk_filter or object")
	}
	return nil
}

// Subject is what an issue is matched with: a case and its machine.
type Subject struct {
	Kind, Object string
	Tags         []ingest.Tag // of the core
	Holder       string
	Modules      []ingest.Module // loaded, as far as the log lists them
	Filters      []string        // registered, as far as the log lists them
	NoDiskFilter bool
	Build        int
}

// Match is an issue that fits, with the modules whose version it names and the
// log does not print.
type Match struct {
	*Issue
	Unread []string
}

// Match returns the issue that fits a subject best, which is the one with most
// conditions, and whether one fits.
func (b *Base) Match(s Subject) (Match, bool) {
	var best Match
	most := -1
	for i := range b.Issues {
		issue := &b.Issues[i]
		unread, fits := issue.Match.fits(s)
		if n := issue.Match.given() - len(unread); fits && n > most {
			best, most = Match{issue, unread}, n
		}
	}
	return best, most >= 0
}

// given counts the conditions.
func (c *Condition) given() int {
	n := len(c.Versions)
	for _, is := range []bool{c.Kind != "", c.Object != "", len(c.Tags) > 0, len(c.Holders) > 0, len(c.Modules) > 0,
		len(c.Filters) > 0, c.NoDiskFilter, c.Builds != Builds{}} {
		if is {
			n++
		}
	}
	return n
}

// fits reports whether all conditions hold that the log lets us check, and the
// modules whose version it does not print.
func (c *Condition) fits(s Subject) (unread []string, ok bool) {
	switch {
	case c.Kind != "" && string(c.Kind) != s.Kind,
		c.Object != "" && string(c.Object) != s.Object,
		len(c.Tags) > 0 && !slices.ContainsFunc(c.Tags, s.leads),
		len(c.Holders) > 0 && (s.Holder == "" || !namesModule(c.Holders, s.Holder)),
		len(c.Modules) > 0 && !slices.ContainsFunc(c.Modules, s.loaded),
		len(c.Filters) > 0 && !slices.ContainsFunc(c.Filters, s.registered),
		c.NoDiskFilter && !s.NoDiskFilter,
		!c.Builds.Contains(s.Build):
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(c.Versions)) {
		version, listed := s.version(name)
		switch {
		case listed && version == "" || len(s.Modules) == 0:
			unread = append(unread, name)
		case !listed || !c.Versions[name].Contains(version):
			return nil, false
		}
	}
	return unread, true
}

func (s *Subject) leads(t Tag) bool { return slices.Contains(s.Tags, ingest.Tag(t)) }

func (s *Subject) registered(filter string) bool { return namesModule(s.Filters, filter) }

// loaded reports whether the log lists a module, or a filter of its name.
func (s *Subject) loaded(name string) bool {
	_, listed := s.version(name)
	return listed || s.registered(name)
}

// version returns the file version of a loaded module, "" when not printed, and
// whether the log lists the module.
func (s *Subject) version(name string) (string, bool) {
	for _, m := range s.Modules {
		if !m.Unloaded && ingest.ModuleKey(m.Name) == ingest.ModuleKey(name) {
			return m.Version, true
		}
	}
	return "", false
}
