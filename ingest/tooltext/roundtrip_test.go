package tooltext

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// madeRow is a random row of a pool table.
type madeRow struct {
	tag  ingest.Tag
	pool ingest.Pool
	ingest.Usage
}

// anyRows draws rows with letters and digits for tags: what people post keeps
// no other bytes reliably.
func anyRows(r *rand.Rand, n int) []madeRow {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var rows []madeRow
	seen := map[ingest.Tag]bool{}
	for len(rows) < n {
		var tag ingest.Tag
		for i := range tag {
			tag[i] = letters[r.IntN(len(letters))]
		}
		if seen[tag] {
			continue
		}
		seen[tag] = true
		out := 1 + r.Uint64N(1<<(1+r.IntN(24)))
		frees := r.Uint64N(1 << (1 + r.IntN(24)))
		rows = append(rows, madeRow{tag, ingest.NonPaged + ingest.Pool(r.IntN(2)), ingest.Usage{Outstanding: int64(out),
			Bytes: out * (16 + r.Uint64N(4000)), Frees: frees, Allocs: frees + out, Counted: true}})
	}
	return rows
}

var typeWords = map[ingest.Pool]string{ingest.NonPaged: "Nonp", ingest.Paged: "Paged"}

// postedLayouts print rows the way tools and people do.
var postedLayouts = []struct {
	name, head, row, end string
	values               func(m madeRow) []any
}{
	{"poolmon of XP", " Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K\n" +
		" Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K\n System pool information\n" +
		" Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n\n",
		" %s %-5s %9d (%4d) %9d (%4d) %8d %7d (%6d) %6d\n", "", func(m madeRow) []any {
			return []any{m.tag, typeWords[m.pool], m.Allocs, 0, m.Frees, 0, m.Outstanding, m.Bytes, 0, m.Bytes / uint64(m.Outstanding)}
		}},
	{"poolmon -n", " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n", " %s %-5s %9d %9d %9d %8d %10d\n", "",
		func(m madeRow) []any {
			return []any{m.tag, typeWords[m.pool], m.Allocs, m.Frees, m.Outstanding, m.Bytes, m.Bytes / uint64(m.Outstanding)}
		}},
	{"CSV", "\"Tag\",\"Type\",\"Allocs\",\"Frees\",\"Diff\",\"Bytes\"\n", "\"%s\",\"%s\",\"%d\",\"%d\",\"%d\",\"%d\"\n", "", plainValues},
	{"Markdown", "| Tag | Type | Allocs | Frees | Diff | Bytes |\n|---|---|---:|---:|---:|---:|\n", "| `%s` | %s | %d | %d | %d | %d |\n", "\n",
		plainValues},
}

func plainValues(m madeRow) []any {
	return []any{m.tag, typeWords[m.pool], m.Allocs, m.Frees, m.Outstanding, m.Bytes}
}

// TestPostedTablesRoundTrip prints random rows in each layout and reads them back.
func TestPostedTablesRoundTrip(t *testing.T) {
	for _, l := range postedLayouts {
		r := rand.New(rand.NewPCG(20, 26))
		for run := range 40 {
			rows := anyRows(r, 3+r.IntN(80))
			log := l.head
			for _, m := range rows {
				log += fmt.Sprintf(l.row, l.values(m)...)
			}
			snaps := read([]byte(log + l.end))
			if len(snaps) != 1 || len(snaps[0].Tags) != len(rows) {
				t.Fatalf("%s, run %d: %s\n%s", l.name, run, dumped(snaps), log)
			}
			for i, got := range snaps[0].Tags {
				want := rows[i]
				if got.Tag != want.tag || got.Pool != want.pool || got.Usage != want.Usage || got.Line != strings.Count(l.head, "\n")+i+1 {
					t.Fatalf("%s, run %d, row %d: read %q %s %+v in line %d, want %q %s %+v", l.name, run, i, got.Tag, got.Pool,
						got.Usage, got.Line, want.tag, want.pool, want.Usage)
				}
			}
		}
	}
}
