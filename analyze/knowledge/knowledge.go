// Package knowledge holds what is known about pool tags and public defects
// before any log is read: data files and their loaders, and the readers of what
// a lab adds to them.
package knowledge

import (
	"embed"
	"fmt"

	"poolsweep/ingest"
)

//go:embed tags.yaml bands.yaml issues/*.yaml
var data embed.FS

// Base is the knowledge the analysis works with.
type Base struct {
	tags    map[ingest.Tag]*TagInfo
	maps    []*TagMap // the lab's own, the first that knows a tag counts
	bands   bands
	learned Learned
	Issues  []Issue // by id
}

// Load reads the embedded tag map, healthy bands and issues.
func Load() (*Base, error) {
	b := &Base{tags: map[ingest.Tag]*TagInfo{}}
	if err := b.loadTags(); err != nil {
		return nil, err
	}
	if err := b.loadBands(); err != nil {
		return nil, err
	}
	if err := b.AddIssues(data, "issues", ""); err != nil {
		return nil, err
	}
	return b, nil
}

// decodeEmbedded reads one of our own files.
func decodeEmbedded(name string, into any) error {
	text, err := data.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return Decode(name, text, into)
}
