// Package ingest is the vocabulary of poolsweep: the words for what a kernel
// debugger prints about one machine at one moment. It reads nothing and judges
// nothing; parsers below it fill these structs, the analysis only looks at them.
package ingest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Source is the place a fact was read from. Lines count from 1; 0 means the
// fact belongs to the file as a whole.
type Source struct {
	File string
	Line int
}

// String returns the source as "file:line", or the file alone when the fact
// belongs to no single line.
func (s Source) String() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// Warning tells what could not be read, or was read with a doubt. A bad line is
// never an error: it becomes a warning and reading goes on.
type Warning struct {
	Source
	Message string // what is wrong, in words, without the place
	Text    string // the offending line, shortened; empty when no line is at fault
	Note    bool   // all was read; it is only worth knowing
}

// String returns "file:line: message: "text"".
func (w Warning) String() string {
	if w.Text == "" {
		return w.Source.String() + ": " + w.Message
	}
	return fmt.Sprintf("%s: %s: %q", w.Source, w.Message, w.Text)
}

// loss reports whether something was not read, or read with a doubt.
func (w Warning) loss() bool { return !w.Note }

// BlockState says how a command's output ended.
type BlockState uint8

const (
	_ BlockState = iota
	// BlockComplete ended the way the command ends its output: a TOTAL row, the
	// next prompt, or the natural end of a listing.
	BlockComplete
	// BlockUnclosed ended without the closing line its layout has, for example a
	// !poolused table without its TOTAL row: the rows are good, some may be missing.
	BlockUnclosed
	// BlockCut stops in the middle of a row or a record at the end of the file.
	BlockCut
)

var blockStates = [...]string{"", "complete", "unclosed", "cut"}

// String returns the state in one lower-case word.
func (s BlockState) String() string { return blockStates[s] }

// Block is the output of one command in a log.
type Block struct {
	Source          // the line of the command, or of its first output line
	Command  string // as typed, or as concluded from the header when none is echoed
	LastLine int    // last line that belongs to the block
	Rows     int    // rows understood
	Unread   int    // lines inside the block that were not understood
	State    BlockState
}

// Complete reports whether nothing of the block's output is known to be missing.
func (b Block) Complete() bool { return b.State == BlockComplete }

// Document is all that was read from one file: the facts about the file itself
// and one or more snapshots in the order they stand in it.
type Document struct {
	File      string // path as given, with forward slashes
	SHA256    string // of the bytes as found, 64 lower-case hex digits
	Bytes     int64  // size as found
	Lines     int
	Outside   int    // lines, blank ones aside, that belong to no output: prose, programs' own words
	Passed    int    // lines printed by commands that are not read
	Encoding  string // "utf-8", "utf-16le", "utf-16be"
	Snapshots []*Snapshot
	Skipped   []SkippedCommand // commands we do not read, in order of first use
	Warnings  []Warning        // about the file as a whole
}

// SkippedCommand counts the uses of one command that poolsweep does not read.
type SkippedCommand struct {
	Command string // first word, as typed
	Count   int
	Line    int // of its first use
}

// Partial reports whether some of the file is known to be missing or unread.
func (d *Document) Partial() bool {
	if slices.ContainsFunc(d.Warnings, Warning.loss) {
		return true
	}
	for _, s := range d.Snapshots {
		if slices.ContainsFunc(s.Warnings, Warning.loss) {
			return true
		}
		for _, b := range s.Blocks {
			if b.State == BlockCut || b.State == BlockUnclosed {
				return true
			}
		}
	}
	return false
}

// Base returns the last element of the source's file.
func (s Source) Base() string { return path.Base(strings.ReplaceAll(s.File, `\`, "/")) }
