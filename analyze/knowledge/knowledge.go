// Package knowledge holds what is known about pool tags and public defects
// before any log is read: data files, and their loaders.
package knowledge

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"poolsweep/ingest"
)

//go:embed tags.yaml issues/*.yaml
var data embed.FS

// Base is the knowledge the analysis works with.
type Base struct {
	tags   map[ingest.Tag]TagInfo
	Issues []Issue // by id
}

// TagInfo is what the tag map says about one tag.
type TagInfo struct {
	Tag     ingest.Tag
	Module  string  // that allocates it: "fltmgr.sys"; empty when many do
	Object  string  // kind of kernel object: "process", "thread", …; empty otherwise
	Generic bool    // many drivers make the kernel allocate it, so its owner is never to blame
	Each    float64 // usual bytes per allocation, 0 unknown
	Normal  int64   // outstanding allocations a busy healthy machine may have, 0 unknown
	Large   string  // why it may be large on a healthy machine; empty when it is not known to be
	Text    string  // what the allocation is
	Source  string  // where we know it from
}

// Issue is a published defect that a case can be matched with. A match is
// evidence beside the figures, never the verdict.
type Issue struct {
	ID         string
	Title      string
	Kind       string   // of case: "runaway-attachment", "object-leak", "pool-leak"
	Modules    []string // holders it names; empty: any or none
	Object     string   // leaked object it names; empty: any or none
	Mechanism  string
	Mitigation []string
	References []string
}

// Load reads the embedded tag map and issues.
func Load() (*Base, error) {
	b := &Base{tags: map[ingest.Tag]TagInfo{}}
	if err := b.loadTags(); err != nil {
		return nil, err
	}
	files, err := fs.Glob(data, "issues/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list issues: %w", err)
	}
	slices.Sort(files)
	for _, f := range files {
		var issue Issue
		if err := decode(f, &issue); err != nil {
			return nil, err
		}
		if want := issue.ID + ".yaml"; path.Base(f) != want {
			return nil, fmt.Errorf("read %s: id %q wants the file name %s", f, issue.ID, want)
		}
		b.Issues = append(b.Issues, issue)
	}
	return b, nil
}

// tagRow is TagInfo as the file spells it.
type tagRow struct {
	Tag, Module, Object, Large, Text, Source string
	Generic                                  bool
	Each                                     float64
	Normal                                   int64
}

func (b *Base) loadTags() error {
	var rows []tagRow
	if err := decode("tags.yaml", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		tag, err := ingest.ParseTag(r.Tag)
		if err != nil {
			return fmt.Errorf("read tags.yaml: %w", err)
		}
		if _, twice := b.tags[tag]; twice {
			return fmt.Errorf("read tags.yaml: tag %q stands twice", tag)
		}
		if r.Source == "" || r.Text == "" {
			return fmt.Errorf("read tags.yaml: tag %q needs a text and a source", tag)
		}
		b.tags[tag] = TagInfo{Tag: tag, Module: r.Module, Object: r.Object, Generic: r.Generic, Each: r.Each,
			Normal: r.Normal, Large: r.Large, Text: r.Text, Source: r.Source}
	}
	return nil
}

// decode reads one embedded YAML file strictly.
func decode(name string, into any) error {
	text, err := data.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// Tag returns what is known about a tag; the zero TagInfo when nothing is.
func (b *Base) Tag(t ingest.Tag) TagInfo { return b.tags[t] }

// Match returns the first issue that fits a case of this kind with this holder
// and leaked object, or nil. An issue that names modules needs one of them as
// the holder; one that names none needs its object.
func (b *Base) Match(kind, holder, object string) *Issue {
	for i := range b.Issues {
		issue := &b.Issues[i]
		if issue.Kind != kind {
			continue
		}
		if issue.names(holder) || len(issue.Modules) == 0 && issue.Object != "" && issue.Object == object {
			return issue
		}
	}
	return nil
}

func (i *Issue) names(holder string) bool {
	return holder != "" && slices.ContainsFunc(i.Modules, func(m string) bool {
		return ingest.ModuleKey(m) == ingest.ModuleKey(holder)
	})
}
