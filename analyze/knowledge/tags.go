package knowledge

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"poolsweep/ingest"
)

// TagInfo is what the tag maps say about one tag: ours, with the lab's own over it.
type TagInfo struct {
	Tag     ingest.Tag
	Module  string // that allocates it: "fltmgr.sys"; empty when many do
	Object  string // kind of kernel object: "process", "thread", …; empty otherwise
	Generic bool   // many drivers make the kernel allocate it, so its owner is never to blame
	Each    Range  // usual bytes per allocation on 64-bit machines
	Each32  Range  // the same on 32-bit machines
	Normal  int64  // outstanding allocations a busy healthy machine may have, 0 unknown
	Large   string // why it may be large on a healthy machine; empty when it is not known to be
	Text    string // what the allocation is
	Source  string // where we know it from

	Lab     ingest.Source // the line of the lab's own map that names Module or Several
	Several []string      // modules that the lab's own map names for the tag, when more than one
}

// EachOn returns the usual size of an allocation on machines of a width, the
// zero Range when it is not known.
func (t TagInfo) EachOn(bits int) Range {
	if bits == 32 {
		return t.Each32
	}
	return t.Each
}

// Known reports whether any map has a line for the tag.
func (t TagInfo) Known() bool { return t.Tag != ingest.Tag{} }

// Range is a closed interval of sizes in bytes; the zero Range is unknown.
type Range struct{ Lo, Hi float64 }

// Known reports whether the range says anything.
func (r Range) Known() bool { return r.Hi > 0 }

// Contains reports whether x lies in the range.
func (r Range) Contains(x float64) bool { return r.Lo <= x && x <= r.Hi }

// UnmarshalYAML reads "144" or "[360, 620]".
func (r *Range) UnmarshalYAML(node *yaml.Node) error {
	var pair []float64
	if node.Kind == yaml.SequenceNode {
		if err := node.Decode(&pair); err != nil {
			return err
		}
	} else {
		var one float64
		if err := node.Decode(&one); err != nil {
			return err
		}
		pair = []float64{one, one}
	}
	if len(pair) != 2 || pair[0] <= 0 || pair[0] > pair[1] {
		return fmt.Errorf("line %d: want a number or [low, high] above 0", node.Line)
	}
	r.Lo, r.Hi = pair[0], pair[1]
	return nil
}

// tagRow is TagInfo as the file spells it.
type tagRow struct {
	Tag, Module, Object, Large, Text, Source string
	Generic                                  bool
	Each, Each32                             Range
	Normal                                   int64
}

func (b *Base) loadTags() error {
	var rows []tagRow
	if err := decodeEmbedded("tags.yaml", &rows); err != nil {
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
		b.tags[tag] = &TagInfo{Tag: tag, Module: r.Module, Object: r.Object, Generic: r.Generic, Each: r.Each,
			Each32: r.Each32, Normal: r.Normal, Large: r.Large, Text: r.Text, Source: r.Source}
	}
	return nil
}

// noInfo is what is known about nearly all tags.
var noInfo = &TagInfo{}

// Tag returns what is known about a tag, which nobody changes; the zero TagInfo when
// nothing is. The lab's own maps are believed before ours. Only for a tag that the
// kernel allocates on behalf of others they change nothing: no line in a table can
// know for whom.
func (b *Base) Tag(t ingest.Tag) *TagInfo {
	info := cmp.Or(b.tags[t], noInfo)
	if info.Generic {
		return info
	}
	for _, m := range b.maps {
		if e, found := m.find(t); found {
			return e.over(*info, t)
		}
	}
	return info
}

// TagsOf returns the tags that a module allocates by the maps, in order. Tags
// that it allocates on behalf of others are left out.
func (b *Base) TagsOf(module string) []ingest.Tag {
	key := ingest.ModuleKey(module)
	candidates := map[ingest.Tag]bool{}
	for t := range b.tags {
		candidates[t] = true
	}
	for _, m := range b.maps {
		for t := range m.exact {
			candidates[t] = true
		}
	}
	var out []ingest.Tag
	for t := range candidates {
		if info := b.Tag(t); !info.Generic && info.Module != "" && ingest.ModuleKey(info.Module) == key {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, ingest.Tag.Compare)
	return out
}
