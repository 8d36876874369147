// Package report turns the analysis into view models: what a page says, in
// which order, rounded and worded. The renderers below it only draw; they
// decide nothing.
package report

import (
	"iter"
	"time"
)

// Tone is the meaning a renderer shows by colour, and by more than colour.
type Tone uint8

// Tones, from quiet to loud.
const (
	TonePlain   Tone = iota
	ToneMuted        // beside the point: followers, cleared tags
	ToneGood         // healthy, balanced
	ToneNotice       // insufficient, incomplete
	ToneWarning      // suspect
	ToneAlarm        // leak, runaway attachment
)

// Align is how a column's text stands.
type Align uint8

const (
	AlignLeft Align = iota
	AlignRight
)

// Writeup is the incident write-up of one case: page one, then the sections.
type Writeup struct {
	ID       string   // "PS-1A2B3C4D"
	Revision string   // "rev 1"
	Lang     string   // BCP 47: "en", "zh-CN"
	Title    string   // the signature in words
	Subtitle string   // machine, and how many others
	Notices  []string // what to know before all else: redacted, a part of a history
	Band     Band

	Figures     []Pair        // events, bytes, rate, exhaustion: short
	Attribution []Attribution // owner, holder, trigger, amplifier, in this order
	Evidence    Table
	Timeline    *Timeline // of the tags, where several snapshots show the case
	Chart       *Chart    // else the tags' counts beside each other
	Points      []Points  // why, why not, unsure
	Notes       []Note    // seen on, known issue, what was decided, ticket
	NextTitle   string
	Next        []Step
	Sections    []Section

	Footer  Footer
	Created time.Time // newest input; zero when unknown. Never the clock.
	Labels  Labels
}

// Band is the coloured verdict line.
type Band struct {
	Tone                       Tone
	Verdict, Class, Confidence string // ready to print
}

// Pair is a label with a value.
type Pair struct{ Label, Value string }

// Note is a pair that leads somewhere, or that tells how far something is.
type Note struct {
	Pair
	Link string   // URL of a page; empty: none
	Bar  *float64 // a bar that is filled so far, 0 to 1
}

// Attribution is one of the four attribution lines.
type Attribution struct {
	Role   string // "Owner of the bytes"
	Module string // or "not established"
	Weight string // "0.95", empty when not established
	Basis  string // where the claim comes from
	Known  bool
}

// Points is a titled list of sentences.
type Points struct {
	Title string
	Tone  Tone
	Items []string
	More  string // a line on what is left out here and where it stands
}

// Step is something to do next.
type Step struct {
	Command string // exactly as typed; empty for an action without a command
	Where   string // "debugger" or "command prompt"; empty with Command
	Why     string
	Outcome string // what each outcome would mean, and what it costs; may be empty
}

// Footer stands on every page, beside page n of m.
type Footer struct {
	Left string // id and revision
	Hash string // of the inputs, shortened
	Tool string // "poolsweep 0.1"
}

// Labels are the fixed words a renderer needs.
type Labels struct {
	PageOf      string // "page %d of %d"
	Attribution string // heading of the four lines
	Evidence    string // heading of the evidence table
	Contents    string
	Reference   string // above the sections to look things up in
}

// Section is a numbered part of the write-up after page one.
type Section struct {
	Number   int
	Title    string
	Appendix bool
	Blocks   []Block
}

// Block is a part of a section: exactly one field beside the title is set.
type Block struct {
	Title   string   // above it, mostly empty
	Text    string   // a paragraph
	Bullets []string // a list
	Chain   []string // numbered steps of reasoning, joined by arrows
	Table   *Table
	Steps   []Step // numbered
	Links   []WebLink
	Code    []string // lines in a fixed-width face, kept exactly
	Chart   *Chart
	Ratios  *Ratios
	Matrix  *Matrix
}

// WebLink is a text that leads to a page of the web, where it names one.
type WebLink struct {
	Text string
	URL  string // empty: none
}

// Table is a printed table.
type Table struct {
	Caption string
	Note    string // below it, on what it leaves out
	Columns []Column
	Rows    [][]Cell
}

// Column is a table's column.
type Column struct {
	Title string
	Align Align
	Mono  bool    // fixed-width face: tags, hex, addresses
	Clip  bool    // on one line, cut with an ellipsis: the full text stands elsewhere
	Share float64 // of the table's width; columns sum to 1
}

