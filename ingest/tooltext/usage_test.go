package tooltext

import (
	"bytes"
	"fmt"
	"testing"

	"poolsweep/ingest"
)

func usage(tag string, pool ingest.Pool, bytes uint64) ingest.TagUsage {
	return ingest.TagUsage{Tag: ingest.MustTag(tag), Pool: pool, Usage: ingest.Usage{Outstanding: 1, Bytes: bytes}}
}

func TestFiguresAdd(t *testing.T) {
	var f figures
	for _, u := range []ingest.TagUsage{
		usage("Mbuf", ingest.NonPaged, 1), usage("Mbuf", ingest.Paged, 2), usage("mbuf", ingest.NonPaged, 4),
	} {
		if f.add(u, addUp) {
			t.Errorf("%s was there before", u.Tag)
		}
	}
	if !f.add(usage("Mbuf", ingest.NonPaged, 8), addUp) || f.rows[0].Bytes != 9 || f.rows[0].Outstanding != 2 {
		t.Errorf("rows %+v", f.rows)
	}
	if !f.add(usage("Mbuf", ingest.NonPaged, 16), replace) || f.rows[0].Bytes != 16 || len(f.rows) != 3 {
		t.Errorf("rows %+v", f.rows)
	}
}

func TestFiguresDiffers(t *testing.T) {
	table := func(rows ...ingest.TagUsage) *figures {
		var f figures
		for _, u := range rows {
			f.add(u, addUp)
		}
		return &f
	}
	a, b := usage("Mbuf", ingest.Paged, 1), usage("Abcd", ingest.Paged, 1)
	grown := usage("Mbuf", ingest.Paged, 2)
	first, second := table(a), table(b)
	if second.differs(first) {
		t.Error("other tags differ")
	}
	if !table(grown).differs(second) {
		t.Error("the table after the next one is not compared with the first")
	}
	if table(a, b).differs(second) || table().differs(second) || second.differs(table()) {
		t.Error("the same figures differ")
	}
}

func TestFiguresOwned(t *testing.T) {
	var f figures
	for _, c := range []struct{ text, binary, want string }{
		{"", "", ""}, {"packets", "", "packets"}, {"", "mbuf.sys", "Binary: mbuf.sys"},
		{" packets ", " mbuf.sys ", "packets , Binary: mbuf.sys"}, {"bad \xff", "", "bad \ufffd"},
	} {
		got := f.owned([]byte(c.text), []byte(c.binary))
		u := ingest.TagUsage{Description: got}
		if got != c.want || c.binary == "mbuf.sys" && u.Binary() != c.binary {
			t.Errorf("owned(%q, %q) = %q, binary %q", c.text, c.binary, got, u.Binary())
		}
	}
}

func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "0 0",
		"x":                     "0 0",
		"0":                     "0 1",
		"0012x":                 "12 4",
		"18446744073709551615":  "18446744073709551615 20",
		"18446744073709551616":  "0 0",
		"99999999999999999999 ": "0 0",
	} {
		value, n := decimal([]byte(text))
		if got := fmt.Sprint(value, n); got != want {
			t.Errorf("decimal(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestTrimKeepsNoBreakSpaces(t *testing.T) {
	for text, want := range map[string]string{"": "", " \t": "", " a b\t": "a b", "\u00a0a": "\u00a0a"} {
		if got := string(trim([]byte(text))); got != want {
			t.Errorf("trim(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTablesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range Tables() {
		if table.Command == "" || table.Begins == nil || table.New == nil || seen[table.Command] {
			t.Errorf("table %+v", table)
		}
		seen[table.Command] = true
		if table.Begins(nil) || table.Begins([]byte("\x00")) {
			t.Errorf("%s begins with nothing", table.Command)
		}
	}
}

// TestReadersOfNothing asks for the result of a block that had no line.
func TestReadersOfNothing(t *testing.T) {
	for _, table := range []ingest.Table{poolmonTable, poolmonxTable, genericTable, listTable, plainTable} {
		r, s := table.New(""), &ingest.Snapshot{}
		state := r.Finish(true)
		r.Merge(s, at)
		if len(s.Tags) > 0 || s.VM != nil || r.Differs(table.New("")) {
			t.Errorf("%s: state %d, snapshot %+v", table.Command, state, s)
		}
	}
}

// manyRows returns a screen of poolmon with n rows.
func manyRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString(" Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n")
	for i := range n {
		fmt.Fprintf(&b, " %c%c%c%c Nonp %9d %9d %9d %8d %10d\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576,
			5*i, 2*i, 3*i, 720*i, min(i, 1)*240)
	}
	return b.Bytes()
}

func TestRowsAreReadWithoutAllocations(t *testing.T) {
	lines := bytes.Split(manyRows(500), []byte("\n"))
	for name, table := range map[string]ingest.Table{"poolmon": poolmonTable} {
		r := table.New("")
		warn := func(message string) { t.Error(message) }
		feed := func() {
			for i, line := range lines[:400] {
				r.Read(ingest.Line{No: i + 1, Text: line}, warn)
			}
		}
		feed()
		if n := testing.AllocsPerRun(10, feed); n > 1 {
			t.Errorf("%s: %.0f allocations for 400 rows that are known", name, n)
		}
	}
}
