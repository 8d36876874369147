package report

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func book(t *testing.T, in Input) *Workbook {
	t.Helper()
	b, err := NewBook(in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBookGolden(t *testing.T) {
	golden(t, "book-fleet", dumpBook(book(t, fleet(t))))
}

// healthyLab is one machine with nothing to say about.
func healthyLab(t *testing.T) Input {
	s := snapshot("LAB-020", "healthy.log")
	return Input{Documents: []*ingest.Document{document("healthy.log", s)}, Tool: "poolsweep 0.1",
		Words: english(t), Lang: "en",
		Result: &analyze.Result{Machines: []analyze.Machine{judged(analyze.Healthy, 0.9, nil, s)}}}
}

func TestBookOfAPeriodGolden(t *testing.T) {
	golden(t, "book-period", dumpBook(book(t, history(t))))
}

func TestBookOfAHealthyLabGolden(t *testing.T) {
	golden(t, "book-healthy", dumpBook(book(t, healthyLab(t))))
}

// kindTypes are the types the renderer expects of each kind of column.
var kindTypes = map[CellKind]reflect.Type{
	KindText:    reflect.TypeFor[string](),
	KindCount:   reflect.TypeFor[int64](),
	KindBytes:   reflect.TypeFor[uint64](),
	KindRatio:   reflect.TypeFor[float64](),
	KindShare:   reflect.TypeFor[float64](),
	KindTime:    reflect.TypeFor[time.Time](),
	KindHours:   reflect.TypeFor[float64](),
	KindLink:    reflect.TypeFor[Link](),
	KindVerdict: reflect.TypeFor[Tagged](),
	KindLocal:   reflect.TypeFor[time.Time](),
	KindDate:    reflect.TypeFor[time.Time](),
	KindHeat:    reflect.TypeFor[Tagged](),
	KindSpark:   reflect.TypeFor[[]float64](),
	KindChance:  reflect.TypeFor[float64](),
}

func TestCellsHaveTheTypeOfTheirColumn(t *testing.T) {
	for _, s := range book(t, history(t)).Sheets {
		for r := range s.All() {
			if len(r) != len(s.Columns) {
				t.Fatalf("%s: a row of %d cells, %d columns", s.Name, len(r), len(s.Columns))
			}
			for i, v := range r {
				if v != nil && reflect.TypeOf(v) != kindTypes[s.Columns[i].Kind] {
					t.Errorf("%s, %s: %T", s.Name, s.Columns[i].Title, v)
				}
			}
		}
		for _, c := range s.Columns {
			if c.Width < 5 || c.Width > 80 {
				t.Errorf("%s, %s: width %g", s.Name, c.Title, c.Width)
			}
		}
	}
}

// column returns the values of a sheet's column.
func column(t *testing.T, b *Workbook, sheet, title string) []any {
	t.Helper()
	for _, s := range b.Sheets {
		at := slices.IndexFunc(s.Columns, func(c SheetColumn) bool { return c.Title == title })
		if s.Name != sheet || at < 0 {
			continue
		}
		var values []any
		for r := range s.All() {
			values = append(values, r[at])
		}
		return values
	}
	t.Fatalf("no column %q on sheet %q", title, sheet)
	return nil
}

func TestChartsPointAtNumbers(t *testing.T) {
	for _, s := range book(t, fleet(t)).Sheets {
		for _, c := range s.Charts {
			if len(c.Series) > 0 || c.Empty != "" {
				continue
			}
			if k := s.Columns[c.Value].Kind; k != KindBytes {
				t.Errorf("%s: the chart's values are of kind %d", s.Name, k)
			}
			if c.Top > s.Len {
				t.Errorf("%s: the chart shows %d rows of %d", s.Name, c.Top, s.Len)
			}
		}
	}
}

func TestNumbersAgreeBetweenTheReports(t *testing.T) {
	in := fleet(t)
	b := book(t, in)
	out, err := NewOutput(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.Result.Cases {
		c, o := &in.Result.Cases[i], out.Cases[i]
		w := writeup(t, in, *c)
		if o.Title != w.Title || column(t, b, "Cases", "Title")[i] != w.Title {
			t.Errorf("%s: titles differ", c.ID)
		}
		if got := column(t, b, "Cases", "Bytes")[i]; got != o.Bytes || o.Bytes != c.Bytes {
			t.Errorf("%s: bytes %v in the book, %d in JSON, %d judged", c.ID, got, o.Bytes, c.Bytes)
		}
		if got := column(t, b, "Cases", "Events")[i]; got != *o.Events {
			t.Errorf("%s: events %v in the book, %d in JSON", c.ID, got, *o.Events)
		}
		for j, m := range o.Members {
			if got := evidenceCell(w, j, "Outstanding"); got != count(m.Outstanding) {
				t.Errorf("%s %s: %s in the write-up, %d in JSON", c.ID, m.Tag, got, m.Outstanding)
			}
			if got := evidenceCell(w, j, "Bytes"); got != counter(m.Bytes) {
				t.Errorf("%s %s: %s bytes in the write-up, %d in JSON", c.ID, m.Tag, got, m.Bytes)
			}
		}
		if got, want := column(t, b, "Cases", "Write-up")[i].(Link).Target, "cases/"+w.ID+".pdf"; got != want {
			t.Errorf("link to %s, want %s", got, want)
		}
	}
}

// evidenceCell returns a cell of the first page's table.
func evidenceCell(w *Writeup, row int, title string) string {
	at := slices.IndexFunc(w.Evidence.Columns, func(c Column) bool { return c.Title == title })
	return w.Evidence.Rows[row][at].Text
}

func TestLogColumnNamesTheWorstLogOfAMachine(t *testing.T) {
	in := fleet(t)
	in.Documents = append(in.Documents, document("again.log", snapshot("lab-099", "again.log")),
		document("first.log", snapshot("LAB-020", "first.log")))
	in.Documents[len(in.Documents)-1].Warnings = []ingest.Warning{{Message: "no end"}}
	got := column(t, book(t, in), "Machines", "Log")
	want := []any{"read", "read", "1 warning", "read", "1 block cut off and 1 warning"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnknownFiguresAreEmptyCells(t *testing.T) {
	in := fleet(t)
	b := book(t, in)
	for _, title := range []string{"Operating system", "Build", "Bits", "RAM (bytes)", "Uptime (h)",
		"Last heard (UTC)",
		"Top case", "Nonpaged (bytes)", "Paged (bytes)", "Nonpaged of ceiling"} {
		if got := column(t, b, "Machines", title)[4]; got != nil {
			t.Errorf("%s of a cut-off log is %v, want an empty cell", title, got)
		}
	}
	in.Result.Cases = []analyze.Case{shareCase()}
	b = book(t, in)
	for _, title := range []string{"Events", "Bytes per event", "Object", "Known issue", "Next step"} {
		if got := column(t, b, "Cases", title)[0]; got != nil {
			t.Errorf("%s of a bare case is %v, want an empty cell", title, got)
		}
	}
}

func TestPoolsAreThePrintedTotalsWhenPrinted(t *testing.T) {
	in := fleet(t)
	p := &in.Result.Machines[1].Pool[0]
	p.Total = &ingest.PoolTotal{Pool: ingest.NonPaged, Usage: ingest.Usage{Bytes: 77}}
	if got := column(t, book(t, in), "Machines", "Nonpaged (bytes)")[1]; got != uint64(77) {
		t.Errorf("with a total: %v", got)
	}
	p.Total = nil
	if got := column(t, book(t, in), "Machines", "Nonpaged (bytes)")[1]; got != p.Sum.Bytes {
		t.Errorf("without: %v, want the sum %d", got, p.Sum.Bytes)
	}
	p.Ceiling = 0
	if got := column(t, book(t, in), "Machines", "Nonpaged of ceiling")[1]; got != nil {
		t.Errorf("without a ceiling: %v", got)
	}
}

func TestNextStepIsTheCommandOrWhatToDo(t *testing.T) {
	in := fleet(t)
	in.Result.Cases[0].Next = in.Result.Cases[0].Next[2:]
	got := column(t, book(t, in), "Cases", "Next step")
	if text, ok := got[0].(string); !ok || text == "" || text == "!poolused 3" {
		t.Errorf("a step without a command is %v", got[0])
	}
}

// pairs returns the pairs of a group of the Read me.
func pairs(t *testing.T, b *Workbook, group string) []Pair {
	t.Helper()
	for _, g := range b.Sheets[0].Groups {
		if g.Title == group {
			return g.Pairs
		}
	}
	t.Fatalf("no group %q", group)
	return nil
}

func TestReadMeCountsEveryMachineOnce(t *testing.T) {
	in := fleet(t)
	want := map[string]string{"Machines": "5", "Machines, leak": "2", "Machines, runaway attachment": "1",
		"Machines, suspect": "0", "Machines, healthy": "1", "Machines, insufficient": "1", "Cases": "2",
		"Files looked at": "6", "Files partly read": "1", "Files refused": "1"}
	got := pairs(t, book(t, in), "Counts")
	if len(got) != len(want) {
		t.Errorf("%d counts, want %d", len(got), len(want))
	}
	for _, p := range got {
		if want[p.Label] != p.Value {
			t.Errorf("%s: %s, want %s", p.Label, p.Value, want[p.Label])
		}
	}
}

func TestReadMeHashesWhatItCouldOpen(t *testing.T) {
	in := fleet(t)
	in.Refused = append(in.Refused, Refused{Path: "locked.log", Reason: "access denied"})
	got := pairs(t, book(t, in), "Inputs (SHA-256)")
	if len(got) != 6 || got[5] != (Pair{"photo.png", "ab"}) {
		t.Errorf("inputs %v", got)
	}
	gaps := pairs(t, book(t, in), "Known gaps")
	if gaps[1] != (Pair{"locked.log", "refused: access denied"}) {
		t.Errorf("gaps %v", gaps)
	}
}

func TestReadMeOfUndatedLogs(t *testing.T) {
	in := healthyLab(t)
	in.Documents[0].Snapshots[0].At = time.Time{}
	for _, p := range pairs(t, book(t, in), "Period") {
		if strings.Contains(p.Label, "session") && p.Value != "not printed" {
			t.Errorf("%s: %s", p.Label, p.Value)
		}
	}
}
