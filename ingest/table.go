package ingest

// Line is one line of a log on its way through a reader, without its line end.
// Text is only valid during the call.
type Line struct {
	No   int
	Text []byte
	Open bool // the file ends here without a line end: the line may be cut
}

// LineKind is what the reader of a block says about one line.
type LineKind uint8

const (
	_           LineKind = iota
	LineForeign          // not known: the block machine decides
	LineRow              // a row that was understood
	LineNoise            // belongs to the output, carries no row
	LineLast             // the line the output ends with
	LinePartial          // a row that the end of the file cuts
)

// Table is a kind of output that gives itself away by its first line, whatever
// tool printed it. Packages beside the debugger's reader describe theirs this
// way, so that one log may hold both.
type Table struct {
	Command string   // names the block where no command is echoed: "fltmc instances"
	Names   []string // first words, lower case, of the commands that print it at a kd or shell prompt
	// Prose says that its reader takes the lines between its rows for words: the first
	// line of another output ends it all the same.
	Prose bool
	// Begins recognises the first line of the output, leading blanks removed.
	Begins func(text []byte) bool
	// New returns a reader for one block of output that begins with the next line
	// given. command is the typed text, empty where none is echoed.
	New func(command string) TableReader
}

// TableReader reads the output of one command, line by line.
type TableReader interface {
	// Read takes one line. A doubt about the line is handed to warn, which adds
	// file, line and text.
	Read(l Line, warn func(message string)) LineKind
	// Finish tells whether the output is whole, given that the file ended in it. 0
	// says that it was no such output after all: the block is dropped.
	Finish(atEOF bool) BlockState
	// Merge adds what was read to the snapshot; source makes the place of a line.
	Merge(s *Snapshot, source func(line int) Source)
	// Differs reports whether the figures differ from those of an earlier block of
	// the same command: then another moment, and another snapshot, begins.
	Differs(before TableReader) bool
}

// Comparison is a TableReader whose output may show one machine at several moments
// side by side: "before" and "after".
type Comparison interface {
	TableReader
	// Moments names them, the first one first; nil where the output tells of one only.
	Moments() []string
	// MergeMoment adds what was read of one of them, in the place of Merge.
	MergeMoment(i int, s *Snapshot, source func(line int) Source)
}
