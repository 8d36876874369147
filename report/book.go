package report

import (
	"iter"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// NewBook makes the Excel summary of all machines and cases.
func NewBook(in Input) (*Workbook, error) {
	b := newBinder(in)
	book := &Workbook{Title: b.label("book.title"), Tool: in.Tool, Created: b.newest}
	book.Sheets = []Sheet{
		b.readMe(), b.dashboard(), b.caseSheet(), b.machineSheet(), b.heatSheet(), b.tagSheet(), b.seriesSheet(),
		b.clusterSheet(), b.filterSheet(), b.driverSheet(), b.buildSheet(), b.silentSheet(), b.changeSheet(),
		b.seenSheet(), b.sharedSheet(),
	}
	return book, b.done("workbook")
}

// binder makes the sheets; it holds what several of them ask for.
type binder struct {
	*speaker
	past           *analyze.Past
	tracks         map[string]*analyze.Track // by folded name
	zone           *time.Location            // whose calendar weeks and days follow
	oldest, newest time.Time                 // session times, zero when none is known
}

func newBinder(in Input) *binder {
	b := &binder{speaker: &speaker{in: in}, past: in.Past, zone: in.Zone, tracks: map[string]*analyze.Track{}}
	if b.past == nil {
		b.past = &analyze.Past{}
	}
	if b.zone == nil {
		b.zone = time.UTC
	}
	b.oldest, b.newest = span(in.Documents)
	for i := range b.past.Tracks {
		t := &b.past.Tracks[i]
		b.tracks[ingest.MachineKey(t.Machine)] = t
		for _, m := range t.Moments {
			if b.oldest.IsZero() || !m.At.IsZero() && m.At.Before(b.oldest) {
				b.oldest = m.At
			}
		}
	}
	return b
}

// track returns a machine's past; one without any when it is not known.
func (b *binder) track(machine string) *analyze.Track {
	if t := b.tracks[ingest.MachineKey(machine)]; t != nil {
		return t
	}
	return &analyze.Track{Machine: machine}
}

// sheet starts a sheet with its sentence on what a row is.
func (s *speaker) sheet(name string) Sheet {
	title := s.label("sheet." + name)
	return Sheet{Name: title, Heading: title, Intro: s.label("row." + name), Empty: s.label("sheet.empty")}
}

// list is a sheet's table while it is built, column by column.
type list struct {
	*Sheet
	b    *binder
	rows [][]any
}

// rows gives a sheet n empty rows to add columns to.
func (b *binder) rows(sheet *Sheet, n int) list {
	rows := make([][]any, n)
	sheet.Rows, sheet.Len = slices.Values(rows), n
	return list{sheet, b, rows}
}

// add appends a column; cell returns its value in row i, nil for an empty cell. It
// returns the column for what only some have: data bars, a colour scale.
func (l list) add(title string, kind CellKind, width float64, cell func(i int) any) *SheetColumn {
	return l.titled(l.b.label("column."+title), kind, width, cell)
}

// titled appends a column with a title that is ready to print.
func (l list) titled(title string, kind CellKind, width float64, cell func(i int) any) *SheetColumn {
	l.Columns = append(l.Columns, SheetColumn{Title: title, Kind: kind, Width: width})
	for i := range l.rows {
		l.rows[i] = append(l.rows[i], cell(i))
	}
	return &l.Columns[len(l.Columns)-1]
}

// timeWidth is the width of a column of dates with times.
const timeWidth = 19

// times appends a column of times in UTC and, beside it, in the lab's zone.
func (l list) times(title string, at func(i int) time.Time) {
	l.Columns = append(l.Columns, l.b.timeColumns(title)...)
	for i := range l.rows {
		l.rows[i] = append(l.rows[i], l.b.timeCells(at(i))...)
	}
}

// timeColumns are the columns of a time.
func (b *binder) timeColumns(title string) []SheetColumn {
	what := b.label("time." + title)
	out := []SheetColumn{{Title: b.zoned(what, time.UTC), Kind: KindTime, Width: timeWidth}}
	if b.in.Zone != nil {
		out = append(out, SheetColumn{Title: b.zoned(what, b.zone), Kind: KindLocal, Width: timeWidth})
	}
	return out
}

// timeCells are a time's cells, empty ones for the zero time.
func (b *binder) timeCells(t time.Time) []any {
	out := []any{t.UTC(), t.In(b.zone)}
	if t.IsZero() {
		out = []any{nil, nil}
	}
	if b.in.Zone == nil {
		return out[:1]
	}
	return out
}

// zoned is a column's title with the zone that its times are of.
func (s *speaker) zoned(what string, zone *time.Location) string {
	return s.say("column.time", facts{"what": what, "zone": zone.String()})
}

// stream gives a sheet rows that are made one after the other and not held: row
// fills in the cells of its place, all from values that are worded already.
func (b *binder) stream(sheet *Sheet, columns []SheetColumn, n int, each func(yield func(fill func(row []any)) bool)) {
	sheet.Columns, sheet.Len = columns, n
	sheet.Rows = func(yield func([]any) bool) {
		row := make([]any, len(columns))
		for fill := range iter.Seq[func([]any)](each) {
			if fill(row); !yield(row) {
				return
			}
		}
	}
}

// orEmpty returns a value, or an empty cell for the zero value that the analysis
// uses for "unknown".
func orEmpty[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// yes fills a cell where something is so.
func (s *speaker) yes(is bool) any {
	if !is {
		return nil
	}
	return s.label("value.yes")
}

// verdict is a verdict's word in its tone.
func (s *speaker) verdict(v analyze.Verdict) Tagged {
	return Tagged{Text: s.label("verdict." + v.String()), Tone: verdictTone(v)}
}

// caseLink leads to a case's row.
func (b *binder) caseLink(id string) any {
	at := slices.IndexFunc(b.in.Result.Cases, func(c analyze.Case) bool { return c.ID == id })
	if at < 0 {
		return nil
	}
	return Link{Text: id, Target: b.label("sheet.cases"), Sheet: true, Row: at + 1}
}

// machineLink leads to a machine's row.
func (b *binder) machineLink(name string) any {
	at := slices.IndexFunc(b.in.Result.Machines, func(m analyze.Machine) bool { return strings.EqualFold(m.Name, name) })
	if at < 0 {
		return Link{Text: name}
	}
	return Link{Text: name, Target: b.label("sheet.machines"), Sheet: true, Row: at + 1}
}

// wholeDay is the unit of everything that is counted in days.
const wholeDay = 24 * time.Hour

// days counts a duration in days.
func days(d time.Duration) float64 { return d.Hours() / wholeDay.Hours() }