// Cell is a table's cell, worded and rounded.
type Cell struct {
	Text string
	Tone Tone
}

// CellKind is how a spreadsheet column's values are typed and formatted.
type CellKind uint8

const (
	_           CellKind = iota
	KindText             // string; never a formula
	KindCount            // int64 with thousands separators
	KindBytes            // uint64, exact, with thousands separators
	KindRatio            // float64, two decimals
	KindShare            // float64 0..1 as percent
	KindTime             // time.Time in UTC, as date and time
	KindHours            // float64 hours or days, one decimal
	KindLink             // Link
	KindVerdict          // Tagged: text coloured by its tone
	KindLocal            // time.Time as the clock of its own location shows it, as date and time
	KindDate             // time.Time as the date of its own location
	KindHeat             // Tagged: a narrow, centred cell filled by its tone
	KindSpark            // []float64, oldest first: a line as small as the cell
	KindChance           // float64 0..1 that may be tiny: 0.00012
)

// Link is a cell that leads to a file beside the workbook or to a sheet.
type Link struct {
	Text   string
	Target string // relative path with forward slashes, the Name of a sheet, or a URL
	Sheet  bool   // Target is a sheet of this workbook
	Web    bool   // Target is a URL
	Row    int    // with Sheet: the row of its table, the first is 1; 0 leads to the top
}

// Tagged is a text with a tone.
type Tagged struct {
	Text string
	Tone Tone
}

// Workbook is the Excel summary.
type Workbook struct {
	Title   string
	Tool    string
	Created time.Time // newest input; zero when unknown
	Sheets  []Sheet
}

// Sheet is one sheet. The Read me has Groups, the Dashboard Figures and Charts, the
// others a table.
type Sheet struct {
	Name    string
	Heading string
	Intro   string  // one sentence on what a row is
	Groups  []Group // titled pairs
	Figures []Figure
	Columns []SheetColumn
	// Rows are the table's rows: a value a column, of the type of its Kind; nil is an
	// empty cell. They may be gone through more than once. A row belongs to its reader
	// only until the next one, so that long sheets need not be held.
	Rows   iter.Seq[[]any] `json:"-"`
	Len    int             // how many Rows come
	Empty  string          // what stands in the only row of a table without rows
	Charts []SheetChart
}

// All returns the rows; a sheet without a table has none.
func (s *Sheet) All() iter.Seq[[]any] {
	if s.Rows == nil {
		return func(func([]any) bool) {}
	}
	return s.Rows
}

// Group is a titled list of pairs on the Read me.
type Group struct {
	Title string
	Pairs []Pair
}

// Figure is a key figure of the Dashboard.
type Figure struct {
	Label string
	Value any // of the type of its Kind
	Kind  CellKind
	Tone  Tone
	Note  string // what the figure counts, or of how many
}

// SheetColumn is a column of a sheet's table.
type SheetColumn struct {
	Title  string
	Kind   CellKind
	Width  float64 // characters; numbers may need more
	Bars   bool    // data bars
	Scale  bool    // colour scale, high is loud
	Lights *Lights
}

// Lights show the values of a column of numbers as a green, amber or red light, too.
type Lights struct {
	From [2]float64 // the lowest value of amber and of red
}

// ChartKind is the form of a sheet's chart.
type ChartKind uint8

const (
	_            ChartKind = iota
	ChartBars              // lying bars, the first on top
	ChartColumns           // standing columns
	ChartStacked           // standing columns, the series on top of each other
	ChartLines             // a line a series
)

// SheetChart is a native chart: over two columns of the sheet's table, or, with
// Series, over data of its own, which stand beside it as a small table.
type SheetChart struct {
	Kind  ChartKind
	Title string
	Unit  string // of the values

	Category int // column index of the labels
	Value    int // column index of the values
	Top      int // number of rows from the top

	Head   string   // over Labels
	Labels []string // one a value of each series
	Series []ChartSeries
	Empty  string // what stands in its place when there is nothing to draw
}

// ChartSeries is one row of values in a chart.
type ChartSeries struct {
	Name   string
	Tone   Tone      // TonePlain: a colour of the renderer's own
	Values []float64 // one a label
	Kind   CellKind  // KindCount, KindBytes or KindHours: how the values are written
}
