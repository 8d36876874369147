// Package knowledge holds what is known about pool tags and public defects
// before any log is read: data files, and their loaders.
package knowledge

import "poolsweep/ingest"

// TagInfo is what the tag map says about one tag.
type TagInfo struct {
	Tag     ingest.Tag
	Module  string  // that allocates it: "fltmgr.sys"; empty when many do
	Object  string  // kind of kernel object: "process", "thread", …; empty otherwise
	Generic bool    // many drivers make the kernel allocate it, so its owner is never to blame
	Each    float64 // usual bytes per allocation, 0 unknown
	Large   string  // why it may be large on a healthy machine; empty when it is not known to be
	Text    string  // what the allocation is
	Source  string  // where we know it from
}

// Issue is a published defect that a case can be matched with.
type Issue struct {
	ID         string
	Title      string
	Modules    []string // holders it names, without extension
	Kind       string   // "runaway-attachment", "object-leak", "pool-leak"
	Mechanism  string
	Mitigation []string
	References []string
	FixedIn    string
}
